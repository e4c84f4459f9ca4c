//! Reads all files that the settings name, before any of their secrets can appear in foreign text.

use std::path::{Path, PathBuf};

use super::{AgentSettings, Settings, SourceSettings, SyslogProtocol};
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
            for source in self.sources() {
                let _ = start().spawn_scoped(all, || source.know_secret());
                let password = source.proxy.as_ref().and_then(|it| it.password.as_ref());
                if let Some(password) = password {
                    let _ = start().spawn_scoped(all, || password.read());
                }
            }
            for file in self.certificates() {
                // whatever it says: that it comes is enough
                let _ = start().spawn_scoped(all, || text_file::bytes(file, 0));
            }
        });
    }

    fn certificates(&self) -> impl Iterator<Item = &Path> {
        let of_siems = self.agents.iter().flat_map(|agent| {
            let tls = match &agent.siem.protocol {
                SyslogProtocol::Tls(tls) | SyslogProtocol::Relp(Some(tls)) => Some(tls),
                SyslogProtocol::Udp { .. } | SyslogProtocol::Tcp | SyslogProtocol::Relp(None) => {
                    None
                }
            };
            let client = tls.and_then(|tls| tls.client.as_ref());
            let authority = tls.and_then(|tls| tls.ca_file.as_ref());
            let of_siem = (client.into_iter())
                .flat_map(|(certificate, key)| [certificate, key])
                .chain(authority);
            of_siem.map(PathBuf::as_path)
        });
        let of_sources = self.sources().flat_map(|source| {
            let ours = source.certificate_files().into_iter().flatten();
            ours.chain(source.ca_file.as_deref())
        });
        of_siems.chain(of_sources)
    }

    fn sources(&self) -> impl Iterator<Item = &SourceSettings> {
        self.agents.iter().flat_map(AgentSettings::sources)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::foreign::ForeignText;
    use crate::settings::{Overrides, Settings};

    /// A test knows secrets of its own thread alone, so that the source is asked and not all files.
    #[test]
    fn a_source_knows_all_its_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let text = "[[agent]]\nname = \"contoso\"\n[agent.siem]\nhost = \"siem.example\"\n\
            [agent.source]\nkind = \"defender-xdr\"\ntenant_id = \"contoso.example\"\n\
            client_id = \"00000000-0000-4000-8000-000000000000\"\n\
            certificate_file = \"app.pem\"\nkey_file = \"app.key\"\n\
            [agent.source.event_hubs]\nnamespace = \"hub.example\"\nhubs = [\"defender\"]\n\
            connection_string_file = \"hub\"\n[agent.activities]\nfrom = \"event-hubs\"\n";
        let string = "Endpoint=sb://hub.example/;SharedAccessKeyName=siembox;\
            SharedAccessKey=c2VjcmV0LWtleS1vZi1jb250b3Nv";
        std::fs::write(folder.path().join("hub"), string).unwrap();
        let file = folder.path().join("siembox.toml");
        let read = Settings::read(text, &file, &Overrides::default()).unwrap();
        let said = || ForeignText::new("it says c2VjcmV0LWtleS1vZi1jb250b3Nv").to_string();
        assert_ne!(said(), "it says (removed)");
        read.settings.agents[0].source.know_secret();
        assert_eq!(said(), "it says (removed)");
    }
}
