//! `/setup/agent/NAME/delete`: deletes an agent and, if requested, its data.

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
        self.actions.settings_changed();
        let folder = self.file.parent().unwrap_or(Path::new("."));
        for secret in secrets {
            remove_secret(folder, &secret)?;
        }
        let erase = ask.text("rest") == "erase";
        if erase && let Err(why) = self.actions.erase(name) {
            return Ok(Reply::trouble("Agent deleted, data not erased", &why));
        }
        let rest = if erase {
            "waiting lines erased"
        } else {
            "waiting lines kept on disk"
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
            p { "The agent stops reading and sending. In its spool: " b { (waits) } "." }
            fieldset.picks {
                legend { "Waiting lines" }
                label { input type="radio" name="rest" value="keep" checked; " Keep them on disk: \
                    they are sent if you add an agent with this name again, or with another \
                    agent's SIEM settings" }
                label { input type="radio" name="rest" value="erase"; " Erase them, with the \
                    cursor, the ledger and the IDs of sent records" }
            }
            div.buttons {
                button.danger { "Delete" }
                a.button href="/setup" { "Back" }
            }
        }
    };
    Reply::page(&title, body)
}
