//! Form data and query strings: names and values in the order in which they were sent.

use std::fmt;

use embedded_svc::http::Headers;

use super::exchange::Exchange;

/// Fields of one form at most. Its bytes are bounded where they come in (`server/connection.rs`).
const MOST_FIELDS: usize = 256;

/// Fields as they were sent, a name possibly more than once. `Debug` shows the names only: values
/// may be secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Form(Vec<(String, String)>);

/// A form that can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// It has another media type.
    #[error("415: forms must be application/x-www-form-urlencoded")]
    Media,
    /// It has too many fields.
    #[error("413: a form has at most {MOST_FIELDS} fields")]
    Fields,
    /// It is not UTF-8.
    #[error("400: the form is not UTF-8 or contains a NUL character")]
    Text,
}

// === impl FormError ===

impl FormError {
    /// HTTP status code.
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Self::Media => 415,
            Self::Fields => 413,
            Self::Text => 400,
        }
    }
}

// === impl Form ===

impl Form {
    /// The form that came with a request.
    ///
    /// # Errors
    /// Where it is no form, or larger than its bounds.
    pub fn of(exchange: &Exchange) -> Result<Self, FormError> {
        let media = exchange.header("Content-Type").unwrap_or_default();
        let media = media.split(';').next().unwrap_or_default().trim();
        if !media.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(FormError::Media);
        }
        Self::parse(exchange.bytes())
    }

    /// Reads fields.
    ///
    /// # Errors
    /// Where there are too many, or they are no text.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormError> {
        if bytes.split(|&byte| byte == b'&').count() > MOST_FIELDS {
            return Err(FormError::Fields);
        }
        let fields = form_urlencoded::parse(bytes).into_owned();
        let fields: Vec<(String, String)> = fields.collect();
        // the parser puts U+FFFD where there was no UTF-8; nobody types one
        let broken = |text: &String| text.contains(['\0', '\u{fffd}']);
        if fields
            .iter()
            .any(|(name, value)| broken(name) || broken(value))
        {
            return Err(FormError::Text);
        }
        Ok(Self(fields))
    }

    /// The first value of this name; empty where there is none.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        let first = self.0.iter().find(|(known, _)| known == name);
        first.map_or("", |(_, value)| value)
    }

    /// All values of this name, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let fields = self.0.iter().filter(move |(known, _)| known == name);
        fields.map(|(_, value)| value.as_str())
    }

    /// True if the form has this field, even an empty one.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keeps_order_repetition_and_what_was_typed() {
        let form = Form::parse(b"a=1&b=x+y%26%3D%C3%A9&a=2&empty=&bare&%zz=%").unwrap();
        assert_eq!(form.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((form.text("b"), form.text("a")), ("x y&=é", "1"));
        assert!(form.has("empty") && form.has("bare") && !form.has("c"));
        assert_eq!(form.text("%zz"), "%");
        assert_eq!(format!("{:?}", Form::parse(b"p=x").unwrap()), "[\"p\"]");
    }

    #[test]
    fn refuses_what_is_too_much_or_no_text() {
        assert_eq!(Form::parse(&b"a=1&".repeat(256)), Err(FormError::Fields));
        assert!(Form::parse(&b"&".repeat(255)).is_ok());
        for broken in [&b"a=%ff"[..], b"a=\xff", b"a=%00", b"%c3=1"] {
            assert_eq!(Form::parse(broken), Err(FormError::Text));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let _ = Form::parse(&bytes);
        }

        #[test]
        fn what_a_browser_sends_comes_back(
            fields in proptest::collection::vec(("[^\0\u{fffd}]{1,8}", "[^\0\u{fffd}]{0,20}"), 0..9),
        ) {
            let sent = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(&fields)
                .finish();
            let read = Form::parse(sent.as_bytes()).unwrap();
            prop_assert_eq!(read.0, fields);
        }
    }
}
