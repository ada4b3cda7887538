//! Pieces of text, and putting lines on the screen.

use super::super::theme::{Role, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

/// Writes a text into one row of an area.
pub(super) fn put(buffer: &mut Buffer, area: Rect, row: u16, text: &str, style: Style) {
    put_line(buffer, area, row, &Line::styled(text, style));
}

/// Writes a line into one row of an area.
pub(super) fn put_line(buffer: &mut Buffer, area: Rect, row: u16, line: &Line<'_>) {
    if row < area.height {
        line.render(Rect { y: area.y + row, height: 1, ..area }, buffer);
    }
}

/// Gives a whole row the look of the selection; the `>` in front of it says the same without colours.
pub(super) fn select(buffer: &mut Buffer, area: Rect, row: u16, theme: Theme) {
    if row < area.height {
        buffer.set_style(Rect { y: area.y + row, height: 1, ..area }, theme.style(Role::Selected));
    }
}

/// A piece of text with its meaning.
pub(super) fn span(theme: Theme, role: Role, text: impl Into<String>) -> Span<'static> {
    Span::styled(text.into(), theme.style(role))
}

/// Plain text.
pub(super) fn plain(text: impl Into<String>) -> Span<'static> {
    Span::raw(text.into())
}
