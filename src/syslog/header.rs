//! The syslog header before the CEF text, in the variants that collectors expect.
//!
//! The time is always the event's own, as the old agent had it, in UTC. With a name and priority
//! the four forms are:
//!
//! ```text
//! <109>2023-03-02T21:10:02.022Z host CEF:0|…                  rfc5424: the time of RFC 5424, not its header
//! <109>Mar 02 21:10:02 host CEF:0|…                           rfc3164: day with a zero, as the old agent wrote it
//! <109>Mar 02 2023 21:10:02 host CEF:0|…                      rfc3164-with-year
//! <109>1 2023-03-02T21:10:02.022Z host siembox - - - CEF:0|…  full-rfc5424
//! ```
//!
//! The complete header of RFC 5424 names neither process nor message id nor structured data (`-`).
//! No byte order mark stands before the text, though the RFC asks for one before UTF-8 (6.4):
//! without it the text is merely "any octets" to the RFC, with it collectors no longer find `CEF:`
//! where they look for it.

/// Writes the header of each line. Made once, used for every line; allocates nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    time: TimeFormat,
    /// `<109>`, or nothing.
    priority: String,
    /// Everything between the time and the text: `" host "`, `" host siembox - - - "`.
    after_time: String,
}

/// `time_format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeFormat {
    /// `2023-03-02T21:10:02.022Z`
    #[default]
    Rfc5424,
    /// `Mar 02 21:10:02`
    Rfc3164,
    /// `Mar 02 2023 21:10:02`
    Rfc3164WithYear,
    /// A complete RFC 5424 header.
    FullRfc5424,
}

/// The facility (0 to 23) and severity (0 to 7) of all lines; larger numbers count as 23 and 7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Priority {
    /// 13 (log audit) is what the old agent used.
    pub facility: u8,
    /// 5 (notice) is what the old agent used.
    pub severity: u8,
}

impl Default for Priority {
    fn default() -> Self {
        Self {
            facility: 13,
            severity: 5,
        }
    }
}

impl Header {
    /// A header in the given form, with `<PRI>` where `include_priority` says so and the system's
    /// name where one is given. A complete header of RFC 5424 can't be without either: it has the
    /// priority anyway, and `-` for no name.
    #[must_use]
    pub fn new(
        time: TimeFormat,
        priority: Priority,
        include_priority: bool,
        system_name: Option<&str>,
    ) -> Self {
        let full = time == TimeFormat::FullRfc5424;
        let number = priority.facility.min(23) * 8 + priority.severity.min(7);
        Self {
            time,
            priority: match (full, include_priority) {
                (true, _) => format!("<{number}>1 "),
                (false, true) => format!("<{number}>"),
                (false, false) => String::new(),
            },
            after_time: match (full, system_name) {
                (true, name) => format!(" {} siembox - - - ", name.unwrap_or("-")),
                (false, Some(name)) => format!(" {name} "),
                (false, None) => " ".to_owned(),
            },
        }
    }

    /// Appends the header of an event that happened at `at_ms`, milliseconds since 1970. Times
    /// outside the years 0 to 9999, which no form can show, are written as the nearest that can be
    /// shown.
    pub fn write(&self, at_ms: i64, out: &mut String) {
        let at = Moment::of(at_ms);
        out.push_str(&self.priority);
        match self.time {
            TimeFormat::Rfc5424 | TimeFormat::FullRfc5424 => {
                digits(at.year, 4, out);
                out.push('-');
                digits(at.month, 2, out);
                out.push('-');
                digits(at.day, 2, out);
                out.push('T');
                at.time_of_day(out);
                out.push('.');
                digits(at.ms % 1000, 3, out);
                out.push('Z');
            }
            TimeFormat::Rfc3164 | TimeFormat::Rfc3164WithYear => {
                out.push_str(MONTHS[at.month as usize - 1]);
                out.push(' ');
                digits(at.day, 2, out);
                out.push(' ');
                if self.time == TimeFormat::Rfc3164WithYear {
                    digits(at.year, 4, out);
                    out.push(' ');
                }
                at.time_of_day(out);
            }
        }
        out.push_str(&self.after_time);
    }
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const DAY_MS: i64 = 86_400_000;
/// 0000-01-01T00:00:00.000Z
const FIRST_MS: i64 = -62_167_219_200_000;
/// 9999-12-31T23:59:59.999Z
const LAST_MS: i64 = 253_402_300_799_999;

/// A time taken apart, UTC.
struct Moment {
    year: u32,
    month: u32,
    day: u32,
    /// Of the day.
    ms: u32,
}

impl Moment {
    fn of(at_ms: i64) -> Self {
        let at_ms = at_ms.clamp(FIRST_MS, LAST_MS);
        let (days, ms) = (at_ms.div_euclid(DAY_MS), at_ms.rem_euclid(DAY_MS));
        // Days since 0000-03-01, in years that begin in March, so that the leap day is the last of
        // its year; 146,097 days are 400 years. (The calculation is Howard Hinnant's
        // "civil_from_days".)
        let days = days + 719_468;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let small = |number: i64| u32::try_from(number).unwrap_or_default();
        Self {
            year: small(year),
            month: small(month),
            day: small(day),
            ms: small(ms),
        }
    }

    /// `21:10:02`
    fn time_of_day(&self, out: &mut String) {
        digits(self.ms / 3_600_000, 2, out);
        out.push(':');
        digits(self.ms / 60_000 % 60, 2, out);
        out.push(':');
        digits(self.ms / 1000 % 60, 2, out);
    }
}

/// A number with leading zeros; `write!` would take most of the header's time.
fn digits(number: u32, width: u32, out: &mut String) {
    for place in (0..width).rev() {
        let digit = number / 10_u32.pow(place) % 10;
        out.push(char::from_digit(digit, 10).unwrap_or('0'));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    const AT: i64 = 1_677_791_402_022;

    fn written(header: &Header, at_ms: i64) -> String {
        let mut out = String::new();
        header.write(at_ms, &mut out);
        out
    }

    #[test]
    fn each_form_with_and_without() {
        use TimeFormat::*;
        let audit = Priority::default();
        let local = Priority {
            facility: 16,
            severity: 6,
        };
        let beyond = Priority {
            facility: 99,
            severity: 99,
        };
        let lab = Some("LAB");
        for (time, priority, include, name, expected) in [
            (Rfc5424, audit, false, None, "2023-03-02T21:10:02.022Z "),
            (Rfc5424, audit, true, None, "<109>2023-03-02T21:10:02.022Z "),
            (Rfc5424, audit, false, lab, "2023-03-02T21:10:02.022Z LAB "),
            (Rfc3164, local, true, lab, "<134>Mar 02 21:10:02 LAB "),
            (
                Rfc3164WithYear,
                audit,
                true,
                lab,
                "<109>Mar 02 2023 21:10:02 LAB ",
            ),
            (
                FullRfc5424,
                audit,
                true,
                lab,
                "<109>1 2023-03-02T21:10:02.022Z LAB siembox - - - ",
            ),
            (
                FullRfc5424,
                local,
                false,
                None,
                "<134>1 2023-03-02T21:10:02.022Z - siembox - - - ",
            ),
            (Rfc3164, beyond, true, None, "<191>Mar 02 21:10:02 "),
        ] {
            assert_eq!(
                written(&Header::new(time, priority, include, name), AT),
                expected
            );
        }
    }

    #[test]
    fn any_time_can_be_written() {
        let header = Header::new(TimeFormat::Rfc5424, Priority::default(), false, None);
        for (at_ms, expected) in [
            (0, "1970-01-01T00:00:00.000Z "),
            (-1, "1969-12-31T23:59:59.999Z "),
            (951_782_400_000, "2000-02-29T00:00:00.000Z "),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z "),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z "),
            (FIRST_MS, "0000-01-01T00:00:00.000Z "),
            (LAST_MS, "9999-12-31T23:59:59.999Z "),
            (i64::MIN, "0000-01-01T00:00:00.000Z "),
            (i64::MAX, "9999-12-31T23:59:59.999Z "),
        ] {
            assert_eq!(written(&header, at_ms), expected);
        }
    }

    proptest! {
        #[test]
        fn agrees_with_a_calendar(at_ms in FIRST_MS..=LAST_MS) {
            let header = Header::new(TimeFormat::Rfc5424, Priority::default(), false, None);
            let time = jiff::Timestamp::from_millisecond(at_ms).unwrap();
            prop_assert_eq!(written(&header, at_ms), format!("{time:.3} "));
        }
    }
}
