//! Removes a secret from this process's command line and environment in /proc.
//!
//! What `ps` and `/proc/PID/environ` show is the process's own memory between `arg_start` and
//! `arg_end`, and between `env_start` and `env_end`. The standard library hands out copies of it
//! only, and taking a variable out of the environment leaves that memory as it is, so the original
//! is overwritten through `/proc/self/mem`, which takes no unsafe code. A child that inherits the
//! environment afterwards finds the variable empty.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// Longest area looked at; Linux's own limit is a quarter of the stack, usually 2 MiB.
const MOST_BYTES: u64 = 8 * 1024 * 1024;
/// Fields of `/proc/PID/stat` (proc(5)) where the arguments begin, and where the environment does;
/// each area's end follows.
const ARGUMENTS: usize = 48;
const ENVIRONMENT: usize = 50;

/// Overwrites every argument (or the part after its `=`) that is this secret.
///
/// # Errors
/// Where `/proc` is not there or closed, or the secret is not found: it stays visible then.
pub(super) fn wipe(secret: &[u8]) -> io::Result<()> {
    overwrite(ARGUMENTS, b'*', |area| {
        let places = places(area, secret).into_iter();
        places.map(|at| at..at + secret.len()).collect()
    })
}

/// Overwrites the value of this variable of the environment: it is empty from now on. To be called
/// while there is one thread.
///
/// # Errors
/// As for [`wipe`].
pub(super) fn wipe_variable(name: &str) -> io::Result<()> {
    overwrite(ENVIRONMENT, 0, |area| values(area, name))
}

/// Overwrites with `byte` what `find` finds in the area that this field begins.
fn overwrite(
    field: usize,
    byte: u8,
    find: impl FnOnce(&[u8]) -> Vec<Range<usize>>,
) -> io::Result<()> {
    let (memory, start, bytes) = area_of(field)?;
    let found = find(&bytes);
    if found.is_empty() {
        return Err(io::Error::other(
            "it was not found in this process's memory",
        ));
    }
    found.into_iter().try_for_each(|place| {
        let over = vec![byte; place.len()];
        memory.write_all_at(&over, start + place.start as u64)
    })
}

/// This process's memory, and an area of it: where it begins and what it holds.
fn area_of(field: usize) -> io::Result<(File, u64, Vec<u8>)> {
    let area = area(&fs::read_to_string("/proc/self/stat")?, field)
        .ok_or_else(|| io::Error::other("/proc/self/stat does not say where it is"))?;
    let length = usize::try_from((area.end - area.start).min(MOST_BYTES)).unwrap_or(0);
    let memory = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/proc/self/mem")?;
    let mut bytes = vec![0; length];
    memory.read_exact_at(&mut bytes, area.start)?;
    Ok((memory, area.start, bytes))
}

/// The area that this field and the one behind it tell. Field 2, the name, may hold anything, so
/// counting begins after its last bracket, at field 3.
fn area(stat: &str, field: usize) -> Option<Range<u64>> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace().skip(field - 3);
    let start: u64 = fields.next()?.parse().ok()?;
    let end: u64 = fields.next()?.parse().ok()?;
    (0 < start && start < end).then_some(start..end)
}

/// Where the values of this variable stand; an empty one hides nothing.
fn values(environment: &[u8], name: &str) -> Vec<Range<usize>> {
    let mut values = Vec::new();
    let mut start = 0;
    for entry in environment.split(|byte| *byte == 0) {
        let value = entry
            .strip_prefix(name.as_bytes())
            .and_then(|rest| rest.strip_prefix(b"="));
        let end = start + entry.len();
        values.extend(
            value
                .filter(|value| !value.is_empty())
                .map(|value| end - value.len()..end),
        );
        start = end + 1;
    }
    values
}

/// Where the secret stands as a whole argument, or as all that follows `--flag=`.
fn places(arguments: &[u8], secret: &[u8]) -> Vec<usize> {
    let mut places = Vec::new();
    let mut start = 0;
    for argument in arguments.split(|byte| *byte == 0) {
        let value = match argument.iter().position(|byte| *byte == b'=') {
            Some(equals) if argument.starts_with(b"--") && argument[equals + 1..] == *secret => {
                Some(equals + 1)
            }
            _ => (argument == secret).then_some(0),
        };
        places.extend(
            value
                .filter(|_| !secret.is_empty())
                .map(|offset| start + offset),
        );
        start += argument.len() + 1;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_whole_values_only() {
        let arguments = b"siembox\0--token\0abc\0--token=abc\0--state\0abcd\0xabc\0a=abc\0";
        assert_eq!(places(arguments, b"abc"), [16, 28]);
        assert_eq!(places(arguments, b""), Vec::<usize>::new());
        assert_eq!(places(b"--token=a=b==\0", b"a=b=="), [8]);
    }

    #[test]
    fn reads_the_area_behind_any_name() {
        let zeros = "0 ".repeat(44);
        assert_eq!(
            area(&format!("1 (a) b) (x) S {zeros}4096 4200 0"), ARGUMENTS),
            Some(4096..4200)
        );
        assert_eq!(
            area(&format!("1 (x) S {zeros}1 2 5000 5100 0"), ENVIRONMENT),
            Some(5000..5100)
        );
        for wrong in [
            "",
            "1 (x) S 0 0",
            &format!("1 (x) S {zeros}0 0 0"),
            &format!("1 (x) S {zeros}9 8 0"),
        ] {
            assert_eq!(area(wrong, ARGUMENTS), None, "{wrong}");
        }
    }

    #[test]
    fn finds_a_variables_value_by_its_name() {
        let environment = b"A=abc\0TOKEN=abc=\0XTOKEN=abc\0TOKENX=abc\0TOKEN=\0TOKEN=d\0";
        assert_eq!(values(environment, "TOKEN"), [12..16, 52..53]);
        assert!(values(b"", "TOKEN").is_empty());
    }
}
