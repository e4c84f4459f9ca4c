//! The documents name what there is, and what they name is there: settings, commands, `make`
//! targets, files and headings.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use siembox::for_tests::settings::EXAMPLE;
use siembox::for_tests::status::{Condition, Signal};

use super::documents::{self, Document, all, root};

/// Most that the README may weigh, bytes: what it takes to begin. All else is in the manual.
const README_BYTES: usize = 12_000;
/// Columns of a line of text. Tables and code may be wider.
const COLUMNS: usize = 100;

/// The keys of the example, those that are commented out included.
fn keys() -> impl Iterator<Item = &'static str> {
    EXAMPLE.lines().filter_map(|line| {
        let line = line.strip_prefix("# ").unwrap_or(line);
        let (key, _) = line.split_once(" = ")?;
        let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        key.bytes().all(word).then_some(key)
    })
}

/// README and manual, what a user of siembox reads.
fn for_users() -> String {
    let of_user = |it: &Document| it.is_of_manual() || it.path == Path::new("README.md");
    let documents = all().into_iter().filter(of_user);
    documents.map(|document| document.text).collect()
}

#[test]
fn names_every_setting() {
    let text = for_users();
    let absent: Vec<_> = keys()
        .filter(|key| !text.contains(&format!("`{key}`")))
        .collect();
    assert_eq!(
        absent,
        Vec::<&str>::new(),
        "settings that no document names"
    );
    assert!(keys().count() > 40, "the example was read");
}

#[test]
fn names_every_command() {
    let (help, text) = (siembox::for_tests::cli::help(None), for_users());
    for command in [
        "run", "render", "preview", "check", "status", "replay", "migrate", "orphans", "board",
        "example", "clock", "announce",
    ] {
        assert!(help.contains(command), "the help names {command}");
        let named = text.contains(&format!("`siembox {command}")) || command == "run";
        assert!(named, "a document names {command}");
    }
}

#[test]
fn names_every_condition_and_what_each_lamp_says() {
    let (states, board) = (
        documents::read("image/manual/states.md"),
        documents::read("image/manual/board.md"),
    );
    for condition in Condition::ALL {
        let row = format!("| {} |", condition.meaning().words);
        assert!(states.contains(&row), "{row}");
    }
    for signal in Signal::ALL {
        let meaning = signal.meaning();
        let row = format!("| {} |", meaning.words);
        let row = board.lines().find(|line| line.starts_with(&row));
        let rhythm = format!("| {} |", meaning.lamp.rhythm.in_words());
        assert!(row.is_some_and(|row| row.contains(&rhythm)), "{signal:?}");
    }
}

#[test]
fn the_readme_is_short_and_a_line_of_text_too() {
    let documents = all();
    let (readme, _) = documents.split_first().unwrap();
    let bytes = readme.text.len();
    assert!(bytes <= README_BYTES, "{bytes} of {README_BYTES} bytes");
    for document in &documents {
        if document.is_of_manual() || document.path == Path::new("README.md") {
            let long = document
                .prose()
                .find(|line| line.chars().count() > COLUMNS && !line.starts_with(['|', '!', '<']));
            assert_eq!(long, None, "{}", document.path.display());
        }
    }
}

/// `a/b/../c` as `a/c`.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut path, part| {
        match part {
            Component::ParentDir => drop(path.pop()),
            part => path.push(part),
        }
        path
    })
}

#[test]
fn each_link_leads_somewhere() {
    let documents = all();
    let mut seen = 0;
    for document in &documents {
        for link in document.links() {
            if link.starts_with("https://") {
                continue;
            }
            seen += 1;
            let place = document.path.display();
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let path = match file {
                "" => document.path.clone(),
                file => plain(&document.path.with_file_name("").join(file)),
            };
            assert!(root().join(&path).exists(), "{place}: {link}");
            // the package has the manual beside these examples, and nothing else of the repository
            let packed = ["image/manual", "image/prometheus"];
            assert!(
                !document.is_of_manual() || packed.iter().any(|folder| path.starts_with(folder)),
                "{place}: {link} leads out of what the package installs"
            );
            if !heading.is_empty() {
                let target = documents.iter().find(|it| it.path == path).unwrap();
                assert!(target.anchors().contains(heading), "{place}: {link}");
            }
        }
    }
    assert!(seen > 60, "{seen} links were read");
}

#[test]
fn the_contents_of_the_manual_name_each_page() {
    let documents = all();
    let index = Path::new("image/manual/index.md");
    let index = documents.iter().find(|it| it.path == index).unwrap();
    let linked: BTreeSet<&str> = index.links().into_iter().collect();
    for page in documents.iter().filter(|it| it.is_of_manual()) {
        let name = page.path.file_name().unwrap().to_str().unwrap();
        assert!(name == "index.md" || linked.contains(name), "{name}");
    }
}

#[test]
fn each_make_target_that_is_named_is_there() {
    let makefile = documents::read("Makefile");
    let rules = makefile.lines().filter_map(|line| line.split_once(':'));
    let targets: BTreeSet<&str> = rules.map(|(target, _)| target).collect();
    let mut named = BTreeSet::new();
    for document in all() {
        for command in document.commands("make") {
            // `make ONLY=…` and the like name none
            let target = command.first().filter(|word| !word.contains('='));
            let Some(target) = target.map(String::as_str) else {
                continue;
            };
            let place = document.path.display();
            assert!(targets.contains(target), "{place}: make {target}");
            named.insert(target.to_owned());
        }
    }
    assert!(named.len() > 15, "{named:?}");
}

#[test]
fn each_command_and_flag_of_siembox_that_is_named_is_there() {
    let whole = siembox::for_tests::cli::help(None);
    let mut named = BTreeSet::new();
    for document in all() {
        for words in document.commands("siembox") {
            let first = words.first().map_or("", String::as_str);
            let place = document.path.display();
            let command = match first {
                // the placeholder of a sentence about all commands
                "COMMAND" => continue,
                flag if flag.starts_with('-') || flag.is_empty() => "run",
                command => command,
            };
            let help = siembox::for_tests::cli::help(Some(command));
            assert_ne!(help, whole, "{place}: siembox {command}");
            named.insert(command.to_owned());
            for flag in words.iter().filter(|word| word.starts_with("--")) {
                assert!(
                    help.contains(flag.as_str()),
                    "{place}: siembox {command} {flag}"
                );
            }
        }
    }
    assert!(named.len() > 9, "{named:?}");
}

#[test]
fn each_test_and_benchmark_that_is_named_is_there() {
    let mut named = BTreeSet::new();
    for document in all() {
        for words in document.commands("cargo") {
            let place = document.path.display();
            let mut words = words.iter().map(String::as_str);
            let Some(kind) = words.find(|word| matches!(*word, "--test" | "--bench")) else {
                continue;
            };
            let Some(name) = words.next() else { continue };
            let folder = match kind {
                "--test" => root().join("tests").join(name),
                _ => root().join("tests/bench"),
            };
            assert!(folder.exists(), "{place}: cargo … {kind} {name}");
            named.insert(name.to_owned());
            // the module of a test, and not a flag
            let filter = words.next().filter(|word| !word.starts_with('-'));
            if let Some(module) = filter.filter(|_| kind == "--test") {
                let module = module.split("::").next().unwrap_or_default();
                let known = documents::read(folder.join("main.rs"));
                assert!(
                    known.contains(&format!("mod {module};")),
                    "{place}: cargo test --test {name} {module}"
                );
            }
        }
    }
    assert!(named.len() > 4, "{named:?}");
}
