//! `[page]`: the status page in a browser.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use toml_edit::Value;

use super::Refusal;
use super::host::host;
use super::section::Section;

/// `[page]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageSettings {
    /// `enabled`: is there a page at all? true
    pub enabled: bool,
    /// `listen`: one address with its port or a list of them, 1 to 8. Port 0 takes any that is
    /// free. "127.0.0.1:8514"; on siembox's own firmware "0.0.0.0:80"
    pub listen: Vec<SocketAddr>,
    /// `https_listen`: the same for HTTPS, 0 to 8; none switches it off. "127.0.0.1:8515"; on
    /// siembox's own firmware "0.0.0.0:443"
    pub https_listen: Vec<SocketAddr>,
    /// `certificate_file` and `key_file`, both or none: PEM, instead of the box's own.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// `status_without_login`: may anybody see the status? true
    pub status_without_login: bool,
    /// `hosts`: names by which browsers may ask for it, beside the machine's own; at most 16. None
    pub hosts: Vec<String>,
}

impl Default for PageSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            listen: vec![SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8514)],
            https_listen: vec![SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8515)],
            certificate: None,
            status_without_login: true,
            hosts: Vec::new(),
        }
    }
}

impl PageSettings {
    /// Where nothing is set on siembox's own firmware: the whole network may see it, at the ports
    /// that browsers take.
    pub(crate) fn on_firmware() -> Self {
        let everywhere = |port| vec![SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port)];
        Self {
            listen: everywhere(80),
            https_listen: everywhere(443),
            ..Self::default()
        }
    }
}

const MOST_ADDRESSES: usize = 8;
const MOST_HOSTS: usize = 16;
const ADDRESS: &str = "an IP address and a port, \"127.0.0.1:8514\" or \"[::1]:8514\"; \"0.0.0.0:8514\" is every IPv4 address of this machine";
const ADDRESSES: &str =
    "one address with its port or a list of 1 to 8, \"127.0.0.1:8514\" or \"[::1]:8514\"";
const HTTPS_ADDRESSES: &str = "one address with its port or a list of at most 8, \
    \"127.0.0.1:8515\" or \"[::1]:8515\"; [] turns HTTPS off";
const HOSTS: &str = "a list of at most 16 host names without ports, [\"siembox.example\"]";

pub(super) fn read(section: Section, on_firmware: bool) -> PageSettings {
    let default = match on_firmware {
        true => PageSettings::on_firmware(),
        false => PageSettings::default(),
    };
    let settings = PageSettings {
        enabled: section.flag("enabled").unwrap_or(default.enabled),
        listen: listen(&section, "listen", 1, ADDRESSES).unwrap_or(default.listen),
        https_listen: listen(&section, "https_listen", 0, HTTPS_ADDRESSES)
            .unwrap_or(default.https_listen),
        certificate: certificate(&section),
        status_without_login: section
            .flag("status_without_login")
            .unwrap_or(default.status_without_login),
        hosts: hosts(&section).unwrap_or_default(),
    };
    section.close();
    settings
}

fn listen(
    section: &Section,
    key: &'static str,
    least: usize,
    allowed: &str,
) -> Option<Vec<SocketAddr>> {
    let item = section.item(key)?;
    if item.is_str() {
        return section.text(key, address).map(|address| vec![address]);
    }
    let listed = section.list(key, allowed, |value| {
        value.as_str().and_then(|text| address(text).ok())
    })?;
    if (least..=MOST_ADDRESSES).contains(&listed.len()) {
        return Some(listed);
    }
    section.refuse_item(key, item, allowed);
    None
}

fn certificate(section: &Section) -> Option<(PathBuf, PathBuf)> {
    let certificate = section.certificate_file("certificate_file");
    let key = section.secret_file("key_file");
    for (present, absent) in [
        ("certificate_file", "key_file"),
        ("key_file", "certificate_file"),
    ] {
        if section.has(present) && !section.has(absent) {
            section.refuse(
                present,
                &format!("is set without {absent}; allowed: both or none"),
            );
        }
    }
    certificate.zip(key)
}

fn hosts(section: &Section) -> Option<Vec<String>> {
    let item = section.item("hosts")?;
    let listed = section.list("hosts", HOSTS, |value: &Value| {
        let name = host(value.as_str()?).ok()?;
        Some(name.trim_end_matches('.').to_ascii_lowercase())
    })?;
    if listed.len() <= MOST_HOSTS {
        return Some(listed);
    }
    section.refuse_item("hosts", item, HOSTS);
    None
}

fn address(text: &str) -> Result<SocketAddr, Refusal> {
    text.parse().map_err(|_| Refusal::found(text, ADDRESS))
}
