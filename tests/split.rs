//! `wsight split`: every connection is whole in one part, whatever carries it and whichever files it was in.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;
mod scenario;

use common::capture;
use scenario::program::command;
use scenario::{OwnedPacket, Scenario};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use wsight::capture::{Reader, Source};
use wsight::model::{Captured, FileId};

/// Twelve connections that take turns.
fn talk() -> Scenario {
    let steps = [
        "NC> upgrade /N\nNS< 101\n",
        "NC> text \"question N\"\nNC> ping \"N\"\nNS< pong \"N\"\n",
        "NS< times 3 binary 3000*ab\n",
        "NC> close 1000\nNS< close 1000\nNS< fin\nNC> fin\n",
    ];
    let of_all = |step: &&str| (1..=12).map(|n: u8| step.replace('N', &n.to_string())).collect::<String>();
    Scenario::parse(&steps.iter().map(of_all).collect::<String>())
}

/// Splits files of a folder, and returns the parts and what was told.
fn split(folder: &Path, out: &str, into: usize, files: &[&str]) -> (Vec<PathBuf>, String) {
    let number = into.to_string();
    let arguments = [&["split", "--by", "connection", "--into", &number, "-o", out], files].concat();
    let output = command(folder, &arguments).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{told}");
    let part = |at| folder.join(out).join(format!("part-{at:03}-of-{into:03}.pcapng"));
    ((0..into).map(part).collect(), told)
}

/// The packets of a capture: when, and what.
fn packets(path: &Path) -> Vec<(i64, Vec<u8>)> {
    let mut reader = Reader::new(fs::File::open(path).unwrap(), FileId(0));
    let mut packets = Vec::new();
    while let Some(captured) = reader.next().unwrap() {
        if let Captured::Packet(packet) = captured {
            packets.push((packet.stamp.time.as_nanos(), packet.bytes.to_vec()));
        }
    }
    packets
}

/// What is reported of sessions and their messages, without the numbers that depend on what else is in a capture.
fn told(folder: &Path, files: &[&Path]) -> Vec<String> {
    let mut lines = Vec::new();
    let only = ["-f", "json", "--only", "session,message,upgrade,tls"];
    let files: Vec<&str> = files.iter().map(|file| file.to_str().unwrap()).collect();
    let output = command(folder, &[&only[..], &files].concat()).output().unwrap();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let mut value: Value = serde_json::from_str(line).unwrap();
        without_numbers(&mut value);
        lines.push(value.to_string());
    }
    lines.sort();
    lines
}

fn without_numbers(value: &mut Value) {
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|name, _| {
            !["session", "connection", "packet", "last_packet", "file", "last_file"].contains(&name.as_str())
        });
        fields.values_mut().for_each(without_numbers);
    }
}

/// Says what only one of them has.
fn assert_same(found: &[String], expected: &[String], name: &str) {
    let only = |one: &[String], other: &[String]| -> Vec<String> {
        one.iter().filter(|line| !other.contains(line)).cloned().collect()
    };
    assert_eq!(only(found, expected), only(expected, found), "{name}");
    assert_eq!(found.len(), expected.len(), "{name}");
}

/// The same of each part by itself, put together.
fn told_of_parts(folder: &Path, parts: &[PathBuf]) -> Vec<String> {
    let mut lines: Vec<String> = parts.iter().flat_map(|part| told(folder, &[part])).collect();
    lines.sort();
    lines
}

/// An IPv4 packet in two fragments, the later one first if so.
fn fragments(packet: &OwnedPacket, is_swapped: bool) -> Vec<OwnedPacket> {
    const HEADERS: usize = 14 + 20;
    let payload = packet.bytes.len() - HEADERS;
    let first = (payload / 2).next_multiple_of(8);
    let fragment = |from: usize, to: usize| {
        let mut bytes = packet.bytes[..HEADERS].to_vec();
        bytes.extend(&packet.bytes[HEADERS + from..HEADERS + to]);
        bytes[16..18].copy_from_slice(&u16::try_from(20 + to - from).unwrap().to_be_bytes());
        // An identification of its own: fragments of one datagram have it in common.
        bytes[18..20]
            .copy_from_slice(&u16::try_from(packet.time_ns / 1_000_000 % 65_536).unwrap().to_be_bytes());
        let more = if to < payload { 0x2000 } else { 0 };
        bytes[20..22].copy_from_slice(&(u16::try_from(from / 8).unwrap() | more).to_be_bytes());
        let wire_length = u32::try_from(bytes.len()).unwrap();
        OwnedPacket { wire_length, bytes, ..packet.clone() }
    };
    let mut both = vec![fragment(0, first), fragment(first, payload)];
    if is_swapped {
        both.reverse();
    }
    both
}

/// The packet inside GRE between two other hosts, which all such packets have in common.
fn tunnelled(packet: &OwnedPacket) -> OwnedPacket {
    let inner = &packet.bytes[14..];
    let mut bytes = packet.bytes[..14].to_vec();
    let length = u16::try_from(20 + 4 + inner.len()).unwrap();
    bytes.extend([0x45, 0]);
    bytes.extend(length.to_be_bytes());
    bytes.extend([0, 0, 0, 0, 64, 47, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
    bytes.extend([0, 0, 8, 0]);
    bytes.extend(inner);
    let wire_length = u32::try_from(bytes.len()).unwrap();
    OwnedPacket { wire_length, bytes, ..packet.clone() }
}

#[test]
fn the_parts_tell_what_the_whole_does() {
    let talk = talk();
    let plain = talk.packets().to_vec();
    let is_long = |packet: &OwnedPacket| packet.bytes.len() > 200;
    let cut = |is_swapped| -> Vec<OwnedPacket> {
        let cut = |packet| if is_long(packet) { fragments(packet, is_swapped) } else { vec![packet.clone()] };
        plain.iter().flat_map(cut).collect()
    };
    for (name, packets_in) in [
        ("plain", plain.clone()),
        ("fragments", cut(false)),
        ("swapped", cut(true)),
        ("tunnel", plain.iter().map(tunnelled).collect()),
    ] {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("a.pcap"), Scenario::pcap_of(&packets_in)).unwrap();
        let whole = told(folder.path(), &[&folder.path().join("a.pcap")]);
        assert_eq!(whole.iter().filter(|line| line.contains("\"type\":\"session\"")).count(), 12, "{name}");
        let (parts, said) = split(folder.path(), "parts", 4, &["a.pcap"]);
        assert_same(&told_of_parts(folder.path(), &parts), &whole, name);
        assert!(said.contains(&format!("{} packets in 4 parts", packets_in.len())), "{said}");
        let mut all: Vec<_> = parts.iter().flat_map(|part| packets(part)).collect();
        let mut expected: Vec<_> =
            packets_in.iter().map(|packet| (packet.time_ns, packet.bytes.clone())).collect();
        all.sort();
        expected.sort();
        assert!(all == expected, "{name}: every packet is there once");
        let filled = parts.iter().filter(|part| !packets(part).is_empty()).count();
        assert!(filled > 2, "{name}: {filled} of 4 parts");
    }
}

#[test]
fn parts_of_captures_tell_what_the_captures_do() {
    for name in [
        "tls-1.3.pcapng",
        "tls-1.2-aes-128-gcm.pcapng",
        "http2-chromium.pcapng",
        "capture-drops.pcapng",
        "ping-unanswered.pcap",
        "bots-and-bad-clients.pcap",
        "ipv6.pcap",
        "reconnect-loop.pcap",
        "lifetime-limit.pcap",
    ] {
        let folder = TempDir::new().unwrap();
        let path = capture(name);
        let (parts, _) = split(folder.path(), "parts", 3, &[path.to_str().unwrap()]);
        assert_same(&told_of_parts(folder.path(), &parts), &told(folder.path(), &[&path]), name);
    }
}

#[test]
fn the_same_packets_go_into_the_same_parts_whichever_files_they_are_in() {
    let talk = talk();
    let all = talk.packets();
    let folder = TempDir::new().unwrap();
    let third = all.len().div_ceil(3);
    let write = |name: &str, packets: &[OwnedPacket]| {
        fs::write(folder.path().join(name), Scenario::pcap_of(packets)).unwrap();
    };
    write("whole.pcap", all);
    for (name, packets) in ["a.pcap", "b.pcap", "c.pcap"].iter().zip(all.chunks(third)) {
        write(name, packets);
    }
    let sorted = |parts: &[PathBuf]| -> Vec<Vec<(i64, Vec<u8>)>> {
        let sorted = |part: &PathBuf| {
            let mut packets = packets(part);
            packets.sort();
            packets
        };
        parts.iter().map(sorted).collect()
    };
    let (whole, _) = split(folder.path(), "whole", 5, &["whole.pcap"]);
    let expected = sorted(&whole);
    for (out, files) in [("abc", ["a.pcap", "b.pcap", "c.pcap"]), ("cab", ["c.pcap", "a.pcap", "b.pcap"])] {
        assert!(sorted(&split(folder.path(), out, 5, &files).0) == expected, "{out}");
    }
    // Each file by itself, as tasks of a cluster would do it; then the parts of one number together.
    let alone: Vec<Vec<PathBuf>> = ["a", "b", "c"]
        .iter()
        .map(|name| split(folder.path(), name, 5, &[&format!("{name}.pcap")]).0)
        .collect();
    for (at, part) in whole.iter().enumerate() {
        let together: Vec<&Path> = alone.iter().map(|parts| parts[at].as_path()).collect();
        assert_same(&told(folder.path(), &together), &told(folder.path(), &[part]), &format!("part {at}"));
    }
    // A file named twice is there once.
    assert!(sorted(&split(folder.path(), "twice", 5, &["whole.pcap", "b.pcap"]).0) == expected);
}

#[test]
fn interfaces_times_and_secrets_are_kept() {
    let folder = TempDir::new().unwrap();
    let path = capture("tls-1.3.pcapng");
    let secrets = |path: &Path| {
        let mut reader = Reader::new(fs::File::open(path).unwrap(), FileId(0));
        let mut logs = Vec::new();
        while let Some(captured) = reader.next().unwrap() {
            if let Captured::Secrets(block) = captured {
                logs.push(block.log.clone());
            }
        }
        logs
    };
    let (parts, _) = split(folder.path(), "parts", 2, &[path.to_str().unwrap()]);
    assert!(!secrets(&path).is_empty());
    for part in &parts {
        assert_eq!(secrets(part), secrets(&path));
    }
    let arguments = ["split", "--into", "2", "-o", "without", "--no-secrets", path.to_str().unwrap()];
    assert!(command(folder.path(), &arguments).output().unwrap().status.success());
    assert!(secrets(&folder.path().join("without/part-000-of-002.pcapng")).is_empty());
    // What was lost concerns every connection.
    let attempts: Vec<String> = (1..=8).map(|n| format!("{n}C> upgrade\n{n}S< 101\n")).collect();
    let drops = Scenario::parse(&format!("{}drops 17\n", attempts.concat()));
    fs::write(folder.path().join("drops.pcapng"), drops.to_pcapng()).unwrap();
    let (parts, _) = split(folder.path(), "drops", 2, &["drops.pcapng"]);
    for part in parts {
        assert!(!packets(&part).is_empty());
        let output = command(folder.path(), &["-f", "json", "--only", "finding", part.to_str().unwrap()])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("\"id\":\"capture-drops\"") && text.contains("\"dropped\":17"), "{text}");
    }
}

#[test]
fn what_cannot_be_done_is_told() {
    let folder = TempDir::new().unwrap();
    let heavy = Scenario::parse("C> upgrade\nS< 101\nS< times 40 binary 9000*ab\n2C> upgrade\n2S< 101\n");
    fs::write(folder.path().join("heavy.pcap"), heavy.to_pcap()).unwrap();
    let (_, said) = split(folder.path(), "parts", 8, &["heavy.pcap"]);
    let heaviest = "the connection between 10.0.0.1:40001 and 10.0.0.2:8080 has 9";
    assert!(said.contains(heaviest) && said.contains("it cannot be divided"), "{said}");
    let fails = |arguments: &[&str], why: &str| {
        let output = command(folder.path(), arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(why), "{said}");
    };
    fails(&["split", "--into", "8", "-o", "parts", "heavy.pcap"], "it exists; --force replaces it");
    fails(&["split", "--into", "0", "-o", "x", "heavy.pcap"], "0 is not in 1..=512");
    fails(&["split", "--into", "2", "-o", "x", "missing.pcap"], "missing.pcap: it cannot be opened");
    for host in ["hosts/one", "hosts/two"] {
        fs::create_dir_all(folder.path().join(host)).unwrap();
        fs::copy(folder.path().join("heavy.pcap"), folder.path().join(host).join("a.pcap")).unwrap();
    }
    fails(&["split", "--into", "2", "-o", "x", "hosts"], "captures of 2 hosts (one, two)");
    split(folder.path(), "one", 2, &["hosts/one"]);
    split(folder.path(), "both", 2, &["--host-from", "/(hosts)/", "hosts"]);
    let bytes = heavy.to_pcap();
    fs::write(folder.path().join("cut.pcap"), &bytes[..bytes.len() - 3]).unwrap();
    fails(&["split", "--into", "2", "-o", "cut", "cut.pcap"], "the file ends inside packet");
    let count = |name: &str| packets(&folder.path().join("cut").join(name)).len();
    let left = count("part-000-of-002.pcapng") + count("part-001-of-002.pcapng");
    assert_eq!(left, heavy.packets().len() - 1);
}
