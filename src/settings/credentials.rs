//! The authentication at the API: a token, or an Entra app. The secrets themselves are read when
//! they are needed.

use super::address::{ApiUrl, login_url};
use super::overrides::{Needs, Overrides};
use super::section::Section;
use super::{Refusal, Secret, SecretSource};

/// How the API lets us in.
#[derive(Debug, Clone, PartialEq)]
pub enum Credentials {
    /// A SIEM or API token, read from its file (again when it was refused: it may have been
    /// replaced), or given.
    Token(SecretSource),
    /// An Entra app with client credentials.
    Entra {
        /// `tenant_id`: GUID or domain.
        tenant_id: String,
        /// `client_id`
        client_id: String,
        /// `client_secret_file`
        client_secret: SecretSource,
        /// `login_url`: by default from the api_url's cloud (`.us` → login.microsoftonline.us, else
        /// login.microsoftonline.com).
        login_url: String,
    },
}

const WAYS: &str = "token_file; or tenant_id, client_id and client_secret_file; or neither, with the token in SIEMBOX_TOKEN";

/// Reads the way in from `[agent.source]`. The flags win; the environment's token serves where
/// nothing else is said.
pub(super) fn read(
    section: &Section,
    given: &Overrides,
    api_url: Option<&ApiUrl>,
) -> Option<Credentials> {
    let token_file = section.token_file("token_file");
    let tenant_id = section.text("tenant_id", tenant);
    let client_id = section.text("client_id", client);
    let client_secret = section.secret_file("client_secret_file");
    let login = section.text("login_url", login_url);
    let entra = ["tenant_id", "client_id", "client_secret_file"];
    let entra_begun = entra.iter().any(|key| section.has(key));

    if !entra_begun && section.has("login_url") {
        section.refuse(
            "login_url",
            "is set without tenant_id; allowed: only with tenant_id, \
            client_id and client_secret_file",
        );
    }
    if entra_begun && section.has("token_file") {
        section.refuse(
            "token_file",
            &format!(
                "is set together with an Entra app; allowed: one authentication method: \
                {WAYS}"
            ),
        );
        return None;
    }
    if entra_begun {
        for key in entra.into_iter().filter(|key| !section.has(key)) {
            section.refuse(
                key,
                "missing; an Entra app needs tenant_id, client_id and client_secret_file together",
            );
        }
    }
    if let Some(source) = &given.credentials {
        return Some(Credentials::Token(source.clone()));
    }
    if entra_begun {
        return Some(Credentials::Entra {
            tenant_id: tenant_id?,
            client_id: client_id?,
            client_secret: SecretSource::File(client_secret?),
            login_url: login.or_else(|| Some(api_url?.login_url().to_owned()))?,
        });
    }
    if section.has("token_file") {
        return Some(Credentials::Token(SecretSource::File(token_file?)));
    }
    match (&given.spare_token, given.needs) {
        (Some(token), _) => Some(Credentials::Token(SecretSource::Given(token.clone()))),
        (None, Needs::Lines) => Some(Credentials::Token(SecretSource::Given(Secret::new("")))),
        (None, _) => {
            section.refuse("token_file", &format!("missing; allowed: {WAYS}"));
            None
        }
    }
}

pub(super) fn tenant(text: &str) -> Result<String, Refusal> {
    let domain = text.contains('.') && super::host::host(text).is_ok();
    if is_guid(text) || domain {
        return Ok(text.to_ascii_lowercase());
    }
    Err(Refusal::found(
        text,
        "the tenant's GUID or domain, for example \"contoso.onmicrosoft.com\"",
    ))
}

pub(super) fn client(text: &str) -> Result<String, Refusal> {
    if is_guid(text) {
        return Ok(text.to_ascii_lowercase());
    }
    Err(Refusal::found(
        text,
        "the Application (client) ID of the Entra app, a GUID",
    ))
}

/// 8-4-4-4-12 hexadecimal digits.
fn is_guid(text: &str) -> bool {
    let groups = [8, 4, 4, 4, 12];
    text.split('-').count() == groups.len()
        && text.split('-').zip(groups).all(|(group, length)| {
            group.len() == length && group.bytes().all(|b| b.is_ascii_hexdigit())
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn tenants_and_apps_are_named_as_entra_names_them() {
        let guid = "05A65629-4c1b-48c1-a78b-804c4abdd4af";
        assert_eq!(tenant(guid).unwrap(), guid.to_ascii_lowercase());
        assert!(tenant("contoso.onmicrosoft.com").is_ok() && client(guid).is_ok());
        for wrong in [
            "contoso",
            "common",
            "",
            "05A65629-4c1b-48c1-a78b",
            "a b.c",
            "../..",
        ] {
            assert!(tenant(wrong).is_err() && client(wrong).is_err(), "{wrong}");
        }
    }
}
