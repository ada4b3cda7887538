//! TCP at its edges: what the capture lost, cut or turned around is neither invented nor lost on the way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod scenario;

use scenario::Scenario;
use std::fmt::Write;
use wsight::analyzer::{Analyzer, Config, Output};
use wsight::model::{Flags, Limits, Marks, Peer, Segment, SegmentHeader, Stamp, StreamEvent, Timestamp};
use wsight::tcp::{Connection, ConnectionEvent, ConnectionTable, Slot};

/// Upgrades, messages and findings that are more than notes, a line each.
fn told(text: &str) -> String {
    let mut lines = String::new();
    let mut tell = |output: &Output<'_>| match output {
        Output::Upgrade(_, upgrade) => writeln!(lines, "upgrade {}", upgrade.outcome.name()).unwrap(),
        Output::Message(_, message) => {
            let payload = String::from_utf8_lossy(message.payload);
            writeln!(lines, "{} {payload}", message.from).unwrap();
        }
        Output::Finding(finding) if finding.severity.name() != "note" => {
            writeln!(lines, "{} {}", finding.id, finding.class.name()).unwrap();
        }
        _ => {}
    };
    let mut analyzer = Analyzer::new(Config { keep: 64, ..Config::default() });
    for (number, packet) in (1..).zip(Scenario::parse(text).packets()) {
        analyzer.push(&packet.borrowed(number, 0), &mut tell);
    }
    analyzer.finish(&mut tell);
    lines
}

#[test]
fn what_was_sent_after_a_fin_that_is_not_captured_is_told() {
    let lines = told("C> upgrade\nS< 101\nC> lose fin\nS< text \"bye\"");
    assert_eq!(lines, "upgrade accepted\nserver bye\n");
}

#[test]
fn a_reset_shows_that_bytes_before_it_are_missing_in_the_capture() {
    let lines = told("C> upgrade\nS< lose noack http 403 \"no\"\nS< rst");
    assert_eq!(lines, "upgrade unseen\ntcp-gap capture\n");
    let lines =
        told("C> upgrade\nS< 101\nS< lose-part 8..28 noack text \"abcdefghijklmnopqrstuvwxyz\"\nS< rst");
    assert!(lines.contains("frame-incomplete capture"), "{lines}");
    let lines = told("C> upgrade\nS< noack text \"x\"\nS< rst");
    assert!(!lines.contains("tcp-gap"), "{lines}");
}

#[test]
fn ports_used_again_are_another_connection_although_its_syn_is_not_captured() {
    const SESSION: &str = "C> upgrade\nS< 101\nC> close 1000\nS< close 1000\nS< fin\nC> fin\n";
    let again = format!(
        "{SESSION}wait 1s\n2: client 10.0.0.1:40001\n2C> lose syn\n2S< synack\n{}",
        SESSION.replace("C>", "2C>").replace("S<", "2S<")
    );
    let lines = told(&again);
    assert_eq!(lines.matches("upgrade").count(), 2, "{lines}");
}

/// The opcodes of the frames of a session of which the capture holds no beginning, in the order in which they are
/// reported, with these two packets the wrong way round.
fn late_frames(text: &str, swapped: Option<(usize, usize)>) -> Vec<String> {
    let mut packets = Scenario::parse(&format!("no-handshake\nC> ack   S< ack\n{text}")).packets().to_vec();
    if let Some((a, b)) = swapped {
        packets.swap(a, b);
    }
    let mut frames = Vec::new();
    let mut tell = |output: &Output<'_>| {
        if let Output::Frame(_, frame) = output {
            frames.push(format!("{} {}", frame.from, frame.header.opcode));
        }
    };
    let mut analyzer = Analyzer::new(Config::default());
    for (number, packet) in (1..).zip(&packets) {
        analyzer.push(&packet.borrowed(number, 0), &mut tell);
    }
    analyzer.finish(&mut tell);
    frames
}

#[test]
fn a_pong_is_told_behind_its_ping_where_a_late_capture_has_them_the_wrong_way_round() {
    let text = "C> noack ping \"p0\"   S< noack pong \"p0\"\n".repeat(6);
    let told = late_frames(&text, Some((2, 3)));
    assert_eq!(told, ["client ping", "server pong"].repeat(6));
    assert_eq!(told, late_frames(&text, None));
}

/// The findings about a scenario of which the packet at `from` was captured at `to`, with its own time.
fn findings_with_moved(text: &str, moved: Option<(usize, usize)>) -> Vec<&'static str> {
    let mut packets = Scenario::parse(text).packets().to_vec();
    if let Some((from, to)) = moved {
        let packet = packets.remove(from);
        packets.insert(to, packet);
    }
    let mut findings = Vec::new();
    let mut tell = |output: &Output<'_>| {
        if let Output::Finding(finding) = output {
            findings.push(finding.id.name());
        }
    };
    let mut analyzer = Analyzer::new(Config::default());
    for (number, packet) in (1..).zip(&packets) {
        analyzer.push(&packet.borrowed(number, 0), &mut tell);
    }
    analyzer.finish(&mut tell);
    findings
}

#[test]
fn what_is_captured_too_early_waits_from_its_own_time_on() {
    // The client gives up half a minute after its request; the server's FIN, which acknowledges that, stands before the request.
    let text = "C> upgrade\nwait 30s\nC> raw \"\\r\\n\"   C> fin   S< fin";
    let told = findings_with_moved(text, Some((9, 3)));
    assert_eq!(told, findings_with_moved(text, None));
    assert_eq!(told, ["upgrade-unanswered"]);
}

/// What one direction's segments (offset, captured text or `RST`, cut bytes) give.
fn streamed(segments: &[(u32, &str, u32)]) -> String {
    let mut table = ConnectionTable::new(&Limits::default(), &[]);
    let mut events = String::new();
    let mut tell = |_: Slot, _: &Connection, event: ConnectionEvent<'_>| {
        if let ConnectionEvent::Stream { event, .. } = event {
            match event {
                StreamEvent::Data(chunk) => events.push_str(std::str::from_utf8(chunk.bytes).unwrap()),
                StreamEvent::Gap(gap) => write!(events, "<{} {:?}>", gap.extent.length(), gap.cause).unwrap(),
                StreamEvent::End(end) => events.push_str(end.cause.name()),
            }
        }
    };
    let syn = (u32::MAX, "", 0);
    for (sequence, payload, cut) in std::iter::once(&syn).chain(segments) {
        let header = SegmentHeader {
            stamp: Stamp::default(),
            source: "10.0.0.1:1000".parse().unwrap(),
            destination: "10.0.0.2:80".parse().unwrap(),
            sequence: *sequence,
            acknowledgment: 0,
            flags: Flags::SYN.when(*sequence == u32::MAX) | Flags::RST.when(*payload == "RST"),
            cut: *cut,
            marks: Marks::default(),
        };
        let segment =
            Segment { header: &header, payload: if *payload == "RST" { b"" } else { payload.as_bytes() } };
        table.push(&segment, &mut tell);
    }
    table.finish(&mut tell);
    events
}

#[test]
fn a_cut_retransmission_that_overlaps_reported_bytes_fills_its_hole() {
    // The hole from 15 to 30 is what the snap length cut off a packet that came again.
    let events = streamed(&[(0, "0123456789abcde", 0), (30, "uvw", 0), (0, "0123456789", 20)]);
    assert_eq!(events, "0123456789abcde<15 Snaplen>uvwopenopen");
}

#[test]
fn a_reset_outside_every_window_is_none() {
    assert_eq!(streamed(&[(0, "ab", 0), (1 << 29, "RST", 0), (2, "cd", 0)]), "abcdopenopen");
    assert_eq!(streamed(&[(0, "ab", 0), (2, "RST", 0), (2, "cd", 0)]), "abrstrst");
}

/// What a connection that the capture begins inside of gives. Its segments come a second after each other, each with its sender,
/// sequence number, acknowledgment and payload.
fn late(segments: &[(Peer, u32, u32, &str)]) -> String {
    let mut table = ConnectionTable::new(&Limits::default(), &[]);
    let mut events = Vec::new();
    let mut tell = |_: Slot, connection: &Connection, event: ConnectionEvent<'_>| match event {
        ConnectionEvent::Stream { from, event: StreamEvent::Data(chunk) } => {
            let disputed = if *connection.disputed.of(from) { "?" } else { "" };
            events.push(format!("{from} {}{disputed}", chunk.bytes.escape_ascii()));
        }
        ConnectionEvent::Stream { from, event: StreamEvent::Gap(gap) } => {
            events.push(format!("{from} misses {}", gap.extent.length()));
        }
        ConnectionEvent::Conflict(conflict) => events.push(format!("{} again", conflict.from)),
        _ => {}
    };
    for (second, (from, sequence, acknowledgment, payload)) in (1..).zip(segments) {
        let ends = ["10.0.0.1:40000", "10.0.0.2:80"].map(|end| end.parse().unwrap());
        let [source, destination] = if *from == Peer::Client { ends } else { [ends[1], ends[0]] };
        let header = SegmentHeader {
            stamp: Stamp { time: Timestamp::from_nanos(second * 1_000_000_000), ..Stamp::default() },
            source,
            destination,
            sequence: *sequence,
            acknowledgment: *acknowledgment,
            flags: Flags::ACK,
            cut: 0,
            marks: Marks { window: 1000, ..Marks::default() },
        };
        table.push(&Segment { header: &header, payload: payload.as_bytes() }, &mut tell);
    }
    table.finish(&mut tell);
    events.join(", ")
}

#[test]
fn what_was_acknowledged_before_the_other_sides_first_packet_came_before() {
    let told = late(&[
        (Peer::Client, 100, 500, "aa"),
        (Peer::Client, 102, 503, "bb"),
        (Peer::Server, 500, 102, "xyz"),
        (Peer::Server, 503, 104, "!!"),
    ]);
    assert_eq!(told, "client aa, server xyz, client bb, server !!");
    // The other side is not captured.
    let told = late(&[(Peer::Client, 100, 500, "aa"), (Peer::Client, 102, 503, "bb")]);
    assert_eq!(told, "client aa, client bb");
}

#[test]
fn a_packet_of_another_connection_does_not_say_where_a_stream_begins() {
    const FAR: u32 = 900_000_000;
    let real =
        [(Peer::Server, 500, 100, "aa"), (Peer::Client, 100, 502, "bb"), (Peer::Server, 502, 102, "cc")];
    for stray in [
        (Peer::Client, 100 + FAR, 500 + FAR, ""),
        (Peer::Client, 100u32.wrapping_sub(FAR), 500 + FAR, ""),
        (Peer::Server, 500 + FAR, 100 + FAR, ""),
    ] {
        let told = late(&[&[stray][..], &real].concat());
        assert_eq!(told, "server aa, client bb, server cc", "{stray:?}");
    }
    // In the middle, with data.
    let told = late(&[real[0], real[1], (Peer::Server, 500 + FAR, 100 + FAR, "old"), real[2]]);
    assert_eq!(told, "server aa, client bb, server cc");
    // What goes on there is of this connection: the capture misses what lies between.
    let behind = [(Peer::Server, 502 + FAR, 102 + FAR, "xx"), (Peer::Server, 504 + FAR, 102 + FAR, "yy")];
    let told = late(&[&real[..2], &behind].concat());
    assert!(told.ends_with("server yy"), "{told}");
}

#[test]
fn a_keep_alive_with_a_byte_of_its_own_is_no_other_version() {
    // Only the server's packets are captured, and wait for what they acknowledge.
    let abc = (Peer::Server, 500, 100, "abc");
    let told = late(&[abc, (Peer::Server, 502, 100, "\0"), (Peer::Server, 503, 100, "de")]);
    assert_eq!(told, "server abc, server de");
    let told = late(&[abc, (Peer::Server, 501, 100, "xx"), (Peer::Server, 503, 100, "de")]);
    assert_eq!(told, "server abc?, server de?");
}

#[test]
fn an_acknowledgment_settles_nothing_that_came_after_it() {
    let open = [(Peer::Server, 500, 100, "aa"), (Peer::Client, 100, 502, "bb")];
    let versions =
        [(Peer::Server, 504, 102, "yz"), (Peer::Server, 504, 102, "?z"), (Peer::Server, 502, 102, "xx")];
    let acknowledged = (Peer::Client, 102, 506, "cc");
    // The acknowledgment stands before both versions.
    let told = late(&[&open[..], &[acknowledged], &versions].concat());
    assert_eq!(told, "server aa, client bb, server again, server xx?, server yz?, client cc");
    // It stands behind the first one.
    let first = [(Peer::Server, 502, 102, "xxyz"), acknowledged, (Peer::Server, 504, 102, "?z")];
    let told = late(&[&open[..], &first].concat());
    assert_eq!(told, "server aa, client bb, server xxyz, client cc, server again");
}

#[test]
fn a_message_known_from_a_damaged_packet_alone_is_told_with_that() {
    let damaged =
        Scenario::parse("C> upgrade   S< 101\nC> damage text \"hello\"\nS< text \"b\"").packets().to_vec();
    let told = |packets: &[scenario::OwnedPacket]| {
        let mut findings = Vec::new();
        let mut tell = |output: &Output<'_>| {
            if let Output::Finding(finding) = output {
                findings.push((finding.id.name(), finding.summary.contains("wrong checksum")));
            }
        };
        let mut analyzer = Analyzer::new(Config::default());
        for (number, packet) in (1..).zip(packets) {
            analyzer.push(&packet.borrowed(number, 0), &mut tell);
        }
        analyzer.finish(&mut tell);
        findings
    };
    assert_eq!(told(&damaged), []);
    // Behind the handshake, the request and the 101, each with its acknowledgment, comes the damaged one, and then the good one.
    let mut alone = damaged;
    alone.remove(8);
    assert_eq!(told(&alone).first(), Some(&("tcp-gap", true)));
}
