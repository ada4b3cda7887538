//! Judges sessions of one client that end as soon as they have begun, again and again.

use super::catalog::Id;
use super::field::FindingField;
use super::finding::Finding;
use super::words::millis;
use crate::model::{ConnectionId, Count, EndCause, Peer, Stamp, Timestamp, in_words};
use crate::ws::CloseCode;
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

/// How a session ended, if not in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parting {
    /// This side reported a failure with this code.
    Close(Peer, CloseCode),
    /// This side ended TCP without a Close frame.
    Tcp(Peer, EndCause),
}

impl Parting {
    /// Whose doing it is, as far as that shows: a code by which a side says that the other one is at fault blames nobody.
    const fn blamed(self) -> Option<Peer> {
        match self {
            Self::Close(_, code) if code.blames_peer() => None,
            Self::Close(..) | Self::Tcp(..) => Some(self.by()),
        }
    }

    const fn by(self) -> Peer {
        match self {
            Self::Close(by, _) | Self::Tcp(by, _) => by,
        }
    }

    fn in_words(self) -> String {
        match self {
            Self::Close(by, code) => format!("the {by} closed with {code} ({})", code.meaning()),
            Self::Tcp(by, EndCause::Fin) => format!("the {by} ended TCP (FIN) without a Close frame"),
            Self::Tcp(by, _) => format!("the {by} reset TCP without a Close frame"),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Close(..) => "close",
            Self::Tcp(_, cause) => cause.name(),
        }
    }
}

/// The median of the times between one of these and the next.
pub(super) fn usual_interval(at: &[Timestamp]) -> Duration {
    let mut intervals: Vec<Duration> =
        at.iter().zip(at.iter().skip(1)).map(|(earlier, later)| later.since(*earlier)).collect();
    intervals.sort_unstable();
    intervals.get(intervals.len() / 2).copied().unwrap_or_default()
}

/// A session that is over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShortLived {
    /// Its connection.
    pub(crate) connection: ConnectionId,
    /// Where its upgrade began.
    pub(crate) first: Stamp,
    /// When its upgrade was over.
    pub(crate) opened: Timestamp,
    /// Where it ended.
    pub(crate) ended: Stamp,
    /// How, if not in order.
    pub(crate) parting: Option<Parting>,
}

#[derive(Debug)]
struct Recurrence {
    parting: Parting,
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
    ways: Vec<Recurrence>,
    /// Sessions that lasted, or ended in order.
    others: u64,
}

impl Reconnects {
    /// A session is over.
    pub(super) fn note(&mut self, session: ShortLived) {
        let lasted = session.ended.time.since(session.opened);
        let Some(parting) = session.parting.filter(|_| lasted <= SHORT) else {
            self.others += 1;
            return;
        };
        let ShortLived { connection, first, ended, .. } = session;
        let way = match self.ways.iter().position(|way| way.parting == parting) {
            Some(at) => self.ways.get_mut(at),
            None if self.ways.len() < WAYS => {
                let (began, ended) = (Vec::new(), Timestamp::default());
                self.ways.push(Recurrence {
                    parting,
                    count: 0,
                    first: session.ended,
                    connection,
                    began,
                    ended,
                    longest: Duration::ZERO,
                });
                self.ways.last_mut()
            }
            None => None,
        };
        // Sessions side by side, as a page opens them, are no attempts to come back.
        let Some(way) = way.filter(|way| way.count == 0 || first.time >= way.ended) else { return };
        way.count += 1;
        way.ended = ended.time;
        way.longest = way.longest.max(lasted);
        if way.began.len() < TIMES {
            way.began.push(first.time);
        }
    }

    /// The capture is over: reports a client that comes back in vain.
    pub(super) fn finish(&self, client: IpAddr, server: SocketAddr, out: &mut dyn FnMut(Finding)) {
        for way in self.ways.iter().filter(|way| way.count >= LOOP && way.count > self.others) {
            let interval = usual_interval(&way.began);
            let summary = format!(
                "{} of the client {client} at the server {server} ended within {} of their 101, one every {}: each \
                 time {}, and the client came back",
                Count(way.count, "session"),
                in_words(way.longest),
                in_words(interval),
                way.parting.in_words()
            );
            let finding = Finding::new(Id::ReconnectLoop, way.first, summary);
            let finding = match way.parting.blamed() {
                Some(by) => finding.from(by),
                None => finding,
            };
            let finding = finding
                .with(FindingField::Count, way.count)
                .with(FindingField::IntervalMs, millis(interval))
                .with(FindingField::LongestMs, millis(way.longest))
                .with(FindingField::EndedBy, way.parting.name());
            let mut finding = match way.parting {
                Parting::Close(_, code) => finding.with(FindingField::Code, u64::from(code.0)),
                Parting::Tcp(..) => finding,
            };
            finding.connection = Some(way.connection);
            out(finding);
        }
    }
}
