//! Messages put together from their frames (RFC 6455 §5.4), inflated (RFC 7692 §6.2) and checked as UTF-8 (§8.1).
//!
//! Only data frames reach this file: control frames have their own path by type.

// Nearly every frame arrives whole in one packet. All code on that path is inlined: calls took a tenth of the time.
#![expect(clippy::inline_always, reason = "left to itself the compiler inlines what has one caller")]

use super::Out;
use super::deflate::{InflateFault, Inflater};
use super::event::{DeflateFlaw, Event, Frame, Framing, Inflation, Message, MessageKind};
use super::negotiated::DeflateSide;
use super::shared::BothReaders;
use super::utf8::Utf8;
use crate::model::{Footprint, Stamp};

/// What is known about a direction's compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MessageCompression {
    /// None was negotiated.
    Off,
    /// permessage-deflate was.
    Deflate(DeflateSide),
    /// The upgrade was not seen.
    Unknown,
}

/// Whether the content of a frame or a message is what its opcode and its compression promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Integrity {
    Sound,
    /// It is not UTF-8, or it does not inflate.
    Broken,
}

/// A data frame's place in its message.
#[derive(Clone, Copy, Debug)]
pub(super) enum FramePosition {
    /// It begins a message.
    First {
        /// Of this kind.
        kind: MessageKind,
        /// With RSV1 set.
        compressed: bool,
        /// With bits set that only an extension unknown here can explain.
        foreign: bool,
    },
    /// It continues with one.
    Next {
        /// With such bits set.
        foreign: bool,
    },
}

#[derive(Debug)]
struct Building {
    kind: MessageKind,
    compressed: bool,
    inflation: Inflation,
    flaw: Option<DeflateFlaw>,
    framing: Framing,
    first: Stamp,
    first_frame: u64,
    frames: u64,
    wire_length: u64,
    length: u64,
    /// The capture misses some of it.
    lost: bool,
}

/// A message's bytes after inflating.
#[derive(Debug, Default)]
struct MessageContent {
    kept: Vec<u8>,
    /// No more of this message is kept.
    is_shed: bool,
    utf8: Utf8,
}

impl MessageContent {
    /// Takes bytes of a message, of which this many are to be kept.
    #[inline(always)]
    fn take(&mut self, keep: u64, kind: MessageKind, length: &mut u64, bytes: &[u8]) {
        *length += bytes.len() as u64;
        if kind == MessageKind::Text {
            self.utf8.push(bytes);
        }
        let room = usize::try_from(self.room(keep)).unwrap_or(usize::MAX);
        if room > 0 {
            self.kept.extend_from_slice(bytes.get(..bytes.len().min(room)).unwrap_or_default());
        }
    }

    /// How many more bytes are to be kept.
    fn room(&self, keep: u64) -> u64 {
        if self.is_shed { 0 } else { keep.saturating_sub(self.kept.len() as u64) }
    }

    fn clear(&mut self) {
        self.is_shed = false;
        self.utf8.clear();
        self.kept.clear();
        // One huge message does not cost its memory for ever.
        if self.kept.capacity() > 1 << 20 {
            self.kept.shrink_to(1 << 20);
        }
    }
}

/// One direction's message under construction.
#[derive(Debug)]
pub(super) struct MessageReader {
    pub(super) compression: MessageCompression,
    building: Option<Building>,
    /// A message goes on that the reader has not seen begin.
    is_headless: bool,
    content: MessageContent,
    inflater: Option<Box<Inflater>>,
    /// What messages to come may refer to, while there is no inflater.
    history: Box<[u8]>,
    /// Earlier messages are missing to which later ones may refer. One that inflates all the same refers to none of them: bytes in
    /// front of the first that are known do not exist for DEFLATE.
    context_lost: bool,
}

impl MessageReader {
    /// A reader of messages, `is_from_first` if none came before.
    pub(super) fn new(compression: MessageCompression, is_from_first: bool) -> Self {
        let may_refer_back = match compression {
            MessageCompression::Off => false,
            MessageCompression::Deflate(side) => side.takeover,
            MessageCompression::Unknown => true,
        };
        Self {
            compression,
            building: None,
            is_headless: false,
            content: MessageContent::default(),
            inflater: None,
            history: Box::default(),
            context_lost: may_refer_back && !is_from_first,
        }
    }

    /// What it takes of memory besides itself.
    #[inline]
    pub(super) fn footprint(&self) -> Footprint {
        let awake =
            self.content.kept.capacity() + self.inflater.as_ref().map_or(0, |inflater| inflater.memory());
        let idle = if self.building.is_some() { 0 } else { awake };
        Footprint { held: (awake + self.history.len()) as u64, idle: idle as u64, ..Footprint::default() }
    }

    /// Gives memory back that the next message does not need, or can do without. Nothing is lost.
    pub(super) fn rest(&mut self) {
        if self.building.is_some() {
            return;
        }
        self.content.kept = Vec::new();
        let inflater = self.inflater.take().filter(|inflater| !inflater.is_alone());
        if let Some(inflater) = inflater {
            match inflater.rest() {
                Some(history) => self.history = history,
                None => self.context_lost = true,
            }
        }
    }

    /// Gives back what it can: of the message under construction a beginning stays, and it is not inflated.
    pub(super) fn shed(&mut self) {
        /// Bytes that stay: a preview.
        const STAYS: usize = 64;
        if self.content.kept.len() > STAYS {
            self.content.kept.truncate(STAYS);
            self.content.is_shed = true;
        }
        self.content.kept.shrink_to_fit();
        if self.inflater.take().is_some() || !self.history.is_empty() {
            self.history = Box::default();
            if let Some(building) = self.building.as_mut().filter(|building| building.compressed) {
                building.inflation = Inflation::NoContext;
            }
            self.lose_context();
        }
    }

    /// A data frame begins.
    #[inline]
    pub(super) fn begin(&mut self, part: FramePosition, frame: u64, stamp: Stamp) {
        match part {
            FramePosition::First { kind, compressed, foreign } => {
                self.is_headless = false;
                self.drop_building();
                let compressed = compressed && self.compression != MessageCompression::Off;
                // Where earlier messages are missing, it is seen whether this one needs them.
                let inflation = match compressed {
                    _ if foreign => Inflation::Foreign,
                    false => Inflation::None,
                    true => Inflation::Whole,
                };
                self.building = Some(Building {
                    kind,
                    compressed,
                    inflation,
                    flaw: None,
                    framing: Framing::Sound,
                    first: stamp,
                    first_frame: frame,
                    frames: 1,
                    wire_length: 0,
                    length: 0,
                    lost: false,
                });
            }
            FramePosition::Next { foreign } => {
                if let Some(building) = &mut self.building {
                    if foreign {
                        building.inflation = Inflation::Foreign;
                    }
                    building.frames += 1;
                } else {
                    self.is_headless = true;
                }
            }
        }
    }

    /// Whether the payload is looked at; otherwise [`skip`](Self::skip) serves as well as [`push`](Self::push).
    pub(super) fn wants_bytes(&self, shared: &BothReaders) -> bool {
        self.building.as_ref().is_some_and(|building| {
            building.kind == MessageKind::Text || building.compressed || self.content.room(shared.keep) > 0
        })
    }

    /// Payload bytes came, this many, that nobody looks at.
    pub(super) fn skip(&mut self, length: u64) {
        if let Some(building) = &mut self.building {
            building.wire_length += length;
            building.length += length;
        }
    }

    /// Payload bytes came, unmasked.
    #[inline(always)]
    pub(super) fn push(&mut self, bytes: &[u8], shared: &BothReaders) {
        let Some(building) = &mut self.building else { return };
        building.wire_length += bytes.len() as u64;
        if building.lost {
            return;
        }
        let content = &mut self.content;
        let (kind, length) = (building.kind, &mut building.length);
        match building.inflation {
            Inflation::None => content.take(shared.keep, kind, length, bytes),
            Inflation::Whole => {
                let mut take = |bytes: &[u8]| content.take(shared.keep, kind, length, bytes);
                let inflater =
                    self.inflater.get_or_insert_with(|| awake(&mut self.history, self.compression));
                if let Err(fault) = inflater.push(bytes, shared.inflate_cap, &mut take) {
                    building.inflation = inflation_of(fault, self.context_lost);
                }
            }
            Inflation::Failed | Inflation::TooLarge | Inflation::Foreign | Inflation::NoContext => {}
        }
    }

    /// Whether a message goes on, wherever it began.
    pub(super) const fn is_open(&self) -> bool {
        self.building.is_some() || self.is_headless
    }

    /// Whether the text under construction is known to be no UTF-8.
    #[inline(always)]
    pub(super) const fn is_invalid(&self) -> bool {
        self.content.utf8.is_invalid()
    }

    /// The position in the current frame's payload, of which this many bytes came, of the first byte that is not
    /// UTF-8.
    pub(super) fn invalid_at(&self, received: u64) -> Option<u64> {
        let building = self.building.as_ref().filter(|building| building.inflation == Inflation::None)?;
        let before = building.wire_length - received.min(building.wire_length);
        self.content.utf8.finish().map(|offset| offset.saturating_sub(before))
    }

    /// Another frame's bytes may stand in the current one.
    pub(super) fn doubt_framing(&mut self) {
        if let Some(building) = &mut self.building {
            building.framing = Framing::Doubtful;
        }
    }

    /// The capture misses payload bytes of the current frame.
    pub(super) fn lose(&mut self, length: u64) {
        let Some(building) = &mut self.building else { return };
        building.lost = true;
        building.wire_length += length;
        if building.compressed {
            self.lose_context();
        }
    }

    /// The capture misses frames: a message under construction has no end any more.
    pub(super) fn lose_sync(&mut self) {
        self.is_headless = false;
        self.drop_building();
        self.lose_context();
    }

    /// Compressed bytes are missing.
    fn lose_context(&mut self) {
        match self.compression {
            MessageCompression::Deflate(DeflateSide { takeover: false, .. }) => {
                if let Some(inflater) = &mut self.inflater {
                    inflater.discard();
                }
                self.history = Box::default();
            }
            MessageCompression::Deflate(_) | MessageCompression::Unknown => {
                self.context_lost = true;
                (self.inflater, self.history) = (None, Box::default());
            }
            MessageCompression::Off => {}
        }
    }

    fn drop_building(&mut self) {
        if let Some(building) = self.building.take() {
            if building.compressed {
                // The inflater has seen half a message.
                self.lose_context();
            }
            self.content.clear();
        }
    }

    /// A frame with FIN is complete (or its bytes are lost, but counted): the message is over.
    #[inline(always)]
    pub(super) fn finish(
        &mut self,
        frame: &Frame<'_>,
        shared: &mut BothReaders,
        out: &mut Out<'_>,
    ) -> Integrity {
        if let Some(building) = &mut self.building
            && building.inflation == Inflation::Whole
            && !building.lost
        {
            self.finish_inflating(shared);
        }
        let Some(building) = &self.building else {
            self.is_headless = false;
            return Integrity::Sound;
        };
        let is_broken = building.lost || building.inflation != Inflation::Whole;
        let breaks_context =
            building.compressed && (is_broken || building.flaw == Some(DeflateFlaw::Unfinished));
        let complete = !building.lost && matches!(building.inflation, Inflation::None | Inflation::Whole);
        let invalid_utf8 =
            self.content.utf8.finish().filter(|_| building.kind == MessageKind::Text && complete);
        let is_cut = invalid_utf8.is_some() && !self.content.utf8.is_invalid();
        // What another frame's bytes do to compressed data.
        let is_garbled = building.inflation == Inflation::Failed
            || matches!(
                building.flaw,
                Some(DeflateFlaw::Unfinished | DeflateFlaw::Window | DeflateFlaw::Context)
            );
        let is_doubtful = is_cut || is_garbled;
        let framing = if is_doubtful { Framing::Doubtful } else { building.framing };
        let is_sound = invalid_utf8.is_none() && !is_garbled;
        shared.messages += 1;
        out(Event::Message(&Message {
            number: shared.messages,
            from: frame.from,
            kind: building.kind,
            first: building.first,
            last: frame.last,
            first_frame: building.first_frame,
            last_frame: frame.number,
            frames: building.frames,
            wire_length: building.wire_length,
            length: if complete { building.length } else { building.wire_length },
            inflation: building.inflation,
            flaw: building.flaw,
            framing,
            complete,
            invalid_utf8,
            payload: if complete { &self.content.kept } else { &[] },
            last_payload: frame.payload,
            extent_end: frame.extent_end,
        }));
        let forgets = building.compressed;
        if breaks_context {
            self.lose_context();
        } else if forgets && let Some(inflater) = &mut self.inflater {
            inflater.forget();
        }
        self.building = None;
        self.content.clear();
        if is_sound { Integrity::Sound } else { Integrity::Broken }
    }

    fn finish_inflating(&mut self, shared: &BothReaders) {
        let Some(building) = &mut self.building else { return };
        let inflater = self.inflater.get_or_insert_with(|| awake(&mut self.history, self.compression));
        let content = &mut self.content;
        let (kind, length) = (building.kind, &mut building.length);
        let mut take = |bytes: &[u8]| content.take(shared.keep, kind, length, bytes);
        match inflater.finish(shared.inflate_cap, &mut take) {
            // What a guess makes of earlier messages is judged by nobody: it is sound, or it is not shown.
            Ok(flaw) if self.context_lost => {
                let is_text = building.kind == MessageKind::Text;
                if flaw.is_some() || is_text && content.utf8.finish().is_some() {
                    building.inflation = Inflation::NoContext;
                }
            }
            Ok(flaw) => building.flaw = flaw,
            Err(fault) => building.inflation = inflation_of(fault, self.context_lost),
        }
    }
}

/// An inflater that goes on where an earlier one rests.
fn awake(history: &mut Box<[u8]>, compression: MessageCompression) -> Box<Inflater> {
    let side = match compression {
        MessageCompression::Deflate(side) => side,
        MessageCompression::Off | MessageCompression::Unknown => {
            DeflateSide { takeover: true, window_bits: 15 }
        }
    };
    Box::new(Inflater::new(&std::mem::take(history), side))
}

/// What becomes of a message with this fault, where earlier ones are missing or not.
const fn inflation_of(fault: InflateFault, context_lost: bool) -> Inflation {
    match fault {
        InflateFault::Invalid if context_lost => Inflation::NoContext,
        InflateFault::Invalid => Inflation::Failed,
        InflateFault::TooLarge => Inflation::TooLarge,
    }
}
