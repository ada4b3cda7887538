//! What holds for any bytes whatever.

use super::{Event, Layers, Options};
use crate::model::{Chunk, End, EndCause, PacketNumber, Peer, PerPeer, Stamp, StreamEvent};
use crate::upgrade::{Agreement, Outcome};
use crate::ws::{self, Opcode};
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Under pressure everything that was held is given back, but little.
    #[test]
    fn what_is_held_can_be_given_back(
        client in vec(any::<u8>(), 0..3_000),
        server in vec(any::<u8>(), 0..3_000),
        midstream in any::<bool>(),
    ) {
        let mut options = Options::default();
        (options.midstream.client, options.midstream.server) = (midstream, midstream);
        let mut layers = Layers::new(options);
        for (from, bytes) in [(Peer::Client, &client), (Peer::Server, &server)] {
            for bytes in bytes.chunks(500) {
                layers.push(from, StreamEvent::Data(Chunk::plain(bytes, Stamp::default(), 0)), &mut |_| {});
            }
        }
        layers.rest();
        prop_assert_eq!(layers.footprint().idle, 0);
        layers.shed();
        // Of a control frame that is coming from each side, at most 4096 bytes stay.
        prop_assert!(layers.footprint().held <= 4_096 + 2 * 4_096, "{:?}", layers.footprint());
    }
}

/// Where the capture begins inside a session, bytes wait until it is known that they are frames. Then they are read in
/// the order in which they came, whatever their packets' numbers and times say: several may share one stamp.
#[test]
fn what_was_held_is_read_in_order_of_arrival() {
    // A ping, its pong under a mask, and a text that settles it: a server's, a client's, a server's.
    let arrivals: [(Peer, &[u8]); 4] = [
        (Peer::Server, b"\x89\x02p0"),
        (Peer::Client, b"\x8a\x82\x37\xfa\x21\x3d\x47\xca"),
        (Peer::Server, b"\x89\x02p1"),
        (Peer::Server, b"\x81\x19a text that settles it all"),
    ];
    let read = |stamps: [u64; 4]| {
        let options = Options { midstream: PerPeer { client: true, server: true }, ..Options::default() };
        let mut layers = Layers::new(options);
        let (mut told, mut starts, mut held) = (Vec::new(), PerPeer::default(), 0);
        for ((from, bytes), packet) in arrivals.into_iter().zip(stamps) {
            let stamp = Stamp { packet: PacketNumber(packet), ..Stamp::default() };
            let start: &mut u64 = starts.of_mut(from);
            held += usize::from(told.is_empty());
            layers.push(from, StreamEvent::Data(Chunk::plain(bytes, stamp, *start)), &mut |event| {
                if let Event::WebSocket(_, ws::Event::Frame(frame)) = event {
                    told.push((frame.from, frame.header.opcode));
                }
            });
            *start += bytes.len() as u64;
        }
        assert!(held > 1, "nothing had to wait");
        told
    };
    let (client, server) = (Peer::Client, Peer::Server);
    let expected =
        [(server, Opcode::Ping), (client, Opcode::Pong), (server, Opcode::Ping), (server, Opcode::Text)];
    for stamps in [[1, 2, 3, 4], [5, 5, 5, 5], [4, 3, 2, 1], [2, 1, 3, 4]] {
        assert_eq!(read(stamps), expected, "{stamps:?}");
    }
}

/// Frames that a client sends although it was refused are told alike, wherever segments end.
#[test]
fn frames_after_a_refusal_are_told_the_same_however_they_are_cut() {
    let request = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    let answer = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    let frame = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    // What follows looks like a part of a handshake, and like no more than rubbish.
    let torn = b"\x81\x80\x37\xfa\x21\x3d HTTP/1.1\r\nUpgrade: websocket\r\nand more than 64 bytes that may be looked at";
    let told = |sent: &[u8], cut: usize| {
        let (mut layers, mut headers, mut at) = (Layers::new(Options::default()), Vec::new(), 0);
        let (first, second) = sent.split_at(cut);
        for (from, bytes) in [
            (Peer::Client, &request[..]),
            (Peer::Server, answer),
            (Peer::Client, first),
            (Peer::Client, second),
        ] {
            let start = if from == Peer::Client { at } else { 0 };
            layers.push(
                from,
                StreamEvent::Data(Chunk::plain(bytes, Stamp::default(), start)),
                &mut |event| {
                    if let Event::Undeterred(client) = event {
                        headers.push(client.header.to_vec());
                    }
                },
            );
            at += if from == Peer::Client { bytes.len() as u64 } else { 0 };
        }
        headers
    };
    for (sent, header) in [(&frame[..], b"\x81\x85\x37\xfa\x21\x3d"), (torn, b"\x81\x80\x37\xfa\x21\x3d")] {
        for cut in 0..=sent.len() {
            assert_eq!(told(sent, cut), [header], "cut at {cut}");
        }
    }
}

/// Where the client is not heard at all, what its server says of HTTP/2 is read however much it is, and may answer what the client
/// said.
#[test]
fn a_server_of_http2_alone_is_read_from_its_first_byte() {
    let frame = |kind: u8, flags: u8, stream: u8, payload: &[u8]| {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags, 0, 0, 0, stream], payload].concat()
    };
    // `:status: 200`, `sec-websocket-protocol: chat`.
    let granted = b"\x88\x00\x16sec-websocket-protocol\x04chat";
    let mut server = frame(4, 0, 0, &[]);
    server.extend(frame(1, 4, 1, granted));
    server.extend(frame(0, 0, 1, b"\x8a\x02p0"));
    for _ in 0..10 {
        server.extend(frame(0, 0, 1, &[&b"\x82\x7e\x27\x10"[..], &[0; 10_000]].concat()));
    }
    let (mut upgrades, mut frames, mut limits, mut start) = (Vec::new(), 0, 0, 0);
    let mut layers = Layers::new(Options::default());
    for bytes in server.chunks(1_000) {
        let chunk = Chunk::plain(bytes, Stamp::default(), start);
        start += bytes.len() as u64;
        layers.push(Peer::Server, StreamEvent::Data(chunk), &mut |event| {
            if let Event::Upgrade(_, upgrade) = event {
                upgrades.push((upgrade.outcome, upgrade.searching));
            }
            frames += usize::from(matches!(event, Event::WebSocket(_, ws::Event::Frame(_))));
            limits += usize::from(matches!(event, Event::LimitReached { .. }));
        });
    }
    assert_eq!(upgrades, [(Outcome::Accepted, PerPeer { client: true, server: false })]);
    assert_eq!((frames, limits), (11, 0));
}

/// Of which nobody saw the request: each begins the search anew, and needs no more of the stack.
#[test]
fn any_number_of_answers_may_stand_in_one_segment() {
    let answers = b"HTTP/1.1 404 \r\n\r\n".repeat(50_000);
    let midstream = PerPeer { client: true, server: true };
    let mut layers = Layers::new(Options { midstream, ..Options::default() });
    let chunk = Chunk::plain(&answers, Stamp::default(), 0);
    layers.push(Peer::Server, StreamEvent::Data(chunk), &mut |_| {});
}

/// What looks like the head of an answer and is none is looked at once.
#[test]
fn the_search_for_a_head_ends_where_there_is_none() {
    for bytes in [
        &b"HTTP/1.1 xyz\r\n\r\n"[..],
        b"HTTP/1.1 \x00\x01\x02\r\nmore\r\n\r\n",
        b"HTTP/9\r\n\r\n",
        b"\xef\xbb\xbfHTTP/x",
    ] {
        let midstream = PerPeer { client: true, server: true };
        let mut layers = Layers::new(Options { midstream, ..Options::default() });
        let chunk = Chunk::plain(bytes, Stamp::default(), 0);
        layers.push(Peer::Server, StreamEvent::Data(chunk), &mut |_| {});
    }
}

/// TLS agreed on HTTP/2, and the client sends HTTP/1.1: that is known of its attempt.
#[test]
fn a_request_of_http1_where_http2_was_agreed_on_is_known_as_such() {
    let request = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    let settings = b"\0\0\x06\x04\0\0\0\0\0\0\x08\0\0\0\x01";
    for (agreed, agreement) in [("h2", Agreement::Broken), ("http/1.1", Agreement::Kept)] {
        let mut layers = Layers::new(Options::default());
        layers.expect(agreed);
        let mut told = Vec::new();
        for (from, bytes) in [(Peer::Client, &request[..]), (Peer::Server, &settings[..])] {
            layers.push(from, StreamEvent::Data(Chunk::plain(bytes, Stamp::default(), 0)), &mut |event| {
                if let Event::Upgrade(_, upgrade) = event {
                    told.push((upgrade.outcome, upgrade.agreement));
                }
            });
        }
        let end = End::by_packet(EndCause::Fin, Stamp::default());
        for from in [Peer::Server, Peer::Client] {
            layers.push(from, StreamEvent::End(end), &mut |event| {
                if let Event::Upgrade(_, upgrade) = event {
                    told.push((upgrade.outcome, upgrade.agreement));
                }
            });
        }
        assert_eq!(told, [(Outcome::Failed, agreement)], "{agreed}");
    }
}
