//! Rows, alerts, incidents and behaviors of Defender XDR as dirty as they come: any cell may be
//! anything that a reference shows of any column (successors.md §3.3), or something else.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

use super::{address, text};

/// The same records in every run, with the list that each is of.
pub fn records(count: usize) -> Vec<(&'static str, String)> {
    let mut runner = TestRunner::deterministic();
    let lists = prop_oneof![
        row("CloudAppEvents", CLOUD_APP),
        row("IdentityLogonEvents", IDENTITY),
        row("IdentityQueryEvents", QUERY),
        row("IdentityDirectoryEvents", IDENTITY),
        behavior(),
        alert(),
        incident(),
    ];
    let mut one = || {
        let tree = lists
            .new_tree(&mut runner)
            .expect("nothing is filtered out");
        let (list, record) = tree.current();
        (list, record.to_string())
    };
    (0..count).map(|_| one()).collect()
}

const CLOUD_APP: &[&str] = &[
    "ActionType",
    "Application",
    "ApplicationId",
    "AccountId",
    "AccountDisplayName",
    "AccountObjectId",
    "IPAddress",
    "UserAgent",
    "ActivityType",
    "ObjectName",
    "ObjectType",
    "ObjectId",
    "RawEventData",
    "AdditionalFields",
    "IsAdminOperation",
    "IPTags",
];

const IDENTITY: &[&str] = &[
    "ActionType",
    "Application",
    "FailureReason",
    "AccountName",
    "AccountDomain",
    "AccountUpn",
    "AccountDisplayName",
    "AccountObjectId",
    "DeviceName",
    "IPAddress",
    "Port",
    "DestinationDeviceName",
    "TargetDeviceName",
    "TargetAccountUpn",
    "TargetAccountDisplayName",
];

const QUERY: &[&str] = &[
    "ActionType",
    "Application",
    "QueryTarget",
    "Query",
    "Protocol",
    "AccountName",
    "AccountDomain",
    "AccountUpn",
    "DestinationDeviceName",
    "IPAddress",
];

/// What a cell may hold.
fn cell() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => text().prop_map(Value::from),
        2 => address().prop_map(Value::from),
        2 => Just(Value::Null),
        1 => Just(json!({})),
        1 => Just(json!([])),
        1 => any::<bool>().prop_map(Value::from),
        1 => prop_oneof![Just(json!(0)), Just(json!(1)), Just(json!(-1)), Just(json!(15_600))],
        1 => Just(json!(7)),
        1 => prop_oneof![Just("0"), Just("null"), Just(""), Just(" "), Just("none specified")]
            .prop_map(Value::from),
        1 => Just(json!("gwen_fabrikam.com#EXT#@contoso.onmicrosoft.com")),
        1 => Just(json!("<p>議事録 &amp; <b>x</b>=y|z\\\n</p>")),
        1 => text().prop_map(|text| json!({"UserId": text, "userid": [text]})),
        1 => text().prop_map(|text| json!(json!({"ACTOR.X": text, "TO.Y": 7}).to_string())),
        1 => Just(json!("{\"UserId\":")),
    ]
}

/// What says nothing where an id or a time must be.
fn nothing() -> impl Strategy<Value = Value> {
    let ways = [
        Value::Null,
        json!(""),
        json!("null"),
        json!({}),
        json!([]),
        json!(false),
    ];
    proptest::sample::select(ways.to_vec())
}

/// Cells under these names; some are written small, some are missing.
fn cells(names: &'static [&'static str]) -> impl Strategy<Value = Map<String, Value>> {
    let one = (0..6_u8, cell());
    proptest::collection::vec(one, names.len()).prop_map(move |drawn| {
        let mut cells = Map::new();
        for (name, (form, value)) in names.iter().zip(drawn) {
            match form {
                0 => {}
                1 => {
                    let small = name[..1].to_lowercase() + &name[1..];
                    cells.insert(small, value);
                }
                _ => {
                    cells.insert((*name).to_owned(), value);
                }
            }
        }
        cells
    })
}

/// An id and a time as a record has them; one in ten is not what it should be.
fn id_and_time() -> impl Strategy<Value = (Value, Value)> {
    let id = prop_oneof![
        9 => "[a-f0-9]{8}_[0-9]{3}".prop_map(Value::from),
        1 => nothing(),
    ];
    let time = prop_oneof![
        9 => (0..60_u8, "(\\.[0-9]{1,7})?")
            .prop_map(|(second, rest)| json!(format!("2026-11-10T10:31:{second:02}{rest}Z"))),
        1 => nothing(),
    ];
    (id, time)
}

/// Lists of objects: none, a few, a heap; as a list, or as JSON text.
fn objects() -> impl Strategy<Value = Value> {
    let role = prop_oneof![
        "Target object",
        "Parameter",
        "Actor",
        "Context service",
        "\\PC{0,4}"
    ];
    let kind = prop_oneof!["File", "User", "Group", "Structured object", "[a-z ]{0,4}"];
    let object = prop_oneof![
        9 => (role, kind, cell(), cell(), cell(), cell()).prop_map(
            |(role, kind, name, id, value, service)| json!({
                "Role": role, "Type": kind, "Name": name, "Id": id, "Value": value,
                "ServiceObjectType": service,
            }),
        ),
        1 => cell(),
    ];
    let list = prop_oneof![
        8 => proptest::collection::vec(object.clone(), 0..5),
        1 => (object, 50..3000_usize).prop_map(|(object, times)| vec![object; times]),
    ];
    (list, 0..8_u8).prop_map(|(list, form)| match form {
        0 => Value::Null,
        1 => json!(Value::from(list).to_string()),
        _ => list.into(),
    })
}

fn row(
    table: &'static str,
    names: &'static [&'static str],
) -> impl Strategy<Value = (&'static str, Value)> {
    (id_and_time(), cells(names), objects(), cell()).prop_map(
        move |((id, time), mut row, objects, more)| {
            row.insert("ReportId".to_owned(), id);
            row.insert("Timestamp".to_owned(), time);
            // by these its table is told
            let (key, value) = match table {
                "CloudAppEvents" => ("ActivityObjects", objects),
                "IdentityLogonEvents" => ("LogonType", Value::Null),
                "IdentityQueryEvents" => ("QueryType", more.clone()),
                _ => ("AdditionalFields", more.clone()),
            };
            row.insert(key.to_owned(), value);
            row.remove("additionalFields");
            row.insert("AdditionalFields".to_owned(), more);
            (table, row.into())
        },
    )
}

fn behavior() -> impl Strategy<Value = (&'static str, Value)> {
    const NAMES: &[&str] = &[
        "ActionType",
        "Title",
        "Description",
        "AccountUpn",
        "AccountObjectId",
        "Categories",
    ];
    const ENTITY: &[&str] = &[
        "EntityType",
        "RemoteIP",
        "AccountUpn",
        "AccountName",
        "AccountDomain",
        "Application",
        "ApplicationId",
    ];
    let entities = proptest::collection::vec(cells(ENTITY), 0..4);
    let times = (id_and_time(), id_and_time());
    let all = (id_and_time(), times, cells(NAMES), entities);
    all.prop_map(|((id, time), ((_, start), (_, end)), mut row, entities)| {
        row.insert("StartTime".to_owned(), start);
        row.insert("EndTime".to_owned(), end);
        row.insert("BehaviorId".to_owned(), id);
        row.insert("Timestamp".to_owned(), time);
        let kinds = ["User", "Ip", "CloudApplication"].into_iter().cycle();
        let entities = entities.into_iter().zip(kinds).map(|(mut entity, kind)| {
            entity.remove("entityType");
            entity.insert("EntityType".to_owned(), kind.into());
            Value::from(entity)
        });
        row.insert("Entities".to_owned(), entities.collect());
        ("BehaviorInfo", row.into())
    })
}

/// Keys as Graph writes them: those of a collection have one spelling.
fn members(names: &'static [&'static str]) -> impl Strategy<Value = Map<String, Value>> {
    proptest::collection::vec(cell(), names.len()).prop_map(move |cells| {
        let names = names.iter().map(|name| (*name).to_owned());
        names.zip(cells).collect()
    })
}

fn alert() -> impl Strategy<Value = (&'static str, Value)> {
    const NAMES: &[&str] = &[
        "title",
        "description",
        "severity",
        "category",
        "detectorId",
        "alertPolicyId",
        "alertWebUrl",
        "serviceSource",
        "status",
    ];
    let kinds = prop_oneof![
        "user",
        "ip",
        "cloudApplication",
        "oauthApplication",
        "mailbox",
        "file",
        "[a-z]{3,9}"
    ];
    let one = (kinds, cell(), cell(), cell(), objects()).prop_map(|(kind, a, b, c, heap)| {
        json!({
            "@odata.type": format!("#microsoft.graph.security.{kind}Evidence"),
            "roles": ["source", a], "ipAddress": a, "appId": b, "saasAppId": c, "displayName": a,
            "upn": b, "primaryAddress": c, "more": heap,
            "userAccount": {"userPrincipalName": a, "displayName": b, "accountName": c,
                "domainName": a},
        })
    });
    let one = prop_oneof![9 => one, 1 => cell()];
    let evidence = proptest::collection::vec(one, 0..4);
    let first = id_and_time();
    (id_and_time(), first, members(NAMES), evidence, 0..6_u8).prop_map(
        |((id, time), (_, first), mut alert, evidence, form)| {
            alert.insert("firstActivityDateTime".to_owned(), first);
            let id = match id.as_str() {
                Some(id) => json!(format!("ca{id}")),
                None => id,
            };
            alert.insert("id".to_owned(), id);
            alert.insert("createdDateTime".to_owned(), time.clone());
            alert.insert("lastUpdateDateTime".to_owned(), time);
            let evidence = if form == 0 {
                Value::Null
            } else {
                evidence.into()
            };
            alert.insert("evidence".to_owned(), evidence);
            ("alerts_v2", alert.into())
        },
    )
}

fn incident() -> impl Strategy<Value = (&'static str, Value)> {
    const NAMES: &[&str] = &[
        "displayName",
        "description",
        "severity",
        "status",
        "assignedTo",
        "classification",
        "determination",
        "redirectIncidentId",
        "incidentWebUrl",
    ];
    let tags = prop_oneof![
        1 => nothing(),
        2 => proptest::collection::vec(text(), 0..3).prop_map(Value::from),
    ];
    (id_and_time(), members(NAMES), tags).prop_map(|((id, time), mut incident, tags)| {
        incident.insert("customTags".to_owned(), tags);
        incident.insert(
            "systemTags".to_owned(),
            json!(["Defender Experts", null, 7]),
        );
        incident.insert("id".to_owned(), id);
        incident.insert("createdDateTime".to_owned(), time.clone());
        incident.insert("lastUpdateDateTime".to_owned(), time);
        ("incidents", incident.into())
    })
}
