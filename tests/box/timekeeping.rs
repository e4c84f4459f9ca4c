//! SNTP against a real time server: Debian's chrony on a high port of the loopback, which sets no
//! clock here.

use std::cell::RefCell;
use std::io;
use std::net::UdpSocket;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use siembox::for_tests::settings::TimeServer;
use siembox::for_tests::timekeeping::{
    ClockPort, ClockSource, ClockState, DateBounds, SyncLoop, TimeAnswer, ask,
};
use siembox_support::chrony::Chrony;

fn server(chrony: &Chrony) -> TimeServer {
    TimeServer {
        host: "127.0.0.1".to_owned(),
        port: chrony.port(),
    }
}

/// Its answer, once it is up and has chosen its own clock.
fn answer(chrony: &Chrony) -> TimeAnswer {
    let begun = Instant::now();
    loop {
        match ask(&server(chrony)) {
            Ok(answer) => return answer,
            Err(error) => assert!(begun.elapsed() < Duration::from_secs(60), "{error}"),
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The real servers, and a clock of the test's own.
struct Trial {
    ahead: RefCell<SignedDuration>,
}

impl ClockPort for Trial {
    fn now_ms(&self) -> i64 {
        let ahead = i64::try_from(self.ahead.borrow().as_millis()).unwrap();
        siembox::for_tests::clock::now_ms() + ahead
    }

    fn ask(&self, servers: &[TimeServer]) -> Vec<Result<TimeAnswer, String>> {
        let asked = servers.iter().map(|server| {
            let answer = ask(server).map_err(|error| error.to_string())?;
            let offset = answer.offset - *self.ahead.borrow();
            Ok(TimeAnswer { offset, ..answer })
        });
        asked.collect()
    }

    fn set(&self, offset: SignedDuration) -> io::Result<()> {
        *self.ahead.borrow_mut() += offset;
        Ok(())
    }
}

#[test]
fn a_real_server_sets_a_clock_that_is_years_behind() {
    let Some(chrony) = Chrony::start(3, None) else {
        return;
    };
    let answer = answer(&chrony);
    assert_eq!(answer.stratum, 3);
    assert!(
        answer.offset.abs() < SignedDuration::from_secs(1),
        "{answer:?}"
    );
    assert!(answer.delay < Duration::from_secs(1), "{answer:?}");

    let trial = Trial {
        ahead: RefCell::new(SignedDuration::from_hours(-24 * 365 * 50)),
    };
    let mut keeper = SyncLoop::new(DateBounds::of_firmware(""), ClockState::default());
    let round = keeper.round(&trial, &[vec![server(&chrony)]], 0);
    assert_eq!(round.word.source, ClockSource::Sntp, "{}", round.line);
    assert!(trial.ahead.borrow().abs() < SignedDuration::from_secs(1));
    assert!(round.line.contains("behind and is set"), "{}", round.line);
}

#[test]
fn of_three_real_servers_the_one_that_is_wrong_is_passed_over() {
    let started = [("+400d", 1), ("+0", 2), ("+0", 3)]
        .map(|(by, stratum)| Chrony::start(stratum, (by != "+0").then_some(by)));
    let servers: Vec<Chrony> = started.into_iter().flatten().collect();
    let [wrong, right, other] = &servers[..] else {
        return;
    };
    let days = answer(wrong).offset.as_hours() / 24;
    assert!((399..=400).contains(&days), "{days}");
    answer(right);
    answer(other);
    let trial = Trial {
        ahead: RefCell::new(SignedDuration::from_hours(-30)),
    };
    let mut keeper = SyncLoop::new(DateBounds::of_firmware(""), ClockState::default());
    let group = servers.iter().map(server).collect();
    let round = keeper.round(&trial, &[group], 0);
    assert!(
        trial.ahead.borrow().abs() < SignedDuration::from_secs(1),
        "{}",
        round.line
    );
    assert!(
        !round.line.contains(&server(wrong).to_string()),
        "{}",
        round.line
    );
}

#[test]
fn a_server_that_does_not_know_the_time_and_one_that_is_none_are_named() {
    // what is no answer to our question is none, whatever it says
    let liar = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = liar.local_addr().unwrap().port();
    let answering = std::thread::spawn(move || {
        let mut question = [0_u8; 128];
        let mut answers = [[0_u8; 48]; 3];
        // stratum 1, as of a server, but not to what was asked
        answers[0][..2].copy_from_slice(&[0x24, 1]);
        answers[0][40] = 0xee;
        // "does not know the time", with the question's own mark
        answers[1][..2].copy_from_slice(&[0xe4, 16]);
        answers[1][40] = 0xee;
        // kiss of death
        answers[2][0] = 0xe4;
        answers[2][12..16].copy_from_slice(b"RATE");
        for (turn, answer) in answers.iter_mut().enumerate() {
            let (_, peer) = liar.recv_from(&mut question).unwrap();
            if turn == 1 {
                answer[24..32].copy_from_slice(&question[40..48]);
            }
            liar.send_to(answer, peer).unwrap();
        }
    });
    let server = TimeServer {
        host: "127.0.0.1".to_owned(),
        port,
    };
    for said in ["originate", "not synchronized", "Kiss-o'-Death"] {
        let error = ask(&server).unwrap_err().to_string();
        assert!(
            error.contains(said) && error.contains(&format!("127.0.0.1:{port}: ")),
            "{error}"
        );
    }
    answering.join().unwrap();
    let nobody = ask(&server).unwrap_err().to_string();
    assert!(
        nobody.contains("refused") || nobody.contains("no answer within 3 s"),
        "{nobody}"
    );
}

#[test]
fn the_command_says_what_it_did_in_one_line() {
    let Some(chrony) = Chrony::start(2, None) else {
        return;
    };
    answer(&chrony);
    let folder = tempfile::tempdir().unwrap();
    let (config, file) = (folder.path().join("c.toml"), folder.path().join("clock"));
    let text = format!("[clock]\nservers = [\"{}\"]\n", server(&chrony));
    std::fs::write(&config, text).unwrap();
    let run = |config: &Path| {
        let output = Command::new(env!("CARGO_BIN_EXE_siembox"))
            .args(["clock", "--once", "--config"])
            .arg(config)
            .env("SIEMBOX_CLOCK", &file)
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    // right already, so nothing is set
    let (code, said) = run(&config);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("the clock agrees with 127.0.0.1") && said.lines().count() == 1,
        "{said}"
    );
    let word: ClockState = siembox::for_tests::run_file::heard(&file).unwrap();
    assert_eq!(word.source, ClockSource::Sntp);
    drop(chrony);
    let (code, said) = run(&config);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("(asked: 127.0.0.1:") && said.contains("cure: "),
        "{said}"
    );
}

/// Only numbers of what a time server says are heard, and the names of its refusals, which are
/// ours.
#[test]
fn a_server_that_repeats_our_secrets_is_heard_without_them() {
    let secret = "canaryTokenQ7w1Zz09canaryTokenQ7w1Zz09canaryTokenQ7w1==";
    siembox::for_tests::foreign::know(secret);
    let voice = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = voice.local_addr().unwrap().port();
    let speaking = std::thread::spawn(move || {
        let mut question = [0_u8; 128];
        for turn in 0..8_u8 {
            let (length, peer) = voice.recv_from(&mut question).unwrap();
            // all fields and an extension behind them repeat it
            let mut answer: Vec<u8> = secret.bytes().cycle().take(48 + secret.len()).collect();
            // a server's head: its stratum says whether it refuses, tells a time or knows none
            answer[..2].copy_from_slice(&[0x24, [0, 1, 2, 16][usize::from(turn % 4)]]);
            answer[24..32].copy_from_slice(&question[40..48]);
            match turn {
                // both of its moments are the same, so that its date is looked at
                2 => answer.copy_within(32..40, 40),
                4 => answer[12..16].copy_from_slice(b"RATE"),
                5 => answer[0] = 0xff,
                6 => answer.truncate(40),
                7 => answer[..length].copy_from_slice(&question[..length]),
                _ => {}
            }
            voice.send_to(&answer, peer).unwrap();
        }
    });
    let server = TimeServer {
        host: "127.0.0.1".to_owned(),
        port,
    };
    let trial = Trial {
        ahead: RefCell::default(),
    };
    let mut outputs = Vec::new();
    for _ in 0..8 {
        // a new keeper, as each says a refusal once
        let mut keeper = SyncLoop::new(DateBounds::of_firmware(""), ClockState::default());
        let round = keeper.round(&trial, &[vec![server.clone()]], 0);
        assert!(round.is_trouble, "{}", round.line);
        let facts = siembox::for_tests::firmware::status_txt::BoxFacts {
            clock: round.word.clone(),
            troubles: vec![round.line.clone()],
            ..Default::default()
        };
        outputs.push(siembox::for_tests::firmware::status_txt::text(&facts));
        outputs.push(format!("{round:?} {}", round.word.in_words()));
    }
    speaking.join().unwrap();
    let outputs = outputs.join("\n");
    // its numbers arrive, and its refusals in our words
    for heard in [
        "years after it was built",
        "Rate exceeded",
        "not synchronized",
    ] {
        assert!(outputs.contains(heard), "{heard}: {outputs}");
    }
    let bare: String = outputs.split_whitespace().collect();
    for at in 0..secret.len() - 6 {
        assert!(
            !bare.contains(&secret[at..at + 6]),
            "{}: {outputs}",
            &secret[at..]
        );
    }
}
