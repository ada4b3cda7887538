//! What is known of the sessions of one ring while its rows are counted. Sessions are numbered throughout, so those with
//! neighbouring numbers share a place.

use crate::findings::{Id, Severity};
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// Sessions that share a place among the faults.
const FAULTS: usize = 8;

/// The worst fault of each session.
#[derive(Debug)]
pub(super) struct Faults {
    places: HashMap<u64, [Option<(Severity, Id)>; FAULTS], RandomState>,
    room: usize,
}

impl Faults {
    /// Sessions in so many places.
    pub(super) fn new(room: usize) -> Self {
        Self { places: HashMap::default(), room }
    }

    pub(super) fn clear(&mut self) {
        self.places.clear();
    }

    /// Remembers a fault of a session. Returns whether there is room for it.
    pub(super) fn add(&mut self, session: u64, severity: Severity, id: Id) -> bool {
        let place = session / FAULTS as u64;
        if self.places.len() >= self.room && !self.places.contains_key(&place) {
            return false;
        }
        let worst = self.places.entry(place).or_default().get_mut(offset(session, FAULTS as u64));
        if let Some(worst) = worst.filter(|worst| worst.is_none_or(|(other, _)| other < severity)) {
            *worst = Some((severity, id));
        }
        true
    }

    /// The kind of the worst fault, the first of several.
    pub(super) fn worst(&self, session: u64) -> Option<Id> {
        let (_, id) = (*self.places.get(&(session / FAULTS as u64))?.get(offset(session, FAULTS as u64))?)?;
        Some(id)
    }
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    Session(u64),
    Connection(u64),
}

/// What findings of each kind are about.
#[derive(Debug)]
pub(super) struct Subjects {
    /// By the kind and the first of 64, a bit for each.
    places: HashMap<(Id, Subject), u64, RandomState>,
    room: usize,
}

/// Whether something is known already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    New,
    Already,
    /// Nobody knows: there is no room.
    Untold,
}

impl Subjects {
    /// Sessions and connections in so many places.
    pub(super) fn new(room: usize) -> Self {
        Self { places: HashMap::default(), room }
    }

    pub(super) fn clear(&mut self) {
        self.places.clear();
    }

    pub(super) fn add(&mut self, id: Id, subject: Subject) -> Known {
        let bits = u64::from(u64::BITS);
        let (place, number) = match subject {
            Subject::Session(number) => (Subject::Session(number / bits), number),
            Subject::Connection(number) => (Subject::Connection(number / bits), number),
        };
        let key = (id, place);
        if self.places.len() >= self.room && !self.places.contains_key(&key) {
            return Known::Untold;
        }
        let known = self.places.entry(key).or_default();
        let bit = 1 << offset(number, bits);
        let before = std::mem::replace(known, *known | bit);
        if before & bit == 0 { Known::New } else { Known::Already }
    }
}

fn offset(number: u64, of: u64) -> usize {
    usize::try_from(number % of).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_fault_counts_and_of_several_the_first() {
        let mut faults = Faults::new(2);
        assert!(faults.add(3, Severity::Warning, Id::CloseMissing));
        assert!(faults.add(3, Severity::Error, Id::PongMismatch));
        assert!(faults.add(3, Severity::Error, Id::FrameIncomplete));
        assert!(faults.add(9, Severity::Warning, Id::CloseUnanswered));
        let worst = [2, 3, 9].map(|session| faults.worst(session));
        assert_eq!(worst, [None, Some(Id::PongMismatch), Some(Id::CloseUnanswered)]);
        // A neighbour still has a place, and others have none.
        assert!(faults.add(15, Severity::Error, Id::PongMismatch));
        assert!(!faults.add(16, Severity::Error, Id::PongMismatch));
        faults.clear();
        assert_eq!(faults.worst(3), None);
    }

    #[test]
    fn each_subject_of_a_kind_is_new_once() {
        let mut subjects = Subjects::new(3);
        let kinds = [Id::PongMismatch, Id::CloseMissing];
        for id in kinds {
            assert_eq!(subjects.add(id, Subject::Session(63)), Known::New);
        }
        assert_eq!(subjects.add(Id::PongMismatch, Subject::Session(62)), Known::New);
        assert_eq!(subjects.add(Id::PongMismatch, Subject::Connection(63)), Known::New);
        for id in kinds {
            assert_eq!(subjects.add(id, Subject::Session(63)), Known::Already);
        }
        assert_eq!(subjects.add(Id::PongMismatch, Subject::Session(64)), Known::Untold);
    }
}
