//! A frame header as RFC 6455 §5.2 draws it, with what its bits mean here.

use super::super::model::Model;
use super::super::text::{thousands, wrap};
use super::super::theme::Role;
use super::paint::{plain, span};
use crate::model::Peer;
use crate::ws::{FrameHeader, LengthForm, Opcode};
use ratatui::text::Line;
use std::fmt::Write;

/// Columns of the drawing.
const DRAWING: usize = 33;

/// The header of a frame that `from` sent.
pub(super) fn lines(model: &Model, header: &FrameHeader, from: Peer, width: usize) -> Vec<Line<'static>> {
    let theme = model.theme;
    let second = match header.form {
        LengthForm::Bits7 => u8::try_from(header.length).unwrap_or(0),
        LengthForm::Bits16 => 126,
        LengthForm::Bits64 => 127,
    };
    let bit = |on: bool| if on { '1' } else { '0' };
    let rsv: Vec<char> = [4, 2, 1].iter().map(|mask| bit(header.rsv & mask != 0)).collect();
    let spaced = |value: u8, bits: u8| {
        (0..bits).rev().map(|at| bit(value >> at & 1 != 0).to_string()).collect::<Vec<_>>().join(" ")
    };
    let values = format!(
        "|{}|{}|{}|{}|",
        bit(header.fin),
        rsv.iter().map(char::to_string).collect::<Vec<_>>().join("|"),
        spaced(header.opcode.bits(), 4),
        bit(header.mask.is_some()),
    ) + &spaced(second, 7)
        + "|";
    let drawing = [
        " 0                   1          ".to_owned(),
        " 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 ".to_owned(),
        "+-+-+-+-+-------+-+-------------+".to_owned(),
        "|F|R|R|R| opcode|M| Payload len |".to_owned(),
        "|I|S|S|S|  (4)  |A|     (7)     |".to_owned(),
        "|N|V|V|V|       |S|             |".to_owned(),
        values,
        "+-+-+-+-+-------+-+-------------+".to_owned(),
    ];
    let meanings = meanings(header, from, second);
    let mut lines = vec![Line::from(span(theme, Role::Title, " Header, RFC 6455 §5.2"))];
    let is_beside = width >= DRAWING + 43;
    let rows = if is_beside { drawing.len().max(meanings.len()) } else { drawing.len() };
    for at in 0..rows {
        let drawn = drawing.get(at).cloned().unwrap_or_default();
        let role = if at == 6 { Role::Strong } else { Role::Faint };
        let mut line = vec![span(theme, role, format!(" {drawn:<DRAWING$}"))];
        if let Some(meaning) = meanings.get(at).filter(|_| is_beside) {
            line.push(plain(format!("  {meaning}")));
        }
        lines.push(Line::from(line));
    }
    if !is_beside {
        for meaning in meanings {
            lines.extend(
                wrap(&meaning, width.saturating_sub(3))
                    .into_iter()
                    .map(|line| Line::from(format!("  {line}"))),
            );
        }
    }
    lines
}

fn meanings(header: &FrameHeader, from: Peer, second: u8) -> Vec<String> {
    let mut meanings = vec![
        format!(
            "FIN {}     {}",
            u8::from(header.fin),
            if header.fin { "the last frame of its message" } else { "more frames of its message follow" }
        ),
        match header.rsv {
            0 => "RSV 000   no extension at work".to_owned(),
            FrameHeader::RSV1 => "RSV 100   RSV1: compressed (RFC 7692 §6)".to_owned(),
            rsv => format!("RSV {rsv:03b}   reserved bits are set"),
        },
        format!("opcode    {:#x} {}", header.opcode.bits(), name(header.opcode)),
        match (header.mask.is_some(), from) {
            (true, Peer::Client) => "MASK 1    masked, as a client must".to_owned(),
            (false, Peer::Server) => "MASK 0    not masked, as a server must".to_owned(),
            (true, Peer::Server) => "MASK 1    masked, which a server must not".to_owned(),
            (false, Peer::Client) => "MASK 0    not masked, which a client must".to_owned(),
        },
    ];
    meanings.push(match header.form {
        LengthForm::Bits7 => format!("length    {second}"),
        LengthForm::Bits16 => {
            format!("length    {second}: in the next 16 bits: {}", thousands(header.length))
        }
        LengthForm::Bits64 => {
            format!("length    {second}: in the next 64 bits: {}", thousands(header.length))
        }
    });
    if !header.is_minimal() {
        meanings.push("          ! a shorter form would have done".to_owned());
    }
    if let Some(key) = header.mask {
        let mut hex = String::new();
        for byte in key {
            // Writing to a String cannot fail.
            let _ = write!(hex, " {byte:02x}");
        }
        meanings.push(format!("key      {hex}"));
    }
    meanings.push(format!("size      {} bytes on the wire", header.size()));
    meanings
}

fn name(opcode: Opcode) -> String {
    match opcode {
        Opcode::Reserved(_) if opcode.is_control() => "reserved, control".to_owned(),
        Opcode::Reserved(_) => "reserved".to_owned(),
        Opcode::Close | Opcode::Ping | Opcode::Pong => format!("{opcode}, a control frame"),
        Opcode::Continuation | Opcode::Text | Opcode::Binary => opcode.to_string(),
    }
}
