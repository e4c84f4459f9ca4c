//! What is kept for ever: each fault that the simulator knows, on each thing that it can be bound
//! to.

use std::time::Duration;

use siembox_support::cloud::{Bound, Dirt, Fault, Target, Unreadable};
use siembox_support::records::Stream;

/// What the fault is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// A place that the API itself had named.
    NamedPlace,
    /// Answers of more than so many records.
    Above(usize),
    /// A record.
    Alone,
    /// A record that shares its millisecond with its neighbours.
    Tied,
    /// Each question of the stream.
    Everything,
}

/// One case.
#[derive(Debug, Clone)]
pub struct Kept {
    pub fault: Fault,
    pub stream: Stream,
    pub spot: Spot,
}

/// All of them.
pub fn all() -> Vec<Kept> {
    let spots = [
        (Stream::Activities, Spot::NamedPlace),
        (Stream::Activities, Spot::Above(300)),
        (Stream::Activities, Spot::Alone),
        (Stream::Activities, Spot::Tied),
        (Stream::Activities, Spot::Everything),
        (Stream::Alerts, Spot::Above(8)),
        (Stream::Alerts, Spot::Alone),
        (Stream::Alerts, Spot::Tied),
        (Stream::Alerts, Spot::Everything),
    ];
    let kinds = faults();
    let cases = kinds.iter().flat_map(|fault| {
        spots.map(|(stream, spot)| Kept {
            fault: fault.clone(),
            stream,
            spot,
        })
    });
    cases.collect()
}

/// Each kind of fault, in each form that is treated differently.
fn faults() -> Vec<Fault> {
    let throttled = |retry_after, in_text| Fault::Throttled {
        retry_after,
        in_text,
    };
    let mut faults: Vec<Fault> = [400, 401, 403, 404, 408, 429, 500, 503]
        .map(Fault::Status)
        .into();
    faults.extend([
        throttled(None, None),
        throttled(Some(0), None),
        throttled(Some(20), None),
        throttled(None, Some(20)),
    ]);
    for body in [
        "",
        "null",
        "[]",
        "{}",
        "{\"data\":null}",
        "\u{feff}{\"data\":[]}",
        "OK",
    ] {
        faults.push(Fault::body(200, body.into()));
    }
    faults.extend([
        Fault::body(201, "{\"data\":[]}".into()),
        Fault::HtmlPage,
        Fault::Redirect("https://elsewhere.example/".to_owned()),
        Fault::Stall,
        Fault::ResetBeforeHead,
        Fault::EmptyWithTotal,
        Fault::HasNextLies,
        Fault::NoNextFilters,
        Fault::Cap(0),
        Fault::Cap(1),
        Fault::Cap(7),
        Fault::Repeat,
        Fault::Unordered,
        Fault::BigRecord(200_000),
        Fault::InvalidJson,
        Fault::GzipBomb(1 << 20),
        Fault::HugeHeaders(1 << 20),
        Fault::Gzip,
        Fault::Chunked,
        Fault::ResetInHead,
        Fault::ResetInBody,
        Fault::HalfAnswer,
        Fault::Drip(Duration::from_millis(1)),
        Fault::Delay(Duration::from_secs(50)),
        Fault::HangUp,
        Fault::HangUpAfter(Duration::from_millis(50)),
    ]);
    let unreadable = [
        Unreadable::NotAnObject,
        Unreadable::NoTime,
        Unreadable::TimeIsText,
        Unreadable::NoId,
        Unreadable::WrongTypes,
    ];
    faults.extend(unreadable.map(Fault::Unreadable));
    let dirt = [
        Dirt::InvalidUtf8,
        Dirt::LoneSurrogate,
        Dirt::DuplicateKeys,
        Dirt::Controls,
    ];
    faults.extend(dirt.map(Fault::Dirt));
    faults
}

/// The name of its kind. A new kind does not compile here, so that it is not forgotten above.
pub fn kind(fault: &Fault) -> &'static str {
    match fault {
        Fault::Status(_) => "Status",
        Fault::Throttled { .. } => "Throttled",
        Fault::Body { .. } => "Body",
        Fault::HtmlPage => "HtmlPage",
        Fault::Redirect(_) => "Redirect",
        Fault::Stall => "Stall",
        Fault::ResetBeforeHead => "ResetBeforeHead",
        Fault::EmptyWithTotal => "EmptyWithTotal",
        Fault::HasNextLies => "HasNextLies",
        Fault::NoNextFilters => "NoNextFilters",
        Fault::Cap(_) => "Cap",
        Fault::Repeat => "Repeat",
        Fault::Unordered => "Unordered",
        Fault::Unreadable(_) => "Unreadable",
        Fault::BigRecord(_) => "BigRecord",
        Fault::Dirt(_) => "Dirt",
        Fault::InvalidJson => "InvalidJson",
        Fault::GzipBomb(_) => "GzipBomb",
        Fault::HugeHeaders(_) => "HugeHeaders",
        Fault::Gzip => "Gzip",
        Fault::Chunked => "Chunked",
        Fault::ResetInHead => "ResetInHead",
        Fault::ResetInBody => "ResetInBody",
        Fault::HalfAnswer => "HalfAnswer",
        Fault::Drip(_) => "Drip",
        Fault::Delay(_) => "Delay",
        Fault::HangUp => "HangUp",
        Fault::HangUpAfter(_) => "HangUpAfter",
        Fault::Aadsts(_) => "of Entra, which this model does not ask",
        Fault::BearerEnds
        | Fault::HtmlForbidden
        | Fault::UnknownError
        | Fault::LinkRefused
        | Fault::TooLarge
        | Fault::TooSlow
        | Fault::Quota(_)
        | Fault::TableMissing
        | Fault::TakeIgnored
        | Fault::PartialContent
        | Fault::NewestFirst
        | Fault::NoRows(_) => "of Graph, which this model does not ask",
    }
}

// === impl Kept ===

impl Kept {
    /// Does each failure take a minute, or a pause of as long?
    pub fn is_slow(&self) -> bool {
        matches!(
            self.fault,
            Fault::Stall | Fault::Drip(_) | Fault::Throttled { .. } | Fault::Status(429)
        )
    }

    /// As the simulator takes it. `of` is the id of the record that it is bound to, where it is.
    pub fn strike(&self, of: &str) -> siembox_support::cloud::Strike {
        let target = match self.stream {
            Stream::Activities => Target::Activities,
            Stream::Alerts => Target::Alerts,
        };
        let strike = match self.spot {
            Spot::NamedPlace => self.fault.clone().bound_to(Bound::NamedPlace),
            Spot::Above(records) => self.fault.clone().bound_to(Bound::Above(records)),
            Spot::Alone | Spot::Tied => (self.fault.clone()).bound_to(Bound::Record(of.to_owned())),
            Spot::Everything => self.fault.clone().for_ever(),
        };
        strike.on(target)
    }
}
