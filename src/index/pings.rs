//! Which ping a pong answers, for its round trip (RFC 6455 §5.5.3).

use crate::model::{Peer, PerPeer, Timestamp};
use std::collections::VecDeque;
use std::time::Duration;

/// Pings that wait for their pong, of each side of a session. More than that many mean that nobody answers.
const KEPT: usize = 64;

/// A ping or a pong: the hash of its payload says which belong together, so that the payload is not kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PingOrPong {
    pub(super) payload: u64,
    /// Of a ping when it was complete, of a pong when it began.
    pub(super) time: Timestamp,
    pub(super) is_pong: bool,
}

/// The pings of one session that nobody has answered.
#[derive(Clone, Debug, Default)]
pub(super) struct UnansweredPings(PerPeer<VecDeque<(u64, Timestamp)>>);

impl UnansweredPings {
    /// Bytes allocated.
    pub(super) fn bytes_held(&self) -> usize {
        (self.0.client.capacity() + self.0.server.capacity()) * size_of::<(u64, Timestamp)>()
    }

    /// Takes the next one, sent by `from`. Returns the round trip if it is a pong that answers a ping, and that is known.
    pub(super) fn take(&mut self, from: Peer, beat: PingOrPong) -> Option<Duration> {
        if !beat.is_pong {
            let waiting = self.0.of_mut(from);
            if waiting.len() == KEPT {
                waiting.pop_front();
            }
            waiting.push_back((beat.payload, beat.time));
            return None;
        }
        let waiting = self.0.of_mut(!from);
        let index = waiting.iter().rposition(|(payload, _)| *payload == beat.payload)?;
        // A pong may answer just the most recent ping: those before it are answered with it.
        let (_, sent) = waiting.drain(..=index).next_back()?;
        beat.time.passed_since(sent)
    }
}
