//! A tenant whose streaming API writes into a hub, and a box that reads it.

use std::collections::HashSet;
use std::time::Duration;

use siembox::for_tests::status::{GroupReport, Snapshot};
use siembox_support::cloud::{App, Cloud};
use siembox_support::hub::{CONNECTION_STRING, FaceSettings, HUB, Make, Messages, Namespace};
use siembox_support::mapper::Looks;
use siembox_support::pki::Authority;

use crate::siembox::{Plan, Siembox};

const CLIENT: &str = "00000000-0000-4000-8000-000000000001";
/// A member sends a sign of life every three seconds.
pub const SESSION: Duration = Duration::from_secs(9);
/// The group of all boxes.
pub const GROUP: &str = "siem";

/// The tenant, and the namespace that its export fills.
pub struct Tenant {
    /// Gives tokens, and nothing else is asked of it.
    pub cloud: Cloud,
    pub namespace: Namespace,
    authority: Authority,
}

/// How a box differs from others.
#[derive(Debug, Clone, Copy)]
pub struct BoxSettings<'s> {
    /// The port of its SIEM; 1 for none.
    pub siem: u16,
    /// Lines for `[agent.source.event_hubs]`; what lets it in.
    pub login: &'s str,
    /// Lines for `[agent.spool]`.
    pub spool: &'s str,
}

/// Let in by the connection string.
pub const BY_STRING: &str = "connection_string_file = \"hub\"\n";

// === impl Tenant ===

impl Tenant {
    pub fn start(make: Make) -> Self {
        Self::start_with(make, |_, _| {})
    }

    /// With what `change` sets of the face.
    pub fn start_with(make: Make, change: impl FnOnce(&mut FaceSettings, &Cloud)) -> Self {
        let app = App::new("contoso.com", CLIENT, "s3cret!");
        let cloud = Cloud::builder().app(app).start();
        let authority = Authority::new("hub");
        Self {
            namespace: Namespace::start(make, &authority, |settings| {
                settings.session = Some(SESSION);
                change(settings, &cloud);
            }),
            cloud,
            authority,
        }
    }

    /// A box that is let in by the connection string.
    pub fn siembox(&self, siem: u16) -> Siembox {
        self.siembox_with(BoxSettings {
            siem,
            login: BY_STRING,
            spool: "",
        })
    }

    pub fn siembox_with(&self, of: BoxSettings<'_>) -> Siembox {
        let mut plan = Plan::new(&self.cloud, of.siem, "tcp");
        plan.source = format!(
            "kind = \"defender-xdr\"\ntenant_id = \"contoso.com\"\nclient_id = \"{CLIENT}\"\n\
             client_secret_file = \"secret\"\nlogin_url = \"{0}\"\ngraph_url = \"{0}\"\n\
             ca_file = \"cloud-ca.pem\"\ntimeout = \"5s\"\n\
             [agent.source.event_hubs]\nnamespace = \"127.0.0.1:{1}\"\nhubs = [\"{HUB}\"]\n\
             consumer_group = \"{GROUP}\"\n{2}",
            self.cloud.url(),
            self.namespace.face.port(),
            of.login
        );
        plan.activities = "from = \"event-hubs\"\n".to_owned();
        plan.alerts = "enabled = false\n".to_owned();
        plan.spool = of.spool.to_owned();
        let siembox = Siembox::new(&self.cloud, &plan);
        siembox.put_secret("secret", "s3cret!");
        siembox.put_secret("hub", CONNECTION_STRING);
        let both = format!("{}{}", self.cloud.ca_pem(), self.authority.cert_pem);
        std::fs::write(siembox.path("cloud-ca.pem"), both).unwrap();
        siembox
    }

    /// The group has read all, says librdkafka.
    pub fn assert_all_committed(&self) {
        for of in self.namespace.group_offsets(GROUP) {
            // nothing is told of a partition that is empty
            assert_eq!(of.committed.unwrap_or(0), of.latest, "{of:?}");
        }
    }
}

/// The lines that must come of these messages.
pub fn lines(messages: &Messages) -> Vec<String> {
    let looks = Looks::of_box("");
    let rows = messages.rows.iter();
    rows.map(|row| row.line(&looks)).collect()
}

/// The group of the stream, as the box tells it.
pub fn group(status: &Snapshot) -> Option<&GroupReport> {
    let streams = status.agents[0].streams.iter();
    let mut groups = streams.filter_map(|stream| stream.group.as_deref());
    groups.next().map(|share| &share.report)
}

/// Does the box read so many partitions, and has it told the group that it has read all of them?
pub fn has_read_all(status: &Snapshot, partitions: usize) -> bool {
    group(status).is_some_and(|group| {
        let mut all = group.partitions.iter();
        group.partitions.len() == partitions
            && all.all(|it| {
                it.latest
                    .is_some_and(|latest| it.committed.unwrap_or(0) == latest)
            })
    })
}

/// Have all of these lines arrived?
pub fn all_came(want: &[String], came: &[String]) -> bool {
    let came: HashSet<&String> = came.iter().collect();
    came.len() >= want.len() && want.iter().all(|line| came.contains(line))
}
