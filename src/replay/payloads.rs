//! Payloads by session and number, read again from the capture.

use super::again::Rereading;
use super::carriers::Carried;
use super::error::ReplayError;
use super::inputs::Inputs;
use super::latest::{Goal, LastReading, Remembering};
use super::needle::Needle;
use super::payload::{FramePayload, MessagePayload};
use super::run::{Listener, Run};
use super::search::Search;
use super::seen::{Listed, Sighting};
use super::shared::LatestSecrets;
use super::target::Target;
use crate::analyzer::{Config, Output};
use crate::capture::{Copying, SavedSecrets};
use crate::index::Index;
use crate::model::{Packet, SessionId};
use crate::pipeline::{Connections, Overlaps, PacketRange};
use crate::tls::Secret;
use crate::ws::{Frame, Message};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

/// Packets between two looks at whether somebody gave up waiting.
pub(super) const PACKETS: u32 = 256;

/// Reads payloads of what an index lists. It remembers those it read last, so that going through a session is quick;
/// what comes after them is found without starting again.
pub struct Replay {
    inputs: Arc<Inputs>,
    pub(super) index: Arc<RwLock<Index>>,
    config: Config,
    secrets: LatestSecrets,
    stop: Arc<AtomicBool>,
    pause: Arc<AtomicBool>,
    run: Option<Run>,
    memory: LastReading,
}

/// Keeps secrets.
#[derive(Debug, Default)]
struct Keeping(Vec<Secret>);

impl Listener for Keeping {
    fn frame(&mut self, _row: usize, _frame: &Frame<'_>, _carried: Carried, _seen: Sighting) {}

    fn message(&mut self, _message: &Message<'_>, _seen: Sighting) {}

    fn secrets(&mut self, lines: &Secret) {
        self.0.push(lines.clone());
    }
}

impl Replay {
    /// For what was, or is being, read of `inputs` into `index` with `config`.
    pub(super) fn new(
        inputs: Arc<Inputs>,
        index: Arc<RwLock<Index>>,
        config: Config,
        secrets: LatestSecrets,
    ) -> Self {
        let (stop, pause) = (Arc::default(), Arc::default());
        Self { inputs, index, config, secrets, stop, pause, run: None, memory: LastReading::new() }
    }

    /// As long as it is set, reading ends with [`ReplayError::Cancelled`] after some hundred packets.
    pub const fn stop_flag(&self) -> &Arc<AtomicBool> {
        &self.stop
    }

    /// The same for payloads and previews. What was read until then is not lost: asked again, reading goes on from
    /// there.
    pub const fn pause_flag(&self) -> &Arc<AtomicBool> {
        &self.pause
    }

    /// The payload of a frame, as far as the capture holds it without a gap, and at most
    /// [`Limits::message_bytes`](crate::model::Limits::message_bytes) of it.
    ///
    /// # Errors
    /// The capture cannot be read again, or does not hold such a frame.
    pub fn frame(&mut self, session: SessionId, frame: u64) -> Result<Arc<FramePayload>, ReplayError> {
        let row = self.row_of(session, frame)?;
        if !self.memory.frames.contains((session, frame)) {
            self.read_to(session, Goal::Frame(row))?;
        }
        let (seen, payload) = self.memory.frames.get((session, frame)).ok_or(ReplayError::Differs)?;
        if self.is_listed(session, seen)? { Ok(payload) } else { Err(ReplayError::Differs) }
    }

    /// The payload of a whole message, inflated, at most
    /// [`Limits::message_bytes`](crate::model::Limits::message_bytes) of it.
    ///
    /// # Errors
    /// The capture cannot be read again, or does not hold such a message whole.
    pub fn message(&mut self, session: SessionId, message: u64) -> Result<Arc<MessagePayload>, ReplayError> {
        let position = position(session)?;
        let row = usize::try_from(message.saturating_sub(1)).ok();
        let row = row.and_then(|row| self.look().messages(position).get(row));
        if !row.ok_or(ReplayError::Absent)?.complete {
            return Err(ReplayError::Absent);
        }
        if !self.memory.messages.contains((session, message)) {
            self.read_to(session, Goal::Message(message))?;
        }
        let (seen, payload) = self.memory.messages.get((session, message)).ok_or(ReplayError::Differs)?;
        if self.is_listed(session, seen)? { Ok(payload) } else { Err(ReplayError::Differs) }
    }

    /// The first payload bytes, unmasked and at most 192, of the frames with these numbers, as far as there are such and
    /// they can be shown.
    ///
    /// # Errors
    /// The capture cannot be read again.
    pub fn previews(
        &mut self,
        session: SessionId,
        frames: &[u64],
    ) -> Result<Vec<(u64, Vec<u8>)>, ReplayError> {
        let missing = frames.iter().filter(|frame| !self.memory.previews.contains((session, **frame)));
        let mut rows: Vec<usize> = {
            let (index, position) = (self.look(), position(session)?);
            missing.filter_map(|frame| index.frame_row(position, *frame)).collect()
        };
        if !rows.is_empty() {
            rows.sort_unstable();
            self.read_to(session, Goal::Previews(&rows))?;
        }
        let (index, position) = (self.look(), position(session)?);
        let preview = |frame: &u64| {
            let (seen, preview) = self.memory.previews.get((session, *frame))?;
            let is_listed = seen.look_up(&index, position) == Listed::Same;
            is_listed.then(|| (*frame, preview.to_vec()))
        };
        Ok(frames.iter().filter_map(preview).collect())
    }

    /// The first bytes of the messages with these numbers, put together and inflated, as far as there are such and they
    /// can be shown.
    ///
    /// # Errors
    /// The capture cannot be read again.
    pub fn message_previews(
        &mut self,
        session: SessionId,
        messages: &[u64],
    ) -> Result<Vec<(u64, Vec<u8>)>, ReplayError> {
        let is_missing = |number: &u64| !self.memory.message_previews.contains((session, *number));
        let mut missing: Vec<u64> = messages.iter().copied().filter(is_missing).collect();
        if !missing.is_empty() {
            missing.sort_unstable();
            self.read_to(session, Goal::MessagePreviews(&missing))?;
        }
        let (index, position) = (self.look(), position(session)?);
        let preview = |number: &u64| {
            let (seen, preview) = self.memory.message_previews.get((session, *number))?;
            let is_listed = seen.look_up(&index, position) == Listed::Same;
            is_listed.then(|| (*number, preview.to_vec()))
        };
        Ok(messages.iter().filter_map(preview).collect())
    }

    /// Writes every packet of the connections of these sessions as pcapng, in file order, behind the secrets that open
    /// them: also those before and after the sessions, and IP fragments; of a stretch, only the packets in it. Returns how many
    /// packets there are.
    ///
    /// # Errors
    /// The capture cannot be read again, or `out` does not take it.
    pub fn copy(
        &mut self,
        sessions: &[SessionId],
        stretch: Option<PacketRange>,
        secrets: SavedSecrets,
        out: &mut dyn Write,
    ) -> io::Result<u64> {
        let wanted: BTreeSet<&SessionId> = sessions.iter().collect();
        let (mut connections, mut secured) = (Connections::default(), Vec::new());
        connections.within(stretch);
        if let Some(summary) = self.look().summary() {
            connections.note(&Output::Summary(summary));
        }
        for row in self.look().sessions().iter() {
            connections.note_place(&row.place());
            if wanted.contains(&row.session) {
                connections.want_place(&row.place());
                secured.extend(row.label.is_secure.then_some(row.session));
            }
        }
        let copying = self.copying(secured, secrets, out)?;
        let again = || self.inputs.files_again().map_err(io::Error::other);
        let sift = || Ok(self.inputs.sift(Overlaps::default()));
        connections.copy(copying, again, sift, &self.config.limits)
    }

    /// Writes all packets that were captured so far as pcapng, behind the secrets that open them. Returns how many there are.
    ///
    /// # Errors
    /// As [`Replay::copy`].
    pub fn copy_all(&mut self, secrets: SavedSecrets, out: &mut dyn Write) -> io::Result<u64> {
        let index = self.look();
        let secured = index.sessions().iter().filter(|row| row.label.is_secure);
        let secured = secured.map(|row| row.session).collect();
        drop(index);
        let mut copying = self.copying(secured, secrets, out)?;
        let mut sift = self.inputs.sift(Overlaps::default());
        let mut wants = |packet: &Packet<'_>| sift.as_mut().is_none_or(|sift| sift.wants(packet) == Ok(true));
        while copying.step(&mut wants)? {}
        copying.finish()
    }

    /// A copy of what was loaded, which begins with the secrets of these sessions.
    fn copying<'o>(
        &mut self,
        secured: Vec<SessionId>,
        secrets: SavedSecrets,
        out: &'o mut dyn Write,
    ) -> io::Result<Copying<&'o mut dyn Write>> {
        let mut copying = Copying::new(self.inputs.files_again().map_err(io::Error::other)?, out)?;
        let secured = if secrets == SavedSecrets::LeftOut { Vec::new() } else { secured };
        for session in secured {
            for lines in self.secrets(session).map_err(io::Error::other)? {
                copying.secrets(lines.bytes())?;
            }
        }
        Ok(copying)
    }

    /// Looks for something in all payloads.
    ///
    /// # Errors
    /// The capture cannot be read again.
    pub fn search(&self, needle: Needle) -> Result<Search, ReplayError> {
        Ok(Search::new(self.inputs.again()?, &self.config_now(), Arc::clone(&self.index), needle))
    }

    /// Reads everything once more that was loaded so far, and keeps as much of messages as limits allow.
    ///
    /// # Errors
    /// The capture cannot be read again.
    pub fn reread(&self) -> Result<Rereading, ReplayError> {
        let config = self.config_now();
        Ok(Rereading::new(self.inputs.again()?, Config { keep: config.limits.message_bytes, ..config }))
    }

    /// The secrets that open a session's connection, as lines of a key log.
    ///
    /// # Errors
    /// The capture cannot be read again.
    pub fn secrets(&mut self, session: SessionId) -> Result<Vec<Secret>, ReplayError> {
        let mut run = self.start(session)?;
        let mut keeping = Keeping::default();
        let mut patience = PACKETS;
        while !run.is_over() {
            run.step(&mut keeping);
            self.check(&mut patience)?;
        }
        Ok(keeping.0)
    }

    /// How to read, with all secrets that came up to now.
    pub(super) fn config_now(&self) -> Config {
        let secrets = Arc::clone(&self.secrets.read().unwrap_or_else(PoisonError::into_inner));
        Config { secrets, ..self.config.clone() }
    }

    pub(super) fn look(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the list has what was seen in this session.
    fn is_listed(&self, session: SessionId, seen: Sighting) -> Result<bool, ReplayError> {
        Ok(seen.look_up(&self.look(), position(session)?) == Listed::Same)
    }

    fn row_of(&self, session: SessionId, frame: u64) -> Result<usize, ReplayError> {
        self.look().frame_row(position(session)?, frame).ok_or(ReplayError::Absent)
    }

    /// Reads on until the goal is reached; from the start of the connection where it lies before what was read.
    fn read_to(&mut self, session: SessionId, goal: Goal<'_>) -> Result<(), ReplayError> {
        let is_ahead = |run: &Run| match goal {
            Goal::Frame(row) => row >= run.frames_told(),
            Goal::Previews(rows) => rows.first().is_none_or(|row| *row >= run.frames_told()),
            Goal::Message(number) => number > run.messages_told(),
            Goal::MessagePreviews(numbers) => {
                numbers.first().is_none_or(|number| *number > run.messages_told())
            }
        };
        let is_reached = |run: &Run| match goal {
            Goal::Frame(row) => row < run.frames_told(),
            Goal::Previews(rows) => rows.last().is_none_or(|row| *row < run.frames_told()),
            Goal::Message(number) => number <= run.messages_told(),
            Goal::MessagePreviews(numbers) => {
                numbers.last().is_none_or(|number| *number <= run.messages_told())
            }
        };
        let serves = |run: &Run| run.session() == session && !run.is_over() && is_ahead(run);
        let mut run = match self.run.take() {
            Some(run) if serves(&run) => run,
            _ => self.start(session)?,
        };
        let mut patience = PACKETS;
        let mut outcome = Ok(());
        while outcome.is_ok() && !run.is_over() && !is_reached(&run) {
            run.step(&mut Remembering { memory: &mut self.memory, session, goal });
            outcome = self.check(&mut patience);
            if patience == PACKETS && self.pause.load(Ordering::Relaxed) {
                outcome = Err(ReplayError::Cancelled);
            }
        }
        self.run = Some(run);
        outcome
    }

    pub(super) fn start(&self, session: SessionId) -> Result<Run, ReplayError> {
        let target = Target::find(&self.look(), session).ok_or(ReplayError::NoSession(session.0))?;
        Ok(Run::new(target, self.inputs.again()?, &self.config_now()))
    }

    /// Whether somebody gave up waiting, looked at now and then.
    pub(super) fn check(&self, patience: &mut u32) -> Result<(), ReplayError> {
        *patience -= 1;
        if *patience > 0 {
            return Ok(());
        }
        *patience = PACKETS;
        if self.stop.load(Ordering::Relaxed) { Err(ReplayError::Cancelled) } else { Ok(()) }
    }
}

pub(super) fn position(session: SessionId) -> Result<usize, ReplayError> {
    Index::position(session).ok_or(ReplayError::NoSession(session.0))
}
