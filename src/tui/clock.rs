//! Times of day as a user reads them: in UTC, or in the time zone of the machine.

use crate::model::{self, Timestamp};
use jiff::tz::TimeZone;

/// The zone in which times are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ZoneChoice {
    /// As all other outputs have them.
    #[default]
    Utc,
    /// As the machine has them.
    Local,
}

impl ZoneChoice {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Utc, Self::Local];

    /// How the configuration calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utc => "utc",
            Self::Local => "local",
        }
    }
}

/// Shows times.
#[derive(Clone, Debug)]
pub struct Clock {
    zone: ZoneChoice,
    local: model::Zone,
}

impl Default for Clock {
    fn default() -> Self {
        Self { zone: ZoneChoice::Utc, local: model::Zone::UTC }
    }
}

impl Clock {
    /// Shows times in this zone. Asks the system for the local one.
    pub fn of_system(zone: ZoneChoice) -> Self {
        Self { zone, local: model::Zone::local(TimeZone::system()) }
    }

    #[cfg(test)]
    pub(super) fn new(zone: ZoneChoice, local: TimeZone) -> Self {
        Self { zone, local: model::Zone::local(local) }
    }

    /// Shows times in the other zone from now on, and returns which one that is.
    pub(super) fn turn(&mut self) -> ZoneChoice {
        self.zone = match self.zone {
            ZoneChoice::Utc => ZoneChoice::Local,
            ZoneChoice::Local => ZoneChoice::Utc,
        };
        self.zone
    }

    /// Date and time with nine decimals (RFC 3339); the local time zone as its offset from UTC.
    pub(super) fn show(&self, time: Timestamp) -> String {
        self.zone().rfc3339(time)
    }

    /// The zone that times are shown in.
    pub(super) const fn zone(&self) -> &model::Zone {
        match self.zone {
            ZoneChoice::Utc => &model::Zone::UTC,
            ZoneChoice::Local => &self.local,
        }
    }

    /// The date, in ten columns.
    pub(super) fn day(&self, time: Timestamp) -> String {
        self.show(time).get(..10).unwrap_or_default().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_times_have_their_offset() {
        let time = Timestamp::from_nanos(1_700_000_000_000_000_007);
        let mut clock = Clock::new(ZoneChoice::Utc, TimeZone::fixed(jiff::tz::offset(2)));
        assert_eq!(clock.show(time), "2023-11-14T22:13:20.000000007Z");
        assert_eq!(clock.turn(), ZoneChoice::Local);
        assert_eq!(clock.show(time), "2023-11-15T00:13:20.000000007+02:00");
        assert_eq!(clock.day(time), "2023-11-15");
    }
}
