//! What a RELP receiver may say
//!
//! Whatever comes: it is heard the same way in pieces as at once, takes no more than a frame's
//! bound, is told in short, and only lines that are on their way are ever accepted, none of them
//! twice.
//!
//! The first byte says how many lines are on their way; behind it stands what the receiver says.

use std::collections::HashSet;

use siembox::for_tests::sink::relp::window::{WINDOW, Window};
use siembox::for_tests::sink::relp_protocol::frame::{self, MAX_FRAME};
use siembox::for_tests::sink::relp_protocol::response::{RelpMessage, RelpResponse, hear};

/// See the module.
pub fn run(data: &[u8]) {
    let Some((&lines, mut rest)) = data.split_first() else {
        return;
    };
    let mut window = Window::new(1);
    let begun: Vec<u32> = (0..lines)
        .map_while(|line| window.begin(Some(u64::from(line))))
        .collect();
    assert!(begun.len() <= WINDOW);
    let mut accepted = HashSet::new();
    loop {
        match hear(rest) {
            Ok(Some((said, took))) => {
                assert!((1..=MAX_FRAME.min(rest.len())).contains(&took), "{took}");
                in_pieces(&rest[..took]);
                comes_back(&rest[..took]);
                if let RelpMessage::Answer(txnr, answer) = said {
                    is_told(&answer);
                    let open = begun.contains(&txnr) && !accepted.contains(&txnr);
                    assert_eq!(window.accept(txnr).is_ok(), open, "{txnr}");
                    accepted.extend(open.then_some(txnr));
                }
                rest = &rest[took..];
            }
            Ok(None) => {
                assert!(rest.len() < MAX_FRAME, "no end in sight");
                break;
            }
            Err(fault) => {
                let said = fault.to_string();
                assert!(
                    said.len() < 200 && !said.contains(char::is_control),
                    "{said:?}"
                );
                let more = [rest, b" 1\n"].concat();
                assert_eq!(hear(&more), Err(fault), "what is wrong stays wrong");
                break;
            }
        }
    }
    assert_eq!(window.unanswered(), begun.len() - accepted.len());
    let noted = window.take_answers().accepted;
    // line 0 has transaction 1
    let answered: HashSet<u64> = accepted.iter().map(|txnr| u64::from(txnr - 1)).collect();
    assert_eq!(noted.ranges().flatten().collect::<HashSet<_>>(), answered);
}

/// Before its last byte a frame is neither there nor wrong.
fn in_pieces(frame: &[u8]) {
    for end in 0..frame.len() {
        assert_eq!(hear(&frame[..end]), Ok(None), "{end}");
    }
}

/// Written anew it says the same.
fn comes_back(bytes: &[u8]) {
    let (read, _) = frame::parse(bytes).expect("heard").expect("whole");
    let mut wire = Vec::new();
    frame::write(read.txnr, read.command, read.data, &mut wire);
    assert_eq!(frame::parse(&wire), Ok(Some((read, wire.len()))));
}

fn is_told(answer: &RelpResponse<'_>) {
    // 80 characters, and three dots where it was cut
    assert!(answer.text.chars().count() <= 83, "{:?}", answer.text);
    assert!(!answer.text.contains(char::is_control), "{:?}", answer.text);
    assert!(!answer.is_yes() || answer.code == Some(200));
    let _ = answer.takes_lines();
}
