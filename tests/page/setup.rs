//! The set-up as a function: what the menu of an agent does, what is refused, and what never comes
//! back to a browser.

use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use siembox::for_tests::comparison::{
    ClassComparison, ComparedSource, ComparedWindow, ComparisonEnd, ComparisonNews, SourceLines,
    compare,
};
use siembox::for_tests::orphan::{self, Orphan};
use siembox::for_tests::replay::{ReplayCounts, ReplayReport, ReplayRequest};
use siembox::for_tests::settings::{AgentSettings, Overrides, Settings};
use siembox::for_tests::status::{Status, Thresholds};
use siembox::for_tests::web::{Actions, SettingsAudit, Setup, SetupTools, WebResponse};

use crate::house::{Guest, House, PASSWORD, text};

const TOKEN: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Does nothing, and remembers what it was asked for.
#[derive(Default)]
struct Scripted {
    asked: Mutex<Vec<String>>,
    /// A comparison ends only when it is ended.
    endless: AtomicBool,
}

/// What a comparison finds, in the words of somebody who means no good.
fn compared() -> ClassComparison {
    let mut lines = SourceLines::default();
    let mut others = SourceLines::default();
    let line = |msg: &str| format!("CEF:0|MCAS|SIEM_Agent|1|A|Log on|0|msg={msg}");
    lines.lines.insert("1".to_owned(), line("<b>bold</b>"));
    others.lines.insert("1".to_owned(), line("\u{202e}dlob"));
    others.lines.insert("<i>2</i>".to_owned(), line(""));
    let source = |name| ComparedSource {
        name,
        unreadable: 3,
        cut_at: Some(7),
    };
    ClassComparison {
        class: "activities",
        source: source("cloud-apps"),
        other: source("defender-xdr"),
        comparison: compare(&lines, &others),
    }
}

impl Scripted {
    fn note(&self, what: String) {
        self.asked.lock().unwrap().push(what);
    }
}

impl Actions for Scripted {
    fn check(
        &self,
        _: &Settings,
        agent: &AgentSettings,
        out: &mut dyn Write,
    ) -> Result<String, String> {
        writeln!(out, "  ok   siem       {} (3 ms)", agent.siem.host).unwrap();
        writeln!(out, "  FAIL token      <script>alert(1)</script> (1 ms)").unwrap();
        Err("Not all is well.".to_owned())
    }

    fn preview(&self, agent: &AgentSettings, out: &mut dyn Write) -> Result<String, String> {
        writeln!(out, "CEF:0|x|{}|<b>bold</b>", agent.name).unwrap();
        Ok("Nothing was sent.".to_owned())
    }

    fn test_line(&self, agent: &AgentSettings) -> Result<String, String> {
        self.note(format!("test line to {}", agent.siem.host));
        Ok("read".to_owned())
    }

    fn replay(
        &self,
        request: &ReplayRequest,
        tell: &mut dyn FnMut(&ReplayReport),
    ) -> Result<String, String> {
        self.note(format!(
            "replay of {:?}, again: {}",
            request.agent, request.again
        ));
        tell(&ReplayReport::Done(ReplayCounts::default()));
        Ok("0 records".to_owned())
    }

    fn compare(
        &self,
        agent: &AgentSettings,
        window: ComparedWindow,
        end: &ComparisonEnd,
        tell: &mut dyn FnMut(ComparisonNews),
    ) -> Result<String, String> {
        let hours = (window.to_ms - window.from_ms) / 3_600_000;
        self.note(format!("compare {} over {hours} hours", agent.name));
        tell(ComparisonNews::Found(compared()));
        if self.endless.load(Ordering::Relaxed) {
            while !end.is_wanted() {
                std::thread::yield_now();
            }
            return Err("Ended.".to_owned());
        }
        Ok("Nothing was sent or changed.".to_owned())
    }

    fn settings_changed(&self) {
        self.note("look".to_owned());
    }

    fn erase(&self, agent: &str) -> Result<(), String> {
        self.note(format!("erase {agent}"));
        Ok(())
    }

    fn orphan(&self, request: orphan::OrphanRequest) -> orphan::OrphanOutcome {
        self.note(format!("{request:?}"));
        Ok("It is done.".to_owned())
    }
}

pub struct Scene {
    pub house: House,
    actions: Arc<Scripted>,
    status: Status,
    setup: Arc<Setup>,
    audit: Arc<SettingsAudit>,
    pub file: PathBuf,
    _settings: tempfile::TempDir,
}

pub const ONE: &str = "# ours\n\n[[agent]]\nname = \"contoso\" # the first\n\n[agent.source]\napi_url = \"https://contoso.us3.portal.cloudappsecurity.com\"\ntoken_file = \"contoso.token\"\n\n[agent.siem]\nhost = \"siem.example\"\nport = 5514\n";

pub fn scene(settings: &str) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("siembox.toml");
    std::fs::write(&file, settings).unwrap();
    let actions = Arc::new(Scripted::default());
    let status = Status::new(
        Thresholds {
            connection_error: Duration::from_secs(7200),
            disconnected: Duration::from_secs(43_200),
        },
        siembox::for_tests::clock::now(),
    );
    let audit = Arc::new(SettingsAudit::new(folder.path()));
    let mut made = None;
    let house = House::with(|door| {
        let setup = Arc::new(Setup::new(SetupTools {
            file: file.clone(),
            given: Overrides::default(),
            state_dir: folder.path().join("state"),
            actions: actions.clone(),
            status: status.clone(),
            audit: audit.clone(),
            lamps: true,
        }));
        made = Some(Arc::clone(&setup));
        door.with_page(setup)
    });
    std::fs::create_dir(folder.path().join("state")).unwrap();
    Scene {
        house,
        actions,
        status,
        setup: made.unwrap(),
        audit,
        file,
        _settings: folder,
    }
}

impl Scene {
    pub fn owner(&self) -> Guest<'_> {
        self.house.owner()
    }

    /// What was done, in the words of the audit log.
    pub fn audit(&self) -> Vec<String> {
        let entries = self.audit.entries().unwrap().into_iter();
        entries.map(|entry| entry.what).collect()
    }

    /// From now on a comparison ends only when it is ended.
    pub fn compare_for_ever(&self, for_ever: bool) {
        self.actions.endless.store(for_ever, Ordering::Relaxed);
    }

    pub fn settings(&self) -> String {
        std::fs::read_to_string(&self.file).unwrap()
    }

    pub fn asked(&self) -> Vec<String> {
        self.actions.asked.lock().unwrap().clone()
    }
}

pub fn send(guest: &mut Guest, path: &str, fields: &[(&str, &str)]) -> WebResponse {
    let csrf = guest.csrf();
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend(fields);
    guest.post(path, &all)
}

pub fn location(answer: &WebResponse) -> &str {
    answer
        .header("Location")
        .unwrap_or_else(|| panic!("{}", text(answer)))
}

/// The page of a job once it has ended.
pub fn ended(guest: &mut Guest, path: &str) -> String {
    loop {
        let page = text(&guest.get(path));
        if !page.contains("Running …") {
            return page;
        }
        std::thread::yield_now();
    }
}

#[test]
fn the_menu_of_an_agent_does_what_it_says() {
    let scene = scene(ONE);
    let mut owner = scene.owner();
    let page = text(&owner.get("/setup"));
    for words in ["contoso", "siem.example", "Replace token", "Delete", "⋮"] {
        assert!(page.contains(words), "{words}: {page}");
    }

    let answer = send(&mut owner, "/setup/agent/contoso/pause", &[]);
    assert_eq!(location(&answer), "/setup?done=paused");
    assert!(scene.settings().contains("paused = true"));
    assert!(text(&owner.get("/setup?done=paused")).contains("it reads nothing new"));
    send(&mut owner, "/setup/agent/contoso/resume", &[]);
    assert_eq!(scene.settings(), ONE, "as it was, to the letter");

    let answer = send(
        &mut owner,
        "/setup/agent/contoso/token",
        &[("token", TOKEN)],
    );
    assert_eq!(location(&answer), "/setup?done=token");
    let kept = scene.file.with_file_name("contoso.token");
    assert_eq!(std::fs::read_to_string(kept).unwrap().trim(), TOKEN);
    let answer = send(
        &mut owner,
        "/setup/agent/contoso/token",
        &[("token", "with blanks in it")],
    );
    let page = text(&answer);
    assert!(
        page.contains("Invalid token") && !page.contains("blanks"),
        "{page}"
    );

    let answer = send(&mut owner, "/setup/agent/contoso/preview", &[]);
    let page = ended(&mut owner, location(&answer));
    assert!(
        page.contains("&lt;b&gt;bold") && page.contains("Nothing was sent"),
        "{page}"
    );

    let bad = send(
        &mut owner,
        "/setup/agent/contoso/replay",
        &[("since", "tomorrow")],
    );
    assert!(text(&bad).contains("From: found"), "{}", text(&bad));
    let answer = send(
        &mut owner,
        "/setup/agent/contoso/replay",
        &[("since", "6h"), ("again", "on")],
    );
    assert!(ended(&mut owner, location(&answer)).contains("0 records"));
    assert!(
        scene
            .asked()
            .contains(&"replay of Some(\"contoso\"), again: true".to_owned())
    );

    assert!(text(&owner.get("/setup/agent/contoso/delete")).contains("In its spool"));
    let answer = send(
        &mut owner,
        "/setup/agent/contoso/delete",
        &[("rest", "erase")],
    );
    assert_eq!(location(&answer), "/setup?done=deleted");
    assert!(
        !scene.settings().contains("contoso"),
        "{}",
        scene.settings()
    );
    assert!(scene.settings().contains("# ours"));
    assert!(!scene.file.with_file_name("contoso.token").exists());
    assert_eq!(scene.asked().last().unwrap(), "erase contoso");
    assert!(text(&owner.get("/setup")).contains("There is no agent yet"));
}

#[test]
fn what_is_not_there_is_not_found_and_nothing_is_changed_by_reading() {
    let scene = scene(ONE);
    let mut owner = scene.owner();
    for path in [
        "/setup/agent/fabrikam/general",
        "/setup/agent/fabrikam/delete",
        "/setup/agent/contoso/pause",
        "/setup/agent/contoso/..",
        "/setup/agent/..%2f..%2fetc/delete",
        "/setup/agent/contoso/general/more",
        "/setup/new/nowhere",
        "/setup/job/1",
        "/setup/job/x/live",
        "/setup/support",
        "/setup/page/keep",
        "/setup/transfer/export",
    ] {
        assert_eq!(owner.get(path).status, 404, "{path}");
    }
    for path in [
        "/setup/agent/fabrikam/pause",
        "/setup/agent/fabrikam/delete",
    ] {
        assert_eq!(send(&mut owner, path, &[]).status, 404, "{path}");
    }
    assert_eq!(scene.settings(), ONE);
}

#[test]
fn a_form_that_is_out_of_date_is_told_so_and_keeps_what_was_typed() {
    let scene = scene(ONE);
    let mut owner = scene.owner();
    let path = "/setup/agent/contoso/siem";
    owner.get(path);
    let by_hand = ONE.replace("5514", "5515");
    std::fs::write(&scene.file, &by_hand).unwrap();
    let fields = [
        ("siem.host", "new.example"),
        ("siem.port", "5514"),
        ("siem.protocol", "tcp"),
        ("siem.half_close", "on"),
        ("siem.set_aside_refused", "on"),
        ("act", "save"),
    ];
    let page = text(&send(&mut owner, path, &fields));
    assert!(
        page.contains("settings file was changed while this form was open")
            && page.contains("new.example"),
        "{page}"
    );
    assert_eq!(scene.settings(), by_hand);
    let answer = send(&mut owner, path, &fields);
    assert_eq!(location(&answer), "/setup?done=changed");
    assert_eq!(scene.settings(), ONE.replace("siem.example", "new.example"));
}

#[test]
fn what_is_replaced_is_taken_up_by_the_running_agent() {
    let scene = scene(ONE);
    let mut owner = scene.owner();
    let path = "/setup/agent/contoso/siem";
    let there = |name: &str| scene.file.with_file_name(name).exists();
    for (text, named, gone) in [
        ("first", "contoso.siem-ca.pem", "contoso.siem-ca.pem-2"),
        ("second", "contoso.siem-ca.pem-2", "contoso.siem-ca.pem"),
        ("third", "contoso.siem-ca.pem", "contoso.siem-ca.pem-2"),
    ] {
        let fields = [
            ("siem.host", "siem.example"),
            ("siem.port", "5514"),
            ("siem.protocol", "tls"),
            ("siem.half_close", "on"),
            ("siem.set_aside_refused", "on"),
            ("siem.ca_file", text),
            ("act", "save"),
        ];
        let answer = send(&mut owner, path, &fields);
        assert_eq!(location(&answer), "/setup?done=changed");
        // another name: the settings are others, and so the agent begins anew with it
        let settings = scene.settings();
        assert!(
            settings.contains(&format!("ca_file = \"{named}\"")),
            "{settings}"
        );
        assert!(there(named) && !there(gone), "{named}");
    }
}

#[test]
fn what_was_typed_is_text_wherever_it_comes_back() {
    let scene = scene(ONE);
    let mut owner = scene.owner();
    let evil = "\"><script>alert(1)</script>";
    let answer = send(
        &mut owner,
        "/setup/new/general",
        &[("name", evil), ("siem.system_name", evil)],
    );
    let page = text(&answer);
    assert!(
        !page.contains("<script>alert") && page.contains("&lt;script&gt;"),
        "{page}"
    );
    let fields = [
        ("siem.host", "a.example"),
        ("siem.port", evil),
        ("siem.protocol", evil),
        ("siem.ca_file", "no PEM"),
    ];
    let page = text(&send(&mut owner, "/setup/agent/contoso/siem", &fields));
    assert!(!page.contains("<script>alert"), "{page}");
    assert!(page.contains("a whole number"), "{page}");
    send(&mut owner, "/setup/agent/contoso/siem", &[("act", "leave")]);
    let answer = send(
        &mut owner,
        "/setup/agent/contoso/connection",
        &[
            (
                "source.api_url",
                "https://contoso.us3.portal.cloudappsecurity.com",
            ),
            ("act", "check"),
        ],
    );
    let at = location(&answer).trim_end_matches("#job").to_owned();
    let page = ended(&mut owner, &at);
    assert!(
        !page.contains("<script>alert") && page.contains("class=\"bad\""),
        "{page}"
    );
    // another session sees neither form nor job
    let job = at.split_once("job=").unwrap().1;
    let mut other = scene.house.guest(2);
    other.login(PASSWORD);
    assert_eq!(other.get(&format!("/setup/job/{job}")).status, 404);
    assert!(!text(&other.get("/setup/new/general")).contains("alert(1)"));
}

#[test]
fn a_box_with_lamps_lets_itself_be_found() {
    let scene = scene(ONE);
    let mut owner = scene.owner();
    let page = text(&owner.get("/setup"));
    assert!(page.contains("action=\"/setup/identify\""), "{page}");
    assert_eq!(owner.get("/setup/identify").status, 404, "only by a form");
    let done = send(&mut owner, "/setup/identify", &[]);
    assert_eq!(location(&done), "/setup?done=identify");
    assert!(text(&owner.get("/setup?done=identify")).contains("flicker for 30 seconds"));
    let audit = std::fs::read_to_string(scene._settings.path().join("audit")).unwrap();
    assert!(audit.contains("identify"), "{audit}");
}

#[test]
fn secrets_are_never_sent_back() {
    let scene = scene(ONE);
    let mut owner = scene.owner();
    let fields = [
        (
            "source.api_url",
            "https://contoso.us3.portal.cloudappsecurity.com",
        ),
        ("source.token_file", TOKEN),
        ("source.proxy_password_file", "hunter2hunter2"),
    ];
    let path = "/setup/agent/contoso/connection";
    for act in ["check", "next", "save"] {
        let mut all = fields.to_vec();
        all.push(("act", act));
        let page = text(&send(&mut owner, path, &all));
        assert!(
            !page.contains(TOKEN) && !page.contains("hunter2"),
            "{act}: {page}"
        );
    }
    for path in [
        path,
        "/setup/agent/contoso/finish",
        "/setup",
        "/setup/audit",
    ] {
        let page = text(&owner.get(path));
        assert!(
            !page.contains(TOKEN) && !page.contains("hunter2"),
            "{path}: {page}"
        );
    }
    assert!(text(&owner.get(path)).contains("Entered. Enter a value only to replace it"));
    let bundle = send(&mut owner, "/setup/support", &[]);
    let bundle = String::from_utf8_lossy(&bundle.body).into_owned();
    assert!(bundle.contains("siem.example") && bundle.contains("status.json"));
    assert!(!bundle.contains(TOKEN) && !bundle.contains("hunter2"));
}

#[test]
fn a_change_of_the_page_goes_back_unless_it_is_kept() {
    let at = |scene: &Scene| Duration::from_secs(scene.house.seconds.get());
    for keeps in [false, true] {
        let scene = scene(ONE);
        let mut owner = scene.owner();
        let page = text(&owner.get("/setup/page"));
        assert!(page.contains("127.0.0.1:8515"), "{page}");
        let change = [
            ("listen", "127.0.0.1:8514"),
            ("https_listen", "10.1.2.3:443"),
            ("hosts", "siem-bridge.example"),
        ];
        let page = text(&send(&mut owner, "/setup/page", &change));
        assert!(page.contains("https://10.1.2.3:443/setup"), "{page}");
        assert!(
            scene.settings().contains("https_listen = \"10.1.2.3:443\""),
            "{}",
            scene.settings()
        );
        assert!(text(&owner.get("/setup")).contains("unless you keep the change"));
        if keeps {
            send(&mut owner, "/setup/page/keep", &[]);
        }
        scene.setup.tend(at(&scene) + Duration::from_secs(60));
        assert!(scene.settings().contains("10.1.2.3"), "not yet");
        scene.setup.tend(at(&scene) + Duration::from_secs(121));
        assert_eq!(scene.settings().contains("10.1.2.3"), keeps);
        assert!(!text(&owner.get("/setup")).contains("unless you keep the change"));
    }
}

#[test]
fn the_page_refuses_what_would_lock_everybody_out() {
    let scene = scene(ONE);
    let mut owner = scene.owner();
    for (change, words) in [
        (
            [("listen", "nowhere"), ("https_listen", "127.0.0.1:1")],
            "nowhere",
        ),
        (
            [("listen", "127.0.0.1:1"), ("https_listen", " ")],
            "nobody can sign in",
        ),
        (
            [("listen", "127.0.0.1:1"), ("https_listen", "box:443")],
            "box:443",
        ),
    ] {
        let page = text(&send(&mut owner, "/setup/page", &change));
        assert!(
            page.contains(words) && page.contains("-error"),
            "{words}: {page}"
        );
    }
    let broken = [
        ("listen", "127.0.0.1:8514"),
        ("https_listen", "127.0.0.1:8515"),
        ("status_without_login", "on"),
        ("certificate", "no PEM"),
        ("key", "secret but no PEM"),
    ];
    let page = text(&send(&mut owner, "/setup/page", &broken));
    assert!(
        page.contains("certificate-error") && !page.contains("secret but no PEM"),
        "{page}"
    );
    assert_eq!(scene.settings(), ONE);
}

#[test]
fn settings_go_to_another_box_with_their_secrets() {
    let from = scene(ONE);
    std::fs::write(from.file.with_file_name("contoso.token"), TOKEN).unwrap();
    let mut owner = from.owner();
    let plain = send(&mut owner, "/setup/transfer/export", &[]);
    assert_eq!(text(&plain), ONE);
    let fields = |again| {
        [
            ("secrets", "on"),
            ("passphrase", "a long passphrase"),
            ("again", again),
            ("password", PASSWORD),
        ]
    };
    // an open browser alone is not enough
    for password in ["", "not the password"] {
        let mut fields = fields("a long passphrase");
        fields[3].1 = password;
        let page = text(&send(&mut owner, "/setup/transfer/export", &fields));
        assert!(
            page.contains("needs the administrator") && !page.contains("BEGIN AGE"),
            "{page}"
        );
    }
    let page = text(&send(
        &mut owner,
        "/setup/transfer/export",
        &fields("another one"),
    ));
    assert!(page.contains("passphrases do not match"), "{page}");
    let export = send(
        &mut owner,
        "/setup/transfer/export",
        &fields("a long passphrase"),
    );
    let export = text(&export);
    assert!(export.starts_with("-----BEGIN AGE") && !export.contains(TOKEN));

    let to = scene("# empty\n");
    let mut owner = to.owner();
    let wrong = [
        ("settings", export.as_str()),
        ("passphrase", "not the passphrase"),
    ];
    let page = text(&send(&mut owner, "/setup/transfer/import", &wrong));
    assert!(
        page.contains("passphrase") && page.contains("role=\"alert\""),
        "{page}"
    );
    assert_eq!(to.settings(), "# empty\n");
    let right = [
        ("settings", export.as_str()),
        ("passphrase", "a long passphrase"),
    ];
    let answer = send(&mut owner, "/setup/transfer/import", &right);
    assert_eq!(location(&answer), "/setup?done=imported");
    assert!(to.settings().contains("siem.example"), "{}", to.settings());
    let token = to.file.with_file_name("contoso.token");
    assert_eq!(std::fs::read_to_string(token).unwrap().trim(), TOKEN);
}

#[test]
fn a_spool_without_an_agent_is_sent_or_deleted() {
    let scene = scene(ONE);
    let mut owner = scene.owner();
    assert!(!text(&owner.get("/setup")).contains("Orphaned spools"));
    let orphan = Orphan {
        name: "old".to_owned(),
        waiting: 1_000,
        ..Orphan::default()
    };
    scene
        .status
        .orphans(vec![orphan], siembox::for_tests::clock::now());
    let page = text(&owner.get("/setup"));
    for words in [
        "Orphaned spools",
        "1000 lines wait",
        "/setup/orphan/old/send",
        "<option value=\"contoso\">",
        "/setup/orphan/old/delete",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let form = text(&owner.get("/setup/orphan/old/delete"));
    assert!(
        form.contains("1000 lines wait") && form.contains("for ever"),
        "{form}"
    );
    assert_eq!(
        scene.asked(),
        Vec::<String>::new(),
        "reading changes nothing"
    );
    for path in [
        "/setup/orphan/other/delete",
        "/setup/orphan/old/other",
        "/setup/orphan/old/send",
    ] {
        assert_eq!(owner.get(path).status, 404, "{path}");
    }
    let answer = send(
        &mut owner,
        "/setup/orphan/old/send",
        &[("agent", "contoso")],
    );
    assert_eq!(location(&answer), "/setup?done=sent");
    let answer = send(&mut owner, "/setup/orphan/old/delete", &[]);
    assert_eq!(location(&answer), "/setup?done=orphan-deleted");
    assert_eq!(
        scene.asked(),
        [
            "Send { name: \"old\", agent: Some(\"contoso\") }",
            "Delete { name: \"old\" }"
        ]
    );
}
