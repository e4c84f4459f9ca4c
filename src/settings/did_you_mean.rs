//! The word that was probably meant: for mistyped keys, values, flags and commands.

/// The allowed word nearest to `written`, if one is near enough to be worth naming.
///
/// Near is: equal but for case, `-` and `_`; one beginning with the other (`token`, `token_file`); or at most a third of
/// the letters (at least one, at most three) added, left out, replaced or swapped with their neighbour.
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
        .filter_map(|word| Some((distance_if_near(&plain, word)?, word)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

fn distance_if_near(written: &[char], word: &str) -> Option<usize> {
    let word = plain(word);
    let distance = edits(written, &word);
    let bound = (word.len().max(written.len()) / 3).clamp(1, 3);
    if distance <= bound {
        return Some(distance);
    }
    let begins = written.len() >= 3 && (word.starts_with(written) || written.starts_with(&word));
    begins.then_some(bound + distance)
}

/// Lower case, without `-` and `_`.
fn plain(word: &str) -> Vec<char> {
    word.chars()
        .filter(|c| !matches!(c, '-' | '_'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Edits between two words (optimal string alignment: a swap of neighbours counts as one).
fn edits(a: &[char], b: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &y) in b.iter().enumerate() {
            let mut best = (last[j] + usize::from(x != y))
                .min(last[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && x == b[j - 1] && a[i - 1] == y {
                best = best.min(before_last[j - 1] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
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
            ("prot", Some("port")),
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
