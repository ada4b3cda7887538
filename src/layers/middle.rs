//! A connection that the capture begins inside of: is it HTTP/2?

use super::Out;
use super::http2::Http2;
use super::input::{LayerInput, hold};
use crate::http2::may_begin;
use crate::model::{Footprint, Peer, StreamEvent};
use crate::ws::{Looks, looks_like};

/// Chunks that do not begin as frames of HTTP/2 do, and are held all the same, as the rest of a long one may come first: where the
/// capture begins, and after each gap.
const STRANGE: u32 = 2;
/// Chunks and gaps that are held at most. Few frames in a row show what they are.
const HELD: usize = 24;

/// What such a connection turns out to be.
pub(super) enum Recognized<'c> {
    /// HTTP/2, as far as it was read.
    Http2(Box<Http2>),
    /// Something else: what was held back, and what comes next.
    Http1(Vec<LayerInput<'static>>, StreamEvent<'c>),
}

/// Whether `bytes` begin with a head of HTTP/1.x.
fn begins_head(bytes: &[u8]) -> bool {
    matches!(looks_like(bytes), Some(Looks::HttpRequest | Looks::HttpResponse))
}

/// Looks for HTTP/2, and holds back what comes meanwhile.
#[derive(Debug, Default)]
pub(super) struct Middle {
    /// From the first chunk on that may be HTTP/2.
    http2: Option<Box<Http2>>,
    held: Vec<LayerInput<'static>>,
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
        let may_begin = match event {
            StreamEvent::Data(chunk) if self.http2.is_none() && begins_head(chunk.bytes) => {
                return Some(self.http1(event));
            }
            StreamEvent::Data(chunk) => {
                let may_begin = may_begin(chunk.bytes);
                self.strange += u32::from(!may_begin);
                may_begin
            }
            StreamEvent::Gap(_) => {
                self.strange = 0;
                false
            }
            StreamEvent::End(_) => return Some(self.http1(event)),
        };
        if self.strange > STRANGE || self.held.len() >= HELD {
            return Some(self.http1(event));
        }
        self.held.push(hold(from, event));
        if self.http2.is_none() && may_begin {
            self.http2 = Some(Box::new(begin()));
        }
        let http2 = self.http2.as_mut()?;
        http2.push(from, event, out);
        self.http2.take_if(|http2| http2.is_certain()).map(Recognized::Http2)
    }

    /// What was held back, for another layer.
    pub(super) fn give_back(&mut self) -> Vec<LayerInput<'static>> {
        std::mem::take(&mut self.held)
    }

    /// It is something else.
    fn http1<'c>(&mut self, event: StreamEvent<'c>) -> Recognized<'c> {
        Recognized::Http1(self.give_back(), event)
    }

    /// What it takes of memory besides itself.
    pub(super) fn footprint(&self) -> Footprint {
        let held: usize = self.held.iter().map(LayerInput::memory).sum();
        let http2 = self.http2.as_ref().map_or(Footprint::default(), |http2| http2.footprint());
        Footprint::of::<Self>().and_held(held) + http2
    }

    /// Frees memory that is not needed right now.
    pub(super) fn rest(&mut self) {
        self.http2.iter_mut().for_each(|http2| http2.rest());
    }
}
