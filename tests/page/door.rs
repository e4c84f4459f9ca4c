//! The door as a function: who gets in, and what is done to get in without a password.

use siembox::for_tests::web::{AdminPage, AdminRequest, AdminSession, Page, WebResponse, layout};

use crate::house::{Guest, House, PASSWORD, text};

fn location(answer: &WebResponse) -> (u16, &str) {
    (answer.status, answer.header("Location").unwrap_or_default())
}

#[test]
fn a_new_box_is_claimed_and_then_opens_with_the_password() {
    let house = House::new();
    let mut guest = house.guest(1);
    assert_eq!(location(&guest.get("/setup")), (303, "/claim"));
    assert_eq!(location(&guest.get("/login")), (303, "/claim"));
    let page = text(&guest.get("/claim"));
    assert!(page.contains("Claim this box") && page.contains("autocomplete=\"new-password\""));

    let answer = guest.post("/claim", &[("password", PASSWORD), ("again", PASSWORD)]);
    assert_eq!(location(&answer), (303, "/setup"));
    let cookie = answer.header("Set-Cookie").unwrap();
    assert!(cookie.starts_with("__Host-siembox="), "{cookie}");
    for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    let page = text(&guest.get("/setup"));
    assert!(page.contains("signed in as administrator") && page.contains("/setup/audit"));

    let csrf = guest.csrf();
    assert_eq!(
        location(&guest.post("/logout", &[("csrf", &csrf)])),
        (303, "/login")
    );
    assert_eq!(guest.cookie, None);
    assert_eq!(
        location(&guest.get("/setup/audit")),
        (303, "/login?next=/setup/audit")
    );
    let page = text(&guest.get("/login?next=/setup/audit"));
    assert!(
        page.contains("value=\"/setup/audit\"")
            && page.contains("autocomplete=\"current-password\"")
    );
    let answer = guest.post(
        "/login",
        &[("password", PASSWORD), ("next", "/setup/audit")],
    );
    assert_eq!(location(&answer), (303, "/setup/audit"));
    let list = text(&guest.get("/setup/audit"));
    for words in ["claimed", "signed in", "signed out", "192.0.2.1"] {
        assert!(list.contains(words), "{words}: {list}");
    }
    // what is kept is no password, and for one user only
    use std::os::unix::fs::PermissionsExt;
    let file = house.state().join("owner");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let kept = std::fs::read_to_string(file).unwrap();
    assert!(
        kept.starts_with("$argon2id$") && !kept.contains(PASSWORD),
        "{kept}"
    );
}

#[test]
fn passwords_that_will_not_do_are_said_beside_their_field() {
    let house = House::new();
    let mut guest = house.guest(1);
    for (password, again, words) in [
        ("shorty", "shorty", "at least 12"),
        (
            "aaaaaaaaaaaaa",
            "aaaaaaaaaaaaa",
            "repeats a single character",
        ),
        (PASSWORD, "correct horse", "two passwords do not match"),
        (&"ab".repeat(65), "", "at most 128"),
    ] {
        let answer = guest.post("/claim", &[("password", password), ("again", again)]);
        let page = text(&answer);
        assert_eq!(answer.status, 422, "{password}");
        assert!(
            page.contains(words) && page.contains("aria-invalid=\"true\""),
            "{page}"
        );
        assert!(
            page.contains("-error\"") && !page.contains(password),
            "{page}"
        );
    }
    assert!(!house.state().join("owner").exists());
}

#[test]
fn a_claimed_box_is_not_claimed_again() {
    let house = House::new();
    let mut owner = house.owner();
    let mut thief = house.guest(66);
    assert_eq!(location(&thief.get("/claim")), (303, "/login"));
    let other = "another long password";
    let answer = thief.post("/claim", &[("password", other), ("again", other)]);
    assert_eq!(answer.status, 409);
    assert!(!thief.is_in() && owner.is_in());
    assert_eq!(thief.login(other).status, 403);
    assert!(
        house
            .noted()
            .iter()
            .any(|what| what.contains("attempt to claim the box"))
    );

    // a file that can't be read is no way in either
    let kept = std::fs::read(house.state().join("owner")).unwrap();
    std::fs::write(house.state().join("owner"), "").unwrap();
    let answer = thief.post("/claim", &[("password", other), ("again", other)]);
    assert_eq!(answer.status, 500);
    assert!(text(&answer).contains("remove it"), "{}", text(&answer));
    std::fs::write(house.state().join("owner"), kept).unwrap();
    assert!(owner.is_in());

    // the one way: on the machine itself, at once
    std::fs::remove_file(house.state().join("owner")).unwrap();
    assert_eq!(location(&owner.get("/setup")), (303, "/claim"));
    let answer = thief.post("/claim", &[("password", other), ("again", other)]);
    assert_eq!(location(&answer), (303, "/setup"));
    assert!(!owner.is_in(), "sessions end with their claim");
}

#[test]
fn a_new_password_ends_all_other_sessions() {
    let house = House::new();
    let mut owner = house.owner();
    let mut elsewhere = house.guest(2);
    elsewhere.login(PASSWORD);
    assert!(elsewhere.is_in());
    let (csrf, new, old) = (owner.csrf(), "a better password", owner.cookie.clone());
    let change = |guest: &mut Guest, present: &str| {
        let fields = [
            ("csrf", &*csrf),
            ("old", present),
            ("password", new),
            ("again", new),
        ];
        guest.post("/setup/password", &fields)
    };
    assert_eq!(change(&mut owner, "not the password").status, 403);
    assert_eq!(location(&change(&mut owner, PASSWORD)), (303, "/setup"));
    assert!(owner.is_in() && owner.cookie != old && !elsewhere.is_in());
    assert_eq!(elsewhere.login(PASSWORD).status, 403);
    assert_eq!(elsewhere.login(new).status, 303);
}

#[test]
fn forms_of_others_change_nothing() {
    let house = House::new();
    let mut owner = house.owner();
    let csrf = owner.csrf();
    let mut elsewhere = house.guest(2);
    elsewhere.login(PASSWORD);
    let of_another = elsewhere.csrf();
    assert_ne!(csrf, of_another);
    for wrong in ["", "x", &csrf[1..], &of_another, &csrf.to_uppercase()] {
        let answer = owner.post("/logout", &[("csrf", wrong)]);
        assert_eq!(answer.status, 403, "{wrong}");
    }
    assert_eq!(owner.post("/logout", &[]).status, 403);
    assert!(owner.is_in());
    for (name, value) in [
        ("Origin", "https://evil.example"),
        ("Origin", "http://box:8515"),
        ("Origin", "https://box:9999"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Referer", "https://evil.example/https://box:8515/"),
    ] {
        owner.headers = vec![(name, value)];
        let answer = owner.post("/logout", &[("csrf", &csrf)]);
        assert_eq!(answer.status, 403, "{name}: {value}");
        assert_eq!(owner.login(PASSWORD).status, 403, "{name}: {value}");
    }
    owner.headers = vec![("Host", "evil.example"), ("Origin", "https://evil.example")];
    assert_eq!(owner.post("/logout", &[("csrf", &csrf)]).status, 421);
    owner.headers = vec![];
    assert!(owner.is_in());
}

#[test]
fn a_session_from_before_is_not_adopted() {
    let house = House::new();
    house.owner();
    let planted = format!("__Host-siembox={}", "a".repeat(64));
    let mut victim = house.guest(2);
    victim.cookie = Some(planted.clone());
    assert!(!victim.is_in());
    assert_eq!(victim.login(PASSWORD).status, 303);
    assert_ne!(victim.cookie.as_ref(), Some(&planted));
    // and the one that was there before ends with the new one
    let before = victim.cookie.clone();
    assert_eq!(victim.login(PASSWORD).status, 303);
    let mut thief = house.guest(3);
    for cookie in [
        Some(planted),
        before,
        Some("__Host-siembox=".to_owned()),
        Some("a; b=c;=".to_owned()),
    ] {
        thief.cookie = cookie;
        assert!(!thief.is_in());
    }
    assert!(victim.is_in());
}

#[test]
fn sessions_end_by_themselves() {
    let house = House::new();
    let mut owner = house.owner();
    house.wait(29 * 60);
    assert!(owner.is_in());
    house.wait(31 * 60);
    assert!(!owner.is_in());
}

#[test]
fn guessing_is_slow_and_locks_nobody_out() {
    let house = House::new();
    house.owner();
    let mut thief = house.guest(66);
    let codes: Vec<u16> = (0..6)
        .map(|number| thief.login(&format!("a wrong guess {number}")).status)
        .collect();
    assert_eq!(codes, [403, 403, 403, 429, 429, 429]);
    let answer = thief.login(PASSWORD);
    assert_eq!(
        (answer.status, answer.header("Retry-After")),
        (429, Some("1"))
    );
    assert!(text(&answer).contains("Wait 1 s"), "{}", text(&answer));
    // for half an hour, as fast as it goes
    let mut tried = 0;
    for _ in 0..2_000 {
        house.wait(1);
        thief.further.clear();
        tried += u32::from(thief.login("a wrong guess").status == 403);
    }
    assert!(tried < 40, "{tried}");
    // the same with the place in the line that the box gives it
    let mut tried = 0;
    for _ in 0..2_000 {
        house.wait(1);
        tried += u32::from(thief.login("a wrong guess").status == 403);
    }
    assert!(tried < 40 + 2_000 / 10, "{tried}");
    thief.further.clear();
    let mut elsewhere = house.guest(7);
    assert_eq!(elsewhere.login(PASSWORD).status, 303);
    house.wait(60);
    assert_eq!(
        thief.login(PASSWORD).status,
        303,
        "whoever remembers gets in after a minute"
    );
    // told in two lines, not in a thousand
    let noted = house.noted();
    assert!(noted.len() < 8, "{noted:?}");
    assert!(
        noted
            .iter()
            .any(|what| what.contains("more wrong passwords")),
        "{noted:?}"
    );
}

/// Somebody behind the same router, or before the same reverse proxy, tries passwords all the time.
#[test]
fn who_attacks_from_the_same_address_keeps_no_known_browser_out() {
    let house = House::new();
    let mut owner = house.owner();
    let csrf = owner.csrf();
    owner.post("/logout", &[("csrf", &csrf)]);
    let attack = |seconds: u64| {
        let mut tried = 0;
        for _ in 0..seconds {
            house.wait(1);
            for _ in 0..10 {
                let mut thief = house.guest(1);
                tried += u64::from(thief.login("a wrong guess").status == 403);
            }
        }
        tried
    };
    let tried = attack(300);
    assert!(tried < 20, "{tried}");
    for round in 0..30 {
        assert_eq!(owner.login(PASSWORD).status, 303, "round {round}");
        assert!(owner.is_in());
        let csrf = owner.csrf();
        owner.post("/logout", &[("csrf", &csrf)]);
        attack(2);
    }
    // nor one that is signed in, should it have lost the cookie by which it is known
    assert_eq!(owner.login(PASSWORD).status, 303);
    let known = std::mem::take(&mut owner.further);
    assert_eq!(owner.login(PASSWORD).status, 303);
    owner.further = known;
    // nor from choosing another one, with which the browsers of the old one are known no more
    assert_eq!(owner.login(PASSWORD).status, 303);
    let (csrf, old) = (owner.csrf(), owner.further.clone());
    let new = "a better password";
    let fields = [
        ("csrf", &*csrf),
        ("old", PASSWORD),
        ("password", new),
        ("again", new),
    ];
    let answer = owner.post("/setup/password", &fields);
    assert_eq!(location(&answer), (303, "/setup"), "{}", text(&answer));
    let mut stolen = house.guest(1);
    stolen.further = old;
    assert_eq!(stolen.login(new).status, 429);
    let csrf = owner.csrf();
    owner.post("/logout", &[("csrf", &csrf)]);
    assert_eq!(owner.login(new).status, 303);
}

#[test]
fn who_attacks_from_the_same_address_keeps_an_unknown_browser_out_for_seconds() {
    let house = House::new();
    house.owner();
    // some take no cookies, others all that they are given; and each asks ten times a second
    for (patient, bound) in [(0, 15), (1, 18), (8, 45)] {
        let mut thieves: Vec<Guest> = (0..20 + patient).map(|_| house.guest(7)).collect();
        let mut tried = 0;
        let mut attack = |house: &House| {
            house.wait(1);
            for (number, thief) in thieves.iter_mut().enumerate() {
                if number >= patient {
                    thief.further.clear();
                }
                tried += u64::from(thief.login("a wrong guess").status == 403);
            }
        };
        (0..120).for_each(|_| attack(&house));
        let mut owner = house.guest(7);
        assert_eq!(owner.get("/login").status, 200);
        let begun = house.seconds.get();
        let mut asked = house.seconds.get();
        let took = loop {
            attack(&house);
            let now = house.seconds.get();
            if now < asked {
                continue;
            }
            let answer = owner.login(PASSWORD);
            if answer.status == 303 {
                break now - begun;
            }
            // as a person does it: when the page says so, and never sooner
            let wait: u64 = answer.header("Retry-After").unwrap().parse().unwrap();
            asked = now + wait;
            assert!(
                now - begun <= bound,
                "{patient} in the line: {}",
                now - begun
            );
        };
        assert!(owner.is_in());
        let seconds = house.seconds.get() - begun + 120;
        assert!(tried < 20 + seconds / 3, "{tried} in {seconds} s");
        println!("{patient} in the line: {took} s");
        // the next ones begin anew
        house.wait(3600);
    }
}

#[test]
fn odd_forms_are_refused() {
    let house = House::new();
    house.owner();
    let mut guest = house.guest(2);
    let form = "application/x-www-form-urlencoded";
    for (media, bytes, code) in [
        (form, b"password=%ff".to_vec(), 400),
        (form, b"password=%00".to_vec(), 400),
        (form, b"a=1&".repeat(300), 413),
        (form, Vec::new(), 403),
        ("multipart/form-data; boundary=x", b"--x--".to_vec(), 415),
        ("application/json", b"{\"password\":\"x\"}".to_vec(), 415),
        ("text/plain", b"password=x".to_vec(), 415),
        (
            "application/x-www-form-urlencoded; charset=utf-8",
            b"password=x".to_vec(),
            403,
        ),
    ] {
        let answer = guest.post_bytes("/login", media, bytes);
        assert_eq!(answer.status, code, "{media}: {}", text(&answer));
    }
    for path in ["/", "/status.json", "/healthz", "/loginx", "/claims"] {
        assert_eq!(guest.post(path, &[]).status, 405, "{path}");
    }
}

#[test]
fn nothing_that_was_typed_becomes_markup_or_leads_elsewhere() {
    let house = House::new();
    let mut owner = house.owner();
    let wild = "\"><script>alert(1)</script>";
    house.audit.note(wild, owner.from, 1);
    let list = text(&owner.get("/setup/audit"));
    assert!(list.contains("&lt;script&gt;") && !list.contains("<script>"));
    let mut guest = house.guest(2);
    for next in [
        wild,
        "//evil.example",
        "https://evil.example",
        "/setup/../x",
        "/setup//evil",
        "/setup\r\nX: y",
        "/\\evil.example",
    ] {
        let query: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let page = text(&guest.get(&format!("/login?next={query}")));
        assert!(
            page.contains("name=\"next\" value=\"/setup\""),
            "{next}: {page}"
        );
        let answer = guest.post("/login", &[("password", PASSWORD), ("next", next)]);
        assert_eq!(location(&answer), (303, "/setup"), "{next}");
        guest.cookie = None;
    }
    let answer = guest.get("/setup/%22%3E%3Cscript%3E");
    assert_eq!(location(&answer), (303, "/login"));
    for path in [
        "/setup/../etc/passwd",
        "/setup/nothing",
        "/setup/",
        "/setup/audit/x",
        "/setup/%2e%2e/audit",
        "/setup/password/",
    ] {
        assert_eq!(owner.get(path).status, 404, "{path}");
    }
}

#[test]
fn plain_http_is_sent_on() {
    let house = House::new();
    let mut owner = house.owner();
    owner.secure = false;
    for path in ["/setup", "/claim", "/login", "/setup/audit"] {
        let address = format!("https://box:8515{path}");
        assert_eq!(location(&owner.get(path)), (307, &*address));
        let answer = owner.post(path, &[("password", PASSWORD), ("again", PASSWORD)]);
        assert_eq!(location(&answer), (303, &*address));
        assert_eq!(answer.header("Set-Cookie"), None);
    }
    let page = text(&owner.get("/"));
    assert!(page.contains("<a class=\"setup\" href=\"/setup\">Set up</a>"));
    let house = House::without_tls();
    let mut guest = house.guest(1);
    guest.secure = false;
    let answer = guest.get("/setup");
    assert_eq!(answer.status, 403);
    assert!(text(&answer).contains("https_listen"));
}

/// A strict cookie is left out where the way here began on another site; the status over plain HTTP
/// is one.
#[test]
fn who_is_signed_in_stays_so_on_the_way_from_the_status() {
    let house = House::new();
    let mut owner = house.owner();
    let (cookie, further) = (owner.cookie.take(), std::mem::take(&mut owner.further));
    owner.headers = vec![("Sec-Fetch-Site", "cross-site")];
    let page = owner.get("/setup/audit");
    assert_eq!(page.status, 200);
    assert!(
        text(&page).contains("content=\"0;url=/setup/audit\""),
        "{}",
        text(&page)
    );
    owner.headers = vec![("Sec-Fetch-Site", "same-origin")];
    assert_eq!(owner.get("/setup/audit").status, 303);
    (owner.cookie, owner.further) = (cookie, further);
    assert_eq!(owner.get("/setup/audit").status, 200);
}

#[test]
fn the_status_may_be_for_the_administrator_only() {
    let house = House::closed();
    let mut owner = house.owner();
    let mut guest = house.guest(2);
    assert_eq!(location(&guest.get("/")), (303, "/login?next=/"));
    for path in ["/live", "/status.json", "/metrics"] {
        assert_eq!(guest.get(path).status, 401, "{path}");
        assert_eq!(owner.get(path).status, 200, "{path}");
    }
    assert_eq!(owner.get("/").status, 200);
    assert_eq!(
        location(&guest.post("/login", &[("password", PASSWORD), ("next", "/")])),
        (303, "/")
    );
    for path in ["/healthz", "/siembox.css"] {
        assert_eq!(house.guest(3).get(path).status, 200, "{path}");
    }
    owner.secure = false;
    for path in ["/", "/live", "/status.json", "/metrics"] {
        assert_eq!(owner.get(path).status, 307, "{path}");
    }
    owner.secure = true;
    // a page that refreshes itself keeps no session
    for _ in 0..31 {
        house.wait(60);
        owner.get("/live");
    }
    assert_eq!(owner.get("/live").status, 401);
}

struct Echo;

impl AdminPage for Echo {
    fn path(&self) -> &str {
        "/setup/echo"
    }

    fn title(&self) -> Option<&str> {
        Some("Echo <1>")
    }

    fn takes_forms(&self) -> bool {
        true
    }

    fn answer(&self, ask: &AdminRequest, owner: &AdminSession) -> Page {
        let said: Vec<&str> = ask.form.all("said").collect();
        let content =
            maud::html! { p { (ask.path) ": " (said.join(",")) } form { (owner.token()) } };
        Page::html(200, &layout("Echo", ask.machine, Some(owner), &content))
    }
}

#[test]
fn rooms_are_for_the_administrator_and_for_their_own_forms() {
    let house = House::with(|door| door.with_page(Echo));
    let mut owner = house.owner();
    let csrf = owner.csrf();
    assert!(text(&owner.get("/setup")).contains("<a href=\"/setup/echo\">Echo &lt;1&gt;</a>"));
    let answer = owner.post(
        "/setup/echo/below",
        &[("csrf", &csrf), ("said", "<a>"), ("said", "b")],
    );
    assert!(
        text(&answer).contains("/setup/echo/below: &lt;a&gt;,b"),
        "{}",
        text(&answer)
    );
    assert_eq!(owner.get("/setup/echoes").status, 404);
    assert_eq!(owner.post("/setup/echo", &[("said", "x")]).status, 403);
    assert_eq!(owner.post("/setup", &[("csrf", &csrf)]).status, 405);
    let mut guest = house.guest(2);
    assert_eq!(
        location(&guest.get("/setup/echo")),
        (303, "/login?next=/setup/echo")
    );
    assert_eq!(
        guest
            .post("/setup/echo", &[("csrf", &csrf), ("said", "x")])
            .status,
        303
    );
}

#[test]
fn its_pages_are_strict_and_light() {
    let house = House::new();
    let mut owner = house.owner();
    let css = owner.get("/siembox.css").body.len();
    for path in [
        "/setup",
        "/setup/audit",
        "/setup/password",
        "/setup/nothing",
    ] {
        let answer = owner.get(path);
        assert!(
            answer
                .header("Content-Security-Policy")
                .unwrap()
                .contains("form-action 'self'")
        );
        // else a browser would hide where our own forms come from
        assert_eq!(answer.header("Referrer-Policy"), Some("same-origin"));
        assert_eq!(answer.header("Cache-Control"), Some("no-store"));
        let page = text(&answer);
        assert!(
            !page.replace("<script src=\"/", "").contains("<script") && !page.contains(" style="),
            "{page}"
        );
        assert!(page.len() + css < 60_000);
    }
}
