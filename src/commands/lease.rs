//! `siembox-lease WORD`: siembox as the script of busybox's DHCP client, on its own firmware.

use crate::cli::Exit;
use crate::network::{NetworkTools, tell};

/// Takes one turn of the DHCP client in. What it says goes to standard error, which is the log of
/// whoever started the client.
pub fn lease(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Exit {
    let word = arguments.into_iter().next().unwrap_or_default();
    let variable = |name: &str| std::env::var(name).ok();
    match tell(
        &NetworkTools::of_the_box(),
        &word.to_string_lossy(),
        variable,
    ) {
        Ok(said) => {
            for line in said {
                eprintln!("siembox-lease: {line}");
            }
            Exit::Done
        }
        Err(why) => {
            eprintln!("siembox-lease: {why}; nothing was changed");
            Exit::NotAllWell
        }
    }
}
