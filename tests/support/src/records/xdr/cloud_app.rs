//! A row of `CloudAppEvents`: what was done in an app, its objects decoded (successors §3.3, §8).

use serde_json::{Value, json};

use super::Record;
use crate::records::activity::Draft;
use crate::records::cast::Person;
use crate::records::deeds::{Deed, Plot};
use crate::records::story::Thing;

/// Where the files of the story lie.
const SHARE: &str = "https://contoso-my.sharepoint.com/personal/shared/Documents/";

/// The row of a story.
pub(super) fn row(record: &Record, draft: Draft) -> Value {
    let mut told = draft.tell();
    let (deed, person, place, agent) = (told.deed, told.person, told.place, told.agent);
    let with_address = told.dice.percent(50);
    let things: Vec<&Thing> = told.story.objects.iter().collect();
    let objects: Vec<Value> = things
        .iter()
        .map(|thing| object(thing, deed, with_address))
        .collect();
    let target = objects
        .iter()
        .find(|object| object["Role"] == "Target object");
    let target = target.cloned().unwrap_or_default();
    let is_upn = person.upn.contains('@') && told.dice.percent(25);
    let account_id = if is_upn { person.upn } else { person.guid };
    let raw = raw_event(deed, person, told.dice.below(4));
    // older rows of connectors have no objects, only the columns
    let bare = deed.plot == Plot::Report && told.dice.percent(30);
    json!({
        "Timestamp": record.at.to_string(),
        "ActionType": deed.operation,
        "Application": application(deed),
        "ApplicationId": deed.app.0,
        "AppInstanceId": 0,
        "AccountObjectId": person.guid,
        "AccountId": account_id,
        "AccountDisplayName": person.name,
        "IsAdminOperation": deed.plot == Plot::Command,
        "DeviceType": device_type(agent.3),
        "OSPlatform": os(agent.2),
        "IPAddress": told.address,
        "IsAnonymousProxy": false,
        "CountryCode": place.0,
        "City": place.1,
        "ISP": place.2,
        "UserAgent": told.user_agent(),
        "ActivityType": activity_type(deed),
        "ActivityObjects": if bare { Value::Null } else { objects.into() },
        "ObjectName": target["Name"],
        "ObjectType": target["Type"],
        "ObjectId": target["Id"],
        "ReportId": record.id,
        "AccountType": "Regular",
        "IsExternalUser": person.upn.contains("#EXT#"),
        "IsImpersonated": false,
        "IPTags": null,
        "IPCategory": null,
        "UserAgentTags": null,
        "RawEventData": raw,
        "AdditionalFields": {"IsSatelliteProvider": false},
        "LastSeenForUser": {"ActionType": 0, "ISP": 3, "IPAddress": -1},
        "UncommonForUser": ["IPAddress"],
        "AuditSource": "Defender for Cloud Apps app connector",
        "SessionData": null,
        "OAuthAppId": null,
    })
}

/// An entry of `ActivityObjects`.
fn object(thing: &Thing, deed: &Deed, with_address: bool) -> Value {
    let name = thing.name.as_deref();
    let is_file = thing.service_type == "File";
    let id = match (is_file && with_address, name) {
        (true, Some(name)) => SHARE.to_owned() + &in_address(name),
        _ => thing.id.clone(),
    };
    let kind = match (thing.obj_type, thing.service_type) {
        (1, "File" | "Task" | "Group" | "Device" | "Folder") => thing.service_type,
        (1, _) => "Site",
        (2 | 23, _) => "User",
        (21, _) => "Account",
        (6, _) => "Service",
        _ => "Structured object",
    };
    let mut object = json!({
        "Type": kind,
        "Role": match thing.role {
            1 => "Context service",
            2 => "Target object",
            3 => "Parameter",
            _ => "Actor",
        },
        "Id": id,
        "ApplicationId": deed.saas,
        "ApplicationInstance": 0,
    });
    // a nameless object has no name at all
    if let Some(name) = name {
        object["Name"] = name.into();
    }
    if kind == "Site" {
        object["ServiceObjectType"] = thing.service_type.into();
    }
    if kind == "Structured object" && name.is_some_and(|name| !name.is_empty()) {
        object["Value"] = thing.id.as_str().into();
    }
    object
}

/// What the app itself has written; who did it is in one of several places, or nowhere.
fn raw_event(deed: &Deed, person: &Person, place: u64) -> Value {
    let mut raw = json!({"Operation": deed.operation, "Workload": deed.app.1});
    match place {
        0 | 1 => raw["UserId"] = person.upn.into(),
        2 => raw["MailboxOwnerUPN"] = person.upn.into(),
        _ => return Value::Null,
    }
    raw
}

/// `Microsoft 365` is what was called Office 365.
pub(super) fn application(deed: &Deed) -> &'static str {
    match deed.app.1 {
        "Office 365" => "Microsoft 365",
        title => title,
    }
}

fn activity_type(deed: &Deed) -> &'static str {
    match deed.plot {
        Plot::Command => "Run",
        Plot::File if deed.operation == "FileUploaded" => "Upload",
        Plot::File => "Download",
        Plot::LogOn => "Login",
        Plot::Report => "View",
        Plot::Group => "Add",
        _ => "Basic",
    }
}

pub(super) fn device_type(kind: &str) -> Value {
    match kind {
        "DESKTOP" => "Desktop".into(),
        "MOBILE" => "Mobile".into(),
        _ => Value::Null,
    }
}

pub(super) fn os(name: &str) -> Value {
    match name {
        "windows" => "Windows 11".into(),
        "mac_os" => "OS X".into(),
        "ios" => "iOS".into(),
        _ => Value::Null,
    }
}

/// A file's name as part of an address.
fn in_address(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => out.push(byte.into()),
            _ => out.push_str(&format!("%{byte:02x}")),
        }
    }
    out
}
