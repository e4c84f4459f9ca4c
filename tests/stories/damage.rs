//! Each file of the state folder in turn emptied, cut in half, flipped or removed while siembox is
//! dead: it starts, says what it met where that mattered, and delivers everything but what it
//! counts as damaged.
//!
//! `SIEMBOX_DAMAGES=all` for every file and damage, on a spool of several stores.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use siembox::for_tests::status::Topic;
use siembox_support::cloud::Cloud;
use siembox_support::dice::Dice;
use siembox_support::records;
use siembox_support::sink::SyslogReceiver;

use crate::expected;
use crate::siembox::{Plan, Siembox, files};

/// Cases where nobody asks for all.
const CASES: usize = 8;
/// Lines that arrived before the damage, and lines that waited, in one store or in several.
const ARRIVED: usize = 1_000;
const WAITING: usize = 5_000;
const WAITING_LONG: usize = 60_000;

const DAMAGES: [&str; 4] = ["emptied", "halved", "flipped", "removed"];

/// A dead siembox with lines that wait, and a copy of its state folder.
struct Corpse {
    cloud: Cloud,
    plan: Plan,
    siembox: Siembox,
    sound: tempfile::TempDir,
    /// What the receiver had before.
    had: Vec<String>,
    want: Vec<String>,
}

impl Corpse {
    fn lay_out(waiting: usize) -> Self {
        let mut receiver = SyslogReceiver::start();
        let mut records = records::activities(61, ARRIVED + waiting);
        let cloud = Cloud::builder()
            .requests_per_minute(60_000)
            .activities(records.by_ref().take(ARRIVED))
            .start();
        let mut plan = Plan::new(&cloud, receiver.addr().port(), "tcp");
        plan.source.push_str("first_look_back = \"3d\"\n");
        plan.activities = "page_size = 500\n".into();
        let mut siembox = Siembox::new(&cloud, &plan);
        siembox.start();
        let proved = |siembox: &mut Siembox, count: usize| {
            siembox.wait("the first lines are proved", |status| {
                let agent = &status.agents[0];
                agent.activities.spooled == count as u64 && agent.spool.waiting == 0
            });
        };
        proved(&mut siembox, ARRIVED);
        // the page after a quiet moment makes the copy of the cursors
        cloud.add(records::Stream::Activities, records.by_ref().take(1));
        proved(&mut siembox, ARRIVED + 1);
        receiver.stop();
        cloud.add(records::Stream::Activities, records);
        siembox.wait("the rest waits", |status| {
            status.agents[0].spool.waiting == waiting as u64 - 1
        });
        siembox.stop();
        // a store gets its index when it is opened again
        siembox.start_and_wait();
        siembox.kill();
        let sound = tempfile::tempdir().unwrap();
        copy(&siembox.state(), &sound.path().join("state"));
        let want = expected::of(&cloud, &siembox, records::Stream::Activities);
        Self {
            cloud,
            plan,
            had: receiver.lines(),
            siembox,
            sound,
            want,
        }
    }

    /// The regular files of the state folder, as paths in it.
    fn files(&self) -> Vec<PathBuf> {
        let sound = self.sound.path().join("state");
        let mut files: Vec<PathBuf> = files(&sound)
            .iter()
            .filter(|path| path.is_file())
            .map(|path| path.strip_prefix(&sound).unwrap().to_owned())
            .collect();
        files.sort();
        files
    }

    /// One case: damages the file, starts, and counts.
    fn case(&mut self, file: &Path, damage: &str, dice: &mut Dice) -> Outcome {
        let case = format!("{} {damage}", file.display());
        fs::remove_dir_all(self.siembox.state()).unwrap();
        copy(&self.sound.path().join("state"), &self.siembox.state());
        spoil(&self.siembox.state().join(file), damage, dice);
        let receiver = SyslogReceiver::start();
        self.plan.siem = format!(
            "host = \"127.0.0.1\"\nport = {}\nsystem_name = \"box\"\n",
            receiver.addr().port()
        );
        self.siembox.set(&self.plan);
        self.siembox.start();
        let pid = self.siembox.pid();
        let status = self.siembox.wait(&case, |status| {
            let Some(agent) = status.agents.first() else {
                return false;
            };
            agent.activities.pages > 0 && !agent.activities.behind && agent.spool.waiting == 0
        });
        assert_eq!(status.pid, pid, "{case}");
        self.siembox.stop();
        let lines = receiver.lines();
        let distinct: HashSet<&String> = lines.iter().chain(&self.had).collect();
        let lost = self
            .want
            .iter()
            .filter(|line| !distinct.contains(line))
            .count();
        let damaged = status.agents[0].spool.damaged_lines;
        let said = status
            .notices
            .iter()
            .any(|notice| notice.topic == Topic::Repaired);
        assert!(
            lost as u64 <= damaged,
            "{case}: {lost} lines lost, {damaged} counted; log:\n{}",
            self.siembox.log()
        );
        assert!(said || damaged == 0, "{case}: damage without a notice");
        let known: HashSet<&String> = self.want.iter().collect();
        assert!(
            lines.iter().all(|line| known.contains(line)),
            "{case}: a line that nobody wrote"
        );
        Outcome {
            lost,
            damaged,
            repeated: lines.len() + self.had.len() - distinct.len(),
            said,
        }
    }
}

#[derive(Debug)]
struct Outcome {
    lost: usize,
    damaged: u64,
    repeated: usize,
    said: bool,
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(copied.unwrap().success());
}

fn spoil(file: &Path, damage: &str, dice: &mut Dice) {
    let mut bytes = fs::read(file).unwrap();
    match damage {
        "removed" => return fs::remove_file(file).unwrap(),
        "emptied" => bytes.clear(),
        "halved" => bytes.truncate(bytes.len() / 2),
        _ => {
            for _ in 0..8.min(bytes.len()) {
                let at = usize::try_from(dice.below(bytes.len() as u64)).unwrap();
                bytes[at] ^= 1 << dice.below(8);
            }
        }
    }
    fs::write(file, bytes).unwrap();
}

/// A file by what it is, whatever its number: `store/db`, `copy`.
fn nature(file: &Path) -> String {
    let mut parts = Vec::new();
    for part in file.components().skip_while(|part| {
        let name = part.as_os_str();
        name == "agents" || name == "contoso"
    }) {
        let name = part.as_os_str().to_string_lossy();
        let end = name.find(['-', '.']).unwrap_or(name.len());
        parts.push(name[..end].to_owned());
    }
    let depth = file.components().count();
    if depth == 1 {
        format!("{} of the box", parts.concat())
    } else {
        parts.join("/")
    }
}

#[test]
fn each_file_of_the_state_folder_in_turn() {
    let all = std::env::var("SIEMBOX_DAMAGES").is_ok_and(|which| which == "all");
    let seed = std::env::var("SIEMBOX_SEED").map_or_else(
        |_| u64::from(std::process::id()),
        |seed| seed.parse().unwrap(),
    );
    println!("damage to the state folder, SIEMBOX_SEED={seed}");
    let mut dice = Dice::new(seed);
    let mut corpse = Corpse::lay_out(if all { WAITING_LONG } else { WAITING });
    let files = corpse.files();
    let mut cases: Vec<(PathBuf, &str)> = files
        .iter()
        .flat_map(|file| DAMAGES.map(|damage| (file.clone(), damage)))
        .collect();
    if !all {
        dice.shuffle(&mut cases);
        cases.truncate(CASES);
    }
    let mut table: BTreeMap<(String, &str), Vec<Outcome>> = BTreeMap::new();
    for (file, damage) in &cases {
        let outcome = corpse.case(file, damage, &mut dice);
        table
            .entry((nature(file), damage))
            .or_default()
            .push(outcome);
    }
    println!(
        "{} lines arrived, {} wait; {} files, {} cases, each started and went on:",
        corpse.had.len(),
        corpse.want.len() - corpse.had.len(),
        files.len(),
        cases.len()
    );
    for ((file, damage), outcomes) in &table {
        for outcome in outcomes {
            println!(
                "  {file:16} {damage:8} lost {:6}  counted as damaged {:6}  sent twice {:6}  {}",
                outcome.lost,
                outcome.damaged,
                outcome.repeated,
                if outcome.said { "notice" } else { "-" }
            );
        }
    }
    drop(corpse.cloud);
}
