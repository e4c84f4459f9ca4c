//! The APIs as the model knows them: what is drawn of each alone, what it shows, and how it is
//! asked. All else of the model is the same for all of them.

pub mod cloud_apps;
pub mod defender_xdr;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use siembox::for_tests::format::LineWriter;
use siembox::for_tests::source::Source;
use siembox::for_tests::stream::StreamSpec;
use siembox_support::cloud::tenant::State;
use siembox_support::cloud::{self, Fault, Target};
use siembox_support::dice::Dice;
use siembox_support::records::xdr::List;

use crate::case::{Plan, Planned};
use crate::tenant::Line;
use crate::world::World;

/// Opens the source of a stream, with filters that let everything through. All sources that it
/// opens are those of one life: they share what lets them in.
pub type OpenSource = Box<dyn Fn(Line, Map<String, Value>) -> Box<dyn Source + Send>>;

/// One API.
pub trait Face: Debug + Send + Sync {
    /// A tenant with the plan's records, to be completed.
    fn cloud(&self, plan: &Plan) -> cloud::Builder;

    /// Requests in any minute that the product is allowed, one for each limit of its own.
    fn limits(&self) -> Vec<u32>;

    /// Which of the limits a stream is asked within.
    fn limit_of(&self, stream: StreamSpec) -> usize;

    /// Opens the sources of one life of the process.
    fn sources(&self, world: &Arc<World>) -> OpenSource;

    /// Writes the lines.
    fn writer(&self) -> LineWriter;

    /// Page sizes that the settings change between.
    fn page_sizes(&self, stream: StreamSpec) -> [u32; 3];

    /// A filter that leaves nothing out, another one each time.
    fn filter(&self, stream: StreamSpec, dice: &mut Dice) -> (&'static str, Value);

    /// The requests of a stream, for its faults.
    fn target(&self, stream: StreamSpec) -> Target;

    /// Any of the faults that the simulator knows of this API.
    fn fault(&self, dice: &mut Dice) -> Fault;

    /// Any of those that strike a log-on.
    fn log_on_fault(&self, dice: &mut Dice) -> Fault;

    /// The id of a record in its line.
    fn line_id<'p>(&self, planned: &'p Planned) -> &'p str {
        &planned.id
    }

    /// The line that the old agent would have written of the record, from `CEF:` on, where this
    /// model looks at more than its id.
    fn line(&self, _: StreamSpec, _: &Planned) -> Option<String> {
        None
    }

    /// May a careful client be complained about with these words of the simulator?
    fn allows(&self, _complaint: &str) -> bool {
        true
    }

    /// Is a record of this stream another line each time that it changes?
    fn tells_changes(&self, stream: StreamSpec) -> bool;

    /// Is a record that changed known by its id, however long ago it was read?
    fn knows_changed(&self) -> bool;

    /// The tenant shows this record, in place of one of the same id.
    fn put(&self, state: &mut State, stream: StreamSpec, planned: &Planned);

    /// The cloud forgets the places that it named.
    fn forget_places(&self, state: &mut State);

    /// Something that only this API knows begins.
    fn begin(&self, state: &mut State, weather: &Weather);

    /// It is over.
    fn end(&self, state: &mut State, weather: &Weather);
}

/// Something that only one API knows, and how long it lasts.
#[derive(Debug, Clone)]
pub struct Weather {
    pub kind: WeatherKind,
    pub lasts: Duration,
}

#[derive(Debug, Clone)]
pub enum WeatherKind {
    /// The tenant has no such table.
    TableGone(List),
    /// Answers of hunting are cut off without a word behind so many rows.
    RowsCut(usize),
    /// Longer answers of hunting are refused.
    BytesCut(usize),
    /// Answers of more rows than this meet the fault.
    Above(usize, List, Fault),
    /// `$orderby` is not looked at.
    NewestFirst(List),
    /// All tokens end at once.
    TokensEnd,
    /// The app's secret is over.
    SecretOver,
    /// The app is not known.
    AppGone,
    /// The app has no rights.
    RightsGone,
    /// Links are made of `$skip`.
    LinksBySkip,
    /// No more alerts than so many come at once.
    AlertsCut(usize),
}

impl WeatherKind {
    /// Its name, for the tally.
    pub fn name(&self) -> String {
        let debug = format!("{self:?}");
        let end = debug.find('(').unwrap_or(debug.len());
        debug[..end].to_owned()
    }
}
