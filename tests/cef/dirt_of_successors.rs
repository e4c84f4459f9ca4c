//! Dirty records of the successors: never a panic, always one line that a reader of CEF reads, or
//! a refusal that names the reason.

use siembox::for_tests::cef::Profile;
use siembox::for_tests::event::Names;
use siembox_support::cef_reader::Cef;
use siembox_support::mapper::{Looks, xdr_line};
use siembox_support::records::xdr::List;

use crate::dirty::successors::records;
use crate::successors::Writer;

const PROFILES: [Profile; 2] = [Profile::Original, Profile::Portable];

#[test]
fn each_becomes_one_line_of_cef_or_is_refused_with_a_reason() {
    let (mut lines, mut refused) = (0, 0);
    for profile in PROFILES {
        let writer = Writer::defender_xdr(profile, Names::default());
        for (_, record) in records(2000) {
            match writer.line(&record) {
                Ok(line) => {
                    lines += 1;
                    let cef = Cef::read(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
                    let id = cef.value("externalId");
                    assert!(id.is_some_and(|id| !id.is_empty()), "{line}");
                    let rt = cef.value("rt").unwrap_or_default();
                    assert_eq!(rt.len(), 13, "{line}");
                }
                Err(problem) => {
                    refused += 1;
                    let names = ["no id", "nor a usable time", "no usable time"];
                    let is_named = names.iter().any(|reason| problem.contains(reason));
                    assert!(is_named, "{problem}: {record}");
                }
            }
        }
    }
    println!("{lines} lines, {refused} refused");
    assert!(lines > 2000 && refused > 400, "{lines} {refused}");
}

/// The mapper reads the same dirt to the same line.
#[test]
fn each_line_is_the_mappers() {
    for profile in PROFILES {
        let writer = Writer::defender_xdr(profile, Names::default()).with_time_only();
        let looks = Looks {
            portal: "https://contoso.portal.cloudappsecurity.com".to_owned(),
            version: "0.207.251".to_owned(),
            pri: false,
            system_name: None,
            full_header: false,
            portable: profile == Profile::Portable,
            is_update: false,
        };
        let mut wrong = Vec::new();
        let mut compared = 0;
        for (list, record) in records(1000) {
            let Ok(is) = writer.line(&record) else {
                continue;
            };
            if is.contains(" more") && record.len() > 20_000 {
                // siembox cuts a heap of objects; the mapper does not
                continue;
            }
            let table = List::named(list).expect("a list");
            let must = std::panic::catch_unwind(|| xdr_line(table, &record, &looks));
            // what it can't read it does not write
            let must = must.unwrap_or_else(|_| "nothing".to_owned());
            compared += 1;
            if is != must {
                let start = |text: &str| text.chars().take(900).collect::<String>();
                let texts = [&*record, &is, &must].map(start);
                wrong.push(format!("{list}: {}", texts.join("\n  ")));
            }
        }
        let count = wrong.len();
        wrong.truncate(4);
        assert!(
            wrong.is_empty(),
            "{count} of {compared}\n{}",
            wrong.join("\n")
        );
    }
}
