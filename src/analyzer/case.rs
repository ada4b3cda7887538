//! What is remembered of a connection while its sessions are read.

use super::accounts::Accounts;
use super::config::Config;
use super::output::Place;
use super::trust::{GapAge, Trust};
use super::unsettled::Unsettled;
use crate::findings::{Finding, Judge, Passed, Path, ProbeKind, Roles};
use crate::layers::{Layers, Options};
use crate::model::{Attempt, End, Footprint, Gap, GapCause, Peer, PerPeer, SessionId, Stamp};
use crate::tcp::{Conflict, Connection, StreamDoubt};
use crate::upgrade::Upgrade;

/// What is remembered of a connection besides TCP, as long as it has its slot.
#[derive(Debug, Default)]
pub(super) struct FollowedConnection {
    pub(super) inside: Option<Box<LayeredConnection>>,
    /// What it did before a byte came from either side; boxed, as most have nothing of it.
    pub(super) beforehand: Option<Box<Beforehand>>,
}

/// What a connection did before a byte came from either side.
#[derive(Debug, Default)]
pub(super) struct Beforehand {
    /// This side ended it.
    pub(super) end: Option<(Peer, End)>,
    /// The latest packet of each side in which it sent something again that waits.
    pub(super) sent_again: PerPeer<Option<Stamp>>,
}

/// A connection with bytes.
#[derive(Debug)]
pub(super) struct LayeredConnection {
    pub(super) layers: Layers,
    pub(super) case: Case,
    /// What it took of memory when that was last asked.
    pub(super) footprint: Footprint,
    /// What it still held when it had freed what it could.
    pub(super) kept: u64,
    /// It was told that there is nothing more to learn from its bytes.
    pub(super) is_ignored: bool,
}

impl LayeredConnection {
    /// Touches what it has besides its session, so that it is already on its way from memory.
    #[inline]
    pub(super) fn glance(&self) -> u64 {
        self.case.accounts.glance() ^ self.footprint.total()
    }

    pub(super) fn new(connection: &Connection, config: &Config) -> Self {
        let mut options = Options {
            midstream: PerPeer::from_fn(|peer| !connection.start_seen.of(peer)),
            // Only who looks at one connection wants to know.
            data_frames: config.only.is_some(),
            ..Options::new(&config.limits, config.keep.max(Passed::COMPARED as u64))
        };
        options.websocket.preview = options.websocket.preview.max(config.keep_frames);
        Self {
            layers: Layers::new(options),
            case: Case::new(connection),
            footprint: Footprint::default(),
            kept: 0,
            is_ignored: false,
        }
    }

    /// What it may free at the cost of detail: what it kept when it did so last is needed.
    pub(super) const fn can_shed(&self) -> u64 {
        self.footprint.held.saturating_sub(self.kept)
    }

    /// What it takes of memory.
    #[inline]
    pub(super) fn footprint(&mut self) -> Footprint {
        let own = Footprint::of::<Self>() + self.layers.footprint() + self.case.accounts.footprint();
        match &self.case.unsettled {
            Some(unsettled) => own + unsettled.footprint(),
            None => own,
        }
    }
}

/// What is known about a connection from the facts about it. What few connections have is boxed.
#[derive(Debug)]
pub(super) struct Case {
    /// Where its events belong: the ends by the roles of its sessions, and the session of the latest event.
    pub(super) place: Place,
    pub(super) trust: Trust,
    /// What shows which side is the client.
    pub(super) roles: Roles,
    /// What shows that another connection is this one with other addresses.
    pub(super) initial_numbers: Option<PerPeer<u32>>,
    /// The hop count of each side's first packet.
    hops: PerPeer<u8>,
    /// The roles of its sessions are not those of TCP.
    pub(super) flipped: bool,
    pub(super) accounts: Accounts,
    /// It asked for a WebSocket at least once.
    pub(super) asked: bool,
    /// Bytes of each side that are acknowledged by now, and packets that it has sent again.
    pub(super) acked: PerPeer<u64>,
    pub(super) again: PerPeer<u64>,
    /// How far each side's bytes were read, or are known to be missing.
    pub(super) read: PerPeer<u64>,
    /// Its session is one of which nothing can be read: TLS that no secret opens.
    pub(super) is_dark: bool,
    /// How often each side said that it takes no more streams.
    pub(super) goaways: PerPeer<u8>,
    /// Sides of HTTP/2 that did what the other one may end the connection for.
    pub(super) http2_broken: PerPeer<bool>,
    /// Sides of HTTP/2 of which it was told that they sent what ends the connection.
    pub(super) http2_told: PerPeer<bool>,
    /// What would have been told of them, had a WebSocket been asked for before.
    pub(super) http2_untold: PerPeer<Option<Box<Finding>>>,
    /// What they sent that the other one may have allowed in bytes that the capture lacks: told if that one complains.
    pub(super) http2_suspected: PerPeer<Option<Box<Finding>>>,
    /// What it did instead of asking for a WebSocket.
    pub(super) probe: Option<Box<(ProbeKind, Stamp)>>,
    /// The last packet of the request that was reported as waiting for its answer.
    pub(super) answer_told: Option<Box<Stamp>>,
    /// Bytes of it came in two versions before it had a session to report that with.
    pub(super) conflict: Option<Box<Conflict>>,
    /// The first hole in each side's TCP, as long as no session told it: told at the connection's end.
    pub(super) tcp_hole: PerPeer<Option<Box<Gap>>>,
    /// The holes in each side's HTTP before an attempt, as one: told with that attempt.
    pub(super) http_hole: PerPeer<Option<Box<Gap>>>,
    /// What TCP showed of its way before there was an account.
    pub(super) path: Option<Box<Path>>,
    /// An attempt that failed before the server had acknowledged all of its request.
    pub(super) unarrived: Option<SessionId>,
    /// Accusations that rest on bytes which may still come in another version; boxed, as few connections have any.
    pub(super) unsettled: Option<Box<Unsettled>>,
}

impl Case {
    pub(super) fn new(connection: &Connection) -> Self {
        let place = Place {
            session: SessionId(0),
            connection: connection.id,
            opened: connection.opened,
            attempt: Attempt::Ordinal(0),
            is_secure: false,
            addresses: connection.addresses,
        };
        Self {
            place,
            trust: Trust::new(connection),
            roles: match connection.start_seen {
                PerPeer { client: false, server: false } => Roles::Guessed,
                PerPeer { .. } => Roles::Shown,
            },
            initial_numbers: connection.initial_numbers(),
            hops: connection.hops,
            flipped: false,
            accounts: Accounts::default(),
            asked: false,
            acked: PerPeer::default(),
            again: PerPeer::default(),
            read: PerPeer::default(),
            is_dark: false,
            goaways: PerPeer::default(),
            http2_broken: PerPeer::default(),
            http2_told: PerPeer::default(),
            http2_untold: PerPeer::default(),
            http2_suspected: PerPeer::default(),
            probe: None,
            answer_told: None,
            conflict: connection.conflict.clone(),
            tcp_hole: PerPeer::default(),
            http_hole: PerPeer::default(),
            path: connection.syn_retries.as_deref().map(|retries| Box::new(Path::opened_late(*retries))),
            unarrived: None,
            unsettled: None,
        }
    }

    /// The side of the session that is this one in TCP.
    pub(super) fn role(&self, peer: Peer) -> Peer {
        if self.flipped { !peer } else { peer }
    }

    /// The sides, by the roles of its sessions, of whose bytes some are acknowledged that have not come: they are missing, or
    /// captured in another order.
    pub(super) fn missing(&self) -> PerPeer<bool> {
        // A FIN counts as one (RFC 9293 §3.4), and may have been acknowledged before it is read.
        PerPeer::from_fn(|peer| *self.acked.of(self.role(peer)) > self.read.of(self.role(peer)) + 1)
    }

    /// Whether the capture lacks bytes of this side, by the roles of its sessions, that the other one had received by now.
    pub(super) fn has_missed(&self, peer: Peer) -> bool {
        *self.missing().of(peer) || self.trust.is_headless(self.role(peer))
    }

    /// How old what is missing of this side, by the roles of its sessions, may be.
    pub(super) fn age_of(&self, from: Peer, gap: &Gap) -> GapAge {
        if self.trust.may_be_older(self.role(from), gap) { GapAge::PerhapsBefore } else { GapAge::Within }
    }

    /// Whether the capture lacks bytes of the server that the client had received when it gave up an attempt that was not answered.
    pub(super) fn has_missed_answer(&self, upgrade: &Upgrade) -> bool {
        let reset =
            upgrade.via.http2().and_then(|over| over.reset).filter(|reset| reset.from == Peer::Client);
        match reset.and_then(|reset| reset.place?.acknowledged) {
            // It may have received more since.
            Some(up_to) => {
                let server = self.role(Peer::Server);
                up_to > self.read.of(server) + 1 || self.trust.is_headless(server)
            }
            None => self.has_missed(Peer::Server),
        }
    }

    /// A side of HTTP/2 sent what ends the connection, unless the other one allowed it in what the capture lacks.
    pub(super) fn suspect(&mut self, from: Peer, finding: Finding) {
        *self.http2_broken.of_mut(from) = true;
        self.http2_suspected.of_mut(from).get_or_insert_with(|| Box::new(finding.tentative()));
    }

    /// The finding, weakened as far as it cannot be trusted by now; `None` if it cannot be trusted at all.
    pub(super) fn weigh(&self, finding: Finding) -> Option<Finding> {
        let missing = self.missing();
        let may_be_caused = (missing.client || missing.server) && finding.is_complaint();
        self.trust.weigh(finding.tentative_if(may_be_caused))
    }

    /// The capture misses bytes of its HTTP.
    pub(super) fn miss(&mut self, from: Peer, gap: &Gap) {
        match self.http_hole.of_mut(from) {
            Some(first) => first.extent.end += gap.extent.length(),
            none => *none = Some(Box::new(*gap)),
        }
    }

    /// The hop count of the server's first packet.
    pub(super) fn hops_of_server(&self) -> u8 {
        by_role(&self.hops, self.flipped).server
    }

    /// Bytes of the client that the server has acknowledged by now.
    pub(super) fn acked_of_client(&self) -> u64 {
        by_role(&self.acked, self.flipped).client
    }

    /// The capture misses bytes of a side of TCP.
    pub(super) fn lose(&mut self, from: Peer, gap: Gap) {
        self.trust.lose(gap.cause);
        if gap.cause == GapCause::Lost {
            self.tcp_hole.of_mut(from).get_or_insert_with(|| Box::new(gap));
        }
    }

    /// A session tells that bytes are missing of a side of it.
    pub(super) fn tell_missed(&mut self, from: Peer, told: &Gap) {
        let from = self.role(from);
        let is_told = |lost: &mut Box<Gap>| (told.extent.start..told.extent.end).contains(&lost.extent.start);
        self.tcp_hole.of_mut(from).take_if(is_told);
    }

    /// There is a reason for doubt.
    pub(super) fn doubt(&mut self, from: Peer, doubt: StreamDoubt) {
        self.trust.doubt(from, doubt);
        let tell: fn(&mut Judge) = match doubt {
            StreamDoubt::Clocks => Judge::clocks_differ,
            StreamDoubt::OneSided => Judge::is_one_sided,
            StreamDoubt::Damaged | StreamDoubt::Multipath | StreamDoubt::Headless => return,
        };
        self.accounts.iter_mut().for_each(|entry| tell(entry.account.judge().0));
    }

    /// The client is the side that was taken for the server.
    pub(super) fn flip(&mut self) {
        self.flipped = !self.flipped;
        self.place.addresses = self.place.addresses.swapped();
        self.path.iter_mut().for_each(|path| path.flip());
    }
}

/// Values by TCP's roles, by the session's.
pub(super) fn by_role<T: Copy>(values: &PerPeer<T>, flipped: bool) -> PerPeer<T> {
    if flipped { values.swapped() } else { *values }
}
