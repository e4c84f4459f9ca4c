//! What the two programs share: ending by signal, and how lines look on a terminal.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};

/// Told when somebody wants the program to end (SIGINT, SIGTERM).
#[derive(Debug, Clone)]
pub struct Curtain(Arc<AtomicBool>);

impl Curtain {
    /// Listens to the signals from now on.
    ///
    /// # Errors
    /// Where the system won't let us.
    pub fn watch() -> std::io::Result<Self> {
        let fallen = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&fallen))?;
        }
        Ok(Self(fallen))
    }

    /// Is it time to end?
    #[must_use]
    pub fn fallen(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Waits for the end or for `time` to pass, whichever is first; true at the end.
    #[must_use]
    pub fn wait(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        while !self.fallen() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            std::thread::sleep(left.min(Duration::from_millis(50)));
        }
        true
    }
}

/// Standard output: its width where it is a terminal.
#[must_use]
pub fn terminal_width() -> Option<usize> {
    let stdout = std::io::stdout();
    if !stdout.is_terminal() {
        return None;
    }
    let columns = rustix::termios::tcgetwinsize(&stdout).map_or(80, |size| size.ws_col);
    Some(if columns == 0 {
        80
    } else {
        usize::from(columns)
    })
}

/// How a CEF line is shown: whole where there is no terminal, else cut to its width, painted, and
/// without control characters.
#[must_use]
pub fn shown(line: &str, width: Option<usize>) -> String {
    let Some(width) = width else {
        return line.to_owned();
    };
    let cut = cut(line, width);
    let (head, event) = cut.split_at(cut.find("CEF:").unwrap_or(0));
    let paint = if event.contains("|ALERT_") {
        "\x1b[1;31m"
    } else if event.contains("|EVENT_CATEGORY_FAILED_LOGIN|") {
        "\x1b[33m"
    } else {
        "\x1b[0m"
    };
    format!("\x1b[2m{head}\x1b[0m{paint}{event}\x1b[0m")
}

/// As much of the line as fits into so many columns.
fn cut(line: &str, width: usize) -> String {
    let mut columns = 0;
    line.chars()
        .map(|c| if c.is_control() { '·' } else { c })
        .take_while(|c| {
            columns += columns_of(*c);
            columns <= width
        })
        .collect()
}

/// East Asian characters and emoji take two columns.
fn columns_of(c: char) -> usize {
    match u32::from(c) {
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0x1f300..=0x1faff => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn lines_fit_the_terminal_and_cant_steer_it() {
        assert_eq!(
            shown("<109>a CEF:0|議事録\x1b[2J", None),
            "<109>a CEF:0|議事録\x1b[2J"
        );
        let plain = |line: &str, width| {
            let painted = shown(line, Some(width));
            ["\x1b[2m", "\x1b[0m", "\x1b[1;31m", "\x1b[33m"]
                .iter()
                .fold(painted, |text, paint| text.replace(paint, ""))
        };
        assert_eq!(plain("<109>a CEF:0|議事録", 16), "<109>a CEF:0|議");
        assert_eq!(plain("CEF:0|\x1b[2J\n", 80), "CEF:0|·[2J·");
        assert!(shown("CEF:0|MCAS|x|1|ALERT_X|", Some(80)).contains("\x1b[1;31m"));
    }
}
