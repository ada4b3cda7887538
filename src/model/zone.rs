//! The time zone in which people read and write times. Machines always get UTC.

use super::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Zoned};
use std::ops::Range;

/// A time zone.
///
/// ```
/// use wsight::model::{Timestamp, Zone};
///
/// let time = Timestamp::from_nanos(1_700_000_000_000_000_007);
/// assert_eq!(Zone::UTC.rfc3339(time), "2023-11-14T22:13:20.000000007Z");
/// let zone = Zone::offset(1, 30).unwrap();
/// assert_eq!(zone.rfc3339(time), "2023-11-14T23:43:20.000000007+01:30");
/// assert_eq!(zone.spoken(time), "2023-11-14 23:43:20.000 +01:30");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zone(Option<TimeZone>);

/// Nanoseconds in a second.
const SECOND: i64 = 1_000_000_000;

/// Nanoseconds in a day of UTC.
const DAY: i64 = 86_400 * SECOND;

impl Zone {
    /// Coordinated Universal Time.
    pub const UTC: Self = Self(None);

    /// The given zone. The core does not ask the system which one it is in: whoever does hands it over.
    pub const fn local(zone: TimeZone) -> Self {
        Self(Some(zone))
    }

    /// So many hours and minutes ahead of UTC; both are negative for one that is behind. `None` where there is no such
    /// zone.
    pub fn offset(hours: i8, minutes: i8) -> Option<Self> {
        let seconds = (i32::from(hours) * 60 + i32::from(minutes)) * 60;
        Offset::from_seconds(seconds).ok().map(|offset| Self(Some(TimeZone::fixed(offset))))
    }

    /// Date and time with nine decimals (RFC 3339), in another zone than UTC with the offset from UTC.
    pub fn rfc3339(&self, time: Timestamp) -> String {
        match self.zoned(time) {
            Some(zoned) => zoned.strftime("%Y-%m-%dT%H:%M:%S.%9f%:z").to_string(),
            None => time.to_string(),
        }
    }

    /// The same with three decimals.
    pub fn rfc3339_millis(&self, time: Timestamp) -> String {
        match self.zoned(time) {
            Some(zoned) => zoned.strftime("%Y-%m-%dT%H:%M:%S.%3f%:z").to_string(),
            None => format!("{}Z", cut(&time.to_string())),
        }
    }

    /// Date, time to the millisecond and zone, as a title has them: `2026-01-31 12:00:00.123 UTC`.
    pub fn spoken(&self, time: Timestamp) -> String {
        match self.zoned(time) {
            Some(zoned) => zoned.strftime("%Y-%m-%d %H:%M:%S.%3f %:z").to_string(),
            None => format!("{} UTC", cut(&time.to_string().replacen('T', " ", 1))),
        }
    }

    /// How long the day had lasted by the clock on the wall, in nanoseconds.
    pub fn nanos_of_day(&self, time: Timestamp) -> i64 {
        match self.zoned(time) {
            Some(zoned) => {
                zoned.time().duration_since(jiff::civil::Time::midnight()).as_nanos().try_into().unwrap_or(0)
            }
            None => time.as_nanos().rem_euclid(DAY),
        }
    }

    /// The time from one moment of a day (year, month, day) to another one, both given in nanoseconds of the clock on the
    /// wall. `None` where there is no such day, or it lies too far away.
    pub fn span(&self, (year, month, day): (i16, i8, i8), nanos: Range<i64>) -> Option<Range<Timestamp>> {
        let midnight = Date::new(year, month, day).ok()?.at(0, 0, 0, 0);
        let moment = |nanos| {
            let wall = midnight.checked_add(SignedDuration::from_nanos(nanos)).ok()?;
            let zone = self.0.clone().unwrap_or(TimeZone::UTC);
            let nanos = zone.to_timestamp(wall).ok()?.as_nanosecond();
            i64::try_from(nanos).ok().map(Timestamp::from_nanos)
        };
        Some(moment(nanos.start)?..moment(nanos.end)?)
    }

    /// The time on the wall; `None` for UTC.
    fn zoned(&self, time: Timestamp) -> Option<Zoned> {
        let zone = self.0.clone()?;
        jiff::Timestamp::from_nanosecond(i128::from(time.as_nanos())).ok().map(|time| time.to_zoned(zone))
    }
}

/// A time to the millisecond.
fn cut(time: &str) -> &str {
    time.get(..23).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An hour ahead of UTC in winter, two in summer.
    fn berlin() -> Zone {
        Zone::local(TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap())
    }

    fn hours(hours: i64) -> i64 {
        hours * 3_600 * SECOND
    }

    #[test]
    fn winter_and_summer_differ() {
        let winter = Timestamp::from_nanos(1_700_000_000_000_000_000);
        let summer = winter.plus(std::time::Duration::from_secs(210 * 86_400));
        assert_eq!(berlin().spoken(winter), "2023-11-14 23:13:20.000 +01:00");
        assert_eq!(berlin().rfc3339_millis(summer), "2024-06-12T00:13:20.000+02:00");
        assert_eq!(Zone::UTC.spoken(winter), "2023-11-14 22:13:20.000 UTC");
        assert_eq!(Zone::UTC.rfc3339_millis(winter), "2023-11-14T22:13:20.000Z");
        assert_eq!(berlin().nanos_of_day(winter), hours(23) + 800 * SECOND);
        assert_eq!(Zone::UTC.nanos_of_day(Timestamp::from_nanos(-1)), DAY - 1);
    }

    #[test]
    fn a_day_is_as_long_as_its_zone_has_it() {
        let length = |zone: &Zone, date| {
            let span = zone.span(date, 0..DAY).unwrap();
            span.end.as_nanos() - span.start.as_nanos()
        };
        assert_eq!(length(&Zone::UTC, (2024, 3, 31)), hours(24));
        assert_eq!(length(&berlin(), (2024, 3, 31)), hours(23));
        assert_eq!(length(&berlin(), (2024, 10, 27)), hours(25));
        let noon = berlin().span((2023, 11, 14), hours(12)..hours(13)).unwrap();
        assert_eq!(Zone::UTC.rfc3339(noon.start), "2023-11-14T11:00:00.000000000Z");
        assert!(Zone::UTC.span((2023, 2, 29), 0..1).is_none());
        assert!(Zone::UTC.span((9999, 1, 1), 0..1).is_none());
        assert!(Zone::offset(26, 0).is_none());
    }
}
