//! Writes the warnings and errors of libraries (rustls, sled, ureq) to the operator log.

/// Hands warnings and errors on; everything finer is dropped where it arises.
pub(super) struct Libraries;

/// Listens from now on. A second call changes nothing.
pub(super) fn listen() {
    if ::log::set_logger(&Libraries).is_ok() {
        ::log::set_max_level(::log::LevelFilter::Warn);
    }
}

impl ::log::Log for Libraries {
    fn enabled(&self, metadata: &::log::Metadata<'_>) -> bool {
        metadata.level() <= ::log::Level::Warn
    }

    fn log(&self, record: &::log::Record<'_>) {
        match record.level() {
            ::log::Level::Error => tracing::error!(library = record.target(), "{}", record.args()),
            ::log::Level::Warn => tracing::warn!(library = record.target(), "{}", record.args()),
            ::log::Level::Info | ::log::Level::Debug | ::log::Level::Trace => {}
        }
    }

    fn flush(&self) {}
}
