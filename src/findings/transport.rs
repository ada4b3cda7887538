//! Judges what TCP shows: the causes that lie below WebSocket. They are reported before their consequences, and nobody
//! is blamed for suffering from one.

use super::catalog::{Certainty, Id, Severity};
use super::field::FindingField;
use super::finding::Finding;
use super::words::{bytes_of, millis, times};
use crate::model::{
    Count, Delivered, ForeignReset, Gap, GapCause, Heard, Notice, OtherPath, Peer, PerPeer, Problem,
    ResetMark, Retransmitted, Stamp, SynRetries, Trouble, Unacknowledged, WindowClosed, in_words, phrase,
};
use std::time::Duration;

/// A segment of fewer payload bytes is small enough for any path (RFC 791 §3.1: 576 bytes with headers).
const FULL_SIZE: u64 = 500;

/// A session that ends no later than this after a side has begun to read again may end because of that.
const JUST_OVER: Duration = Duration::from_secs(1);

/// What TCP showed about the path between the two sides of a session, if it is out of the ordinary.
#[derive(Clone, Debug, Default)]
pub struct Path {
    /// The latest packet of each side in which it sent something again.
    sent_again: PerPeer<Option<Stamp>>,
    unacknowledged: PerPeer<Option<Unacknowledged>>,
    /// What of each side took longest to arrive, having been sent again.
    delivered: PerPeer<Option<Delivered>>,
    /// The latest of each side that took long.
    delivered_last: PerPeer<Option<Delivered>>,
    /// The latest time at which each side's window was closed.
    closed: PerPeer<Option<WindowClosed>>,
    foreign_reset: PerPeer<Option<ForeignReset>>,
    /// What is strange about the first bytes of each side.
    foreign_bytes: PerPeer<Option<OtherPath>>,
    /// How the connection was opened, if that took more than one SYN.
    syn_retries: Option<SynRetries>,
}

impl Path {
    /// That of a connection which took more than one SYN.
    pub fn opened_late(syn_retries: SynRetries) -> Self {
        Self { syn_retries: Some(syn_retries), ..Self::default() }
    }

    /// Notes a fact about `from`.
    pub fn note(&mut self, from: Peer, trouble: &Trouble) {
        match *trouble {
            Trouble::SentAgain(stamp) => *self.sent_again.of_mut(from) = Some(stamp),
            Trouble::Unacknowledged(lost) => *self.unacknowledged.of_mut(from) = Some(lost),
            Trouble::Delivered(late) => {
                *self.delivered_last.of_mut(from) = Some(late);
                let longest = self.delivered.of_mut(from);
                if longest.is_none_or(|longest| longest.took < late.took) {
                    *longest = Some(late);
                }
            }
            Trouble::WindowClosed(closed) => *self.closed.of_mut(from) = Some(closed),
            Trouble::ForeignReset(reset) => *self.foreign_reset.of_mut(from) = Some(reset),
            Trouble::OtherPath(other) => *self.foreign_bytes.of_mut(from) = Some(other),
        }
    }

    /// The client is the side that was taken for the server.
    pub fn flip(&mut self) {
        fn swap<T>(PerPeer { client, server }: &mut PerPeer<T>) {
            std::mem::swap(client, server);
        }
        swap(&mut self.sent_again);
        swap(&mut self.unacknowledged);
        swap(&mut self.delivered);
        swap(&mut self.delivered_last);
        swap(&mut self.closed);
        swap(&mut self.foreign_reset);
        swap(&mut self.foreign_bytes);
    }

    /// How the connection was opened, if that took more than one SYN.
    pub(super) const fn syn_retries(&self) -> Option<&SynRetries> {
        self.syn_retries.as_ref()
    }

    /// When `from` last sent something again.
    pub(super) const fn sent_again(&self, from: Peer) -> Option<Stamp> {
        *self.sent_again.of(from)
    }

    /// What `from` sent again and again, and nobody acknowledged.
    pub(super) const fn unacknowledged(&self, from: Peer) -> Option<&Unacknowledged> {
        self.unacknowledged.of(from).as_ref()
    }

    /// The latest time at which the window of `from` was closed.
    pub(super) const fn closed(&self, from: Peer) -> Option<&WindowClosed> {
        self.closed.of(from).as_ref()
    }

    /// What took longest to arrive, having been sent again, and who sent it.
    pub(super) fn delivered(&self) -> Option<(Peer, Delivered)> {
        let late = Peer::BOTH.into_iter().filter_map(|from| Some((from, (*self.delivered.of(from))?)));
        late.max_by_key(|(_, late)| late.took)
    }

    /// What of `from`, having been sent again, took long to arrive, and kept what ends there in its stream from arriving, which was
    /// sent `before` something came in answer.
    pub(super) fn held_up(&self, from: Peer, end: u64, (sent, before): (Stamp, Stamp)) -> Option<Delivered> {
        let is_it = |late: &Delivered| late.start < end && sent < late.stamp && late.stamp <= before;
        let all = [*self.delivered.of(from), *self.delivered_last.of(from)];
        all.into_iter().flatten().filter(is_it).max_by_key(|late| late.stamp)
    }

    /// The reset that came in the name of a side; if one came in the name of each, the one that is more certainly strange.
    pub(super) fn foreign_reset(&self) -> Option<&ForeignReset> {
        let resets = [&self.foreign_reset.client, &self.foreign_reset.server];
        resets.into_iter().flatten().min_by_key(|reset| !reset.is_certain())
    }

    /// Why the bytes of `from` that begin in this packet may be those of something in between, as an addition to a sentence.
    pub(super) fn stranger(&self, from: Peer, first: Stamp) -> Option<String> {
        let OtherPath { hops, usual, .. } =
            self.foreign_bytes.of(from).filter(|other| other.stamp == first)?;
        Some(format!(
            "it came with hop count {hops}, and the {from}'s packets before it with {usual}: something in between may have written it"
        ))
    }

    /// Why bytes of `from` may not have come as far as they should, as an addition to a sentence: nothing that `from`
    /// could help.
    pub(super) fn hindrance(&self, from: Peer) -> Option<String> {
        let reset = self.foreign_reset();
        // Who was cut off by it sends in vain.
        let is_first =
            |reset: &&ForeignReset| self.lost(from).is_none_or(|(_, lost)| reset.stamp < lost.first);
        let first = || reset.filter(is_first).map(came_from_between);
        self.closed_against(from)
            .or_else(first)
            .or_else(|| self.lost(from).map(|(who, lost)| came_not(who, lost)))
            .or_else(|| reset.map(came_from_between))
    }

    /// That something in between ended the connection, as an addition to a sentence.
    pub(super) fn interference(&self) -> Option<String> {
        self.foreign_reset().map(came_from_between)
    }

    /// Whether what a side sent never arrived.
    pub(crate) fn is_dead(&self) -> bool {
        Peer::BOTH.into_iter().any(|from| self.unacknowledged(from).is_some())
    }

    /// The same of what ended with the packet `end`: a side that has only just begun to read again may have been given up.
    pub(super) fn hindrance_until(&self, from: Peer, end: Stamp) -> Option<String> {
        self.hindrance(from).or_else(|| {
            let reader = !from;
            let closed = self.closed(reader).filter(|closed| closed.wanted)?;
            let is_just_over =
                closed.since.time <= end.time && end.time.since(closed.until.time) <= JUST_OVER;
            let lasted = in_words(closed.lasted);
            is_just_over.then(|| {
                format!(
                    "the {reader}'s window had been closed for {lasted} until then: the {reader} had not read"
                )
            })
        })
    }

    /// The same, of what was in their way before anybody ended the connection.
    pub(super) fn obstruction(&self, from: Peer) -> Option<String> {
        self.closed_against(from).or_else(|| self.lost(from).map(|(who, lost)| came_not(who, lost)))
    }

    /// That the other side does not take what `from` sends, in words.
    fn closed_against(&self, from: Peer) -> Option<String> {
        let reader = !from;
        let closed = self.closed(reader).filter(|closed| !closed.reopened)?;
        let lasted = in_words(closed.lasted);
        Some(format!("the {reader}'s window had been closed for {lasted}: the {reader} does not read"))
    }

    /// What was sent again and again in vain, by `from` or else by the other side, and by whom.
    fn lost(&self, from: Peer) -> Option<(Peer, &Unacknowledged)> {
        [from, !from].into_iter().find_map(|who| Some((who, self.unacknowledged(who)?)))
    }

    /// Reports all that was noted.
    pub(crate) fn tell(&self, out: &mut dyn FnMut(Finding)) {
        for from in Peer::BOTH {
            let closed = self.closed(from).copied().map(Trouble::WindowClosed);
            let lost = self.unacknowledged(from).copied().map(Trouble::Unacknowledged);
            let reset = self.foreign_reset.of(from).filter(|reset| self.foreign_reset() == Some(reset));
            [closed, lost, reset.map(Trouble::ForeignReset)]
                .iter()
                .flatten()
                .filter_map(|trouble| judge(from, trouble))
                .for_each(&mut *out);
        }
    }
}

/// That something in between ended the connection, as an addition to a sentence.
fn came_from_between(reset: &ForeignReset) -> String {
    let why = match reset.mark {
        ResetMark::HopCount => format!("hop count {}, not {}", reset.hops, reset.usual),
        ResetMark::WentOn => "the side that it names went on sending".to_owned(),
        ResetMark::Sequence => "several of them guessed the sequence number".to_owned(),
        ResetMark::BothSides => "one came in the name of each side".to_owned(),
    };
    format!("the reset came from something in between ({why})")
}

/// That what `who` sent did not arrive, as an addition to a sentence.
fn came_not(who: Peer, lost: &Unacknowledged) -> String {
    let since = if lost.waited.is_zero() { String::new() } else { format!(" for {}", in_words(lost.waited)) };
    if let Some(notice) = &lost.notice {
        return format!("{}, see data-unacknowledged", said(notice));
    }
    if let Retransmitted::Unseen { .. } = lost.what {
        return format!("some of what was sent got lost on the way{since}, see data-unacknowledged");
    }
    let what = match lost.heard {
        Heard::Yes | Heard::OfSmaller if is_full_size(lost) => {
            format!("nothing that large had been acknowledged{since}")
        }
        Heard::Yes | Heard::OfSmaller => format!("what the {who} sent had not arrived{since}"),
        Heard::No => format!("the path had been dead{since}"),
    };
    format!("{what}, see data-unacknowledged")
}

/// What is worth reporting of a fact about `from`.
pub(super) fn judge(from: Peer, trouble: &Trouble) -> Option<Finding> {
    match trouble {
        // One lost packet is ordinary; the session's figures count them. And routes may differ: that matters only where what came is a
        // refusal.
        Trouble::SentAgain(_) | Trouble::Delivered(_) | Trouble::OtherPath(_) => None,
        Trouble::Unacknowledged(lost) => Some(unacknowledged(from, lost)),
        Trouble::WindowClosed(closed) => closed.wanted.then(|| receiver_stalled(from, closed)),
        Trouble::ForeignReset(reset) => Some(reset_foreign(from, reset)),
    }
}

/// Bytes of `from`, which came by this path, are not in the capture: worth reporting, unless that is said of all of them elsewhere.
pub(crate) fn gap(from: Peer, gap: &Gap, path: Option<&Path>) -> Option<Finding> {
    let is_received = match gap.cause {
        GapCause::Lost | GapCause::RecordLost => true,
        GapCause::Unacknowledged if path.is_some_and(|path| path.unacknowledged(from).is_some()) => {
            return None;
        }
        GapCause::Unacknowledged => false,
        GapCause::Unseen | GapCause::Snaplen | GapCause::Limit | GapCause::Sealed | GapCause::Unframed => {
            return None;
        }
    };
    let missing = gap.extent.length();
    let then = if is_received {
        String::new()
    } else {
        format!(", and the {} never acknowledged them: they may have been lost on the way", !from)
    };
    let summary = format!(
        "{} that the {from} sent {} not in the capture{then}",
        bytes_of(missing),
        if missing == 1 { "is" } else { "are" }
    );
    let finding = Finding::new(Id::TcpGap, gap.stamp, summary).from(from);
    Some(finding.with(FindingField::Missing, missing).tentative_if(!is_received))
}

/// Whether these bytes never arrive because their segments are too large for the path: smaller ones do.
fn is_full_size(lost: &Unacknowledged) -> bool {
    let is_smaller_heard = match lost.heard {
        Heard::No => false,
        // As large a one arrived before.
        Heard::Yes => lost.longest_before < lost.shortest,
        Heard::OfSmaller => true,
    };
    let may_be = match lost.notice {
        None => is_smaller_heard,
        Some(notice) => matches!(notice.problem, Problem::TooBig { .. }),
    };
    match lost.what {
        Retransmitted::Data => may_be && lost.shortest >= FULL_SIZE,
        Retransmitted::Unseen { largest } => (1..FULL_SIZE).contains(&largest) && lost.bytes >= FULL_SIZE,
        Retransmitted::Probes => false,
    }
}

fn unacknowledged(from: Peer, lost: &Unacknowledged) -> Finding {
    let other = !from;
    let is_full = is_full_size(lost);
    let what = match lost.what {
        Retransmitted::Unseen { .. } => format!(
            "{} that the {from} sent never came as far as this capture, and the {other} never acknowledged them",
            bytes_of(lost.bytes)
        ),
        Retransmitted::Probes => {
            format!("{} of the {from} got no answer", Count(lost.times, "keep-alive probe"))
        }
        Retransmitted::Data if lost.bytes == 0 => {
            format!("the {from} retransmitted its FIN {}, and it was never acknowledged", times(lost.times))
        }
        Retransmitted::Data if lost.times == 0 => {
            format!("the {from} sent {} that were never acknowledged", bytes_of(lost.bytes))
        }
        Retransmitted::Data => format!(
            "the {from} retransmitted {} {} and they were never acknowledged",
            bytes_of(lost.bytes),
            times(lost.times)
        ),
    };
    let why = if let Retransmitted::Unseen { largest } = lost.what {
        let came = match largest {
            0 => format!("the {from}'s acknowledgments came"),
            _ if is_full => format!(
                "smaller segments that the {from} sent later came, as where the path has a smaller MTU than it believes (an MTU \
                 black hole)"
            ),
            _ => format!("what the {from} sent later came"),
        };
        let said = lost.notice.map_or_else(String::new, |notice| format!("; {}", said(&notice)));
        format!("they got lost on the way, while {came}{said}")
    } else if let Some(notice) = lost.notice {
        let heeded = if is_full {
            format!(
                ", yet the {from} still sends segments of {} (an MTU black hole)",
                bytes_of(lost.shortest)
            )
        } else {
            String::new()
        };
        format!("{}{heeded}", said(&notice))
    } else if is_full {
        format!(
            "smaller packets get through, but segments of {} or more do not: the path has a smaller \
             MTU than the {from} believes, and the ICMP messages that should say so are lost (an MTU \
             black hole)",
            bytes_of(lost.shortest)
        )
    } else {
        match lost.heard {
            Heard::No => format!("nothing more came from the {other}: it is gone, or the path to it is dead"),
            Heard::Yes => {
                format!("packets from the {other} still came: what the {from} sends no longer arrives")
            }
            Heard::OfSmaller => {
                format!("smaller segments arrived that the {from} sent later: these get lost on the way")
            }
        }
    };
    // Of packets without times nobody knows.
    let is_timed = !lost.waited.is_zero();
    let within = if is_timed { format!(" in {}", in_words(lost.waited)) } else { String::new() };
    let mut finding = Finding::new(Id::DataUnacknowledged, lost.first, format!("{what}{within}; {why}"))
        .with(FindingField::Retransmissions, lost.times);
    if is_timed {
        finding = finding.with(FindingField::WaitedMs, millis(lost.waited));
    }
    finding = finding
        .with(FindingField::Bytes, lost.bytes)
        .with(FindingField::Shape, if is_full { "full-size" } else { "all" });
    if let Some(notice) = &lost.notice {
        finding = finding.noticed(notice);
    }
    // An acknowledgment may have been lost in the capture, or come after its end.
    finding.certainty = Certainty::Tentative;
    if lost.bytes == 0 && lost.what == Retransmitted::Data {
        // All that was said arrived.
        finding.severity = Severity::Note;
    }
    finding
}

fn receiver_stalled(from: Peer, closed: &WindowClosed) -> Finding {
    let (other, lasted) = (!from, in_words(closed.lasted));
    let then = if closed.reopened { "" } else { ", to the connection's end" };
    let was = match closed.room {
        0 => "was closed".to_owned(),
        room => format!("had room for {} at most", bytes_of(u64::from(room))),
    };
    let summary = format!(
        "the {from}'s TCP window {was} for {lasted}{then}, while the {other} had something to send: the {from} did not \
         read"
    );
    let finding = Finding::new(Id::ReceiverStalled, closed.since, summary)
        .from(from)
        .with(FindingField::StalledMs, millis(closed.lasted))
        .with(FindingField::Scope, "tcp");
    if closed.waiting > 0 { finding.with(FindingField::WaitingBytes, closed.waiting) } else { finding }
}

fn reset_foreign(from: Peer, reset: &ForeignReset) -> Finding {
    let is_long = |silence: &Duration| silence.as_secs() > 0;
    let silence = phrase(", ", reset.silence.filter(is_long), &format!(" after the {from}'s last packet"));
    let how = match reset.mark {
        ResetMark::HopCount => {
            format!("with hop count {} (its packets have {}){silence}", reset.hops, reset.usual)
        }
        ResetMark::WentOn => format!("while the {from} went on sending{silence}"),
        ResetMark::Sequence => {
            format!("several times, with sequence numbers that the {from} had not reached{silence}")
        }
        ResetMark::BothSides => format!("and one in the {}'s name as well{silence}", !from),
    };
    let sent = if reset.is_certain() { "sent" } else { "may have sent" };
    let summary =
        format!("a reset in the {from}'s name came {how}: something in between {sent} it, not the {from}");
    let finding = Finding::new(Id::ResetForeign, reset.stamp, summary)
        .with(FindingField::Mark, reset.mark.name())
        .lasting(FindingField::SilenceMs, reset.silence);
    let finding = finding.tentative_if(!reset.is_certain());
    if reset.mark != ResetMark::HopCount {
        return finding;
    }
    finding
        .with(FindingField::Ttl, u64::from(reset.hops))
        .with(FindingField::UsualTtl, u64::from(reset.usual))
}

/// What ICMP says, and who.
pub(super) fn said(notice: &Notice) -> String {
    let Notice { reporter, destination, problem, .. } = notice;
    if *reporter == destination.ip() {
        format!("that host says in ICMP that {problem}")
    } else {
        format!("{reporter} on the way says in ICMP that {problem}")
    }
}

impl Finding {
    /// The same finding with what ICMP says about it.
    #[must_use]
    pub(super) fn noticed(self, notice: &Notice) -> Self {
        let finding = self
            .with(FindingField::Icmp, notice.problem.name())
            .with(FindingField::IcmpFrom, notice.reporter.to_string());
        if let Problem::TooBig { mtu: mtu @ 1.. } = notice.problem {
            finding.with(FindingField::Mtu, u64::from(mtu))
        } else {
            finding
        }
    }

    /// The same finding, as a consequence of `hindrance` if there is one: then nobody is blamed for it.
    #[must_use]
    pub(super) fn because(mut self, hindrance: Option<String>) -> Self {
        if let Some(why) = hindrance {
            self.summary = format!("{}; {why}", self.summary);
            self.certainty = Certainty::Tentative;
            self.severity = self.severity.min(Severity::Warning);
        }
        self
    }
}
