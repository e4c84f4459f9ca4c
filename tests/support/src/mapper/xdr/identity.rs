//! A row of the three Identity tables (successors §7).

use serde_json::Value;

use super::{ActivityLine, dynamic, first, label, text, time};
use crate::mapper::Parts;
use crate::records::xdr::List;

pub(super) fn parts(list: List, row: &Value) -> Parts {
    let action = text(row, "ActionType");
    let category = match (list, action.as_str()) {
        (List::IdentityQueryEvents, _) => "RUN_COMMAND",
        (List::IdentityLogonEvents, "LogonSuccess") => "LOGIN",
        (List::IdentityLogonEvents, "LogonFailed") => "FAILED_LOGIN",
        _ => "UNSPECIFIED",
    };
    let msg = match category {
        "RUN_COMMAND" => query(row, &action),
        "FAILED_LOGIN" => failure(row),
        "UNSPECIFIED" => change(row, first([action, label(category)])),
        _ => label(category),
    };
    let suser = account(row);
    let app = text(row, "Application");
    let number = match app.as_str() {
        "Active Directory" => Some(20_940),
        "Microsoft 365" | "Office 365" => Some(11_161),
        _ => None,
    };
    let line = ActivityLine {
        category,
        time_ms: time(row, &["Timestamp"]).expect("a time"),
        id: text(row, "ReportId"),
        msg,
        objects: concerned(row, &suser),
        suser,
        app: (number, app),
        user_agent: String::new(),
        address: text(row, "IPAddress"),
    };
    line.parts()
}

fn account(row: &Value) -> String {
    let (name, domain) = (text(row, "AccountName"), text(row, "AccountDomain"));
    let with_domain = match name.is_empty() || domain.is_empty() {
        true => String::new(),
        false => format!("{name}@{domain}"),
    };
    first([
        text(row, "AccountUpn"),
        with_domain,
        text(row, "AccountDisplayName"),
        name,
        text(row, "AccountObjectId"),
    ])
}

fn failure(row: &Value) -> String {
    let label = label("FAILED_LOGIN");
    match text(row, "FailureReason") {
        reason if reason.is_empty() => label,
        reason => format!("{label} (Failure message: {reason})"),
    }
}

fn query(row: &Value, action: &str) -> String {
    let told = [
        ("Query type", "QueryType"),
        ("Query target", "QueryTarget"),
        ("Query", "Query"),
        ("Protocol", "Protocol"),
        ("Destination device", "DestinationDeviceName"),
    ];
    let told = told.map(|(word, key)| (word, text(row, key)));
    let told: Vec<String> = (told.iter())
        .filter(|(_, value)| !value.is_empty())
        .map(|(word, value)| format!("{word} {value}"))
        .collect();
    let head = format!("{}: task {action}", label("RUN_COMMAND"));
    match told.is_empty() {
        true => head,
        false => format!("{head}; Parameters: {}", told.join(", ")),
    }
}

fn change(row: &Value, action: String) -> String {
    let user = target(row);
    match (user.is_empty(), text(row, "TargetDeviceName")) {
        (false, _) => format!("{action}: user {user}"),
        (true, device) if device.is_empty() => action,
        (true, device) => format!("{action}: device {device}"),
    }
}

fn target(row: &Value) -> String {
    first(["TargetAccountUpn", "TargetAccountDisplayName"].map(|key| text(row, key)))
}

/// Whom and what it is about: families of keys in `AdditionalFields`, else the columns.
fn concerned(row: &Value, suser: &str) -> String {
    let fields = dynamic(row, "AdditionalFields");
    let fields = fields.as_object().cloned().unwrap_or_default();
    let mut said = Vec::new();
    for family in ["ACTOR.", "FROM.", "TO.", "ARG."] {
        let mut keys: Vec<&String> = fields.keys().filter(|k| k.starts_with(family)).collect();
        keys.sort();
        said.extend(
            keys.into_iter()
                .map(|key| crate::mapper::plain(&fields[key])),
        );
    }
    said.retain(|value| !value.is_empty());
    if said.is_empty() {
        let devices = ["TargetDeviceName", "DestinationDeviceName", "DeviceName"];
        let device = first(devices.map(|key| text(row, key)));
        said = vec![suser.to_owned(), target(row), device];
        said.retain(|value| !value.is_empty());
    }
    said.join(",")
}
