//! What lets the streams of a source in: a token, or an Entra app.

use std::sync::Arc;

use crate::clock;
use crate::settings::{
    ApiSettings, AssertionSignature, Credentials, EntraCredential, ODD_TOKEN, SecretError,
    SecretSource, SourceSettings,
};
use crate::source::cloud_apps::{self, CloudAuth};
use crate::source::{
    AssertionAlgorithm, CertificateFiles, Credential, Entra, EntraApp, Permission, ReadSecret,
};

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
    WayIn::of(source).reader()().map(|_| ())
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
