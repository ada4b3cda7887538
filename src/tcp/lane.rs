//! One direction of a connection: where its stream stands, what waits in it, and what was reported of it last.

use super::assembler::Assembler;
use super::copies::Recent;
use super::damaged::Damaged;
use super::pulse::Pulse;
use crate::model::{End, EndCause, EndPlace, Flags, Segment, Stamp, TcpOptions};

/// An end of the stream that waits for the bytes before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct AwaitedEnd {
    pub(super) at: u64,
    pub(super) stamp: Stamp,
    /// The offset of the other direction up to which its sender had seen that, its end counted as one.
    pub(super) needs: u64,
    /// It acknowledges something, wherever that is.
    pub(super) acknowledges: bool,
    /// It came once more, at another place: a reset whose sender guesses.
    pub(super) again: Option<u64>,
    /// A reset that answers bytes of the other side, as a host does that has no connection any more (RFC 9293 §3.10.7.1): it
    /// acknowledges nothing, and stands where those bytes acknowledge its side.
    pub(super) answers: bool,
    /// A reset that was captured before something that its sender must have sent earlier.
    pub(super) early: bool,
}

impl AwaitedEnd {
    /// The end that it is, for this cause.
    pub(super) fn end(&self, cause: EndCause) -> End {
        // That nothing of the other side is acknowledged may also mean that the place of it is not known.
        let acknowledged =
            Some(self.needs).filter(|needs| self.acknowledges && (1..UNPLACED).contains(needs));
        End::at_place(cause, self.stamp, Some(EndPlace { at: self.at, acknowledged }))
    }
}

/// Bytes that are missing, as packets of their sender show that stand behind them.
#[derive(Clone, Copy, Debug)]
pub(super) struct MissingBytes {
    /// Where they begin.
    pub(super) at: u64,
    /// How far their sender had got when it sent the packets behind them, at least.
    pub(super) sent: u64,
    /// The first packet behind them.
    pub(super) shown: Stamp,
    /// The latest packet of the other side that came after that and does not acknowledge them.
    pub(super) denied: Option<Stamp>,
    /// Payload bytes of the largest segment that was sent after them.
    pub(super) largest: u64,
}

/// What a segment needs whose acknowledgment has no place yet, as nothing shows where the other stream begins: this, and
/// the number that it acknowledges.
const UNPLACED: u64 = 1 << 62;

/// What a segment needs that acknowledges this number of a stream without a known beginning.
pub(super) const fn unplaced(acknowledgment: u32) -> u64 {
    UNPLACED + acknowledgment as u64
}

/// How many bytes of the other stream a segment with these needs acknowledges; 0 where that is not known.
pub(super) const fn acknowledged(needs: u64) -> u64 {
    if needs < UNPLACED { needs } else { 0 }
}

/// How far apart the first packet captured of a stream and the one it begins with may lie, in bytes.
pub(super) const EARLY: i32 = 1 << 20;

/// A smaller number in the header may stand for a window that is as good as closed, if its scale is not known.
pub(super) const TINY: u16 = 64;

/// A number further than this from all that is known of a stream needs a second witness, where the capture begins inside a
/// connection: windows are seldom larger, in bytes, and packets of older connections have numbers from anywhere.
pub(super) const FAR: i64 = 1 << 24;

/// How far two positions may lie apart before one of them cannot belong to this stream: sequence numbers wrap at 2^32.
const REACH: i64 = 1 << 30;

/// What a side's SYN says of how its windows are scaled (RFC 7323 §2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum WindowScale {
    /// The capture does not hold its SYN, or not all options of that.
    #[default]
    Unseen,
    /// Nothing: neither side scales its windows.
    Absent,
    /// It shifts them by so many bits, if the other side scales as well.
    Bits(u8),
}

impl WindowScale {
    /// Of a SYN with these options.
    pub(super) fn of_syn(options: TcpOptions) -> Self {
        match options.window_scale() {
            Some(bits) => Self::Bits(bits),
            None if options.is_cut() => Self::Unseen,
            None => Self::Absent,
        }
    }
}

/// What a segment does to its sender's stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Bytes, a SYN or a FIN that were not captured before.
    New,
    /// Something that was captured before.
    Again {
        /// Where in the stream it begins.
        start: u64,
    },
    /// A byte before the next one, or nothing there: a keep-alive, or a probe of a closed window.
    Probe,
    /// Nothing: an acknowledgment.
    Nothing,
}

/// One direction.
#[derive(Debug)]
pub(super) struct Lane {
    /// The sequence number of offset 0, once known.
    pub(super) origin: Option<u32>,
    /// The origin comes from a packet without data in mid-stream, which may have been a keep-alive: one too low.
    pub(super) loose: bool,
    /// What its first segment with data and its latest acknowledge, as long as nothing shows where the other stream begins.
    pub(super) asked: Option<(u32, u32)>,
    pub(super) bytes: Assembler,
    /// The other side may be reported up to what it knew of this offset, although the bytes are not here.
    pub(super) released: u64,
    /// Boxed, as most connections are nowhere near their end.
    pub(super) fin: Option<Box<AwaitedEnd>>,
    pub(super) rst: Option<Box<AwaitedEnd>>,
    /// The packet that acknowledged bytes of this lane which are not here; boxed, as it is rare.
    pub(super) proof: Option<Box<Stamp>>,
    /// Bytes of this lane that are not here, although its sender is beyond them; boxed, as it is rare.
    pub(super) missing: Option<Box<MissingBytes>>,
    pub(super) ended: bool,
    /// Bytes came that lie in front of the origin: nobody has them any more.
    pub(super) is_cropped: bool,
    pub(super) scale: WindowScale,
    /// What its latest packet acknowledges of the other stream, as long as nothing shows where that begins.
    pub(super) unplaced: Option<u32>,
    /// Bytes of it, from where to where, that were acknowledged in the capture before they came; boxed, as that is rare. Where there
    /// are several stretches it is the latest.
    pub(super) foretold: Option<Box<(u64, u64)>>,
    /// A smaller number in the header of this side is a window that is as good as closed.
    pub(super) tiny: u16,
    pub(super) recent: Recent,
    pub(super) pulse: Pulse,
    pub(super) damaged: Damaged,
}

impl Default for Lane {
    fn default() -> Self {
        Self {
            origin: None,
            loose: false,
            asked: None,
            bytes: Assembler::default(),
            released: 0,
            fin: None,
            rst: None,
            proof: None,
            missing: None,
            ended: false,
            is_cropped: false,
            scale: WindowScale::Unseen,
            unplaced: None,
            foretold: None,
            tiny: TINY,
            recent: Recent::default(),
            pulse: Pulse::default(),
            damaged: Damaged::default(),
        }
    }
}

impl Lane {
    /// What a segment with these flags and as many payload bytes does to this side's stream, before it is taken.
    pub(super) fn act(&self, flags: Flags, first_sequence: u32, length: u64) -> Act {
        let next = self.bytes.next().cast_signed();
        let Some(start) = self.offset(first_sequence) else { return Act::New };
        let known = u64::try_from(start).ok().filter(|_| start < next);
        if flags.syn() {
            return if start == 0 { Act::Again { start: 0 } } else { Act::New };
        }
        match (known, length) {
            (Some(at), 0 | 1) if !flags.fin() && at + 1 == self.bytes.next() => Act::Probe,
            (_, 0) if !flags.fin() => Act::Nothing,
            (Some(start), _) => Act::Again { start },
            // It waits already for bytes that are missing before it.
            (None, 1)
                if !flags.fin()
                    && start.unsigned_abs() + 1 == self.bytes.reach()
                    && self.bytes.holds(start.unsigned_abs(), 1) =>
            {
                Act::Probe
            }
            (None, _) if self.bytes.holds(start.unsigned_abs(), length) => {
                Act::Again { start: start.unsigned_abs() }
            }
            (None, 0) if self.fin.as_ref().is_some_and(|fin| fin.at.cast_signed() == start) => {
                Act::Again { start: start.unsigned_abs() }
            }
            _ => Act::New,
        }
    }

    /// The sequence number of the next byte, once known.
    #[inline]
    pub(super) fn expected(&self) -> Option<u32> {
        #[expect(clippy::cast_possible_truncation, reason = "sequence numbers are offsets modulo 2^32")]
        self.origin.map(|origin| origin.wrapping_add(self.bytes.next() as u32))
    }

    /// The offset that `sequence` stands for; negative before the captured start.
    #[inline]
    pub(super) fn offset(&self, sequence: u32) -> Option<i64> {
        let ahead = i64::from(sequence.wrapping_sub(self.expected()?).cast_signed());
        let offset = self.bytes.next().cast_signed() + ahead;
        (-REACH..=REACH).contains(&ahead).then_some(offset)
    }

    /// Whether the next segment finds everything before it reported, `acked` bytes of which the other side has.
    pub(super) fn is_steady(&self, acked: u64) -> bool {
        let begun = self.origin.is_some() && !self.loose;
        begun && !self.ended && self.is_quiet() && self.missing.is_none() && acked <= self.bytes.next()
    }

    /// A segment of this side stands at `start`, with as many payload bytes: what is missing before it was sent.
    pub(super) fn note_place(&mut self, start: u64, length: u64, stamp: Stamp) {
        let next = self.bytes.next();
        let start = self.fin.as_ref().map_or(start, |fin| start.min(fin.at));
        // One position without a byte is most often a FIN that was not captured.
        let is_beyond = start > next + 1 || start > next && length > 0;
        if self.ended || self.loose || !is_beyond || start - next > EARLY.unsigned_abs().into() {
            return;
        }
        match &mut self.missing {
            Some(missing) if missing.at == next => {
                (missing.sent, missing.largest) = (missing.sent.max(start), missing.largest.max(length));
            }
            missing => {
                let begun =
                    MissingBytes { at: next, sent: start, shown: stamp, denied: None, largest: length };
                *missing = Some(Box::new(begun));
            }
        }
    }

    /// A packet of the other side acknowledges this side's bytes up to `acked`.
    pub(super) fn note_acknowledged(&mut self, acked: u64, stamp: Stamp) {
        if let Some(missing) = &mut self.missing
            && acked <= missing.at
        {
            missing.denied = Some(stamp);
        }
    }

    /// What is missing here, though it was sent.
    pub(super) fn missing(&self) -> Option<&MissingBytes> {
        self.missing.as_deref().filter(|missing| missing.at == self.bytes.next())
    }

    /// Whether nothing waits for its turn.
    pub(super) fn is_quiet(&self) -> bool {
        self.bytes.is_empty() && self.fin.is_none() && self.rst.is_none()
    }

    /// How far the other side's packets may be reported that had seen bytes of this lane.
    pub(super) fn floor(&self) -> u64 {
        if self.ended { u64::MAX } else { self.bytes.next().max(self.released) }
    }

    /// Bytes of memory that what waits takes.
    pub(super) fn held_bytes(&self) -> u64 {
        self.bytes.held_bytes() + self.damaged.memory()
    }

    /// Whether its end was captured, or reported.
    pub(super) const fn has_ended(&self) -> bool {
        self.ended || self.fin.is_some() || self.rst.is_some()
    }

    /// Whether nothing of it waits, and no FIN of it was captured, although where it stands is known for certain.
    pub(super) fn awaits_nothing(&self) -> bool {
        !self.ended && self.fin.is_none() && self.bytes.is_empty() && self.origin.is_some() && !self.loose
    }

    /// Whether the stream may begin at this sequence number, as seen from a first packet that was captured too early.
    pub(super) fn may_begin_at(&self, start: u32) -> bool {
        self.origin.is_some_and(|origin| (0..EARLY).contains(&origin.wrapping_sub(start).cast_signed()))
    }

    /// The SYN came: the stream begins at this sequence number. What came before it, if it is this stream's, gets the
    /// place it belongs to. Returns by how much offsets grew.
    pub(super) fn begin_at(&mut self, start: u32) -> u64 {
        let may_begin = self.may_begin_at(start);
        let Some(origin) = self.origin.replace(start).filter(|origin| *origin != start) else { return 0 };
        self.loose = false;
        if !may_begin || self.bytes.next() > 0 {
            self.bytes.clear();
            (self.fin, self.rst) = (None, None);
            return 0;
        }
        let ahead = u64::from(origin.wrapping_sub(start));
        self.bytes.shift(ahead);
        self.fin.iter_mut().chain(&mut self.rst).for_each(|mark| mark.at += ahead);
        ahead
    }

    /// A segment without a SYN before it shows where the captured stream begins. Where the other side, while it sent data, acknowledged
    /// bytes that lie before that, the stream begins with those: they are missing. Returns whether they are.
    pub(super) fn find_origin(
        &mut self,
        first_sequence: u32,
        length: u64,
        has_syn: bool,
        asked: Option<(u32, u32)>,
    ) -> bool {
        if self.origin.is_none() {
            let is_behind =
                |first: u32, number: u32| (1..EARLY).contains(&number.wrapping_sub(first).cast_signed());
            let missing = asked.filter(|(first, latest)| {
                !has_syn && is_behind(*first, *latest) && is_behind(*first, first_sequence)
            });
            if let Some((first, _)) = missing {
                self.origin = Some(first);
                return true;
            }
            // In mid-stream a lone byte is a keep-alive's, not the stream's (RFC 9293 §3.8.4).
            let is_probe = !has_syn && length == 1;
            self.loose = !has_syn && length == 0;
            self.origin = Some(first_sequence.wrapping_add(u32::from(is_probe)));
        } else if self.loose && length > 0 {
            if self.offset(first_sequence) == Some(1) && self.bytes.next() == 0 {
                self.origin = Some(first_sequence);
            }
            self.loose = false;
        }
        false
    }

    /// Keeps the bytes of a damaged segment in case no better ones come.
    pub(super) fn put_aside(&mut self, segment: &Segment<'_>) {
        if let Some(offset) = self.offset(segment.header.sequence).and_then(|at| u64::try_from(at).ok())
            && !segment.header.flags.syn()
            && !self.ended
        {
            self.damaged.put(offset, segment.payload, segment.header.stamp);
        }
    }

    /// It is known now where the `other` stream begins, or will not be known: what waits gets the place for what it needs.
    /// Returns up to where that acknowledges the other stream.
    pub(super) fn place(&mut self, other: Option<&Self>) -> u64 {
        let mut acked = 0;
        let mut place = |needs: &mut u64| {
            if let Some(acknowledgment) = needs.checked_sub(UNPLACED).and_then(|ack| u32::try_from(ack).ok())
            {
                let at =
                    other.and_then(|other| other.offset(acknowledgment).filter(|at| *at <= other.farthest()));
                *needs = at.and_then(|at| u64::try_from(at).ok()).unwrap_or(0);
                acked = acked.max(*needs);
            }
        };
        self.bytes.place(&mut place);
        self.fin.iter_mut().chain(&mut self.rst).for_each(|mark| place(&mut mark.needs));
        if other.is_some() {
            self.unplaced.take().into_iter().for_each(|number| place(&mut unplaced(number)));
        }
        acked
    }

    /// How far into this stream one packet alone may reach where the capture began inside it.
    fn farthest(&self) -> i64 {
        self.bytes.reach().cast_signed() + FAR
    }

    /// Whether this number lies nowhere near what is known of the stream.
    pub(super) fn is_far(&self, number: u32) -> bool {
        self.offset(number).is_none_or(|at| !(-FAR..=self.farthest()).contains(&at))
    }

    /// Whether all that is known of the stream is one number, of a packet without data.
    pub(super) fn is_only_placed(&self) -> bool {
        self.loose && self.bytes.reach() == 0 && !self.has_ended()
    }

    /// The other side has acknowledged bytes up to `acked`, some of which have not been captured.
    pub(super) fn foretell(&mut self, from: u64, acked: u64) {
        let before = self.foretold.as_deref().filter(|before| before.1 >= from);
        let merged = before.map_or((from, acked), |before| (before.0.min(from), before.1.max(acked)));
        self.foretold = Some(Box::new(merged));
    }

    /// Whether bytes up to `end`, in a segment that begins at `start`, were acknowledged before any version of them was captured: then
    /// that says nothing about which one was received.
    pub(super) fn is_foretold(&self, start: u64, end: u64) -> bool {
        self.foretold.as_ref().is_some_and(|foretold| start < foretold.1 && foretold.0 < end)
    }

    /// The bytes of this lane that an acknowledgment `acked` proves: a FIN counts as one in TCP, but is no byte.
    pub(super) fn proven(&self, acked: u64) -> u64 {
        self.fin.as_ref().map_or(acked, |fin| acked.min(fin.at))
    }
}
