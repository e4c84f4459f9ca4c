//! Checks the way to each source of an agent that is read: name, connection, TLS, sign-in, and one
//! record of each stream.

use std::io::Write;
use std::time::Duration;

use super::{Address, CheckReport, hub, tls};
use crate::clock;
use crate::foreign::ForeignText;
use crate::settings::{AgentSettings, SourceSettings, StreamSettings};
use crate::source::{Newest, OpenSource, Place, Query, Source, SourceError, SourceErrorKind};
use crate::stream::StreamKind;
use crate::wiring::{RequestLimits, Sources, look_at_credential, route};

/// A clock that differs more than this from the cloud's makes certificates and cursors doubtful.
const MOST_SKEW: Duration = Duration::from_secs(300);

/// A product whose alerts the tenant narrows down by itself (reference: successors.md §2.3).
const ENTRA_ID_PROTECTION: &str = "azureAdIdentityProtection";

/// Takes the steps to each source of which a stream is read.
pub(super) fn reach(agent: &AgentSettings, report: &mut CheckReport<impl Write>) {
    let limits = RequestLimits::default().of(agent, &[]);
    let sources = Sources::new(agent, limits);
    for source in agent.sources() {
        let is_its_own = |of: &&StreamSettings| std::ptr::eq(agent.source_of(of.spec), source);
        let streams = agent.streams_on().filter(is_its_own);
        let (by_time, by_offset): (Vec<_>, Vec<_>) =
            streams.partition(|stream| stream.spec.kind.is_by_time());
        if !by_time.is_empty() && connect(source, report) {
            read(source, &sources, &by_time, report);
        }
        for stream in by_offset {
            hub::reach(agent, stream, report);
        }
    }
}

/// Is the API's host there, and the one that it says it is?
fn connect(source: &SourceSettings, report: &mut CheckReport<impl Write>) -> bool {
    let Some(api) = Address::of_url(source.url()) else {
        return report.step("api_url", || {
            Err(format!("{} is not a valid address", source.url()))
        });
    };
    let proxy = source.proxy.as_ref().map(|proxy| Address {
        host: proxy.host.rsplit('/').next().unwrap_or_default().to_owned(),
        port: proxy.port,
        secure: false,
    });
    let first_hop = proxy.as_ref().unwrap_or(&api);
    let reached = report.step("dns", || first_hop.resolve())
        && report.step(if proxy.is_some() { "proxy" } else { "connect" }, || {
            first_hop.connect().map(|_| first_hop.to_string())
        });
    if !reached {
        report.skip("tls, token, api");
        return false;
    }
    // behind a proxy with a password, or with TLS of its own, only the HTTP client knows the way;
    // its answer tells the same
    let is_plain = |proxy: &crate::settings::ProxySettings| {
        proxy.user.is_none() && !proxy.host.starts_with("https://")
    };
    let direct = source.proxy.as_ref().is_none_or(is_plain);
    if api.secure && direct && !report.step("tls", || tls::handshake(&api, proxy.as_ref(), source))
    {
        report.skip("token, api");
        return false;
    }
    true
}

/// Is the source let in, and does each stream answer?
fn read(
    source: &SourceSettings,
    sources: &Sources,
    streams: &[&StreamSettings],
    report: &mut CheckReport<impl Write>,
) {
    if !report.step("token", || token(source)) {
        report.skip("api");
        return;
    }
    if sources.signs_in(source) && !report.step("sign-in", || sign_in(source, sources, streams)) {
        report.skip("api");
        return;
    }
    for stream in streams {
        report.step(stream.spec.name, || ask(source, sources, stream));
    }
}

/// Can the secret be read? Whether it is accepted, only the API tells.
fn token(source: &SourceSettings) -> Result<String, String> {
    route(source).map_err(|error| error.to_string())?;
    look_at_credential(source, clock::now_ms())
}

/// Gets a token from Entra. Its roles are a hint: only the API decides what they suffice for.
fn sign_in(
    source: &SourceSettings,
    sources: &Sources,
    streams: &[&StreamSettings],
) -> Result<String, String> {
    let Some(roles) = sources.sign_in(source)? else {
        return Ok("Entra gives a token".to_owned());
    };
    let has = |permission: &str| roles.iter().any(|role| role.to_string() == permission);
    let mut text = match roles.is_empty() {
        true => "Entra gives a token without any permission".to_owned(),
        false => {
            let roles: Vec<String> = roles.iter().map(ForeignText::to_string).collect();
            format!("Entra gives a token with {}", roles.join(", "))
        }
    };
    for stream in streams {
        let lacks = permission(stream.spec.kind).filter(|permission| !has(permission));
        if let Some(permission) = lacks {
            text.push_str(&format!("; {} needs {permission}", stream.spec));
        }
    }
    Ok(text)
}

/// The application permission of Microsoft Graph that a stream needs.
fn permission(kind: StreamKind) -> Option<&'static str> {
    match kind {
        StreamKind::Activities | StreamKind::Alerts | StreamKind::EventHubs => None,
        StreamKind::GraphAlerts => Some("SecurityAlert.Read.All"),
        StreamKind::Incidents => Some("SecurityIncident.Read.All"),
        StreamKind::Behaviors | StreamKind::Table => Some("ThreatHunting.Read.All"),
    }
}

/// One small page, as `run` would ask for it.
fn ask(
    source: &SourceSettings,
    sources: &Sources,
    stream: &StreamSettings,
) -> Result<String, String> {
    let mut parts = sources
        .open(stream.spec)
        .map_err(|error| error.to_string())?;
    let now = clock::now_ms();
    let look_back = i64::try_from(source.first_look_back.as_millis()).unwrap_or(0);
    let query = Query {
        from_ms: now - look_back,
        to_ms: None,
        place: Place::Skip(0),
        limit: 1,
        late: None,
    };
    let answer = (parts.source)
        .page(&query, &mut ())
        .map_err(|error| error.what)?;
    let skew = answer
        .server_ms
        .map_or(0, |server_ms| server_ms - clock::now_ms());
    if skew.unsigned_abs() > MOST_SKEW.as_millis() as u64 {
        let span = clock::span_in_words(Duration::from_millis(skew.unsigned_abs()));
        return Err(format!(
            "the API answers, but its clock and this machine's clock differ by {span}: set this \
                machine's clock"
        ));
    }
    let since = clock::span_in_words(source.first_look_back);
    let found = match (answer.total, answer.records) {
        (Some(total), _) => {
            format!("the API answers: {total} records in the last {since} pass the filters")
        }
        (None, 0) => format!("the API answers: no record in the last {since} passes the filters"),
        (None, _) => "the API answers with records".to_owned(),
    };
    let now_ms = answer.server_ms.unwrap_or_else(clock::now_ms);
    let found = match newest(&mut *parts.source) {
        Some(Ok(newest)) => format!("{found}; {}", newest_in_words(newest, now_ms)),
        Some(Err(error)) => format!("{found}; how late rows arrive cannot be learnt: {error}"),
        None => found,
    };
    Ok(match reads_entra_alerts(stream) {
        true => format!(
            "{found}; Entra ID Protection passes on alerts of high risk only, unless the tenant's \
                alert service settings say otherwise"
        ),
        false => found,
    })
}

/// The newest record of the last day, of an API that can be asked for it.
fn newest(source: &mut dyn Source) -> Option<Result<Option<Newest>, SourceError>> {
    if !source.knows_newest() {
        return None;
    }
    Some(match source.newest(true) {
        // perhaps it only does not tell when records come
        Err(SourceError {
            trouble: SourceErrorKind::Absent | SourceErrorKind::BadQuestion,
            ..
        }) => source.newest(false),
        newest => newest,
    })
}

/// How old the newest record is, and how late it came.
fn newest_in_words(newest: Option<Newest>, now_ms: i64) -> String {
    let Some(Newest { at_ms, arrived_ms }) = newest else {
        return "no row is younger than a day".to_owned();
    };
    let span =
        |ms: i64| clock::span_in_words(Duration::from_millis(u64::try_from(ms).unwrap_or(0)));
    let age = span(now_ms - at_ms);
    match arrived_ms {
        Some(arrived_ms) => {
            let lag = span(arrived_ms - at_ms);
            format!("the newest row is {age} old and arrived {lag} after its time")
        }
        None => format!("the newest row is {age} old; the service does not tell when it arrived"),
    }
}

fn reads_entra_alerts(stream: &StreamSettings) -> bool {
    let sources = stream.filters.get("serviceSource");
    let listed = sources.and_then(|filter| filter["eq"].as_array());
    stream.spec.kind == StreamKind::GraphAlerts
        && listed.is_none_or(|listed| listed.iter().any(|it| it == ENTRA_ID_PROTECTION))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_old_the_newest_row_is_and_how_late_it_came() {
        const MINUTE: i64 = 60_000;
        let at = |at_ms, arrived_ms| Some(Newest { at_ms, arrived_ms });
        for (newest, words) in [
            (
                at(60 * MINUTE, Some(63 * MINUTE)),
                "the newest row is 7 min old and arrived 3 min after its time",
            ),
            (
                at(60 * MINUTE, None),
                "the newest row is 7 min old; the service does not tell when it arrived",
            ),
            // clocks of two machines
            (
                at(68 * MINUTE, Some(67 * MINUTE)),
                "the newest row is 0 ms old and arrived 0 ms after its time",
            ),
            (None, "no row is younger than a day"),
        ] {
            assert_eq!(newest_in_words(newest, 67 * MINUTE), words);
        }
    }
}
