//! When a fault strikes: on which requests, how often, by what chance.

use super::api::Route;
use super::fault::Fault;
use crate::dice::Dice;
use crate::records::Stream;
use crate::records::xdr::List;

/// Which requests a fault waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Any list: of Cloud Apps, of Graph, and the tables. Where nothing is said.
    Lists,
    /// Activities only.
    Activities,
    /// Alerts only.
    Alerts,
    /// Alerts and incidents of Graph.
    Graph,
    /// All tables.
    Hunting,
    /// One list of Graph or one table.
    Of(List),
    /// The Entra endpoint.
    Login,
    /// Anything.
    All,
}

/// What of a list a fault is bound to: it strikes each question that touches it, and no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bound {
    /// A place that the API itself had named: any scan that goes on.
    NamedPlace,
    /// Answers of more records or rows than this.
    Above(usize),
    /// Answers that hold this record.
    Record(String),
}

impl Bound {
    /// Does a question touch it that is answered with these records?
    fn touches(&self, goes_on: bool, ids: &[String]) -> bool {
        match self {
            Self::NamedPlace => goes_on,
            Self::Above(records) => ids.len() > *records,
            Self::Record(id) => ids.contains(id),
        }
    }
}

/// A question for a list, as far as bound faults look at it.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// It is that of a scan which goes on, or of a link.
    pub goes_on: bool,
    /// The list of Graph or the table.
    pub list: Option<List>,
    /// The records that it is answered with, where all goes well.
    pub ids: Vec<String>,
}

/// A fault with its occasions.
#[derive(Debug, Clone)]
pub struct Strike {
    fault: Fault,
    target: Target,
    bound: Option<Bound>,
    left: u64,
    spare: u64,
    chance: Option<(f64, Dice)>,
}

impl From<Fault> for Strike {
    fn from(fault: Fault) -> Self {
        Self {
            fault,
            target: Target::Lists,
            bound: None,
            left: 1,
            spare: 0,
            chance: None,
        }
    }
}

impl Fault {
    /// So many times.
    #[must_use]
    pub fn times(self, times: u64) -> Strike {
        Strike {
            left: times,
            ..self.into()
        }
    }

    /// Each time.
    #[must_use]
    pub fn for_ever(self) -> Strike {
        self.times(u64::MAX)
    }

    /// Only on such requests.
    #[must_use]
    pub fn on(self, target: Target) -> Strike {
        Strike::from(self).on(target)
    }

    /// Each time, and only where a list's question touches this.
    #[must_use]
    pub fn bound_to(self, bound: Bound) -> Strike {
        Strike {
            bound: Some(bound),
            ..self.for_ever()
        }
    }

    /// Once, after so many fitting requests went well.
    #[must_use]
    pub fn after(self, requests: u64) -> Strike {
        Strike::from(self).after(requests)
    }
}

impl Strike {
    /// Only on such requests.
    #[must_use]
    pub fn on(mut self, target: Target) -> Self {
        self.target = target;
        self
    }

    /// Spares so many fitting requests first.
    #[must_use]
    pub fn after(mut self, requests: u64) -> Self {
        self.spare = requests;
        self
    }

    /// Strikes with this probability only; the seed says when.
    #[must_use]
    pub fn chance(mut self, probability: f64, seed: u64) -> Self {
        self.chance = Some((probability, Dice::new(seed)));
        self
    }
}

impl Target {
    fn takes(self, route: &Route, question: &Question) -> bool {
        match route {
            _ if self == Self::All => true,
            Route::List(Stream::Activities) => matches!(self, Self::Lists | Self::Activities),
            Route::List(Stream::Alerts) => matches!(self, Self::Lists | Self::Alerts),
            Route::Graph(list) => {
                matches!(self, Self::Lists | Self::Graph) || self == Self::Of(*list)
            }
            Route::Hunting => {
                let is_of = question.list.is_some_and(|list| self == Self::Of(list));
                matches!(self, Self::Lists | Self::Hunting) || is_of
            }
            Route::Login(_) => self == Self::Login,
            Route::One(..) | Route::Nowhere => false,
        }
    }
}

/// The faults that wait, in the order they were asked for.
#[derive(Debug, Default)]
pub struct Faults(Vec<Strike>);

impl Faults {
    /// Adds one at the end.
    pub fn add(&mut self, strike: Strike) {
        self.0.push(strike);
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// How many still wait; one that strikes for ever is among them for ever.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.len()
    }

    /// Is a fault bound to something, so that the question itself has to be looked at?
    #[must_use]
    pub fn are_bound(&self) -> bool {
        self.0.iter().any(|strike| strike.bound.is_some())
    }

    /// The fault that strikes this request, if any.
    pub fn strike(&mut self, route: &Route, question: &Question) -> Option<Fault> {
        let at = self.0.iter_mut().position(|strike| {
            let touches = |bound: &Bound| bound.touches(question.goes_on, &question.ids);
            let fits = strike.target.takes(route, question)
                && strike.fault.happens_to(route, question)
                && strike.bound.as_ref().is_none_or(touches);
            if fits && strike.spare > 0 {
                strike.spare -= 1;
                return false;
            }
            fits && strike
                .chance
                .as_mut()
                .is_none_or(|(probability, dice)| dice.chance(*probability))
        })?;
        let strike = &mut self.0[at];
        strike.left = strike.left.saturating_sub(1);
        let fault = strike.fault.clone();
        if strike.left == 0 {
            self.0.remove(at);
        }
        Some(fault)
    }

    /// Takes back a fault that found nothing to spoil: it strikes the next fitting request.
    pub fn give_back(&mut self, fault: Fault, route: &Route, list: Option<List>) {
        if (self.0.iter()).any(|strike| strike.left > 1 && strike.fault == fault) {
            return;
        }
        let target = match route {
            Route::List(Stream::Activities) => Target::Activities,
            Route::List(Stream::Alerts) => Target::Alerts,
            _ => list.map_or(Target::Lists, Target::Of),
        };
        self.0.insert(0, fault.on(target));
    }
}
