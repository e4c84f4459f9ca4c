//! Stretches of time that are not given out, for a while or for ever.

use super::*;

/// A stretch stood aside. Given out again, it holds a record that fails, and pages may not be
/// large: everything else of it is read.
#[test]
fn a_stretch_of_which_a_part_is_given_out_again_is_read_but_for_the_rest() {
    for bad in [[1_200].into(), [1_300, 1_700].into(), [1_799].into()] {
        let stretch = (NOW - 40 * MINUTE, NOW - 30 * MINUTE);
        let poison = Poison {
            stretch: Some(stretch),
            ..Poison::default()
        };
        let mut cloud = cloud(3_600, 1000, poison);
        let mut story = Story::new(rules(100));
        story.walk(&mut cloud, true, 500);
        cloud.poison = Poison {
            records: bad,
            above: Some(30),
            ..Poison::default()
        };
        for _ in 0..3 {
            story.restart(rules(100));
            story.walk(&mut cloud, true, 1_000);
        }
        let failing = cloud.poison.records.clone();
        let missing: BTreeSet<usize> = &(0..3_600).collect() - &story.ids();
        assert_eq!(missing, failing);
        cloud.poison = Poison::default();
        story.walk(&mut cloud, true, 200);
        assert_eq!(story.ids().len(), 3_600);
        assert_eq!(story.reader.unserved(), 0);
    }
}

/// The cloud does not give out old data for a while; all of it arrives, long after the look-back
/// has passed it by, and also over restarts.
#[test]
fn old_data_that_is_not_given_out_for_a_while_arrives() {
    for seconds in [10, 60, 600, 7_200] {
        for restart_every in [None, Some(7), Some(40)] {
            for old_ms in [10 * MINUTE, 40 * MINUTE] {
                let until = ASKED + seconds * 1000;
                let poison = Poison {
                    old: Some((NOW - old_ms, until)),
                    ..Poison::default()
                };
                let mut cloud = cloud(3_600, 1000, poison);
                let mut story = Story::new(rules(100));
                let mut questions = 0;
                // the first start is on flash
                story.reader.begin(cloud.now, cloud.now, true);
                story.flash = story.reader.pass().cursor;
                // walks go on while it lasts, and new records come
                while cloud.now < until + 10 * MINUTE {
                    cloud.times.push(cloud.now - 1);
                    story.reader.ask_again();
                    story.reader.begin(cloud.now, cloud.now, false);
                    while !story.ask(&mut cloud) {
                        questions += 1;
                        if restart_every.is_some_and(|every| questions % every == 0) {
                            story.restart(rules(100));
                        }
                    }
                    cloud.now += MINUTE;
                }
                let (all, got) = (cloud.times.len(), story.ids());
                let what = format!("{seconds} s, {old_ms} ms, restarts {restart_every:?}");
                assert_eq!(got.len(), all, "{what}");
                assert_eq!(story.got.len(), all, "{what}: each once");
                assert_eq!(story.reader.unserved(), 0, "{what}");
                let passes = !story.passed.is_empty();
                assert!(seconds > 10 || !passes, "{what}: {:?}", story.passed);
            }
        }
    }
}

#[test]
fn a_stretch_that_is_not_given_out_is_passed_over_to_the_millisecond() {
    let stretch = (NOW - 40 * MINUTE, NOW - 30 * MINUTE);
    let poison = Poison {
        stretch: Some(stretch),
        ..Poison::default()
    };
    let mut cloud = cloud(3_600, 1000, poison);
    let mut story = Story::new(rules(100));
    story.walk(&mut cloud, true, 500);
    let outside = |at: &i64| !(stretch.0..=stretch.1).contains(at);
    let want = cloud.times.iter().filter(|at| outside(at)).count();
    assert_eq!(story.got.len(), want);
    let (from_ms, to_ms) = stretch;
    let only = Unserved {
        from_ms,
        to_ms,
        skip: 0,
        alone: false,
    };
    assert_eq!(story.passed, [only]);
}

/// Found by the property: a failing record, behind it a failing stretch, and little that can be
/// read behind that.
#[test]
fn a_record_before_a_stretch_is_passed_over_where_little_follows() {
    let stretch = (NOW - 25 * MINUTE, NOW - 24 * MINUTE);
    let poison = Poison {
        records: [12].into(),
        stretch: Some(stretch),
        ..Poison::default()
    };
    let mut cloud = cloud(13, 0, poison);
    cloud
        .times
        .iter_mut()
        .for_each(|at| *at = NOW - 59 * MINUTE);
    cloud.times.push(NOW);
    let mut story = Story::new(rules(1));
    story.walk(&mut cloud, true, 1_000);
    let missing: BTreeSet<usize> = &(0..14).collect() - &story.ids();
    assert_eq!(missing, [12].into());
}

/// More fails than can be remembered: the stream waits there, and says so.
#[test]
fn a_further_stretch_is_waited_for_where_no_more_can_be_remembered() {
    let poison = Poison {
        records: (0..=2 * MOST_UNSERVED).step_by(2).collect(),
        ..Poison::default()
    };
    let mut cloud = cloud(3 * MOST_UNSERVED as i64, 10, poison);
    let mut story = Story::new(rules(1));
    story.reader.begin(ASKED, ASKED, true);
    for _ in 0..40_000 {
        story.ask(&mut cloud);
        if story.last == Some(Step::TooMany) {
            break;
        }
    }
    assert_eq!(story.last, Some(Step::TooMany));
    assert_eq!(story.reader.unserved(), MOST_UNSERVED);
    assert_eq!(story.ids().len(), MOST_UNSERVED, "all before it");
    // it goes on when the API answers
    cloud.poison = Poison::default();
    story.walk(&mut cloud, true, 5_000);
    story.walk(&mut cloud, true, 5_000);
    assert_eq!(story.ids().len(), 3 * MOST_UNSERVED);
    assert_eq!(story.got.len(), 3 * MOST_UNSERVED, "each once");
}
