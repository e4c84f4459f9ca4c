//! How messages of the streaming API are written.

use serde_json::{Value, json};

use super::export::Body;
use crate::dice::Dice;
use crate::records::xdr::{Ticks, member};

const TENANT: &str = "11111111-2222-4333-8444-555555555555";

/// A record around a row. The order of its members varies, some come and go, and its own time is
/// later than the row's.
pub(super) fn envelope(dice: &mut Dice, table: &str, row: &Value) -> String {
    let at = member(row, "Timestamp").and_then(Value::as_str);
    let at = at.and_then(Ticks::parse).map_or(0, Ticks::ms);
    let later = |dice: &mut Dice, most| {
        let by = i64::try_from(dice.below(most)).unwrap_or(0);
        Ticks::of_ms(at + by).to_string()
    };
    let mut members = vec![
        ("time", json!(later(dice, 400_000))),
        ("tenantId", json!(TENANT)),
        ("operationName", json!("Publish")),
        ("category", json!(format!("AdvancedHunting-{table}"))),
        ("properties", row.clone()),
    ];
    if dice.percent(70) {
        members.push(("_TimeReceivedBySvc", json!(later(dice, 60_000))));
    }
    if dice.percent(80) {
        members.push(("Tenant", json!("DefaultTenant")));
    }
    dice.shuffle(&mut members);
    let members = members.into_iter();
    let members: Vec<String> = members
        .map(|(key, value)| format!("\"{key}\":{value}"))
        .collect();
    format!("{{{}}}", members.join(","))
}

/// The `n`-th way in which a message is none.
pub(super) fn poison(n: usize) -> Body {
    let text = match n % 7 {
        0 => r#"{"records":[{"time":"2026-11-10T10:33:41Z","category":"AdvancedHun"#,
        1 => return Body::Bytes(b"{\"records\":[\"\xff\xfe\"]}".to_vec()),
        2 => r#"{"records":{"category":"AdvancedHunting-CloudAppEvents"}}"#,
        3 => r#"{"value":[]}"#,
        4 => "",
        5 => r#"{"records":[{"properties":{"ReportId":"1","Timestamp":"2026-11-10T10:31:00Z"}}]}"#,
        _ => {
            r#"{"records":[{"category":"AdvancedHunting-CloudAppEvents","properties":{"ReportId":"7"}}]}"#
        }
    };
    Body::Text(text.to_owned())
}
