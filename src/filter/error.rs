//! What is wrong with an expression, and where.

use std::fmt;
use std::ops::Range;

/// An expression that cannot be read: one sentence, the expression, and carets under the part that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    pub(super) message: String,
    pub(super) text: String,
    pub(super) at: Range<usize>,
}

impl FilterError {
    pub(super) fn new(text: &str, at: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), text: text.to_owned(), at }
    }

    /// The same about other words that stand for the expression: those in `text`, of which the part at `at` is wrong.
    #[must_use]
    pub fn about(self, text: &str, at: Range<usize>) -> Self {
        Self { text: text.to_owned(), at, ..self }
    }

    /// What is wrong, in one sentence.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Which bytes of the expression are wrong; empty at its end where something is missing.
    pub const fn at(&self) -> &Range<usize> {
        &self.at
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = |range: Range<usize>| self.text.get(range).map_or(0, |part| part.chars().count());
        let (before, marked) = (columns(0..self.at.start), columns(self.at.clone()).max(1));
        // One character a column: a tab or a line break would push the carets away.
        let shown: String = self.text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        write!(f, "{}\n  {shown}\n  {:before$}{}", self.message, "", "^".repeat(marked))
    }
}

impl std::error::Error for FilterError {}

/// The names most like `name`, for "did you mean".
pub(super) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let ranked = names.map(|other| (distance(&name, other), other));
    ranked.min().filter(|(distance, other)| *distance <= 3.min(other.len() / 2)).map(|(_, other)| other)
}

/// How many letters must be put in, left out or replaced to get from `a` to `b` (Levenshtein).
pub fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut left = i + 1;
        let mut diagonal = std::mem::replace(row.first_mut().unwrap_or(&mut 0), left);
        for (above, y) in row.iter_mut().skip(1).zip(b.bytes()) {
            let cheapest = (diagonal + usize::from(x != y)).min(left + 1).min(*above + 1);
            diagonal = std::mem::replace(above, cheapest);
            left = cheapest;
        }
    }
    row.last().copied().unwrap_or_default()
}
