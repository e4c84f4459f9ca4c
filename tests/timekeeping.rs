//! SNTP against a real time server: Debian's chrony on a high port of the loopback, which sets no clock here.

#![allow(clippy::unwrap_used)]

use std::cell::RefCell;
use std::io;
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use siembox::settings::TimeServer;
use siembox::timekeeping::{Answer, Bounds, Hands, Keeper, Source, Word, ask};

/// chronyd until the end of the test.
struct Chrony {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Chrony {
    /// `wrong_by`: what the server takes for now, in faketime's words ("+3d").
    fn start(stratum: u8, wrong_by: Option<&str>) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let port = UdpSocket::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let lines = [
            format!("port {port}"),
            "bindaddress 127.0.0.1".to_owned(),
            "cmdport 0".to_owned(),
            "bindcmdaddress /".to_owned(),
            "allow 127.0.0.1".to_owned(),
            format!("local stratum {stratum}"),
            format!("pidfile {}", folder.path().join("pid").display()),
        ];
        let mut command = match wrong_by {
            None => Command::new("chronyd"),
            Some(by) => {
                let mut command = Command::new("faketime");
                command.args(["-f", by, "chronyd"]);
                command
            }
        };
        // -x: it leaves the clock alone; -U: it need not be root
        let child = command
            .args(["-x", "-d", "-U", "-f", "/dev/null"])
            .args(&lines)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match child {
            Ok(child) => Some(Self {
                child,
                port,
                _folder: folder,
            }),
            Err(error) => {
                println!("passed over: chronyd can't be started: {error}");
                None
            }
        }
    }

    fn server(&self) -> TimeServer {
        TimeServer {
            host: "127.0.0.1".to_owned(),
            port: self.port,
        }
    }

    /// Its answer, once it is up and has chosen its own clock.
    fn answer(&self) -> Answer {
        let begun = Instant::now();
        loop {
            match ask(&self.server()) {
                Ok(answer) => return answer,
                Err(error) => assert!(begun.elapsed() < Duration::from_secs(60), "{error}"),
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Chrony {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The real servers, and a clock of the test's own.
struct Trial {
    ahead: RefCell<SignedDuration>,
}

impl Hands for Trial {
    fn now_ms(&self) -> i64 {
        let ahead = i64::try_from(self.ahead.borrow().as_millis()).unwrap();
        siembox::clock::now_ms() + ahead
    }

    fn ask(&self, servers: &[TimeServer]) -> Vec<Result<Answer, String>> {
        let asked = servers.iter().map(|server| {
            let answer = ask(server).map_err(|error| error.to_string())?;
            let offset = answer.offset - *self.ahead.borrow();
            Ok(Answer { offset, ..answer })
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
    let answer = chrony.answer();
    assert_eq!(answer.stratum, 3);
    assert!(
        answer.offset.abs() < SignedDuration::from_secs(1),
        "{answer:?}"
    );
    assert!(answer.delay < Duration::from_secs(1), "{answer:?}");

    let trial = Trial {
        ahead: RefCell::new(SignedDuration::from_hours(-24 * 365 * 50)),
    };
    let mut keeper = Keeper::new(Bounds::of_firmware(""), Word::default());
    let round = keeper.round(&trial, &[vec![chrony.server()]], 0);
    assert_eq!(round.word.source, Source::Sntp, "{}", round.line);
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
    let days = wrong.answer().offset.as_hours() / 24;
    assert!((399..=400).contains(&days), "{days}");
    right.answer();
    other.answer();
    let trial = Trial {
        ahead: RefCell::new(SignedDuration::from_hours(-30)),
    };
    let mut keeper = Keeper::new(Bounds::of_firmware(""), Word::default());
    let group = servers.iter().map(Chrony::server).collect();
    let round = keeper.round(&trial, &[group], 0);
    assert!(
        trial.ahead.borrow().abs() < SignedDuration::from_secs(1),
        "{}",
        round.line
    );
    assert!(
        !round.line.contains(&wrong.server().to_string()),
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
        nobody.contains("refused") || nobody.contains("no answer in 3 s"),
        "{nobody}"
    );
}

#[test]
fn the_command_says_what_it_did_in_one_line() {
    let Some(chrony) = Chrony::start(2, None) else {
        return;
    };
    chrony.answer();
    let folder = tempfile::tempdir().unwrap();
    let (config, file) = (folder.path().join("c.toml"), folder.path().join("clock"));
    let text = format!("[clock]\nservers = [\"{}\"]\n", chrony.server());
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
        said.contains("the clock is right by 127.0.0.1") && said.lines().count() == 1,
        "{said}"
    );
    let word: Word = siembox::word::heard(&file).unwrap();
    assert_eq!(word.source, Source::Sntp);
    drop(chrony);
    let (code, said) = run(&config);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("(asked: 127.0.0.1:") && said.contains("cure: "),
        "{said}"
    );
}
