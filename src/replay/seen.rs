//! What a reading saw, to compare with what is listed: two readings may have let go of different things.

use crate::index::{EndedMessage, FrameRow, Index};
use crate::model::PacketNumber;
use crate::ws::Message;

/// A frame or a message as a reading saw it, without its payload.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sighting {
    Frame(FrameRow),
    Message {
        number: u64,
        ended: EndedMessage,
        /// The packet with its first byte.
        first: PacketNumber,
        /// The frame that it ended with, which was reported just before it.
        last: FrameRow,
    },
}

/// How it stands in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listed {
    /// As it was seen.
    Same,
    /// Its number is that of something else.
    Other,
    /// There is nothing of its number.
    Absent,
}

impl Sighting {
    /// `last` is the frame that was reported last.
    pub(super) const fn message(message: &Message<'_>, last: FrameRow) -> Self {
        Self::Message {
            number: message.number,
            ended: EndedMessage::new(message),
            first: message.first.packet,
            last,
        }
    }

    /// Looks for it in the session at `position`.
    pub(super) fn look_up(&self, index: &Index, position: usize) -> Listed {
        let frame = |seen: &FrameRow| {
            let row = index.frame_row(position, seen.number());
            row.and_then(|row| index.frames(position).get(row)).map(|row| row.is_same(seen))
        };
        let is_same = match self {
            Self::Frame(seen) => frame(seen),
            Self::Message { number, ended, last, .. } => {
                let row = usize::try_from(number.saturating_sub(1)).ok();
                let row = row.and_then(|row| index.messages(position).get(row));
                row.map(|row| row.is_same(ended) && frame(last) == Some(true))
            }
        };
        match is_same {
            Some(true) => Listed::Same,
            Some(false) => Listed::Other,
            None => Listed::Absent,
        }
    }
}
