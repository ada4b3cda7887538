//! Bytes and frames over time, round trips over time, sizes of messages: of a session, or of the capture.

use super::super::model::Model;
use super::super::text::{columns, count, left, right, size};
use super::super::theme::{Role, of_peer};
use super::paint::{plain, span};
use crate::index::{Index, Traffic};
use crate::model::{Peer, in_words};
use ratatui::text::Line;
use std::time::Duration;

const HEIGHTS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// Columns in front of the bars.
const LABEL: usize = 10;

/// All plots, in the lines there are.
pub(super) fn lines(model: &Model, index: &Index, width: usize, height: usize) -> Vec<Line<'static>> {
    let theme = model.theme;
    let plots = &model.plots;
    let traffic = plots.traffic(index);
    let of = match plots.session.and_then(|at| index.sessions().get(at)) {
        Some(row) => format!("session {}", row.session),
        None => count(index.sessions().len() as u64, "session"),
    };
    let mut lines = vec![Line::from(vec![
        span(theme, Role::Title, format!(" {of}")),
        span(theme, Role::Faint, format!(", {} from left to right", in_words(traffic.span()))),
    ])];
    // Seven plots share the lines; each has a heading in its first.
    let tall = (height.saturating_sub(3) / 7).clamp(1, 6);
    let room = width.saturating_sub(LABEL + 2).max(8);
    let bar = |lines: &mut Vec<Line<'static>>, role, label: &str, buckets: &[u64], most: String| {
        let top = buckets.iter().copied().max().unwrap_or(0).max(1);
        for row in (0..tall).rev() {
            let cells: String = buckets
                .iter()
                .map(|value| {
                    let eighths = u128::from(*value) * (tall as u128) * 8 / u128::from(top);
                    let eighths = if *value > 0 { eighths.max(1) } else { 0 };
                    let here = eighths.saturating_sub(row as u128 * 8).min(8);
                    HEIGHTS.get(usize::try_from(here).unwrap_or(8)).copied().unwrap_or("█")
                })
                .collect();
            let name = if row + 1 == tall {
                label.to_owned()
            } else if row + 2 == tall {
                most.clone()
            } else {
                String::new()
            };
            lines.push(Line::from(vec![
                span(theme, Role::Faint, format!(" {} ", left(&name, LABEL - 1))),
                span(theme, role, cells),
            ]));
        }
    };
    for what in ["bytes", "frames"] {
        for peer in Peer::BOTH {
            let arrow = super::super::words::arrow(peer);
            let buckets =
                if what == "bytes" { traffic.bytes(peer, room) } else { traffic.frames(peer, room) };
            let most = buckets.iter().copied().max().unwrap_or(0);
            bar(&mut lines, of_peer(peer), &format!("{arrow} {what}"), &buckets, format!("≤ {}", size(most)));
        }
    }
    let trips = traffic.round_trips(room);
    let longest = trips.iter().copied().max().unwrap_or(0);
    bar(&mut lines, Role::Note, "rtt", &trips, format!("≤ {}", in_words(Duration::from_nanos(longest))));
    lines.push(Line::default());
    lines.push(Line::from(vec![
        span(theme, Role::Title, " sizes of messages"),
        span(theme, Role::Faint, "   below   → client   ← server"),
    ]));
    lines.extend(sizes(model, traffic, width));
    lines
}

/// How many messages have which size.
fn sizes(model: &Model, traffic: &Traffic, width: usize) -> Vec<Line<'static>> {
    let most = Peer::BOTH.iter().flat_map(|peer| traffic.sizes(*peer)).copied().max().unwrap_or(0).max(1);
    let room = (width.saturating_sub(36) / 2).max(4) as u64;
    let mut lines = Vec::new();
    let longest = Peer::BOTH.iter().map(|peer| traffic.sizes(*peer).len()).max().unwrap_or(0);
    for digits in 0..longest {
        let of = |peer| traffic.sizes(peer).get(digits).copied().unwrap_or(0);
        if Peer::BOTH.iter().all(|peer| of(*peer) == 0) {
            continue;
        }
        let bar = |peer| {
            let cells = (of(peer) * room).div_ceil(most);
            let text = format!("{} {}", "█".repeat(usize::try_from(cells).unwrap_or(0)), of(peer));
            let width = usize::try_from(room).unwrap_or(0) + 8;
            span(model.theme, of_peer(peer), left(&text, width.max(columns(&text))))
        };
        lines.push(Line::from(vec![
            plain(format!(" {} B  ", right(&below(digits), 8))),
            plain("→ "),
            bar(Peer::Client),
            plain("← "),
            bar(Peer::Server),
        ]));
    }
    if lines.is_empty() {
        lines.push(Line::from(span(model.theme, Role::Faint, "   no messages")));
    }
    lines
}

/// The first length that has more binary digits.
fn below(digits: usize) -> String {
    u32::try_from(digits)
        .ok()
        .and_then(|digits| 1_u64.checked_shl(digits))
        .map_or_else(|| "2^64".to_owned(), size)
}
