//! Places, page sizes and spans that fail, requests for patience, and outages.

use super::*;

#[test]
fn a_place_that_fails_is_left_and_costs_no_record() {
    for restarts in [false, true] {
        let mut cloud = cloud(9_000, 300, Poison::default());
        cloud.scan = true;
        let mut story = Story::new(rules(1000));
        story.reader.begin(ASKED, ASKED, true);
        assert!(!story.ask(&mut cloud));
        cloud.poison.places = true;
        if restarts {
            story.restart(rules(1000));
            assert!(matches!(
                story.reader.query().map(|query| query.place),
                Some(Place::Next(_))
            ));
        }
        story.walk(&mut cloud, true, 100);
        assert_eq!(story.got.len(), 9_000);
        assert_eq!(story.passed, []);
    }
}

#[test]
fn a_request_limit_costs_patience_and_neither_smaller_pages_nor_records() {
    for throttled in [1, 4, 6, 7] {
        let poison = Poison {
            throttled,
            ..Poison::default()
        };
        let mut cloud = cloud(9_000, 300, poison);
        let mut story = Story::new(rules(500));
        // 18 pages and what ends the walk, each asked until it is let through
        story.walk(&mut cloud, true, 320);
        assert_eq!(story.ids(), (0..9_000).collect(), "{throttled} of 8");
        assert_eq!(story.passed, []);
    }
}

#[test]
fn a_place_at_which_the_cloud_always_asks_for_patience_is_left() {
    let poison = Poison {
        places_throttled: true,
        ..Poison::default()
    };
    let mut cloud = cloud(9_000, 300, poison);
    cloud.scan = true;
    let mut story = Story::new(rules(500));
    story.walk(&mut cloud, true, 320);
    assert_eq!(story.ids(), (0..9_000).collect());
    assert_eq!(story.passed, []);
}

#[test]
fn a_size_that_fails_is_halved_and_not_tried_on_every_page() {
    let poison = Poison {
        above: Some(700),
        ..Poison::default()
    };
    let mut cloud = cloud(50_000, 50, poison);
    let mut story = Story::new(rules(5000));
    story.walk(&mut cloud, true, 50_000 / 625 + 60);
    assert_eq!(story.got.len(), 50_000);
    assert_eq!(story.passed, []);
}

#[test]
fn a_span_that_is_too_long_is_halved_and_costs_no_record() {
    let poison = Poison {
        span: Some(7 * MINUTE),
        ..Poison::default()
    };
    let mut cloud = cloud(3_600, 1000, poison);
    let mut story = Story::new(rules(100));
    story.walk(&mut cloud, true, 2_000);
    assert_eq!(story.got.len(), 3_600);
    assert_eq!(story.passed, []);
}

#[test]
fn an_outage_changes_nothing() {
    let mut cloud = cloud(9_000, 300, Poison::default());
    cloud.scan = true;
    let mut story = Story::new(rules(1000));
    story.reader.begin(ASKED, ASKED, true);
    assert!(!story.ask(&mut cloud));
    let question = story.reader.query();
    cloud.poison.outage = true;
    for _ in 0..100 {
        assert!(!story.ask(&mut cloud));
        assert_eq!(story.reader.query(), question);
    }
    cloud.poison.outage = false;
    story.walk(&mut cloud, true, 20);
    assert_eq!(story.got.len(), 9_000);
}

#[test]
fn an_outage_of_all_that_is_not_empty_passes_nothing_over() {
    let mut cloud = cloud(9_000, 300, Poison::default());
    let mut story = Story::new(rules(1000));
    story.reader.begin(ASKED, ASKED, true);
    assert!(!story.ask(&mut cloud));
    cloud.poison.outage_of_data = true;
    for _ in 0..500 {
        assert!(!story.ask(&mut cloud));
    }
    assert_eq!(story.passed, []);
    cloud.poison.outage_of_data = false;
    story.walk(&mut cloud, true, 60);
    assert_eq!(story.got.len(), 9_000);
}

#[test]
fn the_newest_record_is_waited_for_until_something_follows() {
    let poison = Poison {
        records: [99].into(),
        ..Poison::default()
    };
    let mut cloud = cloud(100, 1000, poison);
    let mut story = Story::new(rules(100));
    story.reader.begin(ASKED, ASKED, true);
    for _ in 0..200 {
        assert!(!story.ask(&mut cloud));
    }
    assert_eq!(story.got.len(), 99);
    assert_eq!(story.passed, []);
    cloud.times.push(NOW);
    story.walk(&mut cloud, true, 60);
    assert_eq!(story.got.len(), 100);
    assert_eq!(story.passed.len(), 1);
}
