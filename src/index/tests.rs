//! The promise of 64 bytes a frame, and what rows say about each other.

use super::*;
use crate::analyzer::Place;
use crate::findings::{Id, Severity};
use crate::model::{Attempt, ConnectionId, FileId, Limit, PacketNumber, Peer, PerPeer, Stamp, Timestamp};
use crate::upgrade::{HeadPart, Outcome, Upgrade};
use crate::ws::{Frame, FrameEnd, FrameHeader, Framing, Inflation, LengthForm, Message, MessageKind, Opcode};
use foldhash::fast::FixedState;
use std::hash::BuildHasher;
use std::time::Duration;

fn at(packet: u64) -> Stamp {
    let time = Timestamp::from_nanos(i64::try_from(packet).unwrap() * 1_000_000);
    Stamp { file: FileId(0), packet: PacketNumber(packet), time, offset: 0 }
}

fn place(session: u64) -> Place {
    let addresses =
        PerPeer { client: "10.0.0.7:51234".parse().unwrap(), server: "10.0.0.9:80".parse().unwrap() };
    Place {
        session: SessionId(session),
        connection: ConnectionId(session),
        opened: at(1),
        attempt: Attempt::Ordinal(0),
        is_secure: false,
        addresses,
    }
}

fn begin(index: &mut Index, session: u64) {
    index.add(&Output::Upgrade(&place(session), &unseen()));
}

fn unseen() -> Upgrade {
    Upgrade {
        request: HeadPart::Absent,
        response: HeadPart::Absent,
        ..Upgrade::unread(Outcome::Unseen, at(1))
    }
}

fn frame(number: u64, from: Peer, opcode: Opcode, payload: &[u8]) -> Frame<'_> {
    let mask = (from == Peer::Client).then_some([1, 2, 3, 4]);
    let length = payload.len() as u64;
    Frame {
        number,
        from,
        header: FrameHeader { fin: true, rsv: 0, opcode, mask, length, form: LengthForm::Bits7 },
        first: at(number),
        last: at(number + 1),
        received: length,
        lost: 0,
        end: FrameEnd::Complete,
        payload,
        extent_end: 0,
        acknowledged: 0,
    }
}

fn message(number: u64, frames: (u64, u64), from: Peer, length: u64) -> Message<'static> {
    Message {
        number,
        from,
        kind: MessageKind::Text,
        first: at(frames.0),
        last: at(frames.1 + 1),
        first_frame: frames.0,
        last_frame: frames.1,
        frames: frames.1 - frames.0 + 1,
        wire_length: length,
        length,
        inflation: Inflation::None,
        flaw: None,
        framing: Framing::Sound,
        complete: true,
        invalid_utf8: None,
        payload: &[],
        last_payload: &[],
        extent_end: 0,
    }
}

/// A million frames, with this many to a session and to a message.
fn filled(to_session: u64, to_message: u64) -> Index {
    let mut index = Index::default();
    let mut session = 0;
    for count in 0..1_000_000 {
        if count % to_session == 0 {
            session += 1;
            begin(&mut index, session);
        }
        let number = count % to_session + 1;
        index.add(&Output::Frame(&place(session), &frame(number, Peer::Client, Opcode::Text, b"hello")));
        if number.is_multiple_of(to_message) {
            let frames = (number + 1 - to_message, number);
            let message = message(number / to_message, frames, Peer::Client, to_message * 5);
            index.add(&Output::Message(&place(session), &message));
        }
    }
    index
}

#[test]
fn a_million_frames_take_64_bytes_each() {
    /// What rows of sessions take comes on top.
    const FIXED: usize = 64 << 20;
    assert!(Limit::IndexRows.meaning().contains("a frame takes at most 64 bytes"));
    for (to_session, to_message) in [(1_000_000, 1), (1_000_000, 2), (1_000_000, 1000), (1000, 1)] {
        let index = filled(to_session, to_message);
        assert_eq!(index.frames_total(), 1_000_000);
        let held = index.bytes_held();
        assert!(held <= 64_000_000, "{held} bytes with {to_session} in a session, {to_message} in a message");
    }
    let held = filled(10, 1).bytes_held();
    assert!(held <= 64_000_000 + FIXED, "{held} bytes with 10 frames in a session");
}

#[test]
fn a_session_without_frames_takes_280_bytes() {
    assert_eq!(size_of::<SessionRow>(), 168);
    assert!(size_of::<SessionRow>() + size_of::<Contents>() <= 280);
}

#[test]
fn a_row_gives_back_packets_and_addresses() {
    let mut upgrade = unseen();
    (upgrade.first, upgrade.last) = (at(78), at(79));
    for [client, server] in [
        ["10.0.0.7:51234", "10.0.0.9:80"],
        ["[2001:db8::7]:51234", "[2001:db8::9]:80"],
        ["10.0.0.7:51234", "[2001:db8::9]:80"],
    ] {
        let addresses = PerPeer { client: client.parse().unwrap(), server: server.parse().unwrap() };
        let opened = Stamp { file: FileId(9), ..at(77) };
        let row = SessionRow::new(Place { opened, addresses, ..place(1) }, &upgrade);
        assert_eq!((row.addresses(), row.place().addresses), (addresses, addresses));
        assert_eq!((row.opened(), row.first(), row.last()), (opened, at(78), at(79)));
    }
}

#[test]
fn rows_in_several_frames_find_their_frames() {
    let index = filled(1_000_000, 3);
    let messages = index.messages(0);
    assert_eq!(messages.len(), 333_333);
    let row = messages.get(100_000).unwrap();
    assert_eq!((row.number, row.first_frame, row.last_frame, row.frames), (100_001, 300_001, 300_003, 3));
    assert_eq!((row.wire_length, row.length), (15, 15));
    assert_eq!(messages.index_at(300_000), Some(100_000));
    assert_eq!(messages.index_at(300_002), Some(100_000));
    assert_eq!(messages.index_at(300_003), Some(100_001));
    assert_eq!(messages.iter().last().unwrap().last_packet, PacketNumber(1_000_000));
}

#[test]
fn a_message_of_more_than_4_gib_keeps_its_length() {
    let mut index = Index::default();
    begin(&mut index, 1);
    index.add(&Output::Frame(&place(1), &frame(1, Peer::Server, Opcode::Text, b"")));
    index.add(&Output::Message(&place(1), &message(1, (1, 1), Peer::Server, (1 << 32) + 5)));
    assert_eq!(index.messages(0).get(0).unwrap().length, (1 << 32) + 5);
}

#[test]
fn a_pong_has_its_round_trip() {
    let mut index = Index::default();
    begin(&mut index, 1);
    index.add(&Output::Frame(&place(1), &frame(1, Peer::Client, Opcode::Ping, b"old")));
    index.add(&Output::Frame(&place(1), &frame(2, Peer::Client, Opcode::Ping, b"a")));
    index.add(&Output::Frame(&place(1), &frame(20, Peer::Server, Opcode::Pong, b"a")));
    index.add(&Output::Frame(&place(1), &frame(21, Peer::Server, Opcode::Pong, b"old")));
    let trips: Vec<_> = index.frames(0).iter().map(|row| row.round_trip()).collect();
    assert_eq!(trips, [None, None, Some(Duration::from_millis(17)), None]);
}

/// Payloads that collide under a hash without a seed: its first factor becomes 0, whatever the rest of the payload is.
#[test]
fn pings_whose_payloads_were_made_to_collide_are_told_apart() {
    let unseeded = FixedState::default();
    let zero = 0x082e_fa98_ec4e_6c89_u64.rotate_right(16).to_ne_bytes();
    let [one, other] = [b"this one", b"that one"].map(|rest| [zero, *rest].concat());
    assert_eq!(unseeded.hash_one(&*one), unseeded.hash_one(&*other), "they do collide");
    let mut index = Index::default();
    begin(&mut index, 1);
    index.add(&Output::Frame(&place(1), &frame(1, Peer::Client, Opcode::Ping, &one)));
    index.add(&Output::Frame(&place(1), &frame(2, Peer::Client, Opcode::Ping, &other)));
    index.add(&Output::Frame(&place(1), &frame(9, Peer::Server, Opcode::Pong, &one)));
    // From the end of the first ping to the beginning of the pong.
    assert_eq!(index.frames(0).iter().last().unwrap().round_trip(), Some(Duration::from_millis(9 - 2)));
}

#[test]
fn findings_mark_frames_that_were_told_and_that_will_be() {
    let mut index = Index::default();
    begin(&mut index, 1);
    let find = |index: &mut Index, number, severity| {
        let mut finding = Finding::new(Id::FrameMasked, at(1), "x").frame(number).severity(severity);
        finding.session = Some(SessionId(1));
        index.add(&Output::Finding(&finding));
    };
    find(&mut index, 2, Severity::Warning);
    for number in [3, 2, 1] {
        index.add(&Output::Frame(&place(1), &frame(number, Peer::Client, Opcode::Binary, b"x")));
    }
    find(&mut index, 3, Severity::Note);
    find(&mut index, 3, Severity::Error);
    let marks: Vec<_> = index.frames(0).iter().map(|row| (row.number(), row.severity())).collect();
    assert_eq!(marks, [(3, Some(Severity::Error)), (2, Some(Severity::Warning)), (1, None)]);
    let row = index.sessions().get(0).unwrap();
    assert_eq!((row.findings, row.worst), (3, Some(Severity::Error)));
    assert_eq!(index.findings_of(0).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(
        (index.frame_row(0, 3), index.frame_row(0, 1), index.frame_row(0, 4)),
        (Some(0), Some(2), None)
    );
}
