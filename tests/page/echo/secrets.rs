//! Our secrets, as the voices know and write them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

pub const TOKEN: &str =
    "canaryTokenQ7w1Zz09canaryTokenQ7w1Zz09canaryTokenQ7w1Zz09canaryTokenQ7w1==";
pub const CLIENT_SECRET: &str = "cAn8Q~canary.client_secret-Xy+z/0123";
pub const PROXY_PASSWORD: &str = "cánary&proxy%word";
pub const BEARER: &str = "canaryBearer0.eyJyb2xlcyI6WyJJbnZlc3RpZ2F0aW9uLnJlYWQiXSwic3ViIjoiY2FuYXJ5In0.c2lnbmF0dXJlT2ZUaGVDYW5hcnk";

/// In how many ways a voice writes a secret.
pub const WAYS: usize = 10;

/// All that a voice knows: what it was sent. The bearer token and the session's cookie come later.
#[derive(Clone)]
pub struct Known(Arc<Mutex<Vec<String>>>);

impl Known {
    pub fn of_settings() -> Self {
        let secrets = [TOKEN, CLIENT_SECRET, PROXY_PASSWORD];
        Self(Arc::new(Mutex::new(secrets.map(str::to_owned).to_vec())))
    }

    pub fn add(&self, secret: &str) {
        let mut known = self.0.lock().unwrap();
        if !known.iter().any(|one| one == secret) {
            known.push(secret.to_owned());
        }
    }

    pub fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub fn knows(&self, secret: &str) -> bool {
        self.all().iter().any(|one| one == secret)
    }

    /// All secrets, each turn in another way of writing and another one first: texts are cut after
    /// some of them.
    pub fn written(&self, turn: usize) -> Vec<String> {
        let known = self.all();
        let first = (turn / 9) % known.len();
        let (after, before) = (&known[first..], &known[..first]);
        let said = after.iter().chain(before);
        said.map(|secret| written(secret)[turn % WAYS].clone())
            .collect()
    }

    /// The same behind the word by which this voice is known again in the outputs.
    pub fn refrain(&self, voice: &str, turn: usize) -> String {
        format!("{} {}", marker(voice), self.written(turn).join(" | "))
    }
}

/// The harmless word of a voice.
pub fn marker(voice: &str) -> String {
    format!("VOICE-{voice}")
}

/// All ways in which a voice writes a secret.
pub fn written(secret: &str) -> [String; WAYS] {
    let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let json = serde_json::to_string(secret).unwrap();
    let basic = |user: &str| STANDARD.encode(format!("{user}:{secret}"));
    [
        secret.to_owned(),
        percent.clone(),
        utf8_percent_encode(&percent, NON_ALPHANUMERIC).to_string(),
        json[1..json.len() - 1].to_owned(),
        secret.bytes().map(|byte| format!("{byte:02x}")).collect(),
        STANDARD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
        basic("u"),
        basic("me"),
        basic("him"),
    ]
}

/// The parts of those ways that nobody may read in an output.
pub fn telling(secret: &str) -> BTreeSet<String> {
    let mut parts = BTreeSet::from_iter(written(secret));
    for before in 0..3_usize {
        let text = STANDARD_NO_PAD.encode([&vec![b'x'; before], secret.as_bytes()].concat());
        let first = (8 * before).div_ceil(6);
        let end = 8 * (before + secret.len()) / 6;
        parts.insert(text[first..end].to_owned());
    }
    // a part that is long enough to be of use
    parts.insert(secret.chars().take(16).collect());
    parts.insert(secret.chars().skip(secret.chars().count() - 16).collect());
    parts
}
