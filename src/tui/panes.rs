//! How the screen is divided between the rows and the detail, where a user changed that.

/// How the screen is divided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Panes {
    /// What the rows have of the room, in percent, if a user chose it.
    pub(super) share: Option<u16>,
    /// The focused pane has all of it.
    pub(super) is_full: bool,
    /// The line between them is being moved.
    pub(super) is_dragged: bool,
}

/// What becomes of a pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resize {
    Larger,
    Smaller,
}

impl Panes {
    /// What the rows have of `room`, unless a user chose otherwise: `usual`.
    pub(super) fn rows(self, room: u16, usual: u16) -> u16 {
        let chosen = |share: u16| u16::try_from(u32::from(room) * u32::from(share) / 100).unwrap_or(room);
        // One line each, and one in between.
        self.share.map_or(usual, chosen).clamp(1, room.saturating_sub(2).max(1))
    }
}
