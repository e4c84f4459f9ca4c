//! The simulated cloud as a program: `cargo simulator -- --help`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use lexopt::prelude::*;
use siembox_support::cloud::{App, Cloud, Fault};
use siembox_support::records;
use siembox_support::stage::Curtain;

const HELP: &str = "\
Plays the Defender for Cloud Apps API on 127.0.0.1, with two days of records and a trickle of new ones.

  --port PORT                 where to listen (default: any free port)
  --token TOKEN               key of \"Authorization: Token\" (default: made up, and printed)
  --activities N              activities of the last two days (default 400)
  --alerts N                  alerts of the last two days (default 12)
  --per-second R              new activities a second, an alert for every 40; 0 for none (default 1)
  --record-size BYTES         about so big is each record (default 1500)
  --seed S                    the same seed gives the same records (default 1)
  --requests-per-minute N     limit of the whole tenant (default 30)
  --retry-after               429 says in a header when to come again
  --page-cap N                most records of an answer without scan mode (default 100)
  --trouble P                 share of requests that something happens to, 0 to 1 (default 0)
  --app TENANT:CLIENT:SECRET  an Entra app; its login endpoint is at the same address
  --ca-out FILE               writes the certificate authority (PEM)
  --plain-http                HTTP instead of HTTPS
  --gzip                      packs answers
  -h, --help                  this text
";

/// What was asked for on the command line.
struct Plan {
    port: u16,
    token: Option<String>,
    activities: usize,
    alerts: usize,
    per_second: f64,
    record_size: usize,
    seed: u64,
    requests_per_minute: usize,
    retry_after: bool,
    page_cap: usize,
    trouble: f64,
    app: Option<App>,
    ca_out: Option<PathBuf>,
    plain: bool,
    gzip: bool,
}

fn main() -> ExitCode {
    match plan().and_then(|plan| plan.map_or(Ok(()), |plan| play(&plan))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("simulator: {error}");
            ExitCode::from(64)
        }
    }
}

/// The plan; none where help was all that was wanted.
fn plan() -> Result<Option<Plan>, lexopt::Error> {
    let mut plan = Plan {
        port: 0,
        token: None,
        activities: 400,
        alerts: 12,
        per_second: 1.0,
        record_size: 1500,
        seed: 1,
        requests_per_minute: 30,
        retry_after: false,
        page_cap: 100,
        trouble: 0.0,
        app: None,
        ca_out: None,
        plain: false,
        gzip: false,
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => {
                print!("{HELP}");
                return Ok(None);
            }
            Long("port") => plan.port = parser.value()?.parse()?,
            Long("token") => plan.token = Some(parser.value()?.string()?),
            Long("activities") => plan.activities = parser.value()?.parse()?,
            Long("alerts") => plan.alerts = parser.value()?.parse()?,
            Long("per-second") => plan.per_second = parser.value()?.parse()?,
            Long("record-size") => plan.record_size = parser.value()?.parse()?,
            Long("seed") => plan.seed = parser.value()?.parse()?,
            Long("requests-per-minute") => plan.requests_per_minute = parser.value()?.parse()?,
            Long("retry-after") => plan.retry_after = true,
            Long("page-cap") => plan.page_cap = parser.value()?.parse()?,
            Long("trouble") => plan.trouble = parser.value()?.parse()?,
            Long("app") => plan.app = Some(app(&parser.value()?.string()?)?),
            Long("ca-out") => plan.ca_out = Some(parser.value()?.into()),
            Long("plain-http") => plan.plain = true,
            Long("gzip") => plan.gzip = true,
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some(plan))
}

fn app(text: &str) -> Result<App, lexopt::Error> {
    let mut parts = text.splitn(3, ':');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(tenant), Some(client), Some(secret)) => Ok(App::new(tenant, client, secret)),
        _ => Err("--app wants TENANT:CLIENT:SECRET".into()),
    }
}

fn play(plan: &Plan) -> Result<(), lexopt::Error> {
    let failed = |error: std::io::Error| lexopt::Error::Custom(error.into());
    let curtain = Curtain::watch().map_err(failed)?;
    let cloud = start(plan);
    if let Some(path) = &plan.ca_out {
        std::fs::write(path, cloud.ca_pem()).map_err(failed)?;
    }
    println!("listening on {}", cloud.url());
    println!("token {}", cloud.token());
    let _ = std::io::stdout().flush();
    let _trickle = (plan.per_second > 0.0).then(|| cloud.trickle(plan.per_second, plan.seed + 1));
    while !curtain.wait(Duration::from_secs(1)) {}
    eprintln!(
        "{} requests over {} connections",
        cloud.request_count(),
        cloud.connections()
    );
    for complaint in cloud.complaints() {
        eprintln!("complaint: {complaint}");
    }
    Ok(())
}

fn start(plan: &Plan) -> Cloud {
    let mut builder = Cloud::builder()
        .port(plan.port)
        .activities(records::activities(plan.seed, plan.activities).size(plan.record_size))
        .alerts(records::alerts(plan.seed, plan.alerts).size(plan.record_size))
        .requests_per_minute(plan.requests_per_minute)
        .page_cap(plan.page_cap);
    if let Some(token) = &plan.token {
        builder = builder.token(token);
    }
    if let Some(app) = &plan.app {
        builder = builder.app(app.clone());
    }
    if plan.retry_after {
        builder = builder.retry_after();
    }
    if plan.plain {
        builder = builder.plain_http();
    }
    if plan.gzip {
        builder = builder.gzip();
    }
    let cloud = builder.start();
    if plan.trouble > 0.0 {
        let troubles = [
            Fault::Status(502),
            Fault::Throttled {
                retry_after: None,
                in_text: Some(5),
            },
            Fault::ResetInBody,
            Fault::HalfAnswer,
            Fault::InvalidJson,
            Fault::EmptyWithTotal,
        ];
        let share = plan.trouble / troubles.len() as f64;
        for (seed, trouble) in (plan.seed..).zip(troubles) {
            cloud.fault(trouble.for_ever().chance(share, seed));
        }
    }
    cloud
}
