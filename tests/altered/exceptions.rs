//! What altered captures are known to say today and should not. This list only shrinks.

use super::alteration::Kind;
use wsight::findings::Id;

/// Breaches that are known, and why they are still there.
pub struct Exception {
    /// What was done to the capture.
    pub kind: Kind,
    /// What it is then accused of; nothing stands for anything.
    pub ids: &'static [Id],
    /// Why.
    pub because: &'static str,
}

impl Exception {
    /// Whether it is one of them.
    pub fn covers(&self, kind: Kind, id: Id) -> bool {
        self.kind == kind && (self.ids.is_empty() || self.ids.contains(&id))
    }
}

/// All of them.
pub const EXCEPTIONS: &[Exception] = &[
    Exception {
        kind: Kind::OneDropped,
        ids: &[Id::CloseMissing, Id::UpgradeUnanswered, Id::UpgradeNoResponse, Id::ConnectionReset],
        because: "who ended first is told by what was captured first, not by what each FIN acknowledges",
    },
    Exception {
        kind: Kind::TwoDropped,
        ids: &[Id::CloseMissing, Id::UpgradeUnanswered, Id::UpgradeNoResponse, Id::ConnectionReset],
        because: "who ended first is told by what was captured first, not by what each FIN acknowledges",
    },
    Exception {
        kind: Kind::Moved,
        ids: &[
            Id::CloseMissing,
            Id::ConnectionReset,
            Id::UpgradeUnanswered,
            Id::UpgradeNoResponse,
            Id::PingUnanswered,
        ],
        because: "who ended first is told by what was captured first, not by what each FIN acknowledges",
    },
    Exception {
        kind: Kind::Skewed,
        ids: &[Id::CloseMissing, Id::ConnectionReset],
        because: "who ended first is told by what was captured first, not by what each FIN acknowledges",
    },
    Exception {
        kind: Kind::Moved,
        ids: &[
            Id::ConnectionRefused,
            Id::UpgradeResponseMalformed,
            Id::UpgradeRejected,
            Id::UpgradeAcceptMismatch,
            Id::StreamNotWebsocket,
            Id::PongMismatch,
            Id::DataAfterClose,
        ],
        because: "a stream begins with the first packet captured of it, even if the SYN-ACK is captured after that",
    },
    Exception {
        kind: Kind::OneDropped,
        ids: &[Id::MessageInvalidUtf8],
        because: "what rests on bytes of which the capture holds two versions is not tentative",
    },
    Exception {
        kind: Kind::TwoDropped,
        ids: &[Id::MessageInvalidUtf8],
        because: "what rests on bytes of which the capture holds two versions is not tentative",
    },
    Exception {
        kind: Kind::Moved,
        ids: &[Id::MessageInvalidUtf8],
        because: "what rests on bytes of which the capture holds two versions is not tentative",
    },
    Exception {
        kind: Kind::Skewed,
        ids: &[Id::PingUnanswered, Id::PongMismatch],
        because: "what comes after its acknowledgment by more than the reorder window is taken for lost",
    },
    Exception {
        kind: Kind::Damaged,
        ids: &[],
        because: "a segment with a wrong checksum counts as much as its good retransmission",
    },
];
