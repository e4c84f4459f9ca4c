//! The real binary as a child process, with settings and state in a folder of its own.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use siembox::for_tests::status::{Snapshot, socket};
use siembox_support::cloud::Cloud;
use siembox_support::command;
use tempfile::TempDir;

/// Longer than anything takes on a slow machine; a test that is right never waits for it.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// A siembox with its folder; the process may or may not run.
pub struct Siembox {
    folder: TempDir,
    child: Option<Child>,
    /// Variables that `run` finds in its environment.
    environment: Vec<(String, String)>,
    /// Program and arguments that start it, where something has to be set up first.
    launcher: Vec<String>,
}

/// What the settings file says; the rest are defaults that make tests quick.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Lines for `[[agent]]`, beside its name.
    pub agent: String,
    /// Lines for `[agent.source]`.
    pub source: String,
    /// Lines for `[agent.siem]`.
    pub siem: String,
    /// Lines for `[agent.activities]`.
    pub activities: String,
    /// Lines for `[agent.alerts]`.
    pub alerts: String,
    /// Lines for `[agent.spool]`.
    pub spool: String,
    /// Lines before the agent.
    pub top: String,
    /// Lines for `[page]`; off where there are none, as stories run side by side.
    pub page: String,
}

impl Plan {
    /// From this cloud to a receiver at this port and protocol.
    pub fn new(cloud: &Cloud, port: u16, protocol: &str) -> Self {
        Self {
            agent: String::new(),
            source: format!(
                "api_url = \"{}\"\ntoken_file = \"token\"\nca_file = \"cloud-ca.pem\"\nrequests_per_minute = 6000\npoll_interval = \"1s\"\n",
                cloud.url()
            ),
            siem: format!(
                "host = \"127.0.0.1\"\nport = {port}\nprotocol = \"{protocol}\"\nsystem_name = \"box\"\n"
            ),
            activities: String::new(),
            alerts: String::new(),
            spool: String::new(),
            top: String::new(),
            page: "enabled = false\n".to_owned(),
        }
    }

    fn text(&self) -> String {
        let mut text = format!("state_dir = \"state\"\n{}\n", self.top);
        for (section, lines) in [
            ("[page]", &*self.page),
            ("[[agent]]", &format!("name = \"contoso\"\n{}", self.agent)),
            ("[agent.source]", &self.source),
            ("[agent.siem]", &self.siem),
            ("[agent.activities]", &self.activities),
            ("[agent.alerts]", &self.alerts),
            ("[agent.spool]", &self.spool),
        ] {
            writeln!(text, "{section}\n{lines}").unwrap();
        }
        text
    }
}

impl Siembox {
    /// A folder with settings, token and the cloud's authority; nothing runs yet.
    pub fn new(cloud: &Cloud, plan: &Plan) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("siembox-story-")
            .tempdir()
            .unwrap();
        let siembox = Self {
            folder,
            child: None,
            environment: Vec::new(),
            launcher: Vec::new(),
        };
        siembox.put_secret("token", cloud.token());
        std::fs::write(siembox.path("cloud-ca.pem"), cloud.ca_pem()).unwrap();
        siembox.set(plan);
        siembox
    }

    /// A file in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn state(&self) -> PathBuf {
        self.path("state")
    }

    /// Writes the settings file, as an editor does: a new file in place of the old one.
    pub fn set(&self, plan: &Plan) {
        self.set_text(&plan.text());
    }

    pub fn set_text(&self, text: &str) {
        let new = self.path("siembox.toml.new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, self.path("siembox.toml")).unwrap();
    }

    pub fn put_secret(&self, name: &str, secret: &str) {
        use std::os::unix::fs::PermissionsExt;
        let (new, path) = (self.path(&format!("{name}.new")), self.path(name));
        std::fs::write(&new, secret).unwrap();
        std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::rename(new, path).unwrap();
    }

    /// Starts it through this program, which must become it (exec).
    pub fn launch_with(&mut self, launcher: Vec<String>) {
        self.launcher = launcher;
    }

    /// A command of siembox on these settings.
    pub fn command(&self, command: &str) -> Command {
        let mut words = self.launcher.iter().map(String::as_str);
        let binary = env!("CARGO_BIN_EXE_siembox");
        let mut process = Command::new(words.next().unwrap_or(binary));
        if !self.launcher.is_empty() {
            process.args(words).arg(binary);
        }
        process
            .arg(command)
            .arg("--config")
            .arg(self.path("siembox.toml"))
            .env_remove("SIEMBOX_TOKEN");
        process
    }

    /// Runs a command to its end.
    pub fn output(&self, command: &str, arguments: &[&str]) -> Output {
        command::output(self.command(command).args(arguments))
    }

    /// From the next start on it finds this in its environment.
    pub fn set_variable(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Starts it; its log goes to `log` in the folder.
    pub fn start(&mut self) {
        self.start_with(&[]);
    }

    /// The same, with more arguments.
    pub fn start_with(&mut self, arguments: &[&str]) {
        assert!(self.child.is_none(), "it runs already");
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.path("log"))
            .unwrap();
        let mut process = self.command("run");
        process
            .args(arguments)
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        self.child = Some(process.spawn().unwrap());
    }

    /// Starts it and waits until it answers.
    pub fn start_and_wait(&mut self) {
        self.start();
        self.wait("it answers", |_| true);
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// The log so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// What it reports, where it answers.
    pub fn status(&self) -> Option<Snapshot> {
        socket::ask(&self.state()).ok()
    }

    /// Waits until its status is as wanted.
    pub fn wait(&mut self, what: &str, wanted: impl FnMut(&Snapshot) -> bool) -> Snapshot {
        self.wait_within(PATIENCE, what, wanted)
    }

    /// Waits until its log says this.
    pub fn wait_for_log(&mut self, words: &str) {
        let log = self.path("log");
        self.wait(words, |_| {
            let log = std::fs::read_to_string(&log);
            log.is_ok_and(|log| log.contains(words))
        });
    }

    /// The same, for what takes longer.
    pub fn wait_within(
        &mut self,
        patience: Duration,
        what: &str,
        mut wanted: impl FnMut(&Snapshot) -> bool,
    ) -> Snapshot {
        let begin = Instant::now();
        let mut last = None;
        while begin.elapsed() < patience {
            if let Some(status) = self.status() {
                if wanted(&status) {
                    return status;
                }
                last = Some(status);
            }
            if let Some(Ok(Some(code))) = self.child.as_mut().map(Child::try_wait) {
                panic!(
                    "siembox ended ({code}) while waiting until {what}; its log:\n{}",
                    self.log()
                );
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!(
            "never: {what}; last status: {last:#?}; log:\n{}",
            self.log()
        );
    }

    /// Waits for a notice whose title and text hold these words.
    pub fn wait_for_notice(&mut self, words: &str) -> Snapshot {
        self.wait(words, |status| {
            status
                .notices
                .iter()
                .any(|notice| format!("{} {}", notice.title, notice.text).contains(words))
        })
    }

    /// SIGKILL: no time for last words.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// SIGTERM, and waits for a clean end.
    pub fn stop(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        signal(child.id(), "TERM");
        let begin = Instant::now();
        loop {
            match child.try_wait().unwrap() {
                Some(code) => {
                    assert!(code.success(), "{code}; its log:\n{}", self.log());
                    return;
                }
                None if begin.elapsed() > PATIENCE => {
                    panic!("it did not stop; its log:\n{}", self.log())
                }
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }

    /// Resident memory, bytes.
    pub fn rss(&self) -> u64 {
        rss(self.pid()).unwrap()
    }

    /// From now on [`Siembox::peak_rss`] counts anew (proc_pid_clear_refs(5)).
    pub fn forget_peak_rss(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.pid()), "5").unwrap();
    }

    /// The most that it ever was.
    pub fn peak_rss(&self) -> u64 {
        memory(self.pid(), "VmHWM:").unwrap()
    }
}

impl Drop for Siembox {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Resident memory of a process, bytes; none where it has ended.
pub fn rss(pid: u32) -> Option<u64> {
    memory(pid, "VmRSS:")
}

fn memory(pid: u32, what: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(what))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// Sends a signal by name.
pub fn signal(pid: u32, name: &str) {
    assert!(
        Command::new("kill")
            .arg(format!("-{name}"))
            .arg(pid.to_string())
            .status()
            .unwrap()
            .success()
    );
}

/// All files below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path))
        } else {
            found.push(path)
        }
    }
    found
}
