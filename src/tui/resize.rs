//! Giving the rows or the detail more room.

use super::area;
use super::model::{Model, Pane};
use super::panes::Resize;

/// The least and the most of the room that rows may have, in percent.
const SHARES: (u16, u16) = (10, 90);

/// How much changes with one key, in percent.
const STEP: u16 = 10;

/// Enlarges or shrinks the focused pane.
pub(super) fn resize(model: &mut Model, change: Resize) {
    model.panes.is_full = false;
    let (rows, room) = area::divided(model);
    let is_detail = model.open.as_ref().is_some_and(|open| open.pane == Pane::Detail);
    let is_wider = (change == Resize::Larger) != is_detail;
    let share = share(rows, room);
    move_to(model, if is_wider { share + STEP } else { share.saturating_sub(STEP) });
}

/// Gives the rows this much of the room.
pub(super) fn put_rule(model: &mut Model, rows: u16) {
    let (_, room) = area::divided(model);
    move_to(model, share(rows, room));
}

fn move_to(model: &mut Model, share: u16) {
    model.panes.share = Some(share.clamp(SHARES.0, SHARES.1));
}

/// A part in percent, rounded.
fn share(rows: u16, room: u16) -> u16 {
    let room = u32::from(room.max(1));
    u16::try_from((u32::from(rows) * 100 + room / 2) / room).unwrap_or(100).min(100)
}
