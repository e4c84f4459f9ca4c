//! Sets the page size: fewer records where a page fails at its size, and as many as before once
//! that is over. Pure.

use super::ApiRules;

/// The most pages that are read at a size that fits before a larger one is tried again.
const LONGEST_HOLD: u32 = 256;

/// The page size of one stream.
#[derive(Debug)]
pub(super) struct PageSize {
    /// What the settings ask for.
    most: u32,
    /// What is asked for at present.
    now: u32,
    /// Records still to be read before it grows: one of them may be what broke the larger page.
    suspects: u64,
    /// Pages still to be read before it grows.
    hold: u32,
    /// So many, each time that a larger page fails again at once.
    patience: u32,
    /// Has it grown since the last page came to its end?
    untried: bool,
    /// Which sizes there are.
    api: ApiRules,
}

// === impl PageSize ===

impl PageSize {
    /// What the settings ask for, to begin with.
    pub(super) fn new(most: u32, api: ApiRules) -> Self {
        Self {
            most,
            now: most,
            suspects: 0,
            hold: 0,
            patience: 1,
            untried: false,
            api,
        }
    }

    /// What is asked for at present.
    pub(super) fn now(&self) -> u32 {
        self.now
    }

    /// Is it less than the settings ask for?
    pub(super) fn is_reduced(&self) -> bool {
        self.now < self.most
    }

    /// A page of this size fails: the next is half of it. False where there is no less.
    pub(super) fn shrink(&mut self) -> bool {
        self.now > 1 && self.step_down(self.now / 2)
    }

    /// Of a page of this size only so many records fit into memory: the next has three quarters of
    /// as many, as records differ in length. False where that is not less.
    pub(super) fn fit(&mut self, records: u64) -> bool {
        let fits = (u32::try_from(records).unwrap_or(u32::MAX) / 4 * 3).max(1);
        fits < self.now && self.step_down(fits)
    }

    fn step_down(&mut self, to: u32) -> bool {
        self.suspects = u64::from(self.now);
        if std::mem::take(&mut self.untried) {
            self.patience = (self.patience * 4).min(LONGEST_HOLD);
            self.hold = self.patience;
        } else {
            self.hold = 0;
        }
        self.now = if to >= self.api.smallest_scan {
            to
        } else {
            to.clamp(1, self.api.plain_page)
        };
        true
    }

    /// A page of so many records has come to its end: ask for more, where nothing speaks against
    /// it.
    pub(super) fn fits(&mut self, records: u64) {
        self.untried = false;
        // the next page begins with the last record of this one
        self.suspects = self
            .suspects
            .saturating_sub(records.saturating_sub(1).max(1));
        self.hold = self.hold.saturating_sub(1);
        if !self.is_reduced() {
            self.patience = 1;
        } else if self.suspects == 0 && self.hold == 0 {
            self.grow();
        }
    }

    /// What broke the pages lies behind.
    pub(super) fn pass(&mut self) {
        (self.suspects, self.hold, self.patience) = (0, 0, 1);
    }

    fn grow(&mut self) {
        let (plain, scan) = (self.api.plain_page, self.api.smallest_scan);
        let next = match self.now.saturating_mul(2) {
            _ if self.now == plain => scan,
            double if double > plain && double < scan => plain,
            double => double,
        };
        self.now = next.min(self.most).max(1);
        self.untried = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::cloud_apps::RULES;

    /// Pages that fail above this size, until so many were read; how many failed.
    fn failures(fits: u32, pages: u32) -> u32 {
        let (mut size, mut failed) = (PageSize::new(5000, RULES), 0);
        for _ in 0..pages {
            while size.now() > fits {
                failed += 1;
                assert!(size.shrink());
            }
            size.fits(size.now().into());
        }
        failed
    }

    #[test]
    fn is_halved_down_to_one_record_and_grows_again() {
        let mut size = PageSize::new(5000, RULES);
        let mut steps = Vec::new();
        while size.shrink() {
            steps.push(size.now());
        }
        assert_eq!(steps, [2500, 1250, 625, 100, 50, 25, 12, 6, 3, 1]);
        assert!(!size.shrink());
        for _ in 0..20 {
            size.fits(size.now().into());
        }
        assert_eq!(size.now(), 5000);
    }

    #[test]
    fn a_size_that_fails_again_and_again_is_tried_seldom() {
        assert!(failures(625, 1000) <= 3 + 8, "{}", failures(625, 1000));
        assert!(failures(7, 1000) <= 9 + 12, "{}", failures(7, 1000));
        assert_eq!(failures(5000, 1000), 0);
    }

    #[test]
    fn asks_for_what_fits_into_memory_and_for_more_behind_it() {
        let mut size = PageSize::new(5000, RULES);
        assert!(size.fit(2653));
        assert_eq!(size.now(), 1989);
        assert!(!size.fit(2653), "more came than was asked for");
        size.fits(1989);
        assert_eq!(size.now(), 1989, "the large ones may lie ahead");
        for _ in 0..2 {
            size.fits(1989);
        }
        assert_eq!(size.now(), 3978);
        size.fit(1);
        assert_eq!((size.now(), size.fit(0)), (1, false));
    }

    #[test]
    fn does_not_grow_while_the_record_that_breaks_it_may_lie_ahead() {
        let mut size = PageSize::new(100, RULES);
        assert!(size.shrink());
        size.fits(50);
        assert_eq!(size.now(), 50, "it may be among the next 50");
        assert!(size.shrink());
        size.pass();
        size.fits(25);
        assert_eq!(size.now(), 50);
    }
}
