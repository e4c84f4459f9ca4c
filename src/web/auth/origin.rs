//! Does a form come from one of our own pages? A page of somebody else's, in the administrator's
//! browser, can send forms here too; the browser says where they come from.

use embedded_svc::http::Headers;

/// Whether a request that changes something comes from a page of this host, by what only a browser
/// can set: `Origin`, or else `Sec-Fetch-Site`, or else `Referer`. Who sends none of them is
/// refused.
pub(super) fn is_ours(request: &impl Headers) -> bool {
    let Some(host) = request.header("Host") else {
        return false;
    };
    let at = |url: &str| {
        let rest = url.strip_prefix("https://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        Some(authority.eq_ignore_ascii_case(host))
    };
    match (
        request.header("Origin"),
        request.header("Sec-Fetch-Site"),
        request.header("Referer"),
    ) {
        // no path belongs to an origin, but that is no reason to be less strict
        (Some(origin), _, _) => at(origin) == Some(true),
        (None, Some(site), _) => site == "same-origin",
        (None, None, Some(referer)) => at(referer) == Some(true),
        (None, None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use embedded_svc::http::Method;

    use super::*;
    use crate::web::Exchange;

    #[test]
    fn only_our_own_pages_may_send_forms() {
        let ours = |headers: &[(&str, &str)]| {
            let mut request = Exchange::new(Method::Post, "/login").header_set("Host", "box:8515");
            for (name, value) in headers {
                request = request.header_set(name, value);
            }
            is_ours(&request)
        };
        for headers in [
            &[("Origin", "https://box:8515")][..],
            &[("Origin", "https://BOX:8515")],
            &[("Sec-Fetch-Site", "same-origin")],
            &[("Referer", "https://box:8515/login?next=/setup")],
        ] {
            assert!(ours(headers), "{headers:?}");
        }
        for headers in [
            &[][..],
            &[("Origin", "null")],
            &[("Origin", "http://box:8515")],
            &[("Origin", "https://box")],
            &[("Origin", "https://box:8515.evil.example")],
            &[("Origin", "https://evil.example/https://box:8515")],
            &[
                ("Origin", "https://evil.example"),
                ("Sec-Fetch-Site", "same-origin"),
            ],
            &[("Sec-Fetch-Site", "same-site")],
            &[("Sec-Fetch-Site", "none")],
            &[("Referer", "https://box:8515@evil.example/")],
            &[("Referer", "https://evil.example/?https://box:8515/")],
        ] {
            assert!(!ours(headers), "{headers:?}");
        }
    }
}
