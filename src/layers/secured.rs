//! TLS, and the connection inside it.

use super::Out;
use super::connection::Layers;
use super::event::Event;
use crate::model::{End, Footprint, Peer, PerPeer, StreamEvent};
use crate::tls::{self, Expecting, Facts, Secrets, Tls};

/// What opens TLS.
#[derive(Clone, Copy, Debug, Default)]
pub struct TlsKeys<'a> {
    /// All secrets there are.
    pub secrets: Option<&'a Secrets>,
    /// Whether more may come.
    pub expecting: Expecting,
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
}

impl Secured {
    /// This session, and in it `inside`; `tells_content` is [`Options::tls_content`](super::Options::tls_content).
    pub(super) fn new(inside: Layers, tls: Tls, tells_content: bool) -> Self {
        Self { tls, inside, tells_content, has_begun: false, ended: PerPeer::default() }
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
        let Self { tls, inside, tells_content, has_begun, ended } = self;
        let none = keys.secrets.is_none().then(Secrets::default);
        let Some(secrets) = keys.secrets.or(none.as_ref()) else { return };
        act(tls, secrets, &mut |event| match event {
            tls::Event::Stream(from, StreamEvent::End(end)) if !*has_begun => *ended.of_mut(from) = Some(end),
            tls::Event::Stream(from, event) => {
                *has_begun = true;
                let ends = Peer::BOTH.map(|peer| (peer, ended.of_mut(peer).take().map(StreamEvent::End)));
                for (from, event) in [(from, Some(event))].into_iter().chain(ends) {
                    match event {
                        Some(event) if *tells_content => out(Event::Carried(from, event)),
                        Some(event) => inside.push_with(from, event, keys, out),
                        None => {}
                    }
                }
            }
            tls::Event::Record(record) if *tells_content => out(Event::Record(record)),
            tls::Event::Protocol(name) if *tells_content => out(Event::Agreed(name)),
            tls::Event::Protocol(name) => inside.expect(name),
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
        Footprint::of::<Self>() + self.tls.footprint() + self.inside.footprint()
    }

    /// Gives back what it can, at the price of what is reported.
    pub(super) fn shed(&mut self) {
        let Self { tls, inside, ended, .. } = self;
        tls.shed(&mut |event| {
            if let tls::Event::Stream(from, StreamEvent::End(end)) = event {
                *ended.of_mut(from) = Some(end);
            }
        });
        inside.shed();
    }
}
