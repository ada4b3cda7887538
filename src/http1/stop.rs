//! Where bytes stop: gaps, and the ends of both sides.

use super::exchange::{Exchange, Reading};
use super::transition::Transition;
use super::{Event, Out, Stranger};
use crate::model;
use crate::model::{End, Gap, GapCause, Peer, PerPeer, Stamp};
use crate::upgrade::{HeadPart, Outcome, Response};
use crate::ws::Start;

impl Exchange {
    /// The capture misses bytes of `from`.
    pub fn gap(&mut self, from: Peer, gap: Gap, out: &mut Out<'_>) -> Transition {
        if self.doubted.is_some() {
            out(Event::Gap { from, gap });
            return self.doubt_across_gap(from);
        }
        let is_refusal = from == Peer::Server && self.refused_with.is_some();
        if from == Peer::Server {
            self.refused.iter_mut().for_each(|refused| refused.miss());
            self.unheard |= gap.cause == GapCause::Unseen;
        }
        if let Reading::Body(body) = self.reading.of_mut(from)
            && body.skip(gap.missing) == Some(0)
        {
            // In other bodies than that of a refusal nothing is missed.
            if is_refusal {
                out(Event::Gap { from, gap });
            }
            if body.is_over() {
                self.after_body(from);
            }
            return Transition::Http;
        }
        if matches!(self.reading.of(from), Reading::Broken) {
            return Transition::Http;
        }
        if from == Peer::Client && self.is_strange() {
            self.strange_gap = Some(gap);
        }
        out(Event::Gap { from, gap });
        match (from, self.reading.of(from)) {
            (Peer::Client, Reading::Waiting) => {
                self.early.lose();
                self.lossy = true;
                return Transition::Http;
            }
            (Peer::Server, Reading::Waiting)
            | (_, Reading::Head(_) | Reading::Body(_) | Reading::Searching(_) | Reading::Broken) => {}
        }
        // Between records of TLS others may be lost that are none of this stream: tickets, the end of a handshake. The next one
        // is whole.
        let is_between = gap.cause == GapCause::RecordLost
            && matches!(self.reading.of(from), Reading::Head(reader) if reader.is_empty());
        self.lossy = true;
        let begun = std::mem::replace(self.reading.of_mut(from), Reading::Searching(Box::default()));
        let waits = if from == Peer::Server && self.unheard {
            self.waits_unheard(gap.stamp, out)
        } else {
            self.waits_for_upgrade()
        };
        match from {
            Peer::Server if self.may_be_granted_in(gap) => {
                if self.unheard && !self.early.is_empty() {
                    self.granted()
                } else {
                    Transition::Http
                }
            }
            Peer::Server if waits && is_between => {
                self.answer_gap = Some(gap.stamp);
                Transition::Http
            }
            Peer::Server if waits => match begun {
                // It said that it switches before the hole.
                Reading::Head(reader) if reader.status() == Some(101) => {
                    self.switch_cut(reader.cut(), gap.stamp)
                }
                Reading::Head(_)
                | Reading::Body(_)
                | Reading::Waiting
                | Reading::Searching(_)
                | Reading::Broken => self.doubt_lost(gap.stamp, out),
            },
            Peer::Server | Peer::Client => Transition::Http,
        }
    }

    /// One direction ended.
    pub fn end(&mut self, from: Peer, end: End, out: &mut Out<'_>) -> Transition {
        if self.midstream
            && let found @ Transition::WebSocket(_) = self.search_to_end(from, end.stamp)
        {
            return found;
        }
        *self.ends.of_mut(from) = Some(end);
        self.ended_first = Some(model::ended_first(self.ended_first.unwrap_or(from), &self.ends));
        // Nobody knows what the server said, and whether it did.
        let is_unheard = from == Peer::Server && self.unheard && self.waits_unheard(end.stamp, out);
        let lost = if from == Peer::Server { self.answer_gap.take() } else { None };
        if let Some(stamp) = lost.or(is_unheard.then_some(end.stamp)) {
            let next = self.doubt_lost(stamp, out);
            if !matches!(next, Transition::Http) {
                return next;
            }
        }
        if self.grant_gap.is_some() && !self.early.is_empty() {
            return self.granted();
        }
        if let Some(doubted) = &self.doubted {
            let is_over = from == Peer::Client || self.ends.client.is_some();
            let outcome = doubted.at_end(&end);
            return if is_over || outcome != Outcome::Failed {
                self.decide(outcome)
            } else {
                Transition::Http
            };
        }
        if self.ends.server.is_some() {
            self.tell_refused(out);
        } else {
            self.tell_refused_if_complete(out);
        }
        if from == Peer::Client
            && let Reading::Head(reader) = &self.reading.client
            && !reader.is_empty()
        {
            self.cut_request(reader.cut(), end.stamp, out);
        }
        if from == Peer::Server || self.ends.server.is_some() {
            self.give_up(end.stamp, out);
        }
        if self.ends.client.is_some() && self.ends.server.is_some() {
            // What the capture lacks of the client may have been anything.
            let is_whole = matches!(self.reading.client, Reading::Head(_));
            if is_whole && !self.said_anything && !self.midstream && self.strange_bytes == 0 {
                match &self.premature {
                    Some(HeadPart::Malformed { preview, first, .. }) => {
                        out(Event::Stranger(Stranger { from: Peer::Server, preview, stamp: *first }));
                    }
                    Some(
                        HeadPart::Absent
                        | HeadPart::Partial { .. }
                        | HeadPart::TooLarge { .. }
                        | HeadPart::Lost
                        | HeadPart::Whole(_),
                    )
                    | None => {
                        out(Event::Stranger(Stranger { from: Peer::Client, preview: &[], stamp: end.stamp }));
                    }
                }
            }
            return Transition::Ignore;
        }
        Transition::Http
    }

    /// The server said that it switches, and the rest of its answer is missing: frames follow.
    fn switch_cut(&mut self, response: HeadPart<Response>, stamp: Stamp) -> Transition {
        let Some(pending) = self.pending.pop_front() else { return Transition::Http };
        let upgrade = self.upgrade(Outcome::Accepted, pending, response, stamp);
        let start = PerPeer { client: self.early.start(), server: Start::AfterGap };
        let held = self.early.take();
        Transition::to_frames(upgrade, start, held)
    }
}
