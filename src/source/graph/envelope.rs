//! Reads the members of a response of the API:
//! `{"@odata.context":…,"@odata.count":n,"@odata.nextLink":…,"value":[…]}`.

use percent_encoding::percent_decode_str;
use serde::Deserialize;

use crate::source::Answer;
use crate::source::json::list::{ListLayout, Members};
use crate::source::json::{Number, Raw, Text, lenient_object};

/// How the API lays out its answers.
pub(super) const LAYOUT: ListLayout = ListLayout {
    list: "value",
    read: members,
};

/// The longest link that is kept, bytes: it goes to flash with each page.
const MOST_LINK: usize = 16 << 10;

lenient_object! {
    struct Envelope<'a> {
        "value" => value: Raw<'a>,
        "@odata.context" => context: Text<'a>,
        "@odata.nextLink" => next: Text<'a>,
        "@odata.count" => count: Number,
    }
}

/// The answer's members; what stands behind the answer does not matter.
fn members(text: &str) -> Result<Members<'_>, serde_json::Error> {
    let envelope = Envelope::deserialize(&mut serde_json::Deserializer::from_str(text))?;
    let link = envelope.next.said();
    let total = envelope.count.0.and_then(|count| count.try_into().ok());
    Ok(Members {
        answer: Answer {
            has_next: link.is_some(),
            bare: link.is_none() && total.is_none() && envelope.context.said().is_none(),
            next: link
                .filter(|link| leads_on(link))
                .map(|link| link.into_owned()),
            total,
            ..Answer::default()
        },
        list: envelope.value.0,
    })
}

/// A link that counts records is none to follow: `$skip` ends at 500, and a record that moves
/// between two answers would hide another. The next page is had by time.
fn leads_on(link: &str) -> bool {
    let query = link.split_once('?').map_or("", |(_, query)| query);
    let counts = query.split('&').any(|pair| {
        let key = pair.split('=').next().unwrap_or_default();
        percent_decode_str(key).eq("$skip".bytes())
    });
    link.len() <= MOST_LINK && !counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_a_place_unless_it_counts() {
        let long = format!("https://x/?$skiptoken={}", "x".repeat(MOST_LINK));
        for (link, place) in [
            ("https://x/?$top=5&$skiptoken=c2%3d", true),
            ("https://x/?$skiptoken=$skip", true),
            ("https://x/?$top=5&$skip=5", false),
            ("https://x/?%24skip=5", false),
            (long.as_str(), false),
        ] {
            let body = format!(r#"{{"value":[],"@odata.nextLink":"{link}"}}"#);
            let answer = (LAYOUT.read)(&body).unwrap().answer;
            assert_eq!(answer.next.as_deref(), place.then_some(link));
            assert!(answer.has_next && !answer.bare);
        }
    }

    #[test]
    fn members_are_read_leniently() {
        for (members, has_next, total, bare) in [
            (r#""@odata.context":"c""#, false, None, false),
            (r#""@odata.count":"7""#, false, Some(7), false),
            (r#""@odata.nextLink":null"#, false, None, true),
            (
                r#""@odata.nextLink":"","@odata.count":-1"#,
                false,
                None,
                true,
            ),
            (r#""@odata.nextLink":[]"#, false, None, true),
            (r#""x":1"#, false, None, true),
        ] {
            for body in [
                format!("{{{members},\"value\":[]}}"),
                format!("{{\"value\":[],{members}}}"),
            ] {
                let answer = (LAYOUT.read)(&body).unwrap().answer;
                let is = (answer.has_next, answer.total, answer.bare);
                assert_eq!(is, (has_next, total, bare), "{body}");
            }
        }
    }
}
