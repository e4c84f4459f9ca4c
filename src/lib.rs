//! siembox brings Microsoft Defender for Cloud Apps alerts and activities into the SIEM a company already has.
//!
//! Records come in from the cloud on the left and leave as CEF lines on the right; in between they are safe on flash:
//!
//! ```text
//! cloud API ─▶ source ─▶ event ─▶ cef ─▶ spool ─▶ syslog ─▶ sink ─▶ SIEM
//! ```
//!
//! `event`, `cef`, `syslog` and the pure parts of `source`, `spool` and `status` do no I/O and read no clock.
//!
//! Beside the stream stands what makes a box of it: `board` (what this machine has), `led`, `button` and `watchdog`.

pub mod agent;
pub mod appliance;
pub mod backoff;
pub mod board;
pub mod button;
pub mod cef;
pub mod certificate;
pub mod check;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod durable;
pub mod event;
pub mod firmware;
pub mod foreign;
pub mod gpio;
pub mod led;
pub mod ledger;
pub mod log;
pub mod memory;
pub mod network;
pub mod orphan;
pub mod own_file;
pub mod patience;
pub mod preview;
pub mod provision;
pub mod render;
pub mod replay;
pub mod sent;
pub mod settings;
pub mod sink;
pub mod source;
pub mod spool;
pub mod status;
pub mod still_there;
pub mod syslog;
pub mod text_file;
pub mod timekeeping;
pub mod trust;
pub mod watchdog;
pub mod web;
pub mod word;
