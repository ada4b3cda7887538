//! The page of HTML in a real browser: it opens, folds, can be searched and copied from, prints, and is checked with axe.
//! What is looked at is in `tests/browser/report.mjs`, whose packages `npm ci --prefix tests/browser` installs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

mod common;
mod flood;

use common::{capture, skip};
use flood::many_sessions;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names that the browser has.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// A program, if it can be run.
fn found(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// The browser, or what is missing.
fn browser(scripts: &Path) -> Result<PathBuf, &'static str> {
    found("node").ok_or("there is no node")?;
    if !scripts.join("node_modules").is_dir() {
        return Err("`npm ci --prefix tests/browser` was not run");
    }
    BROWSERS.into_iter().find_map(found).ok_or("there is no chromium")
}

#[test]
fn the_page_serves_its_readers() {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let browser = match browser(&scripts) {
        Ok(browser) => browser,
        Err(why) => {
            skip(why);
            return;
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let many = folder.path().join("many.pcap");
    fs::write(&many, many_sessions(10_000)).unwrap();
    let pages = [capture("pong-nul-cut.pcap"), capture("bots-and-bad-clients.pcap"), many].map(|capture| {
        let page = folder.path().join(capture.file_name().unwrap()).with_extension("html");
        let status = Command::new(env!("CARGO_BIN_EXE_wsight")).arg("-o").args([&page, &capture]).status();
        assert!(status.unwrap().success());
        page
    });
    let output =
        Command::new("node").arg(scripts.join("report.mjs")).arg(browser).args(pages).output().unwrap();
    let told = [output.stdout, output.stderr].map(|out| String::from_utf8_lossy(&out).into_owned()).concat();
    assert!(output.status.success(), "{told}");
    assert_eq!(told.lines().filter(|line| line.starts_with("ok ")).count(), 8, "{told}");
}
