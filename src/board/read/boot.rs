//! How the board starts its kernel.

use super::kinds::{number, relative_path, required, some_text, word};
use crate::board::profile::{Boot, Part, UBoot};
use crate::settings::Section;

const METHODS: [(&str, Method); 3] = [
    ("uefi", Method::Uefi),
    ("raspberry-pi", Method::RaspberryPi),
    ("u-boot", Method::UBoot),
];
/// The first partition begins at 16 MiB; a piece of U-Boot begins before it.
const LAST_SECTOR: i64 = (16 << 20) / 512 - 1;

#[derive(Clone, Copy)]
enum Method {
    Uefi,
    RaspberryPi,
    UBoot,
}

/// `[boot]`
pub fn boot(section: Section) -> Option<Boot> {
    let method = word(&section, "method", &METHODS);
    let written = section.has("u_boot");
    let u_boot = written.then(|| u_boot(section.table("u_boot"))).flatten();
    let is_u_boot = matches!(method, Some(Method::UBoot));
    if method.is_some() && written != is_u_boot {
        let text = if written { "found a table" } else { "missing" };
        section.refuse(
            "u_boot",
            &format!("{text}; allowed: only with method = \"u-boot\", and required there"),
        );
    }
    section.close();
    Some(match method? {
        Method::Uefi => Boot::Uefi,
        Method::RaspberryPi => Boot::RaspberryPi,
        Method::UBoot => Boot::UBoot(u_boot?),
    })
}

fn u_boot(section: Section) -> Option<UBoot> {
    let package = required(&section, "package", some_text);
    let each = section.tables("parts").into_iter().filter_map(|section| {
        let file = required(&section, "file", relative_path);
        // the table of partitions is before it
        let sector = number(&section, "sector", 1..=LAST_SECTOR);
        section.close();
        Some(Part {
            file: file?,
            sector: sector?,
        })
    });
    let parts: Vec<Part> = each.collect();
    if parts.is_empty() && !section.failed("parts") {
        section.refuse(
            "parts",
            "found none; allowed: at least one { file = \"…\", sector = … }",
        );
    }
    section.close();
    Some(UBoot {
        package: package?,
        parts,
    })
}
