//! Who and what appears in drawn records: people, apps, places, programs. All invented, addresses
//! from the documentation ranges.

use crate::dice::Dice;

/// Number of the tenant, as it stands in front of many ids.
pub const TENANT_NUMBER: i64 = 88_401_377;
/// The tenant in Entra.
pub const TENANT_GUID: &str = "0c4f1b7e-52aa-4d0c-9c1d-7a3a5f0e6b21";
/// Address of the tenant's portal, as it stands in alerts.
pub const PORTAL: &str = "https://contoso.portal.cloudappsecurity.com";

/// A member of the cast.
#[derive(Debug)]
pub struct Person {
    /// Display name.
    pub name: &'static str,
    /// User principal name.
    pub upn: &'static str,
    /// Object id in Entra.
    pub guid: &'static str,
}

const fn person(name: &'static str, upn: &'static str, guid: &'static str) -> Person {
    Person { name, upn, guid }
}

/// Who does things.
pub static PEOPLE: &[Person] = &[
    person(
        "Ada Brandt",
        "ada.brandt@contoso.com",
        "11f0a1c2-0001-4a10-8f00-00000000a001",
    ),
    person(
        "Bilal Okoye",
        "bilal.okoye@contoso.com",
        "11f0a1c2-0002-4a10-8f00-00000000a002",
    ),
    person(
        "Chiara O'Neil",
        "chiara.o'neil@contoso.com",
        "11f0a1c2-0003-4a10-8f00-00000000a003",
    ),
    person(
        "Dmitri Wójcik",
        "dmitri.wojcik@contoso.com",
        "11f0a1c2-0004-4a10-8f00-00000000a004",
    ),
    person(
        "Élise Müller-Ørsted",
        "elise.mueller@contoso.com",
        "11f0a1c2-0005-4a10-8f00-00000000a005",
    ),
    person(
        "山田 花子",
        "hanako.yamada@contoso.com",
        "11f0a1c2-0006-4a10-8f00-00000000a006",
    ),
    person(
        "王小明",
        "xiaoming.wang@contoso.com",
        "11f0a1c2-0007-4a10-8f00-00000000a007",
    ),
    person(
        "김민준",
        "minjun.kim@contoso.com",
        "11f0a1c2-0008-4a10-8f00-00000000a008",
    ),
    person(
        "Farid \"Fred\" Haddad",
        "farid.haddad@contoso.com",
        "11f0a1c2-0009-4a10-8f00-00000000a009",
    ),
    person(
        "Gwen Lindqvist",
        "gwen_fabrikam.com#EXT#@contoso.onmicrosoft.com",
        "11f0a1c2-000a-4a10-8f00-00000000a00a",
    ),
    person(
        "Hugo Santos",
        "hugo.santos@contoso.com",
        "11f0a1c2-000b-4a10-8f00-00000000a00b",
    ),
    person(
        "svc-backup",
        "svc-backup",
        "11f0a1c2-000c-4a10-8f00-00000000a00c",
    ),
];

/// A place log-ons come from: country, city, provider.
pub type Place = (&'static str, &'static str, &'static str);

/// Where people are.
pub static PLACES: &[Place] = &[
    ("DE", "Köln", "Rheinfunk GmbH"),
    ("US", "Redmond", "Evergreen Fiber"),
    ("JP", "東京", "Sakura Net"),
    ("BR", "São Paulo", "Telefônica Verde"),
    ("IL", "Haifa", "Carmel Cable"),
    ("GB", "Leeds", "Aire & Calder Broadband"),
];

/// What people look out of: user agent, family, operating system, kind of device.
pub type Agent = (&'static str, &'static str, &'static str, &'static str);

/// What they look out of.
pub static AGENTS: &[Agent] = &[
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
        "CHROME",
        "windows",
        "DESKTOP",
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
        "SAFARI",
        "mac_os",
        "DESKTOP",
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
        "MOBILE_SAFARI",
        "ios",
        "MOBILE",
    ),
    (";Windows 10;Edge 126.0;", "EDGE", "windows", "DESKTOP"),
    (
        "OneDriveMpc-Transform_Thumbnail/1.0",
        "MICROSOFT_ONEDRIVE_FOR_BUSINESS",
        "OTHER",
        "OTHER",
    ),
    (
        "Client=REST;Client=RESTSystem;;",
        "UNKNOWN",
        "OTHER",
        "OTHER",
    ),
];

/// Files, one with markup, one with a quote and an equals sign, one in Japanese.
pub static FILES: &[&str] = &[
    "Budget 2026.xlsx",
    "Q3 & Q4 <draft>.docx",
    "offer \"final\" v=2.pdf",
    "議事録.docx",
    "image (2).png",
    "C:\\export|all.csv",
];

/// Domain controllers and clients of the Active Directory.
pub static COMPUTERS: &[&str] = &["DC01", "DC02", "CLIENT-017", "CLIENT-233", "SRV-FILES"];

/// An address of the documentation ranges: two of three IPv4, the others IPv6, some of them
/// uncompressed.
pub fn address(dice: &mut Dice) -> String {
    let low = dice.below(254) + 1;
    match dice.below(6) {
        0 | 1 => format!("198.51.100.{low}"),
        2 => format!("203.0.113.{low}"),
        3 => format!("192.0.2.{low}"),
        4 => format!("2001:db8:{:x}::{low:x}", dice.below(0xffff)),
        _ => format!("2001:db8:{:x}:0:0:0:0:{low:x}", dice.below(0xffff) + 1),
    }
}
