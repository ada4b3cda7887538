//! One WebSocket, from the end of its handshake: both sides' bytes to frames and messages.

use super::Out;
use super::event::Frame;
use super::frame::FrameReader;
use super::negotiated::{Extensions, Negotiated};
use super::shared::BothReaders;
use crate::model::{End, EndCause, Footprint, Limits, Peer, PerPeer, Stamp, StreamEvent};

/// How much to keep of what comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Bytes of a message to keep for [`Message::payload`](super::Message::payload).
    pub keep: u64,
    /// Bytes of a data frame to keep for [`Frame::payload`].
    pub preview: u64,
    /// [`Limits::message_bytes`], where inflating a message stops.
    pub message_bytes: u64,
}

impl Options {
    /// Keeps `keep` bytes of each message, previews of 64 bytes, and inflates as far as `limits` allow.
    pub const fn new(limits: &Limits, keep: u64) -> Self {
        Self { keep, preview: 64, message_bytes: limits.message_bytes }
    }
}

/// The default limits, and 64 bytes of each message.
impl Default for Options {
    fn default() -> Self {
        Self::new(&Limits::default(), 64)
    }
}

/// Reads one WebSocket. See the [module](super) for an example.
#[derive(Debug)]
pub struct WebSocket {
    readers: PerPeer<FrameReader>,
    shared: BothReaders,
}

impl WebSocket {
    /// What follows a handshake that agreed on `negotiated`.
    pub fn new(negotiated: &Negotiated, options: &Options) -> Self {
        Self {
            readers: PerPeer::from_fn(|peer| FrameReader::new(peer, *negotiated)),
            shared: BothReaders {
                frames: 0,
                messages: 0,
                foreign_extension: matches!(negotiated.extensions, Extensions::Seen { foreign: true, .. }),
                preview: options.preview,
                keep: options.keep,
                inflate_cap: options.message_bytes,
            },
        }
    }

    /// Takes what comes next from `from`. Any bytes will do: nothing here can fail.
    #[inline]
    pub fn push(&mut self, from: Peer, mut event: StreamEvent<'_>, out: &mut Out<'_>) {
        let Self { readers, shared } = self;
        let reader = readers.of_mut(from);
        match &mut event {
            StreamEvent::Data(chunk) => reader.push(chunk, shared, out),
            StreamEvent::Gap(gap) => reader.gap(*gap, shared, out),
            StreamEvent::End(end) => reader.end(*end, shared, out),
        }
    }

    /// Reports the frame of each side that is waiting for the rest of its payload, as it stands.
    pub fn waits(&self, out: &mut dyn FnMut(&Frame<'_>)) {
        for peer in Peer::BOTH {
            self.readers.of(peer).waits(out);
        }
    }

    /// Nothing follows: ends what has not ended, as at the end of a capture.
    pub fn finish(&mut self, stamp: Stamp, out: &mut Out<'_>) {
        for peer in Peer::BOTH {
            self.push(peer, StreamEvent::End(End::by_packet(EndCause::Open, stamp)), out);
        }
    }

    /// What it takes of memory.
    #[inline]
    pub fn footprint(&self) -> Footprint {
        Footprint::of::<Self>() + self.readers.client.footprint() + self.readers.server.footprint()
    }

    /// Touches what reading the next bytes of `from` needs, so that it is already on its way from memory.
    #[inline]
    pub(crate) fn glance(&self, from: Peer) -> u64 {
        self.readers.of(from).glance()
    }

    /// Frees memory that is not needed right now: the decompressors between two messages, which makes the next message
    /// slower. Nothing else changes.
    pub(crate) fn rest(&mut self) {
        self.readers.client.rest();
        self.readers.server.rest();
    }

    /// Frees what it can, at the cost of detail in the report: the context of compressed messages, and all but a
    /// preview of an unfinished message.
    pub(crate) fn shed(&mut self) {
        self.readers.client.shed();
        self.readers.server.shed();
    }
}
