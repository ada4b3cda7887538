//! The page of HTML in a real browser: it opens, folds, can be searched and copied from, prints, and is checked with axe and
//! a validator; and HTTP archives in the browser's own developer tools. What is looked at is in `tests/browser/report.mjs` and
//! `archive.mjs`, whose packages `npm ci --prefix tests/browser` installs.
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
use serde_json::{Value, json};
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

/// The folder of the scripts, and the browser that runs them; the reason is printed where that cannot be.
fn scripts_and_browser() -> Option<(PathBuf, PathBuf)> {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let browser = browser(&scripts).map_err(skip).ok()?;
    Some((scripts, browser))
}

/// The browser, or what is missing.
fn browser(scripts: &Path) -> Result<PathBuf, &'static str> {
    found("node").ok_or("there is no node")?;
    if !scripts.join("node_modules").is_dir() {
        return Err("`npm ci --prefix tests/browser` was not run");
    }
    BROWSERS.into_iter().find_map(found).ok_or("there is no chromium")
}

/// What the Network panel holds of an archive, as the archive has it.
fn archived(archive: &Value) -> Vec<Value> {
    let entries = archive["log"]["entries"].as_array().unwrap().iter();
    entries
        .map(|entry| {
            let messages = entry["_webSocketMessages"].as_array().map(Vec::as_slice).unwrap_or_default();
            let frames: Vec<Value> = messages
                .iter()
                .map(|message| {
                    json!({
                        "type": message["type"], "time": message["time"], "text": message["data"],
                        "opCode": message["opcode"],
                    })
                })
                .collect();
            json!({ "url": entry["request"]["url"], "status": entry["response"]["status"], "frames": frames })
        })
        .collect()
}

#[test]
fn an_archive_opens_in_the_developer_tools() {
    let Some((scripts, browser)) = scripts_and_browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut seen = 0;
    for capture in ["afternoon.pcap", "victims-ws.pcap", "bots-and-bad-clients.pcap"].map(capture) {
        let path = folder.path().join("trace.har");
        let mut wsight = Command::new(env!("CARGO_BIN_EXE_wsight"));
        assert!(wsight.args(["--force", "-o"]).args([&path, &capture]).status().unwrap().success());
        let output =
            Command::new("node").arg(scripts.join("archive.mjs")).args([&browser, &path]).output().unwrap();
        let shown = format!("{}: {output:?}", capture.display());
        assert!(output.status.success(), "{shown}");
        let mut panel: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
        for request in &mut panel {
            let request = request.as_object_mut().unwrap();
            // What it makes of these is its own matter.
            request.remove("seconds");
            if request["frames"].as_array().is_some_and(|frames| !frames.is_empty()) {
                assert_eq!(request["type"], "websocket", "{shown}");
            }
            request.remove("type");
        }
        let archive: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        seen += panel.len();
        // The panel sorts by time, the archive is in the order of ends.
        let sorted = |mut requests: Vec<Value>| {
            requests.sort_by_key(ToString::to_string);
            requests
        };
        assert_eq!(sorted(panel), sorted(archived(&archive)), "{}", capture.display());
    }
    assert!(seen > 20, "{seen} requests");
}

/// The page about the tables of two hosts, one of which has much to tell.
fn page_of_a_fleet(folder: &Path) -> PathBuf {
    for (host, name) in [("web1", "bots-and-bad-clients.pcap"), ("web2", "afternoon.pcap")] {
        let place = folder.join("captures").join(host);
        fs::create_dir_all(&place).unwrap();
        fs::copy(capture(name), place.join(name)).unwrap();
    }
    let wsight = |arguments: &[&str]| {
        let status = Command::new(env!("CARGO_BIN_EXE_wsight")).args(arguments).current_dir(folder).status();
        assert!(status.unwrap().success());
    };
    wsight(&["-f", "parquet", "-o", "tables", "captures"]);
    wsight(&["report", "--tables", "tables", "-o", "fleet.html"]);
    folder.join("fleet.html")
}

#[test]
fn the_page_serves_its_readers() {
    let Some((scripts, browser)) = scripts_and_browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    let many = folder.path().join("many.pcap");
    fs::write(&many, many_sessions(10_000)).unwrap();
    // An opcode of two digits: 13 instead of 3.
    let odd = folder.path().join("odd.pcap");
    let mut bytes = fs::read(capture("violation-frame-reserved-opcode.pcap")).unwrap();
    let at = bytes.windows(6).position(|bytes| bytes == [0x83, 0x88, 0xa2, 0x2f, 0x6d, 0x95]).unwrap();
    bytes[at] = 0x8d;
    fs::write(&odd, bytes).unwrap();
    let several = capture("bots-and-bad-clients.pcap");
    let pages = [capture("pong-nul-cut.pcap"), several, many, odd].map(|capture| {
        let page = folder.path().join(capture.file_name().unwrap()).with_extension("html");
        let status = Command::new(env!("CARGO_BIN_EXE_wsight")).arg("-o").args([&page, &capture]).status();
        assert!(status.unwrap().success());
        page
    });
    let fleet = page_of_a_fleet(folder.path());
    let mut command = Command::new("node");
    command.arg(scripts.join("report.mjs")).arg(browser).args(pages).arg(fleet);
    let output = command.output().unwrap();
    let told = [output.stdout, output.stderr].map(|out| String::from_utf8_lossy(&out).into_owned()).concat();
    assert!(output.status.success(), "{told}");
    assert_eq!(told.lines().filter(|line| line.starts_with("ok ")).count(), 10, "{told}");
}
