//! What is wrong with how a session ended: no Close, none in answer, or a reset that overtakes it.

use super::super::carrier::{Carrier, EndedFirst};
use super::super::catalog::{Id, Severity};
use super::super::doubt::Doubt;
use super::super::finding::Finding;
use super::super::words::tcp_end;
use super::handshake::{ClosingHandshake, FirstClose, LastMessage, Legible};
use crate::findings::field::FindingField;
use crate::model::{End, EndCause, OVERDUE, Peer, PerPeer, Said, in_words, phrase};
use crate::tls::EndNotice;
use crate::ws::CloseCode;
use std::time::Duration;

/// A reset that comes this soon after a Close may overtake it on its way into the application.
const SOON_AFTER: Duration = Duration::from_secs(1);

/// A Close is answered within this, unless something is wrong.
const PROMPT: Duration = Duration::from_secs(1);

/// How a side ended TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TlsEnd {
    /// It said that it sends nothing more.
    CloseNotify,
    /// It gave up with a fatal alert.
    Alert,
}

impl TlsEnd {
    /// As sentences name it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::CloseNotify => "close_notify",
            Self::Alert => "a fatal alert",
        }
    }
}

impl ClosingHandshake {
    /// The session is over. `acked` are the bytes of each side's stream that the other acknowledged.
    pub(in crate::findings) fn judge(
        &self,
        acked: &PerPeer<u64>,
        doubt: &Doubt,
        out: &mut dyn FnMut(Finding),
    ) {
        for from in Peer::BOTH {
            // Where the other side's Close may be hidden, this one may only answer it.
            let is_hidden = *self.hidden.of(!from)
                || self.ends.of(!from).is_some_and(|end| end.cause == EndCause::Unseen);
            let may_answer = self.closed.of(!from).is_none() && is_hidden;
            if let Some(closed) = self.closed.of(from).as_ref().filter(|_| !may_answer)
                && let Some(LastMessage { number: message, packet, time, extent_end }) = closed.right_after
            {
                let acknowledged = *acked.of(from) >= extent_end;
                let apart = if packet == (closed.stamp.file, closed.stamp.packet) {
                    "in the same packet as".to_owned()
                } else {
                    format!("{}before", phrase("", closed.stamp.time.told_since(time), " "))
                };
                let arrived = if acknowledged {
                    "its bytes were delivered and acknowledged: a receiver that drops its queue on Close loses it"
                } else {
                    "the capture does not show that it was acknowledged"
                };
                let summary = format!(
                    "the {from}'s last message, number {message} of the session, came {apart} its Close; {arrived}"
                );
                out(Finding::new(Id::CloseRightAfterData, closed.stamp, summary)
                    .from(from)
                    .frame(closed.frame)
                    .with(FindingField::Message, message)
                    .with(FindingField::Acked, acknowledged));
            }
        }
        let overtaken = self.judge_reset(acked, doubt, out);
        match self.first {
            None => self.judge_missing(acked, doubt, out),
            // Whoever has left without a Close does not answer one.
            Some(_) if self.left_before_close.is_some() => self.judge_missing(acked, doubt, out),
            // A reset that overtakes the Close leaves nobody to answer it.
            Some(from) if *overtaken.of(from) => {}
            Some(from) => self.judge_unanswered(from, acked, doubt, out),
        }
    }

    /// Nobody sent a Close.
    fn judge_missing(&self, acked: &PerPeer<u64>, doubt: &Doubt, out: &mut dyn FnMut(Finding)) {
        let (Some(client), Some(server)) = (self.ends.client, self.ends.server) else { return };
        if self.legible != Legible::Frames {
            return self.judge_in_the_dark(doubt, out);
        }
        let unseen = client.cause == EndCause::Unseen || server.cause == EndCause::Unseen;
        let leaver = self.left_before_close.or(self.ended_first.peer());
        // Whatever the other side sent, who leaves did not get it.
        let blind = Peer::BOTH.iter().any(|&peer| match leaver {
            Some(leaver) if peer != leaver => doubt.hides_received(peer),
            Some(_) | None => doubt.is_blind(peer),
        });
        if blind || unseen {
            return;
        }
        let Some(who) = leaver else {
            return if self.ended_first == EndedFirst::Both {
                self.judge_crossed(acked, doubt, out);
            } else {
                self.judge_cut_off(doubt, out);
            };
        };
        // A client that never acknowledged a byte had no session to close: the answer came too late for it.
        if who == Peer::Client && acked.server == 0 {
            return;
        }
        let end = if who == Peer::Client { client } else { server };
        let notified = self.notified_before(who, &end);
        let reset = Peer::BOTH.iter().find_map(|peer| {
            self.ends.of(*peer).filter(|end| end.cause == EndCause::Rst).map(|end| (*peer, end))
        });
        let doubtful = doubt.of(Peer::Client) || doubt.of(Peer::Server);
        let told = self.stream_reset;
        if let Some((by, end)) = reset.filter(|(by, end)| {
            !told && self.left_before_close != Some(*by) && self.notified_before(*by, end).is_none()
        }) {
            let mut summary = format!("the {by} reset the TCP connection while the session was open");
            if let Some(silence) = self.silence {
                summary = format!("{summary}, after {} of silence", in_words(silence));
            }
            let is_bare = is_bare(end);
            if is_bare {
                summary.push_str(
                    "; the reset acknowledges nothing, as where a host no longer knows the connection",
                );
            }
            out(self
                .with_silence(Finding::new(Id::ConnectionReset, end.stamp, summary))
                .from(by)
                .tentative_if(doubtful || is_bare)
                .because(doubt.hindrance_until(by, end.stamp)));
        }
        // Whoever ended TLS left with that, whoever ended TCP afterwards and however.
        let (who, notice) = notified.map_or((who, None), |(first, notice)| (first, Some(notice)));
        // Where it no longer reaches the other side, that cannot end anything either.
        let half_open = self.left_half_open().filter(|_| doubt.hindrance(who).is_none() && !doubt.two_clocks);
        let half_open = half_open.map_or_else(String::new, |(_, other, lasted)| {
            format!("; the {other} still had not ended its side {} later", in_words(lasted))
        });
        let summary = format!(
            "the {who} {} without a Close frame{}: libraries report this as 1006{half_open}",
            match (self.ended_with(who), notice) {
                (Carrier::Tcp, Some(notice)) => format!("ended TLS ({})", notice.name()),
                (Carrier::Tcp, None) => format!("ended the TCP connection ({})", tcp_end(end.cause)),
                (Carrier::Stream, _) => Carrier::Stream.ended(end.cause),
            },
            self.after_silence()
        );
        out(self
            .with_silence(Finding::new(Id::CloseMissing, end.stamp, summary))
            .from(who)
            .with(FindingField::EndedBy, end.cause.name())
            .tentative_if(doubtful || notice.is_none() && is_bare(end))
            .because(doubt.hindrance_until(who, end.stamp)));
    }

    /// Who was the first to end TLS, before `by` ended TCP so, and how.
    pub(super) fn notified_before(&self, by: Peer, end: &End) -> Option<(Peer, TlsEnd)> {
        let is_before = |peer: Peer, said: &Said| match (said.place, end.place) {
            (Some(own), Some(end)) if peer == by => own.at < end.at,
            _ if peer == by => said.stamp < end.stamp,
            _ => said.precedes(&end.said()),
        };
        let notice = |peer: Peer| match *self.tls.of(peer) {
            Some(EndNotice::Sent(said)) => Some((said, TlsEnd::CloseNotify)),
            Some(EndNotice::Alert(said)) => Some((said, TlsEnd::Alert)),
            Some(
                EndNotice::Likely(_)
                | EndNotice::Perhaps(_)
                | EndNotice::Missing
                | EndNotice::Unlikely
                | EndNotice::Unknown,
            )
            | None => None,
        };
        let notices = PerPeer::from_fn(|peer| {
            notice(peer).filter(|(said, _)| self.carrier == Carrier::Tcp && is_before(peer, said))
        });
        let is_clients = match (notices.client, notices.server) {
            (Some((client, _)), Some((server, _))) => client.precedes(&server),
            (client, _) => client.is_some(),
        };
        let first = if is_clients { Peer::Client } else { Peer::Server };
        notices.of(first).map(|(_, how)| (first, how))
    }

    /// Nothing could be read: a reset is judged by what both sides said of the end of TLS.
    fn judge_in_the_dark(&self, doubt: &Doubt, out: &mut dyn FnMut(Finding)) {
        let ends = Peer::BOTH.into_iter().filter_map(|peer| Some((peer, (*self.ends.of(peer))?)));
        let Some((by, end)) = { ends }.find(|(_, end)| end.cause == EndCause::Rst) else { return };
        let is_open = Peer::BOTH.into_iter().all(|peer| {
            let has_left = self.ends.of(!by).is_some_and(|other| other.cause == EndCause::Fin);
            let notice = *self.tls.of(peer);
            !has_left && notice.is_some_and(|notice| notice.is_missing_before(end.stamp))
        });
        if !is_open || self.cut_off || self.legible == Legible::Later {
            return;
        }
        let doubtful = Peer::BOTH.into_iter().find_map(|peer| match *self.tls.of(peer) {
            Some(EndNotice::Perhaps(at)) => Some((peer, at.packet)),
            Some(_) | None => None,
        });
        let unless = doubtful.map_or_else(String::new, |(peer, packet)| {
            format!(
                ", unless with what the {peer} sent in packet {packet}, which has the size of that, as an empty ping or pong has"
            )
        });
        let summary = format!(
            "the {by} reset the TCP connection while TLS was open: neither side had announced an end (close_notify){unless}; \
             whether a Close frame came before is encrypted"
        );
        out(Finding::new(Id::ConnectionReset, end.stamp, summary)
            .from(by)
            .tentative()
            .because(doubt.hindrance(by)));
    }

    /// Nobody sent a Close, and both sides ended TCP without knowing of the other.
    fn judge_crossed(&self, acked: &PerPeer<u64>, doubt: &Doubt, out: &mut dyn FnMut(Finding)) {
        let Some(stamp) = self.ended_at().filter(|_| acked.server > 0) else { return };
        let silence = self.after_silence();
        let ended = match self.carrier {
            Carrier::Tcp => "ended the TCP connection (FIN)".to_owned(),
            Carrier::Stream => Carrier::Stream.ended(EndCause::Fin),
        };
        let summary = format!(
            "the client and the server {ended} at the same time without a Close frame{silence}: libraries report \
             this as 1006"
        );
        out(self
            .with_silence(Finding::new(Id::CloseMissing, stamp, summary))
            .with(FindingField::EndedBy, EndCause::Fin.name())
            .tentative_if(doubt.of(Peer::Client) || doubt.of(Peer::Server)));
    }

    /// Nobody sent a Close, and nobody ended TCP.
    fn judge_cut_off(&self, doubt: &Doubt, out: &mut dyn FnMut(Finding)) {
        let end = Peer::BOTH.iter().find_map(|peer| *self.ends.of(*peer)).filter(|_| self.cut_off);
        if let Some(end) = end {
            let silence = self.after_silence();
            let summary =
                format!("TCP ended (reset) without a Close frame{silence}: libraries report this as 1006");
            out(self
                .with_silence(Finding::new(Id::CloseMissing, end.stamp, summary))
                .with(FindingField::EndedBy, end.cause.name())
                .because(doubt.hindrance(Peer::Client)));
        }
    }

    /// A side sent Close and soon after a reset: does the other one see the Close? Returns whose Close it may not see.
    fn judge_reset(
        &self,
        acked: &PerPeer<u64>,
        doubt: &Doubt,
        out: &mut dyn FnMut(Finding),
    ) -> PerPeer<bool> {
        let mut overtaken = PerPeer::default();
        for from in Peer::BOTH.into_iter().filter(|_| !self.cut_off) {
            let other = !from;
            let own = self.ends.of(from).filter(|end| end.cause == EndCause::Rst);
            let reset = own.or(self.ends.of(other).filter(|end| end.cause == EndCause::RstByPeer));
            let (Some(closed), Some(reset)) = (self.closed.of(from), reset) else { continue };
            let is_soon = |after: Duration| after <= SOON_AFTER;
            let is_timeless = reset.stamp.time.is_unknown() && closed.stamp.time.is_unknown();
            if !(is_timeless || reset.stamp.time.passed_since(closed.stamp.time).is_some_and(is_soon)) {
                continue;
            }
            let after = reset.stamp.time.told_since(closed.stamp.time);
            let answered = self.closed.of(other).as_ref().is_some_and(|answer| match self.carrier {
                // What comes after a reset is no more of the stream, and bytes are read in the order in which acknowledgments
                // show that they were sent.
                Carrier::Stream => true,
                Carrier::Tcp => {
                    let acknowledged = reset.place.and_then(|place| place.acknowledged);
                    // Its own Close is the answer, whatever the clocks say.
                    self.first == Some(other)
                        || answer.stamp <= reset.stamp
                        || acknowledged.is_some_and(|up_to| up_to >= answer.extent_end)
                }
            });
            if answered || doubt.is_blind(other) {
                self.judge_met_answer(from, closed, reset, doubt, out);
                continue;
            }
            let message = self.last_message.of(other);
            let unread = message.number > 0
                && (message.number > closed.heard || *acked.of(other) < message.extent_end);
            let why = if self.carrier == Carrier::Stream {
                format!("without waiting for the answer of the {other}")
            } else if unread {
                format!("with an unread message from the {other}, which is what makes TCP reset")
            } else if *acked.of(from) < closed.extent_end
                && self.unfinished.of(other).is_some_and(|last| last > closed.stamp)
            {
                format!("with an unread part of a frame from the {other}, which is what makes TCP reset")
            } else if *acked.of(from) < closed.extent_end && !answers_from(reset, closed.extent_end) {
                format!("before the {other} had acknowledged the Close")
            } else {
                continue;
            };
            let summary = format!(
                "the {from} reset the {}{} after its Close, {why}: the {other} may see an error (1006) and not the Close",
                match self.carrier {
                    Carrier::Tcp => "connection",
                    Carrier::Stream => "HTTP/2 stream",
                },
                phrase(" ", after, "")
            );
            out(Finding::new(Id::ResetAfterClose, reset.stamp, summary)
                .from(from)
                .lasting(FindingField::AfterMs, after)
                .tentative_if(doubt.of(from) || doubt.of(other) || is_timeless));
            *overtaken.of_mut(from) = true;
        }
        overtaken
    }

    /// `from` sent the first Close and ended TCP without waiting for the answer, which met this reset.
    fn judge_met_answer(
        &self,
        from: Peer,
        closed: &FirstClose,
        reset: End,
        doubt: &Doubt,
        out: &mut dyn FnMut(Finding),
    ) {
        let other = !from;
        let Some(answer) = self.closed.of(other).as_ref().filter(|_| self.first == Some(from)) else {
            return;
        };
        let fin = self.ends.of(from).filter(|end| end.cause == EndCause::Fin);
        let has_not_waited = fin
            .and_then(|fin| fin.fin()?.acknowledged)
            .is_some_and(|acknowledged| acknowledged < answer.extent_end);
        if self.carrier != Carrier::Tcp || !has_not_waited || doubt.is_blind(other) || doubt.two_clocks {
            return;
        }
        let after = fin.and_then(|fin| fin.stamp.time.told_since(closed.stamp.time));
        let summary = format!(
            "the {from} ended TCP{} after its Close without waiting for the answer, and met the {other}'s Close with a reset: the \
             {other} may report an error, although it had the Close",
            phrase(" ", after, "")
        );
        out(Finding::new(Id::ResetAfterClose, reset.stamp, summary)
            .from(from)
            .severity(Severity::Note)
            .lasting(FindingField::AfterMs, reset.stamp.time.told_since(closed.stamp.time))
            .tentative_if(doubt.of(from) || doubt.of(other)));
    }

    /// `from` sent the first Close: was it answered?
    fn judge_unanswered(
        &self,
        from: Peer,
        acked: &PerPeer<u64>,
        doubt: &Doubt,
        out: &mut dyn FnMut(Finding),
    ) {
        let answerer = !from;
        let (Some(closed), None) = (self.closed.of(from), self.closed.of(answerer)) else { return };
        if self.unfinished.of(answerer).is_some() {
            // Its Close may be among what was taken for the rest of that frame.
            return;
        }
        if self.cut_off {
            return;
        }
        if doubt.is_blind(answerer) {
            return;
        }
        if *acked.of(from) < closed.extent_end {
            self.judge_unacknowledged(from, closed, doubt, out);
            return;
        }
        let finding = match self.end_of_leaving(from) {
            Some(end) => self.left_waiting(from, closed, end),
            None => self.did_not_answer(from, closed),
        };
        if let Some(finding) = finding {
            // Whatever a reset that acknowledges nothing answers may have been the other side's Close.
            let is_bare = self.ends.of(from).is_some_and(is_bare);
            out(finding
                .frame(closed.frame)
                .tentative_if(doubt.of(answerer) || is_bare)
                .because(doubt.hindrance(answerer)));
        }
    }

    /// `from` sent the first Close, and nothing shows that it arrived.
    fn judge_unacknowledged(
        &self,
        from: Peer,
        closed: &FirstClose,
        doubt: &Doubt,
        out: &mut dyn FnMut(Finding),
    ) {
        let answerer = !from;
        let has_left = self.ends.of(answerer).is_some_and(|end| match end.cause {
            EndCause::Fin | EndCause::Rst | EndCause::Unseen => true,
            EndCause::Open | EndCause::RstByPeer => false,
        });
        let told = doubt.path.as_ref().is_some_and(|path| path.unacknowledged(from).is_some());
        let waited = self.ends.of(from).and_then(|end| end.at.passed_since(closed.stamp.time));
        let Some(waited) = waited.filter(|waited| *waited >= OVERDUE) else { return };
        if told || self.answer_perhaps_lost || has_left {
            return;
        }
        let goes_on = self.last_message.of(answerer).time.since(closed.stamp.time) > PROMPT;
        let gone = if goes_on {
            format!(", though it went on sending: the way from the {from} to it was gone")
        } else {
            format!(": the path between the two, or the {answerer}'s host, was gone")
        };
        let summary = format!(
            "the {from}'s Close had no answer for {}, and the {answerer} never acknowledged it{gone}",
            in_words(waited)
        );
        out(Finding::new(Id::CloseUnanswered, closed.stamp, summary).frame(closed.frame).tentative());
    }

    /// Whether `from` ended TCP so soon after its Close, which nobody answered, that no answer could come.
    pub(super) fn left_no_time(&self, from: Peer, closed: &FirstClose) -> bool {
        let end = self.end_of_leaving(from);
        let waited = end.and_then(|end| end.stamp.time.passed_since(closed.stamp.time));
        waited.is_some_and(|waited| waited < PROMPT)
    }

    /// How `from` left, if it did so first. Who ends its direction of a stream still waits for the other one (RFC 9113 §5.1,
    /// half-closed).
    fn end_of_leaving(&self, from: Peer) -> Option<End> {
        let still_hears = |end: &End| self.carrier == Carrier::Stream && end.cause == EndCause::Fin;
        let end = self.ends.of(from).filter(|_| self.ended_first == EndedFirst::Peer(from));
        end.filter(|end| !still_hears(end))
    }

    /// `from` ended TCP, in this way, before its Close was answered.
    fn left_waiting(&self, from: Peer, closed: &FirstClose, end: End) -> Option<Finding> {
        let answerer = !from;
        let waited = end.stamp.time.told_since(closed.stamp.time);
        let ended = self.carrier.ended(end.cause);
        if let Some(waited) = waited.filter(|waited| *waited >= PROMPT) {
            // A reset may cut off an answer that was just about to come.
            if end.cause == EndCause::Rst && waited < OVERDUE {
                return None;
            }
            let waited = in_words(waited);
            let summary = format!(
                "the {answerer} did not answer the {from}'s Close in {waited}; then the {from} {ended}"
            );
            return Some(Finding::new(Id::CloseUnanswered, closed.stamp, summary).from(answerer));
        }
        // Whoever fails the connection need not wait (§7.1.7).
        let may_leave = closed.code.is_some_and(CloseCode::is_abnormal);
        let summary = format!(
            "the {from} {ended}{} after its Close, before an answer could come",
            phrase(" ", waited, "")
        );
        let finding = Finding::new(Id::CloseUnanswered, closed.stamp, summary).from(from);
        (!may_leave).then(|| finding.severity(Severity::Note))
    }

    /// The other side left, or was silent, instead of answering the Close of `from`.
    fn did_not_answer(&self, from: Peer, closed: &FirstClose) -> Option<Finding> {
        let answerer = !from;
        let end = (*self.ends.of(answerer))?;
        let waited = end.at.since(closed.stamp.time);
        let outlived = self.carrier == Carrier::Stream && *self.open_to_the_end.of(answerer);
        let how = match end.cause {
            cause @ (EndCause::Fin | EndCause::Rst)
                if outlived && self.connection_ended_by == Some(answerer) =>
            {
                let after = phrase(" ", end.stamp.time.told_since(closed.stamp.time), " later");
                format!("the {answerer} {}{after}, instead of answering it", Carrier::Tcp.ended(cause))
            }
            EndCause::Fin | EndCause::Rst | EndCause::RstByPeer if outlived => {
                if waited < PROMPT {
                    return None;
                }
                format!("it still had no answer {} later, when the whole connection ended", in_words(waited))
            }
            cause @ (EndCause::Fin | EndCause::Rst) => {
                format!("the {answerer} {} instead of answering it", self.carrier.ended(cause))
            }
            EndCause::Open if waited >= OVERDUE && !self.answer_perhaps_lost => {
                format!("it still had no answer {} later, when the capture ends", in_words(waited))
            }
            EndCause::RstByPeer | EndCause::Open | EndCause::Unseen => return None,
        };
        let summary = format!("the {from} sent Close; {how}");
        Some(Finding::new(Id::CloseUnanswered, closed.stamp, summary).from(answerer))
    }
}

/// Whether a reset answers a packet that acknowledged its sender's stream up to `end`, and that the capture lacks: one that
/// acknowledges nothing stands where that packet's acknowledgment does (RFC 9293 §3.10.7.1).
fn answers_from(reset: End, end: u64) -> bool {
    acknowledges_nothing(reset) && reset.place.is_some_and(|place| place.at >= end)
}

/// Whether a side ended TCP with a reset that acknowledges nothing. So a host answers packets of a connection that it does not
/// have (RFC 9293 §3.10.7.1): it may have ended it before, in order.
fn is_bare(end: End) -> bool {
    end.cause == EndCause::Rst && acknowledges_nothing(end)
}

/// Whether the packet that ended TCP acknowledges nothing.
fn acknowledges_nothing(end: End) -> bool {
    end.place.is_some_and(|place| place.acknowledged.is_none())
}
