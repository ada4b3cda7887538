//! A session as a ladder: two lifelines, an arrow for each frame, gaps of time where nothing was said.

use super::super::about::findings_about;
use super::super::model::{Model, OpenSession, RowKind, SessionItem};
use super::super::pairs::{Pair, pairs};
use super::super::text::{columns, cut, left, right, size};
use super::super::theme::{Role, mark, of_peer, of_severity};
use super::super::words::{SILENCE, opcode, seconds_since, silence_before};
use super::paint::{put_line, select, span};
use super::payload;
use super::session::message_preview;
use crate::findings::{EndKind, Finding};
use crate::index::Index;
use crate::model::{Peer, Timestamp, in_words};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::time::Duration;

/// Columns of packet and time, in front of the first lifeline.
const MARGIN: usize = 22;

/// A row of the ladder: what is drawn, and the row of the list it stands for.
type LadderLine = (Option<usize>, Line<'static>);

/// Draws as much of the ladder as fits, with the selected frame in view.
pub(super) fn draw(model: &Model, index: &Index, open: &OpenSession, buffer: &mut Buffer, area: Rect) {
    let width = usize::from(area.width);
    let height = usize::from(area.height).saturating_sub(1);
    let beside = match width {
        100.. => 34,
        76.. => 24,
        _ => 14,
    };
    let span_width = width.saturating_sub(MARGIN + beside + 4).clamp(8, 64);
    let theme = model.theme;
    let heading = format!("{}{}{}", " ".repeat(MARGIN - 2), left("client", span_width), "server");
    put_line(buffer, area, 0, &Line::from(span(theme, Role::Strong, heading)));
    let mut rungs: Vec<LadderLine> = Vec::new();
    let in_view = open.list.top..open.len(index).min(open.list.top + height);
    let pairs = pairs(open, index, in_view.clone());
    // Gaps take rows of their own: begin so late that the selection is in view.
    for at in in_view {
        rungs.extend(rung(model, index, open, at, &pairs, (span_width, beside)));
    }
    let selected = rungs.iter().position(|(at, _)| *at == Some(open.list.selected)).unwrap_or(0);
    let skip = (selected + 1).saturating_sub(height);
    for (y, (at, line)) in (1..area.height).zip(rungs.iter().skip(skip)) {
        put_line(buffer, area, y, line);
        if *at == Some(open.list.selected) {
            select(buffer, area, y, theme);
        }
    }
}

/// The silence in front of a frame, if there was one, and the frame.
fn rung(
    model: &Model,
    index: &Index,
    open: &OpenSession,
    at: usize,
    pairs: &[Pair],
    (width, beside): (usize, usize),
) -> Vec<LadderLine> {
    let theme = model.theme;
    let is_selected = at == open.list.selected;
    let cursor = if is_selected { ">" } else { " " };
    let start = index.sessions().get(open.session).map(|row| row.first().time).unwrap_or_default();
    let margin = |packet: u64, time: Timestamp| {
        format!("{cursor}{} {} ", right(&packet.to_string(), 8), left(&seconds_since(time, start), 10))
    };
    let (time, packet, from, words, worst, note) = match open.item(at, index) {
        SessionItem::Whole => {
            let Some(row) = index.sessions().get(open.session) else { return Vec::new() };
            let words = row.label.failure.map_or_else(|| "upgrade".to_owned(), |failure| failure.to_string());
            (row.first().time, row.first().packet.0, Peer::Client, words, None, String::new())
        }
        SessionItem::Frame(place) => {
            let Some(row) = index.frames(open.session).get(place) else { return Vec::new() };
            let bytes = model
                .payloads
                .preview(RowKind::Frames, open.session, row.number())
                .filter(|_| !model.is_hidden);
            let preview = bytes.map(|bytes| payload::preview(row, bytes)).unwrap_or_default();
            let words = format!("{} {} {preview}", opcode(row.opcode()), size(row.length()));
            let note = row.round_trip().map(in_words).unwrap_or_default();
            (row.time(), row.first_packet().0, row.from(), words, row.severity(), note)
        }
        SessionItem::Message(place) => {
            let Some(row) = index.messages(open.session).get(place) else { return Vec::new() };
            let preview = if model.is_hidden { String::new() } else { message_preview(model, open, &row) };
            let words = format!("{} message {} {preview}", row.kind.name(), size(row.length));
            (row.time, row.first_packet.0, row.from, words, row.severity, String::new())
        }
        SessionItem::End(place) => {
            let Some(row) = index.ends(open.session).get(place) else { return Vec::new() };
            let (stamp, kind) = (row.stamp(), row.kind);
            let words = match kind {
                EndKind::ForeignRst => format!("{} from something in between", kind.name()),
                EndKind::Fin | EndKind::Rst | EndKind::EndStream | EndKind::RstStream => {
                    kind.name().to_owned()
                }
            };
            (stamp.time, stamp.packet.0, row.from, words, None, String::new())
        }
    };
    let mut rungs = Vec::new();
    if let Some(silence) = silence(index, open, (at, time, start)).filter(|silence| *silence >= SILENCE) {
        let words = format!("⋮ {}", in_words(silence));
        let line = format!("{}┊{}┊", " ".repeat(MARGIN - 1), centre(&words, width, ' '));
        let passing = Crossing { at, is_between: true };
        let line = vec![span(theme, Role::Faint, line), span(theme, Role::Good, passing.links(pairs))];
        rungs.push((None, Line::from(line)));
    }
    let words = format!(" {} ", cut(words.trim_end(), width.saturating_sub(6)));
    let shaft = centre(&words, width.saturating_sub(1), '─');
    let arrow = match from {
        Peer::Client => format!("{shaft}▶"),
        Peer::Server => format!("◀{shaft}"),
    };
    let mut line: Vec<Span<'static>> = vec![
        span(theme, Role::Faint, format!("{}│", margin(packet, time))),
        span(theme, of_peer(from), arrow),
        span(theme, Role::Faint, "│"),
        span(theme, Role::Good, Crossing { at, is_between: false }.links(pairs)),
    ];
    let judged = worst_finding(index, open, at);
    match (worst, judged) {
        (_, Some(finding)) => {
            let severity = finding.severity;
            // An arrow is its sender's: the other side is named.
            let whom = match finding.from.filter(|accused| *accused != from) {
                Some(accused) => format!("{accused}: "),
                None => String::new(),
            };
            let words = cut(&format!(" {} {whom}{}", mark(severity), finding.id), beside + 2);
            line.push(span(theme, of_severity(severity), words));
        }
        (Some(severity), None) => {
            line.push(span(theme, of_severity(severity), format!(" {}", mark(severity))));
        }
        (None, None) => line.push(span(theme, Role::Good, format!(" {note}"))),
    }
    rungs.push((Some(at), Line::from(line)));
    rungs
}

/// How long nothing was sent before a row: rows that are not listed, such as the pings between messages, were no silence.
fn silence(
    index: &Index,
    open: &OpenSession,
    (at, time, start): (usize, Timestamp, Timestamp),
) -> Option<Duration> {
    let frames = index.frames(open.session);
    // In the order of frames: the first one of a message stands where its number says.
    let place = match open.item(at, index) {
        SessionItem::Whole => return None,
        SessionItem::End(place) => {
            return index
                .ends(open.session)
                .get(place)
                .and_then(|row| silence_before(index, open.session, row));
        }
        SessionItem::Frame(place) => place,
        SessionItem::Message(place) => {
            let message = index.messages(open.session).get(place)?;
            index.frame_row(open.session, message.first_frame)?
        }
    };
    let before = place.checked_sub(1).and_then(|before| frames.get(before)).map_or(start, |row| row.time());
    let ended = index.ends(open.session).iter().map(|end| end.stamp().time).filter(|end| *end <= time).max();
    time.passed_since(ended.map_or(before, |ended| ended.max(before)))
}

/// Where links between pings and pongs are crossed: at a row, or between it and the one before.
#[derive(Clone, Copy)]
struct Crossing {
    at: usize,
    is_between: bool,
}

impl Crossing {
    /// Two columns for each lane that is in use.
    fn links(self, pairs: &[Pair]) -> String {
        let lanes = pairs.iter().map(|pair| pair.lane + 1).max().unwrap_or(0);
        let of = |lane: usize| pairs.iter().filter(move |pair| pair.lane == lane);
        let is_end = |pair: &&Pair| !self.is_between && (pair.ping == self.at || pair.pong == self.at);
        let outermost = (0..lanes).rev().find(|lane| of(*lane).any(|pair| is_end(&pair)));
        let mut links = String::new();
        for lane in 0..lanes {
            let reaches = outermost.is_some_and(|outermost| lane < outermost);
            let arrives = outermost.is_some_and(|outermost| lane <= outermost);
            links.push(if arrives { '─' } else { ' ' });
            let end = of(lane).find(is_end);
            let passes = of(lane).any(|pair| {
                let end = if self.is_between { pair.pong + 1 } else { pair.pong };
                pair.ping < self.at && self.at < end
            });
            links.push(match end {
                Some(pair) if reaches => {
                    if pair.ping == self.at {
                        '┬'
                    } else {
                        '┴'
                    }
                }
                Some(pair) if pair.ping == self.at => '╮',
                Some(_) => '╯',
                None if passes && reaches => '┼',
                None if passes => '│',
                None if reaches => '─',
                None => ' ',
            });
        }
        links
    }
}

/// The worst finding about a row.
fn worst_finding<'a>(index: &'a Index, open: &OpenSession, at: usize) -> Option<&'a Finding> {
    findings_about(open, open.item(at, index), index).first().and_then(|at| index.findings().get(*at))
}

fn centre(text: &str, width: usize, fill: char) -> String {
    let gap = width.saturating_sub(columns(text));
    let before = gap / 2;
    let fill = |count: usize| std::iter::repeat_n(fill, count).collect::<String>();
    format!("{}{text}{}", fill(before), fill(gap - before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_from_pings_to_their_pongs() {
        let drawn = |pairs: &[Pair], rows: usize| {
            let at = |at| Crossing { at, is_between: false }.links(pairs);
            (1..=rows).map(at).collect::<Vec<_>>()
        };
        let pair = |ping, pong, lane| Pair { ping, pong, lane };
        assert_eq!(drawn(&[pair(1, 3, 0)], 4), ["─╮", " │", "─╯", "  "]);
        assert_eq!(drawn(&[pair(1, 3, 0), pair(2, 4, 1)], 4), ["─╮  ", "─┼─╮", "─╯ │", "───╯"]);
        assert_eq!(Crossing { at: 3, is_between: true }.links(&[pair(1, 3, 0)]), " │");
        assert_eq!(Crossing { at: 1, is_between: true }.links(&[pair(1, 3, 0)]), "  ");
    }
}
