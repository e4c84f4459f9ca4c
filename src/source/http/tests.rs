#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use ureq::unversioned::resolver::ResolvedSocketAddrs;
use ureq::unversioned::transport::NextTimeout;

use super::*;

/// A name with these addresses.
#[derive(Debug)]
struct Name(Vec<SocketAddr>);

impl Resolver for Name {
    fn resolve(
        &self,
        _: &ureq::http::Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut all = self.empty();
        self.0.iter().for_each(|address| all.push(*address));
        Ok(all)
    }
}

/// A server that takes connections one after the other, each as `serve` has it, and ends with the
/// test.
fn server(mut serve: impl FnMut(usize, TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for (nth, socket) in listener.incoming().flatten().enumerate() {
            serve(nth, socket);
        }
    });
    address
}

/// Reads a request. False where none comes.
fn read_request(socket: &TcpStream) -> bool {
    let mut reader = BufReader::new(socket);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return false;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().unwrap();
        }
        if line.is_empty() {
            return reader.read_exact(&mut vec![0; length]).is_ok();
        }
    }
}

fn answer(mut socket: &TcpStream, body: &str) {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    let _ = socket.write_all(format!("{head}{body}").as_bytes());
}

fn client(addresses: Vec<SocketAddr>) -> Http {
    let route = Route {
        proxy: None,
        extra_roots: Vec::new(),
        timeout: Duration::from_secs(20),
    };
    Http::over(&route, Tcp::default(), Name(addresses), MAX_BODY)
}

fn ask(http: &Http) -> Result<String, SourceError> {
    let body = http.post("http://name.example/", &[], "{}")?.body;
    Ok(String::from_utf8(body.begin(1000)?).unwrap())
}

#[test]
fn a_kept_connection_that_was_given_up_costs_no_question() {
    // the second question on each connection is read, and the connection closed without an answer
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let address = server(move |_, socket| {
        for nth in 0..2 {
            if !read_request(&socket) {
                return;
            }
            count.fetch_add(1, Ordering::SeqCst);
            if nth == 0 {
                answer(&socket, "ok");
            }
        }
    });
    let http = client(vec![address]);
    for nth in 0..5 {
        assert_eq!(ask(&http).unwrap(), "ok", "question {nth}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1 + 4 * 2);
}

#[test]
fn a_new_connection_that_ends_without_an_answer_is_not_asked_again() {
    let (tell, told) = mpsc::channel();
    let address = server(move |nth, socket| {
        read_request(&socket);
        tell.send(nth).unwrap();
    });
    let error = ask(&client(vec![address])).unwrap_err();
    assert_eq!(
        error.trouble,
        crate::source::SourceErrorKind::Passing,
        "{error}"
    );
    assert_eq!(told.try_iter().count(), 1);
}

#[test]
fn the_next_try_takes_the_next_address() {
    let hangs_up = server(|_, socket| {
        read_request(&socket);
    });
    let breaks_off = server(|_, socket| {
        read_request(&socket);
        let _ = (&socket).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    });
    let answers = server(|_, socket| {
        while read_request(&socket) {
            answer(&socket, "ok");
        }
    });
    // nobody listens at the first
    let deaf = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let http = client(vec![deaf, hangs_up, breaks_off, answers]);
    for failed in 0..2 {
        assert!(ask(&http).is_err(), "try {failed}");
    }
    for _ in 0..3 {
        assert_eq!(ask(&http).unwrap(), "ok");
    }
}
