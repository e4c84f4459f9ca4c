//! The network of siembox's own firmware: which card, its address, its name, its firewall.
//!
//! What is to be done is a value ([`Plan`](plan::Plan), [`Lease`], [`Firewall`]), made without
//! touching anything; [`up`] and [`tell`] do it, by busybox's `ip` and Debian's `nft`, so that no
//! line of netlink is ours. Nothing here is fatal: a box without network still has lamps, a status
//! file and a page that will be there once the cable is.
//!
//! [`up`]: Network::up

pub mod dhcp;

mod announce;
mod apply;
mod firewall;
mod interface;
mod link_watch;
mod names;
mod plan;

pub use announce::{Announcement, Announcing};
pub use apply::{Network, NetworkTools, tell};
pub use dhcp::Lease;
pub use firewall::Firewall;
pub use interface::Nic;
pub use link_watch::{LinkChange, LinkWatch};
pub use plan::Setting;

/// Where the network's words stand: what was planned, and what DHCP brought.
pub mod path {
    /// The [`Setting`](super::Setting) in force.
    pub const NETWORK: &str = "/run/siembox/network";
    /// The [`Lease`](super::Lease) in force; absent where there is none.
    pub const LEASE: &str = "/run/siembox/lease";
    /// What resolvers read; `/etc/resolv.conf` leads here.
    pub const RESOLV: &str = "/run/resolv.conf";
    /// `/etc/hosts` leads here.
    pub const HOSTS: &str = "/run/hosts";
}
