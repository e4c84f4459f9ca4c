//! A small public-key infrastructure that is made anew for each test: one authority, and what it
//! issues.

use std::path::{Path, PathBuf};
use std::process::Command;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use serde::{Deserialize, Serialize};

use crate::command::output;

/// A certificate that an app uploads to Entra: it signs itself.
#[derive(Debug, Clone)]
pub struct AppCertificate {
    /// The private key, PKCS #8, PEM.
    key_pem: String,
    /// The first day of these years.
    from: i32,
    until: i32,
}

/// A certificate authority.
pub struct Authority {
    /// Its certificate, PEM.
    pub cert_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, both PEM; the certificate is good for a server and for a client.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Issued {
    /// Leaf certificate, PEM.
    pub cert_pem: String,
    /// PKCS#8 key, PEM.
    pub key_pem: String,
}

impl AppCertificate {
    /// With a new RSA key of so many bits, made by openssl (ring makes none).
    ///
    /// # Panics
    /// Where openssl is missing, or makes no such key.
    #[must_use]
    pub fn rsa(bits: u32) -> Self {
        Self::of(openssl_key(&[
            "-algorithm",
            "RSA",
            "-pkeyopt",
            &format!("rsa_keygen_bits:{bits}"),
        ]))
    }

    /// With a new ECDSA key on P-256.
    ///
    /// # Panics
    /// Where there is no randomness.
    #[must_use]
    pub fn ecdsa() -> Self {
        Self::of(KeyPair::generate().expect("a key").serialize_pem())
    }

    fn of(key_pem: String) -> Self {
        Self {
            key_pem,
            from: 2020,
            until: 4096,
        }
    }

    /// Valid between the first days of these years only.
    #[must_use]
    pub fn between(mut self, from: i32, until: i32) -> Self {
        (self.from, self.until) = (from, until);
        self
    }

    /// Issues it.
    ///
    /// # Panics
    /// Where ring does not take the key: of RSA it wants 2048 to 4096 bits.
    #[must_use]
    pub fn issue(&self) -> Issued {
        let mut params = CertificateParams::new(Vec::new()).expect("no names to refuse");
        params
            .distinguished_name
            .push(DnType::CommonName, "siembox at Contoso");
        params.not_before = rcgen::date_time_ymd(self.from, 1, 1);
        params.not_after = rcgen::date_time_ymd(self.until, 1, 1);
        let key = KeyPair::from_pem(&self.key_pem).expect("a key");
        let cert = params.self_signed(&key).expect("a certificate");
        Issued {
            cert_pem: cert.pem(),
            key_pem: self.key_pem.clone(),
        }
    }
}

/// A new key out of `openssl genpkey`, PKCS #8, PEM.
///
/// # Panics
/// Where openssl is missing, or makes no such key.
#[must_use]
pub fn openssl_key(arguments: &[&str]) -> String {
    openssl("genpkey", arguments)
}

/// The same key in another form: `["-traditional"]` for PKCS #1.
///
/// # Panics
/// Where openssl is missing, or does not read the key.
#[must_use]
pub fn openssl_rewrite(key: &Path, arguments: &[&str]) -> String {
    let key = key.to_str().expect("a path in UTF-8");
    openssl("pkey", &[&["-in", key], arguments].concat())
}

fn openssl(what: &str, arguments: &[&str]) -> String {
    let output = output(Command::new("openssl").arg(what).args(arguments));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {what}: {said}");
    String::from_utf8(output.stdout).expect("PEM")
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Authority {
    /// A new authority called `name` (organization and common name).
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names to refuse");
        params.distinguished_name.push(DnType::CommonName, name);
        params
            .distinguished_name
            .push(DnType::OrganizationName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a key");
        let cert = params.self_signed(&key).expect("a certificate");
        Self {
            cert_pem: cert.pem(),
            issuer: Issuer::new(params, key),
        }
    }

    /// A certificate for these names and addresses, valid now.
    #[must_use]
    pub fn issue(&self, names: &[&str]) -> Issued {
        self.issue_until(names, 4096)
    }

    /// A certificate that ended with the year 2020.
    #[must_use]
    pub fn issue_expired(&self, names: &[&str]) -> Issued {
        self.issue_until(names, 2021)
    }

    /// A certificate that ends when this year begins.
    fn issue_until(&self, names: &[&str], year: i32) -> Issued {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names.clone()).expect("names of a certificate");
        params
            .distinguished_name
            .push(DnType::CommonName, names.first().map_or("test", |n| n));
        params.not_after = rcgen::date_time_ymd(year, 1, 1);
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        let key = KeyPair::generate().expect("a key");
        let cert = params.signed_by(&key, &self.issuer).expect("a certificate");
        Issued {
            cert_pem: cert.pem(),
            key_pem: key.serialize_pem(),
        }
    }

    /// Writes the authority's certificate to `folder/ca.pem` and says where.
    #[must_use]
    pub fn write(&self, folder: &Path) -> PathBuf {
        let path = folder.join("ca.pem");
        std::fs::write(&path, &self.cert_pem).expect("a writable folder");
        path
    }
}

impl Issued {
    /// A self-signed RSA certificate as an app of Entra has it, and its key in PKCS#8; made by
    /// `openssl` (Debian package `openssl`), because ring makes no RSA keys. Good for `days` from
    /// now; 0 is over at once.
    ///
    /// # Panics
    /// Where openssl is not there.
    #[must_use]
    pub fn rsa(name: &str, days: u32) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (cert, key) = (
            folder.path().join("cert.pem"),
            folder.path().join("key.pem"),
        );
        let days = days.to_string();
        let subject = format!("/CN={name}");
        let made = std::process::Command::new("openssl")
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", &days,
            ])
            .args(["-subj", &subject, "-keyout"])
            .arg(&key)
            .arg("-out")
            .arg(&cert)
            .output()
            .expect("openssl (Debian package openssl)");
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "openssl: {said}");
        let read = |path| std::fs::read_to_string(path).expect("what openssl has written");
        Self {
            cert_pem: read(cert),
            key_pem: read(key),
        }
    }

    /// Writes `NAME.pem` and `NAME.key` into `folder` and says where they are, certificate first.
    #[must_use]
    pub fn write(&self, folder: &Path, name: &str) -> (PathBuf, PathBuf) {
        let (cert, key) = (
            folder.join(format!("{name}.pem")),
            folder.join(format!("{name}.key")),
        );
        std::fs::write(&cert, &self.cert_pem).expect("a writable folder");
        std::fs::write(&key, &self.key_pem).expect("a writable folder");
        (cert, key)
    }
}
