//! The pages of the administrator's around the agents, in a real browser: their looks, what they
//! download, and a change that goes back by itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::driver::Browser;
use crate::person::{By, Person, claim, new_box};
use crate::siembox::Siembox;
use crate::stage::cloud;

#[test]
fn every_further_page_is_for_everybody() {
    around(None);
}

/// The other pages of the administrator's.
pub fn around(pictures: Option<PathBuf>) {
    let cloud = cloud(1);
    let (mut siembox, home) = new_box(&cloud);
    let mut person = Person {
        pictures,
        ..person()
    };
    claim(&mut person, &home, 768, "light");
    person.picture("setup-first");
    for (path, heading, picture) in [
        ("page", "Page", "setup-page"),
        ("transfer", "Export and import", "setup-transfer"),
        ("password", "Password", "setup-password"),
        ("audit", "Audit log", "setup-audit"),
    ] {
        let at = format!("{home}/setup/{path}");
        assert_eq!(person.browser.go(&at, 768, "light"), 200);
        person.at_page(heading);
        person.picture(picture);
    }
    siembox.stop();
}

#[test]
fn bundle_and_export_come_as_files() {
    let cloud = cloud(1);
    let (mut siembox, home) = new_box(&cloud);
    let mut person = person();
    claim(&mut person, &home, 768, "light");
    let folder = tempfile::tempdir().unwrap();

    let bundle = folder.path().join("bundle.tar");
    let name = person
        .browser
        .download("form[action='/setup/support'] button", &bundle);
    assert!(
        name.starts_with("siembox-support") && name.ends_with(".tar"),
        "{name}"
    );
    let listed = Command::new("tar")
        .arg("-tf")
        .arg(&bundle)
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    for part in ["status.json", "siembox.toml"] {
        assert!(listed.contains(part), "{listed}");
    }

    person
        .browser
        .go(&format!("{home}/setup/transfer"), 768, "light");
    let export = folder.path().join("siembox.toml");
    let name = person
        .browser
        .download("form[action='/setup/transfer/export'] button", &export);
    assert_eq!(name, "siembox.toml");
    let settings = |path: &Path| std::fs::read_to_string(path).unwrap();
    assert_eq!(settings(&export), settings(&siembox.path("siembox.toml")));
    siembox.stop();
}

#[test]
fn a_change_of_the_page_is_kept_or_goes_back() {
    let cloud = cloud(1);
    let (mut siembox, home) = new_box(&cloud);
    let mut person = person();
    claim(&mut person, &home, 768, "light");
    let settings = siembox.path("siembox.toml");
    let text = || std::fs::read_to_string(&settings).unwrap();
    let (before, mut home) = (text(), home);
    for keeps in [false, true] {
        person
            .browser
            .go(&format!("{home}/setup/page"), 768, "light");
        person.fill("hosts", "siem-bridge.example");
        person.push("form[action='/setup/page'] button.main");
        // what it still asks for from where the page was may be refused, so what the console says
        // is not looked at here
        person.until_says("main h1", "The page's address changes");
        assert!(text().contains("siem-bridge.example"), "{}", text());
        home = moved(&mut siembox, &home);
        person.browser.go(&format!("{home}/setup"), 768, "light");
        person.until_says("form.trial", "unless you keep the change");
        match keeps {
            true => person.push("form.trial button.main"),
            false => person.push("form.trial button.plain"),
        }
        if !keeps {
            home = moved(&mut siembox, &home);
            person.browser.go(&format!("{home}/setup"), 768, "light");
        }
        person.until("!document.querySelector('form.trial')");
        assert_eq!(text() == before, !keeps, "{}", text());
    }
    siembox.stop();
}

fn person() -> Person {
    Person {
        browser: Browser::start(),
        by: By::Mouse,
        width: 768,
        scheme: "light",
        pictures: None,
    }
}

/// Where the page is, once it is elsewhere: port 0 takes another port each time.
fn moved(siembox: &mut Siembox, from: &str) -> String {
    let there = |address: &str| address.trim_end_matches('/').to_owned();
    let status = siembox.wait("the page has moved", |status| {
        status
            .page
            .get(1)
            .is_some_and(|address| there(address) != from)
    });
    there(&status.page[1])
}
