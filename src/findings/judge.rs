//! Judges one session: gives every fact to the subjects and keeps count of what may be doubted.

use super::carrier::{Carrier, EndedFirst};
use super::catalog::{Certainty, Class, Id};
use super::close::{Close, CloseStory, ClosingPhase, Offences, Place};
use super::cut::{CutFrame, IMPOSSIBLE};
use super::doubt::Doubt;
use super::endings::Farewell;
use super::field::FindingField;
use super::finding::Finding;
use super::frames::Frames;
use super::headers::{Behind, HeaderFindings};
use super::http2;
use super::left_out::left_out_length;
use super::messages::Messages;
use super::ping_pong::PingPong;
use super::records::CutRecord;
use super::subprotocol::Unchosen;
use super::transport::{self, Path};
use super::upgrade::{self, Surroundings};
use crate::http2::{ErrorCode, StreamFact};
use crate::model::{
    Count, Delivered, EndCause, Footprint, GapCause, Limits, Peer, PerPeer, SessionId, Stamp, Timestamp,
    Trouble, WindowClosed,
};
use crate::tls::EndNotice;
use crate::upgrade::{HeadPart, Outcome, Upgrade};
use crate::ws::{
    CloseCode, Event, Extensions, Frame, FrameEnd, LostFraming, LostShape, Message, Opcode, PartialHeader,
};
use std::time::Duration;

/// Judges one session from its upgrade to its end.
#[derive(Debug)]
pub struct Judge {
    doubt: Doubt,
    /// The upgrade was one that a client has to fail.
    refused: bool,
    /// What to say about a subprotocol that was not chosen, once the client shows how it takes that; boxed, as few
    /// sessions have it.
    unchosen: Option<Box<Unchosen>>,
    frames: Frames,
    headers: HeaderFindings,
    messages: Messages,
    ping_pong: PingPong,
    close: Close,
    offences: Offences,
    /// A frame of this side did not arrive whole.
    is_short: PerPeer<bool>,
}

/// What the judge of a session knows at its end.
#[derive(Clone, Debug)]
pub struct SessionOutcome {
    /// Pings sent and pings acknowledged.
    pub pings: (u64, u64),
    /// Shortest, median and longest round trip.
    pub round_trips: Option<(Duration, Duration, Duration)>,
    /// The first Close: who, code, reason, whether it was answered.
    pub close: Option<(Peer, Option<CloseCode>, Vec<u8>, bool)>,
    /// What ended TCP, and who did it first.
    pub end: (EndCause, Option<Peer>),
    /// When that was.
    pub ended_at: Option<Stamp>,
    /// Who left first, and how; nobody where something in between ended it, or both sides did at once.
    pub left: (Option<Peer>, Farewell),
    /// Whether the other side may have left before, in what cannot be read.
    pub left_doubtful: bool,
    /// Whether the other side had violated the protocol before, so that it had to be left, or might be.
    pub left_provoked: bool,
    /// Pings that had every chance of a pong but for a dead path, and got none.
    pub lost_pings: u64,
    /// What took longest to arrive, having been sent again, and who sent it.
    pub delivered: Option<(Peer, Delivered)>,
    /// The end in one sentence.
    pub story: CloseStory,
}

impl Judge {
    /// A session that begins with `upgrade`.
    pub fn new(upgrade: &Upgrade, path: Option<Box<Path>>, limits: &Limits) -> Self {
        let is_unread = upgrade.outcome.is_unread();
        // What was agreed on may be in the part of the answer that the capture lost.
        let extensions = upgrade.extensions();
        let unseen = is_unread || matches!(upgrade.response, HeadPart::Partial { .. });
        let lost = PerPeer::from_fn(|peer| is_unread || *upgrade.searching.of(peer));
        // What the capture lost of a head may have gone on into frames.
        let blind = PerPeer {
            client: lost.client || upgrade.request.whole().is_none(),
            server: lost.server || upgrade.response.whole().is_none(),
        };
        let mut close = Close::new(&upgrade.via);
        if path.as_ref().is_some_and(|path| path.foreign_reset().is_some()) {
            close.is_cut_off();
        }
        if upgrade.outcome == Outcome::Dark {
            close.is_dark();
        }
        let mut offences = Offences::default();
        // Over HTTP/1.1 what the client makes of such an answer decides whether there is a session.
        if let (Some(over), HeadPart::Whole(answer)) = (upgrade.via.http2(), &upgrade.response)
            && over.is_certain()
            && upgrade.may_be_refused()
        {
            offences.note_answer(answer.head.last);
        }
        Self {
            doubt: Doubt {
                guessed: lost,
                blind,
                gapped: lost,
                unagreed: !matches!(extensions, Extensions::Seen { .. }),
                headless: PerPeer {
                    client: upgrade.searching.client || upgrade.request == HeadPart::Lost,
                    server: upgrade.searching.server,
                },
                path,
                carrier: Carrier::of(&upgrade.via),
                ..Doubt::default()
            },
            refused: upgrade.outcome == Outcome::Failed,
            unchosen: Unchosen::of(upgrade).map(Box::new),
            frames: Frames::new(extensions),
            headers: HeaderFindings::default(),
            messages: Messages::new(unseen, limits.message_bytes),
            ping_pong: PingPong::new(blind, limits.outstanding_pings),
            close,
            offences,
            is_short: PerPeer::default(),
        }
    }

    /// Tells everything worth telling about an attempt to upgrade, and about the path that it took.
    pub fn attempt(upgrade: &Upgrade, around: Surroundings<'_>, out: &mut dyn FnMut(Finding)) {
        if let Some(path) = around.path {
            path.tell(out);
        }
        upgrade::judge(upgrade, around, out);
    }

    /// TCP shows something of the way of `from`'s bytes.
    pub fn trouble(&mut self, from: Peer, trouble: &Trouble, out: &mut dyn FnMut(Finding)) {
        let path = self.doubt.path.get_or_insert_default();
        let was_cut_off = path.foreign_reset().is_some();
        path.note(from, trouble);
        if let Trouble::ForeignReset(_) = trouble {
            self.close.is_cut_off();
            // One in the name of each side is one story.
            if was_cut_off {
                return;
            }
        }
        if let Some(finding) = transport::judge(from, trouble) {
            self.close.judge_complaint(&self.doubt, out);
            out(finding);
        }
    }

    /// TLS, which carries it, is over: what each side said of its end.
    pub(crate) fn tls_ends(&mut self, notices: PerPeer<EndNotice>) {
        self.close.tls_ends(notices);
    }

    /// TLS, which carries it, ended inside a record of one side.
    pub(crate) fn record_falls_short(&mut self, record: CutRecord, out: &mut dyn FnMut(Finding)) {
        let from = record.from;
        let is_told = self.refused || *self.is_short.of(from) || self.close.is_closed(from);
        // Who leaves with a Close, or may have, need not wait for more.
        let may_leave = self.close.is_closed(!from) || self.doubt.is_blind(!from);
        let has_left = matches!(self.close.ended_first(), EndedFirst::Both)
            || self.close.ended_first() == EndedFirst::Peer(!from);
        if !is_told && (record.is_stalled() || !(may_leave && has_left)) {
            CutFrame::Record(record).judge(self.close.ended_first(), &self.doubt, out);
        }
    }

    /// Nothing of it could be read, and secrets came: what they open is told as another session.
    pub(crate) fn comes_to_light(&mut self) {
        self.close.comes_to_light();
    }

    /// The packets of the two sides bear the times of different clocks.
    pub fn clocks_differ(&mut self) {
        self.doubt.two_clocks = true;
    }

    /// Whether both sides have sent a Close: then nobody is to blame that it is over.
    pub fn has_closed(&self) -> bool {
        self.close.phase() == ClosingPhase::Closed
    }

    /// Bytes of these sides were received that have not come, or not yet: a Close may be among them.
    pub fn misses(&mut self, sides: PerPeer<bool>) {
        for peer in Peer::BOTH {
            *self.doubt.blind.of_mut(peer) |= *sides.of(peer);
        }
    }

    /// One side ends the connection, and the capture has no packet of the other one.
    pub fn is_one_sided(&mut self) {
        self.doubt.one_sided = true;
        self.close.is_one_sided();
    }

    /// What it takes of memory besides itself: [`shed`](Self::shed) can give back what is held.
    #[inline]
    pub(crate) fn footprint(&self) -> Footprint {
        let holds_nothing = self.unchosen.is_none()
            && self.doubt.path.is_none()
            && self.close.is_open()
            && self.frames.holds_nothing()
            && self.headers.is_empty()
            && self.offences.is_empty()
            && self.messages.holds_nothing();
        let pings = self.ping_pong.footprint();
        if holds_nothing { pings } else { pings + self.held() }
    }

    /// What it takes besides pings.
    #[cold]
    fn held(&self) -> Footprint {
        let unchosen = self.unchosen.as_ref().map_or(0, |unchosen| unchosen.memory());
        let path = self.doubt.path.as_ref().map_or(0, |_| size_of::<Path>() + Footprint::ALLOCATION);
        let findings = self.frames.memory() + self.headers.memory() + self.offences.memory();
        let findings = findings + self.messages.memory() + self.close.memory();
        Footprint::default().and_least(unchosen + path + findings)
    }

    /// Gives that memory back: what is judged afterwards is judged as if the capture had missed what is forgotten.
    pub(crate) fn shed(&mut self) {
        self.ping_pong.shed();
    }

    /// Takes the next fact of the session.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "who reports a fact knows what it is: most need only a part of this"
    )]
    pub fn observe(&mut self, event: &Event<'_>, out: &mut dyn FnMut(Finding)) {
        match event {
            Event::Header(frame) => self.begins(frame, out),
            Event::Frame(frame) => self.ends(frame, out),
            Event::Message(message) => {
                if self.messages.is_unusual(message) {
                    self.judge_content(message, out);
                }
                self.close.message(message);
            }
            Event::Stalled { .. }
            | Event::PartialHeader(_)
            | Event::Gap { .. }
            | Event::Resynchronized { .. }
            | Event::Foreign { .. }
            | Event::LostFraming(_)
            | Event::Misaligned { .. }
            | Event::End { .. } => self.observe_rare(event, out),
        }
    }

    /// A frame's header came.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "see `observe`")]
    fn begins(&mut self, frame: &Frame<'_>, out: &mut dyn FnMut(Finding)) {
        *self.doubt.blind.of_mut(frame.from) = false;
        if frame.from == Peer::Client
            && frame.header.opcode != Opcode::Close
            && let Some(unchosen) = self.unchosen.take()
        {
            out(unchosen.accepted());
        }
        self.close.begins();
        let weak = self.frames.weak_key(frame);
        let is_unusual = weak.is_some()
            || !self.frames.is_usual(frame)
            || !self.messages.is_usual(frame)
            || self.close.is_closed(frame.from);
        if is_unusual || !self.headers.is_empty() {
            self.begins_unusual(frame, weak, out);
        }
    }

    /// A frame's header came that may break a rule, or has the client's `weak` masking key.
    #[inline(never)]
    fn begins_unusual(&mut self, frame: &Frame<'_>, weak: Option<[u8; 4]>, out: &mut dyn FnMut(Finding)) {
        let Self { frames, headers, messages, close, doubt, offences, .. } = self;
        let mut found: Vec<Finding> = Vec::new();
        let mut find = |finding: Finding| found.push(finding);
        frames.begins(frame, weak, doubt, &mut find);
        messages.begins(frame, doubt, &mut find);
        close.judge_beginning(frame, doubt, &mut find);
        let start = headers.start(frame, close.last_packet(frame.from));
        headers.next(frame.from, start, found.is_empty(), out);
        for finding in frames.held().into_iter().chain(&found) {
            // What waited was found in an earlier frame.
            let is_here = finding.frame == Some(frame.number);
            let place = if is_here { Place::of_header(frame) } else { Place::unknown(finding.stamp) };
            offences.note(finding, place, !doubt.two_clocks);
        }
        for finding in found {
            headers.take(frame.from, (frame.number, start), finding, out);
        }
    }

    /// A frame is over.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "see `observe`")]
    fn ends(&mut self, frame: &Frame<'_>, out: &mut dyn FnMut(Finding)) {
        self.frames_end(frame, out);
        self.messages.ends(frame);
        if frame.header.opcode == Opcode::Ping && self.close.crosses_frame() {
            self.ping_pong.comes_inside_frame(frame.from);
        }
        self.ping_pong.ends(frame, &self.doubt, out);
        if frame.header.opcode == Opcode::Close {
            self.close_ends(frame, out);
        } else {
            self.close.ends(frame, &self.doubt, out);
        }
        if !self.headers.is_empty() {
            self.headers.ends(frame);
        }
        if !self.offences.is_empty() {
            self.offences.ends(frame);
        }
    }

    /// A Close is over. What is wrong with its payload may be that it is no Close.
    #[inline(never)]
    fn close_ends(&mut self, frame: &Frame<'_>, out: &mut dyn FnMut(Finding)) {
        let Self { headers, close, doubt, .. } = self;
        let start = headers.start(frame, close.last_packet(frame.from));
        close.ends(frame, doubt, &mut |finding| match finding.class {
            Class::Violation => headers.take(frame.from, (frame.number, start), finding, out),
            Class::Failure | Class::Anomaly | Class::Capture | Class::Noise => out(finding),
        });
    }

    /// A frame is over: whole or not.
    #[inline]
    fn frames_end(&mut self, frame: &Frame<'_>, out: &mut dyn FnMut(Finding)) {
        if !frame.is_complete() {
            self.frame_is_cut(frame, out);
        }
    }

    /// Of a frame only a part came, and that may be known already.
    #[cold]
    fn frame_is_cut(&mut self, frame: &Frame<'_>, out: &mut dyn FnMut(Finding)) {
        if frame.header.is_length_invalid() || frame.header.length >= IMPOSSIBLE {
            self.close.has_no_frame(frame.from, out);
        }
        // A Close that refuses the frame is why the rest of it never came, and has been reported. So has been what is
        // wrong with its length.
        let may_be_right = frame.header.length < IMPOSSIBLE && left_out_length(frame).is_none();
        let is_refused = self.close.has_refused(frame) && may_be_right;
        let is_told = *self.doubt.unframed.of(frame.from) == frame.number || frame.header.is_length_invalid();
        if !is_refused && !is_told {
            self.falls_short(CutFrame::Frame(frame.without_payload()), out);
        }
    }

    /// Of a frame only a part came.
    fn falls_short(&mut self, fragment: CutFrame, out: &mut dyn FnMut(Finding)) {
        *self.is_short.of_mut(fragment.from()) = true;
        if fragment.waits_for_other_side(&self.doubt) {
            self.close.hold(fragment);
        } else {
            self.close.judge_in_frame(&self.doubt, out);
            fragment.judge(self.close.ended_first(), &self.doubt, out);
        }
    }

    /// A message is over that may break a rule.
    #[inline(never)]
    fn judge_content(&mut self, message: &Message<'_>, out: &mut dyn FnMut(Finding)) {
        let Self { messages, frames, doubt, offences, .. } = self;
        messages.judge_content(message, frames.meaningless, doubt, &mut |finding| {
            offences.note(&finding, Place::of_content(message), !doubt.two_clocks);
            out(finding);
        });
        if let Some(held) = messages.held(message.from) {
            offences.note(held, Place::of_content(message), !doubt.two_clocks);
        }
    }

    /// Takes a fact of those that most sessions have few of.
    #[inline(never)]
    fn observe_rare(&mut self, event: &Event<'_>, out: &mut dyn FnMut(Finding)) {
        let (mut offences, is_timed) = (std::mem::take(&mut self.offences), !self.doubt.two_clocks);
        let out: &mut dyn FnMut(Finding) = &mut |finding| {
            offences.note(&finding, Place::unknown(finding.stamp), is_timed);
            out(finding);
        };
        self.look_behind_header(event, out);
        if let Event::LostFraming(LostFraming {
            from,
            shape:
                LostShape::Interleaved { .. }
                | LostShape::Inside { .. }
                | LostShape::InCut { .. }
                | LostShape::Unknown,
            ..
        })
        | Event::Misaligned { from, .. } = event
        {
            self.close.has_no_frame(*from, out);
        }
        match event {
            Event::Gap { from, gap, sync_lost } => {
                *self.doubt.sealed.of_mut(*from) = gap.cause == GapCause::Sealed;
                if *sync_lost {
                    let is_unreceived = gap.cause == GapCause::Unacknowledged && !self.doubt.is_blind(*from);
                    *self.doubt.unreceived.of_mut(*from) |= is_unreceived;
                    *self.doubt.blind.of_mut(*from) = true;
                    *self.doubt.gapped.of_mut(*from) = true;
                }
                if let Some(finding) = transport::gap(*from, gap, self.doubt.path.as_deref()) {
                    out(finding);
                }
            }
            Event::Resynchronized { from, skipped, stamp } => {
                *self.doubt.guessed.of_mut(*from) = true;
                let unread = match skipped {
                    0 => String::new(),
                    _ => format!("; {} before it could not be read", Count(*skipped, "captured byte")),
                };
                let what =
                    if *self.doubt.sealed.of(*from) { "what could not be decrypted" } else { "the gap" };
                let summary = format!("after {what}, the {from}'s frames were found again{unread}");
                out(Finding::new(Id::StreamResynchronized, *stamp, summary)
                    .from(*from)
                    .with(FindingField::Skipped, *skipped));
            }
            Event::LostFraming(lost) if !lost.shape.is_legible() => {
                *self.doubt.unframed.of_mut(lost.from) = lost.frame;
                *self.doubt.blind.of_mut(lost.from) = true;
            }
            Event::Misaligned { from, frame, .. } => *self.doubt.unframed.of_mut(*from) = *frame,
            // What follows may hold anything.
            Event::Foreign { from, .. } => *self.doubt.blind.of_mut(*from) = true,
            Event::PartialHeader(partial) => self.falls_short(CutFrame::Header((*partial).clone()), out),
            Event::Stalled { frame, waited } if matches!(frame.end, FrameEnd::Cut(_)) => {
                self.falls_short(CutFrame::Stalled(frame.without_payload(), *waited), out);
            }
            Event::LostFraming(_)
            | Event::Header(_)
            | Event::Stalled { .. }
            | Event::Frame(_)
            | Event::Message(_)
            | Event::End { .. } => {}
        }
        self.frames.observe(event, &self.doubt, out);
        self.messages.observe(event, &self.doubt, out);
        self.ping_pong.observe(event);
        self.close.observe(event, &self.doubt, out);
        if let Event::Foreign { from, .. }
        | Event::LostFraming(LostFraming {
            from,
            shape: LostShape::Inside { .. } | LostShape::Unknown,
            ..
        }) = event
        {
            // Only after a whole frame that stands in another is the place of the next one known.
            *self.doubt.guessed.of_mut(*from) = true;
        }
        self.offences = offences;
    }

    /// Tells what was found in the header of a side's latest frame, as soon as something shows what stands behind that.
    fn look_behind_header(&mut self, event: &Event<'_>, out: &mut dyn FnMut(Finding)) {
        match event {
            Event::Misaligned { from, .. } => self.doubt_headers(*from, (Behind::ItsRest, None), out),
            Event::LostFraming(lost @ LostFraming { from, shape: LostShape::Unknown, stamp, frame, .. }) => {
                let behind = if self.close.was_answered(*from, *frame) {
                    Behind::StraysBehindAnsweredClose(*stamp)
                } else {
                    Behind::Strays(*stamp)
                };
                // What seems to be its mask bit is a part of its length.
                let unmasked = Some(*frame).filter(|_| self.frames.has_overflowing_length(lost));
                self.doubt_headers(*from, (behind, unmasked), out);
            }
            Event::LostFraming(LostFraming { from, .. })
            | Event::Gap { from, .. }
            | Event::Resynchronized { from, .. }
            | Event::Foreign { from, .. }
            | Event::PartialHeader(PartialHeader { from, .. })
            | Event::End { from, .. } => self.headers.settle(*from, out),
            Event::Header(_) | Event::Stalled { .. } | Event::Frame(_) | Event::Message(_) => {}
        }
    }

    /// No frame stands behind the latest one of `from`: it may have been none, or is `unmasked` in truth.
    fn doubt_headers(
        &mut self,
        from: Peer,
        (behind, unmasked): (Behind, Option<u64>),
        out: &mut dyn FnMut(Finding),
    ) {
        let Self { headers, close, .. } = self;
        headers.doubt(from, behind, &mut |finding| {
            if finding.id == Id::FrameMasked && finding.frame == unmasked {
                return;
            }
            if finding.certainty == Certainty::Tentative {
                close.retract(from, finding.frame);
            }
            out(finding);
        });
    }

    /// What is found in the connection of HTTP/2 that carries the session obliges one side of it to end it.
    pub(crate) fn connection_is_broken(&mut self, finding: &Finding) {
        if let Some(from) = finding.from {
            self.offences.note_carrier(from, finding.id, finding.stamp, !self.doubt.two_clocks);
        }
    }

    /// A side ends the connection of HTTP/2 that carries the session with an error, and says so (GOAWAY).
    pub(crate) fn connection_is_given_up(&mut self, by: Peer) {
        self.offences.note_goaway(by);
    }

    /// Takes a fact about the HTTP/2 stream that carries the session.
    pub fn observe_stream(&mut self, fact: &StreamFact, out: &mut dyn FnMut(Finding)) {
        // What is not in the capture may have been a Close.
        let doubtful = Peer::BOTH.iter().any(|&peer| self.doubt.of(peer) || self.doubt.is_blind(peer));
        // A client that leaves because of an answer which it has to refuse does as it should: what is wrong is the answer.
        let refuses = self.refused || self.unchosen.is_some();
        let reset = match fact {
            StreamFact::Reset(reset) => Some(reset),
            StreamFact::ConnectionEnds { .. } | StreamFact::Stalled { .. } | StreamFact::Exceeded { .. } => {
                None
            }
        };
        if let Some(reset) = reset.filter(|reset| reset.code == ErrorCode::FLOW_CONTROL_ERROR) {
            self.offences.note_complaint(reset.from, !self.doubt.two_clocks);
        }
        // What closed the window never came as far as its receiver, who could not open it again.
        if let StreamFact::Stalled { from, stall, .. } = fact
            && stall.until.is_none()
            && self.doubt.path.as_ref().is_some_and(|path| path.unacknowledged(*from).is_some())
        {
            return;
        }
        if !(refuses && reset.is_some_and(|reset| reset.from == Peer::Client)) {
            let why = reset.and_then(|reset| self.doubt.hindrance(reset.from));
            let (offences, is_timed) = (&self.offences, !self.doubt.two_clocks);
            http2::judge_stream(fact, self.close.phase(), &mut |finding| {
                out(offences.excuse_reset(finding, is_timed).tentative_if(doubtful).because(why.clone()));
            });
        }
        match fact {
            StreamFact::Reset(_) => self.close.stream_was_reset(),
            StreamFact::ConnectionEnds { first } => {
                self.close.connection_ends(*first);
                self.doubt.carrier = Carrier::Tcp;
            }
            // What its sender could not send is not its fault.
            StreamFact::Stalled { from, stall, wanted, .. } => {
                let since = stall.since;
                let until = Stamp { time: since.time.plus(stall.lasted), ..since };
                let closed = WindowClosed {
                    since,
                    until: stall.until.unwrap_or(until),
                    lasted: stall.lasted,
                    reopened: stall.until.is_some(),
                    wanted: *wanted,
                    waiting: 0,
                    room: 0,
                };
                self.doubt.path.get_or_insert_default().note(!*from, &Trouble::WindowClosed(closed));
            }
            // Its peer may reset the stream for that, or end the connection.
            StreamFact::Exceeded { from, stamp, .. } => self.offences.note_excess(*from, *stamp),
        }
    }

    /// Whether neither side has begun to end the session.
    pub fn is_open(&self) -> bool {
        self.close.is_open()
    }

    /// A proxy passed the answer on without the extensions that the server had agreed to on its own leg, the session `upstream`.
    pub(crate) fn lacks_extensions_of(&mut self, upstream: SessionId) {
        self.frames.lacks_extensions_of(upstream);
    }

    /// Whether the answer to the request is one that the client has to refuse.
    pub(crate) const fn must_be_refused(&self) -> bool {
        self.refused
    }

    /// A request to upgrade has no answer yet, `now`: worth telling, if it has waited for long.
    pub fn unanswered(requested: Stamp, now: Timestamp) -> Option<Finding> {
        upgrade::still_unanswered(requested, now)
    }

    /// `frame` is still incomplete at `now`: reports that once if it has waited for long.
    pub fn stalls(&mut self, frame: &Frame<'_>, now: Timestamp, out: &mut dyn FnMut(Finding)) {
        self.frames.stalls(frame, now, out);
    }

    /// Reports once each ping that was received and has waited for its pong for long, `now`. `acked` are the bytes of each side's stream
    /// that the other acknowledged.
    pub fn pings_wait(&mut self, now: Timestamp, acked: &PerPeer<u64>, out: &mut dyn FnMut(Finding)) {
        self.ping_pong.waits(now, acked, &self.doubt, out);
    }

    /// Reports once what was found in frames, and has waited for long, `now`, for what stands behind them.
    pub fn headers_wait(&mut self, now: Timestamp, out: &mut dyn FnMut(Finding)) {
        self.headers.waits(now, out);
    }

    /// The capture dropped packets: what has not come may have been among them.
    pub fn drops(&mut self) {
        self.ping_pong.drops();
        self.close.drops();
    }

    /// The connection is closed, and `last_word` came last before its end: reports what that shows.
    pub fn finish(
        &mut self,
        last_word: Option<Timestamp>,
        messages: &PerPeer<u64>,
        acked: &PerPeer<u64>,
        out: &mut dyn FnMut(Finding),
    ) -> SessionOutcome {
        self.headers.finish(out);
        let mut ending = self.close.finish(&self.doubt, out);
        if let Some(unchosen) = self.unchosen.take() {
            // What the capture misses of the client may have been messages that carried on.
            let is_known = !self.doubt.two_clocks && !self.doubt.gapped.client;
            let at = ending.ended_at().filter(|_| is_known);
            let (finding, is_refused) = unchosen.judge(ending.left(), at);
            self.refused |= is_refused;
            out(finding);
        }
        if self.refused {
            // A client has to fail such an upgrade: that it does so at once is not a fault.
            for peer in Peer::BOTH {
                *self.doubt.blind.of_mut(peer) = true;
            }
        }
        ending.fall_silent(last_word, &self.doubt);
        self.frames.finish(out);
        self.messages.finish(out);
        let (left, farewell) = ending.left();
        let first = left.filter(|_| farewell == Farewell::None);
        self.ping_pong.finish(acked, (&ending.ends, first), &self.doubt, out);
        let Self { offences, doubt, .. } = &self;
        ending.judge(acked, doubt, &mut |finding| {
            offences.excuse(finding, &ending, !doubt.two_clocks).into_iter().for_each(&mut *out);
        });
        let (pings, round_trips) = self.ping_pong.figures();
        SessionOutcome {
            pings,
            round_trips,
            close: ending.first_close(),
            end: ending.end(),
            ended_at: ending.ended_at(),
            left: ending.left(),
            left_doubtful: ending.may_have_left_before(),
            left_provoked: self.offences.provoke(&ending, !self.doubt.two_clocks),
            lost_pings: self.ping_pong.lost(),
            delivered: self.doubt.path.as_ref().and_then(|path| path.delivered()),
            story: CloseStory::new(ending, *messages, *acked),
        }
    }
}
