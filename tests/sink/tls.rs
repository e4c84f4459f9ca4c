//! TLS: 20,000 lines into rsyslog with each of its libraries, and every way in which trust can
//! fail.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use siembox::for_tests::sink::{
    Farewell, Protocol, Sink, SinkError, TlsFault, Trust, TrustError, TrustFiles, Wire,
};
use siembox::for_tests::syslog::frame::Framing;
use siembox::for_tests::trust::{PemError, TlsSide};
use siembox_support::pki::{Authority, Issued};
use siembox_support::receiver::rsyslog::{Driver, Tls};
use siembox_support::receiver::{Receiver, Transport, free_port, listens, rsyslog};
use tempfile::TempDir;

use super::*;

/// An authority, and a receiver that it vouches for.
pub(super) struct Lab {
    pub(super) folder: TempDir,
    authority: Authority,
    /// Written once: rsyslog reads it after it has begun to listen.
    pub(super) ca: PathBuf,
    pub(super) server: Issued,
}

impl Lab {
    pub(super) fn new() -> Self {
        let (authority, folder) = (Authority::new("Lab CA"), TempDir::new().unwrap());
        Self {
            server: authority.issue(&["127.0.0.1", "siem.example"]),
            ca: authority.write(folder.path()),
            folder,
            authority,
        }
    }

    fn receiver(&self, driver: Driver, wants_client: bool) -> Receiver {
        let (cert, key) = self.server.write(self.folder.path(), "server");
        rsyslog::tls(&Tls {
            driver,
            ca: self.ca.clone(),
            cert,
            key,
            wants_client,
        })
    }

    pub(super) fn trust_files(&self) -> TrustFiles {
        TrustFiles {
            ca_file: Some(self.ca.clone()),
            ..TrustFiles::default()
        }
    }

    fn client(&self, authority: &Authority) -> (PathBuf, PathBuf) {
        authority
            .issue(&["client"])
            .write(self.folder.path(), "client")
    }
}

pub(super) fn to(port: u16, trust: Trust) -> Target {
    let framing = Framing::OctetCounting;
    target(port, Protocol::Tls { framing, trust })
}

pub(super) fn load(files: &TrustFiles) -> Trust {
    files.load("127.0.0.1").unwrap()
}

/// The fault that a connection meets: in the handshake, or at the latest with the first proof.
pub(super) async fn fault(target: &Target) -> TlsFault {
    match deliver(target, &lines(1)).await {
        Err(SinkError::Tls { fault, .. }) => *fault,
        Err(told) => panic!("another fault: {told}"),
        Ok(_) => panic!("no fault"),
    }
}

/// A server of OpenSSL's command line, ended when dropped.
pub(super) struct OpenSsl(Child, pub(super) u16);

impl OpenSsl {
    pub(super) fn start(lab: &Lab, arguments: &[&str]) -> Self {
        let (cert, key) = lab.server.write(lab.folder.path(), "server");
        let port = free_port(Transport::Tcp);
        let child = Command::new("openssl")
            .args(["s_server", "-quiet", "-accept"])
            .arg(format!("127.0.0.1:{port}"))
            .arg("-cert")
            .arg(cert)
            .arg("-key")
            .arg(key)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl: run make tools");
        let deadline = std::time::Instant::now() + Duration::from_secs(60);
        while !listens(child.id(), Transport::Tcp, port) {
            assert!(
                std::time::Instant::now() < deadline,
                "openssl does not listen"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
        Self(child, port)
    }

    /// What the next client is told.
    pub(super) fn says(&mut self, text: &str) {
        let input = self.0.stdin.as_mut().unwrap();
        std::io::Write::write_all(input, text.as_bytes()).unwrap();
    }
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn all_arrive(driver: Driver, framing: Framing) {
    story(async move {
        let lab = Lab::new();
        let receiver = lab.receiver(driver, false);
        let sent = lines(MANY);
        let trust = load(&lab.trust_files());
        let to = target(receiver.port(), Protocol::Tls { framing, trust });
        assert_eq!(deliver(&to, &sent).await.unwrap(), Farewell::Confirmed);
        same(&receiver.wait_for(MANY), &sent);
    });
}

#[test]
fn rsyslog_gtls() {
    all_arrive(Driver::Gtls, Framing::OctetCounting);
}

#[test]
fn rsyslog_ossl() {
    all_arrive(Driver::Ossl, Framing::Lf);
}

#[test]
fn a_client_certificate_is_shown() {
    story(async {
        let lab = Lab::new();
        for driver in [Driver::Gtls, Driver::Ossl] {
            let receiver = lab.receiver(driver, true);
            let mut files = lab.trust_files();
            files.client = Some(lab.client(&lab.authority));
            let to = to(receiver.port(), load(&files));
            let told = deliver(&to, &lines(3)).await;
            assert_eq!(told.unwrap(), Farewell::Confirmed);
            same(&receiver.wait_for(3), &lines(3));
        }
    });
}

#[test]
fn a_missing_client_certificate_is_named() {
    story(async {
        let lab = Lab::new();
        for driver in [Driver::Gtls, Driver::Ossl] {
            let receiver = lab.receiver(driver, true);
            let told = fault(&to(receiver.port(), load(&lab.trust_files()))).await;
            assert!(
                matches!(told, TlsFault::ClientWanted { .. }),
                "{driver:?}: {told:?}"
            );
            assert_eq!(receiver.lines(), Vec::<String>::new());
        }
        for version in ["-tls1_2", "-tls1_3"] {
            let ca = lab.ca.to_str().unwrap();
            let server = OpenSsl::start(
                &lab,
                &[
                    version,
                    "-Verify",
                    "1",
                    "-verify_return_error",
                    "-CAfile",
                    ca,
                ],
            );
            // Seen before the connection counts as up, in TLS 1.3 too.
            let told = Wire::connect(&to(server.1, load(&lab.trust_files())), 0)
                .await
                .unwrap_err();
            let words = told.to_string();
            assert!(
                words.contains("asks for a client certificate issued by"),
                "{version}: {words}"
            );
            assert!(words.contains("CN=Lab CA"), "{version}: {words}");
            assert!(words.contains("set client_cert_file"), "{version}: {words}");
        }
    });
}

#[test]
fn a_client_certificate_of_another_authority_is_refused() {
    story(async {
        let lab = Lab::new();
        let mut files = lab.trust_files();
        files.client = Some(lab.client(&Authority::new("Other CA")));
        for version in ["-tls1_2", "-tls1_3"] {
            let ca = lab.ca.to_str().unwrap();
            let server = OpenSsl::start(
                &lab,
                &[
                    version,
                    "-Verify",
                    "1",
                    "-verify_return_error",
                    "-CAfile",
                    ca,
                ],
            );
            let told = fault(&to(server.1, load(&files))).await;
            assert!(
                matches!(told, TlsFault::ClientRefused { .. }),
                "{version}: {told:?}"
            );
        }
    });
}

#[test]
fn an_unknown_issuer_is_named() {
    story(async {
        let lab = Lab::new();
        let receiver = lab.receiver(Driver::Gtls, false);
        let other = Authority::new("Other CA");
        let folder = TempDir::new().unwrap();
        let other = TrustFiles {
            ca_file: Some(other.write(folder.path())),
            ..TrustFiles::default()
        };
        for files in [other, TrustFiles::default()] {
            let told = fault(&to(receiver.port(), load(&files))).await;
            assert!(matches!(told, TlsFault::UnknownIssuer { .. }), "{told:?}");
            assert!(
                told.reason(TlsSide::Siem).contains("CN=Lab CA"),
                "{}",
                told.reason(TlsSide::Siem)
            );
            assert!(
                told.cure(TlsSide::Siem).contains("ca_file"),
                "{}",
                told.cure(TlsSide::Siem)
            );
        }
    });
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    story(async {
        let lab = Lab::new();
        let receiver = lab.receiver(Driver::Gtls, false);
        let mut files = lab.trust_files();
        files.server_name = Some("log.example".to_owned());
        let told = fault(&to(receiver.port(), load(&files))).await;
        assert!(matches!(told, TlsFault::WrongName { .. }), "{told:?}");
        assert!(
            told.reason(TlsSide::Siem)
                .contains("siem.example, not for log.example"),
            "{}",
            told.reason(TlsSide::Siem)
        );

        files.server_name = Some("siem.example".to_owned());
        let farewell = deliver(&to(receiver.port(), load(&files)), &lines(1)).await;
        assert_eq!(farewell.unwrap(), Farewell::Confirmed);
    });
}

#[test]
fn a_pin_is_checked_beside_the_chain() {
    use rustls::pki_types::{CertificateDer, pem::PemObject};
    story(async {
        let lab = Lab::new();
        let receiver = lab.receiver(Driver::Ossl, false);
        let der = CertificateDer::from_pem_slice(lab.server.cert_pem.as_bytes()).unwrap();
        let digest = ring::digest::digest(&ring::digest::SHA256, &der);
        let pin: [u8; 32] = digest.as_ref().try_into().unwrap();

        let mut files = lab.trust_files();
        files.pin_sha256 = Some(pin);
        let farewell = deliver(&to(receiver.port(), load(&files)), &lines(1)).await;
        assert_eq!(farewell.unwrap(), Farewell::Confirmed);

        // The right pin does not make up for an unknown issuer.
        files.ca_file = None;
        let told = fault(&to(receiver.port(), load(&files))).await;
        assert!(matches!(told, TlsFault::UnknownIssuer { .. }), "{told:?}");

        let mut files = lab.trust_files();
        files.pin_sha256 = Some([7; 32]);
        let told = fault(&to(receiver.port(), load(&files))).await;
        let found: String = pin.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(
            matches!(&told, TlsFault::WrongPin { found: f, .. } if *f == found),
            "{told:?}"
        );
    });
}

#[test]
fn an_old_server_is_told_apart() {
    story(async {
        let lab = Lab::new();
        for version in ["-tls1", "-tls1_1"] {
            let server = OpenSsl::start(&lab, &[version, "-cipher", "DEFAULT@SECLEVEL=0"]);
            let told = fault(&to(server.1, load(&lab.trust_files()))).await;
            assert_eq!(told, TlsFault::TooOld);
        }
        let server = OpenSsl::start(&lab, &["-tls1_2", "-cipher", "AES128-SHA"]);
        let told = fault(&to(server.1, load(&lab.trust_files()))).await;
        assert!(told.cure(TlsSide::Siem).contains("cipher"), "{told:?}");
    });
}

#[test]
fn a_self_made_certificate_is_explained() {
    story(async {
        let mut lab = Lab::new();
        let made = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
            ])
            .args([
                "-subj",
                "/CN=siem",
                "-addext",
                "subjectAltName=IP:127.0.0.1",
                "-keyout",
                "self.key",
                "-out",
                "self.pem",
            ])
            .current_dir(lab.folder.path())
            .output()
            .unwrap();
        assert!(made.status.success());
        let at = |name: &str| lab.folder.path().join(name);
        let read = |name: &str| std::fs::read_to_string(at(name)).unwrap();
        lab.server = Issued {
            cert_pem: read("self.pem"),
            key_pem: read("self.key"),
        };
        let receiver = lab.receiver(Driver::Ossl, false);

        let told = fault(&to(receiver.port(), load(&TrustFiles::default()))).await;
        assert!(
            matches!(
                told,
                TlsFault::UnknownIssuer { .. } | TlsFault::Authority { .. }
            ),
            "{told:?}"
        );
        let ca_file = Some(at("self.pem"));
        let told = fault(&to(
            receiver.port(),
            load(&TrustFiles {
                ca_file,
                ..TrustFiles::default()
            }),
        ))
        .await;
        assert!(matches!(told, TlsFault::Authority { .. }), "{told:?}");
        assert!(
            told.cure(TlsSide::Siem).contains("CA:FALSE"),
            "{}",
            told.cure(TlsSide::Siem)
        );
    });
}

#[test]
fn dates_are_checked() {
    story(async {
        let mut lab = Lab::new();
        for (days, expired) in [
            (
                [
                    "-startdate",
                    "20200101000000Z",
                    "-enddate",
                    "20200201000000Z",
                ],
                true,
            ),
            (
                [
                    "-startdate",
                    "21000101000000Z",
                    "-enddate",
                    "21000201000000Z",
                ],
                false,
            ),
        ] {
            lab.server = dated(&lab, days);
            let receiver = lab.receiver(Driver::Ossl, false);
            let ca_file = Some(lab.folder.path().join("dated-ca.pem"));
            let told = fault(&to(
                receiver.port(),
                load(&TrustFiles {
                    ca_file,
                    ..TrustFiles::default()
                }),
            ))
            .await;
            match told {
                TlsFault::Expired { ref ended, .. } if expired => {
                    assert_eq!(ended, "2020-02-01T00:00:00Z")
                }
                TlsFault::NotYetValid { ref begins, .. } if !expired => {
                    assert_eq!(begins, "2100-01-01T00:00:00Z")
                }
                told => panic!("{told:?}"),
            }
            assert!(
                told.cure(TlsSide::Siem).contains("clock"),
                "{}",
                told.cure(TlsSide::Siem)
            );
        }
    });
}

/// A certificate for 127.0.0.1 with these dates, by an authority written to `dated-ca.pem`.
fn dated(lab: &Lab, dates: [&str; 4]) -> Issued {
    let folder = lab.folder.path();
    let openssl = |arguments: &[&str]| {
        let ran = Command::new("openssl")
            .args(arguments)
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(
            ran.status.success(),
            "{}",
            String::from_utf8_lossy(&ran.stderr)
        );
    };
    let new = [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
    ];
    let ca = [
        "-subj",
        "/CN=Dated CA",
        "-days",
        "36500",
        "-keyout",
        "dated-ca.key",
        "-out",
        "dated-ca.pem",
    ];
    openssl(&[&["req", "-x509"][..], &new, &ca].concat());
    let request = [
        "-subj",
        "/CN=dated",
        "-keyout",
        "dated.key",
        "-out",
        "dated.csr",
    ];
    openssl(&[&["req"][..], &new, &request].concat());
    let _ = std::fs::remove_dir_all(folder.join("newcerts"));
    std::fs::create_dir(folder.join("newcerts")).unwrap();
    std::fs::write(folder.join("index"), "").unwrap();
    std::fs::write(folder.join("serial"), "01\n").unwrap();
    std::fs::write(
        folder.join("ca.conf"),
        "[ca]\ndefault_ca=it\n[it]\ndatabase=index\nserial=serial\nnew_certs_dir=newcerts\ndefault_md=sha256\npolicy=any\n\
         x509_extensions=leaf\n[any]\ncommonName=supplied\n[leaf]\nbasicConstraints=CA:FALSE\nsubjectAltName=IP:127.0.0.1\n",
    )
    .unwrap();
    let sign = [
        "ca",
        "-batch",
        "-notext",
        "-config",
        "ca.conf",
        "-cert",
        "dated-ca.pem",
        "-keyfile",
        "dated-ca.key",
    ];
    let files = ["-in", "dated.csr", "-out", "dated.pem"];
    openssl(&[&sign[..], &files, &dates].concat());
    Issued {
        cert_pem: std::fs::read_to_string(folder.join("dated.pem")).unwrap(),
        key_pem: std::fs::read_to_string(folder.join("dated.key")).unwrap(),
    }
}

#[test]
fn plain_and_tls_mixed_up() {
    story(async {
        let lab = Lab::new();
        let plain = rsyslog::tcp();
        let mut to_plain = to(plain.port(), load(&lab.trust_files()));
        to_plain.bounds.handshake = Duration::from_millis(500);
        let told = Wire::connect(&to_plain, 0).await.unwrap_err();
        assert!(matches!(told, SinkError::HandshakeSilent { .. }), "{told}");

        let server = OpenSsl::start(&lab, &[]);
        let mut wire = Wire::connect(&target(server.1, PLAIN), 0).await.unwrap();
        wire.send(&batch(&lines(1)), None).await.unwrap();
        let told = wire.gone().await;
        let words = told.to_string();
        assert!(words.contains("this port is for TLS"), "{words}");
    });
}

#[test]
fn what_is_no_tls_is_told_apart() {
    use std::io::Write;
    story(async {
        let lab = Lab::new();
        let scripted = |answer: &'static [u8]| {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            std::thread::spawn(move || listener.accept().unwrap().0.write_all(answer));
            to(port, load(&lab.trust_files()))
        };
        let told = fault(&scripted(b"HTTP/1.1 400 Bad Request\r\n\r\n")).await;
        assert_eq!(told, TlsFault::NotTls);
        assert_eq!(fault(&scripted(b"")).await, TlsFault::HungUp);
    });
}

#[test]
fn each_version_carries_lines() {
    story(async {
        let lab = Lab::new();
        for version in ["-tls1_2", "-tls1_3"] {
            let server = OpenSsl::start(&lab, &[version]);
            let to = to(server.1, load(&lab.trust_files()));
            let mut wire = Wire::connect(&to, 0).await.unwrap();
            for _ in 0..3 {
                wire.send(&batch(&lines(100)), None).await.unwrap();
                wire.prove().await.unwrap();
            }
        }
    });
}

#[test]
fn each_bad_file_is_named_with_its_cure() {
    let lab = Lab::new();
    let (cert, key) = lab.server.write(lab.folder.path(), "good");
    let other = lab
        .authority
        .issue(&["other"])
        .write(lab.folder.path(), "other");
    let write = |name: &str, bytes: &[u8]| {
        let path = lab.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let ca = |path: &PathBuf| TrustFiles {
        ca_file: Some(path.clone()),
        ..TrustFiles::default()
    };
    let client = |cert: &PathBuf, key: &PathBuf| TrustFiles {
        client: Some((cert.clone(), key.clone())),
        ..TrustFiles::default()
    };
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMA==\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let half = &lab.server.cert_pem[..lab.server.cert_pem.len() / 2];
    let no_authority = "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n";
    type Is = fn(&TrustError) -> bool;
    let rows: [(TrustFiles, Is, &str); 11] = [
        (
            ca(&PathBuf::from("/nowhere/ca.pem")),
            |e| matches!(e, TrustError::File(PemError::File(_))),
            "/nowhere/ca.pem",
        ),
        (
            ca(&write("der", &[0x30, 0x82, 1, 2])),
            |e| matches!(e, TrustError::File(PemError::NotPem { .. })),
            "openssl x509 -inform der",
        ),
        (
            ca(&write("empty", b"")),
            |e| matches!(e, TrustError::File(PemError::NoCertificate { .. })),
            "contains no certificate",
        ),
        (
            ca(&key),
            |e| matches!(e, TrustError::File(PemError::NoCertificate { .. })),
            "good.key",
        ),
        (
            ca(&write("half", half.as_bytes())),
            |e| matches!(e, TrustError::File(PemError::Damaged { .. })),
            "damaged",
        ),
        (
            ca(&write("odd", no_authority.as_bytes())),
            |e| matches!(e, TrustError::File(PemError::Authority { number: 1, .. })),
            "remove it",
        ),
        (
            ca(&PathBuf::from("/dev/zero")),
            |e| matches!(e, TrustError::File(PemError::File(_))),
            "/dev/zero",
        ),
        (
            client(&cert, &cert),
            |e| matches!(e, TrustError::File(PemError::NoKey { .. })),
            "good.pem",
        ),
        (
            client(&cert, &other.1),
            |e| matches!(e, TrustError::Mismatch { .. }),
            "does not belong",
        ),
        (
            client(&cert, &write("enc", encrypted.as_bytes())),
            |e| matches!(e, TrustError::File(PemError::EncryptedKey { .. })),
            "passphrase",
        ),
        (
            TrustFiles {
                server_name: Some("not a name".to_owned()),
                ..TrustFiles::default()
            },
            |e| matches!(e, TrustError::Name { .. }),
            "set server_name",
        ),
    ];
    for (files, is, words) in rows {
        let told = files.load("127.0.0.1").unwrap_err();
        assert!(
            is(&told) && told.to_string().contains(words),
            "{told:?}: {told}"
        );
    }
    assert!(client(&cert, &key).load("127.0.0.1").is_ok());
}
