//! The disk's side: damage, a full disk, a full spool.

use std::process::{Command, Stdio};

use siembox_support::cloud::Cloud;
use siembox_support::receiver::rsyslog;
use siembox_support::records;

use crate::expected::{self, assert_exactly};
use crate::siembox::{Plan, Siembox, files};

#[test]
fn a_damaged_snapshot_is_repaired_and_said() {
    let mut receiver = rsyslog::tcp();
    receiver.stop();
    let cloud = Cloud::builder()
        .requests_per_minute(6000)
        .activities(records::activities(41, 5_000))
        .start();
    let mut siembox = Siembox::new(&cloud, &Plan::new(&cloud, receiver.port(), "tcp"));
    siembox.start();
    siembox.wait("everything waits on flash", |status| {
        status.agents[0].spool.waiting == 5_000
    });
    siembox.stop();
    // a store gets its snapshot when it is opened again
    siembox.start_and_wait();
    siembox.kill();
    let snapshots: Vec<_> = files(&siembox.state())
        .into_iter()
        .filter(|path| {
            path.file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("snap.")
        })
        .collect();
    assert!(!snapshots.is_empty(), "{:?}", files(&siembox.state()));
    for path in snapshots {
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0xff;
        std::fs::write(&path, bytes).unwrap();
    }
    receiver.start();
    siembox.start();
    siembox.wait_for_notice("was damaged and was rebuilt");
    siembox.wait("all is proved", |status| {
        status.agents[0].spool.waiting == 0
    });
    let want = expected::lines(&cloud, &siembox);
    assert_exactly(&want, &receiver.wait_for(want.len()));
}

#[test]
fn a_full_disk_waits_and_goes_on() {
    let mut receiver = rsyslog::tcp();
    receiver.stop();
    let count = 120_000;
    let cloud = Cloud::builder()
        .requests_per_minute(6000)
        .activities(records::activities(43, count))
        .start();
    let mut siembox = Siembox::new(&cloud, &Plan::new(&cloud, receiver.port(), "tcp"));
    let Some(_small) = SmallDisk::mount(&siembox.state(), 14) else {
        println!("passed over: a small disk can be mounted by root only");
        return;
    };
    siembox.start();
    let status = siembox.wait("the disk is full", |status| {
        status
            .notices
            .iter()
            .any(|notice| notice.text.contains("No space left"))
            || status.agents[0].spool.full
    });
    assert!(status.agents[0].activities.spooled < count as u64);
    receiver.start();
    siembox.wait("all is proved", |status| {
        status.agents[0].activities.spooled == count as u64 && status.agents[0].spool.waiting == 0
    });
    let want = expected::lines(&cloud, &siembox);
    assert_exactly(&want, &receiver.wait_for(count));
    siembox.stop();
}

/// A file system in memory, of so many MB.
pub struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    /// None where this user may not mount.
    pub fn mount(folder: &std::path::Path, megabytes: u32) -> Option<Self> {
        std::fs::create_dir_all(folder).unwrap();
        let done = Command::new("mount")
            .args([
                "-t",
                "tmpfs",
                "-o",
                &format!("size={megabytes}m"),
                "siembox-test",
            ])
            .arg(folder)
            .stderr(Stdio::null())
            .status();
        done.is_ok_and(|code| code.success())
            .then(|| Self(folder.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // lazily: a siembox that a failed test left behind may still hold it
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_spool_waits_and_goes_on() {
    let mut receiver = rsyslog::tcp();
    receiver.stop();
    let count = 200_000;
    let cloud = Cloud::builder()
        .requests_per_minute(6000)
        .activities(records::activities(42, count))
        .start();
    let mut plan = Plan::new(&cloud, receiver.port(), "tcp");
    plan.spool = "max_size_mb = 64\n".into();
    // uncompressible enough to reach the smallest bound that the settings allow
    let mut siembox = Siembox::new(&cloud, &plan);
    siembox.start();
    let status = siembox.wait("it is full, or everything fitted", |status| {
        status.agents[0].spool.full || status.agents[0].activities.spooled == count as u64
    });
    assert!(
        status.agents[0].spool.disk_bytes <= 64_000_000,
        "{} bytes",
        status.agents[0].spool.disk_bytes
    );
    receiver.start();
    siembox.wait("all is proved", |status| {
        status.agents[0].activities.spooled == count as u64 && status.agents[0].spool.waiting == 0
    });
    let want = expected::lines(&cloud, &siembox);
    assert_exactly(&want, &receiver.wait_for(count));
}
