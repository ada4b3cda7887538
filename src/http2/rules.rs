//! Which frames may come where they do (RFC 9113 §4.2, §5.1).

use super::StreamId;
use super::demultiplexer::Demultiplexer;
use super::frame::{FrameFault, FrameHeader, FrameType};
use super::side::Side;
use super::stream::opener;
use crate::model::Peer;

impl Demultiplexer {
    /// What makes it a frame that its sender may not send now.
    pub(super) fn misplaced(&self, from: Peer, header: FrameHeader) -> Option<FrameFault> {
        let FrameHeader { kind, stream, length, .. } = header;
        if length > self.sides.of(!from).most_of_frame(self.windows_known) {
            return Some(FrameFault::TooLarge);
        }
        let needs_stream = match kind {
            FrameType::Data | FrameType::RstStream | FrameType::PushPromise => true,
            FrameType::WindowUpdate => stream != StreamId(0),
            // Its peer is who begins it.
            FrameType::Headers => opener(stream) != from,
            // A head that they continue is told by itself; the others may come at any time.
            FrameType::Continuation
            | FrameType::Priority
            | FrameType::Settings
            | FrameType::Ping
            | FrameType::GoAway
            | FrameType::Other(_) => false,
        };
        if needs_stream && self.is_idle(from, stream) {
            return Some(FrameFault::IdleStream);
        }
        let has_ended = match self.streams.get(stream).filter(|_| kind == FrameType::Data) {
            Some(open) => *open.ended.of(from) && !self.sides.of(from).ended,
            None => kind == FrameType::Data && self.streams.has_finished(stream),
        };
        has_ended.then_some(FrameFault::EndedStream)
    }

    /// Whether the stream is one that nobody has begun when `from` sends something on it.
    fn is_idle(&self, from: Peer, stream: StreamId) -> bool {
        let begins = |side: &Side| side.block.as_ref().is_some_and(|block| block.stream == stream);
        let is_beginning = begins(&self.sides.client) || begins(&self.sides.server);
        let Side { received, .. } = *self.sides.of(!from);
        let place = self.sides.of(from).reached;
        // What began it may be among what its peer has sent and the capture shows later.
        let is_ahead = place
            .and_then(|place| place.acknowledged)
            .is_some_and(|up_to| opener(stream) != from && up_to > received + 1);
        // Beyond the cap nobody knows which streams were begun.
        self.streams.is_idle(stream) && !is_beginning && !is_ahead && !self.streams_told
    }
}
