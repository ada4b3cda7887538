//! A finding as the page shows it.

use super::bytes::{self, ByteLine, ShownBytes};
use super::prose::Prose;
use super::wireshark;
use crate::findings::{Certainty, Finding, FindingField, FindingValue, Id, Severity};
use crate::model::{Escaped, SessionId};
use crate::report::row::Row;
use crate::report::sink::InputNames;
use crate::report::style::sentence;

/// A finding, with all there is to show of it.
#[derive(Debug)]
pub(super) struct Card {
    /// What links lead to it.
    pub(super) anchor: String,
    pub(super) severity: &'static str,
    pub(super) mark: &'static str,
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) summary: Prose,
    pub(super) is_tentative: bool,
    pub(super) clause: Option<Clause>,
    pub(super) packet: u64,
    pub(super) file: Option<String>,
    pub(super) frame: Option<u64>,
    /// For Wireshark.
    pub(super) filter: String,
    pub(super) lines: Vec<ByteLine>,
    /// Which byte is wrong.
    pub(super) words: String,
    pub(super) figures: Vec<Figure>,
}

/// A figure of a finding.
#[derive(Debug)]
pub(super) struct Figure {
    pub(super) name: &'static str,
    pub(super) value: String,
    /// What it means.
    pub(super) meaning: &'static str,
}

/// A clause of an RFC, and where it can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clause {
    pub(super) words: &'static str,
    pub(super) url: String,
}

impl Clause {
    /// `RFC 6455 §5.5.3`, the first one where there are several.
    pub(super) fn of(id: Id) -> Option<Self> {
        let words = id.entry().rfc;
        let (number, rest) = words.strip_prefix("RFC ")?.split_once(' ').unwrap_or((words, ""));
        let section = rest.strip_prefix('§').map(|rest| rest.split(',').next().unwrap_or(rest));
        let section = section.map(|section| format!("#section-{section}")).unwrap_or_default();
        Some(Self { words, url: format!("https://www.rfc-editor.org/rfc/rfc{number}{section}") })
    }
}

impl Card {
    /// A finding, the frame it is about where that is kept, and how many of its session came before.
    pub(super) fn new(finding: &Finding, row: Option<&Row>, at: usize, inputs: &InputNames) -> Self {
        let ShownBytes { lines, words } = bytes::shown(finding, row);
        let entry = finding.id.entry();
        let is_shown = |field: FindingField| {
            field.is_hex()
                || matches!(field, FindingField::Expected | FindingField::Found) && !lines.is_empty()
        };
        let is_empty = |value: &FindingValue| matches!(value, FindingValue::Text(text) if text.is_empty());
        let told = finding.fields.iter().filter(|(field, value)| !is_shown(*field) && !is_empty(value));
        let figures = told.map(|(field, value)| Figure {
            name: field.name(),
            value: match value {
                FindingValue::Text(text) => Escaped(text.as_bytes()).to_string(),
                FindingValue::Number(_) | FindingValue::Flag(_) => value.to_string(),
            },
            meaning: entry.fields.iter().find(|(known, _)| known == field).map_or("", |(_, meaning)| meaning),
        });
        Self {
            anchor: anchor(finding.session, at),
            severity: finding.severity.name(),
            mark: mark(finding.severity),
            id: finding.id.name(),
            title: entry.title,
            summary: Prose::new(&sentence(&finding.summary)),
            is_tentative: finding.certainty == Certainty::Tentative,
            clause: Clause::of(finding.id),
            packet: finding.stamp.packet.0,
            file: inputs.file(finding.stamp).map(str::to_owned),
            frame: finding.frame,
            filter: wireshark::packet(finding.stamp),
            figures: figures.collect(),
            lines,
            words,
        }
    }
}

/// What leads to a finding: the `at`th of a session, or of those about none.
pub(super) fn anchor(session: Option<SessionId>, at: usize) -> String {
    match session {
        Some(session) => format!("f{session}-{at}"),
        None => format!("f-{at}"),
    }
}

/// The sign of a severity, which tells it apart without colours.
pub(super) const fn mark(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "✗",
        Severity::Warning => "!",
        Severity::Note => "•",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clause_can_be_read() {
        for id in Id::ALL {
            let clause = Clause::of(*id);
            assert_eq!(clause.is_none(), id.entry().rfc.is_empty());
            if let Some(Clause { url, .. }) = clause {
                let (_, number) = url.split_once("/rfc/rfc").unwrap();
                assert!(number.chars().all(|c| c.is_ascii_alphanumeric() || "#-.".contains(c)), "{url}");
            }
        }
        assert_eq!(
            Clause::of(Id::PongMismatch).unwrap().url,
            "https://www.rfc-editor.org/rfc/rfc6455#section-5.5.3"
        );
    }
}
