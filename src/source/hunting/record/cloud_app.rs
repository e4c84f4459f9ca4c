//! Reads a row of `CloudAppEvents`: who did what in which app, from which address.

use std::borrow::Cow;

use super::actions::{self, RUN_COMMAND, UNSPECIFIED};
use super::dynamic::Dynamic;
use super::message::{Message, is_web, named};
use super::who::{is_address, said};
use super::{ROW_KEYS, app};
use crate::event::{Event, EventKind, Names, Origin, PortalPage, category_label};
use crate::source::json::{Items, Number, Text, addresses, lenient_object};
use crate::source::record::{
    Record, RecordTime, Spoiled, Unreadable, complete, first_time, read_or_repair,
};

lenient_object! {
    struct Row<'a> any_case {
        "Timestamp" => at: RecordTime,
        "ReportId" => id: Text<'a>,
        "ActionType" => action: Text<'a>,
        "ActivityType" => activity: Text<'a>,
        "Application" => app: Text<'a>,
        "ApplicationId" => app_id: Number,
        "AccountId" => account: Text<'a>,
        "AccountDisplayName" => display_name: Text<'a>,
        "AccountObjectId" => object_id: Text<'a>,
        "IPAddress" => address: Text<'a>,
        "UserAgent" => user_agent: Text<'a>,
        "ObjectName" => name: Text<'a>,
        "ObjectType" => kind: Text<'a>,
        "ObjectId" => link: Text<'a>,
        "ActivityObjects" => objects: Dynamic<'a>,
        "UserId" => user: Text<'a>,
        "MailboxOwnerUPN" => mailbox: Text<'a>,
        "RawEventData" => raw: Dynamic<'a>,
    }
}

lenient_object! {
    /// What the app itself wrote, in which keys may differ by their case alone (reference:
    /// cloud-apps-api.md §1.4).
    struct RawEvent<'a> {
        "UserId" => user: Text<'a>,
        "MailboxOwnerUPN" => mailbox: Text<'a>,
    }
}

lenient_object! {
    struct RawObject<'a> any_case {
        "Type" => kind: Text<'a>,
        "ServiceObjectType" => service_kind: Text<'a>,
        "Role" => role: Text<'a>,
        "Name" => name: Text<'a>,
        "Id" => id: Text<'a>,
        "Value" => value: Text<'a>,
    }
}

/// An entry of `ActivityObjects`.
#[derive(Debug, Default)]
struct Object {
    kind: String,
    service_kind: String,
    role: String,
    name: String,
    id: String,
    value: String,
}

/// All of them.
#[derive(Debug, Default)]
struct Objects {
    kept: Vec<Object>,
    /// How many more there were.
    more: usize,
}

/// The row's own columns about what it concerns.
struct Concerns<'r> {
    name: &'r str,
    kind: &'r str,
    link: &'r str,
}

/// Reads a row of `CloudAppEvents`.
///
/// # Errors
/// [`Unreadable`] when the text is not an object, or has no `ReportId` or no usable `Timestamp`.
pub fn cloud_app<'r>(raw: &'r str, names: &Names) -> Result<Record<'r>, Unreadable> {
    read_or_repair(raw, &ROW_KEYS, |raw| {
        mapped(serde_json::from_str(raw)?, names)
    })
}

fn mapped<'a>(row: Row<'a>, names: &Names) -> Result<Record<'a>, Spoiled> {
    let (id, at_ms) = complete(said(row.id), first_time(&[row.at]), &ROW_KEYS)?;
    let objects = row.objects.read(objects);
    let action = said(row.action).unwrap_or_default();
    let category = actions::category(&action, names).unwrap_or_else(|| {
        let runs = said(row.activity).is_some_and(|kind| kind.eq_ignore_ascii_case("run"));
        Cow::Borrowed(if runs { RUN_COMMAND } else { UNSPECIFIED })
    });
    let label = category_label(&category);
    let (name, kind, link) = (said(row.name), said(row.kind), said(row.link));
    let concerns = Concerns {
        name: name.as_deref().unwrap_or_default(),
        kind: kind.as_deref().unwrap_or_default(),
        link: link.as_deref().unwrap_or_default(),
    };
    let head = match &*category {
        UNSPECIFIED if !action.is_empty() => action.into_owned(),
        _ => label.clone().into_owned(),
    };
    let message = objects.message(head, &concerns);
    let is_address = |user: &Cow<'_, str>| is_address(user);
    let raw = row.raw.read(raw_users);
    let user = said(row.account.clone()).filter(is_address);
    let user = user
        .or_else(|| said(row.user))
        .or_else(|| raw.0.map(Cow::Owned))
        .or_else(|| said(row.mailbox))
        .or_else(|| raw.1.map(Cow::Owned))
        .or_else(|| objects.actor().map(Cow::Owned))
        .or_else(|| said(row.display_name))
        .or_else(|| said(row.object_id));
    let number = row.app_id.0.and_then(|number| u32::try_from(number).ok());
    let number = number.filter(|&number| number > 0);
    let event = Event {
        portal_url: Some(PortalPage::DefenderActivity),
        id,
        identity: None,
        origin: Origin::Source,
        at_ms,
        span: None,
        message: message.text(),
        users: user.into_iter().collect(),
        apps: app(number, row.app.or_empty()).into_iter().collect(),
        addresses: addresses([&*row.address.0]),
        policies: Vec::new(),
        kind: EventKind::Activity {
            category,
            label,
            user_agent: said(row.user_agent).unwrap_or_default(),
            objects: objects.names(),
        },
    };
    Ok(Record {
        event,
        cursor_ms: at_ms,
    })
}

/// Who did it, by `RawEventData`: `UserId` and `MailboxOwnerUPN`.
fn raw_users(json: &str) -> serde_json::Result<(Option<String>, Option<String>)> {
    let raw: RawEvent<'_> = serde_json::from_str(json)?;
    let owned = |cell| said(cell).map(Cow::into_owned);
    Ok((owned(raw.user), owned(raw.mailbox)))
}

fn objects(json: &str) -> serde_json::Result<Objects> {
    let items: Items<RawObject<'_>> = serde_json::from_str(json)?;
    let owned = |cell: Text<'_>| said(cell).unwrap_or_default().into_owned();
    let object = |raw: RawObject<'_>| Object {
        kind: owned(raw.kind),
        service_kind: owned(raw.service_kind),
        role: owned(raw.role),
        name: owned(raw.name),
        id: owned(raw.id),
        value: owned(raw.value),
    };
    Ok(Objects {
        kept: items.kept.into_iter().map(object).collect(),
        more: items.more,
    })
}

// === impl Objects ===

impl Objects {
    /// Those of this role.
    fn of_role(&self, role: &'static str) -> impl Iterator<Item = &Object> {
        (self.kept.iter()).filter(move |object| object.role.eq_ignore_ascii_case(role))
    }

    fn message(&self, head: String, concerns: &Concerns<'_>) -> Message {
        let targets = self.of_role("Target object");
        let mut objects: Vec<String> = targets
            .filter_map(|object| object.named(concerns))
            .collect();
        if objects.is_empty() {
            objects.extend(concerns.named());
        }
        Message {
            head,
            objects,
            parameters: (self.of_role("Parameter"))
                .filter_map(Object::parameter)
                .collect(),
        }
    }

    /// Who did it, where the name is an address.
    fn actor(&self) -> Option<String> {
        let mut actors = self.of_role("Actor");
        let actor = actors.find(|object| is_address(&object.name))?;
        Some(actor.name.clone())
    }

    /// All names, in order; a nameless one is empty.
    fn names(self) -> Vec<Cow<'static, str>> {
        let more = (self.more > 0).then(|| Cow::Owned(format!("and {} more", self.more)));
        let names = self.kept.into_iter().map(|object| Cow::Owned(object.name));
        names.chain(more).collect()
    }
}

// === impl Object ===

impl Object {
    /// `file https://…/plan.xlsx`: old lines of Office named files by their address.
    fn named(&self, concerns: &Concerns<'_>) -> Option<String> {
        let is_rows = self.name.is_empty() || self.name == concerns.name;
        let text = match is_file(&self.kind) {
            true if is_web(&self.id) => &self.id,
            true if is_rows && is_web(concerns.link) => concerns.link,
            _ => &*self.name,
        };
        (!text.is_empty()).then(|| named(&self.word(), text))
    }

    /// `Session ID 4711`
    fn parameter(&self) -> Option<String> {
        let kind = match &*self.service_kind {
            "" => &self.kind,
            kind => kind,
        };
        match (&*self.name, &*self.value) {
            ("", "") => None,
            (name, "") => Some(named(kind, name)),
            ("", value) => Some(named(kind, value)),
            (name, value) => Some(named(name, value)),
        }
    }

    /// The type as the service calls it, else by its kind.
    fn word(&self) -> Cow<'_, str> {
        match &*self.service_kind {
            "" => Cow::Owned(self.kind.to_lowercase()),
            kind => Cow::Borrowed(kind),
        }
    }
}

// === impl Concerns ===

impl Concerns<'_> {
    fn named(&self) -> Option<String> {
        let text = match is_file(self.kind) && is_web(self.link) {
            true => self.link,
            false => self.name,
        };
        (!self.name.is_empty()).then(|| named(&self.kind.to_lowercase(), text))
    }
}

fn is_file(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("File")
}

#[cfg(test)]
mod tests;
