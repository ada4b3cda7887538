//! tungstenite as a peer: `rust-peer client` talks to an echo server, `rust-peer server` is one.

use std::net::TcpListener;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::protocol::frame::Frame;
use tungstenite::{accept, connect, Error, Message, Result};

const ADDRESS: &str = "127.0.0.1:9765";

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

fn main() {
    let end = match std::env::args().nth(1).as_deref() {
        Some("server") => server(),
        Some("client") => client(),
        _ => panic!("rust-peer client|server"),
    };
    match end {
        Err(Error::ConnectionClosed) => {}
        other => panic!("{other:?}"),
    }
}
