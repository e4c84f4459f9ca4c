//! The real process with its page, between a simulated cloud and a receiver.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use siembox_support::cloud::Cloud;
use siembox_support::records;

use crate::siembox::{Plan, Siembox};

/// The page takes any port that is free, without HTTPS.
pub fn plan(cloud: &Cloud, port: u16) -> Plan {
    Plan {
        page: "listen = \"127.0.0.1:0\"\nhttps_listen = []\n".to_owned(),
        ..Plan::new(cloud, port, "tcp")
    }
}

pub fn cloud(activities: usize) -> Cloud {
    Cloud::builder()
        .requests_per_minute(6000)
        // the first records of this seed are in the pictures: no font lacks their letters
        .activities(records::activities(47, activities))
        .start()
}

/// More records appear now.
pub fn add(cloud: &Cloud, seed: u64, count: usize) {
    let now = cloud.now_ms();
    let records = records::activities(seed, count).between(now - 500, now);
    cloud.add(records::Stream::Activities, records);
}

/// Where its page is, once it is.
pub fn page(siembox: &mut Siembox) -> SocketAddr {
    let status = siembox.wait("the page is there", |status| !status.page.is_empty());
    let address = status.page[0].strip_prefix("http://").unwrap();
    address.trim_end_matches('/').parse().unwrap()
}

pub fn connect(page: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(page).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream
}

/// What comes back for these bytes until the other side hangs up. A reset is an end too.
pub fn exchange(page: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = connect(page);
    // who is refused early may not take all
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(length) = stream.read(&mut piece) {
        if length == 0 {
            break;
        }
        answer.extend_from_slice(&piece[..length]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status code of an answer; 0 where there was none.
pub fn code(answer: &str) -> u16 {
    let code = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
    code.unwrap_or(0)
}

/// GET, and the connection ends.
pub fn get(page: SocketAddr, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {page}\r\nConnection: close\r\n\r\n");
    exchange(page, request.as_bytes())
}
