//! Pings and the pongs that answer them, as links between rows of a ladder.

use super::model::{OpenSession, SessionItem};
use crate::index::{FrameRow, Index};
use crate::model::{Peer, Timestamp};
use crate::ws::Opcode;
use std::collections::BTreeMap;
use std::ops::Range;

/// Rows above and below those in view in which the other end of a link is looked for.
const AROUND: usize = 2000;

/// Links that are drawn beside one another.
pub(super) const LANES: usize = 2;

/// A ping and its pong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    /// The rows of both.
    pub(super) ping: usize,
    pub(super) pong: usize,
    /// Which of the [`LANES`] it is drawn in, from 0.
    pub(super) lane: usize,
}

/// The pairs that touch these rows. Of more at once than there are lanes the later ones are left out.
pub(super) fn pairs(open: &OpenSession, index: &Index, rows: Range<usize>) -> Vec<Pair> {
    let frames = index.frames(open.session);
    let around = rows.start.saturating_sub(AROUND)..(rows.end + AROUND).min(open.len(index));
    let frame = |row: usize| match open.item(row, index) {
        SessionItem::Frame(place) => frames.get(place),
        SessionItem::Whole | SessionItem::Message(_) | SessionItem::End(_) => None,
    };
    let mut pings: BTreeMap<(bool, Timestamp), usize> = BTreeMap::new();
    let mut pairs: Vec<Pair> = Vec::new();
    for (at, row) in around.filter_map(|at| Some((at, frame(at)?))) {
        match row.opcode() {
            Opcode::Ping => drop(pings.insert((is_server(row.from()), row.time()), at)),
            Opcode::Pong => {
                let Some(ping) = pinged(&row).and_then(|key| pings.get(&key).copied()) else { continue };
                if at < rows.start || ping >= rows.end {
                    continue;
                }
                let is_taken =
                    |lane: usize| pairs.iter().any(|other| other.lane == lane && other.pong >= ping);
                if let Some(lane) = (0..LANES).find(|lane| !is_taken(*lane)) {
                    pairs.push(Pair { ping, pong: at, lane });
                }
            }
            Opcode::Continuation | Opcode::Text | Opcode::Binary | Opcode::Close | Opcode::Reserved(_) => {}
        }
    }
    pairs
}

const fn is_server(peer: Peer) -> bool {
    matches!(peer, Peer::Server)
}

/// Who sent the ping that a pong answers, and when.
fn pinged(pong: &FrameRow) -> Option<(bool, Timestamp)> {
    let trip = i64::try_from(pong.round_trip()?.as_nanos()).ok()?;
    Some((!is_server(pong.from()), Timestamp::from_nanos(pong.time().as_nanos().checked_sub(trip)?)))
}
