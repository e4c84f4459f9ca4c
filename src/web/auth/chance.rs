//! Numbers that nobody can guess, from the system.

use ring::rand::{SecureRandom, SystemRandom};

/// The system gives none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system provides no random numbers")]
pub(super) struct NoChance;

/// So many bytes.
pub(super) fn bytes<const N: usize>() -> Result<[u8; N], NoChance> {
    let mut bytes = [0; N];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map(|()| bytes).map_err(|_| NoChance)
}

/// 256 bits as 64 hexadecimal digits.
pub(super) fn token() -> Result<String, NoChance> {
    Ok(hex(&bytes::<32>()?))
}

/// Two digits a byte.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
