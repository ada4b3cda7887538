//! What holds for compressed heads that are redacted.

use super::*;
use crate::http2::{Demultiplexer, Event, Options, PREFACE, Placed};
use crate::model::{Chunk, Peer, Stamp, StreamEvent};
use proptest::prelude::*;
use std::sync::Arc;

/// A piece of a compressed head (RFC 7541 §6).
#[derive(Clone, Debug)]
enum Piece {
    Indexed(u8),
    /// With the first byte's bits, how many of them are not the number's, the name (by its number or as text), and the value.
    Literal((u8, u32), Result<u8, Text>, Text),
    Size(u16),
    Junk(Vec<u8>),
}

/// A string, and how it is written.
#[derive(Clone, Debug)]
struct Text(Vec<u8>, StringCoding);

fn number(prefix: u32, bits: u8, number: usize) -> Vec<u8> {
    let most = (1 << prefix) - 1;
    if number < most {
        return vec![bits | u8::try_from(number).unwrap()];
    }
    let (mut written, mut rest) = (vec![bits | u8::try_from(most).unwrap()], number - most);
    while rest >= 0x80 {
        written.push(0x80 | u8::try_from(rest % 0x80).unwrap());
        rest /= 0x80;
    }
    written.push(u8::try_from(rest).unwrap());
    written
}

impl Text {
    fn written(&self) -> Vec<u8> {
        let (bits, bytes) = match self.1 {
            StringCoding::Plain => (0, self.0.clone()),
            StringCoding::Huffman => (0x80, encode(&self.0)),
        };
        [number(7, bits, bytes.len()), bytes].concat()
    }
}

impl Piece {
    fn written(&self) -> Vec<u8> {
        match self {
            Self::Indexed(index) => number(7, 0x80, usize::from(*index)),
            Self::Literal((bits, prefix), Ok(index), value) => {
                [number(*prefix, *bits, usize::from(*index)), value.written()].concat()
            }
            Self::Literal((bits, _), Err(name), value) => {
                [vec![*bits], name.written(), value.written()].concat()
            }
            Self::Size(size) => number(5, 0x20, usize::from(*size)),
            Self::Junk(bytes) => bytes.clone(),
        }
    }
}

fn text() -> impl Strategy<Value = Text> {
    let text = prop_oneof![
        4 => "[a-z0-9./?=&%_:;,-]{0,40}".prop_map(String::into_bytes),
        1 => "[A-Z]{1,12}".prop_map(String::into_bytes),
        1 => "[ -~]{0,20}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..20),
        1 => prop::sample::select(vec!["websocket", "13", "/", "https", "permessage-deflate"])
            .prop_map(|word| word.as_bytes().to_vec()),
    ];
    let coding =
        prop::bool::ANY.prop_map(|coded| if coded { StringCoding::Huffman } else { StringCoding::Plain });
    (text, coding).prop_map(|(text, coding)| Text(text, coding))
}

fn name() -> impl Strategy<Value = Text> {
    prop_oneof![
        text(),
        prop::sample::select(vec![
            ":path",
            ":authority",
            "cookie",
            "sec-websocket-protocol",
            "x-tenant",
            ":odd"
        ])
        .prop_map(|name| Text(name.as_bytes().to_vec(), StringCoding::Huffman)),
    ]
}

/// Pieces that a peer may write.
fn proper() -> impl Strategy<Value = Piece> {
    // With incremental indexing, without, and never indexed.
    let kind = prop::sample::select(vec![(0x40, 6), (0x00, 4), (0x10, 4)]);
    let name = prop_oneof![(1u8..=61).prop_map(Ok), name().prop_map(Err)];
    let literal = (kind, name, text()).prop_map(|(kind, name, value)| Piece::Literal(kind, name, value));
    prop_oneof![2 => (1u8..=61).prop_map(Piece::Indexed), 6 => literal]
}

/// Heads of one side that its peer can read: a table that is made smaller at times, and references to what is in it.
fn proper_heads() -> impl Strategy<Value = Vec<Vec<Piece>>> {
    let head = (prop::option::of(0u16..=300), prop::collection::vec(proper(), 1..8));
    let head = head.prop_map(|(size, pieces)| size.map(Piece::Size).into_iter().chain(pieces).collect());
    prop::collection::vec(head, 1..6)
}

fn any_heads() -> impl Strategy<Value = Vec<Vec<Piece>>> {
    let piece = prop_oneof![
        6 => proper(),
        2 => any::<u8>().prop_map(Piece::Indexed),
        1 => any::<u16>().prop_map(Piece::Size),
        1 => prop::collection::vec(any::<u8>(), 0..8).prop_map(Piece::Junk),
    ];
    prop::collection::vec(prop::collection::vec(piece, 0..8), 1..6)
}

/// What is read of heads: how long each name and each value is, as far as they are known, and what is wrong; and with what they
/// would be replaced.
fn read(blocks: &[Vec<u8>], names: &mut Names) -> (Vec<String>, Vec<Vec<u8>>) {
    let (mut told, mut redacted) = (Vec::new(), Vec::new());
    let mut demultiplexer = Demultiplexer::new(&Options { places: true, ..Options::default() });
    let mut sent = PREFACE.to_vec();
    for (stream, block) in (1u8..).step_by(2).zip(blocks) {
        let length = u16::try_from(block.len()).unwrap().to_be_bytes();
        sent.extend([0, length[0], length[1], 1, 5, 0, 0, 0, stream]);
        sent.extend(block);
    }
    let length = |text: &Option<Arc<[u8]>>| text.as_ref().map(|text| text.len());
    demultiplexer.push(
        Peer::Client,
        StreamEvent::Data(Chunk::plain(&sent, Stamp::default(), 0)),
        &mut |event| match event {
            Event::Placed { placed: Placed::Head(strings), .. } => {
                redacted.push(header_block(&blocks[redacted.len()], strings, names));
            }
            Event::Head(headed) => {
                let fields = headed.head.fields.list.iter();
                let sizes: Vec<_> = fields.map(|field| (length(&field.name), length(&field.value))).collect();
                told.push(format!("{sizes:?} and {} more", headed.head.fields.left_out));
            }
            Event::HeadBroken { fault, .. } => told.push(format!("{fault:?}")),
            _ => {}
        },
    );
    (told, redacted)
}

fn written(heads: &[Vec<Piece>]) -> Vec<Vec<u8>> {
    heads.iter().map(|pieces| pieces.iter().flat_map(Piece::written).collect()).collect()
}

fn lengths(blocks: &[Vec<u8>]) -> Vec<usize> {
    blocks.iter().map(Vec::len).collect()
}

proptest! {
    /// Whatever a head consists of, the same is read of it, and the same is wrong with it.
    #[test]
    fn the_same_is_read(heads in any_heads()) {
        let blocks = written(&heads);
        let mut names = Names::new(1_000);
        let (told, redacted) = read(&blocks, &mut names);
        prop_assert_eq!(lengths(&redacted), lengths(&blocks));
        let (told_again, _) = read(&redacted, &mut names);
        prop_assert_eq!(told, told_again);
    }

    /// Another decoder reads the same.
    #[test]
    fn others_read_the_same(heads in proper_heads()) {
        let blocks = written(&heads);
        let (_, redacted) = read(&blocks, &mut Names::new(1_000));
        let (mut before, mut after) = (loona_hpack::Decoder::new(), loona_hpack::Decoder::new());
        for (block, redacted) in blocks.iter().zip(&redacted) {
            let sizes = |fields: Vec<(Vec<u8>, Vec<u8>)>| -> Vec<_> {
                fields.iter().map(|(name, value)| (name.len(), value.len())).collect()
            };
            let read = before.decode(block).map(sizes);
            prop_assert!(read.is_ok(), "{read:?}");
            prop_assert_eq!(read.ok(), after.decode(redacted).map(sizes).ok());
        }
    }

    /// Nothing of a value is left that is no word of the protocol.
    #[test]
    fn values_are_gone(heads in any_heads(), secret in "[b-z]{8,20}", coded in prop::bool::ANY) {
        let coding = if coded { StringCoding::Huffman } else { StringCoding::Plain };
        let value = Text(secret.clone().into_bytes(), coding);
        let mut blocks = written(&heads);
        for name in [":path", ":authority", "cookie", "sec-websocket-protocol", "accept", "x-tenant"] {
            let name = Text(name.as_bytes().to_vec(), StringCoding::Huffman);
            blocks.push(Piece::Literal((0, 4), Err(name), value.clone()).written());
        }
        let (_, redacted) = read(&blocks, &mut Names::new(1_000));
        let coded = value.written();
        for block in redacted.iter().rev().take(6) {
            prop_assert!(!block.windows(secret.len()).any(|window| window == secret.as_bytes()));
            prop_assert!(!block.windows(coded.len()).any(|window| window == coded));
        }
    }
}

#[test]
fn a_head_says_what_it_said_about_the_protocol_and_nothing_else() {
    let field = |name: &str, value: &str, coding| {
        let text = |text: &str| Text(text.as_bytes().to_vec(), coding);
        Piece::Literal((0x40, 6), Err(text(name)), text(value))
    };
    for coding in [StringCoding::Plain, StringCoding::Huffman] {
        let head = [
            field(":method", "CONNECT", coding),
            field(":protocol", "websocket", coding),
            field(":scheme", "https", coding),
            field(":path", "/chat?token=s3cret-token", coding),
            field(":authority", "api.example.com:8443", coding),
            field("sec-websocket-version", "13", coding),
            field("x-acme-tenant", "acme-corporation", coding),
        ];
        let (_, redacted) = read(&written(&[head.to_vec()]), &mut Names::new(100));
        let fields = loona_hpack::Decoder::new().decode(&redacted[0]).unwrap();
        let shown: Vec<String> = fields
            .iter()
            .map(|(name, value)| {
                format!("{} {}", String::from_utf8_lossy(name), String::from_utf8_lossy(value))
            })
            .collect();
        let expected = [
            ":method CONNECT",
            ":protocol websocket",
            ":scheme https",
            ":path /noo1?nnno1=value-1noooo",
            ":authority host-1nnnnnnnoo:8443",
            "sec-websocket-version 13",
        ];
        assert_eq!(shown[..6], expected);
        assert!(shown[6].starts_with("header-1") && !shown[6].contains("acme"), "{}", shown[6]);
    }
}
