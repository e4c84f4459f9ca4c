//! A program of Debian's that is run to its end: e2fsck, sfdisk and the like. Only PID 1's own
//! thread may do that: the same thread collects all dead processes, so that nobody takes another's
//! away.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::process::{Command, Stdio};

/// What it said is kept to so many bytes, from its end.
const MOST: usize = 2_000;

/// Settings of e2fsck, where somebody has [written](CLOCKLESS) them.
pub const E2FSCK_CONFIG: &str = "/run/siembox/e2fsck.conf";
/// A board without a clock is in no position to call the file system's times wrong.
pub const CLOCKLESS: &str = "[options]\n\tbroken_system_clock = 1\n";

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// Its exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// What it said, both ways, trimmed.
    pub words: String,
}

/// Runs a program to its end, with this on its standard input.
///
/// # Errors
/// It can't be started: the path is named.
pub fn run<S: AsRef<OsStr>>(
    program: &str,
    arguments: impl IntoIterator<Item = S>,
    input: &str,
) -> io::Result<Ran> {
    let named = |cause: io::Error| io::Error::new(cause.kind(), format!("{program}: {cause}"));
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", "/sbin:/bin:/usr/sbin:/usr/bin")
        .env("E2FSCK_CONFIG", E2FSCK_CONFIG)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(named)?;
    if let Some(mut stdin) = child.stdin.take() {
        // one that does not read has ended, and says why itself
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().map_err(named)?;
    let said = [output.stdout, output.stderr].concat();
    let end = &said[said.len().saturating_sub(MOST)..];
    Ok(Ran {
        code: output.status.code(),
        words: String::from_utf8_lossy(end).trim().to_owned(),
    })
}

// === impl Ran ===

impl Ran {
    /// The code 0.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.code == Some(0)
    }

    /// The last line that says something, for a sentence.
    #[must_use]
    pub fn last_line(&self) -> &str {
        let mut lines = self.words.lines().rev().map(str::trim);
        lines.find(|line| !line.is_empty()).unwrap_or("no message")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn hears_both_ways_and_the_code() {
        let ran = run("/bin/sh", ["-c", "cat; echo wrong >&2; exit 3"], "in\n").unwrap();
        assert_eq!((ran.code, &*ran.words), (Some(3), "in\nwrong"));
        assert_eq!(ran.last_line(), "wrong");
        assert!(!ran.is_well());
        let missing = run("/none/such", [""], "").unwrap_err();
        assert!(missing.to_string().starts_with("/none/such: "));
    }
}
