//! Connects to an HTTP server by name: its addresses in turn, a proxy if there is one, TLS.

use ureq::Error;
use ureq::unversioned::resolver::ResolvedSocketAddrs;
use ureq::unversioned::transport::{
    ConnectionDetails, Connector, Either, NextTimeout, TcpConnector, Transport,
};

use super::address_order::AddressOrder;
use super::keep_alive::KeptConnection;
use super::tls::Tls;
use super::tunnel;
use crate::clock;

/// Makes the connections of a client. `D` connects to one address: TCP, or a test's own.
#[derive(Debug)]
pub(super) struct CountedConnector<D> {
    pub(super) dial: D,
    pub(super) tls: Tls,
    pub(super) turns: AddressOrder,
}

/// TCP, as ureq makes it.
#[derive(Debug, Default)]
pub(super) struct Tcp(TcpConnector);

impl Connector<()> for Tcp {
    type Out = Either<(), <TcpConnector as Connector<()>>::Out>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<()>,
    ) -> Result<Option<Self::Out>, Error> {
        Ok(self.0.connect(details, chained)?.map(Either::B))
    }
}

impl<D: Connector<()>> Connector<()> for CountedConnector<D> {
    type Out = KeptConnection;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<KeptConnection>, Error> {
        let proxy = details.config.proxy();
        let plain = match proxy.filter(|proxy| !proxy.is_no_proxy(details.uri)) {
            None => self.reach(details)?,
            Some(proxy) => {
                let uri = proxy.uri();
                let resolver = details.resolver;
                let there = ConnectionDetails {
                    uri,
                    addrs: resolver.resolve(uri, details.config, details.timeout)?,
                    ..same(details)
                };
                let to_proxy = self.secured(&there, self.reach(&there)?)?;
                tunnel::through(to_proxy, proxy, details)?
            }
        };
        Ok(Some(KeptConnection::new(self.secured(details, plain)?)))
    }
}

impl<D: Connector<()>> CountedConnector<D> {
    /// A connection to one of the addresses. While others are left, one may take half of the time
    /// that is left.
    fn reach(&self, details: &ConnectionDetails<'_>) -> Result<Box<dyn Transport>, Error> {
        let begin = clock::now().steady;
        let order = self.turns.order(&details.addrs);
        let mut last = Error::HostNotFound;
        for (nth, &address) in order.iter().enumerate() {
            let spent = clock::now().steady.saturating_sub(begin);
            let left = details.timeout.after.saturating_sub(spent);
            if left.is_zero() {
                return Err(Error::Timeout(details.timeout.reason));
            }
            let share = if nth + 1 < order.len() {
                left / 2
            } else {
                left
            };
            let mut addrs: ResolvedSocketAddrs = details.resolver.empty();
            addrs.push(address);
            let one = ConnectionDetails {
                addrs,
                timeout: NextTimeout {
                    after: share.into(),
                    ..details.timeout
                },
                ..same(details)
            };
            match self.dial.connect(&one, None) {
                Ok(Some(transport)) => {
                    self.turns.connected(address);
                    return Ok(Box::new(transport));
                }
                Ok(None) => return Err(Error::ConnectionFailed),
                Err(error @ (Error::Io(_) | Error::Timeout(_))) => {
                    self.turns.failed(address);
                    last = error;
                }
                Err(other) => return Err(other),
            }
        }
        Err(last)
    }

    /// With TLS, where the address wants it.
    fn secured(
        &self,
        details: &ConnectionDetails<'_>,
        transport: Box<dyn Transport>,
    ) -> Result<Box<dyn Transport>, Error> {
        let secured = self.tls.connect(details, Some(transport))?;
        Ok(Box::new(secured.ok_or(Error::ConnectionFailed)?))
    }
}

/// The same details once more: they cannot be cloned.
fn same<'a>(details: &ConnectionDetails<'a>) -> ConnectionDetails<'a> {
    ConnectionDetails {
        uri: details.uri,
        addrs: details.resolver.empty(),
        config: details.config,
        request_level: details.request_level,
        resolver: details.resolver,
        now: details.now,
        timeout: details.timeout,
        current_time: details.current_time.clone(),
        run_connector: details.run_connector.clone(),
        register_shutdown: details.register_shutdown.clone(),
    }
}
