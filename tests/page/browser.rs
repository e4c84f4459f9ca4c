//! A real browser looks at the real process, between a simulated cloud and a real rsyslog.

use std::time::Duration;

use siembox_support::receiver::rsyslog;

use crate::driver::Browser;
use crate::siembox::Siembox;
use crate::stage::{add, cloud, page, plan};

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn shows_what_happens_without_a_reload() {
    let (cloud, mut receiver) = (cloud(300), rsyslog::tcp());
    let mut siembox = Siembox::new(&cloud, &plan(&cloud, receiver.port()));
    siembox.start();
    let url = format!("http://{}/", page(&mut siembox));
    let mut browser = Browser::start();
    assert_eq!(browser.open(&url, 1440, "light"), 200);
    browser.tell(
        "window.mark = 'the same page'; document.querySelector('#history-0 summary').focus()",
    );

    browser.until(
        "document.querySelector('h1').innerText === 'Connected'",
        PATIENCE,
    );
    browser.until(
        "/\\b300\\b/.test(document.querySelector('#history').textContent)",
        PATIENCE,
    );
    assert_eq!(
        browser.tell("document.querySelectorAll('.arrow.open').length"),
        2
    );
    assert!(
        browser
            .tell("document.title")
            .as_str()
            .unwrap()
            .starts_with("Connected")
    );

    // the visitor opens a table and reads; what is refreshed around it leaves both alone
    browser.tell("document.querySelector('#day-0').open = true; document.querySelector('#day-0 summary').focus()");
    let read = "[...document.querySelectorAll('#day-0 td:nth-of-type(1)')]\
                .reduce((sum, cell) => sum + Number(cell.textContent), 0)";
    let before = browser.tell(read);
    add(&cloud, 42, 30);
    // where an hour begins meanwhile, the oldest leaves the table
    browser.until(&format!("{read} >= {before} + 20"), PATIENCE);
    assert_eq!(browser.tell("document.querySelector('#day-0').open"), true);
    assert_eq!(
        browser.tell("document.activeElement.parentElement.id"),
        "day-0"
    );

    receiver.kill();
    browser.until(
        "document.querySelectorAll('.arrow.broken').length === 1",
        PATIENCE,
    );
    browser.until(
        "document.querySelector('h1').innerText === 'Interrupted'",
        PATIENCE,
    );
    let notices = browser.tell("document.querySelector('#notices').innerText");
    assert!(
        notices.as_str().unwrap().contains("Data server"),
        "{notices}"
    );
    add(&cloud, 43, 10);
    browser.until(
        "/[1-9]\\d* lines/.test(document.querySelector('#agents').innerText)",
        PATIENCE,
    );

    receiver.start();
    browser.until(
        "document.querySelector('h1').innerText === 'Connected'",
        PATIENCE,
    );
    browser.until(
        "document.querySelector('#notices').innerText === 'No open notices'",
        PATIENCE,
    );
    browser.until(
        "/past notice/.test(document.querySelector('#past').innerText)",
        PATIENCE,
    );
    assert_eq!(
        browser.tell("window.mark"),
        "the same page",
        "it was never loaded again"
    );

    // the box goes away, and comes back
    siembox.stop();
    browser.until("!document.querySelector('#away').hidden", PATIENCE);
    let words = browser.tell("document.querySelector('#away').innerText");
    assert!(
        words
            .as_str()
            .unwrap()
            .contains("No answer from siembox since"),
        "{words}"
    );
    let same = url
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned();
    let mut again = plan(&cloud, receiver.port());
    again.page = format!("listen = \"{same}\"\nhttps_listen = []\n");
    siembox.set(&again);
    siembox.start();
    browser.until("document.querySelector('#away').hidden", PATIENCE);
    assert_eq!(browser.tell("window.mark"), "the same page");

    for asked in browser.asked() {
        assert!(asked.starts_with(&url), "another host: {asked}");
    }
    let complaints = browser.complaints();
    let own = complaints.iter().filter(|text| {
        !text.contains("ERR_CONNECTION_REFUSED")
            && !text.contains("ERR_CONNECTION_RESET")
            && !text.contains("ERR_EMPTY_RESPONSE")
    });
    assert_eq!(own.count(), 0, "{complaints:?}");
}

#[test]
fn is_whole_without_a_script_and_by_keyboard() {
    let (cloud, receiver) = (cloud(50), rsyslog::tcp());
    let mut siembox = Siembox::new(&cloud, &plan(&cloud, receiver.port()));
    siembox.start();
    siembox.wait("all is proved", |status| {
        status.agents[0].lines.proved == 50
    });
    let url = format!("http://{}/", page(&mut siembox));
    let mut browser = Browser::start();
    assert_eq!(browser.open_without_script(&url), 200);
    let words = browser.tell("document.body.innerText");
    for part in [
        "Connected",
        "As of",
        "contoso",
        "SIEM agents",
        "Last 30 days",
    ] {
        assert!(words.as_str().unwrap().contains(part), "{part}: {words}");
    }
    assert_eq!(
        browser.tell("document.querySelectorAll('svg rect.hit').length"),
        54
    );

    browser.open(&url, 768, "dark");
    // brand, the agent's history, two tables, the lamps, four links at the foot: in this order,
    // each seen
    let mut reached = Vec::new();
    for _ in 0..9 {
        browser.press("Tab");
        let what = "document.activeElement.innerText + ' ' + (getComputedStyle(document.activeElement).outlineStyle !== 'none')";
        reached.push(browser.tell(what).as_str().unwrap().trim().to_owned());
    }
    let expected = [
        "siembox",
        "contoso",
        "Numbers",
        "Numbers",
        "Meaning of the lamps",
        "manual",
        "status.json",
        "metrics",
        "healthz",
    ];
    assert_eq!(reached, expected.map(|name| format!("{name} true")));
    browser.tell("document.querySelector('#day-0 summary').focus()");
    browser.press("Enter");
    assert_eq!(browser.tell("document.querySelector('#day-0').open"), true);
}

#[test]
fn the_manual_fits_and_its_pages_open() {
    let url = crate::still::serve(crate::looks::connected());
    let contents = format!("{}/manual", url.trim_end_matches('/'));
    let mut browser = Browser::start();
    for width in crate::looks::WIDTHS {
        for scheme in crate::looks::SCHEMES {
            assert_eq!(browser.open(&contents, width, scheme), 200);
            assert_eq!(browser.axe(), Vec::<String>::new(), "{width} {scheme}");
            let wide = browser.tell("document.documentElement.scrollWidth");
            assert!(
                wide.as_u64() <= Some(width.into()),
                "{width}: {wide} px wide"
            );
        }
    }
    assert_eq!(
        browser.open(&format!("{contents}/states.md"), 360, "light"),
        200
    );
    let words = browser.tell("document.body.innerText");
    assert!(
        words
            .as_str()
            .unwrap()
            .starts_with("# States and conditions")
    );
    let complaints = browser.complaints();
    assert!(complaints.is_empty(), "{complaints:?}");
}

/// What the checker finds in a page that is wrong: else it would find nothing in ours either.
#[test]
fn the_accessibility_checker_looks() {
    let url = crate::still::serve(crate::looks::connected());
    let mut browser = Browser::start();
    browser.open(&url, 768, "light");
    assert_eq!(browser.axe(), Vec::<String>::new());
    // the script of the page renews what lies above the footer
    browser.tell(
        "const footer = document.querySelector('footer'); \
         const picture = document.querySelector('.arrow svg').cloneNode(true); \
         picture.removeAttribute('aria-label'); \
         footer.append(picture, 'pale'); \
         footer.style.color = '#ddd'; \
         document.querySelector('.brand').textContent = ''",
    );
    let found = browser.axe().join("\n");
    for rule in ["color-contrast", "link-name", "svg-img-alt"] {
        assert!(found.contains(rule), "{rule}: {found}");
    }
}
