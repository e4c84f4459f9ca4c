//! Answers of the API, read as a stream
//!
//! Whatever they say: every record is a stretch of its answer, the cursor never goes back, what is
//! read twice is known, and a cloud that repeats itself is given up.
//!
//! The first byte chooses stream and page size; the answers stand behind it with a NUL between
//! them.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use siembox::for_tests::source::cloud_apps::record::{activity, alert};
use siembox::for_tests::source::cloud_apps::{LAYOUT, RULES};
use siembox::for_tests::source::json::list::{Parser, Torn};
use siembox::for_tests::source::{
    Answer, Cursor, PageResult, Place, Rules, Seen, TimeReader, Verdict, refusal,
};

/// The present: 2026-11-21.
const NOW_MS: i64 = 1_795_219_200_000;
const DAY_MS: i64 = 86_400_000;
/// More answers than this for the same question are never needed to find that the cloud goes in
/// circles.
const PATIENCE: usize = 100;

/// See the module.
pub fn run(data: &[u8]) {
    let Some((&mode, answers)) = data.split_first() else {
        return;
    };
    let mut stream = Stream::new(mode);
    let mut last = None;
    for body in answers.split(|byte| *byte == 0) {
        let refused = refusal(body);
        assert!(
            refused.as_str().chars().count() <= 200 && !refused.as_str().contains(char::is_control),
            "words of a refusal: {refused:?}"
        );
        match taken_apart(body, 1 << 16) {
            Ok(page) => {
                holds_together(&String::from_utf8_lossy(body), &page);
                stream.read(&page);
                last = Some(page);
            }
            Err(Torn::Refusal(words)) => assert_eq!(words, refused),
            Err(Torn::Damaged(what) | Torn::NotJson(what)) => {
                assert!(what.as_str().chars().count() <= 200, "{what}");
            }
            Err(Torn::Empty) => {}
        }
    }
    if let Some(page) = last {
        stream.repeats_nothing(&page);
        // takes the time of many others
        if mode & 8 == 0 {
            stream.ends(&page);
        }
    }
}

/// An answer and its records.
struct Page {
    answer: Answer,
    records: Vec<String>,
}

/// The body, fed in pieces of this size.
fn taken_apart(body: &[u8], size: usize) -> Result<Page, Torn> {
    let mut records = Vec::new();
    let mut parser = Parser::new(&LAYOUT, &mut records);
    let _ = body.chunks(size).try_for_each(|piece| parser.feed(piece));
    let answer = parser.end()?;
    Ok(Page { answer, records })
}

/// The records are stretches of the body, in order, and as much JSON as the body; in whatever
/// pieces it comes.
fn holds_together(body: &str, page: &Page) {
    fits(&page.answer, &page.records);
    let whole = serde_json::from_str::<&RawValue>(body).is_ok();
    let mut end = 0;
    for text in &page.records {
        let start = body[end..]
            .find(text)
            .expect("in the body, behind the one before");
        end += start + text.len();
        let json = serde_json::from_str::<&RawValue>(text).is_ok();
        assert!(json || !whole, "no record: {text}");
    }
    if let Some(list) = list(body) {
        let objects: Vec<&str> = (page.records.iter())
            .map(String::as_str)
            .filter(|text| text.starts_with('{'))
            .collect();
        assert_eq!(objects, list, "of {body}");
    }
    let size = 1 + body.len() % 97;
    let again = taken_apart(body.as_bytes(), size).unwrap_or_else(|torn| panic!("{torn:?}"));
    assert_eq!(
        (&again.answer, &again.records),
        (&page.answer, &page.records)
    );
}

/// What holds of every page: its records are counted, each is JSON or stands in brackets, and a
/// place goes back as JSON.
pub fn fits(answer: &Answer, records: &[String]) {
    assert_eq!(answer.records, records.len() as u64);
    for text in records {
        let brackets = text.starts_with(['{', '[']) && text.ends_with(['}', ']']);
        let json = serde_json::from_str::<&RawValue>(text).is_ok();
        assert!(json || brackets, "no record: {text}");
    }
    if let Some(next) = &answer.next {
        serde_json::from_str::<&RawValue>(next).expect("a place goes back as JSON");
    }
}

/// The objects of a page's list as a JSON parser finds them; `None` where the page is not whole, or
/// has a member twice.
fn list(body: &str) -> Option<Vec<&str>> {
    let once = |member: &&str| body.matches(*member).count() < 2;
    let members = ["data", "hasNext", "nextQueryFilters", "total"];
    let whole: BTreeMap<String, &RawValue> = serde_json::from_str(body).ok()?;
    // spelled with escapes, a member is found by the parser alone
    if !members.iter().all(once) || body.contains("\\u") {
        return None;
    }
    let list: Vec<&RawValue> = serde_json::from_str(whole.get("data")?.get()).ok()?;
    let texts = list.into_iter().map(RawValue::get);
    Some(texts.filter(|text| text.starts_with('{')).collect())
}

/// A stream as its poller reads it, and what went to flash.
struct Stream {
    rules: Rules,
    alerts: bool,
    reader: TimeReader,
    cursor: Option<Cursor>,
    seen: Vec<(u64, Vec<u8>)>,
}

impl Stream {
    fn new(mode: u8) -> Self {
        let rules = Rules {
            overlap_ms: 120_000,
            look_back_ms: 900_000,
            first_look_back_ms: 2 * DAY_MS,
            first_from_ms: None,
            max_catch_up_ms: 30 * DAY_MS,
            limit: [1, 3, 100, 5000][usize::from(mode >> 1 & 3)],
            filters: 7,
            api: RULES,
        };
        let mut reader = TimeReader::new(rules.clone(), None, Seen::default());
        reader.begin(NOW_MS, NOW_MS, false);
        Self {
            rules,
            alerts: mode & 1 == 1,
            reader,
            cursor: None,
            seen: Vec::new(),
        }
    }

    /// One answer, as `agent::poller` takes it in.
    fn read(&mut self, page: &Page) -> Verdict {
        let turn = take_in(&mut self.reader, self.alerts, page);
        assert!(turn.news + turn.repeats <= page.answer.records);
        let cursor = Cursor::from_bytes(&turn.cursor).expect("a cursor");
        assert_eq!(cursor.to_bytes(), turn.cursor);
        if let Some(before) = &self.cursor {
            assert!(before.high_ms <= cursor.high_ms, "the cursor went back");
        }
        assert!(cursor.high_ms <= NOW_MS && cursor.origin_ms <= cursor.high_ms);
        if turn.write {
            self.cursor = Some(cursor);
            if !turn.seen.is_empty() {
                let number = self.seen.last().map_or(0, |(number, _)| number + 1);
                self.seen.push((number, turn.seen));
            }
        } else {
            assert_eq!((turn.news, turn.seen.len()), (0, 0), "new, and not written");
        }
        match turn.verdict {
            Verdict::More | Verdict::Doubtful(_) => {
                let query = self.reader.query().expect("a question");
                assert!(query.from_ms <= NOW_MS && query.limit > 0);
                if let Place::Next(next) = query.place {
                    serde_json::from_str::<&RawValue>(&next).expect("JSON");
                }
            }
            Verdict::CaughtUp | Verdict::Unanswered(_) => {
                self.reader.give_up();
                assert_eq!(self.reader.query(), None);
                self.reader.begin(NOW_MS, NOW_MS, true);
            }
        }
        turn.verdict
    }

    /// After a restart, what was read before is known.
    fn repeats_nothing(&self, page: &Page) {
        let next = self.seen.last().map_or(0, |(number, _)| number + 1);
        let forgotten = self.cursor.as_ref().and_then(|cursor| cursor.forgotten_ms);
        let seen = Seen::restore(&self.seen, next, forgotten);
        let mut reader = TimeReader::new(self.rules.clone(), self.cursor.clone(), seen);
        reader.begin(NOW_MS, NOW_MS, true);
        let turn = take_in(&mut reader, self.alerts, page);
        assert_eq!(turn.news, 0, "read a second time");
    }

    /// The same answer to every question comes to an end.
    fn ends(&mut self, page: &Page) {
        let ended = (0..PATIENCE)
            .any(|_| matches!(self.read(page), Verdict::CaughtUp | Verdict::Unanswered(_)));
        assert!(ended, "asked {PATIENCE} times");
    }
}

fn take_in(reader: &mut TimeReader, alerts: bool, page: &Page) -> PageResult {
    // once it broke off before
    for text in page.records.iter().take(2) {
        reader.open(NOW_MS, Some(NOW_MS));
        reader.admit(text, None);
    }
    reader.open(NOW_MS, Some(NOW_MS));
    for text in &page.records {
        let read = if alerts { alert(text) } else { activity(text) };
        match read {
            Ok(record) => reader.admit(&record.event.id, Some(record.cursor_ms)),
            Err(unreadable) => {
                let id = unreadable.id.as_deref().unwrap_or(text);
                reader.admit(id, unreadable.cursor_ms)
            }
        };
    }
    reader.close(&page.answer)
}
