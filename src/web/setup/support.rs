//! `/setup/support`: one archive for who is asked for help: settings without secrets, status, audit list, the newest of the log.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::{Question, Reply, Setup};
use crate::settings::{Secret, Settings};

/// Of a log this much of its end, bytes.
const LOG: u64 = 512 * 1024;

impl Setup {
    /// The archive.
    pub(super) fn support(&self, ask: Question) -> Reply {
        let text = std::fs::read_to_string(&self.file);
        let logs = text.as_ref().ok().and_then(|text| {
            let loaded = Settings::read(text, &self.file, &self.given).ok()?;
            loaded.settings.logs_dir
        });
        let text = text.unwrap_or_else(|error| format!("# cannot be read: {error}\n"));
        let status = serde_json::to_vec_pretty(&self.snapshot(ask)).unwrap_or_default();
        let mut files = vec![
            (
                "siembox.toml".to_owned(),
                without_secrets(&text).into_bytes(),
            ),
            ("status.json".to_owned(), status),
            ("audit.txt".to_owned(), self.audit_text().into_bytes()),
        ];
        if let Some(folder) = logs {
            files.extend(newest(&folder));
        }
        self.note(ask, "support bundle downloaded");
        match archive(&files, ask.now_ms()) {
            Ok(bytes) => Reply::Download {
                name: "siembox-support.tar",
                bytes,
            },
            Err(error) => Reply::trouble("No support bundle", &error.to_string()),
        }
    }

    fn audit_text(&self) -> String {
        let entries = self.audit.entries().unwrap_or_default();
        let line = |at_ms, from: std::net::IpAddr, what: &str| {
            format!("{} {from} {what}\n", crate::clock::in_words(at_ms))
        };
        entries
            .iter()
            .map(|entry| line(entry.at_ms, entry.from, &entry.what))
            .collect()
    }
}

/// The ends of the log's files.
fn newest(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files = Vec::new();
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.contains("siembox") && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let end = end_of(&entry.path());
            files.extend(end.ok().map(|end| (format!("log/{name}"), end)));
        }
    }
    files
}

fn end_of(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOG)))?;
    let mut end = Vec::new();
    file.take(LOG).read_to_end(&mut end)?;
    Ok(end)
}

fn archive(files: &[(String, Vec<u8>)], now_ms: i64) -> std::io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(u64::try_from(now_ms / 1000).unwrap_or_default());
        archive.append_data(
            &mut header,
            format!("siembox-support/{name}"),
            bytes.as_slice(),
        )?;
    }
    archive.into_inner()
}

/// The settings' text. It names files of secrets and holds none, where it is right; but it may be wrong, and is sent to strangers.
fn without_secrets(text: &str) -> String {
    text.lines().map(|line| tamed(line) + "\n").collect()
}

fn tamed(line: &str) -> String {
    let key = line
        .split('=')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let suspect = ["token", "secret", "password", "passphrase"]
        .iter()
        .any(|word| key.contains(word));
    if suspect && !key.ends_with("_file") && line.contains('=') {
        return format!("{} = \"(removed)\"", key);
    }
    let words = line.split_inclusive(['"', '\'', ' ', '=']);
    words
        .map(|word| {
            let bare = word.trim_end_matches(['"', '\'', ' ', '=']);
            let end = &word[bare.len()..];
            match bare
                .split_once("://")
                .and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?)))
            {
                Some((scheme, (_, host))) => format!("{scheme}://(removed)@{host}{end}"),
                None if Secret::new(bare).looks_like_a_token() => format!("(removed){end}"),
                None => word.to_owned(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_looks_like_a_secret_goes_and_the_rest_stays() {
        let token = "0123456789abcdef".repeat(4);
        let text = format!(
            "# ours\ntoken = \"{token}\"\ntoken_file = \"contoso.token\"\nproxy = \"http://me:hunter2@proxy:8080\"\nhost = \"siem.example\" # {token}\n"
        );
        let tamed = without_secrets(&text);
        for secret in [&token, "hunter2"] {
            assert!(!tamed.contains(secret), "{tamed}");
        }
        for kept in ["# ours", "contoso.token", "proxy:8080", "siem.example"] {
            assert!(tamed.contains(kept), "{tamed}");
        }
    }

    #[test]
    fn an_archive_is_one_that_others_read() {
        let files = [
            ("status.json".to_owned(), b"{}".to_vec()),
            ("log/siembox.log".to_owned(), Vec::new()),
        ];
        let bytes = archive(&files, 1_795_219_200_000).unwrap();
        let mut archive = tar::Archive::new(bytes.as_slice());
        let names = archive
            .entries()
            .unwrap()
            .map(|entry| entry.unwrap().path().unwrap().display().to_string());
        assert_eq!(
            names.collect::<Vec<_>>(),
            [
                "siembox-support/status.json",
                "siembox-support/log/siembox.log"
            ]
        );
    }
}
