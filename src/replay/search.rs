//! Looks through all payloads of a capture, in steps.

use super::needle::Needle;
use crate::analyzer::{Analyzer, Config, Output};
use crate::capture::{Captured, Files, Progress, Source};
use crate::model::{PacketNumber, Peer, SessionId};
use crate::ws::Opcode;

/// A search in progress. Drop it to cancel it.
pub struct Search {
    files: Files,
    analyzer: Analyzer,
    needle: Needle,
    is_over: bool,
}

/// A payload in which something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The session.
    pub session: SessionId,
    /// The frame: of a message its first one.
    pub frame: u64,
    /// The message, unless it is a control frame.
    pub message: Option<u64>,
    /// Who sent it.
    pub from: Peer,
    /// The packet with the first byte of the frame.
    pub packet: PacketNumber,
    /// Where it was found first, in bytes of the message after inflating, or of the control frame, from 0.
    pub offset: u64,
    /// How many bytes it has.
    pub length: u64,
}

impl Search {
    pub(super) fn new(files: Files, config: &Config, needle: Needle) -> Self {
        let config = Config { keep: config.limits.message_bytes, ..config.clone() };
        Self { files, analyzer: Analyzer::new(config), needle, is_over: false }
    }

    /// Reads that many more packets. Returns what was found in them, `None` when everything was read.
    pub fn step(&mut self, packets: usize) -> Option<Vec<Hit>> {
        if self.is_over {
            return None;
        }
        let Self { files, analyzer, needle, is_over } = self;
        let mut hits = Vec::new();
        let mut look = |output: &Output<'_>| hits.extend(hit(needle, output));
        for _ in 0..packets {
            match files.next() {
                Ok(Some(Captured::Packet(packet))) => analyzer.push(&packet, &mut look),
                // What is wrong with an input was told when it was loaded.
                Ok(Some(Captured::Drops(_) | Captured::Clock(_))) | Err(_) => {}
                Ok(None) => {
                    *is_over = true;
                    analyzer.finish(&mut look);
                    break;
                }
            }
        }
        Some(hits)
    }

    /// How much was looked through.
    pub fn progress(&self) -> Progress {
        self.files.progress()
    }
}

fn hit(needle: &Needle, output: &Output<'_>) -> Option<Hit> {
    let (session, frame, message, from, first, payload) = match output {
        Output::Message(place, message) => {
            let number = Some(message.number);
            (place.session, message.first_frame, number, message.from, message.first, message.payload)
        }
        Output::Frame(place, frame)
            if matches!(frame.header.opcode, Opcode::Ping | Opcode::Pong | Opcode::Close) =>
        {
            (place.session, frame.number, None, frame.from, frame.first, frame.payload)
        }
        _ => return None,
    };
    let (offset, length) = needle.find(payload)?;
    let (offset, length) = (offset as u64, length as u64);
    Some(Hit { session, frame, message, from, packet: first.packet, offset, length })
}
