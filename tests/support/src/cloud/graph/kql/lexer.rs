//! Words and signs of a query.

use super::KqlError;

/// A word or sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// A name, a keyword, or the inside of a number or time (`1d`).
    Word(String),
    /// A text in quotes, without them.
    Text(String),
    /// One or two signs: `(`, `==`, `..`.
    Sign(String),
}

/// The operators of a query, split at the bars; comments are left out.
///
/// # Errors
/// Where a text does not end.
pub fn stages(query: &str) -> Result<Vec<Vec<Token>>, KqlError> {
    let mut all = vec![Vec::new()];
    let mut depth = 0_usize;
    for token in tokens(query)? {
        match &token {
            Token::Sign(sign) if sign == "(" || sign == "[" => depth += 1,
            Token::Sign(sign) if sign == ")" || sign == "]" => depth = depth.saturating_sub(1),
            Token::Sign(sign) if sign == "|" && depth == 0 => {
                all.push(Vec::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = all.last_mut() {
            last.push(token);
        }
    }
    Ok(all)
}

fn tokens(query: &str) -> Result<Vec<Token>, KqlError> {
    let mut out = Vec::new();
    let mut rest = query;
    while let Some(first) = rest.chars().next() {
        let is_word = |sign: char| sign.is_alphanumeric() || "_$".contains(sign);
        let end = if first.is_whitespace() || first == ';' {
            first.len_utf8()
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if first == '"' || first == '\'' || rest.starts_with("@\"") || rest.starts_with("@'")
        {
            let (text, end) = text(rest)?;
            out.push(Token::Text(text));
            end
        } else if rest.starts_with("datetime(") || rest.starts_with("ago(") {
            // what stands inside is no expression
            let (name, inner) = rest.split_once('(').unwrap_or((rest, ""));
            let close = inner.find(')');
            let close = close.ok_or_else(|| KqlError::Syntax(format!("{name}( does not end")))?;
            out.push(Token::Word(name.to_owned()));
            out.push(Token::Sign("(".to_owned()));
            out.push(Token::Text(
                inner[..close].trim_matches(['"', '\'', ' ']).to_owned(),
            ));
            out.push(Token::Sign(")".to_owned()));
            name.len() + close + 2
        } else if is_word(first) {
            let end = rest.find(|sign| !is_word(sign)).unwrap_or(rest.len());
            // `has_any`, and operators such as `in~` and `!in`
            let end = end + usize::from(rest[end..].starts_with('~'));
            out.push(Token::Word(rest[..end].to_owned()));
            end
        } else {
            let two = ["==", "!=", ">=", "<=", "=~", "!~", ".."];
            let sign = two.iter().find(|two| rest.starts_with(**two));
            let sign = sign.map_or(&rest[..first.len_utf8()], |two| two);
            out.push(Token::Sign(sign.to_owned()));
            sign.len()
        };
        rest = &rest[end..];
    }
    Ok(out)
}

/// A text in quotes at the beginning, and where it ends.
fn text(rest: &str) -> Result<(String, usize), KqlError> {
    let verbatim = rest.starts_with('@');
    let open = usize::from(verbatim);
    let quote = rest[open..].chars().next().unwrap_or('"');
    let mut out = String::new();
    let mut signs = rest.char_indices().skip(open + 1).peekable();
    while let Some((at, sign)) = signs.next() {
        match sign {
            '\\' if !verbatim => match signs.next() {
                Some((_, 'n')) => out.push('\n'),
                Some((_, 't')) => out.push('\t'),
                Some((_, other)) => out.push(other),
                None => break,
            },
            _ if sign == quote && verbatim && signs.peek().is_some_and(|(_, s)| *s == quote) => {
                signs.next();
                out.push(quote);
            }
            _ if sign == quote => return Ok((out, at + sign.len_utf8())),
            _ => out.push(sign),
        }
    }
    Err(KqlError::Syntax("a text in quotes does not end".to_owned()))
}
