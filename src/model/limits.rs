//! Every limit on memory and waiting time, with its default and the reason for it, in one place.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

macro_rules! limits {
    ($($(#[doc = $doc:literal])* $name:literal $limit:ident $field:ident = $default:expr;)*) => {
        /// Every limit. Reaching one on memory is reported as `limit-reached`, never silently. The end of a wait is reported
        /// as what it leads to (`tcp-gap`), and the text report counts whatever it leaves out.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Limits {
            $($(#[doc = $doc])* pub $field: u64,)*
        }

        /// One of the limits.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Limit {
            $(#[doc = concat!("[`Limits::", stringify!($field), "`]")] $limit,)*
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl Limit {
            /// Every limit, in the order of the help.
            pub const ALL: &'static [Self] = &[$(Self::$limit,)*];

            /// Its name, as `--limit` takes it and findings tell it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$limit => $name,)*
                }
            }

            /// What it limits, and why.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$limit => concat!($($doc),*),)*
                }
            }
        }

        impl Limits {
            /// The value of a limit.
            pub const fn of(&self, limit: Limit) -> u64 {
                match limit {
                    $(Limit::$limit => self.$field,)*
                }
            }

            /// The value of a limit, to be changed.
            pub const fn of_mut(&mut self, limit: Limit) -> &mut u64 {
                match limit {
                    $(Limit::$limit => &mut self.$field,)*
                }
            }
        }
    };
}

limits! {
    /// TCP connections followed at once. One without data costs about 850 bytes, one with a WebSocket about 2,800 bytes, one that is over about 130 bytes.
    "connections" Connections connections = 200_000;
    /// Seconds of capture time without a packet after which a connection is forgotten: more than the two hours after which hosts probe an idle one.
    "idle-seconds" IdleSeconds idle_seconds = 14_400;
    /// Approximate bytes of memory for all connections together. Above it, idle decompressors are released first; if that is not enough, the largest sessions are reported in less detail, and the connections that have been silent longest are forgotten.
    "memory-bytes" MemoryBytes memory_bytes = 196 << 20;
    /// Out-of-order bytes held for one direction of a connection; the default is the largest receive window in common use.
    "reorder-bytes" ReorderBytes reorder_bytes = 4 << 20;
    /// Memory in bytes for TLS records of one connection that wait for secrets, live or when the capture comes through a pipe; for all connections that are over, 16 times that.
    "tls-held-bytes" TlsHeldBytes tls_held_bytes = 256 << 10;
    /// Out-of-order bytes held for all connections together.
    "reorder-total-bytes" ReorderTotalBytes reorder_total_bytes = 48 << 20;
    /// How many packets of a connection to wait for bytes that the receiver has already acknowledged; captures taken on several queues are slightly out of order.
    "reorder-packets" ReorderPackets reorder_packets = 64;
    /// How many milliseconds of capture time to wait for such bytes once twenty packets of the connection have arrived since.
    "reorder-ms" ReorderMs reorder_ms = 200;
    /// How many milliseconds of capture time to wait for such bytes at most: the clocks of two captures merged by time may
    /// differ by that much.
    "skew-ms" SkewMs skew_ms = 6_000;
    /// Bytes, of all connections together, that are remembered to compare retransmissions with what was sent before.
    "copies-bytes" CopiesBytes copies_bytes = 1 << 20;
    /// IP datagrams being reassembled from fragments at once.
    "fragment-datagrams" FragmentDatagrams fragment_datagrams = 256;
    /// Header lines in an HTTP head; the default is what python `websockets` allows.
    "head-lines" HeadLines head_lines = 128;
    /// Bytes in one line of an HTTP head; the default is what python `websockets` allows.
    "head-line-bytes" HeadLineBytes head_line_bytes = 8_192;
    /// Bytes in an HTTP head; one that passes other limits is still read to its end, to know what it was, but not for ever.
    "head-bytes" HeadBytes head_bytes = 256 << 10;
    /// Requests of a connection that wait for their answers; a client that pipelines more is not a WebSocket client.
    "pipelined-requests" PipelinedRequests pipelined_requests = 64;
    /// Bytes kept of what a peer sends early: a client before the answer to its request, a server before the client says anything; peers that send early send a few messages.
    "early-bytes" EarlyBytes early_bytes = 64 << 10;
    /// Streams of an HTTP/2 connection followed at once; servers usually allow a few hundred.
    "http2-streams" Http2Streams http2_streams = 4_096;
    /// Bytes in an HTTP/2 head, compressed or not; servers take far less.
    "http2-head-bytes" Http2HeadBytes http2_head_bytes = 256 << 10;
    /// Bytes of the HPACK dynamic table kept for each side of an HTTP/2 connection: 16 times the default.
    "http2-table-bytes" Http2TableBytes http2_table_bytes = 64 << 10;
    /// Bytes of a message kept for `--payload full`, at least 64, and the size at which decompression stops.
    "message-bytes" MessageBytes message_bytes = 64 << 20;
    /// Pings without a pong remembered for each side of a session.
    "outstanding-pings" OutstandingPings outstanding_pings = 1_024;
    /// Findings of one kind reported individually for one session; further ones are only counted.
    "findings-per-session" FindingsPerSession findings_per_session = 100;
    /// Packets remembered to find those that two overlapping inputs both hold; each takes at most 40 bytes.
    "compared-packets" ComparedPackets compared_packets = 1 << 20;
    /// Frames of one session that the text report shows; the middle of a longer session is left out and counted.
    "story-frames" StoryFrames story_frames = 60;
    /// Frames that the text report keeps for all open sessions together (and twice as many findings). With many open sessions each keeps fewer, in the end only frames with findings.
    "story-total-frames" StoryTotalFrames story_total_frames = 50_000;
    /// Sessions with nothing worse than a note that the text report shows in full; the rest are only counted.
    "quiet-stories" QuietStories quiet_stories = 100;
    /// Ordinary HTTP exchanges remembered until it is known whether their server speaks WebSocket.
    "ordinary-exchanges" OrdinaryExchanges ordinary_exchanges = 512;
    /// Memory in bytes for attempts that wait to see whether their client takes up what the answer invites it to (a redirect, a 401).
    "invited-bytes" InvitedBytes invited_bytes = 1 << 20;
    /// Servers and clients remembered in order to group probes, refusals and repeated failures.
    "remembered-peers" RememberedPeers remembered_peers = 4_096;
    /// Messages remembered until they come out of a proxy, for all sessions that may be legs of one WebSocket.
    "leg-messages" LegMessages leg_messages = 65_536;
    /// Rows (frames, sessions, findings) that the terminal UI can list; a frame takes at most 64 bytes.
    "index-rows" IndexRows index_rows = 50_000_000;
    /// Rows that wait while the terminal UI is paused: beyond that, files are not read further, and a paused live capture continues.
    "paused-rows" PausedRows paused_rows = 1_000_000;
    /// Addresses, and texts of each kind, that get their own pseudonym with --redact; later ones share one.
    "pseudonyms" Pseudonyms pseudonyms = 262_144;
    /// Stream bytes that --redact can replace in packets, for all connections together, what is inside TLS besides; of
    /// connections beyond that, only headers are written. It takes twice as much memory.
    "redact-bytes" RedactBytes redact_bytes = 1 << 30;
    /// Bytes of live packets waiting to be analyzed; when the queue is full, packets are dropped and counted.
    "queue-bytes" QueueBytes queue_bytes = 64 << 20;
    /// Bytes of live packets that the terminal UI keeps in a temporary file so that it can show their payloads.
    "spool-bytes" SpoolBytes spool_bytes = 4 << 30;
}

impl Limits {
    /// [`Limits::idle_seconds`] as a duration.
    pub const fn idle(&self) -> Duration {
        Duration::from_secs(self.idle_seconds)
    }

    /// [`Limits::reorder_ms`] as a duration.
    pub const fn reorder_wait(&self) -> Duration {
        Duration::from_millis(self.reorder_ms)
    }

    /// [`Limits::skew_ms`] as a duration.
    pub const fn skew_wait(&self) -> Duration {
        Duration::from_millis(self.skew_ms)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Limit {
    type Err = UnknownLimit;

    fn from_str(name: &str) -> Result<Self, UnknownLimit> {
        let known = Self::ALL.iter().copied().find(|limit| limit.name() == name);
        known.ok_or_else(|| UnknownLimit(name.to_owned()))
    }
}

/// A cap on what is remembered of connections: where it is reached, the oldest connection, datagram or waiting bytes are given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shortage {
    /// [`Limits::connections`]
    Connections,
    /// [`Limits::idle_seconds`]
    Idle,
    /// [`Limits::memory_bytes`]
    Memory,
    /// [`Limits::reorder_bytes`]
    Reorder,
    /// [`Limits::reorder_total_bytes`]
    ReorderTotal,
    /// [`Limits::fragment_datagrams`]
    Fragments,
    /// [`Limits::skew_ms`]
    Skew,
}

impl Shortage {
    /// The cap that was reached.
    pub const fn limit(self) -> Limit {
        match self {
            Self::Connections => Limit::Connections,
            Self::Idle => Limit::IdleSeconds,
            Self::Memory => Limit::MemoryBytes,
            Self::Reorder => Limit::ReorderBytes,
            Self::ReorderTotal => Limit::ReorderTotalBytes,
            Self::Fragments => Limit::FragmentDatagrams,
            Self::Skew => Limit::SkewMs,
        }
    }
}

/// A cap on what is kept of what the peers of one connection say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LayerShortage {
    /// [`Limits::head_bytes`]: the head is not read to its end, nor what follows it.
    HeadBytes,
    /// [`Limits::pipelined_requests`]: the connection is not followed further.
    PipelinedRequests,
    /// [`Limits::early_bytes`]: what came early is not read.
    EarlyBytes,
    /// [`Limits::http2_streams`]: later streams are not followed.
    Http2Streams,
    /// [`Limits::http2_head_bytes`]: the head is not read, nor what later heads refer to in it.
    Http2HeadBytes,
    /// [`Limits::http2_table_bytes`]: what later heads refer to in the oldest ones is not known.
    Http2TableBytes,
}

impl LayerShortage {
    /// The cap that was reached.
    pub const fn limit(self) -> Limit {
        match self {
            Self::HeadBytes => Limit::HeadBytes,
            Self::PipelinedRequests => Limit::PipelinedRequests,
            Self::EarlyBytes => Limit::EarlyBytes,
            Self::Http2Streams => Limit::Http2Streams,
            Self::Http2HeadBytes => Limit::Http2HeadBytes,
            Self::Http2TableBytes => Limit::Http2TableBytes,
        }
    }
}

/// There is no cap of this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownLimit(pub String);

impl fmt::Display for UnknownLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no limit called '{}'; `wsight --help` lists them", self.0)
    }
}

impl std::error::Error for UnknownLimit {}
