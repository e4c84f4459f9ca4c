//! The time servers to ask.

use crate::network::Lease;
use crate::settings::{ClockSettings, TimeServer};

/// Asked where nobody names any.
pub const POOL: [&str; 4] = [
    "0.pool.ntp.org",
    "1.pool.ntp.org",
    "2.pool.ntp.org",
    "3.pool.ntp.org",
];

/// The servers in groups, each asked only where none of those before it has an answer that holds.
/// Servers of the settings stand alone: who names them may not want any other to be asked.
#[must_use]
pub fn groups(settings: &ClockSettings, lease: Option<&Lease>) -> Vec<Vec<TimeServer>> {
    if !settings.servers.is_empty() {
        return vec![settings.servers.clone()];
    }
    let server = |host: String| TimeServer { host, port: 123 };
    let lent = lease.into_iter().flat_map(|lease| &lease.ntp);
    let lent: Vec<TimeServer> = lent.map(|ip| server(ip.to_string())).collect();
    let pool = POOL.map(|name| server(name.to_owned())).to_vec();
    [lent, pool]
        .into_iter()
        .filter(|group| !group.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn names(settings: &ClockSettings, lease: Option<&Lease>) -> Vec<String> {
        let join = |group: Vec<TimeServer>| {
            let names: Vec<String> = group.iter().map(ToString::to_string).collect();
            names.join(" ")
        };
        groups(settings, lease).into_iter().map(join).collect()
    }

    #[test]
    fn settings_stand_alone_and_dhcp_comes_before_the_pool() {
        let pool = POOL.join(" ");
        let lease = Lease {
            interface: "eth0".to_owned(),
            address: "192.0.2.10/24".to_owned(),
            router: None,
            dns: Vec::new(),
            ntp: vec!["192.0.2.123".parse().unwrap()],
            domain: None,
            server: None,
            seconds: None,
        };
        let own = ClockSettings {
            servers: vec![TimeServer::parse("ntp.example:4123").unwrap()],
        };
        let none = ClockSettings::default();
        assert_eq!(names(&own, Some(&lease)), ["ntp.example:4123"]);
        assert_eq!(names(&none, Some(&lease)), ["192.0.2.123", &pool]);
        assert_eq!(names(&none, None), [pool.as_str()]);
    }
}
