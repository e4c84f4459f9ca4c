//! Microsoft Graph's security API: alerts_v2, incidents, and advanced hunting (successors §2,
//! §3, §9).
//!
//! A request goes through `graph::answer` → [`collection`] (`filter` says what matches, `link`
//! where a list goes on) or [`hunting`] (`marker` and `kql` say what is asked, `run` answers it)
//! → [`sheet`], which a fault may spoil.

pub mod collection;
pub mod filter;
pub mod hunting;
pub mod kql;
pub mod link;
pub mod marker;
pub mod refusal;
pub mod sheet;
pub mod shelf;

use std::collections::{BTreeSet, HashMap};

use super::api::Route;
use super::auth::Audience;
use super::fault::Fault;
use super::http::Request;
use super::strike::Question;
use super::tenant::State;
use super::throttle::Throttle;
use crate::records::xdr::List;
use link::Links;
use refusal::Refusal;
use sheet::Sheet;
use shelf::Shelves;

/// What the simulator knows of Graph.
#[derive(Debug)]
pub struct Graph {
    /// Alerts, incidents, rows.
    pub shelves: Shelves,
    /// `https`, in front of links.
    pub scheme: &'static str,
    /// Links that were given out.
    pub links: Links,
    /// Links are made of `$skip`, of which 500 is the most, instead of `$skiptoken`.
    pub links_by_skip: bool,
    /// Most records of an answer of alerts, whatever `$top` says: 1000.
    pub most_alerts: usize,
    /// Most rows of an answer of hunting: 100,000. What is more is cut off without a word.
    pub most_rows: usize,
    /// Longest answer of hunting, bytes: 50 MB. What would be longer is refused.
    pub most_bytes: usize,
    /// What `ingestion_time()` gives.
    pub ingestion_time: IngestionTime,
    /// Tables of which it gives null, whatever it gives of others.
    pub ingestion_null: BTreeSet<List>,
    /// Tables that the tenant has not.
    pub missing: BTreeSet<List>,
    /// 150 requests a minute for alerts and incidents.
    pub throttle: Throttle,
    /// 45 calls of hunting a minute, for the whole tenant.
    pub hunting_throttle: Throttle,
    /// The answer that each list gave last.
    pub last: HashMap<List, Sheet>,
}

/// What `ingestion_time()` gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IngestionTime {
    /// The time from which on the row is shown.
    #[default]
    Works,
    /// Null: the policy of the table is off.
    Null,
    /// The query is refused.
    Refused,
}

impl Default for Graph {
    fn default() -> Self {
        Self {
            shelves: Shelves::default(),
            scheme: "https",
            links: Links::default(),
            links_by_skip: false,
            most_alerts: 1000,
            most_rows: 100_000,
            most_bytes: 50_000_000,
            ingestion_time: IngestionTime::Works,
            ingestion_null: BTreeSet::new(),
            missing: BTreeSet::new(),
            throttle: Throttle::new(150, 60_000),
            hunting_throttle: Throttle::new(45, 60_000),
            last: HashMap::new(),
        }
    }
}

/// Answers a request for Graph. A fault may spoil the answer; the right one is remembered.
///
/// # Errors
/// Graph's refusal.
pub fn answer(
    state: &mut State,
    route: &Route,
    request: &Request,
    fault: Option<&Fault>,
    now_ms: i64,
) -> Result<Sheet, Refusal> {
    let bearer = match state.keys.bearer(request, Audience::Graph, now_ms) {
        Some(bearer) => bearer.clone(),
        None => return Err(Refusal::NotLetIn),
    };
    let throttle = match route {
        Route::Hunting => &mut state.graph.hunting_throttle,
        _ => &mut state.graph.throttle,
    };
    throttle.admit(now_ms).map_err(|seconds| match route {
        Route::Hunting => Refusal::Quota(seconds),
        _ => Refusal::TooMany(seconds),
    })?;
    let role = match route {
        Route::Graph(list) => list.role(),
        _ => List::CloudAppEvents.role(),
    };
    if !bearer.may(role) {
        return Err(Refusal::NotAllowed(role));
    }
    let mut sheet = right(state, route, request, fault, now_ms)
        .inspect_err(|refusal| state.complain(format!("refused: {refusal:?}")))?;
    let before = state.graph.last.insert(sheet.list, sheet.clone());
    if let Some(fault) = fault {
        fault.spoil_sheet(&mut sheet, before.as_ref());
    }
    Ok(sheet)
}

/// The answer where nothing goes wrong.
fn right(
    state: &mut State,
    route: &Route,
    request: &Request,
    fault: Option<&Fault>,
    now_ms: i64,
) -> Result<Sheet, Refusal> {
    match route {
        Route::Graph(list) => collection::answer(state, *list, request, fault, now_ms),
        _ => hunting::answer(state, request, fault, now_ms),
    }
}

/// What a request asks for, looked at beforehand; with the ids that it would be answered with where
/// `whole` is set.
pub fn question(
    state: &mut State,
    route: &Route,
    request: &Request,
    now_ms: i64,
    whole: bool,
) -> Question {
    let list = match route {
        Route::Graph(list) => Some(*list),
        _ => hunting::table(request),
    };
    let goes_on = collection::goes_on(request);
    if !whole {
        return Question {
            goes_on,
            list,
            ids: Vec::new(),
        };
    }
    let complaints = state.complaints.len();
    let sheet = right(state, route, request, None, now_ms);
    state.complaints.truncate(complaints);
    Question {
        goes_on,
        list,
        ids: sheet.map(|sheet| sheet.ids()).unwrap_or_default(),
    }
}
