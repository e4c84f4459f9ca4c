//! The flow of records as a picture: cloud → box → SIEM. An interrupted connection is drawn as a
//! broken arrow.

use maud::{Markup, PreEscaped, html};

use super::words;
use crate::status::PathCondition;

/// One picture.
pub(super) struct Flow<'a> {
    /// The cloud's name, and how the way from it is.
    pub cloud: (&'a str, PathCondition),
    /// What the box says of itself.
    pub held: &'a str,
    /// The SIEM's name, and how the way to it is.
    pub siem: (&'a str, PathCondition),
}

const CLOUD: &str =
    r#"<path d="M12 30a8 8 0 0 1 .8-16 11 11 0 0 1 20.8 2.6A6.8 6.8 0 0 1 33 30Z"/>"#;
const BOX: &str =
    r#"<path d="M8 12.5 22 6l14 6.5v17L22 36 8 29.5ZM8 12.5l14 6.5 14-6.5M22 19v17"/>"#;
const SIEM: &str = r#"<path d="M8 8h28v9H8ZM8 17h28v9H8ZM8 26h28v9H8ZM13 12.5h.01M13 21.5h.01M13 30.5h.01M19 12.5h12M19 21.5h12M19 30.5h12"/>"#;

/// Defines the arrow's ends once.
pub(super) fn symbols() -> Markup {
    html! {
        svg.defs width="0" height="0" aria-hidden="true" {
            symbol id="tip" viewBox="-12 -9 14 18" overflow="visible" { path d="M-10-7 0 0-10 7" {} }
            symbol id="cut" viewBox="-12 -12 24 24" overflow="visible" { path d="m-6-6 12 12M6-6-6 6" {} }
        }
    }
}

impl Flow<'_> {
    /// The picture.
    pub(super) fn markup(&self) -> Markup {
        html! {
            ol.flow {
                (node(CLOUD, "Cloud", self.cloud.0))
                (arrow("cloud", self.cloud.1))
                (node(BOX, "siembox", self.held))
                (arrow("SIEM", self.siem.1))
                (node(SIEM, "SIEM", self.siem.0))
            }
        }
    }
}

fn node(picture: &'static str, name: &str, detail: &str) -> Markup {
    html! {
        li.node {
            svg viewBox="0 0 44 42" width="44" height="42" aria-hidden="true" { (PreEscaped(picture)) }
            b { (name) }
            span.address title=(detail) { (words::breakable(detail)) }
        }
    }
}

/// An arrow as wide as there is room: its ends keep their size.
fn arrow(side: &str, way: PathCondition) -> Markup {
    let (class, words) = match way {
        PathCondition::Open => ("open", "answers"),
        PathCondition::Paused => ("paused", "paused"),
        PathCondition::Untried => ("untried", "not yet"),
        PathCondition::Broken => ("broken", "no contact"),
    };
    html! {
        li.arrow.(class) {
            svg height="24" role="img" aria-label={ "The " (side) ": " (words) } {
                @if way == PathCondition::Broken {
                    line x1="0" y1="12" x2="36%" y2="12" {}
                    line x1="64%" y1="12" x2="96%" y2="12" {}
                    svg.cut x="50%" overflow="visible" { use href="#cut" x="-12" y="0" width="24" height="24" {} }
                } @else {
                    line x1="0" y1="12" x2="96%" y2="12" {}
                }
                svg.tip x="100%" overflow="visible" { use href="#tip" x="-14" y="3" width="14" height="18" {} }
            }
            span aria-hidden="true" { (words) }
        }
    }
}

/// The worst of several connections.
pub(super) fn worst(ways: impl IntoIterator<Item = PathCondition>) -> PathCondition {
    let rank = |way: &PathCondition| match way {
        PathCondition::Open => 0,
        PathCondition::Paused => 1,
        PathCondition::Untried => 2,
        PathCondition::Broken => 3,
    };
    ways.into_iter()
        .max_by_key(rank)
        .unwrap_or(PathCondition::Untried)
}
