//! Follows how a session ends: Close frames, their codes, and TCP (RFC 6455 §5.5.1, §7).

mod handshake;
mod judge;
mod story;
mod victim;

pub use story::{CloseStory, EndKind, StreamEnd};
pub(super) use victim::{Offences, Place};

use self::handshake::{CloseTiming, ClosingHandshake, FirstClose, LastMessage, Legible};
use super::carrier::{Carrier, EndedFirst};
use super::catalog::{Class, Id, Severity};
use super::cut::CutFrame;
use super::doubt::Doubt;
use super::finding::Finding;
use crate::model;
use crate::model::{EndCause, FileId, PacketNumber, Peer, PerPeer};
use crate::tls::EndNotice;
use crate::upgrade::Via;
use crate::ws::{Event, Frame, FrameEnd, Message, Opcode};

/// Follows the end of one session.
#[derive(Debug)]
pub(super) struct Close {
    carrier: Carrier,
    /// The number is 0 while there is none.
    last_message: PerPeer<LastMessage>,
    /// Frames that have begun and are not over: none or one of each side.
    in_flight: u8,
    /// Boxed, as most sessions are nowhere near their end.
    ending: Option<Box<ClosingHandshake>>,
}

/// How far a session has come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClosingPhase {
    /// Neither side has begun to end it.
    Open,
    /// One side has sent Close.
    Closing,
    /// Both have.
    Closed,
    /// It was ended without a Close; by whom.
    Ended(EndedFirst),
}

impl Close {
    /// The end of a session that is carried by this.
    pub(super) fn new(via: &Via) -> Self {
        Self { carrier: Carrier::of(via), last_message: PerPeer::default(), in_flight: 0, ending: None }
    }

    /// Bytes of memory that it takes besides itself.
    pub(super) fn memory(&self) -> usize {
        self.ending.as_ref().map_or(0, |ending| ending.memory())
    }

    /// Whether neither side has begun to end the session.
    pub(super) const fn is_open(&self) -> bool {
        self.ending.is_none()
    }

    /// How far it has come to its end.
    pub(super) fn phase(&self) -> ClosingPhase {
        match &self.ending {
            None => ClosingPhase::Open,
            Some(ending) => match (&ending.closed.client, &ending.closed.server) {
                (Some(_), Some(_)) => ClosingPhase::Closed,
                (Some(_), None) | (None, Some(_)) => ClosingPhase::Closing,
                (None, None) => ClosingPhase::Ended(ending.ended_first),
            },
        }
    }

    /// The whole TCP connection ends, which this side did first, and its streams with it.
    pub(super) fn connection_ends(&mut self, first: Peer) {
        let ending = self.ending();
        ending.connection_ended_by = Some(first);
        ending.open_to_the_end = PerPeer::from_fn(|peer| ending.ends.of(peer).is_none());
        if ending.ended_first == EndedFirst::Nobody {
            ending.carrier = Carrier::Tcp;
        }
    }

    /// `RST_STREAM` ends it.
    pub(super) fn stream_was_reset(&mut self) {
        self.ending().stream_reset = true;
    }

    /// A frame's header came.
    #[inline]
    pub(super) const fn begins(&mut self) {
        self.in_flight = self.in_flight.saturating_add(1);
    }

    /// Whether the other side is inside a frame where one of this side ends.
    pub(super) const fn crosses_frame(&self) -> bool {
        self.in_flight > 1
    }

    /// Whether this side sent a Close.
    #[inline]
    pub(super) fn is_closed(&self, from: Peer) -> bool {
        self.ending.as_ref().is_some_and(|ending| ending.closed.of(from).is_some())
    }

    /// Judges that a frame began, if its side had sent a Close.
    pub(super) fn judge_beginning(&self, frame: &Frame<'_>, doubt: &Doubt, out: &mut dyn FnMut(Finding)) {
        let ending = self.ending.as_ref();
        if let Some(closed) = ending.and_then(|ending| ending.closed.of(frame.from).as_ref()) {
            out(after_close(frame, closed).tentative_if(doubt.of(frame.from)));
        }
    }

    /// A message is over.
    #[inline]
    pub(super) const fn message(&mut self, message: &Message<'_>) {
        *self.last_message.of_mut(message.from) = LastMessage {
            number: message.number,
            packet: (message.last.file, message.last.packet),
            time: message.last.time,
            extent_end: message.extent_end,
        };
    }

    /// A frame is over.
    #[inline]
    pub(super) fn ends(&mut self, frame: &Frame<'_>, doubt: &Doubt, out: &mut dyn FnMut(Finding)) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if matches!(frame.end, FrameEnd::Cut(_)) {
            *self.ending().unfinished.of_mut(frame.from) = Some(frame.last);
        } else if frame.header.opcode == Opcode::Close {
            let last = self.last_message;
            let came = if self.in_flight > 0 { CloseTiming::InsideFrame } else { CloseTiming::Between };
            self.ending().close(frame, came, last, doubt, out);
        }
    }

    /// Whether `from` sent the first Close in this frame, and the other side answered it.
    pub(super) fn was_answered(&self, from: Peer, frame: u64) -> bool {
        self.ending.as_ref().is_some_and(|ending| {
            let is_first = ending.first == Some(from) && ending.closed.of(!from).is_some();
            is_first && ending.closed.of(from).as_ref().is_some_and(|closed| closed.frame == frame)
        })
    }

    /// The packet in which the last message of `from` ended.
    pub(super) const fn last_packet(&self, from: Peer) -> (FileId, PacketNumber) {
        self.last_message.of(from).packet
    }

    /// The Close that `from` seemed to send in this frame breaks rules, and no frame stands behind it: it may have been none.
    pub(super) fn retract(&mut self, from: Peer, frame: Option<u64>) {
        if let Some(ending) = &mut self.ending {
            ending.retract(from, frame);
        }
    }

    /// Whether the other side's Close says why this frame was not sent to its end.
    pub(super) fn has_refused(&self, frame: &Frame<'_>) -> bool {
        let closed = self.ending.as_ref().and_then(|ending| ending.closed.of(!frame.from).as_ref());
        let is_cut = matches!(frame.end, FrameEnd::Cut(EndCause::Fin | EndCause::Rst | EndCause::RstByPeer));
        is_cut && closed.is_some_and(|closed| closed.refuses_frame && frame.number < closed.frame)
    }

    /// Nothing more will show what was in the way of the frame in the middle of which a Close came.
    pub(super) fn judge_in_frame(&mut self, doubt: &Doubt, out: &mut dyn FnMut(Finding)) {
        if let Some(ending) = &mut self.ending {
            ending.judge_in_frame(doubt, out);
        }
    }

    /// Something else is found: a Close that complains about the other side came before it, and is told before.
    pub(super) fn judge_complaint(&mut self, doubt: &Doubt, out: &mut dyn FnMut(Finding)) {
        if let Some(ending) = self.ending.as_mut().filter(|ending| ending.complains()) {
            ending.judge_in_frame(doubt, out);
        }
    }

    /// What `from` was sending is no frame of that length.
    pub(super) fn has_no_frame(&mut self, from: Peer, out: &mut dyn FnMut(Finding)) {
        if let Some(ending) = &mut self.ending {
            ending.has_no_frame(from, out);
        }
    }

    /// Of a frame only a part came; why, is told once it is known who left first.
    pub(super) fn hold(&mut self, fragment: CutFrame) {
        self.ending().fragments.push(fragment);
    }

    /// Takes what else there is to judge.
    pub(super) fn observe(&mut self, event: &Event<'_>, doubt: &Doubt, out: &mut dyn FnMut(Finding)) {
        if let Event::End { from, end } = event {
            let ending = self.ending();
            *ending.ends.of_mut(*from) = Some(*end);
            if end.cause != EndCause::Open && end.cause != EndCause::Unseen {
                let who = if end.cause == EndCause::RstByPeer { !*from } else { *from };
                if ending.ends.of(!*from).is_some_and(|other| end.crosses(&other)) {
                    ending.ended_first = EndedFirst::Both;
                } else if ending.ended_first == EndedFirst::Nobody
                    && !(ending.cut_off && end.cause != EndCause::Fin)
                {
                    ending.ended_first = EndedFirst::Peer(who);
                } else if let EndedFirst::Peer(first) = ending.ended_first {
                    ending.ended_first = EndedFirst::Peer(model::ended_first(first, &ending.ends));
                }
            }
            if ending.ends.of(!*from).is_some() {
                ending.judge_fragments(doubt, out);
            }
        }
    }

    /// Who ended TCP first, so far.
    pub(super) fn ended_first(&self) -> EndedFirst {
        self.ending.as_ref().map_or(EndedFirst::Nobody, |ending| ending.ended_first)
    }

    fn ending(&mut self) -> &mut ClosingHandshake {
        self.ending.get_or_insert_with(|| Box::new(ClosingHandshake::new(self.carrier)))
    }

    /// The capture dropped packets: the answer to a Close may have been among them.
    pub(super) fn drops(&mut self) {
        if let Some(ending) = &mut self.ending {
            ending.answer_perhaps_lost |= ending.first.is_some();
        }
    }

    /// A reset that neither side sent ends it.
    pub(super) fn is_cut_off(&mut self) {
        self.ending().cut_off = true;
    }

    /// The capture has no packet of one side: who ended it first is not known.
    pub(super) fn is_one_sided(&mut self) {
        let ending = self.ending();
        if ending.ended_first == EndedFirst::Nobody {
            ending.ended_first = EndedFirst::Unknown;
        }
    }

    /// No frame can be read: what the peers said is encrypted.
    pub(super) fn is_dark(&mut self) {
        self.ending().legible = Legible::Nothing;
    }

    /// Secrets came for what follows.
    pub(super) fn comes_to_light(&mut self) {
        self.ending().legible = Legible::Later;
    }

    /// TLS is over. The innermost that carries the session is told last.
    pub(super) fn tls_ends(&mut self, notices: PerPeer<EndNotice>) {
        self.ending().tls = PerPeer::from_fn(|peer| Some(*notices.of(peer)));
    }

    /// The session is over: how it ended.
    pub(super) fn finish(&mut self, doubt: &Doubt, out: &mut dyn FnMut(Finding)) -> Box<ClosingHandshake> {
        let mut ending = self.ending.take().unwrap_or_else(|| Box::new(ClosingHandshake::new(self.carrier)));
        ending.last_message = self.last_message;
        ending.judge_fragments(doubt, out);
        ending.judge_perhaps_answer(out);
        ending.compare_fin_with_close();
        ending.unread = PerPeer::from_fn(|peer| doubt.is_blind(peer) || ending.unfinished.of(peer).is_some());
        ending.hidden = PerPeer::from_fn(|peer| doubt.is_blind(peer) && *doubt.gapped.of(peer));
        ending
    }
}

fn after_close(frame: &Frame<'_>, closed: &FirstClose) -> Finding {
    let summary = format!(
        "the {} sent a {} frame after its Close of frame {}",
        frame.from, frame.header.opcode, closed.frame
    );
    let mut finding =
        Finding::new(Id::DataAfterClose, frame.first, summary).from(frame.from).frame(frame.number);
    if frame.header.opcode.is_control() {
        // "MUST NOT send any more data frames": a ping is pointless, not forbidden.
        finding.severity = Severity::Note;
        finding.class = Class::Anomaly;
    }
    finding
}
