#![allow(clippy::unwrap_used)]
use serde_json::Value;
use siembox_support::assertion::verify;
use siembox_support::pki::AppCertificate;

use super::super::certificate::{AssertionAlgorithm, CertificateFiles};
use super::*;
use crate::clock;

const ENDPOINT: &str = "https://login.example/contoso.example/oauth2/v2.0/token";
const APP: &str = "66666666-7777-8888-9999-000000000000";

#[test]
fn an_id_is_a_random_uuid() {
    assert_eq!(uuid([0; 16]), "00000000-0000-4000-8000-000000000000");
    assert_eq!(uuid([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

/// PyJWT and cryptography know nothing of ring and rustls.
#[test]
fn an_assertion_is_what_an_independent_library_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let pair = AppCertificate::rsa(2048).issue();
    let stranger = AppCertificate::rsa(3072).issue();
    let (certificate, key) = pair.write(folder.path(), "app");
    for (algorithm, name) in [
        (AssertionAlgorithm::Ps256, "PS256"),
        (AssertionAlgorithm::Rs256, "RS256"),
    ] {
        let files = CertificateFiles {
            certificate: certificate.clone(),
            key: key.clone(),
            algorithm,
        };
        let now_ms = clock::now_ms();
        let signed = || {
            let key = files.load().unwrap();
            let assertion = Assertion::new(ENDPOINT, APP, now_ms).unwrap();
            assertion.signed_by(&key).unwrap()
        };
        let (one, other) = (signed(), signed());
        let verified = verify(&one, &pair.cert_pem, ENDPOINT).unwrap();
        let header = json!({"alg": name, "typ": "JWT", "x5t#S256": verified.thumbprint});
        assert_eq!(verified.header, header);
        let Value::Object(mut claims) = verified.claims else {
            panic!("no claims");
        };
        let id = claims.remove("jti").unwrap();
        let now = now_ms / 1000;
        let expected = json!({
            "aud": ENDPOINT, "iss": APP, "sub": APP, "nbf": now, "iat": now, "exp": now + 600
        });
        assert_eq!(Value::Object(claims), expected);
        let next = verify(&other, &pair.cert_pem, ENDPOINT).unwrap();
        assert_ne!(next.claims["jti"], id, "another one each time");

        // and what it must refuse, it refuses
        let why = verify(&one, &stranger.cert_pem, ENDPOINT).unwrap_err();
        assert!(why.contains("Signature verification failed"), "{why}");
        let why = verify(&one, &pair.cert_pem, "https://elsewhere.example").unwrap_err();
        assert!(why.contains("Audience doesn't match"), "{why}");
    }
}
