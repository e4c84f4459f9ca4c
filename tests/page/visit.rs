//! An administrator in a real browser: by keyboard alone, from the status over plain HTTP to what
//! lies behind the log-in.

use std::time::Duration;

use crate::driver::Browser;
use crate::house::PASSWORD;
use crate::looks::{SCHEMES, WIDTHS};
use crate::stage::page;
use crate::tls::scene;

const SOON: Duration = Duration::from_secs(20);

/// What is wrong with a page at any width, by day and by night.
fn wrong(browser: &mut Browser, url: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for width in WIDTHS {
        for scheme in SCHEMES {
            browser.go(url, width, scheme);
            let found = browser.axe().into_iter();
            wrong.extend(found.map(|found| format!("{url} {width} {scheme}: {found}")));
            let wide = browser.tell("document.documentElement.scrollWidth");
            if wide.as_u64() > Some(width.into()) {
                wrong.push(format!("{url} {width}: {wide} px wide"));
            }
        }
    }
    wrong
}

fn follow(browser: &mut Browser, link: &str, to: &str) {
    // a page that only passes on has the same address, and not the link
    browser.until(
        &format!("document.readyState === 'complete' && document.querySelector('{link}')"),
        SOON,
    );
    browser.tell(&format!("document.querySelector('{link}').focus()"));
    browser.press("Enter");
    arrive(browser, to);
}

fn arrive(browser: &mut Browser, at: &str) {
    browser.until(
        &format!("location.href === '{at}' && document.readyState === 'complete'"),
        SOON,
    );
}

/// Types into the fields in their order, and sends the form.
fn fill(browser: &mut Browser, fields: &[&str]) {
    browser.tell("document.querySelector('main input:not([type=hidden])').focus()");
    for (number, text) in fields.iter().enumerate() {
        if number > 0 {
            browser.press("Tab");
        }
        browser.type_in(text);
    }
    browser.press("Enter");
}

#[test]
fn comes_in_by_keyboard_and_finds_every_page_fit() {
    let mut scene = scene("");
    let plain = format!("http://{}/", page(&mut scene.siembox));
    let secure = format!("https://{}", scene.https());
    let at = |path: &str| format!("{secure}{path}");
    let mut browser = Browser::start();
    let mut found = Vec::new();

    assert_eq!(browser.open(&plain, 1440, "light"), 200);
    follow(&mut browser, "a.setup", &at("/claim"));
    found.extend(wrong(&mut browser, &at("/claim")));
    fill(&mut browser, &["short", "short"]);
    browser.until("document.querySelector('#password-error')", SOON);
    found.extend(browser.axe());
    fill(&mut browser, &[PASSWORD, PASSWORD]);
    arrive(&mut browser, &at("/setup"));
    let cookie = browser.tell("document.cookie");
    assert_eq!(cookie, "", "no script sees the session");
    for path in ["/setup", "/setup/password", "/setup/audit"] {
        found.extend(wrong(&mut browser, &at(path)));
    }
    browser.go(&at("/setup/password"), 1440, "light");
    fill(
        &mut browser,
        &["wrong password", "a better password", "a better password"],
    );
    browser.until("document.querySelector('#old-error')", SOON);
    found.extend(browser.axe());

    // the status over plain HTTP is another site to a strict cookie; nobody has to sign in again
    browser.go(&plain, 1440, "light");
    follow(&mut browser, "a.setup", &at("/setup"));

    follow(&mut browser, "nav button", &at("/login"));
    found.extend(wrong(&mut browser, &at("/login")));
    fill(&mut browser, &["not the password"]);
    browser.until("document.querySelector('#password-error')", SOON);
    found.extend(browser.axe());
    fill(&mut browser, &[PASSWORD]);
    arrive(&mut browser, &at("/setup"));
    assert!(found.is_empty(), "{}", found.join("\n"));

    let complaints = browser.complaints();
    let own = complaints.iter().filter(|text| {
        // what was typed wrong on purpose is answered with 422 and 403
        !text.contains("422") && !text.contains("403")
    });
    assert_eq!(own.count(), 0, "{complaints:?}");
}

#[test]
fn needs_no_script() {
    let mut scene = scene("");
    let secure = format!("https://{}", scene.https());
    let mut browser = Browser::start();
    assert_eq!(browser.open_without_script(&format!("{secure}/setup")), 200);
    arrive(&mut browser, &format!("{secure}/claim"));
    fill(&mut browser, &[PASSWORD, PASSWORD]);
    arrive(&mut browser, &format!("{secure}/setup"));
    follow(&mut browser, "nav button", &format!("{secure}/login"));
}
