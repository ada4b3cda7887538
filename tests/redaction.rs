//! What `--redact` leaves: every finding where it was, and nothing of what was said, by whom and to whom.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{OwnedSegment, capture, captures, segments};
use etherparse::PacketBuilder;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::{Command, Output};
use wsight::capture::{Described, Reader, Source, Writer};
use wsight::findings::catalog;
use wsight::model::{
    Captured, Checksum, Decoded, FileId, Flags, Limits, LinkType, Packet, SegmentHeader, Stamp,
};
use wsight::net::Net;

fn run(args: &[&str], path: &Path) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_wsight")).args(args).arg(path).output().unwrap();
    assert!(output.status.success(), "{}: {output:?}", path.display());
    output
}

fn text(args: &[&str], path: &Path) -> String {
    String::from_utf8(run(args, path).stdout).unwrap()
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Everything in the capture that may tell somebody something.
fn secrets(lines: &[Value], har: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut add = |text: &str| {
        // The beginning, because a preview has no more. What is as short as a word of wsight's own proves nothing.
        let start: String = text.chars().take(24).collect();
        // What is nothing but punctuation stays as it is.
        // Some payloads are as they would be redacted.
        if start.chars().any(|c| !matches!(c, 'x' | 'X' | '1'))
            && start.len() >= 6
            && start.chars().filter(|c| c.is_alphanumeric()).count() >= 4
        {
            found.insert(start);
        }
    };
    for line in lines {
        for side in ["client", "server"] {
            if let Some(address) = line[side].as_str() {
                add(&address.parse::<SocketAddr>().unwrap().ip().to_string());
            }
        }
        for name in
            ["text", "reason", "sni", "host", "origin", "body", "client_random", "subprotocol", "offered"]
        {
            // Reason phrases say no more than their status.
            if !(name == "reason" && matches!(line["type"].as_str(), Some("upgrade" | "tls"))) {
                add(line[name].as_str().unwrap_or_default());
            }
        }
        let target = line["target"].as_str().unwrap_or_default();
        target.split(['/', '?', '&', '=']).for_each(&mut add);
    }
    for entry in har["log"]["entries"].as_array().unwrap() {
        for side in ["request", "response"] {
            for header in entry[side]["headers"].as_array().unwrap() {
                let name = header["name"].as_str().unwrap().to_ascii_lowercase();
                let is_public = matches!(
                    name.as_str(),
                    "connection" | "upgrade" | "sec-websocket-extensions" | "sec-fetch-site" | ":protocol"
                );
                if !is_public {
                    add(header["value"].as_str().unwrap());
                }
            }
        }
    }
    // Values that are words of the protocol, or of wsight.
    for word in [
        "websocket",
        "permessage-deflate",
        "CONNECT",
        "https",
        "chunked",
        "upgrade",
        "graphql-ws",
        "graphql-transport-ws",
    ] {
        found.remove(word);
    }
    // What peers say as well as the explanations of findings proves nothing where these are printed.
    let explained = catalog::markdown();
    found.retain(|secret| !explained.contains(secret.as_str()));
    found
}

/// What stays of a finding: all but the texts in it.
fn judged(line: &Value) -> Vec<(String, Value)> {
    const KEPT: [&str; 10] =
        ["id", "severity", "class", "certainty", "rfc", "time", "packet", "session", "from", "frame"];
    let fields = line.as_object().unwrap().iter();
    let kept = fields
        .filter(|(name, value)| KEPT.contains(&name.as_str()) || value.is_number() || value.is_boolean());
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[test]
fn no_output_tells_what_was_said_and_every_finding_stays() {
    let (mut seen, mut told_all) = (0, Vec::new());
    for path in captures() {
        let original = text(&["-f", "json", "--payload", "full"], &path);
        let original = lines(&original);
        let har: Value = serde_json::from_str(&text(&["-f", "har"], &path)).unwrap();
        let secrets = secrets(&original, &har);
        seen += secrets.len();
        for format in ["json", "text", "summary", "junit", "har", "html"] {
            let output = run(&["--redact", "-f", format, "--payload", "full"], &path);
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(said.starts_with("wsight: redacted: ") && said.lines().count() == 1, "{said}");
            let shown = String::from_utf8(output.stdout).unwrap();
            let shown_path = path.display();
            let told = secrets.iter().filter(|secret| shown.contains(secret.as_str()));
            told_all.extend(told.map(|secret| format!("{shown_path} as {format} tells {secret:?}")));
            if format == "json" {
                let redacted = lines(&shown);
                assert_eq!(redacted.len(), original.len());
                for (redacted, original) in redacted.iter().zip(&original) {
                    if original["type"] == "finding" {
                        assert_eq!(judged(redacted), judged(original), "{}", path.display());
                    }
                    for length in ["text", "data_base64", "payload_hex"] {
                        let length = |line: &Value| line[length].as_str().map(str::len);
                        assert_eq!(length(redacted), length(original), "{}: {original}", path.display());
                    }
                }
            }
        }
    }
    assert!(told_all.is_empty(), "{}", told_all.join("\n"));
    assert!(seen > 500, "{seen} secrets");
}

#[test]
fn tables_are_redacted_as_well_and_the_same_capture_gives_the_same_pseudonyms() {
    let folder = tempfile::tempdir().unwrap();
    let path = capture("clean-python-newest.pcap");
    for name in ["once", "again"] {
        let to = folder.path().join(name);
        run(&["--redact", "-f", "csv", "-o", to.to_str().unwrap()], &path);
    }
    for entry in fs::read_dir(folder.path().join("once")).unwrap() {
        let entry = entry.unwrap();
        let table = fs::read_to_string(entry.path()).unwrap();
        assert_eq!(table, fs::read_to_string(folder.path().join("again").join(entry.file_name())).unwrap());
        assert!(!table.contains("127.0.0.1"), "{table}");
        if entry.file_name() == "sessions.csv" {
            assert!(table.contains("240.0.0.1"), "{table}");
        }
    }
}

/// Words of the protocol, which stay in heads of HTTP, so that finding them proves nothing.
const PUBLIC: &str = "Sec-WebSocket-Key Sec-WebSocket-Version Sec-WebSocket-Accept Sec-WebSocket-Extensions \
    Sec-WebSocket-Protocol: websocket WebSocket HTTP/1.1 Connection: keep-alive Connection: Upgrade\r\nUpgrade: websocket \
    Content-Type: Content-Length: Transfer-Encoding: chunked permessage-deflate; client_max_window_bits https:// \
    400 Bad Request\r\n 502 Bad Gateway\r\n 426 Upgrade Required\r\n 101 Switching Protocols\r\n 403 Forbidden\r\n \
    404 Not Found\r\n 505 HTTP Version Not Supported Version: HTTP/1.0 Origin: https:// 1002 Protocol error server: Server: User-Agent: Accept-Encoding: Accept-Language: GET / HTTP/1.1\r\n";

/// Every eight bytes in a row of what was said in a capture, as far as they say something.
fn said(lines: &[Value]) -> BTreeSet<Vec<u8>> {
    let mut said = BTreeSet::new();
    for line in lines {
        let is_status = matches!(line["type"].as_str(), Some("upgrade" | "tls"));
        for field in ["text", "reason", "body", "target", "origin"] {
            if is_status && field == "reason" {
                continue;
            }
            for window in line[field].as_str().unwrap_or_default().as_bytes().windows(8) {
                let letters = window.iter().filter(|byte| byte.is_ascii_alphanumeric()).count();
                let is_masked = window.iter().all(|byte| matches!(byte, b'x' | b'X' | b'1' | b' '));
                let is_public =
                    PUBLIC.as_bytes().windows(8).any(|public| public.eq_ignore_ascii_case(window));
                if letters >= 5 && !is_masked && !is_public {
                    said.insert(window.to_vec());
                }
            }
        }
    }
    said
}

/// The packets of a capture: what each holds, and the segment in it.
fn packets(path: &Path) -> Vec<(Vec<u8>, u32, Option<SegmentHeader>)> {
    let mut reader = Reader::new(fs::File::open(path).unwrap(), FileId(0));
    let mut net = Net::new(&Limits::default());
    let mut packets = Vec::new();
    while let Some(captured) = reader.next().unwrap() {
        if let Captured::Packet(packet) = captured {
            let mut segment = None;
            net.push(&packet, &mut |decoded| {
                if let Decoded::Segment(found) = decoded {
                    segment = Some(*found.header);
                }
            });
            packets.push((packet.bytes.to_vec(), packet.wire_length, segment));
        }
    }
    packets
}

/// How often which finding stands where.
fn found(lines: &[Value]) -> BTreeMap<String, usize> {
    const KEPT: [&str; 8] = ["id", "severity", "class", "certainty", "packet", "session", "from", "frame"];
    let mut counts = BTreeMap::new();
    for line in lines.iter().filter(|line| line["type"] == "finding") {
        let key = KEPT.map(|name| line[name].to_string()).join(" ");
        *counts.entry(key).or_default() += 1;
    }
    counts
}

/// A redacted copy of a capture, and what was said about it.
fn redacted(path: &Path, to: &Path) -> String {
    let output = run(&["--redact", "--force", "-f", "pcapng", "-o", to.to_str().unwrap()], path);
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_redacted_capture_says_nothing_and_the_same_is_wrong_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("redacted.pcapng");
    let (mut whole, mut words, mut findings, mut wrong) = (0, 0, 0, Vec::new());
    for path in captures() {
        let name = path.display();
        redacted(&path, &to);
        let original = lines(&text(&["-f", "json", "--payload", "full"], &path));
        let left = lines(&text(&["-f", "json", "--payload", "full"], &to));
        let (before, after) = (found(&original), found(&left));
        findings += after.len();
        whole += 1;
        if before != after {
            wrong.push(format!("{name}: {before:#?} became {after:#?}"));
        }
        let packets_before = packets(&path);
        let packets_after = packets(&to);
        assert_eq!(packets_before.len(), packets_after.len(), "{name}");
        let bytes: Vec<u8> = packets_after.iter().flat_map(|(bytes, ..)| bytes.clone()).collect();
        for said in said(&original) {
            words += 1;
            if bytes.windows(8).any(|window| window == said) {
                wrong.push(format!("{name} tells {:?}", String::from_utf8_lossy(&said)));
            }
        }
        for (before, after) in packets_before.iter().zip(&packets_after) {
            assert_eq!(before.1, after.1, "{name}");
            let (Some(before), Some(after)) = (before.2, after.2) else { continue };
            let same = |header: &SegmentHeader| {
                let ports = (header.source.port(), header.destination.port());
                (header.stamp.time, ports, header.sequence, header.acknowledgment, header.flags)
            };
            assert_eq!(same(&before), same(&after), "{name}");
            if before.cut == after.cut {
                assert_eq!(before.marks, after.marks, "{name}: packet {}", after.stamp.packet);
            }
            assert_ne!(before.source.ip(), after.source.ip(), "{name}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        whole > 140 && words > 3_000 && findings > 500,
        "{whole} captures, {words} words, {findings} findings"
    );
}

/// A capture of these segments.
fn written(segments: &[OwnedSegment]) -> Vec<u8> {
    of_packets(segments.iter().map(|segment| (segment.stamp, segment.to_ip(), segment.cut)))
}

/// A capture of IP packets, each with what was cut off of it.
fn of_packets(packets: impl Iterator<Item = (Stamp, Vec<u8>, u32)>) -> Vec<u8> {
    let mut capture = Vec::new();
    let mut writer = Writer::new(&mut capture).unwrap();
    let link = LinkType(101);
    writer.interface(&Described { name: None, link, snaplen: 0, filter: None }).unwrap();
    for (stamp, bytes, cut) in packets {
        let wire_length = u32::try_from(bytes.len()).unwrap() + cut;
        writer.packet(0, &Packet { stamp, link, wire_length, bytes: &bytes }).unwrap();
    }
    writer.flush().unwrap();
    drop(writer);
    capture
}

/// The findings of a capture are the same in its redacted copy, and so is how many sessions there are: one at least.
/// Returns the copy, and what it shows.
fn stays_the_same(capture: &[u8]) -> (Vec<u8>, Vec<Value>) {
    let folder = tempfile::tempdir().unwrap();
    let (path, to) = (folder.path().join("a.pcapng"), folder.path().join("redacted.pcapng"));
    fs::write(&path, capture).unwrap();
    redacted(&path, &to);
    let (before, after) = (lines(&text(&["-f", "json"], &path)), lines(&text(&["-f", "json"], &to)));
    assert_eq!(found(&before), found(&after));
    let sessions = |lines: &[Value]| lines.iter().filter(|line| line["type"] == "session").count();
    assert!(sessions(&before) > 0);
    assert_eq!(sessions(&before), sessions(&after));
    (fs::read(to).unwrap(), after)
}

#[test]
fn the_same_is_wrong_where_the_capture_begins_inside_of_a_short_session() {
    for name in ["close-missing", "fragmented-with-ping", "pong-nul-cut"] {
        let segments = segments(&capture(&format!("{name}.pcap")));
        let begins = |segment: &OwnedSegment| {
            segment.payload.starts_with(b"GET ") || segment.payload.starts_with(b"HTTP/1.1 101")
        };
        let late = segments.iter().rposition(begins).unwrap() + 1;
        stays_the_same(&written(&segments[late..]));
    }
}

/// The findings of a capture are the same in its redacted copy, and so are the attempts, sessions and frames.
fn nothing_is_lost(capture: &[u8], what: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (path, to) = (folder.path().join("a.pcapng"), folder.path().join("redacted.pcapng"));
    fs::write(&path, capture).unwrap();
    redacted(&path, &to);
    let [before, after] = [&path, &to].map(|path| lines(&text(&["-f", "json"], path)));
    assert_eq!(found(&before), found(&after), "{what}");
    let shown = |lines: &[Value]| -> Vec<String> {
        let told = lines
            .iter()
            .filter(|line| matches!(line["type"].as_str(), Some("upgrade" | "session" | "frame")));
        let parts = ["type", "packet", "session", "outcome", "end", "opcode", "length"];
        told.map(|line| parts.map(|part| line[part].to_string()).join(" ")).collect()
    };
    assert_eq!(shown(&before), shown(&after), "{what}");
}

#[test]
fn the_same_is_wrong_whichever_packet_was_lost() {
    for name in ["close-missing", "fragmented-with-ping", "pong-nul-cut"] {
        let segments = segments(&capture(&format!("{name}.pcap")));
        for lost in 0..segments.len() {
            let mut left = segments.clone();
            left.remove(lost);
            nothing_is_lost(&written(&left), &format!("{name} without {lost}"));
        }
    }
}

#[test]
fn the_same_is_wrong_where_a_late_capture_cuts_its_packets() {
    for name in
        ["close-missing.pcap", "fragmented-with-ping.pcap", "pong-nul-cut.pcap", "capture-drops.pcapng"]
    {
        let segments = segments(&capture(name));
        for (first, most) in (0..segments.len().min(12)).zip([14, 30, 60].into_iter().cycle()) {
            let mut left = segments[first..].to_vec();
            for segment in &mut left {
                let cut = segment.payload.len().saturating_sub(most);
                segment.payload.truncate(most);
                segment.cut += u32::try_from(cut).unwrap();
            }
            nothing_is_lost(&written(&left), &format!("{name} from {first} with {most} bytes"));
        }
    }
}

#[test]
fn the_same_is_wrong_where_the_request_to_a_socks_proxy_was_lost() {
    let mut segments = segments(&capture("close-missing.pcap"));
    let first = segments.iter().position(|segment| segment.payload.starts_with(b"GET ")).unwrap();
    let request = segments[first].clone();
    for segment in &mut segments[first..] {
        // A greeting of 3 bytes and a request of 10; answers of 2 and of 10.
        let from_client = segment.source == request.source;
        let (own, other) = if from_client { (13, 12) } else { (12, 13) };
        segment.sequence = segment.sequence.wrapping_add(own);
        segment.acknowledgment = segment.acknowledgment.wrapping_add(other);
    }
    let answer = |behind: u32, answered: u32, payload: &[u8]| OwnedSegment {
        source: request.destination,
        destination: request.source,
        sequence: request.acknowledgment.wrapping_add(behind),
        acknowledgment: request.sequence.wrapping_add(answered),
        payload: payload.to_vec(),
        ..request.clone()
    };
    let greeting = OwnedSegment { payload: b"\x05\x01\0".to_vec(), ..request.clone() };
    let granted = answer(2, 13, b"\x05\0\0\x01\0\0\0\0\0\0");
    segments.splice(first..first, [greeting, answer(0, 3, b"\x05\0"), granted]);
    nothing_is_lost(&written(&segments), "SOCKS");
}

#[test]
fn the_same_is_wrong_where_the_greetings_of_socks_were_lost() {
    let mut segments = segments(&capture("close-missing.pcap"));
    let first = segments.iter().position(|segment| segment.payload.starts_with(b"GET ")).unwrap();
    let request = segments[first].clone();
    for segment in &mut segments[first..] {
        // A greeting of 3 bytes and a request of 13; answers of 2 and of 10.
        let from_client = segment.source == request.source;
        let (own, other) = if from_client { (16, 12) } else { (12, 16) };
        segment.sequence = segment.sequence.wrapping_add(own);
        segment.acknowledgment = segment.acknowledgment.wrapping_add(other);
    }
    let asked = OwnedSegment {
        sequence: request.sequence.wrapping_add(3),
        acknowledgment: request.acknowledgment.wrapping_add(2),
        payload: b"\x05\x01\0\x03\x06h.test\0\x50".to_vec(),
        ..request.clone()
    };
    let granted = OwnedSegment {
        source: request.destination,
        destination: request.source,
        sequence: request.acknowledgment.wrapping_add(2),
        acknowledgment: request.sequence.wrapping_add(16),
        payload: b"\x05\0\0\x01\0\0\0\0\0\0".to_vec(),
        ..request
    };
    segments.splice(first..first, [asked, granted]);
    nothing_is_lost(&written(&segments), "SOCKS");
    // The answer of the server as well.
    let answered = segments.iter().position(|segment| segment.payload.starts_with(b"HTTP/1.1 101")).unwrap();
    segments.remove(answered);
    nothing_is_lost(&written(&segments), "SOCKS without the answer");
}

#[test]
fn the_same_is_wrong_where_the_capture_begins_inside_of_an_answer() {
    let mut segments = segments(&capture("close-missing.pcap"));
    segments.retain(|segment| !segment.flags.syn());
    let request = segments.iter().position(|segment| segment.payload.starts_with(b"GET ")).unwrap();
    // The rest of a body that was asked for on the same connection before.
    let body = b"and that is all that can be said about it</p></body>".to_vec();
    let asked = segments[request].clone();
    let body = OwnedSegment {
        source: asked.destination,
        destination: asked.source,
        sequence: asked.acknowledgment.wrapping_sub(u32::try_from(body.len()).unwrap()),
        acknowledgment: asked.sequence,
        flags: Flags::ACK,
        payload: body,
        ..asked
    };
    segments.insert(request, body);
    stays_the_same(&written(&segments));
}

#[test]
fn the_same_is_wrong_behind_the_header_of_a_load_balancer() {
    let line = b"PROXY TCP4 203.0.113.77 198.51.100.7 40000 443\r\n".to_vec();
    let binary = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\x4d\xc6\x33\x64\x07\x9c\x40\x01\xbb".to_vec();
    for header in [line, binary] {
        let mut segments = segments(&capture("close-missing.pcap"));
        let size = u32::try_from(header.len()).unwrap();
        let first = segments.iter().position(|segment| segment.payload.starts_with(b"GET ")).unwrap();
        let client = segments[first].source;
        let begin = segments[first].sequence;
        for segment in &mut segments[first..] {
            if segment.source == client {
                segment.sequence = segment.sequence.wrapping_add(size);
            } else {
                segment.acknowledgment = segment.acknowledgment.wrapping_add(size);
            }
        }
        segments[first].sequence = begin;
        segments[first].payload.splice(0..0, header);
        let left = stays_the_same(&written(&segments)).0;
        for address in [&b"203.0.113.77"[..], b"\xcb\0\x71\x4d"] {
            assert!(!left.windows(address.len()).any(|window| window == address));
        }
    }
}

#[test]
fn the_same_is_wrong_where_frames_stand_in_a_payload_that_was_never_finished() {
    let mut begun = segments(&capture("close-missing.pcap"));
    let accepted = begun.iter().position(|segment| segment.payload.starts_with(b"HTTP/1.1 101")).unwrap();
    let head = begun[accepted].payload.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
    begun[accepted].payload.truncate(head);
    begun.truncate(accepted + 1);
    let text = |number: usize| {
        let said = format!("{{\"seq\":{number:02},\"data\":\"{}\"}}", "secret".repeat(16));
        [&[0x81, u8::try_from(said.len()).unwrap()][..], said.as_bytes()].concat()
    };
    // In a text that shows at the first byte, in any bytes where the framing is lost.
    for (opcode, is_first) in [(0x81, true), (0x82, false)] {
        let mut segments = begun.clone();
        let mut sequence = segments[accepted].sequence.wrapping_add(u32::try_from(head).unwrap());
        // A header of 4,300 bytes of which none was written, and then the frames of another writer.
        let frames = std::iter::once(vec![opcode, 126, 0x10, 0xcc]).chain((0..60).map(text));
        for (number, payload) in frames.enumerate() {
            let mut segment = OwnedSegment { sequence, payload, ..segments[accepted].clone() };
            segment.stamp.packet.0 += number as u64 + 1;
            sequence = sequence.wrapping_add(u32::try_from(segment.payload.len()).unwrap());
            segments.push(segment);
        }
        let (_, left) = stays_the_same(&written(&segments));
        let torn = left.iter().find(|line| line["id"] == "stream-not-websocket").unwrap();
        assert_eq!(torn["offset"] == 0, is_first, "{torn}");
    }
}

#[test]
fn packets_keep_their_numbers_behind_blocks_that_are_counted_as_packets() {
    let bytes = written(&segments(&capture("close-missing.pcap")));
    let length = |at: usize| u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap()) as usize;
    let section = length(0);
    let first = section + length(section);
    // A custom block of nobody in front of the first packet.
    let custom = [0x0bad_u32, 16, 32_473, 16].map(u32::to_le_bytes).concat();
    stays_the_same(&[&bytes[..first], &custom, &bytes[first..]].concat());
}

#[test]
fn the_same_is_wrong_behind_socks() {
    let handshakes: [(&[u8], &[u8]); 3] = [
        (b"\x04\x01\x00\x50\x0a\0\0\x02someone\0", b"\0\x5a\0\x50\x0a\0\0\x02"),
        (b"\x04\x01\x00\x50\0\0\0\x01someone\0host.example\0", b"\0\x5a\0\0\0\0\0\0"),
        (
            b"\x05\x01\x02\x01\x07someone\x06secret\x05\x01\0\x03\x0chost.example\x1f\x90",
            b"\x05\x02\x01\0\x05\0\0\x01\x0a\0\0\x02\0\x50",
        ),
    ];
    for (asked, granted) in handshakes {
        let mut segments = segments(&capture("close-missing.pcap"));
        let first = segments.iter().position(|segment| segment.payload.starts_with(b"GET ")).unwrap();
        let request = segments[first].clone();
        let sizes = [asked, granted].map(|bytes| u32::try_from(bytes.len()).unwrap());
        for segment in &mut segments[first..] {
            let from_client = segment.source == request.source;
            let (own, other) = if from_client { (sizes[0], sizes[1]) } else { (sizes[1], sizes[0]) };
            segment.sequence = segment.sequence.wrapping_add(own);
            segment.acknowledgment = segment.acknowledgment.wrapping_add(other);
        }
        let question = OwnedSegment { payload: asked.to_vec(), ..request.clone() };
        let answer = OwnedSegment {
            source: request.destination,
            destination: request.source,
            sequence: request.acknowledgment,
            acknowledgment: request.sequence.wrapping_add(sizes[0]),
            payload: granted.to_vec(),
            ..request
        };
        segments.splice(first..first, [question, answer]);
        let copy = stays_the_same(&written(&segments)).0;
        for word in ["someone", "secret", "host.example"] {
            assert!(!copy.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
        }
    }
}

#[test]
fn the_same_is_wrong_where_a_socks_proxy_refuses() {
    let handshakes: [(&[u8], &[u8]); 3] = [
        (b"\x04\x01\x00\x50\0\0\0\x01someone\0host.example\0", b"\0\x5d\0\0\0\0\0\0"),
        (b"\x05\x01\x02\x01\x07someone\x06secret", b"\x05\x02\x01\x01"),
        (b"\x05\x01\0\x05\x01\0\x03\x0chost.example\x1f\x90", b"\x05\0\x05\x04\0\x03\x0chost.example\0\0"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let (path, to) = (folder.path().join("a.pcapng"), folder.path().join("redacted.pcapng"));
    for (asked, refused) in handshakes {
        let mut segments = segments(&capture("close-missing.pcap"));
        let first = segments.iter().position(|segment| segment.payload.starts_with(b"GET ")).unwrap();
        let request = segments.drain(first..).next().unwrap();
        let question = OwnedSegment { payload: asked.to_vec(), ..request.clone() };
        let answer = OwnedSegment {
            source: request.destination,
            destination: request.source,
            sequence: request.acknowledgment,
            acknowledgment: request.sequence.wrapping_add(u32::try_from(asked.len()).unwrap()),
            payload: refused.to_vec(),
            ..request
        };
        segments.extend([question, answer]);
        fs::write(&path, written(&segments)).unwrap();
        redacted(&path, &to);
        let [before, after] = [&path, &to].map(|path| lines(&text(&["-f", "json"], path)));
        assert!(before.iter().any(|line| line["id"] == "tunnel-refused"), "{before:?}");
        assert_eq!(found(&before), found(&after));
        let copy = fs::read(&to).unwrap();
        for word in ["someone", "secret", "host.example"] {
            assert!(!copy.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
        }
    }
}

#[test]
fn where_something_else_may_be_found_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (path, to) = (folder.path().join("a.pcapng"), folder.path().join("redacted.pcapng"));
    let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let packet = |number: u8, payload: &[u8]| {
        let ends = [[10, 0, 0, 1], [10, 0, 0, 2]];
        let (from, to, ports) =
            if number == 1 { (ends[1], ends[0], (80, 4000)) } else { (ends[0], ends[1], (4000, 80)) };
        let tcp = PacketBuilder::ipv4(from, to, 64).tcp(ports.0, ports.1, 1 + u32::from(number == 2), 999);
        // Both sides are capable of Multipath TCP (RFC 8684 §3.1).
        let capable = [30, 12, 1, 0x81, 1, 2, 3, 4, 5, 6, 7, 8];
        let tcp = match number {
            0 => tcp.syn().options_raw(&capable).unwrap(),
            1 => tcp.syn().ack(2).options_raw(&capable).unwrap(),
            _ => tcp.ack(2),
        };
        let mut bytes = Vec::new();
        tcp.write(&mut bytes, payload).unwrap();
        bytes
    };
    let packets = [packet(0, b""), packet(1, b""), packet(2, request)];
    fs::write(&path, of_packets(packets.iter().map(|bytes| (Stamp::default(), bytes.clone(), 0)))).unwrap();
    let told = redacted(&path, &to);
    assert!(told.contains("redacted: 1 connection of Multipath TCP, in which something else may"), "{told}");
}

#[test]
fn packets_that_are_saved_have_the_pseudonyms_of_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let written = folder.path().join("written.pcapng");
    let path = capture("afternoon.pcap");
    let report = text(&["--redact", "-f", "json", "-w", written.to_str().unwrap()], &path);
    let sessions = |text: &str| -> Vec<(String, String)> {
        let of_session = lines(text).into_iter().filter(|line| line["type"] == "session");
        of_session.map(|line| (line["client"].to_string(), line["server"].to_string())).collect()
    };
    assert!(sessions(&report).len() > 3);
    assert_eq!(sessions(&report), sessions(&text(&["-f", "json"], &written)));
    // Once more it is the same file.
    let again = folder.path().join("again.pcapng");
    text(&["--redact", "-f", "json", "-w", again.to_str().unwrap()], &path);
    assert_eq!(fs::read(&written).unwrap(), fs::read(&again).unwrap());
}

#[test]
fn pseudonyms_do_not_change_with_a_filter() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("written.pcapng");
    let path = capture("afternoon.pcap");
    let known =
        |line: &Value| ["client", "server", "host", "target", "sni"].map(|name| line[name].to_string());
    let sessions = |text: &str| -> BTreeMap<u64, Vec<[String; 5]>> {
        let mut of_session = BTreeMap::<_, Vec<_>>::new();
        for line in
            lines(text).iter().filter(|line| matches!(line["type"].as_str(), Some("session" | "upgrade")))
        {
            of_session.entry(line["session"].as_u64().unwrap()).or_default().push(known(line));
        }
        of_session
    };
    let all = sessions(&text(&["--redact", "-f", "json"], &path));
    for filter in [
        ["--session", "4-5"],
        ["--where", "session > 4"],
        ["--where", "session.duration_ms > 1"],
        ["--from", "server"],
    ] {
        let chosen = sessions(&text(&[&["--redact", "-f", "json"][..], &filter].concat(), &path));
        assert!(!chosen.is_empty(), "{filter:?}");
        for (session, told) in chosen {
            assert!(told.iter().all(|told| all[&session].contains(told)), "{filter:?} {session}: {told:?}");
        }
    }
    let saved = ["--redact", "--session", "5", "-f", "json", "-w", to.to_str().unwrap()];
    text(&saved, &path);
    let ends = |told: &[String; 5]| [told[0].clone(), told[1].clone()];
    let in_copy = sessions(&text(&["-f", "json"], &to));
    assert!(in_copy.values().flatten().any(|told| ends(told) == ends(&all[&5][0])), "{in_copy:?}");
    let of_all: BTreeSet<_> = all.values().flatten().map(ends).collect();
    assert!(in_copy.values().flatten().all(|told| of_all.contains(&ends(told))), "{in_copy:?}");
}

#[test]
fn the_same_is_wrong_behind_ipv6_extension_headers() {
    let address = [0x20, 0x01, 0x0d, 0xb8, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7];
    // Types and contents of RFC 8200 §4 and RFC 6275 §6.3, without the type of the next header.
    let hop_by_hop = vec![0, 5, 2, 0, 0, 1, 0];
    let routing = [&[2, 2, 0, 0, 0, 0, 0][..], &address].concat();
    let fragment = vec![0, 0, 0, 1, 2, 3, 4];
    let home_address = [&[2, 1, 2, 0, 0, 0xc9, 16][..], &address].concat();
    let segments = segments(&capture("close-missing.pcap"));
    for chain in [
        vec![(0, hop_by_hop.clone())],
        vec![(43, routing.clone())],
        vec![(44, fragment.clone())],
        vec![(60, home_address.clone())],
        vec![(0, hop_by_hop), (60, home_address), (43, routing), (44, fragment)],
    ] {
        let mut extensions = Vec::new();
        for (at, (_, content)) in chain.iter().enumerate() {
            extensions.push(chain.get(at + 1).map_or(6, |(kind, _)| *kind));
            extensions.extend_from_slice(content);
        }
        let packets = segments.iter().map(|segment| {
            let v6 = |end: SocketAddr| {
                let mut octets = address;
                octets[15] = u8::from(end.port() == segments[0].source.port());
                SocketAddr::new(octets.into(), end.port())
            };
            let segment = OwnedSegment {
                source: v6(segment.source),
                destination: v6(segment.destination),
                ..segment.clone()
            };
            let mut packet = segment.to_ip();
            let length =
                u16::from_be_bytes([packet[4], packet[5]]) + u16::try_from(extensions.len()).unwrap();
            packet[4..6].copy_from_slice(&length.to_be_bytes());
            packet[6] = chain[0].0;
            packet.splice(40..40, extensions.iter().copied());
            (segment.stamp, packet, segment.cut)
        });
        let (copy, _) = stays_the_same(&of_packets(packets));
        assert!(!copy.windows(15).any(|window| window == &address[..15]), "{chain:?}");
    }
}

/// Makes a packet of a segment.
type Carry<'a> = &'a dyn Fn(&OwnedSegment) -> Vec<u8>;

#[test]
fn checksums_are_right_behind_a_source_route() {
    let segments = segments(&capture("close-missing.pcap"));
    let client = segments[0].source;
    let v6 = |end: SocketAddr| {
        let host = u8::from(end == client) + 1;
        SocketAddr::new([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host].into(), end.port())
    };
    let hop =
        [0xc6, 0x33, 0x64, 0x21, 0xc6, 0x33, 0x64, 0x22, 0xc6, 0x33, 0x64, 0x23, 0xc6, 0x33, 0x64, 0x24];
    let in_v4 = |segment: &OwnedSegment| {
        let mut packet = segment.to_ip();
        // RFC 791: the packet is on its way to the first stop, and the last one is where it goes.
        let end = <[u8; 4]>::try_from(&packet[16..20]).unwrap();
        packet[16..20].copy_from_slice(&hop[..4]);
        packet.splice(20..20, [&[1, 131, 7, 4][..], &end].concat());
        packet[0] += 2;
        let length = u16::from_be_bytes([packet[2], packet[3]]) + 8;
        packet[2..4].copy_from_slice(&length.to_be_bytes());
        packet
    };
    let in_v6 = |segment: &OwnedSegment| {
        let (source, destination) = (v6(segment.source), v6(segment.destination));
        let mut packet = OwnedSegment { source, destination, ..segment.clone() }.to_ip();
        // RFC 8754: a list of segments, of which the first one is the last.
        let end = <[u8; 16]>::try_from(&packet[24..40]).unwrap();
        packet[24..40].copy_from_slice(&hop);
        packet.splice(40..40, [&[6, 4, 4, 1, 1, 0, 0, 0][..], &end, &hop].concat());
        let length = u16::from_be_bytes([packet[4], packet[5]]) + 40;
        packet[4..6].copy_from_slice(&length.to_be_bytes());
        packet[6] = 43;
        packet
    };
    let plain_v6 = |segment: &OwnedSegment| {
        let (source, destination) = (v6(segment.source), v6(segment.destination));
        OwnedSegment { source, destination, ..segment.clone() }.to_ip()
    };
    let routes: [(Carry<'_>, Carry<'_>); 2] = [(&in_v4, &OwnedSegment::to_ip), (&in_v6, &plain_v6)];
    for (routed, plain) in routes {
        // Only the client's packets are routed, and all belong to one connection.
        let carried = segments.iter().map(|segment| {
            let packet = if segment.source == client { routed(segment) } else { plain(segment) };
            (segment.stamp, packet, segment.cut)
        });
        let capture = of_packets(carried);
        let (copy, after) = stays_the_same(&capture);
        assert_eq!(after.iter().filter(|line| line["type"] == "session").count(), 1);
        assert!(after.iter().any(|line| line["type"] == "message"), "its two sides were found");
        let folder = tempfile::tempdir().unwrap();
        for bytes in [&capture, &copy] {
            let path = folder.path().join("a.pcapng");
            fs::write(&path, bytes).unwrap();
            for (packet, _, segment) in packets(&path) {
                assert_eq!(segment.unwrap().marks.checksum, Checksum::Right, "{packet:02x?}");
            }
        }
        assert!(!copy.windows(4).any(|window| window == &hop[..4]));
        // By the header alone, as a program has it that knows nothing of routes: none is left.
        let ends = packets(&folder.path().join("a.pcapng")).into_iter().map(|(packet, _, segment)| {
            let segment = segment.unwrap();
            let header = match segment.destination.ip() {
                IpAddr::V4(_) => IpAddr::from(<[u8; 4]>::try_from(&packet[16..20]).unwrap()),
                IpAddr::V6(_) => IpAddr::from(<[u8; 16]>::try_from(&packet[24..40]).unwrap()),
            };
            (header, segment.destination.ip())
        });
        assert!(ends.into_iter().all(|(header, end)| header == end));
    }
}

#[test]
fn packets_keep_their_numbers_where_some_were_dropped_before_the_first() {
    // A packet block that enhanced ones replaced in 2009, with a drop count, in front of what a capture begins with.
    let plain = written(&segments(&capture("close-missing.pcap")));
    let word = |at: usize| u32::from_le_bytes(plain[at..at + 4].try_into().unwrap()) as usize;
    let described = word(4);
    let first = described + word(described + 4);
    let mut old = plain.clone();
    old[first] = 2;
    // The number of the interface, then how many were dropped.
    old[first + 10] = 4;
    let folder = tempfile::tempdir().unwrap();
    let (path, to) = (folder.path().join("a.pcapng"), folder.path().join("redacted.pcapng"));
    fs::write(&path, &old).unwrap();
    redacted(&path, &to);
    let drops = |path: &Path| {
        let lines = lines(&text(&["-f", "json", "--only", "finding"], path));
        lines.into_iter().filter(|line| line["id"] == "capture-drops").collect::<Vec<_>>()
    };
    let [told] = &drops(&path)[..] else { panic!("one finding") };
    assert_eq!(told["packet"], 1);
    let first = segments(&capture("close-missing.pcap"))[0].stamp.time;
    assert_eq!(told["time"], first.to_string());
    assert_eq!(drops(&to).len(), 1);
    assert_eq!(drops(&to)[0]["packet"], 1);
    assert_eq!(found(&lines(&text(&["-f", "json"], &path))), found(&lines(&text(&["-f", "json"], &to))));
    assert_eq!(packets(&path).len(), packets(&to).len());
}

#[test]
fn cookies_of_an_archive_are_pseudonyms_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cookies.pcapng");
    let mut segments = segments(&capture("close-missing.pcap"));
    let first = segments.iter().position(|segment| segment.payload.starts_with(b"GET ")).unwrap();
    segments.truncate(first + 1);
    let mut answer = OwnedSegment {
        source: segments[first].destination,
        destination: segments[first].source,
        sequence: segments[first].acknowledgment,
        ..segments[first].clone()
    };
    segments[first].payload =
        b"GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Cookie: sid=s3cret; theme=dark\r\n\r\n"
            .to_vec();
    answer.acknowledgment = segments[first].sequence + u32::try_from(segments[first].payload.len()).unwrap();
    answer.payload = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\
        Set-Cookie: sid=new; Path=/chat; Domain=acme.example; Secure; HttpOnly; Max-Age=7\r\n\r\n"
        .to_vec();
    segments.push(answer);
    fs::write(&path, written(&segments)).unwrap();
    let cookies = |args: &[&str]| {
        let har: Value = serde_json::from_str(&text(&[&["-f", "har"], args].concat(), &path)).unwrap();
        let entry = &har["log"]["entries"][0];
        (entry["request"]["cookies"].clone(), entry["response"]["cookies"].clone())
    };
    let (sent, answered) = cookies(&[]);
    assert_eq!(sent, json!([{"name": "sid", "value": "s3cret"}, {"name": "theme", "value": "dark"}]));
    let new = json!([{
        "name": "sid", "value": "new", "path": "/chat", "domain": "acme.example", "secure": true, "httpOnly": true,
    }]);
    assert_eq!(answered, new);
    let (sent, answered) = cookies(&["--redact"]);
    let name = &sent[0]["name"];
    assert!(name.as_str().unwrap().starts_with("key-"), "{sent}");
    assert!(sent[1]["value"].as_str().unwrap().starts_with("value-"), "{sent}");
    assert_eq!(answered[0]["name"], *name);
    assert_ne!(answered[0]["value"], sent[0]["value"]);
    assert_eq!((&answered[0]["path"], &answered[0]["secure"]), (&json!("/path-1"), &json!(true)));
    assert!(answered[0]["domain"].as_str().unwrap().starts_with("host-"), "{answered}");
}

#[test]
fn beyond_the_limit_only_headers_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("redacted.pcapng");
    let path = capture("clean-python-newest.pcap");
    let limited = ["--redact", "--limit", "redact-bytes=100", "-f", "pcapng", "-o", to.to_str().unwrap()];
    let told = String::from_utf8(run(&limited, &path).stderr).unwrap();
    assert!(told.contains("packets without the payload, which passes the limit redact-bytes"), "{told}");
    for (before, after) in packets(&path).iter().zip(packets(&to)) {
        assert_eq!(before.1, after.1);
        assert!(after.0.len() <= before.0.len() && after.0.len() <= 14 + 20 + 60, "{after:?}");
    }
}
