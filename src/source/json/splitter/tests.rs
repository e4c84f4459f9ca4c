#![allow(clippy::unwrap_used)]
use proptest::prelude::*;
use serde_json::value::RawValue;

use super::*;

/// The elements of a list, fed in pieces of this size; `None` where it does not end.
fn elements(text: &str, piece: usize) -> Option<Vec<String>> {
    let (mut splitter, mut found) = (Splitter::default(), Vec::new());
    let mut each = |element: Element<'_>| {
        found.push(match element {
            Element::Whole(element) => String::from_utf8_lossy(element).into_owned(),
            Element::TooLong { bytes, .. } => format!("{bytes} bytes"),
        });
        ControlFlow::Continue(())
    };
    let mut pieces = text.as_bytes()[1.min(text.len())..].chunks(piece);
    let ended = pieces.any(|piece| splitter.feed(piece, &mut each) != Progress::Open);
    (ended || splitter.end(&mut each) != Progress::Open).then_some(found)
}

#[test]
fn by_brackets_outside_texts() {
    for (text, expected) in [
        ("[]", Some(vec![])),
        ("[ \n]", Some(vec![])),
        (r#"[{"a":1}, [2,{}]]"#, Some(vec![r#"{"a":1}"#, "[2,{}]"])),
        (
            r#"[{"a":"}]\\\"}"},{}]"#,
            Some(vec![r#"{"a":"}]\\\"}"}"#, "{}"]),
        ),
        (r#"[{"a":tru}]"#, Some(vec![r#"{"a":tru}"#])),
        ("[{},7, null]", Some(vec!["{}", "7", "null"])),
        ("[\"a,b\",{}]", Some(vec!["\"a,b\"", "{}"])),
        ("[{}}, {}tru]", Some(vec!["{}", "{}"])),
        (r#"[{\"}]"#, Some(vec![r#"{\"}"#])),
        ("[{}", None),
        ("[{]", None),
        ("[}", None),
        ("", None),
    ] {
        let expected = expected.map(|all| all.into_iter().map(str::to_owned).collect());
        assert_eq!(elements(text, 7), expected, "{text}");
    }
}

#[test]
fn across_the_edges_of_blocks_and_pieces() {
    for fill in 0..200 {
        for tail in ["\\\\", "\\\"", "\\\\\\\"}", "é"] {
            let one = format!("{{\"{}{tail}\":[1]}}", "x".repeat(fill));
            let text = format!("[{one},{one}]");
            let expected = Some(vec![one.clone(), one]);
            assert_eq!(elements(&text, 1 + fill % 90), expected, "{text}");
        }
    }
}

#[test]
fn keeps_only_what_is_open() {
    let more = |_: Element<'_>| ControlFlow::Continue(());
    let mut splitter = Splitter::default();
    let record = format!("{{\"a\":\"{}\"}},", "x".repeat(1000));
    for _ in 0..1000 {
        assert_eq!(splitter.feed(record.as_bytes(), more), Progress::Open);
        assert!(splitter.text.len() < 2 * record.len());
    }
    assert_eq!(splitter.feed(b"],\"a\"", more), Progress::Open);
    assert_eq!(splitter.end(more), Progress::Ended(b"],\"a\"".to_vec()));
}

#[test]
fn an_element_beyond_the_bound_is_told_by_its_begin() {
    for length in [MOST_ELEMENT - 10, MOST_ELEMENT, 3 * MOST_ELEMENT] {
        let text = format!("[{{}},{{\"a\":\"{}\"}},7]", "x".repeat(length));
        let (mut splitter, mut found) = (Splitter::default(), Vec::new());
        let mut each = |element: Element<'_>| {
            found.push(match element {
                Element::Whole(whole) => (whole.len(), whole.len() as u64),
                Element::TooLong { begin, bytes } => (begin.len(), bytes),
            });
            ControlFlow::Continue(())
        };
        for piece in text.as_bytes()[1..].chunks(60_000) {
            assert_eq!(splitter.feed(piece, &mut each), Progress::Open);
            assert!(splitter.text.len() <= MOST_ELEMENT + 200_000);
        }
        assert_eq!(splitter.end(&mut each), Progress::Ended(b"]".to_vec()));
        let one = length + 8;
        let kept = if one > MOST_ELEMENT { KEPT } else { one };
        assert_eq!(found, [(2, 2), (kept, one as u64), (1, 1)]);
    }
}

#[test]
fn stops_where_nobody_wants_more() {
    for text in ["1,2,3,4,", "{},{},{},{},"] {
        let (mut splitter, mut left) = (Splitter::default(), 3);
        let progress = splitter.feed(text.repeat(100).as_bytes(), |_| {
            left -= 1;
            if left > 0 {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        assert_eq!((progress, left), (Progress::Stopped, 0));
    }
}

proptest! {
    #[test]
    fn agrees_with_a_parser(
        values in prop::collection::vec(json(), 0..6),
        blanks in "[ \n]{0,3}",
        piece in 1_usize..200,
    ) {
        let texts: Vec<String> = values
            .iter()
            .map(|value| format!("{{\"v\":{value}}}"))
            .collect();
        let text = format!("[{}{blanks}]", texts.join(&format!(",{blanks}")));
        let raw: Vec<&RawValue> = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(
            elements(&text, piece).unwrap(),
            raw.iter().map(|raw| raw.get()).collect::<Vec<_>>()
        );
    }

    #[test]
    fn survives_anything(text in "\\[[\\[\\]{}\",\\\\ 1é]{0,200}", piece in 1_usize..80) {
        if let (Some(elements), Ok(raw)) = (
            elements(&text, piece),
            serde_json::from_str::<Vec<&RawValue>>(&text),
        ) {
            prop_assert_eq!(
                elements,
                raw.iter().map(|raw| raw.get()).collect::<Vec<_>>()
            );
        }
    }
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        any::<i32>().prop_map(serde_json::Value::from),
        "[\\[\\]{}\",\\\\ aé\n]{0,80}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::hash_map("[a-c\"\\\\]{0,4}", inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}
