//! The first question of the wizard, and the fields that follow from it: as a function.

use std::os::unix::fs::PermissionsExt;

use siembox::for_tests::web::WebResponse;

use crate::house::{Guest, PASSWORD, text};
use crate::setup::{Scene, location, scene, send};

const SECRET: &str = "entra~client~secret";

/// As a person writes it who knows the settings well.
const XDR: &str = r#"# ours

[[agent]]
name = "contoso" # the only one

[agent.source]
kind = "defender-xdr" # since spring
tenant_id = "contoso.example"
client_id = "05a65629-4c1b-48c1-a78b-804c4abdd4af"
client_secret_file = "contoso.client-secret"
cloud = "gcc-high" # of the government
hunting_calls_per_minute = 5

[agent.siem]
host = "siem.example"
port = 5514

[agent.alerts]
service_sources = [
    "azureAdIdentityProtection", # theirs
    "somethingNew",
]
filters = {severity={eq=["low","high"]}, assignedTo={eq=["soc@contoso.example"]}}
severity_map = [3,6,9,1]
overlap = "45m"
behaviors = true

[agent.incidents]
enabled = true

[agent.activities]
from = "hunting"
tables = ["identitylogonevents", "CloudAppEvents"] # the others say nothing
"#;

pub fn page(guest: &mut Guest, path: &str) -> String {
    text(&guest.get(path))
}

/// The names and values of the form on this page, as a browser sends it.
fn form(page: &str) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for tag in page.split('<').skip(1) {
        let (tag, after) = tag.split_once('>').unwrap();
        let attribute = |name: &str| {
            let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
            Some(unescaped(rest.split('"').next().unwrap()))
        };
        let Some(name) = attribute("name").filter(|name| name != "csrf" && name != "act") else {
            if tag.starts_with("option") && tag.contains(" selected") {
                let last: &mut (String, String) = fields.last_mut().unwrap();
                last.1 = attribute("value").unwrap();
            }
            continue;
        };
        if name.starts_with("drop:") {
            continue;
        }
        let value = match attribute("type").as_deref() {
            _ if tag.starts_with("textarea") => unescaped(after.trim_start_matches('\n')),
            _ if tag.starts_with("select") => String::new(),
            Some("checkbox" | "radio") if !tag.contains(" checked") => continue,
            Some("checkbox" | "radio") => attribute("value").unwrap_or_else(|| "on".to_owned()),
            _ => attribute("value").unwrap_or_default(),
        };
        fields.push((name, value));
    }
    fields
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">");
    text.replace("&quot;", "\"").replace("&amp;", "&")
}

/// Sends the form of a step as the page shows it, but for these fields.
pub fn fill(guest: &mut Guest, path: &str, act: &str, other: &[(&str, &str)]) -> WebResponse {
    let shown = form(&page(guest, path));
    let mut fields: Vec<(&str, &str)> = (shown.iter())
        .filter(|(name, _)| !other.iter().any(|(known, _)| known == name))
        .map(|(name, value)| (&**name, &**value))
        .collect();
    fields.extend(other);
    fields.push(("act", act));
    send(guest, path, &fields)
}

/// What stands beside a field.
pub fn beside(page: &str, key: &str) -> String {
    let error = page.split_once(&format!("id=\"{key}-error\""));
    let (_, error) = error.unwrap_or_else(|| panic!("no error at {key}: {page}"));
    error.split("</p>").next().unwrap().to_owned()
}

/// As far as the connection.
fn begin(owner: &mut Guest, kind: &str) {
    for (step, next, fields) in [
        ("source", "general", &[("source.kind", kind)][..]),
        ("general", "siem", &[("name", "fabrikam")]),
        ("siem", "data", &[("siem.host", "siem.example")]),
    ] {
        let answer = fill(owner, &format!("/setup/new/{step}"), "next", fields);
        assert_eq!(location(&answer), format!("/setup/new/{next}"));
    }
}

#[test]
fn the_first_question_is_where_the_records_come_from() {
    let scene = scene("# empty\n");
    let mut owner = scene.owner();
    assert_eq!(location(&owner.get("/setup/new")), "/setup/new/source");
    let first = page(&mut owner, "/setup/new/source");
    for words in [
        "Records come from",
        "Microsoft Defender for Cloud Apps",
        "Microsoft Defender XDR",
        "Needs an Entra app",
        "href=\"/manual/source.md\"",
    ] {
        assert!(first.contains(words), "{words}: {first}");
    }
    let manual = page(&mut owner, "/manual/source.md");
    for kind in ["XDR", "for Cloud Apps"] {
        assert!(manual.contains(&format!("## Microsoft Defender {kind}")));
    }
}

#[test]
fn an_agent_of_defender_xdr_is_written_with_its_own_keys() {
    let scene = scene("# empty\n");
    let mut owner = scene.owner();
    begin(&mut owner, "defender-xdr");
    let data = [
        ("alerts.service_sources", "microsoftDefenderForCloudApps"),
        ("alerts.service_sources", "microsoftDefenderForEndpoint"),
        ("alerts.behaviors", "on"),
        ("alerts.filters.severity", "high"),
        ("alerts.severity_map", "1, 2, 3, 4"),
        ("activities.tables", "CloudAppEvents"),
        (
            "activities.filters.ActionType",
            "LogonFailed\r\nMailItemsAccessed",
        ),
        ("incidents.enabled", "on"),
    ];
    let answer = fill(&mut owner, "/setup/new/data", "next", &data);
    assert_eq!(location(&answer), "/setup/new/connection");
    let shown = page(&mut owner, "/setup/new/connection");
    assert!(!shown.contains("source.api_url") && !shown.contains("source.token_file"));
    let connection = [
        ("source.tenant_id", "fabrikam.example"),
        ("source.client_id", "05a65629-4c1b-48c1-a78b-804c4abdd4af"),
        ("source.client_secret_file", SECRET),
        ("source.cloud", "dod"),
        ("source.hunting_calls_per_minute", "20"),
    ];
    let answer = fill(&mut owner, "/setup/new/connection", "next", &connection);
    assert_eq!(location(&answer), "/setup/new/finish");
    let finish = page(&mut owner, "/setup/new/finish");
    for words in [
        "<dd>Microsoft Defender XDR</dd>",
        "<dd>Defender for Cloud Apps, Defender for Endpoint</dd>",
        "<dd>Cloud app events</dd>",
        "<dd>DoD</dd>",
    ] {
        assert!(finish.contains(words), "{words}: {finish}");
    }
    let answer = send(&mut owner, "/setup/new/finish", &[("act", "save")]);
    assert_eq!(location(&answer), "/setup?done=added");
    let expected = r#"# empty

[[agent]]
name = "fabrikam"

[agent.source]
kind = "defender-xdr"
cloud = "dod"
tenant_id = "fabrikam.example"
client_id = "05a65629-4c1b-48c1-a78b-804c4abdd4af"
client_secret_file = "fabrikam.client-secret"
hunting_calls_per_minute = 20

[agent.siem]
host = "siem.example"

[agent.alerts]
service_sources = ["microsoftDefenderForCloudApps", "microsoftDefenderForEndpoint"]
behaviors = true
filters = { severity = { eq = ["high"] } }
severity_map = [1, 2, 3, 4]

[agent.activities]
tables = ["CloudAppEvents"]
filters = { ActionType = { eq = ["LogonFailed", "MailItemsAccessed"] } }

[agent.incidents]
enabled = true
"#;
    assert_eq!(scene.settings(), expected);
    let kept = scene.file.with_file_name("fabrikam.client-secret");
    assert_eq!(std::fs::read_to_string(kept).unwrap().trim(), SECRET);
    let list = page(&mut owner, "/setup");
    assert!(
        list.contains("https://dod-graph.microsoft.us → siem.example"),
        "{list}"
    );
}

#[test]
fn another_source_takes_over_only_what_both_have() {
    let scene = scene("# empty\n");
    let mut owner = scene.owner();
    begin(&mut owner, "cloud-apps");
    let data = [
        ("alerts.filters.severity", "2"),
        ("activities.filters.service", "11161"),
    ];
    fill(&mut owner, "/setup/new/data", "next", &data);
    let api = "https://contoso.us3.portal.cloudappsecurity.com";
    let proxy = ("source.proxy", "proxy.example:8080");
    let typed = [
        ("source.api_url", api),
        ("source.token_file", &"0123456789abcdef".repeat(4)),
        ("source.poll_interval", "5m"),
        proxy,
    ];
    let answer = fill(&mut owner, "/setup/new/connection", "next", &typed);
    assert_eq!(location(&answer), "/setup/new/finish");

    let other = [("source.kind", "defender-xdr")];
    fill(&mut owner, "/setup/new/source", "next", &other);
    let connection = page(&mut owner, "/setup/new/connection");
    assert!(
        connection.contains(proxy.1) && !connection.contains("5m"),
        "{connection}"
    );
    let typed = [
        ("source.tenant_id", "fabrikam.example"),
        ("source.client_id", "05a65629-4c1b-48c1-a78b-804c4abdd4af"),
        ("source.client_secret_file", SECRET),
    ];
    let answer = fill(&mut owner, "/setup/new/connection", "save", &typed);
    assert_eq!(location(&answer), "/setup?done=added");
    let settings = scene.settings();
    for gone in [
        "api_url",
        "token_file",
        "poll_interval",
        "filters",
        "[agent.alerts]",
    ] {
        assert!(!settings.contains(gone), "{gone}: {settings}");
    }
    assert!(settings.contains("name = \"fabrikam\"") && settings.contains(proxy.1));
    assert!(!scene.file.with_file_name("fabrikam.token").exists());
}

#[test]
fn an_agent_of_defender_xdr_opens_with_its_values_and_keeps_the_file() {
    let scene = scene(XDR);
    let secret = scene.file.with_file_name("contoso.client-secret");
    std::fs::write(secret, SECRET).unwrap();
    let mut owner = scene.owner();
    let of = |step: &str| format!("/setup/agent/contoso/{step}");
    let source = page(&mut owner, &of("source"));
    assert!(source.contains("Microsoft Defender XDR") && source.contains("/contoso/change\""));
    assert!(
        !source.contains("type=\"radio\""),
        "it stays what it is: {source}"
    );
    let data = form(&page(&mut owner, &of("data")));
    let values = |key: &str| -> Vec<&str> {
        let of_key = data.iter().filter(|(name, _)| name == key);
        of_key.map(|(_, value)| &**value).collect()
    };
    assert_eq!(
        values("alerts.service_sources"),
        ["azureAdIdentityProtection", "somethingNew"]
    );
    assert_eq!(values("alerts.filters.severity"), ["high", "low"]);
    assert_eq!(
        values("alerts.filters"),
        ["assignedTo = {eq=[\"soc@contoso.example\"]}"]
    );
    assert_eq!(values("alerts.severity_map"), ["3, 6, 9, 1"]);
    assert_eq!(
        values("activities.tables"),
        ["CloudAppEvents", "IdentityLogonEvents"]
    );
    assert_eq!(values("incidents.enabled"), ["on"]);
    let connection = page(&mut owner, &of("connection"));
    assert!(
        connection.contains("value=\"gcc-high\" selected"),
        "{connection}"
    );

    // each step as it is: the file stays what it is, to the letter
    for step in ["source", "general", "siem", "data", "connection"] {
        fill(&mut owner, &of(step), "next", &[]);
    }
    let answer = send(&mut owner, &of("finish"), &[("act", "save")]);
    assert_eq!(location(&answer), "/setup?done=changed");
    assert_eq!(scene.settings(), XDR);

    // a form of one source writes no key of another, and does not change it
    let sly = [
        ("source.kind", "cloud-apps"),
        (
            "source.api_url",
            "https://contoso.us3.portal.cloudappsecurity.com",
        ),
        ("source.hunting_calls_per_minute", "6"),
    ];
    fill(&mut owner, &of("source"), "next", &sly);
    let answer = fill(&mut owner, &of("connection"), "save", &sly);
    assert_eq!(location(&answer), "/setup?done=changed");
    let expected = XDR.replace("per_minute = 5", "per_minute = 6");
    assert_eq!(scene.settings(), expected);
}

#[test]
fn what_cannot_be_stands_beside_its_field() {
    let scene = scene(XDR);
    let mut owner = scene.owner();
    for (step, key, value, why) in [
        ("data", "alerts.severity_map", "3, 6", "another length"),
        ("data", "alerts.severity_map", "3, 6, nine", "whole numbers"),
        (
            "data",
            "alerts.filters",
            "serviceSource = { eq = [\"x\"] }",
            "service_sources",
        ),
        ("data", "alerts.filters", "foo = 1", "unknown filter"),
        (
            "data",
            "incidents.filters",
            "status = { eq = [\"old\"] }",
            "allowed",
        ),
        ("connection", "source.tenant_id", "", "missing"),
        ("connection", "source.key_file", "x", "certificate_file"),
        ("connection", "source.client_id", "x", "found"),
        (
            "connection",
            "source.hunting_calls_per_minute",
            "46",
            "1 to 45",
        ),
        (
            "connection",
            "source.hunting_calls_per_minute",
            "ten",
            "a whole number",
        ),
        (
            "connection",
            "source.graph_url",
            "graph.microsoft.us",
            "https://",
        ),
        ("connection", "source.cloud", "mars", "allowed"),
        ("connection", "source.poll_interval", "2h", "1h"),
    ] {
        let path = format!("/setup/agent/contoso/{step}");
        let answer = text(&fill(&mut owner, &path, "next", &[(key, value)]));
        let error = beside(&answer, key);
        assert!(error.contains(why), "{key} = {value}: {error}");
        send(&mut owner, &path, &[("act", "leave")]);
    }
    // nothing ticked says nothing that a person could mean
    let path = "/setup/agent/contoso/data";
    let shown = form(&page(&mut owner, path));
    for (list, but, words) in [
        ("activities.tables", "", "at least one"),
        ("alerts.service_sources", "", "&quot;All products&quot;"),
        ("activities.tables", "activities.enabled", ""),
    ] {
        let kept = shown.iter().filter(|(name, _)| name != list && name != but);
        let fields = kept.map(|(name, value)| (&**name, &**value));
        let fields: Vec<(&str, &str)> = fields.chain([("act", "next")]).collect();
        let answer = send(&mut owner, path, &fields);
        match words {
            "" => assert_eq!(location(&answer), "/setup/agent/contoso/connection"),
            words => assert!(beside(&text(&answer), list).contains(words)),
        }
    }
    assert_eq!(scene.settings(), XDR);
    let evil = "\"><script>alert(1)</script>";
    let page = text(&fill(
        &mut owner,
        "/setup/new/source",
        "next",
        &[("source.kind", evil)],
    ));
    assert!(beside(&page, "source.kind").contains("allowed"), "{page}");
    assert!(!page.contains("<script>alert"), "{page}");
}

#[test]
fn a_secret_goes_to_no_other_cloud() {
    let scene = scene(XDR);
    let mut owner = scene.owner();
    let path = "/setup/agent/contoso/connection";
    for (key, value, label) in [
        (
            "source.graph_url",
            "https://evil.example",
            "Microsoft Graph",
        ),
        ("source.cloud", "commercial", "Microsoft Graph"),
        ("source.login_url", "https://evil.example", "Login host"),
        ("source.tenant_id", "other.example", "Tenant"),
    ] {
        for act in ["check", "save"] {
            let answer = text(&fill(&mut owner, path, act, &[(key, value)]));
            let error = beside(&answer, "source.client_secret_file");
            assert!(
                error.contains(label) && error.contains("enter it again"),
                "{key}: {error}"
            );
        }
        send(&mut owner, path, &[("act", "leave")]);
    }
    assert_eq!(scene.settings(), XDR);
}

/// With event hubs, whose connection string is in this file.
fn with_hubs(file: &str) -> String {
    let hubs = format!(
        "client_secret_file = \"contoso.client-secret\"\n\
         event_hubs = {{ namespace = \"hub.example\", hubs = [\"defender\"], \
         connection_string_file = \"{file}\" }}\n"
    );
    XDR.replace("client_secret_file = \"contoso.client-secret\"\n", &hubs)
}

/// The form does not ask for it, so that it can't be entered there for another reader on the way.
#[test]
fn a_connection_string_is_read_by_nobody_else_on_the_way() {
    let text_of = with_hubs("contoso.hub");
    let scene = scene(&text_of);
    let mut owner = scene.owner();
    let evil = siembox_support::pki::Authority::new("Evil's");
    let answer = text(&fill(
        &mut owner,
        "/setup/agent/contoso/connection",
        "save",
        &[
            ("source.ca_file", evil.cert_pem.as_str()),
            ("source.client_secret_file", "entered~again"),
        ],
    ));
    let error = beside(&answer, "source.ca_file");
    assert!(
        error.contains("source.event_hubs.connection_string_file")
            && error.contains("change source.ca_file in the settings file"),
        "{error}"
    );
    assert_eq!(scene.settings(), text_of);
}

#[test]
fn an_app_logs_on_with_a_certificate_in_place_of_a_secret() {
    let scene = scene("# empty\n");
    let mut owner = scene.owner();
    begin(&mut owner, "defender-xdr");
    let authority = siembox_support::pki::Authority::new("Contoso's");
    let key = "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n";
    let typed = [
        ("source.tenant_id", "fabrikam.example"),
        ("source.client_id", "05a65629-4c1b-48c1-a78b-804c4abdd4af"),
        ("source.certificate_file", authority.cert_pem.as_str()),
        ("source.key_file", key),
        ("source.signature", "RS256"),
    ];
    let both = [&typed[..], &[("source.client_secret_file", SECRET)]].concat();
    let path = "/setup/new/connection";
    let answer = text(&fill(&mut owner, path, "save", &both));
    assert!(beside(&answer, "source.certificate_file").contains("is set together with"));
    assert!(!answer.contains("AA=="), "a key never comes back");
    let drop = [("drop:source.client_secret_file", "on")];
    let answer = fill(&mut owner, path, "save", &drop);
    assert_eq!(location(&answer), "/setup?done=added");
    let settings = scene.settings();
    for written in [
        "certificate_file = \"fabrikam.app.pem\"\nkey_file = \"fabrikam.app.key\"\n",
        "signature = \"RS256\"",
    ] {
        assert!(settings.contains(written), "{written}: {settings}");
    }
    assert!(!settings.contains("client_secret_file"), "{settings}");
    // there is no token to be replaced, and no secret beside the certificate
    let connection = "/setup/agent/fabrikam/connection";
    let token = "/setup/agent/fabrikam/token";
    assert_eq!(location(&owner.get(token)), connection);
    let answer = send(&mut owner, token, &[("token", SECRET)]);
    assert_eq!(location(&answer), connection);
    assert_eq!(scene.settings(), settings);
}

/// It goes to another box in a file of its own, under the page's name; and an import without it
/// takes the one that is there to no other namespace.
#[test]
fn a_connection_string_goes_to_another_box_and_to_no_other_namespace() {
    const STRING: &str = "Endpoint=sb://hub.example/;SharedAccessKeyName=siembox;\
        SharedAccessKey=c2VjcmV0LWtleS1vZi1jb250b3Nv";
    let from = scene(&with_hubs("by-hand"));
    for (name, secret) in [("by-hand", STRING), ("contoso.client-secret", SECRET)] {
        std::fs::write(from.file.with_file_name(name), secret).unwrap();
    }
    let passphrase = ("passphrase", "a long passphrase");
    let fields = [
        ("secrets", "on"),
        passphrase,
        ("again", passphrase.1),
        ("password", PASSWORD),
    ];
    let export = text(&send(&mut from.owner(), "/setup/transfer/export", &fields));
    assert!(export.starts_with("-----BEGIN AGE") && !export.contains("SharedAccess"));

    let to = scene("# empty\n");
    let mut owner = to.owner();
    let import = "/setup/transfer/import";
    let answer = send(&mut owner, import, &[("settings", &export), passphrase]);
    assert_eq!(location(&answer), "/setup?done=imported");
    assert_eq!(to.settings(), with_hubs("contoso.hub"));
    let file = to.file.with_file_name("contoso.hub");
    assert_eq!(std::fs::read_to_string(&file).unwrap().trim(), STRING);
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let elsewhere = to.settings().replace("hub.example", "evil.example");
    let page = text(&send(&mut owner, import, &[("settings", &elsewhere)]));
    let said = "agent[1].source.event_hubs.connection_string_file: the secret was entered for \
        source.event_hubs.namespace";
    assert!(page.contains(said), "{page}");
    assert_eq!(to.settings(), with_hubs("contoso.hub"));
}

/// An import sends no secret of the box elsewhere by way of the other source.
#[test]
fn an_import_moves_no_secret_of_the_other_source() {
    let other = |url: &str| {
        let keys = format!("kind = \"cloud-apps\"\napi_url = \"{url}\"\ntoken_file = \"t\"\n");
        format!("{XDR}\n[agent.other_source]\n{keys}")
    };
    let settings = other("https://contoso.us3.portal.cloudappsecurity.com");
    let scene = scene(&settings);
    std::fs::write(scene.file.with_file_name("t"), "0123456789abcdef".repeat(4)).unwrap();
    let mut owner = scene.owner();
    let evil = other("https://evil.example");
    let import = "/setup/transfer/import";
    let page = text(&send(&mut owner, import, &[("settings", &evil)]));
    let said = "agent[1].other_source.token_file: the secret was entered for other_source.api_url";
    assert!(page.contains(said), "{page}");
    assert_eq!(scene.settings(), settings);
    let same = settings.replace("5514", "5515");
    let answer = send(&mut owner, import, &[("settings", &same)]);
    assert_eq!(location(&answer), "/setup?done=imported");
}

/// What the other source has stays: its keys, and its secret in a file that the page made.
#[test]
fn the_other_source_of_an_agent_is_left_alone() {
    let other = "\n[agent.other_source]\nkind = \"cloud-apps\" # until June\n\
         api_url = \"https://contoso.us3.portal.cloudappsecurity.com\"\n\
         token_file = \"contoso.token\"\nread = true\n\n\
         [agent.other_source.alerts]\nname = \"policy\"\n";
    let settings = format!("{XDR}{other}");
    let scene = scene(&settings);
    let file = |name: &str| scene.file.with_file_name(name);
    for name in ["contoso.token", "contoso.client-secret"] {
        std::fs::write(file(name), "0123456789abcdef".repeat(4)).unwrap();
    }
    let mut owner = scene.owner();
    let path = "/setup/agent/contoso/connection";
    let typed = [
        ("source.client_secret_file", SECRET),
        ("source.timeout", "2m"),
    ];
    let answer = fill(&mut owner, path, "save", &typed);
    assert_eq!(location(&answer), "/setup?done=changed");
    let expected = settings.replace("per_minute = 5", "per_minute = 5\ntimeout = \"2m\"");
    assert_eq!(scene.settings(), expected);
    assert!(file("contoso.token").exists());
    let secret = std::fs::read_to_string(file("contoso.client-secret")).unwrap();
    assert_eq!(secret.trim(), SECRET);
    send(
        &mut owner,
        "/setup/agent/contoso/delete",
        &[("rest", "keep")],
    );
    assert!(!file("contoso.token").exists() && !file("contoso.client-secret").exists());
}

#[test]
fn a_form_whose_agent_has_another_source_by_now_begins_again() {
    let scene = scene(XDR);
    let mut owner = scene.owner();
    let path = "/setup/agent/contoso/data";
    page(&mut owner, path);
    let by_hand = crate::setup::ONE;
    std::fs::write(&scene.file, by_hand).unwrap();
    let fields = [("alerts.behaviors", "on"), ("act", "save")];
    let answer = text(&send(&mut owner, path, &fields));
    assert!(
        answer.contains("source was changed") && answer.contains("defender_for_identity"),
        "{answer}"
    );
    assert_eq!(scene.settings(), by_hand);
}

/// Its fields are as they were, and the settings name no kind where none is needed.
#[test]
fn an_agent_of_cloud_apps_is_added_as_before() {
    let scene: Scene = scene("# empty\n");
    let mut owner = scene.owner();
    begin(&mut owner, "cloud-apps");
    let typed = [
        (
            "source.api_url",
            "https://contoso.us3.portal.cloudappsecurity.com",
        ),
        ("source.token_file", &"0123456789abcdef".repeat(4)),
    ];
    let answer = fill(&mut owner, "/setup/new/connection", "save", &typed);
    assert_eq!(location(&answer), "/setup?done=added");
    let settings = scene.settings();
    assert!(!settings.contains("kind") && settings.contains("token_file = \"fabrikam.token\""));
    let source = page(&mut owner, "/setup/agent/fabrikam/source");
    assert!(
        source.contains("<b>Microsoft Defender for Cloud Apps</b>"),
        "{source}"
    );
}
