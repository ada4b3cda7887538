//! Messages in few bytes: most of what there is to say about one stands in its frames already.

use super::chunked::{Chunked, Rows};
use super::frame_row::FrameRow;
use super::packed::MessageFate;
use crate::findings::Severity;
use crate::model::{FileId, PacketNumber, Peer, Timestamp};
use crate::ws::{Inflation, Message, MessageKind, Opcode};
use std::collections::BTreeMap;
use std::ops::Range;

/// A message, all but its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// Its number in the session, from 1, in the order of last bytes.
    pub number: u64,
    /// Who sent it.
    pub from: Peer,
    /// Text or binary.
    pub kind: MessageKind,
    /// The input with its first byte.
    pub file: FileId,
    /// The packet with its first byte.
    pub first_packet: PacketNumber,
    /// The packet with its last byte.
    pub last_packet: PacketNumber,
    /// When its first byte was captured.
    pub time: Timestamp,
    /// The number of its first frame.
    pub first_frame: u64,
    /// The number of its last frame.
    pub last_frame: u64,
    /// How many frames it came in.
    pub frames: u64,
    /// Payload bytes on the wire.
    pub wire_length: u64,
    /// Payload bytes after inflating.
    pub length: u64,
    /// How inflating went.
    pub inflation: Inflation,
    /// Whether the capture holds all of it, and it could be inflated.
    pub complete: bool,
    /// Whether it is a text that is not UTF-8.
    pub is_invalid_utf8: bool,
    /// The worst of the findings about its first and its last frame.
    pub severity: Option<Severity>,
}

impl MessageRow {
    /// Whether another reading saw this message as `ended`.
    pub(crate) fn is_same(&self, ended: &EndedMessage) -> bool {
        let row = (self.from, self.first_frame, self.frames, self.wire_length, self.length);
        let Self { inflation, complete, is_invalid_utf8, .. } = *self;
        let bits = MessageFate { inflation, complete, is_invalid_utf8 }.bits();
        row == (ended.from, ended.first_frame, ended.frames, ended.wire_length, ended.length)
            && bits == ended.bits
    }

    /// Whether it was compressed on the wire.
    pub fn is_compressed(&self) -> bool {
        self.inflation != Inflation::None
    }
}

/// What a message's frames do not tell.
#[derive(Clone, Copy, Debug)]
struct Brief {
    /// The row of its last frame.
    last_row: u32,
    /// Bytes after inflating; `u32::MAX` where it stands among the huge ones.
    length: u32,
}

/// What there is besides of a message in several frames.
#[derive(Clone, Copy, Debug)]
struct Wide {
    /// Its number.
    message: u32,
    first_row: u32,
    frames: u32,
    /// Bytes on the wire; `u32::MAX` where it stands among the huge ones.
    wire_length: u32,
}

/// Bytes of a message that 32 bits do not count.
#[derive(Clone, Copy, Debug)]
struct Huge {
    wire_length: u64,
    length: u64,
}

/// The messages of one session.
#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    briefs: Chunked<Brief>,
    /// Most sessions have none of these.
    rare: Option<Box<Rare>>,
}

/// What few messages need.
#[derive(Clone, Debug, Default)]
struct Rare {
    wide: Chunked<Wide>,
    huge: BTreeMap<u64, Huge>,
}

/// What to remember of a message that has just ended, and its place among the frames.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EndedMessage {
    pub(crate) from: Peer,
    pub(crate) first_frame: u64,
    frames: u64,
    wire_length: u64,
    pub(super) length: u64,
    bits: u32,
}

impl EndedMessage {
    pub(crate) const fn new(message: &Message<'_>) -> Self {
        let Message { inflation, complete, .. } = *message;
        let fate = MessageFate { inflation, complete, is_invalid_utf8: message.invalid_utf8.is_some() };
        Self {
            from: message.from,
            first_frame: message.first_frame,
            frames: message.frames,
            wire_length: message.wire_length,
            length: message.length,
            bits: fate.bits(),
        }
    }

    /// The bits that its last frame's row remembers.
    pub(super) const fn bits(&self) -> u32 {
        self.bits
    }
}

fn short(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl Store {
    /// Adds a message whose first and last frames have these rows.
    pub(super) fn push(&mut self, message: &EndedMessage, rows: (usize, usize)) {
        let (first_row, last_row) = (short(rows.0 as u64), short(rows.1 as u64));
        let number = self.briefs.len() as u64 + 1;
        let longest = message.wire_length.max(message.length);
        self.briefs.push(Brief { last_row, length: short(message.length) });
        if message.frames > 1 {
            let wire_length = short(message.wire_length);
            let wide = Wide { message: short(number), first_row, frames: short(message.frames), wire_length };
            self.rare.get_or_insert_default().wide.push(wide);
        }
        if longest >= u64::from(u32::MAX) {
            let huge = Huge { wire_length: message.wire_length, length: message.length };
            self.rare.get_or_insert_default().huge.insert(number, huge);
        }
    }

    pub(super) fn bytes_held(&self) -> usize {
        let rare = self.rare.as_ref().map_or(0, |rare| {
            // A tree holds up to twice as many places as it has values.
            size_of::<Rare>() + rare.wide.bytes_held() + rare.huge.len() * 2 * size_of::<(u64, Huge)>()
        });
        self.briefs.bytes_held() + rare
    }

    fn wide(&self, number: u64) -> Option<Wide> {
        let rows = &self.rare.as_ref()?.wide;
        let (mut low, mut high) = (0, rows.len());
        while low < high {
            let middle = low.midpoint(high);
            let wide = rows.at(middle)?;
            match u64::from(wide.message).cmp(&number) {
                std::cmp::Ordering::Equal => return Some(*wide),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    fn huge(&self, number: u64) -> Option<&Huge> {
        self.rare.as_ref()?.huge.get(&number)
    }
}

/// The messages of a session, in the order of last bytes.
#[derive(Clone, Copy, Debug)]
pub struct MessageRows<'a> {
    store: Option<&'a Store>,
    frames: Rows<'a, FrameRow>,
}

impl<'a> MessageRows<'a> {
    pub(super) const fn new(store: Option<&'a Store>, frames: Rows<'a, FrameRow>) -> Self {
        Self { store, frames }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.store.map_or(0, |store| store.briefs.len())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many ended with one of the first `frames` frames.
    pub(super) fn ended_before(&self, frames: usize) -> usize {
        let Some(store) = self.store else { return 0 };
        let is_later =
            |at: &usize| store.briefs.at(*at).is_some_and(|brief| brief.last_row as usize >= frames);
        self.len() - (0..self.len()).rev().take_while(is_later).count()
    }

    /// The row at `index`, from 0: that of message `index + 1`.
    pub fn get(&self, index: usize) -> Option<MessageRow> {
        let store = self.store?;
        let brief = store.briefs.at(index)?;
        let number = index as u64 + 1;
        let last = self.frames.get(usize::try_from(brief.last_row).ok()?)?;
        let wide = store.wide(number);
        let first = match wide {
            Some(wide) => self.frames.get(usize::try_from(wide.first_row).ok()?)?,
            None => last,
        };
        let mut wire_length = wide.map_or(last.length(), |wide| wide.wire_length.into());
        let mut length = u64::from(brief.length);
        if let Some(huge) = store.huge(number) {
            (wire_length, length) = (huge.wire_length, huge.length);
        }
        let MessageFate { inflation, complete, is_invalid_utf8 } = MessageFate::of_bits(last.message_bits());
        Some(MessageRow {
            number,
            from: last.from(),
            kind: if first.opcode() == Opcode::Text { MessageKind::Text } else { MessageKind::Binary },
            file: first.file(),
            first_packet: first.first_packet(),
            last_packet: last.last_packet(),
            time: first.time(),
            first_frame: first.number(),
            last_frame: last.number(),
            frames: wide.map_or(1, |wide| wide.frames.into()),
            wire_length,
            length,
            inflation,
            complete,
            is_invalid_utf8,
            severity: first.severity().max(last.severity()),
        })
    }

    /// All of them, from either end.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = MessageRow> + 'a {
        self.range(0..self.len())
    }

    /// Those in `range`, as far as they exist, from either end.
    pub fn range(self, range: Range<usize>) -> impl DoubleEndedIterator<Item = MessageRow> + 'a {
        (range.start..range.end.min(self.len())).filter_map(move |index| self.get(index))
    }

    /// The index of the message that has a frame with this row, or that ended at or after it.
    pub fn index_at(&self, frame_row: usize) -> Option<usize> {
        let store = self.store?;
        let (mut low, mut high) = (0, store.briefs.len());
        while low < high {
            let middle = low.midpoint(high);
            let last_row = usize::try_from(store.briefs.at(middle)?.last_row).ok()?;
            if last_row < frame_row { low = middle + 1 } else { high = middle }
        }
        // Between here and the end of the frame's own message, messages of the other side may end.
        let from = self.frames.get(frame_row)?.from();
        let own = (low..store.briefs.len())
            .take(64)
            .find(|index| self.get(*index).is_some_and(|message| message.from == from));
        own.or((low < store.briefs.len()).then_some(low))
    }
}
