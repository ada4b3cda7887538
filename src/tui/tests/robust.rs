//! No key on no capture in no size does harm.

use super::*;
use crate::model::is_visible;

const KEYS: [&str; 21] = [
    "⏎", "n", "N", "e⎋", "v", "V", "J", "K", "m", "l", "⇥", "3", "x", "A", " ", "'", "G", "g", "⇟", "fa⏎",
    "qo",
];

/// Every capture of the repository.
fn captures() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(capture("")).unwrap();
    let paths = folder.map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "pcap" || end == "pcapng")).collect();
    paths.sort();
    assert!(paths.len() > 40);
    paths
}

#[test]
fn every_screen_of_every_capture_fits_and_is_visible() {
    for path in captures() {
        for size in [(60, 15), (140, 40), (41, 8), (10, 2)] {
            let mut desk = Desk::of(&path, size);
            for keys in KEYS {
                let screen = desk.press(keys).screen();
                let seen = screen.chars().filter(|c| *c != '\n').all(is_visible);
                assert!(seen, "{} {keys}\n{screen}", path.display());
            }
            desk.happen(Happening::Resize(80, 24));
            desk.screen();
        }
    }
}
