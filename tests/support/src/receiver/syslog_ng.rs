//! syslog-ng: `network()` with LF framing and `syslog()` with octet counting, both on TCP.
//!
//! Debian's package conflicts with rsyslog's, so `tests/tools/syslog-ng.sh` (part of `make tools`)
//! unpacks it into `target/tools/syslog-ng`.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::daemon::Receiver;
use super::port::Transport;

/// What stands above each configuration.
const HEAD: &str = "\
@version: 3.35
# Written by a test.
@module affile
@module afsocket
@module basicfuncs
@module syslogformat
";

/// `network()`: one line is one message.
#[must_use]
pub fn network() -> Receiver {
    start(
        r#"network(ip("127.0.0.1") port(PORT) transport("tcp") flags(no-parse) max-connections(100))"#,
    )
}

/// `syslog()`: octet counting.
#[must_use]
pub fn syslog() -> Receiver {
    start(
        r#"syslog(ip("127.0.0.1") port(PORT) transport("tcp") flags(no-parse) max-connections(100))"#,
    )
}

/// On TCP, as this configuration says: a function of its folder and its port, as a file of `conf.d`
/// has it. It should write to `lines` in the folder.
#[must_use]
pub fn configured(configure: impl FnOnce(&Path, u16) -> String) -> Receiver {
    let place = place();
    Receiver::launch(
        &program(&place),
        vec![("LD_LIBRARY_PATH".to_owned(), libraries(&place))],
        Transport::Tcp,
        |folder, port| format!("{HEAD}{}", configure(folder, port)),
        |folder| arguments(folder, &place),
    )
}

fn start(source: &str) -> Receiver {
    configured(|folder, port| {
        format!(
            r#"options {{ threaded(yes); log-msg-size(1048576); stats-freq(0); use-dns(no); keep-hostname(yes); create-dirs(no); }};
source all {{ {source}; }};
destination lines {{ file("{folder}/lines" template("${{MESSAGE}}\n") flush-lines(100)); }};
log {{ source(all); destination(lines); flags(flow-control); }};
"#,
            source = source.replace("PORT", &port.to_string()),
            folder = folder.display(),
        )
    })
}

/// A syslog-ng of any configuration, which has to be in the file `conf` of `folder`. It stays in
/// the foreground.
#[must_use]
pub fn command(folder: &Path) -> Command {
    let place = place();
    let mut command = Command::new(program(&place));
    command
        .args(arguments(folder, &place))
        .env("LD_LIBRARY_PATH", libraries(&place))
        .current_dir(folder);
    command
}

fn program(place: &Path) -> PathBuf {
    let program = place.join("usr/sbin/syslog-ng");
    assert!(
        program.exists(),
        "{} is missing: run make tools",
        program.display()
    );
    program
}

fn arguments(folder: &Path, place: &Path) -> Vec<String> {
    let at = |name: &str| folder.join(name).display().to_string();
    vec![
        "--foreground".to_owned(),
        "--no-caps".to_owned(),
        "--stderr".to_owned(),
        "--worker-threads=2".to_owned(),
        format!("--cfgfile={}", at("conf")),
        format!("--pidfile={}", at("pid")),
        format!("--control={}", at("control")),
        format!("--persist-file={}", at("persist")),
        format!("--module-path={}", modules(place).display()),
    ]
}

/// Where `syslog-ng.sh` unpacks to.
fn place() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/syslog-ng")
}

/// The one folder of modules: `usr/lib/syslog-ng/VERSION`.
fn modules(place: &Path) -> PathBuf {
    folders(&place.join("usr/lib/syslog-ng"))
        .into_iter()
        .next()
        .expect("a folder of modules: run make tools")
}

/// All folders that may hold a shared library.
fn libraries(place: &Path) -> String {
    let mut all = Vec::new();
    for top in ["lib", "usr/lib"] {
        let top = place.join(top);
        all.extend(folders(&top));
        all.push(top);
    }
    let all: Vec<String> = all.iter().map(|path| path.display().to_string()).collect();
    all.join(":")
}

fn folders(within: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(within) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}
