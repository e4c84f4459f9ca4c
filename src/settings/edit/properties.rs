//! Properties of edits: what was set is there, and everything else stays byte for byte.

use proptest::prelude::*;
use toml_edit::Value;

use super::*;

const KEYS: [&str; 7] = [
    "paused",
    "siem.port",
    "siem.host",
    "source.token_file",
    "alerts.filters",
    "alerts.page_size",
    "spool.max_size_mb",
];

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        "[a-z \"\\\\\n#=]{0,12}".prop_map(Value::from),
        "[a-z]{1,5}".prop_map(|key| {
            let table: toml_edit::InlineTable = [(key, Value::from(1))].into_iter().collect();
            Value::from(table)
        }),
    ]
}

/// One table of an agent, in one of the ways in which it can be written. Each comment is a word of
/// its own.
fn table(
    name: &'static str,
    keys: &'static [(&'static str, &'static str)],
) -> impl Strategy<Value = [String; 3]> {
    let picked = proptest::collection::vec(any::<bool>(), keys.len());
    (0..4_u8, picked, any::<[bool; 3]>()).prop_map(move |(way, picked, dice)| {
        let there: Vec<_> = keys
            .iter()
            .zip(picked)
            .filter(|(_, there)| *there)
            .collect();
        let comment = |on: bool, word: &str| {
            if on {
                format!(" # {name}-{word}")
            } else {
                String::new()
            }
        };
        let mut parts = [String::new(), String::new(), String::new()];
        match way {
            0 => {}
            1 => {
                for (index, ((key, value), _)) in there.iter().enumerate() {
                    // now before, now behind what other tables have
                    parts[index % 2] +=
                        &format!("{name}.{key} = {value}{}\n", comment(dice[0], key));
                }
            }
            2 => {
                let inner: Vec<String> = there
                    .iter()
                    .map(|((key, value), _)| format!("{key} = {value}"))
                    .collect();
                parts[0] = format!(
                    "{name} = {{ {} }}{}\n",
                    inner.join(", "),
                    comment(dice[0], "inline")
                );
            }
            _ => {
                if dice[1] {
                    parts[2] += &format!("\n# {name}-above\n");
                }
                parts[2] += &format!("[agent.{name}]{}\n", comment(dice[2], "header"));
                for ((key, value), _) in there {
                    parts[2] += &format!(
                        "# {name}-{key}-above\n  {key}={value}{}\n",
                        comment(dice[0], key)
                    );
                }
                parts[2] += &format!("# {name}-below\n");
            }
        }
        parts
    })
}

fn agent(name: &'static str) -> impl Strategy<Value = String> {
    (
        table(
            "siem",
            &[("host", "\"h\""), ("port", "514"), ("facility", "13")],
        ),
        table(
            "source",
            &[("api_url", "'https://x'"), ("token_file", "\"t\"")],
        ),
        table(
            "alerts",
            &[
                ("enabled", "true"),
                ("filters", "{ a.b = [1, 2] }"),
                ("page_size", "7"),
            ],
        ),
    )
        .prop_map(move |(siem, source, alerts)| {
            let mut text = format!("# {name}-begins\n[[agent]]\nname = \"{name}\" # {name}-name\n");
            for part in 0..3 {
                for table in [&siem, &source, &alerts] {
                    text += &table[part].replace("# ", &format!("# {name}-"));
                }
            }
            text
        })
}

fn file() -> impl Strategy<Value = String> {
    (agent("a"), agent("b"), any::<[bool; 3]>()).prop_map(|(a, b, [page, crlf, ends])| {
        let page = if page {
            "[page]\nenabled = true # page\n\n"
        } else {
            ""
        };
        let mut text = format!("# top\n\n{page}{a}\n{b}");
        if ends {
            text.truncate(text.trim_end().len());
        }
        if crlf {
            text.replace('\n', "\r\n")
        } else {
            text
        }
    })
}

fn draft(text: &str) -> SettingsDraft {
    SettingsDraft {
        path: "/siembox.toml".into(),
        is_marked: false,
        text: String::new(),
        revision: Revision::none(),
    }
    .with_text(text.to_owned())
    .unwrap()
}

fn comments(text: &str) -> Vec<&str> {
    let comment = |line| str::find(line, "# ").map(|at| line[at..].trim_end());
    let mut all: Vec<&str> = text.lines().filter_map(comment).collect();
    all.sort_unstable();
    all
}

/// The lines of one between those that both begin with and those that both end with.
fn lost<'t>(before: &'t str, after: &str) -> Vec<&'t str> {
    let mut before: Vec<&str> = before.split_inclusive('\n').collect();
    let mut after: Vec<&str> = after.split_inclusive('\n').collect();
    for _ in 0..2 {
        while let (Some(one), Some(other)) = (before.last(), after.last())
            // the last line of a file may get an end
            && one.trim_end_matches(['\r', '\n']) == other.trim_end_matches(['\r', '\n'])
        {
            before.pop();
            after.pop();
        }
        before.reverse();
        after.reverse();
    }
    before
}

fn plain(value: Option<Value>) -> Option<String> {
    let text = value.map(|value| value.decorated("", "").to_string())?;
    Some(text.split_whitespace().collect())
}

proptest! {
    #[test]
    fn what_is_set_is_there_and_nothing_else_moves(
        text in file(),
        key in 0..KEYS.len(),
        value in proptest::option::of(value()),
    ) {
        let mut draft = draft(&text);
        prop_assume!(toml_edit::Document::parse(text.as_str()).is_ok());
        let others = |draft: &SettingsDraft| -> Vec<Option<String>> {
            let b = KEYS.map(|key| plain(draft.value("b", key)));
            let a = KEYS
                .iter()
                .filter(|other| **other != KEYS[key])
                .map(|key| plain(draft.value("a", key)));
            b.into_iter().chain(a).collect()
        };
        let before = others(&draft);
        draft.set("a", KEYS[key], value.clone());
        let after = draft.text();
        prop_assert!(
            toml_edit::Document::parse(after.as_str()).is_ok(),
            "{}",
            after
        );
        prop_assert_eq!(
            plain(draft.value("a", KEYS[key])),
            plain(value.clone()),
            "{}",
            after
        );
        prop_assert_eq!(others(&draft), before, "{}", after);
        // a text that is set may look like a comment itself
        if !plain(value).is_some_and(|value| value.contains('#')) {
            prop_assert_eq!(comments(&after), comments(&text), "{}", after);
        }
        prop_assert!(lost(&text, &after).len() <= 1, "{:?}", lost(&text, &after));
    }

    #[test]
    fn an_agent_comes_and_goes_without_a_trace(text in file(), key in 0..KEYS.len()) {
        let mut draft = draft(&text);
        draft.add_agent("c");
        draft.set("c", KEYS[key], Some(1.into()));
        prop_assert_eq!(draft.place("c"), Some(3));
        draft.remove_agent("c");
        let after = draft.text();
        prop_assert_eq!(after.trim_end(), text.trim_end());
        draft.remove_agent("a");
        let after = draft.text();
        prop_assert_eq!(draft.agents(), ["b"]);
        let of_a = |text: &str| {
            comments(text)
                .iter()
                .filter(|one| one.starts_with("# a-"))
                .count()
        };
        prop_assert_eq!(of_a(&after), 0, "{}", after);
        let of_others = |text: &str| {
            comments(text)
                .into_iter()
                .filter(|one| !one.starts_with("# a-"))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        prop_assert_eq!(of_others(&after), of_others(&text), "{}", after);
    }

    /// Lines of every kind in any order, as nobody would write them: what is TOML stays TOML, and
    /// does what was asked.
    #[test]
    fn the_strangest_file_can_be_changed(
        lines in proptest::collection::vec(proptest::sample::select(STRANGE), 1..12),
        crlf: bool,
        key in 0..KEYS.len(),
    ) {
        let mut text = lines.concat();
        if crlf {
            text = text.replace('\n', "\r\n");
        }
        // `agent` as a table or a number has no agents, and leaves no room for one
        let fits = toml_edit::Document::parse(text.as_str()).is_ok_and(|document| {
            document.get("agent").is_none_or(|agents| {
                agents.is_array_of_tables()
                    || agents
                        .as_array()
                        .is_some_and(|list| list.iter().all(Value::is_inline_table))
            })
        });
        if !fits {
            return Ok(());
        }
        let mut draft = draft(&text);
        for agent in draft.agents() {
            for value in [Some(Value::from(7)), None] {
                draft.set(&agent, KEYS[key], value.clone());
                prop_assert_eq!(
                    plain(draft.value(&agent, KEYS[key])),
                    plain(value),
                    "{}",
                    draft.text()
                );
            }
        }
        let agents = draft.agents();
        draft.set_page("enabled", Some(true.into()));
        prop_assert_eq!(
            plain(draft.page_value("enabled")),
            Some("true".to_owned()),
            "{}",
            draft.text()
        );
        prop_assert_eq!(draft.agents(), &*agents);
        for (gone, agent) in agents.iter().enumerate() {
            draft.remove_agent(agent);
            prop_assert_eq!(
                draft.agents().len(),
                agents.len() - gone - 1,
                "{}",
                draft.text()
            );
        }
        draft.add_agent("new");
        prop_assert_eq!(draft.agents(), ["new"], "{}", draft.text());
        draft.set("new", KEYS[key], Some(7.into()));
        prop_assert_eq!(
            plain(draft.value("new", KEYS[key])),
            Some("7".to_owned()),
            "{}",
            draft.text()
        );
    }
}

const STRANGE: &[&str] = &[
    "\n",
    "# c\n",
    "  # port = 1\n",
    "[page] # c\n",
    "page.listen = 1\n",
    "page = { enabled = false }\n",
    "[[agent]]\n",
    "[[agent]]\nname = \"a\"\n",
    "  [[agent]] # c\n\tname = \"b\" # c\n",
    "agent = [ { name = 'a', siem.port = 1 }, # c\n {name = 'b'}\n]\n",
    "agent = [{ name = 'a', siem = { port = 1, host = \"h\" }, paused = true, },]\n",
    "agent = []\n",
    "[agent.siem]\n",
    "  [agent.siem] # c\n",
    "[[agent.siem]]\n",
    "[agent.siem.port]\n",
    "[agent.alerts.filters]\n",
    "[agent.alerts]\n",
    "[agent.alerts.filters.\"a.b\"]\n",
    "siem.port = 1\n",
    "siem.port.x = 1\n",
    "\"siem\".host = \"\"\"x\n# no comment\n\"\"\" # c\n",
    "siem = { port = 1, x.y = 2, host = 3 } # c\n",
    "siem = {\n  port = 1, # c\n  host = 2,\n}\n",
    "siem = {}\n",
    "siem = 7\n",
    "alerts.filters.a = 1\n",
    "alerts.page_size = 1 # c\n",
    "alerts = { filters.a = 1, filters.b = 2, page_size = 3 }\n",
    "port = 1 # c\n",
    "host = 'h'\n",
    "filters = { a = [1,\n2] }\n",
    "filters.a.b = 1\n",
    "enabled = true",
    "paused = 1\n",
    "x = 1\n",
];
