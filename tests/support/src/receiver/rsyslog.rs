//! rsyslog: imtcp, imudp, imtcp over TLS, imrelp with and without TLS. Debian's package `rsyslog`,
//! for TLS also `rsyslog-gnutls` and `rsyslog-openssl`, for RELP `rsyslog-relp` (whose librelp
//! brings both TLS libraries).

use std::path::{Path, PathBuf};

use super::daemon::Receiver;
use super::port::Transport;

/// Which library does the TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driver {
    /// GnuTLS.
    Gtls,
    /// OpenSSL.
    Ossl,
}

/// How an imtcp or imrelp over TLS shows itself and whom it lets in.
#[derive(Debug, Clone)]
pub struct Tls {
    /// Which library.
    pub driver: Driver,
    /// Authority of the clients' certificates, PEM.
    pub ca: PathBuf,
    /// Its own certificate, PEM.
    pub cert: PathBuf,
    /// The key to it, PEM.
    pub key: PathBuf,
    /// Lets only clients in that show a certificate of `ca`.
    pub wants_client: bool,
}

/// `imtcp`: both framings, told apart by the first byte of each message.
#[must_use]
pub fn tcp() -> Receiver {
    start(Transport::Tcp, "", r#"module(load="imtcp")"#, |port| {
        format!(r#"input(type="imtcp" address="127.0.0.1" port="{port}" ruleset="all")"#)
    })
}

/// `imudp`, with the largest receive buffer that the kernel grants.
#[must_use]
pub fn udp() -> Receiver {
    start(Transport::Udp, "", r#"module(load="imudp")"#, |port| {
        format!(
            r#"input(type="imudp" address="127.0.0.1" port="{port}" rcvbufSize="4m" ruleset="all")"#
        )
    })
}

/// `imtcp` over TLS.
#[must_use]
pub fn tls(tls: &Tls) -> Receiver {
    let driver = match tls.driver {
        Driver::Gtls => "gtls",
        Driver::Ossl => "ossl",
    };
    let files = format!(
        r#"defaultNetstreamDriver="{driver}" defaultNetstreamDriverCAFile="{}" defaultNetstreamDriverCertFile="{}" defaultNetstreamDriverKeyFile="{}""#,
        tls.ca.display(),
        tls.cert.display(),
        tls.key.display()
    );
    let mode = if tls.wants_client {
        "x509/certvalid"
    } else {
        "anon"
    };
    start(
        Transport::Tcp,
        &files,
        &format!(
            r#"module(load="imtcp" streamDriver.name="{driver}" streamDriver.mode="1" streamDriver.authMode="{mode}")"#
        ),
        |port| format!(r#"input(type="imtcp" address="127.0.0.1" port="{port}" ruleset="all")"#),
    )
}

/// `imrelp`. Like any input, it puts what it answers into a queue in memory.
#[must_use]
pub fn relp() -> Receiver {
    start(Transport::Tcp, "", r#"module(load="imrelp")"#, |port| {
        imrelp(port, "all", "")
    })
}

/// `imrelp` without a queue: what it answers stands in its file.
#[must_use]
pub fn relp_direct() -> Receiver {
    start(Transport::Tcp, "", r#"module(load="imrelp")"#, |port| {
        imrelp(port, "direct", "")
    })
}

/// `imrelp` over TLS.
#[must_use]
pub fn relp_tls(tls: &Tls) -> Receiver {
    let library = match tls.driver {
        Driver::Gtls => "gnutls",
        Driver::Ossl => "openssl",
    };
    let mode = if tls.wants_client {
        r#"tls.authMode="certvalid""#
    } else {
        ""
    };
    let files = format!(
        r#"tls="on" tls.caCert="{}" tls.myCert="{}" tls.myPrivKey="{}" {mode}"#,
        tls.ca.display(),
        tls.cert.display(),
        tls.key.display()
    );
    start(
        Transport::Tcp,
        "",
        &format!(r#"module(load="imrelp" tls.tlslib="{library}")"#),
        |port| imrelp(port, "all", &files),
    )
}

fn imrelp(port: u16, ruleset: &str, more: &str) -> String {
    format!(
        r#"input(type="imrelp" address="127.0.0.1" port="{port}" maxDataSize="1m" ruleset="{ruleset}" {more})"#
    )
}

/// On TCP, as this configuration says: a function of its folder and its port. It should write to
/// `lines` in the folder.
#[must_use]
pub fn configured(configure: impl FnOnce(&Path, u16) -> String) -> Receiver {
    launch(Transport::Tcp, configure)
}

fn start(
    transport: Transport,
    global: &str,
    module: &str,
    input: impl FnOnce(u16) -> String,
) -> Receiver {
    launch(transport, |folder, port| {
        format!(
            r#"# Written by a test.
global(workDirectory="{folder}" maxMessageSize="1m" net.enableDNS="off" parser.escapeControlCharactersOnReceive="off"
       parser.dropTrailingLFOnReception="on" processInternalMessages="off" {global})
{module}
template(name="raw" type="string" string="%rawmsg%\n")
ruleset(name="all") {{
    action(type="omfile" file="{folder}/lines" template="raw" flushOnTXEnd="on" asyncWriting="off")
}}
ruleset(name="direct" queue.type="Direct") {{ call all }}
{input}
"#,
            folder = folder.display(),
            input = input(port),
        )
    })
}

fn launch(transport: Transport, configure: impl FnOnce(&Path, u16) -> String) -> Receiver {
    Receiver::launch(
        Path::new("/usr/sbin/rsyslogd"),
        Vec::new(),
        transport,
        configure,
        |folder| {
            let at = |name: &str| folder.join(name).display().to_string();
            vec![
                "-n".to_owned(),
                "-f".to_owned(),
                at("conf"),
                "-i".to_owned(),
                at("pid"),
            ]
        },
    )
}
