//! Pages of the documentation that are made from the program say what the program says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use wsight::findings::catalog;

#[test]
fn the_page_of_findings_is_the_catalog() {
    check("docs/FINDINGS.md", &catalog::markdown());
}

#[test]
#[cfg(feature = "tui")]
fn the_keys_of_the_terminal_ui_are_its_table() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/TUI.md");
    let text = std::fs::read_to_string(page).unwrap();
    let marks = ("<!-- keys: from the key table -->\n", "<!-- end of keys -->");
    let (before, rest) = text.split_once(marks.0).expect("where the keys begin");
    let (_, after) = rest.split_once(marks.1).expect("where the keys end");
    check("docs/TUI.md", &format!("{before}{}{}{}{after}", marks.0, wsight::tui::keys::markdown(), marks.1));
}

/// Compares a page with what it should be, or writes it where `WSIGHT_REWRITE` is set.
fn check(page: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    if std::env::var_os("WSIGHT_REWRITE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, expected).unwrap();
        return;
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = found.lines().zip(expected.lines()).position(|(found, expected)| found != expected);
    let line = differs.unwrap_or_else(|| found.lines().count().min(expected.lines().count())) + 1;
    assert!(
        found == expected,
        "{page} differs from line {line}; `WSIGHT_REWRITE=1 cargo test --test docs` writes it anew"
    );
}

#[test]
#[cfg(feature = "tui")]
fn the_screen_in_the_page_is_the_one_that_is_drawn() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/TUI.md")).unwrap();
    let screen = std::fs::read_to_string(root.join("tests/tui/session-pong-80x24.txt")).unwrap();
    assert!(page.contains(&screen), "docs/TUI.md shows another screen than tests/tui/session-pong-80x24.txt");
}
