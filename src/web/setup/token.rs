//! `/setup/agent/NAME/token`: replaces the token or client secret.

use std::path::Path;

use maud::html;

use super::fields::SetupStep;
use super::files::{fresh, named};
use super::step::address;
use super::{Question, Reply, Setup};
use crate::settings::Secret;
use crate::settings::edit::{EditError, SettingsDraft, put_secret};

impl Setup {
    pub(super) fn ask_token(
        &self,
        ask: Question,
        name: &str,
        why: Option<&str>,
    ) -> Result<Reply, EditError> {
        let Some(draft) = self.draft_with(name)? else {
            return Ok(Reply::Missing);
        };
        if has_more_than_a_word(&draft, name) {
            return Ok(Reply::See(address(Some(name), SetupStep::Connection)));
        }
        let entra = draft.value(name, "source.client_id").is_some();
        let what = if entra { "client secret" } else { "token" };
        let title = format!("Replace the {what} of {name}");
        let body = html! {
            form.card method="post" {
                (ask.token())
                div.field {
                    label for="token" { "New " (what) }
                    input type="password" id="token" name="token" autocomplete="off" spellcheck="false" required
                        aria-describedby="token-hint token-error" aria-invalid=[why.map(|_| "true")];
                    p.hint id="token-hint" { "The old one stays in use until you save." }
                    @if let Some(why) = why { p.error id="token-error" { (why) } }
                }
                div.buttons {
                    button.main { "Replace" }
                    a.button href="/setup" { "Back" }
                }
            }
        };
        Ok(Reply::page(&title, body))
    }

    pub(super) fn replace_token(&self, ask: Question, name: &str) -> Result<Reply, EditError> {
        let Some(mut draft) = self.draft_with(name)? else {
            return Ok(Reply::Missing);
        };
        if has_more_than_a_word(&draft, name) {
            return Ok(Reply::See(address(Some(name), SetupStep::Connection)));
        }
        let entra = draft.value(name, "source.client_id").is_some();
        let (key, file) = if entra {
            ("source.client_secret_file", "client-secret")
        } else {
            ("source.token_file", "token")
        };
        let typed = ask.text("token").trim();
        if typed.is_empty() {
            return self.ask_token(ask, name, Some("missing; enter the new value"));
        }
        let secret = match Secret::token(typed) {
            _ if entra => Secret::new(typed),
            Ok(token) => token,
            Err(why) => return self.ask_token(ask, name, Some(&why.to_string())),
        };
        let folder = self.file.parent().unwrap_or(Path::new("."));
        let there = draft.value(name, key);
        let there = there.as_ref().and_then(|value| value.as_str());
        let taken = named(&draft, folder, (name, key));
        let file = fresh(name, file, there, &taken, folder);
        put_secret(folder, &file, &secret)?;
        if there != Some(&file) {
            draft.set(name, key, Some(file.into()));
            draft.save()?;
        }
        self.actions.settings_changed();
        self.note(ask, &format!("agent {name}: secret replaced"));
        Ok(Reply::See("/setup?done=token".to_owned()))
    }
}

/// Does the agent log on with a certificate, or with what another system renews? That is replaced
/// where it is set up.
fn has_more_than_a_word(draft: &SettingsDraft, name: &str) -> bool {
    let keys = ["source.certificate_file", "source.assertion_file"];
    keys.into_iter().any(|key| draft.value(name, key).is_some())
}
