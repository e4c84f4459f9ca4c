//! `siembox replay`

use std::io::{IsTerminal, Write};
use std::time::Duration;

use super::{load, usage};
use crate::cli::{Exit, ReplayArgs};
use crate::clock;
use crate::replay::{self, ReplayProgress, ReplayReport, ReplayRequest, Unfit, When};
use crate::status::socket::{self, ReplayError, Words};

/// Asks the running instance for a replay, and shows how it goes.
pub fn replay(args: ReplayArgs) -> Exit {
    let settings = match load(&args.setup) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    let request = match request(&args, clock::now_ms()) {
        Ok(request) => request,
        Err(why) => return usage(&why),
    };
    let done = socket::replay(&settings.state_dir, &request)
        .and_then(|words| listen(words, args.json, args.dry_run));
    done.unwrap_or_else(|error| {
        eprintln!("siembox: {error}");
        match error {
            ReplayError::NotConnected(_) => Exit::Unavailable,
            ReplayError::BrokeOff { .. } | ReplayError::Odd { .. } => Exit::NotAllWell,
        }
    })
}

/// The window in numbers, or what is wrong with it.
fn request(args: &ReplayArgs, now_ms: i64) -> Result<ReplayRequest, String> {
    let at_ms = |when: When| when.at_ms(now_ms);
    let (from_ms, to_ms) = replay::window(at_ms(args.since), args.until.map(at_ms), now_ms)
        .map_err(|unfit| match unfit {
            Unfit::TooOld { .. } | Unfit::ToCome { .. } => format!("--since: {unfit}"),
            Unfit::Backwards { from_ms, until_ms } => format!(
                "--until: found {}, and --since is {}; allowed: --since before --until",
                clock::in_words(until_ms),
                clock::in_words(from_ms)
            ),
        })?;
    Ok(ReplayRequest {
        agent: args.agent.clone(),
        from_ms,
        to_ms,
        stream: args.stream.map(|stream| stream.name.to_owned()),
        again: args.again,
        dry_run: args.dry_run,
    })
}

/// Shows each word, until the last.
fn listen(mut words: Words, json: bool, dry_run: bool) -> Result<Exit, ReplayError> {
    let begin = clock::now().steady;
    let mut screen = Screen {
        terminal: std::io::stderr().is_terminal() && !json,
        shown: None,
    };
    loop {
        let word = words.hear()?;
        if json {
            // a reader that has gone away (`| head`) is no error
            let text = serde_json::to_string(&word).unwrap_or_default() + "\n";
            let _ = std::io::stdout().write_all(text.as_bytes());
        }
        if let ReplayReport::Progress(progress) = &word {
            if !json {
                screen.show(progress, clock::now().steady - begin);
            }
            continue;
        }
        if let (ReplayReport::Done(counts), false) = (&word, json) {
            // a fast end may have overtaken the last progress
            let end = ReplayProgress {
                per_mille: 1000,
                counts: counts.clone(),
                ..ReplayProgress::default()
            };
            screen.show(&end, clock::now().steady - begin);
        }
        screen.clear();
        return Ok(last(&word, json, dry_run));
    }
}

fn last(word: &ReplayReport, json: bool, dry_run: bool) -> Exit {
    match word {
        ReplayReport::Done(counts) => {
            if !json {
                let text = replay::sentence(counts, dry_run) + "\n";
                let _ = std::io::stdout().write_all(text.as_bytes());
            }
            Exit::Done
        }
        ReplayReport::Failed { what, counts } => {
            eprintln!("siembox: {what}");
            if counts.pages > 0 {
                eprintln!("siembox: until then {}", replay::sentence(counts, dry_run));
            }
            Exit::NotAllWell
        }
        ReplayReport::Refused(what) => usage(what),
        ReplayReport::Progress(_) => Exit::Software,
    }
}

/// Standard error: a bar on a terminal, else a line for each tenth.
struct Screen {
    terminal: bool,
    /// The tenth and the reason for waiting that were shown last.
    shown: Option<(u16, Option<String>)>,
}

impl Screen {
    fn show(&mut self, progress: &ReplayProgress, since: Duration) {
        if self.terminal {
            eprint!("\r\x1b[2K{}", replay::bar(progress, since));
            let _ = std::io::stderr().flush();
            return;
        }
        let now = (progress.per_mille / 100, progress.waits.clone());
        if self.shown.as_ref() != Some(&now) {
            eprintln!("{}", replay::line(progress, since));
            self.shown = Some(now);
        }
    }

    fn clear(&self) {
        if self.terminal {
            eprint!("\r\x1b[2K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::SetupArguments;

    const DAY: u64 = 86_400;
    const NOW: i64 = 1_793_527_200_000;

    fn window(since: When, until: Option<When>) -> Result<(i64, i64), String> {
        let args = ReplayArgs {
            setup: SetupArguments::default(),
            agent: None,
            since,
            until,
            stream: None,
            again: false,
            dry_run: false,
            json: false,
        };
        request(&args, NOW).map(|request| (NOW - request.from_ms, NOW - request.to_ms))
    }

    #[test]
    fn a_window_has_a_begin_and_an_end() {
        let ago = |seconds| When::Ago(Duration::from_secs(seconds));
        assert_eq!(window(ago(60), None), Ok((60_000, 1)));
        assert_eq!(window(ago(60), Some(ago(30))), Ok((60_000, 30_001)));
        assert_eq!(window(ago(60), Some(When::At(NOW + 5))), Ok((60_000, 1)));
        assert!(window(ago(180 * DAY), None).is_ok());
        for (since, until, said) in [
            (ago(181 * DAY), None, "--since: found 2026-05-04T"),
            (
                ago(60),
                Some(ago(60)),
                "--until: found 2026-11-01T09:59:00Z, and --since is 2026-11-01T09:59:00Z",
            ),
            (
                When::At(NOW + 1),
                None,
                "--since: found 2026-11-01T10:00:00",
            ),
        ] {
            let error = window(since, until).unwrap_err();
            assert!(
                error.starts_with(said) && error.contains("allowed"),
                "{error}"
            );
        }
    }
}
