//! What lets the streams of a source in: a token, or an Entra app.

use std::sync::Arc;

use crate::certificate::{Ending, EndingKind};
use crate::settings::{
    AgentSettings, ApiSettings, AssertionSignature, Credentials, EntraCredential, ODD_TOKEN,
    SecretError, SecretSource, SourceSettings, SyslogProtocol,
};
use crate::source::cloud_apps::{self, CloudAuth};
use crate::source::{
    AssertionAlgorithm, CertificateFiles, Credential, Entra, EntraApp, Permission, ReadSecret,
};
use crate::{clock, trust};

/// What lets the streams of one source in. Clones share the token of an Entra app, so that all
/// streams make one log-on.
#[derive(Clone)]
pub(super) enum WayIn {
    /// The API's own token.
    Token(SecretSource),
    /// An Entra app.
    App {
        /// Its token for the API.
        tokens: Entra,
        /// What it shows.
        credential: EntraCredential,
    },
}

// === impl WayIn ===

impl WayIn {
    /// As the settings of the source have it. No file is read yet.
    pub(super) fn of(source: &SourceSettings) -> Self {
        match &source.api {
            ApiSettings::CloudApps(api) => match &api.credentials {
                Credentials::Token(token) => Self::Token(token.clone()),
                Credentials::Entra {
                    tenant_id,
                    client_id,
                    client_secret,
                    login_url,
                } => Self::app(
                    [login_url, tenant_id, client_id],
                    EntraCredential::ClientSecret(client_secret.clone()),
                    cloud_apps::PERMISSION,
                ),
            },
            ApiSettings::DefenderXdr(api) => Self::app(
                [&api.login_url, &api.tenant_id, &api.client_id],
                api.credential.clone(),
                Permission::of_scope(&api.scope),
            ),
        }
    }

    fn app(
        [login_url, tenant_id, client_id]: [&str; 3],
        credential: EntraCredential,
        permission: Permission,
    ) -> Self {
        let shown = shown(&credential);
        let now = Box::new(clock::now);
        let app = EntraApp::new(login_url, tenant_id, client_id, shown, now);
        Self::App {
            tokens: Entra::new(Arc::new(app), permission),
            credential,
        }
    }

    /// For the API of Cloud Apps.
    pub(super) fn cloud_auth(&self) -> CloudAuth {
        match self {
            Self::Token(_) => CloudAuth::Token(self.reader()),
            Self::App { tokens, .. } => CloudAuth::Entra(tokens.clone()),
        }
    }

    /// The app's tokens, where it is an app.
    pub(super) fn tokens(&self) -> Option<&Entra> {
        match self {
            Self::Token(_) => None,
            Self::App { tokens, .. } => Some(tokens),
        }
    }

    /// Reads the secret, to see whether it was replaced.
    pub(super) fn reader(&self) -> ReadSecret {
        match self {
            Self::Token(token) => reader(token, SecretSource::read_token),
            Self::App { credential, .. } => {
                let shown = shown(credential);
                Box::new(move || shown.read())
            }
        }
    }
}

/// Reads what lets the streams of a source in, as they will.
///
/// # Errors
/// What is wrong with it, and the cure.
pub fn read_credential(source: &SourceSettings) -> Result<(), String> {
    WayIn::of(source).reader()()?;
    let hubs = source.event_hubs();
    if let Some(secret) = hubs.and_then(|hubs| hubs.connection_string.as_ref()) {
        let read = secret.read_connection_string();
        read.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// The same, and says what was found; of a certificate, whether it is valid and ends soon.
///
/// # Errors
/// What is wrong with it, and the cure.
pub fn look_at_credential(source: &SourceSettings, now_ms: i64) -> Result<String, String> {
    match WayIn::of(source) {
        WayIn::Token(token) => {
            let token = token.read_token().map_err(|error| error.to_string())?;
            Ok(match token.looks_like_a_token() {
                true => "the token can be read".to_owned(),
                false => format!("the token can be read; {ODD_TOKEN}"),
            })
        }
        WayIn::App { credential, .. } => shown(&credential).look(now_ms),
    }
}

/// What ends on a day of what lets this agent in, at its sources and at its SIEM. What can't be read
/// is not named: whoever uses it says so.
#[must_use]
pub fn endings(agent: &AgentSettings) -> Vec<Ending> {
    let sections = ["source", "other_source"];
    let sources = agent.sources().zip(sections);
    let mut all: Vec<Ending> = sources
        .filter_map(|(of, at)| source_ending(of, at))
        .collect();
    all.extend(siem_ending(agent));
    all
}

fn source_ending(source: &SourceSettings, section: &str) -> Option<Ending> {
    let (kind, setting, file, ends_ms) = match (WayIn::of(source), source.secret_ends_ms) {
        (WayIn::App { credential, .. }, ends_ms) => match (&credential, ends_ms) {
            (EntraCredential::ClientSecret(SecretSource::File(file)), Some(ends_ms)) => {
                let setting = "client_secret_expires";
                (EndingKind::ClientSecret, setting, file.clone(), ends_ms)
            }
            (EntraCredential::Certificate { certificate, .. }, _) => {
                let Credential::Certificate(files) = shown(&credential) else {
                    return None;
                };
                let (setting, ends_ms) = ("certificate_file", files.ends_ms()?);
                (
                    EndingKind::AppCertificate,
                    setting,
                    certificate.clone(),
                    ends_ms,
                )
            }
            _ => return None,
        },
        (WayIn::Token(_), _) => return None,
    };
    Some(Ending {
        kind,
        setting: format!("{section}.{setting}"),
        file: file.display().to_string(),
        ends_ms,
    })
}

fn siem_ending(agent: &AgentSettings) -> Option<Ending> {
    let (SyslogProtocol::Tls(tls) | SyslogProtocol::Relp(Some(tls))) = &agent.siem.protocol else {
        return None;
    };
    let (certificate, _) = tls.client.as_ref()?;
    Some(Ending {
        kind: EndingKind::SiemCertificate,
        setting: "siem.client_cert_file".to_owned(),
        file: certificate.display().to_string(),
        ends_ms: trust::validity(certificate).ok()?.until_ms,
    })
}

fn shown(credential: &EntraCredential) -> Credential {
    match credential {
        EntraCredential::ClientSecret(secret) => {
            Credential::ClientSecret(reader(secret, SecretSource::read_client_secret))
        }
        EntraCredential::Assertion(assertion) => {
            Credential::Assertion(reader(assertion, SecretSource::read_assertion))
        }
        EntraCredential::Certificate {
            certificate,
            key,
            signature,
        } => Credential::Certificate(CertificateFiles {
            certificate: certificate.clone(),
            key: key.clone(),
            algorithm: match signature {
                AssertionSignature::Ps256 => AssertionAlgorithm::Ps256,
                AssertionSignature::Rs256 => AssertionAlgorithm::Rs256,
            },
        }),
    }
}

fn reader(
    secret: &SecretSource,
    read: fn(&SecretSource) -> Result<crate::settings::Secret, SecretError>,
) -> ReadSecret {
    let secret = secret.clone();
    Box::new(move || match read(&secret) {
        Ok(secret) => Ok(secret.reveal().to_owned()),
        Err(error) => Err(error.to_string()),
    })
}
