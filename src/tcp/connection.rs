//! What is known about a TCP connection, and what happens in it.

use crate::model::{
    Chunk, ConnectionId, Extent, Notice, Peer, PerPeer, Segment, Shortage, Stamp, StreamEvent, SynRetries,
    Trouble,
};
use std::net::SocketAddr;

/// What is known about a connection so far.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Its number in this run.
    pub id: ConnectionId,
    /// The two ends. The client is who sent the SYN; without one, who does not own the lower (or `--port`) port.
    pub addresses: PerPeer<SocketAddr>,
    /// Its first packet.
    pub opened: Stamp,
    /// Its latest packet.
    pub last: Stamp,
    /// Whether it is known where each side's stream begins; otherwise the capture began inside it.
    pub start_seen: PerPeer<bool>,
    /// The sequence numbers of both SYNs, as far as they were seen.
    pub(super) initial: PerPeer<u32>,
    /// Which sides' packets the capture holds at all.
    pub seen: PerPeer<bool>,
    /// The hop count of each side's first packet, 0 before that.
    pub hops: PerPeer<u8>,
    /// Bytes of each side's stream reported so far, gaps included.
    pub delivered: PerPeer<u64>,
    /// Bytes of each side's stream that the other side acknowledged.
    pub acked: PerPeer<u64>,
    /// Packets that the snap length cut.
    pub cut_packets: u64,
    /// Payload bytes that it cut off.
    pub cut_bytes: u64,
    /// Packets in which each side sent again what the capture holds already.
    pub sent_again: PerPeer<u64>,
    /// SYNs of the client; 0 again as soon as it sends anything else, if that is of interest.
    pub syns: u16,
    /// Answers of the server to them.
    pub syn_answers: u16,
    /// How its handshake went, if that took more than one SYN; boxed, as few do.
    pub syn_retries: Option<Box<SynRetries>>,
    /// What ICMP said last about one of its segments; boxed, as it is rare.
    pub notice: Option<Box<Notice>>,
    /// Other addresses with which the same packets were captured, as on both sides of address translation; boxed, as it is
    /// rare.
    pub translated: Option<Box<Vec<PerPeer<SocketAddr>>>>,
    /// Something is in the way of one side's bytes now: they are sent again and not acknowledged, or the other side's window is closed.
    pub hampered: bool,
    /// Both sides agreed on Multipath TCP.
    pub multipath: bool,
    /// The packets of the two sides bear the times of different clocks, or one came very late.
    pub two_clocks: bool,
    /// Sides of whose bytes there are several versions, and nobody knows which one was received, or only a damaged one.
    pub disputed: PerPeer<bool>,
    /// Sides of whose bytes the capture lacks some before the first one captured, which were received meanwhile.
    pub headless: PerPeer<bool>,
    /// Sides in whose name packets came that were taken for those of an older connection.
    pub strays: PerPeer<bool>,
    /// The first conflict that came before any byte was reported; boxed, as it is rare.
    pub conflict: Option<Box<Conflict>>,
}

impl Connection {
    /// The sequence numbers that both sides began with, if both SYNs were captured. Address translation leaves them as they
    /// are, and no proxy chooses the same ones.
    pub fn initial_numbers(&self) -> Option<PerPeer<u32>> {
        (self.start_seen.client && self.start_seen.server).then_some(self.initial)
    }

    /// The sequence number that this side began with, if that is known.
    pub fn initial_number(&self, peer: Peer) -> Option<u32> {
        self.start_seen.of(peer).then_some(*self.initial.of(peer))
    }

    /// Whether no byte of it has been reported yet.
    pub(super) const fn has_reported_nothing(&self) -> bool {
        self.delivered.client + self.delivered.server == 0
    }

    /// What ICMP said last about segments of `from`.
    pub(super) fn notice_about(&self, from: Peer) -> Option<Notice> {
        self.notice.as_deref().copied().filter(|notice| notice.source == *self.addresses.of(from))
    }

    /// Whether its handshake is not known to be over and takes more than one SYN.
    pub(super) const fn is_retrying_syn(&self) -> bool {
        self.syns > 0 && (self.syns > 1 || self.syn_answers > 1)
    }

    /// A connection known only by its first packet, not processed yet.
    pub(super) const fn new(id: ConnectionId, addresses: PerPeer<SocketAddr>, opened: Stamp) -> Self {
        Self {
            id,
            addresses,
            opened,
            last: opened,
            start_seen: PerPeer { client: false, server: false },
            initial: PerPeer { client: 0, server: 0 },
            seen: PerPeer { client: false, server: false },
            hops: PerPeer { client: 0, server: 0 },
            delivered: PerPeer { client: 0, server: 0 },
            acked: PerPeer { client: 0, server: 0 },
            cut_packets: 0,
            cut_bytes: 0,
            sent_again: PerPeer { client: 0, server: 0 },
            syns: 0,
            syn_answers: 0,
            syn_retries: None,
            notice: None,
            translated: None,
            hampered: false,
            multipath: false,
            two_clocks: false,
            disputed: PerPeer { client: false, server: false },
            headless: PerPeer { client: false, server: false },
            strays: PerPeer { client: false, server: false },
            conflict: None,
        }
    }

    /// The next `length` bytes of `from` are reported. Returns where they are in its stream.
    #[inline]
    pub(super) const fn deliver(&mut self, from: Peer, length: u64) -> Extent {
        let delivered = self.delivered.of_mut(from);
        let extent = Extent::new(*delivered, length);
        *delivered = extent.end;
        extent
    }

    /// The payload of `segment`, which was the latest of `from` to be reported.
    #[inline]
    pub(super) fn delivered_by<'s>(&self, from: Peer, segment: &Segment<'s>) -> Chunk<'s> {
        let bytes = segment.payload;
        let extent = Extent::new(self.delivered.of(from) - bytes.len() as u64, bytes.len() as u64);
        // Segments that come as expected acknowledge what their sender has acknowledged by then.
        let extent = extent.acknowledging(*self.acked.of(!from));
        Chunk { bytes, stamp: segment.header.stamp, extent }
    }
}

/// A side sent other bytes in place of some it had sent already. The first ones are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The side that sent them.
    pub from: Peer,
    /// How many bytes differ.
    pub bytes: u64,
    /// The packet with the other bytes.
    pub stamp: Stamp,
    /// The snap length cut packets of the connection: nobody knows whether their checksums are right, and the other bytes may be damaged.
    pub cut: bool,
    /// The first ones were acknowledged before the others came: those are what the receiver has.
    pub settled: bool,
}

/// A reason to doubt what a stream seems to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamDoubt {
    /// Bytes have a wrong checksum, yet were acknowledged, and no better copy was captured.
    Damaged,
    /// Multipath TCP (RFC 8684): bytes of the same stream may go through other connections.
    Multipath,
    /// The packets of the two sides bear the times of different clocks, or one of them was captured late.
    Clocks,
    /// It ends, and the capture has no packet of the other side up to then: that one may have ended it first.
    OneSided,
    /// The other side, while it sent data, acknowledged bytes of this one that lie before the first one captured: what it may have been
    /// told in answer is not in the capture.
    Headless,
}

/// What happens in a connection.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ConnectionEvent<'a> {
    /// The stream of one side goes on.
    Stream {
        /// The side that sent the bytes.
        from: Peer,
        /// What comes next in its stream.
        event: StreamEvent<'a>,
    },
    /// Bytes came in two versions.
    Conflict(Conflict),
    /// From here on there is reason to doubt what the streams seem to show.
    Doubtful {
        /// Whose stream, where it is one side's alone.
        from: Peer,
        /// What leaves it in doubt.
        doubt: StreamDoubt,
        /// The packet that shows it.
        stamp: Stamp,
    },
    /// The SYN was answered by a reset: nobody listens, or a firewall says so.
    Refused {
        /// The reset.
        stamp: Stamp,
    },
    /// TCP shows why a side's stream goes on as it does.
    Trouble {
        /// The side whose stream it is.
        from: Peer,
        /// What it shows.
        trouble: &'a Trouble,
    },
    /// A cap was reached, and bytes or a connection were let go.
    LimitReached {
        /// What ran short.
        shortage: Shortage,
        /// The packet that reached the cap.
        stamp: Stamp,
    },
    /// Both directions ended; nothing follows.
    Closed {
        /// The sequence numbers that both streams began with, as far as they are known.
        origins: PerPeer<Option<u32>>,
    },
}

/// Takes the events of one connection.
pub(super) type Out<'o> = dyn FnMut(&Connection, ConnectionEvent<'_>) + 'o;
