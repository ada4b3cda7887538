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
    let marks = ("<!-- keys: from the key table -->\n", "<!-- end of keys -->");
    check_between("docs/TUI.md", marks, &wsight::tui::keys::markdown());
}

#[test]
fn the_fields_of_filters_are_their_table() {
    let marks = ("<!-- fields: from the table of fields -->\n", "<!-- end of fields -->");
    check_between("docs/FILTERS.md", marks, &wsight::filter::markdown());
}

#[test]
fn the_columns_of_tables_are_their_list() {
    let marks = ("<!-- tables: from the list of columns -->\n", "<!-- end of tables -->");
    check_between("docs/OUTPUT.md", marks, &wsight::report::tables_markdown());
}

#[test]
fn every_filter_in_the_page_can_be_read() {
    let page =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/FILTERS.md")).unwrap();
    let blocks = page.split("```filter\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let expressions: Vec<&str> = blocks.flat_map(str::lines).collect();
    assert!(expressions.len() > 10);
    for expression in expressions {
        wsight::filter::Filter::parse(expression).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
#[cfg(feature = "live")]
fn the_page_of_live_capture_has_all_figures() {
    use wsight::telemetry::{Figure, FigureKind};
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/LIVE.md")).unwrap();
    for figure in Figure::ALL {
        let ending = if figure.kind() == FigureKind::Counter { "_total" } else { "" };
        let name = format!("`wsight_{}{ending}`", figure.name());
        assert!(page.lines().any(|line| line.starts_with("| ") && line.contains(&name)), "{name}");
    }
}

/// Compares the part of a page between two marks with what it should be, or writes it.
fn check_between(page: &str, marks: (&str, &str), expected: &str) {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
    let (before, rest) = text.split_once(marks.0).expect("where it begins");
    let (_, after) = rest.split_once(marks.1).expect("where it ends");
    check(page, &format!("{before}{}{expected}{}{after}", marks.0, marks.1));
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

#[cfg(feature = "tui")]
#[test]
fn the_example_of_a_configuration_can_be_used() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/TUI.md")).unwrap();
    let (_, example) = page.split_once("```toml\n").unwrap();
    let example = example.split("```").next().unwrap();
    let user_config = wsight::tui::UserConfig::default().configured(example).unwrap();
    assert_eq!(user_config.columns.shown.len(), 7);
    // Every column and every name of a role is on the page.
    for column in wsight::tui::SessionColumn::ALL {
        assert!(page.contains(&format!("`{}`", column.name())), "{}", column.name());
    }
}
