//! "Change the source" as a function: what is written, what is refused, what is asked before it is
//! done, and what never comes back to a browser.

use siembox::for_tests::web::WebResponse;

use crate::house::{Guest, text};
use crate::setup::{ONE, ended, location, scene, send};
use crate::sources::{beside, fill, page};

const SECRET: &str = "entra~client~secret";
const CLIENT: &str = "05a65629-4c1b-48c1-a78b-804c4abdd4af";

fn of(what: &str) -> String {
    format!("/setup/agent/contoso/change{what}")
}

/// The page that an answer leads to, without the place on it.
fn shown_at(answer: &WebResponse) -> &str {
    location(answer).split('#').next().unwrap()
}

/// Enters the second source, up to the last button.
fn enter(owner: &mut Guest) -> WebResponse {
    let connection = [
        ("source.tenant_id", "contoso.example"),
        ("source.client_id", CLIENT),
        ("source.client_secret_file", SECRET),
    ];
    let answer = fill(owner, &of("/connection"), "next", &connection);
    assert_eq!(location(&answer), of("/data"));
    fill(owner, &of("/data"), "save", &[("alerts.behaviors", "on")])
}

/// Does it, as a person who was asked and says yes.
fn act(owner: &mut Guest, act: &str, fields: &[(&str, &str)]) -> WebResponse {
    let path = of(&format!("/{act}"));
    let asked = page(owner, &path);
    let (_, source) = asked.split_once("name=\"source\" value=\"").expect(&asked);
    let source = source.split('"').next().unwrap();
    let mut all = vec![("source", source)];
    all.extend(fields);
    send(owner, &path, &all)
}

/// The settings with the second source below.
fn with_other(read: &str) -> String {
    format!(
        "{ONE}\n[agent.other_source]\nkind = \"defender-xdr\"\ntenant_id = \"contoso.example\"\n\
         client_id = \"{CLIENT}\"\nclient_secret_file = \"contoso.client-secret\"\n\
         alerts.behaviors = true\n{read}"
    )
}

#[test]
fn the_second_source_is_entered_compared_read_taken_and_forgotten() {
    let scene = scene(ONE);
    let mut owner = scene.owner();
    assert!(page(&mut owner, "/setup").contains("/setup/agent/contoso/change\""));
    // without a second source everything begins with it
    for what in ["", "/compare", "/state", "/both", "/swap", "/forget"] {
        assert_eq!(location(&owner.get(&of(what))), of("/connection"), "{what}");
    }
    let first = page(&mut owner, &of("/connection"));
    for words in [
        "Microsoft Defender XDR",
        "id=\"source.tenant_id\"",
        "The tenant&#39;s GUID or domain.",
        "href=\"/manual/source.md\"",
        "does not read it until you say so",
    ] {
        assert!(
            first.contains(&words.replace("&#39;", "'")),
            "{words}: {first}"
        );
    }
    assert!(!first.contains("source.api_url") && !first.contains("siem.host"));

    let answer = enter(&mut owner);
    assert_eq!(location(&answer), format!("{}?done=added", of("/compare")));
    assert_eq!(scene.settings(), with_other(""));
    let kept = scene.file.with_file_name("contoso.client-secret");
    assert_eq!(std::fs::read_to_string(&kept).unwrap().trim(), SECRET);
    let shown = page(&mut owner, &of("/connection"));
    assert!(shown.contains("Set. Enter a value only to replace it.") && !shown.contains(SECRET));

    let answer = send(&mut owner, &of("/compare"), &[("window", "3d")]);
    let found = ended(&mut owner, shown_at(&answer));
    for words in [
        "<b>1</b> in both",
        "only in cloud-apps: <b>0</b>",
        "only in defender-xdr: <b>1</b>",
        "(&lt;i&gt;2&lt;/i&gt;)",
        "differs in 1 of 1",
        "&lt;b&gt;bold&lt;/b&gt;",
        "3 records of cloud-apps cannot be read",
        "defender-xdr holds more than 7 records",
        "Nothing was sent or changed.",
    ] {
        assert!(found.contains(words), "{words}: {found}");
    }
    assert!(
        !found.contains("<i>") && !found.contains('\u{202e}'),
        "{found}"
    );
    assert!(
        scene
            .asked()
            .contains(&"compare contoso over 71 hours".to_owned())
    );

    let answer = act(&mut owner, "both", &[]);
    assert_eq!(location(&answer), format!("{}?done=both", of("/state")));
    assert_eq!(scene.settings(), with_other("read = true\n"));
    let state = page(&mut owner, &of("/state?done=both"));
    assert!(
        state.contains("read too") && state.contains("Stop reading both"),
        "{state}"
    );

    // what is read at present is offered to be read on
    assert!(page(&mut owner, &of("/swap")).contains("name=\"both\" checked"));
    act(&mut owner, "swap", &[]);
    let state = page(&mut owner, &of("/state?done=swap"));
    let (source, second) = state.split_once("<dt>Second source</dt>").expect(&state);
    assert!(source.contains("(defender-xdr), read<"), "{state}");
    assert!(second.contains("(cloud-apps), not read<") && second.contains("Take it back"));
    assert!(scene.settings().contains("# ours\n") && scene.settings().contains("# the first\n"));

    act(&mut owner, "swap", &[("both", "on")]);
    let state = page(&mut owner, &of("/state"));
    assert!(
        state.contains("Change now") && state.contains("read too"),
        "{state}"
    );
    act(&mut owner, "one", &[]);

    let answer = act(&mut owner, "forget", &[]);
    assert_eq!(location(&answer), "/setup?done=forgotten");
    assert!(page(&mut owner, "/setup?done=forgotten").contains("The second source was forgotten"));
    assert!(!kept.exists(), "its secret is gone");
    assert!(
        !scene.settings().contains("other_source"),
        "{}",
        scene.settings()
    );
    let audit = scene.audit();
    for done in [
        "agent contoso: second source defender-xdr added",
        "agent contoso: sources compared",
        "agent contoso: cloud-apps and defender-xdr are both read",
        "agent contoso: source changed from cloud-apps to defender-xdr; cloud-apps is not read any more",
        "agent contoso: source changed from defender-xdr to cloud-apps; defender-xdr is read too",
        "agent contoso: cloud-apps is read alone; defender-xdr is not read any more",
        "agent contoso: second source defender-xdr forgotten, with its secrets",
    ] {
        assert!(audit.iter().any(|what| what == done), "{done}: {audit:?}");
    }
    assert!(!audit.join("\n").contains(SECRET));
}

#[test]
fn what_cannot_be_stands_beside_its_field_and_nothing_is_written() {
    let there = with_other("");
    let scene_of_other = scene(&there);
    std::fs::write(
        scene_of_other.file.with_file_name("contoso.client-secret"),
        SECRET,
    )
    .unwrap();
    let mut owner = scene_of_other.owner();
    for (step, key, value, why) in [
        ("connection", "source.tenant_id", "", "missing"),
        ("connection", "source.client_id", "x", "found"),
        (
            "connection",
            "source.hunting_calls_per_minute",
            "46",
            "1 to 45",
        ),
        (
            "connection",
            "source.graph_url",
            "graph.microsoft.us",
            "https://",
        ),
        ("data", "alerts.severity_map", "3, 6", "another length"),
        ("data", "activities.filters", "foo = 1", "unknown filter"),
    ] {
        let path = of(&format!("/{step}"));
        for act in ["next", "check", "save"] {
            let answer = text(&fill(&mut owner, &path, act, &[(key, value)]));
            let error = beside(&answer, key);
            assert!(error.contains(why), "{act}: {key} = {value}: {error}");
        }
        send(&mut owner, &path, &[("act", "leave")]);
    }
    assert_eq!(scene_of_other.settings(), there);
    // a step that is not complete is not saved by another one
    let scene = scene(ONE);
    let mut owner = scene.owner();
    let answer = text(&fill(&mut owner, &of("/data"), "save", &[]));
    for key in ["source.tenant_id", "source.client_secret_file"] {
        assert!(beside(&answer, key).contains("missing"), "{answer}");
    }
    assert_eq!(scene.settings(), ONE);
}

#[test]
fn a_secret_of_the_second_source_goes_nowhere_else() {
    let scene = scene(&with_other(
        "graph_url = \"https://graph.contoso.example\"\n",
    ));
    let secret = scene.file.with_file_name("contoso.client-secret");
    std::fs::write(&secret, SECRET).unwrap();
    let mut owner = scene.owner();
    let evil = [("source.graph_url", "https://graph.evil.example")];
    for act in ["check", "save"] {
        let answer = text(&fill(&mut owner, &of("/connection"), act, &evil));
        let error = beside(&answer, "source.client_secret_file");
        assert!(
            error.contains("Microsoft Graph") && error.contains("enter it again"),
            "{error}"
        );
    }
    assert!(!scene.settings().contains("evil"));
    // a new one has a place of its own beside those of the agent's source
    let token = scene.file.with_file_name("contoso.token");
    std::fs::write(&token, "token").unwrap();
    send(&mut owner, &of("/connection"), &[("act", "leave")]);
    let typed = [("source.client_secret_file", "another~secret")];
    let answer = fill(&mut owner, &of("/connection"), "save", &typed);
    assert_eq!(
        location(&answer),
        format!("{}?done=changed", of("/compare"))
    );
    assert_eq!(std::fs::read_to_string(&token).unwrap(), "token");
    let written = std::fs::read_to_string(&secret).unwrap();
    assert_eq!(written.trim(), "another~secret");
}

#[test]
fn what_was_asked_of_an_older_page_is_not_done() {
    let scene = scene(&with_other(""));
    let mut owner = scene.owner();
    act(&mut owner, "swap", &[]);
    let settings = scene.settings();
    // the same button once more, as a browser sends it that is asked to send a form again
    let answer = send(&mut owner, &of("/swap"), &[("source", "cloud-apps")]);
    assert_eq!(location(&answer), format!("{}?done=stale", of("/state")));
    assert!(page(&mut owner, &of("/state?done=stale")).contains("Nothing was done"));
    assert_eq!(scene.settings(), settings);
}

#[test]
fn a_comparison_is_ended_by_who_began_it() {
    let scene = scene(&with_other(""));
    scene.compare_for_ever(true);
    let mut owner = scene.owner();
    let answer = send(&mut owner, &of("/compare"), &[]);
    let shown = shown_at(&answer).to_owned();
    let running = page(&mut owner, &shown);
    assert!(running.contains("Running …") && running.contains("http-equiv=\"refresh\""));
    let again = text(&send(&mut owner, &of("/compare"), &[]));
    assert!(again.contains("already running"), "{again}");
    let answer = send(&mut owner, "/setup/job/1/end", &[]);
    assert_eq!(location(&answer), format!("{}?job=1#job", of("/compare")));
    let over = ended(&mut owner, &shown);
    assert!(
        over.contains("Ended.") && !over.contains("end-job"),
        "{over}"
    );
    assert_eq!(send(&mut owner, "/setup/job/7/end", &[]).status, 404);
}
