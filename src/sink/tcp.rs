//! Plain TCP (RFC 6587).

use tokio::net::TcpStream;

use super::transport::Transport;
use crate::trust::TlsFault;

impl Transport for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }

    fn translate(&self, fault: TlsFault) -> TlsFault {
        fault
    }

    fn suspicion(&self) -> Option<TlsFault> {
        None
    }
}
