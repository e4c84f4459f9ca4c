//! A person who changes an agent's source on the page, from the second source's fields over the
//! comparison to the change and back, in a real browser: by mouse on a wide screen, by keyboard
//! alone on a phone. A tenant whose records both APIs tell, and real rsyslog: each record arrives
//! once.

use std::path::{Path, PathBuf};
use std::time::Instant;

use siembox_support::arrivals;
use siembox_support::cloud::{App, Cloud, Fault, Target};
use siembox_support::receiver::{Receiver, rsyslog};
use siembox_support::records::xdr::List;
use siembox_support::records::{self, Stream, xdr};

use crate::driver::Browser;
use crate::person::{By, Person, claim};
use crate::siembox::{PATIENCE, Plan, Siembox};

const NEXT: &str = "button[value=next]:not(.unseen)";
const SAVE: &str = "button[value=save]";
const MAIN: &str = "main form button.main";
const SECRET: &str = "entra~client~secret";
const CLIENT: &str = "00000000-0000-4000-8000-000000000001";
const HOUR: i64 = 3_600_000;

/// How many records only one of the APIs tells.
const ONLY_OLD: usize = 4;
const ONLY_NEW: usize = 7;
const BOTH: [usize; 2] = [90, 12];

/// A tenant with records of the last day in both APIs, and some in one of them alone.
fn cloud() -> Cloud {
    let now_ms = siembox_support::clock::real_ms();
    let of_the_day =
        |series: records::Series| series.between(now_ms - 20 * HOUR, now_ms - 2 * HOUR);
    let activities = || of_the_day(records::activities(81, BOTH[0]));
    let alerts = || of_the_day(records::alerts(82, BOTH[1]));
    Cloud::builder()
        .requests_per_minute(60_000)
        .graph_requests_per_minute(60_000)
        .hunting_calls_per_minute(60_000)
        .app(App::new("contoso.example", CLIENT, SECRET))
        .activities(activities())
        .activities(of_the_day(records::activities(83, ONLY_OLD)))
        .alerts(alerts())
        .xdr(xdr::twins(activities()))
        .xdr(xdr::twins(of_the_day(records::directory_activities(
            84, ONLY_NEW,
        ))))
        .xdr(xdr::twins(alerts()))
        .start()
}

/// What the person works with.
struct Scene {
    cloud: Cloud,
    receiver: Receiver,
    siembox: Siembox,
    home: String,
}

impl Scene {
    /// An agent of Cloud Apps that has sent all there is.
    fn start() -> Self {
        let (cloud, receiver) = (cloud(), rsyslog::tcp());
        let plan = Plan {
            page: "listen = \"127.0.0.1:0\"\nhttps_listen = \"127.0.0.1:0\" # any\n".to_owned(),
            ..Plan::new(&cloud, receiver.port(), "tcp")
        };
        let mut siembox = Siembox::new(&cloud, &plan);
        siembox.start();
        let status = siembox.wait("the page is there", |status| status.page.len() == 2);
        let home = status.page[1].trim_end_matches('/').to_owned();
        let all = BOTH[0] + BOTH[1] + ONLY_OLD;
        siembox.wait("all is proved", |status| {
            status.agents[0].lines.proved == all as u64
        });
        Self {
            cloud,
            receiver,
            siembox,
            home,
        }
    }

    /// Records that happen now, in both APIs.
    fn new_records(&self, seed: u64) {
        let now_ms = self.cloud.now_ms();
        let records = || (0..20).map(|n| records::one_activity(seed, n, now_ms - 5000));
        self.cloud.add_xdr(xdr::twins(records()));
        self.cloud.add(Stream::Activities, records());
    }

    /// Waits until each record that this source tells has come, and sees that none came twice.
    fn assert_each_once(&self) {
        let wanted = arrivals::ids(&self.cloud);
        let begin = Instant::now();
        loop {
            let lines = self.receiver.lines();
            let lines = || lines.iter().map(String::as_str);
            if arrivals::have_come(&wanted, lines()) || begin.elapsed() > PATIENCE {
                let wrong = arrivals::wrong(&wanted, lines());
                assert!(wrong.is_empty(), "{wrong:?}\n{}", self.siembox.log());
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    /// What `siembox migrate` says of the last day.
    fn told(&self, argument: &str) -> String {
        let arguments = ["--to", "defender-xdr", "--since", "1d", argument];
        let output = self.siembox.output("migrate", &arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

fn walk_change(by: By, scheme: &'static str, width: u32, pictures: Option<PathBuf>) {
    let mut scene = Scene::start();
    let mut person = Person {
        browser: Browser::start(),
        by,
        width,
        scheme,
        pictures: None,
    };
    claim(&mut person, &scene.home, width, scheme);
    person.pictures = pictures;
    person.push("details.menu > summary");
    person.push("details.menu[open] a[href$='/change']");
    enter(&mut person, &scene.cloud);
    assert_settings(
        &scene,
        &["# any", "[agent.other_source]", "client_secret_file"],
    );
    compare(&mut person, &scene);

    // both for a while
    person.push("main form a.button");
    person.at_step("Change");
    person.until_says("#sources", "not read");
    person.picture("change-state");
    person.push("a[href$='/change/both']");
    person.at_page("Read cloud-apps and defender-xdr?");
    person.picture("change-both");
    person.push(MAIN);
    settled(&mut person, "Both sources are read", "read too");
    person.picture("change-both-done");
    scene.new_records(90);
    scene.assert_each_once();

    // change now
    person.push("a[href$='/change/swap']");
    person.at_page("Change the source to defender-xdr?");
    press(&mut person, "[id=both]");
    person.at_page("Change the source to defender-xdr?");
    person.picture("change-swap");
    person.push(MAIN);
    settled(
        &mut person,
        "The source was changed",
        "(defender-xdr), read",
    );
    person.until_says("#sources", "(cloud-apps), not read");
    person.picture("change-swap-done");
    scene.new_records(91);
    scene.assert_each_once();

    // and back
    person.push("a[href$='/change/swap']");
    person.at_page("Change the source to cloud-apps?");
    person.until_says("main form", "Take it back");
    person.push(MAIN);
    settled(&mut person, "The source was changed", "(cloud-apps), read");
    scene.new_records(92);
    scene.assert_each_once();

    // and forgotten
    person.push("a[href$='/change/forget']");
    person.at_page("Forget defender-xdr?");
    person.picture("change-forget");
    person.push("main form button.danger");
    person.until_says(".done", "forgotten");
    person.at_page("SIEM agents");
    assert!(!scene.siembox.path("contoso.client-secret").exists());
    let settings = std::fs::read_to_string(scene.siembox.path("siembox.toml")).unwrap();
    assert!(!settings.contains("other_source"), "{settings}");
    let audit = format!("{}/setup/audit", scene.home);
    person.browser.go(&audit, width, scheme);
    person.at_page("Audit log");
    for done in [
        "second source defender-xdr added",
        "sources compared",
        "cloud-apps and defender-xdr are both read",
        "source changed from cloud-apps to defender-xdr; cloud-apps is not read any more",
        "source changed from defender-xdr to cloud-apps; defender-xdr is not read any more",
        "second source defender-xdr forgotten, with its secrets",
    ] {
        person.until_says("main", done);
    }
    person.picture("change-audit");
    assert_no_secret(&mut person);
    let log = scene.siembox.log();
    let status = scene.siembox.output("status", &["--json"]);
    let status = String::from_utf8_lossy(&status.stdout).into_owned();
    for text in [log, status, settings] {
        assert!(!text.contains(SECRET) && !text.contains(scene.cloud.token()));
    }
    scene.siembox.stop();
}

/// The second source's fields, with what can go wrong there.
fn enter(person: &mut Person, cloud: &Cloud) {
    person.at_page("Change the source of contoso");
    person.at_step("Second source");
    person.picture("change-source");
    person.fill("source.tenant_id", "contoso example");
    person.fill("source.client_id", CLIENT);
    person.fill("source.client_secret_file", SECRET);
    person.open_group_of("source.graph_url");
    person.fill("source.login_url", &cloud.url());
    person.fill("source.graph_url", &cloud.url());
    person.open_group_of("source.ca_file");
    person.fill("source.ca_file", cloud.ca_pem());
    person.open_group_of("source.poll_interval");
    person.fill("source.poll_interval", "10s");
    person.fill("source.hunting_calls_per_minute", "45");
    person.push(NEXT);
    person.until_says("[id='source.tenant_id-error']", "allowed");
    person.at_step("Second source");
    person.picture("change-source-wrong");
    assert_no_secret(person);
    person.fill("source.tenant_id", "contoso.example");
    // the secret was entered for another tenant
    person.fill("source.client_secret_file", SECRET);
    person.push("button[value=check]");
    person.until_says("#job .done", "All steps succeeded");
    person.at_step("Second source");
    assert_no_secret(person);
    person.push(NEXT);
    person.at_step("Data types");
    person.picture("change-data");
    person.push(SAVE);
    person.until_says(".done", "The second source is saved");
    person.at_step("Compare");
    person.picture("change-compare");
}

/// What both hold, in the words and numbers of the command.
fn compare(person: &mut Person, scene: &Scene) {
    // one that hangs is ended
    let hangs = Fault::Stall.on(Target::Of(List::CloudAppEvents));
    scene.cloud.fault(hangs);
    person.push(MAIN);
    person.until_says("#job", "cloud-apps, activities: ");
    person.until("document.querySelector('#end-job')");
    person.at_step("Compare");
    person.picture("change-comparing");
    person.push("#end-job");
    person.until_says("#job .error", "Ended. Nothing was sent or changed.");
    person.at_step("Compare");
    person.push(MAIN);
    person.until_says("#job .done", "Nothing was sent or changed");
    let found = person
        .browser
        .tell("document.getElementById('job').innerText");
    let found = found.as_str().unwrap().to_owned();
    for words in [
        format!("{} in both", BOTH[0]),
        format!("{} in both", BOTH[1]),
        format!("only in cloud-apps: {ONLY_OLD} ("),
        format!("only in defender-xdr: {ONLY_NEW} ("),
    ] {
        assert!(found.contains(&words), "{words}: {found}");
    }
    let mut fields = 0;
    let told = scene.told("--json");
    for line in told.lines() {
        let told: serde_json::Value = serde_json::from_str(line).unwrap();
        let comparison = &told["comparison"];
        for (name, difference) in comparison["fields"].as_object().unwrap() {
            let words = format!(
                "{name} differs in {} of {}",
                difference["lines"], comparison["in_both"]
            );
            assert!(found.contains(&words), "{words}: {found}");
            fields += 1;
        }
    }
    assert_eq!(found.matches(" differs in ").count(), fields, "{found}");
    assert!(fields > 0, "{told}");
    // each value as the command writes it
    for line in scene.told("--agent=contoso").lines() {
        let value = line.strip_prefix("    cloud-apps: ");
        if let Some(value) = value.or(line.strip_prefix("    defender-xdr: ")) {
            assert!(found.contains(value.trim()), "{value}: {found}");
        }
    }
    person.at_step("Compare");
    person.picture("change-compared");
    assert_no_secret(person);
}

/// The page tells the state after what was done, and the running box is in it.
fn settled(person: &mut Person, done: &str, state: &str) {
    person.until_says(".done", done);
    person.until_says("#sources", state);
    person.until("!document.querySelector('[data-live]')");
    person.at_step("Change");
}

fn assert_settings(scene: &Scene, words: &[&str]) {
    let text = std::fs::read_to_string(scene.siembox.path("siembox.toml")).unwrap();
    for words in words {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains(SECRET), "{text}");
}

fn assert_no_secret(person: &mut Person) {
    let page = person.browser.tell("document.documentElement.outerHTML");
    assert!(!page.as_str().unwrap().contains(SECRET));
}

fn press(person: &mut Person, at: &str) {
    match person.by {
        By::Mouse => person.browser.click(at),
        By::Keyboard => {
            person.reach(at);
            person.browser.press("Space");
        }
    }
}

#[test]
fn by_mouse() {
    walk_change(By::Mouse, "light", 1440, None);
}

#[test]
fn by_keyboard_alone() {
    walk_change(By::Keyboard, "dark", 360, None);
}

#[test]
#[ignore = "makes pictures: make screenshots"]
fn screenshots() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    walk_change(By::Mouse, "light", 1440, Some(folder));
}
