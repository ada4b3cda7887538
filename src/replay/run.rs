//! One reading of a capture for one session.

use super::carriers::{Carried, Carriers};
use super::seen::Sighting;
use super::target::Target;
use crate::analyzer::{Analyzer, BetweenEnds, Config, Output, Place, SessionSummary};
use crate::capture::Source;
use crate::index::FrameRow;
use crate::model::{Captured, PacketPlace, PerPeer, SessionId};
use crate::pipeline::{Fed, Stage, Whole, feed};
use crate::tls::Secret;
use crate::upgrade::Upgrade;
use crate::ws::{Frame, Message};

/// Packets before the connection's first one that are looked at: the first ones may hold its fragments.
const LEAD: u64 = 1024;

/// Takes what is told of the session.
pub(super) trait Listener {
    /// The attempt that the session began with.
    fn upgrade(&mut self, _upgrade: &Upgrade) {}
    /// The frame at this row, from 0, in the order of telling, and what carried it over HTTP/2.
    fn frame(&mut self, row: usize, frame: &Frame<'_>, carried: Carried, seen: Sighting);
    /// A message.
    fn message(&mut self, message: &Message<'_>, seen: Sighting);
    /// Secrets open its connection, as lines of a key log.
    fn secrets(&mut self, _lines: &Secret) {}
    /// It is over.
    fn session(&mut self, _summary: &SessionSummary) {}
}

/// A reading in progress. It can be stopped anywhere and go on later.
pub(super) struct Run {
    target: Target,
    source: Box<dyn Source + Send>,
    analyzer: Analyzer,
    progress: RunProgress,
    is_over: bool,
}

/// How far a run has come.
#[derive(Debug, Default)]
struct RunProgress {
    /// The session's number in this run.
    session: Option<SessionId>,
    frames: usize,
    last_frame: Option<FrameRow>,
    messages: u64,
    /// What carries the frames to come, over HTTP/2.
    carriers: PerPeer<Carriers>,
}

impl Run {
    pub(super) fn new(target: Target, source: Box<dyn Source + Send>, config: &Config) -> Self {
        let mut config = config.clone();
        let whole = config.limits.message_bytes;
        (config.keep, config.keep_frames) = (whole, whole);
        config.only = Some(BetweenEnds { ends: target.ends, from: target.opened });
        // The first reading did not forget it before its last packet, and nothing after that is read.
        config.limits.idle_seconds = u64::MAX;
        config.limits.connections = config.limits.connections.max(16);
        // One connection alone takes no more than the caps on its parts, and it is complete only if nothing has to be
        // shed.
        config.limits.memory_bytes = u64::MAX;
        let analyzer = Analyzer::new(config);
        Self { target, source, analyzer, progress: RunProgress::default(), is_over: false }
    }

    pub(super) const fn session(&self) -> SessionId {
        self.target.session
    }

    pub(super) const fn frames_told(&self) -> usize {
        self.progress.frames
    }

    pub(super) const fn messages_told(&self) -> u64 {
        self.progress.messages
    }

    pub(super) const fn is_over(&self) -> bool {
        self.is_over
    }

    /// Reads the next packet.
    pub(super) fn step(&mut self, listener: &mut dyn Listener) {
        let Self { target, source, analyzer, progress, is_over } = self;
        let mut out = |output: &Output<'_>| progress.take(target, output, listener);
        let mut stretch = SessionRun { target, whole: Whole { analyzer, out: &mut out }, is_past: false };
        match feed(source, &mut stretch) {
            Fed::Packet(_) => {
                if stretch.is_past {
                    analyzer.finish(&mut out);
                    *is_over = true;
                }
            }
            // What is wrong with an input was reported when it was loaded.
            Fed::Drops | Fed::Clock(_) | Fed::Secrets | Fed::Pause | Fed::Failed(_) => {}
            Fed::End => {
                // A session that goes on has no end yet.
                if target.last.is_some() {
                    analyzer.finish(&mut out);
                }
                *is_over = true;
            }
        }
    }
}

/// An analysis of the stretch in which the session lies.
struct SessionRun<'a, 'o> {
    target: &'a Target,
    whole: Whole<'a, 'o>,
    /// A packet after it came.
    is_past: bool,
}

impl Stage for SessionRun<'_, '_> {
    fn take(&mut self, captured: &Captured<'_>) {
        match captured {
            Captured::Packet(packet) => {
                let place = packet.stamp.place();
                if is_past(place, self.target.last) {
                    self.is_past = true;
                } else if !is_well_before(place, self.target.opened.place()) {
                    self.whole.take(captured);
                }
            }
            Captured::Drops(_) | Captured::Clock(_) | Captured::Secrets(_) | Captured::Pause => {
                self.whole.take(captured);
            }
        }
    }

    fn input_failed(&mut self) {
        self.whole.input_failed();
    }
}

fn is_past(place: PacketPlace, last: Option<PacketPlace>) -> bool {
    last.is_some_and(|last| place > last)
}

fn is_well_before((file, packet): PacketPlace, (first_file, first): PacketPlace) -> bool {
    file < first_file || (file == first_file && packet.0.saturating_add(LEAD) < first.0)
}

impl RunProgress {
    fn take(&mut self, target: &Target, output: &Output<'_>, listener: &mut dyn Listener) {
        let is_ours = |place: &Place, session| Some(place.session) == session;
        match output {
            Output::Upgrade(place, upgrade) if place.key() == target.key => {
                self.session = Some(place.session);
                listener.upgrade(upgrade);
            }
            Output::Frame(place, frame) if is_ours(place, self.session) => {
                let seen = FrameRow::new(frame);
                let carried = self.carriers.of_mut(frame.from).carry(frame);
                listener.frame(self.frames, frame, carried, Sighting::Frame(seen));
                self.frames += 1;
                self.last_frame = Some(seen);
            }
            Output::Message(place, message) if is_ours(place, self.session) => {
                self.messages = message.number;
                if let Some(last) = self.last_frame {
                    listener.message(message, Sighting::message(message, Some(last)));
                }
            }
            Output::Secrets(_, lines) => listener.secrets(lines),
            Output::Data(place, from, data) if is_ours(place, self.session) => {
                self.carriers.of_mut(*from).begins(**data);
            }
            Output::Session(summary) if is_ours(&summary.place, self.session) => listener.session(summary),
            // Of other sessions between the same ends, or told when it was loaded.
            Output::Upgrade(..)
            | Output::Frame(..)
            | Output::Message(..)
            | Output::Session(_)
            | Output::Finding(_)
            | Output::Waiting(_)
            | Output::Counted(_)
            | Output::ServerName(..)
            | Output::Dark(..)
            | Output::Data(..)
            | Output::Tls(..)
            | Output::Summary(_) => {}
        }
    }
}
