//! A finger on the board's button: it holds the level of the line that the button is on, by QEMU's
//! qtest socket, which goes with a machine that runs.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use siembox::for_tests::status::Signal;

use crate::machine::Machine;
use crate::monitor::Monitor;
use crate::rhythm::shows;
use crate::wait::until;

/// On the button of a board whose button is on a PL061.
pub struct Finger {
    socket: BufReader<UnixStream>,
    /// QEMU's name for the controller.
    controller: String,
}

/// QEMU's own power key is on this line of its `virt` machine.
const LINE: u32 = 3;

// === impl Finger ===

impl Finger {
    /// What QEMU has to be started with.
    pub fn arguments(folder: &Path) -> [String; 4] {
        let socket = socket(folder).display().to_string();
        let way = format!("unix:{socket},server=on,wait=off");
        [
            "-qtest".into(),
            way,
            "-qtest-log".into(),
            "/dev/null".into(),
        ]
    }

    /// On the button of the machine whose sockets are in this folder.
    pub fn on(folder: &Path, monitor: &mut Monitor) -> Self {
        let tree = monitor.ask("info qom-tree");
        let mut names = tree.lines().filter_map(|line| {
            let name = line.trim().strip_suffix(" (pl061)")?;
            Some(format!("/machine/unattached{name}"))
        });
        Self {
            controller: names.next().expect("a PL061"),
            socket: BufReader::new(UnixStream::connect(socket(folder)).unwrap()),
        }
    }

    /// Presses.
    pub fn down(&mut self) {
        self.hold(1);
    }

    /// Lets go.
    pub fn up(&mut self) {
        self.hold(0);
    }

    fn hold(&mut self, level: u32) {
        let controller = &self.controller;
        let order = format!("set_irq_in {controller} unnamed-gpio-in {LINE} {level}\n");
        self.socket.get_mut().write_all(order.as_bytes()).unwrap();
        let mut answer = String::new();
        self.socket.read_line(&mut answer).unwrap();
        assert_eq!(answer.trim(), "OK", "{order}");
    }
}

/// Waits until these lamps, and no others, are lit: the answer to a finger on the button.
pub fn answers(machine: &mut Machine, colours: &[&str]) {
    until(
        &format!("only {colours:?} is lit"),
        || {
            let lit = machine.lit();
            let are = |(colour, is_lit): &(&str, bool)| *is_lit == colours.contains(colour);
            lit.iter().all(are).then_some(())
        },
        String::new,
    );
}

/// A press of ten seconds and more, but not of thirty.
pub fn press_for_release(machine: &mut Machine) {
    let mut finger = machine.finger();
    finger.down();
    answers(machine, &["red", "amber", "green"]);
    answers(machine, &["amber"]);
    shows(machine, Signal::ReleaseAsked);
    finger.up();
}

/// A press of thirty seconds and more.
pub fn press_for_reset(machine: &mut Machine) {
    let mut finger = machine.finger();
    finger.down();
    answers(machine, &["red"]);
    shows(machine, Signal::ResetAsked);
    finger.up();
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("qtest")
}
