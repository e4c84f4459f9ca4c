//! How the sources are asked: within the limits of their tenants, again where an answer breaks off,
//! and no longer than it is wanted.

#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use super::*;
use crate::settings::edit::SettingsDraft;
use crate::settings::{Needs, Overrides};
use crate::source::cloud_apps::RULES;
use crate::source::{
    Answer, ApiRules, HubSource, Query, Recipient, RequestLimit, Source, SourceError,
    SourceErrorKind, StreamSource, Unreadable,
};
use crate::stream::StreamSpec;

const TEXT: &str = r#"
[[agent]]
name = "contoso"

[agent.source]
api_url = "https://contoso.us3.portal.cloudappsecurity.com"
token_file = "t"

[agent.siem]
host = "siem.example"

[agent.other_source]
kind = "defender-xdr"
tenant_id = "contoso.example"
client_id = "00000000-0000-4000-8000-000000000000"
client_secret_file = "s"
"#;

const NOW: i64 = 1_790_000_000_000;

fn agent(text: &str) -> AgentSettings {
    let folder = tempfile::tempdir().unwrap();
    let draft = SettingsDraft::open(&folder.path().join("siembox.toml")).unwrap();
    let given = Overrides {
        needs: Needs::Lines,
        ..Overrides::default()
    };
    let read = draft.with_text(text.to_owned()).unwrap().read(&given);
    read.unwrap().settings.agents.remove(0)
}

/// Each stream holds one record that can't be read. The first answer of all breaks off behind it.
#[derive(Clone)]
struct Cloud {
    limit: Arc<Mutex<RequestLimit>>,
    asked: Arc<AtomicU32>,
    /// Hears each time that somebody looks at the limit.
    looked: mpsc::Sender<()>,
    breaks_off: bool,
}

impl OpenSource for Cloud {
    fn limit(&self, _: StreamSpec) -> Arc<Mutex<RequestLimit>> {
        let _ = self.looked.send(());
        Arc::clone(&self.limit)
    }

    fn open(
        &self,
        _: StreamSpec,
    ) -> Result<StreamSource, Box<dyn std::error::Error + Send + Sync>> {
        Ok(StreamSource {
            source: Box::new(self.clone()),
            cancel: Box::new(|| {}),
            read_secret: Box::new(|| Err("nobody asks for it".into())),
        })
    }

    fn open_hub(
        &self,
        _: StreamSpec,
        _: &str,
    ) -> Result<HubSource, Box<dyn std::error::Error + Send + Sync>> {
        Err("a comparison reads by time".into())
    }
}

impl Source for Cloud {
    fn page(&mut self, _: &Query, to: &mut dyn Recipient) -> Result<Answer, SourceError> {
        let nth = self.asked.fetch_add(1, Ordering::Relaxed);
        to.open(None);
        let unreadable = Unreadable {
            id: Some("1".to_owned()),
            cursor_ms: Some(NOW),
            reason: "a test".to_owned(),
        };
        let _ = to.record("{", Err(unreadable));
        if nth == 0 && self.breaks_off {
            return Err(SourceError::new(SourceErrorKind::Passing, "broke off"));
        }
        Ok(Answer {
            records: 1,
            total: Some(1),
            ..Answer::default()
        })
    }

    fn api_rules(&self) -> ApiRules {
        RULES
    }
}

fn cloud(per_minute: u32, breaks_off: bool) -> (Cloud, mpsc::Receiver<()>) {
    let (looked, looks) = mpsc::channel();
    let cloud = Cloud {
        limit: Arc::new(Mutex::new(RequestLimit::new(per_minute))),
        asked: Arc::default(),
        looked,
        breaks_off,
    };
    (cloud, looks)
}

fn compared(cloud: &Cloud, end: &ComparisonEnd) -> Result<Vec<ClassComparison>, MigrateError> {
    let window = ComparedWindow::settled(NOW - 86_400_000, NOW).unwrap();
    let mut found = Vec::new();
    let mut tell = |news| {
        if let ComparisonNews::Found(class) = news {
            found.push(class);
        }
    };
    run(&agent(TEXT), cloud, window, 10, end, &mut tell)?;
    Ok(found)
}

#[test]
fn no_question_goes_beyond_the_limit_and_a_wait_is_ended() {
    let (cloud, looks) = cloud(1, false);
    let end = ComparisonEnd::default();
    let (of_thread, ended) = (cloud.clone(), end.clone());
    let comparison = std::thread::spawn(move || compared(&of_thread, &ended).map(drop));
    // the second look finds no room for a question within this minute
    looks.recv().unwrap();
    looks.recv().unwrap();
    end.end();
    assert!(matches!(
        comparison.join().unwrap(),
        Err(MigrateError::Ended)
    ));
    assert_eq!(cloud.asked.load(Ordering::Relaxed), 1);
}

#[test]
fn of_an_answer_that_broke_off_nothing_counts() {
    let (cloud, _looks) = cloud(6000, true);
    let found = compared(&cloud, &ComparisonEnd::default()).unwrap();
    let unreadable = found.iter().map(|class| class.source.unreadable);
    assert_eq!(Vec::from_iter(unreadable), [1, 1]);
}

/// The other class is compared all the same.
#[test]
fn what_is_read_by_offset_is_named_and_not_compared() {
    let text = format!(
        "{TEXT}event_hubs = {{ namespace = \"hub.example\", hubs = [\"defender\"] }}\n\
         activities = {{ from = \"event-hubs\" }}\n"
    );
    let (cloud, _looks) = cloud(6000, false);
    let window = ComparedWindow::settled(NOW - 86_400_000, NOW).unwrap();
    let mut found = Vec::new();
    let mut tell = |news| {
        if let ComparisonNews::Found(class) = news {
            found.push(class.class);
        }
    };
    let end = ComparisonEnd::default();
    let said = run(&agent(&text), &cloud, window, 10, &end, &mut tell).unwrap_err();
    assert_eq!(found, ["alerts"]);
    let said = said.to_string();
    assert!(said.starts_with("event_hubs cannot be compared"), "{said}");
    assert!(said.contains("activities.from = \"hunting\""), "{said}");
}
