//! The firmware file itself, made newer and worse: it is systemd's EFI stub with a section for each
//! part (image/build/uki.py).

use crate::board::Board;

/// Offsets from the PE header on.
const SECTIONS: usize = 6;
const OPTIONAL_SIZE: usize = 20;
const OPTIONAL: usize = 24;
const FILE_ALIGNMENT: usize = OPTIONAL + 36;
const SIZE_OF_IMAGE: usize = OPTIONAL + 56;
/// Bytes of an entry in the table of sections, and offsets in it.
const ENTRY: usize = 40;
const SIZE: usize = 8;
const ADDRESS: usize = 12;
const RAW_SIZE: usize = 16;
const RAW: usize = 20;

/// A firmware file.
pub struct EfiProgram(Vec<u8>);

// === impl EfiProgram ===

impl EfiProgram {
    /// The one on this board's image.
    pub fn of(board: Board) -> Self {
        let parts = board.image(false).with_extension("");
        let name = parts.file_name().unwrap().to_str().unwrap();
        Self(std::fs::read(parts.join(format!("{name}.efi"))).unwrap())
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Says of itself that it is of this version, as long as the real one.
    #[must_use]
    pub fn called(mut self, version: &str) -> Self {
        let old = format!("={}\n", env!("CARGO_PKG_VERSION"));
        let new = format!("={version}\n");
        assert_eq!(old.len(), new.len());
        let entry = self.entry(".osrel");
        let (at, size) = (self.number(entry + RAW), self.number(entry + SIZE));
        let about = &mut self.0[at..at + size];
        while let Some(place) = (about.windows(old.len())).position(|text| text == old.as_bytes()) {
            about[place..place + new.len()].copy_from_slice(new.as_bytes());
        }
        self
    }

    /// With nothing that a kernel could unpack: it finds no first process, and panics.
    #[must_use]
    pub fn without_initramfs(mut self) -> Self {
        let entry = self.entry(".initrd");
        let at = self.number(entry + RAW);
        self.0[at..at + (1 << 20)].fill(0);
        self
    }

    /// With these files in place of its own of the same names: a kernel unpacks one archive behind
    /// the other.
    #[must_use]
    pub fn with(mut self, files: &[(&str, &str)]) -> Self {
        let pe = self.pe();
        let entry = self.entry(".initrd");
        let (at, size) = (self.number(entry + RAW), self.number(entry + SIZE));
        // the last section, so it can grow
        assert_eq!(at + self.number(entry + RAW_SIZE), self.0.len());
        self.0.truncate(at + size);
        self.0.resize(at + size.next_multiple_of(4), 0);
        self.0.extend(archive(files));
        let size = self.0.len() - at;
        let alignment = self.number(pe + FILE_ALIGNMENT);
        self.0.resize(at + size.next_multiple_of(alignment), 0);
        self.put(entry + SIZE, size);
        self.put(entry + RAW_SIZE, size.next_multiple_of(alignment));
        let end = self.number(entry + ADDRESS) + size;
        self.put(pe + SIZE_OF_IMAGE, end.next_multiple_of(1 << 16));
        self
    }

    /// Where the section of this name is told of.
    fn entry(&self, name: &str) -> usize {
        let pe = self.pe();
        let half = |at: usize| usize::from(u16::from_le_bytes([self.0[at], self.0[at + 1]]));
        let table = pe + OPTIONAL + half(pe + OPTIONAL_SIZE);
        let mut entries = (0..half(pe + SECTIONS)).map(|number| table + number * ENTRY);
        let found = entries.find(|&at| {
            let named = self.0[at..at + 8].split(|&byte| byte == 0).next();
            named == Some(name.as_bytes())
        });
        found.unwrap_or_else(|| panic!("no section {name}"))
    }

    fn pe(&self) -> usize {
        self.number(0x3c)
    }

    fn number(&self, at: usize) -> usize {
        let bytes = self.0[at..at + 4].try_into().unwrap();
        usize::try_from(u32::from_le_bytes(bytes)).unwrap()
    }

    fn put(&mut self, at: usize, number: usize) {
        let bytes = u32::try_from(number).unwrap().to_le_bytes();
        self.0[at..at + 4].copy_from_slice(&bytes);
    }
}

/// Executable files as the kernel's cpio format has them ("newc").
fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (number, (name, content)) in files.iter().chain([&("TRAILER!!!", "")]).enumerate() {
        let mut header = "070701".to_owned();
        let (mode, links) = (0o10_0755, 1);
        let fields = [number + 1, mode, 0, 0, links, 0, content.len(), 0, 0, 0, 0];
        for field in fields.into_iter().chain([name.len() + 1, 0]) {
            header.push_str(&format!("{field:08x}"));
        }
        out.extend(header.bytes().chain(name.bytes()).chain([0]));
        out.resize(out.len().next_multiple_of(4), 0);
        out.extend(content.bytes());
        out.resize(out.len().next_multiple_of(4), 0);
    }
    out
}
