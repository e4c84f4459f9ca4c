//! The own mapper, held against the lines that the old agent's documentation printed, and against
//! the golden set.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;

use serde_json::Value;
use siembox_support::mapper::{Looks, line};
use siembox_support::records::Stream;

/// Lines of a set that are in the one style that the mapper knows: how many, and those that it
/// writes otherwise.
fn compared(set: &str) -> (usize, Vec<String>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden");
    let read = |ending: &str| std::fs::read_to_string(folder.join(format!("{set}.{ending}")));
    let (rows, lines) = (read("jsonl").unwrap(), read("cef").unwrap());
    let (mut count, mut wrong) = (0, Vec::new());
    for (nth, (row, want)) in rows.lines().zip(lines.lines()).enumerate() {
        // records that are no JSON for a strict reader are another test's
        let Ok(row) = serde_json::from_str::<Value>(row) else {
            continue;
        };
        let style = &row["style"];
        let other = ["time_format", "alert_name"];
        let version = style["agent_version"].as_str().unwrap_or("0.207.251");
        // from 0.111 on activities are what they were to the end; alerts of that time have no src
        // yet
        let number: u32 = version.split('.').nth(1).unwrap().parse().unwrap();
        let is_activity = want.contains("|EVENT_CATEGORY_");
        let known = (111..298).contains(&number) && (is_activity || number == 207);
        let named = style["profile"].as_str().unwrap_or("original");
        assert!(["original", "portable"].contains(&named), "{named}");
        if !known || other.iter().any(|key| !style[*key].is_null()) {
            continue;
        }
        count += 1;
        let text = |key: &str| style[key].as_str().map(str::to_owned);
        let looks = Looks {
            portal: text("portal")
                .unwrap_or("https://contoso.portal.cloudappsecurity.com".to_owned()),
            version: version.to_owned(),
            pri: style["include_pri"] == true,
            system_name: text("system_name"),
            full_header: false,
            portable: style["profile"] == "portable",
            is_update: false,
        };
        let stream = if is_activity {
            Stream::Activities
        } else {
            Stream::Alerts
        };
        let is = line(stream, &row["record"].to_string(), &looks);
        if is != want {
            wrong.push(format!(
                "{set}.jsonl:{}: {}\n  is   {is}\n  must {want}",
                nth + 1,
                row["about"]
            ));
        }
    }
    (count, wrong)
}

#[test]
fn writes_the_lines_that_the_documentation_printed() {
    let (count, wrong) = compared("documented");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 6, "{count}");
}

#[test]
fn agrees_with_the_golden_set() {
    let (count, wrong) = compared("invented");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 10, "{count}");
}
