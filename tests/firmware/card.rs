//! The card: a copy of the disk image, and what a person does with it at a laptop before it goes
//! into the box, and after.

use std::hash::{Hash, Hasher};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the partitions are, bytes.
#[derive(Debug, Clone, Copy)]
pub struct Partition {
    pub start: u64,
    pub size: u64,
}

/// A card of one test's own.
pub struct Card {
    path: PathBuf,
}

impl Card {
    /// A copy of this image in the folder, as large as a real card: `gigabytes`.
    pub fn flashed(image: &Path, folder: &Path, gigabytes: u64) -> Self {
        assert!(
            image.exists(),
            "{} is missing: make image BOARD=… makes it",
            image.display()
        );
        let path = folder.join("card.img");
        run(Command::new("cp")
            .arg("--sparse=always")
            .args([image, &path]));
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(gigabytes << 30).unwrap();
        Self { path }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts a file on the FAT side.
    pub fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        let file = self.path.with_extension("put");
        std::fs::write(&file, content).unwrap();
        let to = format!("::{name}");
        run(self
            .mtool("mcopy")
            .arg("-o")
            .arg("-i")
            .arg(self.fat())
            .arg(&file)
            .arg(to));
    }

    /// Gives a file of the FAT side another name.
    pub fn rename(&self, old: &str, new: &str) {
        let old = format!("::{old}");
        let mut command = self.mtool("mren");
        run(command.arg("-i").arg(self.fat()).args([&*old, new]));
    }

    /// A file of the FAT side, where it is there.
    pub fn get(&self, name: &str) -> Option<String> {
        let mut command = self.mtool("mcopy");
        let read = command.arg("-i").arg(self.fat());
        let read = read.arg(format!("::{name}")).arg("-").output().unwrap();
        read.status
            .success()
            .then(|| String::from_utf8_lossy(&read.stdout).into_owned())
    }

    /// The names in a folder of the FAT side.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let mut command = self.mtool("mdir");
        let listed = command.arg("-b").arg("-i").arg(self.fat());
        let listed = listed.arg(format!("::{folder}")).output().unwrap();
        let text = String::from_utf8_lossy(&listed.stdout).into_owned();
        let names = text.lines().map(|line| {
            let name = line.trim().trim_end_matches('/');
            name.rsplit('/').next().unwrap_or(name).to_owned()
        });
        names.collect()
    }

    /// Do these bytes stand anywhere on a partition, in a file or in what is left of one?
    pub fn holds(&self, partition: &str, bytes: &[u8]) -> bool {
        const PIECE: u64 = 1 << 20;
        let Partition { start, size } = self.partition(partition);
        let file = std::fs::File::open(&self.path).unwrap();
        let (mut piece, zeros) = (Vec::new(), vec![0; 2 << 20]);
        (0..size).step_by(1 << 20).any(|at| {
            // what lies across two pieces is found in the first
            let length = (PIECE + bytes.len() as u64).min(size - at);
            piece.resize(usize::try_from(length).unwrap(), 0);
            file.read_exact_at(&mut piece, start + at).unwrap();
            piece != zeros[..piece.len()]
                && piece.windows(bytes.len()).any(|window| window == bytes)
        })
    }

    /// Its bytes as one number: the same as long as nobody writes there.
    pub fn fingerprint(&self, partition: &str) -> u64 {
        let Partition { start, size } = self.partition(partition);
        let file = std::fs::File::open(&self.path).unwrap();
        let (mut piece, zeros) = (vec![0; 1 << 20], vec![0; 1 << 20]);
        let mut hasher = std::hash::DefaultHasher::new();
        for at in (0..size).step_by(1 << 20) {
            let length = usize::try_from(size - at).unwrap().min(piece.len());
            file.read_exact_at(&mut piece[..length], start + at)
                .unwrap();
            if piece[..length] != zeros[..length] {
                (at, &piece[..length]).hash(&mut hasher);
            }
        }
        hasher.finish()
    }

    /// The partition of this name.
    pub fn partition(&self, name: &str) -> Partition {
        let mut command = Command::new("sfdisk");
        let listed = command.arg("--json").arg(&self.path).output().unwrap();
        let table: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
        let table = &table["partitiontable"];
        let sector = table["sectorsize"].as_u64().unwrap();
        let partitions = table["partitions"].as_array().unwrap();
        let found = partitions
            .iter()
            .find(|partition| partition["name"] == name);
        let found = found.unwrap_or_else(|| panic!("no {name} in {table}"));
        let bytes = |key: &str| found[key].as_u64().unwrap() * sector;
        Partition {
            start: bytes("start"),
            size: bytes("size"),
        }
    }

    /// A stretch of a partition.
    pub fn read(&self, partition: &str, at: u64, length: usize) -> Vec<u8> {
        let start = self.partition(partition).start;
        let mut bytes = vec![0; length];
        let file = std::fs::File::open(&self.path).unwrap();
        file.read_exact_at(&mut bytes, start + at).unwrap();
        bytes
    }

    /// Writes over a stretch of a partition, as a worn card does.
    pub fn overwrite(&self, partition: &str, at: u64, bytes: &[u8]) {
        let Partition { start, size } = self.partition(partition);
        assert!(at + bytes.len() as u64 <= size);
        let file = std::fs::OpenOptions::new().write(true).open(&self.path);
        file.unwrap().write_all_at(bytes, start + at).unwrap();
    }

    fn fat(&self) -> String {
        let start = self.partition("SIEMBOX-ESP").start;
        format!("{}@@{start}", self.path.display())
    }

    fn mtool(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.env("MTOOLS_SKIP_CHECK", "1");
        command
    }
}

fn run(command: &mut Command) {
    let done = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(done.status.success(), "{command:?}: {done:?}");
}
