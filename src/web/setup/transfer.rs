//! `/setup/transfer`: the settings as one file, to another box or back.

use std::path::Path;

use maud::{Markup, html};

use super::files::{file_name, fresh, named};
use super::incoming::Incoming;
use super::{Question, Reply, Setup};
use crate::settings::Secret;
use crate::settings::edit::{
    Bundle, BundleError, EditError, Import, SettingsDraft, export, import, is_encrypted,
    put_secret, secrets_of,
};
use crate::web::auth::AdminRequest;
use crate::web::layout::trouble;

/// Why it could not be done.
#[derive(Debug, thiserror::Error)]
enum TransferError {
    #[error("{0}")]
    Edit(#[from] EditError),
    #[error("{0}")]
    Bundle(#[from] BundleError),
    #[error("{0}")]
    Said(&'static str),
    /// An open browser alone gives no secret away.
    #[error("An export with secrets needs the administrator's password. {0}")]
    Password(String),
    /// What an import would do with files of this box.
    #[error("These settings cannot be imported:\n{}", .0.join("\n"))]
    Refused(Vec<String>),
}

impl Setup {
    /// `/setup/transfer`, `/setup/transfer/export` and `/setup/transfer/import`
    pub(super) fn transfer(&self, ask: Question, what: &str) -> Reply {
        let done = match (what, ask.is_form()) {
            ("", false) => return page(ask, None, ""),
            ("export", true) => self.export(ask),
            ("import", true) => self.import(ask),
            _ => return Reply::Missing,
        };
        done.unwrap_or_else(|error| page(ask, Some(&error.to_string()), ask.text("settings")))
    }

    fn export(&self, ask: Question) -> Result<Reply, TransferError> {
        let draft = SettingsDraft::open(&self.file)?;
        let settings = draft.text();
        if !gives_secrets(ask.ask) {
            self.note(ask, "settings exported, without secrets");
            return Ok(Reply::Download {
                name: "siembox.toml",
                bytes: settings.into_bytes(),
            });
        }
        match &ask.ask.password {
            Some(Ok(())) => {}
            Some(Err(why)) => return Err(TransferError::Password(why.clone())),
            None => return Err(TransferError::Password(String::new())),
        }
        if ask.text("passphrase") != ask.text("again") {
            return Err(TransferError::Said(
                "The two passphrases do not match. Enter the same passphrase twice.",
            ));
        }
        let secrets = secrets_of(&draft, &self.file)?;
        let bundle = Bundle { settings, secrets };
        let bytes = export(&bundle, &Secret::new(ask.text("passphrase")))?;
        self.note(ask, "settings exported, with secrets, encrypted");
        Ok(Reply::Download {
            name: "siembox-settings.age",
            bytes,
        })
    }

    fn import(&self, ask: Question) -> Result<Reply, TransferError> {
        let text = ask.text("settings").trim_start();
        if text.trim().is_empty() {
            return Err(TransferError::Said(
                "There is nothing to import. Choose a file or paste its content.",
            ));
        }
        let passphrase = Secret::new(ask.text("passphrase"));
        let passphrase = is_encrypted(text.as_bytes()).then_some(&passphrase);
        let Import { bundle, loaded } =
            import(text.as_bytes(), passphrase, &self.file, &self.given)?;
        let folder = self.file.parent().unwrap_or(Path::new("."));
        let present = SettingsDraft::open(&self.file)?;
        let before = present.text();
        let mut draft = present.clone().with_text(bundle.settings)?;
        let refused = Incoming {
            present: &present,
            next: &draft,
            along: &bundle.secrets,
            folder,
            given: &self.given,
        };
        let refused = refused.refused(&loaded.settings);
        if !refused.is_empty() {
            return Err(TransferError::Refused(refused));
        }
        let agents = draft.agents();
        for (key, secret) in &bundle.secrets {
            let Some((agent, key)) = of_agent(key, &agents) else {
                continue;
            };
            let Some(name) = file_name(key) else {
                continue;
            };
            // under a name of our own: the file that it had may be another agent's here
            let there = there(&present, agent, key);
            let mut taken = named(&draft, folder, (agent, key));
            taken.extend(named(&present, folder, (agent, key)));
            let file = fresh(agent, name, there.as_deref(), &taken, folder);
            put_secret(folder, &file, secret)?;
            draft.set(agent, key, Some(file.into()));
        }
        // another box's addresses may lock out whoever sits here
        self.trial.begin(&before, ask.ask.now.steady)?;
        draft.save()?;
        self.actions.settings_changed();
        self.note(
            ask,
            "settings imported; those of the page are not confirmed yet",
        );
        Ok(Reply::See("/setup?done=imported".to_owned()))
    }
}

/// Does this form ask for secrets in a readable form? It wants the administrator's password.
pub(super) fn gives_secrets(ask: &AdminRequest) -> bool {
    ask.path == "/setup/transfer/export" && ask.form.has("secrets")
}

/// The file that a key names at present.
fn there(draft: &SettingsDraft, agent: &str, key: &str) -> Option<String> {
    let value = draft.value(agent, key)?;
    value.as_str().map(str::to_owned)
}

/// `agent[2].source.token_file`: the second agent's name, and the key.
fn of_agent<'a>(key: &'a str, agents: &'a [String]) -> Option<(&'a str, &'a str)> {
    let (number, key) = key.strip_prefix("agent[")?.split_once("].")?;
    let index = number.parse::<usize>().ok()?.checked_sub(1)?;
    Some((agents.get(index)?, key))
}

fn page(ask: Question, why: Option<&str>, typed: &str) -> Reply {
    let main = html! {
        (trouble(why))
        form method="post" action="/setup/transfer/export" {
            (ask.token())
            h2 { "Export" }
            p { "Exports all settings as one file. Without secrets, this is the settings file \
                itself." }
            div.field.switch {
                input type="checkbox" role="switch" id="secrets" name="secrets" aria-describedby="secrets-hint";
                label for="secrets" { "Include tokens and other secrets" }
                p.hint id="secrets-hint" { "Includes the agents' certificates. The file is \
                    encrypted with a passphrase of at least 12 characters and can also be opened \
                    with the program age." }
            }
            (password("passphrase", "Passphrase"))
            (password("again", "Repeat the passphrase"))
            (password("password", "Administrator's password (only with secrets)"))
            div.buttons { button.main { "Export" } }
        }
        form method="post" action="/setup/transfer/import" {
            (ask.token())
            h2 { "Import" }
            p { "Replaces all settings of this box. Agents that stay continue from their cursors." }
            div.field {
                label for="file" { "File" }
                input type="file" id="file" data-into="settings" accept=".toml,.age";
            }
            div.field {
                label for="settings" { "Or its content" }
                textarea id="settings" name="settings" rows="5" spellcheck="false" { "\n" (typed) }
            }
            (password("import-passphrase", "Passphrase, if the file is encrypted"))
            div.buttons { button.main { "Import" } a.button href="/setup" { "Back" } }
        }
    };
    Reply::page("Export and import", main)
}

fn password(id: &str, label: &str) -> Markup {
    let name = id.trim_start_matches("import-");
    html! {
        div.field {
            label for=(id) { (label) }
            input type="password" id=(id) name=(name) autocomplete="off";
        }
    }
}
