//! Who has the most attempts with a fault, among more clients or servers than memory has room for.

use crate::report::{Capped, PartyOverview};
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// Parties, counted by their addresses.
#[derive(Debug)]
pub(super) struct Most {
    parties: HashMap<Box<str>, Counts, RandomState>,
    /// Parties that are kept at the same time.
    room: usize,
    dropped: u64,
    /// What a party may have had before at most: it was dropped, and came again.
    forgotten: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Counts {
    faulty: u64,
    failed: u64,
    attempts: u64,
}

/// What there is to count of an attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempted {
    pub(super) failed: bool,
    pub(super) faulty: bool,
}

impl Most {
    pub(super) fn new(room: usize) -> Self {
        Self { parties: HashMap::default(), room, dropped: 0, forgotten: 0 }
    }

    pub(super) fn add(&mut self, address: &str, attempted: Attempted) {
        if !self.parties.contains_key(address) {
            if self.parties.len() >= self.room {
                self.make_room();
            }
            self.parties.insert(address.into(), Counts::default());
        }
        if let Some(counts) = self.parties.get_mut(address) {
            counts.attempts += 1;
            counts.failed += u64::from(attempted.failed);
            counts.faulty += u64::from(attempted.faulty);
        }
    }

    /// Keeps the half that has most.
    fn make_room(&mut self) {
        let mut all: Vec<Counts> = self.parties.values().copied().collect();
        all.sort_unstable();
        let Some(middle) = all.get(all.len() / 2).copied() else { return };
        let before = self.parties.len();
        // More than half may be alike.
        self.parties.retain(|_, counts| *counts > middle);
        self.dropped += (before - self.parties.len()) as u64;
        self.forgotten += middle.faulty;
    }

    /// By how many faults a count may be too low; `None` if every party was counted.
    pub(super) const fn missing(&self) -> Option<u64> {
        if self.dropped > 0 { Some(self.forgotten) } else { None }
    }

    /// Those with the most faults. Who has none is not among them.
    pub(super) fn first(&self, most: usize) -> Capped<PartyOverview> {
        let parties = self.parties.iter().filter(|(_, counts)| counts.faulty > 0);
        let mut parties: Vec<(&str, Counts)> =
            parties.map(|(address, counts)| (&**address, *counts)).collect();
        parties.sort_unstable_by(|(a, one), (b, other)| other.cmp(one).then(a.cmp(b)));
        let more = parties.len().saturating_sub(most) as u64;
        let party = |(address, Counts { faulty, failed, attempts }): (&str, Counts)| PartyOverview {
            address: address.to_owned(),
            attempts,
            failed,
            faulty,
        };
        Capped { shown: parties.into_iter().take(most).map(party).collect(), more }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAULT: Attempted = Attempted { failed: false, faulty: true };

    #[test]
    fn who_has_most_is_found_among_any_number() {
        let mut most = Most::new(100);
        for n in 0..10_000 {
            // One in ten is of the same two clients.
            match n % 20 {
                0 => most.add("often", FAULT),
                10 => most.add("second", Attempted { faulty: n % 40 == 10, ..FAULT }),
                _ => most.add(&format!("client {n}"), Attempted { failed: true, ..FAULT }),
            }
            assert!(most.parties.len() <= 100);
        }
        let first = most.first(2);
        let names: Vec<&str> = first.shown.iter().map(|party| party.address.as_str()).collect();
        assert_eq!(names, ["often", "second"]);
        // What is counted is too low by no more than is said.
        let missing = most.missing().unwrap();
        assert!(
            first.shown[0].faulty <= 500 && first.shown[0].faulty + missing >= 500,
            "{first:?} {missing}"
        );
    }

    #[test]
    fn few_are_counted_exactly() {
        let mut most = Most::new(10);
        for address in ["a", "b", "b", "c"] {
            most.add(address, Attempted { failed: address == "c", faulty: address != "c" });
        }
        assert_eq!(most.missing(), None);
        let Capped { shown, more } = most.first(1);
        assert_eq!((shown[0].address.as_str(), shown[0].faulty, shown[0].attempts, more), ("b", 2, 2, 1));
    }
}
