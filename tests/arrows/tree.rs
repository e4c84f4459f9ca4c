//! The modules of a crate and which of them uses which.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Item};

use crate::paths::{Path, paths};
use crate::public;

/// A module: `["source", "http"]`; the crate itself is empty.
pub type Module = Vec<String>;

/// Modules, and what each of them names.
#[derive(Default)]
pub struct Tree {
    /// The other modules that it uses.
    pub uses: BTreeMap<Module, BTreeSet<Module>>,
    /// Everything that stands in a path, of our own or not.
    pub words: BTreeMap<Module, BTreeSet<String>>,
    /// What other modules see of it and no document says what it is.
    pub undocumented: BTreeSet<(Module, String)>,
    /// Where a public type of each name is defined.
    pub types: BTreeMap<String, Vec<Module>>,
}

/// A file, and the folder in which the files of its children lie.
struct Source {
    module: Module,
    folder: String,
    items: Vec<Item>,
}

impl Tree {
    /// Reads a crate from its `lib.rs`; `file` gives a file's text by its path below `src`.
    pub fn read(file: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut found: Vec<(Module, TokenStream)> = Vec::new();
        let mut types = BTreeMap::<String, Vec<Module>>::new();
        let mut undocumented = BTreeSet::new();
        let mut waiting = vec![parse(file, Module::new(), "lib.rs", String::new())];
        while let Some(source) = waiting.pop() {
            let mut tokens = TokenStream::new();
            for item in source.items {
                match item {
                    item if is_for_tests(&item) => {}
                    Item::Mod(child) if child.content.is_none() => {
                        let name = child.ident.to_string();
                        let module = joined(&source.module, &name);
                        let folder = format!("{}{name}/", source.folder);
                        let flat = format!("{}{name}.rs", source.folder);
                        let path = match file(&flat) {
                            Some(_) => flat,
                            None => format!("{folder}mod.rs"),
                        };
                        waiting.push(parse(file, module, &path, folder));
                    }
                    item => {
                        if let Some(name) = public::type_name(&item) {
                            types.entry(name).or_default().push(source.module.clone());
                        }
                        let named = public::without_document(&item);
                        let module = || source.module.clone();
                        undocumented.extend(named.into_iter().map(|name| (module(), name)));
                        item.to_tokens(&mut tokens);
                    }
                }
            }
            found.push((source.module, tokens));
        }
        let modules: BTreeSet<Module> = found.iter().map(|(module, _)| module.clone()).collect();
        let mut words = BTreeMap::new();
        let uses = found.into_iter().map(|(module, tokens)| {
            let used = paths(tokens);
            words.insert(module.clone(), used.iter().flatten().cloned().collect());
            let used = used
                .iter()
                .filter_map(|path| resolve(&modules, &module, path));
            let used = used.filter(|other| *other != module).collect();
            (module, used)
        });
        Self {
            uses: uses.collect(),
            words,
            undocumented,
            types,
        }
    }
}

fn parse(
    file: &dyn Fn(&str) -> Option<String>,
    module: Module,
    path: &str,
    folder: String,
) -> Source {
    let text = file(path).unwrap_or_else(|| panic!("{path} is not there"));
    let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
    Source {
        module,
        folder,
        items: parsed.items,
    }
}

/// The deepest module that a path names, seen from another one.
fn resolve(modules: &BTreeSet<Module>, from: &Module, path: &Path) -> Option<Module> {
    let mut parts = path.iter().map(String::as_str).peekable();
    let mut at = match parts.peek().copied() {
        Some("crate") => Module::new(),
        Some("self" | "super") => from.clone(),
        Some(name) if modules.contains(&joined(from, name)) => from.clone(),
        _ => return None,
    };
    while let Some(part) = parts.next_if(|part| ["crate", "self", "super"].contains(part)) {
        if part == "super" {
            at.pop();
        }
    }
    for part in parts {
        let deeper = joined(&at, part);
        if !modules.contains(&deeper) {
            break;
        }
        at = deeper;
    }
    Some(at)
}

fn joined(module: &Module, name: &str) -> Module {
    let mut joined = module.clone();
    joined.push(name.to_owned());
    joined
}

fn is_for_tests(item: &Item) -> bool {
    if matches!(item, Item::Mod(child) if child.ident == "for_tests") {
        return true;
    }
    let attributes: &[Attribute] = match item {
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Const(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        _ => &[],
    };
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .meta
                .to_token_stream()
                .to_string()
                .replace(' ', "")
                == "cfg(test)"
    })
}
