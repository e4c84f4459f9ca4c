//! Alerts: policies that matched and anomalies that were found, in the shape the API gives them
//! (reference §1.11).

use super::Record;
use super::cast::{self, COMPUTERS, FILES, PEOPLE, PLACES, PORTAL, Person, TENANT_GUID};
use super::json::Object;
use crate::dice::Dice;

/// An alert that is not written yet.
#[derive(Debug, Clone, Copy)]
pub struct Draft {
    pub seed: u64,
    /// Size to pad to, bytes.
    pub size: usize,
}

/// A kind of alarm.
pub struct Alarm {
    type_number: i64,
    pub title: &'static str,
    pub policy_type: &'static str,
    /// 0 low, 1 medium, 2 high, 3 informational
    pub severity: i64,
    story: i64,
    pub service: (i64, &'static str),
    pub plot: Plot,
}

/// The whole story of an alert: what its record tells, and the one that Graph has of it.
pub struct Told {
    pub alarm: &'static Alarm,
    pub person: &'static Person,
    /// Id of the policy, where a policy raised it.
    pub policy: String,
    pub description: String,
    pub entities: Vec<Entity>,
    /// For what is drawn beyond the story.
    pub dice: Dice,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Plot {
    Activity,
    File,
    Travel,
    /// Raised by Defender for Identity: devices with roles.
    Identity,
    System,
}

#[rustfmt::skip]
static ALARMS: &[Alarm] = &[
    Alarm { type_number: 15_728_641, title: "Mass download by a leaver", policy_type: "AUDIT", severity: 0, story: 0, service: (11_161, "Office 365"), plot: Plot::Activity },
    Alarm { type_number: 15_728_641, title: "方針: 外部共有", policy_type: "AUDIT", severity: 1, story: 5, service: (20_892, "Microsoft SharePoint Online"), plot: Plot::Activity },
    Alarm { type_number: 15_728_642, title: "block png files", policy_type: "FILE", severity: 0, story: 3, service: (15_600, "Microsoft OneDrive for Business"), plot: Plot::File },
    Alarm { type_number: 15_859_716, title: "Impossible travel activity", policy_type: "ANOMALY_DETECTION", severity: 1, story: 0, service: (11_161, "Office 365"), plot: Plot::Travel },
    Alarm { type_number: 15_859_721, title: "Suspicious administrative activity", policy_type: "ANOMALY_DETECTION", severity: 2, story: 1, service: (12_260, "Microsoft Azure"), plot: Plot::Activity },
    Alarm { type_number: 15_795_464, title: "Honeytoken activity", policy_type: "ANOMALY_DETECTION", severity: 2, story: 0, service: (20_940, "Active Directory"), plot: Plot::Identity },
    Alarm { type_number: 196_608, title: "New country", policy_type: "ANOMALY_DETECTION", severity: 3, story: 0, service: (11_770, "Google Workspace"), plot: Plot::Travel },
    Alarm { type_number: 15_794_945, title: "App connector disconnected", policy_type: "", severity: 3, story: 8, service: (10_489, "Box"), plot: Plot::System },
];

impl Draft {
    fn scene(self) -> (&'static Alarm, &'static Person, Dice) {
        let mut dice = Dice::new(self.seed);
        (dice.pick(ALARMS), dice.pick(PEOPLE), dice)
    }

    /// The `_id`, whose first four bytes are the second of the alert, and when lists begin to show
    /// it.
    pub fn id_and_visible(self, at_ms: i64) -> (String, i64) {
        let (_, _, mut dice) = self.scene();
        let id = format!("{:08x}{}", (at_ms / 1000) & 0xffff_ffff, dice.hex(16));
        let late = 60_000 + i64::try_from(dice.below(300_000)).unwrap_or(0);
        (id, at_ms + late)
    }

    /// Draws the story.
    pub fn tell(self) -> Told {
        let (alarm, person, mut dice) = self.scene();
        let policy = format!(
            "5f01dce13de7{:012x}",
            alarm.title.len() * 7_919 + alarm.title.as_bytes()[0] as usize
        );
        let description = describe(alarm, person, &mut dice);
        let entities = entities(alarm, person, &policy, &mut dice);
        Told {
            alarm,
            person,
            policy,
            description,
            entities,
            dice,
        }
    }

    /// Appends the record's JSON.
    pub fn write(self, record: &Record, out: &mut String) {
        let Told {
            alarm,
            policy,
            description,
            entities,
            mut dice,
            ..
        } = self.tell();
        let start = out.len();
        Object::write(out, |o| {
            o.clean("_id", &record.id);
            o.number("timestamp", record.at_ms);
            o.objects("entities", &entities, |entity, o| entity.write(o));
            o.text("title", alarm.title);
            o.text("description", &description);
            o.flag("isMarkdown", false);
            o.raw("stories", &format!("[{}]", alarm.story));
            if alarm.policy_type == "FILE" || alarm.policy_type == "AUDIT" {
                o.object("policy", |o| {
                    o.text("id", &policy);
                    o.text("label", alarm.title);
                    o.text("policyType", alarm.policy_type);
                    o.text("type", "policyRule");
                });
            }
            o.clean("contextId", TENANT_GUID);
            if alarm.plot != Plot::System {
                o.number("threatScore", i64::try_from(dice.below(150)).unwrap_or(0));
            }
            o.flag("isSystemAlert", alarm.plot == Plot::System);
            o.flag("is_open", true);
            o.number("idValue", alarm.type_number);
            o.number("statusValue", 1);
            o.number("severityValue", alarm.severity);
            o.number("resolutionStatusValue", 0);
            // texts of this API are sometimes the word null
            o.text("handledByUser", "null");
            o.text("comment", "null");
            if !record.audits.is_empty() && dice.percent(50) {
                o.texts("audits", &record.audits);
            }
            o.text("URL", &format!("{PORTAL}/#/alerts/{}", record.id));
            let room = self.size.saturating_sub(o.written() - start + 30);
            o.clean("threatScoreReasoning", &dice.hex(room));
        });
    }
}

fn describe(alarm: &Alarm, person: &Person, dice: &mut Dice) -> String {
    match alarm.plot {
        Plot::Activity => format!(
            "<p>Activity policy '{}' was triggered by '{} ({})'</p><br>See <a href=\"#/subnet\">addresses</a> &amp; details",
            alarm.title, person.name, person.upn
        ),
        Plot::File => format!(
            "File policy '{}' __siteIcon__ was matched by '{}'",
            alarm.title,
            dice.pick(FILES)
        ),
        Plot::Travel => format!(
            "The user {} ({}) was active from {} and {} within {} minutes.\nIf these are VPN addresses, <a href=\"#/subnet\">tag them</a>.",
            person.name,
            person.upn,
            dice.pick(PLACES).1,
            dice.pick(PLACES).1,
            dice.below(50) + 5
        ),
        Plot::Identity => format!(
            "{} performed {} suspicious activities",
            person.name,
            dice.below(20) + 2
        ),
        Plot::System => format!(
            "The connection to {} was lost &mdash; reconnect it.",
            alarm.service.1
        ),
    }
}

/// An entry of `entities`.
pub struct Entity {
    pub kind: &'static str,
    pub id: String,
    pub label: String,
    more: More,
}

/// What only some entities carry.
enum More {
    Nothing,
    Policy(&'static str),
    /// The user's principal name.
    Account(&'static str),
    /// `entityRole` of Defender for Identity.
    Role(&'static str),
    /// The address that set the alert off.
    Trigger,
}

impl Entity {
    fn new(kind: &'static str, id: &str, label: &str, more: More) -> Self {
        Self {
            kind,
            id: id.to_owned(),
            label: label.to_owned(),
            more,
        }
    }

    fn write(&self, o: &mut Object<'_>) {
        if self.kind == "service" {
            o.raw("id", &self.id);
        } else {
            o.text("id", &self.id);
        }
        o.text("label", &self.label);
        o.text("type", self.kind);
        match self.more {
            More::Nothing => {}
            More::Policy(kind) => o.text("policyType", kind),
            More::Account(upn) => {
                o.text("pa", upn);
                o.text("em", upn);
                o.number("saas", 11_161);
                o.number("inst", 0);
                o.number("entityType", 2);
            }
            More::Role(role) => o.text("entityRole", role),
            More::Trigger => o.flag("triggeredAlert", true),
        }
    }
}

fn entities(alarm: &Alarm, person: &'static Person, policy: &str, dice: &mut Dice) -> Vec<Entity> {
    let mut all = Vec::new();
    if !alarm.policy_type.is_empty() {
        all.push(Entity::new(
            "policyRule",
            policy,
            alarm.title,
            More::Policy(alarm.policy_type),
        ));
    }
    all.push(Entity::new(
        "service",
        &alarm.service.0.to_string(),
        alarm.service.1,
        More::Nothing,
    ));
    if alarm.plot == Plot::System {
        return all;
    }
    all.push(Entity::new(
        "account",
        person.guid,
        person.name,
        More::Account(person.upn),
    ));
    match alarm.plot {
        Plot::File => all.push(Entity::new(
            "file",
            &format!("{}|{}", dice.guid(), dice.guid()),
            dice.one_of(FILES),
            More::Nothing,
        )),
        Plot::Identity => {
            for role in ["Source", "Related", "Related"] {
                let computer = *dice.pick(COMPUTERS);
                all.push(Entity::new(
                    "device",
                    &dice.guid(),
                    computer,
                    More::Role(role),
                ));
            }
            return all;
        }
        _ => {
            for _ in 0..=dice.below(2) {
                let address = cast::address(dice);
                all.push(Entity::new("ip", &address, &address, More::Trigger));
            }
            let country = dice.pick(PLACES).0;
            all.push(Entity::new("country", country, country, More::Nothing));
        }
    }
    all.push(Entity::new("user", person.upn, person.upn, More::Nothing));
    all
}
