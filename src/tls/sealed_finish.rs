//! What the sizes of records show of the end of a handshake of TLS 1.3 that no secret opens: whether the client had a
//! certificate to show, and whether the server answered with nothing but an alert.

use std::time::Duration;

use crate::model::{Peer, Stamp};

/// A server that refuses what ends the handshake does so at once. What comes later may be a `close_notify`, of the same size.
const AT_ONCE: Duration = Duration::from_secs(1);

/// What a client showed of a certificate, in its encrypted answer to a server that asked for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientCertificate {
    /// That it has none: an empty `Certificate` message (RFC 8446 §4.4.2).
    Missing,
    /// One: something longer than any other message that a client may begin with.
    Sent,
}

/// The records with which a client finishes a handshake of TLS 1.3, and the first one after it from the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SealedFinish {
    /// The client's first two encrypted records, in bytes.
    client: [Option<u64>; 2],
    /// When the first of them came.
    since: Option<Stamp>,
    /// The server's first record after that, in bytes.
    answer: Option<(u64, Stamp)>,
    /// The server sent more than that.
    goes_on: bool,
}

impl SealedFinish {
    /// `from` sent an encrypted record.
    pub(super) fn observe(&mut self, from: Peer, length: u64, stamp: Stamp) {
        match from {
            Peer::Client => {
                self.since.get_or_insert(stamp);
                if let Some(free) = self.client.iter_mut().find(|record| record.is_none()) {
                    *free = Some(length);
                }
            }
            Peer::Server if self.since.is_none() => {}
            Peer::Server => {
                self.goes_on = self.answer.is_some();
                self.answer.get_or_insert((length, stamp));
            }
        }
    }

    /// Whether the client's first record has the size of a Finished message with a hash of `hash` bytes, where an alert takes `alert`
    /// bytes: it has no certificate to show.
    pub(super) fn begins_with_finished(&self, alert: u64, hash: u64) -> bool {
        let [first, _] = self.client;
        first == Some(alert - 2 + 4 + hash)
    }

    /// Where all that a server answered to a client's certificate, or to the lack of one, was a record of `alert` bytes, as long
    /// as one with an alert: what the client showed, and the packet with the answer. `hash` is the length of the hash in
    /// Finished messages.
    ///
    /// A `close_notify` has the same size: a server that takes the certificate and leaves at once, without a word to the client's
    /// request, looks alike.
    pub(super) fn refused(&self, alert: u64, hash: u64) -> Option<(ClientCertificate, Stamp)> {
        let Self { client: [first, second], since, answer, goes_on } = *self;
        let ((length, stamp), first) = answer.zip(first)?;
        if length != alert || goes_on || stamp.time.since(since?.time) > AT_ONCE {
            return None;
        }
        // Around a message: the record's header, the type inside and the tag, which an alert of two bytes has as well.
        let around = alert - 2;
        let (empty, finished) = (4 + 4, 4 + hash);
        if first == around + empty && second == Some(around + finished) || first == around + empty + finished
        {
            Some((ClientCertificate::Missing, stamp))
        } else if first > around + empty + finished {
            Some((ClientCertificate::Sent, stamp))
        } else {
            None
        }
    }
}
