//! Every line that the old agent is known to have written, byte for byte, and lines of our own for
//! what those don't show. What the sets are and where they come from: `tests/golden/README.md`.

use std::collections::HashSet;

use crate::cases::{Case, Successor, cases, successors};
use crate::successors::Writer;
use siembox::for_tests::cef::Profile;
use siembox::for_tests::event::Names;
use siembox::for_tests::render::{Rendering, render};
use siembox::for_tests::wiring::KNOWN_RECORDS;
use siembox_support::mapper::{Looks, xdr_line};
use siembox_support::records::xdr::List;

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

/// Records of Graph and of advanced hunting, each kind at least once, in both profiles.
#[test]
fn lines_of_successors_byte_for_byte() {
    for profile in [Profile::Original, Profile::Portable] {
        let writer = Writer::defender_xdr(profile, Names::default()).with_time_only();
        let wrong: Vec<String> = (successors(profile).into_iter())
            .filter_map(
                |Successor {
                     place,
                     record,
                     line,
                     ..
                 }| {
                    let is = writer.line(&record).unwrap_or_else(|problem| problem);
                    (is != line).then(|| format!("{place}\n  is   {is}\n  must {line}"))
                },
            )
            .collect();
        let count = wrong.len();
        assert!(
            wrong.is_empty(),
            "{profile:?}: {count} lines differ\n{}",
            wrong.join("\n")
        );
    }
}

/// The set is what the mapper makes of the records, which shares no code with siembox.
#[test]
fn lines_of_successors_are_the_mappers() {
    let mut kinds = HashSet::new();
    for profile in [Profile::Original, Profile::Portable] {
        let looks = Looks {
            portal: "https://contoso.portal.cloudappsecurity.com".to_owned(),
            version: "0.207.251".to_owned(),
            pri: false,
            system_name: None,
            full_header: false,
            portable: profile == Profile::Portable,
            is_update: false,
        };
        for Successor {
            place,
            table,
            record,
            line,
        } in successors(profile)
        {
            let list = List::named(&table).expect("a table");
            assert_eq!(xdr_line(list, &record, &looks), line, "{place}");
            kinds.insert(list);
        }
    }
    // the entities of a behavior belong to its record
    assert_eq!(kinds.len(), List::ALL.len() - 1);
}
