//! What records show of a conversation without being opened: who speaks when, and how briefly.

use std::ops::RangeInclusive;

use std::time::Duration;

use crate::model::{Peer, PerPeer, Stamp, Timestamp};

use super::record::{HEADER, SHORTEST};
use super::suite::{Cipher, Suite};
use super::version::Version;

/// The longest text in which no head of HTTP has room: one byte less than `HTTP/1.1 200` with two line ends.
const BRIEF: u64 = 15;
/// Records with less time between them belong to one burst: what one says, and what the other answers at once.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest record that a Close frame with a short reason has room in, whatever seals it.
const BRIEF_RECORD: u64 = 160;
/// Bytes of `HTTP/1.1 100 Continue` with two line ends: a body follows, which may be of any length (RFC 9110 §10.1.1).
const CONTINUE: u64 = 25;

/// Encrypted records as they came, counted as long as none was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rhythm {
    /// How many each side sent. In TLS 1.3 those of the handshake are among them: nothing tells them apart.
    pub records: PerPeer<u64>,
    /// How many bytes these were, with their headers.
    pub bytes: PerPeer<u64>,
    /// Those of the records that are no alerts, as far as their type or their size shows.
    pub words: PerPeer<u64>,
    /// Turns to speak that began with data too short for a head of HTTP, whatever is in it.
    pub brief_turns: PerPeer<u64>,
    /// The latest of them.
    pub burst: Option<Burst>,
    /// When the last one before those came.
    pub before: Option<Timestamp>,
    /// The longest time between two bursts, but for that before the latest one.
    pub longest_pause: Duration,
    /// Who sent the last one.
    latest: Option<Peer>,
    /// Whether the other side had spoken before it.
    is_answer: bool,
    /// The latest record may have told the client to go on with a body.
    may_continue: bool,
}

/// Records that follow one another without a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burst {
    /// Who began.
    pub by: Peer,
    /// The first of them.
    pub first: Stamp,
    /// When the last one came.
    pub last: Timestamp,
    /// How many of each side are no alerts, as far as their type or their size shows.
    pub words: PerPeer<u64>,
    /// Whether each would have room for no more than a Close frame.
    pub is_brief: bool,
}

/// What a record most likely is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    /// It has the type or the size of an alert.
    Alert,
    /// Anything else.
    Word,
}

impl Rhythm {
    /// `from` sent an encrypted record of `length` bytes. Of application data, it is known how many bytes of text may be inside.
    pub(super) fn observe(
        &mut self,
        from: Peer,
        (length, stamp): (u64, Stamp),
        text: Option<&RangeInclusive<u64>>,
        likeness: Likeness,
    ) {
        self.note_time(from, (length, stamp), likeness);
        *self.words.of_mut(from) += u64::from(likeness == Likeness::Word);
        *self.records.of_mut(from) += 1;
        *self.bytes.of_mut(from) += length;
        let is_turn = self.latest.replace(from) == Some(!from);
        self.is_answer = is_turn;
        let is_body = from == Peer::Client && self.may_continue;
        let is_brief = text.is_some_and(|text| *text.end() <= BRIEF) && !is_body;
        *self.brief_turns.of_mut(from) += u64::from(is_turn && is_brief);
        self.may_continue = from == Peer::Server && text.is_some_and(|text| text.contains(&CONTINUE));
    }

    /// Whether what was said last before a record with the size of an alert was no goodbye: nothing came right before it, or much of both
    /// sides and the other side's last.
    pub(super) fn is_no_goodbye(&self) -> bool {
        self.burst.is_some_and(|Burst { words, is_brief, .. }| {
            let is_alone = words == PerPeer::default();
            let may_be_closes = is_brief && words.client <= 1 && words.server <= 1;
            is_alone || self.is_answer && !may_be_closes
        })
    }

    /// `from` sent a record of `length` bytes that is no alert, as far as it shows.
    #[cfg(test)]
    pub(crate) fn observe_word(&mut self, from: Peer, length: u64, stamp: Stamp) {
        self.observe(from, (length, stamp), None, Likeness::Word);
    }

    /// A record belongs to the latest burst, or begins another one.
    fn note_time(&mut self, from: Peer, (length, stamp): (u64, Stamp), likeness: Likeness) {
        let latest = self.burst.filter(|burst| stamp.time.since(burst.last) <= PAUSE);
        if let (Some(over), None) = (self.burst, latest) {
            let pause = self.before.map_or(Duration::ZERO, |before| over.first.time.since(before));
            self.longest_pause = self.longest_pause.max(pause);
            self.before = Some(over.last);
        }
        let begun =
            Burst { by: from, first: stamp, last: stamp.time, words: PerPeer::default(), is_brief: true };
        let burst = self.burst.insert(latest.unwrap_or(begun));
        burst.last = burst.last.max(stamp.time);
        burst.is_brief &= length <= BRIEF_RECORD;
        *burst.words.of_mut(from) += u64::from(likeness == Likeness::Word);
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

    /// A record of data that comes when all the others do.
    fn observe(rhythm: &mut Rhythm, from: Peer, length: u64, text: Option<&RangeInclusive<u64>>) {
        rhythm.observe(from, (length, Stamp::default()), text, Likeness::Word);
    }

    #[test]
    fn bursts_lie_between_pauses() {
        let mut rhythm = Rhythm::default();
        for (from, millis, length, likeness) in [
            (Peer::Client, 0, 100, Likeness::Word),
            (Peer::Server, 900, 100, Likeness::Word),
            (Peer::Server, 4_900, 100, Likeness::Word),
            (Peer::Client, 10_000, 40, Likeness::Word),
            (Peer::Server, 10_050, 40, Likeness::Word),
            (Peer::Server, 10_051, 24, Likeness::Alert),
        ] {
            let time = Timestamp::from_nanos(millis * 1_000_000);
            rhythm.observe(from, (length, Stamp { time, ..Stamp::default() }), None, likeness);
        }
        let burst = rhythm.burst.unwrap();
        assert_eq!((burst.by, burst.first.time), (Peer::Client, Timestamp::from_nanos(10_000_000_000)));
        assert_eq!(burst.words, PerPeer { client: 1, server: 1 });
        assert!(burst.is_brief);
        assert_eq!(rhythm.before, Some(Timestamp::from_nanos(4_900_000_000)));
        assert_eq!(
            rhythm.longest_pause,
            Duration::from_secs(4),
            "that before the latest one is not among them"
        );
    }

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
            observe(&mut rhythm, from, text + 22, Some(&(text..=text)));
        }
        observe(&mut rhythm, Peer::Server, 40, None);
        assert_eq!(rhythm.records, PerPeer { client: 3, server: 4 });
        assert_eq!(rhythm.bytes, PerPeer { client: 415 + 3 * 22, server: 21 + 3 * 22 + 40 });
        assert_eq!(rhythm.brief_turns, PerPeer { client: 2, server: 1 });
    }

    #[test]
    fn a_body_that_was_waited_for_is_no_brief_turn() {
        let mut rhythm = Rhythm::default();
        for _ in 0..3 {
            observe(&mut rhythm, Peer::Client, 100, Some(&(80..=80)));
            observe(&mut rhythm, Peer::Server, 100, Some(&(20..=35)));
            observe(&mut rhythm, Peer::Client, 100, Some(&(0..=5)));
            observe(&mut rhythm, Peer::Server, 100, Some(&(150..=150)));
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
