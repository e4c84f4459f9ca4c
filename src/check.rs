//! `siembox check`: each step between the settings and the first line, with the time it took and,
//! where it fails, the cause and the cure in words. It builds its parts as `run` does, so that it
//! tests what will run; it sends no line and moves no cursor.

mod report;
mod siem;
mod spools;
mod tls;

use std::net::{IpAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

pub use report::CheckReport;
pub use siem::send_a_test_line;

use crate::clock;
use crate::settings::{AgentSettings, Settings};
use crate::source::{Place, Query};
use crate::stream::StreamSpec;
use crate::wiring::{look_at_credential, open_source, route};

/// A clock before this has not been set: 2026-01-01, before this program was built.
const BUILT_MS: i64 = 1_767_225_600_000;
/// A clock that differs more than this from the cloud's makes certificates and cursors doubtful.
const MOST_SKEW: Duration = Duration::from_secs(300);

/// Checks everything that the settings name. True where all is well.
pub fn run(
    settings: &Settings,
    agents: &[&AgentSettings],
    report: &mut CheckReport<impl std::io::Write>,
) -> bool {
    report.step("settings", || {
        Ok(format!("agents: {}", settings.agents.len()))
    });
    report.step("clock", || plausible_clock(clock::now_ms()));
    report.step("state", || state_dir(settings));
    report.step("spools", || spools::belong(settings));
    for agent in agents {
        report.heading(&agent.name);
        cloud(agent, report);
        siem(agent, report);
    }
    report.all_well()
}

fn plausible_clock(now_ms: i64) -> Result<String, String> {
    let now = clock::in_words(now_ms);
    if now_ms < BUILT_MS {
        return Err(format!(
            "this machine's clock shows {now}: set the clock, because certificates cannot be \
                checked with this date"
        ));
    }
    Ok(now)
}

/// The folder must take a file; an instance that runs on it is no trouble.
fn state_dir(settings: &Settings) -> Result<String, String> {
    let folder = &settings.state_dir;
    let cure = "create the folder, or give this user write access to it";
    std::fs::create_dir_all(folder)
        .and_then(|()| tempfile_in(folder))
        .map_err(|error| format!("state_dir {}: {error}: {cure}", folder.display()))?;
    Ok(folder.display().to_string())
}

fn tempfile_in(folder: &std::path::Path) -> std::io::Result<()> {
    let path = folder.join(format!(".check-{}", std::process::id()));
    crate::own_file::create(&path, 0o600)?;
    std::fs::remove_file(&path)
}

fn cloud(agent: &AgentSettings, report: &mut CheckReport<impl std::io::Write>) {
    let source = &agent.source;
    let Some(api) = Address::of_url(source.url()) else {
        report.step("api_url", || {
            Err(format!("{} is not a valid address", source.url()))
        });
        return;
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
        return;
    }
    // behind a proxy with a password, or with TLS of its own, only the HTTP client knows the way;
    // its answer tells the same
    let direct = proxy.is_none()
        || source
            .proxy
            .as_ref()
            .is_some_and(|proxy| proxy.user.is_none() && !proxy.host.starts_with("https://"));
    if api.secure && direct && !report.step("tls", || tls::handshake(&api, proxy.as_ref(), source))
    {
        report.skip("token, api");
        return;
    }
    if !report.step("token", || token(agent)) {
        report.skip("api");
        return;
    }
    for stream in agent.streams_on() {
        report.step(stream.spec.name, || ask(agent, stream.spec));
    }
}

/// Can the secret be read? Whether it is accepted, only the API tells.
fn token(agent: &AgentSettings) -> Result<String, String> {
    let source = &agent.source;
    route(source).map_err(|error| error.to_string())?;
    look_at_credential(source, clock::now_ms())
}

/// One small page, as `run` would ask for it.
fn ask(agent: &AgentSettings, stream: StreamSpec) -> Result<String, String> {
    let source = agent.source_of(stream);
    let mut parts = open_source(agent, stream).map_err(|error| error.to_string())?;
    let now = clock::now_ms();
    let look_back = i64::try_from(source.first_look_back.as_millis()).unwrap_or(0);
    let query = Query {
        from_ms: now - look_back,
        to_ms: None,
        place: Place::Skip(0),
        limit: 1,
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
    match (answer.total, answer.records) {
        (Some(total), _) => Ok(format!(
            "the API answers: {total} records in the last {since} pass the filters"
        )),
        (None, 0) => Ok(format!(
            "the API answers: no record in the last {since} passes the filters"
        )),
        (None, _) => Ok("the API answers with records".to_owned()),
    }
}

fn siem(agent: &AgentSettings, report: &mut CheckReport<impl std::io::Write>) {
    report.step("siem", || siem::reach(agent));
}

/// A host and port of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Name or address, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Is TLS spoken there?
    pub secure: bool,
}

impl Address {
    /// Of `https://host[:port][/path]`.
    fn of_url(url: &str) -> Option<Self> {
        let uri: ureq::http::Uri = url.parse().ok()?;
        let secure = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let host = uri
            .host()?
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        Some(Self { host, port, secure })
    }

    fn resolve(&self) -> Result<String, String> {
        if self.host.parse::<IpAddr>().is_ok() {
            return Ok(format!("{} is an address, no name to resolve", self.host));
        }
        let addresses: Vec<String> = (self.host.as_str(), self.port)
            .to_socket_addrs()
            .map_err(|error| {
                format!(
                    "the name {} cannot be resolved: {error}: check DNS and the name",
                    self.host
                )
            })?
            .map(|address| address.ip().to_string())
            .collect();
        match addresses.len() {
            0 => Err(format!(
                "the name {} has no address: check DNS and the name",
                self.host
            )),
            _ => Ok(format!("{} is {}", self.host, addresses.join(", "))),
        }
    }

    fn connect(&self) -> Result<TcpStream, String> {
        let cure = "check the address, the port and the firewall (outbound TCP)";
        let addresses = (self.host.as_str(), self.port)
            .to_socket_addrs()
            .map_err(|error| error.to_string())?;
        let mut last = format!("no address: {cure}");
        for address in addresses {
            match TcpStream::connect_timeout(&address, Duration::from_secs(10)) {
                Ok(stream) => {
                    let patience = Some(Duration::from_secs(10));
                    stream
                        .set_read_timeout(patience)
                        .map_err(|error| error.to_string())?;
                    stream
                        .set_write_timeout(patience)
                        .map_err(|error| error.to_string())?;
                    return Ok(stream);
                }
                Err(error) => last = format!("{address}: {error}: {cure}"),
            }
        }
        Err(last)
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_an_address_apart() {
        let address = |url| Address::of_url(url).map(|a| (a.host, a.port, a.secure));
        assert_eq!(address("https://a.b"), Some(("a.b".into(), 443, true)));
        assert_eq!(
            address("http://[::1]:8080/cas"),
            Some(("::1".into(), 8080, false))
        );
    }

    #[test]
    fn an_address_is_not_resolved() {
        let resolved = |url| Address::of_url(url).unwrap().resolve();
        for (url, host) in [
            ("https://127.0.0.1", "127.0.0.1"),
            ("https://[2001:db8::1]:8443", "2001:db8::1"),
        ] {
            assert_eq!(
                resolved(url),
                Ok(format!("{host} is an address, no name to resolve"))
            );
        }
        let name = resolved("https://localhost").unwrap();
        assert!(name.starts_with("localhost is "), "{name}");
    }

    #[test]
    fn a_clock_of_1970_is_not_believed() {
        assert!(plausible_clock(0).unwrap_err().contains("1970"));
        assert!(plausible_clock(BUILT_MS).is_ok());
    }
}
