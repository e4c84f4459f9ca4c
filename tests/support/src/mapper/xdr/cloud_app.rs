//! A row of `CloudAppEvents` (successors §7).

use serde_json::Value;

use super::{ActivityLine, dynamic, first, label, number, objects, text, time};
use crate::mapper::Parts;

pub(super) fn parts(row: &Value) -> Parts {
    let list = dynamic(row, "ActivityObjects");
    let all = objects(&list);
    let action = text(row, "ActionType");
    let category = category(&action, &text(row, "ActivityType"));
    let head = match category {
        "UNSPECIFIED" if !action.is_empty() => action,
        _ => label(category),
    };
    let raw = dynamic(row, "RawEventData");
    let with_at = |text: String| {
        if text.contains('@') {
            text
        } else {
            String::new()
        }
    };
    let actor = all.iter().filter(|one| text(one, "Role") == "Actor");
    let actor = first(actor.map(|one| with_at(text(one, "Name"))));
    // the nameless too, and what is no object
    let items = list.as_array().into_iter().flatten();
    let names: Vec<String> = items.map(|one| text(one, "Name")).collect();
    let line = ActivityLine {
        category,
        time_ms: time(row, &["Timestamp"]).expect("a time"),
        id: text(row, "ReportId"),
        msg: head.clone() + &targets(row, &all, &head) + &parameters(&all),
        suser: first([
            with_at(text(row, "AccountId")),
            text(&raw, "UserId"),
            text(&raw, "MailboxOwnerUPN"),
            actor,
            text(row, "AccountDisplayName"),
            text(row, "AccountObjectId"),
        ]),
        app: (number(row, "ApplicationId"), text(row, "Application")),
        user_agent: text(row, "UserAgent"),
        objects: names.join(","),
        address: text(row, "IPAddress"),
    };
    line.parts()
}

fn category(action: &str, kind: &str) -> &'static str {
    match action.to_lowercase().as_str() {
        "filedownloaded" => "DOWNLOAD_FILE",
        "fileuploaded" => "UPLOAD_FILE",
        "logonsuccess" | "userloggedin" | "login" | "log on" => "LOGIN",
        "logonfailed" | "userloginfailed" => "FAILED_LOGIN",
        "reportview" | "view_report" => "VIEW_REPORT",
        "add_group_member" => "ADD_USER_TO_GROUP",
        _ if kind == "Run" => "RUN_COMMAND",
        _ => "UNSPECIFIED",
    }
}

/// `: file https://…, user ana@contoso.com`
fn targets(row: &Value, all: &[&Value], head: &str) -> String {
    let name = text(row, "ObjectName");
    let is_url = |text: &str| text.starts_with("https://") || text.starts_with("http://");
    let of_row = text(row, "ObjectId");
    let of_object = |one: &&&Value| {
        let own = (text(one, "Name"), text(one, "Id"));
        let says = match text(one, "Type").as_str() {
            "File" if is_url(&own.1) => own.1,
            "File" if is_url(&of_row) && (own.0.is_empty() || own.0 == name) => of_row.clone(),
            _ => own.0,
        };
        let word = first([
            text(one, "ServiceObjectType"),
            text(one, "Type").to_lowercase(),
        ]);
        (!says.is_empty()).then(|| format!("{word} {says}").trim().to_owned())
    };
    let targets = all
        .iter()
        .filter(|one| text(one, "Role") == "Target object");
    let mut said: Vec<String> = targets.filter_map(|one| of_object(&one)).collect();
    if said.is_empty() && !name.is_empty() {
        let kind = text(row, "ObjectType").to_lowercase();
        let says = if kind == "file" && is_url(&of_row) {
            of_row
        } else {
            name
        };
        said.push(format!("{kind} {says}").trim().to_owned());
    }
    if said.is_empty() {
        return String::new();
    }
    let mut text = format!(": {}", said[0]);
    for pair in said.windows(2) {
        // what comes into a group comes to it: consumers read the name behind "to group"
        let is_to = head.starts_with("Add ")
            && pair[0].starts_with("user ")
            && pair[1].starts_with("group ");
        text += if is_to { " to " } else { ", " };
        text += &pair[1];
    }
    text
}

/// `; Parameters: Identity ana@contoso.com, Session ID 7`
fn parameters(all: &[&Value]) -> String {
    let parameters = all.iter().filter(|one| text(one, "Role") == "Parameter");
    let said: Vec<String> = parameters
        .filter_map(|one| {
            let (name, value) = (text(one, "Name"), text(one, "Value"));
            let kind = first([text(one, "ServiceObjectType"), text(one, "Type")]);
            match (value.is_empty(), name.is_empty()) {
                (false, _) => Some(format!("{} {value}", first([name, kind]))),
                (true, false) => Some(format!("{kind} {name}")),
                (true, true) => None,
            }
        })
        .map(|said| said.trim().to_owned())
        .collect();
    match said.is_empty() {
        true => String::new(),
        false => format!("; Parameters: {}", said.join(", ")),
    }
}
