//! Pages of the documentation that are made from the program say what the program says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use wsight::findings::catalog;

#[test]
fn the_page_of_findings_is_the_catalog() {
    check("docs/FINDINGS.md", &catalog::markdown());
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
