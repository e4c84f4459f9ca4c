//! The view of a job: a check, preview, test line, replay or comparison, with its output so far.

use std::sync::Arc;

use maud::{Markup, html};

use super::{Question, Reply, Setup, comparison};
use crate::settings::{AgentSettings, Settings};

impl Setup {
    /// Starts a check, a preview or a test line.
    pub(super) fn start_trial(
        &self,
        ask: Question,
        act: &str,
        settings: Settings,
        agent: AgentSettings,
    ) -> Result<u64, String> {
        let actions = Arc::clone(&self.actions);
        let title = match act {
            "test" => "Test line",
            "check" => "Connection check",
            _ => "Preview: real records, as lines that would be sent",
        };
        let act = act.to_owned();
        self.jobs
            .start(ask.session(), title, move |voice| match act.as_str() {
                "test" => actions.test_line(&agent),
                "check" => actions.check(&settings, &agent, voice),
                _ => actions.preview(&agent, voice),
            })
    }

    /// `/setup/job/N`
    pub(super) fn job(&self, ask: Question, number: &str) -> Reply {
        let Some(panel) = self.panel(ask, number) else {
            return Reply::Missing;
        };
        let body = html! {
            (panel.markup)
            p { a.button href="/setup" { "Back" } }
        };
        Reply::Page {
            title: "SIEM agents".to_owned(),
            main: body,
            runs: panel.runs,
        }
    }

    pub(super) fn job_piece(&self, ask: Question, number: &str) -> Reply {
        let panel = self.panel(ask, number);
        panel.map_or(Reply::Missing, |panel| Reply::Piece(panel.markup))
    }

    /// The job that a page of the wizard was asked with.
    pub(super) fn job_panel(&self, ask: Question) -> Markup {
        self.asked_job(ask)
            .map_or_else(Markup::default, |panel| panel.markup)
    }

    /// The job that a page was asked with.
    pub(super) fn asked_job(&self, ask: Question) -> Option<JobView> {
        ask.query("job").and_then(|number| self.panel(ask, number))
    }

    /// `/setup/job/N/end`: ends it before its time.
    pub(super) fn end_job(&self, ask: Question, number: &str) -> Reply {
        let page = number
            .parse()
            .ok()
            .and_then(|number| self.jobs.end(ask.session(), number));
        page.map_or(Reply::Missing, |page| {
            Reply::See(format!("{page}?job={number}#job"))
        })
    }

    fn panel(&self, ask: Question, number: &str) -> Option<JobView> {
        let number: u64 = number.parse().ok()?;
        let job = self.jobs.look(ask.session(), number)?;
        let runs = job.end.is_none();
        let live = runs.then(|| format!("/setup/job/{number}/live"));
        let markup = html! {
            section #job.card data-live=[live] aria-live="polite" {
                h2 { (job.title) }
                @if !job.lines.is_empty() {
                    pre.said tabindex="0" { @for line in &job.lines { span class=(class(line)) { (line) } "\n" } }
                }
                @if job.further > 0 { p.hint { "And " (job.further) " more lines." } }
                @for found in &job.found { (comparison::found(found)) }
                @match &job.end {
                    None => {
                        p.hint { "Running …" }
                        @if job.ending.is_some() {
                            form method="post" action={ "/setup/job/" (number) "/end" } {
                                (ask.token())
                                div.buttons { button #end-job { "End the comparison" } }
                            }
                        }
                    },
                    Some(Ok(words)) => p.done { (words) },
                    Some(Err(words)) => p.error { (words) },
                }
            }
        };
        Some(JobView { markup, runs })
    }
}

/// A job on a page.
pub(super) struct JobView {
    pub(super) markup: Markup,
    /// It has not ended yet.
    pub(super) runs: bool,
}

/// How `check` begins a step that went well or did not.
fn class(line: &str) -> &'static str {
    match line.trim_start() {
        line if line.starts_with("ok ") => "well",
        line if line.starts_with("FAIL ") => "bad",
        _ => "",
    }
}
