//! Clients that mask what they send, write the key, and forget the mask bit (RFC 6455 §5.3).
//!
//! Such a frame has four bytes more than its header says. A text shows that by itself, as only the key makes it
//! legible. Of other frames it is known when four bytes stand behind them and frames go on after those: from there on
//! the key is expected.

use super::FrameReader;
use crate::model::{Peer, Stamp, text_so_far};
use crate::ws::Out;
use crate::ws::event::{Event, LostFraming, LostShape};
use crate::ws::header::FrameHeader;
use crate::ws::mask::unmask;
use crate::ws::opcode::Opcode;
use crate::ws::shared::BothReaders;
use crate::ws::sync::{SearchBuffer, may_begin};

/// Bytes of a masking key.
pub(super) const KEY: usize = 4;

impl FrameReader {
    /// The masking key of a client that forgets the mask bit: either it is known to do so, or what follows the key
    /// unmasks to text and is none as it stands.
    pub(super) fn key_without_bit(&self, header: &FrameHeader, bytes: &[u8]) -> Option<[u8; KEY]> {
        /// A few bytes may be text by chance.
        const ENOUGH: usize = 6;
        if self.from != Peer::Client || header.mask.is_some() {
            return None;
        }
        let raw = bytes.get(header.size()..)?;
        let (key, masked) = raw.split_first_chunk::<KEY>()?;
        if self.forgets_bit {
            return Some(*key);
        }
        let is_text = header.opcode == Opcode::Text && header.rsv == 0 && header.fin;
        let mut plain = masked.to_vec();
        unmask(*key, 0, &mut plain);
        let is_legible = |bytes: &[u8]| {
            text_so_far(bytes)
                .is_some_and(|text| !text.chars().any(|c| c.is_control() && !c.is_ascii_whitespace()))
        };
        (is_text && plain.len() >= ENOUGH && is_legible(&plain) && !is_legible(raw)).then_some(*key)
    }

    /// How many bytes of a header without mask bit there have to be, key included, if this client forgets the bit.
    pub(super) fn enough_for_key(&self, header: &FrameHeader) -> Option<usize> {
        (self.forgets_bit && header.mask.is_none()).then(|| header.size() + KEY)
    }

    /// How many bytes tell whether a key is left over from the frame before, if that had no mask bit and what comes next
    /// is no frame as it stands: one of a client that does not mask at all is told at once.
    pub(super) fn enough_for_leftover(&self, bytes: &[u8], shared: &BothReaders) -> Option<usize> {
        let was_unmasked = self.before.is_some_and(|before| before.faults & super::odd::WRONG_SIDE != 0);
        let may_be_key = self.from == Peer::Client && was_unmasked && !self.forgets_bit;
        (may_be_key && !stands_as_frame(bytes, self.rules(shared).rsv1)).then_some(KEY + 2)
    }

    /// Whether four bytes that are no frame stand where one belongs, and frames go on behind them, or the stream ends.
    pub(super) fn is_leftover(&self, bytes: &[u8], shared: &BothReaders) -> bool {
        if self.enough_for_leftover(bytes, shared).is_none() {
            return false;
        }
        match bytes.get(KEY..) {
            Some([]) => true,
            Some(behind) => stands_as_frame(behind, self.rules(shared).rsv1),
            None => false,
        }
    }

    /// Goes on behind the four bytes that are left over, from here on with a client that forgets the mask bit.
    pub(super) fn skip_leftover(
        &mut self,
        buffer: &SearchBuffer,
        stamp: Stamp,
        shared: &mut BothReaders,
        out: &mut Out<'_>,
    ) {
        self.forgets_bit = true;
        let preview = buffer.bytes().get(..KEY).unwrap_or_default();
        let told = LostFraming {
            resumed: Some(KEY as u64),
            ..self.strays(LostShape::KeyAsPayload, preview, stamp, KEY)
        };
        out(Event::LostFraming(&told));
        for mut chunk in buffer.chunks_from(KEY as u64) {
            self.push(&mut chunk, shared, out);
        }
    }
}

/// Whether `bytes` begin as a frame that some endpoint would send, whether or not it masks.
fn stands_as_frame(bytes: &[u8], rsv1: bool) -> bool {
    match bytes {
        [first, second, ..] => may_begin(*first, rsv1) && (first & 0x08 == 0 || second & 0x7f <= 125),
        [first] => may_begin(*first, rsv1),
        [] => false,
    }
}
