//! The thread that reads payloads again, searches and saves, so that keys are answered meanwhile.

use super::picking::Picking;
use super::request::{Existing, JsonSubject, Pick, ReadProgress, ReplayRequest, Reply, RowKind, Saved};
use super::save;
use super::words::BEYOND_LIMIT;
use crate::analyzer::{Output, Place};
use crate::capture::SavedSecrets;
use crate::index::Index;
use crate::model::{Peer, SessionId, SessionKey};
use crate::replay::{Fact, Load, Needle, PacketRange, Replay, ReplayError, Search};
use crate::report::{InputNames, JsonLines, Payload, Sink};
use crate::upgrade::Upgrade;
use std::collections::HashMap;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::sync::{Arc, PoisonError};

/// Packets that are searched before the next request is looked at.
const STEP: usize = 4096;

/// The same for a filter: what it finds has the list made anew.
const PICK_STEP: usize = 65_536;

/// Hits after which a search ends: nobody reads more.
const HITS: usize = 100_000;

/// Answers requests, one after another.
pub(super) struct Worker<F> {
    load: Arc<Load>,
    replay: Replay,
    /// The names of the inputs, as the command line has them.
    inputs: InputNames,
    secrets: SavedSecrets,
    /// What is still to be answered.
    waiting: Vec<ReplayRequest>,
    search: Option<(Search, usize)>,
    /// What is wanted of filters, and the readings for it that go on.
    picks: Vec<Pick>,
    picking: Vec<Picking>,
    out: F,
}

impl<F: Fn(Reply)> Worker<F> {
    /// A worker that hands its answers to `out`.
    pub(super) fn new(load: Arc<Load>, inputs: InputNames, secrets: SavedSecrets, out: F) -> Self {
        let replay = load.replay();
        Self {
            load,
            replay,
            inputs,
            secrets,
            waiting: Vec::new(),
            search: None,
            picks: Vec::new(),
            picking: Vec::new(),
            out,
        }
    }

    /// Setting it ends what is being read.
    pub(super) fn stop_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(self.replay.stop_flag())
    }

    /// Setting it has requests looked at that were sent since. Whoever sends one does.
    pub(super) fn look_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(self.replay.pause_flag())
    }

    /// Works until nobody asks any more.
    pub(super) fn run(mut self, requests: &Receiver<ReplayRequest>) {
        loop {
            let is_busy = self.search.is_some() || !self.waiting.is_empty() || !self.picking.is_empty();
            let first = if is_busy {
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
            // What is sent after this sets it again.
            self.replay.pause_flag().store(false, Ordering::Relaxed);
            self.take(first.into_iter().chain(requests.try_iter()));
            self.answer_next();
            self.search_on();
            self.pick_on();
        }
    }

    /// Answers these requests.
    #[cfg(test)]
    pub(super) fn answer_all(&mut self, requests: Vec<ReplayRequest>) {
        self.take(requests.into_iter());
        while !self.waiting.is_empty() {
            self.answer_next();
        }
    }

    /// Takes requests. Of payloads and previews only those asked for last are still on the screen. What is skipped is
    /// answered all the same, so that it can be asked for again.
    fn take(&mut self, requests: impl Iterator<Item = ReplayRequest>) {
        for request in requests {
            let is_of_its_kind: fn(&ReplayRequest) -> bool = match &request {
                ReplayRequest::Frame { .. }
                | ReplayRequest::Message { .. }
                | ReplayRequest::Upgrade { .. } => |other| {
                    matches!(
                        other,
                        ReplayRequest::Frame { .. }
                            | ReplayRequest::Message { .. }
                            | ReplayRequest::Upgrade { .. }
                    )
                },
                ReplayRequest::Previews { .. } => |other| matches!(other, ReplayRequest::Previews { .. }),
                ReplayRequest::Pick(_) => |other| matches!(other, ReplayRequest::Pick(_)),
                ReplayRequest::Line(_)
                | ReplayRequest::Search(_)
                | ReplayRequest::Cancel
                | ReplayRequest::Save { .. } => |_| false,
            };
            for stale in self.waiting.extract_if(.., |other| is_of_its_kind(other)) {
                (self.out)(Reply::Skipped(stale));
            }
            self.waiting.push(request);
        }
        // What takes no time comes first, what the screen waits for before what it does not.
        self.waiting.sort_by_key(|request| match request {
            ReplayRequest::Search(_) | ReplayRequest::Cancel | ReplayRequest::Pick(_) => 0,
            ReplayRequest::Frame { .. } | ReplayRequest::Message { .. } | ReplayRequest::Upgrade { .. } => 1,
            ReplayRequest::Previews { .. } | ReplayRequest::Line(_) => 2,
            ReplayRequest::Save { .. } => 3,
        });
    }

    /// Answers a request. One that was interrupted because there are others goes on waiting.
    fn answer_next(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let request = self.waiting.remove(0);
        let is_stopped = |replay: &Replay| replay.stop_flag().load(Ordering::Relaxed);
        if let Err(ReplayError::Cancelled) = self.answer(&request)
            && !is_stopped(&self.replay)
        {
            self.waiting.insert(0, request);
        }
    }

    fn id(&self, session: usize) -> SessionId {
        let index = self.load.index.read().unwrap_or_else(PoisonError::into_inner);
        index.sessions().get(session).map(|row| row.session).unwrap_or_default()
    }

    /// Fails only where reading was interrupted.
    fn answer(&mut self, request: &ReplayRequest) -> Result<(), ReplayError> {
        let reply = match request {
            &ReplayRequest::Frame { session, number } => {
                let result = told(self.replay.frame(self.id(session), number))?;
                Reply::Frame { session, number, result }
            }
            &ReplayRequest::Message { session, number } => {
                let result = told(self.replay.message(self.id(session), number))?;
                Reply::Message { session, number, result }
            }
            &ReplayRequest::Upgrade { session } => {
                Reply::Upgrade { session, result: told(self.upgrade(session))? }
            }
            &ReplayRequest::Line(what) => Reply::Line(told(self.line(what))?),
            &ReplayRequest::Previews { session, of, ref numbers } => {
                let read = match of {
                    RowKind::Frames => self.replay.previews(self.id(session), numbers),
                    RowKind::Messages => self.replay.message_previews(self.id(session), numbers),
                };
                let previews = told(read)?.unwrap_or_default();
                Reply::Previews { session, of, numbers: numbers.clone(), previews }
            }
            ReplayRequest::Search(typed) => {
                let needle = Needle::parse(typed).map_err(|error| error.to_string());
                match needle.and_then(|needle| self.load.search(needle).map_err(|error| error.to_string())) {
                    Ok(search) => self.search = Some((search, 0)),
                    Err(error) => (self.out)(Reply::Unsearchable(error)),
                }
                return Ok(());
            }
            ReplayRequest::Cancel => {
                self.search = None;
                return Ok(());
            }
            ReplayRequest::Pick(picks) => {
                self.pick(picks);
                return Ok(());
            }
            ReplayRequest::Save { what, path, existing } => self.save(what, path, *existing),
        };
        (self.out)(reply);
        Ok(())
    }

    fn upgrade(&mut self, session: usize) -> Result<Arc<Upgrade>, ReplayError> {
        let mut found = None;
        self.replay.tell(self.id(session), Fact::Upgrade, &mut |output| {
            if let Output::Upgrade(_, upgrade) = output {
                found = Some(Arc::new((*upgrade).clone()));
            }
        })?;
        found.ok_or(ReplayError::Absent)
    }

    /// What `-f json` prints, without the line feed.
    fn line(&mut self, what: JsonSubject) -> Result<String, ReplayError> {
        let mut line = Vec::new();
        let mut json = JsonLines::new(&mut line, Payload::default(), self.inputs.clone());
        // Writing to memory cannot fail.
        let mut print = |output: &Output<'_>| drop(json.output(output));
        match what {
            JsonSubject::Fact(session, fact) => self.replay.tell(self.id(session), fact, &mut print)?,
            JsonSubject::Finding(at) => {
                let index = self.load.index.read().unwrap_or_else(PoisonError::into_inner);
                let finding = index.findings().get(at).ok_or(ReplayError::Absent)?;
                print(&Output::Finding(finding));
            }
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    /// Reads what nothing but the end may interrupt.
    fn read<T>(
        &mut self,
        read: impl Fn(&mut Replay, SessionId) -> Result<T, ReplayError>,
        session: usize,
    ) -> Result<T, ReplayError> {
        let id = self.id(session);
        loop {
            self.replay.pause_flag().store(false, Ordering::Relaxed);
            let result = read(&mut self.replay, id);
            let is_paused = matches!(result, Err(ReplayError::Cancelled));
            if !is_paused || self.replay.stop_flag().load(Ordering::Relaxed) {
                return result;
            }
        }
    }

    /// From the first packet of a frame to the last packet of another one.
    fn stretch(&self, session: usize, first: u64, last: u64) -> io::Result<PacketRange> {
        let index = self.load.index.read().unwrap_or_else(PoisonError::into_inner);
        let row = |number| index.frames(session).get(index.frame_row(session, number)?);
        let stretch = row(first).zip(row(last)).map(|(first, last)| {
            ((first.file(), first.first_packet()), (last.last_file(), last.last_packet()))
        });
        stretch.ok_or_else(|| io::Error::other(ReplayError::Absent))
    }

    /// Writes what a side sent in these sessions, as `-f json --payload full` prints it. Returns why something may be missing.
    fn messages(
        &mut self,
        sessions: &[usize],
        from: Peer,
        out: &mut dyn Write,
    ) -> io::Result<Option<String>> {
        let mut json = JsonLines::new(out, Payload::Full, self.inputs.clone());
        let mut written = Ok(());
        let mut write = |output: &Output<'_>| {
            if written.is_ok() {
                written = json.output(output);
            }
        };
        let doubt = if let [session] = sessions {
            let told = self.replay.tell_messages(self.id(*session), from, &mut write);
            told.map(|()| None).map_err(io::Error::other)?
        } else {
            self.messages_of_several(sessions, from, &mut write)?
        };
        written?;
        json.flush()?;
        Ok(doubt)
    }

    /// Reads the capture once more for what a side sent in these sessions, which have the numbers of the list.
    fn messages_of_several(
        &self,
        sessions: &[usize],
        from: Peer,
        write: &mut dyn FnMut(&Output<'_>),
    ) -> io::Result<Option<String>> {
        let index = self.load.index.read().unwrap_or_else(PoisonError::into_inner);
        let rows = sessions.iter().filter_map(|session| index.sessions().get(*session));
        let wanted: HashMap<SessionKey, SessionId> =
            rows.map(|row| (row.place().key(), row.session)).collect();
        drop(index);
        let mut reading = self.replay.reread().map_err(io::Error::other)?;
        let mut take = |output: &Output<'_>| {
            if let Output::Message(place, message) = output
                && message.from == from
                && let Some(session) = wanted.get(&place.key())
            {
                write(&Output::Message(&Place { session: *session, ..**place }, message));
            }
        };
        while reading.step(STEP, &mut take) {
            if self.replay.stop_flag().load(Ordering::Relaxed) {
                return Err(io::Error::other(ReplayError::Cancelled));
            }
        }
        Ok(reading.doubt())
    }

    fn save(&mut self, what: &Saved, path: &Path, existing: Existing) -> Reply {
        let secrets = self.secrets;
        let (mut cut, mut doubt) = (0, None);
        let mut save_payload = |plain: &[u8], beyond: u64| {
            cut = beyond;
            save::to(path, existing, &mut |out| out.write_all(plain))
        };
        let written = match what {
            Saved::Packets(sessions) => {
                let ids: Vec<SessionId> = sessions.iter().map(|session| self.id(*session)).collect();
                save::to(path, existing, &mut |out| self.replay.copy(&ids, None, secrets, out).map(drop))
            }
            &Saved::Range(session, first, last) => self.stretch(session, first, last).and_then(|stretch| {
                let ids = [self.id(session)];
                save::to(path, existing, &mut |out| {
                    self.replay.copy(&ids, Some(stretch), secrets, out).map(drop)
                })
            }),
            Saved::Messages(sessions, from) => save::to(path, existing, &mut |out| {
                doubt = self.messages(sessions, *from, out)?;
                Ok(())
            }),
            Saved::Capture(_) => {
                save::to(path, existing, &mut |out| self.replay.copy_all(secrets, out).map(drop))
            }
            &Saved::Frame(session, number) => self
                .read(|replay, id| replay.frame(id, number), session)
                .map_err(io::Error::other)
                .and_then(|payload| save_payload(&payload.plain, payload.cut)),
            &Saved::Message(session, number) => self
                .read(|replay, id| replay.message(id, number), session)
                .map_err(io::Error::other)
                .and_then(|payload| save_payload(&payload.plain, payload.cut)),
        };
        let name = super::text::shown(path.to_string_lossy().as_bytes());
        match written {
            Ok(()) if cut > 0 => {
                let cut = super::text::count(cut, "byte");
                let words = format!("saved as {name}, without its last {cut}: {BEYOND_LIMIT}");
                Reply::Saved { what: what.clone(), words }
            }
            Ok(()) => {
                let doubt = doubt.map_or_else(String::new, |doubt| format!(" ({doubt})"));
                Reply::Saved { what: what.clone(), words: format!("saved as {name}{doubt}") }
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && existing == Existing::Stays => {
                Reply::Exists { what: what.clone(), path: path.to_owned() }
            }
            Err(error) => Reply::Unsaved(format!("not saved: {name}: {error}")),
        }
    }

    /// Begins to read for what is new of this, and ends what is not in it.
    fn pick(&mut self, picks: &[Pick]) {
        self.picking.retain(|picking| picks.contains(&picking.pick));
        let before = std::mem::replace(&mut self.picks, picks.to_vec());
        for pick in picks.iter().filter(|pick| !before.contains(pick)) {
            match Picking::begin(pick.clone(), &self.replay, self.inputs.clone()) {
                Ok(picking) => self.picking.push(picking),
                Err(reason) => (self.out)(Reply::NotPicked(pick.clone(), reason)),
            }
        }
    }

    /// Some steps of the first reading for a filter, if there is one. Returns whether there was.
    pub(super) fn pick_on(&mut self) -> bool {
        let Some(picking) = self.picking.first_mut() else { return false };
        let is_more = match picking.step(PICK_STEP, &self.replay) {
            Ok(is_more) => is_more,
            Err(reason) => {
                (self.out)(Reply::NotPicked(picking.pick.clone(), reason.to_string()));
                self.picking.remove(0);
                return true;
            }
        };
        let index = self.load.index.read().unwrap_or_else(PoisonError::into_inner);
        let rows = picking.rows(&index, is_more);
        drop(index);
        let progress = if is_more { ReadProgress::Reading(picking.done()) } else { ReadProgress::Over };
        let doubt = if progress.is_over() { picking.doubt().map(String::into_boxed_str) } else { None };
        (self.out)(Reply::Picked { pick: picking.pick.clone(), rows, progress, doubt });
        if progress.is_over() {
            self.picking.remove(0);
        }
        true
    }

    /// One step of the search, if there is one.
    pub(super) fn search_on(&mut self) {
        let Some((search, found)) = &mut self.search else { return };
        let step = search.step(STEP);
        let done = search.progress().thousandths();
        let is_read = step.is_none();
        let hits: Vec<(usize, u64)> = step
            .unwrap_or_default()
            .into_iter()
            .filter_map(|hit| Some((Index::position(hit.session)?, hit.frame)))
            .collect();
        *found += hits.len();
        let is_over = is_read || *found > HITS;
        let progress = if is_over { ReadProgress::Over } else { ReadProgress::Reading(done) };
        let doubt = if is_over { search.doubt() } else { None };
        if is_over {
            self.search = None;
        }
        (self.out)(Reply::Hits { hits, progress, doubt });
    }
}

/// What was read, or why it was not, in words; an interruption is no reason to tell.
fn told<T>(read: Result<T, ReplayError>) -> Result<Result<T, String>, ReplayError> {
    match read {
        Err(ReplayError::Cancelled) => Err(ReplayError::Cancelled),
        read => Ok(read.map_err(|error| error.to_string())),
    }
}
