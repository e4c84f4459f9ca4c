//! The own mapper of Defender XDR: lines written by hand beside their records, and what must hold
//! for every drawn record.
#![allow(clippy::unwrap_used)]

use siembox_support::mapper::{Looks, line, xdr_line};
use siembox_support::records::xdr::{self, List, Record};
use siembox_support::records::{self, Stream};

const NOW: i64 = 1_794_307_200_000;
const DAY: i64 = 86_400_000;

fn looks(portable: bool) -> Looks {
    Looks {
        portal: "https://contoso.portal.cloudappsecurity.com".to_owned(),
        version: "0.207.251".to_owned(),
        pri: false,
        system_name: None,
        full_header: false,
        portable,
        is_update: false,
    }
}

#[test]
fn an_alert_is_written_as_the_old_agent_wrote_it() {
    let json = r##"{"id":"ca6911c0de0a4b1c2d3e4f5a6b","status":"new","severity":"medium",
        "serviceSource":"microsoftDefenderForCloudApps","detectorId":"4c1d9f1e-0000-4000-8000-0000000000a1",
        "title":"Mass download | leaver","description":"<p>Ana Lima downloaded 214 files &amp; more.</p>",
        "category":"Exfiltration","categories":["Exfiltration"],
        "alertWebUrl":"https://security.microsoft.com/alerts/ca6911c0de0a4b1c2d3e4f5a6b?tid=1",
        "createdDateTime":"2026-11-10T10:41:18.0433333Z","lastUpdateDateTime":"2026-11-10T10:44:02.48Z",
        "firstActivityDateTime":"2026-11-10T10:31:05Z","lastActivityDateTime":"2026-11-10T10:37:12.9Z",
        "alertPolicyId":"59f0ab82f797fa0681e9b1c7","evidence":[null,
        {"@odata.type":"#microsoft.graph.security.userEvidence","roles":["contextual"],"userAccount":{"accountName":"svc","domainName":"CONTOSO"}},
        {"@odata.type":"#microsoft.graph.security.userEvidence","roles":["compromised"],"userAccount":{"userPrincipalName":"ana@contoso.example","displayName":"Ana"}},
        {"@odata.type":"#microsoft.graph.security.ipEvidence","roles":["contextual"],"ipAddress":"192.0.2.1"},
        {"@odata.type":"#microsoft.graph.security.ipEvidence","roles":["source"],"ipAddress":"198.51.100.24"},
        {"@odata.type":"#microsoft.graph.security.ipEvidence","roles":[],"ipAddress":"2001:db8:0:0:0:0:0:7"},
        {"@odata.type":"#microsoft.graph.security.cloudApplicationEvidence","appId":11161,"saasAppId":15600,"displayName":"OneDrive"},
        {"@odata.type":"#microsoft.graph.security.tomorrowEvidence","ipAddress":4}]}"##;
    let original = r#"2026-11-10T10:41:18.043Z CEF:0|MCAS|SIEM_Agent|0.207.251|ALERT_CABINET_EVENT_MATCH_AUDIT|Mass download \| leaver|6|externalId=6911c0de0a4b1c2d3e4f5a6b rt=1794307278043 start=1794306665000 end=1794307032900 msg=Ana Lima downloaded 214 files & more. suser=ana@contoso.example,CONTOSO\\svc destinationServiceName=OneDrive cn1Label=riskScore cn1= cs1Label=portalURL cs1=https://security.microsoft.com/alerts/ca6911c0de0a4b1c2d3e4f5a6b?tid\=1 cs2Label=uniqueServiceAppIds cs2=APPID_ONEDRIVE cs3Label=relatedAudits cs3= cs4Label=policyIDs cs4=59f0ab82f797fa0681e9b1c7 src=198.51.100.24 c6a1Label="Device IPv6 Address" c6a1=2001:db8::7"#;
    assert_eq!(xdr_line(List::Alerts, json, &looks(false)), original);
    let portable = r"2026-11-10T10:41:18.043Z CEF:0|MCAS|SIEM_Agent|0.207.251|ALERT_CABINET_EVENT_MATCH_AUDIT|Mass download %7C leaver|6| externalId=6911c0de0a4b1c2d3e4f5a6b rt=1794307278043 start=1794306665000 end=1794307032900 msg=Ana Lima downloaded 214 files & more. suser=ana@contoso.example,CONTOSO%5Csvc destinationServiceName=OneDrive cs1Label=portalURL cs1=https://security.microsoft.com/alerts/ca6911c0de0a4b1c2d3e4f5a6b?tid%3D1 cs2Label=uniqueServiceAppIds cs2=APPID_ONEDRIVE cs4Label=policyIDs cs4=59f0ab82f797fa0681e9b1c7 src=198.51.100.24 c6a1Label=Device IPv6 Address c6a1=2001:db8::7";
    assert_eq!(xdr_line(List::Alerts, json, &looks(true)), portable);
}

/// The value of a key, up to the next key.
fn value<'l>(line: &'l str, key: &str) -> &'l str {
    let lead = format!(" {key}=");
    let at = line.find(&lead).unwrap_or_else(|| panic!("{key}: {line}")) + lead.len();
    let rest = &line[at..];
    let next = rest.match_indices('=').find_map(|(equals, _)| {
        let blank = rest[..equals].rfind(' ')?;
        let key = &rest[blank + 1..equals];
        (!key.is_empty() && key.chars().all(char::is_alphanumeric)).then_some(blank)
    });
    &rest[..next.unwrap_or(rest.len())]
}

fn header(line: &str) -> Vec<&str> {
    line.split('|').skip(4).take(3).collect()
}

#[test]
fn a_row_of_cloud_app_events_gets_its_message_back() {
    let json = r#"{"timestamp":"2026-11-10T10:31:05.239Z","ActionType":"FileDownloaded","Application":"Microsoft OneDrive for Business","ApplicationId":15600,
        "AccountId":"aaaaaaaa-0000-4000-8000-000000000001","AccountDisplayName":"Ana Lima","IPAddress":"2001:db8:1f05:0:0:0:0:1077","UserAgent":"Mozilla/5.0 (x; y)",
        "ActivityType":"Download","ActivityObjects":"[{\"Type\":\"File\",\"Role\":\"Target object\",\"Name\":\"plan | q4.xlsx\",\"Id\":\"https://contoso.example/plan%20q4.xlsx\"},{\"Type\":\"Structured object\",\"Role\":\"Parameter\",\"Name\":\"Session ID\",\"Value\":\"7\"},{\"Type\":\"Folder\",\"Role\":\"Parameter\"},{\"Type\":\"User\",\"Role\":\"Actor\",\"Name\":\"Ana Lima\"}]",
        "ReportId":"94207312_15600_5d2f","RawEventData":{"UserId":"ana@contoso.example"}}"#;
    let line = xdr_line(List::CloudAppEvents, json, &looks(false));
    assert_eq!(
        header(&line),
        ["EVENT_CATEGORY_DOWNLOAD_FILE", "Download file", "0"]
    );
    for (key, expected) in [
        ("rt", "1794306665239"),
        (
            "msg",
            "Download file: file https://contoso.example/plan%20q4.xlsx; Parameters: Session ID 7",
        ),
        ("suser", "ana@contoso.example"),
        (
            "cs1",
            r"https://security.microsoft.com/cloudapps/activity-log?activity.id\=eq(94207312_15600_5d2f,)",
        ),
        ("cs2", "APPID_ONEDRIVE"),
        ("cs3", "plan | q4.xlsx,Session ID,,Ana Lima"),
        ("c6a1", "2001:db8:1f05::1077"),
    ] {
        assert_eq!(value(&line, key), expected, "{line}");
    }
    // Basic says what was done
    let basic = r#"{"Timestamp":"2026-11-10T10:31:05Z","ActionType":"Write Deployments","ActivityType":"Basic","ActivityObjects":"","Application":"Microsoft Azure","ApplicationId":12260,"RawEventData":"{\"UserId\":\"ops@contoso.example\"}","ReportId":"366c"}"#;
    let line = xdr_line(List::CloudAppEvents, basic, &looks(false));
    assert_eq!(
        header(&line),
        ["EVENT_CATEGORY_UNSPECIFIED", "Unspecified", "0"]
    );
    assert_eq!(value(&line, "msg"), "Write Deployments");
    assert_eq!(
        (value(&line, "suser"), value(&line, "cs2")),
        ("ops@contoso.example", "APPID_12260")
    );
}

#[test]
fn rows_of_the_identity_tables_say_who_failed_asked_and_changed() {
    let failed = r#"{"ActionType":"LogonFailed","AccountName":"svc-backup","AccountDomain":"contoso.example","IPAddress":"","FailureReason":"WrongPassword","AdditionalFields":{"Count":"1","TO.DEVICE":"DC01","FROM.DEVICE":"WIN-A1","ACTOR.DEVICE":""},"ReportId":"5006_20940","Timestamp":"2026-11-10T10:36:40.598Z","Application":"Active Directory"}"#;
    let line = xdr_line(List::IdentityLogonEvents, failed, &looks(false));
    assert_eq!(
        header(&line),
        ["EVENT_CATEGORY_FAILED_LOGIN", "Failed log on", "0"]
    );
    assert_eq!(
        value(&line, "msg"),
        "Failed log on (Failure message: WrongPassword)"
    );
    assert_eq!(value(&line, "suser"), "svc-backup@contoso.example");
    assert_eq!(value(&line, "cs2"), "APPID_ACTIVE_DIRECTORY");
    assert_eq!(value(&line, "cs3"), "WIN-A1,DC01");

    let query = r#"{"ActionType":"SAMR query","QueryType":"QueryUser","QueryTarget":null,"Protocol":"Samr","AccountDisplayName":"Ana","DestinationDeviceName":"DC01","AdditionalFields":"{\"Count\":\"1\"}","ReportId":"q1","Timestamp":"2026-11-10T10:36:40Z","Application":"Active Directory"}"#;
    let line = xdr_line(List::IdentityQueryEvents, query, &looks(false));
    assert_eq!(
        header(&line),
        ["EVENT_CATEGORY_RUN_COMMAND", "Run command", "0"]
    );
    assert_eq!(
        value(&line, "msg"),
        "Run command: task SAMR query; Parameters: Query type QueryUser, Protocol Samr, Destination device DC01"
    );
    assert_eq!(value(&line, "cs3"), "Ana,DC01");

    let change = r#"{"ActionType":"Account Password changed","TargetAccountUpn":"ana@contoso.example","AccountUpn":"ops@contoso.example","ReportId":"d1","Timestamp":"2026-11-10T10:36:40Z","Application":"Active Directory"}"#;
    let line = xdr_line(List::IdentityDirectoryEvents, change, &looks(false));
    assert_eq!(
        header(&line),
        ["EVENT_CATEGORY_UNSPECIFIED", "Unspecified", "0"]
    );
    assert_eq!(
        value(&line, "msg"),
        "Account Password changed: user ana@contoso.example"
    );
}

#[test]
fn behaviors_are_the_alerts_that_they_were_and_incidents_are_none() {
    let info = r#"{"Timestamp":"2026-11-10T10:31:05Z","BehaviorId":"bc-1","ActionType":"ImpossibleTravelActivity","Description":"Far &amp; fast","StartTime":"2026-11-10T10:00:00Z","EndTime":null,"AccountUpn":null,"AccountObjectId":"a-1","Title":""}"#;
    let entities = [
        r#"{"EntityType":"Ip","RemoteIP":"192.0.2.7"}"#,
        r#"{"EntityType":"User","AccountName":"ana","AccountDomain":"contoso.example"}"#,
        r#"{"EntityType":"CloudApplication","Application":"Box","ApplicationId":"10489"}"#,
    ];
    let line = xdr_line(
        List::BehaviorInfo,
        &Record::behavior(info, &entities).json(),
        &looks(false),
    );
    let kind = "ALERT_ANUBIS_DETECTION_VELOCITY";
    assert_eq!(header(&line), [kind, kind, "3"]);
    assert_eq!(value(&line, "suser"), "ana@contoso.example");
    assert_eq!(
        (value(&line, "src"), value(&line, "cs2")),
        ("192.0.2.7", "APPID_BOX")
    );
    assert_eq!(
        (value(&line, "start"), value(&line, "end")),
        ("1794304800000", "1794304800000")
    );

    let incident = r#"{"id":"412","displayName":"Ransomware","severity":"high","status":"inProgress","assignedTo":"ana@contoso.example","classification":"unknown","determination":"malware","customTags":["night"],"systemTags":["Experts"],"createdDateTime":"2026-11-10T10:00:00Z","lastUpdateDateTime":"2026-11-10T11:00:00.5Z"}"#;
    let line = xdr_line(List::Incidents, incident, &looks(false));
    assert_eq!(header(&line), ["INCIDENT", "Ransomware", "9"]);
    assert_eq!(
        value(&line, "msg"),
        "status inProgress; assigned to ana@contoso.example; determination malware; tags Experts, night"
    );
    assert_eq!(
        (value(&line, "rt"), value(&line, "start")),
        ("1794308400500", "1794304800000")
    );
}

fn drawn() -> Vec<Record> {
    let activities = records::activities(5, 400).between(NOW - DAY, NOW);
    let directory = records::directory_activities(5, 100).between(NOW - DAY, NOW);
    let alerts = records::alerts(5, 100).between(NOW - DAY, NOW);
    let mut all: Vec<Record> = xdr::twins(activities.chain(directory).chain(alerts)).collect();
    all.extend(xdr::alerts(6, 200).between(NOW - DAY, NOW));
    all.extend(xdr::incidents(6, 50).between(NOW - DAY, NOW));
    all.extend(xdr::behaviors(6, 100).between(NOW - DAY, NOW));
    all
}

#[test]
fn every_drawn_record_is_one_line_in_both_profiles_whatever_its_form() {
    for record in drawn() {
        let json = record.json();
        let original = xdr_line(record.list, &json, &looks(false));
        let portable = xdr_line(record.list, &json, &looks(true));
        assert!(!original.contains('\n') && !portable.contains('\n'));
        assert!(!portable.contains('\\'), "{portable}");
        let id = value(&portable, "rt");
        assert_eq!((id.len(), id), (13, value(&original, "rt")), "{original}");
        // the same without the forms of hunting
        let mut plain = record.value();
        plain["Entities"] = record.entities().into();
        assert_eq!(
            original,
            xdr_line(record.list, &plain.to_string(), &looks(false)),
            "{json}"
        );
    }
}

/// What rules match on stays where the source has it.
#[test]
fn the_line_of_a_twin_says_what_the_old_line_said() {
    let activities = records::activities(5, 400).between(NOW - DAY, NOW);
    for record in activities {
        let old = line(Stream::Activities, &record.json(), &looks(false));
        let twin = record.twin().unwrap();
        let new = xdr_line(twin.list, &twin.json(), &looks(false));
        for key in ["rt", "start", "end", "dvc", "c6a1", "cs4"] {
            let v6 = |line: &str| line.rsplit("c6a1=").next().unwrap().to_owned();
            match key {
                "c6a1" => assert_eq!(v6(&old), v6(&new)),
                _ => assert_eq!(value(&old, key), value(&new, key), "{old}\n{new}"),
            }
        }
        let (old, new) = (header(&old), header(&new));
        assert_eq!(old[0], new[0]);
        // the old record brings this label along, no list of labels has it
        if old[1] != "Add member to group" {
            assert_eq!(old[1..], new[1..]);
        }
    }
    for record in records::alerts(5, 100).between(NOW - DAY, NOW) {
        let old = line(Stream::Alerts, &record.json(), &looks(false));
        let twin = record.twin().unwrap();
        let new = xdr_line(twin.list, &twin.json(), &looks(false));
        let id = |line: &str| line.split("externalId=").nth(1).unwrap()[..24].to_owned();
        assert_eq!(id(&old), id(&new));
        for key in ["msg", "destinationServiceName", "cs4", "src"] {
            let is_policy = key == "cs4" && header(&new)[0] != "ALERT_CABINET_EVENT_MATCH_AUDIT";
            if !is_policy {
                assert_eq!(value(&old, key), value(&new, key), "{old}\n{new}");
            }
        }
        assert_eq!(header(&old)[1..], header(&new)[1..], "{old}\n{new}");
    }
}
