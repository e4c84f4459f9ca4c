//! The page: the box's status for a browser, a monitoring system and a load balancer.
//!
//! A page is a function of values: [`Site`] is given what is known ([`View`]) and an [`Exchange`] in memory, and touches nothing
//! else. [`server`] is the only socket. It stands on a thread and a runtime of its own and answers at a bounded pace, so that no
//! number of visitors can slow the stream.
//!
//! ```text
//! socket ─▶ server ─▶ Guard (host, method, security headers) ─▶ Site (path) ─▶ a page, of a View
//!                                                                  └─▶ Door (TLS only: who is it?) ─▶ a Room
//! ```

mod admin_session;
mod assets;
mod audit;
mod door;
mod exchange;
mod form;
mod frame;
mod guard;
mod healthz;
mod identity;
mod manual;
mod metrics;
mod page;
pub mod server;
mod setup;
mod site;
mod status;
mod view;

pub use admin_session::AdminSession;
pub use audit::{Audit, Entry};
pub use door::{Ask, Door, Room, Visitor};
pub use exchange::{Answer, Exchange, Misuse};
pub use form::{Form, FormError};
pub use frame::{Field, frame, trouble};
pub use guard::{Guard, Hosts};
pub use identity::{Identity, IdentityError};
pub use page::Page;
pub use server::{Opening, Server, ServerError};
pub use setup::{Hands, Setup, Tools};
pub use site::{Entrance, Site};
pub use view::View;
