//! `siembox check`: each step between the settings and the first line, with the time it took and,
//! where it fails, the cause and the cure in words. It builds its parts as `run` does, so that it
//! tests what will run; it sends no line and moves no cursor.

mod address;
mod cloud;
mod hub;
mod report;
mod siem;
mod spools;
mod tls;

use address::Address;
pub use report::CheckReport;
pub use siem::send_a_test_line;

use crate::clock;
use crate::settings::{AgentSettings, Settings};

/// A clock before this has not been set: 2026-01-01, before this program was built.
const BUILT_MS: i64 = 1_767_225_600_000;

/// Checks everything that the settings name. True where all is well.
pub fn run(
    settings: &Settings,
    agents: &[&AgentSettings],
    report: &mut CheckReport<impl std::io::Write>,
) -> bool {
    report.step("settings", || {
        Ok(format!("agents: {}", settings.agents.len()))
    });
    report.step("clock", || plausible_clock(clock::now_ms()));
    report.step("state", || state_dir(settings));
    report.step("spools", || spools::belong(settings));
    for agent in agents {
        report.heading(agent);
        cloud::reach(agent, report);
        siem(agent, report);
    }
    report.all_well()
}

fn plausible_clock(now_ms: i64) -> Result<String, String> {
    let now = clock::in_words(now_ms);
    if now_ms < BUILT_MS {
        return Err(format!(
            "this machine's clock shows {now}: set the clock, because certificates cannot be \
                checked with this date"
        ));
    }
    Ok(now)
}

/// The folder must take a file; an instance that runs on it is no trouble.
fn state_dir(settings: &Settings) -> Result<String, String> {
    let folder = &settings.state_dir;
    let cure = "create the folder, or give this user write access to it";
    std::fs::create_dir_all(folder)
        .and_then(|()| tempfile_in(folder))
        .map_err(|error| format!("state_dir {}: {error}: {cure}", folder.display()))?;
    Ok(folder.display().to_string())
}

fn tempfile_in(folder: &std::path::Path) -> std::io::Result<()> {
    let path = folder.join(format!(".check-{}", std::process::id()));
    crate::own_file::create(&path, 0o600)?;
    std::fs::remove_file(&path)
}

fn siem(agent: &AgentSettings, report: &mut CheckReport<impl std::io::Write>) {
    report.step("siem", || siem::reach(agent));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_of_1970_is_not_believed() {
        assert!(plausible_clock(0).unwrap_err().contains("1970"));
        assert!(plausible_clock(BUILT_MS).is_ok());
    }
}
