//! Texts: out of the API's HTML, and into CEF.

/// Characters that end a line somewhere.
const LINE_ENDS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

/// A description as the portal shows it: tags taken out, entities decoded once, template marks
/// gone.
pub(super) fn of_html(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text += &rest[..at];
        rest = &rest[at..];
        match tag(rest) {
            Some((name, length)) => {
                // decided: a break, and the end or the begin of a block, is one line end
                if ["br", "p", "li", "ul", "ol", "div", "tr"].contains(&name.as_str()) {
                    let is_at_begin = text.trim_end_matches(' ').is_empty();
                    if !is_at_begin && !text.ends_with('\n') {
                        text.push('\n');
                    }
                }
                rest = &rest[length..];
            }
            None => {
                text.push('<');
                rest = &rest[1..];
            }
        }
    }
    text += rest;
    without_marks(&decoded(&text)).trim().to_owned()
}

/// What the service writes its texts with. Decided: anything else between angle brackets is what
/// somebody has written, as the name of the file `Q3 <draft>.docx`, and evidence.
const TAGS: [&str; 24] = [
    "a", "b", "br", "code", "div", "em", "font", "h1", "h2", "h3", "h4", "hr", "i", "img", "li",
    "ol", "p", "pre", "span", "strong", "table", "td", "tr", "ul",
];

/// The name of the tag that begins here, and its length; none where `<` is only a sign.
fn tag(text: &str) -> Option<(String, usize)> {
    let inner = text.strip_prefix('<')?;
    let name: String = (inner.strip_prefix('/').unwrap_or(inner).chars())
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    let name = name.to_ascii_lowercase();
    let end = inner.find('>')?;
    TAGS.contains(&name.as_str()).then_some((name, end + 2))
}

fn decoded(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out += &rest[..at];
        rest = &rest[at..];
        let entity = rest.find(';').map(|end| &rest[1..end]);
        match entity.and_then(|name| Some((name, character(name)?))) {
            Some((name, character)) => {
                out.push(character);
                rest = &rest[name.len() + 2..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out + rest
}

/// Those of HTML that the records of the stories have.
fn character(entity: &str) -> Option<char> {
    if let Some(number) = entity.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match entity {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "mdash" => '—',
        _ => return None,
    })
}

/// `__siteIcon__`, which the service forgets to fill in, goes with one of the blanks around it.
fn without_marks(text: &str) -> String {
    text.replace("__siteIcon__ ", "")
        .replace(" __siteIcon__", "")
        .replace("__siteIcon__", "")
}

/// A value behind a key: `\` and `=` escaped, line ends written as such, other control characters a
/// blank. In the profile `portable` without a backslash, all on one line.
pub(super) fn in_extension(value: &str, portable: bool) -> String {
    let value = match portable {
        true => value.replace("\r\n", " "),
        false => value.to_owned(),
    };
    let mut out = String::new();
    for character in value.trim().chars() {
        match character {
            '\\' if portable => out.push_str("%5C"),
            '=' if portable => out.push_str("%3D"),
            _ if portable && LINE_ENDS.contains(&character) => out.push(' '),
            _ if portable && character.is_control() => out.push(' '),
            '\\' => out.push_str("\\\\"),
            '=' => out.push_str("\\="),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            _ if LINE_ENDS.contains(&character) => out.push_str("\\n"),
            _ if character.is_control() => out.push(' '),
            _ => out.push(character),
        }
    }
    out.trim_matches(' ').to_owned()
}

/// A field of the header: `\` and `|` escaped, all on one line. In the profile `portable` without
/// a backslash.
pub(super) fn in_header(value: &str, portable: bool) -> String {
    let mut out = String::new();
    for character in value.trim().chars() {
        match character {
            '\\' if portable => out.push_str("%5C"),
            '|' if portable => out.push_str("%7C"),
            '=' if portable => out.push_str("%3D"),
            '\\' => out.push_str("\\\\"),
            '|' => out.push_str("\\|"),
            _ if character.is_control() || LINE_ENDS.contains(&character) => out.push(' '),
            _ => out.push(character),
        }
    }
    out.trim_matches(' ').to_owned()
}
