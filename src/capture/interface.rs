//! An interface as a pcapng section describes it: what its packets begin with, how its clock ticks, what it dropped.

use super::order::ByteOrder;
use crate::model::{LinkType, Timestamp};
use pcap_parser::{InterfaceDescriptionBlock, OptionCode, PcapNGOption};

const NANOS: i128 = 1_000_000_000;

/// One interface of a section.
#[derive(Debug)]
pub(super) struct InterfaceDescription {
    /// What its packets begin with.
    pub link: LinkType,
    /// The most bytes captured of a packet; 0 for no limit.
    pub snaplen: u32,
    clock: InterfaceClock,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Dropped packets that have been reported, in either way.
    told: u64,
}

impl InterfaceDescription {
    pub(super) fn describe(block: &InterfaceDescriptionBlock<'_>, order: ByteOrder) -> Self {
        let offset = option(&block.options, OptionCode::IfTsoffset).and_then(|value| order.long(value));
        Self {
            link: LinkType(block.linktype.0.cast_unsigned() & 0xffff),
            snaplen: block.snaplen,
            clock: InterfaceClock::new(block.if_tsresol, offset.unwrap_or(0).cast_signed()),
            name: option(&block.options, OptionCode::IfName)
                .map(|name| String::from_utf8_lossy(name).trim_end_matches('\0').to_owned()),
            told: 0,
        }
    }

    /// The moment that a packet's two time fields stand for.
    #[inline]
    pub(super) fn time(&self, high: u32, low: u32) -> Timestamp {
        self.clock.time(u64::from(high) << 32 | u64::from(low))
    }

    pub(super) fn name(&self) -> Option<String> {
        self.name.clone()
    }

    /// Notes packets dropped just before another one, and gives them back.
    pub(super) const fn drop_more(&mut self, dropped: u64) -> u64 {
        self.told = self.told.saturating_add(dropped);
        dropped
    }

    /// Notes how many packets were dropped in all, and gives what was not reported before.
    pub(super) const fn drop_total(&mut self, total: u64) -> u64 {
        let news = total.saturating_sub(self.told);
        self.told = self.told.saturating_add(news);
        news
    }
}

/// The value of an option. What follows the end-of-options mark is not one.
pub(super) fn option<'a>(options: &'a [PcapNGOption<'_>], code: OptionCode) -> Option<&'a [u8]> {
    options
        .iter()
        .take_while(|option| option.code != OptionCode::EndOfOpt)
        .find(|option| option.code == code)
        .and_then(|option| option.as_bytes().ok())
}

/// How an interface's time fields become nanoseconds.
#[derive(Debug, PartialEq, Eq)]
struct InterfaceClock {
    multiply: i128,
    divide: i128,
    /// Nanoseconds to add.
    offset: i128,
}

impl InterfaceClock {
    /// From the options `if_tsresol` and `if_tsoffset` (the latter in seconds).
    fn new(resolution: u8, offset: i64) -> Self {
        let exponent = u32::from(resolution & 0x7f);
        let (multiply, divide) = if resolution & 0x80 != 0 {
            (NANOS, 1_i128.checked_shl(exponent).filter(|&power| power > 0).unwrap_or(i128::MAX))
        } else if let Some(rest) = 9_u32.checked_sub(exponent) {
            (10_i128.pow(rest), 1)
        } else {
            // Ticks so short that all of them together are less than a nanosecond.
            (1, 10_i128.checked_pow(exponent - 9).unwrap_or(i128::MAX))
        };
        Self { multiply, divide, offset: i128::from(offset) * NANOS }
    }

    #[inline]
    fn time(&self, ticks: u64) -> Timestamp {
        let scaled = i128::from(ticks) * self.multiply;
        // Dividing 128-bit numbers is slow, and next to no file needs it.
        let nanos = if self.divide == 1 { scaled } else { scaled / self.divide } + self.offset;
        let nearest = if nanos < 0 { i64::MIN } else { i64::MAX };
        Timestamp::from_nanos(i64::try_from(nanos).unwrap_or(nearest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nanos(resolution: u8, offset: i64, ticks: u64) -> i64 {
        InterfaceClock::new(resolution, offset).time(ticks).as_nanos()
    }

    #[test]
    fn every_resolution_gives_nanoseconds() {
        // Powers of ten: seconds, microseconds (the default), nanoseconds, picoseconds, the shortest there is.
        assert_eq!(nanos(0, 0, 3), 3_000_000_000);
        assert_eq!(nanos(6, 0, 1_000_001), 1_000_001_000);
        assert_eq!(nanos(9, 0, 7), 7);
        assert_eq!(nanos(12, 0, 7_999), 7);
        assert_eq!(nanos(0x7f, 0, u64::MAX), 0);
        // Powers of two: half seconds, 1/1024 s, the shortest there is.
        assert_eq!(nanos(0x81, 0, 3), 1_500_000_000);
        assert_eq!(nanos(0x8a, 0, 512), 500_000_000);
        assert_eq!(nanos(0xff, 0, u64::MAX), 0);
    }

    #[test]
    fn the_offset_counts_seconds_and_the_result_stays_in_range() {
        assert_eq!(nanos(6, -2, 5_000_000), 3_000_000_000);
        assert_eq!(nanos(6, i64::MAX, 0), i64::MAX);
        assert_eq!(nanos(6, i64::MIN, 0), i64::MIN);
        assert_eq!(nanos(0, 0, u64::MAX), i64::MAX);
    }
}
