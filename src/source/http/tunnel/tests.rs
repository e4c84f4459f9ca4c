#![allow(clippy::unwrap_used)]
use super::*;

fn answered(text: &str) -> ProxyAnswer {
    let (head, answer) = read(text.as_bytes()).unwrap().unwrap();
    assert_eq!(head, text.len());
    for cut in 0..text.len() {
        assert_eq!(read(&text.as_bytes()[..cut]), Ok(None), "{cut}");
    }
    answer
}

#[test]
fn any_success_opens_the_way() {
    let many = "X-Header: value\r\n".repeat(200);
    for answer in [
        "HTTP/1.1 200 Connection established\r\n\r\n",
        "HTTP/1.0 200 OK\n\n",
        "HTTP/1.1 201 Created\nA: b\n\n",
        "HTTP/1.1 204 No Content\r\nA:\r\n\r\n",
        "HTTP/1.1 200\r\n\r\n",
        &format!("HTTP/1.1 200 OK\r\n{many}\r\n"),
    ] {
        assert!(answered(answer).opens(), "{answer}");
    }
    for answer in ["HTTP/1.1 302 Found\r\n\r\n", "HTTP/1.1 407 No\r\n\r\n"] {
        assert!(!answered(answer).opens(), "{answer}");
    }
}

#[test]
fn what_is_no_proxy_is_known_soon() {
    for other in ["SSH-2.0-OpenSSH\r\n", "\u{16}\u{3}\u{1}", "<html>"] {
        assert_eq!(
            read(other.as_bytes()),
            Err(RefusedTunnel::NoProxy),
            "{other}"
        );
    }
    let endless = format!("HTTP/1.1 200 OK\r\nA: {}", "x".repeat(MOST_HEAD));
    assert_eq!(read(endless.as_bytes()), Err(RefusedTunnel::NoProxy));
}

#[test]
fn the_cure_fits_the_refusal() {
    let head = |offers: &str| format!("HTTP/1.1 407 No\r\n{offers}\r\n");
    let basic = head("Proxy-Authenticate: Basic realm=\"x\"\r\n");
    let both = head("proxy-authenticate: NTLM\r\nProxy-Authenticate: basic\r\n");
    let ntlm = head("Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n");
    for (answer, user, words) in [
        (&basic, false, "set user@ in proxy"),
        (&basic, true, "refused the user and password"),
        (&both, true, "refused the user and password"),
        (&head(""), true, "refused the user and password"),
        (&ntlm, true, "only by Negotiate, NTLM (407)"),
        (&ntlm, false, "only by Negotiate, NTLM (407)"),
    ] {
        let said = in_words(&answered(answer), user);
        assert!(said.contains(words), "{answer}: {said}");
    }
    let forbidden = answered("HTTP/1.1 403 Forbidden\r\n\r\n");
    assert!(in_words(&forbidden, true).contains("allow the host in api_url"));
}

/// Of what a proxy says to `CONNECT`, only the status and the names of its ways to log on are kept.
#[test]
fn a_proxy_that_repeats_our_secrets_is_heard_without_them() {
    let secret = "canary&proxy%word-0123456789";
    crate::foreign::know(secret);
    for form in crate::foreign::tests::written(secret) {
        let form = form.replace(['\r', '\n', '\0'], "");
        let answer = format!(
            "HTTP/1.1 407 {form}\r\nX-Echo: {form}\r\nProxy-Authenticate: Harmless realm=\"{form}\"\r\nProxy-Authenticate: {form}\r\n\r\n{form}"
        );
        let (_, answer) = read(answer.as_bytes()).unwrap().unwrap();
        for answer in [
            answer.clone(),
            ProxyAnswer {
                status: 403,
                ..answer.clone()
            },
            ProxyAnswer {
                status: 999,
                ..answer
            },
        ] {
            let said = RefusedTunnel::Answered { answer, user: true };
            let said = format!("{said} {said:?}");
            assert!(said.contains("Harmless"), "{said}");
            assert!(!crate::foreign::tests::tells(&said, secret), "{said}");
        }
    }
}
