//! Rows that a filter chooses by something that rows do not store, such as a text: the capture is read once more for them.

use super::request::{FilteredList, Pick, ReadProgress, ReplayRequest};
use crate::findings::Finding;
use crate::model::Zone;
use foldhash::fast::FixedState;
use std::hash::BuildHasher;
use std::sync::Arc;

/// Rows that were chosen: places of sessions, numbers of frames or messages, [keys](key_of) of findings. Sorted.
pub(super) type PickedRows = Arc<Vec<u64>>;

/// What is chosen so far.
#[derive(Debug, Default)]
pub(super) struct Picks(Vec<Picked>);

#[derive(Debug)]
struct Picked {
    pick: Pick,
    rows: PickedRows,
    /// What the reading that goes on has found.
    found: Vec<u64>,
    /// It is the first one: what it finds is shown at once.
    is_first: bool,
    progress: ReadProgress,
    problem: Option<String>,
    /// Why rows may be missing.
    doubt: Option<Box<str>>,
}

impl Picked {
    /// Whether it is what an expression chooses in a list.
    fn is_of(&self, expression: &str, list: FilteredList) -> bool {
        self.pick.expression == expression && self.pick.list == list
    }
}

/// What a finding is known by in another reading.
pub(super) fn key_of(finding: &Finding) -> u64 {
    let stamp = finding.stamp;
    let place = (stamp.file, stamp.packet, finding.frame, finding.from);
    FixedState::default().hash_one((finding.id, place, &finding.summary))
}

impl Picks {
    /// These expressions are wanted now, of a capture with so many frames so far. Returns what to ask for.
    pub(super) fn want(
        &mut self,
        wanted: Vec<(String, FilteredList)>,
        zone: &Zone,
        (frames, is_loaded): (u64, bool),
    ) -> Option<ReplayRequest> {
        let before = self.0.len();
        self.0.retain(|picked| {
            picked.pick.zone == *zone && wanted.iter().any(|(line, list)| picked.is_of(line, *list))
        });
        let mut is_changed = self.0.len() != before;
        for (expression, list) in wanted {
            if let Some(picked) = self.0.iter_mut().find(|known| known.is_of(&expression, list)) {
                // A capture that grows is read again now and then, and once more at its end.
                let is_old = frames / 2 > picked.pick.frames || (is_loaded && frames != picked.pick.frames);
                if picked.progress.is_over() && is_old {
                    picked.pick.frames = frames;
                    (picked.progress, picked.is_first) = (ReadProgress::Reading(None), false);
                    picked.found.clear();
                    is_changed = true;
                }
            } else {
                is_changed = true;
                self.0.push(Picked {
                    pick: Pick { expression, zone: zone.clone(), list, frames },
                    rows: Arc::default(),
                    found: Vec::new(),
                    is_first: true,
                    progress: ReadProgress::Reading(None),
                    problem: None,
                    doubt: None,
                });
            }
        }
        is_changed.then(|| ReplayRequest::Pick(self.0.iter().map(|picked| picked.pick.clone()).collect()))
    }

    /// Takes what a reading found. Returns whether that changes what is shown.
    pub(super) fn take(&mut self, pick: &Pick, rows: Vec<u64>, progress: ReadProgress) -> bool {
        let Some(picked) = self.0.iter_mut().find(|picked| picked.pick == *pick) else { return false };
        let is_new = !rows.is_empty() && picked.is_first;
        picked.found.extend(rows);
        picked.progress = progress;
        let is_over = progress.is_over();
        if is_new || is_over {
            // It is in order already, but for frames that end after later ones.
            picked.found.sort_unstable();
            picked.found.dedup();
        }
        if is_over {
            picked.rows = Arc::new(std::mem::take(&mut picked.found));
        } else if is_new {
            picked.rows = Arc::new(picked.found.clone());
        }
        is_new || is_over
    }

    /// Why rows may be missing from what the last reading for it found.
    pub(super) fn doubt(&mut self, pick: &Pick, doubt: Option<Box<str>>) {
        if let Some(picked) = self.0.iter_mut().find(|picked| picked.pick == *pick) {
            picked.doubt = doubt;
        }
    }

    /// The capture cannot be read again.
    pub(super) fn fail(&mut self, pick: &Pick, reason: String) {
        if let Some(picked) = self.0.iter_mut().find(|picked| picked.pick == *pick) {
            picked.progress = ReadProgress::Over;
            picked.problem = Some(reason);
        }
    }

    /// The rows that an expression chooses in a list, as far as they are known.
    pub(super) fn rows(&self, expression: &str, list: FilteredList) -> PickedRows {
        let known = self.0.iter().find(|picked| picked.is_of(expression, list));
        known.map(|picked| Arc::clone(&picked.rows)).unwrap_or_default()
    }

    /// What there is to say of the readings for a list: how far they are, why there are none, or why rows may be missing.
    pub(super) fn said(&self, list: FilteredList) -> Option<String> {
        let of_list = || self.0.iter().filter(|picked| picked.pick.list == list);
        if let Some(problem) = of_list().find_map(|picked| picked.problem.as_ref()) {
            return Some(format!("not filtered: {problem}"));
        }
        let first = of_list().filter(|picked| picked.is_first).find_map(|picked| match picked.progress {
            ReadProgress::Reading(done) => Some(done),
            ReadProgress::Over => None,
        });
        match first {
            Some(Some(done)) => Some(format!("filtering, {} %", done / 10)),
            Some(None) => Some("filtering".to_owned()),
            None => of_list().find_map(|picked| picked.doubt.clone().map(String::from)),
        }
    }
}
