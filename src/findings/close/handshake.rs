//! How a session ends, as far as it is known: both Close frames, and the ends of both streams.

use crate::findings::carrier::{Carrier, EndedFirst};
use crate::findings::catalog::{Id, Severity};
use crate::findings::cut::CutFrame;
use crate::findings::doubt::Doubt;
use crate::findings::endings::Farewell;
use crate::findings::field::FindingField;
use crate::findings::finding::Finding;
use crate::findings::words::quoted;
use crate::model::{End, EndCause, FileId, Footprint, PacketNumber, Peer, PerPeer, Stamp, Timestamp, phrase};
use crate::tls::EndNotice;
use crate::ws::{CloseCode, ClosePayload, Frame, names_time, names_trouble, says_nothing};
use std::time::Duration;

/// The first byte of a Close frame.
const CLOSE_HEADER: u16 = 0x88;

/// A message and a Close closer than this reach the peer as one.
const TOGETHER: Duration = Duration::from_millis(1);

/// Nothing shorter is worth calling a silence.
const SILENT: Duration = Duration::from_secs(5);

/// A side's first Close frame.
#[derive(Clone, Debug)]
pub(super) struct FirstClose {
    pub(super) frame: u64,
    pub(super) stamp: Stamp,
    pub(super) code: Option<CloseCode>,
    pub(super) reason: Vec<u8>,
    /// It came while the other side was still sending a frame, and reports a failure.
    pub(super) refuses_frame: bool,
    /// The capture misses some of it: without a code here it may have had one.
    pub(super) lossy: bool,
    pub(super) extent_end: u64,
    /// The number of the other side's latest message before it, in the order that acknowledgments show.
    pub(super) heard: u64,
    /// The message that reached the peer together with it.
    pub(super) right_after: Option<LastMessage>,
}

impl FirstClose {
    /// Whether its code or its reason names another cause than time.
    fn is_explained(&self) -> bool {
        let is_other_code = self.code.is_some_and(|code| code.blames_peer() || matches!(code.0, 1012..=1014));
        is_other_code || !says_nothing(&self.reason) && !names_time(&self.reason)
    }
}

/// A side's latest message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LastMessage {
    /// From 1.
    pub(super) number: u64,
    /// Its last packet.
    pub(super) packet: (FileId, PacketNumber),
    /// When that was.
    pub(super) time: Timestamp,
    /// [`Message::extent_end`].
    pub(super) extent_end: u64,
}

/// When a Close comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CloseTiming {
    /// While the other side was sending no frame.
    Between,
    /// While it was.
    InsideFrame,
}

/// A Close that reports a failure while the other side is sending a frame.
#[derive(Clone, Debug)]
pub(super) struct CloseInFrame {
    /// The Close.
    pub(super) finding: Finding,
    /// The same sentence, with the frame.
    inside: String,
    /// It complains about the other side: nothing else is why it came then.
    blames_peer: bool,
}

/// What of a session can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Legible {
    /// Its frames.
    Frames,
    /// Not even those: it is inside TLS, which no secret opens.
    Nothing,
    /// Not even those, until secrets came: what they open is another session.
    Later,
}

/// How a session ends, as far as it is known.
#[derive(Clone, Debug)]
pub(in crate::findings) struct ClosingHandshake {
    pub(super) carrier: Carrier,
    /// `RST_STREAM` ended it, which is told as such.
    pub(super) stream_reset: bool,
    /// This side's direction of the stream was open when the whole connection ended.
    pub(super) open_to_the_end: PerPeer<bool>,
    /// The side that ended the whole connection, if the stream ended with that.
    pub(super) connection_ended_by: Option<Peer>,
    pub(super) closed: PerPeer<Option<FirstClose>>,
    /// Who sent the first Close.
    pub(super) first: Option<Peer>,
    /// How each direction ended.
    pub(in crate::findings) ends: PerPeer<Option<End>>,
    /// The last packet with a part of the frame inside which this side's stream ended.
    pub(super) unfinished: PerPeer<Option<Stamp>>,
    /// A Close that came while the other side was still sending a frame, until it is known whether something was in that frame's way, and
    /// whether it is one.
    pub(super) in_frame: Option<CloseInFrame>,
    /// A Close that reports a failure, or only answers one of the other side which the capture lacks, until that side's own comes: it
    /// sends no other.
    pub(super) perhaps_answer: Option<Finding>,
    /// Frames of which only a part came, until it is known who left first.
    pub(super) fragments: Vec<CutFrame>,
    pub(super) ended_first: EndedFirst,
    /// Where each side's latest message ended in its stream, and when it came.
    pub(super) last_message: PerPeer<LastMessage>,
    /// A reset that neither side sent ended it.
    pub(super) cut_off: bool,
    pub(super) legible: Legible,
    /// What each side said of the end of TLS, if that carried the session.
    pub(super) tls: PerPeer<Option<EndNotice>>,
    /// This side ended TCP without having seen the first Close, which the other side sent.
    pub(super) left_before_close: Option<Peer>,
    /// The capture dropped packets after the first Close: the answer may have been among them.
    pub(super) answer_perhaps_lost: bool,
    /// How long neither side had sent a frame when TCP ended without a Close, if that was long.
    pub(super) silence: Option<Duration>,
    /// This side's last bytes could not be read as frames: a Close may be among them.
    pub(super) unread: PerPeer<bool>,
    /// A gap, behind which no frame was found, hides what this side sent last: a Close may be in it.
    pub(super) hidden: PerPeer<bool>,
}

impl ClosingHandshake {
    /// Bytes of memory that it takes, in a box.
    pub(super) fn memory(&self) -> usize {
        let closes = [&self.closed.client, &self.closed.server].into_iter().flatten();
        let reasons: usize = closes.map(|close| close.reason.capacity() + Footprint::ALLOCATION).sum();
        size_of::<Self>()
            + Footprint::ALLOCATION
            + reasons
            + self.fragments.capacity() * size_of::<CutFrame>()
            + self.in_frame.as_ref().map_or(0, |close| close.finding.memory() + close.inside.capacity())
            + self.perhaps_answer.as_ref().map_or(0, Finding::memory)
    }

    pub(super) fn new(carrier: Carrier) -> Self {
        Self {
            carrier,
            stream_reset: false,
            open_to_the_end: PerPeer::default(),
            connection_ended_by: None,
            closed: PerPeer::default(),
            first: None,
            ends: PerPeer::default(),
            unfinished: PerPeer::default(),
            in_frame: None,
            perhaps_answer: None,
            fragments: Vec::new(),
            ended_first: EndedFirst::Nobody,
            last_message: PerPeer::default(),
            cut_off: false,
            legible: Legible::Frames,
            tls: PerPeer::default(),
            left_before_close: None,
            answer_perhaps_lost: false,
            silence: None,
            unread: PerPeer::default(),
            hidden: PerPeer::default(),
        }
    }
}

impl ClosingHandshake {
    /// It is known who left first: tells of frames that are not whole because of that.
    pub(super) fn judge_fragments(&mut self, doubt: &Doubt, out: &mut dyn FnMut(Finding)) {
        self.judge_in_frame(doubt, out);
        for fragment in std::mem::take(&mut self.fragments) {
            fragment.judge(self.ended_first, doubt, out);
        }
    }

    /// Nothing more will show what was in the way of the frame in the middle of which a Close came.
    pub(super) fn judge_in_frame(&mut self, doubt: &Doubt, out: &mut dyn FnMut(Finding)) {
        let Some(CloseInFrame { finding, inside, blames_peer }) = self.in_frame.take() else { return };
        let obstruction = finding.from.and_then(|from| doubt.obstruction(!from)).filter(|_| !blames_peer);
        let finding = Finding { summary: inside, ..finding };
        out(finding.severity(Severity::Warning).because(obstruction));
    }

    /// Whether a Close that complains about the other side came inside of a frame, and is not told yet.
    pub(super) fn complains(&self) -> bool {
        self.in_frame.as_ref().is_some_and(|close| close.blames_peer)
    }

    /// What `from` was sending is no frame of that length: the Close of the other side came behind one as well as inside of it.
    pub(super) fn has_no_frame(&mut self, from: Peer, out: &mut dyn FnMut(Finding)) {
        if let Some(close) = self.in_frame.take_if(|close| close.finding.from == Some(!from)) {
            out(close.finding);
        }
    }

    /// The Close of the other side, to which this one may have been the answer, is not in the capture.
    pub(super) fn judge_perhaps_answer(&mut self, out: &mut dyn FnMut(Finding)) {
        let Some(mut finding) = self.perhaps_answer.take() else { return };
        if let Some(from) = finding.from {
            let why = format!("; it may answer a Close of the {} that the capture lacks", !from);
            finding.summary.push_str(&why);
        }
        out(finding.tentative());
    }

    /// Whether a side that ended TCP had seen the other's Close is told by what its FIN acknowledges.
    pub(super) fn compare_fin_with_close(&mut self) {
        let closed = self.first.and_then(|from| Some((!from, self.closed.of(from).as_ref()?.extent_end)));
        if let Some((other, close_end)) = closed
            && self.closed.of(other).is_none()
            && let Some(fin) = self.ends.of(other).and_then(|end| end.fin())
        {
            let is_before = fin.acknowledged.is_some_and(|up_to| up_to < close_end);
            self.left_before_close = is_before.then_some(other);
        }
    }

    /// A Close frame came, after these latest messages.
    pub(super) fn close(
        &mut self,
        frame: &Frame<'_>,
        came: CloseTiming,
        last: PerPeer<LastMessage>,
        doubt: &Doubt,
        out: &mut dyn FnMut(Finding),
    ) {
        let from = frame.from;
        if self.closed.of(from).is_some() {
            return;
        }
        let mut tell =
            |finding: Finding| out(finding.from(from).frame(frame.number).tentative_if(doubt.of(from)));
        let lossy = !frame.is_complete();
        let (code, reason) = match ClosePayload::parse(frame.payload) {
            ClosePayload::Empty => (None, &[][..]),
            ClosePayload::TooShort(_) if lossy => (None, &[][..]),
            ClosePayload::TooShort(byte) => {
                let summary =
                    format!("the {from} sent a Close frame with one byte ({byte:02x}): a close code has two");
                tell(Finding::new(Id::ClosePayloadInvalid, frame.first, summary));
                (None, &[][..])
            }
            ClosePayload::Code(code, reason) => (Some(code), reason),
        };
        if let Some(code) = code.filter(|code| !code.is_allowed()) {
            let mut summary = format!(
                "the {from} sent close code {code} ({}), which must not be sent in a Close frame",
                code.meaning()
            );
            if code.0 >> 8 == CLOSE_HEADER {
                summary +=
                    "; its bytes are the header of a Close frame: most likely two writers share no lock";
            }
            tell(
                Finding::new(Id::CloseCodeInvalid, frame.first, summary)
                    .with(FindingField::Code, u64::from(code.0)),
            );
        }
        // A Close that is far too long is not kept whole: a character cut by that is not a fault.
        let kept_whole = frame.payload.len() as u64 == frame.header.length;
        if !lossy && std::str::from_utf8(reason).is_err_and(|error| kept_whole || error.error_len().is_some())
        {
            let summary = format!("the reason in the {from}'s Close frame is not UTF-8: {}", quoted(reason));
            let code = code.map_or(0, |code| u64::from(code.0));
            tell(
                Finding::new(Id::CloseReasonInvalidUtf8, frame.first, summary).with(FindingField::Code, code),
            );
        }
        let echoed = self.closed.of(!from).as_ref().is_some_and(|closed| closed.code == code);
        // It comes behind what hides frames of this side, and nobody sends two: what waits for it was no answer. A guess where frames
        // begin is right where it finds the code that is to be echoed.
        if self.first == Some(!from) && (echoed || !doubt.of(from)) {
            self.perhaps_answer.take().into_iter().for_each(&mut *out);
        }
        let mut refuses_frame = false;
        if let Some(code) = code.filter(|code| code.is_abnormal() && !echoed) {
            // With two clocks, or where the capture began late, it is not known what came first.
            let is_known = !doubt.two_clocks && !doubt.of(!from) && !doubt.is_blind(!from);
            // A frame whose length is wrong is not what it is in the middle of.
            let is_frame = *doubt.unframed.of(!from) == 0;
            refuses_frame = came == CloseTiming::InsideFrame && self.first.is_none() && is_known && is_frame;
            let why = if reason.is_empty() { String::new() } else { format!(": {}", quoted(reason)) };
            let closed = format!("the {from} closed with {code} ({})", code.meaning());
            let inside = format!("{closed} in the middle of the {}'s frame{why}", !from);
            let finding = Finding::new(Id::CloseAbnormal, frame.first, closed + &why)
                .with(FindingField::Code, u64::from(code.0))
                .with(FindingField::Reason, String::from_utf8_lossy(reason).into_owned());
            // Where the other side's Close may be missing, this one may only repeat its code.
            let is_hidden = doubt.is_blind(!from) && *doubt.gapped.of(!from);
            let may_answer = self.first.is_none() && is_hidden;
            let finding = finding.from(from).frame(frame.number).tentative_if(doubt.of(from));
            match refuses_frame {
                true => {
                    self.in_frame = Some(CloseInFrame { finding, inside, blames_peer: code.blames_peer() });
                }
                false if may_answer => self.perhaps_answer = Some(finding),
                false => out(finding),
            }
        }
        let together = |last: &LastMessage| {
            // Times in milliseconds or more cannot tell.
            let is_fine = !(frame.first.time.is_whole_milliseconds() && last.time.is_whole_milliseconds());
            last.packet == (frame.first.file, frame.first.packet)
                || is_fine && frame.first.time.passed_since(last.time).is_some_and(|apart| apart < TOGETHER)
        };
        // The answer to the other side's Close ends nothing early: its receiver has stopped listening.
        let right_after =
            Some(*last.of(from)).filter(|last| last.number > 0 && self.first.is_none()).filter(together);
        if self.first.is_none() {
            self.first = Some(from);
            self.left_before_close = self.ended_first.peer().filter(|who| *who != from);
        }
        *self.closed.of_mut(from) = Some(FirstClose {
            frame: frame.number,
            stamp: frame.first,
            code,
            reason: reason.to_vec(),
            refuses_frame,
            lossy,
            extent_end: frame.extent_end,
            heard: last.of(!from).number,
            right_after,
        });
    }

    /// What seemed to be the Close of `from`, in this frame, may have been none.
    pub(super) fn retract(&mut self, from: Peer, frame: Option<u64>) {
        if self.closed.of(from).as_ref().is_some_and(|closed| Some(closed.frame) == frame) {
            *self.closed.of_mut(from) = None;
            (self.in_frame, self.perhaps_answer) = (None, None);
            self.first = Some(!from).filter(|other| self.closed.of(*other).is_some());
        }
    }

    /// `last_word` was the time of the last frame before the end.
    pub(in crate::findings) fn fall_silent(&mut self, last_word: Option<Timestamp>, doubt: &Doubt) {
        let blind = Peer::BOTH.iter().any(|peer| doubt.is_blind(*peer));
        if self.first.is_some() || self.legible != Legible::Frames || blind || doubt.two_clocks {
            return;
        }
        let Some((since, until)) = last_word.zip(self.ended_at()) else { return };
        let is_fine = !(since.is_whole_seconds() && until.time.is_whole_seconds());
        self.silence = Some(until.time.since(since)).filter(|silence| *silence >= SILENT && is_fine);
    }

    /// How long it was silent before the end, as an addition to a sentence.
    pub(super) fn after_silence(&self) -> String {
        phrase(" after ", self.silence, " of silence")
    }

    /// A finding about the end with the silence before it.
    pub(super) fn with_silence(&self, finding: Finding) -> Finding {
        finding.lasting(FindingField::SilenceMs, self.silence)
    }

    /// Who sent the first Close, and that, if it says by its code that all is well, and by its reason that something was wrong.
    pub(super) fn told_trouble(&self) -> Option<(Peer, &FirstClose)> {
        let from = self.first?;
        let closed = self.closed.of(from).as_ref()?;
        let is_well = closed.code.is_some_and(|code| matches!(code.0, 1000 | 1001));
        (is_well && names_trouble(&closed.reason)).then_some((from, closed))
    }

    /// A side that ended TCP, the other one that never did so though it was there to the end, and for how long it was; the host of
    /// who has nothing more to say waits for that.
    pub(super) fn left_half_open(&self) -> Option<(Peer, Peer, Duration)> {
        /// As long as hosts wait for it whose program is gone.
        const LONG: Duration = Duration::from_secs(60);
        let who = self.ended_first.peer().filter(|_| self.carrier == Carrier::Tcp)?;
        let fin = self.ends.of(who).filter(|end| end.cause == EndCause::Fin)?;
        let open = self.ends.of(!who).filter(|end| end.cause == EndCause::Open)?;
        let lasted = open.stamp.time.passed_since(fin.stamp.time)?;
        (lasted >= LONG).then_some((who, !who, lasted))
    }

    /// The first Close: who, code, reason, whether it was answered.
    pub(in crate::findings) fn first_close(&self) -> Option<(Peer, Option<CloseCode>, Vec<u8>, bool)> {
        let from = self.first?;
        let closed = self.closed.of(from).as_ref()?;
        Some((from, closed.code, closed.reason.clone(), self.closed.of(!from).is_some()))
    }

    /// What this side ended: the stream, or the whole connection while its direction of the stream was still open.
    pub(super) fn ended_with(&self, who: Peer) -> Carrier {
        if *self.open_to_the_end.of(who) { Carrier::Tcp } else { self.carrier }
    }

    /// Whose end of TCP is told: of who ended it first, or of the only side that was captured.
    pub(super) fn whose_end(&self) -> Option<Peer> {
        let is_ended = |peer: &Peer| {
            let end = self.ends.of(*peer);
            end.is_some_and(|end| matches!(end.cause, EndCause::Fin | EndCause::Rst))
        };
        self.ended_first.peer().or_else(|| {
            Peer::BOTH.into_iter().find(is_ended).filter(|_| self.ended_first == EndedFirst::Unknown)
        })
    }

    /// The packet with the Close frame or, without one, the end of TCP that came first.
    pub(in crate::findings) fn ended_at(&self) -> Option<Stamp> {
        let closed = self.first.and_then(|from| self.closed.of(from).as_ref()).map(|closed| closed.stamp);
        let who = self.whose_end().or(self.cut_off.then_some(Peer::Client));
        let together = || {
            let ends = Peer::BOTH.iter().filter_map(|peer| *self.ends.of(*peer));
            ends.map(|end| end.stamp).min().filter(|_| self.ended_first == EndedFirst::Both)
        };
        closed.or_else(|| who.and_then(|who| *self.ends.of(who)).map(|end| end.stamp)).or_else(together)
    }

    /// Whether the two Close frames crossed on their way: the side whose Close was captured second had not seen the
    /// other one even when it ended TCP.
    pub(super) fn closes_crossed(&self) -> bool {
        let seen = |from: Peer| {
            let end = self.closed.of(from).as_ref()?.extent_end;
            let fin = self.ends.of(!from).filter(|_| self.closed.of(!from).is_some())?.fin()?;
            Some(fin.acknowledged? >= end)
        };
        self.first.is_some_and(|from| seen(from) == Some(false))
    }

    /// Who left first, and how; nobody where something in between ended it, or both sides did at once.
    pub(in crate::findings) fn left(&self) -> (Option<Peer>, Farewell) {
        if self.closes_crossed() {
            return (None, Farewell::Explained);
        }
        let Some(from) = self.first else {
            let farewell =
                if self.ended_first == EndedFirst::Both { Farewell::Together } else { Farewell::None };
            return (self.ended_first.peer(), farewell);
        };
        let is_explained = self.closed.of(from).as_ref().is_some_and(FirstClose::is_explained);
        (Some(from), if is_explained { Farewell::Explained } else { Farewell::Close })
    }

    /// Whether the side that did not leave first, as far as it is known, may have done so all the same: its last bytes cannot be
    /// read, or were read late.
    pub(in crate::findings) fn may_have_left_before(&self) -> bool {
        let (Some(first), _) = self.left() else { return false };
        match self.closed.of(!first) {
            Some(other) => self.closed.of(first).as_ref().is_some_and(|own| other.stamp < own.stamp),
            None => *self.unread.of(!first),
        }
    }

    /// Who answered the first Close, and how long after it.
    pub(super) fn answer_took(&self) -> Option<(Peer, Duration)> {
        let from = self.first.filter(|_| !self.closes_crossed())?;
        let (closed, answer) = (self.closed.of(from).as_ref()?, self.closed.of(!from).as_ref()?);
        Some((!from, answer.stamp.time.passed_since(closed.stamp.time)?))
    }

    /// How long the server left TCP open after both Close frames, until the client ended it: the server is to close it
    /// first (RFC 6455 §7.1.1).
    pub(super) fn lingered(&self) -> Option<Duration> {
        let (client, server) = (self.closed.client.as_ref()?, self.closed.server.as_ref()?);
        let end = self.ends.client.filter(|_| self.ended_first == EndedFirst::Peer(Peer::Client))?;
        end.stamp.time.passed_since(client.stamp.time.max(server.stamp.time))
    }

    /// What ended TCP, as far as the session knows.
    pub(in crate::findings) fn end(&self) -> (EndCause, Option<Peer>) {
        // Whoever ended first did it in this way, whatever the other side answered.
        let first = self.ended_first.peer().and_then(|who| *self.ends.of(who)).map(|end| end.cause);
        if let Some(cause @ (EndCause::Fin | EndCause::Rst)) = first {
            return (cause, self.ended_first.peer());
        }
        let causes = [self.ends.client, self.ends.server].into_iter().flatten().map(|end| end.cause);
        let cause = causes.fold(EndCause::Open, |worst, cause| match (worst, cause) {
            (EndCause::Rst | EndCause::RstByPeer, _) | (_, EndCause::Rst | EndCause::RstByPeer) => {
                EndCause::Rst
            }
            (EndCause::Fin, _) | (_, EndCause::Fin) => EndCause::Fin,
            (EndCause::Open | EndCause::Unseen, EndCause::Open | EndCause::Unseen) => EndCause::Open,
        });
        (cause, self.ended_first.peer())
    }
}
