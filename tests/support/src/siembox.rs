//! The siembox binary as a child process: started, asked, stopped.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long it may take to end in order.
const PATIENCE: Duration = Duration::from_secs(15);

/// A running `siembox run`. Dropping it kills it.
#[derive(Debug)]
pub struct Siembox {
    child: Child,
    binary: PathBuf,
    config: PathBuf,
}

impl Siembox {
    /// Starts it with this settings file, in a process group of its own: a Ctrl-C on the terminal
    /// doesn't reach it.
    ///
    /// # Errors
    /// Where the binary can't be started.
    pub fn start(binary: &Path, config: &Path) -> io::Result<Self> {
        let child = Command::new(binary)
            .arg("run")
            .arg("--config")
            .arg(config)
            .env_remove("SIEMBOX_TOKEN")
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", binary.display()))
            })?;
        Ok(Self {
            child,
            binary: binary.to_owned(),
            config: config.to_owned(),
        })
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, where it has.
    ///
    /// # Errors
    /// What the system says.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// What `siembox status` says, standard error included.
    ///
    /// # Errors
    /// Where the binary can't be started.
    pub fn status(&self) -> io::Result<String> {
        let output = Command::new(&self.binary)
            .arg("status")
            .arg("--config")
            .arg(&self.config)
            .stdin(Stdio::null())
            .output()?;
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        Ok(text)
    }

    /// Asks it to end (SIGTERM) and waits.
    ///
    /// # Errors
    /// Where it didn't end in time, or not with 0.
    pub fn stop(&mut self) -> io::Result<()> {
        if self.child.try_wait()?.is_none() {
            kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        }
        let end = Instant::now() + PATIENCE;
        loop {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => {
                    return Err(io::Error::other(format!("siembox ended with {status}")));
                }
                None if Instant::now() >= end => {
                    return Err(io::Error::other("siembox didn't end when asked to"));
                }
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}

impl Drop for Siembox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
