//! Payloads that were read again from the capture: those in view, and a few more.

use super::request::{ReplayRequest, Reply, RowKind};
use crate::replay::{FramePayload, MessagePayload};
use crate::upgrade::Upgrade;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;

/// Previews kept before all of them are let go: they are read again when they are looked at.
const KEPT: usize = 4096;

/// What was read, by place of the session and number in it.
#[derive(Debug, Default)]
pub(super) struct Payloads {
    frames: Latest<Arc<FramePayload>>,
    messages: Latest<Arc<MessagePayload>>,
    upgrades: Latest<Arc<Upgrade>>,
    previews: BTreeMap<(RowKind, usize, u64), Vec<u8>>,
    asked: HashSet<ReplayRequest>,
}

/// The payloads read last: as many as are looked at beside each other.
#[derive(Debug)]
struct Latest<T>(VecDeque<Read<T>>);

/// One payload, or why there is none.
#[derive(Debug)]
struct Read<T> {
    at: (usize, u64),
    result: Result<T, String>,
}

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Latest<T> {
    fn get(&self, at: (usize, u64)) -> Option<&Result<T, String>> {
        self.0.iter().find(|read| read.at == at).map(|read| &read.result)
    }

    fn add(&mut self, at: (usize, u64), result: Result<T, String>) {
        self.0.retain(|read| read.at != at);
        self.0.push_front(Read { at, result });
        self.0.truncate(2);
    }
}

impl Payloads {
    /// The payload of a frame, once it is there.
    pub(super) fn frame(&self, session: usize, number: u64) -> Option<&Result<Arc<FramePayload>, String>> {
        self.frames.get((session, number))
    }

    /// The payload of a message, once it is there.
    pub(super) fn message(
        &self,
        session: usize,
        number: u64,
    ) -> Option<&Result<Arc<MessagePayload>, String>> {
        self.messages.get((session, number))
    }

    /// The attempt that a session began with, once it is there.
    pub(super) fn upgrade(&self, session: usize) -> Option<&Result<Arc<Upgrade>, String>> {
        self.upgrades.get((session, 0))
    }

    /// The first bytes of a frame or a message, once they are there.
    pub(super) fn preview(&self, of: RowKind, session: usize, number: u64) -> Option<&[u8]> {
        self.previews.get(&(of, session, number)).map(Vec::as_slice)
    }

    /// Whether what a request asks for is there.
    pub(super) fn has(&self, request: &ReplayRequest) -> bool {
        match request {
            ReplayRequest::Frame { session, number } => self.frame(*session, *number).is_some(),
            ReplayRequest::Message { session, number } => self.message(*session, *number).is_some(),
            ReplayRequest::Upgrade { session } => self.upgrade(*session).is_some(),
            ReplayRequest::Previews { .. }
            | ReplayRequest::Line(_)
            | ReplayRequest::Search(_)
            | ReplayRequest::Cancel
            | ReplayRequest::Pick(_)
            | ReplayRequest::Save { .. } => false,
        }
    }

    /// What has to be asked for to have this.
    pub(super) fn want(&mut self, request: ReplayRequest) -> Option<ReplayRequest> {
        (!self.has(&request) && self.asked.insert(request.clone())).then_some(request)
    }

    /// What has to be asked for to have the previews of these frames or messages.
    pub(super) fn want_previews(
        &mut self,
        of: RowKind,
        session: usize,
        numbers: impl Iterator<Item = u64>,
    ) -> Option<ReplayRequest> {
        let missing: Vec<u64> =
            numbers.filter(|number| !self.previews.contains_key(&(of, session, *number))).collect();
        if missing.is_empty() {
            return None;
        }
        self.want(ReplayRequest::Previews { session, of, numbers: missing })
    }

    /// Takes what was read. An answer that nobody waits for any more is let go.
    pub(super) fn take(&mut self, reply: Reply) {
        match reply {
            Reply::Frame { session, number, result } => {
                self.asked.retain(|request| !matches!(request, ReplayRequest::Frame { .. }));
                self.frames.add((session, number), result);
            }
            Reply::Message { session, number, result } => {
                self.asked.retain(|request| !matches!(request, ReplayRequest::Message { .. }));
                self.messages.add((session, number), result);
            }
            Reply::Upgrade { session, result } => {
                self.asked.retain(|request| !matches!(request, ReplayRequest::Upgrade { .. }));
                self.upgrades.add((session, 0), result);
            }
            Reply::Previews { session, of, numbers, previews } => {
                if self.previews.len() > KEPT {
                    self.previews.clear();
                }
                // What is not among them has no payload to show, and is not asked for again.
                self.previews.extend(numbers.iter().map(|number| ((of, session, *number), Vec::new())));
                self.previews
                    .extend(previews.into_iter().map(|(number, bytes)| ((of, session, number), bytes)));
                self.asked.remove(&ReplayRequest::Previews { session, of, numbers });
            }
            Reply::Skipped(request) => {
                self.asked.remove(&request);
            }
            // These hold no payload.
            Reply::Line(_)
            | Reply::Picked { .. }
            | Reply::NotPicked(..)
            | Reply::Hits { .. }
            | Reply::Unsearchable(_)
            | Reply::Saved { .. }
            | Reply::Exists { .. }
            | Reply::Unsaved(_) => {}
        }
    }
}
