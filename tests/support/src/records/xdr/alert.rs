//! An alert as Graph gives it (successors §2.3, §2.4): the twin of one of Cloud Apps, or one of
//! another product.

use serde_json::{Value, json};

use super::{Record, Ticks};
use crate::dice::Dice;
use crate::records::alert::{Draft, Plot};
use crate::records::cast::{self, FILES, PEOPLE, PLACES, Person, TENANT_GUID};

/// What all alerts have; those of a kind put their own into it.
fn frame(record: &Record, dice: &mut Dice) -> Value {
    let id = &record.id;
    let incident = dice.below(400) + 1;
    let status = match record.changes {
        0 => "new",
        _ => "inProgress",
    };
    let assigned = match record.changes {
        0 => Value::Null,
        _ => json!(PEOPLE[0].upn),
    };
    json!({
        "id": id,
        "providerAlertId": id.get(2..).unwrap_or_default(),
        "incidentId": incident.to_string(),
        "status": status,
        "severity": "low",
        "classification": null,
        "determination": null,
        "serviceSource": "microsoftDefenderForCloudApps",
        "detectionSource": "cloudAppSecurity",
        "productName": "Microsoft Defender for Cloud Apps",
        "detectorId": dice.guid(),
        "tenantId": TENANT_GUID,
        "title": "",
        "description": "",
        "recommendedActions": "",
        "category": "Exfiltration",
        "categories": ["Exfiltration"],
        "assignedTo": assigned,
        "alertWebUrl": format!("https://security.microsoft.com/alerts/{id}?tid={TENANT_GUID}"),
        "incidentWebUrl": super::incident::address(&incident.to_string()),
        "actorDisplayName": null,
        "threatDisplayName": null,
        "threatFamilyName": null,
        "mitreTechniques": ["T1530"],
        "createdDateTime": record.at.to_string(),
        "lastUpdateDateTime": record.updated.to_string(),
        "resolvedDateTime": null,
        "firstActivityDateTime": null,
        "lastActivityDateTime": null,
        "systemTags": [],
        "alertPolicyId": null,
        "additionalData": {},
        "customDetails": {},
        "investigationState": "unsupportedAlertType",
        "comments": [],
        "evidence": [],
    })
}

/// The same alert as one of Cloud Apps.
pub(super) fn twin(record: &Record, draft: Draft) -> Value {
    let mut told = draft.tell();
    let mut alert = frame(record, &mut told.dice);
    let alarm = told.alarm;
    alert["title"] = alarm.title.into();
    alert["description"] = told.description.as_str().into();
    alert["severity"] = ["low", "medium", "high", "informational"][severity(alarm.severity)].into();
    if matches!(alarm.policy_type, "FILE" | "AUDIT") {
        alert["alertPolicyId"] = told.policy.as_str().into();
    }
    let (category, detector) = match alarm.plot {
        Plot::Travel => ("InitialAccess", Value::Null),
        Plot::Identity => ("CredentialAccess", "HoneytokenActivity".into()),
        Plot::System => (
            "SuspiciousActivity",
            "MCAS_ALERT_MANAGEMENT_DISCONNECTED_API".into(),
        ),
        _ => ("Exfiltration", alert["detectorId"].clone()),
    };
    alert["category"] = category.into();
    alert["categories"] = json!([category]);
    alert["detectorId"] = detector;
    if alarm.plot != Plot::System {
        let last = record.at.ms() - i64::try_from(told.dice.below(600_000)).unwrap_or(0);
        alert["lastActivityDateTime"] = Ticks::of_ms(last).to_string().into();
        alert["firstActivityDateTime"] = Ticks::on_grid(last - 360_000).to_string().into();
    }
    let mut evidence = Vec::new();
    for entity in &told.entities {
        let found = match entity.kind {
            "user" => user(told.person, "compromised"),
            "ip" => ip(&entity.id, "source", &mut told.dice),
            "service" => app(alarm.service),
            "file" => file(&entity.label),
            _ => continue,
        };
        evidence.push(found);
    }
    strange(&mut evidence, &mut told.dice);
    let at = record.at.to_string();
    for one in evidence.iter_mut().filter(|one| one.is_object()) {
        one["createdDateTime"] = at.as_str().into();
    }
    alert["evidence"] = evidence.into();
    alert
}

fn severity(value: i64) -> usize {
    usize::try_from(value).unwrap_or(0).min(3)
}

/// Alerts that Cloud Apps had no record of, or none under this id.
struct Kind {
    source: &'static str,
    detection: &'static str,
    product: &'static str,
    detector: &'static str,
    title: &'static str,
    category: &'static str,
    severity: &'static str,
}

static KINDS: &[(&str, Kind)] = &[
    (
        "ma",
        Kind {
            source: "microsoftAppGovernance",
            detection: "appGovernanceDetection",
            product: "App Governance",
            detector: "f4e1a8b2-0001-4000-8000-00000000b001",
            title: "App with suspicious OAuth scope",
            category: "Persistence",
            severity: "medium",
        },
    ),
    (
        "aa",
        Kind {
            source: "microsoftDefenderForIdentity",
            detection: "microsoftDefenderForIdentity",
            product: "Microsoft Defender for Identity",
            detector: "SamrReconnaissance",
            title: "User and IP address reconnaissance (SMB)",
            category: "Discovery",
            severity: "high",
        },
    ),
    (
        "ad",
        Kind {
            source: "azureAdIdentityProtection",
            detection: "azureAdIdentityProtection",
            product: "Azure Active Directory Identity Protection",
            detector: "AnomalousToken",
            title: "Anomalous Token",
            category: "CredentialAccess",
            severity: "high",
        },
    ),
    (
        "rm",
        Kind {
            source: "microsoftDefenderForCloudApps",
            detection: "cloudAppSecurity",
            product: "Microsoft Defender for Cloud Apps",
            detector: "0b7a3c11-0002-4000-8000-00000000b002",
            title: "Ransomware activity",
            category: "Impact",
            severity: "unknownFutureValue",
        },
    ),
    (
        "ca",
        Kind {
            source: "microsoftDefenderForCloudApps",
            detection: "cloudAppSecurity",
            product: "Microsoft Defender for Cloud Apps",
            detector: "ALERT_CABINET_INLINE_EVENT_MATCH",
            title: "Block download | unmanaged",
            category: "",
            severity: "informational",
        },
    ),
    (
        "da",
        Kind {
            source: "microsoftDefenderForEndpoint",
            detection: "windowsDefenderAtp",
            product: "Microsoft Defender for Endpoint",
            detector: "e0da400f-affd-43ef-b1d5-afc2eb6f2756",
            title: "Suspicious PowerShell command line",
            category: "Execution",
            severity: "medium",
        },
    ),
];

/// The id of an alert of another product.
pub(super) fn other_id(seed: u64) -> String {
    let mut dice = Dice::new(seed);
    let (prefix, _) = dice.pick(KINDS);
    // what Graph calls so is a GUID: it has no record of Cloud Apps
    format!("{prefix}{}", dice.guid().to_uppercase())
}

/// An alert of another product.
pub(super) fn other(record: &Record, seed: u64) -> Value {
    let mut dice = Dice::new(seed);
    let (_, kind) = dice.pick(KINDS);
    let mut alert = frame(record, &mut dice);
    for (key, text) in [
        ("serviceSource", kind.source),
        ("detectionSource", kind.detection),
        ("productName", kind.product),
        ("detectorId", kind.detector),
        ("title", kind.title),
        ("category", kind.category),
        ("severity", kind.severity),
    ] {
        alert[key] = text.into();
    }
    alert["categories"] = match kind.category {
        "" => json!(["Exfiltration", "Impact"]),
        category => json!([category]),
    };
    let person = dice.pick(PEOPLE);
    let place = dice.pick(PLACES).1;
    alert["description"] =
        format!("{} ({}) in {place} did it & more", person.name, person.upn).into();
    if dice.percent(50) {
        alert["lastActivityDateTime"] = Ticks::of_ms(record.at.ms() - 5000).to_string().into();
    }
    let mut evidence = vec![
        user(dice.pick(PEOPLE), "contextual"),
        user(person, "compromised"),
    ];
    let address = cast::address(&mut dice);
    evidence.push(ip(&address, "contextual", &mut dice));
    let address = cast::address(&mut dice);
    evidence.push(ip(&address, "attacker", &mut dice));
    match kind.source {
        "microsoftAppGovernance" => evidence.push(json!({
            "@odata.type": "#microsoft.graph.security.oauthApplicationEvidence",
            "verdict": "suspicious", "remediationStatus": "none", "roles": [],
            "appId": dice.guid(), "displayName": "Contoso=Mail \\ Sync", "objectId": dice.guid(),
            "publisher": null,
        })),
        "microsoftDefenderForCloudApps" => {
            evidence.push(app((20_893, "Microsoft Exchange Online")))
        }
        "microsoftDefenderForEndpoint" => evidence = vec![mailbox(person)],
        _ => {}
    }
    strange(&mut evidence, &mut dice);
    alert["evidence"] = evidence.into();
    alert
}

/// What every reader of evidence meets one day: a type of tomorrow, nothing, a member that is null.
fn strange(evidence: &mut Vec<Value>, dice: &mut Dice) {
    match dice.below(6) {
        0 => evidence.push(json!({
            "@odata.type": "#microsoft.graph.security.quantumDeviceEvidence",
            "roles": null, "ipAddress": 7, "userAccount": [],
        })),
        1 => evidence.insert(0, Value::Null),
        2 => evidence.push(json!({
            "@odata.type": "#microsoft.graph.security.userEvidence",
            "roles": null, "userAccount": null,
        })),
        3 => evidence.push(json!({
            "@odata.type": "#microsoft.graph.security.ipEvidence",
            "roles": ["source"], "ipAddress": null,
        })),
        _ => {}
    }
}

fn user(person: &Person, role: &str) -> Value {
    let (account, domain) = match person.upn.split_once('@') {
        Some((account, _)) => (account, Value::Null),
        None => (person.upn, "CONTOSO".into()),
    };
    let upn = if person.upn.contains('@') {
        json!(person.upn)
    } else {
        Value::Null
    };
    let shown = if domain.is_null() {
        json!(person.name)
    } else {
        Value::Null
    };
    json!({
        "@odata.type": "#microsoft.graph.security.userEvidence",
        "verdict": "suspicious", "remediationStatus": "none", "remediationStatusDetails": null,
        "roles": [role], "detailedRoles": [], "tags": [], "stream": null,
        "userAccount": {
            "accountName": account, "domainName": domain, "userSid": null,
            "azureAdUserId": person.guid,
            "userPrincipalName": upn, "displayName": shown, "activeDirectoryObjectGuid": null,
            "tenantId": null, "resourceAccessEvents": [],
        },
    })
}

fn mailbox(person: &Person) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.security.mailboxEvidence",
        "verdict": "unknown", "remediationStatus": "none", "roles": [],
        "primaryAddress": person.upn, "upn": null, "displayName": person.name, "userAccount": null,
    })
}

fn ip(address: &str, role: &str, dice: &mut Dice) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.security.ipEvidence",
        "verdict": "suspicious", "remediationStatus": "none", "remediationStatusDetails": null,
        "roles": [role], "detailedRoles": [], "tags": [],
        "ipAddress": address, "countryLetterCode": dice.pick(PLACES).0,
    })
}

fn app((number, title): (i64, &str)) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.security.cloudApplicationEvidence",
        "verdict": "unknown", "remediationStatus": "none", "remediationStatusDetails": null,
        "roles": ["contextual"], "detailedRoles": [], "tags": [],
        "appId": 11_161, "displayName": title, "instanceId": 0, "instanceName": title,
        "saasAppId": if number == 11_161 { 0 } else { number },
    })
}

fn file(name: &str) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.security.fileEvidence",
        "verdict": "unknown", "remediationStatus": "none", "roles": [], "detectionStatus": null,
        "mdeDeviceId": null,
        "fileDetails": {
            "fileName": name, "filePath": FILES[0], "sha1": null, "sha256": null, "fileSize": 17,
        },
    })
}
