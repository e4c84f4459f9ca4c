//! An answer on its way to the client, whole or as a fault would have it.

use std::io::{self, Write as _};
use std::time::Duration;

use super::fault::Fault;
use super::http::Answer;
use crate::listener::Stop;
use crate::wire::Wire;

/// Sends the answer. Gives the connection back where it can serve another request.
///
/// # Errors
/// What the socket says.
pub fn deliver(
    mut wire: Wire,
    answer: &Answer,
    fault: Option<&Fault>,
    chunked: bool,
    stop: &Stop,
) -> io::Result<Option<Wire>> {
    match fault {
        Some(Fault::Stall) => wire.wait_for_end(),
        Some(Fault::ResetBeforeHead) => wire.reset(),
        Some(Fault::ResetInHead) => {
            let head = answer.head(&length_of(answer));
            send(&mut wire, &head[..head.len() / 2])?;
            reset_after_arrival(wire, stop);
        }
        Some(Fault::ResetInBody) => {
            send(&mut wire, &half(answer))?;
            reset_after_arrival(wire, stop);
        }
        Some(Fault::HalfAnswer) => {
            send(&mut wire, &half(answer))?;
            wire.cut();
        }
        Some(Fault::Drip(pause)) => {
            for byte in answer.whole() {
                send(&mut wire, &[byte])?;
                if !stop.sleep(*pause) {
                    return Ok(None);
                }
            }
            return Ok(Some(wire));
        }
        Some(Fault::HangUp) => {
            send(&mut wire, &answer.whole())?;
            wire.close();
        }
        Some(Fault::HangUpAfter(time)) => {
            send(&mut wire, &answer.whole())?;
            let _ = stop.sleep(*time);
            wire.close();
        }
        _ => {
            if let Some(Fault::Delay(time)) = fault
                && !stop.sleep(*time)
            {
                return Ok(None);
            }
            let chunked = chunked || fault == Some(&Fault::Chunked);
            send(
                &mut wire,
                &if chunked {
                    answer.chunked()
                } else {
                    answer.whole()
                },
            )?;
            return Ok(Some(wire));
        }
    }
    Ok(None)
}

fn send(wire: &mut Wire, bytes: &[u8]) -> io::Result<()> {
    wire.write_all(bytes)?;
    wire.flush()
}

fn length_of(answer: &Answer) -> String {
    format!("Content-Length: {}", answer.body.len())
}

/// The head and half of the body it promises.
fn half(answer: &Answer) -> Vec<u8> {
    let mut bytes = answer.head(&length_of(answer));
    bytes.extend_from_slice(&answer.body[..answer.body.len() / 2]);
    bytes
}

/// A reset throws away what the client hasn't read yet; a moment lets it read some.
fn reset_after_arrival(wire: Wire, stop: &Stop) {
    let _ = stop.sleep(Duration::from_millis(20));
    wire.reset();
}
