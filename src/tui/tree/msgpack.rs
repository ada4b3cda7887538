//! MessagePack, as its specification at msgpack.org has it.

use super::bytes::{PayloadReader, in_hex, quoted};
use super::leaf::Leaf;

/// The tree of a map or an array.
pub(super) fn tree(payload: &[u8]) -> Option<Vec<Leaf>> {
    let mut reading = PayloadReader::new(payload);
    let is_container = matches!(reading.first()?, 0x80..=0x9f | 0xdc..=0xdf);
    if !is_container {
        return None;
    }
    value(&mut reading, 0, "")?;
    reading.whole()
}

/// Adds the next value, with its name in front.
fn value(reading: &mut PayloadReader<'_>, depth: usize, name: &str) -> Option<()> {
    let tag = reading.byte()?;
    let text = match tag {
        0x80..=0x8f => return map(reading, depth, name, u64::from(tag & 0x0f)),
        0xde | 0xdf => {
            let count = reading.number(if tag == 0xde { 2 } else { 4 })?;
            return map(reading, depth, name, count);
        }
        0x90..=0x9f => return array(reading, depth, name, u64::from(tag & 0x0f)),
        0xdc | 0xdd => {
            let count = reading.number(if tag == 0xdc { 2 } else { 4 })?;
            return array(reading, depth, name, count);
        }
        _ => scalar(reading, tag)?,
    };
    reading.add(depth, format!("{name}{text}"))
}

fn map(reading: &mut PayloadReader<'_>, depth: usize, name: &str, count: u64) -> Option<()> {
    reading.add(depth, format!("{name}map of {count}"))?;
    for _ in 0..count {
        let tag = reading.byte()?;
        // A key that is a container itself is rare enough to be none.
        let key = scalar(reading, tag)?;
        value(reading, depth + 1, &format!("{key}: "))?;
    }
    Some(())
}

fn array(reading: &mut PayloadReader<'_>, depth: usize, name: &str, count: u64) -> Option<()> {
    reading.add(depth, format!("{name}array of {count}"))?;
    (0..count).try_for_each(|_| value(reading, depth + 1, ""))
}

/// What is neither a map nor an array.
fn scalar(reading: &mut PayloadReader<'_>, tag: u8) -> Option<String> {
    Some(match tag {
        0x00..=0x7f => tag.to_string(),
        0xe0..=0xff => tag.cast_signed().to_string(),
        0xa0..=0xbf => quoted(reading.take(u64::from(tag & 0x1f))?),
        0xc0 => "nil".to_owned(),
        0xc2 => "false".to_owned(),
        0xc3 => "true".to_owned(),
        0xc4..=0xc6 => {
            let length = reading.number(1 << (tag - 0xc4))?;
            in_hex(reading.take(length)?)
        }
        0xc7..=0xc9 => {
            let length = reading.number(1 << (tag - 0xc7))?;
            let kind = reading.byte()?.cast_signed();
            format!("extension {kind}, {}", in_hex(reading.take(length)?))
        }
        0xca => f32::from_bits(u32::try_from(reading.number(4)?).ok()?).to_string(),
        0xcb => f64::from_bits(reading.number(8)?).to_string(),
        0xcc..=0xcf => reading.number(1 << (tag - 0xcc))?.to_string(),
        0xd0..=0xd3 => {
            let bytes = 1 << (tag - 0xd0);
            let unused = 64 - 8 * u32::try_from(bytes).ok()?;
            ((reading.number(bytes)? << unused).cast_signed() >> unused).to_string()
        }
        0xd4..=0xd8 => {
            let kind = reading.byte()?.cast_signed();
            format!("extension {kind}, {}", in_hex(reading.take(1 << (tag - 0xd4))?))
        }
        0xd9..=0xdb => {
            let length = reading.number(1 << (tag - 0xd9))?;
            quoted(reading.take(length)?)
        }
        // Containers, and 0xc1, which is never used.
        0x80..=0x9f | 0xc1 | 0xdc..=0xdf => return None,
    })
}
