//! siembox itself: `siembox run` with a settings file, as on a server; and the same while its page
//! is flooded.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};

use std::time::{Duration, Instant};

use siembox_support::receiver::{Transport, free_port, listens};

use super::cloud::Cloud;
use super::contest::{Ground, Row};
use super::process::Program;
use super::receiver::Receiver;

/// How long the page may take to be there.
const START: Duration = Duration::from_secs(30);

/// The stream alone.
pub fn run(ground: &Ground, name: &'static str) -> io::Result<Row> {
    stream(ground, name, None)
}

/// The stream while 64 visitors ask for the page as fast as they are answered.
pub fn flooded(ground: &Ground, name: &'static str) -> io::Result<Row> {
    stream(ground, name, Some(free_port(Transport::Tcp)))
}

/// `wrk` at this page, until it is dropped. It stands for other machines: what they compute must
/// not count, so it gets only what the processors have left.
struct Flood(Child);

impl Flood {
    fn at(program: &Program, page: u16) -> io::Result<Self> {
        let until = Instant::now() + START;
        while !listens(program.id(), Transport::Tcp, page) {
            if Instant::now() > until {
                return Err(io::Error::other("the page does not listen"));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let child = Command::new("nice")
            .args(["-n", "19", "wrk", "-t", "1", "-c", "64", "-d", "1h"])
            .arg(format!("http://127.0.0.1:{page}/"))
            .stdout(Stdio::null())
            .spawn()?;
        Ok(Self(child))
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn stream(ground: &Ground, name: &'static str, page: Option<u16>) -> io::Result<Row> {
    let (room, receiver) = (ground.room()?, Receiver::start()?);
    let cloud = Cloud::start(ground.load.clone())?;
    let at = |file: &str| room.path().join(file);
    std::fs::write(at("token"), "a-token")?;
    std::fs::set_permissions(at("token"), std::fs::Permissions::from_mode(0o600))?;
    let settings = format!(
        r#"state_dir = "state"

[page]
{}

[[agent]]
name = "bench"
[agent.source]
api_url = "{}"
token_file = "token"
requests_per_minute = 6000
poll_interval = "1h"
[agent.siem]
host = "127.0.0.1"
port = {}
protocol = "tcp"
[agent.alerts]
enabled = false
"#,
        page.map_or("enabled = false".to_owned(), |port| format!(
            "listen = \"127.0.0.1:{port}\"\nhttps_listen = []"
        )),
        cloud.url(),
        receiver.port()
    );
    std::fs::write(at("siembox.toml"), settings)?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_siembox"));
    command
        .arg("run")
        .arg("--config")
        .arg(at("siembox.toml"))
        .env_remove("SIEMBOX_TOKEN");
    let program = Program::start(&mut command, &at("said"))?;
    let flood = page.map(|page| Flood::at(&program, page)).transpose()?;
    let row = ground.turn(name, ground.load.records, program, &receiver, || {
        cloud.open()
    })?;
    drop(flood);
    if row.lines < row.expected {
        let said = std::fs::read_to_string(at("said")).unwrap_or_default();
        eprintln!("{}", said.lines().take(20).collect::<Vec<_>>().join("\n"));
    }
    Ok(row)
}
