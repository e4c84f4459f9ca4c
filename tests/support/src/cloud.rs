//! The Defender for Cloud Apps API, played on loopback: both lists, scan mode, filters, throttling,
//! tokens, and every way it fails; and the successors in Microsoft [`graph`].
//!
//! ```
//! use siembox_support::{cloud::Cloud, records};
//!
//! let cloud = Cloud::builder().token("open-sesame").activities(records::activities(7, 100)).start();
//! assert!(cloud.url().starts_with("https://127.0.0.1:"));
//! assert_eq!(cloud.activity_ids().len(), 100);
//! ```
//!
//! A request goes through [`server`] (bytes) → [`api`] (route, throttle, keys) → [`list`] ([`scan`]
//! or [`paging`] over the [`store`]); a [`fault`] may spoil the page, the bytes, or their way; one
//! that is bound to a place, size or record strikes each question for it.

pub mod api;
pub mod ask;
pub mod assertion;
pub mod auth;
pub mod calls;
pub mod deliver;
pub mod entra;
pub mod fault;
pub mod form;
pub mod graph;
pub mod http;
pub mod list;
pub mod page;
pub mod paging;
pub mod query;
pub mod refusal;
pub mod scan;
pub mod server;
pub mod spoil;
pub mod store;
pub mod strike;
pub mod tenant;
pub mod throttle;
pub mod trickle;
pub mod vocabulary;

mod bomb;
mod builder;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

pub use builder::Builder;
pub use calls::Call;
pub use entra::App;
pub use fault::{Dirt, Fault, Unreadable};
pub use graph::IngestionTime;
pub use graph::sheet::NoRows;
pub use strike::{Bound, Strike, Target};
pub use tenant::Seen;
pub use trickle::{Played, Trickle};

use crate::hub::Tokens;
use crate::listener::Listener;
use crate::records::xdr::{self, List, Ticks};
use crate::records::{Record, Stream};
use auth::Audience;
use store::SortField;
use tenant::Tenant;

/// A running simulator. Dropping it ends it.
#[derive(Debug)]
pub struct Cloud {
    listener: Listener,
    tenant: Arc<Tenant>,
    scheme: &'static str,
    ca_pem: String,
    token: String,
}

impl Cloud {
    /// Plans a simulator.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The API's address, without a slash at its end. The Entra endpoint is at the same place.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.addr())
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.listener.addr()
    }

    /// The authority behind its certificate, PEM. The certificate is also good for `localhost`,
    /// `*.us3.portal.cloudappsecurity.com` and `login.microsoftonline.com`, for tests that reach it
    /// through a proxy.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The token it began with.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Takes only this token from now on.
    pub fn set_token(&self, token: &str) {
        let mut state = self.tenant.state();
        state.keys.token = Some(token.to_owned());
        state.keys.fallen = None;
    }

    /// Takes no token any more (401), as after a revocation.
    pub fn revoke_token(&self) {
        self.tenant.state().keys.token = None;
    }

    /// Answers the present token with 403: its administrator lost the right to read.
    pub fn forbid_token(&self) {
        let mut state = self.tenant.state();
        state.keys.fallen = state.keys.token.take();
    }

    /// Forgets all bearer tokens (401), as after a change of the app.
    pub fn revoke_bearers(&self) {
        self.tenant.state().keys.bearers.clear();
    }

    /// The tokens for Event Hubs that its Entra endpoint gave out and that have not ended.
    #[must_use]
    pub fn hub_tokens(&self) -> Tokens {
        let tenant = Arc::clone(&self.tenant);
        Tokens::that(move |token| {
            let now_ms = tenant.clock.now_ms();
            let bearer = tenant.state().keys.bearers.get(token).cloned();
            bearer.is_some_and(|it| it.audience == Audience::EventHubs && it.until_ms > now_ms)
        })
    }

    /// Changes the app that the Entra endpoint knows: another secret, other roles. Tokens already
    /// given stay good.
    pub fn set_app(&self, app: App) {
        self.tenant.state().app = Some(app);
    }

    /// Adds an activity, given as JSON; visible from its `created` on.
    ///
    /// # Panics
    /// Where the text is no record.
    pub fn add_activity(&self, json: &str) {
        self.add(
            Stream::Activities,
            [Record::from_json(json).expect("an activity")],
        );
    }

    /// Adds an alert, given as JSON; visible from its `timestamp` on.
    ///
    /// # Panics
    /// Where the text is no record.
    pub fn add_alert(&self, json: &str) {
        self.add(Stream::Alerts, [Record::from_json(json).expect("an alert")]);
    }

    /// Adds records. One with the id of another takes its place.
    pub fn add(&self, stream: Stream, records: impl IntoIterator<Item = Record>) {
        // drawn before the lock is taken
        let records: Vec<_> = records.into_iter().collect();
        self.tenant.state().store.shelf_mut(stream).add(records);
    }

    /// Forgets the records saved before this time (epoch ms), so that a backlog of millions weighs
    /// little.
    pub fn forget(&self, stream: Stream, before_ms: i64) {
        self.tenant
            .state()
            .store
            .shelf_mut(stream)
            .forget(before_ms);
    }

    /// The ids of all activities, in the order of `created`.
    #[must_use]
    pub fn activity_ids(&self) -> Vec<String> {
        self.records(Stream::Activities)
            .iter()
            .map(|record| record.id.clone())
            .collect()
    }

    /// The ids of all alerts, in the order of their date.
    #[must_use]
    pub fn alert_ids(&self) -> Vec<String> {
        self.records(Stream::Alerts)
            .iter()
            .map(|record| record.id.clone())
            .collect()
    }

    /// All records of a list, oldest first: activities by `created`, alerts by date.
    #[must_use]
    pub fn records(&self, stream: Stream) -> Vec<Arc<Record>> {
        let field = match stream {
            Stream::Activities => SortField::Created,
            Stream::Alerts => SortField::Date,
        };
        self.tenant
            .state()
            .store
            .shelf(stream)
            .sorted(field)
            .to_vec()
    }

    /// Adds alerts, incidents or rows of Defender XDR. One with the id of another of its list takes
    /// its place.
    pub fn add_xdr(&self, records: impl IntoIterator<Item = xdr::Record>) {
        // drawn before the lock is taken
        let records: Vec<_> = records.into_iter().collect();
        let shelves = &mut self.tenant.state().graph.shelves;
        records.into_iter().for_each(|record| shelves.add(record));
    }

    /// Changes an alert or incident at this moment (epoch ms): lists show it again, with a newer
    /// `lastUpdateDateTime`. False where there is none of this id.
    pub fn change_xdr(&self, list: List, id: &str, at_ms: i64) -> bool {
        let shelves = &mut self.tenant.state().graph.shelves;
        let Some(record) = shelves.by_id(list, id).map(|record| (**record).clone()) else {
            return false;
        };
        shelves.add(record.changed(Ticks::on_grid(at_ms)));
        true
    }

    /// All records of a list of Defender XDR, oldest first by their own time.
    #[must_use]
    pub fn xdr_records(&self, list: List) -> Vec<Arc<xdr::Record>> {
        self.tenant.state().graph.shelves.all(list)
    }

    /// The ids of all records of a list of Defender XDR, in that order.
    #[must_use]
    pub fn xdr_ids(&self, list: List) -> Vec<String> {
        let records = self.xdr_records(list);
        records.iter().map(|record| record.id.clone()).collect()
    }

    /// From now on the tenant has this table, or has it no more.
    pub fn set_table(&self, table: List, is_there: bool) {
        let missing = &mut self.tenant.state().graph.missing;
        match is_there {
            true => missing.remove(&table),
            false => missing.insert(table),
        };
    }

    /// Changes what `ingestion_time()` gives.
    pub fn set_ingestion_time(&self, gives: IngestionTime) {
        self.tenant.state().graph.ingestion_time = gives;
    }

    /// The most calls of a kind within any 60 seconds of the simulator's clock, all that came
    /// counted, also those that failed.
    #[must_use]
    pub fn busiest_minute(&self, call: Call) -> usize {
        self.tenant.state().calls.busiest_minute(call)
    }

    /// When the calls of a kind came, by the simulator's clock (epoch ms).
    #[must_use]
    pub fn calls(&self, call: Call) -> Vec<i64> {
        self.tenant.state().calls.times(call).to_vec()
    }

    /// How many tokens the Entra endpoint gave.
    #[must_use]
    pub fn tokens_given(&self) -> u64 {
        self.tenant.state().tokens_given
    }

    /// Every request so far, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        self.tenant.state().seen.iter().cloned().collect()
    }

    /// How many requests so far.
    #[must_use]
    pub fn request_count(&self) -> usize {
        self.tenant.state().seen.len()
    }

    /// Forgets the requests and complaints so far.
    pub fn forget_requests(&self) {
        let mut state = self.tenant.state();
        state.seen.clear();
        state.complaints.clear();
    }

    /// How many connections were made to it.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.listener.accepted()
    }

    /// What was done that a careful client doesn't do: changed `nextQueryFilters`, unknown filters,
    /// scans without a time, …
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        self.tenant.state().complaints.clone()
    }

    /// Waits until `done` says so, looking again after each request; false where `patience` ran out
    /// first.
    pub fn wait_until(&self, patience: Duration, mut done: impl FnMut(&[Seen]) -> bool) -> bool {
        self.tenant.wait_until(patience, |state| {
            let (front, back) = state.seen.as_slices();
            if back.is_empty() {
                done(front)
            } else {
                done(&state.seen.iter().cloned().collect::<Vec<_>>())
            }
        })
    }

    /// The simulator's time, epoch ms.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.tenant.clock.now_ms()
    }

    /// Stops the simulator's clock at this time (epoch ms): for `Date`, visibility, throttling and
    /// tokens.
    pub fn stop_clock_at(&self, at_ms: i64) {
        self.tenant.clock.stop_at(at_ms);
    }

    /// Lets the simulator's clock go ahead of the real one (behind, where negative).
    pub fn run_clock_ahead(&self, by_ms: i64) {
        self.tenant.clock.run_ahead(by_ms);
    }

    /// Lets so many requests through within such a time.
    pub fn set_throttle(&self, requests: usize, within: Duration) {
        let mut state = self.tenant.state();
        state.throttle.limit = requests;
        state.throttle.window_ms = i64::try_from(within.as_millis()).unwrap_or(i64::MAX);
    }

    /// Lets something go wrong: once with the next list request, unless told otherwise.
    pub fn fault(&self, fault: impl Into<Strike>) {
        self.tenant.state().faults.add(fault.into());
    }

    /// From now on all goes well again.
    pub fn clear_faults(&self) {
        self.tenant.state().faults.clear();
    }

    /// How many faults wait for their moment still.
    #[must_use]
    pub fn faults_waiting(&self) -> usize {
        self.tenant.state().faults.waiting()
    }

    /// Ends all connections that are open now; new ones are welcome.
    pub fn cut_connections(&self) {
        self.listener.cut_connections();
    }
}
