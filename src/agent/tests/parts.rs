//! Parts that the tests of pollers, consumers and replays have in common.

use std::path::Path;
use std::sync::Arc;

use crate::format::LineWriter;
use crate::settings::{Overrides, Settings};
use crate::status::{Introduction, LedgerReport, SpoolReport, StreamIntroduction};
use crate::stream::StreamSpec;
use crate::wiring::line_writer;

/// A line writer with the defaults of the settings; its token lies in this folder.
pub fn writer(folder: &Path) -> LineWriter {
    std::fs::write(folder.join("token"), "b3Blbi1zZXNhbWU=").unwrap();
    let text = "[[agent]]\nname = \"contoso\"\n\
        source = { api_url = \"https://localhost:9\", token_file = \"token\" }\n\
        siem = { host = \"127.0.0.1\", port = 9 }\n";
    let loaded = Settings::read(text, &folder.join("siembox.toml"), &Overrides::default());
    line_writer(&loaded.unwrap().settings.agents[0]).unwrap()
}

/// An agent that reads these streams.
pub fn introduction(streams: &[StreamSpec]) -> Introduction {
    let streams = streams.iter().map(|stream| StreamIntroduction {
        name: stream.name,
        enabled: true,
    });
    Introduction {
        name: "contoso".to_owned(),
        cloud: String::new(),
        siem: String::new(),
        streams: streams.collect(),
        paused: false,
        known: false,
        ask_spool: Arc::new(SpoolReport::default),
        ask_ledger: Arc::new(LedgerReport::default),
    }
}
