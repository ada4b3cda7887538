//! Payloads read again are what the analyzer saw; inputs that change are noticed.

use super::*;
use crate::analyzer::Config;
use crate::capture::{Input, LastInput, Reader, SavedSecrets, Source};
use crate::index::FrameRow;
use crate::model::{Captured, FileId, Peer, SessionId};
use crate::replay::Load;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

fn capture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures").join(name)
}

fn loaded(path: &Path) -> Load {
    let load = Load::start(vec![Input::File(path.to_owned())], Config::default());
    while !load.is_done() {
        thread::yield_now();
    }
    load
}

/// The capture in a file of its own, to be changed.
fn copy(name: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&std::fs::read(capture(name)).unwrap()).unwrap();
    file
}

const FIRST: SessionId = SessionId(1);

#[test]
fn a_file_that_shrank_is_noticed() {
    let file = copy("clean-node-ws.pcap");
    let load = loaded(file.path());
    assert!(load.replay().frame(FIRST, 1).is_ok());
    file.as_file().set_len(100).unwrap();
    let error = load.replay().frame(FIRST, 1).unwrap_err().to_string();
    assert!(
        error.ends_with("it has become shorter since it was read: payloads can no longer be shown"),
        "{error}"
    );
}

/// From whom a frame is, how long, and the DATA frames that carried it: their numbers and lengths, and how many more there are.
type CarriedFrame = (Peer, u64, Vec<(u64, u32)>, u64);

/// The frames of the first session.
fn carried(name: &str) -> Vec<CarriedFrame> {
    let load = loaded(&capture(name));
    let index = load.index.read().unwrap();
    let rows: Vec<FrameRow> = (0..index.frames(0).len()).filter_map(|at| index.frames(0).get(at)).collect();
    drop(index);
    let mut replay = load.replay();
    rows.iter()
        .map(|row| {
            let read = replay.frame(FIRST, row.number()).unwrap();
            let first = read.carried.first.iter().map(|data| (data.number, data.header.length)).collect();
            (row.from(), row.length(), first, read.carried.more)
        })
        .collect()
}

#[test]
fn frames_over_http2_know_the_data_frames_that_carried_them() {
    // As tshark has them: its field http2.length of each frame of type 0.
    let client: Vec<_> =
        carried("http2-node.pcap").into_iter().filter(|(from, ..)| *from == Peer::Client).collect();
    let of = |number: u64, length: u64| {
        (Peer::Client, length, vec![(number, u32::try_from(length).unwrap() + 6)], 0)
    };
    let long = (Peer::Client, 20_000, vec![(4, 16_384), (5, 3_624)], 0);
    assert_eq!(client, [of(1, 45), of(2, 45), of(3, 45), long, of(6, 15), of(7, 13)]);
    for name in ["http2-hypercorn.pcap", "http2-deflate-hypercorn.pcap", "tls-http2.pcapng"] {
        let frames = carried(name);
        assert!(
            frames.len() >= 2 && frames.iter().all(|(_, _, first, more)| !first.is_empty() && *more == 0)
        );
    }
    assert!(carried("clean-node-ws.pcap").iter().all(|(_, _, first, _)| first.is_empty()));
}

#[test]
fn a_file_that_was_written_anew_is_noticed() {
    let file = copy("clean-node-ws.pcap");
    let load = loaded(file.path());
    let mut bytes = std::fs::read(capture("clean-node-ws.pcap")).unwrap();
    bytes[200] ^= 1;
    bytes.extend([0; 100]);
    std::fs::write(file.path(), bytes).unwrap();
    let error = load.replay().frame(FIRST, 1).unwrap_err().to_string();
    assert!(error.contains("has changed"), "{error}");
}

#[test]
fn a_file_that_is_followed_goes_on_in_the_one_that_takes_its_name() {
    let wait = |is_there: &dyn Fn() -> bool| {
        while !is_there() {
            thread::yield_now();
        }
    };
    for is_emptied in [false, true] {
        let file = copy("clean-node-ws.pcap");
        let length = file.as_file().metadata().unwrap().len();
        let input = vec![Input::File(file.path().to_owned())];
        let load = Load::start_by_way_of(input, LastInput::Growing, Config::default(), |source| source);
        wait(&|| load.progress().read == length);
        let earlier = file.path().with_extension("1");
        if is_emptied {
            file.as_file().set_len(0).unwrap();
            wait(&|| !load.notes().is_empty());
        } else {
            std::fs::rename(file.path(), &earlier).unwrap();
        }
        std::fs::copy(capture("pong-nul-cut.pcap"), file.path()).unwrap();
        wait(&|| load.index.read().unwrap().frames(1).len() > 2);
        let note = load.notes().join("; ");
        let how = if is_emptied { "it was emptied" } else { "another file has taken its place" };
        assert!(note.contains(how) && note.ends_with("its packets are counted from 1 again"), "{note}");
        assert!(load.replay().frame(SessionId(2), 1).is_ok());
        // What was overwritten is gone.
        assert_eq!(load.replay().frame(FIRST, 1).is_ok(), !is_emptied);
        assert!(load.errors().is_empty(), "{:?}", load.errors());
        load.finish();
        drop(std::fs::remove_file(earlier));
    }
}

#[test]
fn a_file_that_grew_and_one_that_was_removed_still_serve() {
    let file = copy("clean-node-ws.pcap");
    let load = loaded(file.path());
    file.as_file().write_all(&[0; 100]).unwrap();
    let before = load.replay().frame(FIRST, 1).unwrap();
    drop(file);
    assert_eq!(load.replay().frame(FIRST, 1).unwrap(), before);
}

#[test]
fn a_compressed_file_is_read_again_from_a_copy() {
    let plain = loaded(&capture("clean-node-ws.pcap"));
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let mut encoder = flate2::write::GzEncoder::new(&mut file, flate2::Compression::fast());
    encoder.write_all(&std::fs::read(capture("clean-node-ws.pcap")).unwrap()).unwrap();
    encoder.finish().unwrap();
    let load = loaded(file.path());
    assert_eq!(load.errors(), Vec::<String>::new());
    file.as_file().set_len(0).unwrap();
    let frames = load.index.read().unwrap().frames_total();
    assert!(frames > 0);
    for frame in 1..=frames {
        assert_eq!(load.replay().frame(FIRST, frame).unwrap(), plain.replay().frame(FIRST, frame).unwrap());
    }
}

/// Loading from a pipe, and the end to write to.
#[cfg(unix)]
fn piped() -> (Load, std::fs::File) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let load = Load::start(vec![Input::File(path.clone())], Config::default());
    // It can be opened once both sides are there; then its name is not needed any more.
    let pipe = std::fs::File::options().write(true).open(&path).unwrap();
    (load, pipe)
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_again_from_a_copy_while_it_is_open() {
    let (load, mut pipe) = piped();
    let bytes = std::fs::read(capture("clean-node-ws.pcap")).unwrap();
    pipe.write_all(&bytes[..bytes.len() - 10]).unwrap();
    while load.index.read().unwrap().frames_total() < 2 {
        thread::sleep(Duration::from_millis(1));
    }
    assert!(!load.is_done());
    assert_eq!(load.progress().total, None);
    let mut replay = load.replay();
    let early = replay.frame(FIRST, 1).unwrap();
    pipe.write_all(&bytes[bytes.len() - 10..]).unwrap();
    drop(pipe);
    while !load.is_done() {
        thread::yield_now();
    }
    let plain = loaded(&capture("clean-node-ws.pcap"));
    assert_eq!(load.index.read().unwrap().frames_total(), plain.index.read().unwrap().frames_total());
    assert_eq!(plain.replay().frame(FIRST, 1).unwrap(), early);
    // The reading begun while the pipe was open continues with what came since.
    let last = plain.index.read().unwrap().frames(0).len() as u64;
    assert_eq!(replay.frame(FIRST, last).unwrap(), plain.replay().frame(FIRST, last).unwrap());
}

#[cfg(unix)]
#[test]
fn a_pause_holds_back_what_is_read_meanwhile() {
    let (load, mut pipe) = piped();
    let bytes = std::fs::read(capture("clean-node-ws.pcap")).unwrap();
    let (half, rest) = bytes.split_at(bytes.len() / 2);
    pipe.write_all(half).unwrap();
    let frames = || load.index.read().unwrap().frames_total();
    while frames() == 0 || load.held() > 0 {
        thread::yield_now();
    }
    load.pause();
    let before = frames();
    pipe.write_all(rest).unwrap();
    drop(pipe);
    while load.held() < 2 {
        thread::yield_now();
    }
    assert_eq!((frames(), load.is_done()), (before, false));
    load.resume();
    while !load.is_done() {
        thread::yield_now();
    }
    assert_eq!(load.held(), 0);
    assert_eq!(frames(), loaded(&capture("clean-node-ws.pcap")).index.read().unwrap().frames_total());
}

#[test]
fn whoever_waits_can_give_up() {
    let load = loaded(&capture("clean-node-ws.pcap"));
    let replay = load.replay();
    let (mut once, mut twice) = (1, 2);
    assert!(replay.check(&mut once).is_ok());
    replay.stop_flag().store(true, Ordering::Relaxed);
    assert!(replay.check(&mut twice).is_ok());
    assert!(matches!(replay.check(&mut twice), Err(ReplayError::Cancelled)));
}

#[test]
fn what_is_not_there_is_said_so() {
    let load = loaded(&capture("clean-node-ws.pcap"));
    let mut replay = load.replay();
    assert!(matches!(replay.frame(FIRST, 9999), Err(ReplayError::Absent)));
    assert!(matches!(replay.message(FIRST, 9999), Err(ReplayError::Absent)));
    assert!(matches!(replay.frame(SessionId(99), 1), Err(ReplayError::Absent)));
    assert!(matches!(replay.message(SessionId(0), 1), Err(ReplayError::NoSession(0))));
    let missing = loaded(Path::new("no such file"));
    assert_eq!(missing.errors().len(), 1);
    assert!(missing.errors()[0].starts_with("no such file: it cannot be opened"));
}

/// What is shown of a capture says how much of it was read, as the other reports do.
#[test]
fn an_input_that_fails_is_counted() {
    let file = copy("clean-node-ws.pcap");
    file.as_file().set_len(5000).unwrap();
    for path in [file.path(), Path::new("no such file")] {
        let load = loaded(path);
        assert_eq!(load.errors().len(), 1);
        assert_eq!(load.index.read().unwrap().summary().unwrap().unread_inputs, 1);
    }
}

#[test]
fn a_session_has_its_packets() {
    let load = loaded(&capture("clean-node-ws.pcap"));
    let mut saved = Vec::new();
    let count = load.replay().copy(&[FIRST], None, SavedSecrets::Kept, &mut saved).unwrap();
    let mut times = Vec::new();
    let mut reader = Reader::new(saved.as_slice(), FileId(0));
    while let Some(captured) = reader.next().unwrap() {
        let Captured::Packet(packet) = captured else { panic!("only packets") };
        times.push(packet.stamp.time);
    }
    let index = load.index.read().unwrap();
    let row = index.sessions().get(0).unwrap();
    assert_eq!(times.len() as u64, count);
    assert_eq!(times.first(), Some(&row.opened().time));
    assert!(times.last().unwrap() >= &row.last().time);
    assert!(times.is_sorted());
}
