//! Checks the connection to the SIEM, and sends a test line.

use crate::clock;
use crate::lines::Lines;
use crate::settings::{AgentSettings, SyslogProtocol};
use crate::sink::{Farewell, Protocol, Sink, Target};
use crate::trust;
use crate::wiring::{Wire, line_writer, siem_target};

/// Connects, and ends the connection; no line is sent. Says as well whether the certificate that
/// siembox shows there ends soon.
pub(super) fn reach(agent: &AgentSettings) -> Result<String, String> {
    let reached = open_and_close(agent)?;
    Ok(match certificate_end(agent, clock::now_ms()) {
        Some(end) => format!("{reached}; {end}"),
        None => reached,
    })
}

fn certificate_end(agent: &AgentSettings, now_ms: i64) -> Option<String> {
    let (SyslogProtocol::Tls(tls) | SyslogProtocol::Relp(Some(tls))) = &agent.siem.protocol else {
        return None;
    };
    let (certificate, _) = tls.client.as_ref()?;
    let validity = trust::validity(certificate).ok()?;
    let when = validity.ends_soon(now_ms);
    let when = when.unwrap_or_else(|| format!("expires on {}", clock::in_words(validity.until_ms)));
    let path = certificate.display();
    Some(format!(
        "client_cert_file: the certificate in {path} {when}"
    ))
}

fn open_and_close(agent: &AgentSettings) -> Result<String, String> {
    over_the_wire(agent, async |target, wire| {
        let peer = wire.peer().to_string();
        wire.close().await.map_err(|error| error.to_string())?;
        Ok(match target.protocol {
            Protocol::Udp { .. } => {
                format!("{peer}: no error reported; UDP cannot tell more")
            }
            Protocol::Relp { .. } => format!("{peer} opened and closed a RELP session"),
            _ => format!("{peer} accepts connections"),
        })
    })
}

/// Sends one line that says that it is a test, and asks whether it was read, as far as the protocol
/// can tell.
///
/// # Errors
/// What failed, and the cure.
pub fn send_a_test_line(agent: &AgentSettings) -> Result<String, String> {
    let writer = line_writer(agent).map_err(|error| error.to_string())?;
    let mut lines = Lines::default();
    lines.push_with(0, |line| writer.test(clock::now_ms(), &agent.name, line));
    let asks = agent.siem.replay.half_close;
    over_the_wire(agent, async |target, mut wire| {
        let peer = wire.peer().to_string();
        wire.send(&lines, Some(0))
            .await
            .map_err(|error| error.to_string())?;
        wire.prove().await.map_err(|error| error.to_string())?;
        if let Some(refusal) = wire.answers().refused.pop() {
            return Err(format!(
                "{peer} refuses the line with the answer \"{}\": check the receiver's log, its \
                    settings and its disk",
                refusal.words
            ));
        }
        if !asks {
            return Ok(format!(
                "{peer}: its machine has received the line; half_close is off, so siembox does not \
                    ask whether the receiver has read it"
            ));
        }
        let farewell = wire.close().await.map_err(|error| error.to_string())?;
        Ok(match (farewell, &target.protocol) {
            (Farewell::Unknowable, _) => format!(
                "{peer}: the line is sent and no error is reported; UDP cannot tell more: look for \
                    SIEMBOX_TEST in the SIEM"
            ),
            (Farewell::Confirmed, Protocol::Relp { .. }) => {
                format!("{peer} has acknowledged the line: look for SIEMBOX_TEST in the SIEM")
            }
            (Farewell::Confirmed, _) => {
                format!("{peer} has read the whole line: look for SIEMBOX_TEST in the SIEM")
            }
        })
    })
}

fn over_the_wire(
    agent: &AgentSettings,
    talk: impl AsyncFnOnce(&Target, Wire) -> Result<String, String>,
) -> Result<String, String> {
    let target = siem_target(&agent.siem).map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("General error during bootstrap: {error}"))?;
    runtime.block_on(async {
        let wire = Wire::connect(&target, 0)
            .await
            .map_err(|error| error.to_string())?;
        talk(&target, wire).await
    })
}
