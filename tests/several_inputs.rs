//! Inputs that hold the same packets, or the same traffic: that is told, and what is the same counts once.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod scenario;

use scenario::{OwnedPacket, Scenario};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use wsight::capture::{Reader, Source};
use wsight::model::{Captured, FileId};

/// Twenty-odd packets of two sessions.
const TALK: &str = "\
C> upgrade /chat
S< 101
C> text \"one\"
S< text \"two\"
2C> upgrade /prices
2S< 101
2S< times 3 text \"three\"
2S< close 1000
2C> close 1000
2S< fin
2C> fin
C> close 1000
S< close 1000
S< fin
C> fin
";

/// The packets as another place has them: a hop further, this much later.
fn elsewhere(packets: &[OwnedPacket], later_us: i64) -> Vec<OwnedPacket> {
    let moved = |packet: &OwnedPacket| {
        let mut packet = packet.clone();
        packet.time_ns += later_us * 1000;
        packet.bytes[..12].copy_from_slice(b"\x02\0\0\0\0\x11\x02\0\0\0\0\x12");
        if packet.bytes[12..14] == [0x86, 0xdd] {
            packet.bytes[21] -= 1;
            return packet;
        }
        // One hop less, and a checksum that fits: words are added in ones' complement (RFC 1624).
        packet.bytes[22] -= 1;
        let sum = u32::from(u16::from_be_bytes([packet.bytes[24], packet.bytes[25]])) + 0x0100;
        let sum = u16::try_from((sum & 0xffff) + (sum >> 16)).unwrap();
        packet.bytes[24..26].copy_from_slice(&sum.to_be_bytes());
        packet
    };
    packets.iter().map(moved).collect()
}

/// Both in one capture, in order of time.
fn merged(one: &[OwnedPacket], other: &[OwnedPacket]) -> Vec<OwnedPacket> {
    let mut both = [one, other].concat();
    both.sort_by_key(|packet| packet.time_ns);
    both
}

/// The packets with this many times as much time between them.
fn stretched(packets: &[OwnedPacket], by: i64) -> Vec<OwnedPacket> {
    let begin = packets[0].time_ns;
    let later = |packet: &OwnedPacket| {
        let time_ns = begin + (packet.time_ns - begin) * by;
        OwnedPacket { time_ns, ..packet.clone() }
    };
    packets.iter().map(later).collect()
}

struct Told {
    /// The lines of JSON about sessions.
    sessions: Vec<Value>,
    /// The last line of JSON.
    summary: Value,
    /// What messages said.
    texts: Vec<String>,
    errors: String,
}

/// Writes the inputs and runs the program on them, in their folder.
fn told(inputs: &[&[OwnedPacket]], options: &[&str], folder: &Path) -> Told {
    let names = ["a.pcap", "b.pcap", "c.pcap"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_wsight"));
    command.args(["-f", "json"]).args(options).current_dir(folder);
    for (name, packets) in names.iter().zip(inputs) {
        std::fs::write(folder.join(name), Scenario::pcap_of(packets)).unwrap();
        command.arg(name);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    Told {
        sessions: lines.iter().filter(|line| line["type"] == "session").cloned().collect(),
        summary: lines.last().unwrap().clone(),
        texts: lines.iter().filter_map(|line| line["text"].as_str()).map(str::to_owned).collect(),
        errors: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn packets_of_two_inputs_count_once_and_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = Scenario::parse(TALK);
    let packets = scenario.packets();
    let whole = told(&[packets], &[], folder.path());
    let counted = |told: &Told| {
        let mut summary = told.summary.clone();
        summary.as_object_mut().unwrap().remove("repeated_packets");
        summary
    };
    assert!(whole.summary.get("repeated_packets").is_none());
    for (first, rest) in [(12, 8), (packets.len(), 0), (20, 3)] {
        let parts = told(&[&packets[..first], &packets[rest..]], &[], folder.path());
        let repeated = first - rest;
        assert_eq!(parts.summary["repeated_packets"], repeated);
        assert_eq!(counted(&parts), counted(&whole));
        assert_eq!(parts.texts, whole.texts);
        assert_eq!(
            parts.errors,
            format!("wsight: b.pcap repeats {repeated} packets of a.pcap, counted once\n")
        );
    }
    let three = told(&[&packets[..10], &packets[5..20], &packets[8..]], &[], folder.path());
    assert_eq!(
        (&three.summary["repeated_packets"], counted(&three)),
        (&Value::from(5 + 12), counted(&whole))
    );
    assert!(three.errors.contains("b.pcap repeats 5 packets of a.pcap"), "{}", three.errors);
    assert!(three.errors.contains("c.pcap repeats 10 packets of b.pcap"), "{}", three.errors);
    let few = told(&[packets, packets], &["--limit", "compared-packets=8"], folder.path());
    assert!(few.errors.contains("--limit compared-packets"), "{}", few.errors);
}

#[test]
fn one_traffic_at_two_places_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = Scenario::parse(TALK);
    let packets = scenario.packets();
    let (count, other) = (packets.len(), elsewhere(packets, 300));
    let expected =
        format!("both hold {count} TCP segments, with other headers or times: they are the same traffic");
    for inputs in [[packets, &other], [&other, packets]] {
        let both = told(&inputs, &[], folder.path());
        assert!(both.errors.contains(&expected), "{}", both.errors);
        assert!(both.summary.get("repeated_packets").is_none());
        assert_eq!(both.summary["packets"], 2 * count);
    }
}

#[test]
fn packets_that_stand_twice_in_one_capture_are_told_and_nobody_sent_them_again() {
    let folder = tempfile::tempdir().unwrap();
    let with_one = TALK.replace("S< text \"two\"", "S< retransmit text \"two\"");
    for (talk, sent_again) in [(TALK.to_owned(), 0), (with_one.clone(), 1), (format!("ipv6\n{TALK}"), 0)] {
        let scenario = Scenario::parse(&talk);
        for (by, later_us) in [(1, 0), (1, 300), (1, 3_300), (50, 20_000)] {
            let packets = stretched(scenario.packets(), by);
            let other = if later_us == 0 { packets.clone() } else { elsewhere(&packets, later_us) };
            let what = format!("{talk} {by} {later_us}");
            let once = told(&[&packets], &[], folder.path());
            assert!(once.summary.get("copied_segments").is_none(), "{what}");
            let both = merged(&packets, &other);
            let twice = told(&[&both], &[], folder.path());
            for told in [&once, &twice] {
                let counted: Vec<&Value> =
                    told.sessions.iter().map(|session| &session["retransmissions"]).collect();
                assert_eq!(counted.len(), 2, "{what}");
                let of_server: u64 = counted.iter().map(|sides| sides["server"].as_u64().unwrap()).sum();
                let of_client: u64 = counted.iter().map(|sides| sides["client"].as_u64().unwrap()).sum();
                assert_eq!((of_client, of_server), (0, sent_again), "{what}");
            }
            assert_eq!(twice.texts, once.texts, "{what}");
            assert_eq!(twice.summary["findings"], once.summary["findings"], "{what}");
            let copied = twice.summary["copied_segments"].as_u64().unwrap();
            // Not those without payload, which are no news, and not those after a connection is over.
            let all = packets.len() as u64;
            assert!(copied >= all / 4 && copied < all, "{what}: {copied} of {all}");
            let output = Command::new(env!("CARGO_BIN_EXE_wsight"))
                .args(["-f", "summary", "a.pcap"])
                .current_dir(folder.path())
                .output()
                .unwrap();
            let text =
                String::from_utf8(output.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
            let sentence =
                format!("At least {copied} of {} TCP segments stand in the capture twice", both.len());
            assert!(text.contains(&sentence), "{what}: {text}");
        }
    }
    // A few that are sent again are no copies of the capture.
    let scenario = Scenario::parse(&with_one);
    let once = told(&[scenario.packets()], &[], folder.path());
    assert!(once.summary.get("copied_segments").is_none());
}

#[test]
fn parts_that_follow_each_other_are_not_remarked_on() {
    let folder = tempfile::tempdir().unwrap();
    // The last of the first part is sent again in the second one.
    let sent_again = "C> upgrade\nS< 101\nS< times 4 text \"one\"\nS< retransmit text \"two\"\nS< times 4 text \"three\"\n";
    for text in [TALK, sent_again] {
        let scenario = Scenario::parse(text);
        let packets = scenario.packets();
        for at in 1..packets.len() {
            let parts = told(&[&packets[..at], &packets[at..]], &[], folder.path());
            assert_eq!((parts.errors.as_str(), parts.summary.get("repeated_packets")), ("", None), "{at}");
            assert_eq!(parts.summary["packets"], packets.len());
        }
    }
}

#[test]
fn saved_packets_are_in_order_and_each_is_there_once() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = Scenario::parse(TALK);
    let packets = scenario.packets();
    for (session, connection) in [("1", 40_001_u16), ("2", 40_002)] {
        let options = ["--session", session, "--force", "-w", "saved.pcapng"];
        told(&[&packets[..20], &packets[4..]], &options, folder.path());
        let file = std::fs::File::open(folder.path().join("saved.pcapng")).unwrap();
        let mut reader = Reader::new(file, FileId(0));
        let mut saved = Vec::new();
        while let Some(captured) = reader.next().unwrap() {
            if let Captured::Packet(packet) = captured {
                saved.push((packet.stamp.time.as_nanos(), packet.bytes.to_vec()));
            }
        }
        let port = connection.to_be_bytes();
        let is_wanted = |packet: &&OwnedPacket| packet.bytes[34..36] == port || packet.bytes[36..38] == port;
        let expected: Vec<(i64, Vec<u8>)> =
            packets.iter().filter(is_wanted).map(|packet| (packet.time_ns, packet.bytes.clone())).collect();
        assert_eq!(saved, expected, "session {session}");
    }
}
