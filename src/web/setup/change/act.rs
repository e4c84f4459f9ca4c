//! What can be done with the two sources: each is asked for once more, in words, before it is done.

use std::path::Path;

use maud::{Markup, html};

use super::{ChangeStep, Changing, address};
use crate::clock::span_in_words;
use crate::settings::edit::{EditError, SettingsDraft, remove_secret};
use crate::settings::{Destination, takes_the_given_token};
use crate::web::setup::bound::{GIVEN, text};
use crate::web::setup::fields::SetupSource;
use crate::web::setup::form_state::FormSubject;
use crate::web::setup::forms::Which;
use crate::web::setup::{Question, Reply, Setup, files};

/// `read` of `[agent.other_source]`.
const READ: &str = "other_source.read";
const TOKEN: &str = "source.token_file";

/// Something that is done with the two sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChangeAct {
    /// The other source is read too.
    Both,
    /// It is not read any more.
    One,
    /// The two change places.
    Swap,
    /// The other source leaves the settings, with its secrets.
    Forget,
}

/// What a person is asked before it is done.
struct Confirmation {
    title: String,
    words: Vec<String>,
    button: &'static str,
}

impl Setup {
    /// `/setup/agent/NAME/change/both`, `…/one`, `…/swap` and `…/forget`
    pub(super) fn change_act(
        &self,
        ask: Question,
        changing: Changing<'_>,
        act: ChangeAct,
    ) -> Result<Reply, EditError> {
        if !ask.is_form() {
            return Ok(self.confirm(ask, &changing, act));
        }
        let here = address(changing.name, ChangeStep::State);
        // asked of a page that shows the sources as they were, or asked twice
        if ask.text("source") != changing.source.word() {
            return Ok(Reply::See(format!("{here}?done=stale")));
        }
        let name = changing.name;
        let (source, other) = (changing.source.word(), changing.source.other().word());
        let mut draft = changing.draft;
        let before = draft.clone();
        let reads_both = ask.ask.form.has("both");
        let what = match act {
            ChangeAct::Both => {
                draft.set(name, READ, Some(true.into()));
                format!("{source} and {other} are both read")
            }
            ChangeAct::One => {
                draft.set(name, READ, None);
                format!("{source} is read alone; {other} is not read any more")
            }
            ChangeAct::Swap => {
                draft.swap_sources(name, reads_both);
                let rest = if reads_both {
                    "read too"
                } else {
                    "not read any more"
                };
                format!("source changed from {source} to {other}; {source} is {rest}")
            }
            ChangeAct::Forget => {
                draft.set(name, "other_source", None);
                format!("second source {other} forgotten, with its secrets")
            }
        };
        if let Some(why) = self.cannot(&draft, &before, name) {
            return Ok(Reply::trouble("The source cannot be changed", &why));
        }
        let gone = files::own(&before, name);
        let kept = files::own(&draft, name);
        draft.save()?;
        self.actions.settings_changed();
        self.note(ask, &format!("agent {name}: {what}"));
        let folder = self.file.parent().unwrap_or(Path::new("."));
        for secret in gone.iter().filter(|secret| !kept.contains(secret)) {
            remove_secret(folder, secret)?;
        }
        Ok(Reply::See(match act {
            ChangeAct::Forget => {
                // what was typed of it has nothing to stand on any more
                self.forms.close(&Which {
                    session: ask.session().to_owned(),
                    agent: Some(name.to_owned()),
                    subject: FormSubject::OtherSource,
                });
                "/setup?done=forgotten".to_owned()
            }
            act => format!("{here}?done={}", act.name()),
        }))
    }

    /// Why the settings can't become these.
    fn cannot(&self, next: &SettingsDraft, before: &SettingsDraft, name: &str) -> Option<String> {
        if let Err(findings) = next.read(&self.given) {
            let why: Vec<String> = findings.iter().map(ToString::to_string).collect();
            return Some(why.join("\n"));
        }
        let says = |key: &str| text(next, name, key);
        let said = |key: &str| text(before, name, key);
        let goes = Destination::of(TOKEN, &says);
        let had_it = takes_the_given_token(&self.given, &said)
            && Destination::of(TOKEN, &said).moved(&goes).is_none();
        let takes_it = takes_the_given_token(&self.given, &says);
        (takes_it && !had_it).then(|| GIVEN.to_owned())
    }

    fn confirm(&self, ask: Question, changing: &Changing<'_>, act: ChangeAct) -> Reply {
        let is_read = changing.draft.value(changing.name, READ);
        let is_read = is_read.and_then(|value| value.as_bool()) == Some(true);
        let look_back = self.agent_of(changing).ok().and_then(|agent| {
            let other = agent.other?;
            Some(span_in_words(other.source.first_look_back))
        });
        let confirmation = act.confirmation(changing.source, is_read, look_back.as_deref());
        let here = address(changing.name, ChangeStep::State);
        let body = html! {
            form.card method="post" {
                (ask.token())
                input type="hidden" name="source" value=(changing.source.word());
                @for words in &confirmation.words { p { (words) } }
                @if act == ChangeAct::Swap { (both_too(changing.source, is_read)) }
                div.buttons {
                    @if act == ChangeAct::Forget {
                        button.danger { (confirmation.button) }
                    } @else {
                        button.main { (confirmation.button) }
                    }
                    a.button href=(here) { "Back" }
                }
            }
        };
        Reply::page(&confirmation.title, body)
    }
}

/// Is the source that was read to be read further on?
fn both_too(source: SetupSource, is_read: bool) -> Markup {
    html! {
        div.field.switch {
            input type="checkbox" role="switch" id="both" name="both" checked[is_read];
            label for="both" { "Go on reading " (source.word()) " too" }
        }
    }
}

// === impl ChangeAct ===

impl ChangeAct {
    const ALL: [Self; 4] = [Self::Both, Self::One, Self::Swap, Self::Forget];

    /// Its name in an address.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::One => "one",
            Self::Swap => "swap",
            Self::Forget => "forget",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.name() == name)
    }

    /// What its button says, where `source` is the agent's. The new API is what one changes to, and
    /// the old one what one goes back to.
    pub(super) fn button(self, source: SetupSource) -> &'static str {
        match (self, source) {
            (Self::Both, _) => "Read both for a while",
            (Self::One, _) => "Stop reading both",
            (Self::Swap, SetupSource::CloudApps) => "Change now",
            (Self::Swap, SetupSource::DefenderXdr) => "Take it back",
            (Self::Forget, _) => "Forget the second source",
        }
    }

    fn confirmation(
        self,
        of_agent: SetupSource,
        is_read: bool,
        look_back: Option<&str>,
    ) -> Confirmation {
        let (source, other) = (of_agent.word(), of_agent.other().word());
        let back = look_back.unwrap_or("its look-back");
        let title = match self {
            Self::Both => format!("Read {source} and {other}?"),
            Self::One => format!("Read {source} alone?"),
            Self::Swap => format!("Change the source to {other}?"),
            Self::Forget => format!("Forget {other}?"),
        };
        let words = match self {
            Self::Both => vec![
                format!(
                    "{other} is read beside {source}, from {back} ago on. Each record is sent \
                        once, from the source that tells of it first."
                ),
                "The requests count towards the rate limits of both.".to_owned(),
            ],
            Self::One => vec![format!(
                "{other} is not read any more. What was read of it is still sent, and what it has \
                    sent {source} does not send again. Its settings and secrets stay."
            )],
            Self::Swap => vec![
                format!(
                    "{other} becomes the source of this agent, at once and without a gap: it is \
                        read from where {source} was left, and further back by its look-back. What \
                        {source} has sent is not sent again."
                ),
                format!(
                    "The settings and secrets of {source} stay, so that the change can be taken \
                        back."
                ),
            ],
            Self::Forget => {
                let reads = match is_read {
                    true => format!("{other} is not read any more. "),
                    false => String::new(),
                };
                vec![
                    format!(
                        "{reads}Its settings leave the settings file, and the secrets that were \
                            entered on this page are deleted. {source} is read as before."
                    ),
                    format!(
                        "siembox forgets which records {other} has sent: if {source} tells of \
                            them within its look-back, they may be sent again. To read {other} \
                            later, enter it again."
                    ),
                ]
            }
        };
        Confirmation {
            title,
            words,
            button: match self {
                Self::Both => "Read both",
                Self::One => "Stop reading both",
                Self::Swap => self.button(of_agent),
                Self::Forget => "Forget",
            },
        }
    }
}
