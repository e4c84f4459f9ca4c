//! The others, each as its handbook says it is done, and as fast as settings make it.

use std::io;
use std::process::Command;

use siembox_support::receiver::syslog_ng;

use super::contest::{Ground, Row, Run};

/// With a flush of the disk for each message it would take hours: so many times fewer.
const SYNCED_FEWER: u64 = 40;

pub const ALL: [(&str, Run); 6] = [
    ("rsyslog, no disk", |ground, name| {
        rsyslog(ground, name, ground.load.records, "")
    }),
    ("rsyslog, disk queue", |ground, name| {
        rsyslog(
            ground,
            name,
            ground.load.records,
            r#"queue.type="Disk" queue.filename="q""#,
        )
    }),
    ("rsyslog, disk queue, sync", |ground, name| {
        rsyslog(
            ground,
            name,
            (ground.load.records / SYNCED_FEWER).max(1),
            r#"queue.type="Disk" queue.filename="q" queue.syncQueueFiles="on" queue.checkpointInterval="1""#,
        )
    }),
    ("syslog-ng, no disk", |ground, name| {
        syslog_ng(ground, name, "")
    }),
    ("syslog-ng, disk-buffer reliable", |ground, name| {
        let folder =
            "disk-buffer(reliable(yes) mem-buf-size(64M) disk-buf-size(8G) dir(\"FOLDER\"))";
        syslog_ng(ground, name, folder)
    }),
    ("Python 3, own spool", |ground, name| {
        ground.feed(name, ground.load.records, |room, port, siem| {
            let mut command = Command::new("python3");
            command
                .arg(concat!(
                    env!("CARGO_MANIFEST_DIR"),
                    "/tests/bench/beside/spool.py"
                ))
                .args([port.to_string(), siem.to_string()])
                .arg(room.join("spool"));
            Ok(command)
        })
    }),
];

/// The fields of a record, with the text before each, as they stand in a line.
const FIELDS: [(&str, &str); 14] = [
    ("<109>", ""),
    (" bench CEF:0|MCAS|SIEM_Agent|0.207.251|", "eventTypeName"),
    ("|", "description_metadata event_category"),
    ("|0|externalId=", "_id"),
    (" start=", "timestamp"),
    (" end=", "timestamp"),
    (" msg=", "description"),
    (" suser=", "user userName"),
    (" destinationServiceName=", "appName"),
    (" dvc=", "device clientIP"),
    (" requestClientApplication=", "device userAgent"),
    (
        " cs1Label=portalURL cs1=https://contoso.portal.cloudappsecurity.com/#/audits?activity.id\\=eq(",
        "_id",
    ),
    (",) cs2Label=uniqueServiceAppIds cs2=APPID_", "appId"),
    (
        " cs3Label=targetObjects cs3=",
        "mainInfo prettyOperationName",
    ),
];

/// The queue stands before the mapping, so that a record is on disk before it is touched; `queue`
/// says which.
fn rsyslog(ground: &Ground, name: &'static str, events: u64, queue: &str) -> io::Result<Row> {
    let mut template = String::new();
    for (nth, (before, field)) in FIELDS.iter().enumerate() {
        template.push_str(&format!(
            "  constant(value=\"{}\")\n",
            before.replace('\\', "\\\\")
        ));
        match nth {
            0 => template.push_str("  property(name=\"timegenerated\" dateFormat=\"rfc3339\")\n"),
            _ => template.push_str(&format!(
                "  property(name=\"$!{}\" controlCharacters=\"escape\")\n",
                field.replace(' ', "!")
            )),
        }
    }
    ground.feed(name, events, |room, port, siem| {
        let (folder, conf) = (room.display(), room.join("conf"));
        std::fs::write(
            &conf,
            format!(
                r#"global(workDirectory="{folder}" maxMessageSize="64k" net.enableDNS="off" processInternalMessages="off"
       parser.escapeControlCharactersOnReceive="off")
module(load="imtcp")
module(load="mmjsonparse")
template(name="cef" type="list") {{
{template}  constant(value=" c6a1Label=\"Device IPv6 Address\" c6a1=\n")
}}
ruleset(name="all" {queue} queue.size="500000" queue.dequeueBatchSize="1024" queue.maxDiskSpace="16g" queue.maxFileSize="64m") {{
    action(type="mmjsonparse" cookie="" useRawMsg="on")
    action(type="omfwd" target="127.0.0.1" port="{siem}" protocol="tcp" template="cef" action.resumeRetryCount="-1")
}}
input(type="imtcp" address="127.0.0.1" port="{port}" ruleset="all")
"#
            ),
        )?;
        let mut command = Command::new("/usr/sbin/rsyslogd");
        command.arg("-n").arg("-f").arg(conf).arg("-i").arg(room.join("pid"));
        Ok(command)
    })
}

fn syslog_ng(ground: &Ground, name: &'static str, buffer: &str) -> io::Result<Row> {
    let mut template = String::new();
    for (nth, (before, field)) in FIELDS.iter().enumerate() {
        template.push_str(&before.replace('\\', "\\\\\\\\"));
        match nth {
            0 => template.push_str("${R_ISODATE}"),
            _ => template.push_str(&format!("${{.j.{}}}", field.replace(' ', "."))),
        }
    }
    ground.feed(name, ground.load.records, |room, port, siem| {
        let buffer = buffer.replace("FOLDER", &room.display().to_string());
        let conf = format!(
            r#"@version: 3.35
@module afsocket
@module basicfuncs
@module syslogformat
@module json-plugin
@module disk-buffer
options {{ threaded(yes); log-msg-size(65536); stats-freq(0); use-dns(no); keep-hostname(yes); create-dirs(no); }};
source records {{ network(ip("127.0.0.1") port({port}) transport("tcp") flags(no-parse) log-fetch-limit(1000) log-iw-size(20000)); }};
parser json {{ json-parser(prefix(".j.")); }};
destination siem {{
    network("127.0.0.1" port({siem}) transport("tcp") flush-lines(100) flags(no-multi-line) log-fifo-size(50000) {buffer}
            template("{template} c6a1Label=\"Device IPv6 Address\" c6a1=\n"));
}};
log {{ source(records); parser(json); destination(siem); flags(flow-control); }};
"#
        );
        std::fs::write(room.join("conf"), conf)?;
        Ok(syslog_ng::command(room))
    })
}
