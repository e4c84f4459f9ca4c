//! An ignored test of this test program that another one starts in a process of its own.

use std::process::Command;

/// Holds that there is a test of this full name: libtest runs none where the name is wrong, and
/// calls that well.
///
/// # Panics
/// Where there is none.
pub fn must_exist(test: &str) {
    let program = std::env::current_exe().expect("this program has a path");
    let listed = Command::new(program)
        .args(["--exact", test, "--ignored", "--list"])
        .output()
        .expect("this program runs");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(
        listed.contains(&format!("{test}: test")),
        "there is no test {test}: {listed}"
    );
}
