//! A block device with a volatile write cache, in memory: the part of [`super::Drive`] that needs
//! no kernel.
//!
//! A write is answered when it is in the cache; a flush moves everything into the durable image.
//! When the power goes, each piece of what was in the cache is found as it was at some moment since
//! the last flush: not written at all, written, or written the first time and not the second. That
//! is all that a drive promises (NVMe and SATA alike: only a flush orders).

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::dice::Dice;

/// What a drive writes as a whole, bytes: a sector of old, or of today. Aligned pieces of one are
/// never torn.
const GRANULES: [usize; 2] = [512, 4096];

/// The medium with its cache. All calls may come from several threads.
pub struct Medium {
    inner: Mutex<Inner>,
    changed: Condvar,
}

struct Inner {
    /// What a read gives: durable and cache together.
    seen: Vec<u8>,
    durable: Vec<u8>,
    /// Writes since the last flush, oldest first.
    cache: Vec<Write>,
    powered: bool,
    /// Counts up with each [`Medium::restore`]; who opened it before is out.
    life: u64,
    /// The power goes with the so-many-th request from now on.
    fuse: Option<u64>,
    /// Flushes are answered and not done.
    lies: bool,
    /// Writes and flushes fail.
    worn_out: bool,
    counts: Counts,
}

struct Write {
    at: usize,
    bytes: Vec<u8>,
}

/// What the medium was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Writes taken.
    pub writes: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Flushes done.
    pub flushes: u64,
    /// Reads and writes refused.
    pub refused: u64,
}

/// What became of the cache when the power went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Survival {
    /// Pieces that differ from what the last write left there.
    pub lost: usize,
    /// Pieces that are as the last write left them.
    pub kept: usize,
}

/// The medium refuses.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused;

// === impl Medium ===

impl Medium {
    /// A medium of so many bytes, all zero.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self {
            inner: Mutex::new(Inner {
                seen: vec![0; bytes],
                durable: vec![0; bytes],
                cache: Vec::new(),
                powered: true,
                life: 0,
                fuse: None,
                lies: false,
                worn_out: false,
                counts: Counts::default(),
            }),
            changed: Condvar::new(),
        }
    }

    /// From now on flushes are answered and not done, as some drives and bridges do.
    pub fn lie(&self, lies: bool) {
        self.lock().lies = lies;
    }

    /// From now on writes and flushes fail (`true`), or are taken again.
    pub fn wear_out(&self, worn_out: bool) {
        self.lock().worn_out = worn_out;
    }

    /// The power goes with the so-many-th write or flush from now on, in the middle of it.
    pub fn cut_in(&self, requests: u64) {
        self.lock().fuse = Some(requests);
    }

    /// The power goes now: whatever comes is refused until [`Medium::restore`].
    pub fn cut(&self) {
        self.lock().cut();
        self.changed.notify_all();
    }

    /// Waits until the power is gone, at most so long, and cuts it then.
    pub fn cut_within(&self, patience: Duration) {
        let end = Instant::now() + patience;
        let mut inner = self.lock();
        while inner.powered {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                inner.cut();
                break;
            }
            (inner, _) = self
                .changed
                .wait_timeout(inner, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The power is back. What was in the cache is there in part, as the dice fall.
    pub fn restore(&self, dice: &mut Dice) -> Survival {
        self.lock().restore(dice)
    }

    /// What it was asked for so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.lock().counts
    }

    pub(super) fn size(&self) -> u64 {
        self.lock().seen.len() as u64
    }

    /// The life that whoever opens it now is bound to.
    pub(super) fn life(&self) -> u64 {
        self.lock().life
    }

    pub(super) fn read(&self, life: u64, range: Range<usize>) -> Result<Vec<u8>, Refused> {
        let mut inner = self.lock();
        if !inner.serves(life) {
            return inner.refuse();
        }
        let end = range.end.min(inner.seen.len());
        Ok(inner.seen[range.start.min(end)..end].to_vec())
    }

    pub(super) fn write(&self, life: u64, at: usize, bytes: &[u8]) -> Result<(), Refused> {
        let mut inner = self.lock();
        let end = at + bytes.len();
        if !inner.serves(life) || inner.worn_out || end > inner.seen.len() {
            return inner.refuse();
        }
        inner.seen[at..end].copy_from_slice(bytes);
        inner.cache.push(Write {
            at,
            bytes: bytes.to_vec(),
        });
        inner.counts.writes += 1;
        inner.counts.bytes += bytes.len() as u64;
        inner.burn(&self.changed)
    }

    pub(super) fn flush(&self, life: u64) -> Result<(), Refused> {
        let mut inner = self.lock();
        if !inner.serves(life) || inner.worn_out {
            return inner.refuse();
        }
        // the power may go in the middle of it: then it was not done
        inner.burn(&self.changed)?;
        inner.counts.flushes += 1;
        if !inner.lies {
            let Inner { durable, cache, .. } = &mut *inner;
            for write in cache.drain(..) {
                durable[write.at..write.at + write.bytes.len()].copy_from_slice(&write.bytes);
            }
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Inner ===

impl Inner {
    fn serves(&self, life: u64) -> bool {
        self.powered && self.life == life
    }

    fn refuse<T>(&mut self) -> Result<T, Refused> {
        self.counts.refused += 1;
        Err(Refused)
    }

    fn cut(&mut self) {
        self.powered = false;
        self.fuse = None;
    }

    /// One request nearer to the cut.
    fn burn(&mut self, changed: &Condvar) -> Result<(), Refused> {
        let Some(left) = &mut self.fuse else {
            return Ok(());
        };
        *left = left.saturating_sub(1);
        if *left > 0 {
            return Ok(());
        }
        self.cut();
        changed.notify_all();
        self.refuse()
    }

    fn restore(&mut self, dice: &mut Dice) -> Survival {
        self.powered = true;
        self.life += 1;
        let granule = *dice.pick(&GRANULES);
        let cache = std::mem::take(&mut self.cache);
        let mut moments = Moments::new(dice, cache.len());
        let mut pieces: HashMap<usize, bool> = HashMap::new();
        for (number, write) in cache.iter().enumerate() {
            let end = write.at + write.bytes.len();
            let mut at = write.at;
            while at < end {
                let to = end.min((at / granule + 1) * granule);
                let piece = at / granule;
                let kept = number < moments.of(piece);
                if kept {
                    self.durable[at..to]
                        .copy_from_slice(&write.bytes[at - write.at..to - write.at]);
                }
                pieces.insert(piece, kept);
                at = to;
            }
        }
        for write in &cache {
            let range = write.at..write.at + write.bytes.len();
            self.seen[range.clone()].copy_from_slice(&self.durable[range]);
        }
        let kept = pieces.values().filter(|kept| **kept).count();
        Survival {
            kept,
            lost: pieces.len() - kept,
        }
    }
}

/// As of which moment each piece is found: before the write of this number.
struct Moments<'a> {
    dice: &'a mut Dice,
    writes: u64,
    /// In step (a drive that writes in order), or each for itself.
    in_step: Option<usize>,
    /// How many of a hundred pieces are all there, and how many not at all; the rest is in between.
    there: u64,
    gone: u64,
    drawn: HashMap<usize, usize>,
}

impl<'a> Moments<'a> {
    fn new(dice: &'a mut Dice, writes: usize) -> Self {
        let writes = writes as u64;
        let there = dice.below(101);
        let gone = dice.below(101 - there);
        let in_step = dice.percent(25).then(|| moment(dice, writes));
        Self {
            dice,
            writes,
            in_step,
            there,
            gone,
            drawn: HashMap::new(),
        }
    }

    fn of(&mut self, piece: usize) -> usize {
        if let Some(moment) = self.in_step {
            return moment;
        }
        let Self {
            dice,
            writes,
            there,
            gone,
            drawn,
            ..
        } = self;
        *drawn.entry(piece).or_insert_with(|| match dice.below(100) {
            thrown if thrown < *there => usize::MAX,
            thrown if thrown < *there + *gone => 0,
            _ => moment(dice, *writes),
        })
    }
}

fn moment(dice: &mut Dice, writes: u64) -> usize {
    usize::try_from(dice.below(writes + 1)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(medium: &Medium, range: Range<usize>) -> Vec<u8> {
        medium.read(medium.life(), range).unwrap()
    }

    #[test]
    fn what_was_flushed_survives_and_the_rest_may() {
        let mut dice = Dice::new(1);
        let (mut kept, mut lost, mut torn) = (0, 0, 0);
        for _ in 0..200 {
            let medium = Medium::new(64 * 1024);
            medium.write(0, 0, &[1; 8192]).unwrap();
            medium.flush(0).unwrap();
            medium.write(0, 4096, &[2; 8192]).unwrap();
            medium.write(0, 8192, &[3; 4096]).unwrap();
            assert_eq!(read(&medium, 4096..4097), [2]);
            medium.cut();
            assert_eq!(medium.flush(0), Err(Refused));
            assert_eq!(medium.write(0, 0, &[9]), Err(Refused));
            medium.restore(&mut dice);
            assert_eq!(medium.read(0, 0..1), Err(Refused), "of the life before");
            assert_eq!(read(&medium, 0..4096), [1; 4096]);
            let middle = read(&medium, 4096..8192);
            assert!(middle.iter().all(|byte| [1, 2].contains(byte)));
            let last = read(&medium, 8192..12288);
            assert!(last.iter().all(|byte| [0, 2, 3].contains(byte)));
            match middle.iter().filter(|byte| **byte == 2).count() {
                0 => lost += 1,
                4096 => kept += 1,
                _ => torn += 1,
            }
        }
        assert!(kept > 20 && lost > 20 && torn > 20, "{kept} {lost} {torn}");
    }

    #[test]
    fn a_liar_loses_what_it_said_was_flushed() {
        let mut dice = Dice::new(2);
        let lost = (0..100).filter(|_| {
            let medium = Medium::new(4096);
            medium.lie(true);
            medium.write(0, 0, &[1; 4096]).unwrap();
            medium.flush(0).unwrap();
            medium.cut();
            medium.restore(&mut dice);
            read(&medium, 0..4096) != [1; 4096]
        });
        assert!(lost.count() > 10);
    }

    #[test]
    fn the_power_goes_with_the_request_that_was_named() {
        let medium = Medium::new(4096);
        medium.cut_in(3);
        medium.write(0, 0, &[1; 512]).unwrap();
        medium.flush(0).unwrap();
        assert_eq!(medium.write(0, 512, &[1; 512]), Err(Refused));
        assert_eq!(medium.read(0, 0..1), Err(Refused));
        medium.cut_within(Duration::from_secs(60));
        let survival = medium.restore(&mut Dice::new(3));
        assert_eq!(survival.kept + survival.lost, 1);
        assert_eq!(read(&medium, 0..512), [1; 512]);
        assert_eq!(medium.counts().flushes, 1);
    }

    #[test]
    fn a_worn_out_medium_can_be_read() {
        let medium = Medium::new(4096);
        medium.write(0, 1024, &[7; 512]).unwrap();
        medium.wear_out(true);
        assert_eq!(medium.flush(0), Err(Refused));
        assert_eq!(medium.write(0, 0, &[7; 512]), Err(Refused));
        assert_eq!(read(&medium, 1024..1536), [7; 512]);
        medium.wear_out(false);
        medium.flush(0).unwrap();
        assert_eq!(medium.counts().refused, 2);
    }
}
