//! Every cap on memory and patience, with its default and the reason for it, in one place.

use std::fmt;
use std::time::Duration;

macro_rules! limits {
    ($($(#[doc = $doc:literal])* $name:literal $field:ident = $default:expr;)*) => {
        /// Every cap. Reaching one on memory is a `limit-reached` finding, never silence; patience that ends is told by
        /// what it ends (`tcp-gap`), and what the text report leaves out it counts.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Limits {
            $($(#[doc = $doc])* pub $field: u64,)*
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl Limits {
            /// Name, meaning and default of every cap, as `--limit` takes them.
            pub const NAMES: &'static [(&'static str, &'static str, u64)] =
                &[$(($name, concat!($($doc),*), $default),)*];

            /// Changes the cap called `name`.
            ///
            /// # Errors
            /// There is no cap of that name.
            pub fn set(&mut self, name: &str, value: u64) -> Result<(), UnknownLimit> {
                match name {
                    $($name => self.$field = value,)*
                    _ => return Err(UnknownLimit(name.to_owned())),
                }
                Ok(())
            }
        }
    };
}

limits! {
    /// TCP connections followed at once. One without data costs about 800 bytes, one with a WebSocket about 2 KiB.
    "connections" connections = 200_000;
    /// Seconds of capture time without a packet after which a connection is let go.
    "idle-seconds" idle_seconds = 7_200;
    /// Bytes of memory for all connections together, roughly. Beyond, decompressors rest between messages; where that is not enough, those that take most are told with less, and those silent longest are let go.
    "memory-bytes" memory_bytes = 196 << 20;
    /// Out-of-order bytes held for one direction of a connection: the largest receive window in common use.
    "reorder-bytes" reorder_bytes = 4 << 20;
    /// Out-of-order bytes held for all connections together.
    "reorder-total-bytes" reorder_total_bytes = 48 << 20;
    /// Packets of a connection to wait for bytes that the receiver has already acknowledged (captures on several queues are slightly out of order).
    "reorder-packets" reorder_packets = 64;
    /// Milliseconds of capture time to wait for them.
    "reorder-ms" reorder_ms = 200;
    /// IP datagrams being put together from fragments at once.
    "fragment-datagrams" fragment_datagrams = 256;
    /// Header lines of an HTTP head, as python `websockets` allows.
    "head-lines" head_lines = 128;
    /// Bytes of one line of an HTTP head, as python `websockets` allows.
    "head-line-bytes" head_line_bytes = 8_192;
    /// Bytes of a message kept for output with `--payload full`, and the size at which inflating it stops.
    "message-bytes" message_bytes = 64 << 20;
    /// Pings without a pong remembered for each side of a session.
    "outstanding-pings" outstanding_pings = 1_024;
    /// Findings of one kind told for one session one by one; later ones are counted.
    "findings-per-session" findings_per_session = 100;
    /// Frames of one session that the text report keeps to tell its story; the middle of a longer one is folded.
    "story-frames" story_frames = 60;
    /// Frames that the text report keeps for all open sessions together, and twice the findings: with many of them, each keeps fewer, in the end only those with findings.
    "story-total-frames" story_total_frames = 50_000;
    /// Sessions with nothing worse than a note whose stories the text report tells; the others it only counts.
    "quiet-stories" quiet_stories = 100;
    /// Ordinary HTTP exchanges remembered until it is known whether their server speaks WebSocket.
    "ordinary-exchanges" ordinary_exchanges = 512;
    /// Servers and clients remembered to fold probes, refusals and repeated failures.
    "remembered-peers" remembered_peers = 4_096;
    /// Rows (frames, sessions, findings) that the terminal UI lists; a frame takes about 62 bytes.
    "index-rows" index_rows = 50_000_000;
    /// Bytes of live packets that wait to be analyzed; when there is no room, packets are dropped and counted.
    "queue-bytes" queue_bytes = 64 << 20;
    /// Bytes of live packets that the terminal UI copies to a temporary file, to show their payloads.
    "spool-bytes" spool_bytes = 4 << 30;
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
