//! Which sessions are the two legs of one WebSocket: that of the client to a proxy, and that of the proxy to the
//! server. Time makes candidates of them, and what they carry proves it.

mod company;

use super::output::{LegOf, LegRole, Place};
use super::session::Finished;
use crate::findings::{Certainty, Class, Finding, Hop, Id, Leg, Passed, Severity};
use crate::model::{ConnectionId, EndCause, Peer, PerPeer, SessionId, Stamp};
use crate::upgrade::Upgrade;
use crate::ws::{Frame, Message};
use company::BegunSessions;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

/// Upgrades that were accepted last: the two of one WebSocket come shortly after one another.
const RECENT: usize = 64;
/// Other sessions that a session may be a leg with, until it shows which one it is.
const CANDIDATES: usize = 8;
/// Client frames of the one leg that are remembered until they come on the other.
const MASKS: usize = 32;
/// What a pair counts for besides the messages that it remembers.
const PAIR: usize = 16;
/// Messages of each side that are remembered of an upgrade until there is another one that may belong to it: a server may
/// speak before the client's leg is open.
const EARLY: u64 = 8;
/// The header by which extensions are offered and agreed on (RFC 6455 §9.1).
const EXTENSIONS: &str = "sec-websocket-extensions";
/// So many messages have to be the same where nothing else shows that two sessions belong together.
const ALIKE: u64 = 3;
/// And so many for each one that is not, as the proxy may have lost or changed it.
const SAME_FOR_EACH: u64 = 4;
/// If so many messages of the client came out as others, and none as it had been, two sessions with the same key do not belong together.
const CONTRADICTING: u64 = 4;

/// An upgrade that was accepted.
#[derive(Debug)]
struct AcceptedUpgrade {
    session: SessionId,
    connection: ConnectionId,
    addresses: PerPeer<SocketAddr>,
    /// The sequence numbers that its connection began with.
    numbers: Option<PerPeer<u32>>,
    requested: Stamp,
    answered: Stamp,
    /// What the server made of the client's key.
    accept: Option<Box<[u8]>>,
    /// Nothing where the capture has only the answer.
    asked: Option<Asked>,
    /// What became of the extensions that the client offered.
    extensions: Extensions,
    /// The first messages of each side.
    early: Vec<(Peer, Passed)>,
    /// It has no others, and all of them could be read.
    is_whole: bool,
}

/// What the client asked for.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    key: Option<Box<[u8]>>,
    target: Box<str>,
    host: Option<Box<[u8]>>,
}

/// What became of the extensions that a client offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extensions {
    /// It offered none.
    Unoffered,
    /// The answer has none.
    Unanswered,
    /// The answer has some.
    Agreed,
}

/// Two sessions that may be legs of one WebSocket.
#[derive(Debug)]
struct LegPair {
    hop: Hop,
    /// The address of the proxy on the client's side, and on the server's.
    proxy: PerPeer<SocketAddr>,
    /// What the upgrades have in common.
    likeness: SharedTraits,
    /// Masking keys and lengths of what the client sent into the proxy.
    masks: VecDeque<([u8; 4], u64)>,
    /// A masking key came out that had gone in with the same length: no two clients choose the same one.
    same_mask: bool,
    /// The client offered extensions, and the answer on its leg has none of those that the one upstream has.
    stripped: bool,
    ended: u8,
}

/// What two upgrades have in common, of which the one took place inside the time of the other.
#[derive(Clone, Copy, Debug)]
struct SharedTraits {
    key: bool,
    /// Both ask for the same thing, and the one comes from where the other goes to.
    request: bool,
    /// One end is the same socket: there is one connection, whose addresses are translated in between.
    socket: bool,
    /// How much longer the outer one took.
    slack: u64,
}

/// How it is known that two sessions belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Proof {
    /// By the key of the handshake, or by masking keys.
    Random,
    /// By what they say, and when.
    Content,
}

type PairId = (SessionId, SessionId);

/// Sessions that may be legs of one WebSocket.
#[derive(Debug)]
pub(super) struct Legs {
    recent: VecDeque<AcceptedUpgrade>,
    begun: BegunSessions,
    /// By the downstream session and the upstream one.
    pairs: BTreeMap<PairId, LegPair>,
    /// The pairs of each session.
    of: BTreeMap<SessionId, Vec<PairId>>,
    /// Messages that all pairs remember.
    remembered: usize,
    cap: usize,
}

/// Whether everything could be remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recall {
    Enough,
    Short,
}

/// What the end of a session shows.
#[derive(Debug, Default)]
pub(super) struct LegEnd {
    pub(super) leg_of: Option<LegOf>,
    pub(super) findings: Vec<Finding>,
}

impl AcceptedUpgrade {
    fn new(place: &Place, numbers: Option<PerPeer<u32>>, upgrade: &Upgrade) -> Option<Self> {
        /// A longer text is not compared.
        const LONGEST: usize = 4096;
        let response = upgrade.response.whole()?;
        let short = |value: Option<&[u8]>| value.filter(|value| value.len() <= LONGEST).map(Box::from);
        let asked = upgrade.request.whole().map(|request| Asked {
            key: short(request.head.value("sec-websocket-key")),
            target: request.target.get(..LONGEST).unwrap_or(&request.target).into(),
            host: short(request.host()),
        });
        Some(Self {
            session: place.session,
            connection: place.connection,
            addresses: place.addresses,
            numbers,
            requested: upgrade.requested,
            answered: response.head.last,
            accept: short(response.head.value("sec-websocket-accept")),
            asked,
            extensions: match (
                upgrade.request.whole().and_then(|request| request.head.value(EXTENSIONS)),
                response.head.value(EXTENSIONS),
            ) {
                (_, Some(_)) => Extensions::Agreed,
                (Some(_), None) => Extensions::Unanswered,
                (None, None) => Extensions::Unoffered,
            },
            early: Vec::new(),
            is_whole: true,
        })
    }

    /// One of its sides sends a message, its `ordinal`-th.
    fn says(&mut self, message: &Message<'_>, ordinal: u64) {
        if ordinal <= EARLY {
            self.early.push((message.from, Passed::message(message, ordinal)));
        } else {
            (self.early, self.is_whole) = (Vec::new(), false);
        }
    }

    /// Whether it was asked for after `outer`, and answered before.
    fn is_inside(&self, outer: &Self) -> bool {
        // Streams of one connection are no legs of each other.
        if self.connection == outer.connection {
            return false;
        }
        let is_before = |first: Stamp, second: Stamp| {
            if first.time == second.time && first.file == second.file {
                first.packet <= second.packet
            } else {
                first.time <= second.time
            }
        };
        is_before(outer.requested, self.requested) && is_before(self.answered, outer.answered)
    }

    /// What it has in common with one that took place inside it; nothing where they cannot belong together.
    fn likeness(&self, inner: &Self) -> Option<SharedTraits> {
        let (near, far) = (&self.addresses, &inner.addresses);
        let is_chained = near.server.ip() == far.client.ip();
        let same_numbers = self.numbers.is_some() && self.numbers == inner.numbers;
        // A proxy chooses a port of its own.
        let socket = same_numbers || near.client.port() == far.client.port() || near.server == far.server;
        let slack = |opened: &Self| opened.answered.time.nanos_since(opened.requested.time);
        let slack = slack(self).saturating_sub(slack(inner));
        let (key, same_target, request) = match (&self.asked, &inner.asked) {
            (Some(outer), Some(inner)) => {
                let same_target = outer.target == inner.target;
                let key = outer.key.is_some() && outer.key == inner.key;
                (key, same_target, is_chained && same_target && outer.host == inner.host)
            }
            // Of a packet that is routed twice, a capture may hold one way only with these addresses.
            (None, _) | (_, None) => {
                (same_numbers && self.accept.is_some() && self.accept == inner.accept, false, false)
            }
        };
        let is_possible = key || self.asked.is_some() && inner.asked.is_some() && (is_chained || same_target);
        is_possible.then_some(SharedTraits { key, request, socket, slack })
    }
}

impl LegPair {
    /// Whether they are one connection whose addresses are translated on the way: then both carry the same bytes.
    fn is_same(&self) -> bool {
        self.likeness.socket && !self.hop.differs()
    }

    fn proof(&self, is_only_one: bool) -> Option<Proof> {
        if self.same_mask || self.likeness.key && !self.hop.contradicts(CONTRADICTING) {
            return Some(Proof::Random);
        }
        let (alike, different) = self.hop.agreement();
        let is_alike = alike >= ALIKE && different * SAME_FOR_EACH <= alike && !self.hop.contradicts(1);
        (is_only_one && self.likeness.request && is_alike).then_some(Proof::Content)
    }

    /// Masking keys show which of the client's frames came out. A key of zeros is nobody's own.
    fn mask(&mut self, leg: Leg, mask: [u8; 4], length: u64) {
        if self.same_mask || mask == [0; 4] {
            return;
        }
        match leg {
            Leg::Downstream if self.masks.len() < MASKS => self.masks.push_back((mask, length)),
            Leg::Downstream => {}
            Leg::Upstream => {
                self.same_mask = self.masks.contains(&(mask, length));
                if self.same_mask {
                    self.masks = VecDeque::new();
                }
            }
        }
    }
}

impl Legs {
    /// Remembers at most `cap` messages.
    pub(super) fn new(cap: u64) -> Self {
        Self {
            recent: VecDeque::new(),
            begun: BegunSessions::default(),
            pairs: BTreeMap::new(),
            of: BTreeMap::new(),
            remembered: 0,
            cap: usize::try_from(cap).unwrap_or(usize::MAX),
        }
    }

    /// Whether any session may be a leg.
    #[inline]
    pub(super) fn is_watching(&self) -> bool {
        !self.pairs.is_empty()
    }

    /// Whether a message may be part of a leg: the `ordinal`-th of its side.
    #[inline]
    pub(super) fn is_watching_message(&self, ordinal: u64) -> bool {
        self.is_watching() || ordinal <= EARLY + 1
    }

    /// A session begins with an upgrade that was accepted.
    pub(super) fn begin(
        &mut self,
        place: &Place,
        numbers: Option<PerPeer<u32>>,
        upgrade: &Upgrade,
    ) -> Recall {
        let Some(opened) = AcceptedUpgrade::new(place, numbers, upgrade) else {
            return Recall::Enough;
        };
        let mut memory = Recall::Enough;
        let candidates = self.recent.iter().rev().filter_map(|other| {
            let (outer, inner) = if other.is_inside(&opened) {
                (&opened, other)
            } else if opened.is_inside(other) {
                (other, &opened)
            } else {
                return None;
            };
            let likeness = outer.likeness(inner)?;
            let stripped = likeness.key
                && outer.extensions == Extensions::Unanswered
                && inner.extensions == Extensions::Agreed;
            let proxy = PerPeer { client: outer.addresses.server, server: inner.addresses.client };
            Some(((outer.session, inner.session), (likeness, stripped, proxy), other))
        });
        for (id, (likeness, stripped, proxy), other) in candidates.take(CANDIDATES) {
            if self.remembered + PAIR > self.cap {
                memory = Recall::Short;
                break;
            }
            let mut hop = Hop::new(id.0, id.1);
            if other.is_whole {
                hop.begin_whole();
                let leg = if id.0 == other.session { Leg::Downstream } else { Leg::Upstream };
                other.early.iter().for_each(|(from, passed)| hop.pass(leg, *from, *passed));
            }
            self.remembered += PAIR + hop.remembered();
            let pair = LegPair {
                hop,
                proxy,
                likeness,
                masks: VecDeque::new(),
                same_mask: false,
                stripped,
                ended: 0,
            };
            self.pairs.insert(id, pair);
            self.of.entry(id.0).or_default().push(id);
            self.of.entry(id.1).or_default().push(id);
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.begun.begin(opened.session, opened.addresses);
        self.recent.push_back(opened);
        memory
    }

    /// The upgrade that a session began with, if it is one of the latest.
    fn recent_mut(&mut self, session: SessionId) -> Option<&mut AcceptedUpgrade> {
        self.recent.iter_mut().rev().find(|opened| opened.session == session)
    }

    /// Does something to each pair of a session.
    fn each(&mut self, session: SessionId, mut change: impl FnMut(&mut LegPair, Leg)) {
        for id in self.of.get(&session).into_iter().flatten() {
            let leg = if id.0 == session { Leg::Downstream } else { Leg::Upstream };
            if let Some(pair) = self.pairs.get_mut(id) {
                let before = pair.hop.remembered();
                change(pair, leg);
                self.remembered = self.remembered + pair.hop.remembered() - before;
            }
        }
    }

    /// The session upstream whose answer has the extensions that the client of this one offered, which its own answer lacks.
    pub(super) fn stripped(&self, session: SessionId) -> Option<SessionId> {
        let ids = self.of.get(&session).into_iter().flatten().filter(|id| id.0 == session);
        { ids }.find(|id| self.pairs.get(id).is_some_and(|pair| pair.stripped)).map(|id| id.1)
    }

    /// A frame of a session is over.
    pub(super) fn frame(&mut self, session: SessionId, frame: &Frame<'_>) {
        let is_control = frame.header.opcode.is_control();
        let mask = frame.header.mask.filter(|_| frame.from == Peer::Client);
        if frame.is_cut() {
            self.each(session, |pair, leg| pair.hop.cut(leg));
        } else if !frame.is_complete() {
            self.miss(session);
        } else if frame.header.rsv != 0 && self.stripped(session).is_some() {
            // What it says is known on the other leg only.
            self.each(session, |pair, leg| pair.hop.miss(leg));
        } else if is_control || mask.is_some() {
            self.each(session, |pair, leg| {
                if let Some(mask) = mask {
                    pair.mask(leg, mask, frame.header.length);
                }
                if is_control {
                    pair.hop.control(leg, frame);
                }
            });
        }
    }

    /// A message of a session is over, the `ordinal`-th of its side.
    pub(super) fn message(&mut self, session: SessionId, message: &Message<'_>, ordinal: u64) -> Recall {
        if !message.complete {
            self.miss(session);
            return Recall::Enough;
        }
        if let Some(opened) = self.recent_mut(session) {
            opened.says(message, ordinal);
        }
        let is_full = self.remembered >= self.cap;
        self.each(session, |pair, leg| {
            if is_full {
                pair.hop.miss(Leg::Downstream);
                pair.hop.miss(Leg::Upstream);
            } else {
                pair.hop.pass(leg, message.from, Passed::message(message, ordinal));
            }
        });
        if is_full && self.of.contains_key(&session) { Recall::Short } else { Recall::Enough }
    }

    /// The capture misses bytes of a session, or they cannot be read.
    pub(super) fn miss(&mut self, session: SessionId) {
        if let Some(opened) = self.recent_mut(session) {
            opened.is_whole = false;
        }
        self.each(session, |pair, leg| pair.hop.miss(leg));
    }

    /// Where the side of a session that this is about is a proxy, whose other leg is captured as well, says so: what it does follows from
    /// what happens there.
    #[cold]
    pub(super) fn about_proxy(&self, session: SessionId, finding: Finding) -> Finding {
        let Some(LegOf { session: other, role }) = self.leg_of(session) else { return finding };
        let proxy = match role {
            LegRole::Upstream => Peer::Client,
            LegRole::Downstream => Peer::Server,
            LegRole::Same => return finding,
        };
        // What the capture cut short says nothing of the other leg.
        let may_follow = matches!(finding.id, Id::PingUnanswered | Id::FrameIncomplete | Id::CloseUnanswered)
            && finding.class != Class::Capture;
        let is_own =
            matches!(finding.id, Id::CloseCodeInvalid | Id::ClosePayloadInvalid | Id::CloseReasonInvalidUtf8);
        if finding.from != Some(proxy) || !(may_follow || is_own) {
            return finding;
        }
        let summary = format!(
            "{}; this {proxy} is a proxy, and its other leg, session {other}, may tell why",
            finding.summary
        );
        // What a proxy does is told of it where both legs are compared.
        let severity = if may_follow { finding.severity.min(Severity::Warning) } else { finding.severity };
        Finding { severity, summary, ..finding }.tentative_if(may_follow)
    }

    /// A session is over.
    pub(super) fn end(&mut self, session: SessionId, finished: &Finished) -> LegEnd {
        self.recent.retain(|opened| opened.session != session);
        self.each(session, |pair, leg| {
            if finished.summary.end == EndCause::Rst {
                pair.hop.reset(leg);
            }
            pair.hop.end(leg, finished.ended, &finished.summary.messages);
            if finished.is_troubled {
                pair.hop.trouble(leg);
            }
            pair.ended += 1;
        });
        let leg_of = self.leg_of(session);
        self.begun.end(session, finished.summary.last.time, leg_of.map(|leg| leg.session));
        let mut findings = Vec::new();
        let ids = self.of.get(&session).cloned().unwrap_or_default();
        // Once the pairs are forgotten that have another proxy between them, nobody knows of it.
        let far: Vec<PairId> = ids.iter().filter(|id| self.is_far(**id)).copied().collect();
        for id in ids {
            let Some(pair) = self.pairs.get(&id) else { continue };
            let proof = self.proof(id, pair);
            if proof.is_some() && pair.ended < 2 {
                continue;
            }
            let is_next = self.upstream_of(id.0) == Some(id.1) && self.downstream_of(id.1) == Some(id.0);
            let Some(mut pair) = self.forget(id) else { continue };
            let is_told = is_next && !far.contains(&id) && !pair.is_same();
            if let Some(proof) = proof.filter(|_| is_told) {
                let certainty = match proof {
                    Proof::Random => Certainty::Certain,
                    Proof::Content => Certainty::Tentative,
                };
                self.chain(id, &mut pair);
                let other = |session| self.leg_of(session).map(|leg| leg.session);
                let company = |leg, since| self.begun.company(id, &pair.proxy, leg, since, other);
                pair.hop.finish(certainty, &company, &mut |finding| findings.push(finding));
            }
        }
        LegEnd { leg_of, findings }
    }

    /// Whether another session is known to lie between the two.
    fn is_far(&self, id: PairId) -> bool {
        let is_other = |next: Option<SessionId>, this| next.is_some_and(|next| next != this);
        is_other(self.upstream_of(id.0), id.1) || is_other(self.downstream_of(id.1), id.0)
    }

    /// Tells a pair, and those that share a session with it, that there are several proxies in a row.
    fn chain(&mut self, id: PairId, pair: &mut LegPair) {
        let nearer = self.downstream_of(id.0).map(|session| (session, id.0));
        let farther = self.upstream_of(id.1).map(|session| (id.1, session));
        for (other, leg) in [(nearer, Leg::Downstream), (farther, Leg::Upstream)] {
            let other = other.and_then(|other| self.pairs.get(&other));
            if other.is_some_and(|other| !other.is_same()) {
                pair.hop.chain(leg);
            }
        }
        for (session, shared) in [(id.0, Leg::Upstream), (id.1, Leg::Downstream)] {
            self.each(session, |other, leg| {
                if leg == shared {
                    other.hop.chain(leg);
                }
            });
        }
    }

    fn forget(&mut self, id: PairId) -> Option<LegPair> {
        let pair = self.pairs.remove(&id)?;
        self.remembered -= PAIR + pair.hop.remembered();
        for session in [id.0, id.1] {
            if let Some(pairs) = self.of.get_mut(&session) {
                pairs.retain(|pair| *pair != id);
                if pairs.is_empty() {
                    self.of.remove(&session);
                }
            }
        }
        Some(pair)
    }

    fn proof(&self, id: PairId, pair: &LegPair) -> Option<Proof> {
        let is_only_one =
            [id.0, id.1].iter().all(|session| self.of.get(session).is_some_and(|pairs| pairs.len() == 1));
        pair.proof(is_only_one)
    }

    /// Sessions that are proved to be legs of the same WebSocket as this one, on that side of it.
    fn proved(&self, session: SessionId, side: Leg) -> impl Iterator<Item = (PairId, &LegPair)> {
        let ids = self.of.get(&session).into_iter().flatten();
        ids.filter(move |id| (if side == Leg::Upstream { id.0 } else { id.1 }) == session)
            .filter_map(|id| Some((*id, self.pairs.get(id)?)))
            .filter(|(id, pair)| self.proof(*id, pair).is_some())
    }

    /// The next leg towards the server. Where there are several proxies in a row, it is the one whose upgrade took longest.
    fn upstream_of(&self, session: SessionId) -> Option<SessionId> {
        self.proved(session, Leg::Upstream)
            .min_by_key(|(id, pair)| (pair.likeness.slack, *id))
            .map(|(id, _)| id.1)
    }

    /// The next leg towards the client.
    fn downstream_of(&self, session: SessionId) -> Option<SessionId> {
        self.proved(session, Leg::Downstream)
            .min_by_key(|(id, pair)| (pair.likeness.slack, *id))
            .map(|(id, _)| id.0)
    }

    /// Which other session carries the same WebSocket, towards the client if there is one.
    fn leg_of(&self, session: SessionId) -> Option<LegOf> {
        let downstream =
            self.downstream_of(session).map(|other| ((other, session), other, LegRole::Upstream));
        let (id, other, role) = downstream.or_else(|| {
            self.upstream_of(session).map(|other| ((session, other), other, LegRole::Downstream))
        })?;
        let is_same = self.pairs.get(&id).is_some_and(LegPair::is_same);
        Some(LegOf { session: other, role: if is_same { LegRole::Same } else { role } })
    }
}
