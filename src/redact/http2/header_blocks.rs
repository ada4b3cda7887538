//! What takes the place of compressed heads (RFC 7541): the same fields of the same size, written in the same way, so that the
//! tables of both sides change as before.

use crate::http2::{HeadString, HeadStrings, StringCoding, StringRole, code_length, encode};
use crate::redact::fitted::Fitted;
use crate::redact::known;
use crate::redact::names::{NameKind, Names};

/// What takes the place of a head, of which these strings are known.
pub(super) fn header_block(block: &[u8], strings: &HeadStrings, names: &mut Names) -> Vec<u8> {
    let mut redacted = block.to_vec();
    for string in &strings.list {
        if let Some(place) = redacted.get_mut(string.place.clone()) {
            let written = written(string, place, names);
            place.iter_mut().zip(written).for_each(|(place, byte)| *place = byte);
        }
    }
    // What cannot be read is a number without end, which nobody can read either.
    if let Some((first, rest)) = redacted.get_mut(strings.read..).and_then(<[u8]>::split_first_mut) {
        *first = 0x7f;
        rest.fill(0xff);
    }
    redacted
}

/// What takes the place of a string that is written with these bytes: as many.
fn written(string: &HeadString, bytes: &[u8], names: &mut Names) -> Vec<u8> {
    let Some(text) = &string.text else {
        // The sign for the end, which no string may have.
        return vec![0xff; bytes.len()];
    };
    let stand_in = match &string.role {
        StringRole::Name => name(text, names),
        StringRole::Value(name) => value(name.as_deref().unwrap_or_default(), text, names),
    };
    if stand_in.as_bytes() == &**text {
        return bytes.to_vec();
    }
    let write = |text: &[u8]| match string.coding {
        StringCoding::Plain => text.to_vec(),
        StringCoding::Huffman => encode(text),
    };
    let written = write(stand_in.as_bytes());
    let is_same_size = (stand_in.len(), written.len()) == (text.len(), bytes.len());
    if is_same_size { written } else { write(&with_same_codes(text)) }
}

fn name(name: &[u8], names: &mut Names) -> String {
    let Ok(text) = std::str::from_utf8(name) else { return Fitted(names).bytes(name) };
    match text.strip_prefix(':') {
        // Of those that stand for a first line, others may not be taken for one that is known.
        Some(rest) if !known::is_header(text) => {
            format!(":{}", Fitted(names).name(NameKind::Header, rest))
        }
        Some(_) | None => Fitted(names).header(text),
    }
}

fn value(name: &[u8], value: &[u8], names: &mut Names) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => Fitted(names).value(&String::from_utf8_lossy(name).to_ascii_lowercase(), text),
        Err(_) => Fitted(names).bytes(value),
    }
}

/// For each byte the first one whose code is as long: for what no pseudonym fits, as it has characters that text seldom has.
fn with_same_codes(text: &[u8]) -> Vec<u8> {
    let all = || (b'!'..=b'~').chain(0..=u8::MAX);
    let first = |byte: &u8| all().find(|other| code_length(*other) == code_length(*byte));
    text.iter().filter_map(first).collect()
}

#[cfg(test)]
mod tests;
