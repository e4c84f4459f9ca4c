//! How the cloud is reached: authorities and proxy.

use super::WiringError;
use crate::settings::{ProxySettings, SourceSettings};
use crate::source::http::Route;
use crate::trust;

/// How a proxy is asked for a way through, for whoever looks at it step by step.
pub(crate) use crate::source::http::tunnel;

/// How the cloud is reached.
///
/// # Errors
/// When the CA file or the proxy can't be used.
pub fn route(source: &SourceSettings) -> Result<Route, WiringError> {
    let extra_roots = match &source.ca_file {
        Some(path) => trust::authorities(path)?,
        None => Vec::new(),
    };
    let proxy = source.proxy.as_ref().map(proxy).transpose()?;
    Ok(Route {
        proxy,
        extra_roots,
        timeout: source.timeout,
    })
}

fn proxy(settings: &ProxySettings) -> Result<ureq::Proxy, WiringError> {
    let refused = |what: String| WiringError::Proxy(what);
    let (protocol, host) = match settings.host.strip_prefix("https://") {
        Some(host) => (ureq::ProxyProtocol::Https, host),
        None => (
            ureq::ProxyProtocol::Http,
            settings.host.trim_start_matches("http://"),
        ),
    };
    // ureq joins host and port as they are
    let bracketed = format!("[{host}]");
    let host = if host.contains(':') {
        bracketed.as_str()
    } else {
        host
    };
    // the proxy finds the name: behind one, this machine often can't
    let mut builder = ureq::Proxy::builder(protocol)
        .host(host)
        .port(settings.port)
        .resolve_target(false);
    if let Some(user) = &settings.user {
        builder = builder.username(user);
    }
    if let Some(password) = &settings.password {
        let password = password
            .read()
            .map_err(|error| refused(error.to_string()))?;
        builder = builder.password(password.reveal());
    }
    builder
        .build()
        .map_err(|error| refused(format!("{}:{}: {error}", settings.host, settings.port)))
}
