//! JSON with its lines broken and indented, and nothing else changed: the order of members, members that are there twice,
//! numbers as they were written, escapes, and any depth.

use std::fmt::Write;
use std::ops::Range;

/// Why a text is no JSON (RFC 8259).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct JsonFault {
    /// The byte at which it is wrong.
    pub(in super::super) at: usize,
    /// What belongs there.
    pub(in super::super) expected: &'static str,
}

/// A piece of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum JsonToken {
    /// `{`, `}`, `[`, `]`, `,` or `:`.
    Sign(u8),
    Text,
    /// A number, `true`, `false` or `null`.
    Plain,
}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Value,
    /// A value, or the end of the list that was just begun.
    ValueOrEnd,
    Name,
    /// A name, or the end of the object that was just begun.
    NameOrEnd,
    Colon,
    CommaOrEnd,
    Nothing,
}

impl Next {
    const fn expected(self) -> &'static str {
        match self {
            Self::Value => "a value",
            Self::ValueOrEnd => "a value or ]",
            Self::Name => "a name in quotes",
            Self::NameOrEnd => "a name in quotes or }",
            Self::Colon => "a colon",
            Self::CommaOrEnd => "a comma or the end of the object or list",
            Self::Nothing => "nothing more",
        }
    }
}

/// Columns by which each level is moved to the right.
const INDENT: usize = 2;

/// Deeper levels are not moved further to the right.
const DEEPEST: usize = 24;

/// The lines of the text, each with its depth.
///
/// # Errors
/// It is no JSON.
pub(super) fn leaves(text: &str) -> Result<Vec<(usize, String)>, JsonFault> {
    let depth = |line: &str| (line.len() - line.trim_start_matches(' ').len()) / INDENT;
    let leaf = |line: &str| (depth(line), line.trim_start_matches(' ').to_owned());
    Ok(indented(text)?.split('\n').map(leaf).collect())
}

/// The text in lines.
///
/// # Errors
/// It is no JSON.
pub(in super::super) fn indented(text: &str) -> Result<String, JsonFault> {
    let mut out = String::with_capacity(text.len() * 2);
    let mut open: Vec<u8> = Vec::new();
    let (mut next, mut at) = (Next::Value, 0);
    while let Some((token, range)) = token(text, at)? {
        at = range.end;
        let fault = Err(JsonFault { at: range.start, expected: next.expected() });
        let after_value = |open: &[u8]| if open.is_empty() { Next::Nothing } else { Next::CommaOrEnd };
        next = match (next, token) {
            (Next::Value | Next::ValueOrEnd, JsonToken::Sign(sign @ (b'{' | b'['))) => {
                if next == Next::ValueOrEnd {
                    begin_line(&mut out, open.len());
                }
                open.push(sign);
                if sign == b'{' { Next::NameOrEnd } else { Next::ValueOrEnd }
            }
            (Next::Value | Next::ValueOrEnd, JsonToken::Text | JsonToken::Plain) => {
                if next == Next::ValueOrEnd {
                    begin_line(&mut out, open.len());
                }
                after_value(&open)
            }
            (Next::Name | Next::NameOrEnd, JsonToken::Text) => {
                if next == Next::NameOrEnd {
                    begin_line(&mut out, open.len());
                }
                Next::Colon
            }
            (Next::Colon, JsonToken::Sign(b':')) => Next::Value,
            (Next::CommaOrEnd, JsonToken::Sign(b',')) => {
                out.push(',');
                begin_line(&mut out, open.len());
                next = if open.last() == Some(&b'{') { Next::Name } else { Next::Value };
                continue;
            }
            (
                Next::CommaOrEnd | Next::ValueOrEnd | Next::NameOrEnd,
                JsonToken::Sign(sign @ (b'}' | b']')),
            ) => {
                if open.pop() != Some(if sign == b'}' { b'{' } else { b'[' }) {
                    return fault;
                }
                if next == Next::CommaOrEnd {
                    begin_line(&mut out, open.len());
                }
                after_value(&open)
            }
            // What no rule above expects is no JSON.
            _ => return fault,
        };
        out.push_str(text.get(range).unwrap_or_default());
        if next == Next::Value && out.ends_with(':') {
            out.push(' ');
        }
    }
    if next == Next::Nothing { Ok(out) } else { Err(JsonFault { at: text.len(), expected: next.expected() }) }
}

/// Begins a line at this depth.
fn begin_line(out: &mut String, depth: usize) {
    // Writing to a String cannot fail.
    let _ = write!(out, "\n{:width$}", "", width = INDENT * depth.min(DEEPEST));
}

/// The next token from `from` on, and where it is.
fn token(text: &str, from: usize) -> Result<Option<(JsonToken, Range<usize>)>, JsonFault> {
    let rest = text.get(from..).unwrap_or_default();
    let start = from + (rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len());
    let bytes = text.as_bytes().get(start..).unwrap_or_default();
    let (token, length) = match bytes {
        [] => return Ok(None),
        [sign @ (b'{' | b'}' | b'[' | b']' | b',' | b':'), ..] => (JsonToken::Sign(*sign), 1),
        [b'"', inside @ ..] => {
            let length = quoted(inside).map_err(|(at, expected)| JsonFault {
                at: at.map_or(start, |at| start + 1 + at),
                expected,
            })?;
            (JsonToken::Text, length + 2)
        }
        bytes => {
            let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
            let length = bytes.iter().take_while(is_part).count();
            let word = bytes.get(..length).unwrap_or_default();
            if !matches!(word, b"true" | b"false" | b"null") && !is_number(word) {
                return Err(JsonFault { at: start, expected: "a value" });
            }
            (JsonToken::Plain, length)
        }
    };
    Ok(Some((token, start..start + length)))
}

/// How long a text is whose first quote was read (RFC 8259 §7).
///
/// # Errors
/// It does not end, or a character does not belong there: at which byte, and what is expected.
fn quoted(bytes: &[u8]) -> Result<usize, (Option<usize>, &'static str)> {
    let mut is_escaped = false;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            _ if is_escaped => {
                if !b"\"\\/bfnrtu".contains(byte) {
                    return Err((Some(at), "one of \" \\ / b f n r t u"));
                }
                let digits = bytes.iter().skip(at + 1).take_while(|digit| digit.is_ascii_hexdigit());
                if *byte == b'u' && digits.take(4).count() < 4 {
                    return Err((Some(at + 1), "four hexadecimal digits"));
                }
                is_escaped = false;
            }
            b'"' => return Ok(at),
            b'\\' => is_escaped = true,
            0..b' ' => return Err((Some(at), "an escape instead of a control character")),
            _ => {}
        }
    }
    Err((None, "a text that ends"))
}

/// RFC 8259 §6, whatever its size.
fn is_number(word: &[u8]) -> bool {
    let digits = |bytes: &[u8]| bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let word = word.strip_prefix(b"-").unwrap_or(word);
    let whole = digits(word);
    if whole == 0 || whole > 1 && word.first() == Some(&b'0') {
        return false;
    }
    let mut rest = word.get(whole..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix(b".") {
        let count = digits(fraction);
        rest = fraction.get(count..).unwrap_or_default();
        if count == 0 {
            return false;
        }
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let sign = exponent.strip_prefix(b"+").or_else(|| exponent.strip_prefix(b"-"));
        let exponent = sign.unwrap_or(exponent);
        return !exponent.is_empty() && digits(exponent) == exponent.len();
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_token_is_changed() {
        let text = r#"{"b":1,"a":-0,"a":1e400,"n":123456789012345678901234567890,"s":"\u0041\"\\","e":{},"l":[],"x":[true,null,0.10]}"#;
        let indented = indented(text).unwrap();
        assert!(indented.starts_with("{\n  \"b\": 1,\n  \"a\": -0,\n  \"a\": 1e400,\n"), "{indented}");
        assert!(
            indented.contains("\"e\": {},\n  \"l\": [],\n  \"x\": [\n    true,\n    null,\n    0.10\n  ]\n}"),
            "{indented}"
        );
        let bare: String = indented.split_whitespace().collect();
        assert_eq!(bare, text);
        assert_eq!(super::indented(" 7 ").unwrap(), "7");
    }

    #[test]
    fn any_depth_is_fine() {
        let text = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let bare: String = indented(&text).unwrap().split_whitespace().collect();
        assert_eq!(bare, text);
    }

    #[test]
    fn what_is_no_json_says_where_and_why() {
        for (text, at, expected) in [
            ("", 0, "a value"),
            ("{\"a\":01}", 5, "a value"),
            ("{\"a\" 1}", 5, "a colon"),
            ("[1,]", 3, "a value"),
            ("{\"a\":1,}", 7, "a name in quotes"),
            ("[1}", 2, "a comma or the end of the object or list"),
            ("[1", 2, "a comma or the end of the object or list"),
            ("\"abc", 0, "a text that ends"),
            ("\"a\\x\"", 3, "one of \" \\ / b f n r t u"),
            ("\"\\u00g0\"", 3, "four hexadecimal digits"),
            ("[\"a\nb\"]", 3, "an escape instead of a control character"),
            ("1 2", 2, "nothing more"),
            ("[1.]", 1, "a value"),
            ("nul", 0, "a value"),
        ] {
            assert_eq!(indented(text), Err(JsonFault { at, expected }), "{text}");
        }
    }
}
