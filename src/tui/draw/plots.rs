//! Bytes and frames over time, round trips over time, sizes of messages: of a session, or of the capture.

use super::super::model::Model;
use super::super::plot::{LABEL, columns as plot_columns};
use super::super::text::{columns, count, left, right, size};
use super::super::theme::{Role, of_peer};
use super::super::words::seconds;
use super::paint::{plain, span};
use crate::index::{Index, Stretches, Traffic};
use crate::model::{Peer, Timestamp, in_words};
use ratatui::text::Line;
use std::time::Duration;

const HEIGHTS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// All plots, in the lines there are.
pub(super) fn lines(model: &Model, index: &Index, width: usize, height: usize) -> Vec<Line<'static>> {
    let plots = &model.plots;
    let traffic = plots.traffic(index);
    let room = plot_columns(u16::try_from(width).unwrap_or(u16::MAX));
    let stretches = plots.stretches(index, room);
    let at = plots.column(index, room);
    let mut lines = heading(model, index, stretches, at);
    // Five plots share the lines with the sizes; each has a heading in its first.
    let tall = (height.saturating_sub(7) / 7).clamp(1, 6);
    let bar = |lines: &mut Vec<Line<'static>>, role, label: &str, buckets: &[u64], most: String| {
        let top = buckets.iter().copied().max().unwrap_or(0).max(1);
        for row in (0..tall).rev() {
            let cell = |value: &u64| {
                let eighths = u128::from(*value) * (tall as u128) * 8 / u128::from(top);
                let eighths = if *value > 0 { eighths.max(1) } else { 0 };
                let here = eighths.saturating_sub(row as u128 * 8).min(8);
                HEIGHTS.get(usize::try_from(here).unwrap_or(8)).copied().unwrap_or("█")
            };
            let cells = |buckets: &[u64]| buckets.iter().map(cell).collect::<String>();
            let name = match tall - row {
                1 => label.to_owned(),
                2 => most.clone(),
                _ => String::new(),
            };
            let (before, rest) = buckets.split_at(at.min(buckets.len()));
            let (cursor, behind) = rest.split_at(rest.len().min(1));
            lines.push(Line::from(vec![
                span(model.theme, Role::Faint, format!(" {} ", left(&name, LABEL - 1))),
                span(model.theme, role, cells(before)),
                span(model.theme, Role::Selected, cells(cursor)),
                span(model.theme, role, cells(behind)),
            ]));
        }
    };
    for measure in Measure::ALL {
        for peer in Peer::BOTH {
            let arrow = super::super::words::arrow(peer);
            let buckets = match measure {
                Measure::Bytes => traffic.bytes(peer, stretches),
                Measure::Frames => traffic.frames(peer, stretches),
            };
            let most = buckets.iter().copied().max().unwrap_or(0);
            bar(
                &mut lines,
                of_peer(peer),
                &format!("{arrow} {}", measure.name()),
                &buckets,
                format!("≤ {}", size(most)),
            );
        }
    }
    let trips = traffic.round_trips(stretches);
    let longest = trips.iter().copied().max().unwrap_or(0);
    bar(&mut lines, Role::Note, "rtt", &trips, bound(Duration::from_nanos(longest)));
    lines.extend(axis(model, traffic, stretches, at));
    lines.push(Line::from(vec![
        span(model.theme, Role::Title, " sizes of messages"),
        span(model.theme, Role::Faint, "   below   → client   ← server"),
    ]));
    lines.extend(sizes(model, traffic, width));
    lines
}

/// What nothing took longer than, in as many columns as stand in front of the bars.
fn bound(longest: Duration) -> String {
    let seconds = longest.as_secs();
    match seconds {
        0..100 => {
            let words = in_words(longest);
            let space = if columns(&words) + 3 < LABEL { " " } else { "" };
            format!("≤{space}{words}")
        }
        100..6_000 => format!("≤ {} min", seconds / 60 + 1),
        _ => format!("≤ {} h", seconds / 3_600 + 1),
    }
}

/// What is measured over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    Bytes,
    Frames,
}

impl Measure {
    const ALL: [Self; 2] = [Self::Bytes, Self::Frames];

    const fn name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Frames => "frames",
        }
    }
}

/// What is plotted, and what there is at the cursor.
fn heading(model: &Model, index: &Index, stretches: Stretches, at: usize) -> Vec<Line<'static>> {
    let (theme, plots) = (model.theme, &model.plots);
    let traffic = plots.traffic(index);
    let name = match plots.session.and_then(|at| index.sessions().get(at)) {
        Some(row) => format!("session {}", row.session),
        None => count(index.sessions().len() as u64, "session"),
    };
    let (first, last) = traffic.span().unwrap_or_default();
    let lasts = |from: Timestamp, to: Timestamp| in_words(Duration::from_nanos(to.nanos_from(from)));
    let (all, part) = (lasts(first, last), lasts(stretches.begin, stretches.end));
    let part = if plots.is_zoomed() { format!("{part} of ") } else { String::new() };
    let shown = format!(", {part}{all} from left to right");
    let (begin, _) = traffic.times_of(at, stretches);
    let of = |buckets: Vec<u64>| buckets.get(at).copied().unwrap_or(0);
    let side = |peer| {
        let (frames, bytes) = (of(traffic.frames(peer, stretches)), of(traffic.bytes(peer, stretches)));
        format!("{} {}, {} B", super::super::words::arrow(peer), count(frames, "frame"), size(bytes))
    };
    let trip = match of(traffic.round_trips(stretches)) {
        0 => String::new(),
        nanos => format!("  rtt {}", in_words(Duration::from_nanos(nanos))),
    };
    let time = model.clock.show(begin.max(first));
    let is_one_day = model.clock.day(first) == model.clock.day(last);
    let time = time.get(if is_one_day { 11 } else { 0 }..23).unwrap_or_default().replace('T', " ");
    let figures = format!("  {}  {}{trip}", side(Peer::Client), side(Peer::Server));
    vec![
        Line::from(vec![span(theme, Role::Title, format!(" {name}")), span(theme, Role::Faint, shown)]),
        Line::from(vec![span(theme, Role::Strong, format!(" ▼ {time}")), plain(figures)]),
    ]
}

/// The line below the plots with times, and the place of the cursor on it.
fn axis(model: &Model, traffic: &Traffic, stretches: Stretches, at: usize) -> Vec<Line<'static>> {
    /// Columns between two marks.
    const APART: usize = 20;
    let start = traffic.span().map(|(first, _)| first).unwrap_or_default();
    let (mut marks, mut labels) = (String::new(), String::new());
    for column in 0..stretches.count {
        marks.push(match (column == at, column % APART) {
            (true, _) => '▲',
            (false, 0) => '┬',
            (false, _) => '─',
        });
        if column % APART == 0 && column + 10 <= stretches.count {
            let (begin, _) = traffic.times_of(column, stretches);
            labels.push_str(&left(
                &format!("+{}", seconds(Duration::from_nanos(begin.nanos_from(start)))),
                APART,
            ));
        }
    }
    let line = |label: &str, text: String| {
        Line::from(span(model.theme, Role::Faint, format!(" {} {text}", left(label, LABEL - 1))))
    };
    vec![line("time", marks), line("", labels)]
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
