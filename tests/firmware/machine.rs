//! A board that QEMU plays: power on, power off, what its console says, what its lamps show.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::board::Board;
use crate::card::Card;
use crate::finger::Finger;
use crate::lan::Lan;
use crate::monitor::Monitor;
use crate::panel::Panel;
use crate::wait::until;

/// How it is started.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The machine's own clock at power on, `1970-01-01T00:00:00`; none is the host's. A Raspberry
    /// Pi has none.
    pub clock: Option<&'static str>,
    /// No network cable.
    pub unplugged: bool,
    /// What it waits for comes at once: its clock goes on whenever it idles. Nobody outside keeps
    /// such a pace.
    pub rushed: bool,
    /// A card that can neither zero nor forget by itself, as most of them.
    pub plain_card: bool,
    /// Where its cable goes; none is QEMU's user network.
    pub lan: Option<Lan>,
}

/// A machine that is switched on.
pub struct Machine {
    child: Child,
    console: PathBuf,
    monitor: Monitor,
    lan: Lan,
    panel: Panel,
}

// === impl Machine ===

impl Machine {
    /// Puts the card in and switches on.
    pub fn boot(board: Board, card: &Card, options: &Options) -> Self {
        let lan = options.lan.clone().unwrap_or_else(Lan::of_qemu);
        let mut command = board.command(card, &lan.netdev);
        if let Some(clock) = options.clock {
            command.args(["-rtc", &format!("base={clock}")]);
        }
        if options.plain_card {
            for what in ["discard", "write-zeroes"] {
                command.args(["-global", &format!("virtio-blk-device.{what}=off")]);
            }
        }
        match options.rushed {
            true => command.args([
                "-accel",
                "tcg,thread=single",
                "-icount",
                "shift=1,sleep=off",
            ]),
            false => command.args(["-accel", "tcg,thread=multi"]),
        };
        let folder = card.path().parent().unwrap();
        let mut machine = Self::start(command, folder, lan, Panel::of(board));
        if options.unplugged {
            machine.monitor.ask("set_link port off");
        }
        machine
    }

    /// Starts QEMU with console and monitor.
    fn start(mut command: Command, folder: &Path, lan: Lan, panel: Panel) -> Self {
        let (console, socket) = (folder.join("console.log"), folder.join("monitor"));
        let _ = std::fs::remove_file(&socket);
        // each power on appends: what was said before stays to be read
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&console);
        drop(log.unwrap());
        let child = command
            .arg("-chardev")
            .arg(format!(
                "socket,id=tty,path={},server=on,wait=off,logfile={},logappend=on",
                folder.join("tty").display(),
                console.display()
            ))
            .args(["-serial", "chardev:tty"])
            .arg("-monitor")
            .arg(format!("unix:{},server=on,wait=off", socket.display()))
            .args(Finger::arguments(folder))
            .stdin(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{command:?}: {error}: make tools-image-test brings it")
            });
        Self {
            monitor: Monitor::open(&socket),
            child,
            console,
            lan,
            panel,
        }
    }

    /// Everything that the console has said since the card was flashed.
    pub fn console(&self) -> String {
        let text = std::fs::read(&self.console).unwrap_or_default();
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Types a line at the serial console, where a debug image has a shell; returns once the shell
    /// has taken it.
    pub fn type_in(&self, line: &str) {
        let mut stream = self.tty();
        let said = self.console().len();
        // a shell that is not there yet takes nothing
        until(
            &format!("the shell takes {line:?}"),
            || {
                // its own editor would break a long line
                let typed = format!("stty cols 300\n{line}\n");
                stream.write_all(typed.as_bytes()).unwrap();
                std::thread::sleep(Duration::from_secs(1));
                // what nobody reads would hold the guest up
                while matches!(stream.read(&mut [0; 4096]), Ok(1..)) {}
                self.console().get(said..)?.contains(line).then_some(())
            },
            || self.console(),
        );
    }

    /// Types a line after which nobody answers any more, not even with what was typed; returns once
    /// its page is silent.
    pub fn type_last(&self, line: &str) {
        let mut stream = self.tty();
        stream.write_all(format!("{line}\n").as_bytes()).unwrap();
        until(
            "nobody is at home",
            || {
                while matches!(stream.read(&mut [0; 4096]), Ok(1..)) {}
                self.status().is_none().then_some(())
            },
            || self.console(),
        );
    }

    fn tty(&self) -> UnixStream {
        let stream = UnixStream::connect(self.console.with_file_name("tty")).unwrap();
        let glance = Some(Duration::from_millis(10));
        stream.set_read_timeout(glance).unwrap();
        stream
    }

    /// What a command says that is typed there.
    pub fn ask(&self, command: &str) -> String {
        let said = self.console().len();
        self.type_in(&format!("{command}; echo said"));
        let answer = || {
            let all = self.console();
            let new = all.get(said..)?.to_owned();
            // behind the line as it was typed
            let (_, answer) = new.split_once("; echo said")?;
            let (answer, _) = answer.split_once("\r\nsaid")?;
            Some(answer.trim().to_owned())
        };
        until(command, answer, || self.console())
    }

    /// What the page answers to a GET, over plain HTTP.
    pub fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.lan.page).ok()?;
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .ok()?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.lan.guest
        )
        .ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        head.starts_with("HTTP/1.1 200").then(|| body.to_owned())
    }

    /// The status, as a program reads it on the page.
    pub fn status(&self) -> Option<serde_json::Value> {
        serde_json::from_str(&self.get("/status.json")?).ok()
    }

    /// Waits for a status.
    pub fn wait(&self, what: &str, is: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
        until(
            what,
            || self.status().filter(&is),
            || format!("{:?}\n{}", self.status(), self.console()),
        )
    }

    /// Its lamps by their colours: which of them are lit now?
    pub fn lit(&mut self) -> Vec<(&str, bool)> {
        let lit = self.panel.lit(&mut self.monitor);
        self.panel.colours().zip(lit).collect()
    }

    /// A finger on the button of this board.
    pub fn finger(&mut self) -> Finger {
        let folder = self.console.parent().unwrap();
        Finger::on(folder, &mut self.monitor)
    }

    /// The page's address with TLS, on this side.
    pub fn secure(&self) -> SocketAddr {
        self.lan.secure
    }

    /// QEMU's monitor.
    pub fn monitor(&mut self) -> &mut Monitor {
        &mut self.monitor
    }

    /// The plug is pulled.
    pub fn pull_the_plug(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
