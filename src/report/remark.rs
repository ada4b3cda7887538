//! A finding, kept for its place in a session's story.

use super::row::MARGIN;
use super::style::{Look, style_of};
use crate::findings::{Certainty, Finding, Id, Severity};
use crate::model::Stamp;
use std::fmt::{self, Write};

/// A finding, kept for its place in a story.
#[derive(Debug)]
pub(super) struct Remark {
    id: Id,
    severity: Severity,
    certainty: Certainty,
    summary: Box<str>,
    stamp: Stamp,
    frame: Option<u64>,
    /// How many rows of its session there were when it was made.
    after: u64,
}

impl Remark {
    pub(super) fn new(finding: &Finding, after: u64) -> Self {
        Self {
            id: finding.id,
            severity: finding.severity,
            certainty: finding.certainty,
            summary: finding.summary.as_str().into(),
            stamp: finding.stamp,
            frame: finding.frame,
            after,
        }
    }

    /// Writes its mark, name and sentence; the line already has [`MARGIN`] columns. The frame it is about is named
    /// where that is not shown above it.
    pub(super) fn write(&self, out: &mut String, frame: Option<u64>, look: Look) -> fmt::Result {
        let doubt = if self.certainty == Certainty::Tentative { " (tentative)" } else { "" };
        let frame = frame.map(|number| format!(" (frame {number})")).unwrap_or_default();
        let name = format!("{} {}{doubt}{frame}:", self.severity.name(), self.id);
        let text = format!("{} {}", look.paint(style_of(self.severity), &name), self.summary);
        // The style takes no columns, so the text is wrapped without it and its name painted afterwards.
        if look.width.is_some() {
            let plain = format!("{name} {}", self.summary);
            let wrapped = look.wrap(&plain, MARGIN + 2, MARGIN + 2);
            let sentence = wrapped.strip_prefix(&name).unwrap_or(&wrapped);
            return writeln!(
                out,
                "{} {}{sentence}",
                look.mark(self.severity),
                look.paint(
                    style_of(self.severity),
                    name.get(..wrapped.len() - sentence.len()).unwrap_or_default()
                )
            );
        }
        writeln!(out, "{} {text}", look.mark(self.severity))
    }

    pub(super) const fn id(&self) -> Id {
        self.id
    }

    pub(super) const fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// How many rows of its session there were when it was made.
    pub(super) const fn after(&self) -> u64 {
        self.after
    }

    /// Its sentence.
    pub(super) fn summary(&self) -> &str {
        &self.summary
    }

    /// How bad it is.
    pub(super) const fn severity(&self) -> Severity {
        self.severity
    }

    /// The frame it is about.
    pub(super) const fn frame(&self) -> Option<u64> {
        self.frame
    }
}
