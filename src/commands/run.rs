//! `siembox run`

use std::fs::DirBuilder;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::usage;
use crate::appliance::{self, ApplianceError, SettingsProvider};
use crate::cli::{Exit, RunArgs, SetupArguments};
use crate::firmware::main_loop::TROUBLE_WORD;
use crate::log::{self, LogHandle};
use crate::settings::{Overrides, Settings};
use crate::text_file;
use crate::timekeeping::{self, Gate};
use crate::wiring::contained_here;

/// Runs the stream until SIGTERM or SIGINT.
pub fn run(args: RunArgs) -> Exit {
    let loaded = match args.to_be_set_up {
        true => args.setup.load_or_begin(),
        false => args.setup.load(),
    };
    let mut refused = None;
    let loaded = match loaded {
        Err(error) if args.on_firmware => {
            refused = Some(error.to_string());
            args.setup.begin()
        }
        loaded => loaded,
    };
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(error) => return usage(&error),
    };
    if args.to_be_set_up
        && !args.on_firmware
        && let Err(why) = make_folder_of(args.setup.file())
    {
        eprintln!("siembox: {why}");
        return Exit::CantCreate;
    }
    let settings = loaded.settings;
    let log = match log::init(&settings.log, settings.logs_dir.as_deref()) {
        Ok(log) => log,
        Err(error) => {
            eprintln!("siembox: General error during bootstrap: {error}");
            return Exit::CantCreate;
        }
    };
    std::panic::set_hook(Box::new(|panic| {
        // one that the spool catches becomes an error with a place and a cure
        if !contained_here() {
            tracing::error!("Internal error: {panic}");
        }
    }));
    for warning in &args.setup.warnings {
        tracing::warn!("{warning}");
    }
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    match appliance::run(
        settings,
        &SettingsFile {
            setup: args.setup,
            to_be_set_up: args.to_be_set_up,
            refused,
            on_firmware: args.on_firmware,
            log,
        },
    ) {
        Ok(()) => Exit::Done,
        Err(error) => {
            tracing::error!("{error}");
            eprintln!("siembox: {error}");
            match error {
                ApplianceError::Bootstrap(_) => Exit::Software,
                _ => Exit::CantCreate,
            }
        }
    }
}

/// Makes the folder that the page saves the settings file in: where siembox was not installed as a
/// package, it may not be there. Says why it cannot be made, with the cure.
fn make_folder_of(settings_file: &Path) -> Result<(), String> {
    let Some(folder) = settings_file
        .parent()
        .filter(|folder| *folder != Path::new(""))
    else {
        return Ok(());
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o750)
        .create(folder)
        .map_err(|cause| {
            format!(
                "the settings folder {} cannot be created: {cause}: create it, or name a settings \
                    file in another folder with --config",
                folder.display()
            )
        })
}

/// The settings file as the appliance's [`SettingsProvider`].
struct SettingsFile {
    setup: SetupArguments,
    /// `--setup`: the file may not be there yet.
    to_be_set_up: bool,
    /// `--firmware`: the file was wrong when we started.
    refused: Option<String>,
    /// `--firmware`: PID 1 leaves a word where something is wrong with the box.
    on_firmware: bool,
    log: LogHandle,
}

impl SettingsProvider for SettingsFile {
    fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        if let Ok(file) = text_file::look(self.setup.file()) {
            (file.ino(), file.size(), file.mtime(), file.mtime_nsec()).hash(&mut hasher);
        }
        hasher.finish()
    }

    fn read(&self) -> Result<Settings, String> {
        let loaded = self.setup.load().map_err(|error| error.to_string())?;
        for warning in &loaded.warnings {
            tracing::warn!("{warning}");
        }
        Ok(loaded.settings)
    }

    fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    fn box_trouble(&self) -> Option<String> {
        let word = self.on_firmware.then_some(TROUBLE_WORD)?;
        std::fs::read_to_string(word).ok()
    }

    fn file(&self) -> Option<(PathBuf, Overrides)> {
        // siembox that was started by flags alone has no settings that could be changed
        let (config, file) = (&self.setup.config, self.setup.file());
        (self.to_be_set_up || config.is_some() || text_file::look(file).is_ok())
            .then(|| (file.to_owned(), self.setup.overrides.clone()))
    }

    fn clock(&self) -> Gate {
        let named = std::env::var_os(timekeeping::VARIABLE).map(PathBuf::from);
        let file = named.or(self.on_firmware.then(|| timekeeping::FILE.into()));
        file.map_or_else(Gate::open, Gate::at)
    }

    fn took(&self, settings: &Settings) {
        if let Err(error) = self.log.change(&settings.log, settings.logs_dir.as_deref()) {
            tracing::error!("the log stays unchanged: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_the_settings_is_made_where_it_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("etc/siembox/siembox.toml");
        for _ in 0..2 {
            make_folder_of(&file).unwrap();
        }
        let made = file.parent().unwrap().metadata().unwrap();
        assert_eq!(made.mode() & 0o027, 0, "{:o}", made.mode());
        make_folder_of(Path::new("siembox.toml")).unwrap();

        std::fs::write(&file, "").unwrap();
        let why = make_folder_of(&file.join("siembox.toml")).unwrap_err();
        assert!(
            why.contains("cannot be created") && why.contains("--config"),
            "{why}"
        );
    }
}
