//! `soak-table ROWS.jsonl [TABLE.md]`: prints the rows that the fault stories told as a table, and
//! writes it to a file.

use std::path::PathBuf;
use std::process::ExitCode;

use siembox_support::soak::{self, Row};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let Some(rows) = arguments.next() else {
        eprintln!("usage: soak-table ROWS.jsonl [TABLE.md]");
        return ExitCode::from(64);
    };
    let text = match std::fs::read_to_string(&rows) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("soak-table: {}: {error}", rows.display());
            return ExitCode::FAILURE;
        }
    };
    let read: Result<Vec<Row>, _> = text.lines().map(serde_json::from_str).collect();
    let table = match read {
        Ok(rows) => soak::table(&rows),
        Err(error) => {
            eprintln!("soak-table: {}: {error}", rows.display());
            return ExitCode::FAILURE;
        }
    };
    print!("{table}");
    match arguments.next().map(|path| std::fs::write(&path, &table)) {
        Some(Err(error)) => {
            eprintln!("soak-table: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}
