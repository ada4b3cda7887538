//! The whole analysis, packet by packet: the two halves put together.

use super::Out;
use super::batch::Batch;
use super::config::Config;
use super::sessions::Sessions;
use super::transport::Transport;
use crate::model::{Captured, Drops, Limit, Packet, SecretsBlock, Timestamp};
use crate::tls;
use std::sync::Arc;
use std::time::Duration;

/// Capture time between two looks at everything that waits: there may be many connections.
const LOOK: Duration = Duration::from_millis(250);

/// Analyzes one capture. Nothing it reads can make it fail. What a packet shows is reported before the next one is
/// taken.
#[derive(Debug)]
pub struct Analyzer {
    transport: Transport,
    sessions: Sessions,
    batch: Batch,
    /// When what waits was last looked at.
    looked: Option<Timestamp>,
}

impl Analyzer {
    /// Ready for the first packet.
    pub fn new(config: Config) -> Self {
        Self {
            transport: Transport::new(&config),
            sessions: Sessions::new(config),
            batch: Batch::default(),
            looked: None,
        }
    }

    /// Takes the next packet.
    pub fn push(&mut self, packet: &Packet<'_>, out: &mut Out<'_>) {
        self.transport.push(packet, &mut self.batch);
        self.hand_over(out);
    }

    /// Capture time reached `now`, and no earlier packet is still to come: waits whose time is up by then are over.
    pub fn advance_to(&mut self, now: Timestamp, out: &mut Out<'_>) {
        self.transport.advance_to(now, &mut self.batch);
        self.hand_over(out);
    }

    /// Like [`advance_to`](Self::advance_to), for someone who watches live. It also reports, once each, waits that have
    /// become long, as [`Output::Waiting`](super::Output::Waiting), and forgets idle connections. Whatever is reported
    /// here is judged again when the wait or the capture is over. It may be called whenever the time is known; it does
    /// its work at most four times a second.
    pub fn tick(&mut self, now: Timestamp, out: &mut Out<'_>) {
        self.advance_to(now, out);
        if self.looked.is_some_and(|looked| now >= looked && now.since(looked) < LOOK) {
            return;
        }
        self.looked = Some(now);
        self.transport.sweep(&mut self.batch);
        self.hand_over(out);
        let Self { transport, sessions, .. } = self;
        sessions.passes(now, out);
        transport.each(&mut |slot, connection| sessions.waits(slot, connection, now, out));
    }

    /// The kernel or an interface dropped packets while capturing. Anything that has not arrived by now may have been
    /// among them.
    pub fn drops(&mut self, drops: &Drops, out: &mut Out<'_>) {
        self.transport.drops(drops, &mut self.batch);
        self.hand_over(out);
    }

    /// Secrets of TLS connections came: the text of a key log.
    pub fn secrets(&mut self, secrets: &SecretsBlock, out: &mut Out<'_>) {
        self.transport.secrets(secrets, &mut self.batch);
        self.hand_over(out);
    }

    /// All secrets that came up to now, with those that were known beforehand.
    pub const fn secrets_so_far(&self) -> &Arc<tls::Secrets> {
        self.sessions.secrets_so_far()
    }

    /// An input could not be read, or not to its end.
    pub const fn input_failed(&mut self) {
        self.transport.input_failed(&mut self.batch);
    }

    /// Takes whatever a capture holds next.
    pub fn take(&mut self, captured: &Captured<'_>, out: &mut Out<'_>) {
        self.transport.take(captured, &mut self.batch);
        self.hand_over(out);
    }

    /// The capture is over: reports what is still open, then the summary.
    pub fn finish(&mut self, out: &mut Out<'_>) {
        self.sessions.expect_no_more(out);
        while self.transport.finish(&mut self.batch) {
            self.hand_over(out);
        }
        self.hand_over(out);
        self.sessions.finish(out);
    }

    /// The caps reached so far, except those on how much is reported about one session.
    pub fn limits_reached(&self) -> impl Iterator<Item = Limit> {
        self.sessions.limits_reached()
    }

    /// Passes what the first half has produced to the second one.
    fn hand_over(&mut self, out: &mut Out<'_>) {
        self.transport.settle(&mut self.batch);
        self.sessions.take(&mut self.batch, out);
        self.transport.begin(&mut self.batch);
    }
}
