//! What the catalog says about a kind of finding.

use super::Id;
use crate::findings::field::FindingField;

/// What there is to say about a kind of finding.
#[derive(Debug)]
pub struct CatalogEntry {
    /// The kind.
    pub id: Id,
    /// The clause it is about; empty where it is about the capture alone.
    pub rfc: &'static str,
    /// One line in plain words.
    pub title: &'static str,
    /// What was seen, why it matters, and what is not claimed.
    pub meaning: &'static str,
    /// The JSON fields that findings of this kind have besides those of all findings, with meaning and unit.
    pub fields: &'static [(FindingField, &'static str)],
    /// Likely causes, the most likely first.
    pub causes: &'static [&'static str],
    /// What to do next.
    pub advice: &'static [&'static str],
    /// What libraries print when it happens to them: library and text, the most typical first. `…` stands for
    /// whatever varies.
    pub messages: &'static [(&'static str, &'static str)],
}

/// What a kind of finding rests on, in whole sentences.
#[derive(Debug)]
pub struct Evidence {
    /// What the capture shows where the finding is certain.
    pub certain: &'static str,
    /// What makes it tentative, or keeps it from being reported.
    pub tentative: &'static str,
}

impl Evidence {
    pub(super) const fn of(certain: &'static str, tentative: &'static str) -> Self {
        Self { certain, tentative }
    }
}
