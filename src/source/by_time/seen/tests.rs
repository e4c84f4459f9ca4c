use super::*;

#[test]
fn an_id_is_new_once_also_after_a_restart() {
    let mut seen = Seen::default();
    assert!(seen.admit("a", 10));
    assert!(!seen.admit("a", 10));
    let first = seen.seal(0);
    assert!(seen.admit("b", 20));
    let second = seen.seal(0);
    let mut again = Seen::restore(&[(0, first), (1, second)], 2, None);
    assert!(!again.admit("a", 10));
    assert!(!again.admit("b", 20));
    assert!(again.admit("c", 30));
    assert_eq!(again.oldest_number(), 0);
}

#[test]
fn what_lies_before_the_floor_is_forgotten_in_order() {
    let mut seen = Seen::default();
    for (id, at) in [("a", 10), ("b", 20), ("c", 30)] {
        seen.admit(id, at);
        seen.seal(0);
    }
    assert_eq!(seen.seal(25), Vec::<u8>::new());
    assert_eq!(seen.oldest_number(), 2);
    assert_eq!(seen.forgotten_until(), Some(20));
    assert!(seen.admit("a", 10), "forgotten");
    assert!(!seen.admit("c", 30), "remembered");
}

#[test]
fn the_window_is_bounded() {
    let mut seen = Seen::default();
    for page in 0..30_i64 {
        for i in 0..5000_i64 {
            seen.admit(&format!("{page}-{i}"), page);
        }
        seen.seal(0);
    }
    assert!(seen.known.len() <= WINDOW);
    assert_eq!(seen.forgotten_until(), Some(3));
}

#[test]
fn a_torn_chunk_is_passed_over() {
    assert_eq!(decode(&[1, 2, 3]), None);
    assert_eq!(decode(&[]), None);
    assert!(Seen::restore(&[(4, vec![0; 11])], 5, None).known.is_empty());
}

#[test]
fn the_ids_of_another_stream_are_known_and_not_written_again() {
    let mut other = Seen::default();
    assert!(other.admit("a", 10));
    let chunk = other.seal(0);
    let mut seen = Seen::restore(&[(7, encode(20, &[fingerprint("b")]))], 8, None);
    seen.know_too(&chunk);
    assert!(!seen.admit("a", 30) && !seen.admit("b", 30));
    assert_eq!((seen.oldest_number(), seen.seal(0)), (7, Vec::new()));
    // they are forgotten as others are, and none with them
    assert!(seen.admit("c", 40));
    seen.seal(15);
    assert!(!seen.knows("a") && seen.knows("b"));
    assert_eq!(seen.oldest_number(), 7);
}

#[test]
fn a_chunk_that_was_not_written_is_forgotten() {
    let mut seen = Seen::default();
    assert!(seen.admit("a", 10));
    seen.seal(0);
    assert!(seen.admit("b", 20));
    let unwritten = seen.seal(0);
    seen.unseal();
    assert!(seen.knows("a") && seen.admit("b", 20));
    assert_eq!(seen.seal(0), unwritten);
    assert_eq!(seen.chunks.len(), 2);
}
