//! Captures of what cannot be recorded on loopback, such as lost packets and closed windows, are built from scenarios
//! (`captures/built`), and are what these give.
//!
//! `WSIGHT_REWRITE=1 cargo test --test built` writes them anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod scenario;

use scenario::Scenario;
use std::path::Path;

#[test]
fn every_built_capture_is_what_its_scenario_gives() {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let mut count = 0;
    for entry in std::fs::read_dir(captures.join("built")).unwrap() {
        let source = entry.unwrap().path();
        let built = Scenario::parse(&std::fs::read_to_string(&source).unwrap()).to_pcap();
        let path = captures.join(source.file_stem().unwrap()).with_extension("pcap");
        if std::env::var_os("WSIGHT_REWRITE").is_some() {
            std::fs::write(&path, &built).unwrap();
        }
        assert!(std::fs::read(&path).unwrap_or_default() == built, "{} differs", path.display());
        count += 1;
    }
    assert!(count > 0);
}
