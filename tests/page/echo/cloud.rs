//! The voices on the cloud's side: API, Entra, proxy.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use siembox_support::pki::Authority;

use super::secrets::{BEARER, Known, marker};
use super::wire::{answer, over_tls, request, voice};

const JSON: &str = "Content-Type: application/json\r\n";

/// How many different answers the API's voice has.
pub const ANSWERS: usize = 9;

/// What Entra does with a log-on, by the first digit of the tenant.
pub const LETS_IN: &str = "1";
pub const REFUSES: &str = "2";
pub const KNOWS_NO_ROLE: &str = "4";
pub const SENDS_ELSEWHERE: &str = "5";

pub fn tenant(digit: &str) -> String {
    format!("{0}-{1}-{1}-{1}-{0}{1}", digit.repeat(8), digit.repeat(4))
}

/// The answers with records, by their turn: good ones, and with one that can't be read.
pub const WITH_RECORDS: [usize; 2] = [0, 6];

/// The API's voice: each request gets the next of its answers, or the next of `only` these.
pub fn api(known: &Known, asked: &Arc<AtomicUsize>, only: &'static [usize]) -> u16 {
    let (known, asked) = (known.clone(), Arc::clone(asked));
    voice(move |mut stream, _| {
        let heard = request(&mut stream);
        if heard.contains(BEARER) {
            known.add(BEARER);
        }
        let turn = asked.fetch_add(1, Ordering::Relaxed);
        // the number of answers and that of ways to write have no divisor in common: each meets
        // each
        let said = |name: &str| known.refrain(name, turn);
        let quoted = |name: &str| {
            serde_json::to_string(&format!("{} you sent: {heard}", said(name))).unwrap()
        };
        let now = siembox::for_tests::clock::now_ms();
        let record = format!(
            r#"{{"_id":"good{turn}","timestamp":{now},"created":{now},"description":{},"eventTypeName":"E"}}"#,
            quoted("evidence")
        );
        let which = only.get(turn % only.len().max(1)).copied();
        let (status, headers, body) = match which.unwrap_or(turn % ANSWERS) {
            0 => (
                "200 OK".to_owned(),
                JSON.to_owned(),
                format!(r#"{{"data":[{record}],"hasNext":false}}"#),
            ),
            1 => (
                "401 Unauthorized".to_owned(),
                JSON.to_owned(),
                format!(r#"{{"detail":{}}}"#, quoted("api-detail")),
            ),
            2 => (
                "403 Forbidden".to_owned(),
                "Content-Type: text/html\r\n".to_owned(),
                format!("<html><title>{}</title></html>", said("api-page")),
            ),
            3 => {
                let to = known
                    .written(turn)
                    .join("+")
                    .replace([' ', '\r', '\n'], "+");
                let to = format!("https://gateway.example/{}/?{to}", marker("api-redirect"));
                (
                    "302 Found".to_owned(),
                    format!("Location: {to}\r\n"),
                    String::new(),
                )
            }
            4 => (
                "400 Bad Request".to_owned(),
                JSON.to_owned(),
                format!(r#"{{"errors":[{{"error":{}}}]}}"#, quoted("api-errors")),
            ),
            5 => (
                "500 Internal Server Error".to_owned(),
                String::new(),
                said("api-text"),
            ),
            6 => {
                let id = quoted("api-record");
                let data = format!(r#"[{{"_id":{id},"timestamp":{id}}},{record}]"#);
                (
                    "200 OK".to_owned(),
                    JSON.to_owned(),
                    format!(r#"{{"data":{data},"hasNext":false}}"#),
                )
            }
            // read by nobody: `page_tests` has what is said of it
            7 => (
                "200 OK".to_owned(),
                JSON.to_owned(),
                format!(r#"{{"data":{}}}"#, quoted("unheard")),
            ),
            // the reason and headers of others are read by nobody
            _ => (
                format!("404 {}", said("unheard")),
                format!("X-Echo: {}\r\n", said("unheard")),
                format!("{{\"message\":{}}}", quoted("api-message")),
            ),
        };
        answer(&mut stream, &status, &headers, &body);
    })
}

/// Entra's voice.
pub fn entra(known: &Known) -> u16 {
    let known = known.clone();
    voice(move |mut stream, turn| {
        let heard = request(&mut stream);
        let asks = |digit: &str| heard.contains(&tenant(digit));
        let said = |name: &str| format!("{} you sent: {heard}", known.refrain(name, turn));
        let granted = |token: &str| format!(r#"{{"access_token":"{token}","expires_in":3599}}"#);
        if asks(LETS_IN) {
            answer(&mut stream, "200 OK", JSON, &granted(BEARER));
        } else if asks(KNOWS_NO_ROLE) {
            let mut roles = known.written(turn);
            roles.insert(0, marker("entra-roles"));
            let claims = serde_json::json!({ "roles": roles }).to_string();
            let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims));
            answer(&mut stream, "200 OK", JSON, &granted(&token));
        } else if asks(SENDS_ELSEWHERE) {
            let page = format!("<title>{}</title>", said("entra-page"));
            let to = format!(
                "Location: https://gateway.example/?{}\r\n",
                marker("unheard")
            );
            answer(&mut stream, "302 Found", &to, &page);
        } else {
            let said = format!("AADSTS7000215: {}", said("entra-refusal"));
            let said = serde_json::to_string(&said).unwrap();
            let refusal = format!(r#"{{"error":"invalid_client","error_description":{said}}}"#);
            answer(&mut stream, "401 Unauthorized", JSON, &refusal);
        }
    })
}

/// A server or inspecting proxy that issues its certificate itself, with a name that says all it
/// knows.
pub fn certificate(known: &Known, name: &'static str) -> u16 {
    let known = known.clone();
    voice(move |stream, turn| {
        let named = Authority::new(&known.refrain(name, turn));
        let issued = named.issue(&["127.0.0.1", "localhost"]);
        request(&mut over_tls(stream, &issued, None));
    })
}

/// A proxy that takes a log-on only by ways that nobody knows.
pub fn proxy_that_refuses(known: &Known) -> u16 {
    let known = known.clone();
    voice(move |mut stream, turn| {
        let heard = request(&mut stream);
        let sent = heard.lines().find(|line| line.contains("Basic"));
        let line = known.refrain("unheard", turn);
        let schemes = known.written(turn);
        let schemes = std::iter::once(marker("proxy-scheme")).chain(schemes);
        let schemes: String = schemes
            .chain(sent.map(|sent| sent.rsplit(' ').next().unwrap().to_owned()))
            .map(|scheme| format!("Proxy-Authenticate: {scheme} realm=\"{line}\"\r\n"))
            .collect();
        let headers = format!("X-Echo: {line}\r\n{schemes}");
        answer(&mut stream, &format!("407 {line}"), &headers, &line);
    })
}

/// A proxy that answers the question itself, at times in place of opening the way.
pub fn proxy_that_blocks(known: &Known) -> u16 {
    let known = known.clone();
    voice(move |mut stream, turn| {
        request(&mut stream);
        let said = known.refrain("proxy-page", turn);
        let page = format!("<html><head><title>{said}</title></head></html>");
        match turn % 4 {
            // the page of a way that is not opened is read by nobody
            0 => return answer(&mut stream, &format!("403 {said}"), "", &page),
            1 => return answer(&mut stream, &format!("502 {said}"), "", &page),
            _ => answer(&mut stream, &format!("200 {said}"), "", ""),
        }
        request(&mut stream);
        answer(
            &mut stream,
            "403 Forbidden",
            "Content-Type: text/html\r\n",
            &page,
        );
    })
}

/// A proxy that opens the way, and then speaks TLS in the place of the other end.
pub fn proxy_that_inspects(known: &Known) -> u16 {
    let known = known.clone();
    voice(move |mut stream, turn| {
        request(&mut stream);
        answer(&mut stream, "200 Connection established", "", "");
        let named = Authority::new(&known.refrain("proxy-certificate", turn));
        let issued = named.issue(&["localhost"]);
        request(&mut over_tls(stream, &issued, None));
    })
}
