//! A real browser: Debian's Chromium, driven through `tests/browser/driver.mjs`.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// A browser with one page open at most.
pub struct Browser {
    child: Child,
    ask: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Browser {
    pub fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let tools = root.join("target/tools/browser");
        assert!(
            tools.join("node_modules").exists(),
            "{} is missing: make tools-test brings it",
            tools.display()
        );
        let mut child = Command::new("node")
            .arg(root.join("tests/browser/driver.mjs"))
            .arg(tools)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node runs: make tools-test brings it");
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self {
            ask: child.stdin.take(),
            child,
            answers,
        }
    }

    fn ask(&mut self, request: &Value) -> Value {
        let ask = self.ask.as_mut().unwrap();
        writeln!(ask, "{request}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).expect("the driver answers");
        match answer.get("ok") {
            Some(ok) => ok.clone(),
            None => panic!("{request}: {answer}"),
        }
    }

    /// Opens a page of this width; returns its HTTP status.
    pub fn open(&mut self, url: &str, width: u32, scheme: &str) -> u64 {
        let request = json!({"do": "open", "url": url, "width": width, "scheme": scheme});
        self.ask(&request).as_u64().unwrap()
    }

    /// The same without JavaScript.
    pub fn open_without_script(&mut self, url: &str) -> u64 {
        let request = json!({"do": "open", "url": url, "script": false});
        self.ask(&request).as_u64().unwrap()
    }

    /// Goes on to another page, as who one has become by now; returns its HTTP status.
    pub fn go(&mut self, url: &str, width: u32, scheme: &str) -> u64 {
        let request = json!({"do": "go", "url": url, "width": width, "scheme": scheme});
        self.ask(&request).as_u64().unwrap()
    }

    /// Types into what has the focus.
    pub fn type_in(&mut self, text: &str) {
        self.ask(&json!({"do": "type", "text": text}));
    }

    /// Waits until this expression is true in the page.
    pub fn until(&mut self, that: &str, within: Duration) {
        let within = u64::try_from(within.as_millis()).unwrap();
        self.ask(&json!({"do": "until", "that": that, "within": within}));
    }

    /// The value of an expression in the page.
    pub fn tell(&mut self, what: &str) -> Value {
        self.ask(&json!({"do": "tell", "what": what}))
    }

    /// Shows the same page as another screen does.
    pub fn look(&mut self, width: u32, scheme: &str) {
        self.ask(&json!({"do": "look", "width": width, "scheme": scheme}));
    }

    pub fn click(&mut self, at: &str) {
        self.ask(&json!({"do": "click", "at": at}));
    }

    /// Clicks at what brings a file, and puts that there; returns the name that it comes by.
    pub fn download(&mut self, at: &str, path: &Path) -> String {
        let name = self.ask(&json!({"do": "download", "at": at, "path": path}));
        name.as_str().unwrap().to_owned()
    }

    pub fn press(&mut self, key: &str) {
        self.ask(&json!({"do": "press", "key": key}));
    }

    /// What axe-core finds wrong.
    pub fn axe(&mut self) -> Vec<String> {
        words(&self.ask(&json!({"do": "axe"})))
    }

    /// The addresses that the page has asked for.
    pub fn asked(&mut self) -> Vec<String> {
        words(&self.ask(&json!({"do": "asked"})))
    }

    /// What it has put on the console as an error.
    pub fn complaints(&mut self) -> Vec<String> {
        words(&self.ask(&json!({"do": "complaints"})))
    }

    /// A picture of the whole page.
    pub fn shot(&mut self, path: &Path) {
        self.ask(&json!({"do": "shot", "path": path}));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // the end of its input is its end
        drop(self.ask.take());
        let _ = self.child.wait();
    }
}

fn words(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap();
    list.iter()
        .map(|word| word.as_str().unwrap().to_owned())
        .collect()
}
