#![allow(clippy::unwrap_used)]
//! What becomes of files as people write them.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use toml_edit::Value;

use super::*;
use crate::settings::Secret;

fn draft(text: &str) -> SettingsDraft {
    let file = Path::new("/etc/siembox/siembox.toml");
    check_toml(file, text).unwrap();
    SettingsDraft {
        path: file.to_owned(),
        is_marked: false,
        text: String::new(),
        revision: Revision::of(text.as_bytes()),
    }
    .with_text(text.to_owned())
    .unwrap()
}

/// The text after one change of agent "a".
fn set(text: &str, key: &str, value: Option<Value>) -> String {
    let mut draft = draft(text);
    draft.set("a", key, value.clone());
    let shown = |value: Option<Value>| value.map(|value| value.decorated("", "").to_string());
    assert_eq!(
        shown(draft.value("a", key)),
        shown(value),
        "{}",
        draft.text()
    );
    draft.text()
}

#[test]
fn a_value_is_replaced_where_it_stands() {
    for (text, expected) in [
        (
            "[[agent]]\nname = \"a\"\n[agent.siem]  # there\n# above\nport = 514 # behind\nhost='h'\n",
            "[[agent]]\nname = \"a\"\n[agent.siem]  # there\n# above\nport = 1 # behind\nhost='h'\n",
        ),
        (
            "[[agent]]\nname = \"a\"\nsiem.port = 514\npaused = false\nsiem.host = \"h\"\n",
            "[[agent]]\nname = \"a\"\nsiem.port = 1\npaused = false\nsiem.host = \"h\"\n",
        ),
        (
            "[[agent]]\r\nname = \"a\"\r\nsiem = { host = \"h\",port=514 } # c\r\n",
            "[[agent]]\r\nname = \"a\"\r\nsiem = { host = \"h\",port=1 } # c\r\n",
        ),
        (
            "agent = [ { name = \"b\" }, { name = \"a\", siem.port = 514 } ]\n",
            "agent = [ { name = \"b\" }, { name = \"a\", siem.port = 1 } ]\n",
        ),
        (
            "\u{feff}[[agent]]\nname = \"a\"\nsiem.port = \"x\"",
            "\u{feff}[[agent]]\nname = \"a\"\nsiem.port = 1",
        ),
    ] {
        assert_eq!(set(text, "siem.port", Some(1.into())), expected);
    }
}

#[test]
fn a_new_key_goes_where_a_person_would_write_it() {
    for (text, expected) in [
        (
            "[[agent]]\nname = \"a\"\n\n[agent.siem]\nhost = \"h\" # h\n# port = 514\n\n[page]\n",
            "[[agent]]\nname = \"a\"\n\n[agent.siem]\nhost = \"h\" # h\nport = 1\n# port = 514\n\n[page]\n",
        ),
        (
            "[[agent]]\nname = \"a\"\n[agent.siem]\n# nothing yet",
            "[[agent]]\nname = \"a\"\n[agent.siem]\nport = 1\n# nothing yet",
        ),
        (
            "[[agent]]\nname = \"a\"\n",
            "[[agent]]\nname = \"a\"\n\n[agent.siem]\nport = 1\n",
        ),
        (
            "[[agent]]\nname = \"a\"\n[agent.source]\n# kind = \"x\"\n\n# the other\n[[agent]]\nname = \"b\"\n",
            "[[agent]]\nname = \"a\"\n[agent.source]\n# kind = \"x\"\n[agent.siem]\nport = 1\n\n# the other\n[[agent]]\nname = \"b\"\n",
        ),
        (
            "[[agent]]\nname = \"a\"\n\n[agent.source]\n# kind = \"x\"\n\n# the other\n[[agent]]\nname = \"b\"\n",
            "[[agent]]\nname = \"a\"\n\n[agent.source]\n# kind = \"x\"\n\n[agent.siem]\nport = 1\n\n# the other\n[[agent]]\nname = \"b\"\n",
        ),
        (
            "[[agent]]\nname = \"a\"\nsource.kind = \"x\"\n",
            "[[agent]]\nname = \"a\"\nsource.kind = \"x\"\nsiem.port = 1\n",
        ),
        (
            "[[agent]]\n  name = \"a\"\n  siem.host = \"h\" # h\n  source.kind = \"x\"\n",
            "[[agent]]\n  name = \"a\"\n  siem.host = \"h\" # h\n  siem.port = 1\n  source.kind = \"x\"\n",
        ),
        (
            "[[agent]]\nname = \"a\"\nsiem = { host = \"h\" }\n",
            "[[agent]]\nname = \"a\"\nsiem = { host = \"h\", port = 1 }\n",
        ),
        (
            "[[agent]]\nname = \"a\"\nsiem = {}\n",
            "[[agent]]\nname = \"a\"\nsiem = { port = 1 }\n",
        ),
        (
            "agent = [{ name = \"a\" }]\n",
            "agent = [{ name = \"a\", siem = { port = 1 } }]\n",
        ),
        (
            "agent = [{ name = \"a\", siem.host = \"h\", paused = true }]\n",
            "agent = [{ name = \"a\", siem.host = \"h\", siem.port = 1, paused = true }]\n",
        ),
        (
            "[[agent]]\nname = \"a\"\nsiem = 7 # odd\n",
            "[[agent]]\nname = \"a\"\n# odd\n\n[agent.siem]\nport = 1\n",
        ),
    ] {
        assert_eq!(set(text, "siem.port", Some(1.into())), expected);
    }
    let text = "[[agent]]\nname = \"a\"\n\n[agent.alerts.filters]\nseverity = { eq = [1] }\n";
    assert_eq!(
        set(text, "alerts.page_size", Some(9.into())),
        format!("{text}\n[agent.alerts]\npage_size = 9\n")
    );
    assert_eq!(
        set(
            "[[agent]]\nname = \"a\"\n[agent.siem]\nhost = \"h\"\n",
            "paused",
            Some(true.into())
        ),
        "[[agent]]\nname = \"a\"\npaused = true\n[agent.siem]\nhost = \"h\"\n"
    );
}

#[test]
fn a_key_goes_and_its_comments_stay() {
    for (text, expected) in [
        (
            "[[agent]]\nname = \"a\"\n[agent.siem]\n# above\n  port = 514   # behind\nhost = \"h\"\n",
            "[[agent]]\nname = \"a\"\n[agent.siem]\n# above\n  # behind\nhost = \"h\"\n",
        ),
        (
            "[[agent]]\nname = \"a\"\nsiem.port = 514\nsiem.host = \"h\"",
            "[[agent]]\nname = \"a\"\nsiem.host = \"h\"",
        ),
        (
            "[[agent]]\nname = \"a\"\nsiem = { port = 514, host = \"h\" }\n",
            "[[agent]]\nname = \"a\"\nsiem = { host = \"h\" }\n",
        ),
        (
            "agent = [{ name = \"a\", siem.host = \"h\", siem.port = 514 }]\n",
            "agent = [{ name = \"a\", siem.host = \"h\" }]\n",
        ),
        ("[[agent]]\nname = \"a\"\n", "[[agent]]\nname = \"a\"\n"),
    ] {
        assert_eq!(set(text, "siem.port", None), expected);
    }
    for (text, expected) in [
        (
            "[[agent]]\nname = \"a\"\n[agent.alerts]\nenabled = true\n# above\n[agent.alerts.filters]\nseverity.eq = [1]\n\n[page]\n",
            "[[agent]]\nname = \"a\"\n[agent.alerts]\nenabled = true\n\n[page]\n",
        ),
        (
            "[[agent]]\nname = \"a\"\n[agent.alerts]\nfilters.severity.eq = [1] # one\nenabled = true\nfilters.service.eq = [2]\n",
            "[[agent]]\nname = \"a\"\n[agent.alerts]\n# one\nenabled = true\n",
        ),
        (
            "[[agent]]\nname = \"a\"\n[agent.alerts]\nfilters = {\n  severity = { eq = [1] },\n}\n",
            "[[agent]]\nname = \"a\"\n[agent.alerts]\n",
        ),
    ] {
        assert_eq!(set(text, "alerts.filters", None), expected);
        let new: Value = "{ severity = { eq = [2] } }".parse().unwrap();
        set(text, "alerts.filters", Some(new));
    }
}

#[test]
fn an_agent_comes_as_a_person_would_write_it() {
    let mut fresh = draft("");
    fresh.add_agent("fabrikam");
    fresh.set("fabrikam", "source.api_url", Some("https://x".into()));
    fresh.set("fabrikam", "source.token_file", Some("token".into()));
    fresh.set("fabrikam", "siem.host", Some("siem.example".into()));
    fresh.set_page("listen", Some("127.0.0.1:8514".into()));
    fresh.set_page("enabled", Some(true.into()));
    assert_eq!(
        fresh.text(),
        "[page]\nlisten = \"127.0.0.1:8514\"\nenabled = true\n\n[[agent]]\nname = \"fabrikam\"\n\n\
         [agent.source]\napi_url = \"https://x\"\ntoken_file = \"token\"\n\n[agent.siem]\nhost = \"siem.example\"\n"
    );
    for (text, expected) in [
        ("# hm", "# hm\n\n[[agent]]\nname = \"b\"\n"),
        ("[page]\n\n", "[page]\n\n[[agent]]\nname = \"b\"\n"),
        ("[page]\r\n", "[page]\r\n\r\n[[agent]]\r\nname = \"b\"\r\n"),
        ("agent = [] # none\n", "# none\n\n[[agent]]\nname = \"b\"\n"),
        (
            "agent = [{ name = \"a\" }]\n",
            "agent = [{ name = \"a\" }, { name = \"b\" }]\n",
        ),
        (
            "agent = [\n  { name = \"a\" }, # one\n]\n",
            "agent = [\n  { name = \"a\" },\n  { name = \"b\" }, # one\n]\n",
        ),
    ] {
        let mut draft = draft(text);
        draft.add_agent("b");
        assert_eq!(draft.text(), expected);
        assert_eq!(draft.agents().last().unwrap(), "b");
        assert_eq!(draft.place("b"), Some(draft.agents().len()));
    }
}

#[test]
fn a_byte_order_mark_stays_at_the_beginning() {
    let mut marked = draft("\u{feff}[[agent]]\nname = \"a\"\n");
    marked.set_page("enabled", Some(true.into()));
    marked.add_agent("b");
    assert_eq!(
        marked.text(),
        "\u{feff}[page]\nenabled = true\n\n[[agent]]\nname = \"a\"\n\n[[agent]]\nname = \"b\"\n"
    );
    marked.set_page("enabled", None);
    marked.remove_agent("a");
    assert!(marked.text().starts_with('\u{feff}'));
    assert_eq!(marked.agents(), ["b"]);
}

#[test]
fn a_file_in_utf_16_is_changed_too_and_left_where_nothing_changes() {
    let text = "# ä\r\n[[agent]]\r\nname = \"a\"\r\n";
    let wide: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let (_folder, path) = folder_with(None);
    std::fs::write(&path, &wide).unwrap();
    SettingsDraft::open(&path).unwrap().save().unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), wide);
    let mut draft = SettingsDraft::open(&path).unwrap();
    assert_eq!(draft.text(), text);
    draft.add_agent("b");
    draft.save().unwrap();
    let now = std::fs::read_to_string(&path).unwrap();
    assert!(now.starts_with(text) && now.contains("\"b\""), "{now}");
}

#[test]
fn an_agent_goes_with_what_belongs_to_it() {
    let one = "# of a\n[[agent]]\nname = \"a\" # a\n# paused = true\n\n# ---- siem\n[agent.siem]\nhost = \"h\"\n# port = 514\n\n# only with TLS:\n# ca_file = \"x\"\n";
    for (before, between, after) in [
        ("", "", ""),
        ("[page]\n", "\n", "\n# of b\n[[agent]]\nname = \"b\"\n"),
        (
            "# the file\n\n[page]\n# enabled = true\n\n# nobody's\n\n",
            "",
            "\n[[agent]]\nname = \"b\"\n",
        ),
        ("# the file\n\n", "", "\n[[agent]]\nname = \"b\"\n[page]\n"),
    ] {
        let mut draft = draft(&format!("{before}{between}{one}{after}"));
        draft.remove_agent("a");
        let rest = after.strip_prefix('\n').filter(|_| between.is_empty());
        let mut expected = format!("{before}{}", rest.unwrap_or(after));
        if after.is_empty() {
            expected.truncate(expected.trim_end().len());
        }
        assert_eq!(draft.text(), expected);
    }
    for (text, expected) in [
        ("agent = [{ name = \"a\" }]\n", "agent = []\n"),
        (
            "agent = [{ name = \"a\" }, { name = \"b\" }]\n",
            "agent = [{ name = \"b\" }]\n",
        ),
        (
            "agent = [\n  { name = \"b\" },\n  { name = \"a\" },\n]\n",
            "agent = [\n  { name = \"b\" },\n]\n",
        ),
        (
            "[[agent]]\nname = \"a\"\n[page]\nenabled = true\n[agent.siem]\nhost = \"h\"\n[[agent]]\nname = \"b\"\n",
            "[page]\nenabled = true\n[[agent]]\nname = \"b\"\n",
        ),
    ] {
        let mut draft = draft(text);
        draft.remove_agent("a");
        assert_eq!(draft.text(), expected);
    }
}

#[test]
fn the_example_is_changed_and_changed_back() {
    let mut example = draft(crate::settings::EXAMPLE);
    example.add_agent("fabrikam");
    example.set("fabrikam", "siem.host", Some("h".into()));
    example.set("contoso", "paused", Some(true.into()));
    example.set("contoso", "alerts.enabled", Some(false.into()));
    assert_eq!(example.agents(), ["contoso", "fabrikam"]);
    for (key, given) in [("paused", None), ("alerts.enabled", None)] {
        example.set("contoso", key, given);
    }
    example.remove_agent("fabrikam");
    assert_eq!(example.text(), crate::settings::EXAMPLE);
    example.remove_agent("contoso");
    let rest = example.text();
    let (before, after) = rest.split_once("3.pool.ntp.org\n").unwrap();
    assert!(before.contains("[clock]"), "{rest}");
    // the comment that shows another kind of agent is not the agent's
    let kept = |line: &str| line.is_empty() || line.starts_with('#');
    assert!(after.lines().all(kept), "{rest}");
    assert!(!after.contains("contoso.us3"), "{rest}");
}

#[test]
fn findings_name_the_agent_by_its_place() {
    let mut draft = draft("[[agent]]\nname = \"a\"\n[[agent]]\nname = \"b\"\n");
    draft.set("b", "siem.port", Some(0.into()));
    let findings = draft.read(&Overrides::default()).unwrap_err();
    let key = format!("agent[{}].siem.port", draft.place("b").unwrap());
    assert!(
        findings.iter().any(|finding| finding.key == key),
        "{findings:?}"
    );
}

// --- on disk

fn folder_with(text: Option<&str>) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("siembox.toml");
    if let Some(text) = text {
        std::fs::write(&path, text).unwrap();
    }
    (folder, path)
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let name = |entry: io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
    entries
        .map(|entry| name(entry).into_string().unwrap())
        .collect()
}

#[test]
fn a_new_file_is_for_the_group_and_an_old_one_keeps_its_mode() {
    for (there, before, after) in [(None, None, 0o640), (Some("[page]\n"), Some(0o604), 0o604)] {
        let (folder, path) = folder_with(there);
        if let Some(before) = before {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(before)).unwrap();
        }
        // what a kill left behind
        std::fs::write(folder.path().join(".siembox.toml.new"), "half").unwrap();
        let mut draft = SettingsDraft::open(&path).unwrap();
        draft.add_agent("a");
        let text = draft.text();
        let revision = draft.save().unwrap();
        assert_eq!(mode(&path), after);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        assert_eq!(&revision, SettingsDraft::open(&path).unwrap().revision());
        assert_eq!(names(folder.path()), ["siembox.toml"]);
    }
}

#[test]
fn a_file_that_somebody_else_changed_is_not_overwritten() {
    for (before, meanwhile) in [
        (Some("[page]\n"), Some("[page]\nenabled = false\n")),
        (Some("[page]\n"), None),
        (None, Some("[page]\n")),
    ] {
        let (folder, path) = folder_with(before);
        let mut draft = SettingsDraft::open(&path).unwrap();
        draft.add_agent("a");
        match meanwhile {
            Some(text) => std::fs::write(&path, text).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        assert!(matches!(draft.save(), Err(EditError::Stale { .. })));
        assert_eq!(std::fs::read_to_string(&path).ok().as_deref(), meanwhile);
        assert_eq!(names(folder.path()).len(), usize::from(meanwhile.is_some()));
    }
}

#[test]
fn revisions_can_be_told_by_their_text() {
    let (_folder, path) = folder_with(None);
    assert_eq!(
        SettingsDraft::open(&path).unwrap().revision().to_string(),
        "none"
    );
    std::fs::write(&path, "").unwrap();
    let empty = SettingsDraft::open(&path).unwrap();
    assert_eq!(empty.revision().to_string().len(), 64);
    assert_eq!(
        &empty.revision().to_string().parse::<Revision>().unwrap(),
        empty.revision()
    );
    for (bytes, said) in [
        (&b"x"[..], "siembox.toml:1: not TOML"),
        (b"\xff", "is not text: line 1"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let error = SettingsDraft::open(&path).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn a_secret_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    for secret in ["hunter2", "another"] {
        let path = put_secret(folder.path(), "contoso.token", &Secret::new(secret)).unwrap();
        assert_eq!(path, folder.path().join("contoso.token"));
        assert_eq!((mode(&path), names(folder.path()).len()), (0o600, 1));
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            format!("{secret}\n")
        );
    }
    for name in ["", ".hidden", "../token", "a/b", "a b"] {
        assert!(
            put_secret(folder.path(), name, &Secret::new("x")).is_err(),
            "{name}"
        );
    }
    remove_secret(folder.path(), "contoso.token").unwrap();
    remove_secret(folder.path(), "contoso.token").unwrap();
    assert_eq!(names(folder.path()).len(), 0);
    // a link in its place goes; what it leads to is somebody else's
    let elsewhere = tempfile::tempdir().unwrap();
    let other = elsewhere.path().join("other");
    std::fs::write(&other, "other").unwrap();
    std::os::unix::fs::symlink(&other, folder.path().join("contoso.token")).unwrap();
    let path = put_secret(folder.path(), "contoso.token", &Secret::new("hunter2")).unwrap();
    assert_eq!(std::fs::read_to_string(&other).unwrap(), "other");
    assert!(path.symlink_metadata().unwrap().is_file());
    let nowhere = put_secret(&folder.path().join("none"), "x", &Secret::new("hunter2"));
    let said = nowhere.unwrap_err().to_string();
    assert!(said.contains("none") && !said.contains("hunter2"), "{said}");
}
