//! What a client's own records tell of its early data, where the server's decision cannot be read (RFC 8446 §4.5).

use super::direction_keys::DirectionKeys;
use super::facts::EarlyData;
use super::handshake::{HandshakeMessages, MessageType};
use super::record::{ContentType, Record};

/// What the client's records tell of the server's decision, where its own cannot be read: they are opened to see what they are,
/// and shown later.
#[derive(Debug)]
pub(super) struct EarlyTrial {
    keys: DirectionKeys,
    messages: HandshakeMessages,
}

impl EarlyTrial {
    /// One with the keys of early data.
    pub(super) fn new(keys: DirectionKeys) -> Self {
        Self { keys, messages: HandshakeMessages::default() }
    }

    /// What this record of the client tells. `None` where it is early data, or says nothing of it.
    ///
    /// A client ends its early data with a message of its own exactly where the server took it (§4.5); if not, its next record is
    /// sealed with other keys.
    pub(super) fn take(&mut self, record: &Record) -> Option<EarlyData> {
        if record.content != ContentType::APPLICATION_DATA {
            return None;
        }
        let mut record = record.clone();
        let Some(found) = self.keys.open(&mut record) else {
            // Keys that have opened nothing may be wrong.
            return Some(if self.keys.fits() { EarlyData::Rejected } else { EarlyData::Offered });
        };
        let text = record.bytes.get(found.opened.range).unwrap_or_default();
        let mut ended = false;
        if found.opened.content == ContentType::HANDSHAKE {
            self.messages.push(text, |kind, _| ended |= kind == MessageType::END_OF_EARLY_DATA);
        }
        ended.then_some(EarlyData::Accepted)
    }

    /// What it takes of memory besides itself.
    pub(super) fn memory(&self) -> usize {
        self.keys.memory() + self.messages.held()
    }
}
