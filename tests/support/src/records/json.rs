//! JSON written by hand: a drawn record becomes text anew each time it is served, so this is kept
//! simple and quick.

use std::fmt::Write as _;

/// An object being written; commas and quotes are its business.
pub struct Object<'a> {
    out: &'a mut String,
    first: bool,
}

impl<'a> Object<'a> {
    /// Writes an object to the end of `out`.
    pub fn write(out: &'a mut String, fill: impl FnOnce(&mut Object<'_>)) {
        out.push('{');
        let mut object = Object { out, first: true };
        fill(&mut object);
        object.out.push('}');
    }

    /// `"key": "value"`
    pub fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        quote(self.out, value);
    }

    /// `"key": 17`
    pub fn number(&mut self, key: &str, value: i64) {
        self.key(key);
        let _ = write!(self.out, "{value}");
    }

    /// `"key": true`
    pub fn flag(&mut self, key: &str, value: bool) {
        self.key(key);
        self.out.push_str(if value { "true" } else { "false" });
    }

    /// `"key": …`, where the value is JSON already.
    pub fn raw(&mut self, key: &str, json: &str) {
        self.key(key);
        self.out.push_str(json);
    }

    /// `"key": "value"`, where the value is known to need no escapes.
    pub fn clean(&mut self, key: &str, value: &str) {
        self.key(key);
        self.out.push('"');
        self.out.push_str(value);
        self.out.push('"');
    }

    /// `"key": {…}`
    pub fn object(&mut self, key: &str, fill: impl FnOnce(&mut Object<'_>)) {
        self.key(key);
        Object::write(self.out, fill);
    }

    /// `"key": ["…", "…"]`
    pub fn texts<T: AsRef<str>>(&mut self, key: &str, values: &[T]) {
        self.key(key);
        self.out.push('[');
        for (i, value) in values.iter().enumerate() {
            if i > 0 {
                self.out.push(',');
            }
            quote(self.out, value.as_ref());
        }
        self.out.push(']');
    }

    /// `"key": [{…}, {…}]`, one object for each of `items`.
    pub fn objects<T>(&mut self, key: &str, items: &[T], fill: impl Fn(&T, &mut Object<'_>)) {
        self.key(key);
        self.out.push('[');
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.out.push(',');
            }
            Object::write(self.out, |object| fill(item, object));
        }
        self.out.push(']');
    }

    /// Bytes written so far, by this object and all around it.
    #[must_use]
    pub fn written(&self) -> usize {
        self.out.len()
    }

    fn key(&mut self, key: &str) {
        if !self.first {
            self.out.push(',');
        }
        self.first = false;
        // keys are our own and need no escapes
        self.out.push('"');
        self.out.push_str(key);
        self.out.push_str("\":");
    }
}

/// Appends `text` as a JSON string.
pub fn quote(out: &mut String, text: &str) {
    out.push('"');
    let mut clean = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[clean..at]);
        clean = at + 1;
        if escape.is_empty() {
            let _ = write!(out, "\\u{byte:04x}");
        } else {
            out.push_str(escape);
        }
    }
    out.push_str(&text[clean..]);
    out.push('"');
}
