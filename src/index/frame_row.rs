//! A frame in 48 bytes.

use super::packed::{
    PackedStamp, bits_of_end, bits_of_form, bits_of_severity, end_of_bits, form_of_bits, severity_of_bits,
};
use crate::findings::Severity;
use crate::model::{FileId, PacketNumber, Peer, Stamp, Timestamp};
use crate::ws::{Frame, FrameEnd, FrameHeader, Opcode};
use std::time::Duration;

/// What is remembered of a frame: all of it but its payload.
///
/// Ten million of them are kept at once, so the small facts share the bits of one number; read them through the
/// methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameRow {
    first: PackedStamp,
    /// Declared payload bytes; of a pong with a round trip above them that, in nanoseconds.
    length: u64,
    /// Of a complete frame where it ends in its stream; of any other the payload bytes received.
    rest: u64,
    number: u32,
    /// The last packet: this many after the first, or its number where it lies in another file.
    last: u32,
    key: [u8; 4],
    bits: u32,
}

/// A field of some bits.
#[derive(Clone, Copy)]
struct BitField {
    shift: u32,
    width: u32,
}

impl BitField {
    const fn of(self, bits: u32) -> u32 {
        bits >> self.shift & self.mask()
    }

    const fn with(self, bits: u32, value: u32) -> u32 {
        let cleared = bits & !(self.mask() << self.shift);
        cleared | (value & self.mask()) << self.shift
    }

    const fn mask(self) -> u32 {
        (1 << self.width) - 1
    }
}

const OPCODE: BitField = BitField { shift: 0, width: 4 };
const FIN: BitField = BitField { shift: 4, width: 1 };
const RSV: BitField = BitField { shift: 5, width: 3 };
const MASKED: BitField = BitField { shift: 8, width: 1 };
const SERVER: BitField = BitField { shift: 9, width: 1 };
const FORM: BitField = BitField { shift: 10, width: 2 };
const END: BitField = BitField { shift: 12, width: 4 };
const SEVERITY: BitField = BitField { shift: 16, width: 2 };
/// What became of the message that the frame ends; see `message_row`.
const MESSAGE: BitField = BitField { shift: 18, width: 6 };
const ROUND_TRIP: BitField = BitField { shift: 24, width: 1 };
/// How many files after the one with the first packet the last one lies.
const FILES: BitField = BitField { shift: 25, width: 7 };
/// What is noted of a frame after it was reported.
const NOTED: u32 = SEVERITY.with(0, u32::MAX) | MESSAGE.with(0, u32::MAX) | ROUND_TRIP.with(0, 1);

/// Bits of the length of a frame with a round trip: it has at most 125 bytes.
const SHORT_BITS: u32 = 7;
const SHORT: u64 = (1 << SHORT_BITS) - 1;

impl FrameRow {
    pub(crate) fn new(frame: &Frame<'_>) -> Self {
        let header = &frame.header;
        let files = frame.last.file.0.saturating_sub(frame.first.file.0).min(127);
        let last = if files == 0 {
            frame.last.packet.0.saturating_sub(frame.first.packet.0)
        } else {
            frame.last.packet.0
        };
        let mut bits = OPCODE.with(0, header.opcode.bits().into());
        bits = FIN.with(bits, header.fin.into());
        bits = RSV.with(bits, header.rsv.into());
        bits = MASKED.with(bits, header.mask.is_some().into());
        bits = SERVER.with(bits, (frame.from == Peer::Server).into());
        bits = FORM.with(bits, bits_of_form(header.form));
        bits = END.with(bits, bits_of_end(frame.end));
        bits = FILES.with(bits, files.into());
        Self {
            first: PackedStamp::from(frame.first),
            length: header.length,
            rest: if frame.is_complete() { frame.extent_end } else { frame.received },
            number: u32::try_from(frame.number).unwrap_or(u32::MAX),
            last: u32::try_from(last).unwrap_or(u32::MAX),
            key: header.mask.unwrap_or_default(),
            bits,
        }
    }

    /// Its number in the session, from 1, in the order of first bytes.
    pub fn number(&self) -> u64 {
        self.number.into()
    }

    /// When its first byte was captured.
    pub const fn time(&self) -> Timestamp {
        self.first.time()
    }

    /// The packet with its first byte.
    pub const fn first_packet(&self) -> PacketNumber {
        self.first.at().packet()
    }

    /// The input with its first byte.
    pub const fn file(&self) -> FileId {
        self.first.at().file()
    }

    /// The packet with its last byte.
    pub fn last_packet(&self) -> PacketNumber {
        let from = if FILES.of(self.bits) == 0 { self.first_packet().0 } else { 0 };
        PacketNumber(from + u64::from(self.last))
    }

    /// The input with its last byte.
    pub fn last_file(&self) -> FileId {
        let files = u16::try_from(FILES.of(self.bits)).unwrap_or_default();
        FileId(self.file().0.saturating_add(files))
    }

    /// Declared payload bytes.
    pub const fn length(&self) -> u64 {
        if ROUND_TRIP.of(self.bits) == 0 { self.length } else { self.length & SHORT }
    }

    /// Payload bytes received.
    pub fn received(&self) -> u64 {
        if self.is_complete() { self.length() } else { self.rest }
    }

    /// Its header, every bit of it.
    pub fn header(&self) -> FrameHeader {
        FrameHeader {
            fin: self.is_fin(),
            rsv: u8::try_from(RSV.of(self.bits)).unwrap_or_default(),
            opcode: self.opcode(),
            mask: self.mask(),
            length: self.length(),
            form: form_of_bits(FORM.of(self.bits)),
        }
    }

    /// What it is.
    pub fn opcode(&self) -> Opcode {
        Opcode::from_bits(u8::try_from(OPCODE.of(self.bits)).unwrap_or_default())
    }

    /// Whether it is the last frame of its message.
    pub const fn is_fin(&self) -> bool {
        FIN.of(self.bits) != 0
    }

    /// The masking key, if the payload is masked.
    pub fn mask(&self) -> Option<[u8; 4]> {
        (MASKED.of(self.bits) != 0).then_some(self.key)
    }

    /// Who sent it.
    pub const fn from(&self) -> Peer {
        if SERVER.of(self.bits) == 0 { Peer::Client } else { Peer::Server }
    }

    /// How it ended.
    pub const fn end(&self) -> FrameEnd {
        end_of_bits(END.of(self.bits))
    }

    /// Whether every declared byte was received.
    pub fn is_complete(&self) -> bool {
        self.end() == FrameEnd::Complete
    }

    /// Of the findings about it the worst, if there is one.
    pub const fn severity(&self) -> Option<Severity> {
        severity_of_bits(SEVERITY.of(self.bits))
    }

    /// Of a pong: the time since the ping that it answers.
    pub const fn round_trip(&self) -> Option<Duration> {
        if ROUND_TRIP.of(self.bits) == 0 {
            None
        } else {
            Some(Duration::from_nanos(self.length >> SHORT_BITS))
        }
    }

    /// Whether a message ended with it.
    pub const fn ends_message(&self) -> bool {
        self.message_bits() != 0
    }

    pub(super) const fn message_bits(&self) -> u32 {
        MESSAGE.of(self.bits)
    }

    pub(super) const fn set_message_bits(&mut self, message: u32) {
        self.bits = MESSAGE.with(self.bits, message);
    }

    pub(super) fn add_severity(&mut self, severity: Severity) {
        let worst = self.severity().max(Some(severity));
        self.bits = SEVERITY.with(self.bits, bits_of_severity(worst));
    }

    /// Notes the round trip of a complete pong.
    pub(super) fn set_round_trip(&mut self, round_trip: Duration) {
        if self.is_complete() && self.length <= SHORT {
            let nanos = u64::try_from(round_trip.as_nanos()).unwrap_or(u64::MAX).min(u64::MAX >> SHORT_BITS);
            self.length |= nanos << SHORT_BITS;
            self.bits = ROUND_TRIP.with(self.bits, 1);
        }
    }

    /// Whether another reading saw this very frame: its header, its packets, how it ended and, where it is whole, at which
    /// byte of its stream.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let place = |row: &Self| (row.first, row.last, row.rest, row.number, row.bits & !NOTED);
        place(self) == place(other) && self.key == other.key && self.length() == other.length()
    }

    /// The packet with its first byte, without the place in the file.
    pub const fn first_stamp(&self) -> Stamp {
        self.first.stamp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EndCause, GapCause};
    use crate::ws::LengthForm;

    #[test]
    fn a_row_has_48_bytes() {
        assert_eq!(size_of::<FrameRow>(), 48);
    }

    #[test]
    fn every_fact_comes_back() {
        let stamp = |file, packet, nanos| Stamp {
            file: FileId(file),
            packet: PacketNumber(packet),
            time: Timestamp::from_nanos(nanos),
            offset: 7,
        };
        let ends = [
            FrameEnd::Pending,
            FrameEnd::Complete,
            FrameEnd::Cut(EndCause::Fin),
            FrameEnd::Cut(EndCause::Rst),
            FrameEnd::Cut(EndCause::RstByPeer),
            FrameEnd::Cut(EndCause::Open),
            FrameEnd::Cut(EndCause::Unseen),
            FrameEnd::Lost(GapCause::Lost),
            FrameEnd::Lost(GapCause::Snaplen),
            FrameEnd::Lost(GapCause::Limit),
            FrameEnd::Lost(GapCause::Sealed),
            FrameEnd::Lost(GapCause::Unseen),
            FrameEnd::Lost(GapCause::RecordLost),
            FrameEnd::Lost(GapCause::Unacknowledged),
            FrameEnd::Lost(GapCause::Unframed),
        ];
        for (index, end) in ends.into_iter().enumerate() {
            for from in Peer::BOTH {
                let is_short = from == Peer::Client;
                let length = if is_short { 125 } else { 1 << 40 };
                let header = FrameHeader {
                    fin: index % 2 == 0,
                    rsv: u8::try_from(index % 8).unwrap(),
                    opcode: Opcode::from_bits(u8::try_from(index + 3).unwrap()),
                    mask: (from == Peer::Client).then_some([1, 2, 3, 4]),
                    length,
                    form: if is_short { LengthForm::Bits7 } else { LengthForm::Bits64 },
                };
                let frame = Frame {
                    number: 99,
                    from,
                    header,
                    first: stamp(3, 10_000_000_000, 5),
                    last: if index == 4 { stamp(5, 2, 9) } else { stamp(3, 10_000_000_007, 9) },
                    received: if end == FrameEnd::Complete { length } else { length >> 5 },
                    lost: 0,
                    end,
                    payload: &[],
                    extent_end: u64::MAX - 1,
                    acknowledged: 0,
                };
                let mut row = FrameRow::new(&frame);
                assert_eq!((row.number(), row.from(), row.header(), row.end()), (99, from, header, end));
                assert_eq!((row.file(), row.first_packet()), (FileId(3), PacketNumber(10_000_000_000)));
                assert_eq!((row.last_file(), row.last_packet()), (frame.last.file, frame.last.packet));
                assert_eq!((row.received(), row.length()), (frame.received, length));
                assert_eq!((row.severity(), row.round_trip()), (None, None));
                row.add_severity(Severity::Warning);
                row.add_severity(Severity::Note);
                row.set_round_trip(Duration::from_nanos(77));
                assert_eq!(row.severity(), Some(Severity::Warning));
                assert_eq!(
                    row.round_trip(),
                    (end == FrameEnd::Complete && is_short).then_some(Duration::from_nanos(77))
                );
                assert_eq!((row.header(), row.received()), (header, frame.received));
                let other = |change: &dyn Fn(&mut Frame<'_>)| {
                    let mut other = frame;
                    change(&mut other);
                    FrameRow::new(&other)
                };
                assert!(row.is_same(&other(&|_| {})), "what was noted since does not count");
                assert!(!row.is_same(&other(&|other| other.number += 1)));
                assert!(!row.is_same(&other(&|other| other.first.packet.0 -= 1)));
                assert!(!row.is_same(&other(&|other| other.header.length -= 1)));
                let is_elsewhere = !row.is_same(&other(&|other| other.extent_end -= 1));
                assert_eq!(is_elsewhere, end == FrameEnd::Complete);
            }
        }
    }
}
