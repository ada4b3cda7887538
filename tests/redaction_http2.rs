//! What `--redact` leaves of HTTP/2 in packets: the same frames, heads of the same size, the same sessions and findings, and nothing
//! of what was said.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;
mod redacted;
mod scenario;

use common::{Dice, captures, skip};
use redacted::{Told, redacted, redacted_under, stays_the_same};
use scenario::{OwnedPacket, Scenario};
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use wsight::analyzer::{Analyzer, Config, Output};
use wsight::model::Limits;

/// A connection that may carry WebSockets.
const CONNECTED: &str = "C> preface   S< settings connect-protocol   C> settings ack   S< settings ack\n";

/// What somebody's request has besides: written in the Huffman code where that is shorter, and as it is elsewhere.
const PERSONAL: &str = "+user-agent: AcmeBrowser/7.1 +origin: https://intranet.example.com:8443 +cookie: session=hunter2hunter2; theme=dark \
     +x-tenant: acme-corporation +authorization: \"Bearer {<~s3cret~>}\" +sec-websocket-protocol: acme.chat.v2, mqtt";

/// Our captures in which HTTP/2 is in clear.
fn captures_of_http2() -> Vec<(String, Vec<OwnedPacket>)> {
    let named = captures().into_iter().map(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, OwnedPacket::all_of(&path))
    });
    named.filter(|(_, packets)| Told::of(packets).over_http2 > 0 && redacted(packets).1).collect()
}

#[test]
fn every_capture_keeps_its_sessions_and_findings_and_says_nothing() {
    let (mut sessions, mut findings) = (0, 0);
    let captures = captures_of_http2();
    for (name, packets) in &captures {
        let (_, told) = stays_the_same(packets, name);
        (sessions, findings) = (sessions + told.sessions, findings + told.findings);
    }
    assert!(
        captures.len() >= 12 && sessions >= 18 && findings >= 24,
        "{} {sessions} {findings}",
        captures.len()
    );
}

#[test]
fn every_fault_of_http2_stays_the_same_and_what_is_right_stays_right() {
    let mut seen = 0;
    for case in scenario::cases::all().filter(|case| case.faulty.contains("preface")) {
        for text in [case.faulty, case.clean] {
            stays_the_same(Scenario::parse(text).packets(), case.id);
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen}");
}

/// Two WebSockets that talk in turn, with what belongs to their requests, and another exchange.
fn talk() -> String {
    let turn = |turn: u32| {
        format!(
            "C> on 1 pad=3 size=5 text \"a question about {turn}\"   S< on 1 size=7 text \"the answer is {turn}\"\n\
             C> on 5 text-deflate \"repeated repeated repeated\"   S< on 5 ping \"heartbeat\"   C> on 5 pong \"heartbeat\"\n\
             S< [ on 1 text-part \"begun here\" | on 1 ping \"inside of it\" | on 1 continuation \" and done\" ]\n"
        )
    };
    format!(
        "{CONNECTED}C> connect 1 /rooms/general?token=s3cret-token {PERSONAL}\n\
         S< answer 1 200 +sec-websocket-protocol: acme.chat.v2 +server: acme-gateway/2.3 +set-cookie: sid=another-secret; Secure\n\
         C> request 3 POST /upload open +x-file: payroll.xlsx\n\
         C> on 3 end pad=7 size=30 raw \"the salaries of everybody in this company\"\n\
         C> connect 5 /rooms/private deflate {PERSONAL}   S< answer 3 403 +x-reason: not-for-you\n\
         S< on 3 end raw \"you have no business in here\"   S< answer 5 200 pieces=3 deflate\n\
         C> h2-frame 6 0 0 \"private!\"   S< h2-frame 6 1 0 \"private!\"   C> h2-frame 10 0 1 \"an extension of somebody\"\n\
         {}{}C> on 1 end close 1000 \"good bye to all\"   S< on 1 end close 1000   S< goaway 5 0 \"maintenance at noon\"\n\
         C> on 5 close 1001 \"leaving the room\"   S< reset 5 8   S< fin   C> fin",
        turn(1),
        turn(2)
    )
}

#[test]
fn a_talk_says_nothing_whichever_packet_was_lost_and_wherever_the_capture_begins() {
    let scenario = Scenario::parse(&talk());
    let (_, told) = stays_the_same(scenario.packets(), "the whole talk");
    assert_eq!((told.over_http2, told.sessions), (3, 2));
    for lost in 0..scenario.packets().len() {
        let mut left = scenario.packets().to_vec();
        left.remove(lost);
        stays_the_same(&left, &format!("without packet {lost}"));
    }
    for first in 0..scenario.packets().len() {
        stays_the_same(&scenario.packets()[first..], &format!("from packet {first}"));
    }
}

/// Packets that a capture lost, and where it began late.
#[test]
fn captures_that_miss_packets_keep_what_they_have() {
    for (name, packets) in captures_of_http2() {
        let mut dice = Dice(7);
        for turn in 0..30 {
            let first = if turn % 2 == 0 { 0 } else { dice.roll(packets.len()) };
            let mut left = packets[first..].to_vec();
            for _ in 0..=dice.roll(4) {
                if left.len() > 1 {
                    left.remove(dice.roll(left.len()));
                }
            }
            if turn % 5 == 4 {
                let most = 60 + dice.roll(80);
                for packet in &mut left {
                    packet.bytes.truncate(most);
                }
            }
            stays_the_same(&left, &format!("{name}, turn {turn}"));
        }
    }
}

#[test]
fn a_talk_says_nothing_however_its_packets_are_cut() {
    for size in [1, 2, 5, 9, 14, 40] {
        let text: Vec<String> =
            talk().lines().map(|line| line.replace("> ", &format!("> split {size} "))).collect();
        let text: Vec<String> =
            text.iter().map(|line| line.replace("< ", &format!("< split {size} "))).collect();
        stays_the_same(Scenario::parse(&text.join("\n")).packets(), &format!("segments of {size}"));
    }
    let whole = Scenario::parse(&talk());
    for most in [60, 70, 90, 120] {
        let cut = |packet: &OwnedPacket| OwnedPacket {
            bytes: packet.bytes[..packet.bytes.len().min(most)].to_vec(),
            ..*packet
        };
        let packets: Vec<OwnedPacket> = whole.packets().iter().map(cut).collect();
        stays_the_same(&packets, &format!("{most} bytes of each packet"));
    }
}

#[test]
fn what_follows_a_switch_from_http1_stays_the_same() {
    let asked = "raw \"GET /first HTTP/1.1\\r\\nHost: example.org\\r\\nConnection: Upgrade, HTTP2-Settings\\r\\n\
                 Upgrade: h2c\\r\\nHTTP2-Settings: AAMAAABkAAQAAP__\\r\\n\\r\\n\"\n";
    let granted =
        "raw \"HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: h2c\\r\\n\\r\\n\"\n";
    for [request, answer] in [["", ""], ["", "lose "], ["lose ", ""], ["lose ", "lose "]] {
        let text = format!(
            "C> {request}{asked}S< {answer}{granted}{CONNECTED}C> connect 3 /chat-of-acme   S< answer 3 200\n\
             C> on 3 text \"hello everybody\"   S< on 3 text \"hello yourself\""
        );
        let (_, told) = stays_the_same(Scenario::parse(&text).packets(), &text);
        assert_eq!(told.sessions, 1, "{text}");
    }
}

#[test]
fn broken_heads_and_what_is_no_http2_stay_broken() {
    for broken in [
        // An index of no field, a string that is none in the Huffman code, a table too large, a number without end, a string
        // without its end, and a name without a value.
        "C> h2-frame 1 5 7 8286ff20",
        "C> h2-frame 1 5 7 828640 83 ffffff 05 \"hello\"",
        "C> h2-frame 1 5 7 3fffff7f 82",
        "C> h2-frame 1 5 7 82 40 0b \"secret-name\" 06 \"hidden\" ffffffffffff",
        "C> h2-frame 1 5 7 82 04 7f00 \"/a/secret/path\"",
        "C> h2-frame 1 5 7 82 40 0b \"secret-name\"",
        // Its rest never comes, or comes without a beginning.
        "C> h2-frame 1 0 7 8286   C> h2-frame 0 0 1 \"between them\"",
        "C> h2-frame 9 4 7 40 0b \"secret-name\" 06 \"hidden\"",
        // Padding and sizes that cannot be, and frames where none may be.
        "C> h2-frame 1 13 7 ff 8286 \"secret words\"",
        "C> h2-frame 0 8 1 ff \"secret words\"",
        "C> h2-frame 3 0 1 00000008 \"secret words\"   S< h2-frame 4 0 0 000400 \"secret words\"",
        "S< h2-frame 6 0 0 \"secret words\"   S< h2-frame 7 0 0 0000",
        "S< h2-frame 5 4 1 00000002 8286 40 0b \"secret-name\" 06 \"hidden\"",
        // No frames at all.
        "S< raw \"and now for something completely different, in plain words\"",
        "C> raw 40*ff   S< raw 7f7f7f \"secret words\"",
    ] {
        let text = format!(
            "{CONNECTED}C> connect 1 /chat {PERSONAL}   S< answer 1 200   C> on 1 text \"hello everybody\"\n{broken}\n\
             C> connect 9 /again {PERSONAL}   S< answer 9 200   S< on 9 text \"the same again\"   C> on 1 text \"and on\""
        );
        stays_the_same(Scenario::parse(&text).packets(), broken);
    }
    for answer in [
        "raw \"HTTP/1.1 400 Bad Request\\r\\nServer: acme-gateway\\r\\nContent-Length: 9\\r\\n\\r\\nno thanks\"",
        "raw \"SSH-2.0-AcmeServer_1.0\\r\\n\"",
        "raw 150301000202 46",
        "fin",
    ] {
        stays_the_same(Scenario::parse(&format!("C> preface   S< {answer}")).packets(), answer);
        let asked = format!("C> preface   C> connect 1 /chat {PERSONAL}   S< {answer}");
        stays_the_same(Scenario::parse(&asked).packets(), answer);
    }
}

/// Whatever bytes are changed to, what takes their place says nothing, and nearly always the same is found in it.
#[test]
fn altered_bytes_say_nothing() {
    /// Where the checksum of TCP stands behind Ethernet and IPv4, and where its payload begins.
    const CHECKSUM: std::ops::Range<usize> = 50..52;
    const PAYLOAD: usize = 54;
    let scenario = Scenario::parse(&talk());
    let mut dice = Dice(11);
    let mut same = 0;
    for turn in 0..300 {
        let mut packets = scenario.packets().to_vec();
        for _ in 0..=dice.roll(3) {
            let at = dice.roll(packets.len());
            let bytes = &mut packets[at].bytes;
            if bytes.len() > PAYLOAD {
                let place = PAYLOAD + dice.roll((bytes.len() - PAYLOAD).min(40));
                bytes[place] ^= 1 << dice.roll(8);
                // As network cards are given it.
                bytes[CHECKSUM].fill(0);
            }
        }
        let (left, is_whole) = redacted(&packets);
        assert!(is_whole, "{turn}");
        let (before, after) = (Told::of(&packets), Told::of(&left));
        same += usize::from(before.facts == after.facts);
        // Names of headers that were taken for values: those that are known stay elsewhere.
        let is_name = |word: &[u8]| b"sec-websocket-protocol-".windows(6).any(|name| name == word);
        let words: BTreeSet<&[u8]> = before.words().into_iter().filter(|word| !is_name(word)).collect();
        let still = after.words();
        let telling: Vec<_> = words.intersection(&still).map(|word| String::from_utf8_lossy(word)).collect();
        assert!(telling.is_empty(), "turn {turn}: {telling:?}");
    }
    // Where frames of WebSockets are torn, others may be found in what is left of them.
    assert!(same >= 290, "{same} of 300");
}

/// A name is the same on both sides of a proxy that speaks HTTP/2 on one of them, and where only one of two peers uses the
/// Huffman code.
#[test]
fn a_name_has_one_pseudonym_however_it_is_written() {
    let text = "C> preface   S< settings connect-protocol   C> connect 1 /room/of/somebody +sec-websocket-protocol: acme.chat\n\
                2C> upgrade /room/of/somebody +sec-websocket-protocol: acme.chat   2S< 101 +sec-websocket-protocol: acme.chat\n\
                S< h2-frame 1 4 1 88 00 16 \"sec-websocket-protocol\" 86 19292ae49c69";
    let (left, told) = stays_the_same(Scenario::parse(text).packets(), text);
    assert_eq!(told.sessions, 2);
    let mut heads = Vec::new();
    let mut analyzer = Analyzer::new(Config::default());
    let mut take = |output: &Output<'_>| {
        if let Output::Upgrade(_, upgrade) = output {
            let request = upgrade.request.whole().unwrap();
            let response = upgrade.response.whole().unwrap();
            let protocol = |head: &wsight::upgrade::Head| head.text("sec-websocket-protocol").unwrap();
            heads.push((request.target.clone(), protocol(&request.head), protocol(&response.head)));
        }
    };
    for (number, packet) in (1..).zip(&left) {
        analyzer.push(&packet.borrowed(number, 0), &mut take);
    }
    analyzer.finish(&mut take);
    assert_eq!(heads.len(), 2);
    assert_eq!(heads[0], heads[1]);
    assert_eq!(heads[0].1, heads[0].2);
}

/// The two sides of a proxy are found by the key that it passes on, whichever version of HTTP either speaks (RFC 6455 §1.3).
#[test]
fn legs_with_one_key_stay_legs() {
    let talk = |key: &str| {
        let text = format!(
            "{CONNECTED}C> connect 1 /chat +sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\n\
             2: client 10.0.0.2\n2: server 10.0.0.3:9000\n2C> upgrade /chat =Sec-WebSocket-Key: {key}   2S< 101\n\
             S< answer 1 200\n2C> fin   2S< fin   C> fin   S< fin"
        );
        Scenario::parse(&text).packets().to_vec()
    };
    let legs = |packets: &[OwnedPacket]| {
        let mut legs = Vec::new();
        let mut analyzer = Analyzer::new(Config::default());
        let mut take = |output: &Output<'_>| {
            if let Output::Session(summary) = output {
                legs.extend(summary.leg_of);
            }
        };
        for (number, packet) in (1..).zip(packets) {
            analyzer.push(&packet.borrowed(number, 0), &mut take);
        }
        analyzer.finish(&mut take);
        legs.len()
    };
    for (key, expected) in [("dGhlIHNhbXBsZSBub25jZQ==", 2), ("AAAAAAAAAAAAAAAAAAAAAA==", 0)] {
        let packets = talk(key);
        assert_eq!(legs(&packets), expected, "{key}");
        let (left, _) = stays_the_same(&packets, key);
        assert_eq!(legs(&left), expected, "{key}");
    }
}

/// What is kept of HTTP/2 besides its bytes counts for the limit: each of many empty frames, and what a WebSocket says.
#[test]
fn the_limit_counts_what_is_known_of_frames() {
    let messages = "C> on 1 binary 1000*00\n".repeat(100);
    let empty = format!("C> raw {}\n", "000000000000000001".repeat(10_000));
    for (text, bytes) in [(messages, 150_000), (empty, 150_000)] {
        let text = format!("{CONNECTED}C> connect 1 /chat   S< answer 1 200\n{text}");
        let packets = Scenario::parse(&text);
        let sent: usize = packets.packets().iter().map(|packet| packet.bytes.len().saturating_sub(54)).sum();
        let limited = Limits { redact_bytes: bytes, ..Limits::default() };
        assert!((sent as u64) < bytes, "{sent}");
        assert!(!redacted_under(&limited, packets.packets()).1);
        assert!(redacted(packets.packets()).1);
    }
}

/// What stays of each head as tshark reads it, and whether it finds a fault; nothing where there is no tshark.
fn heads_by_tshark(packets: &[OwnedPacket]) -> Option<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pcap");
    fs::write(&path, Scenario::pcap_of(packets)).unwrap();
    let fields = ["frame.number", "http2.type", "http2.length", "http2.streamid", "http2.header.length"];
    let more =
        ["http2.header.name.length", "http2.header.value.length", "http2.header.repr", "_ws.malformed"];
    let mut command = Command::new("tshark");
    command.arg("-r").arg(&path).args(["-d", "tcp.port==8080,http2", "-T", "fields"]);
    fields.iter().chain(&more).for_each(|field| {
        command.args(["-e", field]);
    });
    let Ok(output) = command.output() else {
        skip("there is no tshark");
        return None;
    };
    assert!(output.status.success(), "{output:?}");
    Some(String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect())
}

#[test]
fn others_read_heads_of_the_same_size() {
    let talk = Scenario::parse(&talk());
    let (left, _) = redacted(talk.packets());
    let (Some(before), Some(after)) = (heads_by_tshark(talk.packets()), heads_by_tshark(&left)) else {
        return;
    };
    assert!(
        before.iter().any(|line| line.contains("Literal Header Field with Incremental Indexing")),
        "{before:#?}"
    );
    assert_eq!(before, after);
}
