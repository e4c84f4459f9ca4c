//! One program's turn: fed, watched until the receiver has every line, ended, its books read.

use std::fs::File;
use std::io::{self, Read as _};
use std::net::{Shutdown, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde::Serialize;
use siembox_support::receiver::{Transport, free_port, listens};
use siembox_support::stage::Curtain;
use tempfile::TempDir;

use super::load::Load;
use super::machine::Moment;
use super::process::Program;
use super::receiver::Receiver;

/// Longer than any turn of a healthy program; then it is cut off and its row says so.
const LONGEST: Duration = Duration::from_secs(300);
/// How long a program may take to listen.
const START: Duration = Duration::from_secs(60);

/// What all turns share.
pub struct Ground {
    pub load: Arc<Load>,
    /// On the disk that is measured.
    pub folder: PathBuf,
    /// Fallen when somebody wants an end.
    pub curtain: Curtain,
}

/// Runs one turn under its name.
pub type Run = fn(&Ground, &'static str) -> io::Result<Row>;

/// What came of a turn.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    pub program: &'static str,
    /// Lines that were to arrive.
    pub expected: u64,
    /// Lines that arrived.
    pub lines: u64,
    /// From the first record to the last line.
    pub seconds: f64,
    /// CPU seconds of the program, from its start to its end.
    pub cpu_s: f64,
    pub peak_rss_bytes: u64,
    /// Bytes that arrived.
    pub sent_bytes: u64,
    /// `write_bytes` of the program.
    pub written_bytes: u64,
    /// Calls of fsync, fdatasync and the like by the program; none where perf could not count.
    pub sync_calls: Option<u64>,
    /// Bytes that the disk took meanwhile, of everybody on this machine.
    pub disk_written_bytes: Option<u64>,
    /// Flushes that the disk was told meanwhile, by everybody on this machine.
    pub disk_flushes: Option<u64>,
    /// CPUs that neither this program nor the measurement kept busy meanwhile: how much the machine
    /// was disturbed.
    pub others_cpus: f64,
}

impl Ground {
    /// A folder for one program; gone when dropped.
    pub fn room(&self) -> io::Result<TempDir> {
        tempfile::Builder::new()
            .prefix("program-")
            .tempdir_in(&self.folder)
    }

    /// The turn of a program that is sent records as lines: `command` starts it for (its folder,
    /// the port it is to listen on, the port it is to send to).
    pub fn feed(
        &self,
        name: &'static str,
        events: u64,
        command: impl FnOnce(&Path, u16, u16) -> io::Result<Command>,
    ) -> io::Result<Row> {
        let (room, receiver) = (self.room()?, Receiver::start()?);
        let port = free_port(Transport::Tcp);
        let said = room.path().join("said");
        let mut program = Program::start(&mut command(room.path(), port, receiver.port())?, &said)?;
        let until = Instant::now() + START;
        while !listens(program.id(), Transport::Tcp, port) {
            if program.ended() || Instant::now() > until || self.curtain.fallen() {
                let said = std::fs::read_to_string(&said).unwrap_or_default();
                return Err(io::Error::other(format!("{name} does not listen: {said}")));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let (path, end) = (self.load.path.clone(), self.load.end_of(events)?);
        self.turn(name, events, program, &receiver, || feeder(path, end, port))
    }

    /// The turn of a program that is started already; `begin` lets the records come.
    pub fn turn<T>(
        &self,
        name: &'static str,
        events: u64,
        mut program: Program,
        receiver: &Receiver,
        begin: impl FnOnce() -> T,
    ) -> io::Result<Row> {
        let before = Moment::now(&self.folder);
        let start = Instant::now();
        let feeding = begin();
        let last = receiver.wait(events, start + LONGEST, || {
            program.ended() || self.curtain.fallen()
        });
        let cost = program.end()?;
        drop(feeding);
        let meanwhile = before.until(&Moment::now(&self.folder));
        if self.curtain.fallen() {
            return Err(io::Error::new(
                io::ErrorKind::Interrupted,
                "ended by a signal",
            ));
        }
        Ok(Row {
            program: name,
            expected: events,
            lines: receiver.lines(),
            seconds: last.map_or(meanwhile.seconds, |last| (last - start).as_secs_f64()),
            cpu_s: cost.cpu_s,
            peak_rss_bytes: cost.peak_rss,
            sent_bytes: receiver.bytes(),
            written_bytes: cost.written,
            sync_calls: cost.syncs,
            disk_written_bytes: meanwhile.disk_written,
            disk_flushes: meanwhile.disk_flushes,
            others_cpus: ((meanwhile.others_s - cost.cpu_s) / meanwhile.seconds).max(0.0),
        })
    }
}

/// Sends the first `end` bytes of the file, as fast as they are taken, then says that no more will
/// come.
fn feeder(path: PathBuf, end: u64, port: u16) -> JoinHandle<io::Result<TcpStream>> {
    std::thread::spawn(move || {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        // from the file to the socket inside the kernel: the feeder costs next to nothing
        io::copy(&mut File::open(path)?.take(end), &mut stream)?;
        stream.shutdown(Shutdown::Write)?;
        Ok(stream)
    })
}
