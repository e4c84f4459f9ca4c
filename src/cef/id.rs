//! The id of the record behind a line, found in the line itself.

/// The value of `externalId`, where the line has one. No id that the cloud gives holds a blank or
/// an escape.
#[must_use]
pub fn external_id(line: &str) -> Option<&str> {
    const KEY: &str = "externalId=";
    let at = line.find(KEY)? + KEY.len();
    let id = line[at..].split(' ').next()?;
    (!id.is_empty()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_value_up_to_the_next_blank() {
        let line = "<109>box CEF:0|MCAS|SIEM_Agent|0.2|A|n|0|externalId=97134000_15600 start=1";
        assert_eq!(external_id(line), Some("97134000_15600"));
        assert_eq!(external_id("externalId="), None);
        assert_eq!(external_id("CEF:0|MCAS|"), None);
    }
}
