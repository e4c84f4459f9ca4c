//! A RELP receiver that does what a script says with the one connection it gets. It has a codec of
//! its own: a fault of ours can't hide in it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use socket2::SockRef;

use super::*;

/// What the sender does next; `None` at its end.
pub fn frame(from: &mut impl BufRead) -> Option<(u32, String, Vec<u8>)> {
    let mut word = || {
        let mut word = Vec::new();
        loop {
            let mut byte = [0];
            from.read_exact(&mut byte).ok()?;
            match byte[0] {
                b' ' | b'\n' => return Some((String::from_utf8(word).unwrap(), byte[0])),
                byte => word.push(byte),
            }
        }
    };
    let (txnr, command) = (word()?.0, word()?.0);
    let (length, end) = word()?;
    let mut data = vec![0; length.parse().unwrap()];
    if end == b' ' {
        from.read_exact(&mut data).ok()?;
        let mut end = [0];
        from.read_exact(&mut end).ok()?;
        assert_eq!(end, [b'\n']);
    }
    Some((txnr.parse().unwrap(), command, data))
}

pub fn answer(to: &mut impl Write, txnr: u32, text: &str) {
    let _ = to.write_all(format!("{txnr} rsp {} {text}\n", text.len()).as_bytes());
}

pub type Reader = BufReader<TcpStream>;

/// A receiver that opens the session and goes on as the script says.
pub fn scripted(script: impl FnOnce(&mut Reader, &mut TcpStream) + Send + 'static) -> Target {
    unopened(|reader, writer| opened(reader, writer, script))
}

/// A receiver that does nothing but what the script says.
pub fn unopened(script: impl FnOnce(&mut Reader, &mut TcpStream) + Send + 'static) -> Target {
    listening(TcpListener::bind("127.0.0.1:0").unwrap(), script)
}

pub fn opened(
    reader: &mut Reader,
    writer: &mut TcpStream,
    script: impl FnOnce(&mut Reader, &mut TcpStream),
) {
    let (txnr, command, offers) = frame(reader).unwrap();
    assert_eq!((txnr, &*command), (1, "open"));
    let offers = String::from_utf8(offers).unwrap();
    assert!(offers.starts_with("relp_version=0\nrelp_software=siembox,"));
    assert!(offers.ends_with("\ncommands=syslog"));
    answer(writer, 1, "200 OK\nrelp_version=0\ncommands=syslog");
    script(reader, writer);
}

pub fn listening(
    listener: TcpListener,
    script: impl FnOnce(&mut Reader, &mut TcpStream) + Send + 'static,
) -> Target {
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        peer.set_nodelay(true).unwrap();
        script(&mut BufReader::new(peer.try_clone().unwrap()), &mut peer);
    });
    target(port, RELP)
}

/// With the smallest buffers. Set before it listens: what was promised to a sender is not to be
/// taken back.
pub fn small() -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    SockRef::from(&listener).set_recv_buffer_size(4096).unwrap();
    SockRef::from(&listener).set_send_buffer_size(4096).unwrap();
    listener
}

/// Reads so many lines and returns their transactions.
pub fn taken(reader: &mut Reader, count: usize) -> Vec<u32> {
    let line = |_| {
        let (txnr, command, _) = frame(reader).unwrap();
        assert_eq!(command, "syslog");
        txnr
    };
    (0..count).map(line).collect()
}

/// Sends ten lines and waits for their answers.
pub async fn ten(to: &Target) -> (Wire, Result<(), SinkError>) {
    let mut wire = Wire::connect(to, 0).await.unwrap();
    let told = match wire.send(&batch(&lines(10)), Some(0)).await {
        Ok(_) => wire.prove().await,
        Err(told) => Err(told),
    };
    (wire, told)
}

/// Until the sender ends the connection.
pub fn to_the_end(reader: &mut Reader) {
    let _ = reader.read_to_end(&mut Vec::new());
}
