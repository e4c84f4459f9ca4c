//! Single records that break each response, and others of the same millisecond.

use super::*;

#[test]
fn a_record_is_found_among_requests_for_patience_and_no_other_is_taken_for_it() {
    for throttled in [2, 5] {
        let poison = Poison {
            throttled,
            records: [4_321].into(),
            ..Poison::default()
        };
        let mut cloud = cloud(9_000, 300, poison);
        let mut story = Story::new(rules(500));
        story.walk(&mut cloud, true, 2_000);
        let all_others = (0..9_000).filter(|record| *record != 4_321).collect();
        assert_eq!(story.ids(), all_others, "{throttled} of 8");
        assert_eq!(story.passed.len(), 1, "{throttled} of 8");
    }
}

#[test]
fn a_record_that_breaks_each_answer_is_found_and_passed_over() {
    for bad in [0, 1, 4_321, 8_998] {
        let poison = Poison {
            records: [bad].into(),
            ..Poison::default()
        };
        let mut cloud = cloud(9_000, 300, poison);
        let mut story = Story::new(rules(5000));
        story.walk(&mut cloud, true, 300);
        assert_eq!(story.got.len(), 8_999, "{bad}");
        let at_ms = cloud.times[bad];
        let only = Unserved {
            from_ms: at_ms,
            to_ms: at_ms,
            skip: 0,
            alone: false,
        };
        assert_eq!(story.passed, [only], "{bad}");
        // later walks go around it; a deep one asks once more, however old it is, also after a
        // restart
        story.restart(rules(5000));
        let before = cloud.questions;
        story.walk(&mut cloud, false, 10);
        story.walk(&mut cloud, true, 10);
        assert_eq!(
            story.passed.len(),
            1,
            "{} questions",
            cloud.questions - before
        );
        // and reads it where it is given out again
        cloud.poison = Poison::default();
        story.walk(&mut cloud, true, 10);
        assert_eq!(story.got.len(), 9_000, "{bad}");
        assert_eq!(story.reader.unserved(), 0);
        story.walk(&mut cloud, true, 3);
    }
}

#[test]
fn one_of_many_records_of_a_millisecond_is_passed_over_alone() {
    let poison = Poison {
        records: [57, 120].into(),
        ..Poison::default()
    };
    let mut cloud = cloud(300, 0, poison);
    cloud.times.iter_mut().for_each(|at| *at = NOW - MINUTE);
    cloud.times.push(NOW);
    let mut story = Story::new(rules(100));
    story.walk(&mut cloud, true, 500);
    assert_eq!(story.got.len(), 299);
    assert_eq!(story.passed.len(), 2);
}

/// Found by the property: the good record behind two failing ones of its millisecond stood aside
/// with them.
#[test]
fn a_good_record_behind_several_failing_ones_of_its_millisecond_arrives() {
    for bad in [vec![301, 302], vec![0, 1, 2, 5], (10..50).collect()] {
        let poison = Poison {
            records: bad.iter().copied().collect(),
            above: Some(58),
            ..Poison::default()
        };
        let mut cloud = cloud(310, 0, poison);
        cloud.times.iter_mut().for_each(|at| *at = NOW - MINUTE);
        cloud.times.push(NOW);
        let mut story = Story::new(rules(96));
        story.walk(&mut cloud, true, 5_000);
        let want: BTreeSet<usize> = (0..=310).filter(|i| !bad.contains(i)).collect();
        assert_eq!(story.ids(), want, "{bad:?}");
        assert_eq!(story.passed.len(), bad.len());
        // each of them is asked for again, not only the last
        assert_eq!(story.reader.unserved(), bad.len());
        story.restart(rules(96));
        story.walk(&mut cloud, true, 200);
        assert_eq!(story.passed.len(), bad.len(), "nobody is told again");
        cloud.poison = Poison::default();
        story.walk(&mut cloud, true, 200);
        assert_eq!(story.ids().len(), 311, "{bad:?}");
        assert_eq!(story.got.len(), 311, "each once");
        assert_eq!(story.reader.unserved(), 0);
    }
}

/// Many failing records that share a millisecond stand aside as one; given out again, all of them
/// are read.
#[test]
fn a_millisecond_that_stood_aside_is_read_to_its_end() {
    let poison = Poison {
        records: (40..300).collect(),
        ..Poison::default()
    };
    let mut cloud = cloud(300, 0, poison);
    cloud.times.iter_mut().for_each(|at| *at = NOW - MINUTE);
    cloud.times.push(NOW);
    let mut story = Story::new(rules(100));
    story.walk(&mut cloud, true, 500);
    assert_eq!((story.ids().len(), story.passed.len()), (41, 1));
    // a part of it is, at first
    cloud.poison.records = [290].into();
    story.walk(&mut cloud, true, 500);
    assert_eq!(story.ids().len(), 300);
    cloud.poison = Poison::default();
    story.walk(&mut cloud, true, 500);
    assert_eq!(story.ids().len(), 301);
    assert_eq!(story.reader.unserved(), 0);
}
