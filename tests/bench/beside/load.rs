//! What everybody is given: one file of records, one a line, from a fixed seed.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use siembox_support::records;

/// Draws the same records on every machine; only their times are those of the last two days.
const SEED: u64 = 20_240_101;
/// Records of a page, as the API gives them at most.
pub const PAGE: u64 = 5000;

/// The file and where its pages begin.
pub struct Load {
    /// One record a line.
    pub path: PathBuf,
    /// How many.
    pub records: u64,
    /// Bytes, line feeds included.
    pub bytes: u64,
    file: File,
    /// Where each page begins, and where the last one ends.
    edges: Vec<u64>,
}

impl Load {
    /// Draws `count` activities of about 1.8 KB into a file in `folder`.
    pub fn draw(folder: &Path, count: u64) -> io::Result<Self> {
        let path = folder.join("records.jsonl");
        let mut out = BufWriter::with_capacity(1 << 20, File::create(&path)?);
        let (mut text, mut bytes, mut edges) = (String::new(), 0, vec![0]);
        let drawn = usize::try_from(count).unwrap_or(usize::MAX);
        for (nth, record) in (1..).zip(records::activities(SEED, drawn)) {
            text.clear();
            record.write_json(&mut text);
            text.push('\n');
            out.write_all(text.as_bytes())?;
            bytes += text.len() as u64;
            if nth % PAGE == 0 || nth == count {
                edges.push(bytes);
            }
        }
        // on disk before anything is measured: its writing is nobody's cost
        out.into_inner()?.sync_all()?;
        Ok(Self {
            file: File::open(&path)?,
            path,
            records: count,
            bytes,
            edges,
        })
    }

    /// How many pages.
    pub fn pages(&self) -> usize {
        self.edges.len() - 1
    }

    /// Puts a page into `body`, as the API answers.
    pub fn page(&self, nth: usize, body: &mut Vec<u8>) -> io::Result<()> {
        let (from, to) = (self.edges[nth], self.edges[nth + 1]);
        let length = usize::try_from(to - from).unwrap_or(usize::MAX);
        body.clear();
        body.extend_from_slice(b"{\"data\":[");
        let start = body.len();
        body.resize(start + length, 0);
        self.file.read_exact_at(&mut body[start..], from)?;
        // JSON holds no raw line feed: each one ends a record
        for byte in &mut body[start..] {
            if *byte == b'\n' {
                *byte = b',';
            }
        }
        body.pop();
        let last = nth + 1 == self.pages();
        write!(body, "],\"hasNext\":{},\"total\":{}", !last, self.records)?;
        if !last {
            write!(body, ",\"nextQueryFilters\":{{\"page\":{}}}", nth + 1)?;
        }
        body.push(b'}');
        Ok(())
    }

    /// The first `count` records end here.
    pub fn end_of(&self, count: u64) -> io::Result<u64> {
        if count >= self.records {
            return Ok(self.bytes);
        }
        let (page, mut left) = (count / PAGE, count % PAGE);
        let page = usize::try_from(page).unwrap_or(usize::MAX);
        let mut body =
            vec![0; usize::try_from(self.edges[page + 1] - self.edges[page]).unwrap_or(0)];
        self.file.read_exact_at(&mut body, self.edges[page])?;
        let mut end = 0;
        while left > 0 {
            end += body[end..]
                .iter()
                .position(|byte| *byte == b'\n')
                .map_or(0, |at| at + 1);
            left -= 1;
        }
        Ok(self.edges[page] + end as u64)
    }
}
