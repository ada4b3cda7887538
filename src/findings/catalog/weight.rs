//! What other parts have to know of a kind of finding to give it its weight.

use super::{Class, Id};

/// What a kind of finding owes to the times of both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeBasis {
    /// It is a measured time: with clocks that differ there is nothing to tell.
    Measured,
    /// A time says that something did not come: with clocks that differ it may have come.
    Waited,
    /// It holds whatever the times are.
    Bytes,
}

/// Where one kind of finding explains another, which follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Explains {
    /// At the end of a session: they are about the same packet, or the first one is about this session as a leg of a proxy.
    End,
    /// At the end of a session that is a leg of a proxy, where the second one is told as a consequence: it is no error.
    LegEnd,
    /// In the same attempt: the second one is the answer to the request that the first one is about.
    Attempt,
    /// In the same bytes: they are about the same side of the same session, and the second one may be wrong.
    DoubtfulBytes,
    /// From its packet on, in the same session or on the other leg of the same WebSocket.
    Afterwards,
    /// In the same session, whichever came first: the second one only says what the capture lacks of it.
    Capture,
}

impl Id {
    /// Where it explains a finding of another kind, if it does: then it says what the matter is.
    pub const fn explains(self, other: Self) -> Option<Explains> {
        // What the ends of many sessions have in common says more than the end of one.
        let is_common = matches!(self, Self::IdleTimeout | Self::LifetimeLimit);
        let is_timer = matches!(self, Self::HopClosed) || is_common;
        let is_end = matches!(other, Self::CloseMissing | Self::ConnectionReset | Self::Http2StreamReset)
            || is_common && matches!(other, Self::CloseAbnormal);
        let is_of_bytes = matches!(other.class(), Class::Violation | Class::Failure);
        let is_reset = matches!(self, Self::ResetForeign | Self::ConnectionReset);
        if is_timer && is_end {
            Some(Explains::End)
        } else if matches!((self, other), (Self::HopClosed, Self::HopLostMessage)) {
            Some(Explains::LegEnd)
        } else if matches!((self, other), (Self::UpgradeHeaderStripped, Self::UpgradeRejected)) {
            Some(Explains::Attempt)
        } else if matches!(self, Self::TcpOverlapConflict) && is_of_bytes {
            Some(Explains::DoubtfulBytes)
        } else if is_reset && matches!(other, Self::DataUnacknowledged)
            || matches!(self, Self::DataUnacknowledged) && (is_end || other.may_follow_silence())
        {
            Some(Explains::Afterwards)
        } else if self.lies_below() && matches!(other, Self::PacketTruncated | Self::TcpGap) {
            Some(Explains::Capture)
        } else {
            None
        }
    }

    /// Whether it says that something did not come, or not all of it.
    const fn may_follow_silence(self) -> bool {
        matches!(
            self,
            Self::PingUnanswered | Self::CloseUnanswered | Self::FrameIncomplete | Self::FrameStalled
        )
    }

    /// Whether it is a cause below WebSocket, which sequence numbers and acknowledgments alone show: no payload has to be captured.
    const fn lies_below(self) -> bool {
        matches!(self, Self::DataUnacknowledged | Self::ReceiverStalled | Self::ResetForeign)
    }

    /// What it owes to the times of both sides.
    pub(crate) const fn time_basis(self) -> TimeBasis {
        if matches!(self, Self::PongLate | Self::UpgradeSlow | Self::IdleTimeout) {
            TimeBasis::Measured
        } else if matches!(
            self,
            Self::PingUnanswered
                | Self::UpgradeUnanswered
                | Self::CloseUnanswered
                | Self::ResetAfterClose
                | Self::FrameStalled
                | Self::ReceiverStalled
        ) {
            TimeBasis::Waited
        } else {
            TimeBasis::Bytes
        }
    }

    /// It is nobody's fault in itself, yet "nothing wrong" would be untrue.
    pub const fn is_complaint(self) -> bool {
        matches!(
            self,
            Self::CloseAbnormal
                | Self::UpgradeSlow
                | Self::PongLate
                | Self::LifetimeLimit
                | Self::IdleTimeout
                | Self::ResetAfterClose
                | Self::HopClosed
                | Self::HopDelayedMessage
                | Self::HopAddedMessage
        )
    }
}
