//! The Debian packages: is everything in them, and would systemd take the unit? `make deb-test`
//! builds them and runs this.
//!
//! Ignored otherwise, as `release.rs` is.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Exposure above which the unit is too open, in tenths of systemd's scale from 0 (safe) to 10.
const MOST_EXPOSED: u32 = 15;

const ARCHITECTURES: [&str; 2] = ["amd64", "arm64"];

#[test]
#[ignore = "needs the packages of `make deb`"]
fn hold_what_a_server_needs() {
    for architecture in ARCHITECTURES {
        let listing = run(Command::new("dpkg-deb")
            .arg("--contents")
            .arg(package(architecture)));
        for (mode, path) in [
            ("-rwxr-xr-x", "./usr/bin/siembox"),
            ("-rw-r--r--", "./usr/lib/systemd/system/siembox.service"),
            ("-rw-r--r--", "./etc/siembox/siembox.toml.example"),
            ("-rw-r--r--", "./usr/share/doc/siembox/copyright"),
            ("-rw-r--r--", "./usr/share/doc/siembox/README.md"),
            ("-rw-r--r--", "./usr/share/doc/siembox/manual/index.md"),
            (
                "-rw-r--r--",
                "./usr/share/doc/siembox/manual/receivers/rsyslog.conf",
            ),
            (
                "-rw-r--r--",
                "./usr/share/doc/siembox/prometheus/siembox.rules.yml",
            ),
            ("-rw-r--r--", "./usr/share/doc/siembox/CHANGELOG.md"),
            ("-rw-r--r--", "./usr/share/doc/siembox/NOTICES"),
        ] {
            let found = listing.lines().find(|line| line.contains(path));
            let line = found.unwrap_or_else(|| panic!("{architecture}: no {path} in\n{listing}"));
            assert!(
                line.starts_with(mode) && line.contains("0/0"),
                "{architecture}: {line}"
            );
        }
    }
}

#[test]
#[ignore = "needs the packages of `make deb`"]
fn depend_on_no_library() {
    for architecture in ARCHITECTURES {
        let mut ask = Command::new("dpkg-deb");
        ask.arg("--field").arg(package(architecture));
        let fields = run(ask.args(["Architecture", "Depends"]));
        assert_eq!(
            fields,
            format!("Architecture: {architecture}\nDepends: adduser\n")
        );
    }
}

#[test]
#[ignore = "needs the packages of `make deb`"]
fn systemd_takes_the_unit_and_finds_it_closed() {
    let folder = tempfile::tempdir().unwrap();
    run(Command::new("dpkg-deb")
        .arg("--extract")
        .arg(package("amd64"))
        .arg(folder.path()));

    // nothing is installed here: the unit is shown to systemd with the binary where it was unpacked
    let unit =
        std::fs::read_to_string(folder.path().join("usr/lib/systemd/system/siembox.service"));
    let binary = folder.path().join("usr/bin/siembox");
    let unit = unit
        .unwrap()
        .replace("/usr/bin/siembox", binary.to_str().unwrap());
    let shown = folder.path().join("siembox.service");
    std::fs::write(&shown, unit).unwrap();

    let said = run(analyze("verify").arg("--man=no").arg(&shown));
    assert_eq!(said, "", "systemd-analyze verify finds nothing to say");
    let said = run(analyze("security")
        .arg(format!("--threshold={MOST_EXPOSED}"))
        .arg(&shown));
    println!("{}", said.lines().last().unwrap_or_default().trim());
}

fn package(architecture: &str) -> PathBuf {
    let name = format!("siembox_{}-1_{architecture}.deb", env!("CARGO_PKG_VERSION"));
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("target/deb")
        .join(name)
}

fn analyze(what: &str) -> Command {
    let mut command = Command::new("systemd-analyze");
    command.args(["--no-pager", what]);
    if what == "security" {
        command.arg("--offline=true");
    }
    command
}

/// What it printed, both streams; panics where it failed.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{command:?}: {text}");
    text
}
