//! The README names what there is: every setting of the example file, every command.

use siembox::settings::EXAMPLE;

const README: &str = include_str!("../../README.md");

/// The keys of the example, those that are commented out included.
fn keys() -> impl Iterator<Item = &'static str> {
    EXAMPLE.lines().filter_map(|line| {
        let line = line.strip_prefix("# ").unwrap_or(line);
        let (key, _) = line.split_once(" = ")?;
        let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        key.bytes().all(word).then_some(key)
    })
}

#[test]
fn names_every_setting() {
    let absent: Vec<_> = keys()
        .filter(|key| !README.contains(&format!("`{key}`")))
        .collect();
    assert_eq!(
        absent,
        Vec::<&str>::new(),
        "settings that the README does not name"
    );
    assert!(keys().count() > 40, "the example was read");
}

#[test]
fn names_every_command() {
    let help = siembox::cli::help(None);
    for command in [
        "run", "render", "preview", "check", "status", "replay", "orphans", "example", "clock",
        "announce",
    ] {
        assert!(help.contains(command), "the help names {command}");
        let named = README.contains(&format!("`siembox {command}")) || command == "run";
        assert!(named, "the README names {command}");
    }
}
