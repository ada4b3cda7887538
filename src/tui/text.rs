//! Captured text as cells of a screen: what terminals disagree about is shown escaped, and widths are counted in columns.

use crate::model::{Count, Escaped, Thousands};
use std::fmt::Write;
use std::ops::Range;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Marks above or below one character that are still shown; more of them would climb over other lines.
const MARKS: usize = 2;

/// `bytes` for a screen of cells.
///
/// [`Escaped`] takes away what a terminal would obey. Characters whose width depends on their neighbours (flags, skin
/// tones, variation selectors) go as well, because terminals draw them in different widths and shift what follows.
pub(super) fn shown(bytes: &[u8]) -> String {
    let escaped = Escaped(bytes).to_string();
    if escaped.is_ascii() {
        return escaped;
    }
    let mut text = String::with_capacity(escaped.len());
    let mut marks = MARKS;
    for c in escaped.chars() {
        match c {
            '\u{fe0e}' | '\u{fe0f}' => {}
            '\u{1f1e6}'..='\u{1f1ff}' | '\u{1f3fb}'..='\u{1f3ff}' => {
                // Writing to a String cannot fail.
                let _ = write!(text, "{}", c.escape_unicode());
                marks = 0;
            }
            c if c.width() == Some(0) => {
                if marks < MARKS {
                    marks += 1;
                    text.push(c);
                } else {
                    let _ = write!(text, "{}", c.escape_unicode());
                }
            }
            c => {
                marks = 0;
                text.push(c);
            }
        }
    }
    text
}

/// How many columns `text` takes.
pub(super) fn columns(text: &str) -> usize {
    text.width()
}

/// The beginning of `text` that fits into `columns`, with an ellipsis where something is missing.
pub(super) fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let Some(mut left) = columns.checked_sub(1) else { return String::new() };
    let mut kept = String::with_capacity(text.len().min(columns * 4));
    for c in text.chars() {
        let Some(rest) = left.checked_sub(c.width().unwrap_or(0)) else { break };
        left = rest;
        kept.push(c);
    }
    kept.push('…');
    kept
}

/// `text` in exactly `columns` columns, at the left.
pub(super) fn left(text: &str, columns: usize) -> String {
    let mut text = cut(text, columns);
    let gap = columns.saturating_sub(text.width());
    text.extend(std::iter::repeat_n(' ', gap));
    text
}

/// `text` in exactly `columns` columns, at the right.
pub(super) fn right(text: &str, columns: usize) -> String {
    let text = cut(text, columns);
    let mut line = " ".repeat(columns.saturating_sub(text.width()));
    line.push_str(&text);
    line
}

/// `text` in lines of at most `columns`, broken at blanks where there are some.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let line = |range: Range<usize>| text.get(range).unwrap_or_default().to_owned();
    lines(text, columns).into_iter().map(line).collect()
}

/// The same as ranges of `text`. A blank at which a line is broken is in none of them.
pub(super) fn lines(text: &str, columns: usize) -> Vec<Range<usize>> {
    let columns = columns.max(4);
    let mut lines = Vec::new();
    // Where the line and the next word begin, and the columns of the line so far, if it has any words.
    let (mut start, mut at, mut used) = (0, 0, None);
    for word in text.split(' ') {
        let width = word.width();
        let mut column = match used {
            Some(used) if used + 1 + width <= columns => used + 1,
            Some(_) => {
                lines.push(start..at - 1);
                start = at;
                0
            }
            None => 0,
        };
        if column + width <= columns {
            column += width;
        } else {
            // A word that is wider than the line is broken where the line ends.
            for (inside, c) in word.char_indices() {
                let width = c.width().unwrap_or(0);
                if column + width > columns {
                    lines.push(start..at + inside);
                    start = at + inside;
                    column = 0;
                }
                column += width;
            }
        }
        used = Some(column);
        at += word.len() + 1;
    }
    lines.push(start..text.len());
    lines
}

/// What is shown of some bytes, and where in it those of `places` stand: offsets and lengths, in order.
pub(super) fn shown_with(
    bytes: &[u8],
    places: impl Iterator<Item = (usize, usize)>,
) -> (String, Vec<Range<usize>>) {
    let (mut text, mut found, mut done) = (String::new(), Vec::new(), 0);
    let show = |text: &mut String, range: Range<usize>| {
        text.push_str(&shown(bytes.get(range).unwrap_or_default()));
    };
    for (at, length) in places {
        show(&mut text, done..at);
        let begin = text.len();
        show(&mut text, at..at + length);
        found.push(begin..text.len());
        done = at + length;
    }
    show(&mut text, done..bytes.len());
    (text, found)
}

/// A number with a comma between thousands.
pub(super) fn thousands(number: u64) -> String {
    Thousands(number).to_string()
}

/// How many of what.
pub(super) fn count(number: u64, what: &str) -> String {
    Count(number, what).to_string()
}

/// A size in at most six columns: `17`, `9.5k`, `120M`.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [(u64, char); 4] = [(1 << 40, 'T'), (1 << 30, 'G'), (1 << 20, 'M'), (1 << 10, 'k')];
    if bytes < 10_000 {
        return bytes.to_string();
    }
    let (unit, letter) = UNITS.into_iter().find(|(unit, _)| bytes >= *unit).unwrap_or((1, 'B'));
    let (whole, tenth) = (bytes / unit, u128::from(bytes % unit) * 10 / u128::from(unit));
    if whole < 10 { format!("{whole}.{tenth}{letter}") } else { format!("{whole}{letter}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shown_has_a_width_that_terminals_dispute() {
        assert_eq!(shown("❤\u{fe0f} 🇩🇪 👍🏽".as_bytes()), "❤ \\u{1f1e9}\\u{1f1ea} 👍\\u{1f3fd}");
        assert_eq!(shown(b"\x1b[2Jok\xff"), "\\x1b[2Jok\\xff");
        assert_eq!(shown("\u{301}a\u{301}\u{301}\u{301}".as_bytes()), "\\u{301}a\u{301}\u{301}\\u{301}");
        assert_eq!(shown("漢字 עברית".as_bytes()), "漢字 עברית");
    }

    #[test]
    fn wide_characters_are_never_cut_in_half() {
        assert_eq!(cut("漢字漢字", 8), "漢字漢字");
        assert_eq!(cut("漢字漢字", 7), "漢字漢…");
        assert_eq!(cut("漢字漢字", 6), "漢字…");
        assert_eq!(left("漢字漢字", 6), "漢字… ");
        assert_eq!(right("12", 4), "  12");
        assert_eq!((cut("abc", 1).as_str(), cut("abc", 0).as_str()), ("…", ""));
    }

    #[test]
    fn lines_are_wrapped_at_blanks_and_long_words_broken() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("  indented  text", 12), ["  indented ", "text"]);
    }

    #[test]
    fn what_was_found_is_found_again_in_what_is_shown() {
        let (text, found) = shown_with(b"a\x1bb two\xff two", [(1, 2), (4, 4), (9, 3)].into_iter());
        assert_eq!(text, "a\\x1bb two\\xff two");
        let found: Vec<&str> = found.into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["\\x1bb", "two\\xff", "two"]);
    }

    #[test]
    fn sizes_are_short() {
        let sizes = [0, 9_999, 10_240, 1 << 20, 150 << 20, u64::MAX].map(size);
        assert_eq!(sizes, ["0", "9999", "10k", "1.0M", "150M", "16777215T"]);
    }
}
