//! Numbers as every surface says them.

/// `12,034`
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 line`, `12,034 lines`
pub(crate) fn counted(number: u64, one: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {one}{plural}", count(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_one_stands_alone() {
        let words = [0, 999, 1_000, 1_234_567].map(count);
        assert_eq!(words, ["0", "999", "1,000", "1,234,567"]);
        let words = [0, 1, 2_000].map(|number| counted(number, "line"));
        assert_eq!(words, ["0 lines", "1 line", "2,000 lines"]);
    }
}
