//! Paths in tokens: `a::b::c` and `a::{b, c::d}`, wherever they stand.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A path as it is written, without generics and without what it is renamed to.
pub type Path = Vec<String>;

/// All paths of at least two parts, use trees taken apart.
pub fn paths(tokens: TokenStream) -> Vec<Path> {
    let mut found = Vec::new();
    scan(tokens, &mut found);
    found
}

fn scan(tokens: TokenStream, found: &mut Vec<Path>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) => scan(group.stream(), found),
            TokenTree::Ident(_) => {
                at = path(&tokens, at, &Path::new(), found);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
}

/// Reads the path that begins here; where it ends.
fn path(tokens: &[TokenTree], mut at: usize, prefix: &Path, found: &mut Vec<Path>) -> usize {
    let mut path = prefix.clone();
    loop {
        match tokens.get(at) {
            Some(TokenTree::Ident(ident)) => path.push(ident.to_string()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                tree(group.stream(), &path, found);
                return at + 1;
            }
            _ => break,
        }
        at += 1;
        if !is_colons(tokens, at) {
            break;
        }
        at += 2;
    }
    if path.len() > 1 {
        found.push(path);
    }
    at
}

/// The branches of a use tree.
fn tree(tokens: TokenStream, prefix: &Path, found: &mut Vec<Path>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for branch in tokens.split(|token| matches!(token, TokenTree::Punct(p) if p.as_char() == ',')) {
        if !branch.is_empty() {
            path(branch, 0, prefix, found);
        }
    }
}

fn is_colons(tokens: &[TokenTree], at: usize) -> bool {
    let colon =
        |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == ':');
    colon(at) && colon(at + 1)
}
