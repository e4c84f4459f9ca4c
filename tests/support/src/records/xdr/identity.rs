//! Rows of the three Identity tables: log-ons, queries, changes of the directory (successors.md
//! §3.3, §8).

use serde_json::{Value, json};

use super::cloud_app::{application, device_type, os};
use super::{List, Record};
use crate::records::activity::{Draft, Told};
use crate::records::cast::Person;
use crate::records::deeds::Plot;

/// The domain of the story's directory.
const DOMAIN: &str = "contoso.com";

/// The row of a story. All three tables share most columns; the answer keeps those of its own.
pub(super) fn row(record: &Record, draft: Draft) -> Value {
    let mut told = draft.tell();
    let deed = told.deed;
    let names: Vec<String> = (told.story.objects.iter())
        .filter(|thing| thing.service_type == "Device")
        .filter_map(|thing| thing.name.clone())
        .collect();
    let is_of_the_directory = deed.app.0 == 20_940;
    let account = account(&mut told);
    let reason = match deed.plot {
        Plot::FailedLogOn => Value::from(told.dice.one_of(&[
            "WrongPassword",
            "The user didn't answer \"Approve sign-in?\" in time",
            "AccountDisabled",
        ])),
        _ => Value::Null,
    };
    let device = |nth: usize| names.get(nth).cloned().map_or(Value::Null, Value::from);
    let target = told.story.objects.iter().find(|thing| thing.role == 2);
    let target = target.filter(|thing| thing.obj_type == 2);
    let target_upn = target.map_or(Value::Null, |thing| json!(thing.name));
    let mut row = json!({
        "Timestamp": record.at.to_string(),
        "ActionType": match (record.list, deed.plot) {
            (List::IdentityLogonEvents, Plot::FailedLogOn) => "LogonFailed",
            (List::IdentityLogonEvents, _) => "LogonSuccess",
            _ => deed.operation,
        },
        "Application": application(deed),
        "LogonType": match deed.plot {
            Plot::FailedLogOn => "Failed logon",
            Plot::Computer => "Credentials validation",
            _ => "Login:reprocess",
        },
        "Protocol": match (is_of_the_directory, deed.operation) {
            (false, _) => Value::Null,
            (true, "SAMR query") => "Samr".into(),
            (true, "DNS query") => "Dns".into(),
            (true, "LDAP query") => "Ldap".into(),
            (true, _) => "Kerberos".into(),
        },
        "FailureReason": reason,
        "IPAddress": if told.address.is_empty() { Value::Null } else { json!(told.address) },
        "Port": null,
        "Location": told.place.0,
        "ISP": told.place.2,
        "DeviceName": device(0),
        "DeviceType": if is_of_the_directory { Value::Null } else { device_type(told.agent.3) },
        "OSPlatform": if is_of_the_directory { Value::Null } else { os(told.agent.2) },
        "DestinationDeviceName": device(1),
        "DestinationIPAddress": if is_of_the_directory { json!("192.0.2.10") } else { Value::Null },
        "DestinationPort": null,
        "TargetDeviceName": null,
        "TargetAccountUpn": target_upn,
        "TargetAccountDisplayName": target_upn,
        "ReportId": record.id,
        "AdditionalFields": additional(&mut told, &names),
    });
    if record.list == List::IdentityQueryEvents {
        query(&mut told, &mut row);
    }
    for (key, value) in account {
        row[key] = value;
    }
    row
}

/// Who did it: most rows of the directory have no UPN, those of a computer nobody at all.
fn account(told: &mut Told) -> Vec<(&'static str, Value)> {
    let person: &Person = told.person;
    let name = person.upn.split('@').next().unwrap_or_default();
    let mut says = [
        ("AccountUpn", ""),
        ("AccountName", ""),
        ("AccountDomain", ""),
    ];
    let mut more = [("AccountDisplayName", ""), ("AccountObjectId", "")];
    if !told.deed.plot.is_of_a_computer() {
        match told.dice.below(4) {
            0 => (says[1].1, says[2].1) = (name, DOMAIN),
            1 => more[0].1 = person.name,
            _ if person.upn.contains('@') => {
                says[0].1 = person.upn;
                (says[1].1, says[2].1) = (name, DOMAIN);
                more[0].1 = person.name;
            }
            _ => says[1].1 = person.upn,
        }
        more[1].1 = person.guid;
    }
    let or_null = |text: &str| {
        if text.is_empty() {
            Value::Null
        } else {
            json!(text)
        }
    };
    (says.into_iter().chain(more))
        .map(|(key, text)| (key, or_null(text)))
        .collect()
}

/// `AdditionalFields` with its keys in families; some rows have none of them.
fn additional(told: &mut Told, devices: &[String]) -> Value {
    if told.dice.percent(30) {
        return json!({"Count": "1"});
    }
    let mut fields = json!({"Count": "1", "Request ID": told.dice.guid(), "ACTOR.DEVICE": ""});
    if let [from, rest @ ..] = devices {
        fields["FROM.DEVICE"] = from.as_str().into();
        if let [to, ..] = rest {
            fields["TO.DEVICE"] = to.as_str().into();
        }
    }
    if !told.deed.plot.is_of_a_computer() {
        fields["ACTOR.ENTITY_USER"] = told.person.name.into();
        fields["ACTOR.ALIAS"] = told.person.name.into();
        fields["ARG.CLOUD_SERVICE"] = told.deed.app.1.into();
    }
    fields
}

/// What was asked of the directory.
fn query(told: &mut Told, row: &mut Value) {
    let (kind, query) = match told.deed.operation {
        "SAMR query" => ("QueryUser", ""),
        "DNS query" => ("Srv", ""),
        _ => ("LdapSearch", "(&(objectClass=user)(adminCount=1))"),
    };
    row["QueryType"] = kind.into();
    row["QueryTarget"] = match told.dice.below(3) {
        0 => Value::Null,
        1 => "_ldap._tcp.dc._msdcs.contoso.com".into(),
        _ => "krbtgt".into(),
    };
    row["Query"] = if query.is_empty() {
        Value::Null
    } else {
        query.into()
    };
    row["IsAdminOperation"] = false.into();
}
