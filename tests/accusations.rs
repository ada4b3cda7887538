//! Laws about blame: whatever a network, a tap or a capture file does to a capture, nobody is newly accused.
//!
//! Every capture of this repository and both sides of every scenario case are altered in each way of
//! `altered/alteration`. An accusation is a certain error or warning of class violation or failure, or of class anomaly if it names a
//! side. The altered capture
//! may have fewer of them than the original, and others of class capture, but no new one: no clean session is accused, and
//! the one fault never moves to the other side.
//!
//! Every run tries a seeded sample, another one with `ACCUSATIONS_SEED=NUMBER`. `ACCUSATIONS=full cargo test --test accusations -- --nocapture` tries every
//! alteration (some 180,000, in minutes) and prints an example of each kind of breach. With `CAPTURES=TEXT` only the
//! captures with that in their name are altered, with `ACCUSE=FOLDER` those of a folder as well, and
//! `ACCUSATIONS_SAVE=FOLDER` writes the examples as captures to look at.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod altered;
mod common;
mod scenario;

use altered::alteration::{Alteration, Kind, thin_out};
use altered::exceptions::{EXCEPTIONS, Exception};
use altered::original::{self, Original};
use altered::verdict::{Breach, Told, accusations, breaches};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;
use wsight::capture::{Described, Writer};
use wsight::findings::Id;
use wsight::model::Peer;

/// This many alterations of each kind are tried on each capture in every run.
const FEW: usize = 6;

/// How breaches are grouped.
type Group = (Kind, Id, Breach);

/// The breaches of a group, and the shortest example.
struct Found {
    count: usize,
    captures: Vec<usize>,
    capture: usize,
    alteration: Alteration,
    told: Told,
}

/// What became of all alterations.
#[derive(Default)]
struct Tally {
    tried: BTreeMap<Kind, usize>,
    found: BTreeMap<Group, Found>,
}

impl Tally {
    fn attempt(&mut self, originals: &[Original], capture: usize, alteration: &Alteration) {
        let (original, kind) = (&originals[capture], alteration.kind());
        *self.tried.entry(kind).or_default() += 1;
        let packets = alteration.apply(original);
        for (breach, told) in breaches(original, accusations(original, &packets)) {
            let group = (kind, told.id, breach);
            let found =
                Found { count: 1, captures: vec![capture], capture, alteration: alteration.clone(), told };
            self.add(originals, group, found);
        }
    }

    fn add(&mut self, originals: &[Original], group: Group, new: Found) {
        let Some(old) = self.found.get_mut(&group) else {
            self.found.insert(group, new);
            return;
        };
        let length = |found: &Found| (originals[found.capture].packets.len(), found.capture);
        let count = old.count + new.count;
        let mut captures: Vec<usize> = [&old.captures[..], &new.captures].concat();
        captures.sort_unstable();
        captures.dedup();
        if length(&new) < length(old) {
            *old = new;
        }
        (old.count, old.captures) = (count, captures);
    }

    fn merge(&mut self, originals: &[Original], other: Self) {
        for (kind, count) in other.tried {
            *self.tried.entry(kind).or_default() += count;
        }
        for (group, found) in other.found {
            self.add(originals, group, found);
        }
    }
}

/// Tries alterations of every capture on all processors; of each kind `most` at most, chosen by `seed`.
fn run(originals: &[Original], most: usize, seed: u64) -> Tally {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut tally = Tally::default();
        loop {
            let capture = next.fetch_add(1, Ordering::Relaxed);
            let Some(original) = originals.get(capture) else { return tally };
            for kind in Kind::ALL {
                let mut alterations = Alteration::all(kind, original, seed);
                thin_out(&mut alterations, most, seed.wrapping_add(capture as u64));
                for alteration in &alterations {
                    tally.attempt(originals, capture, alteration);
                }
            }
        }
    };
    let mut tally = Tally::default();
    thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            tally.merge(originals, worker.join().unwrap());
        }
    });
    tally
}

/// A group of breaches in words.
fn describe(originals: &[Original], (kind, id, breach): Group, found: &Found) -> String {
    let Found { count, captures, capture, alteration, told } = found;
    let original = &originals[*capture];
    let from = told.from.map_or("nobody", Peer::name);
    let was: BTreeSet<String> = original
        .told
        .iter()
        .filter(|was| was.ends == told.ends)
        .map(|was| format!("{}@{}", was.id, was.from.map_or("nobody", Peer::name)))
        .collect();
    let was: Vec<&str> = was.iter().map(String::as_str).collect();
    let was = if was.is_empty() { "clean".to_owned() } else { was.join(", ") };
    let mut text = format!("{kind:?} {id} {breach:?}: {count} times in {} captures\n", captures.len());
    writeln!(text, "    {} ({was}), {alteration}:", original.name).unwrap();
    writeln!(text, "    {id}@{from} in packet {}: {}", told.packet, told.summary).unwrap();
    if let Some(scenario) = original.text() {
        writeln!(text, "    {scenario}").unwrap();
    }
    text
}

/// Writes the example of a group as pcapng, to look at it.
fn save(folder: &Path, originals: &[Original], (kind, id, breach): Group, found: &Found) {
    let original = &originals[found.capture];
    let path = folder.join(format!("{kind:?}-{id}-{breach:?}.pcapng"));
    let mut writer = Writer::new(std::fs::File::create(path).unwrap()).unwrap();
    let link = original.packets[0].link;
    let interface = writer.interface(&Described { name: None, link, snaplen: 0, filter: None }).unwrap();
    for (number, (_, packet)) in (1..).zip(found.alteration.apply(original)) {
        writer.packet(interface, &packet.borrowed(number, 0)).unwrap();
    }
    writer.flush().unwrap();
}

#[test]
fn nobody_is_newly_accused_whatever_happens_to_the_capture() {
    let is_full = std::env::var("ACCUSATIONS").is_ok_and(|what| what == "full");
    let start = Instant::now();
    let mut originals = original::all();
    let part = std::env::var("CAPTURES").ok();
    originals.retain(|original| part.as_ref().is_none_or(|part| original.name.contains(part)));
    let clean = originals.iter().filter(|original| original.told.is_empty()).count();
    let seed = std::env::var("ACCUSATIONS_SEED").map_or(0, |seed| seed.parse().unwrap());
    let tally = run(&originals, if is_full { usize::MAX } else { FEW }, seed);
    let tried: usize = tally.tried.values().sum();
    println!(
        "{tried} alterations of {} captures, {clean} of them clean, in {:.1?}: {:?}",
        originals.len(),
        start.elapsed(),
        tally.tried
    );
    let folder = std::env::var_os("ACCUSATIONS_SAVE");
    let mut open = Vec::new();
    for (&group, found) in &tally.found {
        if let Some(folder) = &folder {
            save(Path::new(folder), &originals, group, found);
        }
        let text = describe(&originals, group, found);
        let names: Vec<&str> =
            found.captures.iter().map(|&capture| originals[capture].name.as_str()).collect();
        match EXCEPTIONS.iter().find(|exception| exception.covers(group.0, group.1, &names)) {
            Some(exception) => println!("known: {text}    because {}\n", exception.because),
            None => open.push(text),
        }
    }
    let is_stale =
        |exception: &&Exception| !tally.found.keys().any(|(kind, id, _)| exception.covers(*kind, *id, &[]));
    let stale: Vec<&str> = EXCEPTIONS.iter().filter(is_stale).map(|exception| exception.because).collect();
    assert!(open.is_empty(), "{} kinds of breach:\n{}", open.len(), open.join("\n"));
    assert!(!is_full || part.is_some() || stale.is_empty(), "exceptions that are none any more: {stale:#?}");
}
