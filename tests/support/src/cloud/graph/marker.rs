//! The first line of each query that siembox sends: a comment that says what the KQL below asks
//! for. The simulator holds the KQL to it.
//!
//! ```text
//! // siembox table=CloudAppEvents by=Timestamp from=2026-11-10T10:00:00Z to=- skip=0 take=5000
//! // siembox table=CloudAppEvents by=Timestamp from=2026-11-09T10:00:00Z to=- skip=0 take=5000 \
//!     whole=2026-11-10T09:30:00Z arrived=2026-11-10T09:20:00Z
//! // siembox table=CloudAppEvents probe=ingestion_time
//! ```

use super::shelf::By;
use crate::records::xdr::{List, Ticks};

/// What a query says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marker {
    /// Rows of a window.
    Rows {
        /// The table.
        list: List,
        /// The time by which the window is cut.
        by: By,
        /// Its begin.
        from: Ticks,
        /// Its end, which does not belong to it; open where absent.
        to: Option<Ticks>,
        /// Rows that are left out at its begin.
        skip: usize,
        /// Most rows.
        take: usize,
        /// Rows before the first of these are asked for only where they arrived since the second.
        late: Option<(Ticks, Ticks)>,
    },
    /// Whether the table has an `ingestion_time()`.
    Probe(List),
}

impl Marker {
    /// The table.
    #[must_use]
    pub fn list(&self) -> List {
        match self {
            Self::Rows { list, .. } | Self::Probe(list) => *list,
        }
    }

    /// Reads the first line of a query.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(query: &str) -> Result<Self, String> {
        let line = query.lines().next().unwrap_or_default();
        let line = line.trim().strip_prefix("// siembox ");
        let line = line.ok_or("the first line is not `// siembox …`")?;
        let field = |name: &str| {
            let mut words = line.split(' ');
            words.find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
        };
        let needed = |name: &str| field(name).ok_or(format!("the marker says no {name}"));
        let table = needed("table")?;
        let list = List::named(table).filter(|list| list.is_table());
        let list = list.ok_or(format!("the marker's table {table} is none"))?;
        match field("probe") {
            Some("ingestion_time") => return Ok(Self::Probe(list)),
            Some(other) => return Err(format!("the marker's probe {other} is none")),
            None => {}
        }
        let time = |name: &str| {
            let text = needed(name)?;
            Ticks::parse(text).ok_or(format!("the marker's {name}={text} is no time"))
        };
        let count = |name: &str| {
            let text = needed(name)?;
            let count = text.parse::<usize>();
            count.map_err(|_| format!("the marker's {name}={text} is no count"))
        };
        Ok(Self::Rows {
            list,
            by: match needed("by")? {
                "Timestamp" => By::Made,
                "ingestion_time" => By::Ingested,
                other => return Err(format!("the marker's by={other} is no time")),
            },
            from: time("from")?,
            to: match needed("to")? {
                "-" => None,
                _ => Some(time("to")?),
            },
            skip: count("skip")?,
            take: count("take")?,
            late: match (field("whole"), field("arrived")) {
                (None, None) => None,
                _ => Some((time("whole")?, time("arrived")?)),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_and_its_faults_are_named() {
        let rows = "// siembox table=CloudAppEvents by=Timestamp from=2026-11-10T10:00:00Z to=- \
            skip=7 take=50\nCloudAppEvents";
        let read = Marker::read(rows).unwrap();
        assert!(matches!(
            read,
            Marker::Rows {
                skip: 7,
                take: 50,
                to: None,
                ..
            }
        ));
        let late = format!(
            "{} whole=2026-11-10T11:00:00Z",
            rows.lines().next().unwrap()
        );
        assert!(Marker::read(&late).unwrap_err().contains("no arrived"));
        let late = format!("{late} arrived=2026-11-10T12:00:00Z");
        let time = |text: &str| Ticks::parse(text).unwrap();
        let expected = (time("2026-11-10T11:00:00Z"), time("2026-11-10T12:00:00Z"));
        assert!(matches!(
            Marker::read(&late).unwrap(),
            Marker::Rows { late: Some(late), .. } if late == expected
        ));
        let probe = "// siembox table=BehaviorInfo probe=ingestion_time";
        assert_eq!(Marker::read(probe), Ok(Marker::Probe(List::BehaviorInfo)));
        for (query, says) in [
            ("CloudAppEvents", "first line"),
            (
                "// siembox table=alerts_v2 probe=ingestion_time",
                "alerts_v2 is none",
            ),
            ("// siembox table=CloudAppEvents by=Timestamp", "no from"),
        ] {
            assert!(Marker::read(query).unwrap_err().contains(says), "{query}");
        }
    }
}
