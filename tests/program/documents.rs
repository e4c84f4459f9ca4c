//! The documents: README, the manual, and the READMEs of `tests/` and `image/`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A document of this repository.
#[derive(Debug)]
pub struct Document {
    /// Its path from the root.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

const READMES: [&str; 5] = [
    "README.md",
    "image/README.md",
    "tests/README.md",
    "tests/golden/README.md",
    "tests/support/README.md",
];
const MANUAL: &str = "image/manual";

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text of a file of the repository.
pub fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All documents, the manual's pages behind the READMEs.
pub fn all() -> Vec<Document> {
    let entries = std::fs::read_dir(root().join(MANUAL)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name());
    let pages = names.map(|name| Path::new(MANUAL).join(name));
    let pages: BTreeSet<PathBuf> = pages
        .filter(|path| path.extension().is_some_and(|it| it == "md"))
        .collect();
    let paths = READMES.map(PathBuf::from).into_iter().chain(pages);
    let read = |path: PathBuf| Document {
        text: read(&path),
        path,
    };
    paths.map(read).collect()
}

// === impl Document ===

impl Document {
    /// Is it a page of the manual?
    pub fn is_of_manual(&self) -> bool {
        self.path.starts_with(MANUAL)
    }

    /// Its lines, each with whether it stands in a block of code.
    fn lines(&self) -> impl Iterator<Item = (bool, &str)> {
        let mut code = false;
        self.text.lines().filter_map(move |line| {
            let fence = line.trim_start().starts_with("```");
            code ^= fence;
            (!fence).then_some((code, line))
        })
    }

    /// Lines that are text, those of code blocks left out.
    pub fn prose(&self) -> impl Iterator<Item = &str> {
        self.lines()
            .filter_map(|(code, line)| (!code).then_some(line))
    }

    /// The calls of a program that stand in it as code, each as the words behind the program's
    /// name. A comment ends one.
    pub fn commands(&self, program: &str) -> Vec<Vec<String>> {
        let prose = self.prose().collect::<Vec<_>>().join(" ");
        let spans = prose.split('`').skip(1).step_by(2).map(str::to_owned);
        let code = self.lines().filter_map(|(code, line)| code.then_some(line));
        let calls = code.map(str::to_owned).chain(spans);
        calls
            .filter_map(|call| {
                let call = call.split('#').next()?;
                let words = call
                    .split_whitespace()
                    .map(|word| word.trim_matches(['[', ']']));
                let mut words = words.skip_while(|word| word.contains("=") || *word == "sudo");
                let runs = words.next()? == program;
                runs.then(|| words.map(str::to_owned).collect())
            })
            .collect()
    }

    /// Where its links and pictures lead.
    pub fn links(&self) -> Vec<&str> {
        self.prose()
            .flat_map(|line| {
                let after = |mark, end| {
                    line.split(mark)
                        .skip(1)
                        .filter_map(move |rest: &str| Some(rest.split_once(end)?.0))
                };
                after("](", ')').chain(after("src=\"", '"'))
            })
            .collect()
    }

    /// The names by which a link leads to its headings.
    pub fn anchors(&self) -> BTreeSet<String> {
        let headings = self.prose().filter_map(|line| {
            let rest = line.trim_start_matches('#');
            (rest.len() < line.len()).then(|| rest.trim())
        });
        headings.map(anchor).collect()
    }
}

/// The name that GitHub gives a heading: small letters, blanks as hyphens, no other marks.
fn anchor(heading: &str) -> String {
    heading
        .chars()
        .filter_map(|letter| match letter {
            ' ' | '-' => Some('-'),
            '_' => Some('_'),
            letter if letter.is_alphanumeric() => Some(letter.to_ascii_lowercase()),
            _ => None,
        })
        .collect()
}
