//! The open forms, one for each session and agent, and the secrets and files entered into them
//! until they are saved.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::form_state::{FormState, FormSubject};

/// So many are remembered; the one that was not touched for longest makes room.
const MOST: usize = 16;

/// Which form: a session, and the agent that it changes; `None` for a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Which {
    pub(super) session: String,
    pub(super) agent: Option<String>,
    /// What of the agent it is about.
    pub(super) subject: FormSubject,
}

/// The open forms.
#[derive(Debug)]
pub(super) struct Forms {
    staging: PathBuf,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    next: u64,
    /// Forms in order of use, the last used at the end.
    forms: VecDeque<(Which, u64, FormState)>,
}

// === impl Forms ===

impl Forms {
    /// No form yet. What an earlier life left in `staging` goes: nobody can come back to it.
    pub(super) fn new(staging: PathBuf) -> Self {
        let _ = std::fs::remove_dir_all(&staging);
        Self {
            staging,
            inner: Mutex::default(),
        }
    }

    /// What was typed into it, and where its files wait; `begin` makes it where it is new.
    pub(super) fn open<E>(
        &self,
        which: &Which,
        begin: impl FnOnce() -> Result<FormState, E>,
    ) -> Result<(FormState, PathBuf), E> {
        let mut inner = self.lock();
        let known = inner.forms.iter().position(|(known, ..)| known == which);
        let (number, typed) = match known.and_then(|at| inner.forms.remove(at)) {
            Some((_, number, typed)) => (number, typed),
            None => {
                let typed = begin()?;
                if inner.forms.len() >= MOST
                    && let Some((_, oldest, _)) = inner.forms.pop_front()
                {
                    let _ = std::fs::remove_dir_all(self.folder(oldest));
                }
                inner.next += 1;
                (inner.next, typed)
            }
        };
        inner
            .forms
            .push_back((which.clone(), number, typed.clone()));
        Ok((typed, self.folder(number)))
    }

    /// Keeps what was typed.
    pub(super) fn keep(&self, which: &Which, typed: FormState) {
        let mut inner = self.lock();
        if let Some((.., kept)) = inner.forms.iter_mut().find(|(known, ..)| known == which) {
            *kept = typed;
        }
    }

    /// Forgets it, files and all.
    pub(super) fn close(&self, which: &Which) {
        let mut inner = self.lock();
        if let Some(at) = inner.forms.iter().position(|(known, ..)| known == which)
            && let Some((_, number, _)) = inner.forms.remove(at)
        {
            let _ = std::fs::remove_dir_all(self.folder(number));
        }
    }

    fn folder(&self, number: u64) -> PathBuf {
        self.staging.join(number.to_string())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Forms {
    fn drop(&mut self) {
        let staging: &Path = &self.staging;
        let _ = std::fs::remove_dir_all(staging);
    }
}
