//! Every limit on memory and waiting time, with its default and the reason for it, in one place.

use std::fmt;
use std::time::Duration;

macro_rules! limits {
    ($($(#[doc = $doc:literal])* $name:literal $field:ident = $default:expr;)*) => {
        /// Every limit. Reaching one on memory is reported as `limit-reached`, never silently. The end of a wait is reported
        /// as what it leads to (`tcp-gap`), and the text report counts whatever it leaves out.
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
            /// Name, meaning and default of every limit, as `--limit` takes them.
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
    /// Seconds of capture time without a packet after which a connection is forgotten.
    "idle-seconds" idle_seconds = 7_200;
    /// Approximate bytes of memory for all connections together. Above it, idle decompressors are released first; if that is not enough, the largest sessions are reported in less detail, and the connections that have been silent longest are forgotten.
    "memory-bytes" memory_bytes = 196 << 20;
    /// Out-of-order bytes held for one direction of a connection; the default is the largest receive window in common use.
    "reorder-bytes" reorder_bytes = 4 << 20;
    /// Out-of-order bytes held for all connections together.
    "reorder-total-bytes" reorder_total_bytes = 48 << 20;
    /// How many packets of a connection to wait for bytes that the receiver has already acknowledged; captures taken on several queues are slightly out of order.
    "reorder-packets" reorder_packets = 64;
    /// How many milliseconds of capture time to wait for them.
    "reorder-ms" reorder_ms = 200;
    /// IP datagrams being reassembled from fragments at once.
    "fragment-datagrams" fragment_datagrams = 256;
    /// Header lines in an HTTP head; the default is what python `websockets` allows.
    "head-lines" head_lines = 128;
    /// Bytes in one line of an HTTP head; the default is what python `websockets` allows.
    "head-line-bytes" head_line_bytes = 8_192;
    /// Bytes of a message kept for `--payload full`, and the size at which decompression stops.
    "message-bytes" message_bytes = 64 << 20;
    /// Pings without a pong remembered for each side of a session.
    "outstanding-pings" outstanding_pings = 1_024;
    /// Findings of one kind reported individually for one session; further ones are only counted.
    "findings-per-session" findings_per_session = 100;
    /// Frames of one session that the text report shows; the middle of a longer session is left out and counted.
    "story-frames" story_frames = 60;
    /// Frames that the text report keeps for all open sessions together (and twice as many findings). With many open sessions each keeps fewer, in the end only frames with findings.
    "story-total-frames" story_total_frames = 50_000;
    /// Sessions with nothing worse than a note that the text report shows in full; the rest are only counted.
    "quiet-stories" quiet_stories = 100;
    /// Ordinary HTTP exchanges remembered until it is known whether their server speaks WebSocket.
    "ordinary-exchanges" ordinary_exchanges = 512;
    /// Servers and clients remembered in order to group probes, refusals and repeated failures.
    "remembered-peers" remembered_peers = 4_096;
    /// Rows (frames, sessions, findings) that the terminal UI can list; a frame takes about 62 bytes.
    "index-rows" index_rows = 50_000_000;
    /// Bytes of live packets waiting to be analyzed; when the queue is full, packets are dropped and counted.
    "queue-bytes" queue_bytes = 64 << 20;
    /// Bytes of live packets that the terminal UI keeps in a temporary file so that it can show their payloads.
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
