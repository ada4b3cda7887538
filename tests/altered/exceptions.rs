//! What altered captures are known to say today and should not. This list only shrinks.

use super::alteration::Kind;
use wsight::findings::Id;

/// Breaches that are known, and why they are still there.
pub struct Exception {
    /// What was done to the capture.
    pub kinds: &'static [Kind],
    /// What it is then accused of.
    pub ids: &'static [Id],
    /// What the capture is called, at least in part.
    pub capture: &'static str,
    /// Why.
    pub because: &'static str,
}

impl Exception {
    /// Whether it is one of them, in all of these captures.
    pub fn covers(&self, kind: Kind, id: Id, captures: &[&str]) -> bool {
        let is_meant = captures.iter().all(|name| name.contains(self.capture));
        self.kinds.contains(&kind) && self.ids.contains(&id) && is_meant
    }
}

/// All of them.
pub const EXCEPTIONS: &[Exception] = &[
    // Case `order 2 2~3 1 split-at 5 text "hello world"`: of the last six bytes there are ` world` and, with three of them
    // inverted, ` wo\x8d\x93\x9b`, each with a right checksum. The client acknowledges up to the same byte whichever it
    // received. Where ` world` was lost, or is captured after that acknowledgment, nothing in the capture speaks against
    // the other, and `8d 93 9b` is not UTF-8.
    Exception {
        kinds: &[Kind::OneDropped, Kind::TwoDropped, Kind::Moved],
        ids: &[Id::MessageInvalidUtf8],
        capture: "tcp-overlap-conflict",
        because: "of two versions of the same bytes the capture holds one, or the other comes when the first is told",
    },
    // The server may send no more than three bytes more: its stream's window is told once, in the packet that is missing.
    Exception {
        kinds: &[Kind::OneDropped, Kind::TwoDropped, Kind::Composed],
        ids: &[Id::FrameStalled],
        capture: "receiver-stalled",
        because: "the bytes did stop, and the capture does not hold what the window was",
    },
    Exception {
        kinds: &[Kind::Composed],
        ids: &[Id::TlsOnPlainPort],
        capture: "tls-on-plain-port",
        because: "that others speak WebSocket with this server, which makes a note of it, is not in the capture any more",
    },
    Exception {
        kinds: &[Kind::Moved],
        ids: &[Id::ReceiverStalled],
        capture: "receiver-stalled clean",
        because: "what stands before the packet that closes the window seems to wait for it",
    },
    Exception {
        kinds: &[Kind::Moved],
        ids: &[Id::UpgradeUnanswered],
        capture: "upgrade-unanswered",
        because: "the times are those of the places: the client seems to have left at once, not after ten seconds",
    },
    Exception {
        kinds: &[Kind::Moved],
        ids: &[Id::FrameStalled],
        capture: "mtu-black-hole.pcap",
        because: "what was sent again, which shows why the frame stopped, stands behind its end",
    },
    // Nothing in a late start shows that the clocks are apart, if neither side acknowledges anything too early.
    Exception {
        kinds: &[Kind::Composed],
        ids: &[Id::FrameStalled],
        capture: "frame-incomplete clean",
        because: "how long it waits is told by two clocks that seem to be one",
    },
    Exception {
        kinds: &[Kind::Composed],
        ids: &[Id::ReceiverStalled],
        capture: "receiver-stalled clean",
        because: "what comes soon after the window opens is told by two clocks that seem to be one",
    },
    Exception {
        kinds: &[Kind::Composed],
        ids: &[Id::UpgradeRejected],
        capture: "upgrade-rejected clean",
        because: "that the client follows a redirect is told by two clocks that seem to be one",
    },
    Exception {
        kinds: &[Kind::Damaged],
        ids: &[Id::TcpOverlapConflict],
        capture: "ipv6.pcap",
        because: "the checksum of packet 27 is by chance the one that a network card has yet to complete: it shows no damage",
    },
];
