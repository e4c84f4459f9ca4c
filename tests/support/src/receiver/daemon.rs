//! One receiver process: started, asked what it received, killed, started again on the same port.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::port::{Transport, free_port, listens};

/// Longer than any of this takes on a machine that is busy with six other test runs.
const PATIENCE: Duration = Duration::from_secs(60);
const GLANCE: Duration = Duration::from_millis(10);

/// A receiver in a folder of its own, ended when dropped.
#[derive(Debug)]
pub struct Receiver {
    folder: TempDir,
    transport: Transport,
    port: u16,
    program: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    child: Option<Child>,
}

impl Receiver {
    /// Writes the configuration that `configure` makes of (folder, port), and starts `program` with
    /// the arguments that `arguments` makes of the folder.
    pub(super) fn launch(
        program: &Path,
        environment: Vec<(String, String)>,
        transport: Transport,
        configure: impl FnOnce(&Path, u16) -> String,
        arguments: impl FnOnce(&Path) -> Vec<String>,
    ) -> Self {
        let port = free_port(transport);
        Self::launch_on(port, program, environment, transport, configure, arguments)
    }

    /// The same, on this port.
    pub(super) fn launch_on(
        port: u16,
        program: &Path,
        environment: Vec<(String, String)>,
        transport: Transport,
        configure: impl FnOnce(&Path, u16) -> String,
        arguments: impl FnOnce(&Path) -> Vec<String>,
    ) -> Self {
        let folder = TempDir::new().expect("a folder for the receiver");
        let configuration = configure(folder.path(), port);
        std::fs::write(folder.path().join("conf"), configuration).expect("a writable folder");
        let mut receiver = Self {
            transport,
            port,
            program: program.to_owned(),
            arguments: arguments(folder.path()),
            environment,
            folder,
            child: None,
        };
        receiver.start();
        receiver
    }

    /// Where to send to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// Port to send to.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Process number, while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Starts it (again), on the same port and file, and waits until it listens.
    ///
    /// # Panics
    /// When it does not start: with what it said.
    pub fn start(&mut self) {
        assert!(self.child.is_none(), "runs already");
        end_last_line(&self.file());
        let said = self.folder.path().join("said");
        let log = File::create(&said).expect("a log file");
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .envs(self.environment.iter().cloned())
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log);
        let child = command
            .spawn()
            .unwrap_or_else(|cause| panic!("{}: {cause}: run make tools", self.program.display()));
        // Ours from here on, so that a start that fails below leaves no orphan.
        let child = self.child.insert(child);
        let deadline = Instant::now() + PATIENCE;
        while !listens(child.id(), self.transport, self.port) {
            if let Some(status) = child.try_wait().expect("a child") {
                let said = std::fs::read_to_string(&said).unwrap_or_default();
                panic!("{} ended with {status}: {said}", self.program.display());
            }
            assert!(
                Instant::now() < deadline,
                "{} does not listen",
                self.program.display()
            );
            std::thread::sleep(GLANCE);
        }
    }

    /// Ends it as an operator would (SIGTERM): it may finish what it has.
    pub fn stop(&mut self) {
        self.end(libc::SIGTERM);
    }

    /// Ends it as a crash would (SIGKILL).
    pub fn kill(&mut self) {
        self.end(libc::SIGKILL);
    }

    /// Holds it (SIGSTOP) and returns when all its threads stand still: its kernel goes on taking
    /// bytes, the process reads none.
    pub fn hold(&self) {
        self.signal(libc::SIGSTOP);
        let deadline = Instant::now() + PATIENCE;
        while !self.pid().is_none_or(stands_still) {
            assert!(Instant::now() < deadline, "it does not stand still");
            std::thread::sleep(GLANCE);
        }
    }

    /// Lets it go on (SIGCONT).
    pub fn release(&self) {
        self.signal(libc::SIGCONT);
    }

    fn signal(&self, signal: i32) {
        if let Some(pid) = self.pid().and_then(|pid| i32::try_from(pid).ok()) {
            // SAFETY: a plain system call; the child was not yet waited for, so the number is still
            // its own.
            unsafe { libc::kill(pid, signal) };
        }
    }

    fn end(&mut self, signal: i32) {
        if let Some(Ok(Some(status))) = self.child.as_mut().map(Child::try_wait) {
            // Worth knowing under a test that failed. Its number may be somebody else's by now.
            let program = self.program.display();
            eprintln!("{program} had ended by itself ({status}): {}", self.said());
            self.child = None;
            return;
        }
        self.signal(signal);
        let Some(mut child) = self.child.take() else {
            return;
        };
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if matches!(child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(GLANCE);
        }
        let _ = child.kill();
        let _ = child.wait();
    }

    /// The file of all lines, in the order of arrival.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("lines")
    }

    /// Bytes of all lines so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        std::fs::metadata(self.file()).map_or(0, |meta| meta.len())
    }

    /// All lines that arrived so far, in the order of arrival.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let bytes = std::fs::read(self.file()).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        text.split_inclusive('\n')
            .filter_map(|line| line.strip_suffix('\n'))
            .map(ToOwned::to_owned)
            .collect()
    }

    /// Waits until `count` lines are there and returns all that are; after a minute without a new
    /// one, what there is.
    #[must_use]
    pub fn wait_for(&self, count: usize) -> Vec<String> {
        let (mut seen, mut since) = (self.size(), Instant::now());
        loop {
            let lines = self.lines();
            if lines.len() >= count || since.elapsed() > PATIENCE {
                return lines;
            }
            // Looked at again only when it has grown: reading 20,000 lines over and over is not
            // free.
            while self.size() == seen && since.elapsed() <= PATIENCE {
                std::thread::sleep(GLANCE);
            }
            if self.size() != seen {
                (seen, since) = (self.size(), Instant::now());
            }
            std::thread::sleep(GLANCE);
        }
    }

    /// What the receiver itself said, for the words of a failed test.
    #[must_use]
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("said")).unwrap_or_default()
    }
}

/// A line that a kill has cut short stays alone: the next one must not be glued to it.
fn end_last_line(file: &Path) {
    let Ok(mut file) = File::options().read(true).append(true).open(file) else {
        return;
    };
    let mut last = [0];
    let read = file
        .seek(SeekFrom::End(-1))
        .and_then(|_| file.read(&mut last));
    if matches!(read, Ok(1)) && last != [b'\n'] {
        file.write_all(b"\n").expect("a writable file");
    }
}

/// Are all threads of the process stopped (state T)?
fn stands_still(pid: u32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else {
        return true;
    };
    threads.flatten().all(|thread| {
        let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        // pid (name) state …; the name may hold blanks and parentheses.
        stat.rsplit_once(") ")
            .is_none_or(|(_, rest)| rest.starts_with('T'))
    })
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.kill();
    }
}
