//! CBOR (RFC 8949).

use super::bytes::{PayloadReader, in_hex, quoted};
use super::leaf::{DEEPEST, Leaf};

/// The byte that ends what has no length (RFC 8949 §3.2.1).
const BREAK: u8 = 0xff;

/// The tree of a map or an array, which may have a tag.
pub(super) fn tree(payload: &[u8]) -> Option<Vec<Leaf>> {
    let mut reading = PayloadReader::new(payload);
    if !matches!(reading.first()? >> 5, 4..=6) {
        return None;
    }
    value(&mut reading, 0, "")?;
    reading.whole()
}

/// Adds the next value, with its name in front.
fn value(reading: &mut PayloadReader<'_>, depth: usize, name: &str) -> Option<()> {
    if depth > DEEPEST {
        return None;
    }
    let (major, count) = head(reading)?;
    match major {
        4 => {
            reading.add(depth, format!("{name}array{}", of(count)))?;
            each(reading, count, |reading| value(reading, depth + 1, ""))
        }
        5 => {
            reading.add(depth, format!("{name}map{}", of(count)))?;
            each(reading, count, |reading| {
                let (major, count) = head(reading)?;
                let key = scalar(reading, major, count)?;
                value(reading, depth + 1, &format!("{key}: "))
            })
        }
        6 => {
            reading.add(depth, format!("{name}tag {}", count?))?;
            value(reading, depth + 1, "")
        }
        major => {
            let text = scalar(reading, major, count)?;
            reading.add(depth, format!("{name}{text}"))
        }
    }
}

/// The major type, and its argument (RFC 8949 §3); without one for an indefinite length.
fn head(reading: &mut PayloadReader<'_>) -> Option<(u8, Option<u64>)> {
    let first = reading.byte()?;
    let (major, info) = (first >> 5, first & 0x1f);
    Some(match info {
        // Floats and simple values keep which of them they are in front of their bits.
        24..=27 if major == 7 => (8 + info - 24, Some(reading.number(1 << (info - 24))?)),
        0..=23 => (major, Some(info.into())),
        24..=27 => (major, Some(reading.number(1 << (info - 24))?)),
        31 if (2..=5).contains(&major) => (major, None),
        _ => return None,
    })
}

fn of(count: Option<u64>) -> String {
    count.map_or_else(String::new, |count| format!(" of {count}"))
}

/// As many as were said to be there, or up to the break.
fn each(
    reading: &mut PayloadReader<'_>,
    count: Option<u64>,
    mut one: impl FnMut(&mut PayloadReader<'_>) -> Option<()>,
) -> Option<()> {
    if let Some(count) = count {
        return (0..count).try_for_each(|_| one(reading));
    }
    while reading.first()? != BREAK {
        one(reading)?;
    }
    reading.byte().map(drop)
}

fn scalar(reading: &mut PayloadReader<'_>, major: u8, count: Option<u64>) -> Option<String> {
    Some(match (major, count) {
        (0, Some(number)) => number.to_string(),
        (1, Some(number)) => (-1 - i128::from(number)).to_string(),
        (2, Some(length)) => in_hex(reading.take(length)?),
        (3, Some(length)) => quoted(reading.take(length)?),
        (2 | 3, None) => {
            let mut bytes = Vec::new();
            each(reading, None, |reading| {
                let (part, length) = head(reading)?;
                bytes.extend_from_slice(reading.take(length.filter(|_| part == major)?)?);
                Some(())
            })?;
            if major == 2 { in_hex(&bytes) } else { quoted(&bytes) }
        }
        (7, Some(20)) => "false".to_owned(),
        (7, Some(21)) => "true".to_owned(),
        (7, Some(22)) => "null".to_owned(),
        (7, Some(23)) => "undefined".to_owned(),
        (7 | 8, Some(simple)) => format!("simple {simple}"),
        (9, Some(bits)) => half(u16::try_from(bits).ok()?).to_string(),
        (10, Some(bits)) => f32::from_bits(u32::try_from(bits).ok()?).to_string(),
        (11, Some(bits)) => f64::from_bits(bits).to_string(),
        _ => return None,
    })
}

/// A float of 16 bits (RFC 8949 appendix D).
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (bits >> 10 & 0x1f, f64::from(bits & 0x3ff));
    let value = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (fraction + 1024.0) * 2_f64.powi(i32::from(exponent) - 25),
    };
    if bits & 0x8000 == 0 { value } else { -value }
}
