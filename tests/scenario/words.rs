//! The words of a line, and the small things several steps are made of: payloads, numbers, times.

use super::Result;
use std::str::FromStr;
use std::time::Duration;

/// One word of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// Anything between blanks.
    Word(String),
    /// A quoted string, already unescaped and repeated.
    Quoted(Vec<u8>),
}

/// Cuts a line into its words, without the comment.
pub fn tokens(line: &str) -> Result<Vec<Token>> {
    let mut found = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() && !rest.starts_with('#') {
        let end = rest.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if let Some(quoted) = after.strip_prefix('"') {
            let times = match word {
                "" => 1,
                _ => number(word.strip_suffix('*').ok_or("a quote inside a word")?)?,
            };
            let (bytes, length) = unescape(quoted)?;
            found.push(Token::Quoted(bytes.repeat(times)));
            rest = quoted[length..].trim_start();
        } else {
            found.push(Token::Word(word.to_owned()));
            rest = after.trim_start();
        }
    }
    Ok(found)
}

/// The bytes of a quoted string and how much text they took, closing quote included.
fn unescape(text: &str) -> Result<(Vec<u8>, usize)> {
    let mut bytes = Vec::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((bytes, at + 1)),
            '\\' => match chars.next().map(|(_, escaped)| escaped) {
                Some('n') => bytes.push(b'\n'),
                Some('r') => bytes.push(b'\r'),
                Some('t') => bytes.push(b'\t'),
                Some('0') => bytes.push(0),
                Some(same @ ('\\' | '"')) => bytes.push(same as u8),
                Some('x') => {
                    let digits: String = chars.by_ref().take(2).map(|(_, digit)| digit).collect();
                    bytes.extend(hex::decode(&digits).map_err(|error| format!("\\x{digits}: {error}"))?);
                }
                Some('u') => {
                    let digits: String = chars
                        .by_ref()
                        .skip(1)
                        .map(|(_, digit)| digit)
                        .take_while(|&digit| digit != '}')
                        .collect();
                    let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                    let code = code.ok_or_else(|| format!("\\u{{{digits}}} is no character"))?;
                    bytes.extend(code.encode_utf8(&mut [0; 4]).as_bytes());
                }
                other => return Err(format!("unknown escape {other:?}")),
            },
            _ => bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Err("a quote that nothing closes".to_owned())
}

/// A line's words while they are being read.
pub struct Words {
    tokens: Vec<Token>,
    at: usize,
}

impl Words {
    /// The words of `line`, from the first.
    pub fn of(line: &str) -> Result<Self> {
        Ok(Self { tokens: tokens(line)?, at: 0 })
    }

    /// Whether every word has been read.
    pub fn done(&self) -> bool {
        self.at == self.tokens.len()
    }

    /// The next word, unless it is a quoted string.
    pub fn peek(&self) -> Option<&str> {
        match self.tokens.get(self.at) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// Reads the next word; `wanted` says what it should be.
    pub fn next(&mut self, wanted: &str) -> Result<String> {
        let word = self.peek().ok_or_else(|| format!("expected {wanted}"))?.to_owned();
        self.at += 1;
        Ok(word)
    }

    /// Reads the next word if `accept` makes something of it.
    pub fn next_if<T>(&mut self, accept: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let value = accept(self.peek()?)?;
        self.at += 1;
        Some(value)
    }

    /// Reads the next word if it is `word`.
    pub fn take(&mut self, word: &str) -> bool {
        self.next_if(|next| (next == word).then_some(())).is_some()
    }

    /// Reads a quoted string, if one is next.
    pub fn quoted(&mut self) -> Option<Vec<u8>> {
        match self.tokens.get(self.at) {
            Some(Token::Quoted(bytes)) => {
                self.at += 1;
                Some(bytes.clone())
            }
            _ => None,
        }
    }

    /// Reads payload: quoted strings, `hex`, `N*hex` and `N*"…"`, as many as follow.
    pub fn payload(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            if let Some(quoted) = self.quoted() {
                bytes.extend(quoted);
            } else if let Some(repeated) = self.next_if(hex_bytes) {
                bytes.extend(repeated);
            } else {
                return bytes;
            }
        }
    }

    /// Reads a number; `wanted` says of what.
    pub fn number<T: FromStr>(&mut self, wanted: &str) -> Result<T> {
        number(&self.next(wanted)?)
    }
}

/// `00ff` or `3*00ff`.
fn hex_bytes(word: &str) -> Option<Vec<u8>> {
    let (times, digits) = match word.split_once('*') {
        Some((times, digits)) => (times.parse().ok()?, digits),
        None => (1, word),
    };
    hex::decode(digits).ok().map(|bytes| bytes.repeat(times))
}

/// A decimal number.
pub fn number<T: FromStr>(text: &str) -> Result<T> {
    text.parse().map_err(|_| format!("{text} is not a number that fits here"))
}

/// A decimal number, or a hexadecimal one after `0x`.
pub fn length(text: &str) -> Result<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).map_err(|error| format!("{text}: {error}")),
        None => number(text),
    }
}

/// A time such as `5.5s`, `300us`, `10ms` or `7ns`, exact to the nanosecond.
pub fn duration(text: &str) -> Result<Duration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u64 = match &text[digits.len()..] {
        "s" => 1_000_000_000,
        "ms" => 1_000_000,
        "us" => 1_000,
        "ns" => 1,
        _ => return Err(format!("{text} has no unit of time (s, ms, us, ns)")),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut nanos = number::<u64>(whole)? * unit;
    let mut worth = unit;
    for digit in fraction.bytes() {
        worth /= 10;
        nanos += u64::from(digit.checked_sub(b'0').ok_or("a fraction has digits only")?) * worth;
    }
    Ok(Duration::from_nanos(nanos))
}
