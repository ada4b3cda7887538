//! What the parser makes of an expression.

use super::fields::Field;
use super::test::Test;
use super::value::Facts;

/// A checked expression.
#[derive(Clone, Debug)]
pub(super) enum Expression {
    Test(Field, Test),
    Not(Box<Self>),
    And(Box<[Self; 2]>),
    Or(Box<[Self; 2]>),
}

impl Expression {
    pub(super) fn holds(&self, facts: &dyn Facts) -> bool {
        match self {
            Self::Test(field, test) => facts.value(field).is_some_and(|value| test.holds(&value)),
            Self::Not(inner) => !inner.holds(facts),
            Self::And(parts) => parts.iter().all(|part| part.holds(facts)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(facts)),
        }
    }

    /// Adds the fields it asks for that are not in `found`.
    pub(super) fn fields(&self, found: &mut Vec<Field>) {
        match self {
            Self::Test(field, _) if found.contains(field) => {}
            Self::Test(field, _) => found.push(field.clone()),
            Self::Not(inner) => inner.fields(found),
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.fields(found)),
        }
    }
}
