use super::*;
use crate::source::cloud_apps::LAYOUT;
use crate::source::refusal;

/// Fed in pieces of this size.
fn in_pieces(body: &[u8], size: usize) -> Result<(Answer, Vec<String>), Torn> {
    let mut records = Vec::new();
    let mut parser = Parser::new(&LAYOUT, &mut records);
    let _ = body.chunks(size).try_for_each(|piece| parser.feed(piece));
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
fn records_are_found_wherever_the_list_stands() {
    for (body, records) in [
        (r#"{"data":[],"hasNext":false}"#, vec![]),
        (
            r#" {"total":3,"data" : [{"_id":"a"},{"_id":"b","x":tru},{"_id":"]c\"}"}]}"#,
            vec![
                r#"{"_id":"a"}"#,
                r#"{"_id":"b","x":tru}"#,
                r#"{"_id":"]c\"}"}"#,
            ],
        ),
        (
            r#"{"data":[null,{"_id":"a"},[7,"x"]],"total":4}"#,
            vec!["null", r#"{"_id":"a"}"#, r#"[7,"x"]"#],
        ),
        (r#"{"x":{"data":[]},"data":[{}]}"#, vec!["{}"]),
        (r#"{"x":"\"data\"","data":[{}]}"#, vec!["{}"]),
        (r#"{"x":"data","data":[{}]}"#, vec!["{}"]),
        (r#"{"data":[{}],"data":[{"a":1}]}"#, vec!["{}"]),
        (r#"{"data":[{}]"#, vec!["{}"]),
        (r#"{"d\u0061ta":[{}]}"#, vec!["{}"]),
        (
            r#"{"data":{"0":{"_id":"a"},"1":{}}}"#,
            vec![r#"{"_id":"a"}"#, "{}"],
        ),
        (r#"{"data":{"_id":"a"}}"#, vec![r#"{"_id":"a"}"#]),
        (r#"{"data":null,"total":0}"#, vec![]),
        ("\u{feff}{\"data\":[{}]}", vec!["{}"]),
        ("{\"data\":[{}]} \0 and more", vec!["{}"]),
    ] {
        assert_eq!(read(body).1, records, "{body}");
    }
}

#[test]
fn the_list_stands_where_the_layout_says() {
    const VALUE: ListLayout = ListLayout {
        list: "value",
        read: LAYOUT.read,
    };
    let mut records = Vec::new();
    let mut parser = Parser::new(&VALUE, &mut records);
    let _ = parser.feed(br#"{"data":[{"a":1}],"value":[{"b":2}],"total":1}"#);
    assert_eq!(parser.end().unwrap().total, Some(1));
    assert_eq!(records, [r#"{"b":2}"#]);
}

#[test]
fn an_answer_with_more_than_fits_is_cut_and_goes_on() {
    let records = MOST_RECORDS as usize;
    for one in ["1", "{}", "[]", "[[[[]]]]", "\"x\"", r#"{"_id":"a"}"#] {
        let body = format!("{{\"data\":[{}", format!("{one},").repeat(records + 10));
        let (answer, found) = in_pieces(body.as_bytes(), 60_000).unwrap();
        assert_eq!((found.len(), answer.records), (records, MOST_RECORDS));
        assert!(answer.cut && answer.has_next && answer.next.is_none());
    }
    // what stands behind the list may be as dense
    let body = format!("{{\"data\":[{{}}],\"x\":[{}", "1,".repeat(2 << 20));
    let (answer, found) = in_pieces(body.as_bytes(), 60_000).unwrap();
    assert_eq!((found.len(), answer.cut, answer.has_next), (1, true, true));
}

#[test]
fn a_recipient_without_room_ends_the_page() {
    struct Two(u32);
    impl TakeRecord for Two {
        fn record(&mut self, _: &str) -> ControlFlow<()> {
            self.0 += 1;
            if self.0 < 2 {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        }

        fn too_long(&mut self, _: &str, _: u64) -> ControlFlow<()> {
            ControlFlow::Continue(())
        }
    }
    for body in [
        r#"{"data":[{},{},{}],"total":3}"#,
        r#"{"data":[1,2,3],"total":3}"#,
        r#"{"data":{"0":{},"1":{},"2":{}},"total":3}"#,
        r#"{"x":"{"data":[{},{},{}],"total":3}"#,
    ] {
        let mut two = Two(0);
        let mut parser = Parser::new(&LAYOUT, &mut two);
        let _ = parser.feed(body.as_bytes());
        let answer = parser.end().unwrap();
        assert_eq!(
            (answer.records, answer.cut, answer.total),
            (2, true, None),
            "{body}"
        );
        assert_eq!(two.0, 2);
    }
}

#[test]
fn what_stands_before_a_list_is_bounded() {
    let body = format!("{{\"x\":[{}", "1,".repeat(2 << 20));
    let mut nobody = ();
    let mut parser = Parser::new(&LAYOUT, &mut nobody);
    let pieces = body.as_bytes().chunks(4096).count();
    let taken = body
        .as_bytes()
        .chunks(4096)
        .take_while(|piece| parser.feed(piece).is_continue());
    assert!(taken.count() < pieces / 3);
    assert_eq!(
        parser.end(),
        Err(Torn::Damaged(ForeignText::new(
            "more than 1 MB precede its list"
        )))
    );
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
    let no_list = r#"{"data":"x"}"#;
    assert_eq!(
        torn(no_list.as_bytes()),
        Torn::Damaged(ForeignText::new("its data is not a list"))
    );
    let long = format!(r#"{{"{}":tru}}"#, "x".repeat(9000));
    let Torn::Damaged(what) = torn(long.as_bytes()) else {
        panic!("it is damaged");
    };
    assert!(
        what.as_str().starts_with("expected ident") && what.as_str().len() <= 200,
        "{what}"
    );
}

#[test]
fn says_what_the_cloud_said() {
    let answer = br#"{"filters":[{"error":"x is not valid","errorMessageCode":"C"}],"error":true}"#;
    assert_eq!(
        torn(answer),
        Torn::Refusal(ForeignText::new("x is not valid"))
    );
    let answer = br#"{"data":null,"error":{"message":"no"}}"#;
    assert_eq!(torn(answer), Torn::Refusal(ForeignText::new("no")));
    assert_eq!(
        torn(b"<html>"),
        Torn::NotJson(ForeignText::new("a web page"))
    );
    assert_eq!(torn(b"\xef\xbb\xbf \r\n"), Torn::Empty);
    assert_eq!(torn(b""), Torn::Empty);
    assert_eq!(
        refusal(br#"{"detail":"Request was throttled."}"#).as_str(),
        "Request was throttled."
    );
}

#[test]
fn text_that_is_not_utf8_costs_only_its_letters() {
    let (_, records) = in_pieces(b"{\"data\":[{\"_id\":\"a\xff\"}]}", 3).unwrap();
    assert_eq!(records, ["{\"_id\":\"a\u{fffd}\"}"]);
}
