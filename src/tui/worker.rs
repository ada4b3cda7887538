//! The thread that reads payloads again, searches and saves, so that keys are answered meanwhile.

use super::request::{Reply, Request, Saved};
use super::save;
use crate::index::Index;
use crate::model::SessionId;
use crate::replay::Load;
use crate::replay::{Needle, Replay, Search};
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::sync::{Arc, PoisonError};

/// Packets that are searched before the next request is looked at.
const STEP: usize = 4096;

/// Hits after which a search ends: nobody reads more.
const HITS: usize = 100_000;

/// Answers requests, one after another.
pub(super) struct Worker<F> {
    load: Arc<Load>,
    replay: Replay,
    search: Option<(Search, usize)>,
    out: F,
}

impl<F: Fn(Reply)> Worker<F> {
    /// A worker that hands its answers to `out`.
    pub(super) fn new(load: Arc<Load>, out: F) -> Self {
        let replay = load.replay();
        Self { load, replay, search: None, out }
    }

    /// Setting it ends what is being read.
    pub(super) fn stop_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(self.replay.stop_flag())
    }

    /// Works until nobody asks any more.
    pub(super) fn run(mut self, requests: &Receiver<Request>) {
        loop {
            let first = if self.search.is_some() {
                match requests.try_recv() {
                    Ok(request) => Some(request),
                    Err(TryRecvError::Empty) => None,
                    Err(TryRecvError::Disconnected) => return,
                }
            } else {
                match requests.recv() {
                    Ok(request) => Some(request),
                    Err(_) => return,
                }
            };
            self.answer_all(first.into_iter().chain(requests.try_iter()).collect());
            self.search_on();
        }
    }

    /// Of payloads and previews only those asked for last are still on the screen. What is skipped is answered all the
    /// same, so that it can be asked for again.
    pub(super) fn answer_all(&mut self, requests: Vec<Request>) {
        let last = |kind: fn(&Request) -> bool| requests.iter().rposition(kind);
        let payload = last(|request| matches!(request, Request::Frame { .. } | Request::Message { .. }));
        let previews = last(|request| matches!(request, Request::Previews { .. }));
        for (at, request) in requests.into_iter().enumerate() {
            let is_stale = match &request {
                Request::Frame { .. } | Request::Message { .. } => Some(at) != payload,
                Request::Previews { .. } => Some(at) != previews,
                _ => false,
            };
            if is_stale {
                (self.out)(Reply::Skipped(request));
            } else {
                self.answer(request);
            }
        }
    }

    fn id(&self, session: usize) -> SessionId {
        let index = self.load.index.read().unwrap_or_else(PoisonError::into_inner);
        index.sessions().get(session).map(|row| row.place.session).unwrap_or_default()
    }

    fn answer(&mut self, request: Request) {
        let reply = match request {
            Request::Frame { session, number } => {
                let result = self.replay.frame(self.id(session), number).map_err(|error| error.to_string());
                Reply::Frame { session, number, result }
            }
            Request::Message { session, number } => {
                let result = self.replay.message(self.id(session), number).map_err(|error| error.to_string());
                Reply::Message { session, number, result }
            }
            Request::Previews { session, range } => {
                let previews = self.replay.previews(self.id(session), range.clone()).unwrap_or_default();
                Reply::Previews { session, range, previews }
            }
            Request::Search(typed) => {
                let needle = Needle::parse(&typed).map_err(|error| error.to_string());
                match needle.and_then(|needle| self.load.search(needle).map_err(|error| error.to_string())) {
                    Ok(search) => self.search = Some((search, 0)),
                    Err(error) => (self.out)(Reply::Unsearchable(error)),
                }
                return;
            }
            Request::Cancel => {
                self.search = None;
                return;
            }
            Request::Save { what, path, replace } => self.save(what, &path, replace),
        };
        (self.out)(reply);
    }

    fn save(&mut self, what: Saved, path: &Path, replace: bool) -> Reply {
        let written = match what {
            Saved::Packets(session) => {
                let id = self.id(session);
                save::to(path, replace, &mut |out| save::packets(&mut self.replay, id, out))
            }
            Saved::Frame(session, number) => self
                .replay
                .frame(self.id(session), number)
                .map_err(io::Error::other)
                .and_then(|payload| save::to(path, replace, &mut |out| out.write_all(&payload.plain))),
            Saved::Message(session, number) => self
                .replay
                .message(self.id(session), number)
                .map_err(io::Error::other)
                .and_then(|payload| save::to(path, replace, &mut |out| out.write_all(&payload))),
        };
        let name = super::text::shown(path.to_string_lossy().as_bytes());
        match written {
            Ok(()) => Reply::Saved(format!("saved as {name}")),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !replace => {
                Reply::Exists { what, path: path.to_owned() }
            }
            Err(error) => Reply::Unsaved(format!("not saved: {name}: {error}")),
        }
    }

    /// One step of the search, if there is one.
    pub(super) fn search_on(&mut self) {
        let Some((search, found)) = &mut self.search else { return };
        let step = search.step(STEP);
        let done = super::run::thousandths(search.progress());
        let is_read = step.is_none();
        let hits: Vec<(usize, u64)> = step
            .unwrap_or_default()
            .into_iter()
            .filter_map(|hit| Some((Index::position(hit.session)?, hit.frame)))
            .collect();
        *found += hits.len();
        let is_over = is_read || *found > HITS;
        if is_over {
            self.search = None;
        }
        (self.out)(Reply::Hits { hits, done, is_over });
    }
}
