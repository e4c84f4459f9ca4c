//! `siembox orphans`

use std::io::Write;

use super::load;
use crate::cli::{Exit, OrphansArgs};
use crate::clock::in_words;
use crate::orphan::{Orphan, OrphanRequest};
use crate::status::socket::{self, SocketError};

/// Shows the spools that belong to no agent, or asks the running instance to send or delete one.
pub fn orphans(args: OrphansArgs) -> Exit {
    let settings = match load(&args.setup) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    let done = match &args.request {
        None => socket::ask(&settings.state_dir).map(|snapshot| show(&snapshot.orphans, args.json)),
        Some(request) => ask(&settings.state_dir, request),
    };
    done.unwrap_or_else(|error| {
        eprintln!("siembox: {error}");
        match error {
            SocketError::NobodyThere { .. } | SocketError::NotAllowed { .. } => Exit::Unavailable,
            SocketError::Read { .. } | SocketError::Odd { .. } => Exit::NotAllWell,
        }
    })
}

/// All of them; 0 only where there is none.
fn show(orphans: &[Orphan], json: bool) -> Exit {
    let shown = match json {
        true => serde_json::to_string_pretty(orphans).unwrap_or_default() + "\n",
        false => text(orphans),
    };
    // a reader that has gone away (`| head`) is no error
    let _ = std::io::stdout().write_all(shown.as_bytes());
    match orphans {
        [] => Exit::Done,
        _ => Exit::NotAllWell,
    }
}

fn text(orphans: &[Orphan]) -> String {
    if orphans.is_empty() {
        return "no orphaned spool\n".to_owned();
    }
    let paragraphs = orphans.iter().map(|orphan| {
        let oldest = orphan.oldest_ms.map_or(String::new(), |oldest| {
            format!(", the oldest since {}", in_words(oldest))
        });
        format!(
            "{}: {}{oldest}\n  {}\n",
            orphan.name,
            orphan.contents(),
            orphan.in_words()
        )
    });
    paragraphs.collect()
}

/// Asks for something to be done with one.
fn ask(state_dir: &std::path::Path, request: &OrphanRequest) -> Result<Exit, SocketError> {
    Ok(match socket::orphan(state_dir, request)? {
        Ok(done) => {
            let _ = std::io::stdout().write_all(format!("{done}\n").as_bytes());
            Exit::Done
        }
        Err(why) => {
            eprintln!("siembox: {why}");
            Exit::NotAllWell
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_named_with_what_it_holds_and_its_cures() {
        assert!(text(&[]).contains("no orphaned spool"));
        let old = Orphan {
            name: "old".to_owned(),
            waiting: 1000,
            oldest_ms: Some(1_793_527_200_000),
            ..Orphan::default()
        };
        let text = text(&[old]);
        for part in [
            "old: 1000 lines wait",
            "2026-11-01T10:00:00",
            "--send old",
            "--delete old",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
