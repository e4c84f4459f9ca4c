//! Why Entra refuses a log-on, by the numbers of its answer, with the setting to look at.
//!
//! The numbers only choose words: Microsoft may change them, and nothing else hangs on them. One
//! that is not in the table is told as Entra says it.

use super::Credential;
use super::lenient::lenient;
use crate::source::error_body::ErrorBody;
use crate::source::json::{Texts, lenient_object};
use crate::source::{SourceError, SourceErrorKind};

lenient_object! {
    struct Denied<'a> { "error_codes" => codes: Texts<'a>, }
}

/// What a number means.
struct Reason {
    /// `AADSTS…`, one or several with the same cure.
    codes: &'static [i64],
    /// What is wrong.
    meaning: &'static str,
    /// What to do, by the names of the settings.
    cure: &'static str,
}

/// Facts: successors.md §1 and Microsoft's list of AADSTS codes.
const REASONS: &[Reason] = &[
    Reason {
        codes: &[7_000_215],
        meaning: "the client secret is wrong",
        cure: "put the secret's value, not its ID, into the file of client_secret_file; Entra \
            shows the value only once, so create a new secret if it is lost",
    },
    Reason {
        codes: &[7_000_222],
        meaning: "the client secret has expired",
        cure: "create a new secret in the app's \"Certificates & secrets\" and put its value into \
            the file of client_secret_file",
    },
    Reason {
        codes: &[700_016],
        meaning: "the app is not known in this tenant",
        cure: "check client_id (the app's Application ID, not its Object ID) and tenant_id",
    },
    Reason {
        codes: &[700_027],
        meaning: "the signature of the client assertion is not accepted",
        cure: "upload the certificate of certificate_file in the app's \"Certificates & \
            secrets\", check that it has not expired and that key_file is its key, and check this \
            machine's clock",
    },
    Reason {
        codes: &[700_024],
        meaning: "the assertion is not valid at this time",
        cure: "check this machine's clock and, with assertion_file, that its file is renewed in \
            time",
    },
    Reason {
        codes: &[700_211],
        meaning: "no federated credential of the app has the issuer of the assertion",
        cure: "compare the issuer in the app's \"Federated credentials\" with the \"iss\" of the \
            token in assertion_file, and check client_id",
    },
    Reason {
        codes: &[700_212],
        meaning: "no federated credential of the app has the audience of the assertion",
        cure: "compare the audience in the app's \"Federated credentials\" with the \"aud\" of the \
            token in assertion_file, and check client_id",
    },
    Reason {
        codes: &[700_213, 7_002_138],
        meaning: "no federated credential of the app has the subject of the assertion",
        cure: "compare the subject in the app's \"Federated credentials\" with the \"sub\" of the \
            token in assertion_file, upper and lower case included, and check client_id",
    },
    Reason {
        codes: &[70_021],
        meaning: "no federated credential of the app matches the assertion",
        cure: "compare issuer, subject and audience in the app's \"Federated credentials\" with \
            those of the token in assertion_file, and check client_id",
    },
    Reason {
        codes: &[90_002],
        meaning: "there is no such tenant in this cloud",
        cure: "check tenant_id and, for a tenant of another cloud, cloud or login_url",
    },
    Reason {
        codes: &[90_038, 900_382, 900_432],
        meaning: "the tenant belongs to another cloud",
        cure: "check cloud or login_url, and tenant_id",
    },
    Reason {
        codes: &[500_011],
        meaning: "the API that the token is for does not exist in this tenant",
        cure: "check cloud, the API's address and tenant_id",
    },
    Reason {
        codes: &[7_000_112, 70_001],
        meaning: "the app is disabled",
        cure: "enable sign-in for the app of client_id in Entra's \"Enterprise applications\"",
    },
    Reason {
        codes: &[53_003],
        meaning: "a Conditional Access policy blocks the app",
        cure: "exclude the app of client_id from the policy, or let the policy allow the address \
            that this machine has on the Internet",
    },
];

/// An answer of Entra that refuses the app.
pub(super) fn refusal(
    status: u16,
    body: &[u8],
    voice: &ErrorBody,
    credential: &Credential,
) -> SourceError {
    let denied: Denied<'_> = lenient(body).unwrap_or_default();
    let mut codes = denied.codes.as_strs().filter_map(|code| code.parse().ok());
    let reason = codes.find_map(|code| REASONS.iter().find(|it| it.codes.contains(&code)));
    let what = match reason {
        Some(Reason { meaning, cure, .. }) => {
            format!("Entra refused the app's sign-in: {meaning} ({status}: {voice}); cure: {cure}")
        }
        None => format!(
            "Entra refused the app's sign-in ({status}: {voice}); cure: check tenant_id, \
                client_id and {}",
            credential.settings()
        ),
    };
    SourceError::new(SourceErrorKind::Refused, what)
}
