//! The test line: the header of a real line, but recognisable as a test.

use std::fmt::Write as _;

use super::Style;

impl Style {
    /// Appends the test line of this agent, of this moment (milliseconds since 1970): no newline in
    /// it or at its end.
    pub fn test_line(&self, at_ms: i64, agent: &str, out: &mut String) {
        out.push_str(&self.start);
        out.push_str("SIEMBOX_TEST|siembox test line|0");
        self.begin_extension(out);
        // writing to a String can't fail
        let _ = write!(out, "rt={at_ms} deviceExternalId=");
        self.extension.write(agent, out);
        out.push_str(" msg=");
        self.extension.write(
            "A test of the way to this SIEM. Nothing happened in the cloud.",
            out,
        );
    }
}
