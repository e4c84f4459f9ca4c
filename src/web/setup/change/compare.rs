//! The step that compares the two sources, before anything is changed.

use std::sync::Arc;

use maud::html;

use super::{ChangeStep, Changing, address, page};
use crate::comparison::{ComparedWindow, ComparisonEnd, ComparisonNews};
use crate::settings::edit::EditError;
use crate::web::setup::jobs::JobEnding;
use crate::web::setup::{Question, Reply, Setup};

const HOUR_MS: i64 = 3_600_000;

/// How far back is compared: value, words, hours. The second is what is offered first.
const WINDOWS: [(&str, &str, i64); 4] = [
    ("6h", "The last 6 hours", 6),
    ("1d", "The last day", 24),
    ("3d", "The last 3 days", 72),
    ("7d", "The last 7 days", 168),
];
const USUAL: &str = WINDOWS[1].0;

/// What was done before, for the page that comes after it.
const DONE: [(&str, &str); 2] = [
    (
        "added",
        "The second source is saved. It is not read yet: compare it with the present one first.",
    ),
    ("changed", "The changes of the second source are saved."),
];

impl Setup {
    /// `/setup/agent/NAME/change/compare`
    pub(super) fn compare_sources(
        &self,
        ask: Question,
        changing: Changing<'_>,
    ) -> Result<Reply, EditError> {
        if !ask.is_form() {
            return Ok(self.compare_page(ask, changing.name, None));
        }
        let started = self
            .agent_of(&changing)
            .and_then(|agent| {
                let hours = WINDOWS
                    .iter()
                    .find(|(word, ..)| *word == ask.text("window"));
                let (.., hours) = hours.unwrap_or(&WINDOWS[1]);
                let from_ms = ask.now_ms() - hours * HOUR_MS;
                let window = ComparedWindow::settled(from_ms, ask.now_ms());
                Ok((agent, window.ok_or("the time to compare is too short")?))
            })
            .and_then(|(agent, window)| {
                let actions = Arc::clone(&self.actions);
                let title = format!("Comparison of the sources of {}", changing.name);
                let end = ComparisonEnd::default();
                let ending = JobEnding {
                    by: end.clone(),
                    page: address(changing.name, ChangeStep::Compare),
                };
                self.jobs
                    .start_with_end(ask.session(), &title, ending, move |voice| {
                        actions.compare(&agent, window, &end, &mut |news| match news {
                            ComparisonNews::Progress(far) => {
                                let begins = format!("{}, {}: ", far.source, far.stream);
                                let records = match far.records {
                                    1 => "1 record".to_owned(),
                                    records => format!("{records} records"),
                                };
                                let percent = far.per_mille / 10;
                                voice.say_again(&begins, &format!("{percent} %, {records}"));
                            }
                            ComparisonNews::Found(found) => voice.show(found),
                        })
                    })
            });
        Ok(match started {
            Ok(number) => {
                self.note(ask, &format!("agent {}: sources compared", changing.name));
                let here = address(changing.name, ChangeStep::Compare);
                Reply::See(format!("{here}?job={number}#job"))
            }
            Err(why) => self.compare_page(ask, changing.name, Some(&why)),
        })
    }

    fn compare_page(&self, ask: Question, name: &str, why: Option<&str>) -> Reply {
        let job = self.asked_job(ask);
        let runs = job.as_ref().is_some_and(|job| job.runs);
        let done = ask
            .query("done")
            .and_then(|done| DONE.iter().find(|(name, _)| *name == done));
        let content = html! {
            @if let Some((_, words)) = done { p.done role="status" { (words) } }
            @if let Some(why) = why {
                div.trouble role="alert" { @for line in why.lines() { p { (line) } } }
            }
            @if let Some(job) = &job { (job.markup) }
            form.card method="post" action=(address(name, ChangeStep::Compare)) {
                (ask.token())
                h2 { "Compare" }
                p { "Reads what both sources hold of the same time and shows which records \
                    both hold, which only one, and how their lines differ, field by field. \
                    Nothing is sent or changed." }
                div.field {
                    label for="window" { "Time" }
                    select id="window" name="window" aria-describedby="window-hint" {
                        @for (word, words, _) in WINDOWS {
                            option value=(word) selected[word == USUAL] { (words) }
                        }
                    }
                    p.hint id="window-hint" { "Without the last hour, which may not have \
                        reached both sources yet. The requests count towards the rate limits." }
                }
                div.buttons {
                    button.main { "Compare" }
                    a.button href=(address(name, ChangeStep::State)) { "Go on" }
                }
            }
        };
        page(name, ChangeStep::Compare, &content, runs)
    }
}
