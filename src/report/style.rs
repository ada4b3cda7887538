//! How text looks on the terminal it is for: colours, width, and numbers as people read them.

use crate::findings::Severity;
use crate::model::Peer;
use anstyle::{AnsiColor, Style};
use std::borrow::Cow;
use std::fmt;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What the reader's screen can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Whether to use colours.
    pub color: bool,
    /// The columns of the terminal; `None` where the text goes elsewhere: then sentences are not wrapped.
    pub width: Option<usize>,
}

pub(super) const STRONG: Style = Style::new().bold();
pub(super) const FAINT: Style = Style::new().dimmed();
pub(super) const GOOD: Style = AnsiColor::Green.on_default().bold();

/// Columns of a line that goes to a file.
const COLUMNS: usize = 100;

/// What is printed in a style, or plainly.
pub(super) struct Painted<T> {
    style: Option<Style>,
    what: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.style {
            None => self.what.fmt(f),
            Some(style) => {
                write!(f, "{style}")?;
                self.what.fmt(f)?;
                write!(f, "{style:#}")
            }
        }
    }
}

impl Look {
    pub(super) fn paint<T>(self, style: Style, what: T) -> Painted<T> {
        Painted { style: self.color.then_some(style), what }
    }

    /// How many columns a line may take.
    pub(super) fn columns(self) -> usize {
        self.width.unwrap_or(COLUMNS).max(40)
    }

    /// The sign in front of a finding.
    pub(super) fn mark(self, severity: Severity) -> Painted<&'static str> {
        let mark = match severity {
            Severity::Error => "✗",
            Severity::Warning => "!",
            Severity::Note => "·",
        };
        self.paint(style_of(severity), mark)
    }

    /// The sign in front of a session, by the worst of its findings.
    pub(super) fn session_mark(self, worst: Option<Severity>) -> Painted<&'static str> {
        worst.map_or_else(|| self.paint(GOOD, "✓"), |severity| self.mark(severity))
    }

    /// The sign of TLS that could not be read.
    pub(super) fn lock(self) -> Painted<&'static str> {
        self.paint(FAINT, "🔒")
    }

    pub(super) fn arrow(self, from: Peer) -> Painted<&'static str> {
        match from {
            Peer::Client => self.paint(AnsiColor::Cyan.on_default(), "→"),
            Peer::Server => self.paint(AnsiColor::Magenta.on_default(), "←"),
        }
    }

    /// `text` in lines of the terminal's width, each but the first after `indent` spaces. The first begins in column
    /// `used`.
    pub(super) fn wrap(self, text: &str, used: usize, indent: usize) -> Cow<'_, str> {
        let Some(width) = self.width.filter(|width| used + text.width() > *width && *width > indent + 20)
        else {
            return Cow::Borrowed(text).into_owned().into();
        };
        let mut lines = String::with_capacity(text.len() + 32);
        let mut column = used;
        for word in text.split(' ') {
            if column + 1 + word.width() > width && column > indent {
                lines.push('\n');
                lines.extend(std::iter::repeat_n(' ', indent));
                column = indent;
            } else if !lines.is_empty() {
                lines.push(' ');
                column += 1;
            }
            lines.push_str(word);
            column += word.width();
        }
        lines.into()
    }
}

pub(super) fn style_of(severity: Severity) -> Style {
    match severity {
        Severity::Error => AnsiColor::Red.on_default().bold(),
        Severity::Warning => AnsiColor::Yellow.on_default().bold(),
        Severity::Note => AnsiColor::Blue.on_default(),
    }
}

/// The beginning of `text` that fits into `columns`, with an ellipsis where something is missing.
pub(super) fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    if text.len() <= columns || text.width() <= columns {
        return text.into();
    }
    let mut left = columns.saturating_sub(1);
    let end = text.char_indices().find(|(_, c)| match left.checked_sub(c.width().unwrap_or(0)) {
        Some(rest) => {
            left = rest;
            false
        }
        None => true,
    });
    let kept = end.and_then(|(at, _)| text.get(..at)).unwrap_or(text);
    format!("{kept}…").into()
}

/// `text` as a sentence of its own: with a capital letter and a full stop.
pub(super) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let mut sentence: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    sentence.push_str(chars.as_str());
    if !sentence.ends_with(['.', '?', '!', '…']) {
        sentence.push('.');
    }
    sentence
}

/// The verb for so many things.
pub(super) const fn is_or_are(count: u64) -> &'static str {
    if count == 1 { "is" } else { "are" }
}
