//! What the terminal UI asks its worker for, and what it answers.

use crate::model::{Peer, Zone};
use crate::replay::{Fact, FramePayload, MessagePayload};
use crate::upgrade::Upgrade;
use std::hash::{Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;

/// Something that needs the capture again. Sessions are places in the index.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ReplayRequest {
    /// The payload of a frame.
    Frame {
        /// The session, by its place.
        session: usize,
        /// The number of the frame.
        number: u64,
    },
    /// The payload of a message.
    Message {
        /// The session, by its place.
        session: usize,
        /// The number of the message.
        number: u64,
    },
    /// The heads of the attempt that a session began with.
    Upgrade {
        /// The session, by its place.
        session: usize,
    },
    /// What `-f json` prints of something.
    Line(JsonSubject),
    /// The first bytes of frames or messages.
    Previews {
        /// The session, by its place.
        session: usize,
        /// Whether the numbers are those of frames or of messages.
        of: RowKind,
        /// The numbers of the frames or messages.
        numbers: Vec<u64>,
    },
    /// Looks for something in all payloads.
    Search(String),
    /// Looks no further.
    Cancel,
    /// Chooses rows by something that rows do not store. Only these are still wanted.
    Pick(Vec<Pick>),
    /// Saves something.
    Save {
        /// What to save.
        what: Saved,
        /// The file to save it to.
        path: PathBuf,
        /// What becomes of a file that is there.
        existing: Existing,
    },
}

/// What becomes of a file that is there when one of its name is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Existing {
    /// It stays, and nothing is saved.
    Stays,
    /// It goes once the new one is whole.
    Replaced,
}

/// How far the capture was read for what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadProgress {
    /// There may be more: this much was read, in thousandths, where it is known how much there is.
    Reading(Option<u16>),
    /// There will be no more.
    Over,
}

impl ReadProgress {
    /// Whether there will be no more.
    pub const fn is_over(self) -> bool {
        match self {
            Self::Reading(_) => false,
            Self::Over => true,
        }
    }
}

/// A list that is filtered. Sessions are places in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FilteredList {
    /// All sessions.
    Sessions,
    /// All findings.
    Findings,
    /// The frames of a session.
    Frames(usize),
    /// The messages of a session.
    Messages(usize),
}

/// What to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// An expression of the filter language.
    pub expression: String,
    /// The zone of its times.
    pub zone: Zone,
    /// The list whose rows are wanted.
    pub list: FilteredList,
    /// How many frames were loaded when it was asked for.
    pub frames: u64,
}

impl Hash for Pick {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.expression, self.list, self.frames).hash(state);
    }
}

/// What the rows of a session are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowKind {
    /// Frames, as they were sent.
    Frames,
    /// Messages, put together and inflated.
    Messages,
}

impl RowKind {
    /// The kind that is not listed.
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Frames => Self::Messages,
            Self::Messages => Self::Frames,
        }
    }

    /// What its rows are called.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Frames => "frames",
            Self::Messages => "messages",
        }
    }
}

/// Something that has a line in the JSON output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JsonSubject {
    /// A fact about a session.
    Fact(usize, Fact),
    /// A finding, by its place in the index.
    Finding(usize),
}

/// How much is listed of a capture that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SoFar {
    /// Sessions and failed attempts.
    pub sessions: usize,
    /// Frames of all of them.
    pub frames: u64,
}

/// What can be saved.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Saved {
    /// The packets of the connections of sessions.
    Packets(Vec<usize>),
    /// The payload of a frame.
    Frame(usize, u64),
    /// The payload of a message.
    Message(usize, u64),
    /// The packets of a session from the frame of a number to that of another one.
    Range(usize, u64, u64),
    /// All messages that a side sent in these sessions, as lines of JSON.
    Messages(Vec<usize>, Peer),
    /// All packets that were captured up to now.
    Capture(SoFar),
}

/// An answer of the worker.
#[derive(Clone, Debug)]
pub enum Reply {
    /// The payload of a frame.
    Frame {
        /// The session, by its place.
        session: usize,
        /// The number of the frame.
        number: u64,
        /// It, or why there is none.
        result: Result<Arc<FramePayload>, String>,
    },
    /// The payload of a message.
    Message {
        /// The session, by its place.
        session: usize,
        /// The number of the message.
        number: u64,
        /// It, or why there is none.
        result: Result<Arc<MessagePayload>, String>,
    },
    /// The attempt that a session began with.
    Upgrade {
        /// The session, by its place.
        session: usize,
        /// It, or why there is none.
        result: Result<Arc<Upgrade>, String>,
    },
    /// A line of JSON, or why there is none.
    Line(Result<String, String>),
    /// The first bytes of frames or messages.
    Previews {
        /// The session, by its place.
        session: usize,
        /// Whether the numbers are those of frames or of messages.
        of: RowKind,
        /// The numbers that were asked for.
        numbers: Vec<u64>,
        /// Number and bytes of those that have any.
        previews: Vec<(u64, Vec<u8>)>,
    },
    /// Sessions and frames in which something was found, and how far the search is.
    Hits {
        /// The new ones, by session and frame.
        hits: Vec<(usize, u64)>,
        /// How far the capture was read for them.
        progress: ReadProgress,
        /// Why some may be missing, once the search is over.
        doubt: Option<String>,
    },
    /// Rows that were chosen.
    Picked {
        /// What was to be chosen.
        pick: Pick,
        /// The new ones.
        rows: Vec<u64>,
        /// How far the capture was read for them.
        progress: ReadProgress,
        /// Then why some may be missing.
        doubt: Option<Box<str>>,
    },
    /// Rows cannot be chosen, for this reason.
    NotPicked(Pick, String),
    /// Something else was asked for since: this was not read.
    Skipped(ReplayRequest),
    /// What was typed cannot be searched for.
    Unsearchable(String),
    /// Saved.
    Saved {
        /// What was.
        what: Saved,
        /// What to say about it.
        words: String,
    },
    /// There is such a file already.
    Exists {
        /// What was to be saved.
        what: Saved,
        /// The file that is there.
        path: PathBuf,
    },
    /// It could not be saved.
    Unsaved(String),
}
