//! rsyslog, killed while lines are on their way.

use std::collections::HashMap;
use std::process::Command;

use siembox::for_tests::sink::relp::window::WINDOW;
use siembox_support::dice::Dice;

use super::*;

/// Sends all lines to a receiver that is killed three times while lines are on their way, going on
/// after each break where the receiver's own word ends; returns how many lines never arrived, and
/// how many twice.
async fn killed_midway(mut receiver: Receiver, sent: &[String]) -> (usize, usize) {
    let to = target(receiver.port(), RELP);
    let (mut accepted, mut kills, mut dice) = (LineSet::default(), 0, Dice::new(7));
    while accepted != up_to(sent.len()) {
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        // its word has no gap: it answers in order
        let from = usize::try_from(accepted.gap_from(0)).unwrap();
        let pid = receiver.pid().unwrap().to_string();
        let told = 'sending: {
            for (number, some) in sent[from..].chunks(BATCH).enumerate() {
                if kills < 3 && number == 4 {
                    let (pid, moment) = (pid.clone(), Duration::from_micros(dice.below(30_000)));
                    kills += 1;
                    std::thread::spawn(move || {
                        std::thread::sleep(moment);
                        Command::new("kill").args(["-KILL", &pid]).status()
                    });
                }
                let first = Some((from + number * BATCH) as u64);
                if let Err(told) = wire.send(&batch(some), first).await {
                    break 'sending Err(told);
                }
            }
            wire.prove().await
        };
        accepted.insert_all(&wire.answers().accepted);
        match told {
            Ok(()) => drop(wire.close().await.unwrap()),
            Err(told) => {
                println!("{accepted:?} accepted, then: {told}");
                receiver.kill();
                receiver.start();
            }
        }
    }
    receiver.stop();
    let mut counts: HashMap<String, usize> = HashMap::new();
    for line in receiver.lines() {
        // A kill in the middle of a write leaves half a line, unanswered, and the next begins right
        // behind it.
        for whole in line.split("<109>").skip(1) {
            *counts.entry(format!("<109>{whole}")).or_default() += 1;
        }
    }
    let arrived = |times: &dyn Fn(usize) -> bool| {
        let times = |line: &&String| times(counts.get(*line).copied().unwrap_or(0));
        sent.iter().filter(times).count()
    };
    (arrived(&|times| times == 0), arrived(&|times| times > 1))
}

#[test]
fn killed_midway_nothing_is_lost_and_nothing_repeated_that_was_answered() {
    story(async {
        // Without a queue rsyslog answers what it has written, so that "lost" can be told from "not
        // written yet".
        let (lost, twice) = killed_midway(rsyslog::relp_direct(), &lines(MANY)).await;
        println!("no queue, killed 3 times: lost {lost}, twice {twice} of {MANY}");
        assert_eq!(lost, 0);
        // Written, and killed before the answer.
        assert!(twice <= 3 * WINDOW, "{twice}");
    });
}

#[test]
fn what_a_queue_in_memory_holds_dies_with_it() {
    story(async {
        let (lost, twice) = killed_midway(rsyslog::relp(), &lines(MANY)).await;
        println!("queue in memory, killed 3 times: lost {lost}, twice {twice} of {MANY}");
        // What is lost was answered: no sender can know of it. But what was answered is never
        // repeated.
        assert!(twice <= 3 * WINDOW, "{twice}");

        let mut receiver = rsyslog::relp();
        let to = target(receiver.port(), RELP);
        let mut wire = Wire::connect(&to, 0).await.unwrap();
        wire.send(&batch(&lines(5000)), None).await.unwrap();
        wire.prove().await.unwrap();
        receiver.kill();
        let there = receiver.lines().len();
        println!("queue in memory, killed right after 5000 answers: {there} in its file");
    });
}
