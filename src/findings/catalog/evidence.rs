//! What an accusation rests on: what has to be in the capture for it to be certain, and what makes it tentative.
//!
//! All kinds have it that are about peers and what lies between them: those of class violation, failure and anomaly.

mod attempts;
mod path;
mod sessions;

use super::Id;
use super::entry::Evidence;

/// What each kind rests on, by subject.
const EVIDENCE: [&[(&[Id], Evidence)]; 3] = [attempts::ATTEMPTS, sessions::SESSIONS, path::PATH];

/// What a kind rests on, where it is about peers or what lies between them.
pub fn evidence_of(id: Id) -> Option<&'static Evidence> {
    let mut all = EVIDENCE.iter().copied().flatten();
    all.find(|(ids, _)| ids.contains(&id)).map(|(_, evidence)| evidence)
}

#[cfg(test)]
mod tests {
    use super::super::Class;
    use super::{EVIDENCE, Id};

    #[test]
    fn every_judgement_says_what_it_rests_on() {
        for &id in Id::ALL {
            let is_judgement = matches!(id.class(), Class::Violation | Class::Failure | Class::Anomaly);
            let said = EVIDENCE.iter().copied().flatten().filter(|(ids, _)| ids.contains(&id)).count();
            assert_eq!(said, usize::from(is_judgement), "{id}");
        }
    }

    #[test]
    fn evidence_is_told_in_sentences() {
        for text in EVIDENCE
            .iter()
            .copied()
            .flatten()
            .flat_map(|(_, evidence)| [evidence.certain, evidence.tentative])
        {
            assert!(text.ends_with('.') && !text.contains("  ") && !text.contains('\n'), "{text}");
        }
    }
}
