//! Files that do not answer: siembox begins, names them, and ends.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use siembox_support::cloud::Cloud;
use siembox_support::sink::SyslogReceiver;

use crate::siembox::{Plan, Siembox};

/// More than the bound of one such file (3 s), and less than two of them one after the other with a
/// slow machine's pauses.
const SOON: Duration = Duration::from_secs(10);

#[test]
fn a_secret_in_a_pipe_that_nobody_writes_to_holds_up_neither_start_nor_stop() {
    let cloud = Cloud::builder().requests_per_minute(6000).start();
    let siem = SyslogReceiver::start();
    let mut plan = Plan::new(&cloud, siem.addr().port(), "tcp");
    plan.source = plan.source.replace("\"token\"", "\"pipe\"");
    let mut siembox = Siembox::new(&cloud, &plan);
    let pipe = siembox.path("pipe");
    make_pipe(&pipe);

    let begin = Instant::now();
    siembox.start_and_wait();
    assert!(begin.elapsed() < SOON, "start: {:?}", begin.elapsed());
    siembox.wait_for_notice("pipe does not answer within 3 s");
    let begin = Instant::now();
    siembox.stop();
    assert!(begin.elapsed() < SOON, "stop: {:?}", begin.elapsed());

    // and who writes to it is heard
    siembox.start_and_wait();
    siembox.wait_for_notice("pipe does not answer within 3 s");
    std::fs::remove_file(&pipe).unwrap();
    siembox.put_secret("pipe", cloud.token());
    siembox.wait("the API is read", |status| {
        status.agents[0].activities.pages > 0
    });
    siembox.stop();
}

fn make_pipe(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
}

/// Each setting that names a file, in an agent of its own whose name it is.
const AGENTS: &str = r#"
[[agent]]
name = "token_file"
source = { api_url = "https://localhost:9", token_file = "token_file.pipe" }
siem = { host = "127.0.0.1", port = 9, protocol = "tcp" }

[[agent]]
name = "client_secret_file"
siem = { host = "127.0.0.1", port = 9, protocol = "tcp" }
[agent.source]
api_url = "https://localhost:9"
tenant_id = "11111111-1111-1111-1111-111111111111"
client_id = "11111111-1111-1111-1111-111111111111"
client_secret_file = "client_secret_file.pipe"

[[agent]]
name = "proxy_password_file"
siem = { host = "127.0.0.1", port = 9, protocol = "tcp" }
[agent.source]
api_url = "https://localhost:9"
token_file = "token"
proxy = "http://me@localhost:9"
proxy_password_file = "proxy_password_file.pipe"

[[agent]]
name = "source.ca_file"
source = { api_url = "https://localhost:9", token_file = "token", ca_file = "source.ca_file.pipe" }
siem = { host = "127.0.0.1", port = 9, protocol = "tcp" }

[[agent]]
name = "ca_file"
source = { api_url = "https://localhost:9", token_file = "token" }
siem = { host = "127.0.0.1", port = 9, protocol = "tls", ca_file = "ca_file.pipe" }

[[agent]]
name = "client_cert_file"
source = { api_url = "https://localhost:9", token_file = "token" }
[agent.siem]
host = "127.0.0.1"
port = 9
protocol = "tls"
ca_file = "cloud-ca.pem"
client_cert_file = "client_cert_file.pipe"
client_key_file = "token"

[[agent]]
name = "client_key_file"
source = { api_url = "https://localhost:9", token_file = "token" }
[agent.siem]
host = "127.0.0.1"
port = 9
protocol = "tls"
ca_file = "cloud-ca.pem"
client_cert_file = "cloud-ca.pem"
client_key_file = "client_key_file.pipe"
"#;

const NAMING: [&str; 7] = [
    "token_file",
    "client_secret_file",
    "proxy_password_file",
    "source.ca_file",
    "ca_file",
    "client_cert_file",
    "client_key_file",
];

/// All of them at once: each is named, by `run` and by `check`, and none makes another wait.
#[test]
fn no_file_that_the_settings_name_holds_up_more_than_itself() {
    let cloud = Cloud::builder().start();
    let mut siembox = Siembox::new(&cloud, &Plan::new(&cloud, 9, "tcp"));
    siembox.set_text(&format!(
        "state_dir = \"state\"\n[page]\nenabled = false\n{AGENTS}"
    ));
    for key in NAMING {
        make_pipe(&siembox.path(&format!("{key}.pipe")));
    }
    let begin = Instant::now();
    siembox.start_and_wait();
    assert!(begin.elapsed() < SOON, "start: {:?}", begin.elapsed());
    for key in NAMING {
        let said = format!("{key}.pipe does not answer within 3 s");
        siembox.wait(&said, |status| {
            let mut notices = status.notices.iter();
            notices.any(|notice| notice.agent == key && notice.text.contains(&said))
        });
    }
    let begin = Instant::now();
    siembox.stop();
    assert!(begin.elapsed() < SOON, "stop: {:?}", begin.elapsed());
    let begin = Instant::now();
    let check = siembox.output("check", &[]);
    let said = [check.stdout, check.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    for key in NAMING {
        assert!(said.contains(&format!("{key}.pipe ")), "{key}: {said}");
    }
    assert!(begin.elapsed() < SOON, "check: {:?}", begin.elapsed());
}

#[test]
fn a_settings_file_that_does_not_answer_is_named() {
    let cloud = Cloud::builder().start();
    let mut siembox = Siembox::new(&cloud, &Plan::new(&cloud, 9, "tcp"));
    let file = siembox.path("siembox.toml");
    std::fs::remove_file(&file).unwrap();
    make_pipe(&file);
    for command in ["run", "check", "status"] {
        let begin = Instant::now();
        let output = siembox.output(command, &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{command}");
        assert!(begin.elapsed() < SOON, "{command}: {:?}", begin.elapsed());
        let words = "siembox.toml does not answer within 3 s";
        assert!(said.contains(words), "{command}: {said}");
    }
    // and one that comes to hang under a running siembox is named there, and waited for
    std::fs::remove_file(&file).unwrap();
    siembox.set(&Plan::new(&cloud, 9, "tcp"));
    siembox.start_and_wait();
    std::fs::remove_file(&file).unwrap();
    make_pipe(&file);
    siembox.wait_for_notice("siembox.toml does not answer within 3 s");
    let begin = Instant::now();
    siembox.stop();
    assert!(begin.elapsed() < SOON, "stop: {:?}", begin.elapsed());
}
