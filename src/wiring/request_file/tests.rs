#![allow(clippy::unwrap_used)]
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

const SILENCE: Silence = Silence {
    from_ms: 7,
    length: Duration::from_millis(900_000),
};

fn file(state: &Path) -> RequestFile {
    RequestFile::new(state, "hunting", "https://graph.example contoso.com")
}

/// What the next process finds, in order.
fn found(state: &Path) -> PastRequests {
    let mut past = file(state).read();
    past.times_ms.sort_unstable();
    past
}

fn times(of: impl IntoIterator<Item = i64>) -> PastRequests {
    PastRequests {
        times_ms: of.into_iter().collect(),
        silence: None,
    }
}

#[test]
fn the_next_process_finds_what_was_written() {
    let state = tempfile::tempdir().unwrap();
    assert_eq!(found(state.path()), PastRequests::default());
    let mut first = file(state.path());
    first.add(5);
    first.add(3);
    let mut second = file(state.path());
    assert_eq!(second.read(), times([5, 3]));
    second.keep_silence(SILENCE);
    second.add(9);
    let silence = Some(SILENCE);
    let want = PastRequests {
        silence,
        ..times([3, 5, 9])
    };
    assert_eq!(found(state.path()), want);
    assert_eq!(fs::metadata(&second.path).unwrap().len(), SIZE as u64);
    let mode = fs::metadata(&second.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    second.replace(&times([1]));
    second.add(2);
    assert_eq!(found(state.path()), times([1, 2]));
    // another tenant, and another service of this one, have files of their own
    for (service, tenant) in [
        ("hunting", "b"),
        ("api", "https://graph.example contoso.com"),
    ] {
        let mut other = RequestFile::new(state.path(), service, tenant);
        assert_eq!(other.read(), PastRequests::default());
        other.add(1);
    }
    assert_eq!(found(state.path()), times([1, 2]));
}

#[test]
fn the_file_keeps_its_size_and_the_latest_of_a_minute() {
    let state = tempfile::tempdir().unwrap();
    let most = i64::from(MOST_REQUESTS_PER_MINUTE);
    let mut one = file(state.path());
    for at_ms in 0..most + 7 {
        // the clock is set back now and then: the order in which they were written counts
        one.add(if at_ms % 100 == 99 { at_ms - 50 } else { at_ms });
    }
    let mut two = file(state.path());
    assert_eq!(two.read().times_ms.len(), SLOTS as usize);
    for at_ms in 0..10 {
        two.add(1_000_000 + at_ms);
    }
    let past = found(state.path());
    assert!(
        past.times_ms.iter().all(|at_ms| *at_ms >= 17),
        "the oldest went"
    );
    assert_eq!(
        past.times_ms[SLOTS as usize - 10..],
        [0; 10].map({
            let mut next = 999_999;
            move |_: i64| {
                next += 1;
                next
            }
        })
    );
    assert_eq!(fs::metadata(&two.path).unwrap().len(), SIZE as u64);
}

#[test]
fn what_is_no_file_of_this_limit_is_made_anew() {
    let state = tempfile::tempdir().unwrap();
    let mut whole = file(state.path());
    whole.add(1);
    let (bytes, path) = (fs::read(&whole.path).unwrap(), whole.path.clone());
    let other = {
        let (mut other, _) = encode(*b"another!", &PastRequests::default());
        other.truncate(SIZE);
        other
    };
    let mut newer = bytes.clone();
    newer[7] += 1;
    for spoiled in [
        Vec::new(),
        bytes[..bytes.len() - 1].to_vec(),
        [&bytes[..], b"x"].concat(),
        vec![0; SIZE],
        vec![0xff; SIZE],
        other,
        newer,
    ] {
        fs::write(&path, &spoiled).unwrap();
        let mut next = file(state.path());
        assert_eq!(next.read(), PastRequests::default());
        next.add(4);
        assert_eq!(found(state.path()), times([4]));
    }
}

#[test]
fn a_damaged_slot_costs_that_request_alone() {
    let state = tempfile::tempdir().unwrap();
    let mut one = file(state.path());
    (1..=3).for_each(|at_ms| one.add(at_ms));
    let sound = fs::read(&one.path).unwrap();
    for bit in 0..SLOT * 8 {
        let mut bytes = sound.clone();
        bytes[HEAD + SLOT + bit / 8] ^= 1 << (bit % 8);
        fs::write(&one.path, bytes).unwrap();
        assert_eq!(found(state.path()), times([1, 3]), "bit {bit}");
        let (_, content) = file(state.path()).open().unwrap().unwrap();
        assert!(!content.is_damaged, "it was made anew");
    }
}

#[test]
fn a_link_or_a_folder_in_its_place_leads_nowhere_and_stops_nothing() {
    let state = tempfile::tempdir().unwrap();
    let others = state.path().join("others");
    fs::write(&others, "others'").unwrap();
    let mut one = file(state.path());
    one.add(1);
    fs::remove_file(&one.path).unwrap();
    symlink(&others, &one.path).unwrap();
    let mut next = file(state.path());
    assert_eq!(next.read(), PastRequests::default());
    next.add(2);
    assert_eq!(found(state.path()), times([2]));
    assert_eq!(fs::read(&others).unwrap(), b"others'");
    fs::remove_file(&one.path).unwrap();
    fs::create_dir(&one.path).unwrap();
    let mut next = file(state.path());
    assert_eq!(next.read(), PastRequests::default());
    next.add(0);
    assert!(next.failed_ms.is_some());
    fs::remove_dir(&one.path).unwrap();
    next.add(1);
    assert!(!one.path.exists(), "it is not tried again at once");
    next.add(60_000);
    assert_eq!(found(state.path()), times([60_000]));
}

/// Where the state folder is taken away under the running box.
#[test]
fn a_file_that_is_gone_is_made_anew_with_the_silence() {
    let state = tempfile::tempdir().unwrap();
    let mut one = file(state.path());
    one.keep_silence(SILENCE);
    fs::remove_dir_all(state.path().join(FOLDER)).unwrap();
    one.add(8);
    let want = PastRequests {
        silence: Some(SILENCE),
        ..times([8])
    };
    assert_eq!(found(state.path()), want);
}

#[test]
fn files_of_limits_that_nobody_uses_go() {
    let state = tempfile::tempdir().unwrap();
    forget_old(state.path(), 0);
    file(state.path()).add(1);
    let written = fs::metadata(file(state.path()).path).unwrap().mtime();
    forget_old(state.path(), (written + OLD_S) * 1000);
    assert_eq!(found(state.path()), times([1]));
    forget_old(state.path(), (written + OLD_S + 1) * 1000);
    assert_eq!(found(state.path()), PastRequests::default());
}

/// What is on flash outlives the program: these bytes are read for ever.
#[test]
fn format_1_is_what_it_was() {
    let past = PastRequests {
        times_ms: vec![0x0102_0304_0506],
        silence: Some(SILENCE),
    };
    let (bytes, next) = encode(*b"subject!", &past);
    assert_eq!((bytes.len(), next), (120_032, 1));
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    assert_eq!(
        hex(&bytes[..56]),
        "7369656d626f7801\
         7375626a65637421\
         0700000000000000\
         a0bb0d00e409b37f\
         0605040302010000\
         0000000000000000\
         b03e7e0500000000"
    );
    assert_eq!(decode(*b"subject!", &bytes).unwrap().past, past);
}
