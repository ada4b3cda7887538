//! What records show of a conversation without being opened: who speaks when, and how briefly.

use std::ops::RangeInclusive;

use crate::model::{Peer, PerPeer};

use super::record::{HEADER, SHORTEST};
use super::suite::{Cipher, Suite};
use super::version::Version;

/// The longest text in which no head of HTTP has room: one byte less than `HTTP/1.1 200` with two line ends.
const BRIEF: u64 = 15;
/// Bytes of `HTTP/1.1 100 Continue` with two line ends: a body follows, which may be of any length (RFC 9110 §10.1.1).
const CONTINUE: u64 = 25;

/// Encrypted records as they came, counted as long as none was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rhythm {
    /// How many each side sent. In TLS 1.3 those of the handshake are among them: nothing tells them apart.
    pub records: PerPeer<u64>,
    /// How many bytes these were, with their headers.
    pub bytes: PerPeer<u64>,
    /// Turns to speak that began with data too short for a head of HTTP, whatever is in it.
    pub brief_turns: PerPeer<u64>,
    /// Who sent the last one.
    latest: Option<Peer>,
    /// The latest record may have told the client to go on with a body.
    may_continue: bool,
}

impl Rhythm {
    /// `from` sent an encrypted record of `length` bytes. Of application data, it is known how many bytes of text may be inside.
    pub(super) fn observe(&mut self, from: Peer, length: u64, text: Option<&RangeInclusive<u64>>) {
        *self.records.of_mut(from) += 1;
        *self.bytes.of_mut(from) += length;
        let is_turn = self.latest.replace(from) == Some(!from);
        let is_body = from == Peer::Client && self.may_continue;
        let is_brief = text.is_some_and(|text| *text.end() <= BRIEF) && !is_body;
        *self.brief_turns.of_mut(from) += u64::from(is_turn && is_brief);
        self.may_continue = from == Peer::Server && text.is_some_and(|text| text.contains(&CONTINUE));
    }
}

/// How many bytes of text may be in a record of `length` bytes; `None` where its length says nothing about the first text of
/// a turn: in TLS 1.0, CBC begins each with a record of one byte or none (a defence against BEAST).
pub(super) fn text_within(
    version: Option<Version>,
    suite: Option<&Suite>,
    length: u64,
) -> Option<RangeInclusive<u64>> {
    let (Some(version), Some(suite)) = (version, suite) else {
        let most = length.saturating_sub(SHORTEST);
        return Some(most..=most);
    };
    let mut padding = 0;
    let inside = u64::from(version == Version::TLS13);
    let explicit = if version == Version::TLS13 { 0 } else { 8 };
    let mac = suite.hash.length() as u64;
    let sealing = match suite.cipher {
        Cipher::ChaCha20Poly1305 => 16,
        Cipher::Aes128Ccm8 | Cipher::Aes256Ccm8 => explicit + 8,
        Cipher::Aes128Gcm
        | Cipher::Aes256Gcm
        | Cipher::Aes128Ccm
        | Cipher::Aes256Ccm
        | Cipher::Aria128Gcm
        | Cipher::Aria256Gcm
        | Cipher::Camellia128Gcm
        | Cipher::Camellia256Gcm => explicit + 16,
        _ if version <= Version::TLS10 => return None,
        Cipher::Aes128Cbc
        | Cipher::Aes256Cbc
        | Cipher::Camellia128Cbc
        | Cipher::Camellia256Cbc
        | Cipher::Aria128Cbc
        | Cipher::Aria256Cbc => {
            padding = 15;
            16 + mac + 1
        }
        Cipher::Null | Cipher::Unsupported => mac,
    };
    let most = length.saturating_sub(HEADER as u64 + inside + sealing);
    Some(most.saturating_sub(padding)..=most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_begins_where_the_other_side_spoke_before() {
        let mut rhythm = Rhythm::default();
        for (from, text) in [
            (Peer::Client, 400),
            (Peer::Server, 2),
            (Peer::Server, 3),
            (Peer::Client, 15),
            (Peer::Server, 16),
            (Peer::Client, 0),
        ] {
            rhythm.observe(from, text + 22, Some(&(text..=text)));
        }
        rhythm.observe(Peer::Server, 40, None);
        assert_eq!(rhythm.records, PerPeer { client: 3, server: 4 });
        assert_eq!(rhythm.bytes, PerPeer { client: 415 + 3 * 22, server: 21 + 3 * 22 + 40 });
        assert_eq!(rhythm.brief_turns, PerPeer { client: 2, server: 1 });
    }

    #[test]
    fn a_body_that_was_waited_for_is_no_brief_turn() {
        let mut rhythm = Rhythm::default();
        for _ in 0..3 {
            rhythm.observe(Peer::Client, 100, Some(&(80..=80)));
            rhythm.observe(Peer::Server, 100, Some(&(20..=35)));
            rhythm.observe(Peer::Client, 100, Some(&(0..=5)));
            rhythm.observe(Peer::Server, 100, Some(&(150..=150)));
        }
        assert_eq!(rhythm.brief_turns, PerPeer::default());
    }

    #[test]
    fn what_sealing_adds_depends_on_the_suite() {
        let most = |version, number, length| {
            text_within(Some(version), Suite::of(number), length).map(|text| *text.end())
        };
        assert_eq!(most(Version::TLS13, 0x1301, 5 + 10 + 1 + 16), Some(10));
        assert_eq!(most(Version::TLS13, 0x1305, 5 + 10 + 1 + 8), Some(10));
        assert_eq!(most(Version::TLS12, 0xC02F, 5 + 8 + 10 + 16), Some(10));
        assert_eq!(most(Version::TLS12, 0xCCA8, 5 + 10 + 16), Some(10));
        // HMAC-SHA-1, and padding up to the block.
        assert_eq!(most(Version::TLS12, 0xC013, 5 + 16 + 32), Some(11));
        assert_eq!(most(Version::TLS10, 0xC013, 5 + 32), None);
        assert_eq!(text_within(None, None, 32), Some(10..=10));
    }
}
