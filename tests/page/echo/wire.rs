//! Sockets on which the voices speak.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use siembox_support::pki::{Authority, Issued};

/// A listener on loopback that hands each connection to `speak`, until the test's process ends.
pub fn voice(speak: impl Fn(TcpStream, usize) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (speak, turns) = (Arc::new(speak), AtomicUsize::new(0));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (speak, turn) = (Arc::clone(&speak), turns.fetch_add(1, Ordering::Relaxed));
            let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
            std::thread::spawn(move || speak(stream, turn));
        }
    });
    port
}

/// The head of a request and its body, as far as they come.
pub fn request(stream: &mut impl Read) -> String {
    let (mut text, mut piece) = (String::new(), [0; 8192]);
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_lowercase();
            let length = length.split_once("content-length: ");
            let length = length.and_then(|(_, rest)| rest.lines().next()?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut piece) {
            Ok(length @ 1..) => text += &String::from_utf8_lossy(&piece[..length]),
            _ => return text,
        }
    }
}

pub fn answer(stream: &mut impl Write, status: &str, headers: &str, body: &str) {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(body.as_bytes());
}

/// TLS on an accepted connection, with this certificate. `asks`: for a client certificate of this
/// authority.
pub fn over_tls(
    stream: TcpStream,
    issued: &Issued,
    asks: Option<&Authority>,
) -> StreamOwned<ServerConnection, TcpStream> {
    let der = |pem: &str| CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(issued.key_pem.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let config = match asks {
        None => config.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(der(&authority.cert_pem)).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
            config.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let config = config.with_single_cert(vec![der(&issued.cert_pem)], key);
    let connection = ServerConnection::new(Arc::new(config.unwrap())).unwrap();
    StreamOwned::new(connection, stream)
}
