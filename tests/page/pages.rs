//! Pages as functions of a status: what stands in them, what can't, and what they weigh.

use std::time::Duration;

use embedded_svc::http::Method;
use siembox::for_tests::status::Snapshot;
use siembox::for_tests::web::{Exchange, Site, View};

use crate::cast::{HOUR, MINUTE, agent, group_of, member, snapshot, without_siem};
use crate::looks::{connected, interrupted, long, long_hubs, of_member, scenes};
use crate::still::{answer, get, text, through};

#[test]
fn the_first_glance_says_state_meaning_and_cure() {
    let page = text(&connected(), "/");
    for words in [
        "aria-live=\"polite\">Connected</h1>",
        "Nothing to do.",
        "No open notices",
        "lamp green steady",
        "<title>Connected · box</title>",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let page = text(&interrupted(), "/");
    for words in [
        "Interrupted</h1>",
        "The SIEM cannot be reached.",
        "lamp amber slow",
        "2 open notices",
        "Data server connection error",
        "check host, port, protocol",
        "aria-label=\"The SIEM: no contact\"",
        "aria-label=\"The cloud: answers\"",
        "18,240 lines",
        "lag 14 min",
    ] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn the_worst_agent_speaks_for_all() {
    let (bad, notice) = without_siem("bad", 3 * HOUR);
    let page = text(&snapshot(vec![agent("good"), bad], vec![notice]), "/");
    assert!(page.contains("Connection error · box"));
    assert!(page.contains(", 1 of 2 agents"));
    assert!(
        page.contains("The SIEM of 1 of 2 agents cannot be reached."),
        "{page}"
    );
    assert!(
        page.contains("2 of 2 answer") && page.contains("1 of 2 answer"),
        "{page}"
    );
}

/// Why it reads nothing, so that nobody looks for what is wrong.
#[test]
fn a_member_without_a_partition_says_why_it_is_well() {
    let page = text(&of_member(0), "/");
    for words in [
        "aria-live=\"polite\">Connected</h1>",
        "none of 32 partitions: other members read them all",
        "This box reads none of the 32 partitions, because the other members of the group read \
            them all. Nothing is wrong: it takes over when one of them leaves.",
        "no lag",
    ] {
        assert!(page.contains(words), "{words} {page}");
    }
    assert!(!page.contains("Next offset"), "there is no table");
}

#[test]
fn a_member_says_partition_by_partition_how_far_it_is() {
    let page = text(&of_member(4), "/");
    for words in [
        "4 of 32 partitions, lag 1,918 messages",
        "This box reads 4 of the 32 partitions of the group.",
        "<td role=\"cell\" data-label=\"Partition\">2</td>\
         <td role=\"cell\" data-label=\"Next offset\">1482349541</td>\
         <td role=\"cell\" data-label=\"Lag\">1,704</td>",
        "lag 20 s",
    ] {
        assert!(page.contains(words), "{words} {page}");
    }
    let mut agent = member(4);
    group_of(&mut agent).held = false;
    let page = text(&snapshot(vec![agent.clone()], vec![]), "/");
    let doubt = "This box read 4 of the 32 partitions of the group at the last answer. Other \
        members may read them by now.";
    assert!(page.contains(doubt), "{page}");
    agent.paused = true;
    group_of(&mut agent).report.partitions.clear();
    let page = text(&snapshot(vec![agent.clone()], vec![]), "/");
    let paused = "This box is paused and holds no partition.";
    assert!(page.contains(paused), "{page}");
    // what is off has no share
    agent.streams[0].counts.enabled = false;
    assert!(!text(&snapshot(vec![agent], vec![]), "/").contains("Consumer groups"));
    assert!(!text(&connected(), "/").contains("Consumer groups"));
}

#[test]
fn of_many_partitions_the_page_shows_those_that_are_furthest_behind() {
    let page = text(&long_hubs(), "/");
    assert_eq!(page.matches("data-label=\"Next offset\"").count(), 64);
    assert!(page.contains("256 partitions with no greater lag are in "));
}

#[test]
fn nothing_that_others_wrote_becomes_markup() {
    for path in ["/", "/live"] {
        let page = text(&long(), path);
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
        assert!(
            !page.contains("<script>") && !page.contains("<img src=x"),
            "{page}"
        );
        assert!(
            !page.contains('\u{202e}'),
            "the direction of writing is turned"
        );
        // the policy would forbid it anyway: nothing on the page needs it
        for inline in [" style=", " onload=", "<style", "javascript:"] {
            assert!(!page.contains(inline), "{inline}");
        }
    }
}

#[test]
fn the_live_part_stays_the_same_while_nothing_happens() {
    let mut status = connected();
    let before = get(&status, "/live");
    let etag = before.header("ETag").unwrap().to_owned();
    // nothing but time goes by, and less than what would be said in other words
    status.at_ms += 1_500;
    let asked = Exchange::new(Method::Get, "/live")
        .header_set("Host", "box")
        .header_set("If-None-Match", &etag);
    let after = answer(&status, asked);
    assert_eq!((after.status, after.body.len()), (304, 0));
    assert_eq!(after.header("ETag"), Some(&*etag));
    status.at_ms += 2 * MINUTE;
    assert_ne!(get(&status, "/live").header("ETag"), Some(&*etag));
}

#[test]
fn what_belongs_to_the_page_is_kept_as_long_as_it_is_the_same() {
    let page = text(&connected(), "/");
    let mut found = 0;
    for part in page.split('"').filter(|part| part.starts_with("/siembox.")) {
        let versioned = get(&connected(), part);
        assert_eq!(versioned.status, 200, "{part}");
        assert!(
            versioned
                .header("Cache-Control")
                .unwrap()
                .contains("immutable"),
            "{part}"
        );
        let bare = part.split('?').next().unwrap();
        for path in [bare.to_owned(), format!("{bare}?v=0123456789abcdef")] {
            let other = get(&connected(), &path);
            assert_eq!(other.header("Cache-Control"), Some("no-cache"), "{path}");
            assert_eq!(other.body, versioned.body);
        }
        found += 1;
    }
    assert!(found >= 3, "{found}");
}

#[test]
fn every_answer_has_the_security_headers() {
    let paths = [
        "/",
        "/live",
        "/status.json",
        "/status.schema.json",
        "/metrics",
        "/healthz",
        "/siembox.css",
        "/siembox.js",
        "/siembox.svg",
        "/nothing",
        "/../etc/passwd",
    ];
    let wrong_host = Exchange::new(Method::Get, "/").header_set("Host", "evil.example");
    let wrong_method = Exchange::new(Method::Post, "/").header_set("Host", "box");
    let answers = paths
        .map(|path| get(&connected(), path))
        .into_iter()
        .chain([
            answer(&connected(), wrong_host),
            answer(&connected(), wrong_method),
        ]);
    for answer in answers {
        let header = |name| answer.header(name).unwrap_or_default();
        let policy = header("Content-Security-Policy");
        for part in [
            "default-src 'none'",
            "script-src 'self';",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(header("X-Content-Type-Options"), "nosniff");
        assert_eq!(header("Referrer-Policy"), "no-referrer");
        assert_ne!(header("Cache-Control"), "");
    }
}

#[test]
fn only_reading_and_only_by_its_own_name() {
    let ask = |method, host: &str| {
        answer(
            &connected(),
            Exchange::new(method, "/").header_set("Host", host),
        )
    };
    assert_eq!(ask(Method::Get, "box.local:8514").status, 200);
    assert_eq!(ask(Method::Head, "127.0.0.1").status, 200);
    let refused = ask(Method::Get, "rebound.evil.example");
    assert_eq!(refused.status, 421);
    assert!(String::from_utf8_lossy(&refused.body).contains("[page]"));
    for method in [Method::Post, Method::Put, Method::Delete, Method::Options] {
        let refused = ask(method, "box");
        assert_eq!(refused.status, 405);
        assert_eq!(refused.header("Allow"), Some("GET, HEAD"));
    }
    let nameless = answer(&connected(), Exchange::new(Method::Get, "/"));
    assert_eq!(nameless.status, 400);
}

#[test]
fn weighs_less_than_60_kb() {
    let page = text(&interrupted(), "/");
    let parts = page.split('"').filter(|part| part.starts_with("/siembox."));
    let parts: std::collections::BTreeSet<&str> = parts.collect();
    let sizes: Vec<(&str, usize)> = parts
        .into_iter()
        .map(|part| (part, get(&interrupted(), part).body.len()))
        .chain([("the page itself", page.len())])
        .collect();
    let all: usize = sizes.iter().map(|(_, size)| size).sum();
    println!("{all} bytes in all: {sizes:?}");
    assert!(all < 60_000, "{sizes:?}");
}

#[test]
fn the_manual_is_one_link_away_and_each_of_its_pages_is_there() {
    assert!(text(&connected(), "/").contains("href=\"/manual\""));
    let contents = text(&connected(), "/manual");
    let addresses: Vec<&str> = contents
        .split('"')
        .filter(|part| part.starts_with("/manual/"))
        .collect();
    assert!(addresses.len() > 15, "{addresses:?}");
    for address in addresses {
        let page = get(&connected(), address);
        assert_eq!(page.status, 200, "{address}");
        assert_eq!(
            page.header("Content-Type"),
            Some("text/plain; charset=utf-8")
        );
    }
    assert_eq!(get(&connected(), "/manual/none.md").status, 404);
    // a text names no mark of its own, so that browsers ask for it here
    let mark = get(&connected(), "/favicon.ico");
    assert_eq!(mark.header("Content-Type"), Some("image/svg+xml"));
}

#[test]
fn every_scene_is_whole() {
    for (name, status) in scenes() {
        let page = text(&status, "/");
        assert!(
            page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"),
            "{name}"
        );
        for tag in ["section", "article", "details", "table", "figure"] {
            let (opened, closed) = (
                page.matches(&format!("<{tag}")).count(),
                page.matches(&format!("</{tag}>")).count(),
            );
            assert_eq!(opened, closed, "{name}: {tag}");
        }
    }
}

#[test]
fn says_plainly_where_there_is_no_history() {
    let (_, created) = scenes()
        .into_iter()
        .find(|(name, _)| *name == "created")
        .unwrap();
    assert!(text(&created, "/").contains("No history yet"));
    let mut restarted = connected();
    restarted.agents[0].depths = Default::default();
    assert!(text(&restarted, "/").contains("The number of waiting lines is unknown"));
}

#[test]
fn healthz_is_about_the_process_and_not_about_its_sides() {
    let ask = |view: Option<&Snapshot>, silent| {
        let view = view.map(|status| View::new(status.clone(), "box"));
        let asked = Exchange::new(Method::Get, "/healthz").header_set("Host", "box");
        let answer = through(Site::new(view, Duration::from_secs(silent)), asked);
        (answer.status, String::from_utf8(answer.body).unwrap())
    };
    let well = (200, "well: the process makes progress\n".to_owned());
    assert_eq!(ask(Some(&interrupted()), 3), well);
    let (code, words) = ask(Some(&connected()), 75);
    assert_eq!(
        (code, &*words),
        (503, "unwell: no progress for 1 min 15 s\n")
    );
    let (code, words) = ask(None, 0);
    assert_eq!(
        (code, &*words),
        (503, "unwell: the status does not respond\n")
    );
    // the status itself can't be shown then, and says so
    let asked = Exchange::new(Method::Get, "/").header_set("Host", "box");
    let site = Site::new(None, Duration::ZERO);
    assert_eq!(through(site, asked).status, 503);
}
