//! Holds JSON documents against a JSON schema, by PyPI's `jsonschema-rs` (tests/parsers/schema.py).
//! The same library as a crate brings forty others into the build of each test.

use std::io::{Seek, Write};
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// What each document breaks of the schema, with its place in the document; an empty list where it
/// keeps to it.
///
/// # Panics
/// Where `make tools-test` has not run, or the schema itself is none.
#[must_use]
pub fn errors(schema: &Value, documents: &[Value]) -> Vec<Vec<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python = root.join("target/tools/venv/bin/python");
    assert!(
        python.exists(),
        "{} is missing: run make tools-test",
        python.display()
    );
    let question = json!({"schema": schema, "documents": documents}).to_string();
    let mut asked = tempfile::tempfile().expect("a file");
    asked.write_all(question.as_bytes()).expect("written");
    asked.rewind().expect("a file");
    let output = Command::new(python)
        .arg(root.join("tests/parsers/schema.py"))
        .stdin(asked)
        .output()
        .expect("python starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "schema.py: {said}\nCure, where a module is missing: make tools-test"
    );
    serde_json::from_slice(&output.stdout).expect("schema.py writes its lists")
}
