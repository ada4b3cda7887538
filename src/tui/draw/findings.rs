//! The findings of the whole capture, the worst first, with what the selected one says.

use super::super::kinds::FindingRow;
use super::super::model::Model;
use super::super::text::{columns, count, cut, left, right, shown, wrap};
use super::super::theme::{Role, mark, of_severity};
use super::paint::{plain, put, put_line, select, span};
use crate::findings::{Certainty, Finding};
use crate::index::Index;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the rows, and the line beneath them.
pub(super) fn draw(model: &Model, index: &Index, buffer: &mut Buffer, area: Rect, rule: Rect) {
    let theme = model.theme;
    let findings = &model.findings;
    put(buffer, rule, 0, &"─".repeat(usize::from(rule.width)), theme.style(Role::Faint));
    if findings.rows.is_empty() {
        let words = match (model.loading.is_over, findings.filter.is_empty()) {
            (_, false) => "no finding contains these words; f, then Esc removes the filter",
            (true, true) => none_found(index),
            (false, true) => "no findings yet",
        };
        put(buffer, area, 1, &format!("  {words}"), theme.style(Role::Faint));
    }
    let id_width = if area.width < 80 { 24 } else { 32 };
    for (y, (at, row)) in (0..area.height).zip(findings.rows.iter().enumerate().skip(findings.list.top)) {
        let Some(finding) = findings.at(at).and_then(|at| index.findings().get(at)) else { continue };
        let is_selected = at == findings.list.selected;
        let by_severity = of_severity(finding.severity);
        let is_unfolded = findings.unfolded.contains(&(finding.severity, finding.id));
        // A kind with what it means, or a finding with its sentence; below its kind the name need not be there again.
        let (sign, name, session, packet, words) = match row {
            FindingRow::Kind { count, .. } => (
                if is_unfolded { "▾" } else { "▸" },
                format!("{} ×{count}", finding.id),
                String::new(),
                String::new(),
                finding.id.entry().title.to_owned(),
            ),
            FindingRow::Finding(_) => (
                " ",
                if is_unfolded { String::new() } else { finding.id.to_string() },
                finding.session.map_or_else(String::new, |session| format!("session {session}")),
                finding.stamp.packet.to_string(),
                summary(model, finding),
            ),
        };
        let mut line = vec![
            plain(if is_selected { ">" } else { " " }),
            span(theme, by_severity, format!("{} ", mark(finding.severity))),
            span(theme, Role::Faint, sign),
        ];
        if !name.is_empty() {
            line.push(span(
                theme,
                by_severity,
                format!(
                    "{} ",
                    left(&name, id_width.max(if session.is_empty() { columns(&name) } else { 0 }))
                ),
            ));
        }
        if let FindingRow::Finding(_) = row {
            line.push(plain(format!("{} ", left(&session, 12))));
            line.push(span(theme, Role::Faint, format!("{}  ", right(&packet, 8))));
        }
        let room = usize::from(area.width).saturating_sub(line.iter().map(Span::width).sum());
        line.push(plain(cut(&words, room)));
        put_line(buffer, area, y, &Line::from(line));
        if is_selected {
            select(buffer, area, y, theme);
        }
    }
    // Beneath them, what cannot be judged.
    let in_view = u16::try_from(findings.rows.len().saturating_sub(findings.list.top)).unwrap_or(u16::MAX);
    let words = unread(index).filter(|_| model.loading.is_over && findings.filter.is_empty());
    let lines =
        words.map(|words| wrap(&words, usize::from(area.width).saturating_sub(4))).unwrap_or_default();
    for (y, line) in (in_view.max(1).saturating_add(1)..area.height).zip(lines) {
        put(buffer, area, y, &format!("  {line}"), theme.style(Role::Faint));
    }
}

/// That there are no findings, as far as the capture could be read.
fn none_found(index: &Index) -> &'static str {
    match index.summary() {
        Some(summary) if summary.dark > 0 && summary.frames.is_empty() => {
            "no findings: nothing could be read"
        }
        Some(summary) if summary.dark > 0 => "no findings in what could be read",
        Some(_) | None => "no findings: neither side did anything wrong",
    }
}

/// How much could not be read, and why.
fn unread(index: &Index) -> Option<String> {
    let summary = index.summary()?;
    let (stamp, reason) = summary.first_dark?;
    let sessions = count(summary.dark, "TLS session");
    Some(format!("🔒 {sessions} could not be read, the first in packet {}: {reason}", stamp.packet))
}

/// What the selected finding says.
pub(super) fn lines(model: &Model, index: &Index, width: usize) -> Vec<Line<'static>> {
    let theme = model.theme;
    let selected = model.findings.selected();
    let Some(finding) = selected.and_then(|at| index.findings().get(at)) else { return Vec::new() };
    let doubt = if finding.certainty == Certainty::Tentative { ", tentative" } else { "" };
    let class = format!("  {}, {}{doubt}", finding.severity.name(), finding.class.name());
    let mut lines = vec![Line::from(vec![
        span(theme, of_severity(finding.severity), format!(" {} {}", mark(finding.severity), finding.id)),
        span(theme, Role::Faint, class),
    ])];
    let text = wrap(&summary(model, finding), width.saturating_sub(2));
    lines.extend(text.into_iter().map(|line| Line::from(format!(" {line}"))));
    lines.extend(
        wrap(finding.id.entry().meaning, width.saturating_sub(2))
            .into_iter()
            .map(|line| Line::from(span(theme, Role::Faint, format!(" {line}")))),
    );
    lines
}

/// The sentence of a finding. It can quote payloads: where those are hidden, the title of its kind stands for it.
pub(super) fn summary(model: &Model, finding: &Finding) -> String {
    if model.is_hidden { finding.id.entry().title.to_owned() } else { shown(finding.summary.as_bytes()) }
}
