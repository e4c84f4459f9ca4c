use super::*;

/// Fed in pieces of this size.
fn in_pieces(body: &[u8], size: usize) -> Result<(Answer, Vec<String>), Torn> {
    let mut records = Vec::new();
    let mut parser = Parser::new(&mut records);
    body.chunks(size).for_each(|piece| parser.feed(piece));
    let answer = parser.end()?;
    Ok((answer, records))
}

fn read(body: &str) -> (Answer, Vec<String>) {
    let whole = in_pieces(body.as_bytes(), usize::MAX).unwrap();
    for size in 1..body.len() {
        assert_eq!(in_pieces(body.as_bytes(), size).unwrap(), whole, "{size}");
    }
    whole
}

fn torn(body: &[u8]) -> Torn {
    in_pieces(body, 7).unwrap_err()
}

#[test]
fn all_ways_say_the_same() {
    let looked_at = |body: &str| {
        let (mut records, mut count) = (Vec::new(), 0);
        let answer = closer_look(body, &mut records, &mut count).unwrap();
        let answer = Answer {
            records: count,
            ..answer
        };
        (answer, records)
    };
    for body in [
        r#"{"data":[],"hasNext":false}"#,
        r#"{"data":[{"_id":"a"}, {"_id":"b"}],"hasNext":true,"total":7,"nextQueryFilters":{"x": [1]}}"#,
        r#" {"total":3,"hasNext":true,"data" : [{"_id":"a"},{"_id":"b","x":tru},{"_id":"]c\"}"}]}"#,
        r#"{"data":[null,{"_id":"a"},[7,"x"]],"total":4}"#,
        r#"{"x":{"data":[]},"data":[{}]}"#,
        r#"{"x":"\"data\"","data":[{}]}"#,
        r#"{"x":"data","data":[{}]}"#,
        r#"{"data":[{}],"data":[{"a":1}]}"#,
        r#"{"data":[{}]"#,
    ] {
        assert_eq!(read(body), looked_at(body), "{body}");
    }
}

#[test]
fn takes_a_page_apart() {
    let (page, records) = read(
        r#"{"data":[{"_id":"a"}, {"_id":"b"}],"hasNext":true,"total":7,"nextQueryFilters":{"x": 1}}"#,
    );
    assert_eq!(records, [r#"{"_id":"a"}"#, r#"{"_id":"b"}"#]);
    assert!(page.has_next);
    assert_eq!((page.records, page.total), (2, Some(7)));
    assert_eq!(page.next.as_deref(), Some(r#"{"x": 1}"#), "to the letter");
}

#[test]
fn bears_missing_and_odd_members() {
    let (page, _) =
        read(r#"{"data":[],"nextQueryFilters":null,"total":"3","max":1,"moreThanTotal":false}"#);
    assert_eq!(
        (page.has_next, page.next, page.total),
        (false, None, Some(3))
    );
}

#[test]
fn one_damaged_record_costs_only_itself() {
    let (page, records) = read(
        r#"{"total":3,"data":[{"_id":"a"},{"_id":"b","x":tru},{"_id":"]c\"}"}],"hasNext":true}"#,
    );
    assert_eq!(
        records,
        [
            r#"{"_id":"a"}"#,
            r#"{"_id":"b","x":tru}"#,
            r#"{"_id":"]c\"}"}"#
        ]
    );
    assert_eq!((page.has_next, page.total), (true, Some(3)));
}

#[test]
fn an_answer_that_breaks_off_is_torn() {
    let whole = r#"{"data":[{"_id":"a"},{"_id":"b"}],"hasNext":false}"#;
    for cut in 1..whole.find(']').unwrap() {
        let torn = torn(&whole.as_bytes()[..cut]);
        assert!(matches!(torn, Torn::Damaged(_)), "{cut}: {torn:?}");
    }
}

#[test]
fn damage_is_told_in_short() {
    let long = format!(r#"{{"data":"{}"}}"#, "x".repeat(9000));
    let Torn::Damaged(what) = torn(long.as_bytes()) else {
        panic!("a text is no list");
    };
    assert!(what.as_str().starts_with("invalid type"), "{what}");
    assert_eq!(what.as_str().len(), 200);
}

#[test]
fn says_what_the_cloud_said() {
    let answer = br#"{"filters":[{"error":"x is not valid","errorMessageCode":"C"}],"error":true}"#;
    assert_eq!(
        torn(answer),
        Torn::Refusal(ForeignText::new("x is not valid"))
    );
    assert_eq!(torn(b"<html>"), Torn::NotJson);
    assert_eq!(torn(b""), Torn::NotJson);
    assert_eq!(
        refusal(r#"{"detail":"Request was throttled."}"#).as_str(),
        "Request was throttled."
    );
}

#[test]
fn text_that_is_not_utf8_costs_only_its_letters() {
    let (_, records) = in_pieces(b"{\"data\":[{\"_id\":\"a\xff\"}]}", 3).unwrap();
    assert_eq!(records, ["{\"_id\":\"a\u{fffd}\"}"]);
}
