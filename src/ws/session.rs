//! One connection from its first byte to its last: HTTP, then frames.

use super::event::{Event, Wait};
use super::exchange::{Exchange, Next};
use super::extension::{Deflate, Extension};
use super::frame::{FrameReader, Numbers, Out, Setup};
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
    Http(Box<Exchange>),
    Frames(Box<PerPeer<FrameReader>>),
    Ignored,
}

/// Follows one connection. See the [module](super) for an example.
#[derive(Debug)]
pub struct Session {
    options: Options,
    phase: Phase,
    numbers: Numbers,
    /// The client is the side that the caller takes for the server.
    flipped: bool,
    /// Bytes of each direction's stream so far, gaps included.
    position: PerPeer<u64>,
    ended: PerPeer<Option<End>>,
}

impl Session {
    /// A connection of which nothing was seen yet.
    pub fn new(options: Options) -> Self {
        let exchange = Exchange::new(head_limits(&options), options.midstream, None);
        Self {
            options,
            phase: Phase::Http(Box::new(exchange)),
            numbers: Numbers::default(),
            flipped: false,
            position: PerPeer::default(),
            ended: PerPeer::default(),
        }
    }

    /// Whether there is still something to learn from its bytes.
    pub const fn is_interested(&self) -> bool {
        !matches!(self.phase, Phase::Ignored)
    }

    /// Whether the client turned out to be the side that was taken for the server: events name the right one.
    pub const fn is_flipped(&self) -> bool {
        self.flipped
    }

    /// Something of what reads the bytes of `from`, so that it is on its way from memory.
    #[inline]
    pub fn glance(&self, from: Peer) -> u64 {
        match &self.phase {
            Phase::Frames(readers) => readers.of(if self.flipped { !from } else { from }).glance(),
            Phase::Http(_) | Phase::Ignored => 0,
        }
    }

    /// Bytes of memory that it takes even if it holds nothing.
    pub const LEAST_MEMORY: usize = {
        let (exchange, readers) = (size_of::<Exchange>(), size_of::<PerPeer<FrameReader>>());
        size_of::<Self>() + if exchange > readers { exchange } else { readers }
    };

    /// Bytes of memory that it holds besides, roughly: [`rest`](Self::rest) and [`shed`](Self::shed) give them back.
    pub fn memory(&self) -> usize {
        match &self.phase {
            Phase::Http(exchange) => exchange.memory(),
            Phase::Frames(readers) => readers.client.memory() + readers.server.memory(),
            Phase::Ignored => 0,
        }
    }

    /// Bytes that [`rest`](Self::rest) would give back right now.
    pub fn idle_memory(&self) -> usize {
        match &self.phase {
            Phase::Frames(readers) => readers.client.idle_memory() + readers.server.idle_memory(),
            Phase::Http(_) | Phase::Ignored => 0,
        }
    }

    /// Gives memory back that is not needed right now: a decompressor rests between two messages, so that the next
    /// one takes longer. Nothing else changes.
    pub fn rest(&mut self) {
        if let Phase::Frames(readers) = &mut self.phase {
            readers.client.rest();
            readers.server.rest();
        }
    }

    /// Gives back what it can, at the price of what is told: it is not interested any more in what is still HTTP, and of
    /// messages it forgets the context of their compression, and more of an unfinished one than a preview.
    pub fn shed(&mut self) {
        match &mut self.phase {
            Phase::Http(_) => self.phase = Phase::Ignored,
            Phase::Frames(readers) => {
                readers.client.shed();
                readers.server.shed();
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
        if let Phase::Http(exchange) = &mut self.phase
            && exchange.contradicts_roles(from, &chunk)
        {
            exchange.flip();
            self.flip(out);
            from = !from;
        }
        *self.position.of_mut(from) += chunk.bytes.len() as u64;
        self.feed(from, chunk, out);
    }

    /// Gives bytes that are counted already to whatever reads now.
    fn feed(&mut self, from: Peer, chunk: Chunk<'_>, out: &mut Out<'_>) {
        match &mut self.phase {
            Phase::Http(exchange) => {
                let (next, left) = exchange.push(from, chunk, out);
                self.turn(from, next, chunk, left, out);
            }
            Phase::Frames(readers) => readers.of_mut(from).push(chunk, &mut self.numbers, out),
            Phase::Ignored => {}
        }
    }

    fn flip(&mut self, out: &mut Out<'_>) {
        out(Event::Flipped);
        self.flipped = !self.flipped;
        std::mem::swap(&mut self.position.client, &mut self.position.server);
        std::mem::swap(&mut self.ended.client, &mut self.ended.server);
    }

    /// Goes where the HTTP part leads. `left` bytes of `chunk` were not taken yet.
    fn turn(&mut self, mut from: Peer, next: Next, chunk: Chunk<'_>, left: usize, out: &mut Out<'_>) {
        match next {
            Next::Http => {}
            Next::Ignore => self.phase = Phase::Ignored,
            Next::Tunnel { target, client } => {
                let exchange = Exchange::new(head_limits(&self.options), PerPeer::default(), Some(target));
                self.phase = Phase::Http(Box::new(exchange));
                for (bytes, stamp) in client {
                    let Phase::Http(exchange) = &mut self.phase else { break };
                    let chunk = Chunk { bytes: &bytes, stamp };
                    let (next, left) = exchange.push(Peer::Client, chunk, out);
                    self.turn(Peer::Client, next, chunk, left, out);
                }
            }
            Next::Frames { upgrade, client, server, searching, after_gap, flipped } => {
                if flipped {
                    self.flip(out);
                    from = !from;
                }
                out(Event::Upgrade(&upgrade));
                let mut held = PerPeer { client: 0, server: 0 };
                for (bytes, _) in &client {
                    held.client += bytes.len() as u64;
                }
                for (bytes, _) in &server {
                    held.server += bytes.len() as u64;
                }
                *held.of_mut(from) += left as u64;
                let readers = PerPeer::from_fn(|peer| {
                    let position = self.position.of(peer).saturating_sub(*held.of(peer));
                    let setup = setup(&self.options, &upgrade, peer, position);
                    if *searching.of(peer) {
                        FrameReader::searching(setup, after_gap)
                    } else {
                        FrameReader::new(setup)
                    }
                });
                self.phase = Phase::Frames(Box::new(readers));
                self.replay(client, server, out);
            }
        }
        if left > 0 && self.is_interested() {
            let bytes = chunk.bytes.get(chunk.bytes.len() - left..).unwrap_or_default();
            self.feed(from, Chunk { bytes, ..chunk }, out);
        }
        // An end that came while the bytes waited.
        if let Phase::Frames(readers) = &mut self.phase {
            for peer in Peer::BOTH {
                if let Some(end) = self.ended.of_mut(peer).take() {
                    readers.of_mut(peer).end(end, &mut self.numbers, out);
                }
            }
        }
    }

    /// Gives frames bytes that came before it was known that they are frames.
    fn replay(&mut self, client: Vec<(Vec<u8>, Stamp)>, server: Vec<(Vec<u8>, Stamp)>, out: &mut Out<'_>) {
        let Phase::Frames(readers) = &mut self.phase else { return };
        let with = |peer: Peer| move |(bytes, stamp): (Vec<u8>, Stamp)| (stamp, peer, bytes);
        let mut chunks: Vec<_> = client.into_iter().map(with(Peer::Client)).collect();
        chunks.extend(server.into_iter().map(with(Peer::Server)));
        chunks.sort_by_key(|(stamp, ..)| (stamp.file, stamp.packet));
        for (stamp, from, bytes) in chunks.iter().filter(|(_, _, bytes)| !bytes.is_empty()) {
            readers.of_mut(*from).push(Chunk { bytes, stamp: *stamp }, &mut self.numbers, out);
        }
    }

    fn gap(&mut self, from: Peer, gap: Gap, out: &mut Out<'_>) {
        *self.position.of_mut(from) += gap.missing;
        match &mut self.phase {
            Phase::Http(exchange) => {
                let next = exchange.gap(from, gap, out);
                let nothing = Chunk { bytes: &[], stamp: gap.stamp };
                self.turn(from, next, nothing, 0, out);
            }
            Phase::Frames(readers) => readers.of_mut(from).gap(gap, &mut self.numbers, out),
            Phase::Ignored => {}
        }
    }

    fn end(&mut self, from: Peer, end: End, out: &mut Out<'_>) {
        match &mut self.phase {
            Phase::Http(exchange) => {
                let next = exchange.end(from, end, out);
                *self.ended.of_mut(from) = Some(end);
                let nothing = Chunk { bytes: &[], stamp: end.stamp };
                self.turn(from, next, nothing, 0, out);
            }
            Phase::Frames(readers) => readers.of_mut(from).end(end, &mut self.numbers, out),
            Phase::Ignored => {}
        }
    }

    /// Tells what waits for the rest of itself, as it stands.
    pub fn waits(&self, out: &mut dyn FnMut(Wait<'_>)) {
        match &self.phase {
            Phase::Http(exchange) => exchange.waits(out),
            Phase::Frames(readers) => Peer::BOTH.iter().for_each(|peer| readers.of(*peer).waits(out)),
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

/// How to read the frames of `from` after `upgrade`.
fn setup(options: &Options, upgrade: &Upgrade, from: Peer, position: u64) -> Setup {
    let compression = match (upgrade.outcome, upgrade.deflate()) {
        (Outcome::Unseen, _) => Compression::Unknown,
        (_, None) => Compression::Off,
        (_, Some(Deflate { client, server })) => {
            Compression::Deflate(if from == Peer::Client { client } else { server })
        }
    };
    let foreign_extension = upgrade.accepted().iter().any(|extension: &Extension| !extension.is_deflate());
    Setup {
        from,
        compression,
        foreign_extension,
        preview: options.preview,
        keep: options.keep,
        inflate_cap: options.message_bytes,
        position,
    }
}
