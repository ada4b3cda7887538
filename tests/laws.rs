//! Laws that hold for every capture of this repository, whatever is in it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{Dice, OwnedSegment, Story, analyze, captures, segments};
use std::path::Path;
use wsight::analyzer::{Analyzer, Config, Output};
use wsight::capture::{Reader, Source};
use wsight::findings::Id;
use wsight::model::{Captured, FileId};

fn name(path: &Path) -> &str {
    path.file_stem().unwrap().to_str().unwrap()
}

/// Whether some of the capture's frames had to be found by guessing: there, where segments begin is evidence, so other
/// segments may well tell more or less.
fn is_guess(path: &Path) -> bool {
    ["late-start", "snaplen-96", "tcp-gap", "stream-resynchronized", "capture-drops"].contains(&name(path))
}

/// Whether somebody forged segments in it: which of two contents is the first depends on order, and each copy of the
/// forged one is a conflict of its own.
fn is_forged(path: &Path) -> bool {
    name(path) == "tcp-overlap-conflict"
}

/// The same bytes in smaller segments say the same.
#[test]
fn segmentation_changes_nothing() {
    for path in captures().into_iter().filter(|path| !is_guess(path) && !is_forged(path)) {
        let whole = segments(&path);
        let expected = analyze(&whole);
        for size in [1, 2, 3, 7, 100] {
            let split: Vec<OwnedSegment> = whole.iter().flat_map(|segment| segment.split(size)).collect();
            assert_eq!(analyze(&split), expected, "{} in pieces of {size}", name(&path));
        }
    }
}

/// Every packet captured twice says the same.
#[test]
fn duplicates_change_nothing() {
    for path in captures().into_iter().filter(|path| !is_forged(path)) {
        let once = segments(&path);
        let twice: Vec<OwnedSegment> = once.iter().flat_map(|s| [s.clone(), s.clone()]).collect();
        assert_eq!(analyze(&twice), analyze(&once), "{}", name(&path));
    }
}

/// Packets out of order, as captures on several queues have them, say the same.
#[test]
fn order_inside_the_window_changes_nothing() {
    // Where only one side is captured nothing acknowledges, so what comes late cannot be told from what is lost.
    let is_one_sided = |path: &Path| name(path) == "direction-missing";
    for path in
        captures().into_iter().filter(|path| !is_guess(path) && !is_forged(path) && !is_one_sided(path))
    {
        let straight = segments(&path);
        let expected = analyze(&straight).sorted();
        for seed in 0..20 {
            let mut dice = Dice(seed);
            let mut mixed = straight.clone();
            // The SYN stays first: before it a connection is one that the capture began inside of.
            let mut index = 1;
            while index + 1 < mixed.len() {
                let close = |a: &OwnedSegment, b: &OwnedSegment| {
                    !a.flags.syn && !b.flags.syn && b.stamp.time.since(a.stamp.time).as_millis() < 50
                };
                if dice.roll(3) == 0 && close(&mixed[index], &mixed[index + 1]) {
                    mixed.swap(index, index + 1);
                    index += 1;
                }
                index += 1;
            }
            assert_eq!(analyze(&mixed).sorted(), expected, "{} with seed {seed}", name(&path));
        }
    }
}

/// Every packet is a segment or a counted skip, every frame and message is in the summary.
#[test]
fn counts_conserve() {
    for path in captures() {
        let mut reader = Reader::new(std::fs::File::open(&path).unwrap(), FileId(0));
        let mut analyzer = Analyzer::new(Config::default());
        let (mut packets, mut frames, mut messages, mut findings, mut checked) = (0, 0, 0, 0, false);
        let mut count = |output: &Output<'_>| match output {
            Output::Frame(..) => frames += 1,
            Output::Message(..) => messages += 1,
            Output::Finding(_) => findings += 1,
            Output::Summary(summary) => {
                checked = true;
                let skipped: u64 = summary.skipped.values().sum();
                assert_eq!(summary.packets, summary.segments + skipped, "{}", name(&path));
                assert_eq!(summary.frames.values().sum::<u64>(), frames);
                assert_eq!(summary.messages, messages);
                // Of very many of one kind the last are only counted, which is reported as well.
                let counted = summary.findings.values().sum::<u64>();
                let is_folded = summary.findings.contains_key(&Id::LimitReached);
                assert!(counted == findings || (is_folded && counted > findings), "{}", name(&path));
            }
            _ => {}
        };
        while let Some(captured) = reader.next().unwrap() {
            if let Captured::Packet(packet) = captured {
                packets += 1;
                analyzer.push(&packet, &mut count);
            }
        }
        analyzer.finish(&mut count);
        assert!(checked && packets > 0);
    }
}

/// Captures without a fault: nothing in them accuses anybody.
fn clean_captures() -> Vec<(String, Vec<OwnedSegment>, Story)> {
    let clean: Vec<_> = captures()
        .into_iter()
        .filter(|path| !is_forged(path))
        .map(|path| {
            let segments = segments(&path);
            let story = analyze(&segments);
            (name(&path).to_owned(), segments, story)
        })
        .filter(|(_, _, story)| story.accusations.is_empty())
        .collect();
    assert!(clean.len() >= 15, "only {} captures are clean", clean.len());
    clean
}

/// Whatever a capture loses, and however late it starts, no peer is accused for certain.
#[test]
fn what_the_capture_loses_is_nobodys_fault() {
    for (name, segments, whole) in clean_captures() {
        // A refusal that the client took up is a note. Where the capture ends before the client asks again, only the
        // refusal is left to report.
        let taken_up = whole.findings.iter().any(|line| line.contains("upgrade-rejected"));
        for seed in 0..300 {
            let mut dice = Dice(seed);
            let mut rest = segments.clone();
            match seed % 5 {
                0 => rest.retain(|_| dice.roll(50) != 0),
                1 => rest.retain(|_| dice.roll(8) != 0),
                2 => {
                    rest.drain(..dice.roll(rest.len()));
                }
                3 => {
                    let from = dice.roll(rest.len());
                    let to = (from + dice.roll(8)).min(rest.len());
                    rest.drain(from..to);
                }
                _ => {
                    let snap = 20 + dice.roll(100);
                    for segment in &mut rest {
                        let kept = segment.payload.len().min(snap);
                        segment.cut += u32::try_from(segment.payload.len() - kept).unwrap();
                        segment.payload.truncate(kept);
                    }
                }
            }
            rest.truncate(rest.len() - dice.roll(3).min(rest.len()));
            for index in 1..rest.len() {
                match dice.roll(20) {
                    0 => rest.swap(index - 1, index),
                    1 => {
                        let twin = rest[index].clone();
                        rest[index - 1] = twin;
                    }
                    _ => {}
                }
            }
            let mut accusations = analyze(&rest).accusations;
            accusations.retain(|accusation| !(taken_up && accusation.starts_with("upgrade-rejected: ")));
            assert!(accusations.is_empty(), "{name}, seed {seed}: {accusations:#?}");
        }
    }
}

/// With one packet in fifty lost, at least 85 of 100 messages survive, and none is invented.
#[test]
fn most_messages_survive_a_lossy_capture() {
    let (mut had, mut kept) = (0, 0);
    for (name, segments, story) in clean_captures() {
        for seed in 0..50 {
            let mut dice = Dice(seed);
            let mut rest = segments.clone();
            rest.retain(|_| dice.roll(50) != 0);
            let lossy = analyze(&rest);
            let mut originals = story.messages.clone();
            for message in &lossy.messages {
                let at = originals.iter().position(|original| original == message);
                let at = at.unwrap_or_else(|| panic!("{name}, seed {seed}: invented {message:?}"));
                originals.swap_remove(at);
            }
            had += story.messages.len();
            kept += lossy.messages.len();
        }
    }
    assert!(kept * 100 >= had * 85, "{kept} of {had} messages survive");
}
