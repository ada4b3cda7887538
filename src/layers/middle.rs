//! A connection that the capture begins inside of: is it HTTP/2?

use super::Out;
use super::http2::Http2;
use crate::http2::may_begin;
use crate::model::{Footprint, HeldChunk, Peer, StreamEvent};

/// Chunks that do not begin as frames of HTTP/2 do, and are held all the same, as the rest of a long one may come first.
const STRANGE: u32 = 2;
/// Chunks that are held at most. Few frames in a row show what they are.
const HELD: usize = 24;

/// What such a connection turns out to be.
pub(super) enum Recognized<'c> {
    /// HTTP/2, as far as it was read.
    Http2(Box<Http2>),
    /// Something else: what was held back, and what comes next.
    Http1(Vec<HeldChunk>, Option<StreamEvent<'c>>),
}

/// Looks for HTTP/2, and holds back what comes meanwhile.
#[derive(Debug, Default)]
pub(super) struct Middle {
    /// From the first chunk on that may be HTTP/2.
    http2: Option<Box<Http2>>,
    held: Vec<HeldChunk>,
    strange: u32,
}

impl Middle {
    /// Takes what comes next, or tells what it is.
    pub(super) fn push<'c>(
        &mut self,
        from: Peer,
        event: StreamEvent<'c>,
        begin: impl FnOnce() -> Http2,
        out: &mut Out<'_>,
    ) -> Option<Recognized<'c>> {
        let StreamEvent::Data(chunk) = event else {
            return Some(Recognized::Http1(std::mem::take(&mut self.held), Some(event)));
        };
        let may_begin = may_begin(chunk.bytes);
        self.strange += u32::from(!may_begin);
        if self.strange > STRANGE || self.held.len() >= HELD {
            return Some(Recognized::Http1(std::mem::take(&mut self.held), Some(event)));
        }
        self.held.push(chunk.hold(from));
        if self.http2.is_none() && may_begin {
            self.http2 = Some(Box::new(begin()));
        }
        let http2 = self.http2.as_mut()?;
        http2.push(from, event, out);
        self.http2.take_if(|http2| http2.is_certain()).map(Recognized::Http2)
    }

    /// What it takes of memory besides itself.
    pub(super) fn footprint(&self) -> Footprint {
        let held: usize = self.held.iter().map(HeldChunk::memory).sum();
        let http2 = self.http2.as_ref().map_or(Footprint::default(), |http2| http2.footprint());
        Footprint::of::<Self>().and_held(held) + http2
    }

    /// Frees memory that is not needed right now.
    pub(super) fn rest(&mut self) {
        self.http2.iter_mut().for_each(|http2| http2.rest());
    }
}
