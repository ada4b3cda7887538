//! The beginning of a connection, or of what a tunnel carries: what is it?

use super::Out;
use super::event::Event;
use super::input::LayerInput;
use super::proxy::{self, ProxyHeader};
use crate::http2::{self, FrameHeader, PREFACE};
use crate::model::{Footprint, HeldChunk, LayerShortage, Peer, StreamEvent};
use crate::tls::{Beginning, beginning};

/// What the client's first bytes begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FirstProtocol {
    /// What follows a PROXY protocol header, which was taken.
    Proxy,
    /// SOCKS 4 or 5, it seems.
    Socks,
    /// A `ClientHello` of TLS.
    Tls,
    /// HTTP/2, by prior knowledge or by what TLS agreed on.
    Http2,
    /// HTTP/2, of which the capture has the server alone.
    Http2OfServer,
    /// HTTP/1.x, or something else that its reader will name.
    Http,
    /// Nobody knows: the capture misses bytes where it begins.
    Lost,
}

/// Holds the client's first bytes until it is known what they begin. Whatever else comes first settles it.
#[derive(Debug, Default)]
pub(super) struct Opening {
    bytes: Vec<u8>,
    held: Vec<LayerInput<'static>>,
    /// Bytes of the server among those.
    server_bytes: u64,
    /// The capture misses bytes of a server that spoke first.
    has_gap: bool,
}

impl Opening {
    /// Takes what comes next, or tells what follows: what was held back, and what of `event` lies after the
    /// beginning. Of a server that speaks first no more than `most` bytes are held.
    pub(super) fn push<'c>(
        &mut self,
        from: Peer,
        event: StreamEvent<'c>,
        most: u64,
        out: &mut Out<'_>,
    ) -> Option<(FirstProtocol, Vec<LayerInput<'static>>, StreamEvent<'c>)> {
        let chunk = match event {
            StreamEvent::Data(chunk) => chunk,
            // What the client says first shows all the same what it is.
            StreamEvent::Gap(gap) if from == Peer::Server && self.server_bytes < most => {
                self.has_gap = true;
                self.held.push(LayerInput::Now(from, StreamEvent::Gap(gap)));
                return None;
            }
            StreamEvent::Gap(_) if from == Peer::Client => {
                return Some(self.leave(FirstProtocol::Lost, event));
            }
            StreamEvent::Gap(_) | StreamEvent::End(_) => {
                return Some(self.leave(self.without_client(), event));
            }
        };
        if from == Peer::Server {
            // A server of HTTP/2 need not wait for the client to say something.
            let first = self.of_server().flat_map(|held| held.chunk().bytes).chain(chunk.bytes);
            let first: Vec<u8> = first.take(FrameHeader::SIZE).copied().collect();
            let may_be_http2 = self.has_gap || http2::may_begin_with_settings(&first);
            if may_be_http2 && self.server_bytes < most {
                self.server_bytes += chunk.bytes.len() as u64;
                self.held.push(LayerInput::Held(chunk.hold(from)));
                return None;
            }
            let begins = if may_be_http2 { self.without_client() } else { FirstProtocol::Http };
            // What is known by then for what it is loses nothing.
            if may_be_http2 && begins != FirstProtocol::Http2OfServer {
                out(Event::LimitReached {
                    on: None,
                    shortage: LayerShortage::EarlyBytes,
                    stamp: chunk.stamp,
                });
            }
            return Some(self.leave(begins, event));
        }
        let had = self.bytes.len();
        let bytes = if had == 0 {
            chunk.bytes
        } else {
            self.bytes.extend_from_slice(chunk.split_at(proxy::LONGEST).0.bytes);
            &self.bytes
        };
        let is_http2 = bytes.starts_with(PREFACE);
        let header = if PREFACE.starts_with(bytes) { ProxyHeader::More } else { proxy::header(bytes) };
        let tls = beginning(bytes);
        if is_http2 {
            return Some(self.leave(FirstProtocol::Http2, event));
        }
        match header {
            ProxyHeader::None if tls == Beginning::Unknown => {
                if had == 0 {
                    self.bytes.extend_from_slice(chunk.bytes);
                }
                self.held.push(LayerInput::Held(chunk.hold(from)));
                None
            }
            ProxyHeader::None if tls == Beginning::ClientHello => Some(self.leave(FirstProtocol::Tls, event)),
            ProxyHeader::More => {
                if had == 0 {
                    self.bytes.extend_from_slice(chunk.bytes);
                }
                self.held.push(LayerInput::Held(chunk.hold(from)));
                None
            }
            ProxyHeader::Whole(length) => {
                self.held.retain(|held| held.from() == Peer::Server);
                let rest = StreamEvent::Data(chunk.advance(length.saturating_sub(had)));
                Some(self.leave(FirstProtocol::Proxy, rest))
            }
            ProxyHeader::None => {
                let first = self.bytes.first().or_else(|| chunk.bytes.first());
                let begins =
                    if matches!(first, Some(4 | 5)) { FirstProtocol::Socks } else { FirstProtocol::Http };
                Some(self.leave(begins, event))
            }
        }
    }

    /// What it is as far as the server alone shows it. One that begins as those of HTTP/2 do has a client, whose words are not in
    /// the capture.
    fn without_client(&self) -> FirstProtocol {
        let first: Vec<u8> =
            self.of_server().flat_map(|held| held.chunk().bytes).take(FrameHeader::SIZE).copied().collect();
        let is_whole = self.bytes.is_empty() && !self.has_gap && first.len() == FrameHeader::SIZE;
        if is_whole && http2::may_begin_with_settings(&first) {
            FirstProtocol::Http2OfServer
        } else {
            FirstProtocol::Http
        }
    }

    /// What the server said before the client did.
    fn of_server(&self) -> impl Iterator<Item = &HeldChunk> {
        self.held.iter().filter_map(|held| match held {
            LayerInput::Held(held) => Some(held).filter(|held| held.from == Peer::Server),
            LayerInput::Now(..) => None,
        })
    }

    fn leave<'c>(
        &mut self,
        begins: FirstProtocol,
        event: StreamEvent<'c>,
    ) -> (FirstProtocol, Vec<LayerInput<'static>>, StreamEvent<'c>) {
        (begins, std::mem::take(&mut self.held), event)
    }

    /// What it takes of memory.
    pub(super) fn footprint(&self) -> Footprint {
        Footprint::of::<Self>().and_held(self.held_bytes())
    }

    fn held_bytes(&self) -> usize {
        self.bytes.capacity() + self.held.iter().map(LayerInput::memory).sum::<usize>()
    }
}
