//! Plain TCP (RFC 6587).

use tokio::net::TcpStream;

use super::transport::Carrier;
use crate::trust::TlsFault;

impl Carrier for TcpStream {
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
