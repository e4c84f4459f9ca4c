//! What the API says when it can't run a query, as data: Microsoft gives no codes for it
//! (reference: successors.md §3.1).

/// What words of a refusal mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RefusalMeaning {
    /// The answer is too large.
    TooLarge,
    /// The query is too much work.
    TooSlow,
    /// A table or a column is not known to this tenant, or not shown to this app.
    Absent,
    /// The tenant has no processor time left until the next cycle.
    NoProcessor,
}

/// In lower case; the first that is found counts.
const PHRASES: [(&str, RefusalMeaning); 10] = [
    ("exceeded processing resources", RefusalMeaning::NoProcessor),
    ("exceeded the allowed result size", RefusalMeaning::TooLarge),
    ("result size limit exceeded", RefusalMeaning::TooLarge),
    ("exceeded the allowed limits", RefusalMeaning::TooSlow),
    ("preempted", RefusalMeaning::TooSlow),
    ("exceeded the timeout", RefusalMeaning::TooSlow),
    ("query timed out", RefusalMeaning::TooSlow),
    ("failed to resolve table", RefusalMeaning::Absent),
    ("failed to resolve column", RefusalMeaning::Absent),
    (
        "failed to resolve scalar expression",
        RefusalMeaning::Absent,
    ),
];

/// What these words mean, where they are known.
pub(super) fn meaning(said: &str) -> Option<RefusalMeaning> {
    let said = said.to_lowercase();
    let found = PHRASES.iter().find(|(phrase, _)| said.contains(phrase));
    found.map(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_words() {
        for (said, expected) in [
            (
                "You have exceeded processing resources allocated to this tenant. You can run \
                    queries again in 00:12:00.",
                Some(RefusalMeaning::NoProcessor),
            ),
            (
                "Query execution has exceeded the allowed result size. Optimize your query by \
                    limiting the number of results and try again.",
                Some(RefusalMeaning::TooLarge),
            ),
            (
                "Result size limit exceeded. Use \"summarize\" to aggregate results",
                Some(RefusalMeaning::TooLarge),
            ),
            (
                "Query exceeded the allowed limits and was preempted",
                Some(RefusalMeaning::TooSlow),
            ),
            (
                "Query exceeded the timeout period.",
                Some(RefusalMeaning::TooSlow),
            ),
            (
                "Failed to resolve table or column expression named 'BehaviorInfo'",
                Some(RefusalMeaning::Absent),
            ),
            (
                "'project' operator: Failed to resolve scalar expression named 'x'",
                Some(RefusalMeaning::Absent),
            ),
            ("Syntax error", None),
            ("", None),
        ] {
            assert_eq!(meaning(said), expected, "{said}");
        }
    }
}
