//! One connection from its first byte to its last: HTTP, then frames.

use super::event::{Event, Wait};
use super::exchange::{Exchange, Next};
use super::extension::Deflate;
use super::frame::{FrameReader, Out, Shared};
use super::http::HeadLimits;
use super::message::Compression;
use super::upgrade::{Outcome, Upgrade};
use crate::model::{Chunk, End, EndCause, Gap, Limits, Peer, PerPeer, Stamp, StreamEvent};

/// How to follow a connection.
#[derive(Clone, Debug)]
pub struct Options {
    /// Bytes of a message to keep for [`Message::payload`](super::Message::payload).
    pub keep: u64,
    /// Bytes of a data frame to keep for [`Frame::payload`](super::Frame::payload).
    pub preview: u64,
    /// Sides whose stream the capture began inside of: there a familiar place is looked for, instead of expecting a
    /// head at once. Where it is both, the roles are found as well.
    pub midstream: PerPeer<bool>,
    /// [`Limits::head_lines`].
    pub head_lines: u64,
    /// [`Limits::head_line_bytes`].
    pub head_line_bytes: u64,
    /// [`Limits::message_bytes`], where inflating a message stops.
    pub message_bytes: u64,
}

impl Options {
    /// The options that `limits` stand for, keeping `keep` bytes of each message.
    pub const fn new(limits: &Limits, keep: u64) -> Self {
        Self {
            keep,
            preview: 64,
            midstream: PerPeer { client: false, server: false },
            head_lines: limits.head_lines,
            head_line_bytes: limits.head_line_bytes,
            message_bytes: limits.message_bytes,
        }
    }
}

/// The default limits, and previews of 64 bytes.
impl Default for Options {
    fn default() -> Self {
        Self::new(&Limits::default(), 64)
    }
}

#[derive(Debug)]
enum Phase {
    Http(Box<Http>),
    Frames(Box<Frames>),
    Ignored,
}

/// The HTTP part of a connection, and what the part with frames needs of it.
#[derive(Debug)]
struct Http {
    options: Options,
    exchange: Exchange,
    ended: PerPeer<Option<End>>,
}

/// The part with frames.
#[derive(Debug)]
struct Frames {
    readers: PerPeer<FrameReader>,
    shared: Shared,
}

/// Follows one connection. See the [module](super) for an example.
#[derive(Debug)]
pub struct Session {
    phase: Phase,
    /// The client is the side that the caller takes for the server.
    flipped: bool,
}

impl Session {
    /// A connection of which nothing was seen yet.
    pub fn new(options: Options) -> Self {
        let http = Http {
            exchange: Exchange::new(head_limits(&options), options.midstream, None),
            options,
            ended: PerPeer::default(),
        };
        Self { phase: Phase::Http(Box::new(http)), flipped: false }
    }

    /// Whether there is still something to learn from its bytes.
    pub const fn is_interested(&self) -> bool {
        !matches!(self.phase, Phase::Ignored)
    }

    /// Something of what reads the bytes of `from`, so that it is on its way from memory.
    #[inline]
    pub fn glance(&self, from: Peer) -> u64 {
        match &self.phase {
            Phase::Frames(frames) => frames.readers.of(if self.flipped { !from } else { from }).glance(),
            Phase::Http(_) | Phase::Ignored => 0,
        }
    }

    /// Bytes of memory that it takes with frames, even if it holds nothing.
    pub const LEAST_MEMORY: usize = size_of::<Self>() + size_of::<Frames>();

    /// Bytes of memory that it takes now, without what it holds.
    pub const fn least_memory(&self) -> usize {
        let phase = match self.phase {
            Phase::Http(_) => size_of::<Http>(),
            Phase::Frames(_) => size_of::<Frames>(),
            Phase::Ignored => 0,
        };
        size_of::<Self>() + phase
    }

    /// Bytes of memory that it holds besides, roughly: [`rest`](Self::rest) and [`shed`](Self::shed) give them back.
    #[inline]
    pub fn memory(&self) -> usize {
        match &self.phase {
            Phase::Http(http) => http.exchange.memory(),
            Phase::Frames(frames) => frames.readers.client.memory() + frames.readers.server.memory(),
            Phase::Ignored => 0,
        }
    }

    /// Bytes that [`rest`](Self::rest) would give back right now.
    pub fn idle_memory(&self) -> usize {
        match &self.phase {
            Phase::Frames(frames) => {
                frames.readers.client.idle_memory() + frames.readers.server.idle_memory()
            }
            Phase::Http(_) | Phase::Ignored => 0,
        }
    }

    /// Gives memory back that is not needed right now: a decompressor rests between two messages, so that the next
    /// one takes longer. Nothing else changes.
    pub fn rest(&mut self) {
        if let Phase::Frames(frames) = &mut self.phase {
            frames.readers.client.rest();
            frames.readers.server.rest();
        }
    }

    /// Gives back what it can, at the price of what is told: it is not interested any more in what is still HTTP, and of
    /// messages it forgets the context of their compression, and more of an unfinished one than a preview.
    pub fn shed(&mut self) {
        match &mut self.phase {
            Phase::Http(_) => self.phase = Phase::Ignored,
            Phase::Frames(frames) => {
                frames.readers.client.shed();
                frames.readers.server.shed();
            }
            Phase::Ignored => {}
        }
    }

    /// Takes what comes next from `from`. Any bytes will do: nothing here can fail.
    pub fn push(&mut self, from: Peer, event: StreamEvent<'_>, out: &mut Out<'_>) {
        let from = if self.flipped { !from } else { from };
        match event {
            StreamEvent::Data(chunk) => self.data(from, chunk, out),
            StreamEvent::Gap(gap) => self.gap(from, gap, out),
            StreamEvent::End(end) => self.end(from, end, out),
        }
    }

    fn data(&mut self, mut from: Peer, chunk: Chunk<'_>, out: &mut Out<'_>) {
        match &mut self.phase {
            Phase::Frames(frames) => frames.push(from, chunk, out),
            Phase::Http(http) => {
                if http.exchange.contradicts_roles(from, &chunk) {
                    http.exchange.flip();
                    self.flip(out);
                    from = !from;
                }
                self.feed(from, chunk, out);
            }
            Phase::Ignored => {}
        }
    }

    /// Gives bytes to whatever reads now.
    fn feed(&mut self, from: Peer, mut chunk: Chunk<'_>, out: &mut Out<'_>) {
        // A packet may lead through many tunnels, one in the other: they are no deeper than one.
        loop {
            match &mut self.phase {
                Phase::Http(http) => {
                    let (next, left) = http.exchange.push(from, chunk, out);
                    chunk = chunk.advance(chunk.bytes.len() - left);
                    let is_taken = self.turn(from, next, chunk, out);
                    if is_taken || left == 0 {
                        return;
                    }
                }
                Phase::Frames(frames) => return frames.push(from, chunk, out),
                Phase::Ignored => return,
            }
        }
    }

    fn flip(&mut self, out: &mut Out<'_>) {
        out(Event::Flipped);
        self.flipped = !self.flipped;
        if let Phase::Http(http) = &mut self.phase {
            std::mem::swap(&mut http.ended.client, &mut http.ended.server);
        }
    }

    /// Goes where the HTTP part leads. Whether it took `rest`, which the HTTP part left.
    fn turn(&mut self, mut from: Peer, next: Next, rest: Chunk<'_>, out: &mut Out<'_>) -> bool {
        match next {
            Next::Http => {}
            Next::Ignore => self.phase = Phase::Ignored,
            Next::Tunnel { target, client } => {
                let Phase::Http(http) = &mut self.phase else { return true };
                http.exchange = Exchange::new(head_limits(&http.options), PerPeer::default(), Some(target));
                for held in client {
                    self.feed(held.from, held.chunk(), out);
                }
            }
            Next::Frames { upgrade, held, searching, after_gap, flipped } => {
                if flipped {
                    self.flip(out);
                    from = !from;
                }
                let Phase::Http(http) = std::mem::replace(&mut self.phase, Phase::Ignored) else {
                    return true;
                };
                out(Event::Upgrade(&upgrade));
                let mut frames = Box::new(Frames::new(&http.options, &upgrade));
                for peer in Peer::BOTH.into_iter().filter(|peer| *searching.of(*peer)) {
                    frames.readers.of_mut(peer).search_first(after_gap);
                }
                for held in held {
                    frames.push(held.from, held.chunk(), out);
                }
                frames.push(from, rest, out);
                // An end that came while the bytes waited.
                for peer in Peer::BOTH {
                    if let Some(end) = *http.ended.of(peer) {
                        frames.end(peer, end, out);
                    }
                }
                self.phase = Phase::Frames(frames);
                return true;
            }
        }
        false
    }

    fn gap(&mut self, from: Peer, gap: Gap, out: &mut Out<'_>) {
        match &mut self.phase {
            Phase::Http(http) => {
                let next = http.exchange.gap(from, gap, out);
                let nothing = Chunk::plain(&[], gap.stamp, gap.extent.end);
                self.turn(from, next, nothing, out);
            }
            Phase::Frames(frames) => frames.readers.of_mut(from).gap(gap, &mut frames.shared, out),
            Phase::Ignored => {}
        }
    }

    fn end(&mut self, from: Peer, end: End, out: &mut Out<'_>) {
        match &mut self.phase {
            Phase::Http(http) => {
                let next = http.exchange.end(from, end, out);
                *http.ended.of_mut(from) = Some(end);
                let nothing = Chunk::plain(&[], end.stamp, 0);
                self.turn(from, next, nothing, out);
            }
            Phase::Frames(frames) => frames.end(from, end, out),
            Phase::Ignored => {}
        }
    }

    /// Tells what waits for the rest of itself, as it stands.
    pub fn waits(&self, out: &mut dyn FnMut(Wait<'_>)) {
        match &self.phase {
            Phase::Http(http) => http.exchange.waits(out),
            Phase::Frames(frames) => Peer::BOTH.iter().for_each(|peer| frames.readers.of(*peer).waits(out)),
            Phase::Ignored => {}
        }
    }

    /// Nothing follows: ends what has not ended, as at the end of a capture.
    pub fn finish(&mut self, stamp: Stamp, out: &mut Out<'_>) {
        for peer in Peer::BOTH {
            self.push(peer, StreamEvent::End(End::by_packet(EndCause::Open, stamp)), out);
        }
        self.phase = Phase::Ignored;
    }
}

const fn head_limits(options: &Options) -> HeadLimits {
    HeadLimits { lines: options.head_lines, line_bytes: options.head_line_bytes }
}

impl Frames {
    /// What follows `upgrade`.
    fn new(options: &Options, upgrade: &Upgrade) -> Self {
        let accepted = upgrade.accepted();
        let deflate = accepted.iter().find(|extension| extension.is_deflate()).map(Deflate::accepted);
        let compression = |from| match deflate {
            _ if upgrade.outcome == Outcome::Unseen => Compression::Unknown,
            None => Compression::Off,
            Some(Deflate { client, server }) => {
                Compression::Deflate(if from == Peer::Client { client } else { server })
            }
        };
        Self {
            readers: PerPeer::from_fn(|peer| FrameReader::new(peer, compression(peer))),
            shared: Shared {
                frames: 0,
                messages: 0,
                foreign_extension: accepted.iter().any(|extension| !extension.is_deflate()),
                preview: options.preview,
                keep: options.keep,
                inflate_cap: options.message_bytes,
            },
        }
    }

    fn push(&mut self, from: Peer, chunk: Chunk<'_>, out: &mut Out<'_>) {
        self.readers.of_mut(from).push(chunk, &mut self.shared, out);
    }

    fn end(&mut self, from: Peer, end: End, out: &mut Out<'_>) {
        self.readers.of_mut(from).end(end, &mut self.shared, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_in_the_middle_is_told_in_the_order_in_which_it_came() {
        let options = Options { midstream: PerPeer { client: true, server: true }, ..Options::default() };
        let mut session = Session::new(options);
        let mut told = Vec::new();
        let masked: Vec<u8> = b"\x81\x8b\x12\x90\x3c\xe7"
            .iter()
            .copied()
            .chain(
                b"hello there"
                    .iter()
                    .zip([0x12, 0x90, 0x3c, 0xe7].iter().cycle())
                    .map(|(byte, key)| byte ^ key),
            )
            .collect();
        // All with one stamp, as where nobody knows of packets.
        for (from, bytes) in [
            (Peer::Server, &b"\x81\x05Hello"[..]),
            (Peer::Client, &masked),
            (Peer::Server, b"\x81\x0bhow are you"),
        ] {
            let chunk = Chunk::plain(bytes, Stamp::default(), 0);
            session.push(from, StreamEvent::Data(chunk), &mut |event| {
                if let Event::Frame(frame) = event {
                    told.push(frame.from);
                }
            });
        }
        assert_eq!(told, [Peer::Server, Peer::Client, Peer::Server]);
    }
}
