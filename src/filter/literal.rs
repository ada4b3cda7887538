//! Values as people write them: durations, sizes, times, addresses.

use crate::model::{Timestamp, Zone};
use std::cmp::Ordering;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

/// A time span in milliseconds: `5s`, `200ms`, `1.5m`.
pub(super) fn duration(text: &str) -> Option<f64> {
    let (number, unit) = split_unit(text)?;
    let factor = match unit {
        "us" | "µs" => 1e-3,
        "ms" => 1.0,
        "s" | "sec" => 1e3,
        "m" | "min" => 60e3,
        "h" => 3_600e3,
        "d" => 86_400e3,
        _ => return None,
    };
    Some(number * factor)
}

/// A number, in decimal or hexadecimal, which may be a size: `64k`, `1MiB`, `2MB`.
pub(super) fn number(text: &str) -> Option<f64> {
    if let Some(hex) = text.strip_prefix("0x") {
        #[expect(clippy::cast_precision_loss, reason = "numbers of captures are far below 2^53")]
        return u64::from_str_radix(hex, 16).ok().map(|number| number as f64);
    }
    let (number, unit) = split_unit(text)?;
    let factor = match unit.to_lowercase().trim_end_matches('b') {
        "" => 1.0,
        "k" => 1e3,
        "m" => 1e6,
        "g" => 1e9,
        "ki" => 1_024.0,
        "mi" => 1_048_576.0,
        "gi" => 1_073_741_824.0,
        _ => return None,
    };
    Some(number * factor)
}

fn split_unit(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    Some((number.parse().ok()?, unit))
}

/// A moment, as long as the precision that it is written with: `14:02` is a whole minute.
#[derive(Clone, Debug)]
pub(super) enum Moment {
    /// On any day: from so many nanoseconds of the day to so many.
    OfDay(Range<i64>, Zone),
    /// On one day.
    Absolute(Range<Timestamp>),
}

/// Nanoseconds in a second.
const SECOND: i64 = 1_000_000_000;

impl Moment {
    /// Reads `14:02`, `14:02:05.25`, `2026-01-31`, `2026-01-31T14:02` or `2026-01-31 14:02`: in `zone`, or in the one that
    /// stands behind it (`Z`, `+01:00`).
    pub(super) fn parse(text: &str, zone: &Zone) -> Option<Self> {
        let (text, own) = match split_zone(text) {
            Some((rest, own)) => (rest, Some(own)),
            None => (text, None),
        };
        let zone = own.as_ref().unwrap_or(zone);
        let absolute = |date, time| zone.span(date, time).map(Self::Absolute);
        match text.split_once(['T', 't', ' ']) {
            Some((date, time)) => absolute(parse_date(date)?, parse_time(time)?),
            None => match parse_date(text) {
                Some(date) => absolute(date, 0..86_400 * SECOND),
                None => Some(Self::OfDay(parse_time(text)?, zone.clone())),
            },
        }
    }

    /// How a time compares with the moment at which it begins.
    pub(super) fn compare(&self, time: Timestamp) -> Ordering {
        match self {
            Self::OfDay(span, zone) => zone.nanos_of_day(time).cmp(&span.start),
            Self::Absolute(span) => time.cmp(&span.start),
        }
    }

    /// Whether a time is in it: at any moment of the minute, for `14:02`.
    pub(super) fn holds(&self, time: Timestamp) -> bool {
        match self {
            Self::OfDay(span, zone) => span.contains(&zone.nanos_of_day(time)),
            Self::Absolute(span) => span.contains(&time),
        }
    }
}

/// A time without the zone behind it, and that zone.
fn split_zone(text: &str) -> Option<(&str, Zone)> {
    // As JSON writes it, and as people read it.
    if let Some(rest) = text.strip_suffix(['Z', 'z']).or_else(|| text.strip_suffix(" UTC")) {
        return Some((rest, Zone::UTC));
    }
    let (rest, offset) = text.split_at_checked(text.len().checked_sub("+00:00".len())?)?;
    if !rest.contains(':') || !(has_shape(offset, "+00:00") || has_shape(offset, "-00:00")) {
        return None;
    }
    let number = |range: Range<usize>| offset.get(range)?.parse::<i8>().ok();
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    Some((rest.trim_end(), Zone::offset(sign * number(1..3)?, sign * number(4..6)?)?))
}

/// Whether `text` has digits where `shape` has zeros, and else what `shape` has.
fn has_shape(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            shape => byte == shape,
        })
}

/// Year, month and day; there may be no such day.
fn parse_date(text: &str) -> Option<(i16, i8, i8)> {
    if !has_shape(text, "0000-00-00") {
        return None;
    }
    Some((text.get(0..4)?.parse().ok()?, text.get(5..7)?.parse().ok()?, text.get(8..10)?.parse().ok()?))
}

/// The nanoseconds of a day that `14:02` or `14:02:05.25` stand for.
fn parse_time(text: &str) -> Option<Range<i64>> {
    let (whole, decimals) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let has_seconds = has_shape(whole, "00:00:00");
    if !has_seconds && (decimals.is_some() || !has_shape(whole, "00:00")) {
        return None;
    }
    let below = |range: Range<usize>, end: i64| {
        let number = whole.get(range).map_or(Ok(0), str::parse::<i64>).ok()?;
        (number < end).then_some(number)
    };
    let seconds = (below(0..2, 24)? * 60 + below(3..5, 60)?) * 60 + below(6..8, 60)?;
    let start = seconds * SECOND;
    let Some(decimals) = decimals else {
        return Some(start..start + if has_seconds { SECOND } else { 60 * SECOND });
    };
    let is_fraction = (1..=9).contains(&decimals.len()) && decimals.bytes().all(|byte| byte.is_ascii_digit());
    let unit = SECOND / 10_i64.pow(u32::try_from(decimals.len()).ok().filter(|_| is_fraction)?);
    let start = start + decimals.parse::<i64>().ok()? * unit;
    Some(start..start + unit)
}

/// An address, a part of one, or a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    Ip(IpAddr),
    Socket(SocketAddr),
    /// The network's address and the length of its prefix in bits.
    Network(IpAddr, u8),
}

impl Address {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Ok(socket) = text.parse() {
            return Some(Self::Socket(socket));
        }
        if let Some((ip, prefix)) = text.split_once('/') {
            let (ip, prefix): (IpAddr, u8) = (ip.parse().ok()?, prefix.parse().ok()?);
            let longest = if ip.is_ipv4() { 32 } else { 128 };
            return (prefix <= longest).then_some(Self::Network(ip, prefix));
        }
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        bare.parse().ok().map(Self::Ip)
    }

    /// Whether `found`, as `ip:port` or `ip`, is it or in it.
    pub(super) fn holds(&self, found: &str) -> bool {
        let socket: Option<SocketAddr> = found.parse().ok();
        let Some(ip) = socket.map(|socket| socket.ip()).or_else(|| found.parse().ok()) else { return false };
        match self {
            Self::Ip(wanted) => ip == *wanted,
            Self::Socket(wanted) => socket == Some(*wanted),
            Self::Network(network, prefix) => match (bits(ip), bits(*network)) {
                ((found, length), (wanted, width)) if length == width => {
                    let shift = width - u32::from(*prefix);
                    shift == 128 || found >> shift == wanted >> shift
                }
                _ => false,
            },
        }
    }
}

/// An address as a number, and how many bits it has.
fn bits(ip: IpAddr) -> (u128, u32) {
    match ip {
        IpAddr::V4(ip) => (u128::from(ip.to_bits()), 32),
        IpAddr::V6(ip) => (ip.to_bits(), 128),
    }
}
