//! A command of which the end is waited for, but not for ever: one that hangs fails its own test
//! and holds up no other.

use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// Longer than any command takes on a slow machine; a test that is right never waits for it.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// Runs it without input and gives what it printed. What still runs after [`PATIENCE`] is ended by
/// SIGTERM: its output then says how far it came, and its exit code that it did not end by itself.
///
/// # Panics
/// Where it can't be started.
pub fn output(command: &mut Command) -> Output {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let pid = Pid::from_child(&child);
    let (ended, is_ended) = mpsc::channel::<()>();
    let guard = std::thread::spawn(move || {
        if is_ended.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
            let _ = kill_process(pid, Signal::TERM);
        }
    });
    let output = child.wait_with_output();
    drop(ended);
    let _ = guard.join();
    output.unwrap_or_else(|error| panic!("{command:?}: {error}"))
}
