//! `siembox render`: turns records in a file into the lines that would be sent, to set up a parser
//! in the SIEM without a cloud.

mod split;

pub use split::{RecordText, records};

use std::io::{self, Write};

use crate::cef::Style;
use crate::event::{Names, Origin};
use crate::foreign::without_secrets;
use crate::source::{KnownRecords, Record};
use crate::syslog::Header;
use crate::text_file;

/// How records become lines.
#[derive(Debug, Clone, Copy)]
pub struct Rendering<'a> {
    /// Which records there may be.
    pub known: &'a KnownRecords,
    /// Names that the settings add to the tables.
    pub names: &'a Names,
    /// Looks of the CEF text.
    pub style: &'a Style,
    /// What stands before it, where anything does.
    pub header: Option<&'a Header>,
    /// `false` leaves out the alerts that Defender for Identity raised.
    pub defender_for_identity: bool,
}

/// What became of the records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RenderOutcome {
    /// Lines written.
    pub lines: u64,
    /// Alerts left out because the settings say so.
    pub left_out: u64,
    /// Records that could not be read; each is a line among the problems.
    pub failed: u64,
}

/// Writes the line of each record in `input` to `lines`, and what is wrong with each that can't be
/// read to `problems`: `name`, the record's place, its id where it has one, the reason.
///
/// # Errors
/// When `lines` or `problems` can't be written to.
pub fn render(
    name: &str,
    input: &[u8],
    with: Rendering<'_>,
    lines: &mut dyn Write,
    problems: &mut dyn Write,
) -> io::Result<RenderOutcome> {
    let mut outcome = RenderOutcome::default();
    let mut line = String::new();
    let lists: Vec<&str> = with.known.lists().collect();
    for RecordText { place, record } in records(&text_file::decode_lossy(input), &lists) {
        match record.map_err(Problem::new).and_then(|raw| read(raw, with)) {
            Ok(Record { event, .. }) => {
                if !with.defender_for_identity && event.origin == Origin::DefenderForIdentity {
                    outcome.left_out += 1;
                    continue;
                }
                line.clear();
                if let Some(header) = with.header {
                    header.write(event.at_ms, &mut line);
                }
                with.style.line(&event, &mut line);
                line.push('\n');
                lines.write_all(without_secrets(&line).as_bytes())?;
                outcome.lines += 1;
            }
            Err(Problem { id, reason }) => {
                // an id that can't be trusted may hold anything, control characters for the
                // terminal included
                let id = id.map_or_else(String::new, |id| format!(", id {}", id.escape_debug()));
                let problem = format!("{name}: {place}{id}: {reason}");
                writeln!(problems, "{}", without_secrets(&problem))?;
                outcome.failed += 1;
            }
        }
    }
    Ok(outcome)
}

struct Problem {
    id: Option<String>,
    reason: String,
}

impl Problem {
    fn new(reason: String) -> Self {
        Self { id: None, reason }
    }
}

fn read<'r>(raw: &'r str, with: Rendering<'_>) -> Result<Record<'r>, Problem> {
    with.known
        .read(raw, with.names)
        .map_err(|unreadable| Problem {
            id: unreadable.id,
            reason: unreadable.reason,
        })
}

#[cfg(test)]
mod tests;
