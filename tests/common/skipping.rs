//! Tests that cannot run everywhere, and how they say so.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::missing_panics_doc)]

use std::io::{self, Write as _};

/// Says on standard error why a test cannot run here. In CI every test has to.
#[expect(
    clippy::explicit_write,
    reason = "what `eprintln!` prints in a passing test is caught, and nobody sees it"
)]
pub fn skip(reason: &str) {
    let is_ci = std::env::var("CI").is_ok_and(|value| !["", "0", "false"].contains(&value.as_str()));
    assert!(!is_ci, "CI runs every test, but {reason}");
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    writeln!(io::stderr(), "skipped {test}: {reason}").unwrap();
}
