//! The administrator's password: which are taken, and the hash that is kept of it.
//!
//! Argon2id with 19 MiB and two passes (OWASP's first choice for it): about 0.1 s on a board, and
//! nothing a guesser can do on a graphics card in much less.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use subtle::ConstantTimeEq;

use crate::random;

/// Characters of a password at least,
pub(super) const LEAST: usize = 12;
/// and at most.
pub(super) const MOST: usize = 128;

const KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const SALT: usize = 16;
const HASH: usize = 32;
/// A file may ask for other costs than ours, but not for all of the memory.
const MOST_KIB: u32 = 256 * 1024;
const MOST_PASSES: u32 = 16;

/// A password that is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Weak {
    #[error("This password has {0} characters. It must have at least {LEAST}.")]
    Short(usize),
    #[error("This password has {0} characters. It can have at most {MOST}.")]
    Long(usize),
    #[error("This password repeats a single character. Choose another one.")]
    Monotone,
}

/// Argon2 could not be computed; at worst there is no memory for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the password could not be hashed: {0}")]
pub(super) struct HashError(argon2::Error);

/// What is kept of a password: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`, as other programs write
/// it too.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Hashed {
    params: Params,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

/// Checks length and characters of a new password.
pub(super) fn check(password: &str) -> Result<(), Weak> {
    let length = password.chars().count();
    if length < LEAST {
        return Err(Weak::Short(length));
    }
    if length > MOST {
        return Err(Weak::Long(length));
    }
    let mut characters = password.chars();
    let first = characters.next();
    if characters.all(|character| Some(character) == first) {
        return Err(Weak::Monotone);
    }
    Ok(())
}

// === impl Hashed ===

impl Hashed {
    /// Hashes a new password. Takes about 0.1 s: never call it on a thread that others wait for.
    pub(super) fn new(password: &str) -> Result<Self, HashError> {
        let params = Params::new(KIB, PASSES, 1, Some(HASH)).map_err(HashError)?;
        let salt = random::bytes::<SALT>()
            .map_err(|_| HashError(argon2::Error::SaltTooShort))?
            .to_vec();
        let hash = compute(password, &params, &salt, HASH)?;
        Ok(Self { params, salt, hash })
    }

    /// True if the hash is of this password. Takes as long as hashing.
    pub(super) fn is_of(&self, password: &str) -> Result<bool, HashError> {
        // nobody's password is longer, and the work grows with it
        if password.chars().count() > MOST {
            return Ok(false);
        }
        let hash = compute(password, &self.params, &self.salt, self.hash.len())?;
        Ok(hash.ct_eq(&self.hash).into())
    }

    /// Reads a line that [`Display`](fmt::Display) has written.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let mut parts = line.trim().split('$');
        let head = [parts.next()?, parts.next()?, parts.next()?];
        if head != ["", "argon2id", "v=19"] {
            return None;
        }
        let mut costs = parts.next()?.split(',');
        let mut cost = |name: &str| costs.next()?.strip_prefix(name)?.parse::<u32>().ok();
        let (kib, passes, lanes) = (cost("m=")?, cost("t=")?, cost("p=")?);
        let salt = BASE64.decode(parts.next()?).ok()?;
        let hash = BASE64.decode(parts.next()?).ok()?;
        let sane = kib <= MOST_KIB && passes <= MOST_PASSES && salt.len() >= 8 && hash.len() >= 16;
        if !sane || parts.next().is_some() {
            return None;
        }
        let params = Params::new(kib, passes, lanes, Some(hash.len())).ok()?;
        Some(Self { params, salt, hash })
    }
}

impl fmt::Display for Hashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let params = &self.params;
        let (kib, passes, lanes) = (params.m_cost(), params.t_cost(), params.p_cost());
        let (salt, hash) = (BASE64.encode(&self.salt), BASE64.encode(&self.hash));
        write!(
            f,
            "$argon2id$v=19$m={kib},t={passes},p={lanes}${salt}${hash}"
        )
    }
}

impl fmt::Debug for Hashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

fn compute(
    password: &str,
    params: &Params,
    salt: &[u8],
    length: usize,
) -> Result<Vec<u8>, HashError> {
    let mut hash = vec![0; length];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let done = argon2.hash_password_into(password.as_bytes(), salt, &mut hash);
    done.map(|()| hash).map_err(HashError)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn length_counts_and_nothing_else() {
        assert_eq!(check("short"), Err(Weak::Short(5)));
        assert_eq!(check(&"ab".repeat(65)), Err(Weak::Long(130)));
        assert_eq!(check("aaaaaaaaaaaaaaaa"), Err(Weak::Monotone));
        assert_eq!(check("correct horse"), Ok(()));
        assert_eq!(check("ééééééééééé…"), Ok(()));
        assert_eq!(check(&"ab".repeat(64)), Ok(()));
    }

    #[test]
    fn the_line_of_a_password_knows_it_again() {
        let hashed = Hashed::new("correct horse battery").unwrap();
        let line = hashed.to_string();
        assert!(
            line.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{line}"
        );
        let read = Hashed::parse(&format!("{line}\n")).unwrap();
        assert_eq!(read, hashed);
        assert!(read.is_of("correct horse battery").unwrap());
        assert!(!read.is_of("correct horse batterz").unwrap());
        assert!(!read.is_of(&"x".repeat(60_000)).unwrap());
        assert_ne!(Hashed::new("correct horse battery").unwrap(), hashed);
        assert_eq!(format!("{hashed:?}"), "***");
    }

    /// The reference implementation's own test vector: other programs' hashes are the same hashes.
    #[test]
    fn knows_a_hash_of_the_reference_implementation() {
        let line =
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        assert!(Hashed::parse(line).unwrap().is_of("password").unwrap());
    }

    #[test]
    fn damage_is_no_password() {
        let line = Hashed::new("correct horse battery").unwrap().to_string();
        for damaged in [
            String::new(),
            line.replace("argon2id", "argon2d"),
            line.replace("m=19456", "m=4000000000"),
            line.replace("t=2", "t=4000000"),
            line.replace("p=1", "p=-1"),
            line[..line.len() - 30].to_owned(),
            format!("{line}$"),
        ] {
            assert!(Hashed::parse(&damaged).is_none(), "{damaged}");
        }
    }
}
