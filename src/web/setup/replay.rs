//! `/setup/agent/NAME/replay`: a stretch of time is fetched again, as `siembox replay` does it.

use std::sync::Arc;

use maud::html;

use super::{Question, Reply, Setup};
use crate::replay::{ReplayReport, ReplayRequest, When, sentence, window};

impl Setup {
    pub(super) fn replay(&self, ask: Question, name: &str) -> Reply {
        let request = match asked_window(ask, name) {
            Ok(request) => request,
            Err(why) => return form(ask, name, Some(&why)),
        };
        let actions = Arc::clone(&self.actions);
        let again = request.again;
        let title = format!("Replay of {name}");
        let started = self.jobs.start(ask.session(), &title, move |voice| {
            actions.replay(&request, &mut |word| {
                if let ReplayReport::Progress(progress) = word {
                    let percent = progress.per_mille / 10;
                    voice.say_again(
                        "Progress: ",
                        &format!("{percent} %: {}", sentence(&progress.counts, false)),
                    );
                }
            })
        });
        match started {
            Ok(number) => {
                let all = if again {
                    ", including records sent before"
                } else {
                    ""
                };
                self.note(ask, &format!("agent {name}: replay started{all}"));
                Reply::See(format!("/setup/job/{number}"))
            }
            Err(why) => form(ask, name, Some(&why)),
        }
    }
}

pub(super) fn form(ask: Question, name: &str, why: Option<&str>) -> Reply {
    let title = format!("Replay a window of {name}");
    let body = html! {
        form.card method="post" {
            (ask.token())
            p { "Reads a time window again and sends the records that are missing. Records sent \
                before are not sent again." }
            @if let Some(why) = why { p.error role="alert" { (why) } }
            @for (id, label, hint) in [
                ("since", "From", "For example 2026-11-24 06:00 (UTC), or 6h for six hours ago."),
                ("until", "Until", "In the same form. Default: now."),
            ] {
                div.field {
                    label for=(id) { (label) }
                    input type="text" id=(id) name=(id) value=(ask.text(id)) autocomplete="off" aria-describedby={ (id) "-hint" };
                    p.hint id={ (id) "-hint" } { (hint) }
                }
            }
            div.field.switch {
                input type="checkbox" role="switch" id="again" name="again" checked[ask.ask.form.has("again")];
                label for="again" { "Also send records that were sent before" }
            }
            div.buttons {
                button.main { "Replay" }
                a.button href="/setup" { "Back" }
            }
        }
    };
    Reply::page(&title, body)
}

fn asked_window(ask: Question, name: &str) -> Result<ReplayRequest, String> {
    let at = |id: &str, label: &str| match ask.text(id).trim() {
        "" => Ok(None),
        text => When::parse(text)
            .map(|when| Some(when.at_ms(ask.now_ms())))
            .map_err(|why| format!("{label}: {why}")),
    };
    let Some(from_ms) = at("since", "From")? else {
        return Err(
            "From: missing; allowed: a time such as \"2026-11-24 06:00\", or \"6h\" for six \
            hours ago"
                .to_owned(),
        );
    };
    let (from_ms, to_ms) =
        window(from_ms, at("until", "Until")?, ask.now_ms()).map_err(|unfit| unfit.to_string())?;
    Ok(ReplayRequest {
        agent: Some(name.to_owned()),
        from_ms,
        to_ms,
        stream: None,
        again: ask.ask.form.has("again"),
        dry_run: false,
    })
}
