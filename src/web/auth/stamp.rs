//! Cookies that the box knows again without keeping them: what they say is sealed with the owner's
//! [`OwnerMark`], which nobody but the box has. So they end with the password, and with the claim.

use ring::digest;

use super::owner::OwnerMark;
use crate::foreign;
use crate::random::{self, NoRandomness, hex};

/// Purpose of a stamp: a stamp is valid for one purpose only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    /// A browser from which the administrator has signed in.
    Known,
    /// A place in the line of those who wait.
    Line,
}

/// A number that nobody can guess, and one that says something: for a place in the line, since
/// when; milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) id: [u8; 16],
    pub(super) says: u64,
}

impl Stamp {
    /// Makes a new stamp.
    pub(super) fn new(says: u64) -> Result<Self, NoRandomness> {
        let id = random::bytes()?;
        Ok(Self { id, says })
    }

    /// What stands for a browser that is signed in, as it has this session's token.
    pub(super) fn of_session(csrf: &str) -> Self {
        let digest = digest::digest(&digest::SHA256, csrf.as_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&digest.as_ref()[..16]);
        Self { id, says: 0 }
    }

    /// Reads a stamp from a cookie; none if this box did not make it.
    pub(super) fn read(cookie: &str, of: For, mark: OwnerMark) -> Option<Self> {
        let (id, rest) = cookie.split_once('.')?;
        let (says, _) = rest.split_once('.')?;
        let stamp = Self {
            id: u128::from_str_radix(id, 16).ok()?.to_be_bytes(),
            says: u64::from_str_radix(says, 16).ok()?,
        };
        let ours = stamp.sealed(of, mark);
        super::sessions::same(&ours, cookie).then_some(stamp)
    }

    /// Writes the stamp for a cookie.
    pub(super) fn cookie(&self, of: For, mark: OwnerMark) -> String {
        let cookie = self.sealed(of, mark);
        // a place opens nothing, and anybody is given as many as he asks for: they would push out
        // what has to be known
        if of == For::Known {
            foreign::know_passing(&cookie);
        }
        cookie
    }

    fn sealed(&self, of: For, mark: OwnerMark) -> String {
        let said = format!("{}.{:x}", hex(&self.id), self.says);
        let seal = mark.seal(&format!("siembox {of:?} {said}"));
        format!("{said}.{}", hex(&seal))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_our_own_are_known_again() {
        let (mark, other) = (OwnerMark::numbered(1), OwnerMark::numbered(2));
        let stamp = Stamp::new(4711).unwrap();
        let cookie = stamp.cookie(For::Known, mark);
        assert_eq!(Stamp::read(&cookie, For::Known, mark), Some(stamp));
        assert_eq!(
            Stamp::read(&cookie, For::Known, other),
            None,
            "another password"
        );
        assert_eq!(
            Stamp::read(&cookie, For::Line, mark),
            None,
            "for something else"
        );
        let changed = [
            cookie.replacen('.', ".1", 1),
            cookie.to_uppercase(),
            format!("{cookie}0"),
            cookie[..cookie.len() - 1].to_owned(),
            format!("+{cookie}"),
            format!("{}.0.", "0".repeat(32)),
            String::new(),
            "a.b.c".to_owned(),
        ];
        for wrong in changed {
            assert_eq!(Stamp::read(&wrong, For::Known, mark), None, "{wrong}");
        }
    }
}
