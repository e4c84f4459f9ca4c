//! The secrets that this process has read or made, as fingerprints.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::{PoisonError, RwLock};

use super::REMOVED;
use super::forms::SecretForms;
use super::view::{ForeignView, views};
use crate::random::HashKeys;

/// Secrets of the settings that are remembered. The one that was read the longest ago goes first:
/// one that was replaced.
const OF_SETTINGS: Bound = Bound {
    secrets: 256,
    bytes: 128 * 1024,
};
/// Secrets that pass by themselves: bearer tokens of about 2 kB, each with 30 kB of fingerprints,
/// and session cookies.
const PASSING: Bound = Bound {
    secrets: 64,
    bytes: 32 * 1024,
};

/// What this process knows.
#[cfg(not(test))]
fn known() -> &'static RwLock<Known> {
    static KNOWN: std::sync::LazyLock<RwLock<Known>> = std::sync::LazyLock::new(RwLock::default);
    &KNOWN
}

/// What this test knows: the secret of one would change what others read.
#[cfg(test)]
fn known() -> &'static RwLock<Known> {
    thread_local! {
        static KNOWN: &'static RwLock<Known> = Box::leak(Box::default());
    }
    KNOWN.with(|known| *known)
}

/// All of them.
#[derive(Debug, Default)]
struct Known {
    /// Of this process alone, so that a fingerprint tells nothing to another.
    keys: HashKeys,
    /// Of the settings. The one used last stands at the end.
    of_settings: VecDeque<Secret>,
    /// As above. Apart, so that an hourly token drives out none that is used for months.
    passing: VecDeque<Secret>,
}

/// How much is remembered.
#[derive(Debug, Clone, Copy)]
struct Bound {
    secrets: usize,
    bytes: usize,
}

#[derive(Debug)]
struct Secret {
    /// Of the whole, to know it again.
    print: u64,
    bytes: usize,
    forms: Vec<SecretForms>,
}

/// Remembers a secret of the settings, so that [`ForeignText`](super::ForeignText) is without it
/// from now on. To be called before it is sent anywhere, and again with each reading: of more than
/// 256, those that were not read for longest are forgotten. Less than 4 characters are no secret.
pub fn know(secret: &str) {
    let mut known = known().write().unwrap_or_else(PoisonError::into_inner);
    let Known {
        keys, of_settings, ..
    } = &mut *known;
    remember(secret, of_settings, OF_SETTINGS, keys);
}

/// As [`know`], for a secret that ends by itself: a bearer token, a session's cookie. The last 64
/// of them are remembered.
pub fn know_passing(secret: &str) {
    let mut known = known().write().unwrap_or_else(PoisonError::into_inner);
    let Known { keys, passing, .. } = &mut *known;
    remember(secret, passing, PASSING, keys);
}

fn remember(text: &str, secrets: &mut VecDeque<Secret>, bound: Bound, keys: &HashKeys) {
    let text = text.trim().as_bytes();
    let print = keys.hash_one(text);
    let again = secrets.iter().position(|known| known.print == print);
    let secret = match again.and_then(|at| secrets.remove(at)) {
        Some(known) => known,
        None => Secret {
            print,
            bytes: text.len(),
            forms: SecretForms::all(text, keys),
        },
    };
    if secret.forms.is_empty() {
        return;
    }
    secrets.push_back(secret);
    let bytes = |secrets: &VecDeque<Secret>| -> usize { secrets.iter().map(|s| s.bytes).sum() };
    while secrets.len() > bound.secrets || (secrets.len() > 1 && bytes(secrets) > bound.bytes) {
        secrets.pop_front();
    }
}

/// These bytes without the known secrets of at least so many bytes.
pub(super) fn without(text: &[u8], shortest: usize) -> Cow<'_, [u8]> {
    let known = known().read().unwrap_or_else(PoisonError::into_inner);
    known.without(text, shortest)
}

// === impl Known ===

impl Known {
    fn without<'t>(&self, text: &'t [u8], shortest: usize) -> Cow<'t, [u8]> {
        let mut forms: Vec<&SecretForms> = self
            .of_settings
            .iter()
            .chain(&self.passing)
            .filter(|secret| secret.bytes >= shortest)
            .flat_map(|secret| &secret.forms)
            .collect();
        if forms.is_empty() {
            return Cow::Borrowed(text);
        }
        forms.sort_unstable_by_key(|form| form.piece);
        let mut found: Vec<Range<usize>> = Vec::new();
        for view in views(text) {
            for same in forms.chunk_by(|one, other| one.piece == other.piece) {
                self.find(&view, same, text, &mut found);
            }
        }
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        Cow::Owned(cut_out(text, found))
    }

    /// Where the pieces of these forms, which are all of one length, stand in the text.
    fn find(
        &self,
        view: &ForeignView,
        forms: &[&SecretForms],
        text: &[u8],
        found: &mut Vec<Range<usize>>,
    ) {
        let Some(piece) = forms.first().map(|form| form.piece) else {
            return;
        };
        for (at, window) in view.bytes.windows(piece).enumerate() {
            let print = self.keys.hash_one(window);
            let Some(form) = forms.iter().find(|form| form.holds(print)) else {
                continue;
            };
            let place = view.places[at].start..view.places[at + piece - 1].end;
            found.push(if form.is_encoded {
                word_around(text, place)
            } else {
                place
            });
        }
    }
}

/// This place with all characters of an encoding around it.
fn word_around(text: &[u8], place: Range<usize>) -> Range<usize> {
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=_-%".contains(byte);
    let before = text[..place.start]
        .iter()
        .rev()
        .take_while(|byte| belongs(byte));
    let after = text[place.end..].iter().take_while(|byte| belongs(byte));
    place.start - before.count()..place.end + after.count()
}

/// The text with one word in place of each of these places, which may overlap.
fn cut_out(text: &[u8], mut places: Vec<Range<usize>>) -> Vec<u8> {
    places.sort_unstable_by_key(|place| place.start);
    let mut rest = Vec::with_capacity(text.len());
    let mut end = None;
    for place in places {
        let copied = end.unwrap_or(0);
        if place.start > copied || end.is_none() {
            rest.extend_from_slice(&text[copied..place.start]);
            rest.extend_from_slice(REMOVED.as_bytes());
        }
        end = Some(place.end.max(copied));
    }
    rest.extend_from_slice(&text[end.unwrap_or(0)..]);
    rest
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::tests::{tells, written};
    use super::*;
    use proptest::prelude::*;

    fn knowing(secrets: &[&str]) -> Known {
        let mut known = Known::default();
        for secret in secrets {
            remember(secret, &mut known.of_settings, OF_SETTINGS, &known.keys);
        }
        known
    }

    #[test]
    fn a_part_of_a_secret_goes_and_what_stands_around_it_stays() {
        let token = "0123456789abcdefghijklmnopqrstuvwxyzABCD";
        let known = knowing(&[token, "pass"]);
        for (text, expected) in [
            ("nothing of it".to_owned(), "nothing of it"),
            (format!("a {token} b {token}"), "a (removed) b (removed)"),
            (format!("cut: {}", &token[..20]), "cut: (removed)"),
            (format!("cut: {}…", &token[9..30]), "cut: (removed)…"),
            (token.repeat(3), "(removed)"),
            ("0123456789".to_owned(), "0123456789"),
            ("my pass, PASS".to_owned(), "my (removed), (removed)"),
            (String::new(), ""),
        ] {
            let left = known.without(text.as_bytes(), 0);
            assert_eq!(String::from_utf8_lossy(&left), expected);
        }
        assert_eq!(&*known.without(b"my pass", 8), b"my pass");
        assert_eq!(&*knowing(&["abc"]).without(b"abc", 0), b"abc");
    }

    #[test]
    fn the_oldest_is_forgotten_and_one_in_use_stays() {
        let mut known = Known::default();
        let Known { keys, passing, .. } = &mut known;
        let mut know = |secret: &str| remember(secret, passing, PASSING, keys);
        let name = |n: usize| format!("secret number {n:06}");
        for n in 0..PASSING.secrets {
            know(&name(n));
            know("the first secret");
        }
        know("ab");
        assert_eq!(known.passing.len(), PASSING.secrets);
        assert_eq!(&*known.without(b"the first secret", 0), REMOVED.as_bytes());
        let prints = [name(0), name(1)].map(|name| known.keys.hash_one(name.as_bytes()));
        let is_known = prints.map(|print| known.passing.iter().any(|it| it.print == print));
        assert_eq!(is_known, [false, true]);
        let long: String = (0..20_000).map(|n| format!("{n:x}")).collect();
        remember(&long, &mut known.passing, PASSING, &known.keys);
        assert_eq!(
            known.passing.len(),
            1,
            "bounded in bytes, but the last one stays"
        );
    }

    proptest! {
        /// Around other text, at any place, whatever its own characters are.
        #[test]
        fn a_secret_of_any_characters_goes(secret in "[!-~]{8,60}", before in "[a-z ]{0,9}", form in 0_usize..19) {
            let secret = format!("{secret}§{}", secret.len());
            let known = knowing(&[&secret]);
            let form = written(&secret).swap_remove(form);
            let text = format!("{before} {form} ");
                let seen = known.without(text.as_bytes(), 0);
                let seen = String::from_utf8_lossy(&seen);
            prop_assert!(!tells(&seen, &secret), "{form}: {seen}");
        }
    }
}
