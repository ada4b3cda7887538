//! Judges what a proxy makes of a WebSocket of which the capture holds both legs: messages that it loses, changes, adds or
//! holds back, and how the end of one leg follows from that of the other.

mod ends;
mod leg;
mod passage;
mod way;

use super::catalog::Certainty;
use super::endings::SessionEnd;
use super::finding::Finding;
use crate::model::{Peer, PerPeer, SessionId, Timestamp};
use crate::ws::{Frame, Opcode};
use ends::LegEnds;
use leg::PerLeg;
use passage::Passage;
use way::{Door, Way};

pub(crate) use leg::Leg;
pub(crate) use passage::Company;
pub(crate) use way::Passed;

/// Compares the two legs of a WebSocket.
#[derive(Debug)]
pub(crate) struct Hop {
    sessions: PerLeg<SessionId>,
    ways: PerPeer<Way>,
    /// The capture misses bytes of this leg.
    lossy: PerLeg<bool>,
    /// A frame of this leg was not sent to its end.
    cut: PerLeg<bool>,
    /// What it sends does not get through, or is not read: of that there are findings of its own.
    troubled: PerLeg<bool>,
    ends: LegEnds,
}

impl Hop {
    /// Two sessions that may be the legs of one WebSocket.
    pub(crate) fn new(downstream: SessionId, upstream: SessionId) -> Self {
        Self {
            sessions: PerLeg { downstream, upstream },
            ways: PerPeer::default(),
            lossy: PerLeg::default(),
            cut: PerLeg::default(),
            troubled: PerLeg::default(),
            ends: LegEnds::default(),
        }
    }

    /// Both legs are seen from their first message on.
    pub(crate) const fn begin_whole(&mut self) {
        self.ways.client.begin_whole();
        self.ways.server.begin_whole();
    }

    /// Whether the two legs differ though the capture has all of both.
    pub(crate) fn differs(&self) -> bool {
        let is_whole = !self.lossy.downstream && !self.lossy.upstream;
        is_whole && Peer::BOTH.iter().any(|&from| self.ways.of(from).differs())
    }

    /// Messages that it remembers.
    pub(crate) fn remembered(&self) -> usize {
        self.ways.client.remembered() + self.ways.server.remembered()
    }

    /// A leg carries a message that `from` sent.
    pub(crate) fn pass(&mut self, leg: Leg, from: Peer, passed: Passed) {
        let way = self.ways.of_mut(from);
        if Leg::entry(from) == leg { way.goes_in(passed) } else { way.comes_out(passed) }
    }

    /// A leg carries a control frame.
    pub(crate) fn control(&mut self, leg: Leg, frame: &Frame<'_>) {
        let from = frame.from;
        match frame.header.opcode {
            Opcode::Close => {
                let Some(turn) = self.ends.close(leg, frame) else { return };
                let (way, passed) = (self.ways.of_mut(from), Passed::close(frame));
                if Leg::entry(from) == leg { way.goes_in(passed) } else { way.closes(passed, turn) }
            }
            Opcode::Ping => self.ends.ping(leg, from),
            Opcode::Pong => self.ends.pong(leg, from),
            Opcode::Text | Opcode::Binary | Opcode::Continuation | Opcode::Reserved(_) => {}
        }
    }

    /// The capture misses bytes of a leg, or what it carries cannot be compared any more.
    pub(crate) const fn miss(&mut self, leg: Leg) {
        *self.lossy.of_mut(leg) = true;
    }

    /// A frame of a leg was not sent to its end.
    pub(crate) const fn cut(&mut self, leg: Leg) {
        *self.cut.of_mut(leg) = true;
    }

    /// The receiver or the path of a leg was found to be the cause of delays.
    pub(crate) const fn trouble(&mut self, leg: Leg) {
        *self.troubled.of_mut(leg) = true;
    }

    /// A reset ends this leg.
    pub(crate) const fn reset(&mut self, leg: Leg) {
        self.ends.reset(leg);
    }

    /// The peer on this leg is a proxy as well.
    pub(crate) const fn chain(&mut self, leg: Leg) {
        self.ends.chain(leg);
    }

    /// A leg is over: this is how it ended, if it did, and so many messages each side sent on it.
    pub(crate) fn end(&mut self, leg: Leg, end: Option<SessionEnd>, messages: &PerPeer<u64>) {
        self.ends.end(leg, end);
        // What was on its way when the other side ended the leg is not lost in the proxy.
        let by_proxy = end.is_some_and(|end| end.by == Some(leg.of_proxy()));
        *self.lossy.of_mut(leg) |= *self.cut.of(leg) && !by_proxy;
        for from in Peer::BOTH {
            let door = if Leg::entry(from) == leg { Door::In } else { Door::Out };
            self.ways.of_mut(from).ends(door, *messages.of(from));
        }
    }

    /// How many messages came out as they had gone in, and how many did not.
    pub(crate) fn agreement(&self) -> (u64, u64) {
        let PerPeer { client, server } = &self.ways;
        (client.matched() + server.matched(), client.unmatched() + server.unmatched())
    }

    /// Whether what the client said is something else on each leg: at least so many messages are.
    pub(crate) fn contradicts(&self, enough: u64) -> bool {
        self.ways.client.matched() == 0 && self.ways.client.unmatched() >= enough
    }

    /// Both legs are over: tells what the proxy did, where it is this certain that they belong together, and it is asked of a leg what
    /// company it had after some time.
    pub(crate) fn finish(
        &mut self,
        certainty: Certainty,
        company: &dyn Fn(Leg, Timestamp) -> Company,
        out: &mut dyn FnMut(Finding),
    ) {
        let mut tell = |finding: Finding| out(finding.tentative_if(certainty == Certainty::Tentative));
        let is_whole = !self.lossy.downstream && !self.lossy.upstream;
        for from in Peer::BOTH {
            let (entry, exit) = (Leg::entry(from), !Leg::entry(from));
            let is_clear = !*self.troubled.of(exit);
            let about = Passage { from, entry: *self.sessions.of(entry), exit: *self.sessions.of(exit) };
            let tail = self.ends.tail(exit).filter(|_| is_clear);
            let stranded = tail.as_ref().and_then(|tail| {
                let stranded = self.ways.of_mut(from).finish(tail)?;
                // Who is answered on another leg was heard on one.
                let is_heard = self.ways.of(!from).is_heard_since(tail.ended);
                (!is_heard && company(exit, tail.ended) == Company::Alone).then_some(stranded)
            });
            if !*self.lossy.of(exit) {
                let lost = self.ways.of(from).lost().map(|lost| about.lost(&lost, self.ends.let_go()));
                { lost }
                    .or_else(|| stranded.map(|stranded| about.stranded(&stranded)))
                    .into_iter()
                    .for_each(&mut tell);
            }
            let way = self.ways.of(from);
            if is_whole && let Some(changed) = way.changed() {
                tell(about.changed(&changed));
            }
            if is_clear && let Some(delayed) = way.delayed() {
                tell(about.delayed(&delayed));
            }
        }
        let closed = self.ends.closed(&self.sessions, self.lossy, &self.ways);
        if is_whole {
            self.added(company, &mut tell);
        }
        closed.into_iter().for_each(&mut tell);
    }

    /// Tells what came out and had not gone in.
    fn added(&mut self, company: &dyn Fn(Leg, Timestamp) -> Company, tell: &mut dyn FnMut(Finding)) {
        for from in Peer::BOTH {
            let (entry, exit) = (Leg::entry(from), !Leg::entry(from));
            let about = Passage { from, entry: *self.sessions.of(entry), exit: *self.sessions.of(exit) };
            let way = self.ways.of_mut(from);
            if let Some(ended) = self.ends.ended(entry) {
                way.finish_entry(ended);
            }
            for surplus in way.surplus() {
                tell(about.added(surplus, company(entry, surplus.first.last().time)));
            }
        }
    }
}
