//! Payloads that were read again from the capture: those in view, and a few more.

use super::request::{Reply, Request};
use crate::http1::Upgrade;
use crate::replay::FramePayload;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// Previews kept before all of them are let go: they are read again when they are looked at.
const KEPT: usize = 4096;

/// What was read, by place of the session and number in it.
#[derive(Debug, Default)]
pub(super) struct Payloads {
    pub(super) frame: Option<Read<Arc<FramePayload>>>,
    pub(super) message: Option<Read<Arc<Vec<u8>>>>,
    pub(super) upgrade: Option<Read<Arc<Upgrade>>>,
    previews: BTreeMap<(usize, u64), Vec<u8>>,
    asked: HashSet<Request>,
}

/// One payload, or why there is none.
#[derive(Debug)]
pub(super) struct Read<T> {
    at: (usize, u64),
    result: Result<T, String>,
}

impl Payloads {
    /// The payload of a frame, once it is there.
    pub(super) fn frame(&self, session: usize, number: u64) -> Option<&Result<Arc<FramePayload>, String>> {
        self.frame.as_ref().filter(|read| read.at == (session, number)).map(|read| &read.result)
    }

    /// The payload of a message, once it is there.
    pub(super) fn message(&self, session: usize, number: u64) -> Option<&Result<Arc<Vec<u8>>, String>> {
        self.message.as_ref().filter(|read| read.at == (session, number)).map(|read| &read.result)
    }

    /// The attempt that a session began with, once it is there.
    pub(super) fn upgrade(&self, session: usize) -> Option<&Result<Arc<Upgrade>, String>> {
        self.upgrade.as_ref().filter(|read| read.at == (session, 0)).map(|read| &read.result)
    }

    /// The first bytes of a frame's payload, once they are there.
    pub(super) fn preview(&self, session: usize, number: u64) -> Option<&[u8]> {
        self.previews.get(&(session, number)).map(Vec::as_slice)
    }

    /// What has to be asked for to have this frame.
    pub(super) fn want(&mut self, request: Request) -> Option<Request> {
        let is_there = match &request {
            Request::Frame { session, number } => self.frame(*session, *number).is_some(),
            Request::Message { session, number } => self.message(*session, *number).is_some(),
            Request::Upgrade { session } => self.upgrade(*session).is_some(),
            _ => false,
        };
        (!is_there && self.asked.insert(request.clone())).then_some(request)
    }

    /// What has to be asked for to have the previews of these frames.
    pub(super) fn want_previews(
        &mut self,
        session: usize,
        numbers: impl Iterator<Item = u64>,
    ) -> Option<Request> {
        let missing: Vec<u64> =
            numbers.filter(|number| !self.previews.contains_key(&(session, *number))).collect();
        if missing.is_empty() {
            return None;
        }
        self.want(Request::Previews { session, numbers: missing })
    }

    /// Takes what was read. An answer that nobody waits for any more is let go.
    pub(super) fn take(&mut self, reply: Reply) {
        match reply {
            Reply::Frame { session, number, result } => {
                self.asked.retain(|request| !matches!(request, Request::Frame { .. }));
                self.frame = Some(Read { at: (session, number), result });
            }
            Reply::Message { session, number, result } => {
                self.asked.retain(|request| !matches!(request, Request::Message { .. }));
                self.message = Some(Read { at: (session, number), result });
            }
            Reply::Upgrade { session, result } => {
                self.asked.retain(|request| !matches!(request, Request::Upgrade { .. }));
                self.upgrade = Some(Read { at: (session, 0), result });
            }
            Reply::Previews { session, numbers, previews } => {
                if self.previews.len() > KEPT {
                    self.previews.clear();
                }
                // What is not among them has no payload to show, and is not asked for again.
                self.previews.extend(numbers.iter().map(|number| ((session, *number), Vec::new())));
                self.previews.extend(previews.into_iter().map(|(number, bytes)| ((session, number), bytes)));
                self.asked.remove(&Request::Previews { session, numbers });
            }
            Reply::Skipped(request) => {
                self.asked.remove(&request);
            }
            // These hold no payload.
            Reply::Line(_)
            | Reply::Hits { .. }
            | Reply::Unsearchable(_)
            | Reply::Saved(_)
            | Reply::Exists { .. }
            | Reply::Unsaved(_) => {}
        }
    }
}
