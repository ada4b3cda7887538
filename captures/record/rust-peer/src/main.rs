//! tungstenite as a peer: `rust-peer client` talks to an echo server, `rust-peer server` is one.
//!
//! `rust-peer victim-server COUNT` and `rust-peer victim-client COUNT` have that many sessions with a peer
//! which offends; the library's error ends a session, and the socket is dropped. See `victims.py`.

use std::io::{Read, Write};
use std::net::TcpListener;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::protocol::frame::Frame;
use tungstenite::{accept, connect, Error, Message, Result, WebSocket};

const ADDRESS: &str = "127.0.0.1:9765";
const OFFENDER: &str = "127.0.0.1:9764";

fn server() -> Result<()> {
    let (stream, _) = TcpListener::bind(ADDRESS)?.accept()?;
    let mut socket = accept(stream).expect("handshake");
    loop {
        let message = socket.read()?;
        if message.is_text() || message.is_binary() {
            socket.send(message)?;
        }
    }
}

fn client() -> Result<()> {
    let (mut socket, _) = connect(format!("ws://{ADDRESS}/"))?;
    socket.send("Guten Morgen, schöne Grüße".into())?;
    socket.send(vec![0xA5; 300].into())?;
    let piece = |text: &'static str, opcode, last| Message::Frame(Frame::message(text, OpCode::Data(opcode), last));
    socket.send(piece("in two ", Data::Text, false))?;
    socket.send(piece("pieces", Data::Continue, true))?;
    socket.send(Message::Ping("from the client".into()))?;
    let mut outstanding = 4; // three echoes and the pong
    while outstanding > 0 {
        if !socket.read()?.is_ping() {
            outstanding -= 1;
        }
    }
    socket.close(None)?;
    loop {
        socket.read()?;
    }
}

/// Sends every message back until the session ends, for whatever reason.
fn suffer<S: Read + Write>(mut socket: WebSocket<S>) {
    while let Ok(message) = socket.read() {
        if (message.is_text() || message.is_binary()) && socket.send(message).is_err() {
            return;
        }
    }
}

fn victim_server(count: usize) -> Result<()> {
    let listener = TcpListener::bind(ADDRESS)?;
    for _ in 0..count {
        suffer(accept(listener.accept()?.0).expect("handshake"));
    }
    Ok(())
}

fn victim_client(count: usize) -> Result<()> {
    for _ in 0..count {
        let (mut socket, _) = connect(format!("ws://{OFFENDER}/"))?;
        socket.send("so far, so good".into())?;
        suffer(socket);
    }
    Ok(())
}

fn main() {
    let count = || std::env::args().nth(2).and_then(|count| count.parse().ok()).expect("a number");
    let end = match std::env::args().nth(1).as_deref() {
        Some("server") => server(),
        Some("client") => client(),
        Some("victim-server") => victim_server(count()),
        Some("victim-client") => victim_client(count()),
        _ => panic!("rust-peer client|server|victim-server COUNT|victim-client COUNT"),
    };
    match end {
        Ok(()) | Err(Error::ConnectionClosed) => {}
        other => panic!("{other:?}"),
    }
}
