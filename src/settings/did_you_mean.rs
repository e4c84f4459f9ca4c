//! The nearest known word for a mistyped key, value, flag or command.

/// The allowed word nearest to `written`, if one is near enough to be worth naming.
///
/// Near is: equal but for case, `-` and `_`; one beginning with the other (`token`, `token_file`);
/// or at most a third of the letters (at least one, at most three) added, left out, replaced or
/// swapped with their neighbour. A word that begins as it is written comes before all others:
/// whoever writes `prot` has not finished `protocol`.
pub(crate) fn nearest<'a>(
    written: &str,
    allowed: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let plain = plain(written);
    if plain.is_empty() || plain.len() > 64 {
        return None;
    }
    allowed
        .into_iter()
        .filter_map(|word| Some((rank(&plain, word)?, word)))
        .min_by_key(|(rank, _)| *rank)
        .map(|(_, word)| word)
}

/// How near a word is, the nearest first; none where it is too far.
fn rank(written: &str, word: &str) -> Option<(u8, usize)> {
    let word = plain(word);
    let distance = strsim::osa_distance(written, &word);
    let bound = (word.chars().count().max(written.chars().count()) / 3).clamp(1, 3);
    let is_part = written.chars().count() >= 3;
    if word == written {
        Some((0, 0))
    } else if is_part && word.starts_with(written) {
        Some((1, distance))
    } else if distance <= bound {
        Some((2, distance))
    } else if is_part && written.starts_with(&word) {
        Some((3, distance))
    } else {
        None
    }
}

/// Lower case, without `-` and `_`.
fn plain(word: &str) -> String {
    word.chars()
        .filter(|c| !matches!(c, '-' | '_'))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_was_meant_and_nothing_far_fetched() {
        let keys = [
            "protocol",
            "port",
            "token_file",
            "proxy",
            "format",
            "framing",
        ];
        for (written, meant) in [
            ("protcol", Some("protocol")),
            ("prot", Some("protocol")),
            ("pro", Some("proxy")),
            ("ports", Some("port")),
            ("portnumber", Some("port")),
            ("Protocol", Some("protocol")),
            ("token", Some("token_file")),
            ("tokenFile", Some("token_file")),
            ("frmat", Some("format")),
            ("proxyy", Some("proxy")),
            ("colour", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(nearest(written, keys), meant, "{written}");
        }
    }
}
