//! Outputs made by hand.

use crate::analyzer::{CloseSummary, Output, Place, SessionSummary, Summary, UpgradeDigest};
use crate::findings::{CloseStory, Finding, FindingField, Id, Judge, Severity};
use crate::model::{
    Attempt, ConnectionId, End, EndCause, FileId, Limits, PacketNumber, Peer, PerPeer, SessionId, SkipReason,
    Stamp, Timestamp,
};
use crate::report::Sink;
use crate::upgrade::{Head, HeadPart, Header, Headers, HttpVersion, Outcome, Request, Response, Upgrade};
use crate::ws::{
    CloseCode, Event, Frame, FrameEnd, FrameHeader, Framing, Inflation, LengthForm, Message, MessageKind,
    Opcode,
};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// Packet `packet`, that many milliseconds after noon.
pub(super) fn at(packet: u64) -> Stamp {
    let noon = 1_769_860_800_000_000_000;
    let time = Timestamp::from_nanos(noon + i64::try_from(packet).unwrap() * 1_000_000);
    Stamp { file: FileId(0), packet: PacketNumber(packet), time, offset: 0 }
}

pub(super) fn place(session: u64) -> Place {
    Place {
        session: SessionId(session),
        connection: ConnectionId(session + 1),
        opened: Stamp::default(),
        attempt: Attempt::Ordinal(0),
        is_secure: false,
        addresses: PerPeer {
            client: "10.0.0.7:51234".parse().unwrap(),
            server: "[::1]:8080".parse().unwrap(),
        },
    }
}

fn head(packet: u64, headers: &[(&str, &[u8])]) -> Head {
    let lines = headers.iter().map(|(name, value)| Header { name: name.as_bytes(), value });
    Head {
        version: HttpVersion::ONE_ONE,
        headers: Headers::new(lines),
        flaws: Box::default(),
        first: at(packet),
        last: at(packet),
    }
}

pub(super) fn upgrade(outcome: Outcome, status: u16, reason: &str, answer: &[(&str, &[u8])]) -> Upgrade {
    let request = Request {
        method: "GET".to_owned(),
        target: "/chat".to_owned(),
        head: head(
            4,
            &[
                ("Host", b"example.org"),
                ("Origin", b"https://a\x9b.example"),
                ("Sec-WebSocket-Protocol", b"chat, superchat"),
                ("Sec-WebSocket-Extensions", b"permessage-deflate; client_max_window_bits"),
            ],
        ),
    };
    let response = Response { status, reason: reason.to_owned(), head: head(16, answer) };
    Upgrade {
        request: HeadPart::Whole(request),
        response: HeadPart::Whole(response),
        first: at(4),
        requested: at(4),
        ..Upgrade::unread(outcome, at(16))
    }
}

pub(super) fn frame(number: u64, from: Peer, opcode: Opcode, payload: &[u8]) -> Frame<'_> {
    let length = payload.len() as u64;
    Frame {
        number,
        from,
        header: FrameHeader {
            fin: true,
            rsv: 0,
            opcode,
            mask: (from == Peer::Client).then_some([1, 2, 3, 4]),
            length,
            form: LengthForm::Bits7,
        },
        first: at(20 + number),
        last: at(20 + number),
        received: length,
        lost: 0,
        end: FrameEnd::Complete,
        payload,
        extent_end: 0,
        acknowledged: 0,
    }
}

pub(super) fn message(number: u64, kind: MessageKind, payload: &[u8]) -> Message<'_> {
    Message {
        number,
        from: Peer::Server,
        kind,
        first: at(20 + number),
        last: at(20 + number),
        first_frame: number,
        last_frame: number,
        frames: 1,
        wire_length: payload.len() as u64,
        length: payload.len() as u64,
        inflation: Inflation::None,
        flaw: None,
        framing: Framing::Sound,
        complete: true,
        invalid_utf8: std::str::from_utf8(payload).err().map(|error| error.valid_up_to() as u64),
        payload,
        last_payload: &[],
        extent_end: 0,
    }
}

/// Of a session that the client closes and the server ends.
fn close_story() -> CloseStory {
    let mut judge = Judge::new(&upgrade(Outcome::Accepted, 101, "", &[]), None, &Limits::default());
    let close = |number, from| frame(number, from, Opcode::Close, &[0x03, 0xe8]);
    let end = End::by_packet(EndCause::Fin, at(1_504));
    for event in [
        Event::Frame(&close(1, Peer::Client)),
        Event::Frame(&close(3, Peer::Server)),
        Event::End { from: Peer::Server, end },
    ] {
        judge.observe(&event, &mut |_| {});
    }
    judge.finish(None, &PerPeer::default(), &PerPeer::default(), &mut |_| {}).story
}

pub(super) fn session(number: u64) -> SessionSummary {
    SessionSummary {
        place: place(number),
        first: at(4),
        last: at(1_504),
        two_clocks: false,
        frames: PerPeer { client: 3, server: 2 },
        messages: PerPeer { client: 1, server: 1 },
        bytes: PerPeer { client: 1_234, server: 20 },
        sealed: None,
        pings_sent: 1,
        pings_lost: 0,
        sent_again: PerPeer::default(),
        delivered: None,
        pings_answered: 0,
        round_trips: None,
        close: Some(CloseSummary {
            by: Peer::Client,
            code: Some(CloseCode(1000)),
            reason: b"bye".to_vec(),
            answered: true,
        }),
        end: EndCause::Fin,
        ended_by: Some(Peer::Server),
        close_story: close_story(),
        asked: Some(Box::new(UpgradeDigest {
            target: Some("/chat".into()),
            host: Some("localhost".into()),
            subprotocol: None,
        })),
        leg_of: None,
        findings: 1,
        worst: Some(Severity::Error),
        left_out: 0,
    }
}

pub(super) fn mismatch(session: u64, frame: u64) -> Finding {
    let summary = "the server's pong does not echo the ping of frame 2";
    let mut finding = Finding::new(Id::PongMismatch, at(20 + frame), summary)
        .from(Peer::Server)
        .frame(frame)
        .with(FindingField::ExpectedHex, "0d900f00")
        .with(FindingField::PingFrame, 2)
        .with(FindingField::Whole, true);
    (finding.session, finding.connection) = (Some(SessionId(session)), Some(ConnectionId(session + 1)));
    finding
}

pub(super) fn summary(sessions: u64) -> Summary {
    Summary {
        packets: 1_504,
        bytes: 99_000,
        segments: 1_500,
        copied_segments: 0,
        skipped: [(SkipReason::NotTcp, 4)].into(),
        unread_links: std::collections::BTreeMap::new(),
        connections: 2,
        sessions,
        upgrades: [(Outcome::Accepted, sessions)].into_iter().filter(|(_, count)| *count > 0).collect(),
        frames: [(Opcode::Text, 3), (Opcode::Reserved(3), 1)].into(),
        messages: 2,
        payload_bytes: 1_254,
        findings: std::collections::BTreeMap::new(),
        tls: std::collections::BTreeMap::new(),
        dark: 0,
        first_dark: None,
        unread_inputs: 0,
        span: Some((at(1), at(1_504))),
        cut_packets: 0,
        unmatched_packets: 0,
        repeated_packets: 0,
        left_out: None,
    }
}

/// A buffer that can be read after the sink has it.
#[derive(Clone, Default)]
pub(super) struct SharedBuffer(Arc<Mutex<Vec<u8>>>);

impl SharedBuffer {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for SharedBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the sink that `make` gives writes for these outputs.
pub(super) fn report<S: Sink>(make: impl FnOnce(SharedBuffer) -> S, outputs: &[Output<'_>]) -> String {
    let page = SharedBuffer::default();
    let mut sink = make(page.clone());
    for output in outputs {
        sink.output(output).unwrap();
    }
    sink.finish().unwrap();
    page.text()
}
