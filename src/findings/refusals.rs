//! Judges connections that a server's port refuses: it answers a SYN with a reset (RFC 9293 §3.10.7.1).

use super::catalog::{Id, Severity};
use super::field::FindingField;
use super::finding::Finding;
use super::words::times;
use crate::model::{ConnectionId, Peer, Stamp};
use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

/// SYNs of a client that are remembered until they may have been sent again.
const KEPT: usize = 16;

/// An attempt to connect, by what a client's TCP keeps when it sends its SYN again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConnectAttempt {
    /// The client's port.
    pub(crate) port: u16,
    /// The sequence number of its SYN.
    pub(crate) initial: u32,
}

/// The hop counts of a server's packets.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HopCounts {
    /// The lowest and the highest; 0 before the first.
    lowest: u8,
    highest: u8,
}

impl HopCounts {
    /// A packet came with this one; 0 is none.
    pub(super) fn note(&mut self, hops: u8) {
        if hops != 0 {
            self.lowest = if self.lowest == 0 { hops } else { self.lowest.min(hops) };
            self.highest = self.highest.max(hops);
        }
    }

    /// That of the server's packets which is nearest to this one, if none of them had this one.
    fn other_than(self, hops: u8) -> Option<u8> {
        let is_other = hops != 0 && self.lowest != 0 && !(self.lowest..=self.highest).contains(&hops);
        is_other.then_some(if hops < self.lowest { self.lowest } else { self.highest })
    }
}

/// Attempts that ended alike.
#[derive(Clone, Copy, Debug)]
struct Refused {
    count: u64,
    first: Stamp,
    connection: ConnectionId,
    /// The hop count of the first reset.
    hops: u8,
}

/// What a server refused to one client.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    /// The latest attempts.
    latest: VecDeque<(ConnectAttempt, Refused)>,
    /// Those before them.
    earlier: Option<Refused>,
    /// Those that succeeded when the client's TCP sent the SYN again, as Windows does: its program saw no refusal.
    let_in: Option<Refused>,
}

impl Refusals {
    /// A SYN was answered by a reset: of one that was sent again, that is the same attempt.
    pub(super) fn refused(
        &mut self,
        attempt: ConnectAttempt,
        connection: ConnectionId,
        (first, hops): (Stamp, u8),
    ) {
        if self.latest.iter().any(|(known, _)| *known == attempt) {
            return;
        }
        if self.latest.len() == KEPT
            && let Some((_, oldest)) = self.latest.pop_front()
        {
            add(&mut self.earlier, oldest);
        }
        self.latest.push_back((attempt, Refused { count: 1, first, connection, hops }));
    }

    /// A connection was opened.
    pub(super) fn opened(&mut self, attempt: ConnectAttempt) {
        let at = self.latest.iter().position(|(known, _)| *known == attempt);
        if let Some((_, refused)) = at.and_then(|at| self.latest.remove(at)) {
            add(&mut self.let_in, refused);
        }
    }

    /// The capture is over: reports what `server`, which may speak WebSocket and whose packets have `usual` hop counts, refused to the client at `ip`.
    pub(super) fn finish(
        &self,
        ip: IpAddr,
        server: SocketAddr,
        speaks_websocket: bool,
        usual: HopCounts,
        out: &mut dyn FnMut(Finding),
    ) {
        let mut refused = self.earlier;
        self.latest.iter().for_each(|(_, other)| add(&mut refused, *other));
        if let Some(refused) = refused {
            let severity = if speaks_websocket { Severity::Warning } else { Severity::Note };
            let finding = match usual.other_than(refused.hops) {
                None => refused.finding(format!(
                    "the server {server} refused connections from {ip} {}: its port answers SYN with a reset, so nothing \
                     listens there",
                    times(refused.count)
                )),
                Some(usual) => {
                    let summary = format!(
                        "connections from {ip} to the server {server} were refused {}: a reset answered the SYN, with hop count \
                         {} (the server's packets have {usual}), so something in between may have sent it",
                        times(refused.count),
                        refused.hops
                    );
                    Finding { from: None, ..refused.finding(summary).tentative() }
                }
            };
            out(finding.severity(severity));
        }
        if let Some(let_in) = self.let_in {
            let summary = format!(
                "the server {server} refused a SYN of {ip} with a reset and accepted it when it was sent again ({}): for a \
                 moment nothing listened there, and the client's program need not have noticed",
                times(let_in.count)
            );
            out(let_in.finding(summary).severity(Severity::Note));
        }
    }
}

impl Refused {
    fn finding(self, summary: String) -> Finding {
        let mut finding = Finding::new(Id::ConnectionRefused, self.first, summary)
            .from(Peer::Server)
            .with(FindingField::Count, self.count);
        finding.connection = Some(self.connection);
        finding
    }
}

fn add(sum: &mut Option<Refused>, other: Refused) {
    match sum {
        Some(sum) => sum.count += other.count,
        None => *sum = Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(port: u16) -> ConnectAttempt {
        ConnectAttempt { port, initial: 7 }
    }

    fn told(refusals: &Refusals) -> Vec<(u64, Severity)> {
        let mut told = Vec::new();
        let server = ([10, 0, 0, 2], 80).into();
        refusals.finish([10, 0, 0, 1].into(), server, true, HopCounts::default(), &mut |finding| {
            told.push((finding.number(FindingField::Count).unwrap(), finding.severity));
        });
        told
    }

    #[test]
    fn a_syn_that_is_sent_again_is_one_attempt() {
        let mut refusals = Refusals::default();
        for _ in 0..3 {
            refusals.refused(attempt(1), ConnectionId(1), (Stamp::default(), 0));
        }
        assert_eq!(told(&refusals), [(1, Severity::Warning)]);
        refusals.opened(attempt(1));
        assert_eq!(told(&refusals), [(1, Severity::Note)]);
    }

    #[test]
    fn all_attempts_are_counted() {
        let mut refusals = Refusals::default();
        for port in 0..100 {
            refusals.refused(attempt(port), ConnectionId(1), (Stamp::default(), 0));
        }
        refusals.opened(attempt(99));
        refusals.opened(attempt(100));
        assert_eq!(told(&refusals), [(99, Severity::Warning), (1, Severity::Note)]);
    }
}
