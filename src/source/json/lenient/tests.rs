#![allow(clippy::unwrap_used)]
use super::super::lenient_object::lenient_object;
use super::items::MOST_ITEMS;
use super::*;

lenient_object! {
    struct Thing<'a> {
        "name" => name: Text<'a>,
        "many" => many: Items<Text<'a>>,
        "at" => at: Number,
        "yes" => yes: LenientFlag,
    }
}

fn thing(json: &str) -> (String, usize, Option<i64>) {
    let thing: Thing<'_> = serde_json::from_str(json).unwrap();
    (
        thing.name.or_empty().into_owned(),
        thing.many.kept.len(),
        thing.at.0,
    )
}

#[test]
fn takes_anything() {
    let nothing = (String::new(), 0, None);
    for json in ["null", "7", "-7.5", "\"x\"", "true", "[1,{}]", "{}"] {
        assert_eq!(thing(json), nothing, "{json}");
    }
    for value in ["null", "true", "{}", "[[]]", "{\"a\":[]}", "\"null\""] {
        let json = format!(r#"{{"name":{value},"at":{value}}}"#);
        assert_eq!(thing(&json), nothing, "{json}");
    }
}

#[test]
fn keeps_what_is_meant() {
    let json = r#"{"name":1,"NAME":"x","name":"b","many":{"0":"a","1":null},"at":"12"}"#;
    assert_eq!(thing(json), ("b".into(), 2, Some(12)));
    assert_eq!(
        thing(r#"{"at":1595096313000.0}"#).2,
        Some(1_595_096_313_000)
    );
    assert_eq!(thing(r#"{"at":"1.6"}"#).2, Some(2));
    assert_eq!(thing(r#"{"at":18446744073709551615}"#).2, None);
    assert_eq!(
        thing(r#"{"at":1e300,"name":2.5,"many":"x"}"#),
        ("2.5".into(), 0, None)
    );
}

#[test]
fn yes_and_no_in_all_their_forms() {
    for (value, yes) in [
        ("true", true),
        ("1", true),
        ("1.0", true),
        ("\"True\"", true),
        ("\"1\"", true),
        ("false", false),
        ("0", false),
        ("null", false),
        ("\"false\"", false),
        ("\"\"", false),
        ("[1]", false),
        ("{}", false),
    ] {
        let json = format!(r#"{{"yes":{value}}}"#);
        let thing: Thing<'_> = serde_json::from_str(&json).unwrap();
        assert_eq!(thing.yes, LenientFlag(yes), "{value}");
    }
}

#[test]
fn of_a_long_list_so_many_are_kept_and_the_rest_is_counted() {
    for json in [
        format!(r#"{{"many":[{}"x"]}}"#, "\"x\",".repeat(MOST_ITEMS + 6)),
        format!(
            r#"{{"many":{{{}"a":"x"}}}}"#,
            "\"a\":\"x\",".repeat(MOST_ITEMS + 6)
        ),
    ] {
        let thing: Thing<'_> = serde_json::from_str(&json).unwrap();
        let texts = thing.many.texts(Text::said);
        assert_eq!(texts.len(), MOST_ITEMS + 1);
        assert_eq!(texts[MOST_ITEMS], "and 7 more");
    }
}
