//! `[agent.activities]`, `[agent.alerts]`, and so for each stream of a source: what is fetched.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use super::duration;
use super::filter::{self, Vocabulary};
use super::section::Section;
use super::source::ONLY_WITH_DEFENDER_XDR;
use crate::stream::{StreamKind, StreamSpec};

/// `[agent.activities]`, and the part of `[agent.alerts]` that is alike.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamSettings {
    /// Which stream.
    pub spec: StreamSpec,
    /// The section of the agent's settings that it is set in.
    pub section: &'static str,
    /// `enabled`: default true; all streams off is an error.
    pub enabled: bool,
    /// `filters`: the API's own vocabulary, checked on load; the cursor's own field (`created`,
    /// `date`) is refused here.
    pub filters: serde_json::Map<String, serde_json::Value>,
    /// `overlap` that each poll reads again, for records that became visible late. Activities "2m",
    /// alerts "1h"; 1s to 24h.
    pub overlap: Duration,
    /// `look_back` that is read again at start, and then each half of it or each hour, whichever is
    /// less. Activities "15m", alerts "24h"; at least `overlap`, up to 7d.
    pub look_back: Duration,
    /// `page_size` asked for. Activities 5000 (500 to 5000), alerts 100 (1 to 100); with Defender
    /// XDR alerts 500 (1 to 1000), incidents 50 (1 to 50), rows of a table 5000 (100 to 100000)
    pub page_size: u32,
    /// The file in `queries` whose KQL is asked in place of the table's own.
    pub query_file: Option<PathBuf>,
    /// `tables` whose rows an event hub is read for; other streams have none.
    pub tables: Vec<StreamSpec>,
}

/// What `[agent.alerts]` has beside what all streams have.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertSettings {
    /// `defender_for_identity`: default true; false leaves out the alerts that Defender for
    /// Identity raised.
    pub defender_for_identity: bool,
    /// `severity_map`: CEF severity (0 to 10) of low, medium, high, informational. [3, 6, 9, 0]
    pub severity_map: [u8; 4],
    /// `name` of the line: title (default) or policy.
    pub name: AlertNaming,
    /// `fetch_related`: asks for the activities behind each alert that names none, one request
    /// each. Default false.
    pub fetch_related: bool,
    /// `updates`: with Defender XDR, a line again when an alert has changed. Default false.
    pub updates: bool,
}

impl Default for AlertSettings {
    fn default() -> Self {
        Self {
            defender_for_identity: true,
            severity_map: [3, 6, 9, 0],
            name: AlertNaming::default(),
            fetch_related: false,
            updates: false,
        }
    }
}

/// `[agent.alerts] name`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum AlertNaming {
    #[default]
    Title,
    Policy,
}

/// What differs between the kinds of streams.
pub(super) struct StreamDefaults {
    pub vocabulary: &'static Vocabulary,
    pub overlap: Duration,
    pub look_back: Duration,
    /// The sizes that can be set.
    pub page_sizes: RangeInclusive<i64>,
    /// The size where none is set.
    pub page_size: u32,
}

const ACTIVITIES: StreamDefaults = StreamDefaults {
    vocabulary: &filter::ACTIVITIES,
    overlap: Duration::from_secs(2 * 60),
    look_back: Duration::from_secs(15 * 60),
    page_sizes: 500..=5000,
    page_size: 5000,
};

const ALERTS: StreamDefaults = StreamDefaults {
    vocabulary: &filter::ALERTS,
    overlap: Duration::from_secs(3600),
    look_back: Duration::from_secs(24 * 3600),
    page_sizes: 1..=100,
    page_size: 100,
};

/// Reads the sections of these streams, each in a section of its own name; the second value is what
/// only streams of alerts have.
pub(super) fn read_all(
    section: &Section,
    specs: &[StreamSpec],
) -> (Vec<StreamSettings>, AlertSettings) {
    let mut alerts = AlertSettings::default();
    let mut read = |spec: &StreamSpec| {
        let section = section.table(spec.name);
        for key in [
            "service_sources",
            "updates",
            "behaviors",
            "from",
            "tables",
            "queries",
        ] {
            section.refuse_elsewhere(key, ONLY_WITH_DEFENDER_XDR);
        }
        let defaults = match spec.kind {
            StreamKind::Alerts => {
                alerts = of_alerts(&section);
                &ALERTS
            }
            _ => &ACTIVITIES,
        };
        let settings = of_all(&section, *spec, spec.name, defaults);
        section.close();
        settings
    };
    (specs.iter().map(&mut read).collect(), alerts)
}

fn of_alerts(section: &Section) -> AlertSettings {
    AlertSettings {
        defender_for_identity: section.flag("defender_for_identity").unwrap_or(true),
        severity_map: severity_map(section).unwrap_or(AlertSettings::default().severity_map),
        name: section
            .word(
                "name",
                &[
                    ("title", AlertNaming::Title),
                    ("policy", AlertNaming::Policy),
                ],
            )
            .unwrap_or_default(),
        fetch_related: section.flag("fetch_related").unwrap_or(false),
        updates: false,
    }
}

/// What all streams have, of the section called `name`.
pub(super) fn of_all(
    section: &Section,
    spec: StreamSpec,
    name: &'static str,
    kind: &StreamDefaults,
) -> StreamSettings {
    let day = Duration::from_secs(86_400);
    let overlap = section
        .duration("overlap", Duration::from_secs(1)..=day)
        .unwrap_or(kind.overlap);
    let look_back = look_back(section, kind.look_back);
    if look_back < overlap && !section.failed("overlap") && !section.failed("look_back") {
        let key = if section.has("look_back") {
            "look_back"
        } else {
            "overlap"
        };
        let (overlap, look_back) = (duration::text(overlap), duration::text(look_back));
        section.refuse(
            key,
            &format!(
                "overlap is {overlap}, look_back is {look_back}; allowed: \
            look_back at least as long as overlap"
            ),
        );
    }
    let filters = section.table("filters");
    StreamSettings {
        spec,
        section: name,
        enabled: section.flag("enabled").unwrap_or(true),
        filters: filter::read(&filters, kind.vocabulary),
        overlap,
        look_back,
        page_size: section
            .number("page_size", kind.page_sizes.clone())
            .unwrap_or(kind.page_size),
        query_file: None,
        tables: Vec::new(),
    }
}

/// `look_back`, or what it is where it is not set.
pub(super) fn look_back(section: &Section, default: Duration) -> Duration {
    let week = Duration::from_secs(7 * 86_400);
    let set = section.duration("look_back", Duration::from_secs(1)..=week);
    set.unwrap_or(default)
}

pub(super) fn severity_map(section: &Section) -> Option<[u8; 4]> {
    let allowed = "four whole numbers from 0 to 10, for low, medium, high and informational, for example [3, \
            6, 9, 0]";
    let number = |value: &toml_edit::Value| {
        value
            .as_integer()
            .filter(|n| (0..=10).contains(n))
            .and_then(|n| u8::try_from(n).ok())
    };
    let numbers = section.list("severity_map", allowed, number)?;
    let map = numbers.try_into().ok();
    if map.is_none() {
        section.refuse(
            "severity_map",
            &format!("found a list of another length; allowed: {allowed}"),
        );
    }
    map
}
