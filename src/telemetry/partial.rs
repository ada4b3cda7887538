//! What a collector says in the body of an answer with which it takes something: how much of it not, and why (OTLP
//! specification, "Partial Success"). Answers about spans and about metrics have the same fields.

use prost::Message;

/// An answer: `ExportTraceServiceResponse` or `ExportMetricsServiceResponse`.
#[derive(Clone, PartialEq, Message)]
struct ExportResponse {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<ExportPartialSuccess>,
}

/// `ExportTracePartialSuccess` or `ExportMetricsPartialSuccess`. The reason should be UTF-8, and is told whatever it is.
#[derive(Clone, PartialEq, Message)]
struct ExportPartialSuccess {
    #[prost(int64, tag = "1")]
    rejected: i64,
    #[prost(bytes = "vec", tag = "2")]
    error_message: Vec<u8>,
}

/// What the collector did not take of a request that it took, or what it has to say about one that it took whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PartialSuccess {
    /// Spans, or points of metrics, that it will never take.
    pub(super) rejected: u64,
    /// Its reason, or its advice.
    pub(super) message: Vec<u8>,
}

impl PartialSuccess {
    /// What the body of an answer says; `None` where all was taken without a word. Of a damaged body this is what stands
    /// before the damage.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let mut response = ExportResponse::default();
        // An error leaves what was read until then.
        let _ = response.merge(body);
        let ExportPartialSuccess { rejected, error_message } = response.partial_success?;
        // A count below zero means nothing.
        let told = Self { rejected: u64::try_from(rejected).unwrap_or(0), message: error_message };
        Some(told).filter(|told| *told != Self::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::collector::trace::v1::{
        ExportTracePartialSuccess, ExportTraceServiceResponse,
    };

    fn body(rejected_spans: i64, message: &str) -> Vec<u8> {
        let partial = ExportTracePartialSuccess { rejected_spans, error_message: message.to_owned() };
        ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec()
    }

    #[test]
    fn what_is_rejected_is_read_with_the_reason() {
        let told = PartialSuccess::read(&body(300, "too old")).unwrap();
        assert_eq!(told, PartialSuccess { rejected: 300, message: b"too old".to_vec() });
        let advice = PartialSuccess::read(&body(0, "use v2")).unwrap();
        assert_eq!(advice, PartialSuccess { rejected: 0, message: b"use v2".to_vec() });
        for nothing in [&body(0, "")[..], b"", b"{\"partialSuccess\":{}}", &[0xff; 20], &body(-1, "")] {
            assert_eq!(PartialSuccess::read(nothing), None, "{nothing:?}");
        }
        let whole = body(7, "reason");
        for end in 0..whole.len() {
            PartialSuccess::read(&whole[..end]);
        }
    }

    #[test]
    fn what_stands_before_the_damage_is_read() {
        let told = |rejected, message: &[u8]| Some(PartialSuccess { rejected, message: message.to_vec() });
        // A reason that is longer than the message it is in.
        assert_eq!(PartialSuccess::read(&[10, 4, 8, 7, 18, 9]), told(7, b""));
        assert_eq!(PartialSuccess::read(&[10, 5, 18, 1, b'x', 8, 0x80]), told(0, b"x"));
        // Latin-1, a field that nobody knows, and garbage behind the message.
        assert_eq!(PartialSuccess::read(&[10, 5, 8, 3, 18, 1, 0xfc, 0xff]), told(3, b"\xfc"));
        assert_eq!(PartialSuccess::read(&[10, 4, 24, 1, 8, 3, 0xff]), told(3, b""));
    }
}
