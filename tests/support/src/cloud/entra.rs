//! The login endpoint that gives bearer tokens to an app with a secret (reference §1.2).
//!
//! The tokens look like Entra's: three parts, the middle one with `aud`, `roles`, `exp`. Nobody
//! signed them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::auth::ROLE;
use super::form;
use super::http::{Answer, Request};
use super::tenant::State;

/// The API that tokens are asked for, as Entra knows it.
pub const AUDIENCE: &str = "05a65629-4c1b-48c1-a78b-804c4abdd4af";

/// An app that is registered in the tenant's directory.
#[derive(Debug, Clone)]
pub struct App {
    /// Directory: GUID or domain.
    pub tenant_id: String,
    /// The app's id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// What an administrator consented to; without [`ROLE`] the API answers 403.
    pub roles: Vec<String>,
    /// Lifetime of a token, seconds. Entra says 3599.
    pub expires_in: i64,
}

impl App {
    /// An app with the role it needs, and tokens that last an hour.
    #[must_use]
    pub fn new(tenant_id: &str, client_id: &str, client_secret: &str) -> Self {
        Self {
            tenant_id: tenant_id.to_owned(),
            client_id: client_id.to_owned(),
            client_secret: client_secret.to_owned(),
            roles: vec!["Investigation.read".to_owned()],
            expires_in: 3599,
        }
    }

    /// The same app with these roles.
    #[must_use]
    pub fn roles(mut self, roles: &[&str]) -> Self {
        self.roles = roles.iter().map(ToString::to_string).collect();
        self
    }

    /// The same app with tokens of this lifetime.
    #[must_use]
    pub fn expires_in(mut self, seconds: i64) -> Self {
        self.expires_in = seconds;
        self
    }
}

/// Answers a request for a token.
pub fn answer(state: &mut State, directory: &str, request: &Request, now_ms: i64) -> Answer {
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let fields = form::pairs(&body);
    let field = |name: &str| {
        fields
            .iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value.as_str())
    };
    let Some(app) = state.app.clone().filter(|app| app.tenant_id == directory) else {
        return refused(
            400,
            "invalid_request",
            90_002,
            &format!("Tenant '{directory}' not found."),
        );
    };
    if request.method != "POST" || field("grant_type") != "client_credentials" {
        return refused(
            400,
            "unsupported_grant_type",
            70_003,
            "The grant type is not supported.",
        );
    }
    if field("client_id") != app.client_id {
        return refused(
            400,
            "unauthorized_client",
            700_016,
            &format!(
                "Application '{}' was not found in the directory.",
                field("client_id")
            ),
        );
    }
    if field("client_secret") != app.client_secret {
        return refused(
            401,
            "invalid_client",
            7_000_215,
            "Invalid client secret provided.",
        );
    }
    if field("scope") != format!("{AUDIENCE}/.default") {
        return refused(
            400,
            "invalid_scope",
            70_011,
            &format!("The scope '{}' is not valid.", field("scope")),
        );
    }
    state.tokens_given += 1;
    let token = token(&app, now_ms, state.tokens_given);
    let allowed = app.roles.iter().any(|role| role.eq_ignore_ascii_case(ROLE));
    state
        .keys
        .bearers
        .insert(token.clone(), (now_ms + app.expires_in * 1000, allowed));
    Answer::json(
        200,
        &json!({"token_type": "Bearer", "expires_in": app.expires_in, "ext_expires_in": 0, "access_token": token}),
    )
}

fn token(app: &App, now_ms: i64, number: u64) -> String {
    let now = now_ms / 1000;
    let head = json!({"typ": "JWT", "alg": "RS256", "kid": "nobody"});
    let mut claims = json!({
        "aud": AUDIENCE, "iss": format!("https://sts.windows.net/{}/", app.tenant_id), "tid": app.tenant_id, "appid": app.client_id,
        "iat": now, "nbf": now, "exp": now + app.expires_in, "uti": number.to_string(), "ver": "1.0",
    });
    // without consent there is no such claim at all, not an empty one
    if !app.roles.is_empty() {
        claims["roles"] = json!(app.roles);
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.{}",
        part(&head),
        part(&claims),
        URL_SAFE_NO_PAD.encode("not a signature")
    )
}

fn refused(status: u16, error: &str, code: u32, text: &str) -> Answer {
    Answer::json(
        status,
        &json!({"error": error, "error_description": format!("AADSTS{code}: {text}"), "error_codes": [code]}),
    )
}
