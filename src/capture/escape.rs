//! Makes names and captured text safe to print on a terminal.

use std::fmt::{self, Write};

/// Text that is printed with control characters, and those that change the direction of writing, escaped as Rust
/// escapes them (`\u{1b}`).
pub(super) struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => {
                write!(f, "{}", c.escape_unicode())
            }
            c if c.is_control() => write!(f, "{}", c.escape_debug()),
            c => f.write_char(c),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_terminal_would_obey_is_escaped() {
        assert_eq!(Escaped("it's \"Zoë\".pcap").to_string(), "it's \"Zoë\".pcap");
        assert_eq!(Escaped("a\x1b[2J\nb\u{202e}\u{9b}c").to_string(), "a\\u{1b}[2J\\nb\\u{202e}\\u{9b}c");
    }
}
