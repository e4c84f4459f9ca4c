//! The page: the box's status for a browser, a monitoring system and a load balancer.
//!
//! A page is a function of values: [`Site`] is given what is known ([`View`]) and an [`Exchange`]
//! in memory, and touches nothing else. [`server`] is the only socket. It stands on a thread and a
//! runtime of its own and answers at a bounded pace, so that no number of visitors can slow the
//! stream.
//!
//! ```text
//! socket ─▶ server ─▶ Guard (host, method, security headers) ─▶ Site (path) ─▶ a page, of a View
//!                                                                  └─▶ Auth (TLS only: who is it?) ─▶ an AdminPage
//! ```

mod admin_session;
mod assets;
mod audit;
mod auth;
mod exchange;
mod form;
mod guard;
mod healthz;
mod identity;
mod layout;
mod manual;
mod metrics;
mod page;
mod router;
pub mod server;
mod setup;
mod status;
mod view;

pub use admin_session::AdminSession;
pub use audit::SettingsAudit;
pub use auth::{AdminPage, AdminRequest, Auth};
pub use exchange::{Exchange, WebResponse};
pub use guard::{Guard, Hosts};
pub use layout::layout;
pub use page::Page;
pub use router::{Entrance, Site};
pub use server::{Opening, Server};
pub use setup::{Actions, Setup, SetupTools};
pub use view::View;
