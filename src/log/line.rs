//! Formats a line of the log. One event is one line, whatever is in it: control characters are
//! escaped, so that nothing a record or a server says can pose as a line of ours.

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::output::Output;
use crate::foreign::without_secrets;

/// Fields that say where it happened stand before the message.
const WHERE: [&str; 2] = ["agent", "stream"];

/// Longer lines are cut: a log of bounded files has no room for a whole record.
const MAX_BYTES: usize = 16 * 1024;

/// Turns events into lines.
pub(super) struct LogLines {
    output: Arc<Output>,
    clock: fn() -> i64,
}

/// What an event or span says.
#[derive(Default)]
struct Said {
    place: String,
    message: String,
    fields: String,
}

// === impl Lines ===

impl LogLines {
    pub(super) fn new(output: Arc<Output>, clock: fn() -> i64) -> Self {
        Self { output, clock }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for LogLines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut said = Said::default();
        attributes.record(&mut said);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(said);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(said) = span.extensions_mut().get_mut::<Said>()
        {
            values.record(said);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut whole = Said::default();
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(|scope| scope.from_root())
        {
            if let Some(said) = span.extensions().get::<Said>() {
                whole.place += &said.place;
                whole.fields += &said.fields;
            }
        }
        event.record(&mut whole);
        let mut rest = format!("{}{}{}", whole.place, whole.message, whole.fields);
        if let Cow::Owned(tame) = without_secrets(&rest) {
            rest = tame;
        }
        cut(&mut rest);
        self.output
            .line(&time((self.clock)()), *event.metadata().level(), &rest);
    }
}

/// `2026-11-21T08:00:00.000Z`
fn time(ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

fn cut(line: &mut String) {
    if line.len() > MAX_BYTES {
        let end = (0..=MAX_BYTES)
            .rev()
            .find(|&end| line.is_char_boundary(end));
        line.truncate(end.unwrap_or(0));
        line.push('…');
    }
}

// === impl Said ===

impl Said {
    fn field(&mut self, name: &str, value: &str) {
        let part = if WHERE.contains(&name) {
            &mut self.place
        } else {
            &mut self.fields
        };
        let plain = !value.is_empty()
            && !value
                .contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '='));
        let _ = if plain {
            write!(part, " {name}={value}")
        } else {
            write!(part, " {name}={value:?}")
        };
    }

    fn message(&mut self, text: &str) {
        self.message.push(' ');
        for c in text.chars() {
            if c.is_control() {
                self.message.extend(c.escape_default());
            } else {
                self.message.push(c);
            }
        }
    }
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.message(value),
            name => self.field(name, value),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        match field.name() {
            "message" => self.message(&text),
            // A text shown with `?` has its quotes and escapes already.
            name if text.len() >= 2
                && text.starts_with('"')
                && text.ends_with('"')
                && !text.contains(char::is_control) =>
            {
                let part = if WHERE.contains(&name) {
                    &mut self.place
                } else {
                    &mut self.fields
                };
                let _ = write!(part, " {name}={text}");
            }
            name => self.field(name, &text),
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut text = value.to_string();
        let mut cause = value.source();
        while let Some(error) = cause {
            let _ = write!(text, ": {error}");
            cause = error.source();
        }
        self.field(field.name(), &text);
    }
}
