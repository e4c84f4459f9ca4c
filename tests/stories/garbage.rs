//! Each file of the state folder in turn emptied, filled with random bytes, replaced by a folder,
//! or from a newer siembox, and the folder itself unusable: the box starts or says in plain words
//! why it does not, in its log and its status. Nothing panics, and nothing is lost that is not
//! counted.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use siembox::for_tests::status::{Condition, Snapshot};
use siembox_support::cloud::Cloud;
use siembox_support::dice::Dice;
use siembox_support::records;
use siembox_support::sink::SyslogReceiver;

use crate::expected;
use crate::siembox::{Plan, Siembox, files};

const ARRIVED: usize = 200;
const WAITING: usize = 200;

const DAMAGES: [&str; 3] = ["empty", "random", "a folder"];

/// A dead siembox with lines that wait, and a copy of its state folder.
struct Corpse {
    cloud: Cloud,
    plan: Plan,
    siembox: Siembox,
    sound: tempfile::TempDir,
    had: Vec<String>,
    want: Vec<String>,
}

impl Corpse {
    fn lay_out() -> Self {
        let mut receiver = SyslogReceiver::start();
        let mut records = records::activities(97, ARRIVED + WAITING);
        let cloud = Cloud::builder()
            .requests_per_minute(60_000)
            .activities(records.by_ref().take(ARRIVED))
            .start();
        let mut plan = Plan::new(&cloud, receiver.addr().port(), "tcp");
        plan.source.push_str("first_look_back = \"3d\"\n");
        plan.page = "listen = \"127.0.0.1:0\"\nhttps_listen = \"127.0.0.1:0\"\n".to_owned();
        let mut siembox = Siembox::new(&cloud, &plan);
        siembox.start();
        siembox.wait("the first lines have arrived", |status| {
            let agent = &status.agents[0];
            agent.activities.spooled == ARRIVED as u64 && agent.spool.waiting == 0
        });
        receiver.stop();
        cloud.add(records::Stream::Activities, records);
        siembox.wait("the rest waits", |status| {
            status.agents[0].spool.waiting == WAITING as u64
        });
        siembox.stop();
        let sound = tempfile::tempdir().unwrap();
        copy(&siembox.state(), &sound.path().join("state"));
        let want = expected::lines(&cloud, &siembox);
        Self {
            cloud,
            plan,
            had: receiver.lines(),
            siembox,
            sound,
            want,
        }
    }

    fn files(&self) -> BTreeSet<PathBuf> {
        let sound = self.sound.path().join("state");
        let relative = |path: PathBuf| path.strip_prefix(&sound).unwrap().to_owned();
        let mut all: BTreeSet<PathBuf> = files(&sound).into_iter().map(relative).collect();
        // of the ids that were sent there is one file for each hour
        let is_of_ids =
            |file: &PathBuf| file.parent().is_some_and(|folder| folder.ends_with("ids"));
        let ids = all.iter().find(|file| is_of_ids(file)).cloned();
        all.retain(|file| !is_of_ids(file));
        all.extend(ids);
        // what is only there while it runs, or was chosen on the page
        all.extend(["lock", "owner", "audit"].map(PathBuf::from));
        all
    }

    /// Starts it on a state folder that was changed like this, and returns what it says of itself,
    /// and its log.
    fn life(&mut self, case: &str, change: impl FnOnce(&Path)) -> (Snapshot, String) {
        let state = self.siembox.state();
        let _ = fs::remove_dir_all(&state);
        copy(&self.sound.path().join("state"), &state);
        change(&state);
        let _ = fs::remove_file(self.siembox.path("log"));
        let receiver = SyslogReceiver::start();
        self.plan.siem = format!(
            "host = \"127.0.0.1\"\nport = {}\nsystem_name = \"box\"\n",
            receiver.addr().port()
        );
        self.siembox.set(&self.plan);
        self.siembox.start();
        let status = self.siembox.wait(case, |status| {
            status.agents.first().is_some_and(|agent| {
                agent.activities.pages > 0
                    && !agent.activities.behind
                    && agent.spool.waiting == 0
                    && status.condition == Condition::Connected
            })
        });
        self.siembox.stop();
        let log = self.siembox.log();
        assert!(
            !log.contains("panicked") && !log.contains("Internal error"),
            "{case}: {log}"
        );
        let mut lines = receiver.lines();
        lines.extend(self.had.iter().cloned());
        let lost = expected::compare(&self.want, &lines).lost.len() as u64;
        let damaged = status.agents[0].spool.damaged_lines;
        assert!(
            lost <= damaged,
            "{case}: {lost} lost, {damaged} counted; {log}"
        );
        (status, log)
    }
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(copied.unwrap().success());
}

fn spoil(path: &Path, damage: &str, dice: &mut Dice) {
    let _ = fs::remove_file(path);
    match damage {
        "a folder" => fs::create_dir(path).unwrap(),
        "random" => {
            let bytes: Vec<u8> = (0..300).map(|_| dice.below(256) as u8).collect();
            fs::write(path, bytes).unwrap();
        }
        _ => fs::write(path, "").unwrap(),
    }
}

/// What has to be said of each file when it is garbage, in the log and in the status; nothing where
/// it is made again from nothing, as a lock is.
fn said_of(file: &Path, damage: &str) -> &'static str {
    let (name, folder) = (file.file_name().unwrap(), file.parent().unwrap());
    match name.to_str().unwrap() {
        "copy" => "was damaged and was rebuilt",
        // sled writes its settings into an empty one itself
        "conf" if damage == "empty" => "",
        "conf" => "was damaged and was rebuilt",
        "ledger" => "cannot be used",
        "db" => "reading continues from an earlier cursor",
        "owner" => "nobody can sign in",
        "certificate.pem" | "key.pem" => "certificate",
        _ if folder.ends_with("blobs") => "",
        _ => "",
    }
}

#[test]
fn each_file_as_garbage() {
    let mut dice = Dice::new(u64::from(std::process::id()));
    let mut corpse = Corpse::lay_out();
    for file in corpse.files() {
        for damage in DAMAGES {
            let case = format!("{} {damage}", file.display());
            if file == Path::new("lock") && damage == "a folder" {
                continue; // see below
            }
            let (status, log) = corpse.life(&case, |state| {
                spoil(&state.join(&file), damage, &mut dice);
            });
            let said = said_of(&file, damage).to_lowercase();
            let notices = (status.notices.iter())
                .map(|notice| format!("{}: {}\n", notice.title, notice.text))
                .collect::<String>();
            println!("{case}\n  {notices}");
            for (surface, text) in [("the log", &log), ("the status", &notices)] {
                assert!(
                    text.to_lowercase().contains(&said),
                    "{case}: {surface} does not say {said:?}: {text}"
                );
            }
        }
    }
    drop(corpse.cloud);
}

/// Where nothing can be kept nothing is begun: the exit code is 73, and the words name the place
/// and the cure.
#[test]
fn a_state_folder_that_cannot_be_used_is_refused_in_words() {
    let cloud = Cloud::builder().start();
    let mut siembox = Siembox::new(&cloud, &Plan::new(&cloud, 9, "tcp"));
    let state = siembox.state();
    let refused = |siembox: &Siembox, said: &[&str]| {
        let run = siembox.output("run", &[]);
        let text = String::from_utf8(run.stderr).unwrap();
        assert_eq!(run.status.code(), Some(73), "{text}");
        for part in said {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("panicked"), "{text}");
    };
    fs::write(&state, "").unwrap();
    refused(&siembox, &["state_dir", "create the folder"]);
    fs::remove_file(&state).unwrap();
    for (name, said) in [
        ("lock", "the state folder's lock cannot be opened"),
        ("status.sock", "remove the file there"),
    ] {
        fs::create_dir_all(state.join(name)).unwrap();
        refused(&siembox, &[name, said]);
        fs::remove_dir(state.join(name)).unwrap();
    }
    let script = format!(
        "mount --bind '{0}' '{0}' && mount -o remount,ro,bind '{0}' && exec \"$@\"",
        state.display()
    );
    let launcher = ["unshare", "--mount", "sh", "-c", &script, "sh"].map(str::to_owned);
    let possible = Command::new(&launcher[0])
        .args(&launcher[1..])
        .arg("true")
        .status();
    if !possible.is_ok_and(|status| status.success()) {
        println!("passed over: only root can mount");
        return;
    }
    siembox.launch_with(launcher.to_vec());
    refused(
        &siembox,
        &["Read-only file system", "give this user write access to it"],
    );
}

/// An agent whose folder can't be used says so, and goes on by itself once it can.
#[test]
fn an_agents_folder_that_cannot_be_used_is_told_and_mended() {
    let receiver = SyslogReceiver::start();
    let cloud = Cloud::builder()
        .requests_per_minute(60_000)
        .activities(records::activities(98, 50))
        .start();
    let mut siembox = Siembox::new(&cloud, &Plan::new(&cloud, receiver.addr().port(), "tcp"));
    let agents = siembox.state().join("agents");
    fs::create_dir_all(siembox.state()).unwrap();
    fs::write(&agents, "").unwrap();
    siembox.start();
    let status = siembox.wait_for_notice("the agent cannot start");
    assert_eq!(status.condition, Condition::Interrupted);
    let text = siembox.output("status", &[]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(
        text.contains("agents/contoso") && text.contains("nothing is lost"),
        "{text}"
    );
    fs::remove_file(&agents).unwrap();
    siembox.wait("it goes on, and says that all is well", |status| {
        status.condition == Condition::Connected
            && status.agents[0].spool.waiting == 0
            && receiver.count() == 50
            && status.notices.iter().all(|notice| notice.over_ms.is_some())
    });
    siembox.stop();
    expected::assert_exactly(&expected::lines(&cloud, &siembox), &receiver.lines());
}
