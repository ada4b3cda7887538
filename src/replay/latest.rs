//! The payloads that were read last: they are shown again at once, and so are those beside them.

use super::cache::Cache;
use super::carriers::Carried;
use super::payload::{FramePayload, MessagePayload};
use super::run::Listener;
use super::seen::Sighting;
use crate::model::SessionId;
use crate::ws::{Frame, Message};
use std::sync::Arc;

/// Bytes of frames and of messages that are remembered, each.
const PAYLOAD_ROOM: usize = 12 << 20;

/// Bytes of previews that are remembered.
const PREVIEW_ROOM: usize = 8 << 20;

/// Payload bytes of a preview.
const PREVIEW: usize = 192;

/// What a remembered preview costs besides its bytes.
const PREVIEW_COST: usize = 96 + size_of::<Sighting>();

/// Frames before the one looked for that are remembered on the way: a person who goes up from it finds them.
const BEHIND: usize = 2048;

/// The same for previews, which are small.
const BEHIND_PREVIEWS: usize = 32_768;

/// Payloads by session and number, each with what it is compared by before it is shown.
type PayloadCache<T> = Cache<(SessionId, u64), (Sighting, T)>;

/// What was read last.
#[derive(Debug)]
pub(super) struct LastReading {
    pub(super) frames: PayloadCache<Arc<FramePayload>>,
    pub(super) messages: PayloadCache<Arc<MessagePayload>>,
    pub(super) previews: PayloadCache<Arc<[u8]>>,
    pub(super) message_previews: PayloadCache<Arc<[u8]>>,
}

impl LastReading {
    pub(super) fn new() -> Self {
        Self {
            frames: Cache::new(PAYLOAD_ROOM),
            messages: Cache::new(PAYLOAD_ROOM),
            previews: Cache::new(PREVIEW_ROOM),
            message_previews: Cache::new(PREVIEW_ROOM),
        }
    }
}

/// How far to read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Goal<'a> {
    /// To the frame at this row, of which the whole payload is wanted.
    Frame(usize),
    /// To the last of the frames at these rows, in order, of which previews are wanted.
    Previews(&'a [usize]),
    /// To the message of this number.
    Message(u64),
    /// To the last of the messages of these numbers, in order, of which previews are wanted.
    MessagePreviews(&'a [u64]),
}

/// Remembers what a run tells on its way to a goal.
pub(super) struct Remembering<'a> {
    pub(super) memory: &'a mut LastReading,
    pub(super) session: SessionId,
    pub(super) goal: Goal<'a>,
}

impl Listener for Remembering<'_> {
    fn frame(&mut self, row: usize, frame: &Frame<'_>, carried: Carried, seen: Sighting) {
        let key = (self.session, frame.number);
        let preview = frame.payload.get(..frame.payload.len().min(PREVIEW)).unwrap_or_default();
        match self.goal {
            Goal::Frame(goal) if row + BEHIND >= goal => {
                let payload = FramePayload::new(frame, carried);
                let size = payload.size();
                // What comes after it in its packet may be looked at next, but must not displace it.
                if row <= goal || self.memory.frames.has_room(size) {
                    self.memory.frames.insert(key, (seen, Arc::new(payload)), size);
                }
            }
            Goal::Frame(_) => {}
            // Where a filter is in force they lie far apart.
            Goal::Previews(rows)
                if rows.last().is_some_and(|last| row + BEHIND_PREVIEWS >= *last)
                    || rows.binary_search(&row).is_ok() => {}
            Goal::Previews(_) | Goal::Message(_) | Goal::MessagePreviews(_) => return,
        }
        self.memory.previews.insert(key, (seen, preview.into()), preview.len() + PREVIEW_COST);
    }

    fn message(&mut self, message: &Message<'_>, seen: Sighting) {
        let key = (self.session, message.number);
        if let Goal::MessagePreviews(numbers) = self.goal
            && let Some(last) = numbers.last()
            && (message.number.saturating_add(BEHIND_PREVIEWS as u64) >= *last
                || numbers.binary_search(&message.number).is_ok())
        {
            let preview = message.payload.get(..message.payload.len().min(PREVIEW)).unwrap_or_default();
            let cost = preview.len() + PREVIEW_COST;
            self.memory.message_previews.insert(key, (seen, preview.into()), cost);
        }
        let Goal::Message(goal) = self.goal else { return };
        if message.complete && message.number.saturating_add(BEHIND as u64) >= goal {
            let payload = MessagePayload::new(message);
            let size = payload.size() + size_of::<Sighting>();
            if message.number <= goal || self.memory.messages.has_room(size) {
                self.memory.messages.insert(key, (seen, Arc::new(payload)), size);
            }
        }
    }
}
