//! Trust over TLS: which certificates are accepted, with which cryptography, and what a failed
//! handshake means. Source and sink share it, so that the same fault has the same words on both.

mod algorithm_names;
mod algorithms;
mod fault;
mod key_agreement;
mod pem;
mod translate;
mod verify;

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, Error, RootCertStore};
use rustls_pki_types::CertificateDer;

pub use crate::certificate::Validity;
pub use algorithms::provider;
pub use fault::{TlsFault, TlsSide};
pub use pem::{PemError, authorities, certificates, private_key, validity};
use verify::Verifier;

/// Mozilla's roots.
#[must_use]
pub fn public_roots() -> &'static [CertificateDer<'static>] {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS
}

/// TLS 1.2 and 1.3 without a client certificate, trusting these authorities; `pin_sha256` is of the
/// only certificate of a server that will do. A refusal carries the certificate's names to
/// [`TlsFault`].
///
/// # Errors
/// Where there is no authority.
pub fn client(
    authorities: impl IntoIterator<Item = CertificateDer<'static>>,
    pin_sha256: Option<[u8; 32]>,
) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(authorities);
    let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|error| Error::General(error.to_string()))?;
    let verifier = Verifier {
        inner,
        pin: pin_sha256,
    };
    Ok(ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13, &TLS12])?
        .dangerous() // rustls's word for any verifier of one's own; ours asks rustls's first
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}
