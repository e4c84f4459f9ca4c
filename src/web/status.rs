//! The status page: whether records reach the SIEM and, if not, cause and cure.
//!
//! [`whole`] is the page as it comes first; [`live`] is what in it changes, part by part, for the
//! script that keeps it fresh. Times in the live parts are coarse, so that nothing changes, and
//! nothing is sent again, where nothing has happened.

mod agents;
mod chart;
mod flow;
mod groups;
mod history;
mod lamp;
mod legend;
mod notices;
mod now;
pub(super) mod words;

use maud::{DOCTYPE, Markup, html};

use super::assets::SCRIPT;
use super::layout::{brand, head_of};
use super::view::View;
use crate::status::Snapshot;

/// Without a script, the page is fetched again this often, seconds.
const REFRESH: u32 = 10;

/// The page.
pub(super) fn whole(view: &View) -> Markup {
    let snapshot = view.snapshot();
    let further = html! {
        script src=(SCRIPT.address()) defer {}
        noscript { meta http-equiv="refresh" content=(REFRESH); }
    };
    html! {
        (DOCTYPE)
        html lang="en" {
            (head_of(&title(view), &further))
            body {
                (lamp::symbols())
                (flow::symbols())
                header.top {
                    (brand(view.machine()))
                    @if has_setup(snapshot) { a.setup href="/setup" { "Set up" } }
                    p #fresh { "As of " (words::moment(snapshot.at_ms)) }
                }
                p #away hidden role="alert" {}
                main #live { (live(view)) }
                (legend::section())
                footer {
                    p {
                        "siembox " (snapshot.siembox) ", running since " (words::moment(snapshot.started_ms))
                    }
                    ul {
                        li { a href="/manual" { "manual" } }
                        li { a href="/status.json" { "status.json" } }
                        li { a href="/metrics" { "metrics" } }
                        li { a href="/healthz" { "healthz" } }
                    }
                }
            }
        }
    }
}

/// What in it changes: sections, each with an id.
pub(super) fn live(view: &View) -> Markup {
    let snapshot = view.snapshot();
    html! {
        section #claim {
            @if snapshot.unclaimed && has_setup(snapshot) {
                p {
                    strong { "This box has no administrator yet. " }
                    a href="/setup" { "Set the administrator's password" } " before somebody else \
                        does."
                }
            }
        }
        (now::section(snapshot, &title(view), has_setup(snapshot)))
        (notices::open(snapshot))
        (agents::section(snapshot))
        (groups::section(snapshot))
        (history::section(snapshot))
        (notices::over(snapshot))
    }
}

/// Over plain HTTP it sends on to TLS; where there is no TLS, nobody gets in.
fn has_setup(snapshot: &Snapshot) -> bool {
    let mut addresses = snapshot.page.iter();
    addresses.any(|address| address.starts_with("https:"))
}

/// The state first: it is what a narrow tab shows.
fn title(view: &View) -> String {
    let state = view.snapshot().condition.meaning().words;
    let machine = match view.machine() {
        "" => "siembox",
        machine => machine,
    };
    format!("{state} · {machine}")
}
