//! All secrets that the settings name, read before anybody else can speak of them.

use super::{Credentials, SecretSource, Settings};

impl Settings {
    /// Reads each secret that the settings name, so that no [`ForeignText`](crate::foreign::ForeignText) holds it from now on:
    /// the SIEM may repeat a token before the API has been asked anything. One that can't be read is sent nowhere either;
    /// who needs it says so. Takes as long as the slowest file, which is bounded.
    pub fn know_secrets(&self) {
        std::thread::scope(|all| {
            for secret in self.secrets() {
                // an error of the system leaves this one to who needs it
                let _ = std::thread::Builder::new().spawn_scoped(all, || secret.read());
            }
        });
    }

    fn secrets(&self) -> impl Iterator<Item = &SecretSource> {
        self.agents.iter().flat_map(|agent| {
            let source = &agent.source;
            let credentials = match &source.credentials {
                Credentials::Token(secret) => secret,
                Credentials::Entra { client_secret, .. } => client_secret,
            };
            let password = source.proxy.as_ref().and_then(|it| it.password.as_ref());
            std::iter::once(credentials).chain(password)
        })
    }
}
