//! `/manual`: the manual, which is part of the binary.
//!
//! Its files are shown as they are, as plain text: Markdown is made to be read so, and a renderer
//! would weigh more than the manual.

use maud::html;

use super::layout::layout;
use super::page::{Keep, Page};

/// Where the contents stand; each page is below.
const PATH: &str = "/manual";

/// What is to be done in Microsoft's portals, for each source.
pub(super) const SOURCE: &str = "/manual/source.md";

/// How an agent's source becomes another one.
pub(super) const MIGRATE: &str = "/manual/migrate.md";

macro_rules! pages {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("../../image/manual/", $name)))),*]
    };
}

/// Names and texts, in the order of the contents.
const PAGES: [(&str, &str); 24] = pages![
    "index.md" "settings.md" "source.md" "event-hubs.md" "migrate.md" "fields.md" "access.md"
    "filters.md"
    "receivers.md" "receivers/rsyslog.conf" "receivers/rsyslog-relp.conf"
    "receivers/syslog-ng.conf" "page.md" "setup.md" "board.md" "commands.md" "states.md"
    "monitoring.md" "ledger.md" "delivery.md"
    "threats.md" "replay.md" "quarantine.md" "orphans.md"
];

/// The page at this path; `None` where the path is not the manual's.
pub(super) fn at(path: &str, machine: &str) -> Option<Page> {
    let name = match path.strip_prefix(PATH)? {
        "" | "/" => return Some(contents(machine)),
        rest => rest.strip_prefix('/')?,
    };
    let (_, text) = PAGES.iter().find(|(known, _)| *known == name)?;
    Some(Page::new("text/plain; charset=utf-8", text.as_bytes()).kept(Keep::IfSame))
}

fn contents(machine: &str) -> Page {
    let content = html! {
        ul {
            @for (name, text) in PAGES {
                li { a href={ (PATH) "/" (name) } { (title(text)) } " " span.hint { (name) } }
            }
        }
    };
    Page::html(200, &layout("Manual", machine, None, &content)).kept(Keep::IfSame)
}

/// The first line, without its mark.
fn title(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    line.trim_start_matches(['#', ' '])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_each_file_of_the_folder() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("image/manual");
        let names = |folder: &str| -> Vec<String> {
            let entries = std::fs::read_dir(root.join(folder)).unwrap().flatten();
            let files = entries.filter(|entry| entry.path().is_file());
            files
                .map(|entry| format!("{folder}{}", entry.file_name().display()))
                .collect()
        };
        let mut there: Vec<String> = [names(""), names("receivers/")].concat();
        let mut served: Vec<&str> = PAGES.iter().map(|(name, _)| *name).collect();
        there.sort();
        served.sort_unstable();
        assert_eq!(served, there);
        for (name, text) in PAGES {
            assert!(!title(text).is_empty(), "{name}");
        }
    }

    #[test]
    fn there_is_nothing_else_below_it() {
        for path in ["/manual", "/manual/", "/manual/index.md", SOURCE, MIGRATE] {
            assert!(at(path, "").is_some(), "{path}");
        }
        for path in [
            "/manuals",
            "/manual/../owner",
            "/manual//index.md",
            "/manual/none.md",
        ] {
            assert!(at(path, "").is_none(), "{path}");
        }
    }
}
