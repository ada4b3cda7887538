//! Sentences, in which bytes and commands stand between backquotes.

use askama::Template;

/// A sentence as the page shows it: what stands between backquotes is code.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "prose.html")]
pub(super) struct Prose {
    spans: Vec<Span>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Span {
    Plain(String),
    Code(String),
}

impl Prose {
    pub(super) fn new(text: &str) -> Self {
        let mut spans = Vec::new();
        let mut rest = text;
        // A backquote alone is none.
        while let Some((before, quoted)) = rest.split_once('`')
            && let Some((code, after)) = quoted.split_once('`')
        {
            spans.extend([Span::Plain(before.to_owned()), Span::Code(code.to_owned())]);
            rest = after;
        }
        spans.push(Span::Plain(rest.to_owned()));
        Self { spans }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_bytes_are_code_and_nothing_is_markup() {
        let shown = |text| Prose::new(text).render().unwrap();
        assert_eq!(
            shown("expected `0d 90`, found `0d`"),
            "expected <code>0d 90</code>, found <code>0d</code>"
        );
        assert_eq!(shown("a ` alone"), "a ` alone");
        assert_eq!(shown("`</code><script>`"), "<code>&#60;/code&#62;&#60;script&#62;</code>");
    }
}
