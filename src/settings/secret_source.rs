//! Where a secret comes from, and how it is read when it is needed.

use std::path::PathBuf;

use super::{ConnectionString, InvalidConnectionString, InvalidToken, Secret};
use crate::foreign;
use crate::text_file::{self, FileError};

/// Where a secret comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum SecretSource {
    /// A file, read when needed, however Windows wrote it; white space around the secret is taken
    /// off.
    File(PathBuf),
    /// Given on the command line or in the environment.
    Given(Secret),
}

/// Why a secret could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file can't be read, is far too long, or is no text.
    #[error("the secret's file {0}")]
    File(FileError),
    /// Nothing but white space.
    #[error("the secret's file {} is empty", .path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file holds something, but no token.
    #[error("{invalid} (file {})", .path.display())]
    InvalidTokenFile {
        /// The file.
        path: PathBuf,
        /// In the old agent's words.
        invalid: InvalidToken,
    },
    /// The token given is none.
    #[error(transparent)]
    InvalidToken(InvalidToken),
    /// The file holds something, but no JWT.
    #[error(
        "the file {} does not hold an assertion, a JWT of three parts with dots between them; \
            cure: check that it is the file that the other system renews",
        .path.display()
    )]
    InvalidAssertion {
        /// The file.
        path: PathBuf,
    },
    /// The file holds something, but no connection string of Event Hubs.
    #[error("the text in the file {} {invalid}", .path.display())]
    InvalidConnectionString {
        /// The file.
        path: PathBuf,
        /// What it is, or lacks.
        invalid: InvalidConnectionString,
    },
    /// No secret was given at all: the settings were loaded for a command that needs none.
    #[error("Invalid token: no token was given")]
    Absent,
}

// === impl SecretSource ===

impl SecretSource {
    /// A token has 192 characters, an Entra secret 40; a file of more than this is something else.
    const MAX_BYTES: u64 = 16 * 1024;

    /// Reads the secret now, from its file where it has one. From then on no
    /// [`ForeignText`](crate::foreign::ForeignText) holds it.
    ///
    /// # Errors
    /// [`SecretError`]; its text names the file, never the secret.
    pub fn read(&self) -> Result<Secret, SecretError> {
        let secret = self.take()?;
        match ConnectionString::parse(secret.reveal()) {
            // around its key stand names of hosts and hubs, which our words need
            Ok(read) => foreign::know(read.key.reveal()),
            Err(_) => {
                foreign::know(secret.reveal());
                // what goes out where quotes are taken off
                foreign::know(Secret::unquoted(secret.reveal()).reveal());
            }
        }
        Ok(secret)
    }

    fn take(&self) -> Result<Secret, SecretError> {
        let path = match self {
            Self::Given(secret) if secret.reveal().is_empty() => return Err(SecretError::Absent),
            Self::Given(secret) => return Ok(secret.clone()),
            Self::File(path) => path,
        };
        let text = text_file::read(path, Self::MAX_BYTES).map_err(SecretError::File)?;
        let secret = Secret::new(&text);
        if secret.reveal().is_empty() {
            return Err(SecretError::Empty { path: path.clone() });
        }
        Ok(secret)
    }

    /// Reads an assertion of another system now, which replaces it within hours: no such passing
    /// secret drives one out that is remembered for long.
    ///
    /// # Errors
    /// As [`SecretSource::read`], and where it is no JWT.
    pub fn read_assertion(&self) -> Result<Secret, SecretError> {
        let assertion = Secret::unquoted(self.take()?.reveal());
        foreign::know_passing(assertion.reveal());
        let is_base64url = |part: &str| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            !part.is_empty() && part.bytes().all(fits)
        };
        let parts: Vec<&str> = assertion.reveal().split('.').collect();
        match self {
            Self::File(path) if parts.len() != 3 || !parts.into_iter().all(is_base64url) => {
                Err(SecretError::InvalidAssertion { path: path.clone() })
            }
            _ => Ok(assertion),
        }
    }

    /// Reads an Entra app's secret now; quotes around it are taken off.
    ///
    /// # Errors
    /// As [`SecretSource::read`].
    pub fn read_client_secret(&self) -> Result<Secret, SecretError> {
        Ok(Secret::unquoted(self.read()?.reveal()))
    }

    /// Reads a connection string of Event Hubs now; quotes around it are taken off. What is none is
    /// sent nowhere, so that nobody can repeat it.
    ///
    /// # Errors
    /// As [`SecretSource::read`], and where it is none.
    pub fn read_connection_string(&self) -> Result<ConnectionString, SecretError> {
        let read = ConnectionString::parse(self.take()?.reveal());
        let path = match self {
            Self::File(path) => path.clone(),
            Self::Given(_) => PathBuf::new(),
        };
        let read =
            read.map_err(|invalid| SecretError::InvalidConnectionString { path, invalid })?;
        foreign::know(read.key.reveal());
        Ok(read)
    }

    /// Reads the secret now and checks that it can be an API token; quotes around it are taken off.
    ///
    /// # Errors
    /// As [`SecretSource::read`], and "Invalid token" where it holds white space or control
    /// characters.
    pub fn read_token(&self) -> Result<Secret, SecretError> {
        let secret = self.read()?;
        Secret::token(secret.reveal()).map_err(|invalid| match self {
            Self::File(path) => SecretError::InvalidTokenFile {
                path: path.clone(),
                invalid,
            },
            Self::Given(_) => SecretError::InvalidToken(invalid),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_secret_is_read_without_the_white_space_around_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        for (content, expected) in [
            (&b" abc=\r\n"[..], Ok("abc=")),
            (b"two words", Err("white space")),
            (b"", Err("is empty")),
            (b" \n", Err("is empty")),
            (b"\xff\xfe", Err("is empty")),
            (b"\xef\xbb\xbfabc=\r\n", Ok("abc=")),
            (b"\xff\xfe\"\0a\0=\0\"\0\r\0\n\0", Ok("a=")),
            (b"\xe4bc", Err("is not text: line 1")),
            (b"a\0b\0c\0", Err("UTF-16 without a byte order mark")),
            (&[b'a'; 20_000], Err("is too large (at most 16 KB)")),
        ] {
            std::fs::write(&path, content).unwrap();
            match (SecretSource::File(path.clone()).read_token(), expected) {
                (Ok(secret), Ok(text)) => assert_eq!(secret.reveal(), text),
                (Err(error), Err(part)) => {
                    let error = error.to_string();
                    assert!(
                        error.contains(part) && error.contains("token") && !error.contains("two"),
                        "{error}"
                    );
                }
                (read, expected) => panic!("{read:?} instead of {expected:?}"),
            }
        }
        std::fs::write(&path, "'s3~x'\r\n").unwrap();
        let source = SecretSource::File(path);
        assert_eq!(source.read_client_secret().unwrap().reveal(), "s3~x");
        assert_eq!(source.read().unwrap().reveal(), "'s3~x'", "a password");
        let missing = SecretSource::File(folder.path().join("none"))
            .read()
            .unwrap_err()
            .to_string();
        assert!(
            missing.contains("none cannot be read: No such file"),
            "{missing}"
        );
    }

    #[test]
    fn an_assertion_is_a_jwt_of_three_parts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("assertion");
        let read = |content: &[u8]| {
            std::fs::write(&path, content).unwrap();
            SecretSource::File(path.clone()).read_assertion()
        };
        for content in [
            &b"eyJ.e30.c2ln-_\n"[..],
            b"\xef\xbb\xbf\"eyJ.e30.c2ln-_\"\r\n",
        ] {
            assert_eq!(read(content).unwrap().reveal(), "eyJ.e30.c2ln-_");
        }
        for wrong in [
            "eyJ.e30",
            "eyJ.e30.c2ln.more",
            "a b.c.d",
            "..",
            "{\"token\":\"a.b.c\"}",
        ] {
            let said = read(wrong.as_bytes()).unwrap_err().to_string();
            assert!(
                said.contains("assertion does not hold an assertion"),
                "{said}"
            );
            assert!(said.contains("; cure: "), "{said}");
        }
        assert!(read(b"").unwrap_err().to_string().contains("is empty"));
    }

    /// A service may repeat the key without the rest.
    #[test]
    fn a_connection_string_is_read_as_windows_writes_it_and_kept_out_of_foreign_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub");
        let key = "c2VjcmV0LWtleS1vZi1jb250b3Nv=";
        let text = format!(
            "Endpoint=sb://contoso.servicebus.windows.net/;SharedAccessKeyName=siembox;\
             SharedAccessKey={key}"
        );
        std::fs::write(&path, format!("\u{feff}\"{text}\"\r\n")).unwrap();
        let source = SecretSource::File(path.clone());
        let read = source.read_connection_string().unwrap();
        assert_eq!(read.text.reveal(), text);
        assert_eq!(source.read().unwrap().reveal(), format!("\"{text}\""));
        let said = foreign::ForeignText::new(format!("denied: {text}"));
        let expected = "denied: Endpoint=sb://contoso.servicebus.windows.net/;\
            SharedAccessKeyName=siembox;SharedAccessKey=(removed)";
        assert_eq!(said.as_str(), expected, "names are no secrets");
        std::fs::write(&path, key).unwrap();
        let said = source.read_connection_string().unwrap_err();
        let said = foreign::without_secrets(&said.to_string()).into_owned();
        assert!(said.contains("/hub is not a connection string"), "{said}");
        assert!(!said.contains(key), "{said}");
    }

    #[test]
    fn a_given_secret_needs_no_file() {
        assert_eq!(
            SecretSource::Given(Secret::new("abc"))
                .read_token()
                .unwrap()
                .reveal(),
            "abc"
        );
        assert!(matches!(
            SecretSource::Given(Secret::new("")).read(),
            Err(SecretError::Absent)
        ));
    }
}
