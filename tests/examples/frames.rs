//! Frames and messages from bytes after a handshake: of a proxy, a log, a test. Needs no feature of the crate.
//!
//! `cargo run --example frames`

use wsight::model::{Chunk, Peer, Stamp, StreamEvent};
use wsight::ws::{Event, Extensions, Negotiated, Options, WebSocket};

fn main() {
    // What the server's 101 said: no extension.
    let negotiated = Negotiated::new(Extensions::Seen { deflate: None, foreign: false });
    let mut websocket = WebSocket::new(&negotiated, &Options::default());
    let mut push = |from, bytes: &[u8]| {
        let chunk = Chunk::plain(bytes, Stamp::default(), 0);
        websocket.push(from, StreamEvent::Data(chunk), &mut |event| match event {
            Event::Frame(frame) => {
                println!("{}: {} of {} bytes", frame.from, frame.header.opcode, frame.header.length);
            }
            Event::Message(message) => println!("  \"{}\"", String::from_utf8_lossy(message.payload)),
            _ => {}
        });
    };
    // RFC 6455 §5.7: a masked text in two pieces, a ping in between of the other side.
    push(Peer::Client, b"\x81\x85\x37\xfa\x21\x3d\x7f");
    push(Peer::Server, b"\x89\x05Hello");
    push(Peer::Client, b"\x9f\x4d\x51\x58");
}
