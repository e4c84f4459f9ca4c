//! The log-on of an app without a secret: assertions signed with the key of a certificate, foreign
//! tokens, and what Entra says to wrong ones.
#![allow(clippy::unwrap_used)]
#![allow(
    clippy::disallowed_methods,
    reason = "short answers of our own simulator"
)]

mod ask;
mod graph;

use std::sync::OnceLock;

use ask::{agent, log_on};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use graph::GRAPH;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};
use siembox_support::cloud::{App, Cloud, Fault, Target};
use siembox_support::pki::Issued;

const NOW: i64 = 1_794_307_200_000;
const SECOND: i64 = NOW / 1000;
const JWT: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A certificate and its key; made once, because RSA keys take their time.
fn identity() -> &'static Issued {
    static MADE: OnceLock<Issued> = OnceLock::new();
    MADE.get_or_init(|| Issued::rsa("siembox", 30))
}

fn thumbprint(algorithm: &'static ring::digest::Algorithm, issued: &Issued) -> String {
    let der = CertificateDer::from_pem_slice(issued.cert_pem.as_bytes()).unwrap();
    URL_SAFE_NO_PAD.encode(ring::digest::digest(algorithm, &der))
}

fn signed(head: &Value, claims: &Value, issued: &Issued) -> String {
    let key = PrivatePkcs8KeyDer::from_pem_slice(issued.key_pem.as_bytes()).unwrap();
    let key = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).unwrap();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(head), part(claims));
    let mut signature = vec![0; key.public().modulus_len()];
    let how: &'static dyn ring::signature::RsaEncoding = match head["alg"].as_str() {
        Some("RS256") => &RSA_PKCS1_SHA256,
        _ => &RSA_PSS_SHA256,
    };
    key.sign(how, &SystemRandom::new(), text.as_bytes(), &mut signature)
        .unwrap();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn cloud() -> Cloud {
    let app = App::new("contoso.com", "app-1", "").certificate(&identity().cert_pem);
    Cloud::builder().app(app).stopped_at(NOW).start()
}

fn head() -> Value {
    let print = thumbprint(&ring::digest::SHA256, identity());
    json!({"alg": "PS256", "typ": "JWT", "x5t#S256": print})
}

fn claims(cloud: &Cloud, jti: &str) -> Value {
    json!({
        "aud": format!("{}/contoso.com/oauth2/v2.0/token", cloud.url()),
        "iss": "app-1", "sub": "app-1", "jti": jti,
        "nbf": SECOND, "iat": SECOND, "exp": SECOND + 600,
    })
}

fn asked(cloud: &Cloud, assertion: &str) -> (u16, Value) {
    log_on(
        &agent(cloud.ca_pem()),
        cloud,
        "contoso.com",
        &[
            ("client_id", "app-1"),
            ("scope", GRAPH),
            ("client_assertion_type", JWT),
            ("client_assertion", assertion),
        ],
    )
}

#[test]
fn both_signatures_and_both_thumbprints_are_taken() {
    let cloud = cloud();
    let old_print = thumbprint(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, identity());
    let heads = [
        head(),
        json!({"alg": "RS256", "typ": "JWT", "x5t#S256": head()["x5t#S256"]}),
        json!({"alg": "RS256", "typ": "JWT", "x5t": old_print}),
    ];
    for (nth, head) in heads.iter().enumerate() {
        let assertion = signed(head, &claims(&cloud, &nth.to_string()), identity());
        let (status, answer) = asked(&cloud, &assertion);
        assert_eq!(
            (status, &answer["expires_in"]),
            (200, &json!(3599)),
            "{answer}"
        );
    }
    assert_eq!((cloud.tokens_given(), cloud.complaints()), (3, vec![]));
}

#[test]
fn each_fault_of_an_assertion_has_its_code() {
    let cloud = cloud();
    let other = Issued::rsa("other", 30);
    let changed = |key: &str, value: Value| {
        let mut claims = claims(&cloud, key);
        claims[key] = value;
        signed(&head(), &claims, identity())
    };
    let twice = signed(&head(), &claims(&cloud, "twice"), identity());
    assert_eq!(asked(&cloud, &twice).0, 200);
    let mut torn = signed(&head(), &claims(&cloud, "torn"), identity());
    torn.truncate(torn.len() - 8);
    let wrong_alg = json!({"alg": "HS256", "x5t#S256": head()["x5t#S256"]});
    let lies = json!({"alg": "RS256", "x5t#S256": head()["x5t#S256"]});
    let mut lied = signed(&head(), &claims(&cloud, "lies"), identity());
    let behind = lied.split_once('.').unwrap().1.to_owned();
    lied = format!("{}.{behind}", URL_SAFE_NO_PAD.encode(lies.to_string()));
    for (about, assertion, code) in [
        ("used twice", twice, 700_027),
        ("signature torn", torn, 700_027),
        (
            "key of another",
            signed(&head(), &claims(&cloud, "k"), &other),
            700_027,
        ),
        (
            "algorithm",
            signed(&wrong_alg, &claims(&cloud, "a"), identity()),
            700_027,
        ),
        ("algorithm changed", lied, 700_027),
        (
            "no thumbprint",
            signed(&json!({"alg": "PS256"}), &claims(&cloud, "n"), identity()),
            700_027,
        ),
        ("no jti", changed("jti", Value::Null), 700_027),
        (
            "endpoint",
            changed(
                "aud",
                json!("https://login.microsoftonline.com/common/oauth2/v2.0/token"),
            ),
            700_023,
        ),
        ("issuer", changed("iss", json!("app-2")), 700_021),
        ("subject", changed("sub", json!("app-2")), 700_021),
        ("over", changed("exp", json!(SECOND - 301)), 700_024),
        ("not yet", changed("nbf", json!(SECOND + 301)), 700_024),
        ("no end", changed("exp", Value::Null), 700_024),
        ("no token", "x.y".to_owned(), 700_027),
    ] {
        let (status, refused) = asked(&cloud, &assertion);
        assert_eq!(
            (status, &refused["error_codes"][0]),
            (401, &json!(code)),
            "{about}: {refused}"
        );
        assert_eq!(refused["error"], "invalid_client");
    }
    let (_, refused) = asked(&cloud, "x.y");
    let text = refused["error_description"].as_str().unwrap();
    assert!(
        text.starts_with("AADSTS700027: ") && text.contains("\r\nCorrelation ID: "),
        "{text}"
    );
    // it lasts long, which Entra lets pass
    assert_eq!(
        asked(&cloud, &changed("exp", json!(SECOND + 86_400))).0,
        200
    );
    assert!(
        cloud
            .complaints()
            .iter()
            .any(|text| text.contains("longer than 10 minutes"))
    );
}

#[test]
fn a_foreign_token_is_taken_of_its_issuer_and_subject_only() {
    let app = App::new("contoso.com", "app-1", "").federated(
        "https://issuer.example",
        "system:siembox",
        &identity().cert_pem,
    );
    let cloud = Cloud::builder().app(app).stopped_at(NOW).start();
    let token = |issuer: &str, subject: &str, audience: &str| {
        let claims = json!({"iss": issuer, "sub": subject, "aud": audience, "exp": SECOND + 3600});
        signed(&json!({"alg": "RS256", "kid": "1"}), &claims, identity())
    };
    let (issuer, subject, audience) = (
        "https://issuer.example",
        "system:siembox",
        "api://AzureADTokenExchange",
    );
    let good = token(issuer, subject, audience);
    // it may come more than once, until the other system writes a new one
    assert_eq!([asked(&cloud, &good).0, asked(&cloud, &good).0], [200, 200]);
    for (assertion, code) in [
        (token("https://other.example", subject, audience), 700_211),
        (token(issuer, "system:other", audience), 700_213),
        (token(issuer, subject, "api://other"), 700_023),
    ] {
        assert_eq!(asked(&cloud, &assertion).1["error_codes"][0], json!(code));
    }
}

#[test]
fn secrets_end_and_scopes_are_apart() {
    let app = App::new("contoso.com", "app-1", "s3cret!");
    let cloud = Cloud::builder().app(app.clone().secret_is_over()).start();
    let agent = agent(cloud.ca_pem());
    let with = |secret: &str, scope: &str| {
        let fields = [
            ("client_id", "app-1"),
            ("client_secret", secret),
            ("scope", scope),
        ];
        log_on(&agent, &cloud, "contoso.com", &fields)
    };
    assert_eq!(with("s3cret!", GRAPH).1["error_codes"][0], 7_000_222);
    cloud.set_app(app);
    assert_eq!(with("wrong", GRAPH).1["error_codes"][0], 7_000_215);
    assert_eq!(with("", GRAPH).1["error_codes"][0], 7_000_215);
    assert_eq!(
        with("s3cret!", "https://elsewhere.example/.default").1["error_codes"][0],
        70_011
    );
    assert_eq!(
        with("s3cret!", "https://graph.microsoft.us/.default").0,
        200
    );
    assert_eq!(with("s3cret!", &format!("{}/.default", cloud.url())).0, 200);
    cloud.fault(Fault::Aadsts(700_016).on(Target::Login));
    let (status, refused) = with("s3cret!", GRAPH);
    assert_eq!(
        (status, &refused["error"]),
        (400, &json!("unauthorized_client"))
    );
}
