//! Exit codes, from sysexits.h where it has one for the case.

use std::process::ExitCode;

/// How the process ends. Documented in the help; scripts rely on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// 0: done.
    Done = 0,
    /// 1: done, but a record could not be read (render), not all is well (check, status), or not
    /// done as was asked (replay, orphans).
    NotAllWell = 1,
    /// 64: the command line or the settings are wrong (`EX_USAGE`).
    Usage = 64,
    /// 66: a file of records can't be read (`EX_NOINPUT`).
    NoInput = 66,
    /// 69: the cloud can't be reached or lets nobody in (preview), or no siembox is running,
    /// or this user may not ask it (status, replay, orphans) (`EX_UNAVAILABLE`).
    Unavailable = 69,
    /// 70: General error during bootstrap: something that should not happen (`EX_SOFTWARE`).
    Software = 70,
    /// 73: the state or log folder can't be made or used, or another siembox is using it
    /// (`EX_CANTCREAT`).
    CantCreate = 73,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
