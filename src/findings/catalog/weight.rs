//! What other parts have to know of a kind of finding to give it its weight.

use super::Id;

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

impl Id {
    /// What it owes to the times of both sides.
    pub(crate) const fn time_basis(self) -> TimeBasis {
        if matches!(self, Self::PongLate | Self::UpgradeSlow | Self::IdleTimeout) {
            TimeBasis::Measured
        } else if matches!(
            self,
            Self::PingUnanswered | Self::UpgradeUnanswered | Self::CloseUnanswered | Self::ResetAfterClose
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
        )
    }

    /// It says why a session ended without a Close.
    pub const fn explains_missing_close(self) -> bool {
        matches!(self, Self::HopClosed | Self::IdleTimeout | Self::LifetimeLimit)
    }
}
