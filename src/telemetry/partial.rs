//! What a collector says in the body of an answer with which it takes something: how much of it not, and why (OTLP
//! specification, "Partial Success"). The message is Protocol Buffers, of which this reads as much as it needs.

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
        let mut told = Self::default();
        for field in Fields(body) {
            if let (1, Content::Bytes(message)) = field {
                told.add(message);
            }
        }
        Some(told).filter(|told| *told != Self::default())
    }

    fn add(&mut self, message: &[u8]) {
        for field in Fields(message) {
            match field {
                // A count below zero would have the first bit, and means nothing.
                (1, Content::Number(rejected)) => {
                    self.rejected = u64::try_from(rejected.cast_signed()).unwrap_or(0);
                }
                (2, Content::Bytes(message)) => self.message = message.to_vec(),
                (_, Content::Number(_) | Content::Bytes(_)) => {}
            }
        }
    }
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content<'b> {
    Number(u64),
    Bytes(&'b [u8]),
}

/// The fields of a message with their numbers, up to the first damage.
struct Fields<'b>(&'b [u8]);

impl<'b> Fields<'b> {
    /// An integer of seven bits a byte.
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn bytes(&mut self, length: u64) -> Option<&'b [u8]> {
        let (bytes, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(bytes)
    }
}

impl<'b> Iterator for Fields<'b> {
    type Item = (u64, Content<'b>);

    fn next(&mut self) -> Option<Self::Item> {
        let tag = self.number()?;
        let content = match tag & 7 {
            0 => Content::Number(self.number()?),
            1 => Content::Bytes(self.bytes(8)?),
            2 => {
                let length = self.number()?;
                Content::Bytes(self.bytes(length)?)
            }
            5 => Content::Bytes(self.bytes(4)?),
            _ => return None,
        };
        Some((tag >> 3, content))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::collector::trace::v1::{
        ExportTracePartialSuccess, ExportTraceServiceResponse,
    };
    use prost::Message;

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
}
