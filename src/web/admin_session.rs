//! The administrator's session, as pages and forms know it.

use std::fmt;

use maud::{Markup, html};

/// The administrator, signed in.
pub struct AdminSession {
    csrf: String,
}

// === impl AdminSession ===

impl AdminSession {
    /// A session with this token against forged requests.
    pub(in crate::web) fn new(csrf: String) -> Self {
        Self { csrf }
    }

    /// The hidden field that each form has to have.
    #[must_use]
    pub fn token(&self) -> Markup {
        html! { input type="hidden" name="csrf" value=(self.csrf); }
    }

    /// The token itself, which also tells this session from others.
    pub(in crate::web) fn csrf(&self) -> &str {
        &self.csrf
    }
}

impl fmt::Debug for AdminSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the administrator")
    }
}
