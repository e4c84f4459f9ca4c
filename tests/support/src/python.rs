//! Python programs of tests/parsers, in the environment that `make tools-test` makes: the libraries
//! of others that judge what siembox says.

use std::io::{Seek, Write};
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// Runs `tests/parsers/{program}` with this on its standard input, and gives what it printed.
///
/// # Panics
/// Where `make tools-test` has not run.
#[must_use]
pub fn run(program: &str, input: &Value) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python = root.join("target/tools/venv/bin/python");
    assert!(
        python.exists(),
        "{} is missing: run make tools-test",
        python.display()
    );
    let mut asked = tempfile::tempfile().expect("a file");
    asked
        .write_all(input.to_string().as_bytes())
        .expect("written");
    asked.rewind().expect("a file");
    Command::new(python)
        .arg(root.join("tests/parsers").join(program))
        .stdin(asked)
        .output()
        .expect("python starts")
}
