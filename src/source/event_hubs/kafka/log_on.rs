//! Logs a connection on (SASL), and says when that has to be done again.

use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::messages::{SaslAuthenticateRequest, SaslHandshakeRequest};
use kafka_protocol::protocol::StrBytes;

use super::connection::HubConnection;
use super::error::{HubError, KafkaErrorCode};
use super::login::Login;
use super::supported_versions::SupportedRequest;
use crate::clock;

// === impl HubConnection ===

impl HubConnection {
    /// Logs on, and notes when another connection has to take its place.
    ///
    /// # Errors
    /// Why it is not let in.
    pub(super) fn log_on(&mut self, login: &Login) -> Result<(), HubError> {
        let secret = login.secret()?;
        let (mechanism, message) = login.message(&secret);
        let handshake =
            SaslHandshakeRequest::default().with_mechanism(StrBytes::from_static_str(mechanism));
        let answer = self.call(handshake)?;
        match KafkaErrorCode::try_from_code(answer.error_code) {
            None => {}
            Some(KafkaErrorCode::UnsupportedSaslMechanism) => {
                return Err(HubError::Mechanism {
                    peer: self.peer.clone(),
                    mechanism,
                    offered: answer.mechanisms.iter().map(ToString::to_string).collect(),
                });
            }
            Some(code) => {
                let what = SaslHandshakeRequest::NAME;
                return Err(HubError::Refused { what, code });
            }
        }
        let request =
            SaslAuthenticateRequest::default().with_auth_bytes(Bytes::from(message.into_bytes()));
        let answer = self.call(request)?;
        if answer.error_code != 0 {
            login.refused(&secret);
            return Err(HubError::Login {
                peer: self.peer.clone(),
                why: answer.error_message.as_deref().unwrap_or("").to_owned(),
            });
        }
        self.renew_at = renew_at(clock::now().steady, answer.session_lifetime_ms);
        Ok(())
    }
}

/// When a connection is replaced whose log-on at this moment holds for so long: after 80 % of that,
/// as Kafka's own clients do. 0 stands for no end.
fn renew_at(now: Duration, lifetime_ms: i64) -> Option<Duration> {
    let lifetime_ms = u64::try_from(lifetime_ms).ok().filter(|ms| *ms > 0)?;
    Some(now.saturating_add(Duration::from_millis(lifetime_ms / 5 * 4)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_on_is_renewed_before_it_ends() {
        let second = Duration::from_secs(1);
        assert_eq!(renew_at(second, 10_000), Some(9 * second));
        assert_eq!(renew_at(second, 0), None);
        assert_eq!(renew_at(second, -1), None);
    }
}
