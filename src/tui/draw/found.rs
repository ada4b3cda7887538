//! What is searched for, in lines of text.

use super::super::model::Model;
use super::super::theme::Role;
use super::paint::{plain, span};
use ratatui::text::Line;
use std::ops::Range;

/// Where the bytes hold what is searched for.
pub(super) fn hits<'a>(model: &'a Model, bytes: &'a [u8]) -> impl Iterator<Item = (usize, usize)> + 'a {
    let needle = model.hunt.as_ref().and_then(|hunt| hunt.needle.as_ref());
    needle.into_iter().flat_map(move |needle| needle.find_all(bytes)).filter(|(_, length)| *length > 0)
}

/// A line of a text, with what was found in it.
pub(super) fn found_in(
    model: &Model,
    text: &str,
    line: Range<usize>,
    found: &[Range<usize>],
) -> Line<'static> {
    let piece = |range: Range<usize>| text.get(range).unwrap_or_default().to_owned();
    let mut spans = vec![plain("  ")];
    let mut done = line.start;
    for range in found {
        let (begin, end) = (range.start.max(line.start), range.end.min(line.end));
        if begin < end {
            spans.push(plain(piece(done..begin)));
            spans.push(span(model.theme, Role::Found, piece(begin..end)));
            done = end;
        }
    }
    spans.push(plain(piece(done..line.end)));
    Line::from(spans)
}
