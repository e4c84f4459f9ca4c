//! A person with a new box: claims it, sets up an agent in the wizard, sees it go, sees it break,
//! mends it. In a real browser, with the real process between a simulated cloud and real rsyslogs;
//! by mouse in the light, by keyboard alone in the dark.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use siembox_support::cloud::Cloud;
use siembox_support::receiver::{Receiver, rsyslog};

use crate::around::around;
use crate::driver::Browser;
use crate::person::{By, Person, claim, new_box};
use crate::stage::{add, cloud};

fn walk(by: By, scheme: &'static str, width: u32, pictures: Option<PathBuf>) {
    let (cloud, mut first) = (cloud(300), rsyslog::tcp());
    let (mut siembox, home) = new_box(&cloud);
    let pid = siembox.pid();
    let mut person = Person {
        browser: Browser::start(),
        by,
        width,
        scheme,
        pictures,
    };

    claim(&mut person, &home, width, scheme);
    add_agent(&mut person, &cloud, first.port());
    person.until_says(".done", "The agent was added");
    person.at_page("SIEM agents");
    person.picture("setup-agents");
    let text = std::fs::read_to_string(siembox.path("siembox.toml")).unwrap();
    for kept in [
        "# the box of the branch office",
        "# any",
        "name = \"contoso\"",
    ] {
        assert!(text.contains(kept), "{text}");
    }
    assert!(!text.contains(cloud.token()), "{text}");

    person.browser.go(&format!("{home}/"), width, scheme);
    person.until("['Created', 'Connected'].includes(document.querySelector('h1').innerText)");
    siembox.wait("all is proved", |status| {
        status.agents.iter().any(|agent| agent.lines.proved == 300)
    });
    person.until_says("h1", "Connected");

    first.kill();
    person.until("document.querySelectorAll('.arrow.broken').length === 1");
    person.until_says("#notices", "Data server");
    add(&cloud, 43, 10);
    let second = rsyslog::tcp();
    change_port(&mut person, &home, second.port());
    person.until_says(".done", "saved");
    person.browser.go(&format!("{home}/"), width, scheme);
    person.until_says("h1", "Connected");
    siembox.wait("all is proved", |status| {
        let agent = &status.agents[0];
        agent.activities.spooled == 310 && agent.spool.waiting == 0
    });
    assert_eq!(siembox.pid(), pid, "the process went on");
    assert_eq!(arrived(&[first, second]), 310, "nothing is lost");
    siembox.stop();
}

fn add_agent(person: &mut Person, cloud: &Cloud, port: u16) {
    let next = "button[value=next]:not(.unseen)";
    person.push("main a.button.main");
    person.at_step("Source");
    person.picture("setup-source");
    person.push(next);
    person.at_step("General");
    // the reason stands beside the field, and what was typed stays
    person.fill("name", "con toso");
    person.push(next);
    person.until_says("[id='name-error']", "allowed");
    assert_eq!(
        person.browser.tell("document.getElementById('name').value"),
        "con toso"
    );
    person.at_step("General");
    person.picture("setup-general");
    person.fill("name", "contoso");
    person.push(next);

    person.at_step("Your SIEM");
    person.fill("siem.host", "127.0.0.1");
    person.fill("siem.port", &port.to_string());
    person.push("button[value=test]");
    person.until_says("#job .done", "has read the whole line");
    person.at_step("Your SIEM");
    person.picture("setup-siem");
    person.push(next);

    person.at_step("Data types");
    person.picture("setup-data");
    person.push(next);

    person.at_step("Cloud");
    person.fill("source.api_url", &cloud.url());
    person.fill("source.token_file", cloud.token());
    person.open_group_of("source.ca_file");
    person.fill("source.ca_file", cloud.ca_pem());
    person.open_group_of("source.poll_interval");
    person.fill("source.poll_interval", "1s");
    person.fill("source.requests_per_minute", "6000");
    person.push("button[value=check]");
    person.until_says("#job .done", "All steps succeeded");
    person.until_says("#job .said", "ok   token");
    // a secret is never sent back
    let back = person.browser.tell("document.documentElement.outerHTML");
    assert!(!back.as_str().unwrap().contains(cloud.token()));
    person.at_step("Cloud");
    person.picture("setup-cloud");
    person.push(next);

    person.at_step("Finish");
    person.push("button[value=preview]");
    person.until_says("#job .said", "CEF:0|MCAS|SIEM_Agent|");
    person.until_says("#job .done", "Nothing was");
    person.at_step("Finish");
    person.picture("setup-finish");
    person.push("button[value=save]");
}

fn change_port(person: &mut Person, home: &str, port: u16) {
    let (width, scheme) = (person.width, person.scheme);
    person.browser.go(&format!("{home}/setup"), width, scheme);
    person.at_page("SIEM agents");
    person.push("details.menu > summary");
    person.at_page("SIEM agents");
    person.picture("setup-menu");
    person.push("details.menu[open] a[href$='/general']");
    person.at_page("Edit contoso");
    person.push(".steps a[href$='/siem']");
    person.at_step("Your SIEM");
    person.fill("siem.port", &port.to_string());
    person.push("button[value=save]");
}

/// Different lines of records that these have.
fn arrived(receivers: &[Receiver]) -> usize {
    let lines = receivers.iter().flat_map(Receiver::lines);
    let lines = lines.filter(|line| !line.contains("SIEMBOX_TEST"));
    lines.collect::<HashSet<_>>().len()
}

#[test]
fn by_mouse() {
    walk(By::Mouse, "light", 1440, None);
}

#[test]
fn by_keyboard_alone() {
    walk(By::Keyboard, "dark", 360, None);
}

#[test]
#[ignore = "makes pictures: make screenshots"]
fn screenshots() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    walk(By::Mouse, "light", 1440, Some(folder.clone()));
    around(Some(folder));
}
