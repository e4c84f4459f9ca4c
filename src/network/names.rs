//! The two files for name resolution: `resolv.conf` and `hosts`.

use std::fmt::Write;
use std::net::IpAddr;

/// Resolvers read no more name servers than this.
pub(super) const MOST_SERVERS: usize = 3;

/// `resolv.conf`. The waits are shorter than usual (5 s, twice, each server): a poll is tried again
/// anyway.
pub(super) fn resolv_conf(servers: &[IpAddr], search: Option<&str>) -> String {
    let mut text = String::new();
    // writing to a String never fails
    if let Some(search) = search {
        let _ = writeln!(text, "search {search}");
    }
    for server in servers.iter().take(MOST_SERVERS) {
        let _ = writeln!(text, "nameserver {server}");
    }
    text.push_str("options timeout:3 attempts:2\n");
    text
}

/// `hosts`. The box's own name is found without any server.
pub(super) fn hosts(hostname: &str) -> String {
    format!("127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {hostname} {hostname}.local\n")
}
