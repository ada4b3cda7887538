//! What the parser makes of an expression.

use super::fields::Field;
use super::test::Test;
use super::value::{FieldValues, Value};

/// A checked expression.
#[derive(Clone, Debug)]
pub(super) enum Expression {
    Test(Field, Test),
    Not(Box<Self>),
    And(Box<[Self; 2]>),
    Or(Box<[Self; 2]>),
}

/// What is known of a field before any event is seen.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Known {
    /// No event has it.
    Absent,
    /// All of them have this value.
    Value(Value),
    /// It differs.
    Open,
}

impl Expression {
    pub(super) fn holds(&self, facts: &dyn FieldValues) -> bool {
        match self {
            Self::Test(field, test) => facts.value(field).is_some_and(|value| test.holds(&value)),
            Self::Not(inner) => !inner.holds(facts),
            Self::And(parts) => parts.iter().all(|part| part.holds(facts)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(facts)),
        }
    }

    /// What is left to ask, given what is known.
    ///
    /// # Errors
    /// Nothing is: whether it holds.
    pub(super) fn narrowed(&self, known: &dyn Fn(&Field) -> Known) -> Result<Self, bool> {
        match self {
            Self::Test(field, test) => match known(field) {
                Known::Absent => Err(false),
                Known::Value(value) => Err(test.holds(&value)),
                Known::Open => Ok(self.clone()),
            },
            Self::Not(inner) => match inner.narrowed(known) {
                Ok(inner) => Ok(Self::Not(Box::new(inner))),
                Err(holds) => Err(!holds),
            },
            Self::And(parts) => narrowed_parts(parts, known, false, Self::And),
            Self::Or(parts) => narrowed_parts(parts, known, true, Self::Or),
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

/// The same for two parts, one of which settles the matter if it is `decisive`.
fn narrowed_parts(
    [left, right]: &[Expression; 2],
    known: &dyn Fn(&Field) -> Known,
    decisive: bool,
    join: fn(Box<[Expression; 2]>) -> Expression,
) -> Result<Expression, bool> {
    match (left.narrowed(known), right.narrowed(known)) {
        (Err(holds), _) | (_, Err(holds)) if holds == decisive => Err(decisive),
        (Err(_), rest) | (rest, Err(_)) => rest,
        (Ok(left), Ok(right)) => Ok(join(Box::new([left, right]))),
    }
}
