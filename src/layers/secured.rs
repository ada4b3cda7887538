//! TLS, and the connection inside it.

use super::Out;
use super::connection::Layers;
use super::event::Event;
use crate::http1::{self, Exchange, Stranger};
use crate::model::{Attempt, Chunk, End, EndCause, Footprint, Peer, PerPeer, Stamp, StreamEvent};
use crate::tls::{self, Expecting, Facts, Secrets, Tls};
use crate::upgrade::{Outcome, Upgrade};

/// What opens TLS.
#[derive(Clone, Copy, Debug, Default)]
pub struct TlsKeys<'a> {
    /// All secrets there are.
    pub secrets: Option<&'a Secrets>,
    /// Whether more may come.
    pub expecting: Expecting,
}

/// What the client asked in early data that the server threw away.
#[derive(Debug)]
struct Discarded {
    attempt: Attempt,
    exchange: Box<Exchange>,
}

/// A TLS session, and what is inside.
#[derive(Debug)]
pub(super) struct Secured {
    tls: Tls,
    pub(super) inside: Layers,
    /// Whether what is inside is told as it comes, and not followed.
    tells_content: bool,
    /// Whether anything of what is inside could be read.
    has_begun: bool,
    /// Ends that came before that.
    ended: PerPeer<Option<End>>,
    /// A request of which nobody knows, until the client asks again.
    discarded: Option<Discarded>,
}

impl Discarded {
    /// Takes more of it.
    fn push(&mut self, chunk: Chunk<'_>, out: &mut Out<'_>) {
        // What it asks is told where the client does not ask again.
        let _ = self.exchange.push(Peer::Client, chunk, &mut |event| {
            if let http1::Event::LimitReached { shortage, stamp } = event {
                out(Event::LimitReached { on: None, shortage, stamp });
            }
        });
    }

    /// The attempt that came to nothing with it, as this packet shows; `None` where it asked for no WebSocket.
    fn failed(&mut self, stamp: Stamp) -> Option<Upgrade> {
        let mut failed = None;
        let end = End::by_packet(EndCause::Open, stamp);
        let _ = self.exchange.end(Peer::Server, end, &mut |event| {
            if let http1::Event::Upgrade(upgrade) = event
                && upgrade.outcome == Outcome::Failed
            {
                failed = Some(Upgrade { is_discarded: true, ..upgrade.clone() });
            }
        });
        failed
    }
}

impl Secured {
    /// This session, and in it `inside`; `tells_content` is [`Options::tls_content`](super::Options::tls_content).
    pub(super) fn new(inside: Layers, tls: Tls, tells_content: bool) -> Self {
        let ended = PerPeer::default();
        Self { tls, inside, tells_content, has_begun: false, ended, discarded: None }
    }

    /// Takes what comes next.
    pub(super) fn push(&mut self, from: Peer, event: StreamEvent<'_>, keys: TlsKeys<'_>, out: &mut Out<'_>) {
        self.follow(keys, out, |tls, secrets, out| tls.push(from, event, secrets, out));
    }

    /// No more secrets will come: what waits for them is told without.
    pub(super) fn expect_no_more(&mut self, keys: TlsKeys<'_>, out: &mut Out<'_>) {
        self.follow(keys, out, Tls::expect_no_more);
        self.inside.expect_no_more(keys, out);
    }

    /// Whether records wait for secrets.
    pub(super) fn is_waiting(&self) -> bool {
        self.tls.is_waiting() || self.inside.is_waiting_for_secrets()
    }

    /// Whether secrets that come now change what is told of it.
    pub(super) fn is_concerned(&self) -> bool {
        self.tls.is_concerned() || self.inside.is_concerned_by_secrets()
    }

    /// Goes on with what waits for secrets, if more have come.
    pub(super) fn unlock(&mut self, keys: TlsKeys<'_>, out: &mut Out<'_>) {
        self.follow(keys, out, Tls::unlock);
        self.inside.unlock(keys, out);
    }

    /// Has TLS do something, and passes on what comes of it.
    fn follow(
        &mut self,
        keys: TlsKeys<'_>,
        out: &mut Out<'_>,
        act: impl FnOnce(&mut Tls, &Secrets, &mut dyn FnMut(tls::Event<'_>)),
    ) {
        let Self { tls, inside, tells_content, has_begun, ended, discarded } = self;
        let none = keys.secrets.is_none().then(Secrets::default);
        let Some(secrets) = keys.secrets.or(none.as_ref()) else { return };
        act(tls, secrets, &mut |event| match event {
            tls::Event::Stream(from, StreamEvent::End(end)) if !*has_begun => *ended.of_mut(from) = Some(end),
            tls::Event::Stream(from, event) => {
                *has_begun = true;
                let mut tell = |from, event| {
                    if *tells_content {
                        out(Event::Carried(from, event));
                    } else if discarded.is_some() {
                        push_behind(discarded, inside, (from, event), keys, out);
                    } else {
                        inside.push_with(from, event, keys, out);
                    }
                };
                tell(from, event);
                for peer in Peer::BOTH {
                    if let Some(end) = ended.of_mut(peer).take() {
                        tell(peer, StreamEvent::End(end));
                    }
                }
            }
            tls::Event::Record(record) if *tells_content => out(Event::Record(record)),
            tls::Event::Protocol(name) if *tells_content => out(Event::Agreed(name)),
            tls::Event::Discarded(chunk) => {
                if discarded.is_none() {
                    let begun = inside.discarded();
                    *discarded = begun.map(|(attempt, exchange)| Discarded { attempt, exchange });
                }
                if let Some(discarded) = discarded {
                    discarded.push(chunk, out);
                }
            }
            tls::Event::Protocol(name) => inside.expect(name),
            tls::Event::ServerName(name) => out(Event::ServerName(name)),
            tls::Event::Secrets(lines) => out(Event::Secrets(lines)),
            tls::Event::Alert(alert) => out(Event::Alert(alert)),
            tls::Event::Sealed(facts, stamp) => out(Event::Sealed(facts, stamp)),
            tls::Event::GaveUp(random, stamp) => out(Event::SecretsGivenUp(random, stamp)),
            tls::Event::Foreign(..) | tls::Event::Record(_) => {}
        });
    }

    /// Gives what is known about it, and about TLS inside it.
    pub(super) fn each_tls(&mut self, out: &mut dyn FnMut(&Facts)) {
        out(self.tls.facts());
        self.inside.each_tls(out);
    }

    /// What it takes of memory.
    pub(super) fn footprint(&self) -> Footprint {
        let discarded = self.discarded.as_ref().map(|discarded| discarded.exchange.footprint());
        let read = self.tls.footprint() + self.inside.footprint();
        Footprint::of::<Self>() + read + discarded.unwrap_or_default()
    }

    /// Gives back what it can, at the price of what is reported.
    pub(super) fn shed(&mut self) {
        let Self { tls, inside, ended, discarded, .. } = self;
        *discarded = None;
        tls.shed(&mut |event| {
            if let tls::Event::Stream(from, StreamEvent::End(end)) = event {
                *ended.of_mut(from) = Some(end);
            }
        });
        inside.shed();
    }
}

/// Gives what comes next to what is inside, as long as the client has not asked again what it asked in early data. If it says
/// something else instead, its attempt has failed.
#[cold]
#[inline(never)]
fn push_behind(
    discarded: &mut Option<Discarded>,
    inside: &mut Layers,
    (from, event): (Peer, StreamEvent<'_>),
    keys: TlsKeys<'_>,
    out: &mut Out<'_>,
) {
    if from == Peer::Client && matches!(event, StreamEvent::Gap(_)) {
        // It may have asked again in what is missing.
        *discarded = None;
    }
    inside.push_with(from, event, keys, &mut |event: Event<'_>| {
        if let Event::Upgrade(..) = event {
            *discarded = None;
        }
        if let Event::Stranger(Stranger { from: Peer::Client, stamp, .. }) = event
            && let Some(mut discarded) = discarded.take()
            && let Some(upgrade) = discarded.failed(stamp)
        {
            return out(Event::Upgrade(discarded.attempt, &upgrade));
        }
        out(event);
    });
}
