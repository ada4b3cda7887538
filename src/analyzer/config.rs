//! What to look for and how much to remember.

use crate::findings::{Id, Severity};
use crate::model::{Limits, Stamp};
use crate::tls::{Expecting, Secrets};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

/// What to look for and how much to remember.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The caps.
    pub limits: Limits,
    /// Ports whose servers are taken to speak WebSocket.
    pub server_ports: Vec<u16>,
    /// Servers whose TLS connections are listed as sessions also where no secret opens them: names, as the client asks for
    /// them, and addresses.
    pub server_names: Vec<String>,
    /// Bytes of each message to keep for [`Message::payload`](crate::ws::Message::payload).
    pub keep: u64,
    /// Bytes of each frame's payload to keep for [`Frame::payload`](crate::ws::Frame::payload), where that is more than
    /// what is kept anyway: 64, of control frames 4096.
    pub keep_frames: u64,
    /// Follow only these connections.
    pub only: Option<BetweenEnds>,
    /// TLS secrets that are known beforehand.
    pub secrets: Arc<Secrets>,
    /// Whether more may come.
    pub expecting: Expecting,
    /// Findings that are not reported.
    pub ignore: BTreeSet<Id>,
    /// Findings told with another severity.
    pub severity: BTreeMap<Id, Severity>,
}

/// Connections between two ends, to look at again what was seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BetweenEnds {
    /// The two ends, whoever opened the connection.
    pub ends: [SocketAddr; 2],
    /// The first packet that counts: those before it belong to earlier connections between the same ends.
    pub from: Stamp,
}

impl BetweenEnds {
    /// Whether a segment between these ends is one of those.
    #[inline]
    pub(super) fn lets_through(&self, ends: [SocketAddr; 2], stamp: Stamp) -> bool {
        let [a, b] = self.ends;
        let place = |stamp: Stamp| (stamp.file, stamp.packet);
        (ends == [a, b] || ends == [b, a]) && place(stamp) >= place(self.from)
    }
}
