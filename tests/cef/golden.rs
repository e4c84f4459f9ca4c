//! Every line that the old agent is known to have written, byte for byte, and lines of our own for
//! what those don't show. What the sets are and where they come from: `tests/golden/README.md`.

use std::collections::HashSet;

use crate::cases::{Case, cases};
use siembox::for_tests::event::Names;
use siembox::for_tests::render::{Rendering, render};
use siembox::for_tests::wiring::KNOWN_RECORDS;

fn rendered(case: &Case) -> String {
    let (mut lines, mut problems) = (Vec::new(), Vec::new());
    let with = Rendering {
        known: &KNOWN_RECORDS,
        names: &Names::default(),
        style: &case.style,
        header: Some(&case.header),
        defender_for_identity: true,
    };
    let input = case.record.as_bytes();
    render(&case.place, input, with, &mut lines, &mut problems).expect("memory can be written to");
    assert_eq!(String::from_utf8_lossy(&problems), "", "{}", case.place);
    String::from_utf8(lines).expect("lines are text")
}

fn all_match(set: &str) {
    let wrong: Vec<String> = (cases(set).iter())
        .filter_map(|case| {
            let (is, must) = (rendered(case), format!("{}\n", case.line));
            (is != must).then(|| format!("{}\n  is   {is}  must {must}", case.place))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} lines differ\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn documented_lines_byte_for_byte() {
    all_match("documented");
}

#[test]
fn documented_lines_are_all_there() {
    let cases = cases("documented");
    let lines: HashSet<_> = cases.iter().map(|case| &case.line).collect();
    assert_eq!((cases.len(), lines.len()), (26, 26));
}

#[test]
fn invented_lines_byte_for_byte() {
    all_match("invented");
}
