//! What only `protocol = "tls"` and `"relp+tls"` need.

use std::path::PathBuf;

use super::Refusal;
use super::host::host;
use super::section::Section;

/// What only `protocol = "tls"` and `"relp+tls"` need.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsSettings {
    /// `ca_file`: PEM; instead of the public roots.
    pub ca_file: Option<PathBuf>,
    /// `client_cert_file` and `client_key_file`, both or none: PEM.
    pub client: Option<(PathBuf, PathBuf)>,
    /// `server_name` to ask for and to check, where it is not `host`.
    pub server_name: Option<String>,
    /// `pin_sha256` of the receiver's certificate (hex, colons allowed): checked in addition.
    pub pin_sha256: Option<[u8; 32]>,
}

const KEYS: [&str; 5] = [
    "ca_file",
    "client_cert_file",
    "client_key_file",
    "server_name",
    "pin_sha256",
];

/// Reads the keys from `[agent.siem]`; with another protocol (a known one), each that is written is
/// refused.
pub(super) fn read(section: &Section, is_tls: bool) -> TlsSettings {
    let ca_file = section.certificate_file("ca_file");
    let certificate = section.certificate_file("client_cert_file");
    let key = section.secret_file("client_key_file");
    let server_name = section.text("server_name", host);
    let pin_sha256 = section.text("pin_sha256", pin);
    if !is_tls {
        let written = KEYS
            .into_iter()
            .filter(|key| section.has(key) && !section.failed("protocol"));
        for key in written {
            section.refuse(
                key,
                "is set without TLS; allowed: only with protocol = \"tls\" or \"relp+tls\"",
            );
        }
        return TlsSettings::default();
    }
    for (present, absent) in [
        ("client_cert_file", "client_key_file"),
        ("client_key_file", "client_cert_file"),
    ] {
        if section.has(present) && !section.has(absent) {
            section.refuse(
                present,
                &format!("is set without {absent}; allowed: both or none"),
            );
        }
    }
    TlsSettings {
        ca_file,
        client: certificate.zip(key),
        server_name,
        pin_sha256,
    }
}

/// 64 hexadecimal digits, with or without colons between them.
fn pin(text: &str) -> Result<[u8; 32], Refusal> {
    let refuse = || {
        Refusal::found(
            text,
            "the SHA-256 of the certificate, 64 hexadecimal digits, colons allowed",
        )
    };
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| *c != ':')
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()
        .ok_or_else(refuse)?;
    let bytes: Vec<u8> = digits
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
        .collect();
    if digits.len() != 64 {
        return Err(refuse());
    }
    bytes.try_into().map_err(|_| refuse())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_pin_is_32_bytes_in_hex() {
        let mut expected = [0xab; 32];
        expected[0] = 0x01;
        assert_eq!(pin(&format!("01{}", "ab".repeat(31))).unwrap(), expected);
        assert_eq!(pin(&format!("01{}", ":AB".repeat(31))).unwrap(), expected);
        for wrong in [
            "",
            "ab",
            &"ab".repeat(33),
            &"xy".repeat(32),
            &"a".repeat(63),
        ] {
            assert!(pin(wrong).is_err(), "{wrong}");
        }
    }
}
