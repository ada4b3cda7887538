//! The capture in figures.

use super::value::Counts;
use crate::analyzer::Summary;

/// The capture in figures.
#[derive(Debug, serde::Serialize)]
#[serde(tag = "type", rename = "summary")]
pub(in crate::report) struct SummaryLine {
    packets: u64,
    bytes: u64,
    segments: u64,
    #[serde(skip_serializing_if = "is_zero")]
    copied_segments: u64,
    skipped: Counts<&'static str>,
    #[serde(skip_serializing_if = "is_zero")]
    cut_packets: u64,
    connections: u64,
    sessions: u64,
    upgrades: Counts<&'static str>,
    frames: Counts<crate::ws::Opcode>,
    messages: u64,
    payload_bytes: u64,
    findings: Counts<crate::findings::Id>,
    /// Absent without TLS.
    #[serde(skip_serializing_if = "Counts::is_empty")]
    tls: Counts<&'static str>,
    #[serde(skip_serializing_if = "is_zero")]
    unread_inputs: u64,
    #[serde(skip_serializing_if = "is_zero")]
    unmatched_packets: u64,
    #[serde(skip_serializing_if = "is_zero")]
    repeated_packets: u64,
    /// Absent without a filter.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<Omitted>,
    /// Absent where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    capture_ns: Option<u64>,
}

/// What a filter left out.
#[derive(Debug, serde::Serialize)]
pub(in crate::report) struct Omitted {
    sessions: u64,
    upgrades: u64,
    findings: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    limits: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl SummaryLine {
    pub(in crate::report) fn new(summary: &Summary) -> Self {
        Self {
            packets: summary.packets,
            bytes: summary.bytes,
            segments: summary.segments,
            copied_segments: summary.copied_segments,
            skipped: Counts(summary.skipped.iter().map(|(reason, n)| (reason.name(), *n)).collect()),
            cut_packets: summary.cut_packets,
            connections: summary.connections,
            sessions: summary.sessions,
            upgrades: Counts(summary.upgrades.iter().map(|(outcome, n)| (outcome.name(), *n)).collect()),
            frames: Counts(summary.frames.iter().map(|(opcode, n)| (*opcode, *n)).collect()),
            messages: summary.messages,
            payload_bytes: summary.payload_bytes,
            findings: Counts(summary.findings.iter().map(|(id, n)| (*id, *n)).collect()),
            tls: Counts(summary.tls.iter().map(|(readable, n)| (readable.name(), *n)).collect()),
            unread_inputs: summary.unread_inputs,
            unmatched_packets: summary.unmatched_packets,
            repeated_packets: summary.repeated_packets,
            left_out: summary.left_out.as_ref().map(|left_out| Omitted {
                sessions: left_out.sessions,
                upgrades: left_out.upgrades,
                findings: left_out.findings.values().sum(),
                limits: left_out.limits.clone(),
            }),
            capture_ns: summary.duration().map(|lasted| u64::try_from(lasted.as_nanos()).unwrap_or(u64::MAX)),
        }
    }
}
