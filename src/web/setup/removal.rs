//! `/setup/agent/NAME/delete`: an agent goes, and with it, if that is wanted, what it keeps.

use std::path::Path;

use maud::html;

use super::{Question, Reply, Setup, files};
use crate::settings::edit::{EditError, remove_secret};

impl Setup {
    pub(super) fn delete(&self, ask: Question, name: &str) -> Result<Reply, EditError> {
        let Some(mut draft) = self.draft_with(name)? else {
            return Ok(Reply::Missing);
        };
        let secrets = files::own(&draft, name);
        draft.remove_agent(name);
        draft.save()?;
        self.hands.settings_changed();
        let folder = self.file.parent().unwrap_or(Path::new("."));
        for secret in secrets {
            remove_secret(folder, &secret)?;
        }
        let erase = ask.text("rest") == "erase";
        if erase && let Err(why) = self.hands.erase(name) {
            return Ok(Reply::trouble("Deleted, but not erased", &why));
        }
        let rest = if erase {
            "what waited is erased"
        } else {
            "what waits stays on disk"
        };
        self.note(ask, &format!("agent {name} deleted; {rest}"));
        Ok(Reply::See("/setup?done=deleted".to_owned()))
    }
}

pub(super) fn form(ask: Question, name: &str, waits: &str) -> Reply {
    let title = format!("Delete {name}?");
    let body = html! {
        form.card method="post" {
            (ask.token())
            p { "It reads and sends nothing more. In its spool: " b { (waits) } "." }
            fieldset.picks {
                legend { "What waits" }
                label { input type="radio" name="rest" value="keep" checked; " stays on disk: it goes on when an agent of this name comes back, or can be sent with another agent's settings" }
                label { input type="radio" name="rest" value="erase"; " is erased, with cursor, ledger and the ids of what was sent" }
            }
            div.buttons {
                button.danger { "Delete" }
                a.button href="/setup" { "Back" }
            }
        }
    };
    Reply::page(&title, body)
}
