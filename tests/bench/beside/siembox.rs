//! siembox itself: `siembox run` with a settings file, as on a server.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use super::cloud::Cloud;
use super::contest::{Ground, Row};
use super::process::Program;
use super::receiver::Receiver;

pub fn run(ground: &Ground, name: &'static str) -> io::Result<Row> {
    let (room, receiver) = (ground.room()?, Receiver::start()?);
    let cloud = Cloud::start(ground.load.clone())?;
    let at = |file: &str| room.path().join(file);
    std::fs::write(at("token"), "a-token")?;
    std::fs::set_permissions(at("token"), std::fs::Permissions::from_mode(0o600))?;
    let settings = format!(
        r#"state_dir = "state"

[page]
enabled = false

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
    let row = ground.turn(name, ground.load.records, program, &receiver, || {
        cloud.open()
    })?;
    if row.lines < row.expected {
        let said = std::fs::read_to_string(at("said")).unwrap_or_default();
        eprintln!("{}", said.lines().take(20).collect::<Vec<_>>().join("\n"));
    }
    Ok(row)
}
