//! The bytes of HTTP/2 frames, but for what DATA frames hold.

use super::step::Http2;
use loona_hpack::Encoder;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;

/// What a side compresses its heads with, which remembers what it has sent.
pub struct Heads(Encoder<'static>);

impl Heads {
    /// One that remembers nothing.
    pub fn new() -> Self {
        Self(Encoder::new())
    }
}

/// One frame.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a payload is small").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The frames of `sent`; `content` is what the DATA frames among them hold.
pub fn bytes(sent: &Http2, content: &[u8], heads: &mut Heads) -> Vec<u8> {
    let flag = |set: bool, flag: u8| if set { flag } else { 0 };
    let listed = |settings: &[(u16, u32)]| {
        let bytes =
            settings.iter().map(|(name, value)| [&name.to_be_bytes()[..], &value.to_be_bytes()].concat());
        bytes.collect::<Vec<_>>().concat()
    };
    match sent {
        Http2::Preface { settings } => {
            [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &frame(SETTINGS, 0, 0, &listed(settings))].concat()
        }
        Http2::Settings { ack, settings } => frame(SETTINGS, flag(*ack, ACK), 0, &listed(settings)),
        Http2::Head { stream, end, pieces, fields } => {
            let block =
                heads.0.encode(fields.iter().map(|(name, value)| (name.as_bytes(), value.as_slice())));
            let mut pieces: Vec<&[u8]> = block.chunks(block.len().div_ceil(*pieces).max(1)).collect();
            let last = pieces.pop().unwrap_or_default();
            let mut kind = (HEADERS, flag(*end, END_STREAM));
            let mut bytes = Vec::new();
            for piece in pieces {
                bytes.extend(frame(kind.0, kind.1, *stream, piece));
                kind = (CONTINUATION, 0);
            }
            bytes.extend(frame(kind.0, kind.1 | END_HEADERS, *stream, last));
            bytes
        }
        Http2::Data { stream, end, padding, size, .. } => {
            let mut pieces: Vec<&[u8]> = content.chunks(size.unwrap_or(16_384)).collect();
            let last = pieces.pop().unwrap_or_default();
            let padded = |piece: &[u8]| match padding {
                Some(count) => [&[*count], piece, &vec![0; usize::from(*count)]].concat(),
                None => piece.to_vec(),
            };
            let flags = flag(padding.is_some(), PADDED);
            let mut bytes: Vec<u8> =
                pieces.into_iter().flat_map(|piece| frame(DATA, flags, *stream, &padded(piece))).collect();
            bytes.extend(frame(DATA, flags | flag(*end, END_STREAM), *stream, &padded(last)));
            bytes
        }
        Http2::Reset { stream, code } => frame(RST_STREAM, 0, *stream, &code.to_be_bytes()),
        Http2::GoAway { last, code, debug } => {
            frame(GOAWAY, 0, 0, &[&last.to_be_bytes()[..], &code.to_be_bytes(), debug].concat())
        }
        Http2::Window { stream, bytes } => frame(WINDOW_UPDATE, 0, *stream, &bytes.to_be_bytes()),
        Http2::Frame { kind, flags, stream, payload } => frame(*kind, *flags, *stream, payload),
    }
}
