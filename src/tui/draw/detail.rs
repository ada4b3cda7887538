//! Everything about what is selected in a session: its findings first, then its payload, its header, its fields.

use super::super::about::findings_in_view;
use super::super::model::{Model, OpenSession, PayloadView, SessionItem};
use super::super::text::{count, shown, thousands, wrap};
use super::super::theme::{Role, of_peer};
use super::super::words::{BEYOND_LIMIT, arrow, of_end, of_message, silence_before};
use super::nodes::DetailLines;
use super::paint::{plain, span};
use super::payload::{self, ShownPayload};
use super::sessions::hidden;
use super::{bits, heads, judged};
use crate::findings::{Finding, FindingField, Id};
use crate::index::{Compressed, FrameRow, Index, SessionRow};
use crate::model::{EndCause, GapCause, in_words, phrase};
use crate::upgrade::Outcome;
use crate::ws::FrameEnd;
use ratatui::text::Line;
use std::fmt::Display;

/// The detail of what is selected.
pub(super) fn lines(model: &Model, index: &Index, open: &OpenSession, width: usize) -> DetailLines {
    let findings: Vec<&Finding> =
        findings_in_view(model, open, index).into_iter().filter_map(|at| index.findings().get(at)).collect();
    let mut lines = DetailLines::default();
    let title = match open.selected(index) {
        SessionItem::Whole => None,
        SessionItem::End(place) => index
            .ends(open.session)
            .get(place)
            .map(|row| (row.from, format!("{}: {}", row.kind.name(), of_end(row, None)))),
        SessionItem::Frame(place) => index.frames(open.session).get(place).map(|row| {
            (
                row.from(),
                format!("Frame {}: {} of {}", row.number(), row.opcode(), count(row.length(), "byte")),
            )
        }),
        SessionItem::Message(place) => index.messages(open.session).get(place).map(|row| {
            (
                row.from,
                format!("Message {}: {} of {}", row.number, row.kind.name(), count(row.length, "byte")),
            )
        }),
    };
    if let Some((from, title)) = title {
        lines.push(Line::from(vec![
            span(model.theme, of_peer(from), format!(" {} {from}  ", arrow(from))),
            span(model.theme, Role::Strong, title),
        ]));
    }
    for finding in &findings {
        lines.extend(judged::lines(model, finding, width));
    }
    match open.selected(index) {
        SessionItem::Whole => whole(model, index, open, width, &mut lines),
        SessionItem::End(place) => end(model, index, open, place, width, &mut lines),
        SessionItem::Frame(place) => frame(model, index, open, place, &findings, width, &mut lines),
        SessionItem::Message(place) => message(model, index, open, place, width, &mut lines),
    }
    lines
}

fn heading(model: &Model, title: &str) -> Line<'static> {
    Line::from(span(model.theme, Role::Title, format!(" {title}")))
}

fn title_of(what: &str, view: PayloadView) -> String {
    match view {
        PayloadView::Masked => format!("{what}, masked and unmasked"),
        PayloadView::Text | PayloadView::Json | PayloadView::Hex => format!("{what} as {}", view.name()),
    }
}

fn field(model: &Model, name: &str, value: impl Into<String>) -> Line<'static> {
    Line::from(vec![span(model.theme, Role::Faint, format!("  {name:<13}")), plain(value)])
}

fn whole(model: &Model, index: &Index, open: &OpenSession, width: usize, lines: &mut DetailLines) {
    let Some(row) = index.sessions().get(open.session) else { return };
    let label = &row.label;
    lines.push(heading(model, "Session"));
    if let Some(failure) = &label.failure {
        lines.push(field(model, "upgrade", failure.to_string()));
    }
    let addresses = row.addresses();
    for (name, address) in [("client", addresses.client), ("server", addresses.server)] {
        lines.push(field(model, name, hidden(model, &address.to_string())));
    }
    for (name, text) in [
        ("target", label.target.as_deref()),
        ("host", label.host.as_deref()),
        ("subprotocol", label.subprotocol.as_deref()),
        ("compression", label.compression.map(Compressed::name)),
    ] {
        if let Some(text) = text {
            lines.push(field(model, name, hidden(model, text)));
        }
    }
    if let Some(stream) = row.place().attempt.stream() {
        lines.push(field(model, "stream", format!("{stream} of its HTTP/2 connection")));
    }
    if let Some(leg_of) = row.leg_of.as_deref() {
        let words = wrap(&leg_of.to_string(), width.saturating_sub(15).max(20));
        for (at, words) in words.into_iter().enumerate() {
            lines.push(field(model, if at == 0 { "proxy" } else { "" }, words));
        }
    }
    if label.is_secure {
        let words = index.tls(row.connection).unwrap_or("yes; more is known when the connection is over");
        let words = wrap(&hidden(model, words), width.saturating_sub(15).max(20));
        for (at, words) in words.into_iter().enumerate() {
            lines.push(field(model, if at == 0 { "TLS" } else { "" }, words));
        }
    }
    lines.push(field(model, "packets", format!("{} to {}", row.first().packet, row.last().packet)));
    lines.push(field(
        model,
        "time",
        format!(
            "{}{}",
            model.clock.show(row.first().time),
            phrase(", ", row.last().time.passed_since(row.first().time), "")
        ),
    ));
    // What is known of a dark session's traffic stands with its TLS.
    for peer in crate::model::Peer::BOTH.into_iter().filter(|_| row.outcome != Outcome::Dark) {
        let words = format!(
            "{}, {}, {}",
            count((*row.frames.of(peer)).into(), "frame"),
            count((*row.messages.of(peer)).into(), "message"),
            count(*row.bytes.of(peer), "byte")
        );
        lines.push(field(model, &format!("{peer} sent"), words));
    }
    if let Some(median) = row.median_rtt() {
        lines.push(field(model, "round trip", format!("{} (median)", in_words(median))));
    }
    lines.extend(ending_lines(model, row, width));
    match model.payloads.upgrade(open.session) {
        _ if row.outcome == Outcome::NotWebSocket || row.outcome.is_unread() => {}
        None => lines.push(Line::from(span(model.theme, Role::Faint, "  reading …"))),
        Some(Err(error)) => {
            let words = format!("  not readable: {}", shown(error.as_bytes()));
            lines.push(Line::from(span(model.theme, Role::Warning, words)));
        }
        Some(Ok(upgrade)) => lines.extend(heads::lines(model, upgrade, width)),
    }
}

/// How the session ended, in a sentence.
fn ending_lines(model: &Model, row: &SessionRow, width: usize) -> Vec<Line<'static>> {
    let Some(story) = row.close_story().filter(|story| !story.is_empty() && !model.is_hidden) else {
        return Vec::new();
    };
    let story = wrap(&shown(story.as_bytes()), width.saturating_sub(3));
    std::iter::once(heading(model, "End"))
        .chain(story.into_iter().map(|line| Line::from(format!("  {line}"))))
        .collect()
}

/// The end of TCP, or of the HTTP/2 stream.
fn end(
    model: &Model,
    index: &Index,
    open: &OpenSession,
    place: usize,
    width: usize,
    lines: &mut DetailLines,
) {
    let (Some(row), Some(session)) =
        (index.ends(open.session).get(place), index.sessions().get(open.session))
    else {
        return;
    };
    lines.extend(ending_lines(model, session, width));
    lines.push(heading(model, "Fields"));
    lines.push(field(model, "packet", row.stamp().packet.to_string()));
    lines.push(field(model, "time", model.clock.show(row.stamp().time)));
    if let Some(silence) = silence_before(index, open.session, row) {
        lines.push(field(model, "silence", in_words(silence)));
    }
}

/// The byte that the findings point at, from 0.
fn pointed(findings: &[&Finding]) -> Option<usize> {
    findings.iter().find_map(|finding| {
        let compared =
            finding.decoded(FindingField::ExpectedHex).zip(finding.decoded(FindingField::FoundHex));
        if let Some((expected, found)) = compared {
            return Some(expected.iter().zip(&found).take_while(|(a, b)| a == b).count());
        }
        // The first byte that never came.
        let missing = || finding.number(FindingField::Received).filter(|_| finding.id == Id::FrameIncomplete);
        finding.number(FindingField::Offset).or_else(missing).and_then(|at| usize::try_from(at).ok())
    })
}

fn frame(
    model: &Model,
    index: &Index,
    open: &OpenSession,
    place: usize,
    findings: &[&Finding],
    width: usize,
    lines: &mut DetailLines,
) {
    let Some(row) = index.frames(open.session).get(place) else { return };
    let header = row.header();
    lines.push(heading(model, &title_of("Payload", open.view)));
    match model.payloads.frame(open.session, row.number()) {
        None => lines.push(Line::from(span(model.theme, Role::Faint, "  reading …"))),
        Some(Err(error)) => {
            let words = format!("  not readable: {}", shown(error.as_bytes()));
            lines.push(Line::from(span(model.theme, Role::Warning, words)));
        }
        Some(Ok(read)) => {
            let bytes = ShownPayload {
                plain: &read.plain,
                wire: &read.wire,
                opcode: (header.rsv == 0).then_some(header.opcode),
                at: pointed(findings),
            };
            if header.rsv & 4 != 0 {
                lines.push(Line::from(span(
                    model.theme,
                    Role::Faint,
                    "  compressed; m shows the message inflated",
                )));
            }
            lines.append(payload::lines(model, open.view, bytes, width));
            lines.extend(cut_off(model, read.cut));
        }
    }
    lines.extend(bits::lines(model, &header, row.from(), width));
    lines.push(heading(model, "Fields"));
    let (first, last) = (row.first_packet(), row.last_packet());
    lines.push(field(model, "packet", span_of(first, last)));
    lines.push(field(model, "time", model.clock.show(row.time())));
    lines.push(field(
        model,
        "length",
        format!("{} declared, {} received", thousands(row.length()), thousands(row.received())),
    ));
    lines.push(field(model, "ended", ending(row)));
    if let Some(round_trip) = row.round_trip() {
        lines.push(field(model, "round trip", in_words(round_trip)));
    }
    if let Some(Ok(read)) = model.payloads.frame(open.session, row.number()) {
        if index.sessions().get(open.session).is_some_and(|session| session.label.is_secure) {
            // As Wireshark counts relative sequence numbers, from 1.
            let next = thousands(read.extent_end + 1);
            lines.push(field(
                model,
                "TLS record",
                format!("its last one ends in packet {last}, before sequence number {next}"),
            ));
        }
        for (at, data) in read.carried.first.iter().enumerate() {
            let mut words = format!(
                "{} of stream {}, {}, packet {}",
                data.number,
                data.header.stream,
                count(u64::from(data.header.length), "byte"),
                data.first.packet
            );
            for flag in data.flags() {
                words.push_str(", ");
                words.push_str(flag);
            }
            lines.push(field(model, if at == 0 { "DATA frame" } else { "" }, words));
        }
        if read.carried.more > 0 {
            lines.push(field(model, "", format!("and {} more", thousands(read.carried.more))));
        }
        let bytes: Vec<String> = read.header.iter().map(|byte| format!("{byte:02x}")).collect();
        lines.push(field(model, "header", bytes.join(" ")));
    }
}

/// That so many bytes of a payload are not here.
fn cut_off(model: &Model, cut: u64) -> Option<Line<'static>> {
    let words = || format!("  … {} more; {BEYOND_LIMIT}", count(cut, "byte"));
    (cut > 0).then(|| Line::from(span(model.theme, Role::Warning, words())))
}

/// One number, or the first and the last of several.
fn span_of<T: Copy + PartialEq + Display>(first: T, last: T) -> String {
    if first == last { first.to_string() } else { format!("{first} to {last}") }
}

fn ending(row: FrameRow) -> &'static str {
    match row.end() {
        FrameEnd::Complete => "complete",
        FrameEnd::Pending => "still coming",
        FrameEnd::Cut(EndCause::Fin) => "cut off: the sender closed TCP (FIN)",
        FrameEnd::Cut(EndCause::Rst | EndCause::RstByPeer) => "cut off: TCP was reset (RST)",
        FrameEnd::Cut(EndCause::Open | EndCause::Unseen) => "cut off: the capture ends",
        FrameEnd::Lost(GapCause::Snaplen) => "the capture does not hold all of it (snaplen)",
        FrameEnd::Lost(GapCause::Sealed) => "part of it is encrypted and could not be decrypted",
        FrameEnd::Lost(GapCause::Limit) => "part of it was let go when a limit was reached",
        FrameEnd::Lost(GapCause::Unframed) => "cut off: its sender broke the framing of HTTP/2",
        FrameEnd::Lost(
            GapCause::Lost | GapCause::Unacknowledged | GapCause::RecordLost | GapCause::Unseen,
        ) => "the capture misses some of it",
    }
}

fn message(
    model: &Model,
    index: &Index,
    open: &OpenSession,
    place: usize,
    width: usize,
    lines: &mut DetailLines,
) {
    let Some(row) = index.messages(open.session).get(place) else { return };
    lines.push(heading(model, &title_of("Message", open.view)));
    match model.payloads.message(open.session, row.number) {
        None => lines.push(Line::from(span(model.theme, Role::Faint, "  reading …"))),
        Some(Err(error)) => {
            let words = format!("  not readable: {}", shown(error.as_bytes()));
            lines.push(Line::from(span(model.theme, Role::Warning, words)));
        }
        Some(Ok(read)) => {
            let bytes = ShownPayload { plain: &read.plain, wire: &read.plain, opcode: None, at: None };
            lines.append(payload::lines(model, open.view, bytes, width));
            lines.extend(cut_off(model, read.cut));
        }
    }
    lines.push(heading(model, "Fields"));
    let (first, last) = (row.first_packet, row.last_packet);
    lines.push(field(model, "packet", span_of(first, last)));
    lines.push(field(model, "frame", span_of(row.first_frame, row.last_frame)));
    lines.push(field(model, "time", model.clock.show(row.time)));
    lines.push(field(
        model,
        "length",
        format!("{}, {} on the wire", thousands(row.length), thousands(row.wire_length)),
    ));
    let how = of_message(&row);
    if !how.is_empty() {
        lines.push(field(model, "sent", how));
    }
}
