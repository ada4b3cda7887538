//! Looks through all payloads of a capture, in steps.

use super::again::Rereading;
use super::needle::Needle;
use super::seen::{Listed, Sighting};
use crate::analyzer::{Config, Output};
use crate::capture::{Progress, Source};
use crate::index::{FrameRow, Index, Positions};
use crate::model::{PacketNumber, Peer, SessionId, SessionKey};
use std::sync::{Arc, PoisonError, RwLock};

/// Hits that wait for their rows: loading may lag behind, or be paused.
const MOST_WAITING: usize = 65_536;

/// A search in progress. Drop it to cancel it.
///
/// It reads the whole capture once more, and keeps whole messages meanwhile. So it may reach other limits than the
/// first reading did, and find what is not listed, or miss what is: both are [told](Search::doubt).
pub struct Search {
    reading: Rereading,
    needle: Needle,
    found: Match,
    is_over: bool,
}

/// A payload in which something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The session.
    pub session: SessionId,
    /// The frame: of a message its first one.
    pub frame: u64,
    /// The message, unless it is a control frame.
    pub message: Option<u64>,
    /// Who sent it.
    pub from: Peer,
    /// The packet with the first byte of the frame.
    pub packet: PacketNumber,
    /// Where it was found first, in bytes of the message after inflating, or of the control frame, from 0.
    pub offset: u64,
    /// How many bytes it has.
    pub length: u64,
}

/// What was found, on its way to the list.
struct Match {
    index: Arc<RwLock<Index>>,
    positions: Positions,
    /// The frame that was reported last.
    last: Option<FrameRow>,
    /// Those of which the list may not know yet.
    waiting: Vec<UnlistedMatch>,
    /// Those of which it does not know.
    unlisted: u64,
}

/// Something found, until it is known where it is listed.
struct UnlistedMatch {
    key: SessionKey,
    seen: Sighting,
    offset: u64,
    length: u64,
}

impl Search {
    pub(super) fn new(
        source: Box<dyn Source + Send>,
        config: &Config,
        index: Arc<RwLock<Index>>,
        needle: Needle,
    ) -> Self {
        let config = Config { keep: config.limits.message_bytes, ..config.clone() };
        let found =
            Match { index, positions: Positions::default(), last: None, waiting: Vec::new(), unlisted: 0 };
        Self { reading: Rereading::new(source, config), needle, found, is_over: false }
    }

    /// Reads that many more packets. Returns what was found and is listed, `None` when everything was read.
    pub fn step(&mut self, packets: usize) -> Option<Vec<Hit>> {
        if self.is_over {
            return None;
        }
        let Self { reading, needle, found, is_over } = self;
        *is_over = !reading.step(packets, &mut |output| found.look(needle, output));
        let hits = found.listed();
        if *is_over {
            found.unlisted += std::mem::take(&mut found.waiting).len() as u64;
        }
        Some(hits)
    }

    /// How much was looked through.
    pub fn progress(&self) -> Progress {
        self.reading.progress()
    }

    /// What was found besides and cannot be shown, and why something may have been missed, in a few words; `None` if
    /// the hits are complete.
    pub fn doubt(&self) -> Option<String> {
        let mut doubts = Vec::new();
        if self.found.unlisted > 0 {
            doubts.push(format!("{} more hits in sessions that are not listed", self.found.unlisted));
        }
        doubts.extend(self.reading.doubt());
        (!doubts.is_empty()).then(|| doubts.join("; "))
    }
}

impl Match {
    /// Looks for `needle` in what is reported.
    fn look(&mut self, needle: &Needle, output: &Output<'_>) {
        let (place, seen, payload) = match output {
            Output::Frame(place, frame) => {
                let seen = *self.last.insert(FrameRow::new(frame));
                // Others are parts of messages.
                if !frame.header.opcode.is_control() {
                    return;
                }
                (place, Sighting::Frame(seen), frame.payload)
            }
            Output::Message(place, message) => {
                let Some(last) = self.last else { return };
                (place, Sighting::message(message, Some(last)), message.payload)
            }
            Output::Upgrade(..)
            | Output::ServerName(..)
            | Output::Dark(..)
            | Output::Tls(..)
            | Output::Secrets(..)
            | Output::Data(..)
            | Output::Finding(_)
            | Output::Waiting(_)
            | Output::Counted(_)
            | Output::Session(_)
            | Output::Summary(_) => return,
        };
        let Some((offset, length)) = needle.find(payload) else { return };
        if self.waiting.len() < MOST_WAITING {
            self.waiting.push(UnlistedMatch {
                key: place.key(),
                seen,
                offset: offset as u64,
                length: length as u64,
            });
        } else {
            self.unlisted += 1;
        }
    }

    /// Takes out those that are listed.
    fn listed(&mut self) -> Vec<Hit> {
        if self.waiting.is_empty() {
            return Vec::new();
        }
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        self.positions.update(&index);
        let mut hits = Vec::new();
        self.waiting.retain(|waiting| {
            let Some(position) = self.positions.get(&waiting.key) else { return true };
            let Some(row) = index.sessions().get(position) else { return true };
            match waiting.seen.look_up(&index, position) {
                Listed::Same => hits.push(waiting.hit(row.session)),
                Listed::Other => self.unlisted += 1,
                Listed::Absent => return true,
            }
            false
        });
        hits
    }
}

impl UnlistedMatch {
    /// In this session of the list.
    fn hit(&self, session: SessionId) -> Hit {
        let Self { seen, offset, length, .. } = *self;
        let (frame, message, from, packet) = match seen {
            Sighting::Frame(row) => (row.number(), None, row.from(), row.first_packet()),
            Sighting::Message { number, ended, first, .. } => {
                (ended.first_frame, Some(number), ended.from, first)
            }
        };
        Hit { session, frame, message, from, packet, offset, length }
    }
}
