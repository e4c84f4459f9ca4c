use super::*;

#[test]
fn an_ordinary_walk_goes_around_and_a_deep_one_asks_again() {
    let known = [
        Unserved {
            from_ms: 10,
            to_ms: 10,
            skip: 0,
            alone: false,
        },
        Unserved {
            from_ms: 11,
            to_ms: 20,
            skip: 0,
            alone: false,
        },
    ];
    assert_eq!(stretch(&known, 5, false), (5, Some(9)));
    assert_eq!(stretch(&known, 10, false), (21, None));
    assert_eq!(stretch(&known, 10, true), (10, Some(10)));
    assert_eq!(stretch(&known, 11, true), (11, Some(20)));
    assert_eq!(stretch(&known, 21, true), (21, None));
}

#[test]
fn known_stretches_are_in_order_and_a_longer_one_covers_others() {
    let mut cursor = Cursor::default();
    for at in (0..200).rev() {
        let at_ms = at * 10;
        cursor.add_unserved(Unserved {
            from_ms: at_ms,
            to_ms: at_ms + 3,
            skip: 0,
            alone: false,
        });
    }
    assert_eq!(cursor.unserved.len(), 200);
    assert!(cursor.unserved.is_sorted_by_key(|known| known.from_ms));
    cursor.add_unserved(Unserved {
        from_ms: 0,
        to_ms: 3000,
        skip: 0,
        alone: false,
    });
    assert_eq!(cursor.unserved.len(), 1, "it covers the others");
}
