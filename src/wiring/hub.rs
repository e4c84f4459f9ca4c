//! Builds a member of a consumer group of event hubs from the settings.

use std::sync::Arc;
use std::time::Duration;

use super::credential::WayIn;
use super::route::route;
use super::{WiringError, names};
use crate::settings::{AgentSettings, EventHubSettings, HubSecurity, SecretSource};
use crate::source::event_hubs::{EventHubs, HubLogin, HubMember, HubRoute};
use crate::source::http::Http;
use crate::source::{Entra, HubSource, Permission};
use crate::stream::StreamSpec;
use crate::trust;

/// A query of hunting may take minutes; Microsoft recommends this for Event Hubs (reference:
/// successors.md §5).
const LONGEST_ANSWER: Duration = Duration::from_secs(60);

/// The name of a member in its group across restarts; `None` for one that stays for a moment.
pub type MemberName<'n> = Option<&'n str>;

/// A member for this stream of the agent, in the group of the settings or in another one.
///
/// # Errors
/// When a file of the settings can't be used, or the system gives no thread.
pub(super) fn open(
    agent: &AgentSettings,
    stream: StreamSpec,
    way_in: &WayIn,
    group: Option<&str>,
    instance: MemberName<'_>,
) -> Result<HubSource, WiringError> {
    let source = agent.source_of(stream);
    let settings = source.event_hubs().ok_or(WiringError::NoSource(stream))?;
    let http_route = route(source)?;
    let tls = match settings.security {
        HubSecurity::PlainForTests => None,
        HubSecurity::SaslTls | HubSecurity::Tls => {
            let authorities = (trust::public_roots().iter().cloned())
                .chain(http_route.extra_roots.iter().cloned());
            Some(Arc::new(trust::client(authorities, None)?))
        }
    };
    let http = Http::new(&http_route);
    let of_http = http.clone();
    let login = login(settings, way_in, http)?;
    let tables = agent.stream(stream).map(|it| it.tables.clone());
    let member = HubMember {
        group: group.unwrap_or(&settings.consumer_group).to_owned(),
        client_id: format!("siembox-{}", instance.unwrap_or("check")),
        instance: instance.map(str::to_owned),
        hubs: settings.hubs.clone(),
        tables: tables.unwrap_or_default(),
        names: names(agent),
    };
    let hub_route = HubRoute {
        host: settings.host.clone(),
        port: settings.port,
        tls,
        login,
        timeout: source.timeout.min(LONGEST_ANSWER),
    };
    let hub = EventHubs::new(hub_route, member)?;
    let of_hub = hub.cancel();
    Ok(HubSource {
        source: Box::new(hub),
        cancel: Box::new(move || {
            of_hub();
            of_http.shut_down();
        }),
        read_secret: match &settings.connection_string {
            Some(secret) => reader(secret),
            None => way_in.reader(),
        },
    })
}

fn login(settings: &EventHubSettings, way_in: &WayIn, http: Http) -> Result<HubLogin, WiringError> {
    if settings.security != HubSecurity::SaslTls {
        return Ok(HubLogin::None);
    }
    if let Some(secret) = &settings.connection_string {
        return Ok(HubLogin::ConnectionString(reader(secret)));
    }
    let scope = format!("https://{}/.default", settings.host);
    let tokens = way_in
        .tokens()
        .map(|tokens| tokens.of(Permission::of_scope(&scope)));
    let tokens: Entra = tokens.ok_or(WiringError::NoHubLogin)?;
    Ok(HubLogin::Entra(tokens, Box::new(http)))
}

fn reader(secret: &SecretSource) -> crate::source::ReadSecret {
    let secret = secret.clone();
    Box::new(move || {
        let read = secret.read_connection_string();
        let read = read.map_err(|error| error.to_string())?;
        Ok(read.text.reveal().to_owned())
    })
}
