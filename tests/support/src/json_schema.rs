//! Holds JSON documents against a JSON schema, by PyPI's `jsonschema-rs` (tests/parsers/schema.py).
//! The same library as a crate brings forty others into the build of each test.

use serde_json::{Value, json};

use crate::python;

/// What each document breaks of the schema, with its place in the document; an empty list where it
/// keeps to it.
///
/// # Panics
/// Where `make tools-test` has not run, or the schema itself is none.
#[must_use]
pub fn errors(schema: &Value, documents: &[Value]) -> Vec<Vec<String>> {
    let asked = json!({"schema": schema, "documents": documents});
    let output = python::run("schema.py", &asked);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "schema.py: {said}\nCure, where a module is missing: make tools-test"
    );
    serde_json::from_slice(&output.stdout).expect("schema.py writes its lists")
}
