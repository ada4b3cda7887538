//! What a reading saw, to compare with what is listed: two readings may have let go of different things.

use crate::index::{EndedMessage, FrameRow, Index};
use crate::model::PacketNumber;
use crate::ws::{Frame, Message};

/// A frame or a message as a reading saw it, without its payload.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sighting {
    Frame(FrameRow),
    Message {
        number: u64,
        ended: EndedMessage,
        /// The packet with its first byte.
        first: PacketNumber,
        /// The frame that it ended with, if that was seen.
        last: Option<FrameRow>,
    },
}

/// How it stands in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listed {
    /// As it was seen.
    Same,
    /// Its number is that of something else.
    Other,
    /// There is nothing of its number.
    Absent,
}

impl Sighting {
    pub(crate) fn frame(frame: &Frame<'_>) -> Self {
        Self::Frame(FrameRow::new(frame))
    }

    /// `last` is the frame that was reported last, just before the message.
    pub(crate) const fn message(message: &Message<'_>, last: Option<FrameRow>) -> Self {
        Self::Message {
            number: message.number,
            ended: EndedMessage::new(message),
            first: message.first.packet,
            last,
        }
    }

    /// Looks for it in the session at `position`.
    pub(crate) fn look_up(&self, index: &Index, position: usize) -> Listed {
        let frame = |seen: &FrameRow| {
            let row = index.frame_row(position, seen.number());
            row.and_then(|row| index.frames(position).get(row)).map(|row| row.is_same(seen))
        };
        let is_same = match self {
            Self::Frame(seen) => frame(seen),
            Self::Message { number, ended, last, .. } => {
                let row = usize::try_from(number.saturating_sub(1)).ok();
                let row = row.and_then(|row| index.messages(position).get(row));
                row.map(|row| row.is_same(ended) && last.is_none_or(|last| frame(&last) == Some(true)))
            }
        };
        match is_same {
            Some(true) => Listed::Same,
            Some(false) => Listed::Other,
            None => Listed::Absent,
        }
    }
}
