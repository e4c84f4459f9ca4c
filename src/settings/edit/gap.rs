//! Divides the comments and blank lines between two tables among them.

/// How a gap is divided: bytes from its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gap {
    /// Up to here it belongs to the table above.
    pub tail: usize,
    /// From here on it belongs to the table below. What lies between belongs to nobody.
    pub lead: usize,
}

impl Gap {
    /// Divides the text between the last line of one table and the header of the next, or the end
    /// of the file.
    ///
    /// To the table below belongs what stands right above its header; to the one above what stands
    /// right below its last line, and whatever is followed by a setting that is commented out: only
    /// there it could be put in force.
    pub(super) fn of(text: &str, before_a_header: bool) -> Self {
        let paragraphs = paragraphs(text);
        let adjoins_end = |paragraph: &Paragraph| before_a_header && paragraph.to == text.len();
        let mut tail = 0;
        for paragraph in &paragraphs {
            let words = &text[paragraph.from..paragraph.to];
            if !adjoins_end(paragraph) {
                let off = has_setting(words) && !has_header(words);
                if paragraph.from == 0 || off {
                    tail = paragraph.to;
                }
            } else if paragraph.from == 0 {
                // between two tables without a blank line
                tail = end_of_settings(words);
            }
        }
        let lead = match paragraphs.last() {
            Some(last) if adjoins_end(last) => last.from.max(tail),
            _ => text.len(),
        };
        Self { tail, lead }
    }
}

struct Paragraph {
    from: usize,
    to: usize,
}

/// Runs of lines that are not blank.
fn paragraphs(text: &str) -> Vec<Paragraph> {
    let (mut all, mut at): (Vec<Paragraph>, usize) = (Vec::new(), 0);
    let mut open = false;
    for line in text.split_inclusive('\n') {
        let to = at + line.len();
        let blank = line.trim().is_empty();
        match all.last_mut() {
            Some(last) if open && !blank => last.to = to,
            _ if !blank => all.push(Paragraph { from: at, to }),
            _ => {}
        }
        (open, at) = (!blank, to);
    }
    all
}

fn has_setting(words: &str) -> bool {
    words.lines().any(is_setting)
}

/// A table that is commented out, `# [agent.siem]`.
fn has_header(words: &str) -> bool {
    let inside = |line: &str| line.trim_start().trim_start_matches('#').trim().to_owned();
    words.lines().any(|line| {
        let line = inside(line);
        line.starts_with('[') && line.ends_with(']')
    })
}

fn end_of_settings(words: &str) -> usize {
    let (mut at, mut end) = (0, 0);
    for line in words.split_inclusive('\n') {
        at += line.len();
        if is_setting(line) {
            end = at;
        }
    }
    end
}

/// `# port = 514`
fn is_setting(line: &str) -> bool {
    let Some(inside) = line.trim_start().strip_prefix('#') else {
        return false;
    };
    let key = inside.split_once('=').map(|(key, _)| key.trim());
    key.is_some_and(|key| {
        let in_a_key = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        !key.is_empty() && key.bytes().all(in_a_key)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_belong_to_the_table_they_stand_at() {
        for (tail, between, lead) in [
            ("", "", ""),
            ("", "\n", ""),
            ("", "\n", "# of the next\n"),
            ("# of the last\n", "\n", "# of the next\n"),
            ("# port = 514\n", "\n# nobody's\n\n", "# of the next\n"),
            (
                "# a\n\n# only with TLS:\n# ca_file = \"x\"\n",
                "\n",
                "# next\n",
            ),
            ("# port = 514\n", "", "# of the next\n"),
            ("", "", "# of the next\n"),
            ("", "\n# [[agent]]\n# name = \"b\"\n\n", "# next\n"),
        ] {
            let text = format!("{tail}{between}{lead}");
            let gap = Gap::of(&text, true);
            let parts = (&text[..gap.tail], &text[gap.lead..]);
            assert_eq!(parts, (tail, lead), "{text:?}");
        }
        let gap = Gap::of("# a\n\n# the end\n", false);
        assert_eq!(gap, Gap { tail: 4, lead: 15 });
    }
}
