//! Reads all files that the settings name, before any of their secrets can appear in foreign text.

use std::path::Path;

use super::{SecretSource, Settings, SyslogProtocol};
use crate::text_file;

impl Settings {
    /// Reads each secret that the settings name, so that no
    /// [`ForeignText`](crate::foreign::ForeignText) holds it from now on: the SIEM may repeat a
    /// token before the API has been asked anything. One that can't be read is sent nowhere either;
    /// who needs it says so. Certificates are looked at with them: of what hangs, all is waited for
    /// at the same time, and who reads it again knows at once. Takes as long as the slowest file,
    /// which is bounded.
    pub fn know_files(&self) {
        std::thread::scope(|all| {
            // an error of the system leaves a file to who needs it
            let start = || std::thread::Builder::new();
            for secret in self.secrets() {
                let _ = start().spawn_scoped(all, || secret.read());
            }
            for file in self.certificates() {
                // whatever it says: that it comes is enough
                let _ = start().spawn_scoped(all, || text_file::bytes(file, 0));
            }
        });
    }

    fn certificates(&self) -> impl Iterator<Item = &Path> {
        let files = self.agents.iter().flat_map(|agent| {
            let tls = match &agent.siem.protocol {
                SyslogProtocol::Tls(tls) | SyslogProtocol::Relp(Some(tls)) => Some(tls),
                SyslogProtocol::Udp { .. } | SyslogProtocol::Tcp | SyslogProtocol::Relp(None) => {
                    None
                }
            };
            let client = tls.and_then(|tls| tls.client.as_ref());
            let ours = client
                .into_iter()
                .flat_map(|(certificate, key)| [certificate, key]);
            let authority = tls.and_then(|tls| tls.ca_file.as_ref());
            let authorities = agent.sources().flat_map(|source| &source.ca_file);
            ours.chain(authority).chain(authorities)
        });
        files.map(std::path::PathBuf::as_path)
    }

    fn secrets(&self) -> impl Iterator<Item = &SecretSource> {
        self.agents.iter().flat_map(|agent| {
            agent.sources().flat_map(|source| {
                let proxy = source.proxy.as_ref();
                let password = proxy.and_then(|it| it.password.as_ref());
                std::iter::once(source.secret()).chain(password)
            })
        })
    }
}
