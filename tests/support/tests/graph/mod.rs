//! A client of the simulated Graph, with a token.
#![allow(clippy::unwrap_used, dead_code)]
#![allow(
    clippy::disallowed_methods,
    reason = "short answers of our own simulator"
)]

use serde_json::{Value, json};
use siembox_support::cloud::{App, Cloud};
use siembox_support::records::xdr::{List, Ticks};

use crate::ask::{agent, log_on};

/// The scope of Graph.
pub const GRAPH: &str = "https://graph.microsoft.com/.default";

/// The app of these tests.
pub fn app() -> App {
    App::new("contoso.com", "app-1", "s3cret!")
}

/// A client with a token.
pub struct Client<'c> {
    pub cloud: &'c Cloud,
    pub agent: ureq::Agent,
    pub token: String,
}

impl<'c> Client<'c> {
    pub fn new(cloud: &'c Cloud) -> Self {
        let agent = agent(cloud.ca_pem());
        let (status, answer) = log_on(
            &agent,
            cloud,
            "contoso.com",
            &[
                ("client_id", "app-1"),
                ("client_secret", "s3cret!"),
                ("scope", GRAPH),
            ],
        );
        assert_eq!(status, 200, "{answer}");
        let token = answer["access_token"].as_str().unwrap().to_owned();
        Self {
            cloud,
            agent,
            token,
        }
    }

    pub fn get(&self, url: &str) -> (u16, Value) {
        let url = match url.starts_with("https://") {
            true => url.to_owned(),
            false => self.cloud.url() + "/v1.0/security/" + url,
        };
        let mut answer = self
            .agent
            .get(url)
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Prefer", "include-unknown-enum-members")
            .call()
            .unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        (answer.status().as_u16(), body)
    }

    pub fn hunt(&self, query: &str) -> (u16, Value) {
        self.hunt_within(query, None)
    }

    pub fn hunt_within(&self, query: &str, span: Option<&str>) -> (u16, Value) {
        let mut body = json!({"Query": query});
        if let Some(span) = span {
            body["Timespan"] = span.into();
        }
        let (status, text) = self.posted(&body);
        (status, serde_json::from_str(&text).unwrap())
    }

    /// An answer as it came.
    pub fn raw_hunt(&self, query: &str) -> String {
        self.posted(&json!({"Query": query})).1
    }

    fn posted(&self, body: &Value) -> (u16, String) {
        let mut answer = self
            .agent
            .post(self.cloud.url() + "/v1.0/security/runHuntingQuery")
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Content-Type", "application/json; charset=utf-8")
            .send(body.to_string())
            .unwrap();
        let status = answer.status().as_u16();
        let bytes = answer.body_mut().with_config().limit(100 << 20);
        (status, bytes.read_to_string().unwrap())
    }

    /// All ids of a collection, by its links; and how many answers it took.
    pub fn walk(&self, first: &str) -> (Vec<String>, usize) {
        let (mut ids, mut answers) = (Vec::new(), 0);
        let mut next = first.to_owned();
        loop {
            let (status, page) = self.get(&next);
            assert_eq!(status, 200, "{page}");
            answers += 1;
            ids.extend(ids_of(&page));
            match page["@odata.nextLink"].as_str() {
                Some(link) => next = link.to_owned(),
                None => return (ids, answers),
            }
        }
    }
}

/// Of an answer.
pub fn ids_of(page: &Value) -> Vec<String> {
    let records = page["value"].as_array().unwrap().iter();
    records
        .map(|record| record["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Of an answer.
pub fn rows_of(answer: &Value) -> &[Value] {
    answer["results"].as_array().unwrap()
}

/// The query of a window, as siembox writes it.
pub fn window(table: List, by: &str, from: i64, to: i64, skip: usize, take: usize) -> String {
    let (from, to) = (Ticks::of_ms(from), Ticks::of_ms(to));
    let (name, id) = (table.name(), table.id_key());
    let (extend, column) = match by {
        "Timestamp" => ("", "Timestamp"),
        _ => ("| extend Ingested = ingestion_time()\n", "Ingested"),
    };
    let skips = match skip {
        0 => String::new(),
        _ => format!("| serialize Number = row_number()\n| where Number > {skip}\n"),
    };
    format!(
        "// siembox table={name} by={by} from={from} to={to} skip={skip} take={take}\n{name}\n\
            {extend}| where {column} >= datetime({from}) and {column} < datetime({to})\n\
            | order by {column} asc, {id} asc\n{skips}| take {take}"
    )
}
