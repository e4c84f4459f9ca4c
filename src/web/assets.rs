//! Style, script and logo of the pages, in the binary. Their addresses carry a version made of
//! their content, so that a browser asks for each once, and for a new one at once.

use std::sync::LazyLock;

use super::page::{Keep, Page, tag};

macro_rules! asset {
    ($name:literal, $media:literal) => {
        LazyLock::new(|| Asset {
            path: concat!("/", $name),
            media: $media,
            content: include_str!($name),
            version: tag(include_bytes!($name)),
        })
    };
}

/// A file in the binary.
pub(super) struct Asset {
    path: &'static str,
    media: &'static str,
    content: &'static str,
    version: String,
}

/// Looks of all pages.
pub(super) static STYLE: LazyLock<Asset> = asset!("siembox.css", "text/css; charset=utf-8");
/// Keeps the status fresh.
pub(super) static SCRIPT: LazyLock<Asset> = asset!("siembox.js", "text/javascript; charset=utf-8");
/// Follows what runs on the set-up's pages.
pub(super) static DESK: LazyLock<Asset> = asset!("setup.js", "text/javascript; charset=utf-8");
/// The logo mark.
pub(super) static LOGO: LazyLock<Asset> = asset!("siembox.svg", "image/svg+xml");
/// What `/status.json` looks like.
pub(super) static SCHEMA: LazyLock<Asset> = asset!("status.schema.json", "application/schema+json");

/// Where browsers ask for the mark of a page that names none, as a text of the manual is.
const FAVICON: &str = "/favicon.ico";

/// The asset at this path.
pub(super) fn at(path: &str) -> Option<&'static Asset> {
    if path == FAVICON {
        return Some(&LOGO);
    }
    let all: [&'static Asset; 5] = [&STYLE, &SCRIPT, &DESK, &LOGO, &SCHEMA];
    all.into_iter().find(|asset| asset.path == path)
}

impl Asset {
    /// Its address with its version.
    pub(super) fn address(&self) -> String {
        format!("{}?v={}", self.path, self.version)
    }

    /// The page of it; kept for ever only where the version was asked for that it has.
    pub(super) fn page(&self, query: &str) -> Page {
        let keep = match query.strip_prefix("v=") {
            Some(version) if version == self.version => Keep::ForEver,
            _ => Keep::IfSame,
        };
        Page::new(self.media, self.content.as_bytes()).kept(keep)
    }
}
