//! `/setup/orphan/NAME/…`: sends or deletes an orphaned spool.

use maud::{Markup, html};

use super::{Question, Reply, Setup};
use crate::orphan::{Orphan, OrphanRequest};

impl Setup {
    /// `/setup/orphan/NAME/WHAT`
    pub(super) fn of_orphan(&self, ask: Question, name: &str, what: &str) -> Reply {
        let snapshot = self.snapshot(ask);
        let Some(orphan) = snapshot.orphans.iter().find(|orphan| orphan.name == name) else {
            return Reply::Missing;
        };
        let request = match (what, ask.is_form()) {
            ("send", true) => OrphanRequest::Send {
                name: name.to_owned(),
                agent: Some(ask.text("agent").to_owned()),
            },
            ("delete", false) => return delete_form(ask, orphan),
            ("delete", true) => OrphanRequest::Delete {
                name: name.to_owned(),
            },
            _ => return Reply::Missing,
        };
        let done = match request {
            OrphanRequest::Send { .. } => "sent",
            OrphanRequest::Delete { .. } => "orphan-deleted",
        };
        match self.actions.orphan(request) {
            Ok(said) => {
                self.note(ask, &said);
                Reply::See(format!("/setup?done={done}"))
            }
            Err(why) => Reply::trouble("Action failed", &why),
        }
    }
}

/// The cards of all of them; nothing where there is none.
pub(super) fn cards(ask: Question, orphans: &[Orphan], agents: &[String]) -> Markup {
    html! {
        @if !orphans.is_empty() {
            h2 { "Orphaned spools" }
            ul.agents {
                @for orphan in orphans { li.card { (card(ask, orphan, agents)) } }
            }
        }
    }
}

fn card(ask: Question, orphan: &Orphan, agents: &[String]) -> Markup {
    let at = format!("/setup/orphan/{}", orphan.name);
    let id = format!("send-{}", orphan.name);
    html! {
        div.who {
            h2 { (orphan.name) }
            p {
                "No agent in the settings has this name. " b { (orphan.contents()) }
                @match &orphan.sends_to {
                    Some(agent) => { "; being sent with the SIEM settings of agent " (agent) "." }
                    None => { "." }
                }
            }
            @if let Some(trouble) = &orphan.trouble { p.error { (trouble) } }
            p.hint { "Add an agent named " (orphan.name)  " again to send the lines to that \
                agent's SIEM, or send or delete them here." }
            @if orphan.waiting > 0 && !agents.is_empty() {
                form method="post" action={ (at) "/send" } {
                    (ask.token())
                    div.field {
                        label for=(id) { "Send the waiting lines with the SIEM settings of" }
                        select id=(id) name="agent" {
                            @for agent in agents { option value=(agent) { (agent) } }
                        }
                    }
                    div.buttons { button { "Send" } }
                }
            }
            p { a.danger href={ (at) "/delete" } { "Delete" } }
        }
    }
}

fn delete_form(ask: Question, orphan: &Orphan) -> Reply {
    let title = format!("Delete the spool {}?", orphan.name);
    let body = html! {
        form.card method="post" {
            (ask.token())
            p { b { (orphan.contents()) } ". The spool, its cursor, its ledger and the IDs of sent \
                records are erased for ever." }
            div.buttons {
                button.danger { "Delete" }
                a.button href="/setup" { "Back" }
            }
        }
    };
    Reply::page(&title, body)
}
