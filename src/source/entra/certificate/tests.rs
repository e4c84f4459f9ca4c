#![allow(clippy::unwrap_used)]
use std::fs;

use siembox_support::pki::{AppCertificate, Issued, openssl_key, openssl_rewrite};
use tempfile::TempDir;

use super::*;

/// 2026-11-29
const NOW_MS: i64 = 1_795_910_400_000;

fn files(folder: &TempDir, pair: &Issued) -> CertificateFiles {
    let (certificate, key) = pair.write(folder.path(), "app");
    CertificateFiles {
        certificate,
        key,
        algorithm: AssertionAlgorithm::default(),
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// What is said, and that it names the setting and a cure.
fn refused(files: &CertificateFiles, setting: &str, words: &str) -> String {
    let said = files.check(NOW_MS).unwrap_err().to_string();
    assert!(said.starts_with(&format!("{setting}: ")), "{said}");
    assert!(said.contains(words), "{said}");
    said
}

#[test]
fn a_pair_is_read_however_it_was_written() {
    let folder = folder();
    let pair = AppCertificate::rsa(2048).issue();
    let files = files(&folder, &pair);
    let pkcs1 = openssl_rewrite(&files.key, &["-traditional"]);
    assert!(pkcs1.contains("BEGIN RSA PRIVATE KEY"), "{pkcs1}");
    let windows = format!("\u{feff}{}", pair.key_pem.replace('\n', "\r\n"));
    for key in [pair.key_pem.clone(), pkcs1, windows] {
        fs::write(&files.key, key).unwrap();
        assert!(files.load().is_ok());
    }
    // one file with both, and the authority's certificate before ours
    let other = AppCertificate::ecdsa().issue();
    let all = [other.cert_pem, pair.cert_pem.clone(), pair.key_pem].concat();
    fs::write(&files.certificate, all).unwrap();
    let both = CertificateFiles {
        key: files.certificate.clone(),
        ..files
    };
    let (one, own) = (both.load().unwrap(), folder.path().join("own.pem"));
    fs::write(&own, pair.cert_pem).unwrap();
    assert_eq!(one.certificate, trust::certificates(&own).unwrap()[0]);
}

#[test]
fn keys_of_other_kinds_and_sizes_are_named() {
    let (folder, rsa) = (folder(), AppCertificate::rsa(2048).issue());
    let elliptic = AppCertificate::ecdsa().issue();
    let files = files(&folder, &elliptic);
    let said = refused(&files, "key_file", "a key of the kind ECDSA");
    assert!(said.contains("RSA key of 2048 to 4096 bits"), "{said}");
    fs::write(&files.key, &rsa.key_pem).unwrap();
    refused(&files, "key_file", "does not belong to the certificate in ");
    let small = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"];
    let p521 = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"];
    for kind in [&small, &p521] {
        fs::write(&files.key, openssl_key(kind)).unwrap();
        refused(&files, "key_file", "cannot be used (");
    }
    fs::write(&files.key, openssl_key(&["-algorithm", "ed25519"])).unwrap();
    refused(&files, "key_file", "a key of the kind Ed25519");
}

#[test]
fn a_large_key_signs() {
    let folder = folder();
    let files = files(&folder, &AppCertificate::rsa(4096).issue());
    let key = files.load().unwrap();
    assert_eq!(key.sign(b"message").unwrap().len(), 512);
}

#[test]
fn what_can_not_be_read_is_named_by_its_setting() {
    let (folder, pair) = (folder(), AppCertificate::rsa(2048).issue());
    let files = files(&folder, &pair);
    let locked = ["-aes256", "-passout", "pass:word"];
    for arguments in [&locked[..], &[&locked[..], &["-traditional"]].concat()] {
        let key = openssl_rewrite(&files.key, arguments);
        let locked = CertificateFiles {
            key: folder.path().join("locked.key"),
            ..files.clone()
        };
        fs::write(&locked.key, key).unwrap();
        let said = refused(&locked, "key_file", "has a passphrase");
        assert!(said.contains("openssl pkey -in "), "{said}");
    }
    fs::write(&files.key, &pair.cert_pem).unwrap();
    refused(&files, "key_file", "contains no private key");
    fs::write(&files.key, &pair.key_pem).unwrap();
    fs::write(&files.certificate, b"\x30\x82\x01\x00\x02\x01\x03\x30").unwrap();
    refused(
        &files,
        "certificate_file",
        "is not PEM but PKCS #12 (.pfx, .p12)",
    );
    fs::write(
        &files.certificate,
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
    )
    .unwrap();
    refused(&files, "certificate_file", "cannot be read");
    fs::remove_file(&files.certificate).unwrap();
    refused(&files, "certificate_file", "No such file");
}

#[test]
fn a_certificate_out_of_its_time_is_named_with_both_clocks() {
    let folder = folder();
    let app = AppCertificate::rsa(2048);
    let old = files(&folder, &app.clone().between(2020, 2026).issue());
    let said = refused(&old, "certificate_file", "expired on 2026-01-01T00:00:00Z");
    assert!(said.contains("clock shows 2026-11-29T00:00:00Z"), "{said}");
    let young = files(&folder, &app.clone().between(2027, 2028).issue());
    refused(
        &young,
        "certificate_file",
        "is valid from 2027-01-01T00:00:00Z on",
    );
    let valid = files(&folder, &app.between(2026, 2027).issue());
    assert_eq!(valid.check(NOW_MS).unwrap().days_left(NOW_MS), 33);
    assert_eq!(
        trust::validity(&valid.certificate).unwrap(),
        valid.check(NOW_MS).unwrap()
    );
}

#[test]
fn another_pair_has_another_fingerprint() {
    let folder = folder();
    let app = AppCertificate::rsa(2048);
    let files = files(&folder, &app.clone().issue());
    let first = files.fingerprint().unwrap();
    assert_eq!(files.fingerprint().unwrap(), first);
    let renewed = app.between(2021, 4096).issue();
    fs::write(&files.certificate, renewed.cert_pem).unwrap();
    assert_ne!(files.fingerprint().unwrap(), first);
}
