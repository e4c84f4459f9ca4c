//! `Event` → one CEF line.
