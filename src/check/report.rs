//! The report of `siembox check`: one line per step with its result and duration.

use std::io::Write;

use crate::clock::Stopwatch;
use crate::foreign::without_secrets;
use crate::settings::AgentSettings;

/// The least that the column of the steps takes, characters.
const NARROWEST: usize = 10;

/// Writes the lines and keeps count.
pub struct CheckReport<W: Write> {
    out: W,
    failed: u32,
    /// So many characters has the column of the steps.
    width: usize,
}

impl<W: Write> CheckReport<W> {
    /// Nothing checked yet.
    pub fn new(out: W) -> Self {
        Self {
            out,
            failed: 0,
            width: NARROWEST,
        }
    }

    /// What follows belongs to this agent.
    pub fn heading(&mut self, agent: &AgentSettings) {
        let names = agent.streams_on().map(|stream| stream.spec.name.len());
        self.width = names.fold(NARROWEST, usize::max);
        self.line(&format!("agent {}", agent.name));
    }

    /// Takes a step; it says what it found, or cause and cure.
    pub fn step(&mut self, name: &str, step: impl FnOnce() -> Result<String, String>) -> bool {
        let begin = Stopwatch::start();
        let done = step();
        let ms = begin.elapsed().as_millis();
        let (word, text) = match &done {
            Ok(found) => ("ok  ", found),
            Err(why) => ("FAIL", why),
        };
        self.failed += u32::from(done.is_err());
        let width = self.width;
        self.line(&format!("  {word} {name:<width$} {text} ({ms} ms)"));
        done.is_ok()
    }

    /// Steps that make no sense after one that failed.
    pub fn skip(&mut self, names: &str) {
        self.line(&format!(
            "  --   {names}: skipped, because the step before failed"
        ));
    }

    /// Has no step failed?
    #[must_use]
    pub fn all_well(&self) -> bool {
        self.failed == 0
    }

    fn line(&mut self, text: &str) {
        let text = without_secrets(text);
        // nobody reads on: the exit code still tells
        let _ = writeln!(self.out, "{text}").and_then(|()| self.out.flush());
    }
}
