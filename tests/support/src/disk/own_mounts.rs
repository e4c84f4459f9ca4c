//! A mount namespace for a test: what it mounts is seen by nobody else and goes with its last
//! process, also when that is killed.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::own_test;

/// Runs an ignored test of this test binary in a mount namespace of its own, and lets it say what
/// it says.
///
/// Where this system cannot do that (not root, no FUSE, no loop device) it says so and passes over
/// the test.
///
/// # Panics
/// When that test fails.
pub fn own_mounts(test: &str) {
    own_test::must_exist(test);
    if let Err(missing) = possible() {
        println!("passed over: {test}: {missing}");
        return;
    }
    let status = Command::new("unshare")
        .args(["--mount", "--propagation", "private"])
        .arg(std::env::current_exe().expect("this program has a path"))
        .args([
            "--exact",
            test,
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .stdin(Stdio::null())
        .status();
    assert!(
        status.as_ref().is_ok_and(std::process::ExitStatus::success),
        "{test}: {status:?}"
    );
}

fn possible() -> Result<(), &'static str> {
    if !rustix::process::geteuid().is_root() {
        return Err("only root may mount");
    }
    for (device, what) in [
        ("/dev/fuse", "this system has no /dev/fuse"),
        ("/dev/loop-control", "this system has no loop devices"),
    ] {
        if !Path::new(device).exists() {
            return Err(what);
        }
    }
    let tried = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "true"])
        .stderr(Stdio::null())
        .status();
    match tried {
        Ok(status) if status.success() => Ok(()),
        _ => Err("this system gives no mount namespace"),
    }
}
