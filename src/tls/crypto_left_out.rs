//! What stands for `crypto` without the feature `tls`: no key is ever made, so that no record is opened.

use std::ops::Range;

use crate::model::Peer;

use super::epoch::Epoch;
use super::record::{ContentType, Plaintext, Record};
use super::secret::Secret;
use super::suite::{Hash, Suite};
use super::version::Version;

/// Whether records can be opened at all.
pub(super) const DECRYPTS: bool = false;

/// Keys of one direction: there are none.
#[derive(Debug)]
pub(super) enum Opener {}

impl Opener {
    pub(super) const fn of_traffic_secret(_: &Suite, _: &[u8]) -> Option<Self> {
        None
    }

    pub(super) const fn of_master(_: &Epoch, _: Peer, _: &[u8]) -> Option<Self> {
        None
    }

    pub(super) const fn of_premaster(_: &Epoch, _: Peer, _: &[u8]) -> Option<Self> {
        None
    }

    pub(super) const fn without_key(_: &Suite) -> Option<Self> {
        None
    }

    pub(super) fn open(&mut self, _: &mut Record, _: Range<u64>) -> Option<(u64, Plaintext)> {
        match *self {}
    }

    pub(super) const fn authenticates(&self) -> bool {
        match *self {}
    }

    pub(super) const fn memory(&self) -> usize {
        match *self {}
    }

    pub(super) const fn lose(&mut self) {
        match *self {}
    }
}

/// What seals records: there is none.
#[derive(Debug)]
pub enum Sealer {}

impl Sealer {
    pub(super) const fn of_traffic_secret(_: &Suite, _: &[u8]) -> Option<Self> {
        None
    }

    pub(super) const fn of_master(_: &Epoch, _: Peer, _: &[u8]) -> Option<Self> {
        None
    }

    pub(super) const fn without_key(_: &Suite) -> Option<Self> {
        None
    }

    /// Nothing can be sealed.
    pub const fn seal(&self, _: &[u8], _: &mut [u8], _: &Sealing) -> Option<()> {
        match *self {}
    }
}

/// Where a record's plaintext stands in it, and how it was numbered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealing {
    /// What the plaintext is.
    pub content: ContentType,
    /// Where it stands in the record.
    pub text: Range<usize>,
    /// The sequence number.
    pub number: u64,
}

/// No key is made of it, either.
pub(super) fn master_secret(_: &Epoch, premaster: &Secret) -> Secret {
    premaster.clone()
}

/// No key is made of it, so that any will do.
pub(super) fn next_traffic_secret(_: &Suite, secret: &Secret) -> Secret {
    secret.clone()
}

pub(super) const fn session_hash(_: Version, _: Hash, _: &[u8]) -> Vec<u8> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use crate::model::{Chunk, Peer, Stamp, StreamEvent};
    use crate::tls::{
        Event, Expecting, KeyLog, Origin, Readable, Reason, RecordReading, Secrets, Tls, Version,
    };

    /// A handshake and a record of data, with the key log that would open it.
    #[test]
    fn what_is_sealed_stays_closed_and_says_why() {
        let record = |kind: u8, body: &[u8]| {
            let [high, low] = u16::try_from(body.len()).unwrap().to_be_bytes();
            [&[kind, 3, 3, high, low], body].concat()
        };
        let client = [&[1, 0, 0, 41, 3, 3][..], &[7; 32], &[0, 0, 2, 0x13, 1, 1, 0]].concat();
        let server = [&[2, 0, 0, 46, 3, 3][..], &[8; 32], &[0, 0x13, 1, 0, 0, 6, 0, 43, 0, 2, 3, 4]].concat();
        let mut secrets = Secrets::default();
        let mut log = KeyLog::new(Origin::KeyLog);
        let line = format!("SERVER_TRAFFIC_SECRET_0 {} {}\n", "07".repeat(32), "01".repeat(32));
        log.push(line.as_bytes(), &mut secrets);

        let mut tls = Tls::new(Expecting::Secrets { held_bytes: 1 << 20 });
        let said = [
            (Peer::Client, record(22, &client)),
            (Peer::Server, record(22, &server)),
            (Peer::Server, record(23, &[9; 40])),
        ];
        for (from, bytes) in said {
            let chunk = Chunk::plain(&bytes, Stamp::default(), 0);
            tls.push(from, StreamEvent::Data(chunk), &secrets, &mut |event| {
                // Of a record it is told where it stands, and never what is sealed in it.
                let is_closed = match event {
                    Event::Sealed(..) => true,
                    Event::Record(record) => {
                        matches!(record.reading, RecordReading::Clear(_) | RecordReading::Closed)
                    }
                    _ => false,
                };
                assert!(is_closed, "{event:?}");
            });
        }
        let facts = tls.facts();
        assert_eq!(facts.version, Some(Version::TLS13));
        assert_eq!((facts.readable, facts.reason), (Readable::Nothing, Some(Reason::DecryptionLeftOut)));
        assert_eq!(tls.footprint().held, 0, "no secret would help");
    }
}
