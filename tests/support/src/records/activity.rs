//! Activities: what people, programs and computers did, in the shape the API gives them (reference §1.12).

use super::Record;
use super::cast::{
    self, AGENTS, COMPUTERS, FILES, PEOPLE, PLACES, Person, TENANT_GUID, TENANT_NUMBER,
};
use super::json::Object;
use crate::dice::Dice;

/// An activity that is not written yet.
#[derive(Debug, Clone, Copy)]
pub struct Draft {
    pub seed: u64,
    /// Size to pad to, bytes.
    pub size: usize,
}

/// Something that can be done in an app.
#[derive(Debug)]
struct Deed {
    /// How often it is drawn, beside the others.
    weight: u64,
    app: (i64, &'static str),
    /// `saasId`, where it is not the app.
    saas: i64,
    event_type: i64,
    type_value: &'static str,
    type_name: &'static str,
    /// `description_metadata.event_category`; absent where empty.
    label: &'static str,
    operation: &'static str,
    id: IdShape,
    plot: Plot,
}

/// How an id is made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IdShape {
    /// `<tenant>_<app>_<guid>`: Office 365.
    TenantAppGuid,
    /// `<tenant>_<ms>_<32 hex>`: Cloud App Security's own, saved at once.
    Own,
    /// 64 hex: Entra, Azure.
    Hex64,
    /// `<guid>_<tenant>_<ms>_20940`: Defender for Identity.
    Identity,
    /// `<hex>_11770`: Google.
    Google,
}

/// What the record tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plot {
    LogOn,
    FailedLogOn,
    File,
    /// No category, a nameless folder among the objects.
    Basic,
    /// A task with parameters, markup and line breaks.
    Command,
    Report,
    /// A computer acts; there is no user.
    Computer,
    /// An administrator's group change with a target.
    Group,
}

const fn deed(
    weight: u64,
    app: (i64, &'static str),
    saas: i64,
    event: (i64, &'static str, &'static str),
    words: (&'static str, &'static str),
    id: IdShape,
    plot: Plot,
) -> Deed {
    let (event_type, type_value, type_name) = event;
    let (label, operation) = words;
    Deed {
        weight,
        app,
        saas,
        event_type,
        type_value,
        type_name,
        label,
        operation,
        id,
        plot,
    }
}

const ONEDRIVE: (i64, &str) = (15_600, "Microsoft OneDrive for Business");
const SHAREPOINT: (i64, &str) = (20_892, "Microsoft SharePoint Online");
const EXCHANGE: (i64, &str) = (20_893, "Microsoft Exchange Online");
const OFFICE: (i64, &str) = (11_161, "Office 365");
const AZURE: (i64, &str) = (12_260, "Microsoft Azure");
const PORTAL: (i64, &str) = (20_595, "Microsoft Cloud App Security");
const DIRECTORY: (i64, &str) = (20_940, "Active Directory");
const GOOGLE: (i64, &str) = (11_770, "Google Workspace");
const SERVICENOW: (i64, &str) = (14_509, "ServiceNow");
const SALESFORCE: (i64, &str) = (11_114, "Salesforce");

#[rustfmt::skip]
static DEEDS: &[Deed] = &[
    deed(18, ONEDRIVE, 15_600, (233_581, "EVENT_O365_ONEDRIVE_FILE_DOWNLOADED", "EVENT_CATEGORY_DOWNLOAD_FILE"), ("Download file", "FileDownloaded"), IdShape::TenantAppGuid, Plot::File),
    deed(10, SHAREPOINT, 20_892, (233_590, "EVENT_O365_SHAREPOINT_FILE_UPLOADED", "EVENT_CATEGORY_UPLOAD_FILE"), ("Upload file", "FileUploaded"), IdShape::TenantAppGuid, Plot::File),
    deed(14, ONEDRIVE, 15_600, (233_580, "EVENT_O365_ONEDRIVE_GENERIC", "EVENT_CATEGORY_UNSPECIFIED"), ("", "FilePreviewed"), IdShape::TenantAppGuid, Plot::Basic),
    deed(14, EXCHANGE, 11_161, (233_470, "EVENT_O365_EXCHANGE_GENERIC", "EVENT_CATEGORY_RUN_COMMAND"), ("Run command", "Set-Mailbox"), IdShape::TenantAppGuid, Plot::Command),
    deed(12, OFFICE, 11_161, (2_293_760, "EVENT_AAD_LOGIN", "EVENT_CATEGORY_LOGIN"), ("Log on", "OAuth2:Authorize"), IdShape::Hex64, Plot::LogOn),
    deed(10, AZURE, 12_260, (2_293_761, "EVENT_AAD_LOGIN_FAILED", "EVENT_CATEGORY_FAILED_LOGIN"), ("Failed log on", "SAS:ProcessAuth"), IdShape::Hex64, Plot::FailedLogOn),
    deed(6, PORTAL, 20_595, (917_504, "EVENT_ADALLOM_LOGIN", "EVENT_CATEGORY_LOGIN"), ("Log on", "login"), IdShape::Own, Plot::LogOn),
    deed(6, DIRECTORY, 20_940, (1_048_576, "EVENT_AATP_COMPUTER_LOGIN", "EVENT_CATEGORY_LOGIN"), ("Log on", "Kerberos"), IdShape::Identity, Plot::Computer),
    deed(4, SERVICENOW, 14_509, (458_770, "EVENT_SERVICENOW_VIEW_REPORT", "EVENT_CATEGORY_VIEW_REPORT"), ("View report", "view_report"), IdShape::TenantAppGuid, Plot::Report),
    deed(3, SALESFORCE, 11_114, (131_090, "EVENT_SALESFORCE_REPORT_VIEW", "EVENT_CATEGORY_VIEW_REPORT"), ("View report", "ReportView"), IdShape::TenantAppGuid, Plot::Report),
    deed(3, GOOGLE, 11_770, (700_100, "EVENT_GOOGLE_ADD_TO_GROUP", "EVENT_CATEGORY_ADD_USER_TO_GROUP"), ("Add member to group", "ADD_GROUP_MEMBER"), IdShape::Google, Plot::Group),
];

/// Reasons of failed log-ons, with the quotes and marks the service escapes.
static FAILURES: &[&str] = &[
    "The user didn't answer \"Approve sign-in?\" in time",
    "Invalid username or password & no second factor",
    "Blocked by <Conditional Access> policy",
];

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
        let mut left = dice.below(DEEDS.iter().map(|deed| deed.weight).sum());
        let deed = DEEDS
            .iter()
            .find(|deed| {
                let found = left < deed.weight;
                left = left.saturating_sub(deed.weight);
                found
            })
            .unwrap_or(&DEEDS[0]);
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

    /// Appends the record's JSON.
    pub fn write(self, record: &Record, out: &mut String) {
        let Scene {
            deed,
            person,
            mut dice,
            ..
        } = self.scene();
        let start = out.len();
        let story = Story::tell(deed, person, &mut dice);
        let address = if deed.plot == Plot::Computer && dice.percent(50) {
            String::new()
        } else {
            cast::address(&mut dice)
        };
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
            o.text("description", &story.description);
            o.object("description_metadata", |o| {
                if deed.label.is_empty() {
                    o.text("operation_name", deed.operation);
                } else {
                    o.text("event_category", deed.label);
                }
                o.text("colon", "");
                o.text("dash", "");
            });
            write_client(o, deed, &address, &mut dice);
            match deed.plot {
                Plot::FailedLogOn => {
                    o.object("user", |o| o.texts("userTags", &[cast::TENANT_GUID]));
                    o.object("failedUserData", |o| o.text("userName", person.upn));
                }
                Plot::Computer => {}
                _ => o.object("user", |o| {
                    o.text("userName", person.upn);
                    o.texts::<&str>("userTags", &[]);
                }),
            }
            o.object("mainInfo", |o| {
                o.objects("eventObjects", &story.objects, |thing, o| thing.write(o));
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
                o.clean("Audit", &dice.hex(room));
            });
        });
    }
}

fn write_client(o: &mut Object<'_>, deed: &Deed, address: &str, dice: &mut Dice) {
    let (country, city, provider) = *dice.pick(PLACES);
    let (agent, family, os, device) = *dice.pick(AGENTS);
    let agent = if deed.plot == Plot::Computer {
        ""
    } else {
        agent
    };
    o.object("device", |o| {
        o.text("clientIP", address);
        o.clean("userAgent", agent);
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

/// An entry of `mainInfo.eventObjects`.
struct Thing {
    obj_type: i64,
    role: i64,
    /// Left out where absent: a nameless object.
    name: Option<String>,
    id: String,
    service_type: &'static str,
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

    fn write(&self, o: &mut Object<'_>) {
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
struct Story {
    description: String,
    objects: Vec<Thing>,
}

impl Story {
    fn tell(deed: &Deed, person: &Person, dice: &mut Dice) -> Self {
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
