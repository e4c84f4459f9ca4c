//! The receivers that the manual shows work: a real rsyslog and a real syslog-ng are started with
//! its files, except for port and path.

use std::path::Path;

use siembox::for_tests::sink::{Farewell, Protocol};
use siembox_support::receiver::{Receiver, rsyslog, syslog_ng};

use super::*;

/// The file with another port and path in the place of the shown ones. It names each once as a
/// setting.
fn placed(shown: &str, (shown_port, port): (&str, String), folder: &Path) -> String {
    let path = folder.join("lines").display().to_string();
    [(shown_port, port), ("/var/log/siembox.cef", path)]
        .into_iter()
        .fold(shown.to_owned(), |text, (shown, placed)| {
            assert_eq!(text.matches(shown).count(), 1, "{shown} in {text}");
            text.replace(shown, &placed)
        })
}

/// What the receiver writes of the lines, by what it does to each.
fn arrive(receiver: Receiver, protocol: Protocol, written: fn(&str) -> String) {
    story(async move {
        let sent = lines(1000);
        let farewell = deliver(&target(receiver.port(), protocol), &sent).await;
        assert_eq!(farewell.unwrap(), Farewell::Confirmed);
        let expected: Vec<String> = sent.iter().map(|line| written(line)).collect();
        same(&receiver.wait_for(expected.len()), &expected);
    });
}

/// rsyslog's `%rawmsg-after-pri%`, with control characters escaped as its parser does by default.
fn after_pri(line: &str) -> String {
    let (_, rest) = line.split_once('>').unwrap();
    rest.replace('\t', "#011")
}

#[test]
fn rsyslog_over_tcp() {
    let shown = include_str!("../../image/manual/receivers/rsyslog.conf");
    let receiver = rsyslog::configured(|folder, port| {
        placed(
            shown,
            (r#"port="514""#, format!(r#"port="{port}""#)),
            folder,
        )
    });
    arrive(receiver, PLAIN, after_pri);
}

#[test]
fn rsyslog_over_relp() {
    let shown = include_str!("../../image/manual/receivers/rsyslog-relp.conf");
    let receiver = rsyslog::configured(|folder, port| {
        placed(
            shown,
            (r#"port="2514""#, format!(r#"port="{port}""#)),
            folder,
        )
    });
    arrive(receiver, Protocol::Relp { trust: None }, after_pri);
}

#[test]
fn syslog_ng_over_tcp() {
    let shown = include_str!("../../image/manual/receivers/syslog-ng.conf");
    let receiver = syslog_ng::configured(|folder, port| {
        placed(shown, ("port(514)", format!("port({port})")), folder)
    });
    arrive(receiver, PLAIN, str::to_owned);
}
