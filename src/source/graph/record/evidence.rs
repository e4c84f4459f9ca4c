//! Reads the evidence of an alert: the users, apps and addresses that it concerns.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::de::{Deserialize, Deserializer};

use super::{add, said};
use crate::event::App;
use crate::source::json::{Items, Number, Text, Texts, addresses, lenient_object};

lenient_object! {
    /// One piece of evidence, of whatever type. What no type has that is read here is empty.
    struct Evidence<'a> any_case {
        "@odata.type" => kind: Text<'a>,
        "roles" => roles: Texts<'a>,
        "userAccount" => account: Account<'a>,
        "ipAddress" => address: Text<'a>,
        "displayName" => name: Text<'a>,
        "saasAppId" => saas_app: Number,
        "appId" => app: Number,
        "upn" => principal: Text<'a>,
        "primaryAddress" => mail: Text<'a>,
    }
}

lenient_object! {
    struct Account<'a> any_case {
        "userPrincipalName" => principal: Text<'a>,
        "displayName" => name: Text<'a>,
        "accountName" => account: Text<'a>,
        "domainName" => domain: Text<'a>,
    }
}

/// All evidence of an alert.
#[derive(Debug, Default)]
pub(super) struct AllEvidence<'a>(Items<Evidence<'a>>);

impl<'de> Deserialize<'de> for AllEvidence<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Items::deserialize(from).map(Self)
    }
}

/// The roles that make somebody, or an address, the one that the alert is about.
const SUBJECT: &[&str] = &["compromised", "policyViolator"];
const ATTACKER: &[&str] = &["attacker", "source"];

/// What the evidence adds up to. Nothing is named twice.
#[derive(Default)]
pub(super) struct Found<'a> {
    /// Those first whom the alert is about.
    pub users: Vec<Cow<'a, str>>,
    /// Cloud apps, else those that were granted access.
    pub apps: Vec<App<'a>>,
    /// Those first that it came from.
    pub addresses: Vec<IpAddr>,
}

// === impl Found ===

impl<'a> Found<'a> {
    /// Of all pieces; those of a type that is not known, or of none, are passed over.
    pub fn of(evidence: AllEvidence<'a>) -> Self {
        let mut found = Self::default();
        let (mut users, mut mailboxes, mut granted) = (Vec::new(), Vec::new(), Vec::new());
        let mut sources: Vec<(bool, Text<'a>)> = Vec::new();
        for piece in evidence.0.kept {
            match kind(&piece.kind) {
                "userEvidence" => users.push((piece.has_role(SUBJECT), piece.account.name())),
                "mailboxEvidence" => mailboxes.push(piece.mailbox()),
                "ipEvidence" => sources.push((piece.has_role(ATTACKER), piece.address)),
                "cloudApplicationEvidence" => {
                    let number = number(piece.saas_app).or_else(|| number(piece.app));
                    add(&mut found.apps, app(number, piece.name));
                }
                "oauthApplicationEvidence" => add(&mut granted, app(None, piece.name)),
                _ => {}
            }
        }
        users.sort_by_key(|(is_subject, _)| !is_subject);
        sources.sort_by_key(|(is_attacker, _)| !is_attacker);
        (users.into_iter()).for_each(|(_, name)| add(&mut found.users, name));
        if found.users.is_empty() {
            (mailboxes.into_iter()).for_each(|name| add(&mut found.users, name));
        }
        if found.apps.is_empty() {
            found.apps = granted;
        }
        found.addresses = addresses(sources.iter().map(|(_, address)| &*address.0));
        found
    }
}

// === impl Evidence ===

impl<'a> Evidence<'a> {
    fn has_role(&self, roles: &[&str]) -> bool {
        self.roles.as_strs().any(|role| roles.contains(&role))
    }

    fn mailbox(self) -> Option<Cow<'a, str>> {
        (said(self.principal).or_else(|| said(self.mail))).or_else(|| said(self.name))
    }
}

// === impl Account ===

impl<'a> Account<'a> {
    fn name(self) -> Option<Cow<'a, str>> {
        let (account, domain) = (self.account, self.domain);
        let local = || {
            let account = said(account)?;
            Some(match said(domain) {
                Some(domain) => Cow::Owned(format!("{domain}\\{account}")),
                None => account,
            })
        };
        (said(self.principal).or_else(|| said(self.name))).or_else(local)
    }
}

/// `#microsoft.graph.security.userEvidence`
fn kind<'k>(text: &'k Text<'_>) -> &'k str {
    const PREFIX: &str = "#microsoft.graph.security.";
    text.0.trim().strip_prefix(PREFIX).unwrap_or_default()
}

/// Apps are numbered from 1.
fn number(number: Number) -> Option<u32> {
    u32::try_from(number.0?).ok().filter(|&number| number > 0)
}

fn app<'a>(number: Option<u32>, title: Text<'a>) -> Option<App<'a>> {
    let title = said(title).unwrap_or_default();
    (number.is_some() || !title.is_empty()).then_some(App { number, title })
}
