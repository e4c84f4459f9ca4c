//! Jobs that take a while: checks, previews, test lines, replays and comparisons. Each runs on a
//! thread of its own and says how far it is; the page shows it line by line.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::comparison::{ClassComparison, ComparisonEnd};

/// So many are remembered; the oldest that has ended makes room.
const MOST: usize = 16;
/// So many run at once.
const MOST_RUNNING: usize = 4;
/// Of one job's lines so many are kept; further ones are counted.
const MOST_LINES: usize = 400;
/// Longer lines are cut, characters.
const LONGEST: usize = 4096;

/// All jobs.
#[derive(Debug, Clone, Default)]
pub(super) struct Jobs(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    next: u64,
    jobs: VecDeque<(u64, Job)>,
}

/// One job, as far as it is.
#[derive(Debug, Clone, Default)]
pub(super) struct Job {
    /// Title of the job.
    pub(super) title: String,
    /// Session that started it; other sessions do not see it.
    pub(super) session: String,
    /// Output lines, oldest first.
    pub(super) lines: Vec<String>,
    /// Lines beyond those that are kept.
    pub(super) further: u64,
    /// What a comparison has found, class by class.
    pub(super) found: Vec<Arc<ClassComparison>>,
    /// How it can be ended before its time, where it can.
    pub(super) ending: Option<JobEnding>,
    /// How it ended; `None` while it runs.
    pub(super) end: Option<Result<String, String>>,
}

/// How a job is ended before its time.
#[derive(Debug, Clone)]
pub(super) struct JobEnding {
    /// Ends it.
    pub(super) by: ComparisonEnd,
    /// The page that shows it.
    pub(super) page: String,
}

/// Where a job says what it does: whole lines; what comes without an end waits for it.
pub(super) struct JobVoice {
    jobs: Jobs,
    number: u64,
    part: Vec<u8>,
}

// === impl Jobs ===

impl Jobs {
    /// Starts a job and gives its number. `work` says what it does and returns its end in words.
    ///
    /// # Errors
    /// Where too many run already.
    pub(super) fn start(
        &self,
        session: &str,
        title: &str,
        work: impl FnOnce(&mut JobVoice) -> Result<String, String> + Send + 'static,
    ) -> Result<u64, String> {
        self.begin(session, title, None, work)
    }

    /// The same with one that `ending` ends before its time.
    ///
    /// # Errors
    /// As those of [`Jobs::start`].
    pub(super) fn start_with_end(
        &self,
        session: &str,
        title: &str,
        ending: JobEnding,
        work: impl FnOnce(&mut JobVoice) -> Result<String, String> + Send + 'static,
    ) -> Result<u64, String> {
        self.begin(session, title, Some(ending), work)
    }

    fn begin(
        &self,
        session: &str,
        title: &str,
        ending: Option<JobEnding>,
        work: impl FnOnce(&mut JobVoice) -> Result<String, String> + Send + 'static,
    ) -> Result<u64, String> {
        let number = self.admit(session, title, ending)?;
        let mut voice = JobVoice {
            jobs: self.clone(),
            number,
            part: Vec::new(),
        };
        let run = move || {
            let guard = Fallen(voice.jobs.clone(), number);
            let end = work(&mut voice);
            let _ = voice.flush_part();
            guard.0.with(number, |job| job.end = Some(end));
        };
        let thread = std::thread::Builder::new().name("set-up".to_owned());
        if let Err(error) = thread.spawn(run) {
            self.with(number, |job| {
                job.end = Some(Err(format!("cannot start a thread: {error}")))
            });
        }
        Ok(number)
    }

    fn admit(&self, session: &str, title: &str, ending: Option<JobEnding>) -> Result<u64, String> {
        let mut inner = self.lock();
        let compares = |(_, job): &(u64, Job)| job.end.is_none() && job.ending.is_some();
        // each holds many lines
        if ending.is_some() && inner.jobs.iter().any(compares) {
            return Err(
                "a comparison is already running: wait until it ends, or end it".to_owned(),
            );
        }
        let running = inner
            .jobs
            .iter()
            .filter(|(_, job)| job.end.is_none())
            .count();
        if running >= MOST_RUNNING {
            return Err(format!(
                "{running} checks and previews are already running: wait until one of them ends"
            ));
        }
        if inner.jobs.len() >= MOST {
            let ended = inner.jobs.iter().position(|(_, job)| job.end.is_some());
            ended.map(|at| inner.jobs.remove(at));
        }
        inner.next += 1;
        let number = inner.next;
        let job = Job {
            title: title.to_owned(),
            session: session.to_owned(),
            ending,
            ..Job::default()
        };
        inner.jobs.push_back((number, job));
        Ok(number)
    }

    /// The job of this number and session, as it is now.
    pub(super) fn look(&self, session: &str, number: u64) -> Option<Job> {
        let inner = self.lock();
        let (_, job) = inner.jobs.iter().find(|(known, _)| *known == number)?;
        (job.session == session).then(|| job.clone())
    }

    /// Ends the job of this number and session, where it can be ended; tells the page that shows
    /// it.
    pub(super) fn end(&self, session: &str, number: u64) -> Option<String> {
        let ending = self.look(session, number)?.ending?;
        ending.by.end();
        Some(ending.page)
    }

    fn with(&self, number: u64, change: impl FnOnce(&mut Job)) {
        let mut inner = self.lock();
        if let Some((_, job)) = inner.jobs.iter_mut().find(|(known, _)| *known == number) {
            change(job);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A job whose thread falls has an end all the same.
struct Fallen(Jobs, u64);

impl Drop for Fallen {
    fn drop(&mut self) {
        self.0.with(self.1, |job| {
            let fallen = || {
                Err(
                    "Internal error: the job ended unexpectedly; see the operator \
                log"
                    .to_owned(),
                )
            };
            job.end.get_or_insert_with(fallen);
        });
    }
}

// === impl Voice ===

impl JobVoice {
    /// Says a line.
    pub(super) fn say(&mut self, line: &str) {
        self.jobs.with(self.number, |job| {
            if job.lines.len() < MOST_LINES {
                job.lines.push(line.chars().take(LONGEST).collect());
            } else {
                job.further += 1;
            }
        });
    }

    /// Says a line in place of the last one that began so.
    pub(super) fn say_again(&mut self, begins: &str, line: &str) {
        let said = format!("{begins}{line}");
        let mut done = false;
        self.jobs.with(self.number, |job| {
            if let Some(last) = job.lines.last_mut().filter(|last| last.starts_with(begins)) {
                last.clone_from(&said);
                done = true;
            }
        });
        if !done {
            self.say(&said);
        }
    }

    /// Shows what a comparison has found.
    pub(super) fn show(&mut self, found: ClassComparison) {
        let found = Arc::new(found);
        self.jobs.with(self.number, |job| job.found.push(found));
    }

    fn flush_part(&mut self) -> io::Result<()> {
        if !self.part.is_empty() {
            let part = std::mem::take(&mut self.part);
            self.say(&String::from_utf8_lossy(&part));
        }
        Ok(())
    }
}

impl Write for JobVoice {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.part.extend_from_slice(piece);
            if self.part.ends_with(b"\n") {
                self.part.pop();
                let line = std::mem::take(&mut self.part);
                self.say(&String::from_utf8_lossy(&line));
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::mpsc;

    use super::*;

    fn ended(jobs: &Jobs, number: u64) -> Job {
        loop {
            let job = jobs.look("me", number).unwrap();
            if job.end.is_some() {
                return job;
            }
            std::thread::yield_now();
        }
    }

    #[test]
    fn what_it_says_is_seen_by_its_session_alone() {
        let jobs = Jobs::default();
        let number = jobs
            .start("me", "A check", |voice| {
                write!(voice, "one\ntw").unwrap();
                writeln!(voice, "o").unwrap();
                write!(voice, "three").unwrap();
                Ok("done".to_owned())
            })
            .unwrap();
        let job = ended(&jobs, number);
        assert_eq!(job.lines, ["one", "two", "three"]);
        assert_eq!(job.end, Some(Ok("done".to_owned())));
        assert!(jobs.look("you", number).is_none());
    }

    #[test]
    fn one_that_falls_has_an_end() {
        let jobs = Jobs::default();
        let number = jobs
            .start("me", "A check", |_| panic!("on purpose"))
            .unwrap();
        assert!(ended(&jobs, number).end.unwrap().is_err());
    }

    #[test]
    fn not_more_run_than_a_small_board_bears() {
        let jobs = Jobs::default();
        let mut hold = Vec::new();
        for _ in 0..MOST_RUNNING {
            let (go, wait) = mpsc::channel::<()>();
            hold.push(go);
            let work = move |_: &mut JobVoice| {
                let _ = wait.recv();
                Ok(String::new())
            };
            jobs.start("me", "A check", work).unwrap();
        }
        let work = |_: &mut JobVoice| Ok(String::new());
        assert!(
            jobs.start("me", "One more", work)
                .unwrap_err()
                .contains("wait")
        );
        hold.clear();
        ended(&jobs, 1);
        assert!(jobs.start("me", "One more", work).is_ok());
    }

    #[test]
    fn one_comparison_runs_at_a_time_and_its_session_can_end_it() {
        let jobs = Jobs::default();
        let start = || {
            let ended = ComparisonEnd::default();
            let ending = JobEnding {
                by: ended.clone(),
                page: "/compare".to_owned(),
            };
            jobs.start_with_end("me", "A comparison", ending, move |_| {
                while !ended.is_wanted() {
                    std::thread::yield_now();
                }
                Err("ended".to_owned())
            })
        };
        let number = start().unwrap();
        assert!(start().unwrap_err().contains("already running"));
        assert_eq!(jobs.end("you", number), None);
        assert!(jobs.look("me", number).unwrap().end.is_none());
        assert_eq!(jobs.end("me", number).as_deref(), Some("/compare"));
        assert!(ended(&jobs, number).end.unwrap().is_err());
        jobs.end("me", start().unwrap());
    }

    #[test]
    fn many_lines_are_counted() {
        let jobs = Jobs::default();
        let number = jobs
            .start("me", "A preview", |voice| {
                (0..MOST_LINES + 3).for_each(|line| voice.say(&line.to_string()));
                Ok(String::new())
            })
            .unwrap();
        let job = ended(&jobs, number);
        assert_eq!((job.lines.len(), job.further), (MOST_LINES, 3));
    }
}
