//! What a running siembox weighs and how soon it answers, looked at all the time.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use siembox::for_tests::status::socket;

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
    /// The same of the page, where there is one.
    pages: Vec<Duration>,
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
        if let Ok(status) = socket::ask(state) {
            figures.answers.push(begin.elapsed());
            if let Some(page) = status.page.first() {
                let begin = Instant::now();
                visit(page);
                figures.pages.push(begin.elapsed());
            }
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    figures.answers.sort();
    figures.pages.sort();
    figures
}

/// Loads the page whole, over a connection of its own.
fn visit(page: &str) {
    let answer = ureq::get(page).call();
    let answer = answer.unwrap_or_else(|error| panic!("{page}: {error}"));
    let mut body = String::new();
    let read = answer.into_body().into_reader().read_to_string(&mut body);
    read.unwrap_or_else(|error| panic!("{page}: {error}"));
    assert!(body.ends_with("</html>"), "{body}");
}

// === impl Figures ===

impl Figures {
    /// In words.
    pub fn words(&self) -> String {
        let mut words = format!("RSS at most {:.1} MB", self.megabytes());
        for (what, times) in [("status", &self.answers), ("page", &self.pages)] {
            let ms = |time: &Duration| time.as_secs_f64() * 1000.0;
            let p99 = times.get(times.len().saturating_sub(1) * 99 / 100).map(ms);
            if let (Some(p99), Some(worst)) = (p99, times.last().map(ms)) {
                words += &format!("; {what} after {p99:.1} ms (p99), {worst:.1} ms at worst");
            }
        }
        words
    }

    /// Most resident memory, 10^6 bytes.
    pub fn megabytes(&self) -> f64 {
        self.rss as f64 / 1e6
    }
}
