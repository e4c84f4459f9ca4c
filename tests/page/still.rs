//! Pages of a status made by hand: asked for in memory, or by a browser over a small socket.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use embedded_svc::http::Method;
use embedded_svc::http::server::{Handler, Middleware};
use siembox::for_tests::status::Snapshot;
use siembox::for_tests::web::{Exchange, Guard, Hosts, Site, View, WebResponse};

/// What the page answers to this request.
pub fn answer(snapshot: &Snapshot, exchange: Exchange) -> WebResponse {
    let view = View::new(snapshot.clone(), "box");
    through(Site::new(Some(view), Duration::ZERO), exchange)
}

/// What these pages answer.
pub fn through(site: Site, exchange: Exchange) -> WebResponse {
    let guard = Guard::new(Hosts::new(Some("box"), &[]));
    let mut exchange = exchange;
    guard.compose(site).handle(&mut exchange).unwrap();
    exchange.into_answer().unwrap()
}

/// GET by the box's own name.
pub fn get(snapshot: &Snapshot, path: &str) -> WebResponse {
    answer(
        snapshot,
        Exchange::new(Method::Get, path).header_set("Host", "box"),
    )
}

/// The text of a page that is found.
pub fn text(snapshot: &Snapshot, path: &str) -> String {
    let answer = get(snapshot, path);
    assert_eq!(answer.status, 200, "{path}");
    String::from_utf8(answer.body).unwrap()
}

/// Serves the pages of this status from now on; returns the address. Ends with the test's process.
pub fn serve(snapshot: Snapshot) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // a browser that hangs up has its reasons
            let _ = one(&snapshot, stream);
        }
    });
    format!("http://{address}/")
}

fn one(snapshot: &Snapshot, stream: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(&stream).lines();
    let first = lines.next().unwrap_or(Ok(String::new()))?;
    let path = first.split(' ').nth(1).unwrap_or("/").to_owned();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let answer = get(snapshot, &path);
    let mut head = format!(
        "HTTP/1.1 {} .\r\nConnection: close\r\nContent-Length: {}\r\n",
        answer.status,
        answer.body.len()
    );
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut out = &stream;
    out.write_all(head.as_bytes())?;
    out.write_all(b"\r\n")?;
    out.write_all(&answer.body)
}
