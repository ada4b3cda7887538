//! Values as people write them: durations, sizes, times, addresses.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

/// A time span in milliseconds: `5s`, `200ms`, `1.5m`, `250` (milliseconds).
pub(super) fn duration(text: &str) -> Option<f64> {
    let (number, unit) = split_unit(text)?;
    let factor = match unit {
        "us" | "µs" => 1e-3,
        "" | "ms" => 1.0,
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

/// A moment, as the beginning of an RFC 3339 time that can be compared as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// On any day: `14:02:05.25`.
    OfDay(String),
    /// `2026-01-31T14:02`.
    Absolute(String),
}

impl Moment {
    /// Reads `14:02`, `14:02:05.25`, `2026-01-31`, `2026-01-31T14:02`, `2026-01-31 14:02`, each with or without `Z`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.strip_suffix(['Z', 'z']).unwrap_or(text);
        match text.split_once(['T', 't', ' ']) {
            Some((date, time)) if is_date(date) && is_time(time) => {
                Some(Self::Absolute(format!("{date}T{time}")))
            }
            None if is_date(text) => Some(Self::Absolute(text.to_owned())),
            None if is_time(text) => Some(Self::OfDay(text.to_owned())),
            _ => None,
        }
    }

    /// How the time `found` (RFC 3339) compares with it, to the precision it was written with: `14:02` is that whole
    /// minute.
    pub(super) fn compare(&self, found: &str) -> Option<std::cmp::Ordering> {
        let (found, wanted) = match self {
            Self::OfDay(wanted) => (found.get(11..)?, wanted),
            Self::Absolute(wanted) => (found, wanted),
        };
        let found = found.strip_suffix('Z').unwrap_or(found);
        Some(found.get(..wanted.len().min(found.len()))?.cmp(wanted))
    }
}

/// Whether `text` has digits where `shape` has zeros, and else what `shape` has.
fn has_shape(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            shape => byte == shape,
        })
}

/// Whether there is such a day.
fn is_date(text: &str) -> bool {
    if !has_shape(text, "0000-00-00") {
        return false;
    }
    let part =
        |range: Range<usize>| text.get(range).and_then(|digits| digits.parse::<u32>().ok()).unwrap_or(0);
    let (year, month, day) = (part(0..4), part(5..7), part(8..10));
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// Whether a day has such a time.
fn is_time(text: &str) -> bool {
    let (whole, decimals) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let is_decimal = |rest: &str| (1..=9).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_digit());
    let has_shape = match decimals {
        None => has_shape(whole, "00:00") || has_shape(whole, "00:00:00"),
        Some(rest) => has_shape(whole, "00:00:00") && is_decimal(rest),
    };
    let is_below = |range: Range<usize>, end: &str| whole.get(range).is_none_or(|digits| digits < end);
    has_shape && is_below(0..2, "24") && is_below(3..5, "60") && is_below(6..8, "60")
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
