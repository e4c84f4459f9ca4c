//! A handshake by hand, to be able to say who issued the certificate, above all when it is refused.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::Address;
use crate::certificate::Naming;
use crate::foreign::ForeignText;
use crate::settings::SourceSettings;
use crate::source::http::tunnel;
use crate::trust;

/// Speaks TLS with the API's host, through the proxy where there is one.
pub fn handshake(
    api: &Address,
    proxy: Option<&Address>,
    source: &SourceSettings,
) -> Result<String, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(trust::public_roots().iter().cloned());
    if let Some(path) = &source.ca_file {
        roots.add_parsable_certificates(
            trust::certificates(path).map_err(|error| format!("source.ca_file: {error}"))?,
        );
    }
    let provider = Arc::new(ring::default_provider());
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .map_err(|error| error.to_string())?;
    let witness = Arc::new(Witness {
        inner: verifier,
        seen: Mutex::default(),
    });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&witness) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    let name = ServerName::try_from(api.host.clone())
        .map_err(|_| format!("{} is no host name", api.host))?;
    let mut tls =
        ClientConnection::new(Arc::new(config), name).map_err(|error| error.to_string())?;
    let mut stream = match proxy {
        Some(proxy) => tunnel(proxy, api)?,
        None => api.connect()?,
    };
    while tls.is_handshaking() {
        if let Err(error) = tls.complete_io(&mut stream) {
            let words = error
                .get_ref()
                .and_then(|inner| inner.downcast_ref::<rustls::Error>());
            return Err(match (words, witness.issuer()) {
                (Some(error), Some(issuer)) => in_words(error, &issuer),
                (Some(error), None) => trust::in_words(error),
                (None, _) => format!("the TLS handshake broke off: {error}"),
            });
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
        witness.issuer().unwrap_or_default()
    ))
}

fn in_words(error: &rustls::Error, issuer: &ForeignText) -> String {
    match error {
        rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer) => format!(
            "a TLS-inspecting proxy is in the way: the certificate was issued by {issuer}, which is no public authority; \
             name its CA in source.ca_file, or have this host exempted from inspection"
        ),
        other => format!("{} (issued by {issuer})", trust::in_words(other)),
    }
}

/// `CONNECT` (RFC 9110, 9.3.6).
fn tunnel(proxy: &Address, api: &Address) -> Result<TcpStream, String> {
    let mut stream = proxy.connect()?;
    let failed = |error: std::io::Error| format!("the proxy {proxy} broke off: {error}");
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

/// Verifies as usual, and remembers who issued what it was shown.
#[derive(Debug)]
struct Witness {
    inner: Arc<WebPkiServerVerifier>,
    seen: Mutex<Option<ForeignText>>,
}

impl Witness {
    fn issuer(&self) -> Option<ForeignText> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        // the last of the chain names the authority best: behind an intermediate stands whose it is
        let last = intermediates.last().unwrap_or(end_entity);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(Naming::of(last).issuer);
        self.inner
            .verify_server_cert(end_entity, intermediates, server_name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
