//! An ordinary client of the API, for the simulator's own tests.
#![allow(clippy::unwrap_used, dead_code)]
#![allow(
    clippy::disallowed_methods,
    reason = "short answers of our own simulator"
)]

use std::time::Duration;

use serde_json::{Value, json};
use siembox_support::cloud::Cloud;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// A client that trusts this cloud.
pub fn agent(ca_pem: &str) -> ureq::Agent {
    let ca = Certificate::from_pem(ca_pem.as_bytes()).unwrap().to_owned();
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(20)))
        .tls_config(
            TlsConfig::builder()
                .root_certs(RootCerts::from(vec![ca]))
                .build(),
        )
        .build()
        .into()
}

/// Status and body of a POST, with the cloud's own token.
pub fn post(agent: &ureq::Agent, cloud: &Cloud, path: &str, body: &Value) -> (u16, Value) {
    let mut answer = agent
        .post(format!("{}{path}", cloud.url()))
        .header("Authorization", format!("Token {}", cloud.token()))
        .header("Content-Type", "application/json")
        .send(body.to_string())
        .unwrap();
    let status = answer.status().as_u16();
    let text = answer
        .body_mut()
        .with_config()
        .limit(1 << 30)
        .read_to_string()
        .unwrap();
    (status, serde_json::from_str(&text).unwrap())
}

/// The `_id`s of an answer.
pub fn ids(answer: &Value) -> Vec<String> {
    answer["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| record["_id"].as_str().unwrap().to_owned())
        .collect()
}

/// Reads everything by scan mode; the ids in the order they came, and how many answers it took.
pub fn scan_all(agent: &ureq::Agent, cloud: &Cloud, mut body: Value) -> (Vec<String>, usize) {
    let (mut all, mut answers) = (Vec::new(), 0);
    loop {
        let (status, answer) = post(agent, cloud, "/api/v1/activities/", &body);
        assert_eq!(status, 200, "{answer}");
        answers += 1;
        all.extend(ids(&answer));
        assert_eq!(
            answer["hasNext"].as_bool().unwrap(),
            answer.get("nextQueryFilters").is_some()
        );
        match answer.get("nextQueryFilters") {
            Some(next) => body["filters"] = next.clone(),
            None => return (all, answers),
        }
    }
}

/// A scan of everything by `created`.
pub fn whole_scan(limit: usize) -> Value {
    json!({"filters": {"created": {"gte": 0}}, "isScan": true, "limit": limit, "sortField": "created", "sortDirection": "asc"})
}

/// Asks the Entra endpoint for a token with these fields.
pub fn log_on(
    agent: &ureq::Agent,
    cloud: &Cloud,
    tenant: &str,
    fields: &[(&str, &str)],
) -> (u16, Value) {
    log_on_at(agent, &cloud.url(), tenant, fields)
}

/// The same at this address.
pub fn log_on_at(
    agent: &ureq::Agent,
    url: &str,
    tenant: &str,
    fields: &[(&str, &str)],
) -> (u16, Value) {
    let encoded = |text: &str| -> String {
        let bytes = text.bytes().map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        });
        bytes.collect()
    };
    let mut form = "grant_type=client_credentials".to_owned();
    for (key, value) in fields {
        form += &format!("&{key}={}", encoded(value));
    }
    let mut answer = agent
        .post(format!("{url}/{tenant}/oauth2/v2.0/token"))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .send(form)
        .unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    (
        answer.status().as_u16(),
        serde_json::from_str(&text).unwrap(),
    )
}
