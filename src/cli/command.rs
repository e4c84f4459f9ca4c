//! The parsed command with all its arguments.

use std::path::{Path, PathBuf};

use crate::board::BoardProfile;
use crate::orphan;
use crate::replay::When;
use crate::settings::{
    DEFAULT_FILE, LoadedSettings, Overrides, Settings, SettingsError, SourceWord,
};
use crate::stream::StreamSpec;

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// A whole box: this process is its first one.
    Init,
    /// The stream itself.
    Run(RunArgs),
    /// Records from files → lines on standard output.
    Render(RenderArgs),
    /// What the filters let through now.
    Preview(PreviewArgs),
    /// Every step on the way, tried once.
    Check(CheckArgs),
    /// What the running instance says.
    Status(StatusArgs),
    /// A window of time fetched again.
    Replay(ReplayArgs),
    /// Spools that belong to no agent.
    Migrate(MigrateArgs),
    Orphans(OrphansArgs),
    /// Which board this is, and what it has.
    Board(BoardArgs),
    /// The clock of siembox's own firmware.
    Clock(ClockArgs),
    /// The name of siembox's own firmware.
    Announce(AnnounceArgs),
    /// The commented settings file.
    Example,
    /// Help; for one command where it is named.
    Help(Option<&'static str>),
    /// Name and version.
    Version,
}

/// Where the settings come from. Given to [`SetupArguments::load`] at the start and again when the
/// file has changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetupArguments {
    /// `--config`; `None` looks at the usual place, and is content with flags.
    pub config: Option<PathBuf>,
    /// What flags and environment say.
    pub overrides: Overrides,
    /// What is doubtful about the flags; to be shown to the operator once.
    pub warnings: Vec<String>,
}

/// `siembox [run]`
#[derive(Debug, Clone, PartialEq)]
pub struct RunArgs {
    /// Where the settings come from.
    pub setup: SetupArguments,
    /// `--setup` or `--firmware`: the settings file need not be there yet; the page writes it.
    pub to_be_set_up: bool,
    /// `--firmware`: nor need it be right. The page is all that a box without a shell has to say
    /// so, and to be set up by.
    pub on_firmware: bool,
}

/// `siembox render`
#[derive(Debug, Clone, PartialEq)]
pub struct RenderArgs {
    /// Where the settings come from. Without any file, each has its default.
    pub setup: SetupArguments,
    /// Whose looks the lines have; `None` for the only or first agent.
    pub agent: Option<String>,
    /// Whether lines begin with their PRI, where the settings include it.
    pub pri: bool,
    /// Files of records; empty for standard input, and `-` means it as well.
    pub files: Vec<PathBuf>,
}

/// `siembox preview`
#[derive(Debug, Clone, PartialEq)]
pub struct PreviewArgs {
    /// Where the settings come from.
    pub setup: SetupArguments,
    /// Only this agent.
    pub agent: Option<String>,
}

/// `siembox check`
#[derive(Debug, Clone, PartialEq)]
pub struct CheckArgs {
    /// Where the settings come from.
    pub setup: SetupArguments,
    /// Only this agent.
    pub agent: Option<String>,
}

/// `siembox status`
#[derive(Debug, Clone, PartialEq)]
pub struct StatusArgs {
    /// Where the settings come from; only `state_dir` is of interest.
    pub setup: SetupArguments,
    /// For programs instead of people.
    pub json: bool,
}

/// `siembox replay`
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayArgs {
    /// Where the settings come from; only `state_dir` is of interest.
    pub setup: SetupArguments,
    /// Whose window; `None` for the only agent.
    pub agent: Option<String>,
    /// Where it begins.
    pub since: When,
    /// Where it ends; `None` for now.
    pub until: Option<When>,
    /// Only this stream.
    pub stream: Option<StreamSpec>,
    /// Also what was sent before.
    pub again: bool,
    /// Only counts.
    pub dry_run: bool,
    /// For programs instead of people.
    pub json: bool,
}

/// `siembox migrate`
#[derive(Debug, Clone, PartialEq)]
pub struct MigrateArgs {
    /// Where the settings come from; their file is changed.
    pub setup: SetupArguments,
    /// Whose source; `None` for the only agent's.
    pub agent: Option<String>,
    /// The kind of the source that it changes to.
    pub to: SourceWord,
    /// Where the comparison begins.
    pub since: When,
    /// Changes the source instead of comparing.
    pub switch: bool,
    /// And goes on to read the one that it had.
    pub both: bool,
    /// For programs instead of people.
    pub json: bool,
}

/// `siembox orphans`
#[derive(Debug, Clone, PartialEq)]
pub struct OrphansArgs {
    /// Where the settings come from; only `state_dir` is of interest.
    pub setup: SetupArguments,
    /// What is to be done with one; `None` shows them.
    pub request: Option<orphan::OrphanRequest>,
    /// For programs instead of people.
    pub json: bool,
}

/// `siembox board`
#[derive(Debug, Clone, PartialEq)]
pub struct BoardArgs {
    /// This one, whatever is recognised.
    pub board: Option<Box<BoardProfile>>,
    /// Tries lamps and button.
    pub test: bool,
}

/// `siembox clock`
#[derive(Debug, Clone, PartialEq)]
pub struct ClockArgs {
    /// Where the settings come from; only `[clock]` and `[log]` are of interest.
    pub setup: SetupArguments,
    /// `--once`: one round, no waiting.
    pub once: bool,
}

/// `siembox announce`
#[derive(Debug, Clone, PartialEq)]
pub struct AnnounceArgs {
    /// Where the settings come from; only `[page]` and `[log]` are of interest.
    pub setup: SetupArguments,
}

// === impl Setup ===

impl SetupArguments {
    /// Reads the settings.
    ///
    /// From then on their secrets are known: see [`Settings::know_files`].
    ///
    /// # Errors
    /// [`SettingsError`]
    pub fn load(&self) -> Result<LoadedSettings, SettingsError> {
        let loaded = Settings::find(self.config.as_deref(), &self.overrides)?;
        loaded.settings.know_files();
        Ok(loaded)
    }

    /// Reads the settings; where there is no file yet, those of an empty one: no agent, and the
    /// page to add one.
    ///
    /// # Errors
    /// [`SettingsError`], for anything but a file that is not there.
    pub fn load_or_begin(&self) -> Result<LoadedSettings, SettingsError> {
        match self.load() {
            Err(SettingsError::Missing { .. } | SettingsError::NothingGiven { .. }) => self.begin(),
            loaded => loaded,
        }
    }

    /// The settings of an empty file: no agent, and the page to add one.
    ///
    /// # Errors
    /// [`SettingsError`], where flags speak of an agent that there is not.
    pub fn begin(&self) -> Result<LoadedSettings, SettingsError> {
        Settings::read("", self.file(), &self.overrides)
    }

    /// The settings file, whether it is there or not.
    #[must_use]
    pub fn file(&self) -> &Path {
        self.config.as_deref().unwrap_or(Path::new(DEFAULT_FILE))
    }
}

// === impl Command ===

impl Command {
    /// The part that says where the settings come from.
    pub(super) fn setup_mut(&mut self) -> Option<&mut SetupArguments> {
        match self {
            Self::Run(RunArgs { setup, .. })
            | Self::Render(RenderArgs { setup, .. })
            | Self::Preview(PreviewArgs { setup, .. })
            | Self::Check(CheckArgs { setup, .. })
            | Self::Status(StatusArgs { setup, .. })
            | Self::Replay(ReplayArgs { setup, .. })
            | Self::Migrate(MigrateArgs { setup, .. })
            | Self::Orphans(OrphansArgs { setup, .. })
            | Self::Clock(ClockArgs { setup, .. })
            | Self::Announce(AnnounceArgs { setup, .. }) => Some(setup),
            Self::Board(_) | Self::Init | Self::Example | Self::Help(_) | Self::Version => None,
        }
    }
}
