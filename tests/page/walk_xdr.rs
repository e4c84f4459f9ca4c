//! A person who sets up an agent of Defender XDR, from the first question to the saved file, in a
//! real browser: by mouse on a wide screen, by keyboard alone on a phone.

use std::path::{Path, PathBuf};

use crate::driver::Browser;
use siembox_support::cloud::{App, Cloud};
use siembox_support::receiver::rsyslog;
use siembox_support::records::{self, xdr};

use crate::person::{By, Person, claim, new_box};

const NEXT: &str = "button[value=next]:not(.unseen)";
const SECRET: &str = "entra~client~secret";
const CLIENT: &str = "00000000-0000-4000-8000-000000000001";

/// Microsoft Graph, with activities and alerts of the last days.
fn cloud() -> Cloud {
    Cloud::builder()
        .graph_requests_per_minute(60_000)
        .hunting_calls_per_minute(60_000)
        .app(App::new("contoso.example", CLIENT, SECRET))
        .xdr(xdr::twins(records::activities(47, 60)))
        .xdr(xdr::twins(records::alerts(48, 10)))
        .start()
}

/// Walks through all steps.
fn walk_xdr(by: By, scheme: &'static str, width: u32, pictures: Option<PathBuf>) {
    let (cloud, receiver) = (cloud(), rsyslog::tcp());
    let (mut siembox, home) = new_box(&cloud);
    let mut person = Person {
        browser: Browser::start(),
        by,
        width,
        scheme,
        pictures,
    };
    claim(&mut person, &home, width, scheme);
    person.push("main a.button.main");
    person.at_step("Source");
    choose(&mut person, "source.kind.defender-xdr");
    person.at_step("Source");
    person.picture("setup-xdr-source");
    person.push(NEXT);
    person.at_step("General");
    person.fill("name", "contoso");
    person.push(NEXT);
    person.at_step("Your SIEM");
    person.fill("siem.host", "127.0.0.1");
    person.fill("siem.port", &receiver.port().to_string());
    person.push(NEXT);
    data(&mut person);
    connection(&mut person, &cloud);
    person.at_step("Finish");
    person.push("button[value=preview]");
    person.until_says("#job .said", "CEF:0|MCAS|SIEM_Agent|");
    person.until_says("#job .done", "Nothing was");
    person.at_step("Finish");
    person.until_says("dl.summary", "Microsoft Defender XDR");
    person.picture("setup-xdr-finish");
    person.push("button[value=save]");
    person.until_says(".done", "The agent was added");
    person.at_page("SIEM agents");
    person.until_says(".agents", &format!("{} → 127.0.0.1", cloud.url()));
    let text = std::fs::read_to_string(siembox.path("siembox.toml")).unwrap();
    let graph = format!("graph_url = \"{}\"", cloud.url());
    for written in [
        "# the box of the branch office",
        "kind = \"defender-xdr\"",
        "client_secret_file = \"contoso.client-secret\"",
        &graph,
        "tables = [\"CloudAppEvents\", \"IdentityLogonEvents\"]",
        "[agent.incidents]\nenabled = true",
    ] {
        assert!(text.contains(written), "{written}: {text}");
    }
    assert!(
        !text.contains("api_url") && !text.contains(SECRET),
        "{text}"
    );

    // it opens again with what it has
    let source = format!("{home}/setup/agent/contoso/source");
    person.browser.go(&source, width, scheme);
    person.at_step("Source");
    person.picture("setup-xdr-edit");
    person.push("main a[href='/manual/source.md']");
    person.until("document.body.innerText.includes('## Microsoft Defender XDR')");
    siembox.stop();
}

fn data(person: &mut Person) {
    person.at_step("Data types");
    person.picture("setup-xdr-data");
    for table in ["IdentityQueryEvents", "IdentityDirectoryEvents"] {
        toggle(person, "activities.tables", table);
    }
    for table in ["CloudAppEvents", "IdentityLogonEvents"] {
        toggle(person, "activities.tables", table);
    }
    person.push(NEXT);
    person.until_says("[id='activities.tables-error']", "at least one");
    person.at_step("Data types");
    person.picture("setup-xdr-data-wrong");
    for table in ["CloudAppEvents", "IdentityLogonEvents"] {
        toggle(person, "activities.tables", table);
    }
    choose(person, "incidents.enabled");
    person.push(NEXT);
}

fn connection(person: &mut Person, cloud: &Cloud) {
    person.at_step("Cloud");
    person.fill("source.tenant_id", "contoso example");
    person.fill("source.client_id", CLIENT);
    person.fill("source.client_secret_file", SECRET);
    person.push(NEXT);
    person.until_says("[id='source.tenant_id-error']", "allowed");
    person.at_step("Cloud");
    // a secret is never sent back
    let back = person.browser.tell("document.documentElement.outerHTML");
    assert!(!back.as_str().unwrap().contains(SECRET));
    person.fill("source.tenant_id", "contoso.example");
    person.open_group_of("source.graph_url");
    person.fill("source.login_url", &cloud.url());
    person.fill("source.graph_url", &cloud.url());
    person.open_group_of("source.ca_file");
    person.fill("source.ca_file", cloud.ca_pem());
    person.push(NEXT);
    // the secret was entered for Microsoft's own host
    person.until_says("[id='source.client_secret_file-error']", "enter it again");
    person.at_step("Cloud");
    person.fill("source.client_secret_file", SECRET);
    person.push("button[value=check]");
    person.until_says("#job .done", "All steps succeeded");
    person.at_step("Cloud");
    person.picture("setup-xdr-cloud");
    person.push(NEXT);
}

/// Sets a switch or a radio button.
fn choose(person: &mut Person, id: &str) {
    press(person, &format!("[id=\"{id}\"]"));
}

fn toggle(person: &mut Person, name: &str, value: &str) {
    press(person, &format!("[name=\"{name}\"][value=\"{value}\"]"));
}

fn press(person: &mut Person, at: &str) {
    match person.by {
        By::Mouse => person.browser.click(at),
        By::Keyboard => reach_and_press(person, at),
    }
}

/// Tab goes to the chosen one of radio buttons; the arrows go on from there.
fn reach_and_press(person: &mut Person, at: &str) {
    let is_radio = format!("document.querySelector({at:?}).type === 'radio'");
    if person.browser.tell(&is_radio) == true {
        person.reach("[type=radio]");
        person.browser.press("ArrowDown");
    } else {
        person.reach(at);
        person.browser.press("Space");
    }
}

#[test]
fn by_mouse() {
    walk_xdr(By::Mouse, "light", 1440, None);
}

#[test]
fn by_keyboard_alone() {
    walk_xdr(By::Keyboard, "dark", 360, None);
}

#[test]
#[ignore = "makes pictures: make screenshots"]
fn screenshots() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    walk_xdr(By::Mouse, "light", 1440, Some(folder));
}
