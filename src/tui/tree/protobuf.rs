//! Protocol buffers without their schema: numbers of fields, and what their bytes can be.

use super::bytes::{PayloadReader, in_hex, quoted};
use super::leaf::{DEEPEST, Leaf};

/// The tree of a message.
pub(super) fn tree(payload: &[u8]) -> Option<Vec<Leaf>> {
    let leaves = message(payload, 0)?;
    (!leaves.is_empty()).then_some(leaves)
}

/// The fields of a message, if all of the bytes are fields.
fn message(bytes: &[u8], depth: usize) -> Option<Vec<Leaf>> {
    let mut reading = PayloadReader::new(bytes);
    while !reading.is_empty() {
        let key = varint(&mut reading)?;
        let field = Some(key >> 3).filter(|field| (1..1 << 29).contains(field))?;
        match key & 7 {
            0 => {
                let number = varint(&mut reading)?;
                reading.add(depth, format!("{field}: {number}"))?;
            }
            1 => {
                let bits = reading.number(8)?.swap_bytes();
                reading.add(depth, format!("{field}: {bits:#018x}, as a double {}", f64::from_bits(bits)))?;
            }
            5 => {
                let bits = u32::try_from(reading.number(4)?).ok()?.swap_bytes();
                reading.add(depth, format!("{field}: {bits:#010x}, as a float {}", f32::from_bits(bits)))?;
            }
            2 => {
                let length = varint(&mut reading)?;
                let inner = reading.take(length)?;
                delimited(&mut reading, depth, field, inner)?;
            }
            _ => return None,
        }
    }
    Some(reading.leaves)
}

/// A text, a message, or bytes: which of them, only the schema would say.
fn delimited(reading: &mut PayloadReader<'_>, depth: usize, field: u64, bytes: &[u8]) -> Option<()> {
    let is_text = std::str::from_utf8(bytes).is_ok_and(|text| !text.chars().any(char::is_control));
    let inner = (!is_text && depth < DEEPEST).then(|| message(bytes, depth + 1)).flatten();
    match inner {
        Some(leaves) => {
            reading.add(depth, format!("{field}: message"))?;
            leaves.into_iter().try_for_each(|(depth, text)| reading.add(depth, text))
        }
        None if is_text => reading.add(depth, format!("{field}: {}", quoted(bytes))),
        None => reading.add(depth, format!("{field}: {}", in_hex(bytes))),
    }
}

/// A number in groups of seven bits, the least significant ones first.
fn varint(reading: &mut PayloadReader<'_>) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = reading.byte()?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
