//! Payloads whose contents are gone and whose length and shape are not.

use crate::model::escape;
use crate::ws::telling_word;

/// Text with every letter, digit and other character replaced, byte for byte: what is UTF-8 stays UTF-8 of the same length,
/// what is JSON stays JSON, and what is neither stays what it is.
pub(crate) fn text(bytes: &[u8]) -> Vec<u8> {
    let mut masked = Vec::with_capacity(bytes.len());
    let mut json = JsonPosition::of(bytes);
    for chunk in bytes.utf8_chunks() {
        let text = chunk.valid();
        for (at, c) in text.char_indices() {
            json.push(c, text.get(at..).unwrap_or_default(), &mut masked);
        }
        // A character that is cut off stays one; any other byte stays invalid.
        let invalid = chunk.invalid();
        let whole = match invalid.first() {
            Some(0xc2..=0xdf) => TWO.as_bytes(),
            Some(0xe0..=0xef) => THREE.as_bytes(),
            Some(0xf0..=0xf4) => FOUR.as_bytes(),
            _ => &[0xff],
        };
        masked.extend(whole.iter().chain(std::iter::repeat(&0xff)).take(invalid.len()));
    }
    masked
}

/// The reason of a Close frame, likewise, but for a word that says why, or where nothing but that it ends is said: findings are about
/// that.
pub(crate) fn reason(bytes: &[u8]) -> Vec<u8> {
    let mut masked = text(bytes);
    if let Some(word) = telling_word(bytes)
        && let (Some(place), Some(word)) = (masked.get_mut(word.clone()), bytes.get(word))
    {
        place.copy_from_slice(word);
    }
    masked
}

/// Text of the capture, likewise.
pub(crate) fn line(text: &str) -> String {
    String::from_utf8_lossy(&self::text(text.as_bytes())).into_owned()
}

/// Text of the capture in which unprintable bytes were [escaped](crate::model::Escaped): what the escapes stand for is masked, and
/// escaped again.
pub(crate) fn escaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('\\') {
        bytes.extend_from_slice(before.as_bytes());
        rest = if let Some(behind) = unescape(behind, &mut bytes) {
            behind
        } else {
            bytes.push(b'\\');
            behind
        };
    }
    bytes.extend_from_slice(rest.as_bytes());
    escape(&self::text(&bytes))
}

/// Adds what the escape stands for that `text` continues behind its backslash, and returns what follows; `None` if it is none.
fn unescape<'a>(text: &'a str, bytes: &mut Vec<u8>) -> Option<&'a str> {
    let is_hex = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if let Some(digits) = text.strip_prefix('x') {
        let (digits, behind) = digits.split_at_checked(2).filter(|(digits, _)| is_hex(digits))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        return Some(behind);
    }
    if let Some(digits) = text.strip_prefix("u{") {
        let (digits, behind) = digits.split_once('}').filter(|(digits, _)| is_hex(digits))?;
        let c = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
        bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        return Some(behind);
    }
    let (letter, behind) = text.split_at_checked(1)?;
    bytes.push(match letter {
        "n" => b'\n',
        "r" => b'\r',
        "t" => b'\t',
        _ => return None,
    });
    Some(behind)
}

/// Any bytes: zeros.
pub(crate) fn binary(bytes: &[u8]) -> Vec<u8> {
    vec![0; bytes.len()]
}

/// Bytes that may be text or not, such as those of a ping.
pub(crate) fn any(bytes: &[u8]) -> Vec<u8> {
    let is_text = |text: &str| text.chars().all(|c| !c.is_control() || c.is_ascii_whitespace());
    if std::str::from_utf8(bytes).is_ok_and(is_text) { text(bytes) } else { binary(bytes) }
}

/// Characters of two, three and four bytes.
const TWO: &str = "é";
const THREE: &str = "字";
const FOUR: &str = "🗿";

/// Where in a JSON text a character stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum JsonPosition {
    /// It is no JSON: every character is masked.
    No,
    /// Outside of strings.
    Outside(Outside),
    /// In a string.
    Inside,
    /// In a string, behind a backslash.
    Escaped,
    /// In the digits of `\uXXXX`; that many follow.
    Unicode(u8),
}

/// What stands before a character outside of strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outside {
    Anything,
    /// What follows belongs to a number.
    Digit,
    /// Letters of a word that JSON has, of which that many follow.
    Word(u8),
}

impl JsonPosition {
    fn of(bytes: &[u8]) -> Self {
        match bytes.trim_ascii_start().first() {
            Some(b'{' | b'[') => Self::Outside(Outside::Anything),
            _ => Self::No,
        }
    }

    /// Adds what stands for `c`, with which `text` begins.
    fn push(&mut self, c: char, text: &str, masked: &mut Vec<u8>) {
        let anything = Self::Outside(Outside::Anything);
        let (kept, next) = match (*self, c) {
            (Self::No, _) => (false, Self::No),
            (Self::Outside(Outside::Word(left)), _) if left > 0 => {
                (true, Self::Outside(Outside::Word(left - 1)))
            }
            (Self::Outside(_), '"') => (true, Self::Inside),
            // The exponent of a number.
            (Self::Outside(Outside::Digit), 'e' | 'E') | (Self::Inside, '"') => (true, anything),
            (Self::Outside(_), '0'..='9') => (false, Self::Outside(Outside::Digit)),
            (Self::Outside(Outside::Anything), _) => match word(text) {
                0 => (false, anything),
                letters => (true, Self::Outside(Outside::Word(letters - 1))),
            },
            (Self::Outside(Outside::Digit | Outside::Word(_)), _) => (false, anything),
            (Self::Inside, '\\') => (true, Self::Escaped),
            (Self::Escaped, 'u') => (true, Self::Unicode(4)),
            (Self::Escaped, _) => (matches!(c, 'b' | 'f' | 'n' | 'r' | 't'), Self::Inside),
            (Self::Inside, _) => (false, Self::Inside),
            (Self::Unicode(left), _) => {
                (false, if left > 1 { Self::Unicode(left - 1) } else { Self::Inside })
            }
        };
        let is_hex = matches!(*self, Self::Unicode(_));
        *self = next;
        match c {
            c if kept && c.is_ascii() => masked.push(c as u8),
            c if is_hex && c.is_ascii() => masked.push(b'1'),
            'a'..='z' => masked.push(b'x'),
            'A'..='Z' => masked.push(b'X'),
            '0'..='9' => masked.push(b'1'),
            '\t' | '\n' | '\r' | ' '..='~' => masked.push(c as u8),
            _ => masked.extend_from_slice(match c.len_utf8() {
                1 => b"?",
                2 => TWO.as_bytes(),
                3 => THREE.as_bytes(),
                _ => FOUR.as_bytes(),
            }),
        }
    }
}

/// How many letters the word of JSON has with which `text` begins.
fn word(text: &str) -> u8 {
    let begins = |word: &&str| {
        let rest = text.strip_prefix(*word);
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    match ["null", "true", "false"].into_iter().find(begins) {
        Some("false") => 5,
        Some(_) => 4,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_keeps_its_length_and_whether_it_is_utf8() {
        for (original, masked) in
            [("Hello, Zoë! 42 漢字 🚀", "Xxxxx, Xxé! 11 字字 🗿"), ("\u{7}a\tb\r\n", "?x\tx\r\n"), ("", "")]
        {
            assert_eq!(line(original), masked);
            assert_eq!(original.len(), masked.len());
        }
        let cut = &"漢字".as_bytes()[..5];
        assert_eq!(text(cut), [THREE.as_bytes(), &THREE.as_bytes()[..2]].concat());
        assert_eq!(text(b"ab\xff\xc0c"), b"xx\xff\xffx");
    }

    #[test]
    fn a_reason_still_says_that_time_was_up() {
        assert_eq!(reason(b"Idle timeout of Bob"), b"Idle xxxxxxx xx Xxx");
        assert_eq!(reason(b"keepalive ping timeout"), b"xxxxxxxxx ping xxxxxxx");
        assert_eq!(reason(b"go away, Bob"), b"xx xxxx, Xxx");
        assert_eq!(reason(b"Bob was rejected"), b"Xxx xxx rejectxx");
        assert_eq!(reason(b"Going away"), b"Going away");
    }

    #[test]
    fn escapes_stand_for_the_bytes_that_are_masked() {
        assert_eq!(escaped(r"kaputt\xff\xfe"), r"xxxxxx\xff\xff");
        assert_eq!(escaped(r"\x88\x12\x0f\xa0go a\n"), r"\xff??\xffxx x\n");
        assert_eq!(escaped(r"a\u{200b}b"), "x字x");
        // Those of JSON, and backslashes that are none.
        assert_eq!(escaped(r#"{"a":"\u00e9\n\\"}"#), r#"{"x":"\u1111\n\\"}"#);
        assert_eq!(escaped(r"C:\users\xyz \x4 \u{zz} \"), r"X:\xxxxx\xxx \x1 \x{xx} \");
    }

    #[test]
    fn json_stays_json() {
        for original in [
            r#"{"user":"Zoë \"the\" \u00e9\n","n":[0,-1.5e+10,1E9],"t":true,"f":false,"z":null}"#,
            r#" [ "a\\", "b", 12, {} ]"#,
        ] {
            let masked = line(original);
            assert_eq!(masked.len(), original.len(), "{masked}");
            serde_json::from_str::<serde_json::Value>(&masked).unwrap_or_else(|e| panic!("{masked}: {e}"));
            assert!(!masked.contains("user") && !masked.contains("the"), "{masked}");
        }
    }

    #[test]
    fn what_only_begins_like_json_tells_nothing() {
        assert_eq!(line("[10:02] my secret is true, trueness"), "[11:11] xx xxxxxx xx true, xxxxxxxx");
        assert_eq!(line(r#"{"path\secret": hunter2"#), r#"{"xxxx\xxxxxx": xxxxxx1"#);
    }

    #[test]
    fn what_is_not_text_is_nothing() {
        assert_eq!(any(b"\x0d\x90\x0f\x00"), [0; 4]);
        assert_eq!(any(b"\x00\x01"), [0; 2]);
        assert_eq!(any(b"ping 7"), b"xxxx 1");
    }
}
