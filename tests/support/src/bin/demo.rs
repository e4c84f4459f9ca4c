//! What `make run` shows: the simulated cloud, siembox, and a small SIEM, with the lines scrolling
//! by.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use lexopt::prelude::*;
use siembox_support::cloud::{App, Cloud, Played};
use siembox_support::records;
use siembox_support::records::xdr;
use siembox_support::siembox::Siembox;
use siembox_support::sink::SyslogReceiver;
use siembox_support::stage::{self, Curtain};

const HELP: &str = "\
Runs siembox between a simulated cloud and a small syslog receiver, and shows what goes through.

  --siembox PATH      the binary (needed)
  --seconds N         ends after so long; fails unless lines arrived and the status was Connected
  --activities N      activities of the last two days (default 400)
  --alerts N          alerts of the last two days (default 12)
  --per-second R      new activities a second (default 1)
  --defender-xdr      the records come from the successors of Cloud Apps, Graph and hunting
  -h, --help          this text
";

/// Requests a minute of the demo's tenant: more than the real 30, so that new records show soon.
const REQUESTS_PER_MINUTE: usize = 120;
/// How often the status is shown.
const STATUS_EVERY: Duration = Duration::from_secs(2);
/// Lines of the status that are shown each time: the state, and the agent's figures.
const STATUS_LINES: usize = 8;
/// How the lines of the status begin that say where the page is: they are shown once.
const PAGE: &str = "page ";

struct Plan {
    siembox: PathBuf,
    seconds: Option<u64>,
    activities: usize,
    alerts: usize,
    per_second: f64,
    played: Played,
}

fn main() -> ExitCode {
    let plan = match plan() {
        Ok(Some(plan)) => plan,
        Ok(None) => return ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error}");
            return ExitCode::from(64);
        }
    };
    match play(&plan) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The plan; none where help was all that was wanted.
fn plan() -> Result<Option<Plan>, lexopt::Error> {
    let (mut siembox, mut seconds) = (None, None);
    let (mut activities, mut alerts, mut per_second) = (400, 12, 1.0);
    let mut played = Played::CloudApps;
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => {
                print!("{HELP}");
                return Ok(None);
            }
            Long("siembox") => siembox = Some(PathBuf::from(parser.value()?)),
            Long("seconds") => seconds = Some(parser.value()?.parse()?),
            Long("activities") => activities = parser.value()?.parse()?,
            Long("alerts") => alerts = parser.value()?.parse()?,
            Long("per-second") => per_second = parser.value()?.parse()?,
            Long("defender-xdr") => played = Played::DefenderXdr,
            other => return Err(other.unexpected()),
        }
    }
    let siembox = siembox.ok_or("--siembox PATH is needed")?;
    Ok(Some(Plan {
        siembox,
        seconds,
        activities,
        alerts,
        per_second,
        played,
    }))
}

/// The app of the successors.
fn app() -> App {
    let client_id = "c0ffee00-0000-4000-8000-00000000a99b";
    App::new("contoso.onmicrosoft.com", client_id, "simulated-secret")
}

fn cloud(plan: &Plan) -> Cloud {
    let activities = records::activities(1, plan.activities);
    let alerts = records::alerts(1, plan.alerts);
    let builder = Cloud::builder().requests_per_minute(REQUESTS_PER_MINUTE);
    let builder = match plan.played {
        Played::CloudApps => builder.activities(activities).alerts(alerts),
        _ => builder
            .app(app())
            .graph_requests_per_minute(REQUESTS_PER_MINUTE)
            .hunting_calls_per_minute(REQUESTS_PER_MINUTE)
            .xdr(xdr::twins(activities))
            .xdr(xdr::twins(alerts))
            .xdr(xdr::directory(1, plan.activities / 10)),
    };
    builder.start()
}

fn play(plan: &Plan) -> io::Result<()> {
    let curtain = Curtain::watch()?;
    let cloud = cloud(plan);
    let siem = SyslogReceiver::builder()
        .on_line(|line| say(&stage::shown(line, stage::terminal_width())))
        .start();
    let folder = tempfile::Builder::new().prefix("siembox-demo-").tempdir()?;
    let config = write_settings(folder.path(), plan.played, &cloud, &siem)?;
    say(&format!(
        "cloud {}   siem {}   settings {}",
        cloud.url(),
        siem.addr(),
        config.display()
    ));

    let mut siembox = Siembox::start(&plan.siembox, &config)?;
    let _trickle =
        (plan.per_second > 0.0).then(|| cloud.trickle_in(plan.played, plan.per_second, 2));
    let end = plan
        .seconds
        .map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let (mut connected, mut page_is_shown) = (false, false);
    while !curtain.wait(STATUS_EVERY) {
        if let Some(code) = siembox.ended()? {
            return Err(io::Error::other(format!("siembox ended by itself: {code}")));
        }
        let status = siembox.status()?;
        connected |= status.contains("Connected");
        let (page, figures): (Vec<&str>, _) = status
            .lines()
            .filter(|line| !line.is_empty())
            .partition(|line| line.starts_with(PAGE));
        let page = if std::mem::replace(&mut page_is_shown, true) {
            vec![]
        } else {
            page
        };
        for line in page
            .into_iter()
            .chain(figures.into_iter().take(STATUS_LINES))
        {
            say(&marked(line, stage::terminal_width()));
        }
        if end.is_some_and(|end| Instant::now() >= end) {
            break;
        }
    }
    siembox.stop()?;
    say(&format!(
        "{} lines arrived, {} requests were made",
        siem.count(),
        cloud.request_count()
    ));
    match plan.seconds {
        Some(_) if siem.count() == 0 => Err(io::Error::other("no line arrived")),
        Some(_) if !connected => Err(io::Error::other("the status never said Connected")),
        _ => Ok(()),
    }
}

/// A line of the status, set apart from the CEF lines around it.
fn marked(line: &str, width: Option<usize>) -> String {
    match width {
        Some(_) => format!("\x1b[1;32m── {line}\x1b[0m"),
        None => format!("── {line}"),
    }
}

/// Prints a line whole; who closed our output wants no more of it.
fn say(line: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Writes settings, secret and authority into `folder`; says where the settings are.
fn write_settings(
    folder: &Path,
    played: Played,
    cloud: &Cloud,
    siem: &SyslogReceiver,
) -> io::Result<PathBuf> {
    let secret = folder.join("secret");
    let (text, source) = match played {
        Played::CloudApps => (cloud.token().to_owned(), cloud_apps(cloud, &secret)),
        _ => (app().client_secret, defender_xdr(cloud, &secret)),
    };
    std::fs::write(&secret, text)?;
    std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    std::fs::write(folder.join("ca.pem"), cloud.ca_pem())?;
    let config = folder.join("siembox.toml");
    let text = format!(
        r#"state_dir = {state:?}
logs_dir = {logs:?}

[page]
listen = "127.0.0.1:0"
https_listen = "127.0.0.1:0"

[[agent]]
name = "demo"

[agent.source]
{source}
ca_file = {ca:?}
poll_interval = "2s"

[agent.siem]
format = "generic-cef"
host = "127.0.0.1"
port = {port}
protocol = "tcp"

[agent.alerts]
enabled = true

[agent.activities]
enabled = true
"#,
        state = folder.join("state"),
        logs = folder.join("logs"),
        ca = folder.join("ca.pem"),
        port = siem.addr().port(),
    );
    std::fs::write(&config, text)?;
    Ok(config)
}

fn cloud_apps(cloud: &Cloud, token: &Path) -> String {
    let url = cloud.url();
    format!(
        r#"kind = "cloud-apps"
api_url = "{url}"
token_file = {token:?}
requests_per_minute = {REQUESTS_PER_MINUTE}"#
    )
}

fn defender_xdr(cloud: &Cloud, secret: &Path) -> String {
    let (url, app) = (cloud.url(), app());
    let (tenant, client) = (app.tenant_id, app.client_id);
    format!(
        r#"kind = "defender-xdr"
tenant_id = "{tenant}"
client_id = "{client}"
client_secret_file = {secret:?}
login_url = "{url}"
graph_url = "{url}"
requests_per_minute = {REQUESTS_PER_MINUTE}
hunting_calls_per_minute = 45"#
    )
}
