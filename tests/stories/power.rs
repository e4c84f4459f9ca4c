//! The state folder on a drive of its own, with a volatile cache. The power goes at random moments:
//! after each cut siembox starts by itself, and in the end every record has arrived. And the drive
//! takes no more writes: ext4 makes itself read-only, siembox lives on and says so, and goes on
//! when the drive is another one.

use std::time::Duration;

use siembox::for_tests::status::Topic;
use siembox_support::cloud::Cloud;
use siembox_support::dice::Dice;
use siembox_support::disk::{Drive, own_mounts};
use siembox_support::records;
use siembox_support::sink::SyslogReceiver;
use siembox_support::soak;

use crate::expected::{self, compare};
use crate::siembox::{Plan, Siembox};

const RECORDS: usize = 12_000;
/// Cuts where nobody asks for more.
const CUTS: u64 = 5;

#[test]
fn power_cuts_lose_nothing() {
    own_mounts("power::cuts");
}

#[test]
#[ignore = "run by the test above"]
fn cuts() {
    let setting = |name: &str| std::env::var(name).ok().map(|value| value.parse().unwrap());
    let cuts = setting("SIEMBOX_CUTS").unwrap_or(CUTS);
    let seed = setting("SIEMBOX_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    println!("{cuts} power cuts under siembox, SIEMBOX_SEED={seed}");
    let story = soak::story("power cut under siembox");
    let receiver = SyslogReceiver::start();
    let mut records = records::activities(71, RECORDS);
    let cloud = Cloud::builder()
        .requests_per_minute(60_000)
        .activities(records.by_ref().take(RECORDS / 4))
        .start();
    let mut plan = Plan::new(&cloud, receiver.addr().port(), "tcp");
    // what can be read again must not be too old when the last cut is over
    plan.source.push_str("first_look_back = \"3d\"\n");
    plan.activities = "page_size = 500\n".into();
    plan.siem.push_str("max_lines_per_second = 3000\n");
    let mut siembox = Siembox::new(&cloud, &plan);
    let mut drive = Drive::new(128).unwrap();
    let each = (RECORDS - RECORDS / 4).div_ceil(usize::try_from(cuts).unwrap());
    for cut in 0..cuts {
        let mut dice = Dice::nth(seed, cut);
        drive.mount(&siembox.state(), "ordered").unwrap();
        siembox.start_and_wait();
        cloud.add(records::Stream::Activities, records.by_ref().take(each));
        drive
            .medium()
            .cut_within(Duration::from_millis(dice.below(800)));
        siembox.kill();
        drive.unmount().unwrap();
        drive.medium().restore(&mut dice);
    }
    drive.mount(&siembox.state(), "ordered").unwrap();
    siembox.start();
    let last = cloud
        .records(records::Stream::Activities)
        .last()
        .map(|record| record.created_ms);
    let status = siembox.wait("everything is read and proved", |status| {
        let agent = &status.agents[0];
        agent.activities.read_up_to_ms >= last && agent.spool.waiting == 0
    });
    siembox.stop();
    drive.unmount().unwrap();
    let want = expected::of(&cloud, &siembox, records::Stream::Activities);
    let difference = compare(&want, &receiver.lines());
    println!(
        "{cuts} power cuts under siembox over {} records: {} lost, {} damaged, {} sent twice; {} flushes",
        want.len(),
        difference.lost.len(),
        status.agents[0].spool.damaged_lines,
        difference.repeated,
        drive.medium().counts().flushes
    );
    let row = soak::Row {
        rounds: cuts,
        records: want.len() as u64,
        lost: difference.lost.len() as u64,
        duplicated: difference.repeated as u64,
        ..story.done()
    };
    row.told();
    assert_eq!(difference.lost, Vec::<String>::new());
    assert_eq!(difference.mangled, Vec::<String>::new());
    assert_eq!(status.agents[0].spool.damaged_lines, 0);
    assert!(
        !status
            .notices
            .iter()
            .any(|notice| notice.topic == Topic::Repaired),
        "{:?}",
        status.notices
    );
}

#[test]
fn a_worn_out_drive_costs_nothing() {
    own_mounts("power::worn_out");
}

#[test]
#[ignore = "run by the test above"]
fn worn_out() {
    let receiver = SyslogReceiver::start();
    let mut records = records::activities(72, 3_000);
    let cloud = Cloud::builder()
        .requests_per_minute(60_000)
        .activities(records.by_ref().take(1_000))
        .start();
    let mut plan = Plan::new(&cloud, receiver.addr().port(), "tcp");
    plan.source.push_str("first_look_back = \"3d\"\n");
    let mut siembox = Siembox::new(&cloud, &plan);
    let mut drive = Drive::new(128).unwrap();
    drive.mount(&siembox.state(), "ordered").unwrap();
    siembox.start();
    siembox.wait("the first lines are proved", |status| {
        let agent = &status.agents[0];
        agent.activities.spooled == 1_000 && agent.spool.waiting == 0
    });
    let pid = siembox.pid();
    drive.medium().wear_out(true);
    cloud.add(records::Stream::Activities, records.by_ref().take(1_000));
    // the first write that fails is the program's or the journal's, as the kernel happens to flush;
    // where the journal could not be written, nothing on the drive can be changed any more
    let status = siembox.wait_for_notice("Read-only file system");
    assert_eq!(status.pid, pid, "it lives on");
    siembox.kill();
    drive.unmount().unwrap();
    drive.medium().wear_out(false);
    drive.mount(&siembox.state(), "ordered").unwrap();
    cloud.add(records::Stream::Activities, records);
    siembox.start();
    let last = cloud
        .records(records::Stream::Activities)
        .last()
        .map(|record| record.created_ms);
    let status = siembox.wait("everything is read and proved", |status| {
        let agent = &status.agents[0];
        agent.activities.read_up_to_ms >= last && agent.spool.waiting == 0
    });
    siembox.stop();
    drive.unmount().unwrap();
    let want = expected::of(&cloud, &siembox, records::Stream::Activities);
    let difference = compare(&want, &receiver.lines());
    println!(
        "a worn-out drive under siembox: {} lost, {} damaged, {} sent twice",
        difference.lost.len(),
        status.agents[0].spool.damaged_lines,
        difference.repeated
    );
    assert_eq!(difference.lost, Vec::<String>::new());
    assert_eq!(status.agents[0].spool.damaged_lines, 0);
}
