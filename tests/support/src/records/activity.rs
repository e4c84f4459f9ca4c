//! Activities: what people, programs and computers did, in the shape the API gives them (reference
//! §1.12).

use super::Record;
use super::cast::{self, AGENTS, Agent, PEOPLE, PLACES, Person, Place, TENANT_GUID, TENANT_NUMBER};
use super::deeds::{Deed, IdShape, Plot};
use super::json::Object;
use super::story::Story;
use crate::dice::Dice;

/// An activity that is not written yet.
#[derive(Debug, Clone, Copy)]
pub struct Draft {
    pub seed: u64,
    /// Size to pad to, bytes.
    pub size: usize,
    /// What can be done.
    pub deeds: &'static [Deed],
}

/// The whole story of an activity: what its record tells, and the one that the successors have of
/// it.
pub struct Told {
    pub deed: &'static Deed,
    pub person: &'static Person,
    pub story: Story,
    /// Of the client; empty where a computer has none.
    pub address: String,
    pub place: &'static Place,
    pub agent: &'static Agent,
    /// For what is drawn beyond the story.
    pub dice: Dice,
}

/// All that is drawn of an activity, its text apart.
struct Scene {
    deed: &'static Deed,
    delay_ms: i64,
    person: &'static Person,
    dice: Dice,
}

impl Draft {
    fn scene(self) -> Scene {
        let mut dice = Dice::new(self.seed);
        let mut left = dice.below(self.deeds.iter().map(|deed| deed.weight).sum());
        let deed = (self.deeds.iter())
            .find(|deed| {
                let found = left < deed.weight;
                left = left.saturating_sub(deed.weight);
                found
            })
            .unwrap_or(&self.deeds[0]);
        let delay = match deed.id {
            IdShape::Own => 30 + dice.below(100),
            _ => 240_000 + dice.below(120_000),
        };
        let person = dice.pick(PEOPLE);
        Scene {
            deed,
            delay_ms: i64::try_from(delay).unwrap_or(0),
            person,
            dice,
        }
    }

    /// The record's `_id` and `timestamp`, for a record saved at `created_ms`.
    pub fn id_and_date(self, created_ms: i64) -> (String, i64) {
        let Scene {
            deed,
            delay_ms,
            mut dice,
            ..
        } = self.scene();
        let id = match deed.id {
            IdShape::TenantAppGuid => format!("{TENANT_NUMBER}_{}_{}", deed.app.0, dice.guid()),
            IdShape::Own => format!("{TENANT_NUMBER}_{created_ms}_{}", dice.hex(32)),
            IdShape::Hex64 => dice.hex(64),
            IdShape::Identity => format!(
                "{}_{TENANT_NUMBER}_{created_ms}_{}",
                dice.guid(),
                deed.app.0
            ),
            IdShape::Google => format!("{}_{}", dice.hex(16), deed.app.0),
        };
        (id, created_ms - delay_ms)
    }

    /// Draws the story.
    pub fn tell(self) -> Told {
        let Scene {
            deed,
            person,
            mut dice,
            ..
        } = self.scene();
        let story = Story::tell(deed, person, &mut dice);
        let address = if deed.plot.is_of_a_computer() && dice.percent(50) {
            String::new()
        } else {
            cast::address(&mut dice)
        };
        let (place, agent) = (dice.pick(PLACES), dice.pick(AGENTS));
        Told {
            deed,
            person,
            story,
            address,
            place,
            agent,
            dice,
        }
    }

    /// Appends the record's JSON.
    pub fn write(self, record: &Record, out: &mut String) {
        let mut told = self.tell();
        let start = out.len();
        let (deed, person) = (told.deed, told.person);
        Object::write(out, |o| {
            o.clean("_id", &record.id);
            o.clean("uid", &record.id);
            o.number("tenantId", TENANT_NUMBER);
            o.clean("aadTenantId", TENANT_GUID);
            o.number("appId", deed.app.0);
            o.number("saasId", deed.saas);
            o.text("appName", deed.app.1);
            for (key, at) in [
                ("timestamp", record.at_ms),
                ("instantiation", record.created_ms - 40),
                ("created", record.created_ms),
            ] {
                o.number(key, at);
                o.number(&format!("{key}Raw"), at);
            }
            o.number("eventType", deed.event_type);
            o.clean("eventTypeValue", deed.type_value);
            o.clean("eventTypeName", deed.type_name);
            o.text("description", &told.story.description);
            o.object("description_metadata", |o| {
                if deed.label.is_empty() {
                    o.text("operation_name", deed.operation);
                } else {
                    o.text("event_category", deed.label);
                }
                o.text("colon", "");
                o.text("dash", "");
            });
            told.write_client(o);
            match deed.plot {
                Plot::FailedLogOn => {
                    o.object("user", |o| o.texts("userTags", &[cast::TENANT_GUID]));
                    o.object("failedUserData", |o| o.text("userName", person.upn));
                }
                plot if plot.is_of_a_computer() => {}
                _ => o.object("user", |o| {
                    o.text("userName", person.upn);
                    o.texts::<&str>("userTags", &[]);
                }),
            }
            o.object("mainInfo", |o| {
                o.objects("eventObjects", &told.story.objects, |thing, o| {
                    thing.write(o)
                });
                o.text("rawOperationName", deed.operation);
                o.text("prettyOperationName", deed.operation);
                o.object("activityResult", |o| {
                    o.flag("isSuccess", deed.plot != Plot::FailedLogOn)
                });
            });
            o.text("severity", "INFO");
            o.texts("classifications", &["access"]);
            o.number("confidenceLevel", 30);
            o.object("rawDataJson", |o| {
                o.text("Operation", deed.operation);
                // the service mixes spellings within one object
                o.number("Level", 4);
                o.text("level", "informational");
                let room = self.size.saturating_sub(o.written() - start + 16);
                o.clean("Audit", &told.dice.hex(room));
            });
        });
    }
}

impl Told {
    fn write_client(&self, o: &mut Object<'_>) {
        let (country, city, provider) = *self.place;
        let (_, family, os, device) = *self.agent;
        o.object("device", |o| {
            o.text("clientIP", &self.address);
            o.clean("userAgent", self.user_agent());
            o.text("countryCode", country);
        });
        o.object("location", |o| {
            o.text("countryCode", country);
            o.text("city", city);
            o.text("organizationSearchable", provider);
            o.number("category", 0);
            o.text("categoryValue", "null");
        });
        o.object("userAgent", |o| {
            o.text("family", family);
            o.text("os", os);
            o.text("deviceType", device);
        });
    }

    /// What the client calls itself; a computer of the directory says nothing.
    pub fn user_agent(&self) -> &'static str {
        match self.deed.plot {
            plot if plot.is_of_a_computer() => "",
            _ => self.agent.0,
        }
    }
}
