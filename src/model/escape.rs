//! Makes captured bytes safe to print on a terminal: what a terminal would obey, hide or turn around is shown as text.

use std::fmt;

/// Bytes of the capture, printed with everything escaped that is not a visible character: control characters, those
/// that change the direction of writing or have no width, line separators, and bytes that are not UTF-8.
///
/// Quotes and backslashes stay as they are, because most captured text is JSON: the JSON output is the exact one.
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a>(pub &'a [u8]);

/// `bytes` as [`Escaped`] prints them.
pub fn escape(bytes: &[u8]) -> String {
    Escaped(bytes).to_string()
}

/// Bytes that may be cut off anywhere, as text up to the last whole character; `None` where they are not UTF-8.
pub fn text_so_far(bytes: &[u8]) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()
        }
        Err(_) => None,
    }
}

/// Whether a terminal shows `c` as a character of its own, and does nothing else with it.
pub const fn is_visible(c: char) -> bool {
    !matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}'
        // Direction and joining, line separators, invisible operators, byte-order mark, interlinear annotation.
        | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        // Soft hyphen, and characters that say how others are to be shaped without being seen.
        | '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}'
        | '\u{180b}'..='\u{180f}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        // Fillers that look like nothing.
        | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}'
        // Variation selectors but the two that choose between text and emoji; tags.
        | '\u{fe00}'..='\u{fe0d}' | '\u{e0000}'..='\u{e0fff}')
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            let text = chunk.valid();
            let mut written = 0;
            for (at, c) in text.char_indices().filter(|(_, c)| !is_visible(*c)) {
                f.write_str(text.get(written..at).unwrap_or_default())?;
                escape_char(c, f)?;
                written = at + c.len_utf8();
            }
            f.write_str(text.get(written..).unwrap_or_default())?;
            chunk.invalid().iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))?;
        }
        Ok(())
    }
}

fn escape_char(c: char, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match c {
        '\n' => f.write_str("\\n"),
        '\r' => f.write_str("\\r"),
        '\t' => f.write_str("\\t"),
        c if c.is_ascii() => write!(f, "\\x{:02x}", u32::from(c)),
        c => write!(f, "{}", c.escape_unicode()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printable_text_stays_as_it_is() {
        for text in ["", "{\"a\":\"b\\n\"}", "Zoë 漢字 עברית e\u{301}", "👍🏽 ❤\u{fe0f} 🇩🇪"]
        {
            assert_eq!(escape(text.as_bytes()), text);
        }
    }

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        assert_eq!(escape(b"a\nb\r\tc\0\x1b[2J\x7f"), "a\\nb\\r\\tc\\x00\\x1b[2J\\x7f");
        // C1: U+009B is a CSI of its own for terminals that read it.
        assert_eq!(escape("\u{9b}31m\u{85}".as_bytes()), "\\u{9b}31m\\u{85}");
        assert_eq!(escape("x\u{202e}gpj\u{2066}\u{2069}".as_bytes()), "x\\u{202e}gpj\\u{2066}\\u{2069}");
        assert_eq!(
            escape("\u{200b}\u{200d}\u{2028}\u{2029}\u{feff}".as_bytes()),
            "\\u{200b}\\u{200d}\\u{2028}\\u{2029}\\u{feff}"
        );
        assert_eq!(escape("\u{ad}\u{3164}\u{e0041}".as_bytes()), "\\u{ad}\\u{3164}\\u{e0041}");
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_told_apart_from_characters() {
        assert_eq!(escape(b"ok \xff\xc3 \x9b end \xe2\x82"), "ok \\xff\\xc3 \\x9b end \\xe2\\x82");
        // An encoded surrogate and an overlong encoding are not characters.
        assert_eq!(escape(b"\xed\xa0\x80\xc0\x80"), "\\xed\\xa0\\x80\\xc0\\x80");
    }

    #[test]
    fn nothing_that_is_printed_needs_escaping() {
        for c in '\0'..=char::MAX {
            assert!(escape(c.to_string().as_bytes()).chars().all(is_visible), "{c:?}");
        }
        for byte in 0..=u8::MAX {
            assert!(escape(&[byte]).chars().all(is_visible), "{byte}");
        }
    }
}
