//! Judges sessions of one client that end as soon as they have begun, again and again.

use super::carrier::Carrier;
use super::catalog::Id;
use super::field::FindingField;
use super::finding::Finding;
use super::words::millis;
use crate::model::{ConnectionId, Count, EndCause, Peer, Stamp, Timestamp, in_words, phrase};
use crate::ws::CloseCode;
use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// A session that lasts no longer ended as soon as it began.
const SHORT: Duration = Duration::from_secs(1);
/// This many such sessions, one after the other, are a loop.
const LOOP: u64 = 5;
/// Ways to end that are told apart.
const WAYS: usize = 8;
/// Times kept of each of them.
const TIMES: usize = 256;
/// Sessions that wait for others which ended before them and are told later.
const WAITING: usize = 64;

/// How a session ended, if not in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parting {
    /// This side reported a failure with this code.
    Close(Peer, CloseCode),
    /// This side ended what carried the session, without a Close frame.
    End(Peer, EndCause),
}

impl Parting {
    /// Whose doing it is, as far as that shows: a code by which a side says that the other one is at fault blames nobody.
    const fn blamed(self) -> Option<Peer> {
        match self {
            Self::Close(_, code) if code.blames_peer() => None,
            Self::Close(..) | Self::End(..) => Some(self.by()),
        }
    }

    /// The side that ended it.
    pub(crate) const fn by(self) -> Peer {
        match self {
            Self::Close(by, _) | Self::End(by, _) => by,
        }
    }

    fn in_words(self, carrier: Carrier) -> String {
        match self {
            Self::Close(by, code) => format!("the {by} closed with {code} ({})", code.meaning()),
            Self::End(by, cause) => format!("the {by} {} without a Close frame", carrier.ended(cause)),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Close(..) => "close",
            Self::End(_, cause) => cause.name(),
        }
    }
}

/// The median of the times between one of these and the next, in whatever order they are told.
pub(super) fn usual_interval(at: &[Timestamp]) -> Option<Duration> {
    let mut at = at.to_vec();
    at.sort_unstable();
    let pairs = at.iter().zip(at.iter().skip(1));
    let mut intervals: Vec<Duration> =
        pairs.filter_map(|(earlier, later)| later.passed_since(*earlier)).collect();
    intervals.sort_unstable();
    intervals.get(intervals.len() / 2).copied()
}

/// A session that is over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShortLived {
    /// Its connection.
    pub(crate) connection: ConnectionId,
    /// What carried it.
    pub(crate) carrier: Carrier,
    /// Where its upgrade began.
    pub(crate) first: Stamp,
    /// When its upgrade was over.
    pub(crate) opened: Timestamp,
    /// Where it ended.
    pub(crate) ended: Stamp,
    /// How, if not in order.
    pub(crate) parting: Option<Parting>,
    /// Who ended it had a reason: the other side had violated the protocol before.
    pub(crate) is_provoked: bool,
}

impl ShortLived {
    /// What sessions are ordered by.
    const fn end(&self) -> (Timestamp, Stamp) {
        (self.ended.time, self.ended)
    }
}

#[derive(Clone, Debug)]
struct Recurrence {
    parting: Parting,
    carrier: Carrier,
    is_provoked: bool,
    count: u64,
    first: Stamp,
    connection: ConnectionId,
    began: Vec<Timestamp>,
    ended: Timestamp,
    longest: Duration,
}

/// How the sessions of one client at one server ended.
#[derive(Debug, Default)]
pub(super) struct Reconnects {
    /// The latest ones in the order of their ends, which is not the order in which they are told.
    waiting: VecDeque<ShortLived>,
    earlier: Series,
}

/// Sessions in the order of their ends.
#[derive(Clone, Debug, Default)]
struct Series {
    ways: Vec<Recurrence>,
    /// Sessions that lasted, or ended in order.
    others: u64,
}

impl Series {
    /// Takes the next one.
    fn push(&mut self, session: ShortLived) {
        let lasted = session.ended.time.passed_since(session.opened).filter(|lasted| *lasted <= SHORT);
        let (Some(parting), Some(lasted)) = (session.parting, lasted) else {
            self.others += 1;
            return;
        };
        let ShortLived { connection, carrier, first, ended, is_provoked, .. } = session;
        let is_alike = |way: &Recurrence| (way.parting, way.carrier) == (parting, carrier);
        let way = match self.ways.iter().position(is_alike) {
            Some(at) => self.ways.get_mut(at),
            None if self.ways.len() < WAYS => {
                self.ways.push(Recurrence {
                    parting,
                    carrier,
                    is_provoked: false,
                    count: 0,
                    first: ended,
                    connection,
                    began: Vec::new(),
                    ended: Timestamp::default(),
                    longest: Duration::ZERO,
                });
                self.ways.last_mut()
            }
            None => None,
        };
        // Sessions side by side, as a page opens them, are no attempts to come back.
        let Some(way) = way.filter(|way| way.count == 0 || first.time >= way.ended) else { return };
        way.count += 1;
        way.is_provoked |= is_provoked;
        way.ended = ended.time;
        way.longest = way.longest.max(lasted);
        if way.began.len() < TIMES {
            way.began.push(first.time);
        }
    }
}

impl Reconnects {
    /// A session is over.
    pub(super) fn note(&mut self, session: ShortLived) {
        let at = self.waiting.partition_point(|other| other.end() <= session.end());
        self.waiting.insert(at, session);
        if self.waiting.len() > WAITING
            && let Some(earliest) = self.waiting.pop_front()
        {
            self.earlier.push(earliest);
        }
    }

    /// The capture is over: reports a client that comes back in vain.
    pub(super) fn finish(&self, client: IpAddr, server: SocketAddr, out: &mut dyn FnMut(Finding)) {
        let mut series = self.earlier.clone();
        self.waiting.iter().for_each(|session| series.push(*session));
        for way in series.ways.iter().filter(|way| way.count >= LOOP && way.count > series.others) {
            let interval = usual_interval(&way.began);
            let summary = format!(
                "{} of the client {client} at the server {server} ended within {} of their {}{}: each \
                 time {}, and the client came back",
                Count(way.count, "session"),
                in_words(way.longest),
                way.carrier.granted_by(),
                phrase(", one every ", interval, ""),
                way.parting.in_words(way.carrier)
            );
            let finding = Finding::new(Id::ReconnectLoop, way.first, summary);
            let finding = match way.parting.blamed().filter(|_| !way.is_provoked) {
                Some(by) => finding.from(by),
                None => finding,
            };
            let finding = finding
                .with(FindingField::Count, way.count)
                .lasting(FindingField::IntervalMs, interval)
                .with(FindingField::LongestMs, millis(way.longest))
                .with(FindingField::EndedBy, way.parting.name());
            let mut finding = match way.parting {
                Parting::Close(_, code) => finding.with(FindingField::Code, u64::from(code.0)),
                Parting::End(..) => finding,
            };
            finding.connection = Some(way.connection);
            out(finding);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PacketNumber;

    const MILLISECOND: i64 = 1_000_000;

    /// A session that the server ends at once with 1011, in second `number`.
    fn session(number: u64) -> ShortLived {
        let begin = i64::try_from(number).unwrap() * 1_000 * MILLISECOND;
        let at = |after: i64| Timestamp::from_nanos(begin + after * MILLISECOND);
        let stamp =
            |packet, after| Stamp { packet: PacketNumber(packet), time: at(after), ..Stamp::default() };
        ShortLived {
            connection: ConnectionId(number),
            carrier: Carrier::Tcp,
            first: stamp(10 * number, 0),
            opened: at(1),
            ended: stamp(10 * number + 2, 2),
            parting: Some(Parting::Close(Peer::Server, CloseCode(1011))),
            is_provoked: false,
        }
    }

    fn told(sessions: &[ShortLived]) -> Vec<String> {
        let mut reconnects = Reconnects::default();
        for session in sessions {
            reconnects.note(*session);
        }
        let mut told = Vec::new();
        let (client, server) = ("10.0.0.1".parse().unwrap(), "10.0.0.2:80".parse().unwrap());
        reconnects.finish(client, server, &mut |finding| {
            told.push(format!("{:?} {:?} {}", finding.from, finding.stamp.packet, finding.summary));
        });
        told
    }

    #[test]
    fn a_loop_is_one_in_whatever_order_its_sessions_are_told() {
        let mut sessions: Vec<ShortLived> = (1..=100).map(session).collect();
        let in_order = told(&sessions);
        assert_eq!(in_order.len(), 1);
        assert!(in_order[0].contains("100 sessions"), "{in_order:?}");
        // As those that waited are told after those that did not have to.
        for some in sessions.chunks_mut(WAITING) {
            some.reverse();
        }
        assert_eq!(told(&sessions), in_order);
    }

    #[test]
    fn a_session_of_unknown_length_is_not_a_short_one() {
        let sessions: Vec<ShortLived> = (1..=5)
            .map(|number| ShortLived { opened: Timestamp::from_nanos(i64::MAX / 2), ..session(number) })
            .collect();
        assert_eq!(told(&sessions), Vec::<String>::new());
    }

    #[test]
    fn who_was_provoked_is_not_blamed() {
        let blamed = |provoked: u64| {
            let sessions: Vec<ShortLived> = (1..=5)
                .map(|number| ShortLived { is_provoked: number == provoked, ..session(number) })
                .collect();
            let told = told(&sessions);
            assert_eq!(told.len(), 1);
            told[0].starts_with("Some(Server)")
        };
        assert!(blamed(0));
        assert!(!blamed(3));
    }
}
