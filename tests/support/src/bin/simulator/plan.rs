//! What the command line asks for.

use std::path::PathBuf;

use lexopt::prelude::*;
use siembox_support::cloud::{App, Played};
use siembox_support::records::xdr::List;

const HELP: &str = "\
Plays the Defender for Cloud Apps API on 127.0.0.1, or its successors in Microsoft Graph, with two
days of records and a trickle of new ones.

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
  --app-certificate FILE      a certificate (PEM, RSA) that the app may log on with

  --defender-xdr              the successors in place of Cloud Apps: alerts_v2, incidents, hunting;
                              login_url and graph_url are the printed address
  --both                      both, each event under the same id in both
  --incidents N               incidents of the last two days (default 8)
  --behaviors N               behaviors of the last two days (default 8)
  --alerts-per-minute N       limit of alerts and incidents of Graph (default 150)
  --hunting-per-minute N      limit of hunting calls (default 45)
  --without-table NAME        the tenant has no such table; may be said again
  --no-ingestion-time         ingestion_time() gives null
  --links-by-skip             next links are made of $skip, of which 500 is the most

  --ca-out FILE               writes the certificate authority (PEM)
  --plain-http                HTTP instead of HTTPS
  --gzip                      packs answers
  -h, --help                  this text
";

/// What was asked for on the command line.
pub struct Plan {
    pub port: u16,
    pub token: Option<String>,
    pub activities: usize,
    pub alerts: usize,
    pub per_second: f64,
    pub record_size: usize,
    pub seed: u64,
    pub requests_per_minute: usize,
    pub retry_after: bool,
    pub page_cap: usize,
    pub trouble: f64,
    pub app: Option<App>,
    pub certificate: Option<PathBuf>,
    pub played: Played,
    pub incidents: usize,
    pub behaviors: usize,
    pub alerts_per_minute: usize,
    pub hunting_per_minute: usize,
    pub missing: Vec<List>,
    pub no_ingestion_time: bool,
    pub links_by_skip: bool,
    pub ca_out: Option<PathBuf>,
    pub plain: bool,
    pub gzip: bool,
}

/// The plan; none where help was all that was wanted.
pub fn read() -> Result<Option<Plan>, lexopt::Error> {
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
        certificate: None,
        played: Played::CloudApps,
        incidents: 8,
        behaviors: 8,
        alerts_per_minute: 150,
        hunting_per_minute: 45,
        missing: Vec::new(),
        no_ingestion_time: false,
        links_by_skip: false,
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
            Long("app-certificate") => plan.certificate = Some(parser.value()?.into()),
            Long("defender-xdr") => plan.played = Played::DefenderXdr,
            Long("both") => plan.played = Played::Both,
            Long("incidents") => plan.incidents = parser.value()?.parse()?,
            Long("behaviors") => plan.behaviors = parser.value()?.parse()?,
            Long("alerts-per-minute") => plan.alerts_per_minute = parser.value()?.parse()?,
            Long("hunting-per-minute") => plan.hunting_per_minute = parser.value()?.parse()?,
            Long("without-table") => plan.missing.push(table(&parser.value()?.string()?)?),
            Long("no-ingestion-time") => plan.no_ingestion_time = true,
            Long("links-by-skip") => plan.links_by_skip = true,
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

fn table(name: &str) -> Result<List, lexopt::Error> {
    let list = List::named(name).filter(|list| list.is_table());
    list.ok_or_else(|| format!("{name} is no table").into())
}
