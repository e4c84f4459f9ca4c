//! What the header `Warning` of an answer says in which something is missing (reference:
//! successors.md §2.2).

use super::http::Response;
use crate::foreign::ForeignText;

/// What an answer says of what is missing in it; `None` of a whole one.
pub(super) fn missing(response: &Response) -> Option<String> {
    (response.status == 206).then(|| in_words(response.warning.as_ref()))
}

/// `199 - "Microsoft/Defender for Cloud Apps/504/10000"` in words: which of the products behind the
/// API has failed, and how. A header of another form as it is.
fn in_words(header: Option<&ForeignText>) -> String {
    let Some(header) = header.filter(|header| !header.is_empty()) else {
        return "it does not say what is missing".to_owned();
    };
    failures(header.as_str()).unwrap_or_else(|| format!("it says {header}"))
}

/// One part for each that failed; `None` where the header is of another form.
fn failures(header: &str) -> Option<String> {
    let quoted: Vec<&str> = header.split('"').skip(1).step_by(2).collect();
    let failures = quoted.iter().map(|said| failure(said));
    let failures: Vec<String> = failures.collect::<Option<_>>()?;
    (!failures.is_empty()).then(|| failures.join("; "))
}

/// `vendor/provider/status/milliseconds`; the provider's name may hold a slash.
fn failure(said: &str) -> Option<String> {
    let (rest, ms) = said.rsplit_once('/')?;
    let (rest, status) = rest.rsplit_once('/')?;
    let (vendor, provider) = rest.split_once('/')?;
    let ms: u32 = ms.trim().parse().ok()?;
    let status: u16 = status.trim().parse().ok()?;
    let (vendor, provider) = (vendor.trim(), provider.trim());
    let seconds = f64::from(ms) / 1000.0;
    Some(format!(
        "{provider} of {vendor} has failed (status {status} after {seconds:.1} s)"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_failed_and_how() {
        for (header, words) in [
            (
                "199 - \"Microsoft/Microsoft Defender for Cloud Apps/504/10000\"",
                "Microsoft Defender for Cloud Apps of Microsoft has failed (status 504 after 10.0 s)",
            ),
            (
                "199 - \"A/B/C/500/1250\", 199 - \"D/E/503/7\"",
                "B/C of A has failed (status 500 after 1.2 s); E of D has failed (status 503 after \
                    0.0 s)",
            ),
            ("199 - \"what?\"", "it says 199 - \"what?\""),
            ("gone", "it says gone"),
            ("199 - \"A/B/x/7\"", "it says 199 - \"A/B/x/7\""),
        ] {
            assert_eq!(in_words(Some(&ForeignText::new(header))), words);
        }
        for header in [None, Some(ForeignText::new(""))] {
            assert_eq!(in_words(header.as_ref()), "it does not say what is missing");
        }
    }
}
