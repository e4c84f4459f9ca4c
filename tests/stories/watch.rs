//! What a running siembox weighs and how soon it answers, looked at all the time.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use siembox::status::socket;

use crate::siembox::{Siembox, rss};

/// Looks at a process until it is asked for the figures.
pub struct Watch {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Figures>>,
}

/// What was seen.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Most resident memory, bytes.
    pub rss: u64,
    /// Times that the status took to come, sorted.
    answers: Vec<Duration>,
}

// === impl Watch ===

impl Watch {
    /// Begins to look at this one, which must run.
    pub fn over(siembox: &Siembox) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (pid, state, end) = (siembox.pid(), siembox.state(), Arc::clone(&stop));
        Self {
            stop,
            thread: Some(std::thread::spawn(move || look(pid, &state, &end))),
        }
    }

    /// Ends.
    pub fn figures(mut self) -> Figures {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn look(pid: u32, state: &Path, end: &AtomicBool) -> Figures {
    let mut figures = Figures::default();
    while !end.load(Ordering::Relaxed) {
        figures.rss = figures.rss.max(rss(pid).unwrap_or(0));
        let begin = Instant::now();
        if socket::ask(state).is_ok() {
            figures.answers.push(begin.elapsed());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    figures.answers.sort();
    figures
}

// === impl Figures ===

impl Figures {
    /// In words.
    pub fn words(&self) -> String {
        let at = |per_mille: usize| {
            let answer = self
                .answers
                .get(self.answers.len().saturating_sub(1) * per_mille / 1000);
            answer.map_or(0.0, |time| time.as_secs_f64() * 1000.0)
        };
        format!(
            "RSS at most {:.1} MB; status after {:.1} ms (p99), {:.1} ms at worst",
            self.megabytes(),
            at(990),
            at(1000)
        )
    }

    /// Most resident memory, 10^6 bytes.
    pub fn megabytes(&self) -> f64 {
        self.rss as f64 / 1e6
    }
}
