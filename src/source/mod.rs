//! Where records come from: one call is one page.

pub mod cloud_apps;
