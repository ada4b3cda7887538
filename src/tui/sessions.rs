//! The rows of the list of sessions: sorted, filtered, with what never was a WebSocket folded into one row.

use super::list::List;
use super::text::shown;
use crate::findings::Severity;
use crate::index::{Index, SessionRow, SessionState};
use crate::model::Peer;
use crate::ws::Outcome;
use std::cmp::Ordering;

/// The list of sessions.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    pub(super) list: List,
    pub(super) rows: Vec<Entry>,
    pub(super) sort: Column,
    pub(super) is_reversed: bool,
    pub(super) filter: String,
    pub(super) is_unfolded: bool,
    /// Sessions and frames when the rows were made.
    pub(super) seen: (usize, u64, usize),
}

/// A row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// A place in [`Index::sessions`].
    Session(usize),
    /// So many connections that never were a WebSocket.
    Noise(usize),
}

/// A column to sort by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Column {
    #[default]
    Start,
    Worst,
    Peers,
    Target,
    State,
    Frames,
    Bytes,
    RoundTrip,
}

impl Column {
    /// All of them, from the left.
    pub(super) const ALL: [Self; 8] = [
        Self::Worst,
        Self::Start,
        Self::Peers,
        Self::Target,
        Self::State,
        Self::Frames,
        Self::Bytes,
        Self::RoundTrip,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Worst => "found",
            Self::Peers => "client → server",
            Self::Target => "target",
            Self::State => "state",
            Self::Frames => "frames",
            Self::Bytes => "bytes",
            Self::RoundTrip => "rtt",
        }
    }

    /// The column so many places further.
    pub(super) fn turned(self, by: usize) -> Self {
        let at = Self::ALL.iter().position(|column| *column == self).unwrap_or(0);
        Self::ALL.into_iter().cycle().nth(at + by).unwrap_or(self)
    }

    fn compare(self, a: &SessionRow, b: &SessionRow) -> Ordering {
        match self {
            Self::Start => a.first.cmp(&b.first),
            Self::Worst => (b.worst, b.findings).cmp(&(a.worst, a.findings)),
            Self::Peers => a.place.addresses.client.cmp(&b.place.addresses.client),
            Self::Target => a.label.target.cmp(&b.label.target),
            Self::State => state(a).cmp(&state(b)),
            Self::Frames => sum(&b.frames).cmp(&sum(&a.frames)),
            Self::Bytes => sum(&b.bytes).cmp(&sum(&a.bytes)),
            Self::RoundTrip => b.median_rtt.cmp(&a.median_rtt),
        }
    }
}

fn sum<T: Copy + Into<u64>>(sides: &crate::model::PerPeer<T>) -> u64 {
    Peer::BOTH.iter().map(|peer| (*sides.of(*peer)).into()).fold(0, u64::saturating_add)
}

/// The state of a session in a few words.
pub(super) fn state(row: &SessionRow) -> String {
    match &row.state {
        SessionState::Open => "open".to_owned(),
        SessionState::Closed { code: Some(code), .. } => format!("closed {code}"),
        SessionState::Closed { code: None, .. } => "closed".to_owned(),
        SessionState::Ended { cause, .. } => super::words::ending(*cause).to_owned(),
        SessionState::Failed => match row.label.failure.as_deref() {
            None => "failed".to_owned(),
            // The column is narrow: the session's own screen says it in full.
            Some(words) => shown(words.as_bytes())
                .replace("rejected with", "rejected")
                .replace("failed, no answer", "no answer")
                .replace("no upgrade asked for", "no upgrade"),
        },
    }
}

/// Whether the words of `filter` are all in `text`, and none of those behind a `!`.
pub(super) fn lets_through(filter: &str, text: &str) -> bool {
    filter.split_whitespace().all(|word| match word.strip_prefix('!') {
        Some("") => true,
        Some(unwanted) => !text.contains(unwanted),
        None => text.contains(word),
    })
}

/// What the filter looks at, in small letters.
fn haystack(row: &SessionRow) -> String {
    let addresses = &row.place.addresses;
    let label = &row.label;
    let worst = row.worst.map_or("clean", Severity::name);
    let words =
        [label.target.as_deref(), label.host.as_deref(), label.subprotocol.as_deref(), label.compression];
    let words: Vec<&str> = words.into_iter().flatten().collect();
    format!(
        "{} {} {} {} {worst} {}",
        addresses.client,
        addresses.server,
        state(row),
        row.outcome.name(),
        words.join(" ")
    )
    .to_lowercase()
}

impl Sessions {
    /// Makes the rows anew where the capture or the wishes changed. What is selected stays selected, and in its place.
    pub(super) fn refresh(&mut self, index: &Index, page: usize, is_asked: bool) {
        let now = (index.sessions().len(), index.frames_total(), index.findings().len());
        if now == self.seen && !is_asked {
            return;
        }
        self.seen = now;
        let selected = self.rows.get(self.list.selected).copied();
        let sessions = index.sessions();
        let mut rows: Vec<usize> = Vec::with_capacity(sessions.len());
        let mut noise = 0;
        let filter = self.filter.to_lowercase();
        for (place, row) in sessions.iter().enumerate() {
            if !filter.is_empty() && !lets_through(&filter, &haystack(row)) {
                continue;
            }
            if row.outcome == Outcome::NotWebSocket && !self.is_unfolded {
                noise += 1;
            } else {
                rows.push(place);
            }
        }
        let (sort, is_reversed) = (self.sort, self.is_reversed);
        rows.sort_by(|&a, &b| {
            let (Some(one), Some(other)) = (sessions.get(a), sessions.get(b)) else { return Ordering::Equal };
            let order = sort.compare(one, other);
            (if is_reversed { order.reverse() } else { order }).then(a.cmp(&b))
        });
        self.rows = rows.into_iter().map(Entry::Session).collect();
        if noise > 0 {
            self.rows.push(Entry::Noise(noise));
        }
        let stays = selected.and_then(|entry| {
            self.rows.iter().position(|row| match (row, entry) {
                (Entry::Noise(_), Entry::Noise(_)) => true,
                (row, entry) => *row == entry,
            })
        });
        if let Some(row) = stays {
            self.list.keep(row);
        }
        if is_asked {
            self.list.reveal(self.rows.len(), page);
        } else {
            self.list.show(self.rows.len(), page);
        }
    }

    /// The session that is selected, as a place in [`Index::sessions`].
    pub(super) fn selected(&self) -> Option<usize> {
        match self.rows.get(self.list.selected)? {
            Entry::Session(place) => Some(*place),
            Entry::Noise(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_wants_all_its_words() {
        assert!(lets_through("", "anything"));
        assert!(lets_through("chat error", "10.0.0.1 /chat error"));
        assert!(!lets_through("chat error", "10.0.0.1 /chat clean"));
        assert!(!lets_through("chat !open", "/chat open"));
        assert!(lets_through("chat !", "/chat open"));
    }
}
