//! The login endpoint that gives bearer tokens to an app with a secret, a certificate or a foreign
//! token (reference §1.2, successors §1).
//!
//! The tokens look like Entra's: three parts, the middle one with `aud`, `roles`, `exp`. Nobody
//! signed them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::assertion;
use super::auth::{Audience, Bearer};
use super::form;
use super::http::{Answer, Request};
use super::tenant::State;
use crate::records::xdr::Ticks;

/// The API of Cloud Apps, as Entra knows it.
pub const AUDIENCE: &str = "05a65629-4c1b-48c1-a78b-804c4abdd4af";

/// The hosts of Graph, one a cloud.
pub const GRAPH_HOSTS: [&str; 4] = [
    "graph.microsoft.com",
    "graph.microsoft.us",
    "dod-graph.microsoft.us",
    "microsoftgraph.chinacloudapi.cn",
];

/// What `client_assertion_type` says.
const BEARER_ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// An app that is registered in the tenant's directory.
#[derive(Debug, Clone)]
pub struct App {
    /// Directory: GUID or domain.
    pub tenant_id: String,
    /// The app's id.
    pub client_id: String,
    /// Its secret; empty where it has none.
    pub client_secret: String,
    /// The secret's last day is over.
    pub secret_is_over: bool,
    /// Certificates that were uploaded, DER.
    pub certificates: Vec<Vec<u8>>,
    /// Another system whose tokens are taken.
    pub federated: Option<Federated>,
    /// What an administrator consented to. A token carries those of the API it is for; without them
    /// the API answers 403.
    pub roles: Vec<String>,
    /// Tokens say nothing of the roles, and the APIs know them nevertheless.
    pub roles_are_hidden: bool,
    /// Lifetime of a token, seconds. Entra says 3599.
    pub expires_in: i64,
}

/// A federated credential: whose tokens are taken for the app.
#[derive(Debug, Clone)]
pub struct Federated {
    /// `iss` of its tokens.
    pub issuer: String,
    /// `sub` of its tokens.
    pub subject: String,
    /// The certificate of the key that signs them, DER.
    pub certificate: Vec<u8>,
}

impl App {
    /// An app with a secret, all roles that siembox needs, and tokens that last an hour.
    #[must_use]
    pub fn new(tenant_id: &str, client_id: &str, client_secret: &str) -> Self {
        let roles = [
            "Investigation.read",
            "SecurityAlert.Read.All",
            "SecurityIncident.Read.All",
            "ThreatHunting.Read.All",
        ];
        Self {
            tenant_id: tenant_id.to_owned(),
            client_id: client_id.to_owned(),
            client_secret: client_secret.to_owned(),
            secret_is_over: false,
            certificates: Vec::new(),
            federated: None,
            roles: roles.map(str::to_owned).to_vec(),
            roles_are_hidden: false,
            expires_in: 3599,
        }
    }

    /// The same app with these roles.
    #[must_use]
    pub fn roles(mut self, roles: &[&str]) -> Self {
        self.roles = roles.iter().map(ToString::to_string).collect();
        self
    }

    /// The same app, of whose roles its tokens say nothing. The APIs let it do what it may.
    #[must_use]
    pub fn hide_roles(mut self) -> Self {
        self.roles_are_hidden = true;
        self
    }

    /// The same app with tokens of this lifetime.
    #[must_use]
    pub fn expires_in(mut self, seconds: i64) -> Self {
        self.expires_in = seconds;
        self
    }

    /// The same app; its secret is over (AADSTS7000222).
    #[must_use]
    pub fn secret_is_over(mut self) -> Self {
        self.secret_is_over = true;
        self
    }

    /// The same app, which also logs on with the key of this certificate (PEM, RSA).
    ///
    /// # Panics
    /// Where the text is no certificate.
    #[must_use]
    pub fn certificate(mut self, pem: &str) -> Self {
        self.certificates.push(der(pem));
        self
    }

    /// The same app, for which tokens of this issuer and subject are taken, signed by the key of
    /// this certificate (PEM, RSA).
    ///
    /// # Panics
    /// Where the text is no certificate.
    #[must_use]
    pub fn federated(mut self, issuer: &str, subject: &str, pem: &str) -> Self {
        self.federated = Some(Federated {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            certificate: der(pem),
        });
        self
    }

    /// The roles that a token for this API carries; for Event Hubs none, because the namespace
    /// decides itself.
    fn roles_for(&self, audience: Audience) -> Vec<String> {
        if audience == Audience::EventHubs {
            return Vec::new();
        }
        let is_of_graph = |role: &str| role.ends_with(".All");
        let wanted = audience == Audience::Graph;
        let roles = self.roles.iter().filter(|role| is_of_graph(role) == wanted);
        roles.cloned().collect()
    }
}

fn der(pem: &str) -> Vec<u8> {
    use rustls_pki_types::pem::PemObject as _;
    let der = rustls_pki_types::CertificateDer::from_pem_slice(pem.as_bytes());
    der.expect("a certificate in PEM").to_vec()
}

/// Why Entra gives no token: an AADSTS code.
pub type Code = u32;

/// Answers a request for a token.
pub fn answer(state: &mut State, directory: &str, request: &Request, now_ms: i64) -> Answer {
    match token_for(state, directory, request, now_ms) {
        Ok(body) => Answer::json(200, &body),
        Err(code) => refused(code, now_ms),
    }
}

fn token_for(
    state: &mut State,
    directory: &str,
    request: &Request,
    now_ms: i64,
) -> Result<Value, Code> {
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let fields = form::pairs(&body);
    let field = |name: &str| {
        let found = fields.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    let app = state.app.clone().filter(|app| app.tenant_id == directory);
    let app = app.ok_or(90_002_u32)?;
    if request.method != "POST" || field("grant_type") != "client_credentials" {
        return Err(70_003);
    }
    if field("client_id") != app.client_id {
        return Err(700_016);
    }
    let (secret, assertion) = (field("client_secret"), field("client_assertion"));
    if !assertion.is_empty() {
        if !secret.is_empty() {
            state.complain("a secret and an assertion at once".to_owned());
        }
        if field("client_assertion_type") != BEARER_ASSERTION {
            return Err(900_144);
        }
        let proof = assertion::Expected {
            app: &app,
            host: request.header("host").unwrap_or_default(),
            now_ms,
        };
        let claims = proof.check(assertion)?;
        for complaint in claims.complaints {
            state.complain(complaint);
        }
        if claims.jti.is_some_and(|jti| !state.used_jtis.insert(jti)) {
            state.complain("the jti of an assertion was used twice".to_owned());
            return Err(assertion::REFUSED);
        }
    } else if app.client_secret.is_empty() || secret != app.client_secret {
        return Err(7_000_215);
    } else if app.secret_is_over {
        return Err(7_000_222);
    }
    let (audience, aud) = audience(field("scope"), request).ok_or(70_011_u32)?;
    state.tokens_given += 1;
    let roles = app.roles_for(audience);
    let token = token(&app, &aud, &roles, now_ms, state.tokens_given);
    let bearer = Bearer {
        until_ms: now_ms + app.expires_in * 1000,
        audience,
        roles,
    };
    state.keys.bearers.insert(token.clone(), bearer);
    Ok(json!({
        "token_type": "Bearer",
        "expires_in": app.expires_in,
        "ext_expires_in": app.expires_in,
        "access_token": token,
    }))
}

/// The API that a scope means, and how its tokens call it.
fn audience(scope: &str, request: &Request) -> Option<(Audience, String)> {
    let api = scope.strip_suffix("/.default")?;
    if api == AUDIENCE {
        return Some((Audience::CloudApps, AUDIENCE.to_owned()));
    }
    let host = api
        .strip_prefix("https://")
        .or(api.strip_prefix("http://"))?;
    // a namespace of a test is on loopback; scopes name no port
    if host.ends_with(".servicebus.windows.net") || host == "127.0.0.1" {
        return Some((Audience::EventHubs, api.to_owned()));
    }
    let is_here = request.header("host").is_some_and(|here| here == host);
    (is_here || GRAPH_HOSTS.contains(&host)).then(|| (Audience::Graph, api.to_owned()))
}

fn token(app: &App, aud: &str, roles: &[String], now_ms: i64, number: u64) -> String {
    let now = now_ms / 1000;
    let head = json!({"typ": "JWT", "alg": "RS256", "kid": "nobody"});
    let mut claims = json!({
        "aud": aud,
        "iss": format!("https://sts.windows.net/{}/", app.tenant_id),
        "tid": app.tenant_id,
        "appid": app.client_id,
        "iat": now,
        "nbf": now,
        "exp": now + app.expires_in,
        "uti": number.to_string(),
        "ver": "1.0",
    });
    // without consent there is no such claim at all, not an empty one
    if !roles.is_empty() && !app.roles_are_hidden {
        claims["roles"] = json!(roles);
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.{}",
        part(&head),
        part(&claims),
        URL_SAFE_NO_PAD.encode("not a signature")
    )
}

/// The refusal with this code, as Entra words it.
#[must_use]
pub fn refused(code: Code, now_ms: i64) -> Answer {
    let (status, error, text) = match code {
        90_002 => (
            400,
            "invalid_request",
            "Tenant not found. Check to make sure you have the correct tenant ID and are signing \
                into the correct cloud.",
        ),
        70_003 => (
            400,
            "unsupported_grant_type",
            "The app requested an unsupported grant type.",
        ),
        70_011 => (
            400,
            "invalid_scope",
            "The provided value for the input parameter 'scope' is not valid.",
        ),
        700_016 => (
            400,
            "unauthorized_client",
            "Application was not found in the directory. This can happen if the application has \
                not been installed by the administrator of the tenant.",
        ),
        7_000_215 => (
            401,
            "invalid_client",
            "Invalid client secret provided. Ensure the secret being sent in the request is the \
                client secret value, not the client secret ID.",
        ),
        7_000_222 => (
            401,
            "invalid_client",
            "The provided client secret keys for app are expired.",
        ),
        700_021 => (
            401,
            "invalid_client",
            "Client assertion application identifier doesn't match 'client_id' parameter.",
        ),
        700_023 => (
            401,
            "invalid_client",
            "Client assertion audience claim does not match Realm issuer.",
        ),
        700_024 => (
            401,
            "invalid_client",
            "Client assertion is not within its valid time range.",
        ),
        700_027 => (
            401,
            "invalid_client",
            "Client assertion failed signature validation. The key was not found, or the \
                signature does not fit.",
        ),
        700_211 => (
            401,
            "invalid_client",
            "No matching federated identity record found for presented assertion issuer.",
        ),
        700_213 => (
            401,
            "invalid_client",
            "No matching federated identity record found for presented assertion subject.",
        ),
        900_144 => (
            400,
            "invalid_request",
            "The request body must contain the following parameter: 'client_assertion_type'.",
        ),
        _ => (400, "invalid_request", "The request is not valid."),
    };
    let at = Ticks::of_ms(now_ms / 1000 * 1000).to_string();
    let at = at.replace('T', " ");
    let (trace, correlation) = (
        "7f3a2c10-0000-4000-8000-00000000c001",
        "7f3a2c10-0000-4000-8000-00000000c002",
    );
    Answer::json(
        status,
        &json!({
            "error": error,
            "error_description": format!("AADSTS{code}: {text} Trace ID: {trace}\r\n\
                Correlation ID: {correlation}\r\nTimestamp: {at}"),
            "error_codes": [code],
            "timestamp": at,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
        }),
    )
}
