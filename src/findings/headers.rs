//! What a frame shows of its own faults waits for what stands behind the frame. Where no other one begins there, or the next
//! ones are as wrong, the bytes may have been no frame at all, but the rest of something that another writer wrote into. Where it fills
//! its packets and the next frame its own, it was one all the same: other bytes do that by a rare chance only.

use super::catalog::Certainty;
use super::finding::Finding;
use crate::model::{FileId, Footprint, OVERDUE, PacketNumber, Peer, PerPeer, Stamp, Timestamp};
use crate::ws::Frame;

/// So many frames in a row that break no rule show that those before them were frames as well.
const IN_A_ROW: u8 = 2;
/// Who breaks rules so often, and whose frames are found all the same, does not write them in the wrong place.
const OFTEN: usize = 16;
/// Nor does who makes one and the same mistake so often, frame after frame: other bytes differ.
const ALIKE: usize = 3;

/// What was found in the latest frames of each side, until it is known that they were frames; boxed, as few have anything.
#[derive(Debug, Default)]
pub(super) struct HeaderFindings(Option<Box<PerPeer<Waiting>>>);

/// What waits of one side.
#[derive(Debug, Default)]
struct Waiting {
    findings: Vec<Finding>,
    /// How many of them, the first, were told while they wait.
    told: usize,
    /// Frames after the latest of them that break no rule.
    in_a_row: u8,
    /// Where the latest of them begins, and the frames after it do.
    starts: FrameStart,
    /// The packet in which the latest frame ended.
    ended_in: Option<PacketId>,
    place: FramePlace,
}

/// A packet, whatever its time is.
type PacketId = (FileId, PacketNumber);

/// Where a frame begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum FrameStart {
    /// In the packet in which the one before it ends, or that is not known.
    #[default]
    WithinPacket,
    /// With a packet.
    WithPacket,
}

/// What stands where the frame after the latest one belongs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Behind {
    /// Something else, which begins in this packet.
    Strays(Stamp),
    /// The same behind a Close that its receiver had answered by then.
    StraysBehindAnsweredClose(Stamp),
    /// The rest of it: it does not end where its length says.
    ItsRest,
}

/// Whether frames of a side stand where they seem to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum FramePlace {
    /// What is behind a frame tells.
    #[default]
    Unknown,
    /// The place was guessed, and nothing has confirmed it.
    Guessed,
    /// They do, whatever rules they break.
    Known,
}

impl Waiting {
    /// Whether the latest frames all have the same mistake and no other.
    fn are_alike(&self) -> bool {
        let mut latest = self.findings.iter().rev().take(ALIKE);
        let is_same =
            |finding: &&Finding| Some(&finding.summary) == self.findings.last().map(|last| &last.summary);
        self.findings.len() >= ALIKE && latest.all(|finding| is_same(&finding))
    }

    /// Whether the latest frame in which something was found was one, though this stands behind those that follow it.
    fn is_proved(&self, behind: Behind) -> bool {
        let fills = |next: Stamp| {
            self.starts == FrameStart::WithPacket && self.ended_in.is_some_and(|last| last != packet_of(next))
        };
        match behind {
            Behind::Strays(next) => self.in_a_row > 0 && fills(next),
            Behind::StraysBehindAnsweredClose(next) => fills(next),
            Behind::ItsRest => false,
        }
    }

    /// Whether nothing is known or waits.
    const fn is_idle(&self) -> bool {
        self.findings.is_empty() && matches!(self.place, FramePlace::Unknown)
    }
}

impl HeaderFindings {
    /// Whether nothing waits.
    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Bytes of memory that it takes besides itself.
    pub(super) fn memory(&self) -> usize {
        let Some(held) = &self.0 else { return 0 };
        let of = |waiting: &Waiting| {
            let findings: usize = waiting.findings.iter().map(Finding::memory).sum();
            findings + waiting.findings.capacity() * size_of::<Finding>() + Footprint::ALLOCATION
        };
        size_of_val(&**held) + Footprint::ALLOCATION + of(&held.client) + of(&held.server)
    }

    /// Takes what was found in this frame of `from`. What is about another one, or doubtful anyway, does not wait.
    #[cold]
    pub(super) fn take(
        &mut self,
        from: Peer,
        (frame, start): (u64, FrameStart),
        finding: Finding,
        out: &mut dyn FnMut(Finding),
    ) {
        if finding.frame != Some(frame) || finding.certainty != Certainty::Certain {
            return out(finding);
        }
        let waiting = self.0.get_or_insert_default().of_mut(from);
        (waiting.in_a_row, waiting.starts) = (0, start);
        if waiting.place == FramePlace::Guessed {
            return out(finding.tentative());
        }
        waiting.findings.push(finding);
        if waiting.findings.len() > OFTEN || waiting.are_alike() {
            waiting.place = FramePlace::Known;
            waiting.told = 0;
            std::mem::take(&mut waiting.findings).into_iter().for_each(out);
        }
    }

    /// Where a frame begins, before which the latest one that is known ended in the packet `before`.
    #[cold]
    pub(super) fn start(&self, frame: &Frame<'_>, before: PacketId) -> FrameStart {
        let last = self.0.as_ref().and_then(|held| held.of(frame.from).ended_in).unwrap_or(before);
        if last == packet_of(frame.first) { FrameStart::WithinPacket } else { FrameStart::WithPacket }
    }

    /// A frame is over.
    #[cold]
    pub(super) fn ends(&mut self, frame: &Frame<'_>) {
        if let Some(held) = &mut self.0 {
            held.of_mut(frame.from).ended_in = Some(packet_of(frame.last));
        }
    }

    /// The next header of `from` came, and its frame is one like any other, or not.
    #[cold]
    pub(super) fn next(
        &mut self,
        from: Peer,
        start: FrameStart,
        is_usual: bool,
        out: &mut dyn FnMut(Finding),
    ) {
        let Some(held) = &mut self.0 else { return };
        let waiting = held.of_mut(from);
        if start == FrameStart::WithinPacket {
            waiting.starts = start;
        }
        waiting.in_a_row = if is_usual { waiting.in_a_row.saturating_add(1) } else { 0 };
        let is_confirmed = waiting.in_a_row >= IN_A_ROW;
        if is_confirmed && waiting.place == FramePlace::Guessed {
            waiting.place = FramePlace::Unknown;
        }
        if is_confirmed || waiting.place == FramePlace::Known {
            self.settle(from, out);
        }
    }

    /// Reports once each finding that has waited for long, `now`.
    #[cold]
    pub(super) fn waits(&mut self, now: Timestamp, out: &mut dyn FnMut(Finding)) {
        let Some(held) = &mut self.0 else { return };
        for waiting in [&mut held.client, &mut held.server] {
            let is_overdue = |finding: &&Finding| now.since(finding.stamp.time) > OVERDUE;
            let overdue = waiting.findings.iter().skip(waiting.told).take_while(is_overdue).cloned();
            let overdue: Vec<Finding> = overdue.collect();
            waiting.told += overdue.len();
            overdue.into_iter().for_each(&mut *out);
        }
    }

    /// Nothing contradicts the frames of this side: what was found in them is told.
    #[cold]
    pub(super) fn settle(&mut self, from: Peer, out: &mut dyn FnMut(Finding)) {
        let Some(held) = &mut self.0 else { return };
        let waiting = held.of_mut(from);
        waiting.told = 0;
        let due = std::mem::take(&mut waiting.findings);
        self.0.take_if(|held| held.client.is_idle() && held.server.is_idle());
        due.into_iter().for_each(out);
    }

    /// No frame stands behind the latest one of `from`: that, and those before it, may have been none.
    #[cold]
    pub(super) fn doubt(&mut self, from: Peer, behind: Behind, out: &mut dyn FnMut(Finding)) {
        let is_proved = self.0.as_ref().is_some_and(|held| held.of(from).is_proved(behind));
        self.settle(from, &mut |finding| out(finding.tentative_if(!is_proved)));
        self.0.get_or_insert_default().of_mut(from).place = FramePlace::Guessed;
    }

    /// Nothing follows.
    pub(super) fn finish(&mut self, out: &mut dyn FnMut(Finding)) {
        for from in Peer::BOTH {
            self.settle(from, out);
        }
    }
}

const fn packet_of(stamp: Stamp) -> PacketId {
    (stamp.file, stamp.packet)
}
