//! The page: the box's status for a browser, a monitoring system and a load balancer.
//!
//! A page is a function of values: [`Site`] is given what is known ([`View`]) and an [`Exchange`] in memory, and touches nothing
//! else. [`server`] is the only socket. It stands on a thread and a runtime of its own and answers at a bounded pace, so that no
//! number of visitors can slow the stream.
//!
//! ```text
//! socket ─▶ server ─▶ Guard (host, method, security headers) ─▶ Site (path) ─▶ a page, of a View
//! ```

mod assets;
mod exchange;
mod guard;
mod healthz;
mod metrics;
mod page;
pub mod server;
mod site;
mod status;
mod view;

pub use exchange::{Answer, Exchange, Misuse};
pub use guard::{Guard, Hosts};
pub use server::{Server, ServerError};
pub use site::Site;
pub use view::View;
