//! What an activity says: its description as the service words and escapes it, and the objects it
//! is about.

use super::cast::{COMPUTERS, FILES, PEOPLE, Person};
use super::deeds::{Deed, Plot};
use super::json::Object;
use crate::dice::Dice;

/// Reasons of failed log-ons, with the quotes and marks the service escapes.
static FAILURES: &[&str] = &[
    "The user didn't answer \"Approve sign-in?\" in time",
    "Invalid username or password & no second factor",
    "Blocked by <Conditional Access> policy",
];

/// An entry of `mainInfo.eventObjects`.
pub struct Thing {
    pub obj_type: i64,
    pub role: i64,
    /// Left out where absent: a nameless object.
    pub name: Option<String>,
    pub id: String,
    pub service_type: &'static str,
}

impl Thing {
    fn new(obj_type: i64, role: i64, name: &str, id: &str, service_type: &'static str) -> Self {
        Self {
            obj_type,
            role,
            name: Some(name.to_owned()),
            id: id.to_owned(),
            service_type,
        }
    }

    fn nameless(self) -> Self {
        Self { name: None, ..self }
    }

    /// Fills the entry.
    pub fn write(&self, o: &mut Object<'_>) {
        o.number("objType", self.obj_type);
        o.number("role", self.role);
        match &self.name {
            Some(name) => o.text("name", name),
            None => o.raw("name", "null"),
        }
        o.text("id", &self.id);
        if !self.service_type.is_empty() {
            o.text("serviceObjectType", self.service_type);
        }
        o.texts::<&str>("tags", &[]);
    }
}

/// Description and objects of an activity.
pub struct Story {
    pub description: String,
    pub objects: Vec<Thing>,
}

impl Story {
    /// Tells what this person, or a computer, did.
    pub fn tell(deed: &Deed, person: &Person, dice: &mut Dice) -> Self {
        let mut objects = Vec::new();
        let mut actor_role = 4;
        let description = match deed.plot {
            Plot::LogOn => deed.label.to_owned(),
            Plot::FailedLogOn => {
                actor_role = 5;
                objects.push(Thing::new(
                    6,
                    1,
                    "Azure Portal",
                    "c0ffee00-1111-4bbb-8aaa-0123456789ab",
                    "",
                ));
                let request = dice.guid();
                objects.push(Thing::new(7, 3, "Request ID", &request, ""));
                format!(
                    "{} (Failure message: {})",
                    deed.label,
                    escaped(dice.one_of(FAILURES))
                )
            }
            Plot::File => {
                let file = *dice.pick(FILES);
                let site = "https://contoso-my.sharepoint.com/personal/shared/";
                objects.push(Thing::new(
                    1,
                    3,
                    site,
                    &dice.guid(),
                    "OneDrive Site Collection",
                ));
                objects.push(Thing::new(1, 2, file, &dice.guid(), "File"));
                format!("{}: file <b>{}</b>", deed.label, escaped(file))
            }
            Plot::Basic => {
                objects.push(Thing::new(1, 3, "", &dice.guid(), "Folder").nameless());
                deed.operation.to_owned()
            }
            Plot::Command => {
                let mailbox = dice.pick(PEOPLE).upn;
                objects.push(Thing::new(7, 3, "", &dice.guid(), "Structured object").nameless());
                objects.push(Thing::new(1, 2, deed.operation, "task", "Task"));
                objects.push(Thing::new(7, 3, "Identity", mailbox, ""));
                format!(
                    "{}: task <b>{}</b>; Parameters: Identity <b>{mailbox}</b>, Note line one\nline two | a=b, Session ID 議 ; Is Success: True",
                    deed.label, deed.operation
                )
            }
            Plot::Report => {
                let report = format!("Open incidents {}", dice.below(90) + 10);
                objects.push(Thing::new(
                    1,
                    2,
                    &report,
                    &dice.hex(32),
                    "ServiceNow Report",
                ));
                format!("{}: ServiceNow Report <b>{report}</b>", deed.label)
            }
            Plot::Computer => {
                let (from, to) = (*dice.pick(COMPUTERS), *dice.pick(COMPUTERS));
                objects.push(Thing::new(1, 4, from, &dice.guid(), "Device"));
                objects.push(Thing::new(1, 2, to, &dice.guid(), "Device"));
                return Self {
                    description: format!("{}: device {from} to {to}", deed.label),
                    objects,
                };
            }
            Plot::Group => {
                let target = dice.pick(PEOPLE);
                objects.push(Thing::new(
                    1,
                    2,
                    "all-staff@contoso.com",
                    &dice.hex(16),
                    "Group",
                ));
                objects.push(Thing::new(2, 2, target.upn, target.guid, ""));
                format!(
                    "{}: group <b>all-staff@contoso.com</b>, user <b>{}</b>",
                    deed.label,
                    escaped(target.name)
                )
            }
            Plot::Query => {
                let device = *dice.pick(COMPUTERS);
                objects.push(Thing::new(1, 2, deed.operation, "task", "Task"));
                objects.push(Thing::new(1, 2, device, &dice.guid(), "Device"));
                format!(
                    "{}: task <b>{}</b>, device <b>{device}</b>",
                    deed.label, deed.operation
                )
            }
            Plot::Directory => {
                let target = dice.pick(PEOPLE);
                objects.push(Thing::new(2, 2, target.upn, target.guid, ""));
                format!("{}: user <b>{}</b>", deed.operation, escaped(target.upn))
            }
        };
        objects.push(Thing::new(21, actor_role, person.name, person.upn, ""));
        objects.push(Thing::new(23, actor_role, person.name, person.guid, ""));
        Self {
            description,
            objects,
        }
    }
}

/// As the service escapes text inside descriptions.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
