//! The shipped binaries: are they what the release promises? `make release-test` builds them and
//! runs this.
//!
//! Ignored otherwise: the binaries of both machines take minutes to build.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

/// Most that a binary may weigh, bytes: the image that carries it has its budget too. Half a
/// megabyte of it came with the algorithms that enterprises sign with (P-384 with SHA-512, P-521),
/// HTML's names of characters, and bounds everywhere; 0.28 MB with the manual that the page serves
/// (59 kB of text), keys agreed on over P-521, checksums of ids and what names each thing that
/// fails for ever; 0.65 MB with Defender XDR: two APIs with their records, the log-on by
/// certificate, the change of a source and the wizard's fields; 0.24 MB with what the page
/// does of that change, late rows, what expires, and requests that count over a restart; 1.07 MB
/// with Event Hubs: a Kafka consumer, the consumer group on each surface, and its manual.
const BUDGET: usize = 12_700_000;

/// A machine that is shipped for.
struct Machine {
    /// As in the file's name, in Rust's and in QEMU's.
    name: &'static str,
    /// `e_machine` of its ELF files (System V ABI).
    elf: u16,
}

const MACHINES: [Machine; 2] = [
    Machine {
        name: "x86_64",
        elf: 62,
    },
    Machine {
        name: "aarch64",
        elf: 183,
    },
];

#[test]
#[ignore = "needs the binaries of `make release`"]
fn static_position_independent_and_within_budget() {
    for machine in &MACHINES {
        let file = std::fs::read(machine.binary()).unwrap();
        println!(
            "siembox-{}: {:.2} MB of {} MB",
            machine.name,
            mb(file.len()),
            mb(BUDGET)
        );

        let elf = Elf::parse(&file);
        assert_eq!(
            elf.machine, machine.elf,
            "{}: built for another machine",
            machine.name
        );
        assert!(
            !elf.asks_for_a_loader,
            "{}: asks for a dynamic loader",
            machine.name
        );
        assert!(
            !elf.needs_libraries,
            "{}: needs shared libraries",
            machine.name
        );
        assert!(
            elf.position_independent,
            "{}: always at the same address",
            machine.name
        );
        assert!(file.len() <= BUDGET, "{}: over its budget", machine.name);
    }
}

#[test]
#[ignore = "needs the binaries of `make release`"]
fn says_its_version_on_each_machine() {
    for machine in &MACHINES {
        let run = machine.command().arg("--version").output().unwrap();
        let text = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success(), "{}: {run:?}", machine.name);
        assert!(
            text.contains(env!("CARGO_PKG_VERSION")),
            "{}: said {text:?}",
            machine.name
        );
    }
}

#[test]
#[ignore = "needs the binaries of `make release`"]
fn tells_nothing_of_the_machine_that_built_it() {
    let home = std::env::var("HOME").unwrap();
    for folder in [
        format!("{home}/"),
        format!("{}/", env!("CARGO_MANIFEST_DIR")),
    ] {
        for machine in &MACHINES {
            let file = std::fs::read(machine.binary()).unwrap();
            let found = file
                .windows(folder.len())
                .any(|part| part == folder.as_bytes());
            assert!(!found, "{}: names {folder}", machine.name);
        }
    }
}

#[test]
#[ignore = "needs the binaries of `make release`"]
fn brings_the_whole_stream_on_each_machine() {
    let folder = tempfile::tempdir().unwrap();
    for machine in &MACHINES {
        // the demo fails unless lines arrived and the status was Connected; it takes one file as
        // siembox
        let start = folder.path().join(machine.name);
        std::fs::write(&start, machine.start_script()).unwrap();
        std::fs::set_permissions(&start, PermissionsExt::from_mode(0o755)).unwrap();

        let mut demo = Command::new(env!("CARGO"));
        demo.args("run --locked --quiet --package siembox-support --bin demo --".split(' '));
        demo.args(["--seconds", "20", "--siembox"]).arg(&start);
        let run = demo
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&run.stdout);
        println!(
            "{}: {}",
            machine.name,
            said.lines().last().unwrap_or_default()
        );
        assert!(run.status.success(), "{}: {run:?}", machine.name);
    }
}

// === impl Machine ===

impl Machine {
    fn binary(&self) -> PathBuf {
        let folder = PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/target/release-static"
        ));
        folder.join(format!("siembox-{}", self.name))
    }

    /// Its binary, ready for arguments.
    fn command(&self) -> Command {
        match self.emulator() {
            Some(qemu) => {
                let mut command = Command::new(qemu);
                command.arg(self.binary());
                command
            }
            None => Command::new(self.binary()),
        }
    }

    /// A script that is its binary to those who can start one file only.
    fn start_script(&self) -> String {
        let qemu = self.emulator().map(|qemu| format!("'{}' ", qemu.display()));
        let qemu = qemu.unwrap_or_default();
        format!(
            "#!/bin/sh\nexec {qemu}'{}' \"$@\"\n",
            self.binary().display()
        )
    }

    /// QEMU's user mode, where this is another machine.
    fn emulator(&self) -> Option<PathBuf> {
        if self.name == std::env::consts::ARCH {
            return None;
        }
        // Debian 13 dropped the "-static" of the name
        let names = [
            format!("qemu-{}-static", self.name),
            format!("qemu-{}", self.name),
        ];
        let path = std::env::var_os("PATH").unwrap();
        let found = std::env::split_paths(&path)
            .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
            .find(|file| file.exists());
        Some(found.expect("qemu's user mode: make tools-release"))
    }
}

/// What the head of a 64-bit little-endian ELF file says.
struct Elf {
    machine: u16,
    position_independent: bool,
    asks_for_a_loader: bool,
    needs_libraries: bool,
}

impl Elf {
    fn parse(file: &[u8]) -> Self {
        assert_eq!(
            &file[..6],
            b"\x7fELF\x02\x01",
            "a 64-bit little-endian ELF file"
        );
        let number = |at: usize, length: usize| {
            let mut bytes = [0; 8];
            bytes[..length].copy_from_slice(&file[at..at + length]);
            usize::try_from(u64::from_le_bytes(bytes)).unwrap()
        };
        let (first, size, count) = (number(32, 8), number(54, 2), number(56, 2));
        let segments = || (0..count).map(|index| first + index * size);
        let dynamic = segments().find(|&at| number(at, 4) == 2); // PT_DYNAMIC
        let entries = dynamic.map_or(0..0, |at| {
            let start = number(at + 8, 8);
            start..start + number(at + 32, 8)
        });
        Self {
            machine: u16::try_from(number(18, 2)).unwrap(),
            position_independent: number(16, 2) == 3, // ET_DYN
            asks_for_a_loader: segments().any(|at| number(at, 4) == 3), // PT_INTERP
            needs_libraries: entries.step_by(16).any(|at| number(at, 8) == 1), // DT_NEEDED
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "megabytes for a person")]
fn mb(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}
