//! The `msg` of a row, by the grammar of the old lines: `Download file: file plan.xlsx; Parameters:
//! Session ID 4711` (reference: cloud-apps-api.md §3.3).

use std::borrow::Cow;

/// What happened, to what, with what.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// What happened.
    pub head: String,
    /// `file plan.xlsx`. A group that something is added to says so (reference: successors.md §7,
    /// what is read out of `msg`): `Add owner to group: user ann to group staff`
    pub objects: Vec<String>,
    /// `Session ID 4711`
    pub parameters: Vec<String>,
}

impl Message {
    /// The whole.
    pub(super) fn text(self) -> Cow<'static, str> {
        let Self {
            head: mut text,
            objects,
            parameters,
        } = self;
        let is_added = text.starts_with("Add ");
        let mut before = String::new();
        for object in objects {
            text.push_str(match (is_added, &*before, &*object) {
                (_, "", _) => ": ",
                (true, user, group) if user.starts_with("user ") && group.starts_with("group ") => {
                    " to "
                }
                _ => ", ",
            });
            text.push_str(&object);
            before = object;
        }
        if !parameters.is_empty() {
            text.push_str("; Parameters: ");
            text.push_str(&parameters.join(", "));
        }
        Cow::Owned(text)
    }
}

/// `word text`, or the text alone.
pub(super) fn named(word: &str, text: &str) -> String {
    match word {
        "" => text.to_owned(),
        word => format!("{word} {text}"),
    }
}

/// Does the text lead to something on the web?
pub(super) fn is_web(text: &str) -> bool {
    let begins = |scheme: &str| {
        let begin = text.get(..scheme.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(scheme))
    };
    begins("https://") || begins("http://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_are_empty_leave_nothing() {
        let texts = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        let message = |objects: &[&str], parameters: &[&str]| {
            let message = Message {
                head: "Download file".to_owned(),
                objects: texts(objects),
                parameters: texts(parameters),
            };
            message.text().into_owned()
        };
        assert_eq!(message(&[], &[]), "Download file");
        assert_eq!(
            message(&["file a", "user b"], &[]),
            "Download file: file a, user b"
        );
        assert_eq!(message(&[], &["a 1"]), "Download file; Parameters: a 1");
        assert_eq!(
            message(&["file a"], &["a 1", "b 2"]),
            "Download file: file a; Parameters: a 1, b 2"
        );
        let added = |head: &str, objects: &[&str]| {
            let message = Message {
                head: head.to_owned(),
                objects: texts(objects),
                parameters: Vec::new(),
            };
            message.text().into_owned()
        };
        let both = ["user a", "group b", "group c"];
        let text = added("Add owner to group", &both);
        assert_eq!(text, "Add owner to group: user a to group b, group c");
        assert_eq!(
            added("Remove user", &both),
            "Remove user: user a, group b, group c"
        );
        assert_eq!((&*named("", "a"), &*named("file", "a")), ("a", "file a"));
        assert!(is_web("HTTPS://x") && is_web("http://x") && !is_web("ftp://x") && !is_web("é"));
    }
}
