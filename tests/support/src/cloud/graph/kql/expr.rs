//! Expressions: columns and paths into them, calls, comparisons.

use super::KqlError;
use super::lexer::Token;
use crate::records::xdr::{Ticks, Type};

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A column, and the members below it.
    Path(Vec<String>),
    /// A text, a number, true, false, null.
    Value(serde_json::Value),
    /// `datetime(…)`
    Time(Ticks),
    /// `ago(…)`: so many milliseconds before now.
    Ago(i64),
    /// `tostring(…)`
    Call(String, Vec<Expr>),
    /// `a == b`, `a and b`; the operator in small letters.
    Pair(String, Box<Expr>, Box<Expr>),
    /// `a in (b, c)`; the operator in small letters.
    Listed(String, Box<Expr>, Vec<Expr>),
}

impl Expr {
    /// Is it a call of this function?
    #[must_use]
    pub fn is_call(&self, name: &str) -> bool {
        matches!(self, Self::Call(called, _) if called == name)
    }

    /// What it gives, for the schema and the form of its values.
    #[must_use]
    pub fn kind(&self, of_column: &dyn Fn(&str) -> Option<Type>) -> Type {
        match self {
            Self::Path(path) if path.len() == 1 => of_column(&path[0]).unwrap_or(Type::Text),
            Self::Path(_) => Type::Dynamic,
            Self::Time(_) | Self::Ago(_) => Type::Time,
            Self::Call(name, _) => match name.as_str() {
                "ingestion_time" | "now" | "todatetime" => Type::Time,
                "row_number" | "toint" | "tolong" => Type::Int,
                "parse_json" | "todynamic" | "bag_pack" | "pack_all" => Type::Dynamic,
                "coalesce" => Type::Text,
                _ => Type::Text,
            },
            Self::Value(_) | Self::Pair(..) | Self::Listed(..) => Type::Text,
        }
    }
}

/// Reads tokens one after the other.
pub struct Reader<'t> {
    tokens: &'t [Token],
}

impl<'t> Reader<'t> {
    /// From the first of these on.
    #[must_use]
    pub fn new(tokens: &'t [Token]) -> Self {
        Self { tokens }
    }

    /// Is all read?
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Reads this sign where it comes next.
    pub fn sign(&mut self, sign: &str) -> bool {
        let is_next = matches!(self.tokens.first(), Some(Token::Sign(s)) if s == sign);
        self.skip(is_next)
    }

    /// Reads this word where it comes next.
    pub fn word(&mut self, word: &str) -> bool {
        let is_next =
            matches!(self.tokens.first(), Some(Token::Word(w)) if w.eq_ignore_ascii_case(word));
        self.skip(is_next)
    }

    fn skip(&mut self, is_next: bool) -> bool {
        if is_next {
            self.tokens = &self.tokens[1..];
        }
        is_next
    }

    /// The next token.
    ///
    /// # Errors
    /// At the end.
    pub fn take(&mut self) -> Result<&'t Token, KqlError> {
        let (first, rest) = (self.tokens.split_first())
            .ok_or_else(|| KqlError::Syntax("the query ends too early".to_owned()))?;
        self.tokens = rest;
        Ok(first)
    }

    /// `Name =`, where a name and an equals sign come next.
    pub fn alias(&mut self) -> Option<String> {
        match self.tokens {
            [Token::Word(name), Token::Sign(equals), ..] if equals == "=" => {
                self.tokens = &self.tokens[2..];
                Some(name.clone())
            }
            _ => None,
        }
    }

    /// An expression.
    ///
    /// # Errors
    /// What can't be read.
    pub fn expr(&mut self) -> Result<Expr, KqlError> {
        let mut left = self.both()?;
        while self.word("or") {
            left = Expr::Pair("or".to_owned(), Box::new(left), Box::new(self.both()?));
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Expr, KqlError> {
        let mut left = self.compared()?;
        while self.word("and") {
            left = Expr::Pair("and".to_owned(), Box::new(left), Box::new(self.compared()?));
        }
        Ok(left)
    }

    fn compared(&mut self) -> Result<Expr, KqlError> {
        let left = self.one()?;
        for sign in ["==", "!=", ">=", "<=", "=~", "!~", ">", "<"] {
            if self.sign(sign) {
                let right = self.one()?;
                return Ok(Expr::Pair(sign.to_owned(), Box::new(left), Box::new(right)));
            }
        }
        let negated = self.sign("!");
        for word in ["in", "in~", "has_any"] {
            if self.word(word) {
                let operator = if negated {
                    format!("!{word}")
                } else {
                    word.to_owned()
                };
                let items = self.arguments()?;
                return Ok(Expr::Listed(operator, Box::new(left), items));
            }
        }
        for word in ["contains", "startswith", "endswith", "has"] {
            if self.word(word) {
                let operator = if negated {
                    format!("!{word}")
                } else {
                    word.to_owned()
                };
                let right = self.one()?;
                return Ok(Expr::Pair(operator, Box::new(left), Box::new(right)));
            }
        }
        match negated {
            true => Err(KqlError::Syntax("a lonely !".to_owned())),
            false => Ok(left),
        }
    }

    fn one(&mut self) -> Result<Expr, KqlError> {
        if self.sign("(") {
            let inner = self.expr()?;
            return match self.sign(")") {
                true => Ok(inner),
                false => Err(KqlError::Syntax("a ) is missing".to_owned())),
            };
        }
        match self.take()? {
            Token::Text(text) => Ok(Expr::Value(text.as_str().into())),
            Token::Sign(sign) => Err(KqlError::Syntax(format!("unexpected {sign}"))),
            Token::Word(word) => match word.as_str() {
                "true" | "false" => Ok(Expr::Value((word == "true").into())),
                digits if digits.starts_with(|c: char| c.is_ascii_digit()) => {
                    let number = digits.parse::<i64>();
                    let bad = |_| KqlError::Syntax(format!("{digits} is no number"));
                    number.map(|number| Expr::Value(number.into())).map_err(bad)
                }
                _ if matches!(self.tokens.first(), Some(Token::Sign(s)) if s == "(") => {
                    let arguments = self.arguments()?;
                    call(word, arguments)
                }
                _ => self.path(word),
            },
        }
    }

    fn path(&mut self, first: &str) -> Result<Expr, KqlError> {
        let mut path = vec![first.to_owned()];
        loop {
            if self.sign(".") {
                match self.take()? {
                    Token::Word(member) => path.push(member.clone()),
                    other => return Err(KqlError::Syntax(format!("unexpected {other:?}"))),
                }
            } else if self.sign("[") {
                match self.take()? {
                    Token::Text(member) | Token::Word(member) => path.push(member.clone()),
                    Token::Sign(sign) => {
                        return Err(KqlError::Syntax(format!("unexpected {sign}")));
                    }
                }
                if !self.sign("]") {
                    return Err(KqlError::Syntax("a ] is missing".to_owned()));
                }
            } else {
                return Ok(Expr::Path(path));
            }
        }
    }

    /// `(a, b)`
    fn arguments(&mut self) -> Result<Vec<Expr>, KqlError> {
        if !self.sign("(") {
            return Err(KqlError::Syntax("a ( is missing".to_owned()));
        }
        let mut all = Vec::new();
        while !self.sign(")") {
            all.push(self.expr()?);
            if !self.sign(",") && !matches!(self.tokens.first(), Some(Token::Sign(s)) if s == ")") {
                return Err(KqlError::Syntax("a , or ) is missing".to_owned()));
            }
        }
        Ok(all)
    }
}

fn call(name: &str, arguments: Vec<Expr>) -> Result<Expr, KqlError> {
    let text = match arguments.as_slice() {
        [Expr::Value(serde_json::Value::String(text))] => text.as_str(),
        _ => "",
    };
    match name {
        "datetime" => {
            let bad = || KqlError::Syntax(format!("datetime({text}) is no time"));
            Ticks::parse(text).map(Expr::Time).ok_or_else(bad)
        }
        "ago" => {
            let (number, unit) = text.split_at(text.len().saturating_sub(1));
            let unit_ms = match unit {
                "d" => 86_400_000,
                "h" => 3_600_000,
                "m" => 60_000,
                "s" => 1000,
                _ => return Err(KqlError::Syntax(format!("ago({text}) is no time"))),
            };
            let bad = |_| KqlError::Syntax(format!("ago({text}) is no time"));
            number
                .parse::<i64>()
                .map(|n| Expr::Ago(n * unit_ms))
                .map_err(bad)
        }
        _ => Ok(Expr::Call(name.to_owned(), arguments)),
    }
}
