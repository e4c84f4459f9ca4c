//! `/setup/support`: the support bundle, one archive: settings without secrets, status, audit list,
//! the newest of the log.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::{Question, Reply, Setup};
use crate::foreign::without_secrets;
use crate::settings::edit::MAX_EXPORT_BYTES;
use crate::settings::{Secret, Settings};
use crate::{log, own_file, text_file};

/// Of a log this much of its end, bytes.
const LOG: u64 = 512 * 1024;

impl Setup {
    /// The archive.
    pub(super) fn support(&self, ask: Question) -> Reply {
        let text = text_file::read(&self.file, MAX_EXPORT_BYTES as u64);
        let settings = text.as_ref().ok().and_then(|text| {
            let loaded = Settings::read(text, &self.file, &self.given).ok()?;
            Some(loaded.settings)
        });
        let text = text.unwrap_or_else(|error| format!("# {error}\n"));
        // one that no agent has used yet may stand in a log of an earlier life
        settings.iter().for_each(Settings::know_files);
        let status = serde_json::to_string_pretty(&self.snapshot(ask)).unwrap_or_default();
        let mut files = vec![
            ("siembox.toml".to_owned(), tame(&text)),
            ("status.json".to_owned(), status),
            ("audit.txt".to_owned(), self.audit_text()),
        ];
        if let Some(folder) = settings.and_then(|settings| settings.logs_dir) {
            files.extend(newest(&folder));
        }
        self.note(ask, "support bundle downloaded");
        match archive(&files, ask.now_ms()) {
            Ok(bytes) => Reply::Download {
                name: "siembox-support.tar",
                bytes,
            },
            Err(error) => Reply::trouble("The support bundle failed", &error.to_string()),
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

/// The ends of the log's files: of those alone, whatever else lies in the folder.
fn newest(folder: &Path) -> Vec<(String, String)> {
    let end = |name: String| {
        let text = end_of(&folder.join(&name)).ok()?;
        Some((format!("log/{name}"), text))
    };
    log::names(log::NAME).filter_map(end).collect()
}

/// From the beginning of a line on.
fn end_of(path: &Path) -> std::io::Result<String> {
    let mut file = own_file::read(path)?;
    let before = file.metadata()?.len().saturating_sub(LOG);
    file.seek(SeekFrom::Start(before))?;
    let mut end = Vec::new();
    file.take(LOG).read_to_end(&mut end)?;
    let first = match before {
        0 => 0,
        _ => memchr::memchr(b'\n', &end).map_or(end.len(), |at| at + 1),
    };
    Ok(String::from_utf8_lossy(&end[first..]).into_owned())
}

/// Each text without our secrets, whatever brought them in.
fn archive(files: &[(String, String)], now_ms: i64) -> std::io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, text) in files {
        let text = without_secrets(text);
        let bytes = text.as_bytes();
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(u64::try_from(now_ms / 1000).unwrap_or_default());
        archive.append_data(&mut header, format!("siembox-support/{name}"), bytes)?;
    }
    archive.into_inner()
}

/// The settings' text. It names files of secrets and holds none, where it is right; but it may be
/// wrong, and is sent to strangers.
fn tame(text: &str) -> String {
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
        let tamed = tame(&text);
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
            ("status.json".to_owned(), "{}".to_owned()),
            ("log/siembox.log".to_owned(), String::new()),
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

    #[test]
    fn the_log_and_its_followers_go_in_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let token = "tokenOfTheSupportBundle0123456789";
        crate::foreign::know(token);
        for name in [
            "siembox.log",
            "siembox.log.1",
            "siembox.log.99",
            "siembox.log.100",
            "siembox.log.1.gz",
            "siembox.toml",
            "siembox.token",
            "my-siembox.log",
        ] {
            std::fs::write(at(name), format!("{name} said {token}\n")).unwrap();
        }
        std::os::unix::fs::symlink(at("siembox.token"), at("siembox.log.2")).unwrap();
        std::fs::create_dir(at("siembox.log.3")).unwrap();
        let files = newest(folder.path());
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["log/siembox.log", "log/siembox.log.1", "log/siembox.log.99"]
        );
        let bytes = archive(&files, 0).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(token), "{text}");
        assert!(text.contains("siembox.log said (removed)"), "{text}");
    }

    #[test]
    fn of_a_long_log_the_end_goes_in_from_a_whole_line_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("siembox.log");
        let lines: String = (0..60_000).map(|n| format!("line {n:06}\n")).collect();
        std::fs::write(&path, &lines).unwrap();
        let end = end_of(&path).unwrap();
        assert!(lines.ends_with(&end) && end.starts_with("line "));
        assert!(end.len() as u64 > LOG - 20 && end.len() as u64 <= LOG);
    }
}
