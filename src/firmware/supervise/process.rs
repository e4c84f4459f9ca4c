//! Starts, stops, kills and reaps processes.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::thread;

use rustix::process::{Signal, WaitOptions, WaitStatus, kill_process_group, wait};

pub use rustix::process::Pid;

use crate::firmware::child::Child;
use crate::firmware::log::{LONGEST, Log};

/// A thread that only copies lines needs little.
const STACK: usize = 64 * 1024;

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// It exited with this code.
    Code(i32),
    /// A signal ended it.
    Signal(i32),
}

/// Starts it in a process group of its own, without root's rights where it is to have none. What it
/// says goes to the log.
///
/// # Errors
/// What the system said.
pub fn start(child: &Child, log: &Log) -> io::Result<Pid> {
    let (said, says) = io::pipe()?;
    let mut command = Command::new(&child.program);
    command
        .args(&child.args)
        .env_clear()
        .env("PATH", "/bin:/sbin")
        .env("HOME", "/")
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(says.try_clone()?)
        .stderr(says);
    if let Some((user, group)) = child.user {
        // as root, this takes all other groups away too
        command.gid(group).uid(user);
    }
    let started = command.spawn()?;
    // its own ends of the pipe: else it would never be heard to end
    drop(command);
    let (name, log) = (child.name, log.clone());
    thread::Builder::new()
        .name(name.to_owned())
        .stack_size(STACK)
        .spawn(move || hear(said, |line| log.hear(name, line)))?;
    i32::try_from(started.id())
        .ok()
        .and_then(Pid::from_raw)
        .ok_or_else(|| io::Error::other("the system gave it an invalid process ID"))
}

/// Every line until the other side has closed; one that is too long is cut into several.
fn hear(said: impl Read, mut tell: impl FnMut(&str)) {
    let mut said = BufReader::with_capacity(LONGEST, said);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut said)
            .take(LONGEST as u64)
            .read_until(b'\n', &mut line);
        if !matches!(read, Ok(1..)) {
            return;
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        if !text.is_empty() {
            tell(text);
        }
    }
}

/// SIGTERM to it and all it has started.
pub fn ask(pid: Pid) {
    // one that has ended already is content
    let _ = kill_process_group(pid, Signal::TERM);
}

/// SIGKILL to it and all it has started.
pub fn kill(pid: Pid) {
    let _ = kill_process_group(pid, Signal::KILL);
}

/// Every process that has ended since: our children, and the orphans that fall to PID 1.
#[must_use]
pub fn bury() -> Vec<(Pid, Death)> {
    let ended = std::iter::from_fn(|| wait(WaitOptions::NOHANG).ok().flatten());
    ended
        .filter_map(|(pid, status)| Some((pid, Death::of(status)?)))
        .collect()
}

// === impl Death ===

impl Death {
    fn of(status: WaitStatus) -> Option<Self> {
        let code = status.exit_status().map(Self::Code);
        code.or(status.terminating_signal().map(Self::Signal))
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(9) => f.write_str("killed"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hears_lines_of_any_length() {
        let said = ["one\r\n\n", &"x".repeat(2 * LONGEST + 3), "\nend"].concat();
        let mut heard = Vec::new();
        hear(said.as_bytes(), |line| heard.push(line.len()));
        assert_eq!(heard, [3, LONGEST, LONGEST, 3, 3]);
    }
}
