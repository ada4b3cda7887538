//! One finding.

use super::catalog::{Certainty, Class, Id, Severity};
use super::field::FindingField;
use super::words::millis;
use crate::http2::ErrorCode;
use crate::model::{ConnectionId, Footprint, Limit, Peer, SessionId, Stamp};
use std::fmt;
use std::ops::Range;
use std::time::Duration;

/// Something worth reporting about the traffic.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What kind.
    pub id: Id,
    /// Whose matter it is.
    pub class: Class,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub certainty: Certainty,
    /// One sentence with the figures. Captured bytes in it are escaped.
    pub summary: String,
    /// The packet that shows it.
    pub stamp: Stamp,
    /// Its connection.
    pub connection: Option<ConnectionId>,
    /// Its session.
    pub session: Option<SessionId>,
    /// The side it is about.
    pub from: Option<Peer>,
    /// The frame it is about.
    pub frame: Option<u64>,
    /// The figures, in the order of JSON.
    pub fields: Vec<(FindingField, FindingValue)>,
    /// The part of `summary` that repeats bytes which fields have as well.
    pub(crate) bytes: Range<u32>,
}

/// A figure.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindingValue {
    /// A count, a size, a number of milliseconds.
    Number(u64),
    /// A word, or captured text, not escaped.
    Text(String),
    /// Yes or no.
    Flag(bool),
}

impl Finding {
    /// A certain finding of the catalog's severity.
    pub fn new(id: Id, stamp: Stamp, summary: impl Into<String>) -> Self {
        Self {
            id,
            class: id.class(),
            severity: id.severity(),
            certainty: Certainty::Certain,
            summary: summary.into(),
            stamp,
            connection: None,
            session: None,
            from: None,
            frame: None,
            fields: Vec::new(),
            bytes: 0..0,
        }
    }

    /// A certain finding whose summary has three parts: a sentence, bytes that fields will have as well, and what they show.
    pub(super) fn with_bytes(id: Id, stamp: Stamp, [sentence, bytes, shown]: [String; 3]) -> Self {
        let place = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let (start, end) = (sentence.len(), sentence.len() + bytes.len());
        Self { bytes: place(start)..place(end), ..Self::new(id, stamp, sentence + &bytes + &shown) }
    }

    /// The summary without the bytes that fields have as well, for whoever shows them beside it.
    pub fn outline(&self) -> String {
        let (start, end) = (self.bytes.start as usize, self.bytes.end as usize);
        [self.summary.get(..start), self.summary.get(end..)].into_iter().flatten().collect()
    }

    /// The same finding, about this side.
    #[must_use]
    pub const fn from(mut self, peer: Peer) -> Self {
        self.from = Some(peer);
        self
    }

    /// The same finding, about this frame.
    #[must_use]
    pub const fn frame(mut self, number: u64) -> Self {
        self.frame = Some(number);
        self
    }

    /// The same finding with one more field.
    #[must_use]
    pub fn with(mut self, field: FindingField, value: impl Into<FindingValue>) -> Self {
        self.fields.push((field, value.into()));
        self
    }

    /// The same finding with one more field, a number of milliseconds, if it is known how long something took.
    #[must_use]
    pub(super) fn lasting(self, field: FindingField, duration: Option<Duration>) -> Self {
        match duration {
            Some(duration) => self.with(field, millis(duration)),
            None => self,
        }
    }

    /// The same finding with a severity other than the catalog's.
    #[must_use]
    pub const fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// The same finding, tentative.
    #[must_use]
    pub const fn tentative(mut self) -> Self {
        self.certainty = Certainty::Tentative;
        self
    }

    /// The same finding, tentative if `doubtful`.
    #[must_use]
    pub const fn tentative_if(self, doubtful: bool) -> Self {
        if doubtful { self.tentative() } else { self }
    }

    /// Whether a frame violates the protocol, so that its receiver has to fail the connection, or may (RFC 6455 §7.1.7).
    pub(crate) fn fails_frame(&self) -> bool {
        self.class == Class::Violation && self.frame.is_some()
    }

    /// Whether all that is known is that one side of HTTP/2 ended a stream or the connection for something that it says the
    /// other one did.
    pub(crate) fn is_complaint(&self) -> bool {
        matches!(self.id, Id::Http2StreamReset | Id::Http2Goaway)
            && self.severity > Severity::Note
            && self
                .number(FindingField::Code)
                .is_some_and(|code| u32::try_from(code).is_ok_and(|code| ErrorCode(code).blames_peer()))
    }

    /// Whether the other side has to leave, or may, for this reason.
    pub(crate) fn provokes(&self) -> bool {
        self.class == Class::Violation || self.id == Id::SubprotocolUnchosen && self.severity > Severity::Note
    }

    /// This figure, if it has it.
    pub fn field(&self, field: FindingField) -> Option<&FindingValue> {
        self.fields.iter().find(|(known, _)| *known == field).map(|(_, value)| value)
    }

    /// This figure, if it has it as a number.
    pub fn number(&self, field: FindingField) -> Option<u64> {
        match self.field(field)? {
            FindingValue::Number(number) => Some(*number),
            FindingValue::Text(_) | FindingValue::Flag(_) => None,
        }
    }

    /// This figure, if it has it as text. It is not escaped.
    pub fn text(&self, field: FindingField) -> Option<&str> {
        match self.field(field)? {
            FindingValue::Text(text) => Some(text),
            FindingValue::Number(_) | FindingValue::Flag(_) => None,
        }
    }

    /// The bytes of this figure, if it has it in hexadecimal.
    pub fn decoded(&self, field: FindingField) -> Option<Vec<u8>> {
        self.text(field).and_then(|text| hex::decode(text).ok())
    }

    /// Bytes of memory that it takes besides itself.
    pub(crate) fn memory(&self) -> usize {
        let texts = self.fields.iter().map(|(_, value)| match value {
            FindingValue::Text(text) => text.capacity() + Footprint::ALLOCATION,
            FindingValue::Number(_) | FindingValue::Flag(_) => 0,
        });
        let fields = self.fields.capacity() * size_of::<(FindingField, FindingValue)>();
        self.summary.capacity() + fields + 2 * Footprint::ALLOCATION + texts.sum::<usize>()
    }
}

impl From<u64> for FindingValue {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for FindingValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Limit> for FindingValue {
    fn from(limit: Limit) -> Self {
        Self::Text(limit.name().to_owned())
    }
}

impl From<String> for FindingValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for FindingValue {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl fmt::Display for FindingValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::Flag(flag) => flag.fmt(f),
        }
    }
}
