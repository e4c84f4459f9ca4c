//! The cryptography of TLS: ring, and the signatures of enterprise authorities that ring does not
//! verify.
//!
//! ring knows P-256 and P-384 with SHA-256 and SHA-384 only. Authorities sign with P-384 and
//! SHA-512 too, and some have P-521 keys. Only signatures are verified here, of public data: no
//! lasting key of ours is touched. A static TLS client of 1.34 MB (x86_64) and 1.15 MB (aarch64)
//! with ring grows by 0.16 and 0.12 MB so; with aws-lc-rs in ring's place by 0.68 and 0.50 MB.

use std::sync::{Arc, LazyLock};

use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rustls::SignatureScheme::{
    ECDSA_NISTP256_SHA256, ECDSA_NISTP384_SHA384, ECDSA_NISTP521_SHA512,
};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls_pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm as Algorithm, alg_id,
};
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::key_agreement::P521;

/// What all TLS here stands on.
#[must_use]
pub fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(made()));
    Arc::clone(&PROVIDER)
}

fn made() -> CryptoProvider {
    let ring = rustls::crypto::ring::default_provider();
    let known = ring.signature_verification_algorithms;
    let all = [known.all, &MORE].concat();
    // of a scheme TLS 1.3 takes the first algorithm, in which the curve is fixed; TLS 1.2 any
    let with_more = |&(scheme, algorithms): &(_, &[_])| -> (_, &'static [&'static dyn Algorithm]) {
        let more: &[&'static dyn Algorithm] = match scheme {
            ECDSA_NISTP256_SHA256 => &[&P521_SHA256],
            ECDSA_NISTP384_SHA384 => &[&P521_SHA384],
            _ => &[],
        };
        (scheme, [algorithms, more].concat().leak())
    };
    let mut mapping: Vec<_> = known.mapping.iter().map(with_more).collect();
    mapping.push((ECDSA_NISTP521_SHA512, &SHA512));
    let p521: &'static P521 = Box::leak(Box::new(P521 {
        random: ring.secure_random,
    }));
    let kx_groups = [&ring.kx_groups[..], &[p521]].concat();
    CryptoProvider {
        // once in the life of the process
        signature_verification_algorithms: WebPkiSupportedAlgorithms {
            all: all.leak(),
            mapping: mapping.leak(),
        },
        kx_groups,
        ..ring
    }
}

static SHA512: [&dyn Algorithm; 3] = [&P521_SHA512, &P384_SHA512, &P256_SHA512];
static MORE: [&dyn Algorithm; 5] = [
    &P256_SHA512,
    &P384_SHA512,
    &P521_SHA512,
    &P521_SHA384,
    &P521_SHA256,
];

static P256_SHA512: Ecdsa = Ecdsa {
    key: alg_id::ECDSA_P256,
    signature: alg_id::ECDSA_SHA512,
    holds: |key, message, signature| {
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(key).ok()?;
        let signature = p256::ecdsa::Signature::from_der(signature).ok()?;
        key.verify_prehash(&Sha512::digest(message), &signature)
            .ok()
    },
};
static P384_SHA512: Ecdsa = Ecdsa {
    key: alg_id::ECDSA_P384,
    signature: alg_id::ECDSA_SHA512,
    holds: |key, message, signature| {
        let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(key).ok()?;
        let signature = p384::ecdsa::Signature::from_der(signature).ok()?;
        key.verify_prehash(&Sha512::digest(message), &signature)
            .ok()
    },
};
static P521_SHA512: Ecdsa = Ecdsa {
    key: alg_id::ECDSA_P521,
    signature: alg_id::ECDSA_SHA512,
    holds: |key, message, signature| p521(key, &Sha512::digest(message), signature),
};
static P521_SHA384: Ecdsa = Ecdsa {
    key: alg_id::ECDSA_P521,
    signature: alg_id::ECDSA_SHA384,
    holds: |key, message, signature| p521(key, &Sha384::digest(message), signature),
};
static P521_SHA256: Ecdsa = Ecdsa {
    key: alg_id::ECDSA_P521,
    signature: alg_id::ECDSA_SHA256,
    holds: |key, message, signature| p521(key, &Sha256::digest(message), signature),
};

/// Bytes of a number on P-521.
const P521_BYTES: usize = 66;

/// The digest counts as a number (FIPS 186-5, 6.4.2), so zeros before it change nothing; the crate
/// wants at least half of the curve's length, which SHA-256 has not.
fn p521(key: &[u8], digest: &[u8], signature: &[u8]) -> Option<()> {
    let mut number = [0; P521_BYTES];
    number[P521_BYTES.checked_sub(digest.len())?..].copy_from_slice(digest);
    let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(key).ok()?;
    let signature = p521::ecdsa::Signature::from_der(signature).ok()?;
    key.verify_prehash(&number, &signature).ok()
}

/// Of public key, message and signature in DER.
type Holds = fn(&[u8], &[u8], &[u8]) -> Option<()>;

/// One curve with one digest.
struct Ecdsa {
    key: AlgorithmIdentifier,
    signature: AlgorithmIdentifier,
    holds: Holds,
}

impl std::fmt::Debug for Ecdsa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ecdsa").finish_non_exhaustive()
    }
}

impl Algorithm for Ecdsa {
    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.key
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }

    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        (self.holds)(public_key, message, signature).ok_or(InvalidSignature)
    }
}
