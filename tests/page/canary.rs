//! A server that nobody should send anything to. It notes what it is sent, and answers each request
//! with 401.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub struct Canary {
    address: SocketAddr,
    heard: Arc<Mutex<String>>,
}

impl Canary {
    /// Listens on loopback until the test's process ends.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(String::new()));
        let all = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let all = Arc::clone(&all);
                std::thread::spawn(move || answer(stream, &all));
            }
        });
        Self { address, heard }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn host_and_port(&self) -> String {
        self.address.to_string()
    }

    /// All that it was sent.
    pub fn heard(&self) -> String {
        self.heard.lock().unwrap().clone()
    }
}

fn answer(mut stream: TcpStream, all: &Mutex<String>) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
    let mut piece = [0; 4096];
    let mut request = String::new();
    while let Ok(length @ 1..) = stream.read(&mut piece) {
        let text = String::from_utf8_lossy(&piece[..length]).into_owned();
        all.lock().unwrap().push_str(&text);
        request.push_str(&text);
        if request.contains("\r\n\r\n") {
            request.clear();
            let refusal =
                b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(refusal);
        }
    }
}
