//! The packet filter, as text for `nft`: the page, mDNS and what a network needs may come in;
//! everything else is dropped. Connections that siembox makes are let through.

use std::fmt::Write;

/// What is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firewall {
    /// TCP ports of the page.
    pub tcp: Vec<u16>,
    /// Does it answer to its name on the local network (UDP 5353)?
    pub mdns: bool,
}

// === impl Firewall ===

impl Firewall {
    /// The whole ruleset: it takes the place of whatever there was, in one transaction.
    #[must_use]
    pub fn ruleset(&self) -> String {
        let mut open = String::new();
        let mut ports = self.tcp.clone();
        ports.sort_unstable();
        ports.dedup();
        if !ports.is_empty() {
            let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
            // writing to a String never fails
            let _ = writeln!(open, "        tcp dport {{ {} }} accept", ports.join(", "));
        }
        if self.mdns {
            // the groups, and a resolver's own question to the box (RFC 6762, 5.5)
            open.push_str("        udp dport 5353 accept\n");
        }
        format!("{HEAD}{open}{FOOT}")
    }
}

// a neighbour's or a router's ICMPv6 is good from beside only: it carries hop limit 255 then (RFC
// 4861, 11.2)
const HEAD: &str = "\
flush ruleset
table inet siembox {
    chain input {
        type filter hook input priority filter; policy drop;
        iifname \"lo\" accept
        ct state established,related accept
        ct state invalid drop
        icmp type { echo-request, destination-unreachable, time-exceeded, parameter-problem } accept
        icmpv6 type { echo-request, destination-unreachable, packet-too-big, time-exceeded, parameter-problem } accept
        icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept
        icmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report } ip6 saddr fe80::/10 accept
        udp sport 67 udp dport 68 accept
";
const FOOT: &str = "    }
    chain forward {
        type filter hook forward priority filter; policy drop;
    }
}
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_is_open() {
        let text = Firewall {
            tcp: vec![443, 80, 443],
            mdns: true,
        }
        .ruleset();
        assert!(text.contains("tcp dport { 80, 443 } accept\n"), "{text}");
        assert!(text.contains("udp dport 5353 accept\n"));
        assert_eq!(text.matches("policy drop").count(), 2);
        let closed = Firewall {
            tcp: Vec::new(),
            mdns: false,
        }
        .ruleset();
        assert!(!closed.contains("tcp dport") && !closed.contains("5353"));
    }
}
