//! How often siembox calls, minute by minute: what quotas are held against.

use std::collections::HashMap;

use super::api::Route;

/// So long is a minute, ms.
const MINUTE: i64 = 60_000;

/// What is counted together, because one quota is for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    /// The API of Cloud Apps: 30 a minute for the tenant.
    CloudApps,
    /// Alerts and incidents of Graph: 150 a minute for the app.
    Graph,
    /// Advanced hunting: 45 a minute for the tenant, which the analysts share.
    Hunting,
    /// Tokens of Entra.
    LogOn,
}

/// When each call came, by the simulator's clock: all of them, also those that failed.
#[derive(Debug, Default)]
pub struct Calls(HashMap<Call, Vec<i64>>);

impl Calls {
    /// Counts a request.
    pub fn count(&mut self, route: &Route, now_ms: i64) {
        let call = match route {
            Route::List(_) | Route::One(..) => Call::CloudApps,
            Route::Graph(_) => Call::Graph,
            Route::Hunting => Call::Hunting,
            Route::Login(_) => Call::LogOn,
            Route::Nowhere => return,
        };
        self.0.entry(call).or_default().push(now_ms);
    }

    /// When the calls of a kind came, epoch ms.
    #[must_use]
    pub fn times(&self, call: Call) -> &[i64] {
        self.0.get(&call).map_or(&[], Vec::as_slice)
    }

    /// The most calls of a kind within any 60 seconds.
    #[must_use]
    pub fn busiest_minute(&self, call: Call) -> usize {
        let mut times = self.times(call).to_vec();
        times.sort_unstable();
        let within =
            |(nth, from): (usize, &i64)| times[nth..].partition_point(|at| *at < from + MINUTE);
        times.iter().enumerate().map(within).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_sixty_seconds_count() {
        let mut calls = Calls::default();
        for at in [0, 30_000, 59_999, 60_000, 89_000, 200_000] {
            calls.count(&Route::Hunting, at);
        }
        assert_eq!(calls.busiest_minute(Call::Hunting), 4);
        assert_eq!(
            (
                calls.times(Call::Hunting).len(),
                calls.busiest_minute(Call::Graph)
            ),
            (6, 0)
        );
    }
}
