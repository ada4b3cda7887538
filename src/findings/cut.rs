//! Judges frames that do not arrive whole: who left while one was under way (RFC 6455 §5.2).

use super::carrier::{Carrier, EndedFirst};
use super::catalog::{Certainty, Class, Id, Severity};
use super::doubt::Doubt;
use super::field::FindingField;
use super::finding::Finding;
use super::left_out::left_out_length;
use super::records::CutRecord;
use super::stalled::stalled_by;
use super::words::{bytes_of, spaced_hex};
use crate::model::{EndCause, GapCause, Peer, Stamp, Thousands};
use crate::tls::UnfinishedRecord;
use crate::ws::{Frame, FrameEnd, PartialHeader};
use std::time::Duration;

/// A length that needs eight bytes.
const LONG: u64 = 1 << 16;

/// A length that many senders have.
const PLAUSIBLE: u64 = 1 << 24;

/// No sender has as many bytes as this for one frame.
pub(super) const IMPOSSIBLE: u64 = 1 << 40;

/// A frame of which only a part came.
#[derive(Clone, Debug)]
pub(super) enum CutFrame {
    /// Its header and some of its payload.
    Frame(Frame<'static>),
    /// Some of its header.
    Header(PartialHeader),
    /// Its header and some of its payload, of which nothing came for so long before its stream ended.
    Stalled(Frame<'static>, Duration),
    /// Some of the record of TLS that it is in, or would be: nobody can say what that holds.
    Record(CutRecord),
}

impl CutFrame {
    /// Who sent it.
    pub(super) const fn from(&self) -> Peer {
        match self {
            Self::Frame(frame) | Self::Stalled(frame, _) => frame.from,
            Self::Header(partial) => partial.from,
            Self::Record(record) => record.from,
        }
    }

    const fn end(&self) -> FrameEnd {
        match self {
            Self::Frame(frame) | Self::Stalled(frame, _) => frame.end,
            Self::Header(partial) => partial.end,
            Self::Record(record) => FrameEnd::Cut(record.cause),
        }
    }

    /// The last packet with a part of it.
    const fn last(&self) -> Stamp {
        match self {
            Self::Frame(frame) | Self::Stalled(frame, _) => frame.last,
            Self::Header(partial) => partial.last,
            Self::Record(record) => record.record.last,
        }
    }

    /// Whether it is known only at the end of the other side who left first: their FINs may cross.
    pub(super) const fn waits_for_other_side(&self, doubt: &Doubt) -> bool {
        matches!(self.end(), FrameEnd::Cut(EndCause::Fin)) && !doubt.one_sided
    }

    /// Tells that it is not whole.
    pub(super) fn judge(&self, ended_first: EndedFirst, doubt: &Doubt, out: &mut dyn FnMut(Finding)) {
        let from = self.from();
        let left = Left::by(self.end(), from, ended_first, doubt);
        let finding = match self {
            Self::Frame(frame) => incomplete(frame, left, doubt.carrier),
            Self::Header(partial) => partial_header(partial, left, doubt.carrier),
            Self::Stalled(frame, waited) => {
                stalled_by(frame, *waited, doubt).into_iter().for_each(out);
                return;
            }
            Self::Record(record) => {
                record.stalled(doubt).into_iter().for_each(&mut *out);
                unfinished_record(record, left, doubt.carrier)
            }
        };
        let is_cut = matches!(self.end(), FrameEnd::Cut(_));
        // What nobody acknowledged may have got lost on the way, and not only to the capture.
        let is_unacknowledged = matches!(self.end(), FrameEnd::Lost(GapCause::Unacknowledged));
        // What the capture misses of its receiver may be the Close that refuses it.
        let is_doubtful = doubt.of(from) || is_unacknowledged || is_cut && doubt.is_blind(!from);
        let hindrance = doubt.hindrance_until(from, self.last()).filter(|_| is_cut || is_unacknowledged);
        out(finding.tentative_if(is_doubtful).because(hindrance));
    }
}

/// Who left while a frame was under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// Its sender, or nobody.
    Sender,
    /// Its receiver: the sender had nobody to send the rest to.
    Receiver,
    /// Both at once: their FINs crossed.
    Both,
    /// That is not known: the capture has no packet of the receiver.
    Unknown,
}

impl Left {
    fn by(end: FrameEnd, from: Peer, ended_first: EndedFirst, doubt: &Doubt) -> Self {
        match end {
            FrameEnd::Cut(EndCause::RstByPeer) => Self::Receiver,
            FrameEnd::Cut(EndCause::Fin | EndCause::Rst) if doubt.one_sided => Self::Unknown,
            FrameEnd::Cut(EndCause::Fin) if ended_first == EndedFirst::Both => Self::Both,
            FrameEnd::Cut(EndCause::Fin | EndCause::Rst) if ended_first == EndedFirst::Peer(!from) => {
                Self::Receiver
            }
            FrameEnd::Cut(EndCause::Fin | EndCause::Rst | EndCause::Open | EndCause::Unseen)
            | FrameEnd::Pending
            | FrameEnd::Complete
            | FrameEnd::Lost(_) => Self::Sender,
        }
    }

    /// The receiver left: that is legal, and no fault of the sender. A frame `declared` to be longer than any sender has
    /// bytes is wrong whoever left.
    fn weigh(self, from: Peer, declared: u64, mut finding: Finding) -> Finding {
        if declared >= IMPOSSIBLE {
            finding.summary.push_str("; no sender has that many bytes: the length is wrong");
            // What follows the four bytes is payload.
            let first_half = declared >> 32;
            if (LONG..PLAUSIBLE).contains(&first_half) {
                let four = format!(
                    ", and its first four bytes alone say {}: a length has two bytes or eight (RFC 6455 §5.2)",
                    Thousands(first_half)
                );
                finding.summary.push_str(&four);
            }
            finding.tentative_if(self != Self::Sender)
        } else {
            match self {
                Self::Sender => finding,
                Self::Receiver => {
                    finding = finding.from(!from).severity(Severity::Warning);
                    finding.class = Class::Anomaly;
                    finding
                }
                Self::Both | Self::Unknown => {
                    finding = finding.severity(Severity::Warning).tentative_if(self == Self::Unknown);
                    (finding.class, finding.from) = (Class::Anomaly, None);
                    finding
                }
            }
        }
    }
}

/// What cut a frame short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CutCause {
    Fin,
    Rst,
    CaptureEnd,
    /// The capture missed packets.
    Gap,
    Snaplen,
    /// wsight let bytes go when a limit was reached.
    Limit,
    /// The rest could not be decrypted.
    Sealed,
    /// Its sender broke the framing of HTTP/2.
    Unframed,
}

impl CutCause {
    /// What cut a frame that ended so, and of which the capture misses `lost` bytes before that.
    const fn of(end: FrameEnd, lost: u64) -> Self {
        match end {
            FrameEnd::Lost(GapCause::Snaplen) => Self::Snaplen,
            FrameEnd::Lost(GapCause::Sealed) => Self::Sealed,
            FrameEnd::Lost(GapCause::Limit) => Self::Limit,
            FrameEnd::Lost(
                GapCause::Lost | GapCause::Unacknowledged | GapCause::RecordLost | GapCause::Unseen,
            ) => Self::Gap,
            FrameEnd::Lost(GapCause::Unframed) => Self::Unframed,
            FrameEnd::Cut(_) if lost > 0 => Self::Gap,
            FrameEnd::Cut(EndCause::Fin) => Self::Fin,
            FrameEnd::Cut(EndCause::Rst | EndCause::RstByPeer) => Self::Rst,
            FrameEnd::Cut(EndCause::Open | EndCause::Unseen) | FrameEnd::Pending | FrameEnd::Complete => {
                Self::CaptureEnd
            }
        }
    }

    /// The name JSON prints.
    const fn name(self) -> &'static str {
        match self {
            Self::Fin => "fin",
            Self::Rst => "rst",
            Self::CaptureEnd => "capture-end",
            Self::Gap => "gap",
            Self::Snaplen => "snaplen",
            Self::Limit => "limit",
            Self::Sealed => "tls",
            Self::Unframed => "unframed",
        }
    }

    /// A peer did it; otherwise the capture, or what was made of it, is to blame.
    const fn is_of_a_peer(self) -> bool {
        match self {
            Self::Fin | Self::Rst | Self::Unframed => true,
            Self::CaptureEnd | Self::Gap | Self::Snaplen | Self::Limit | Self::Sealed => false,
        }
    }

    fn blame(self, mut finding: Finding) -> Finding {
        if !self.is_of_a_peer() {
            finding.severity = Severity::Warning;
            finding.class = Class::Capture;
        }
        finding
    }
}

/// What ended a stream inside a frame, in words.
fn cut_words(end: FrameEnd, from: Peer, left: Left, lost: u64, carrier: Carrier) -> String {
    match end {
        FrameEnd::Lost(GapCause::Snaplen) => "the capture's snap length cut the rest off".to_owned(),
        FrameEnd::Lost(GapCause::Sealed) => "the rest is encrypted and could not be decrypted".to_owned(),
        FrameEnd::Lost(GapCause::Limit) => {
            "the rest was let go when a limit of the analysis was reached".to_owned()
        }
        FrameEnd::Lost(GapCause::RecordLost) => {
            "the capture lacks a TLS record in it, or a part of one, and what follows that has no place in it"
                .to_owned()
        }
        FrameEnd::Lost(GapCause::Unframed) => format!("the {from} broke the framing of HTTP/2 behind it"),
        FrameEnd::Lost(GapCause::Unacknowledged) => {
            format!("the capture does not hold the rest, which the {} never acknowledged", !from)
        }
        FrameEnd::Lost(GapCause::Lost | GapCause::Unseen) => "the capture does not hold the rest".to_owned(),
        FrameEnd::Cut(_) if lost > 0 => "the capture does not hold all of it".to_owned(),
        FrameEnd::Cut(EndCause::Fin | EndCause::Rst) if left == Left::Receiver => {
            let what = if carrier == Carrier::Tcp { "TCP" } else { "the HTTP/2 stream" };
            format!("the {} ended {what} before the rest was sent", !from)
        }
        FrameEnd::Cut(EndCause::Fin | EndCause::Rst) if left == Left::Both => {
            "then the client and the server ended TCP (FIN) at the same time".to_owned()
        }
        FrameEnd::Cut(cause @ (EndCause::Fin | EndCause::Rst)) if left == Left::Unknown => {
            format!(
                "then {}, and no packet of the {} was captured, which may have left first",
                carrier.cut(from, cause),
                !from
            )
        }
        FrameEnd::Cut(cause @ (EndCause::Fin | EndCause::Rst)) => {
            format!("then {}", carrier.cut(from, cause))
        }
        FrameEnd::Cut(EndCause::RstByPeer) => format!("then {}", carrier.cut(!from, EndCause::Rst)),
        FrameEnd::Cut(EndCause::Open | EndCause::Unseen) | FrameEnd::Pending | FrameEnd::Complete => {
            "then the capture ends".to_owned()
        }
    }
}

fn incomplete(frame: &Frame<'_>, left: Left, carrier: Carrier) -> Finding {
    let cause = CutCause::of(frame.end, frame.lost);
    let (declared, received, missing) = (frame.header.length, frame.received, frame.missing());
    // Some of what is not there may be in the capture behind the hole, where nobody knows its place.
    let fate = match (frame.end, missing) {
        (FrameEnd::Lost(GapCause::RecordLost), _) => "could not be read",
        (_, 1) => "is missing",
        _ => "are missing",
    };
    let summary = format!(
        "the {}'s {} frame declares {}, {} came and {} {fate}: {}",
        frame.from,
        frame.header.opcode,
        bytes_of(declared),
        Thousands(received),
        Thousands(missing),
        cut_words(frame.end, frame.from, left, frame.lost, carrier)
    );
    let mut finding = Finding::new(Id::FrameIncomplete, frame.first, summary)
        .from(frame.from)
        .frame(frame.number)
        .with(FindingField::Declared, declared)
        .with(FindingField::Received, received)
        .with(FindingField::Missing, missing)
        .with(FindingField::Cause, cause.name());
    if let Some(why) = left_out_length(frame) {
        finding.summary.push_str(why);
        return finding.tentative();
    }
    cause.blame(left.weigh(frame.from, declared, finding))
}

fn unfinished_record(cut: &CutRecord, left: Left, carrier: Carrier) -> Finding {
    let CutRecord { from, record: UnfinishedRecord { declared, received, first, .. }, .. } = *cut;
    let end = FrameEnd::Cut(cut.cause);
    let (cause, ended) = (CutCause::of(end, 0), cut_words(end, from, left, 0, carrier));
    let finding = if let Some(declared) = declared {
        let missing = declared.saturating_sub(received);
        let are = if missing == 1 { "is" } else { "are" };
        let summary = format!(
            "the {from}'s last TLS record, which can be read only as a whole, declares {}, {} came and {} {are} missing: \
             {ended}",
            bytes_of(declared),
            Thousands(received),
            Thousands(missing)
        );
        Finding::new(Id::FrameIncomplete, first, summary)
            .with(FindingField::Declared, declared)
            .with(FindingField::Received, received)
            .with(FindingField::Missing, missing)
    } else {
        let summary =
            format!("the {from}'s last TLS record has only {received} of its header's bytes: {ended}");
        Finding::new(Id::FrameIncomplete, first, summary).with(FindingField::HeaderBytes, received)
    };
    let finding = finding.from(from).with(FindingField::Cause, cause.name());
    cause.blame(left.weigh(from, 0, finding))
}

fn partial_header(partial: &PartialHeader, left: Left, carrier: Carrier) -> Finding {
    let cause = CutCause::of(partial.end, 0);
    let came = partial.bytes.len();
    // Behind a request it may be half of a pong without FIN, which is as wrong.
    let may_be_line_end =
        partial.from == Peer::Client && partial.number == 1 && matches!(partial.bytes[..], [b'\n' | b'\r']);
    let or = if may_be_line_end { "; it may as well be a stray line end" } else { "" };
    let summary = format!(
        "the {}'s last frame has only {came} of its header's bytes ({}): {}{or}",
        partial.from,
        spaced_hex(&partial.bytes),
        cut_words(partial.end, partial.from, left, 0, carrier)
    );
    let finding = Finding::new(Id::FrameIncomplete, partial.first, summary)
        .from(partial.from)
        .frame(partial.number)
        .with(FindingField::HeaderBytes, came as u64)
        .with(FindingField::HeaderHex, hex::encode(&partial.bytes))
        .with(FindingField::Cause, cause.name());
    let mut finding = cause.blame(left.weigh(partial.from, 0, finding));
    if may_be_line_end {
        finding.certainty = Certainty::Tentative;
    }
    finding
}
