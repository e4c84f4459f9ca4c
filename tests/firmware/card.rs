//! The card: a copy of the disk image, and what a person does with it at a laptop before it goes into the box, and after.

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

    /// Do these bytes stand anywhere on the FAT side, in a file or in what is left of one?
    pub fn fat_holds(&self, bytes: &[u8]) -> bool {
        let Partition { start, size } = self.partition("SIEMBOX-ESP");
        let file = std::fs::File::open(&self.path).unwrap();
        let mut whole = vec![0; usize::try_from(size).unwrap()];
        file.read_exact_at(&mut whole, start).unwrap();
        whole.windows(bytes.len()).any(|window| window == bytes)
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
