//! The names of signature algorithms and keys that no check here knows, for the words of a refusal.

use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Decode, Reader, SliceReader};

/// As people know them; RFC 3279, 4055, 5480, 5639, 5758, 8410.
const NAMES: [(&str, &str); 18] = [
    ("1.2.840.113549.1.1.2", "RSA with MD2"),
    ("1.2.840.113549.1.1.4", "RSA with MD5"),
    ("1.2.840.113549.1.1.5", "RSA with SHA-1"),
    ("1.2.840.113549.1.1.14", "RSA with SHA-224"),
    ("1.2.840.113549.1.1.10", "RSA-PSS with unusual parameters"),
    ("1.2.840.113549.1.1.1", "RSA"),
    ("1.2.840.10045.4.1", "ECDSA with SHA-1"),
    ("1.2.840.10045.4.3.1", "ECDSA with SHA-224"),
    ("1.2.840.10045.4.3.2", "ECDSA with SHA-256"),
    ("1.2.840.10045.4.3.3", "ECDSA with SHA-384"),
    ("1.2.840.10045.4.3.4", "ECDSA with SHA-512"),
    ("1.2.840.10040.4.3", "DSA with SHA-1"),
    ("2.16.840.1.101.3.4.3.2", "DSA with SHA-256"),
    ("1.3.101.113", "Ed448"),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1"),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1"),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1"),
    ("1.3.132.0.10", "secp256k1"),
];

/// An `AlgorithmIdentifier` without its outer tag, as rustls passes it on; the curve of a key
/// counts more than that it has one.
pub(super) fn name(identifier: &[u8]) -> String {
    let numbers = numbers(identifier);
    let known = numbers.iter().rev().find_map(|number| {
        let found = NAMES.iter().find(|(known, _)| known == number);
        found.map(|(_, name)| (*name).to_owned())
    });
    known
        .or_else(|| numbers.last().map(|number| format!("algorithm {number}")))
        .unwrap_or_else(|| "an unreadable algorithm".to_owned())
}

fn numbers(identifier: &[u8]) -> Vec<String> {
    let mut numbers = Vec::new();
    if let Ok(mut reader) = SliceReader::new(identifier) {
        while !reader.is_finished() {
            let number: Result<ObjectIdentifier, _> = Decode::decode(&mut reader);
            match number {
                Ok(number) => numbers.push(number.to_string()),
                Err(_) => break,
            }
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn algorithms_have_names() {
        // sha1WithRSAEncryption, NULL
        let sha1 = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05\x05\x00";
        assert_eq!(name(sha1), "RSA with SHA-1");
        // id-ecPublicKey, secp256k1
        let key = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x0a";
        assert_eq!(name(key), "secp256k1");
        assert_eq!(name(b"\x06\x03\x2a\x03\x04"), "algorithm 1.2.3.4");
        assert_eq!(name(b"\x06"), "an unreadable algorithm");
        assert_eq!(name(b""), "an unreadable algorithm");
    }
}
