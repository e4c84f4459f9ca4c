use super::*;

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn beat(pid: u32, late: &[&str]) -> Beat {
    Beat {
        pid,
        condition: Condition::Connected,
        late: late.iter().map(|&part| part.to_owned()).collect(),
        ..Beat::default()
    }
}

const WELL: Signal = Signal::Condition(Condition::Connected);

#[test]
fn a_frozen_process_loses_its_lamp_and_then_its_life() {
    let mut watch = HealthWatch::default();
    assert_eq!(watch.signal(at(0)), Signal::Starting);
    watch.runs(Some((7, at(0))));
    watch.hear(beat(7, &[]), at(10));
    assert_eq!(watch.signal(at(18)), WELL);
    assert_eq!(watch.well_for(at(18)), at(8));
    assert_eq!(watch.signal(at(19)), Signal::Fault);
    assert_eq!(watch.well_for(at(19)), at(0));
    assert_eq!(watch.cure(at(39)), None);
    let why = "no answer for 30 s".to_owned();
    assert_eq!(watch.cure(at(40)), Some(Cure::Restart(why)));
    watch.runs(Some((7, at(0))));
    assert_eq!(watch.cure(at(41)), None, "once: it is not buried yet");
    assert_eq!(watch.signal(at(41)), Signal::Starting);
    watch.runs(None);
    watch.runs(Some((8, at(42))));
    watch.hear(beat(7, &[]), at(43));
    assert_eq!(
        watch.signal(at(43)),
        Signal::Starting,
        "the dead one's last word"
    );
    watch.hear(beat(8, &[]), at(44));
    assert_eq!(watch.signal(at(44)), WELL);
}

#[test]
fn a_late_part_is_a_fault_too() {
    let mut watch = HealthWatch::default();
    watch.runs(Some((7, at(0))));
    for second in (100..160).step_by(3) {
        watch.hear(beat(7, &["contoso: reader"]), at(second));
        assert_eq!(watch.signal(at(second)), Signal::Fault);
        assert_eq!(watch.cure(at(second)), None);
    }
    watch.hear(beat(7, &["contoso: reader"]), at(160));
    let why = "no sign of life for 60 s from: contoso: reader".to_owned();
    assert_eq!(watch.cure(at(160)), Some(Cure::Restart(why)));
}

#[test]
fn a_start_has_its_time_and_no_more() {
    let mut watch = HealthWatch::default();
    watch.runs(Some((7, at(5))));
    assert_eq!(
        (watch.signal(at(64)), watch.cure(at(64))),
        (Signal::Starting, None)
    );
    assert_eq!(watch.signal(at(65)), Signal::Fault);
    assert!(matches!(watch.cure(at(65)), Some(Cure::Restart(_))));
}

#[test]
fn one_that_always_dies_is_a_fault() {
    let mut watch = HealthWatch::default();
    for pid in 0..2 {
        watch.runs(Some((pid, at(1))));
        assert_eq!(watch.signal(at(2)), Signal::Starting);
        watch.runs(None);
    }
    assert_eq!(watch.signal(at(2)), Signal::Fault);
    assert_eq!(watch.cure(at(999)), None, "the supervisor has it in hand");
}

#[test]
fn one_that_cannot_be_killed_calls_for_more() {
    let mut watch = HealthWatch::default();
    watch.runs(Some((7, at(0))));
    assert!(matches!(watch.cure(at(60)), Some(Cure::Restart(_))));
    for second in 61..120 {
        watch.runs(Some((7, at(0))));
        assert_eq!(watch.cure(at(second)), None);
    }
    assert!(matches!(watch.cure(at(120)), Some(Cure::Reboot(_))));
    assert_eq!(watch.cure(at(121)), None, "once a minute");
    watch.runs(Some((8, at(122))));
    assert_eq!(watch.cure(at(123)), None);
}

#[test]
fn five_cures_in_a_quarter_of_an_hour_call_for_more() {
    let mut watch = HealthWatch::default();
    let mut cures = Vec::new();
    for round in 0..6 {
        let begin = 100 * u64::from(round);
        watch.runs(Some((round, at(begin))));
        watch.hear(beat(round, &[]), at(begin + 1));
        cures.extend(watch.cure(at(begin + 31)));
        watch.runs(None);
    }
    let reboots = cures.iter().map(|cure| matches!(cure, Cure::Reboot(_)));
    assert_eq!(
        reboots.collect::<Vec<_>>(),
        [false, false, false, false, true, false]
    );
}
