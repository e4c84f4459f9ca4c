//! Checks that the event hubs of a source, `activities.from` of its streams and its proxy fit
//! together. They stand in different sections, so no section's reader can see it alone.

use super::section::Section;
use super::words::plain_path;
use super::{AgentSettings, EventHubSettings, SourceSettings, StreamSettings};
use crate::stream::EVENT_HUBS;

/// Checks a source, whose table this is, with its streams, which `holder` has.
pub(super) fn check(
    holder: &Section,
    of_source: &Section,
    source: Option<&SourceSettings>,
    streams: &[StreamSettings],
) {
    let stream = streams.iter().find(|it| it.spec == EVENT_HUBS);
    let hubs = source.and_then(SourceSettings::event_hubs);
    let header = plain_path(&of_source.path_of("event_hubs"));
    match (stream, of_source.has("event_hubs")) {
        (Some(_), false) => holder.table("activities").refuse(
            "from",
            &format!(
                "found \"event-hubs\", and there is no [{header}]; allowed: with that section, \
                    which says namespace and hubs, or \"hunting\""
            ),
        ),
        (None, true) if hubs.is_some() => {
            let activities = plain_path(&holder.path_of("activities"));
            of_source.warn(
                "event_hubs",
                &format!(
                    "is not used, because rows come from advanced hunting; cure: from = \
                        \"event-hubs\" in [{activities}], or remove this section"
                ),
            );
        }
        (Some(stream), true) if stream.enabled => {
            let has_proxy = source.is_some_and(|source| source.proxy.is_some());
            if let Some(hubs) = hubs.filter(|_| has_proxy) {
                of_source.warn("event_hubs", &hubs.proxy_warning());
            }
        }
        _ => {}
    }
}

/// Warns of two agents of one consumer group: the service gives each row to one of them.
pub(super) fn check_together(
    section: &Section,
    agent: &AgentSettings,
    before: &AgentSettings,
    before_number: usize,
) {
    let (Some(own), Some(other)) = (in_use(agent), in_use(before)) else {
        return;
    };
    let is_same = own.host.eq_ignore_ascii_case(&other.host)
        && own.port == other.port
        && own.consumer_group == other.consumer_group;
    let hub = own.hubs.iter().find(|hub| other.hubs.contains(hub));
    if let Some(hub) = hub.filter(|_| is_same) {
        let text = format!(
            "found {:?}, the group in which agent[{before_number}] reads the event hub {hub} too: \
                the service gives each row to one of the two agents only; cure: a group of its own \
                for each of them",
            own.consumer_group
        );
        let source = section.table("source");
        source.table("event_hubs").warn("consumer_group", &text);
    }
}

/// The hubs that an agent reads.
fn in_use(agent: &AgentSettings) -> Option<&EventHubSettings> {
    let stream = agent.stream(EVENT_HUBS).filter(|stream| stream.enabled)?;
    agent.source_of(stream.spec).event_hubs()
}
