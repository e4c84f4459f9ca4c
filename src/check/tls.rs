//! A TLS handshake with the cloud, which tells who issued the certificate even if it is refused.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::ClientConnection;
use rustls_pki_types::ServerName;

use super::Address;
use crate::certificate::Naming;
use crate::settings::SourceSettings;
use crate::trust::{self, TlsFault, TlsSide};
use crate::wiring::tunnel;

/// Speaks TLS with the API's host, through the proxy where there is one.
pub fn handshake(
    api: &Address,
    proxy: Option<&Address>,
    source: &SourceSettings,
) -> Result<String, String> {
    let own = match &source.ca_file {
        Some(path) => {
            trust::authorities(path).map_err(|error| format!("source.ca_file: {error}"))?
        }
        None => Vec::new(),
    };
    let public = trust::public_roots().iter().cloned();
    let config = trust::client(public.chain(own), None).map_err(|error| error.to_string())?;
    let name = ServerName::try_from(api.host.clone())
        .map_err(|_| format!("{} is not a valid host name", api.host))?;
    let mut tls =
        ClientConnection::new(Arc::new(config), name).map_err(|error| error.to_string())?;
    let mut stream = match proxy {
        Some(proxy) => tunnel(proxy, api)?,
        None => api.connect()?,
    };
    while tls.is_handshaking() {
        if let Err(error) = tls.complete_io(&mut stream) {
            return Err(TlsFault::within(&error).map_or_else(
                || format!("the TLS handshake failed: {error}"),
                |fault| fault.in_words(TlsSide::Cloud),
            ));
        }
    }
    let version = tls
        .protocol_version()
        .map_or("TLS", |version| match version {
            rustls::ProtocolVersion::TLSv1_3 => "TLS 1.3",
            _ => "TLS 1.2",
        });
    Ok(format!(
        "{version}, certificate issued by {}",
        tls.peer_certificates()
            .and_then(<[_]>::last)
            .map_or_else(String::new, |last| Naming::of(last).issuer.to_string())
    ))
}

/// `CONNECT` (RFC 9110, 9.3.6).
fn tunnel(proxy: &Address, api: &Address) -> Result<TcpStream, String> {
    let mut stream = proxy.connect()?;
    let failed =
        |error: std::io::Error| format!("the proxy {proxy} closed the connection: {error}");
    write!(stream, "CONNECT {api} HTTP/1.1\r\nHost: {api}\r\n\r\n").map_err(failed)?;
    let mut head = Vec::new();
    loop {
        let mut byte = [0];
        stream.read_exact(&mut byte).map_err(failed)?;
        head.push(byte[0]);
        // the answer ends with a line
        if byte[0] != b'\n' && head.len() < tunnel::MOST_HEAD {
            continue;
        }
        match tunnel::read(&head).map_err(|refused| refused.to_string())? {
            None => {}
            Some((_, answer)) if answer.opens() => return Ok(stream),
            Some((_, answer)) => return Err(tunnel::in_words(&answer, false)),
        }
    }
}
