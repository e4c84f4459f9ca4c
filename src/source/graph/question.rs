//! The address of a page.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use ureq::http::Uri;

use super::filter::conditions;
use super::{GraphList, MOST_SKIP};
use crate::foreign::ForeignText;
use crate::source::{Place, Query, SourceError, SourceErrorKind};

/// What may stand in a query as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The address of a page. A place that the API named is taken to the letter.
///
/// # Errors
/// Where it can't be asked for: a place at another host, which gets no token, or one that `$skip`
/// does not reach.
pub(super) fn address(
    graph_url: &str,
    list: &GraphList,
    filters: &Map<String, Value>,
    query: &Query,
) -> Result<String, SourceError> {
    let refused = |what: String| SourceError::new(SourceErrorKind::BadQuestion, what);
    let skip = match &query.place {
        Place::Next(link) if is_same_host(graph_url, link) => return Ok(link.clone()),
        Place::Next(link) => {
            let host = link.parse::<Uri>().ok();
            let host = host.as_ref().and_then(Uri::host).unwrap_or("no address");
            return Err(refused(format!(
                "the next page that Graph named is at another host than graph_url ({}), which \
                    gets no token",
                ForeignText::new(host)
            )));
        }
        Place::Skip(skip) if *skip > MOST_SKIP => {
            return Err(refused(format!(
                "Graph skips fewer than 500 records, and {skip} are to be skipped"
            )));
        }
        Place::Skip(skip) => *skip,
    };
    let mut all = vec![format!("{ORDER} ge {}", time(query.from_ms))];
    if let Some(to_ms) = query.to_ms {
        // a fraction has up to seven digits
        let last = time(to_ms).replace('Z', "9999Z");
        all.push(format!("{ORDER} le {last}"));
    }
    all.extend(conditions(filters));
    let filter = all.join(" and ");
    let filter = utf8_percent_encode(&filter, PLAIN);
    let (path, top) = (list.path, query.limit);
    let mut address = format!(
        "{graph_url}/v1.0/security/{path}?$filter={filter}&$orderby={ORDER}%20asc&$top={top}"
    );
    if skip > 0 {
        address.push_str(&format!("&$skip={skip}"));
    }
    Ok(address)
}

/// The time that both lists are read by.
const ORDER: &str = "lastUpdateDateTime";

/// `2026-11-10T10:44:02.480Z`
fn time(ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(ms.max(0)).unwrap_or(jiff::Timestamp::MAX);
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// Is this address of the same scheme, host and port? Only there the token is sent.
fn is_same_host(graph_url: &str, link: &str) -> bool {
    let origin = |text: &str| {
        let uri = text.parse::<Uri>().ok()?;
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let port = match (uri.port_u16(), scheme.as_str()) {
            (None, "http") => 80,
            (None, _) => 443,
            (Some(port), _) => port,
        };
        let authority = uri.authority()?.as_str();
        let host = (!authority.contains('@')).then(|| uri.host())??;
        Some((scheme, host.to_ascii_lowercase(), port))
    };
    origin(graph_url).is_some_and(|ours| origin(link) == Some(ours))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::graph::{ALERTS, INCIDENTS};

    const GRAPH: &str = "https://graph.microsoft.com";

    fn query(place: Place) -> Query {
        Query {
            from_ms: 1_794_307_442_480,
            to_ms: None,
            place,
            limit: 500,
            late: None,
        }
    }

    #[test]
    fn filter_order_and_size_are_encoded() {
        let filters = serde_json::json!({"serviceSource": {"eq": ["a", "b"]}});
        let Value::Object(filters) = filters else {
            panic!()
        };
        assert_eq!(
            address(GRAPH, &ALERTS, &filters, &query(Place::Skip(0))).unwrap(),
            "https://graph.microsoft.com/v1.0/security/alerts_v2?$filter=lastUpdateDateTime%20ge%20\
                2026-11-10T10%3A44%3A02.480Z%20and%20%28serviceSource%20eq%20%27a%27%20or%20\
                serviceSource%20eq%20%27b%27%29&$orderby=lastUpdateDateTime%20asc&$top=500"
        );
        let stretch = Query {
            to_ms: Some(1_794_307_442_481),
            ..query(Place::Skip(499))
        };
        assert_eq!(
            address(GRAPH, &INCIDENTS, &Map::new(), &stretch).unwrap(),
            "https://graph.microsoft.com/v1.0/security/incidents?$filter=lastUpdateDateTime%20ge%20\
                2026-11-10T10%3A44%3A02.480Z%20and%20lastUpdateDateTime%20le%20\
                2026-11-10T10%3A44%3A02.4819999Z&$orderby=lastUpdateDateTime%20asc&$top=500\
                &$skip=499"
        );
    }

    #[test]
    fn only_its_own_host_gets_the_token() {
        let ask = |link: &str| {
            let query = query(Place::Next(link.to_owned()));
            address(GRAPH, &ALERTS, &Map::new(), &query)
        };
        for link in [
            "https://graph.microsoft.com/v1.0/security/alerts_v2?$skiptoken=%3d",
            "https://GRAPH.microsoft.com:443/x?$skiptoken=1",
        ] {
            assert_eq!(ask(link).unwrap(), link);
        }
        for link in [
            "http://graph.microsoft.com/x",
            "https://graph.microsoft.com.example/x",
            "https://graph.microsoft.com:444/x",
            "https://graph.microsoft.com@evil.example/x",
            "https://me@graph.microsoft.com/x",
            "//graph.microsoft.com/x",
            "/x",
            "",
        ] {
            let error = ask(link).unwrap_err();
            assert_eq!(error.trouble, SourceErrorKind::BadQuestion, "{link}");
        }
    }

    #[test]
    fn what_cannot_be_skipped_is_not_asked_for() {
        let asked = address(GRAPH, &ALERTS, &Map::new(), &query(Place::Skip(500)));
        assert_eq!(asked.unwrap_err().trouble, SourceErrorKind::BadQuestion);
    }
}
