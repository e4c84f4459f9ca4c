//! Notices: what an operator should know, with its cure. Open ones stand at the top, those that are
//! over at the end.

use maud::{Markup, html};

use super::words;
use crate::status::{Notice, Snapshot};

/// How many of those that are over are shown.
const OVER: usize = 20;

pub(super) fn open(snapshot: &Snapshot) -> Markup {
    let open = all(snapshot, |notice| notice.over_ms.is_none());
    html! {
        section #notices aria-labelledby="notices-title" {
            @if open.is_empty() {
                h2 #notices-title .quiet { "No open notices" }
            } @else {
                h2 #notices-title { (words::counted(open.len() as u64, "open notice")) }
                @for notice in open { (article(notice, snapshot.at_ms)) }
            }
        }
    }
}

pub(super) fn over(snapshot: &Snapshot) -> Markup {
    let over = all(snapshot, |notice| notice.over_ms.is_some());
    html! {
        section #past {
            @if !over.is_empty() {
                details #past-list {
                    summary { h2 { (words::counted(over.len() as u64, "past notice")) } }
                    @for notice in over.iter().take(OVER) { (article(notice, snapshot.at_ms)) }
                    @if over.len() > OVER {
                        p { "Older notices are in " a href="/status.json" { "status.json" } "." }
                    }
                }
            }
        }
    }
}

/// What keeps records from going their way stands out.
fn weight(notice: &Notice) -> &'static str {
    if notice.topic.is_grave() {
        "amber"
    } else {
        "blue"
    }
}

/// Grave ones first, then newest first.
fn all(snapshot: &Snapshot, wanted: impl Fn(&Notice) -> bool) -> Vec<&Notice> {
    let wanted = |notice: &&Notice| wanted(notice);
    let mut all: Vec<&Notice> = snapshot.notices.iter().filter(wanted).collect();
    all.sort_by_key(|notice| !notice.topic.is_grave());
    all
}

fn article(notice: &Notice, at_ms: i64) -> Markup {
    let about = match (&*notice.agent, &*notice.stream) {
        ("", _) => "siembox".to_owned(),
        (agent, "") => agent.to_owned(),
        (agent, stream) => format!("{agent}, {}", words::stream(stream)),
    };
    html! {
        article.notice.(weight(notice)).over[notice.over_ms.is_some()] {
            h3 { (words::tamed(&notice.title)) }
            p.when {
                span.about { (about) }
                " · "
                @if let Some(over) = notice.over_ms {
                    "ended " (words::ago(over, at_ms)) "; began \
                        " (words::ago(notice.first_ms, at_ms))
                } @else {
                    (words::lasting(notice.first_ms, at_ms))
                    @if notice.times > 1 {
                        ", " (words::count(notice.times)) " times, last " (words::ago(notice.last_ms, at_ms))
                    }
                }
            }
            p.text { (words::tamed(&notice.text)) }
        }
    }
}
