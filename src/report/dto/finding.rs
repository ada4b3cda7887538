//! A finding.

use super::value::LineContext;
use crate::findings::{Finding, FindingField, FindingValue};
use crate::report::times::Rfc3339;
use serde::ser::{Serialize, SerializeMap, Serializer};

/// A finding, with the figures of its kind as fields of their own.
#[derive(Debug, serde::Serialize)]
#[serde(tag = "type", rename = "finding")]
pub(in crate::report) struct FindingLine<'a> {
    id: &'static str,
    severity: &'static str,
    class: &'static str,
    certainty: &'static str,
    summary: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    rfc: &'static str,
    time: Rfc3339<'a>,
    packet: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frame: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<bool>,
    #[serde(flatten)]
    fields: FindingFields<'a>,
}

/// The figures of a finding.
#[derive(Debug)]
struct FindingFields<'a>(&'a [(FindingField, FindingValue)]);

impl Serialize for FindingFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (field, value) in self.0 {
            let name = field.name();
            match value {
                FindingValue::Number(number) => map.serialize_entry(name, number)?,
                FindingValue::Text(text) => map.serialize_entry(name, text)?,
                FindingValue::Flag(flag) => map.serialize_entry(name, flag)?,
            }
        }
        map.end()
    }
}

impl<'a> FindingLine<'a> {
    /// Its figures, as an object of their own.
    pub(in crate::report) const fn figures(&self) -> &impl Serialize {
        &self.fields
    }

    pub(in crate::report) fn new(finding: &'a Finding, context: &'a LineContext) -> Self {
        Self {
            id: finding.id.name(),
            severity: finding.severity.name(),
            class: finding.class.name(),
            certainty: finding.certainty.name(),
            summary: &finding.summary,
            rfc: finding.id.entry().rfc,
            time: context.times.rfc3339(finding.stamp.time),
            packet: finding.stamp.packet.0,
            file: context.file(finding.stamp),
            connection: finding.connection.map(|id| id.0),
            session: finding.session.map(|id| id.0),
            from: finding.from.map(crate::model::Peer::name),
            frame: finding.frame,
            waiting: None,
            fields: FindingFields(&finding.fields),
        }
    }

    /// A finding reported while the wait it is about continues.
    pub(in crate::report) fn of_waiting(finding: &'a Finding, context: &'a LineContext) -> Self {
        Self { waiting: Some(true), ..Self::new(finding, context) }
    }
}
