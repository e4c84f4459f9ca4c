//! What consumers find on lines, and the differences that are allowed: `tests/consumers`, read by
//! `tests/parsers/consumers.py`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Groups that a pattern filled, with their values.
pub type Found = BTreeMap<String, String>;

/// All that the script says.
#[derive(Debug, serde::Deserialize)]
pub struct Reading {
    pub consumers: Vec<Consumer>,
    pub differences: Vec<Difference>,
}

/// A consumer, and what it read.
#[derive(Debug, serde::Deserialize)]
pub struct Consumer {
    pub name: String,
    /// The key by which it takes a line.
    pub takes_by: String,
    pub patterns: Vec<Pattern>,
    /// A line each: nothing where the consumer does not take it, else what each pattern found.
    pub read: Vec<Option<Vec<Option<Found>>>>,
}

#[derive(Debug, serde::Deserialize)]
pub struct Pattern {
    /// The key, or field of the header, that the value comes from.
    pub reads: String,
    pub regex: String,
    /// It is published so that it matches no line of the old agent.
    #[serde(default)]
    pub matches_nothing: bool,
}

/// A difference that is allowed.
#[derive(Debug, serde::Deserialize)]
pub struct Difference {
    pub id: String,
    pub reads: Vec<String>,
    pub roads: Vec<String>,
    /// What is on the successor's line; either where it is not said.
    pub successor: Option<Instead>,
    pub reason: String,
}

/// What a successor's line has in place of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Instead {
    Nothing,
    Other,
}

/// Has all consumers read these lines.
pub fn read(lines: &[&str]) -> Reading {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/tools/venv/bin/python");
    let is_there = python.exists();
    assert!(is_there, "{} is missing: run make tools", python.display());
    let mut child = Command::new(python)
        .arg(root.join("tests/parsers/consumers.py"))
        .arg(root.join("tests/consumers"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python starts");
    let mut input = child.stdin.take().expect("a pipe");
    let rows = serde_json::to_string(lines).expect("texts");
    // the script reads all of it before it writes
    input
        .write_all(rows.as_bytes())
        .expect("consumers.py reads");
    drop(input);
    let output = child.wait_with_output().expect("consumers.py ends");
    assert!(output.status.success(), "consumers.py: {}", output.status);
    serde_json::from_slice(&output.stdout).expect("what consumers.py writes")
}
