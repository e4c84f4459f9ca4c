//! A behavior: the anomaly itself in `BehaviorInfo`, who and what it is about in `BehaviorEntities`
//! (successors §3.3).

use serde_json::{Value, json};

use super::{Record, Ticks};
use crate::dice::Dice;
use crate::records::cast::{self, PEOPLE, PLACES, Person};

/// The kinds that raise no alert any more, and what their alerts were called.
pub(super) static KINDS: &[(&str, &str)] = &[
    (
        "ActivityFromInfrequentCountry",
        "Activity from infrequent country",
    ),
    ("ImpossibleTravelActivity", "Impossible travel activity"),
    ("MassDelete", "Mass delete"),
    ("MassDownload", "Mass download"),
    ("MassShare", "Mass share"),
    (
        "MultipleDeleteVmActivities",
        "Multiple delete VM activities",
    ),
    (
        "MultipleFailedLoginAttempts",
        "Multiple failed login attempts",
    ),
    (
        "MultiplePowerBiReportSharingActivities",
        "Multiple Power BI report sharing activities",
    ),
    (
        "MultipleVmCreationActivities",
        "Multiple VM creation activities",
    ),
    (
        "SuspiciousAdministrativeActivity",
        "Suspicious administrative activity",
    ),
    (
        "SuspiciousImpersonatedActivity",
        "Suspicious impersonated activity",
    ),
    (
        "SuspiciousOauthAppFileDownloadActivities",
        "Suspicious OAuth app file download activities",
    ),
    (
        "SuspiciousPowerBiReportSharing",
        "Suspicious Power BI report sharing",
    ),
    (
        "UnusualAdditionOfCredentialsToAnOauthApp",
        "Unusual addition of credentials to an OAuth app",
    ),
];

/// The app that it happened in.
const APP: (&str, i64) = ("Microsoft OneDrive for Business", 15_600);

/// The id of a behavior.
pub(super) fn id(seed: u64) -> String {
    let mut dice = Dice::new(!seed);
    format!("bc{}", dice.guid())
}

struct Scene {
    kind: &'static (&'static str, &'static str),
    person: &'static Person,
    /// Has the row of the behavior no user, only the rows of its entities?
    user_is_entity: bool,
    dice: Dice,
}

impl Scene {
    fn draw(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        Self {
            kind: dice.pick(KINDS),
            person: dice.pick(PEOPLE),
            user_is_entity: dice.percent(25),
            dice,
        }
    }
}

/// The row of `BehaviorInfo`.
pub(super) fn info(record: &Record, seed: u64) -> Value {
    let Scene {
        kind: (action, title),
        person,
        user_is_entity,
        mut dice,
    } = Scene::draw(seed);
    let upn = match user_is_entity || !person.upn.contains('@') {
        true => Value::Null,
        false => json!(person.upn),
    };
    let begin = record.at.ms() - 600_000;
    let (place, name, address) = (dice.pick(PLACES).1, person.name, person.upn);
    let description = format!("{name} ({address}) was active from {place} & <b>elsewhere</b>.");
    // in some rows the lists are lists, in most JSON text
    let listed = |items: Value, as_text: bool| match as_text {
        true => items.to_string().into(),
        false => items,
    };
    let as_text = dice.percent(75);
    let title = if dice.percent(80) {
        json!(title)
    } else {
        Value::Null
    };
    let start = if dice.percent(90) {
        json!(Ticks::of_ms(begin).to_string())
    } else {
        Value::Null
    };
    json!({
        "Timestamp": record.at.to_string(),
        "BehaviorId": record.id,
        "ActionType": action,
        "Description": description,
        "Categories": listed(json!(["InitialAccess"]), as_text),
        "AttackTechniques": listed(json!(["Valid Accounts (T1078)"]), as_text),
        "ServiceSource": "Microsoft Cloud App Security",
        "DetectionSource": "MCAS",
        "DataSources": listed(json!(["Microsoft 365"]), as_text),
        "DeviceId": null,
        "AccountUpn": upn,
        "AccountObjectId": person.guid,
        "StartTime": start,
        "EndTime": Ticks::of_ms(begin + 500_000).to_string(),
        "AdditionalFields": "{\"Count\":3}",
        "Title": title,
    })
}

/// The rows of `BehaviorEntities`.
pub(super) fn entities(record: &Record, seed: u64) -> Vec<Value> {
    let Scene {
        kind: (action, _),
        person,
        mut dice,
        ..
    } = Scene::draw(seed);
    let row = |kind: &str, role: &str| {
        json!({
            "Timestamp": record.at.to_string(),
            "BehaviorId": record.id,
            "ActionType": action,
            "ServiceSource": "Microsoft Cloud App Security",
            "DetectionSource": "MCAS",
            "EntityType": kind,
            "EntityRole": role,
            "AdditionalFields": "{}",
        })
    };
    let mut user = row("User", "Impacted");
    user["AccountObjectId"] = person.guid.into();
    match person.upn.split_once('@') {
        Some(_) => user["AccountUpn"] = person.upn.into(),
        None => {
            user["AccountName"] = person.upn.into();
            user["AccountDomain"] = "contoso.com".into();
        }
    }
    let mut app = row("CloudApplication", "Related");
    (app["Application"], app["ApplicationId"]) = (APP.0.into(), APP.1.into());
    let mut all = vec![app, user];
    for _ in 0..dice.below(3) {
        let mut ip = row("Ip", "Related");
        ip["RemoteIP"] = cast::address(&mut dice).into();
        all.push(ip);
    }
    dice.shuffle(&mut all);
    all
}
