//! Judges frames by themselves: header bits, masks, lengths (RFC 6455 §5).

mod lost_framing;

use self::lost_framing::{key_without_bit, lost_framing};
use super::catalog::Id;
use super::doubt::Doubt;
use super::field::FindingField;
use super::finding::Finding;
use super::likeness::Likeness;
use super::stalled::{STALLED, stalled, stalled_by};
use super::words::{bytes_of, quoted};
use crate::model::{Count, Footprint, Peer, PerPeer, SessionId, Stamp, Thousands, Timestamp};
use crate::ws::{
    Event, Extensions, Frame, FrameEnd, FrameHeader, LengthForm, Looks, LostFraming, LostShape, Opcode,
};

/// This many frames in a row with one masking key are not a coincidence.
const SAME_KEY: u32 = 4;

/// Which reserved bits a session's extensions give a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reserved {
    /// None.
    None,
    /// RSV1 on the first frame of a message (RFC 7692 §6).
    Deflate,
    /// Another extension, whose matter they are; or the upgrade was not seen.
    Unknown,
    /// None, though the server agreed to an extension in the session upstream: whether its bits come through shows who says so.
    Stripped { upstream: SessionId, told: bool },
}

/// Whether a frame begins a message of the server that permessage-deflate compressed.
fn begins_compressed(frame: &Frame<'_>) -> bool {
    frame.from == Peer::Server
        && frame.header.rsv == FrameHeader::RSV1
        && matches!(frame.header.opcode, Opcode::Text | Opcode::Binary)
}

/// A compressed message came out of a proxy, for a client that does not know of the compression.
fn extensions_stripped(frame: &Frame<'_>, upstream: SessionId) -> Finding {
    let summary = format!(
        "the proxy in between removed Sec-WebSocket-Extensions from the server's 101 and passes compressed messages on: in session \
         {upstream}, its leg to the server, the server had agreed to the compression, of which the client here does not know"
    );
    Finding::new(Id::UpgradeHeaderStripped, frame.first, summary)
        .frame(frame.number)
        .with(FindingField::Header, "Sec-WebSocket-Extensions")
}

/// What is remembered of the client's keys.
#[derive(Clone, Copy, Debug, Default)]
struct MaskingKeys {
    last: Option<[u8; 4]>,
    running: u32,
    told: bool,
}

/// Judges the frames of one session.
#[derive(Debug)]
pub(super) struct Frames {
    reserved: Reserved,
    keys: MaskingKeys,
    /// The last packet of each side's frame of which it was told that it waits; boxed, as few do.
    stall_told: Option<Box<PerPeer<Option<Stamp>>>>,
    /// Sides of which it was told that line ends or NULs stand between their frames: who writes one writes them all.
    strays_told: PerPeer<bool>,
    /// What each side's length that was told to be wrong was too large by; 0 if none was. Who counts wrong does so in each frame.
    miscounts: PerPeer<i8>,
    unmasked: Unmasked,
    /// The latest frame with a reserved bit that means nothing, or 0.
    pub(super) meaningless: u64,
    /// The latest frame of the server with a mask and a length in seven bits, and its first packet.
    masked: Option<(u64, Stamp)>,
}

/// What is known of a client's first frame without a mask.
#[derive(Debug)]
enum Unmasked {
    /// There is none.
    None,
    /// Whether it has a key is known at the next one.
    Held(Box<Finding>),
    /// It was reported.
    Told,
}

impl Frames {
    pub(super) fn new(extensions: Extensions) -> Self {
        let reserved = match extensions {
            Extensions::Unseen | Extensions::Unanswered | Extensions::Seen { foreign: true, .. } => {
                Reserved::Unknown
            }
            Extensions::Seen { deflate: None, foreign: false } => Reserved::None,
            Extensions::Seen { deflate: Some(_), foreign: false } => Reserved::Deflate,
        };
        Self {
            reserved,
            keys: MaskingKeys::default(),
            stall_told: None,
            strays_told: PerPeer::default(),
            miscounts: PerPeer::default(),
            unmasked: Unmasked::None,
            meaningless: 0,
            masked: None,
        }
    }

    /// A proxy passed the answer on without the extensions that the server had agreed to on its own leg, the session `upstream`.
    pub(super) fn lacks_extensions_of(&mut self, upstream: SessionId) {
        if self.reserved == Reserved::None {
            self.reserved = Reserved::Stripped { upstream, told: false };
        }
    }

    /// What is wrong with the client's first frame without a mask, if it waits for the next one.
    #[cold]
    pub(super) fn held(&self) -> Option<&Finding> {
        match &self.unmasked {
            Unmasked::Held(finding) => Some(finding),
            Unmasked::None | Unmasked::Told => None,
        }
    }

    /// Whether it takes no memory besides itself.
    #[inline]
    pub(super) const fn holds_nothing(&self) -> bool {
        self.stall_told.is_none() && !matches!(self.unmasked, Unmasked::Held(_))
    }

    /// Bytes of memory that it takes besides itself.
    pub(super) fn memory(&self) -> usize {
        let stalls = self.stall_told.as_ref().map_or(0, |told| size_of_val(&**told) + Footprint::ALLOCATION);
        let unmasked = match &self.unmasked {
            Unmasked::Held(finding) => size_of::<Finding>() + Footprint::ALLOCATION + finding.memory(),
            Unmasked::None | Unmasked::Told => 0,
        };
        stalls + unmasked
    }

    /// The client's masking key, if it shows that they are predictable and nothing has shown that before.
    #[inline]
    pub(super) fn weak_key(&mut self, frame: &Frame<'_>) -> Option<[u8; 4]> {
        frame.header.mask.filter(|key| frame.from == Peer::Client && self.keys.is_weak(*key))
    }

    /// Whether it is the header of a data frame of which there is nothing to say, its masking key apart: with the mask and the
    /// length that it has to have on the wire, and no bit that only an extension can give a meaning.
    #[inline]
    pub(super) fn is_usual(&self, frame: &Frame<'_>) -> bool {
        let header = &frame.header;
        header.opcode.is_data()
            && header.rsv == 0
            && header.mask.is_some() == (frame.from == Peer::Client)
            && header.is_minimal()
            && !header.is_length_invalid()
            && !matches!(self.unmasked, Unmasked::Held(_))
    }

    /// A frame's header came, which may have the client's `weak` masking key.
    pub(super) fn begins(
        &mut self,
        frame: &Frame<'_>,
        weak: Option<[u8; 4]>,
        doubt: &Doubt,
        out: &mut dyn FnMut(Finding),
    ) {
        if frame.from == Peer::Client {
            self.tell_unmasked(out);
            if frame.header.mask.is_none() {
                return self.begins_unmasked(frame, doubt, out);
            }
        }
        let doubtful = doubt.of(frame.from);
        if let Reserved::Stripped { upstream, told } = &mut self.reserved
            && begins_compressed(frame)
            && !std::mem::replace(told, true)
        {
            out(extensions_stripped(frame, *upstream).tentative_if(doubtful));
        }
        let mut tell = |finding: Finding| {
            out(finding.from(frame.from).frame(frame.number).tentative_if(doubtful));
        };
        self.judge_header(frame, &mut tell);
        if let Some(key) = weak {
            tell(weak_key(key, frame.first));
        }
    }

    /// A client's frame has no mask. Of the first such one it is known later whether it has a key nevertheless.
    #[cold]
    fn begins_unmasked(&mut self, frame: &Frame<'_>, doubt: &Doubt, out: &mut dyn FnMut(Finding)) {
        let doubtful = doubt.of(frame.from);
        let mut unmasked = None;
        self.judge_header(frame, &mut |finding: Finding| {
            let finding = finding.from(frame.from).frame(frame.number).tentative_if(doubtful);
            if finding.id == Id::FrameUnmasked { unmasked = Some(finding) } else { out(finding) }
        });
        let Some(finding) = unmasked else { return };
        match self.unmasked {
            Unmasked::None => self.unmasked = Unmasked::Held(Box::new(finding)),
            Unmasked::Held(_) | Unmasked::Told => out(finding),
        }
    }

    /// The client's first frame without a mask has no key either.
    #[inline]
    fn tell_unmasked(&mut self, out: &mut dyn FnMut(Finding)) {
        if let Unmasked::Held(_) = self.unmasked
            && let Unmasked::Held(finding) = std::mem::replace(&mut self.unmasked, Unmasked::Told)
        {
            out(*finding);
        }
    }

    /// Whether no frame stands behind one of the server that seems to have a mask, and its packet goes on: then its length may have been
    /// more than seven bits have room for, and what seems to be the mask bit is a part of it.
    pub(super) fn has_overflowing_length(&self, lost: &LostFraming) -> bool {
        let is_it = |(number, first): (u64, Stamp)| {
            number == lost.frame && (first.file, first.packet) == (lost.stamp.file, lost.stamp.packet)
        };
        lost.from == Peer::Server && lost.shape == LostShape::Unknown && self.masked.is_some_and(is_it)
    }

    /// Nothing follows.
    pub(super) fn finish(&mut self, out: &mut dyn FnMut(Finding)) {
        self.tell_unmasked(out);
    }

    /// Takes what else there is to judge.
    pub(super) fn observe(&mut self, event: &Event<'_>, doubt: &Doubt, out: &mut dyn FnMut(Finding)) {
        if matches!(event, Event::End { from: Peer::Client, .. } | Event::Foreign { from: Peer::Client, .. })
        {
            self.tell_unmasked(out);
        }
        match event {
            Event::Stalled { frame, waited } if frame.end == FrameEnd::Pending => {
                stalled_by(frame, *waited, doubt).into_iter().for_each(out);
            }
            Event::Foreign { from, looks_like, preview, stamp, frame } => {
                let is_second = *looks_like == Looks::HttpResponse && preview.get(9..12) == Some(b"101");
                let what = if is_second { "a second 101 answer" } else { looks_like.name() };
                let summary = format!(
                    "the {from} sent {what} where a frame should be, beginning {}: a peer cannot read on after it",
                    quoted(preview)
                );
                out(Finding::new(Id::StreamNotWebsocket, *stamp, summary)
                    .from(*from)
                    .frame(*frame)
                    .with(FindingField::LooksLike, Likeness::Known(*looks_like))
                    .with(FindingField::PreviewHex, hex::encode(preview))
                    .tentative_if(doubt.of(*from)));
            }
            Event::LostFraming(lost)
                if matches!(lost.shape, LostShape::LineEnds | LostShape::Padding)
                    && std::mem::replace(self.strays_told.of_mut(lost.from), true) => {}
            // What stands behind the last frame is the same.
            Event::LostFraming(lost)
                if lost.shape == LostShape::Unknown
                    && *self.strays_told.of(lost.from)
                    && lost.preview.iter().all(|byte| matches!(byte, b'\r' | b'\n' | 0)) => {}
            Event::LostFraming(lost) if lost.shape == LostShape::KeyAsPayload => {
                self.unmasked = Unmasked::Told;
                out(key_without_bit(lost).tentative_if(doubt.of(lost.from)));
            }
            Event::LostFraming(lost) => {
                let overflows = self.has_overflowing_length(lost);
                out(lost_framing(lost, overflows).tentative_if(doubt.of(lost.from) || lost.doubtful));
            }
            Event::Misaligned { from, frame, declared, actual, stamp } => {
                let by = declared.abs_diff(*actual);
                let too_large = i8::try_from(declared.cast_signed() - actual.cast_signed()).unwrap_or(0);
                if too_large != 0 && std::mem::replace(self.miscounts.of_mut(*from), too_large) == too_large {
                    return;
                }
                let (many, place) = (Thousands(by), Thousands(*actual));
                let why = if declared > actual {
                    format!("{many} too many: the next frames begin after {place}")
                } else {
                    format!(
                        "{many} too few: the next frames begin after {place}; either the length is wrong, or something \
                         else ({}) was written into the frame or behind it, as by two writers without a lock",
                        bytes_of(by)
                    )
                };
                let summary =
                    format!("frame {frame} from the {from} declares {}, {why}", bytes_of(*declared));
                out(Finding::new(Id::StreamNotWebsocket, *stamp, summary)
                    .from(*from)
                    .frame(*frame)
                    .with(FindingField::LooksLike, Likeness::MisplacedFrames)
                    .with(FindingField::Declared, *declared)
                    .with(FindingField::Actual, *actual)
                    .tentative_if(doubt.of(*from)));
            }
            Event::Header(_)
            | Event::Stalled { .. }
            | Event::Frame(_)
            | Event::PartialHeader(_)
            | Event::Message(_)
            | Event::Gap { .. }
            | Event::Resynchronized { .. }
            | Event::End { .. } => {}
        }
    }

    /// `frame` is still incomplete at `now`: reports that once if it has waited for long.
    pub(super) fn stalls(&mut self, frame: &Frame<'_>, now: Timestamp, out: &mut dyn FnMut(Finding)) {
        let waited = now.since(frame.last.time);
        let told = self.stall_told.as_ref().and_then(|told| *told.of(frame.from));
        if waited > STALLED && told != Some(frame.last) {
            *self.stall_told.get_or_insert_default().of_mut(frame.from) = Some(frame.last);
            out(stalled(frame, waited, " so far"));
        }
    }

    fn judge_header(&mut self, frame: &Frame<'_>, tell: &mut dyn FnMut(Finding)) {
        let (header, stamp, from) = (&frame.header, frame.first, frame.from);
        self.judge_reserved_bits(frame, tell);
        if let Opcode::Reserved(opcode) = header.opcode {
            let summary = format!("the {from} sent a frame with opcode {opcode}, which is not assigned");
            tell(
                Finding::new(Id::FrameReservedOpcode, stamp, summary)
                    .with(FindingField::Opcode, u64::from(opcode)),
            );
        }
        match (frame.from, header.mask) {
            (Peer::Client, None) => {
                let summary = "the client sent a frame without a mask; a server has to close with 1002";
                tell(Finding::new(Id::FrameUnmasked, stamp, summary));
            }
            (Peer::Server, Some(_)) => {
                self.masked = Some((frame.number, stamp)).filter(|_| header.form == LengthForm::Bits7);
                let summary = "the server sent a masked frame; a client has to close with 1002";
                tell(Finding::new(Id::FrameMasked, stamp, summary));
            }
            (Peer::Client, Some(_)) | (Peer::Server, None) => {}
        }
        judge_length(frame, tell);
        if header.opcode.is_control() {
            if !header.fin {
                let summary = format!(
                    "the {from} sent a {} frame without FIN: control frames must not be fragmented",
                    header.opcode
                );
                tell(Finding::new(Id::ControlFragmented, stamp, summary));
            }
            if header.length > 125 {
                let summary = format!(
                    "the {from} sent a {} frame with {}: control frames may have at most 125",
                    header.opcode,
                    Count(header.length, "payload byte")
                );
                tell(
                    Finding::new(Id::ControlTooLong, stamp, summary)
                        .with(FindingField::Declared, header.length),
                );
            }
        }
    }

    fn judge_reserved_bits(&mut self, frame: &Frame<'_>, tell: &mut dyn FnMut(Finding)) {
        let (header, stamp, from) = (&frame.header, frame.first, frame.from);
        if header.rsv == 0 {
            return;
        }
        let first_of_message = matches!(header.opcode, Opcode::Text | Opcode::Binary);
        let wrong = match self.reserved {
            Reserved::Unknown => 0,
            Reserved::Deflate if first_of_message => header.rsv & !FrameHeader::RSV1,
            // What is compressed is no text.
            Reserved::Stripped { .. } if begins_compressed(frame) => {
                self.meaningless = frame.number;
                0
            }
            Reserved::Deflate | Reserved::None | Reserved::Stripped { .. } => header.rsv,
        };
        if wrong == 0 {
            return;
        }
        self.meaningless = frame.number;
        let bits: Vec<&str> = [(4, "RSV1"), (2, "RSV2"), (1, "RSV3")]
            .iter()
            .filter(|(bit, _)| wrong & bit != 0)
            .map(|(_, name)| *name)
            .collect();
        let why = match self.reserved {
            Reserved::Deflate if wrong == FrameHeader::RSV1 => {
                "permessage-deflate sets it only on the first frame of a message"
            }
            Reserved::None | Reserved::Deflate | Reserved::Unknown | Reserved::Stripped { .. } => {
                "no negotiated extension gives it a meaning"
            }
        };
        let summary = format!("the {from} set {} on a {} frame: {why}", bits.join(" and "), header.opcode);
        tell(
            Finding::new(Id::FrameReservedBits, stamp, summary)
                .with(FindingField::Rsv, u64::from(header.rsv)),
        );
    }
}

impl MaskingKeys {
    /// Whether the next one, `key`, shows that they are predictable, and nothing has shown that before.
    #[inline]
    fn is_weak(&mut self, key: [u8; 4]) -> bool {
        self.running = if self.last == Some(key) { self.running + 1 } else { 1 };
        self.last = Some(key);
        let is_weak = !self.told && (key == [0; 4] || self.running == SAME_KEY);
        self.told |= is_weak;
        is_weak
    }
}

/// The client's masking keys are predictable: this is the one that shows it.
fn weak_key(key: [u8; 4], stamp: Stamp) -> Finding {
    let summary = if key == [0; 4] {
        "the client's masking key is 00 00 00 00, which masks nothing; it has to be unpredictable".to_owned()
    } else {
        format!(
            "{SAME_KEY} frames of the client in a row have the masking key {}; it has to be unpredictable",
            hex::encode(key)
        )
    };
    Finding::new(Id::FrameMaskWeak, stamp, summary).with(FindingField::KeyHex, hex::encode(key))
}

fn judge_length(frame: &Frame<'_>, tell: &mut dyn FnMut(Finding)) {
    let (header, stamp, from) = (&frame.header, frame.first, frame.from);
    if header.is_length_invalid() {
        let summary = format!(
            "the {from} sent a frame whose 64-bit length {:#x} has its top bit set, which must be 0",
            header.length
        );
        tell(
            Finding::new(Id::FrameLengthInvalid, stamp, summary).with(FindingField::Declared, header.length),
        );
    } else if !header.is_minimal() {
        let summary = format!(
            "the {from} wrote a length of {} in a longer form than it needs",
            Thousands(header.length)
        );
        tell(
            Finding::new(Id::FrameLengthNotMinimal, stamp, summary)
                .with(FindingField::Declared, header.length),
        );
    }
}
