//! TCP at its edges: what the capture lost, cut or turned around is neither invented nor lost on the way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod scenario;

use scenario::Scenario;
use std::fmt::Write;
use wsight::analyzer::{Analyzer, Config, Output};
use wsight::model::{Flags, Limits, Marks, Segment, SegmentHeader, Stamp, StreamEvent};
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
