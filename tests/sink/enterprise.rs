//! Certificates as enterprises issue them: kinds of keys and digests that work, and the words for
//! those that do not, which are the same towards the SIEM and towards the cloud.

use std::path::Path;
use std::process::Command;

use siembox::for_tests::sink::{Sink, TrustFiles, Wire};
use siembox::for_tests::source::http::{Http, Post, Route};
use siembox::for_tests::trust::{self, TlsSide};
use siembox_support::pki::Issued;

use super::tls::{Lab, OpenSsl, fault, load, to};
use super::*;

const GOOD: &str = "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n";

/// What an authority of a company is asked for.
struct Wish {
    /// `ec_paramgen_curve` of the authority's key, or `rsa`.
    authority: &'static str,
    leaf: &'static str,
    /// `-sha512`
    digest: &'static str,
    extensions: &'static str,
}

impl Wish {
    /// A laboratory whose authority and server certificate are so.
    fn granted(&self) -> Lab {
        let mut lab = Lab::new();
        let folder = lab.folder.path();
        let new = |kind: &str| -> Vec<String> {
            let words = match kind {
                "rsa" => "-newkey rsa:2048 -nodes".to_owned(),
                curve => format!("-newkey ec -pkeyopt ec_paramgen_curve:{curve} -nodes"),
            };
            words.split(' ').map(str::to_owned).collect()
        };
        openssl(
            folder,
            "req -x509 -days 2 -subj /CN=Corp -keyout ca.key -out ca.pem -addext basicConstraints=critical,CA:TRUE",
            &[new(self.authority), vec![self.digest.to_owned()]].concat(),
        );
        openssl(
            folder,
            "req -subj /CN=siem -keyout leaf.key -out leaf.csr",
            &new(self.leaf),
        );
        std::fs::write(folder.join("extensions"), self.extensions).unwrap();
        openssl(
            folder,
            "x509 -req -days 2 -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out leaf.pem -extfile extensions",
            &[self.digest.to_owned()],
        );
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        lab.server = Issued {
            cert_pem: read("leaf.pem"),
            key_pem: read("leaf.key"),
        };
        lab
    }
}

fn openssl(folder: &Path, words: &str, more: &[String]) {
    let ran = Command::new("openssl")
        .args(words.split(' '))
        .args(more)
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{words} {more:?}: {said}");
}

/// What a question to this server, as if it were the API, comes to: its answer's status, or why
/// there is none.
fn asked(lab: &Lab, server: &mut OpenSsl) -> Result<u16, String> {
    server.says("HTTP/1.1 204 No Content\r\n\r\n");
    let http = Http::new(&Route {
        proxy: None,
        extra_roots: trust::authorities(&lab.ca).unwrap(),
        timeout: Duration::from_secs(60),
    });
    let answer = http.post(&format!("https://127.0.0.1:{}/", server.1), &[], "{}");
    answer
        .map(|answer| answer.status)
        .map_err(|error| error.what)
}

#[test]
fn what_enterprise_authorities_sign_is_verified_on_both_sides() {
    for (authority, digest, leaf) in [
        ("P-384", "-sha512", "P-256"),
        ("P-256", "-sha512", "P-256"),
        ("P-521", "-sha512", "P-521"),
        ("P-521", "-sha384", "P-521"),
        // openssl's own choice for a P-521 key
        ("P-521", "-sha256", "P-384"),
        ("rsa", "-sha512", "P-521"),
    ] {
        let lab = Wish {
            authority,
            leaf,
            digest,
            extensions: GOOD,
        }
        .granted();
        for version in ["-tls1_2", "-tls1_3"] {
            let about = format!("{authority} {digest} {leaf} {version}");
            let server = OpenSsl::start(&lab, &[version]);
            let to = to(server.1, load(&lab.trust_files()));
            let what = about.clone();
            story(async move {
                let wire = Wire::connect(&to, 0).await;
                let mut wire = wire.unwrap_or_else(|told| panic!("{what}: {told}"));
                wire.send(&batch(&lines(3)), None).await.unwrap();
                wire.prove().await.unwrap();
            });
            let mut server = OpenSsl::start(&lab, &[version]);
            assert_eq!(asked(&lab, &mut server), Ok(204), "{about}");
        }
    }
}

#[test]
fn what_is_not_verified_has_the_same_plain_words_on_both_sides() {
    let wish = |extensions| Wish {
        authority: "P-256",
        leaf: "P-256",
        digest: "-sha256",
        extensions,
    };
    for (wish, reason, cure) in [
        (
            Wish {
                authority: "rsa",
                digest: "-sha1",
                ..wish(GOOD)
            },
            "is signed with RSA with SHA-1, which siembox does not support (issued by CN=Corp)",
            "issued with RSA (2048 bits or more), ECDSA (P-256, P-384, P-521)",
        ),
        (
            Wish {
                authority: "brainpoolP256r1",
                ..wish(GOOD)
            },
            "ECDSA with SHA-256 and a key of brainpoolP256r1, which siembox does not support",
            "ECDSA (P-256, P-384, P-521)",
        ),
        (
            wish("subjectAltName=DNS:127.0.0.1\n"),
            "the certificate has 127.0.0.1 as a DNS name, which an address is not",
            "subjectAltName=IP:127.0.0.1",
        ),
        (
            wish("basicConstraints=CA:FALSE\n"),
            "the certificate is for no name at all, so not for 127.0.0.1",
            "subjectAltName=IP:127.0.0.1",
        ),
        (
            wish("subjectAltName=IP:192.0.2.1,DNS:siem.example\n"),
            "is for 192.0.2.1, siem.example, not for 127.0.0.1",
            "name",
        ),
        (
            wish("subjectAltName=IP:127.0.0.1\nextendedKeyUsage=clientAuth\n"),
            "it is not for servers (extendedKeyUsage without serverAuth)",
            "issued again",
        ),
        (
            wish("subjectAltName=IP:127.0.0.1\nbasicConstraints=critical,CA:TRUE\n"),
            "the certificate is a CA certificate (CN=siem), not a server certificate",
            "CA:FALSE",
        ),
    ] {
        let lab = wish.granted();
        let mut server = OpenSsl::start(&lab, &["-cipher", "DEFAULT@SECLEVEL=0"]);
        let to = to(server.1, load(&lab.trust_files()));
        let (tell, told) = std::sync::mpsc::channel();
        story(async move { tell.send(fault(&to).await).unwrap() });
        let told = told.recv().unwrap();
        let siem = told.reason(TlsSide::Siem);
        assert!(siem.contains(reason), "{siem}");
        let cures = told.cure(TlsSide::Siem);
        assert!(cures.contains(cure), "{cures}");
        assert_eq!(Err(told.in_words(TlsSide::Cloud)), asked(&lab, &mut server));
        assert_eq!(told.reason(TlsSide::Cloud), siem);
        assert!(
            !siem.contains(['{', '"']),
            "no word of a programmer: {siem}"
        );
    }
}

/// The same file is read by the same reader on both sides; the API's side passed over what it could
/// not use.
#[test]
fn a_file_in_der_is_recognised_on_both_sides() {
    let lab = Lab::new();
    openssl(
        lab.folder.path(),
        "x509 -in ca.pem -outform der -out ca.der",
        &[],
    );
    let der = lab.folder.path().join("ca.der");
    let siem = TrustFiles {
        ca_file: Some(der.clone()),
        ..TrustFiles::default()
    };
    let siem = siem.load("127.0.0.1").unwrap_err().to_string();
    let cloud = trust::authorities(&der).unwrap_err().to_string();
    assert_eq!(siem, cloud);
    assert!(
        siem.contains("is not PEM but a certificate in DER (binary): convert it with \"openssl"),
        "{siem}"
    );
}

#[test]
fn a_client_key_that_can_not_sign_is_named_with_its_cure() {
    let lab = Wish {
        authority: "P-256",
        leaf: "P-521",
        digest: "-sha256",
        extensions: GOOD,
    }
    .granted();
    let (cert, key) = lab.server.write(lab.folder.path(), "client");
    let files = TrustFiles {
        client: Some((cert, key)),
        ..TrustFiles::default()
    };
    let told = files.load("siem.example").unwrap_err().to_string();
    for words in [
        "client.key cannot be used (its key uses P-521, with which siembox cannot sign)",
        "use RSA (2048 bits or more), ECDSA (P-256, P-384) or Ed25519",
    ] {
        assert!(told.contains(words), "{told}");
    }
}
