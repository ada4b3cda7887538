//! What a side's records come to: some are missing, something else stands in their place, or nothing follows.

use crate::model::{Chunk, End, EndCause, Gap, GapCause, Missing, Peer, StreamEvent};

use super::alert::NoRecord;
use super::facts::EarlyData;
use super::reason::lost_reason;
use super::secrets::Secrets;
use super::session::{Event, Tls, WaitingFor, unknown_gap};

/// How much is shown of bytes that are no TLS.
const PREVIEW: usize = 64;

impl Tls {
    /// Something of what `from` sends is missing.
    pub(super) fn lose(&mut self, from: Peer, gap: Gap, out: &mut dyn FnMut(Event<'_>)) {
        let other_is_read = self.facts.sides.of(!from).data;
        let lane = self.lanes.of_mut(from);
        let bytes = match gap.missing {
            Missing::Bytes(count) => count,
            Missing::Unknown => 1 << 16,
        };
        lane.keys.lose(bytes);
        lane.messages.lose();
        lane.lost = Some(gap.cause);
        self.facts.sides.of_mut(from).lost = true;
        let cause = if gap.cause == GapCause::Lost { GapCause::RecordLost } else { gap.cause };
        let gap = Gap { missing: Missing::Unknown, cause, ..gap };
        lane.gap.get_or_insert(gap);
        // No record will come that tells of it: the other side's reader has to know that this one said something.
        if lane.is_unseen() && other_is_read && !std::mem::replace(&mut lane.gap_told, true) {
            out(Event::Stream(from, StreamEvent::Gap(gap)));
        }
        lane.is_headless |= lane.framer.records() == 0;
        self.transcript = None;
        // Where data has come before, data is missing: what the other side says next may be an answer to that.
        if self.facts.sides.of(from).data {
            self.tell_loss(from, out);
        }
    }

    /// Nothing follows of `from`.
    pub(super) fn end(&mut self, from: Peer, end: End, secrets: &Secrets, out: &mut dyn FnMut(Event<'_>)) {
        // The server can no longer take early data.
        if self.hold == WaitingFor::Early {
            self.decide_early(EarlyData::Offered, secrets, out);
        }
        let other = self.facts.sides.of(!from);
        let is_read = other.data;
        let has_ended = other.end.is_some_and(|(cause, _)| matches!(cause, EndCause::Fin | EndCause::Rst));
        let has_alert = self.facts.alert.is_some_and(|alert| alert.from != from);
        let is_answer =
            has_ended || has_alert || other.close_notify.is_some() || other.sealed_alert.is_some();
        let lane = self.lanes.of_mut(from);
        let side = self.facts.sides.of_mut(from);
        side.end = Some((end.cause, end.said()));
        side.end_answers = is_answer;
        side.cut = lane.framer.is_inside();
        // A reset that was captured too early stands behind bytes that had not come.
        let is_early =
            end.cause == EndCause::Rst && end.place.is_some_and(|place| place.at > lane.framer.end());
        let is_whole = end.cause != EndCause::Unseen && !is_early;
        side.unfinished = lane.framer.unfinished().filter(|_| is_whole);
        let acknowledged = end.place.and_then(|place| place.acknowledged);
        let has_seen = |alert_end| acknowledged.is_some_and(|up_to| up_to >= alert_end);
        if self.facts.alert.is_some_and(|alert| alert.from != from) && has_seen(self.alert_end) {
            self.facts.is_alert_first = true;
        }
        if side.dark_since.is_some() {
            lane.reason.get_or_insert(lost_reason(lane.lost));
        }
        side.lost_last = lane.gap.is_some_and(|gap| gap.cause != GapCause::Sealed);
        // A reader of this plaintext has to be told that some of it is missing.
        if let Some(gap) = lane.gap.take().filter(|_| (is_read || side.data) && !lane.gap_told) {
            out(Event::Stream(from, StreamEvent::Gap(gap)));
        }
        out(Event::Stream(from, StreamEvent::End(end)));
    }

    /// Bytes that are not a record where one should begin.
    pub(super) fn strange(&mut self, from: Peer, rest: Chunk<'_>, out: &mut dyn FnMut(Event<'_>)) {
        let lane = self.lanes.of_mut(from);
        if lane.framer.records() > 0 {
            if lane.lost.is_none() {
                let bytes = NoRecord::of(lane.framer.preview().iter().chain(rest.bytes));
                self.facts.sides.of_mut(from).no_record.get_or_insert((bytes, rest.stamp));
            }
            lane.keys.lose(1 << 14);
            lane.gap.get_or_insert(unknown_gap(rest.stamp, rest.extent));
            return;
        }
        self.facts.foreign.get_or_insert(from);
        let mut bytes = lane.framer.preview().to_vec();
        bytes.extend(rest.bytes.iter().take(PREVIEW));
        out(Event::Foreign(from, Chunk { bytes: &bytes, ..rest }));
    }
}
