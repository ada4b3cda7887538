//! Texts as libraries print them, and the page that `wsight explain` shows first for each.
//!
//! `tests/explain/` has them: under the name of who prints it, a line for each text, in quotes behind the page.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use wsight::findings::catalog::search;

const FILES: [&str; 10] = [
    include_str!("explain/browsers.txt"),
    include_str!("explain/node.txt"),
    include_str!("explain/python.txt"),
    include_str!("explain/go.txt"),
    include_str!("explain/java.txt"),
    include_str!("explain/dotnet.txt"),
    include_str!("explain/rust.txt"),
    include_str!("explain/others.txt"),
    include_str!("explain/proxies.txt"),
    include_str!("explain/words.txt"),
];

/// A text, who prints it, and what it is about.
struct Printed<'a> {
    source: &'a str,
    page: &'a str,
    text: &'a str,
}

/// The texts of a file.
fn texts(file: &str) -> Vec<Printed<'_>> {
    let mut source = "";
    let mut texts = Vec::new();
    for line in file.lines().filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
            source = name;
            continue;
        }
        let (page, text) = line.split_once(' ').unwrap_or_else(|| panic!("what is `{line}`?"));
        let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        texts.push(Printed { source, page, text: text.unwrap_or_else(|| panic!("no quotes: `{line}`")) });
    }
    texts
}

#[test]
fn real_texts_find_their_page_first() {
    let texts: Vec<Printed<'_>> = FILES.into_iter().flat_map(texts).collect();
    assert!(texts.len() >= 400);
    let mut wrong = Vec::new();
    for Printed { source, page, text } in &texts {
        let found: Vec<&str> = search(text).entries.iter().map(|entry| entry.id.name()).collect();
        if found.first() != Some(page) {
            wrong.push(format!("{source}: {text}\n    finds {found:?}, not {page}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), texts.len(), wrong.join("\n"));
}
