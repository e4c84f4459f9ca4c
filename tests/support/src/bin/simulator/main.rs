//! The simulated cloud as a program: `cargo simulator -- --help`.

mod plan;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use siembox_support::cloud::{App, Cloud, Fault, IngestionTime, NoRows, Played, Target};
use siembox_support::records;
use siembox_support::records::xdr;
use siembox_support::stage::Curtain;

use plan::Plan;

fn main() -> ExitCode {
    match plan::read().and_then(|plan| plan.map_or(Ok(()), |plan| play(&plan))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("simulator: {error}");
            ExitCode::from(64)
        }
    }
}

/// The app that logs on: the one that was asked for, or one of the simulator's own where the
/// successors need one.
fn app_of(plan: &Plan) -> Result<Option<App>, lexopt::Error> {
    let own = || {
        let client_id = "c0ffee00-0000-4000-8000-00000000a99b";
        App::new("contoso.onmicrosoft.com", client_id, "simulated-secret")
    };
    let needed = plan.played != Played::CloudApps;
    let app = plan.app.clone().or_else(|| needed.then(own));
    match (app, &plan.certificate) {
        (Some(app), Some(path)) => {
            let pem = std::fs::read_to_string(path);
            let pem = pem.map_err(|error| lexopt::Error::Custom(error.into()))?;
            Ok(Some(app.certificate(&pem)))
        }
        (app, _) => Ok(app),
    }
}

fn play(plan: &Plan) -> Result<(), lexopt::Error> {
    let failed = |error: std::io::Error| lexopt::Error::Custom(error.into());
    let curtain = Curtain::watch().map_err(failed)?;
    let app = app_of(plan)?;
    let cloud = start(plan, app.clone());
    if let Some(path) = &plan.ca_out {
        std::fs::write(path, cloud.ca_pem()).map_err(failed)?;
    }
    println!("listening on {}", cloud.url());
    println!("token {}", cloud.token());
    if let Some(app) = app.filter(|_| plan.played != Played::CloudApps) {
        let (tenant, client, secret) = (app.tenant_id, app.client_id, app.client_secret);
        println!("app tenant_id={tenant} client_id={client} client_secret={secret}");
    }
    let _ = std::io::stdout().flush();
    let _trickle = (plan.per_second > 0.0)
        .then(|| cloud.trickle_in(plan.played, plan.per_second, plan.seed + 1));
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

fn start(plan: &Plan, app: Option<App>) -> Cloud {
    let mut builder = Cloud::builder()
        .port(plan.port)
        .requests_per_minute(plan.requests_per_minute)
        .page_cap(plan.page_cap)
        .graph_requests_per_minute(plan.alerts_per_minute)
        .hunting_calls_per_minute(plan.hunting_per_minute);
    // the times of a series are drawn when it is made: a twin is made of the same series
    let activities = records::activities(plan.seed, plan.activities).size(plan.record_size);
    let alerts = records::alerts(plan.seed, plan.alerts).size(plan.record_size);
    if plan.played != Played::DefenderXdr {
        builder = builder
            .activities(activities.clone())
            .alerts(alerts.clone());
    }
    if plan.played != Played::CloudApps {
        builder = builder
            .xdr(xdr::twins(activities))
            .xdr(xdr::twins(alerts))
            .xdr(xdr::directory(plan.seed, plan.activities / 10))
            .xdr(xdr::alerts(plan.seed, plan.alerts))
            .xdr(xdr::incidents(plan.seed, plan.incidents))
            .xdr(xdr::behaviors(plan.seed, plan.behaviors));
    }
    for table in &plan.missing {
        builder = builder.without_table(*table);
    }
    if plan.no_ingestion_time {
        builder = builder.ingestion_time(IngestionTime::Null);
    }
    if plan.links_by_skip {
        builder = builder.links_by_skip();
    }
    if let Some(token) = &plan.token {
        builder = builder.token(token);
    }
    if let Some(app) = app {
        builder = builder.app(app);
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
    let all = troubles(plan.played);
    if plan.trouble > 0.0 {
        let share = plan.trouble / all.len() as f64;
        for (seed, trouble) in (plan.seed..).zip(all) {
            cloud.fault(trouble.for_ever().chance(share, seed).on(Target::Lists));
        }
    }
    cloud
}

/// What happens to requests now and then.
fn troubles(played: Played) -> Vec<Fault> {
    let mut all = vec![
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
    if played != Played::CloudApps {
        all.extend([
            Fault::BearerEnds,
            Fault::HtmlForbidden,
            Fault::UnknownError,
            Fault::LinkRefused,
            Fault::PartialContent,
            Fault::NewestFirst,
            Fault::TooLarge,
            Fault::TooSlow,
            Fault::Quota(5),
            Fault::NoRows(NoRows::Null),
        ]);
    }
    all
}
