//! Who is signed in. In memory only, and of a session's id only its hash: neither a disk nor a core
//! dump gives a session away.

use std::time::Duration;

use ring::digest;
use subtle::ConstantTimeEq;

use super::owner::OwnerMark;
use crate::foreign;
use crate::random::{self, NoRandomness};

/// Sessions at a time; one more, and the one longest without a request ends.
const MOST: usize = 16;
/// A session ends so long after it began,
const WHOLE: Duration = Duration::from_secs(12 * 3600);
/// and so long after the last request.
const IDLE: Duration = Duration::from_secs(30 * 60);

/// All sessions. Times are of the steady clock.
#[derive(Debug, Default)]
pub(super) struct Sessions(Vec<Session>);

struct Session {
    /// SHA-256 of the id that the cookie holds.
    id: [u8; 32],
    csrf: String,
    /// Mark of the password at the start: the session ends when the password changes.
    mark: OwnerMark,
    begun: Duration,
    asked: Duration,
}

// === impl Sessions ===

impl Sessions {
    /// Begins a session and returns its id for the cookie. The id is random, never the visitor's.
    pub(super) fn begin(&mut self, mark: OwnerMark, now: Duration) -> Result<String, NoRandomness> {
        let (id, csrf) = (random::token()?, random::token()?);
        foreign::know_passing(&id);
        self.tidy(mark, now);
        if self.0.len() >= MOST {
            let idle = self.0.iter().enumerate();
            if let Some((index, _)) = idle.min_by_key(|(_, session)| session.asked) {
                self.0.swap_remove(index);
            }
        }
        self.0.push(Session {
            id: hash(&id),
            csrf,
            mark,
            begun: now,
            asked: now,
        });
        Ok(id)
    }

    /// The form token of the session that has this id. `active`: somebody is there, and not only a
    /// page that refreshes itself.
    pub(super) fn find(
        &mut self,
        id: &str,
        mark: OwnerMark,
        active: bool,
        now: Duration,
    ) -> Option<String> {
        self.tidy(mark, now);
        let hash = hash(id);
        let mut sessions = self.0.iter_mut();
        let session = sessions.find(|session| session.id.ct_eq(&hash).into())?;
        if active {
            session.asked = now;
        }
        Some(session.csrf.clone())
    }

    /// Ends a session. True if there was one.
    pub(super) fn end(&mut self, id: &str) -> bool {
        let (hash, before) = (hash(id), self.0.len());
        self.0.retain(|session| session.id != hash);
        self.0.len() < before
    }

    /// Ends all sessions; called when the password changes.
    pub(super) fn end_all(&mut self) {
        self.0.clear();
    }

    fn tidy(&mut self, mark: OwnerMark, now: Duration) {
        self.0.retain(|session| {
            session.mark == mark
                && now.saturating_sub(session.begun) < WHOLE
                && now.saturating_sub(session.asked) < IDLE
        });
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// Compares a token with the session's, in constant time.
pub(super) fn same(token: &str, given: &str) -> bool {
    token.as_bytes().ct_eq(given.as_bytes()).into()
}

fn hash(id: &str) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, id.as_bytes());
    let mut hash = [0; 32];
    hash.copy_from_slice(digest.as_ref());
    hash
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn minutes(minutes: u64) -> Duration {
        Duration::from_secs(60 * minutes)
    }

    #[test]
    fn ends_after_half_an_hour_of_silence_or_half_a_day() {
        let (mut sessions, mark) = (Sessions::default(), OwnerMark::numbered(1));
        let id = sessions.begin(mark, minutes(0)).unwrap();
        assert_eq!(id.len(), 64);
        for at in (0..720).step_by(29) {
            assert!(sessions.find(&id, mark, true, minutes(at)).is_some());
        }
        assert!(sessions.find(&id, mark, true, minutes(720)).is_none());
        let id = sessions.begin(mark, minutes(0)).unwrap();
        // a page that refreshes itself is nobody
        assert!(sessions.find(&id, mark, false, minutes(20)).is_some());
        assert!(sessions.find(&id, mark, true, minutes(30)).is_none());
    }

    #[test]
    fn ends_with_its_password_and_by_hand() {
        let mut sessions = Sessions::default();
        let (old, new) = (OwnerMark::numbered(1), OwnerMark::numbered(2));
        let id = sessions.begin(old, minutes(0)).unwrap();
        assert!(sessions.find(&id, new, true, minutes(1)).is_none());
        let id = sessions.begin(new, minutes(1)).unwrap();
        assert!(sessions.find("", new, true, minutes(1)).is_none());
        assert!(sessions.end(&id) && !sessions.end(&id));
        assert!(sessions.find(&id, new, true, minutes(1)).is_none());
    }

    #[test]
    fn there_are_sixteen_at_most() {
        let (mut sessions, mark) = (Sessions::default(), OwnerMark::numbered(1));
        let ids: Vec<String> = (0..17)
            .map(|second| sessions.begin(mark, Duration::from_secs(second)).unwrap())
            .collect();
        let there = |sessions: &mut Sessions, id| sessions.find(id, mark, true, minutes(1));
        assert!(there(&mut sessions, &ids[0]).is_none());
        assert!(ids[1..].iter().all(|id| there(&mut sessions, id).is_some()));
        assert_eq!(sessions.0.len(), MOST);
    }

    #[test]
    fn tokens_are_compared_whole() {
        assert!(same("abc", "abc"));
        assert!(!same("abc", "ab") && !same("abc", "") && !same("abc", "abd"));
    }
}
