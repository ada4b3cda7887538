//! Judges messages: how their frames follow one another, UTF-8, compression (RFC 6455 §5.4, §8.1; RFC 7692 §6).

use super::catalog::{Certainty, Class, Id, Severity};
use super::doubt::Doubt;
use super::field::FindingField;
use super::finding::Finding;
use super::likeness::Likeness;
use super::words::bytes_of;
use crate::model::{EndCause, Footprint, Peer, PerPeer, Stamp, Thousands, text_so_far};
use crate::ws::{
    DeflateFlaw, Event, Frame, Framing, Inflation, LostFraming, Message, MessageKind, Opcode,
    inflate_beginning,
};

/// The fragmented message that a side is sending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum FragmentedMessage {
    /// None.
    #[default]
    None,
    /// One that began in this frame.
    Since(u64),
    /// Perhaps one whose beginning the capture does not hold.
    Unknown,
}

/// Judges the messages of one session.
#[derive(Debug, Default)]
pub(super) struct Messages {
    open: PerPeer<FragmentedMessage>,
    /// Sides of which it was told that a message cannot be inflated for want of earlier ones.
    told_context: PerPeer<bool>,
    /// The keys of each side's last two data frames.
    keys: PerPeer<[Option<[u8; 4]>; 2]>,
    /// Who began to end the session, by a Close frame or by ending TCP: the other side need not finish its message
    /// (RFC 6455 §5.5.1: it MAY delay its Close for that).
    ended_first: Option<Peer>,
    /// The Close with which that side began, if a fragmented message of its own was open.
    closed_inside: Option<Stamp>,
    /// Bytes at which inflating a message stops.
    limit: u64,
    /// Binary messages of each side that were looked at: whether somebody compressed them.
    binaries: PerPeer<u8>,
    /// What is wrong with each side's last message, unless another frame's bytes stand in it; boxed, as few have any.
    held: Option<Box<PerPeer<Option<Finding>>>>,
}

impl Messages {
    pub(super) fn new(unseen: bool, limit: u64) -> Self {
        let open = if unseen { FragmentedMessage::Unknown } else { FragmentedMessage::None };
        Self { open: PerPeer { client: open, server: open }, limit, ..Self::default() }
    }

    /// Whether it takes no memory besides itself.
    #[inline]
    pub(super) const fn holds_nothing(&self) -> bool {
        self.held.is_none()
    }

    /// Bytes of memory that it takes besides itself.
    pub(super) fn memory(&self) -> usize {
        self.held.as_ref().map_or(0, |held| {
            let findings = [&held.client, &held.server].into_iter().flatten();
            size_of_val(&**held) + Footprint::ALLOCATION + findings.map(Finding::memory).sum::<usize>()
        })
    }

    /// A frame is over.
    #[inline]
    pub(super) fn ends(&mut self, frame: &Frame<'_>) {
        if !frame.header.opcode.is_control() {
            let keys = self.keys.of_mut(frame.from);
            *keys = [keys[1], frame.header.mask];
        } else if frame.header.opcode == Opcode::Close {
            let is_open = matches!(self.open.of(frame.from), FragmentedMessage::Since(_));
            if self.ended_first.is_none() && is_open {
                self.closed_inside = Some(frame.first);
            }
            self.ended_first.get_or_insert(frame.from);
        }
    }

    /// Takes what else there is to judge.
    pub(super) fn observe(&mut self, event: &Event<'_>, doubt: &Doubt, out: &mut dyn FnMut(Finding)) {
        match event {
            Event::Gap { from, sync_lost, .. } => {
                self.tell_held(*from, out);
                if *sync_lost {
                    *self.open.of_mut(*from) = FragmentedMessage::Unknown;
                }
            }
            // That the frame does not end where it says is what is wrong with it, and with those that refer to it.
            Event::LostFraming(LostFraming { from, shape, .. }) if !shape.is_legible() => {
                self.drop_held(*from);
                *self.open.of_mut(*from) = FragmentedMessage::Unknown;
                *self.told_context.of_mut(*from) = true;
            }
            Event::Misaligned { from, .. } => self.drop_held(*from),
            Event::End { from, end } => {
                self.tell_held(*from, out);
                let by = match end.cause {
                    EndCause::Fin | EndCause::Rst => *from,
                    EndCause::RstByPeer => !*from,
                    EndCause::Open | EndCause::Unseen => return,
                };
                let own = *self.ended_first.get_or_insert(by) == *from;
                // The other side may have left before, where the capture lacks the end of what it sent.
                let is_perhaps_second =
                    (doubt.one_sided || doubt.is_blind(!*from)) && self.closed_inside.is_none();
                if let (FragmentedMessage::Since(first), true) = (*self.open.of(*from), own) {
                    let how = match self.closed_inside {
                        Some(_) => "its Close came inside of it",
                        None => "no frame with FIN came before the connection closed",
                    };
                    let summary = format!(
                        "the {from}'s fragmented message that begins in frame {first} never ended: {how}"
                    );
                    out(Finding::new(
                        Id::MessageUnfinished,
                        self.closed_inside.unwrap_or(end.stamp),
                        summary,
                    )
                    .from(*from)
                    .frame(first)
                    .tentative_if(doubt.of(*from) || is_perhaps_second)
                    .because(doubt.hindrance(*from)));
                }
            }
            Event::LostFraming(_)
            | Event::Header(_)
            | Event::Stalled { .. }
            | Event::Frame(_)
            | Event::PartialHeader(_)
            | Event::Message(_)
            | Event::Resynchronized { .. }
            | Event::Foreign { .. } => {}
        }
    }

    /// Nothing speaks against the framing of this side's last message.
    fn tell_held(&mut self, from: Peer, out: &mut dyn FnMut(Finding)) {
        self.take_held(from).into_iter().for_each(out);
    }

    /// Another frame's bytes stand in this side's last message, which explains what is wrong with it.
    fn drop_held(&mut self, from: Peer) {
        drop(self.take_held(from));
    }

    /// What is wrong with this side's last message, if it waits for what stands behind it.
    pub(super) fn held(&self, from: Peer) -> Option<&Finding> {
        self.held.as_ref().and_then(|held| held.of(from).as_ref())
    }

    fn take_held(&mut self, from: Peer) -> Option<Finding> {
        let held = self.held.as_mut()?;
        let finding = held.of_mut(from).take();
        if held.of(!from).is_none() {
            self.held = None;
        }
        finding
    }

    /// Nothing follows.
    pub(super) fn finish(&mut self, out: &mut dyn FnMut(Finding)) {
        for peer in Peer::BOTH {
            self.tell_held(peer, out);
        }
    }

    /// Whether it is the header of a message of one frame, where none is open: of that there is nothing to say or to note.
    #[inline]
    pub(super) fn is_usual(&self, frame: &Frame<'_>) -> bool {
        let is_whole = frame.header.fin && matches!(frame.header.opcode, Opcode::Text | Opcode::Binary);
        is_whole && *self.open.of(frame.from) == FragmentedMessage::None && self.held.is_none()
    }

    /// A frame's header came: does it follow the frames before?
    pub(super) fn begins(&mut self, frame: &Frame<'_>, doubt: &Doubt, out: &mut dyn FnMut(Finding)) {
        if self.held.is_some() {
            self.tell_held(frame.from, out);
        }
        let (from, number, fin) = (frame.from, frame.number, frame.header.fin);
        let doubtful = doubt.of(from);
        let open = self.open.of_mut(from);
        let mut tell = |id, summary| {
            out(Finding::new(id, frame.first, summary).from(from).frame(number).tentative_if(doubtful));
        };
        match (frame.header.opcode, *open) {
            (Opcode::Continuation, FragmentedMessage::None) => {
                tell(
                    Id::MessageContinuationUnexpected,
                    format!(
                        "the {from} sent a continuation frame, but has no fragmented message to continue"
                    ),
                );
            }
            (Opcode::Continuation, FragmentedMessage::Since(_) | FragmentedMessage::Unknown) if fin => {
                *open = FragmentedMessage::None;
            }
            (opcode @ (Opcode::Text | Opcode::Binary), was) => {
                if let FragmentedMessage::Since(first) = was {
                    let summary = format!(
                        "the {from} began a new {opcode} message inside its fragmented message of frame {first}, \
                         which has not ended"
                    );
                    tell(Id::MessageInterrupted, summary);
                }
                *open = if fin { FragmentedMessage::None } else { FragmentedMessage::Since(number) };
            }
            // It goes on, or has nothing to do with messages.
            (Opcode::Continuation, FragmentedMessage::Since(_) | FragmentedMessage::Unknown)
            | (Opcode::Close | Opcode::Ping | Opcode::Pong | Opcode::Reserved(_), _) => {}
        }
    }

    /// Whether what a message holds may break a rule.
    #[inline]
    pub(super) fn is_unusual(&self, message: &Message<'_>) -> bool {
        message.invalid_utf8.is_some()
            || message.inflation != Inflation::None
            || message.kind == MessageKind::Binary && *self.binaries.of(message.from) < BINARIES
    }

    /// A message is over that is unusual. A bit without a meaning was reported of the frame `meaningless`.
    pub(super) fn judge_content(
        &mut self,
        message: &Message<'_>,
        meaningless: u64,
        doubt: &Doubt,
        out: &mut dyn FnMut(Finding),
    ) {
        if message.invalid_utf8.is_some() || message.inflation != Inflation::None {
            self.judge_unusual_content(message, meaningless, doubt, out);
        } else {
            self.judge_binary(message, out);
        }
    }

    /// Nothing says that a binary message is compressed: does it look as if it were?
    fn judge_binary(&mut self, message: &Message<'_>, out: &mut dyn FnMut(Finding)) {
        let from = message.from;
        *self.binaries.of_mut(from) += 1;
        if !is_deflated_text(message.payload.get(..64).unwrap_or(message.payload)) {
            return;
        }
        *self.binaries.of_mut(from) = BINARIES;
        let summary = format!(
            "the {from}'s binary message of {} is compressed text as permessage-deflate writes it, and RSV1 does not say so: \
             its receiver does not inflate it",
            bytes_of(message.length)
        );
        out(Finding::new(Id::MessageCompressedUnmarked, message.first, summary)
            .from(from)
            .frame(message.first_frame)
            .with(FindingField::Message, message.number)
            .tentative());
    }

    fn judge_unusual_content(
        &mut self,
        message: &Message<'_>,
        meaningless: u64,
        doubt: &Doubt,
        out: &mut dyn FnMut(Finding),
    ) {
        let from = message.from;
        let about = |finding: Finding| finding.from(from).frame(message.first_frame);
        // Whoever sets a bit that means nothing most likely encoded the content as if it did.
        let is_text = meaningless != message.first_frame;
        if let Some(offset) = message.invalid_utf8.filter(|_| is_text) {
            let finding = if self.is_masked_twice(message) {
                let summary = format!(
                    "the {from}'s text of {} is readable only if the mask is applied once more: it was masked \
                     twice, or not at all",
                    bytes_of(message.length)
                );
                about(Finding::new(Id::StreamNotWebsocket, message.first, summary))
                    .with(FindingField::LooksLike, Likeness::MaskedTwice)
            } else {
                let why = compression(message);
                let summary = format!(
                    "the {from}'s text message of {} is not UTF-8 at byte {}{why}",
                    bytes_of(message.length),
                    Thousands(offset)
                );
                about(Finding::new(Id::MessageInvalidUtf8, message.last, summary))
                    .with(FindingField::Offset, offset)
                    .with(FindingField::Message, message.number)
            };
            self.tell_or_hold(message, finding.tentative_if(doubt.of(from)), out);
        }
        match message.inflation {
            Inflation::Whole => self.judge_flaw(message, doubt, out),
            Inflation::None | Inflation::Foreign => {}
            Inflation::Failed | Inflation::NoContext => {
                let beginning = beginning(message);
                let is_plain = beginning.len() >= READABLE && is_readable(beginning);
                // Plain text refers to nothing, whatever came before the capture.
                let is_headless = *doubt.headless.of(from);
                let lacks_context = message.inflation == Inflation::NoContext;
                if is_headless && !is_plain || lacks_context && !is_headless {
                    self.tell_context(message, out);
                    return;
                }
                let why = if is_plain {
                    "it is plain text, and RSV1 is set although nothing compressed it"
                } else {
                    "its data is not valid DEFLATE"
                };
                let summary = format!(
                    "the {from}'s compressed message of {} does not inflate: {why}",
                    bytes_of(message.wire_length)
                );
                let finding = about(Finding::new(Id::MessageInflateFailed, message.last, summary))
                    .with(FindingField::Message, message.number)
                    .tentative_if(doubt.of_compressed(from));
                self.tell_or_hold(message, finding, out);
            }
            Inflation::TooLarge => {
                let summary = format!(
                    "the {from}'s compressed message of {} inflates to more than the limit, so its content is not shown",
                    bytes_of(message.wire_length)
                );
                out(about(Finding::new(Id::MessageTooLarge, message.last, summary))
                    .with(FindingField::Message, message.number)
                    .with(FindingField::Limit, self.limit));
            }
        }
    }

    /// What a message refers to is missing: that is told once for each side.
    fn tell_context(&mut self, message: &Message<'_>, out: &mut dyn FnMut(Finding)) {
        let from = message.from;
        if std::mem::replace(self.told_context.of_mut(from), true) {
            return;
        }
        let summary = format!(
            "compressed messages of the {from} refer to earlier ones that could not be read, so their content is not \
             shown"
        );
        let mut finding = Finding::new(Id::MessageInflateFailed, message.last, summary)
            .from(from)
            .frame(message.first_frame)
            .with(FindingField::Message, message.number)
            .severity(Severity::Note);
        finding.certainty = Certainty::Tentative;
        finding.class = Class::Capture;
        out(finding);
    }

    /// Reports what is wrong with a message, as soon as it is known that no other frame's bytes are in it.
    fn tell_or_hold(&mut self, message: &Message<'_>, finding: Finding, out: &mut dyn FnMut(Finding)) {
        match message.framing {
            Framing::Sound => out(finding),
            Framing::Doubtful => {
                *self.held.get_or_insert_default().of_mut(message.from) = Some(finding);
            }
        }
    }

    /// A message could be inflated, though a strict receiver would not.
    fn judge_flaw(&mut self, message: &Message<'_>, doubt: &Doubt, out: &mut dyn FnMut(Finding)) {
        let Some(flaw) = message.flaw else { return };
        let (from, length) = (message.from, bytes_of(message.wire_length));
        let (name, what) = match flaw {
            DeflateFlaw::TailKept => (
                "tail-kept",
                format!(
                    "the {from}'s compressed message of {length} still has the bytes 00 00 ff ff at its end, which its sender \
                     has to remove: a receiver that puts them back loses its place, and cannot inflate the next one"
                ),
            ),
            DeflateFlaw::Unfinished => (
                "unfinished",
                format!(
                    "the {from}'s compressed message of {length} ends inside a DEFLATE block: its sender did not flush, and \
                     a receiver cannot inflate the next one"
                ),
            ),
            DeflateFlaw::LastBlock => (
                "last-block",
                format!(
                    "the {from}'s compressed message of {length} ends with a last block (BFINAL) and lacks the byte 00 that \
                     has to follow: a receiver loses its place, and cannot inflate the next one"
                ),
            ),
            DeflateFlaw::Empty => (
                "empty",
                format!(
                    "the {from}'s empty message has RSV1 set: compressed, it would have one byte, 00; a receiver loses \
                     its place, and cannot inflate the next one"
                ),
            ),
            DeflateFlaw::Window => (
                "window",
                format!(
                    "the {from}'s compressed message of {length} refers to bytes further back than the window \
                     that was agreed in {from}_max_window_bits: a receiver with that window cannot inflate it"
                ),
            ),
            DeflateFlaw::Context => (
                "context",
                format!(
                    "the {from}'s compressed message of {length} inflates only with the context of earlier \
                     messages, although {from}_no_context_takeover was agreed: a receiver that forgets them cannot \
                     inflate it"
                ),
            ),
        };
        if flaw == DeflateFlaw::Unfinished {
            *self.told_context.of_mut(from) = true;
        }
        let finding = Finding::new(Id::MessageInflateFailed, message.last, what)
            .from(from)
            .frame(message.first_frame)
            .with(FindingField::Message, message.number)
            .with(FindingField::Flaw, name)
            .tentative_if(doubt.of_compressed(from));
        self.tell_or_hold(message, finding, out);
    }

    /// Text that is not UTF-8 may have been masked twice: then it is readable once one of the sender's keys is
    /// applied again.
    fn is_masked_twice(&self, message: &Message<'_>) -> bool {
        let beginning = message.last_payload;
        let is_misread = message.frames == 1
            && message.inflation == Inflation::None
            && beginning.len() >= READABLE
            && text_so_far(beginning).is_none();
        is_misread
            && self.keys.of(message.from).iter().flatten().any(|key| {
                let mut plain = beginning.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key);
                plain.all(is_legible)
            })
    }
}

/// So many readable bytes are no coincidence.
const READABLE: usize = 8;

/// What is kept of a message's last frame, however much that is: 64 bytes.
fn beginning<'m>(message: &Message<'m>) -> &'m [u8] {
    message.last_payload.get(..64).unwrap_or(message.last_payload)
}

/// So many binary messages of a side are looked at: who compresses one compresses the others as well.
const BINARIES: u8 = 4;

/// Whether `bytes` begin as raw DEFLATE does that is to be continued (RFC 1951 §3.2.3: neither a last block nor a stored
/// one), and hold readable text.
fn is_deflated_text(bytes: &[u8]) -> bool {
    const LEAST: usize = 24;
    let is_open_block = bytes.first().is_some_and(|first| matches!(first & 0b111, 0b010 | 0b100));
    if !is_open_block {
        return false;
    }
    let text = inflate_beginning(bytes);
    text.len() >= LEAST && is_readable(&text)
}

const fn is_legible(byte: u8) -> bool {
    byte.is_ascii_graphic() || byte.is_ascii_whitespace()
}

fn is_readable(bytes: &[u8]) -> bool {
    bytes.iter().copied().all(is_legible)
}

/// Why a text that is not UTF-8 is none, where it is compressed data, as an addition to a sentence.
fn compression(message: &Message<'_>) -> &'static str {
    if message.frames > 1 {
        return "";
    }
    let begins_compressed = |bytes: &[u8]| {
        let is_wrapped = matches!(bytes, [0x1f, 0x8b, 8, ..] | [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..]);
        let inflated = inflate_beginning(bytes);
        is_wrapped || inflated.len() >= READABLE && is_readable(&inflated)
    };
    let beginning = beginning(message);
    if message.inflation == Inflation::None && begins_compressed(beginning) {
        ": it is compressed data, and RSV1 does not say so"
    } else if message.inflation == Inflation::Whole && begins_compressed(&inflate_beginning(beginning)) {
        ": it was compressed twice"
    } else {
        ""
    }
}
