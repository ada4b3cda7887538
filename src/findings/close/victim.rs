//! Who leaves without a Close because the other side has violated the protocol.

use super::handshake::ClosingHandshake;
use crate::findings::catalog::{Id, Severity};
use crate::findings::finding::Finding;
use crate::model::{Footprint, Peer, PerPeer, Stamp, Timestamp, phrase};
use crate::ws::{Frame, Message, Opcode};
use std::time::Duration;

/// A side that leaves this soon after the other one's violation does so because of it: that is a slow round trip, and what its
/// application takes.
const SOON_AFTER: Duration = Duration::from_secs(2);

/// What a side still sends this soon after it has a violation may have been on its way to the network; who sends frames for longer puts
/// up with it.
const ON_ITS_WAY: Duration = Duration::from_millis(100);

/// What each side did for which the other one has to fail the connection, or may (RFC 6455 §7.1.7), and how the other one took it;
/// boxed, as few sessions have any.
#[derive(Debug, Default)]
pub(in crate::findings) struct Offences(Option<Box<PerPeer<Offence>>>);

/// What one side did.
#[derive(Debug, Default)]
struct Offence {
    /// Ways in which it violated the protocol.
    kinds: Vec<Id>,
    /// Where it last did so in a way in which it had not done so before.
    latest: Option<Violation>,
    /// The other side had put up with one before that.
    was_borne: bool,
    /// The other side ends the connection of HTTP/2 with an error, which is told by itself.
    is_told: bool,
    /// Where it first sent more than a window of HTTP/2 allowed.
    exceeded: Option<Stamp>,
}

/// A frame that violates the protocol.
#[derive(Clone, Copy, Debug)]
struct Violation {
    stamp: Stamp,
    place: Place,
    /// When the other side sent the first frame and the latest one in packets that acknowledge it. Both bear that side's own times.
    answers: Option<(Timestamp, Timestamp)>,
}

/// Where a violation stands in its sender's TCP stream, as far as that is known.
#[derive(Clone, Copy, Debug)]
pub(in crate::findings) struct Place {
    /// The packet in which it begins.
    first: Stamp,
    /// Who acknowledges less than this cannot know of it.
    least: Option<u64>,
    /// Who acknowledges so much has it.
    end: Option<u64>,
}

impl Place {
    /// The header of a frame.
    pub(in crate::findings) const fn of_header(frame: &Frame<'_>) -> Self {
        Self { first: frame.first, least: Some(frame.extent_end), end: Some(frame.extent_end) }
    }

    /// The content of a message: its receiver need not have read it to its end to know that it is wrong.
    pub(in crate::findings) fn of_content(message: &Message<'_>) -> Self {
        let Message { first, last, extent_end, .. } = *message;
        let is_in_one_packet = (first.file, first.packet) == (last.file, last.packet);
        Self { first, least: Some(extent_end).filter(|_| is_in_one_packet), end: Some(extent_end) }
    }

    /// What begins in this packet.
    pub(in crate::findings) const fn unknown(first: Stamp) -> Self {
        Self { first, least: None, end: None }
    }
}

/// Whether a side is to blame for leaving without a Close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blame {
    /// It is: whatever the other one did, it did not leave for that.
    Certain,
    /// It may have left for that, though it went on at first.
    Doubtful,
    /// It is not.
    None,
}

/// How a side left.
#[derive(Clone, Copy, Debug)]
struct Departure {
    stamp: Stamp,
    /// How many bytes of the other side's stream its packet acknowledges, if that is known.
    acknowledged: Option<u64>,
    /// When the other side sent the latest message that it acknowledges, by that side's own times.
    heard: Option<Timestamp>,
}

impl Departure {
    /// That of `who`, with the packet at `stamp`.
    fn of(who: Peer, stamp: Stamp, ending: &ClosingHandshake) -> Self {
        let end = ending.ends.of(who).filter(|end| end.stamp == stamp);
        let acknowledged = end.and_then(|end| end.place).and_then(|place| place.acknowledged);
        let last = ending.last_message.of(!who);
        let heard = acknowledged.filter(|up_to| *up_to >= last.extent_end).map(|_| last.time);
        Self { stamp, acknowledged, heard }
    }
}

impl Violation {
    /// Since when the other side has it: by its own times where those of the two sides cannot be compared.
    fn known_since(&self, is_timed: bool) -> Option<Timestamp> {
        if is_timed { Some(self.stamp.time) } else { self.answers.map(|(first, _)| first) }
    }

    /// Whether the other side goes on as if nothing were wrong.
    fn is_borne(&self, is_timed: bool) -> bool {
        let since = self.known_since(is_timed);
        since.zip(self.answers).is_some_and(|(since, (_, last))| last.since(since) > ON_ITS_WAY)
    }

    /// Whether the other side had it when it left, as far as is known.
    fn precedes(&self, departure: &Departure, is_timed: bool) -> bool {
        match departure.acknowledged.zip(self.place.least) {
            Some((up_to, least)) => up_to >= least,
            None => !is_timed || self.place.first <= departure.stamp,
        }
    }

    /// Whether the other side had had it for so long when it left that this is not why.
    fn is_past(&self, departure: &Departure, is_timed: bool) -> bool {
        let own = self.known_since(is_timed).map(|since| departure.stamp.time.since(since));
        let others = departure.heard.map(|heard| heard.since(self.stamp.time));
        own.max(others).is_some_and(|passed| passed > SOON_AFTER)
    }
}

impl Offence {
    /// Who is to blame for this departure of the other side.
    fn blame(&self, departure: &Departure, is_timed: bool) -> Blame {
        let Some(violation) = self.latest else { return Blame::Certain };
        if violation.is_past(departure, is_timed) || !violation.precedes(departure, is_timed) {
            return Blame::Certain;
        }
        let goes_on =
            violation.answers.is_some_and(|(first, _)| departure.stamp.time.since(first) > ON_ITS_WAY);
        if goes_on && violation.is_borne(is_timed) {
            Blame::Certain
        } else if goes_on || self.was_borne {
            Blame::Doubtful
        } else {
            Blame::None
        }
    }
}

impl Offences {
    /// Whether there are none.
    #[inline]
    pub(in crate::findings) const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Bytes of memory that they take besides themselves.
    pub(in crate::findings) fn memory(&self) -> usize {
        self.0.as_ref().map_or(0, |offences| {
            let kinds = |offence: &Offence| Footprint::allocation(offence.kinds.capacity() * size_of::<Id>());
            Footprint::allocation(size_of_val(&**offences))
                + kinds(&offences.client)
                + kinds(&offences.server)
        })
    }

    /// Notes what is found, if it is a frame's violation, which stands here.
    pub(in crate::findings) fn note(&mut self, finding: &Finding, place: Place, is_timed: bool) {
        if let Some(from) = finding.from.filter(|_| finding.fails_frame()) {
            self.add(from, finding.id, (finding.stamp, place), is_timed);
        }
    }

    /// Notes what `from` did in the HTTP/2 that carries the session.
    pub(in crate::findings) fn note_carrier(&mut self, from: Peer, id: Id, stamp: Stamp, is_timed: bool) {
        // Nothing tells where it stands in its sender's stream.
        let place = Place { least: Some(0), ..Place::unknown(stamp) };
        self.add(from, id, (stamp, place), is_timed);
    }

    /// Notes that `from` sent more than a window of HTTP/2 allowed.
    pub(in crate::findings) fn note_excess(&mut self, from: Peer, stamp: Stamp) {
        self.0.get_or_insert_default().of_mut(from).exceeded.get_or_insert(stamp);
    }

    /// Notes that `by` says of the other side that it did so, which makes that the reason for leaving: many do not notice.
    pub(in crate::findings) fn note_complaint(&mut self, by: Peer, is_timed: bool) {
        let exceeded = self.0.as_ref().and_then(|offences| offences.of(!by).exceeded);
        if let Some(stamp) = exceeded {
            self.note_carrier(!by, Id::Http2WindowExceeded, stamp, is_timed);
        }
    }

    /// Notes that the server's answer, which ends in this packet, is one that a client may refuse.
    pub(in crate::findings) fn note_answer(&mut self, answered: Stamp) {
        self.add(Peer::Server, Id::UpgradeSubprotocolUnoffered, (answered, Place::unknown(answered)), true);
    }

    /// Notes that a side says in a GOAWAY with which error it ends the connection.
    pub(in crate::findings) fn note_goaway(&mut self, by: Peer) {
        self.0.get_or_insert_default().of_mut(!by).is_told = true;
    }

    fn add(&mut self, from: Peer, id: Id, (stamp, place): (Stamp, Place), is_timed: bool) {
        let offence = self.0.get_or_insert_default().of_mut(from);
        if offence.kinds.contains(&id) {
            return;
        }
        offence.kinds.push(id);
        offence.was_borne |= offence.latest.is_some_and(|before| {
            before.is_borne(is_timed) || stamp.time.since(before.stamp.time) > SOON_AFTER
        });
        offence.latest = Some(Violation { stamp, place, answers: None });
    }

    /// A frame is over.
    #[cold]
    pub(in crate::findings) fn ends(&mut self, frame: &Frame<'_>) {
        let offence = self.0.as_mut().map(|offences| offences.of_mut(!frame.from));
        let latest = offence.and_then(|offence| offence.latest.as_mut());
        let is_answer = |violation: &&mut Violation| {
            frame.header.opcode != Opcode::Close
                && violation.place.end.is_some_and(|end| frame.acknowledged >= end)
                && frame.is_complete()
        };
        if let Some(violation) = latest.filter(is_answer) {
            let time = frame.last.time;
            let (first, last) = violation.answers.unwrap_or((time, time));
            violation.answers = Some((first.min(time), last.max(time)));
        }
    }

    /// Whether the side that left first had a violation of the other one by the time it ended TCP.
    pub(in crate::findings) fn provoke(&self, ending: &ClosingHandshake, is_timed: bool) -> bool {
        let left = ending.left().0.and_then(|who| Some((who, (*ending.ends.of(who))?)));
        self.0.as_ref().zip(left).is_some_and(|(offences, (who, end))| {
            let departure = Departure::of(who, end.stamp, ending);
            offences.of(!who).latest.is_some_and(|violation| violation.precedes(&departure, is_timed))
        })
    }

    /// A finding of the session's end. Who fails the connection because of a violation may leave without a Close (RFC 6455 §7.1.7): that
    /// is a note then, and the reset of the same side nothing more. `is_timed` says whether times of the two sides can be compared.
    pub(in crate::findings) fn excuse(
        &self,
        finding: Finding,
        ending: &ClosingHandshake,
        is_timed: bool,
    ) -> Option<Finding> {
        let is_about_leaving = matches!(finding.id, Id::CloseMissing | Id::ConnectionReset);
        let Some(who) = finding.from.filter(|_| is_about_leaving) else { return Some(finding) };
        let departure = Departure::of(who, finding.stamp, ending);
        self.excuse_departure(finding, who, &departure, is_timed)
    }

    /// The same of a stream of HTTP/2 that a side resets.
    pub(in crate::findings) fn excuse_reset(&self, finding: Finding, is_timed: bool) -> Finding {
        let Some(who) = finding.from.filter(|_| finding.id == Id::Http2StreamReset) else { return finding };
        let departure = Departure { stamp: finding.stamp, acknowledged: None, heard: None };
        // What its code says is told in any case.
        self.excuse_departure(finding.clone(), who, &departure, is_timed).unwrap_or(finding)
    }

    /// What is found about `who` for leaving so.
    fn excuse_departure(
        &self,
        finding: Finding,
        who: Peer,
        departure: &Departure,
        is_timed: bool,
    ) -> Option<Finding> {
        let Some(offences) = &self.0 else { return Some(finding) };
        let offence = offences.of(!who);
        let blame = offence.blame(departure, is_timed);
        let violated = offence.latest.map_or(finding.stamp, |violation| violation.stamp).time;
        let passed = finding.stamp.time.passed_since(violated).filter(|passed| is_timed && !passed.is_zero());
        let before = phrase(" ", passed, " before");
        match blame {
            Blame::Certain if offence.is_told => {
                let summary = finding.summary.clone() + "; it had said why in its GOAWAY";
                Some(Finding { summary, ..finding }.severity(Severity::Note))
            }
            Blame::Certain => Some(finding),
            Blame::Doubtful => {
                let why = format!(
                    "; the {} violated the protocol{before}: the {who} went on, but it may have left for that (RFC 6455 §7.1.7)",
                    !who
                );
                let summary = finding.summary.clone() + &why;
                Some(Finding { summary, ..finding }.tentative())
            }
            Blame::None if finding.id == Id::ConnectionReset => None,
            Blame::None => {
                let why = format!(
                    "; the {} violated the protocol{before}, and who fails a connection for that may leave so (RFC 6455 \
                     §7.1.7)",
                    !who
                );
                let summary = finding.summary.clone() + &why;
                Some(Finding { summary, ..finding }.severity(Severity::Note))
            }
        }
    }
}
