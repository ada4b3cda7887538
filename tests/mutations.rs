//! Captures altered at random, through JSON and text: no panic, no hang, and nothing that a terminal would obey.
//!
//! A few hundred in every run. More, of more captures, on all processors:
//! `MUTATIONS=100000 MUTATE=FOLDER cargo test --release --test mutations -- --nocapture`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{Dice, captures};
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use wsight::analyzer::{Analyzer, Config, Output};
use wsight::capture::{Reader, Source};
use wsight::model::{FileId, is_visible};
use wsight::report::{InputNames, JsonLines, Look, Payload, Sink, Text, TextOptions};

/// What takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// Longer captures are cut, so that there is time for many.
const LONGEST: usize = 256 << 10;

/// The captures of this repository, and those below `MUTATE`.
fn originals() -> Vec<(PathBuf, Vec<u8>)> {
    let mut paths = captures();
    let mut folders: Vec<PathBuf> = std::env::var_os("MUTATE").into_iter().map(PathBuf::from).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if is_capture(&path) {
                paths.push(path);
            }
        }
    }
    let read = |path: PathBuf| {
        let mut bytes = fs::read(&path).unwrap();
        bytes.truncate(LONGEST);
        (path, bytes)
    };
    paths.into_iter().map(read).collect()
}

fn is_capture(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_string_lossy();
    [".pcap", ".pcapng", ".cap", ".pcap.gz", ".pcapng.gz"].iter().any(|ending| name.ends_with(ending))
}

/// Alters `bytes` in one to eight places.
fn alter(bytes: &mut Vec<u8>, dice: &mut Dice) {
    /// Numbers at which lengths are wrong.
    const EDGES: [u64; 9] = [0, 1, 125, 126, 127, 0xffff, 0x7fff_ffff, 0xffff_ffff, u64::MAX];
    /// What a terminal, a parser or a decoder may stumble over.
    const WORDS: [&[u8]; 10] = [
        b"\x1b[2J\x1b]0;x\x07",
        "\u{202e}\u{9b}31m\u{200b}".as_bytes(),
        b"\0\0\xff\xff",
        b"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xc1\x00\x88\x02\x03\xe8",
        b"HTTP/1.1 101 x\r\n\r\n",
        b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
        b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99\r\n",
        b"\xed\xa0\x80\xf5\xc0\x80",
        b"\r\n\r\n",
    ];
    for _ in 0..=dice.roll(8) {
        let length = bytes.len();
        if length == 0 {
            return;
        }
        let at = dice.roll(length);
        let end = (at + 1 + dice.roll(64)).min(length);
        match dice.roll(9) {
            0 => bytes[at] ^= 1 << dice.roll(8),
            1 => bytes[at] = u8::try_from(dice.roll(256)).unwrap(),
            2 => {
                let edge = EDGES[dice.roll(EDGES.len())];
                let edge = if dice.roll(2) == 0 { edge.to_be_bytes() } else { edge.to_le_bytes() };
                let size = [1, 2, 4, 8][dice.roll(4)].min(length - at);
                bytes[at..at + size].copy_from_slice(&edge[..size]);
            }
            3 => _ = bytes.drain(at..end),
            4 => {
                let copy = bytes[at..end].to_vec();
                let to = dice.roll(length);
                bytes.splice(to..to, copy);
            }
            5 => {
                let word = WORDS[dice.roll(WORDS.len())];
                let stop = (at + word.len()).min(length);
                bytes[at..stop].copy_from_slice(&word[..stop - at]);
            }
            6 => {
                let word = WORDS[dice.roll(WORDS.len())];
                bytes.splice(at..at, word.iter().copied());
            }
            7 => bytes.truncate(at),
            _ => {
                let other = dice.roll(length);
                let size = (end - at).min(length - other);
                let copy = bytes[other..other + size].to_vec();
                let stop = (at + size).min(length);
                bytes[at..stop].copy_from_slice(&copy[..stop - at]);
            }
        }
    }
}

/// JSON and text of a capture, whatever it is.
fn print(bytes: &[u8]) -> [Vec<u8>; 2] {
    let (mut json_out, mut text_out) = (Vec::new(), Vec::new());
    let config = Config { keep: 64 << 20, ..Config::default() };
    let mut json = JsonLines::new(&mut json_out, Payload::Full, InputNames::default());
    let look = Look { color: false, width: Some(100) };
    let mut text = Text::new(&mut text_out, TextOptions { look, ..TextOptions::new(&config.limits) });
    let mut take = |output: &Output<'_>| {
        json.output(output).unwrap();
        text.output(output).unwrap();
    };
    let mut analyzer = Analyzer::new(config);
    let mut reader = Reader::new(bytes, FileId(0));
    loop {
        match reader.next() {
            Ok(Some(captured)) => analyzer.take(&captured, &mut take),
            Ok(None) => break,
            Err(error) => {
                assert!(error.to_string().chars().all(is_visible), "{error:?}");
                analyzer.input_failed();
            }
        }
    }
    analyzer.finish(&mut take);
    json.finish().unwrap();
    text.finish().unwrap();
    [json_out, text_out]
}

/// Tries the alteration that `seed` stands for. Returns what is wrong, if anything is, and how long it took.
fn attempt(originals: &[(PathBuf, Vec<u8>)], seed: u64) -> (Option<String>, Duration) {
    let mut dice = Dice(seed);
    let (path, original) = &originals[dice.roll(originals.len())];
    let mut bytes = original.clone();
    alter(&mut bytes, &mut dice);
    let start = Instant::now();
    let printed = catch_unwind(|| print(&bytes));
    let took = start.elapsed();
    let fault = match printed {
        Err(_) => Some("panics".to_owned()),
        Ok(_) if took > PATIENCE => Some(format!("takes {took:?}")),
        Ok(printed) => printed.iter().find_map(|out| match std::str::from_utf8(out) {
            Err(_) => Some("prints what is no UTF-8".to_owned()),
            Ok(out) => out
                .lines()
                .find(|line| !line.chars().all(is_visible))
                .map(|line| format!("prints what a terminal may obey: {line:?}")),
        }),
    };
    (fault.map(|fault| format!("seed {seed} of {}: {fault}", path.display())), took)
}

#[test]
fn altered_captures_are_told_safely() {
    let count: u64 = std::env::var("MUTATIONS").map_or(300, |count| count.parse().unwrap());
    let originals = originals();
    let next = AtomicU64::new(0);
    let work = || {
        let (mut faults, mut longest) = (Vec::new(), Duration::ZERO);
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= count {
                return (faults, longest);
            }
            let (fault, took) = attempt(&originals, seed);
            faults.extend(fault);
            longest = longest.max(took);
        }
    };
    let start = Instant::now();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let (mut faults, mut longest) = (Vec::new(), Duration::ZERO);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            let (found, took) = worker.join().unwrap();
            faults.extend(found);
            longest = longest.max(took);
        }
    });
    println!(
        "{count} alterations of {} captures in {:.0?}, the longest took {longest:.1?}; {} faults",
        originals.len(),
        start.elapsed(),
        faults.len()
    );
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}
