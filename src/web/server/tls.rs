//! The handshake of a visitor who comes over TLS.

use std::rc::Rc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::connections::Seat;
use crate::web::identity::Identity;

/// It is done within this time.
const WITHIN: Duration = Duration::from_secs(10);

/// Does it; none where the visitor is too slow, speaks something else, has to make room, or the
/// page ends.
pub(super) async fn handshake(
    stream: TcpStream,
    identity: &Identity,
    seat: &Rc<Seat>,
    mut stopped: watch::Receiver<bool>,
) -> Option<TlsStream<TcpStream>> {
    let handshake = TlsAcceptor::from(identity.config()).accept(stream);
    tokio::select! {
        done = tokio::time::timeout(WITHIN, handshake) => done.ok()?.ok(),
        () = seat.sent_away() => None,
        _ = stopped.wait_for(|stopped| *stopped) => None,
    }
}
