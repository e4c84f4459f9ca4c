//! Writes what the fuzzer begins with, `corpus/*/seed-*`, all of it made up. To be run again when a
//! format changes:
//!
//! ```sh
//! cargo test --package siembox-fuzz --test seeds -- --ignored
//! ```

use std::path::Path;

use siembox::for_tests::lines::Lines;
use siembox::for_tests::settings::EXAMPLE;
use siembox::for_tests::spool::DeadLetter;
use siembox::for_tests::spool::fuzzing::{self, Codec};
use siembox_fuzz::TARGETS;
use siembox_support::records::{one_activity, one_alert};

const NOW_MS: i64 = 1_795_219_000_000;

#[test]
#[ignore = "writes into the tree"]
fn write() {
    for (target, _) in TARGETS {
        let seeds = match target {
            "page" => pages(),
            "record" => records(),
            "settings" => settings(),
            "spool" => flash(),
            "http" => answers(),
            "relp" => receipts(),
            other => panic!("no seeds for {other}"),
        };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("corpus")
            .join(target);
        std::fs::create_dir_all(&folder).expect("a folder");
        for entry in std::fs::read_dir(&folder).expect("the corpus") {
            let path = entry.expect("an entry").path();
            if path
                .file_name()
                .is_some_and(|name| name.as_encoded_bytes().starts_with(b"seed-"))
            {
                std::fs::remove_file(path).expect("an old seed");
            }
        }
        for (nth, seed) in seeds.iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{nth:02}")), seed).expect("a new seed");
        }
    }
}

/// As the API gives them, and small ones that leave room for change.
fn record_texts() -> Vec<String> {
    let small = [
        r#"{"_id":"1","timestamp":1704103200000}"#,
        r#"{"_id":"2","timestamp":"1704103200001","created":1704103200002,"appId":20893,"appName":"Microsoft Exchange Online","eventTypeName":"EVENT_CATEGORY_LOGIN","description":"<b>Log&nbsp;on</b> &amp;#61; a=b\\c|d","user":{"userName":"ann@contoso.com"},"device":{"clientIP":"192.0.2.1","userAgent":"a=b"},"mainInfo":{"eventObjects":[{"name":"x=y"},{"name":null},{}]}}"#,
        r#"{"uid":"3","timestampRaw":1704103200000.0,"saasId":"11161","description_metadata":{"event_category":"Log on"},"failedUserData":{"userName":"\ud83d"},"device":{"clientIP":"2001:db8::1"}}"#,
        r#"{"_id":"a","timestamp":1704103200000,"title":"t | \\ =","description":"","severityValue":3,"idValue":15728641,"threatScore":"7","URL":"https://contoso.portal.cloudappsecurity.com/#/alerts/a","audits":["b","c"],"entities":[{"type":"user","id":"u"},{"type":"ip","id":"192.0.2.1"},{"type":"service","id":20893,"label":"Exchange"},{"type":"policyRule","id":"p","label":"P"}]}"#,
        r#"{"_id":"b","timestamp":1704103200000,"x":tru,"title":"broken"}"#,
    ];
    let drawn = (0..2).flat_map(|n| {
        [
            one_activity(7, n, NOW_MS).json(),
            one_alert(7, n, NOW_MS).json(),
        ]
    });
    small.map(str::to_owned).into_iter().chain(drawn).collect()
}

fn records() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = record_texts()
        .iter()
        .map(|text| behind(b'r', text))
        .collect();
    let texts = [
        "id",
        "a message = \\ | \r\n end ",
        "CATEGORY",
        "label",
        "agent",
        "o1",
        "",
        "o3=",
        "u",
        "v",
        "app",
        "app 2",
        "p",
        "q",
    ];
    for mode in [1_u8, 5, 0x2f, 0xf5] {
        seeds.push(behind(mode, &texts.join("\u{1f}")));
    }
    seeds
}

fn pages() -> Vec<Vec<u8>> {
    let records = record_texts();
    let list = |records: &[String]| records.join(",");
    let page = |data: &str, rest: &str| format!(r#"{{"data":[{data}]{rest}}}"#);
    let small = |nth: i64| format!(r#"{{"_id":"{nth}","timestamp":{}}}"#, NOW_MS + nth);
    let small: Vec<String> = (0..9).map(small).collect();
    let more = r#","hasNext":true,"total":9,"nextQueryFilters":{"created":{"gte":1}}"#;
    let seeds = [
        page("", ""),
        page(&list(&small[..3]), r#","hasNext":false,"total":3"#),
        page(&list(&records[..5]), r#","hasNext":true,"total":"12""#),
        [
            page(&list(&small[..3]), more),
            page(&list(&small[2..6]), r#","hasNext":true"#),
            page("", r#","hasNext":true,"total":9"#),
        ]
        .join("\0"),
        [page(&list(&small), more), page(&list(&small), more)].join("\0"),
        page(&small[7], &format!("{more},\"data\":[]")),
        r#"{"total":3,"data":[{"_id":"a"},{"_id":"b","x":tru},{"_id":"]c\"}"}],"hasNext":true}"#
            .to_owned(),
        r#"{"filters":[{"error":"x is not valid","errorMessageCode":"C"}],"error":true}"#
            .to_owned(),
        r#"{"detail":"Request was throttled. Expected available in 17 seconds."}"#.to_owned(),
        "<html>log on</html>".to_owned(),
        // texts that end with a block of 64 bytes, and brackets and quotes in them
        page(
            &format!(
                r#"{{"_id":"{}\\","x":"\"]}}"}},{{"_id":"\\\\"}}"#,
                "a".repeat(45)
            ),
            "",
        ),
    ];
    (0_u8..)
        .zip(&seeds)
        .map(|(nth, text)| behind(nth, text))
        .collect()
}

fn settings() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../settings");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("tests/settings")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let text = |path: &_| std::fs::read_to_string(path).expect("a text");
    // the comments of the example are most of it
    let example = EXAMPLE
        .lines()
        .filter(|line| !line.trim_start().starts_with("# "));
    let example: Vec<&str> = example.collect();
    let mut seeds = vec![
        example.join("\n").into_bytes(),
        example.join("\n").replace("\n#", "\n").into_bytes(),
    ];
    seeds.extend(files.iter().map(|path| {
        let file = text(path);
        let lines: Vec<&str> = file
            .lines()
            .filter(|line| !line.starts_with("#? "))
            .collect();
        lines.join("\n").into_bytes()
    }));
    seeds
}

fn flash() -> Vec<Vec<u8>> {
    let mut lines = Lines::default();
    for text in [
        "CEF:0|MCAS|SIEM_Agent|0.298.168|",
        "",
        "ü",
        "CEF:0|MCAS|SIEM_Agent|0.298.168|",
    ] {
        lines.push(text);
    }
    let aside = DeadLetter {
        id: "id".into(),
        reason: "the record has no id".into(),
        at_ms: 5,
        bytes: b"{}".to_vec(),
    };
    let whole = [
        fuzzing::batch(1, 2, 3, &lines).expect("zstd"),
        fuzzing::set_aside(1, None, &aside).expect("zstd"),
        Codec::Seen.seal(
            3,
            &[
                0, 255, 255, 255, 255, 1, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 7, 7,
            ],
        ),
        Codec::State.seal(3, &[0; 128]),
        Codec::Progress.seal(3, &[0; 32]),
        fuzzing::pieces(b"a short record").remove(0),
    ];
    let mut seeds: Vec<Vec<u8>> = whole
        .iter()
        .map(|bytes| [&[0], &**bytes].concat())
        .collect();
    for (nth, bytes) in (0_u8..).zip(&whole[..5]) {
        let (_, body) = fuzzing::body(bytes).expect("whole");
        seeds.push([&[nth << 2 | 1], body].concat());
    }
    // two lines of two bytes each, bare and with a number more for each
    seeds.push(b"\x02\x02\0\0\0\x02\0\0\0abcd".to_vec());
    seeds.push(b"\x02\x02\0\0\0\x02\0\0\0\x07\0\0\0\x07\0\0\0abcd".to_vec());
    seeds.push(
        [
            &b"\x0a\x05\0\0\0\0\0\0\0"[..],
            &[1, 0, 0, 0, b'i', 1, 0, 0, 0, b'r', 1, 0, 0, 0, b'b'],
        ]
        .concat(),
    );
    for text in ["", "one\ntwo\n\nthree", "CEF:0|a|b|c|d|e|0|f=g ü"] {
        seeds.push(behind(3, text));
    }
    seeds
}

fn answers() -> Vec<Vec<u8>> {
    let page = r#"{"data":[{"_id":"1","timestamp":1704103200000}],"hasNext":true,"nextQueryFilters":{"a":1}}"#;
    let length = page.len();
    let ok = "HTTP/1.1 200 OK\r\nDate: Sat, 21 Nov 2026 10:00:00 GMT\r\n";
    let plain = format!("{ok}Content-Length: {length}\r\n\r\n{page}");
    let chunked =
        format!("{ok}Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{page}\r\n0\r\n\r\n");
    let gzip = format!("{ok}Content-Encoding: gzip\r\n\r\n{page}");
    let tunnel = "HTTP/1.1 200 Connection established\r\n\r\n";
    let says = |status: &str, head: &str, body: &str| {
        format!(
            "HTTP/1.1 {status}\r\n{head}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let detail = |words: &str| format!(r#"{{"detail":"{words}"}}"#);
    let token = says(
        "200 OK",
        "",
        r#"{"access_token":"e30.eyJyb2xlcyI6WyJJbnZlc3RpZ2F0aW9uLnJlYWQiXX0.s","expires_in":3600}"#,
    );
    let others = "e30.eyJyb2xlcyI6WyJEaXNjb3ZlcnkucmVhZCJdfQ.s";
    let between = "\n\0\n";
    let seeds = [
        (0, [&*plain, &plain].concat()),
        (4, [&*chunked, &plain, &plain, &plain].concat()),
        (8, gzip.clone()),
        (1, [tunnel, &plain].concat()),
        (
            1,
            says(
                "407 Proxy Authentication Required",
                "Proxy-Authenticate: Basic\r\n",
                "",
            ),
        ),
        (1, says("502 Bad Gateway", "", "no")),
        (2, [&*token, between, &plain].concat()),
        (3, [tunnel, &token, between, tunnel, &plain].concat()),
        (
            2,
            says("200 OK", "", &format!(r#"{{"access_token":"{others}"}}"#)),
        ),
        (
            2,
            says(
                "400 Bad Request",
                "",
                r#"{"error":"invalid_client","error_description":"AADSTS7000215"}"#,
            ),
        ),
        (2, says("429 Too Many Requests", "Retry-After: 99\r\n", "")),
        (
            0,
            says(
                "429 Too Many Requests",
                "Retry-After: 9\r\n",
                &detail("Request was throttled."),
            ),
        ),
        (
            0,
            says(
                "429 Too Many Requests",
                "",
                &detail("Request was throttled. Expected available in 17 seconds."),
            ),
        ),
        (32, says("401 Unauthorized", "", &detail("Invalid token"))),
        (
            0,
            says("302 Found", "Location: https://log.on.example/\r\n", ""),
        ),
        (
            0,
            says("503 Service Unavailable", "Connection: close\r\n", "busy"),
        ),
        (16, format!("{ok}\r\n{{\"data\":[")),
        (16, format!("{ok}Transfer-Encoding: chunked\r\n\r\n40\r\n")),
        (24, gzip.clone()),
        (16, "HTTP/1.1 200 OK\r\nX: y\r\n".to_owned()),
        (17, tunnel[..20].to_owned()),
        (0, "HTTP/1.1 100 Continue\r\n\r\n".to_owned() + &plain),
    ];
    seeds
        .iter()
        .map(|(bits, text)| behind(*bits, text))
        .collect()
}

fn receipts() -> Vec<Vec<u8>> {
    let texts = [
        (
            0,
            "1 rsp 92 200 OK\nrelp_version=0\nrelp_software=librelp,1.11.0,http://librelp.adiscon.com\ncommands=syslog\n",
        ),
        (3, "1 rsp 6 200 OK\n2 rsp 6 200 OK\n3 rsp 6 200 OK\n"),
        (
            128,
            "2 rsp 6 200 OK\n128 rsp 3 200\n1 rsp 6 200 OK\n2 rsp 6 200 OK\n129 rsp 0\n",
        ),
        (
            2,
            "1 rsp 20 500 command disabled\n2 rsp 0\n0 serverclose 0\n",
        ),
        (1, "007 rsp 03 a\nb\n"),
        (1, "1 syslog 1 a\n"),
        (1, "1 rsp 4097 "),
        (1, "1 rsp 6 200"),
        (1, "HTTP/1.1 400 Bad Request\r\n"),
    ];
    texts
        .iter()
        .map(|(lines, text)| behind(*lines, text))
        .collect()
}

fn behind(mode: u8, text: &str) -> Vec<u8> {
    [&[mode], text.as_bytes()].concat()
}
