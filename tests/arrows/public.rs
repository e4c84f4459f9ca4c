//! What other modules see of an item.

use syn::{Attribute, Ident, ImplItem, Item, Visibility};

/// The name of a type that is seen outside of its module.
pub fn type_name(item: &Item) -> Option<String> {
    let (seen, _, name) = parts(item)?;
    let is_type = matches!(
        item,
        Item::Struct(_) | Item::Enum(_) | Item::Trait(_) | Item::Type(_)
    );
    (is_type && is_public(seen)).then(|| name.to_string())
}

/// Names that are seen outside of the module's folder and that no document says anything of: types,
/// functions, constants, and functions of a type.
pub fn without_document(item: &Item) -> Vec<String> {
    if let Item::Impl(of) = item {
        let functions = of.items.iter().filter_map(|item| match item {
            ImplItem::Fn(function) => Some((&function.vis, &function.attrs, &function.sig.ident)),
            _ => None,
        });
        let bare = functions.filter(|(seen, attributes, _)| is_bare(seen, attributes));
        return bare.map(|(_, _, name)| name.to_string()).collect();
    }
    let bare = parts(item).filter(|(seen, attributes, _)| is_bare(seen, attributes));
    bare.map(|(_, _, name)| name.to_string())
        .into_iter()
        .collect()
}

fn parts(item: &Item) -> Option<(&Visibility, &[Attribute], &Ident)> {
    Some(match item {
        Item::Struct(item) => (&item.vis, &item.attrs, &item.ident),
        Item::Enum(item) => (&item.vis, &item.attrs, &item.ident),
        Item::Trait(item) => (&item.vis, &item.attrs, &item.ident),
        Item::Type(item) => (&item.vis, &item.attrs, &item.ident),
        Item::Fn(item) => (&item.vis, &item.attrs, &item.sig.ident),
        Item::Const(item) => (&item.vis, &item.attrs, &item.ident),
        Item::Static(item) => (&item.vis, &item.attrs, &item.ident),
        _ => return None,
    })
}

fn is_bare(seen: &Visibility, attributes: &[Attribute]) -> bool {
    let in_its_folder = matches!(seen, Visibility::Restricted(at) if at.path.is_ident("super"));
    is_public(seen)
        && !in_its_folder
        && !attributes
            .iter()
            .any(|attribute| attribute.path().is_ident("doc"))
}

fn is_public(seen: &Visibility) -> bool {
    !matches!(seen, Visibility::Inherited)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_document_speaks_of_is_named() {
        let bare = |text: &str| without_document(&syn::parse_str(text).unwrap());
        for (text, names) in [
            ("pub struct A;", &["A"][..]),
            ("pub(crate) const A: u8 = 1;", &["A"]),
            ("impl A { pub fn b() {} pub(super) fn c() {} }", &["b"]),
            ("/// One.\npub fn a() {}", &[]),
            ("fn a() {}", &[]),
            ("impl A { /// Two.\npub fn b() {} fn c() {} }", &[]),
            ("impl B for A { fn b() {} }", &[]),
        ] {
            assert_eq!(bare(text), names, "{text}");
        }
    }
}
