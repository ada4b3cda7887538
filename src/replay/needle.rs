//! What to look for in payloads.

use regex::bytes::{Regex, RegexBuilder};
use std::fmt::Write;

/// Something to look for: text, a regular expression or bytes.
#[derive(Clone, Debug)]
pub struct Needle(Regex);

/// Whether `a` is also `A`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LetterCase {
    /// It is.
    #[default]
    Ignored,
    /// It is not.
    Exact,
}

/// Why something cannot be looked for, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NeedleError {
    /// There is nothing to look for.
    #[error("nothing to look for")]
    Empty,
    /// It is not a regular expression.
    #[error("not a regular expression: {0}")]
    Regex(String),
    /// It is not hexadecimal.
    #[error("not bytes in hexadecimal: two digits a byte, as in 0x81 05 48")]
    Hex,
}

impl Needle {
    /// This text, in UTF-8.
    ///
    /// # Errors
    /// It is empty.
    pub fn text(text: &str, case: LetterCase) -> Result<Self, NeedleError> {
        if text.is_empty() {
            return Err(NeedleError::Empty);
        }
        Self::build(&regex::escape(text), case)
    }

    /// This regular expression, over bytes: `.` is any character but a line feed, `(?-u:\xff)` is one byte.
    ///
    /// # Errors
    /// It is none, or it is empty.
    pub fn regex(expression: &str, case: LetterCase) -> Result<Self, NeedleError> {
        if expression.is_empty() {
            return Err(NeedleError::Empty);
        }
        Self::build(expression, case)
    }

    /// These bytes, in hexadecimal; a `0x` in front, spaces and colons do not matter.
    ///
    /// # Errors
    /// They are not whole bytes, or there are none.
    pub fn hex(digits: &str) -> Result<Self, NeedleError> {
        let digits = digits.trim();
        let digits = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")).unwrap_or(digits);
        let digits: String = digits.chars().filter(|c| !c.is_whitespace() && *c != ':').collect();
        let bytes = hex::decode(digits).map_err(|_| NeedleError::Hex)?;
        if bytes.is_empty() {
            return Err(NeedleError::Empty);
        }
        let mut expression = String::from("(?s-u)");
        for byte in bytes {
            let _ = write!(expression, "\\x{byte:02x}");
        }
        Self::build(&expression, LetterCase::Exact)
    }

    /// What someone typed: `0x…` is bytes, `/…/` a regular expression, anything else text, in any case.
    ///
    /// # Errors
    /// As for [`Needle::text`], [`Needle::regex`] and [`Needle::hex`].
    pub fn parse(typed: &str) -> Result<Self, NeedleError> {
        if typed.starts_with("0x") {
            return Self::hex(typed);
        }
        let inner = typed.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
        match inner.filter(|inner| !inner.is_empty()) {
            Some(expression) => Self::regex(expression, LetterCase::Ignored),
            None => Self::text(typed, LetterCase::Ignored),
        }
    }

    fn build(expression: &str, case: LetterCase) -> Result<Self, NeedleError> {
        let built = RegexBuilder::new(expression).case_insensitive(case == LetterCase::Ignored).build();
        built.map(Self).map_err(|error| {
            // The crate's message draws a picture over several lines; its last one says what is wrong.
            let message = error.to_string();
            let last = message.lines().last().unwrap_or_default();
            NeedleError::Regex(last.trim_start_matches("error: ").to_owned())
        })
    }

    /// Where it is found first: offset and length in bytes.
    pub fn find(&self, bytes: &[u8]) -> Option<(usize, usize)> {
        self.0.find(bytes).map(|found| (found.start(), found.len()))
    }

    /// All places where it is found: offset and length in bytes.
    pub fn find_all<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = (usize, usize)> + 'a {
        self.0.find_iter(bytes).map(|found| (found.start(), found.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_says_what_is_meant() {
        let found = |typed: &str, bytes: &[u8]| Needle::parse(typed).unwrap().find(bytes);
        assert_eq!(found("Ünï", "x ÜNÏ".as_bytes()), Some((2, 5)));
        assert_eq!(found("a.c", b"abc a.c"), Some((4, 3)));
        assert_eq!(found("/a.c/", b"abc a.c"), Some((0, 3)));
        assert_eq!(found("0xff 00:0a", b"\x00\xff\x00\x0a"), Some((1, 3)));
        assert_eq!(found("/", b"a/b"), Some((1, 1)));
        assert_eq!(Needle::text("A", LetterCase::Exact).unwrap().find(b"aA"), Some((1, 1)));
        assert_eq!(Needle::parse("").unwrap_err(), NeedleError::Empty);
        assert_eq!(Needle::parse("0xf").unwrap_err(), NeedleError::Hex);
        assert_eq!(Needle::parse("0x").unwrap_err(), NeedleError::Empty);
        let error = Needle::parse("/a(/").unwrap_err().to_string();
        assert_eq!(error, "not a regular expression: unclosed group");
    }
}
