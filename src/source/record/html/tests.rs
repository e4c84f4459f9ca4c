use super::*;
use proptest::prelude::*;

#[test]
fn html_becomes_words() {
    for (html, words) in [
        ("Log on", "Log on"),
        ("  Log on\n", "Log on"),
        (
            "Download file: file <b>CC004.txt</b>",
            "Download file: file CC004.txt",
        ),
        ("<p>One</p>\n<p>Two<br/>Three</p>", "One\nTwo\nThree"),
        ("one <BR> two", "one\ntwo"),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        (
            "see <a href=\"#/subnet?a>b\">addresses</a>.",
            "see addresses.",
        ),
        ("line\n\nline", "line\n\nline"),
        ("a < b and b > c", "a < b and b > c"),
        ("a <b and b", "a <b and b"),
        ("a<b", "a<b"),
        ("<", "<"),
        ("Bob <bob@contoso.com>", "Bob <bob@contoso.com>"),
        ("x <!-- y --> z", "x  z"),
        (
            "&quot;Keep me&quot; &amp;lt; &#39;x&#x27;",
            "\"Keep me\" &lt; 'x'",
        ),
        ("&lt;b&gt;bold&lt;/b&gt;", "<b>bold</b>"),
        ("AT&T &bogus; & co", "AT&T &bogus; & co"),
        (
            "&Zcaron;i&zcaron;kov &rarr; &Scy;&acy;&shcy;&acy; &alpha;",
            "Žižkov → Саша α",
        ),
        ("'block' __siteIcon__ was matched", "'block' was matched"),
        ("__siteIcon__ was matched", "was matched"),
        ("was matched __siteIcon__", "was matched"),
        ("x\n__siteIcon__ y", "x\n y"),
        (
            "file __init__.py in __MACOSX or __main__",
            "file __init__.py in __MACOSX or __main__",
        ),
        ("a__siteIcon__b", "a__siteIcon__b"),
        ("当用漢字 <b>é</b>", "当用漢字 é"),
        ("&nbsp;", ""),
        ("", ""),
    ] {
        assert_eq!(plain(html), words, "{html}");
    }
}

#[test]
fn borrows_what_is_clean() {
    assert!(matches!(plain(" Log on "), Cow::Borrowed("Log on")));
}

proptest! {
    #[test]
    fn never_panics_and_trims(html in "\\PC{0,60}|[<>/&#;_abpr xX0-9é\"'\n!-]{0,60}") {
        let text = plain(&html);
        prop_assert_eq!(text.trim(), &*text);
    }

    #[test]
    fn what_was_escaped_comes_back(words in "[<>&\"'a-z_ é]{0,40}") {
        let html = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        // template marks aside: the alphabet has no capitals
        prop_assert_eq!(plain(&html), words.trim());
    }
}
