//! siembox brings Microsoft Defender for Cloud Apps alerts and activities into the SIEM a company
//! already has.
//!
//! Records come in from the cloud on the left and leave as CEF lines on the right; in between they
//! are safe on flash. Everything else only watches that stream, or sets it up:
//!
//! ```text
//! cloud API ─▶ source ─▶ event ─▶ cef ─▶ spool ─▶ syslog ─▶ sink ─▶ SIEM
//!                │                         │                  │
//!                └───────────────────── status ───────────────┘
//!                                          │
//!                              led, web ◀──┘     settings ─▶ agent
//! ```
//!
//! # What always holds
//!
//! 1. A page and the cursor behind it go to flash in one transaction, before the next page is asked
//!    for. A crash neither skips a record nor reads one twice.
//! 2. A line leaves the spool only when the receiver has it: by its own answer over RELP, by an
//!    orderly end of the connection over TCP and TLS.
//! 3. Full means wait. A full spool stops the reader, and the cloud keeps the records; a slow SIEM
//!    blocks neither page nor lamps.
//! 4. One bad record stops no stream. It is set aside, counted and shown.
//! 5. `event`, `cef`, `syslog`, and the pure parts of `source`, `spool` and `status` do no I/O and
//!    read no clock. Time and randomness come in as arguments.
//! 6. Secrets are a type that cannot be printed. They are in no log, page, metric or bundle.
//! 7. Memory and disk are bounded by numbers in the settings and in the board's file.
//! 8. Control flow hangs on variants, never on the text of a message.
//! 9. What is on flash outlives the program: each format has a number, and older ones are read.
//!
//! # Words
//!
//! A word means one thing in the whole house, in code, in texts and on the page.
//!
//! - The road of data: a *record* is what the API sends; an *event* is the record in our own words;
//!   a *line* is what the SIEM gets. A *stream* is a list of the API, read from its *cursor* on.
//!   The spool keeps *batches* of lines in *segments*; the *index* says where each lies, a
//!   *checkpoint* is what a segment begins with. A record that cannot be read is a *dead letter*; a
//!   damaged part of the spool goes to the *quarantine*.
//! - The wire: siembox *connects*, *sends*, and asks for *proof*; the receiver *acknowledges*. What
//!   was sent and is not proved is the *replay window*; which lines the receiver has is the
//!   *delivery state*.
//! - Failures: an *error* has a *kind*; it leads to a *retry* after a *backoff*. A *rate limit* is
//!   the cloud's, the *poll interval* ours. *Shutdown* is the end that somebody asked for.
//! - Status: an *internal event* is told to the *reporter*; it becomes a line of the log, a
//!   counter, a *notice*. A *condition* is what is wrong now. *Liveness* is the promise to be heard
//!   of again.
//! - The page: an *owner* *claims* the box and has *sessions*; a *form* is checked, a *job* is done
//!   while the page waits.
//! - The firmware: *services* are started and kept running by the *main loop*; *boot counting* and
//!   the *health check* decide whether an update stays.
//!
//! # Style
//!
//! - A file is one noun: 40 to 200 lines, its types first, then `// === impl X ===`, its tests last
//!   or in `name/tests.rs`. The first line says what it is, a second why, in the present tense.
//! - The middle is pure; what touches disk, network or clock is a thin rim around it.
//! - What is wrong is said once, at the rim: setting, value, reason and cure.
//! - A struct's field says why it is there, a comment why something is done. Lines end at column
//!   100.
//!
//! # Rooms and arrows
//!
//! A room is a private module of this crate: what nothing uses any more, the compiler names. Tests
//! outside of the crate use what `for_tests` lists. A room uses only what its row names; arrows run
//! one way, without circles, also among the modules of one folder. `tests/arrows` reads the source
//! against this list.
//!
//! The ground floor is `backoff`, `clock`, `durable`, `foreign`, `lines`, `own_file`, `patience`,
//! `random`, `still_there` and `text_file`. Each room may use it, unless its row says "nothing".
//!
//! Time has one door, `clock`, and randomness one, `random`: no other module names `Instant`,
//! `SystemRandom` or `RandomState`, and none reads `SystemTime`.
//!
//! Adapters have one door each as well: `source::cloud_apps`, `source::hunting`,
//! `source::event_hubs`, `source::http`,
//! `spool::sled` and `sink::wire` are named by their own room and by `wiring`.
//!
//! - `cli`: arguments become a command. Uses `board` `firmware` `orphan` `replay` `settings`
//!   `stream`.
//! - `commands`: what each command does, from its arguments to its exit code. Uses `appliance`
//!   `board` `button` `check` `cli` `comparison` `firmware` `led` `log` `migrate` `network` `orphan`
//!   `preview` `render` `replay` `settings` `status` `timekeeping` `run_file` `wiring`.
//! - `appliance`: builds the agents from the settings, starts them, watches them, stops them in
//!   order. Uses `agent` `board` `check` `allocator` `comparison` `migrate` `orphan` `preview`
//!   `replay` `sent` `settings` `spool` `status` `timekeeping` `web` `wiring`.
//! - `wiring`: settings become source, sink, line writer, spool and request limits with their file;
//!   no other room names an adapter. Uses `cef` `certificate` `event` `format` `settings` `sink`
//!   `source` `spool` `stream` `syslog` `trust`.
//! - `agent`: one configured SIEM agent: pollers, forwarder and replays as one supervised set of
//!   streams; knows ports only. Uses `cef` `event` `format` `ledger` `replay` `sent` `settings`
//!   `sink` `source` `spool` `status` `stream` `timekeeping`.
//! - `check`: `siembox check`: each step between the settings and the first line, with its cure.
//!   Uses `certificate` `settings` `sink` `source` `status` `stream` `trust` `wiring`.
//! - `preview`: `siembox preview`: what the filters let through now, as lines. Uses `settings`
//!   `source` `stream` `wiring`.
//! - `render`: `siembox render`: records in a file, as lines. Uses `cef` `event` `source` `syslog`.
//! - `migrate`: `siembox migrate`: two sources of an agent are read, to be compared. Uses
//!   `comparison` `format` `settings` `source` `stream` `wiring`.
//! - `comparison`: what two sources hold of the same time, and how their lines differ. Uses the
//!   ground floor.
//! - `replay`: `siembox replay`: what is asked of a running siembox, and how far it has come. Uses
//!   `settings`.
//! - `source`: the port that records come in by, the reader by time (cursor, overlap, seen ids),
//!   offsets of shared partitions, HTTP, and the APIs: Cloud Apps, Graph, advanced hunting, Event
//!   Hubs. Uses `event` `stream` `trust`.
//! - `stream`: streams are data: which there are, and the number of each on flash. Uses nothing.
//! - `event`: `Event`: what is forwarded, in our own words. Uses nothing.
//! - `cef`: an event becomes a CEF line; the fields are a table. Uses `event`.
//! - `syslog`: header variants and framing. Uses nothing.
//! - `format`: the line writer of an agent. Uses `cef` `event` `syslog`.
//! - `spool`: what waits on flash for the SIEM, with the cursor of what was read; its store is
//!   sled. Uses the ground floor.
//! - `sink`: the port that lines leave by: send a batch, prove that it arrived. UDP, TCP, TLS and
//!   RELP. Uses `certificate` `spool` `syslog` `trust`.
//! - `ledger`: what became of the records, hour by hour of their own time. Uses `spool` `status`
//!   `stream`.
//! - `sent`: which records became lines, by id. Uses `source` `spool` `stream`.
//! - `status`: one published value: what the box does and how it is; its conditions and notices.
//!   Uses `certificate` `orphan` `replay` `source`.
//! - `orphan`: spools that belong to no agent of the settings. Uses nothing.
//! - `web`: the page: forms and JSON as functions of values; `web::server` has the only sockets.
//!   Uses `certificate` `comparison` `log` `orphan` `replay` `settings` `status` `stream` `trust`.
//! - `settings`: typed settings in which a wrong state cannot be built: file, secrets, edits that
//!   keep comments. Uses `stream`.
//! - `trust`: whom siembox trusts over TLS, and what a failed handshake means in plain words. Uses
//!   `certificate`.
//! - `certificate`: what a certificate says about itself. Uses the ground floor.
//! - `log`: the operator log. Uses `settings`.
//! - `allocator`: what the allocator does with the large buffers of a page. Uses nothing.
//! - `led`: the lamps: blink patterns and their players. Uses `board` `gpio` `status`.
//! - `button`: the one button of the box. Uses `board` `gpio` `status`.
//! - `gpio`: GPIO lines, found by the label or name of their chip. Uses `board`.
//! - `watchdog`: the hardware watchdog. Uses nothing.
//! - `board`: boards are data: what is wired where, what the kernel needs, how much there is of
//!   everything. Uses `settings`.
//! - `firmware`: siembox as the first process of a box of its own. Uses `board` `button` `led`
//!   `log` `network` `provision` `settings` `status` `timekeeping` `watchdog` `run_file`.
//! - `network`: the network of the firmware: interface, address, name, packet filter. Uses
//!   `settings` `run_file`.
//! - `timekeeping`: the clock of the firmware: time servers, and which of them is believed. Uses
//!   `network` `settings` `run_file`.
//! - `provision`: settings that come on the boot partition. Uses `settings` `wiring`.
//! - `run_file`: small files in RAM by which one process tells another. Uses the ground floor.
//! - `backoff`: how long to wait before the next try. Uses nothing.
//! - `clock`: the one door to time. Uses nothing.
//! - `durable`: a small file, replaced as a whole. Uses `own_file`.
//! - `foreign`: text of others, out of which our own secrets are taken. Uses `random`.
//! - `lines`: many lines in one buffer, from a page to the wire. Uses nothing.
//! - `own_file`: files of our own, opened without following links. Uses nothing.
//! - `patience`: reads of files that may hang, within a bound. Uses nothing.
//! - `random`: the one door to randomness. Uses nothing.
//! - `still_there`: whether what is open is still what its name leads to. Uses nothing.
//! - `text_file`: the one reader of files that people write. Uses `patience`.

// who reads standard output may go away, which is no error: it is written with `Write`
#![cfg_attr(not(test), deny(clippy::print_stdout))]

mod agent;
mod allocator;
mod appliance;
mod backoff;
mod board;
mod button;
mod cef;
mod certificate;
mod check;
mod cli;
mod clock;
mod commands;
mod comparison;
mod durable;
mod event;
mod firmware;
#[doc(hidden)]
pub mod for_tests;
mod foreign;
mod format;
mod gpio;
mod led;
mod ledger;
mod lines;
mod log;
mod migrate;
mod network;
mod orphan;
mod own_file;
mod patience;
mod preview;
mod provision;
mod random;
mod render;
mod replay;
mod run_file;
mod sent;
mod settings;
mod sink;
mod source;
mod spool;
mod status;
mod still_there;
mod stream;
mod syslog;
mod text_file;
mod timekeeping;
mod trust;
mod watchdog;
mod web;
mod wiring;

pub use commands::program;
