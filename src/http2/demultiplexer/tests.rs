//! What holds for a connection.

use super::*;
use crate::http2::{DataFrame, GoAway, HeadFault, HeadKind, PREFACE};
use crate::model::{Extent, Timestamp};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A GET request, and 200.
const GET: &[u8] = &[0x82, 0x84, 0x86, 0x41, 1, b'h'];
const OK: &[u8] = &[0x88];

/// A connection, and what it told, in words.
struct Talk {
    demultiplexer: Demultiplexer,
    told: Vec<String>,
    positions: PerPeer<u64>,
    packet: Stamp,
}

impl Talk {
    fn new(options: &Options) -> Self {
        let demultiplexer = Demultiplexer::new(options);
        Self { demultiplexer, told: Vec::new(), positions: PerPeer::default(), packet: Stamp::default() }
    }

    /// With its preface and settings after it.
    fn opened() -> Self {
        let mut talk = Self::new(&Options::default());
        talk.says(Peer::Client, &[&PREFACE[..], &frame(SETTINGS, 0, 0, &[])].concat());
        talk.says(Peer::Server, &frame(SETTINGS, 0, 0, &[0, 8, 0, 0, 0, 1]));
        talk.told.clear();
        talk
    }

    fn midstream() -> Self {
        Self::new(&Options { midstream: PerPeer { client: true, server: true }, ..Options::default() })
    }

    fn says(&mut self, from: Peer, bytes: &[u8]) {
        let position = self.positions.of_mut(from);
        let chunk = Chunk::plain(bytes, self.packet, *position);
        *position += bytes.len() as u64;
        self.push(from, StreamEvent::Data(chunk));
    }

    fn loses(&mut self, from: Peer, bytes: u64) {
        let position = self.positions.of_mut(from);
        let gap = Gap::plain(GapCause::Lost, self.packet, Extent::new(*position, bytes));
        *position += bytes;
        self.push(from, StreamEvent::Gap(gap));
    }

    fn at(&mut self, millis: i64) {
        self.packet.time = Timestamp::from_nanos(millis * 1_000_000);
    }

    fn push(&mut self, from: Peer, event: StreamEvent<'_>) {
        let told = &mut self.told;
        self.demultiplexer.push(from, event, &mut |event| told.extend(in_words(&event)));
    }

    fn told(&mut self) -> Vec<String> {
        std::mem::take(&mut self.told)
    }
}

fn in_words(event: &Event<'_>) -> Option<String> {
    Some(match event {
        Event::Preface(_) | Event::Settings { .. } => return None,
        Event::Flipped => "flipped".into(),
        Event::Head(headed) => {
            let fields = &headed.head.fields;
            let what = match headed.head.kind {
                HeadKind::Request => {
                    String::from_utf8_lossy(fields.value(":path").unwrap_or(b"?")).into_owned()
                }
                HeadKind::Response | HeadKind::Interim => {
                    fields.status().map_or("?".into(), |s| s.to_string())
                }
                HeadKind::Trailers => "trailers".into(),
            };
            let unknown = if fields.unknown() > 0 { " in part" } else { "" };
            let lost = if headed.head.lost { " lost" } else { "" };
            format!("{} {}: {what}{unknown}{lost}", headed.from, headed.stream)
        }
        Event::Stream { stream, from, event } => match event {
            StreamEvent::Data(chunk) => {
                format!("{from} {stream}: '{}'", String::from_utf8_lossy(chunk.bytes))
            }
            StreamEvent::Gap(gap) => match gap.missing {
                Missing::Bytes(bytes) => format!("{from} {stream}: {bytes} lost"),
                Missing::Unknown => format!("{from} {stream}: some lost"),
            },
            StreamEvent::End(end) => format!("{from} {stream}: {}", end.cause.name()),
        },
        Event::Data { from, frame: DataFrame { header, number, offset, content, .. } } => {
            format!("{from} {}: DATA {number} with {content} at {offset}", header.stream)
        }
        Event::Placed { from, placed: Placed::Frame { header, payload } } => {
            format!("{from} {}: frame at {payload}", header.stream)
        }
        Event::Placed { from, placed: Placed::Head(strings) } => {
            let places: Vec<_> = strings.list.iter().map(|string| string.place.clone()).collect();
            format!("{from}: strings {places:?} of {} in {}", strings.read, strings.length)
        }
        Event::Reset { stream, from, code, .. } => format!("{from} resets {stream}: {code}"),
        Event::GoAway { from, gone: GoAway { last, code, .. }, debug } => {
            format!("{from} goes after {last}: {code} {}", String::from_utf8_lossy(debug))
        }
        Event::Stalled { from, scope, stall, .. } => {
            format!("{from} stalled {} ms on {}", stall.lasted.as_millis(), scope.map_or(0, |id| id.0))
        }
        Event::Exceeded { from, of_stream, beyond, .. } => format!("{from} {beyond} beyond ({of_stream})"),
        Event::FrameInvalid { from, header, fault, .. } => {
            format!("{from} {}: {}", header.stream, fault.name())
        }
        Event::HeadBroken { from, fault: HeadFault::Hpack(fault), .. } => format!("{from}: {}", fault.name()),
        Event::HeadBroken { from, stream, fault, .. } => format!("{from} {stream}: {}", fault.name()),
        Event::Gap { from, sync_lost, .. } => format!("{from} gap, {sync_lost}"),
        Event::Resynchronized { from, skipped, .. } => format!("{from} again behind {skipped}"),
        Event::Unframed { from, preview, .. } => {
            format!("{from} unframed {}", String::from_utf8_lossy(preview))
        }
        Event::Foreign { from, preview, .. } => {
            format!("{from} foreign {}", String::from_utf8_lossy(preview))
        }
        Event::LimitReached { shortage, .. } => format!("limit {}", shortage.limit().name()),
    })
}

#[test]
fn a_request_and_its_answer_in_any_pieces() {
    let client = [frame(HEADERS, 4, 1, GET), frame(DATA, 9, 1, b"\x02hello\0\0")].concat();
    let server = [
        frame(HEADERS, 0, 1, &[]),
        frame(CONTINUATION, 0, 1, OK),
        frame(CONTINUATION, 4, 1, &[]),
        frame(DATA, 0, 1, b"yes"),
        frame(DATA, 1, 1, b""),
    ]
    .concat();
    for size in [1, 3, 1000] {
        let mut talk = Talk::opened();
        for piece in client.chunks(size) {
            talk.says(Peer::Client, piece);
        }
        for piece in server.chunks(size) {
            talk.says(Peer::Server, piece);
        }
        let told = talk.told().join(" ").replace("' server 1: '", "").replace("' client 1: '", "");
        assert_eq!(
            told, "client 1: / client 1: 'hello' client 1: fin server 1: 200 server 1: 'yes' server 1: fin",
            "{size}"
        );
        assert!(!talk.demultiplexer.is_open(StreamId(1)));
    }
}

#[test]
fn data_frames_are_told_before_what_they_carry_where_somebody_asks() {
    let client = [
        frame(HEADERS, 4, 1, GET),
        frame(DATA, 0, 1, b"hello"),
        frame(DATA, 8, 1, b"\x02you\0\0"),
        frame(DATA, 1, 1, b""),
    ]
    .concat();
    for size in [1, 3, 1000] {
        let mut talk = Talk::new(&Options { data_frames: true, ..Options::default() });
        talk.says(Peer::Client, &[&PREFACE[..], &frame(SETTINGS, 0, 0, &[])].concat());
        talk.told.clear();
        client.chunks(size).for_each(|piece| talk.says(Peer::Client, piece));
        let is_content = |told: &String| told.starts_with("client 1: '");
        let (content, mut others): (Vec<String>, Vec<String>) = talk.told.drain(..).partition(is_content);
        others.retain(|told| told.contains("DATA"));
        let expected = ["1 with 5 at 0", "2 with 3 at 5", "3 with 0 at 8"];
        assert_eq!(others, expected.map(|told| format!("client 1: DATA {told}")), "{size}");
        assert!(content.len() >= 2);
    }
}

#[test]
fn places_are_told_where_somebody_asks() {
    // A field with a name and a value, one with a value, and one that is cut off.
    let head = [&b"\x82\x40\x02aa\x01b\x04\x02/c"[..], b"\x40\x7f"].concat();
    let client = [
        frame(HEADERS, 0, 1, &head[..7]),
        frame(CONTINUATION, 4, 1, &head[7..]),
        frame(DATA, 0, 1, b"hello"),
    ]
    .concat();
    for size in [1, 3, 1000] {
        let mut talk = Talk::new(&Options { places: true, ..Options::default() });
        talk.says(Peer::Client, &PREFACE[..]);
        client.chunks(size).for_each(|piece| talk.says(Peer::Client, piece));
        talk.told.retain(|told| told.contains("frame at") || told.contains("strings"));
        let expected = [
            "client 1: frame at 33",
            "client 1: frame at 49",
            "client: strings [3..5, 6..7, 9..11] of 12 in 13",
            "client 1: frame at 64",
        ];
        assert_eq!(talk.told, expected, "{size}");
    }
}

#[test]
fn a_reset_ends_both_directions() {
    let mut talk = Talk::opened();
    talk.says(Peer::Client, &frame(HEADERS, 4, 1, GET));
    talk.says(Peer::Server, &frame(RST_STREAM, 0, 1, &[0, 0, 0, 7]));
    talk.says(Peer::Client, &frame(DATA, 0, 1, b"on its way"));
    talk.says(Peer::Server, &frame(GOAWAY, 0, 0, b"\0\0\0\x01\0\0\0\x0bcalm"));
    let reset = ["client 1: /", "server resets 1: REFUSED_STREAM (7)", "server 1: rst", "client 1: rst"];
    assert_eq!(talk.told[..4], reset);
    assert_eq!(talk.told[4..], ["server goes after 1: ENHANCE_YOUR_CALM (11) calm"]);
}

#[test]
fn a_loss_inside_a_payload_costs_only_that() {
    let mut talk = Talk::opened();
    talk.says(Peer::Client, &frame(HEADERS, 4, 1, GET));
    talk.says(Peer::Client, &frame(DATA, 0, 1, b"0123456789")[..11]);
    talk.loses(Peer::Client, 5);
    talk.says(Peer::Client, b"789");
    talk.says(Peer::Client, &frame(DATA, 0, 1, b"more"));
    let told =
        ["client 1: '01'", "client gap, false", "client 1: 5 lost", "client 1: '789'", "client 1: 'more'"];
    assert_eq!(talk.told[1..], told);
}

#[test]
fn where_the_length_of_padding_is_lost_nothing_is_taken_for_content() {
    let mut talk = Talk::opened();
    talk.says(Peer::Client, &frame(HEADERS, 4, 1, GET));
    talk.says(Peer::Client, &frame(DATA, 8, 1, b"\x04content\0\0\0\0")[..9]);
    talk.loses(Peer::Client, 3);
    talk.says(Peer::Client, b"ntent\0\0\0\0");
    talk.says(Peer::Client, &frame(DATA, 0, 1, b"more"));
    assert_eq!(talk.told[1..], ["client gap, false", "client 1: some lost", "client 1: 'more'"]);
}

#[test]
fn a_lost_boundary_is_found_and_each_stream_hears_of_it_when_it_goes_on() {
    let mut talk = Talk::opened();
    talk.says(
        Peer::Client,
        &[frame(HEADERS, 4, 1, GET), frame(HEADERS, 4, 3, &[0x82, 0x84, 0x86, 0xbe])].concat(),
    );
    talk.loses(Peer::Client, 500);
    talk.says(Peer::Client, &frame(DATA, 0, 3, b"three"));
    // The same fields as before, from a table to which nothing was added meanwhile; then a head that shows that it was.
    talk.says(Peer::Client, &frame(HEADERS, 4, 5, &[0x82, 0x84, 0x86, 0xbe]));
    talk.says(Peer::Client, &frame(HEADERS, 4, 7, &[0x82, 0x84, 0x86, 0xbe, 0xbe]));
    talk.says(Peer::Client, &frame(HEADERS, 4, 9, &[0x82, 0x84, 0x86, 0xbe]));
    assert_eq!(
        talk.told[2..],
        [
            "client gap, true",
            "client again behind 0",
            "client 3: some lost",
            "client 3: 'three'",
            "client 5: /",
            "client 7: / in part",
            "client 9: / in part"
        ]
    );
}

#[test]
fn a_late_start_is_recognized_by_its_frames() {
    let mut talk = Talk::midstream();
    talk.says(Peer::Server, b"the rest of a frame");
    talk.says(Peer::Server, &frame(DATA, 0, 3, b"a message"));
    talk.says(Peer::Client, &frame(DATA, 0, 3, b"an answer"));
    talk.says(Peer::Server, &frame(PING, 0, 0, b"12345678"));
    assert!(talk.demultiplexer.is_http2());
    talk.says(Peer::Client, &frame(DATA, 0, 5, b"and more"));
    // A request from the side that was taken for the server.
    talk.says(Peer::Server, &frame(HEADERS, 4, 7, GET));
    assert_eq!(
        talk.told(),
        [
            "server again behind 19",
            "server 3: 'a message'",
            "client again behind 0",
            "client 3: 'an answer'",
            "client 5: 'and more'",
            "flipped",
            "client 7: /"
        ]
    );
}

#[test]
fn what_one_side_shows_lets_the_other_be_read() {
    let mut talk = Talk::midstream();
    talk.says(Peer::Server, &frame(DATA, 0, 3, b"a message"));
    talk.says(Peer::Client, &frame(DATA, 0, 3, b"an answer"));
    talk.says(Peer::Server, &frame(PING, 0, 0, b"12345678"));
    let told =
        ["server again behind 0", "server 3: 'a message'", "client again behind 0", "client 3: 'an answer'"];
    assert_eq!(
        talk.told(),
        told,
        "and not only when the client goes on, which may be after the stream's end"
    );
}

#[test]
fn windows_stall_and_are_exceeded() {
    let mut talk = Talk::opened();
    talk.says(Peer::Client, &frame(HEADERS, 4, 1, GET));
    talk.says(Peer::Client, &frame(HEADERS, 4, 3, GET));
    talk.told();
    let body = vec![b'x'; 13_107];
    for _ in 0..5 {
        talk.says(Peer::Server, &frame(DATA, 0, 1, &body));
    }
    talk.at(2500);
    talk.says(Peer::Client, &frame(WINDOW_UPDATE, 0, 0, &[0, 0, 1, 0]));
    talk.told();
    talk.says(Peer::Server, &frame(DATA, 0, 3, b"at last"));
    assert_eq!(talk.told(), ["server stalled 2500 ms on 0", "server 3: 'at last'"]);
    talk.says(Peer::Server, &frame(DATA, 0, 1, b"too much"));
    assert_eq!(talk.told(), ["server 8 beyond (true)", "server 1: 'too much'"]);
}

#[test]
fn smaller_windows_count_from_their_acknowledgment_on() {
    let mut talk = Talk::opened();
    talk.says(Peer::Client, &frame(HEADERS, 4, 1, GET));
    talk.says(Peer::Client, &frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 4]));
    talk.told();
    talk.says(Peer::Server, &frame(DATA, 0, 1, b"fair"));
    talk.says(Peer::Server, &frame(SETTINGS, 1, 0, b""));
    talk.says(Peer::Server, &frame(SETTINGS, 1, 0, b""));
    talk.says(Peer::Server, &frame(DATA, 0, 1, b"unfair"));
    assert_eq!(talk.told(), ["server 1: 'fair'", "server 6 beyond (true)", "server 1: 'unfair'"]);
}

#[test]
fn who_learns_of_a_stream_knows_what_its_opener_announced_before() {
    let smaller = frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 4]);
    let mut talk = Talk::opened();
    talk.says(Peer::Client, &smaller);
    talk.says(Peer::Client, &frame(HEADERS, 4, 1, GET));
    talk.says(Peer::Server, &frame(DATA, 0, 1, b"fair"));
    // The first settings were acknowledged by the first of the two.
    talk.says(Peer::Server, &frame(SETTINGS, 1, 0, b"").repeat(2));
    talk.says(Peer::Server, &frame(DATA, 0, 1, b"not"));
    let told = ["client 1: /", "server 1: 'fair'", "server 3 beyond (true)", "server 1: 'not'"];
    assert_eq!(talk.told(), told);
}

#[test]
fn who_opens_a_stream_may_not_know_yet_that_windows_are_smaller() {
    let mut talk = Talk::opened();
    talk.says(Peer::Server, &frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 4]));
    talk.says(Peer::Client, &frame(HEADERS, 4, 1, GET));
    talk.says(Peer::Client, &frame(DATA, 0, 1, b"does not know"));
    talk.says(Peer::Client, &frame(SETTINGS, 1, 0, b"").repeat(2));
    talk.says(Peer::Client, &frame(DATA, 0, 1, b"knows"));
    let told = ["client 1: /", "client 1: 'does not know'", "client 5 beyond (true)", "client 1: 'knows'"];
    assert_eq!(talk.told(), told);
}

/// Windows of one byte for what the server sends.
const ONE_BYTE: [u8; 6] = [0, 4, 0, 0, 0, 1];

#[test]
fn settings_that_make_windows_negative_close_them() {
    let update = |stream| frame(WINDOW_UPDATE, 0, stream, &[0, 0, 0, 9]);
    for (opened, stalled) in
        [(update(1), true), (frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 99]), true), (update(3), false)]
    {
        let mut talk = Talk::opened();
        talk.says(Peer::Client, &frame(HEADERS, 4, 1, GET));
        talk.says(Peer::Server, &[frame(SETTINGS, 1, 0, b""), frame(HEADERS, 4, 1, OK)].concat());
        talk.says(Peer::Server, &frame(DATA, 0, 1, b"three"));
        talk.at(1_000);
        talk.says(Peer::Client, &frame(SETTINGS, 0, 0, &ONE_BYTE));
        talk.at(2_000);
        talk.says(Peer::Server, &frame(SETTINGS, 1, 0, b""));
        talk.told();
        talk.at(5_000);
        talk.says(Peer::Client, &opened);
        talk.says(Peer::Server, &frame(DATA, 0, 1, b"more"));
        let told = talk.told().iter().any(|line| line == "server stalled 3000 ms on 1");
        assert_eq!(told, stalled, "{opened:?}");
    }
}

#[test]
fn windows_that_were_closed_and_opened_unseen_were_closed() {
    let mut talk = Talk::opened();
    talk.says(Peer::Client, &frame(HEADERS, 4, 1, GET));
    talk.says(Peer::Server, &[frame(SETTINGS, 1, 0, b""), frame(HEADERS, 4, 1, OK)].concat());
    for (at, size) in [(0, 0), (5_000, 50), (6_000, 60), (7_000, 0), (9_000, 90)] {
        talk.at(at);
        talk.says(Peer::Client, &frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, size]));
        talk.says(Peer::Server, &frame(SETTINGS, 1, 0, b""));
    }
    talk.told();
    talk.says(Peer::Server, &frame(DATA, 0, 1, b"at last"));
    assert_eq!(talk.told(), ["server stalled 2000 ms on 1", "server 1: 'at last'"]);
}

#[test]
fn floods_end_at_a_limit() {
    let limits = DemultiplexerLimits { streams: 2, head_bytes: 256, ..DemultiplexerLimits::default() };
    let options = Options { limits, ..Options::default() };
    let mut talk = Talk::new(&options);
    talk.says(Peer::Client, &[&PREFACE[..], &frame(SETTINGS, 0, 0, &[])].concat());
    for stream in [1, 3, 5, 7] {
        talk.says(Peer::Client, &frame(HEADERS, 4, stream, GET));
    }
    assert_eq!(talk.told(), ["client 1: /", "client 3: /", "limit http2-streams"]);
    // A head without an end.
    talk.says(Peer::Server, &frame(HEADERS, 0, 1, OK));
    for _ in 0..1000 {
        talk.says(Peer::Server, &frame(CONTINUATION, 0, 1, &[0x88; 4]));
    }
    talk.says(Peer::Server, &frame(CONTINUATION, 4, 1, b""));
    assert_eq!(talk.told(), ["limit http2-head-bytes", "server 1: ? lost"]);
    assert!(talk.demultiplexer.footprint().total() < 4096);
}

#[test]
fn what_is_not_http2_is_told_as_such() {
    let mut talk = Talk::opened();
    let mut strange = Talk::new(&Options::default());
    strange.says(Peer::Client, PREFACE);
    strange.says(Peer::Server, b"HTTP/1.1 400 Bad Request\r\n\r\n");
    assert!(strange.told()[0].starts_with("server foreign HTTP/1.1 400"));
    talk.says(Peer::Client, &frame(HEADERS, 5, 1, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff]));
    assert!(talk.told()[0].contains("a number that is too large"));
}

#[test]
fn behind_an_upgrade_the_first_stream_is_the_request() {
    let mut demultiplexer = Demultiplexer::upgraded(&Options::default(), &[]);
    let mut told = Vec::new();
    let bytes = [frame(SETTINGS, 0, 0, &[]), frame(HEADERS, 5, 1, OK)].concat();
    let chunk = Chunk::plain(&bytes, Stamp::default(), 0);
    demultiplexer.push(Peer::Server, StreamEvent::Data(chunk), &mut |event| told.extend(in_words(&event)));
    assert_eq!(told, ["server 1: 200", "server 1: fin"]);
}

/// Texts of one stream that follow each other in one.
fn joined(told: Vec<String>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in told {
        let start = line.find('\'').map_or(line.len(), |at| at + 1);
        match lines.last_mut() {
            Some(last)
                if line.ends_with('\'') && last.ends_with('\'') && last.get(..start) == line.get(..start) =>
            {
                last.pop();
                last.push_str(&line[start..]);
            }
            _ => lines.push(line),
        }
    }
    lines
}

#[test]
fn what_is_taken_in_one_go_is_told_as_in_pieces() {
    let narrow = [0, 4, 0, 0, 0, 40];
    let frames = [
        frame(HEADERS, 4, 1, GET),
        frame(DATA, 0, 1, b"one"),
        frame(DATA, 0, 1, b""),
        frame(DATA, 8, 1, b"\x02two\0\0"),
        frame(HEADERS, 4, 3, GET),
        frame(DATA, 0, 3, b"three"),
        frame(HEADERS, 0, 5, GET),
        frame(DATA, 0, 1, b"inside a head"),
        frame(CONTINUATION, 4, 5, b""),
        frame(DATA, 0, 3, &[b'x'; 50]),
        frame(DATA, 0, 1, b"four"),
        frame(DATA, 0, 9, b"of no stream"),
        frame(DATA, 1, 3, b"last"),
        frame(DATA, 0, 3, b"beyond the end"),
        frame(DATA, 0, 1, b"five"),
    ];
    let told = |size: usize, lost: usize| {
        let mut talk = Talk::opened();
        talk.says(Peer::Server, &frame(SETTINGS, 0, 0, &narrow));
        for (at, frame) in frames.iter().enumerate() {
            if at == lost {
                talk.loses(Peer::Client, frame.len() as u64);
                continue;
            }
            for piece in frame.chunks(size) {
                talk.says(Peer::Client, piece);
            }
        }
        joined(talk.told())
    };
    for lost in 0..=frames.len() {
        let pieces = told(1, lost);
        assert!(pieces.len() > 5, "{pieces:?}");
        assert_eq!(told(usize::MAX, lost), pieces, "without frame {lost}");
    }
}

#[test]
fn nothing_may_stand_inside_a_head() {
    let mut talk = Talk::opened();
    talk.says(Peer::Client, &frame(HEADERS, 0, 1, GET));
    talk.says(Peer::Client, &frame(PING, 0, 0, &[7; 8]));
    talk.says(Peer::Client, &frame(CONTINUATION, 4, 1, b""));
    assert_eq!(talk.told(), ["client 1: interrupted", "client 1: ? lost", "client 1: headless"]);
    // What the capture misses may have been the rest.
    let mut talk = Talk::opened();
    talk.says(Peer::Client, &frame(HEADERS, 0, 1, GET));
    talk.loses(Peer::Client, 9);
    talk.says(Peer::Client, &frame(PING, 0, 0, &[7; 8]));
    talk.says(Peer::Client, &frame(PING, 0, 0, &[7; 8]));
    talk.says(Peer::Client, &frame(CONTINUATION, 4, 1, b""));
    assert!(!talk.told().iter().any(|line| line.contains("interrupted") || line.contains("headless")));
}

#[test]
fn a_reset_that_comes_before_its_streams_head_is_known_is_told_after_it() {
    let told = ["client 1: /", "server resets 1: REFUSED_STREAM (7)", "server 1: rst", "client 1: rst"];
    let reset = frame(RST_STREAM, 0, 1, &7_u32.to_be_bytes());
    // In two frames.
    let mut talk = Talk::opened();
    talk.says(Peer::Client, &frame(HEADERS, 0, 1, &GET[..3]));
    talk.says(Peer::Server, &reset);
    assert_eq!(talk.told(), [] as [&str; 0]);
    talk.says(Peer::Client, &frame(CONTINUATION, 4, 1, &GET[3..]));
    assert_eq!(talk.told(), told);
    // In two segments behind a gap.
    let mut talk = Talk::opened();
    talk.loses(Peer::Client, 9);
    talk.told.clear();
    let head = frame(HEADERS, 4, 1, GET);
    talk.says(Peer::Client, &head[..12]);
    talk.says(Peer::Server, &reset);
    talk.says(Peer::Client, &[&head[12..], &frame(PING, 0, 0, &[0; 8])].concat());
    let all = talk.told();
    let at = all.iter().position(|line| line.starts_with("client 1: /")).unwrap();
    assert!(all[at..].iter().any(|line| line == told[1]), "{all:?}");
    // What never was a stream is not told.
    talk.says(Peer::Server, &frame(RST_STREAM, 0, 3, &7_u32.to_be_bytes()));
    assert_eq!(talk.told(), [] as [&str; 0]);
}

#[test]
fn only_its_opener_begins_a_stream() {
    let mut talk = Talk::opened();
    talk.says(Peer::Client, &frame(RST_STREAM, 0, 3, &[0, 0, 0, 8]));
    talk.says(Peer::Server, &frame(WINDOW_UPDATE, 0, 5, &[0, 0, 0, 8]));
    talk.says(Peer::Client, &frame(HEADERS, 4, 2, GET));
    assert_eq!(
        talk.told(),
        ["client 3: idle-stream", "server 5: idle-stream", "client 2: idle-stream", "client 2: /"]
    );
    talk.says(Peer::Client, &frame(HEADERS, 4, 7, GET));
    talk.told();
    // Streams with lower numbers are over, as they were not begun (RFC 9113 §5.1.1).
    talk.says(Peer::Client, &frame(WINDOW_UPDATE, 0, 5, &[0, 0, 0, 8]));
    talk.says(Peer::Server, &frame(RST_STREAM, 0, 5, &[0, 0, 0, 8]));
    assert_eq!(talk.told(), [""; 0]);
}

#[test]
fn a_promised_stream_is_begun_and_hides_none_of_the_client() {
    const PUSH_PROMISE: u8 = 5;
    let mut talk = Talk::opened();
    talk.says(Peer::Client, &frame(HEADERS, 4, 1, GET));
    talk.says(Peer::Server, &frame(PUSH_PROMISE, 4, 1, &[&[0, 0, 0, 8][..], GET].concat()));
    talk.says(Peer::Client, &frame(RST_STREAM, 0, 8, &[0, 0, 0, 8]));
    talk.says(Peer::Server, &frame(HEADERS, 4, 8, OK));
    talk.says(Peer::Client, &frame(HEADERS, 4, 3, GET));
    assert_eq!(talk.told(), ["client 1: /", "server 8: 200", "client 3: /"]);
}

/// What a server answers to may be captured after the answer.
#[test]
fn a_stream_may_have_begun_in_what_is_acknowledged_and_comes_later() {
    for (acknowledged, told) in [(None, "server 3: idle-stream"), (Some(1000), "")] {
        let mut talk = Talk::opened();
        let bytes = frame(WINDOW_UPDATE, 0, 3, &[0, 0, 0, 8]);
        let mut chunk = Chunk::plain(&bytes, talk.packet, talk.positions.server);
        if let Some(acknowledged) = acknowledged {
            chunk.extent = chunk.extent.acknowledging(acknowledged);
        }
        talk.push(Peer::Server, StreamEvent::Data(chunk));
        assert_eq!(talk.told().join(""), told);
    }
}

#[test]
fn larger_frames_may_be_sent_until_it_is_acknowledged_that_they_may_not() {
    let sizes = |size: [u8; 4]| [&[0, 5][..], &size].concat();
    let (large, small) = (sizes([0, 1, 0, 0]), sizes([0, 0, 0x40, 0]));
    let whole = vec![0; 20_000];
    let mut talk = Talk::opened();
    talk.says(Peer::Client, &frame(HEADERS, 4, 1, GET));
    talk.says(Peer::Client, &[frame(SETTINGS, 0, 0, &large), frame(SETTINGS, 0, 0, &small)].concat());
    talk.told();
    let faults = |talk: &mut Talk, bytes: &[u8]| {
        talk.says(Peer::Server, bytes);
        talk.told().into_iter().filter(|told| told.ends_with("too-large")).count()
    };
    assert_eq!(faults(&mut talk, &frame(DATA, 0, 1, &whole)), 0);
    // The first settings, then those that allow more.
    assert_eq!(faults(&mut talk, &frame(SETTINGS, 1, 0, b"").repeat(2)), 0);
    assert_eq!(faults(&mut talk, &frame(DATA, 0, 1, &whole)), 0);
    assert_eq!(faults(&mut talk, &frame(SETTINGS, 1, 0, b"")), 0);
    assert_eq!(faults(&mut talk, &frame(DATA, 0, 1, &whole)), 1);
}
