//! An alert of Graph (successors §2.3, §2.4).

use serde_json::Value;

use super::{
    AlertLine, App, Times, dynamic, first, names, number, objects, once, or_kind, text, time,
};
use crate::mapper::{Looks, Parts, text as texts};
use crate::records::xdr::member;

/// `informational` and the rest, as the old numbers.
pub(super) fn severity(word: &str) -> u8 {
    match word {
        "informational" => 0,
        "medium" => 6,
        "high" => 9,
        // decided: what is not known is low
        _ => 3,
    }
}

pub(super) fn parts(record: &Value, looks: &Looks) -> Parts {
    let id = text(record, "id");
    let made = time(record, &["createdDateTime", "lastUpdateDateTime"]).expect("a time");
    let rt = match looks.is_update {
        true => time(record, &["lastUpdateDateTime"]).unwrap_or(made),
        false => made,
    };
    let start = time(record, &["firstActivityDateTime"]);
    let end = time(record, &["lastActivityDateTime"]);
    let title = text(record, "title");
    let policy = text(record, "alertPolicyId");
    let categories = dynamic(record, "categories");
    let category = categories
        .get(0)
        .and_then(Value::as_str)
        .unwrap_or_default();
    let kind = names::of_detector(&text(record, "detectorId"))
        .or_else(|| names::by_title(&title))
        .or_else(|| (!policy.is_empty()).then(|| "ALERT_CABINET_EVENT_MATCH_AUDIT".to_owned()));
    let kind = kind.unwrap_or_else(|| {
        names::of_words(&first([text(record, "category"), category.to_owned()]))
    });
    let all = dynamic(record, "evidence");
    let url = first([
        text(record, "alertWebUrl"),
        format!("https://security.microsoft.com/alerts/{id}"),
    ]);
    let line = AlertLine {
        id: legacy(&id),
        msg: texts::of_html(&text(record, "description")),
        suser: users(&all).join(","),
        apps: apps(&all),
        url,
        policy,
        addresses: addresses(&all),
    };
    Parts {
        time_ms: rt,
        name: or_kind(title, &kind),
        id: kind,
        severity: severity(&text(record, "severity")),
        pairs: line.pairs(&Times::of(rt, start, end, made)),
    }
}

/// The id under which the old API knows it: without `ca`, where 24 hexadecimal digits follow.
fn legacy(id: &str) -> String {
    let old = id
        .strip_prefix("ca")
        .filter(|rest| rest.len() == 24 && rest.chars().all(|digit| digit.is_ascii_hexdigit()));
    old.unwrap_or(id).to_owned()
}

/// The evidence of a type, with those first that have one of these roles.
fn of_type<'e>(all: &'e Value, kind: &str, roles: &[&str]) -> Vec<&'e Value> {
    let kind = format!("#microsoft.graph.security.{kind}");
    let mut found = objects(all);
    found.retain(|one| text(one, "@odata.type") == kind);
    found.sort_by_key(|one| {
        let has = member(one, "roles").and_then(Value::as_array);
        let mut has = has.into_iter().flatten().filter_map(Value::as_str);
        !has.any(|role| roles.contains(&role))
    });
    found
}

fn users(all: &Value) -> Vec<String> {
    let mut users: Vec<String> = Vec::new();
    for one in of_type(all, "userEvidence", &["compromised", "policyViolator"]) {
        let account = &one["userAccount"];
        let (domain, name) = (text(account, "domainName"), text(account, "accountName"));
        let with_domain = match domain.is_empty() || name.is_empty() {
            true => name,
            false => format!("{domain}\\{name}"),
        };
        users.push(first([
            text(account, "userPrincipalName"),
            text(account, "displayName"),
            with_domain,
        ]));
    }
    users.retain(|user| !user.is_empty());
    if users.is_empty() {
        let mailboxes = of_type(all, "mailboxEvidence", &[]).into_iter();
        users = mailboxes
            .map(|one| first(["upn", "primaryAddress", "displayName"].map(|key| text(one, key))))
            .filter(|user| !user.is_empty())
            .collect();
    }
    let mut once: Vec<String> = Vec::new();
    users.retain(|user| {
        let is_new = !once.contains(user);
        once.push(user.clone());
        is_new
    });
    users
}

fn apps(all: &Value) -> Vec<App> {
    let cloud = of_type(all, "cloudApplicationEvidence", &[]);
    let cloud = once(cloud.into_iter().map(|one| {
        let id = number(one, "saasAppId").or(number(one, "appId"));
        (id, text(one, "displayName"))
    }));
    // one of which nothing is said stands for none
    if (cloud.iter()).any(|(number, title)| number.is_some() || !title.is_empty()) {
        return cloud;
    }
    let oauth = of_type(all, "oauthApplicationEvidence", &[]);
    once(
        oauth
            .into_iter()
            .map(|one| (None, text(one, "displayName"))),
    )
}

fn addresses(all: &Value) -> Vec<String> {
    let found = of_type(all, "ipEvidence", &["attacker", "source"]);
    found
        .into_iter()
        .map(|one| text(one, "ipAddress"))
        .collect()
}
