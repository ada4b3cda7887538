//! How long pongs took, where they are printed.

use crate::model::{PerPeer, Timestamp};
use crate::ws::{Frame, Opcode};
use std::collections::VecDeque;
use std::time::Duration;

/// Pings of one side that wait for their pong, as far as round trips are shown.
const KEPT: usize = 16;

/// The pings of a session that wait for their pongs. Boxed, as most sessions have none.
#[derive(Debug, Default)]
pub(super) struct OpenPings(Option<Box<PerPeer<VecDeque<SentPing>>>>);

/// The payload of a ping, and when it was sent.
type SentPing = (Box<[u8]>, Timestamp);

impl OpenPings {
    /// The time since the ping that a frame answers, if it is a pong that answers one and that is known; as for sentences.
    pub(super) fn round_trip(&mut self, frame: &Frame<'_>) -> Option<Duration> {
        match frame.header.opcode {
            Opcode::Ping => {
                let waiting = self.0.get_or_insert_default().of_mut(frame.from);
                if waiting.len() == KEPT {
                    waiting.pop_front();
                }
                waiting.push_back((frame.payload.into(), frame.last.time));
                None
            }
            Opcode::Pong => {
                let waiting = self.0.as_mut()?.of_mut(!frame.from);
                let at = waiting.iter().rposition(|(payload, _)| **payload == *frame.payload)?;
                let (_, asked) = waiting.drain(..=at).next_back()?;
                frame.first.time.told_since(asked)
            }
            Opcode::Continuation | Opcode::Text | Opcode::Binary | Opcode::Close | Opcode::Reserved(_) => {
                None
            }
        }
    }
}
