//! Wiping a secret out of the process list.
//!
//! What `ps` shows of a process is its own memory between `arg_start` and `arg_end`. The standard library hands out
//! copies of it only, so the original is overwritten through `/proc/self/mem`, which takes no unsafe code.

use std::fs::{self, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// Longest argument area looked at; Linux's own limit is a quarter of the stack, usually 2 MiB.
const MOST_BYTES: u64 = 8 * 1024 * 1024;

/// Overwrites every argument (or the part after its `=`) that is this secret.
///
/// # Errors
/// Where `/proc` is not there or closed, or the secret is not found: it stays visible then.
pub(super) fn wipe(secret: &[u8]) -> io::Result<()> {
    let area = argument_area(&fs::read_to_string("/proc/self/stat")?)
        .ok_or_else(|| io::Error::other("/proc/self/stat does not say where the arguments are"))?;
    let length = usize::try_from((area.end - area.start).min(MOST_BYTES)).unwrap_or(0);
    let memory = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/proc/self/mem")?;
    let mut arguments = vec![0; length];
    memory.read_exact_at(&mut arguments, area.start)?;
    let places = places(&arguments, secret);
    if places.is_empty() {
        return Err(io::Error::other("it was not found among the arguments"));
    }
    let stars = vec![b'*'; secret.len()];
    places
        .into_iter()
        .try_for_each(|place| memory.write_all_at(&stars, area.start + place as u64))
}

/// `arg_start` and `arg_end`, fields 48 and 49 of `/proc/PID/stat` (proc(5)). Field 2, the name, may hold anything, so
/// counting begins after its last bracket, at field 3.
fn argument_area(stat: &str) -> Option<Range<u64>> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace().skip(48 - 3);
    let start: u64 = fields.next()?.parse().ok()?;
    let end: u64 = fields.next()?.parse().ok()?;
    (0 < start && start < end).then_some(start..end)
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
            argument_area(&format!("1 (a) b) (x) S {zeros}4096 4200 0")),
            Some(4096..4200)
        );
        for wrong in [
            "",
            "1 (x) S 0 0",
            &format!("1 (x) S {zeros}0 0 0"),
            &format!("1 (x) S {zeros}9 8 0"),
        ] {
            assert_eq!(argument_area(wrong), None, "{wrong}");
        }
    }
}
