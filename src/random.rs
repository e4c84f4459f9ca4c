//! The only access to randomness: secrets that nobody can guess, and waits that are not in step
//! with others'.

use std::hash::{BuildHasher, Hasher, RandomState};

use ring::rand::{SecureRandom, SystemRandom};

/// The system gives no random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system provides no random numbers")]
pub struct NoRandomness;

/// So many bytes that nobody can guess.
///
/// # Errors
/// When the system gives none.
pub fn bytes<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map(|()| bytes).map_err(|_| NoRandomness)
}

/// 256 bits as 64 hexadecimal digits.
///
/// # Errors
/// When the system gives none.
pub fn token() -> Result<String, NoRandomness> {
    Ok(hex(&bytes::<32>()?))
}

/// Two digits a byte.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Any number, all equally likely. For waits; not for secrets.
#[must_use]
pub fn any() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Keys of a hash that is another one in each process.
pub type HashKeys = RandomState;
