//! `siembox render`

use std::io::{self, Read, Write};
use std::path::Path;

use super::{load, meant, usage};
use crate::cli::{Exit, RenderArgs};
use crate::render::{self, Rendering};
use crate::wiring::{KNOWN_RECORDS, line_writer, names};

/// Prints the lines of the records in files or on standard input; 1 where one could not be read.
pub fn render(args: RenderArgs) -> Exit {
    let settings = match load(&args.setup) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    let mut agent = match meant(&settings, args.agent.as_deref()) {
        Ok(agents) => agents[0].clone(),
        Err(exit) => return exit,
    };
    agent.siem.header.include_pri &= args.pri;
    let writer = match line_writer(&agent) {
        Ok(writer) => writer,
        Err(error) => return usage(&error),
    };
    let with = Rendering {
        known: &KNOWN_RECORDS,
        names: &names(&agent),
        style: &writer.style,
        header: Some(&writer.header),
        defender_for_identity: writer.defender_for_identity,
    };
    let standard_input = [Path::new("-").to_owned()];
    let files = if args.files.is_empty() {
        &standard_input[..]
    } else {
        &args.files
    };
    let (mut failed, mut out) = (0, io::BufWriter::new(io::stdout().lock()));
    for path in files {
        let (name, bytes) = match read(path) {
            Ok(read) => read,
            Err(error) => {
                eprintln!("siembox: {}: cannot be read: {error}", path.display());
                return Exit::NoInput;
            }
        };
        match render::render(&name, &bytes, with, &mut out, &mut io::stderr().lock()) {
            Ok(outcome) => failed += outcome.failed,
            // a reader that has gone away (`| head`) has seen enough
            Err(_) => return Exit::Done,
        }
    }
    let _ = out.flush();
    if failed == 0 {
        Exit::Done
    } else {
        Exit::NotAllWell
    }
}

fn read(path: &Path) -> io::Result<(String, Vec<u8>)> {
    if path != Path::new("-") {
        return Ok((path.display().to_string(), std::fs::read(path)?));
    }
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(("standard input".to_owned(), bytes))
}
