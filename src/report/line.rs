//! Prints the objects of `dto` as JSON, straight into the line.
//!
//! A large capture has millions of lines, and nearly all their bytes are names of fields and plain figures.
//! `serde_json` looks for something to escape in each name, byte by byte; names of our own structs need none. What is
//! more than a name, a whole number or plain text it prints here, too. What is small is inlined, for then the compiler
//! knows each name and how long it is.

use crate::model::is_visible;
use serde::ser::{
    Error as _, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer,
};
use serde_json::Error;
use serde_json::ser::{CompactFormatter, Formatter};
use std::io::{self, Write};

/// A line in the making. Its buffer stays as long as the longest line was, so that adding to it is no more than a copy.
#[derive(Debug, Default)]
pub(super) struct Line {
    buffer: Vec<u8>,
    end: usize,
}

impl Line {
    /// Makes it `object` as JSON and a line feed.
    pub(super) fn set(&mut self, object: &impl Serialize) -> io::Result<()> {
        self.end = 0;
        object.serialize(JsonSerializer(self))?;
        self.put([b"\n"]);
        Ok(())
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.buffer.get(..self.end).unwrap_or_default()
    }

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "text of known length is two or three moves; otherwise it is a call"
    )]
    fn put<const N: usize>(&mut self, parts: [&[u8]; N]) {
        let end = self.end + parts.iter().map(|part| part.len()).sum::<usize>();
        match self.buffer.get_mut(self.end..end) {
            Some(mut rest) => {
                for part in parts {
                    let Some((place, behind)) = rest.split_at_mut_checked(part.len()) else { break };
                    place.copy_from_slice(part);
                    rest = behind;
                }
            }
            None => self.grow(&parts),
        }
        self.end = end;
    }

    /// Adds a whole number in decimal.
    fn number(&mut self, mut number: u64) {
        const ROOM: &[u8] = b"00000000000000000000";
        /// From `00` to `99`.
        const PAIRS: [[u8; 2]; 100] = {
            let (mut pairs, mut number) = ([[0; 2]; 100], 0_u8);
            while let Some((pair, _)) = pairs.split_at_mut(number as usize).1.split_first_mut() {
                *pair = [b'0' + number / 10, b'0' + number % 10];
                number += 1;
            }
            pairs
        };
        let last = |number: u64| b'0' + u8::try_from(number % 10).unwrap_or(0);
        if number < 10 {
            self.put([&[last(number)]]);
            return;
        }
        let length = match number {
            ..100 => 2,
            100..1_000 => 3,
            1_000..10_000 => 4,
            10_000..100_000 => 5,
            100_000..1_000_000 => 6,
            _ => number.checked_ilog10().map_or(1, |tens| tens as usize + 1),
        };
        let start = self.end;
        self.put([ROOM]);
        self.end = start + length;
        let digits = self.buffer.get_mut(start..self.end).unwrap_or_default();
        let (first, pairs) = digits.as_rchunks_mut();
        for place in pairs.iter_mut().rev() {
            let pair = usize::try_from(number % 100).ok().and_then(|pair| PAIRS.get(pair));
            *place = pair.copied().unwrap_or_default();
            number /= 100;
        }
        if let [digit] = first {
            *digit = last(number);
        }
    }

    #[cold]
    fn grow(&mut self, parts: &[&[u8]]) {
        self.buffer.truncate(self.end);
        for part in parts {
            self.buffer.extend_from_slice(part);
        }
        self.buffer.resize(self.buffer.capacity(), 0);
    }
}

impl Write for Line {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.put([text]);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where a value goes.
struct JsonSerializer<'o>(&'o mut Line);

impl JsonSerializer<'_> {
    /// Has `serde_json` print a value.
    fn library(self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        value.serialize(&mut serde_json::Serializer::with_formatter(self.0, Printable(CompactFormatter)))
    }

    /// Prints text in which nothing is to be escaped.
    #[inline]
    fn quote(self, text: &[u8]) {
        self.0.put([b"\"", text, b"\""]);
    }
}

/// Whether nothing in `text` is to be escaped.
#[inline(always)]
#[expect(clippy::inline_always, reason = "of a word known when compiling it is known as well")]
fn is_plain(text: &[u8]) -> bool {
    let is_plain = |byte: &u8| (0x20..0x7f).contains(byte) && !matches!(byte, b'"' | b'\\');
    // Eight bytes at once, without a way out: the compiler makes vectors of it.
    let (words, rest) = text.as_chunks::<8>();
    words.iter().all(|word| word.iter().fold(true, |plain, byte| plain & is_plain(byte)))
        && rest.iter().all(is_plain)
}

macro_rules! whole_numbers {
    ($($method:ident($type:ty)),*) => {
        $(#[inline]
        fn $method(self, number: $type) -> Result<(), Error> {
            self.0.number(number.into());
            Ok(())
        })*
    };
}

impl<'o> Serializer for JsonSerializer<'o> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Members<'o>;
    type SerializeMap = Members<'o>;
    type SerializeStruct = Members<'o>;
    // No object of `dto` has what follows.
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeStructVariant = Impossible<(), Error>;

    whole_numbers! {
        serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64)
    }

    fn serialize_i64(self, number: i64) -> Result<(), Error> {
        self.library(&number)
    }

    fn serialize_i32(self, number: i32) -> Result<(), Error> {
        self.library(&number)
    }

    fn serialize_i16(self, number: i16) -> Result<(), Error> {
        self.library(&number)
    }

    fn serialize_i8(self, number: i8) -> Result<(), Error> {
        self.library(&number)
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        if value {
            self.0.put([b"true"]);
        } else {
            self.0.put([b"false"]);
        }
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.library(&value)
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        self.library(&value)
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.library(&value)
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "so that `is_plain` sees words that are known when compiling")]
    fn serialize_str(self, text: &str) -> Result<(), Error> {
        if !is_plain(text.as_bytes()) {
            return self.library(text);
        }
        self.quote(text.as_bytes());
        Ok(())
    }

    /// No output is a list of bytes: bytes are text in which nothing is to be escaped, as whoever has it knows.
    #[inline]
    fn serialize_bytes(self, text: &[u8]) -> Result<(), Error> {
        self.quote(text);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.0.put([b"null"]);
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.quote(variant.as_bytes());
        Ok(())
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Error> {
        Err(Error::custom("no output is a variant"))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Members<'o>, Error> {
        Ok(Members::new(self.0, b'[', b']'))
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Error> {
        Err(Error::custom("no output is a tuple"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Error> {
        Err(Error::custom("no output is a tuple"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        Err(Error::custom("no output is a variant"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'o>, Error> {
        Ok(Members::new(self.0, b'{', b'}'))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members<'o>, Error> {
        Ok(Members::new(self.0, b'{', b'}'))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        Err(Error::custom("no output is a variant"))
    }
}

/// An object or a list in the making.
struct Members<'o> {
    out: &'o mut Line,
    /// What to write before the next member: the opening bracket, then commas.
    before: u8,
    close: u8,
}

impl<'o> Members<'o> {
    const fn new(out: &'o mut Line, open: u8, close: u8) -> Self {
        Self { out, before: open, close }
    }

    #[inline]
    fn begin(&mut self) {
        self.out.put([&[self.before]]);
        self.before = b',';
    }

    fn finish(self) {
        if self.before != b',' {
            self.out.put([&[self.before]]);
        }
        self.out.put([&[self.close]]);
    }
}

impl SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = Error;

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "a name of known length is two or three moves; otherwise it is a call"
    )]
    fn serialize_field<T: ?Sized + Serialize>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.out.put([&[self.before, b'"'], name.as_bytes(), b"\":"]);
        self.before = b',';
        value.serialize(JsonSerializer(self.out))
    }

    fn end(self) -> Result<(), Error> {
        self.finish();
        Ok(())
    }
}

impl SerializeMap for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<(), Error> {
        self.begin();
        key.serialize(JsonSerializer(self.out))
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        self.out.put([b":"]);
        value.serialize(JsonSerializer(self.out))
    }

    fn end(self) -> Result<(), Error> {
        self.finish();
        Ok(())
    }
}

impl SerializeSeq for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        self.begin();
        value.serialize(JsonSerializer(self.out))
    }

    fn end(self) -> Result<(), Error> {
        self.finish();
        Ok(())
    }
}

/// Escapes as `\u….` also what JSON may carry raw and a terminal would obey or hide: the same value, safe to look at.
struct Printable(CompactFormatter);

impl Formatter for Printable {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        // JSON has control characters below U+0020 escaped already; DEL is the only other one in ASCII.
        if fragment.bytes().all(|byte| byte < 0x7f) {
            return self.0.write_string_fragment(out, fragment);
        }
        let mut written = 0;
        for (at, c) in fragment.char_indices().filter(|(_, c)| !is_visible(*c)) {
            out.write_all(fragment.get(written..at).unwrap_or_default().as_bytes())?;
            c.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(out, "\\u{unit:04x}"))?;
            written = at + c.len_utf8();
        }
        out.write_all(fragment.get(written..).unwrap_or_default().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;

    #[derive(Serialize)]
    struct Everything<'a> {
        texts: Vec<&'a str>,
        none: Option<u8>,
        numbers: (),
        float: f64,
        inner: Inner,
        empty: Vec<u8>,
    }

    #[derive(Serialize)]
    struct Inner {
        lowest: i64,
        whole: Vec<u64>,
        flag: bool,
    }

    #[test]
    fn it_prints_what_serde_json_prints() {
        let everything = Everything {
            texts: vec!["", "plain", "\"quoted\"", "back\\slash", "tab\t", "é", "{}"],
            none: None,
            numbers: (),
            float: 1.5,
            inner: Inner {
                lowest: i64::MIN,
                whole: (0..20)
                    .flat_map(|tens| [10_u64.pow(tens) - 1, 10_u64.pow(tens)])
                    .chain([54_321, u64::MAX])
                    .collect(),
                flag: true,
            },
            empty: Vec::new(),
        };
        let mut line = Line::default();
        for _ in 0..2 {
            line.set(&everything).unwrap();
            let printed = str::from_utf8(line.as_bytes()).unwrap();
            assert_eq!(printed, serde_json::to_string(&everything).unwrap() + "\n");
        }
    }
}
