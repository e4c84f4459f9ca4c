//! The voices on the SIEM's side.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};

use siembox_support::pki::Authority;

use super::secrets::{Known, marker};
use super::wire::{over_tls, voice};

/// Says so after the first bytes, and hangs up. What it was sent is kept.
pub fn tcp(known: &Known, sent: &Arc<Mutex<String>>) -> u16 {
    let (known, sent) = (known.clone(), Arc::clone(sent));
    voice(move |mut stream, turn| {
        let mut piece = [0; 65_536];
        let read = stream.read(&mut piece).unwrap_or(0);
        let heard = String::from_utf8_lossy(&piece[..read]).into_owned();
        sent.lock().unwrap().push_str(&heard);
        let _ = stream.write_all(known.refrain("siem-tcp", turn).as_bytes());
    })
}

/// The same behind TLS, with a certificate of this authority.
pub fn tls(known: &Known, authority: &Authority) -> u16 {
    let (known, issued) = (known.clone(), authority.issue(&["127.0.0.1"]));
    voice(move |stream, turn| {
        let mut stream = over_tls(stream, &issued, None);
        let _ = stream.read(&mut [0; 65_536]);
        let _ = stream.write_all(known.refrain("siem-tls", turn).as_bytes());
        stream.conn.send_close_notify();
        let _ = stream.flush();
    })
}

/// Its certificate is of this authority, for names that are our secrets.
pub fn other_name(known: &Known, authority: &Arc<Authority>) -> u16 {
    let (known, authority) = (known.clone(), Arc::clone(authority));
    voice(move |stream, turn| {
        let mut names = vec![marker("siem-name")];
        // a name in a certificate is ASCII
        names.extend(
            known
                .written(turn)
                .into_iter()
                .filter(|name| name.is_ascii()),
        );
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let _ = over_tls(stream, &authority.issue(&names), None).read(&mut [0; 1024]);
    })
}

/// It wants a client certificate, and says whose.
pub fn asks_for_a_certificate(known: &Known, authority: &Authority) -> u16 {
    let (known, issued) = (known.clone(), authority.issue(&["127.0.0.1"]));
    voice(move |stream, turn| {
        let asks = Authority::new(&known.refrain("siem-accepts", turn));
        let _ = over_tls(stream, &issued, Some(&asks)).read(&mut [0; 1024]);
    })
}

/// RELP: refuses the session, says what is no RELP, or takes its leave in words.
pub fn relp(known: &Known) -> u16 {
    let known = known.clone();
    voice(move |mut stream, turn| {
        let _ = stream.read(&mut [0; 65_536]);
        let words = known.refrain("unheard", turn);
        let said = match turn % 3 {
            0 => response(1, "500", &known.refrain("relp-session", turn)),
            1 => known.refrain("relp-words", turn),
            _ => {
                let opened = response(1, "200", &words);
                format!("{opened}0 serverclose {} {words}\n", words.len())
            }
        };
        let _ = stream.write_all(said.as_bytes());
    })
}

/// RELP that refuses each line.
pub fn relp_that_refuses(known: &Known) -> u16 {
    let known = known.clone();
    voice(move |mut stream, turn| {
        let mut piece = [0; 65_536];
        while let Ok(read @ 1..) = stream.read(&mut piece) {
            let heard = String::from_utf8_lossy(&piece[..read]);
            for line in heard.lines() {
                let mut words = line.splitn(3, ' ');
                let txnr = words.next().and_then(|word| word.parse().ok());
                let said = match (txnr, words.next()) {
                    (Some(txnr), Some("open")) => response(txnr, "200", "OK"),
                    (Some(txnr), Some("syslog")) => {
                        response(txnr, "500", &known.refrain("relp-line", turn))
                    }
                    _ => continue,
                };
                let _ = stream.write_all(said.as_bytes());
            }
        }
    })
}

fn response(txnr: u32, code: &str, words: &str) -> String {
    let data = format!("{code} {words}");
    format!("{txnr} rsp {} {data}\n", data.len())
}
