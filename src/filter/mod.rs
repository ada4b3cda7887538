//! The filter language: one expression that chooses events, by the fields of the JSON output.
//!
//! `message.from == server and message.text contains "error"`. [`Filter::parse`] checks names, types and patterns
//! before anything runs, and says what is wrong with a caret under it; [`Filter::matches`] asks [`FieldValues`] for the
//! fields it needs. It knows neither JSON nor the analyzer, so every user of the fields can use it.
//!
//! ```
//! use std::borrow::Cow;
//! use wsight::filter::{FieldValues, Field, Filter, Value};
//!
//! struct Ping;
//! impl FieldValues for Ping {
//!     fn value(&self, field: &Field) -> Option<Cow<'_, Value>> {
//!         (field.path() == "frame.opcode").then_some(Cow::Owned(Value::Word("ping")))
//!     }
//! }
//! assert!(Filter::parse("frame.opcode == ping")?.matches(&Ping));
//! assert!(!Filter::parse("frame.opcode in {text, binary}")?.matches(&Ping));
//!
//! let error = Filter::parse("frame.opcod == ping").unwrap_err();
//! assert_eq!(error.to_string(), "there is no field `frame.opcod`; did you mean `frame.opcode`?\n  \
//!     frame.opcod == ping\n  ^^^^^^^^^^^");
//! # Ok::<(), wsight::filter::FilterError>(())
//! ```

mod completion;
mod error;
mod expression;
mod fields;
mod lexer;
mod literal;
mod parser;
mod test;
mod value;
mod words;

#[cfg(test)]
mod tests;

pub use completion::Continuation;
pub use error::{FilterError, distance};
pub use expression::Known;
pub use fields::{FIELDS, Field, FieldType, markdown};
pub use value::{FieldValues, Value};
pub use words::Words;

use crate::model::Zone;
use expression::Expression;

/// An expression that was checked.
#[derive(Clone, Debug)]
pub struct Filter {
    expression: Expression,
    fields: Vec<Field>,
}

impl std::str::FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        Self::parse(text)
    }
}

impl Filter {
    /// Reads an expression whose times are in UTC.
    ///
    /// # Errors
    /// It is not one: a name that no field has, a value that does not fit its field, a broken pattern, or a word out
    /// of place. The error shows where.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        Self::parse_in(text, &Zone::UTC)
    }

    /// Reads an expression whose times are in this zone, unless they say another one.
    ///
    /// # Errors
    /// As [`Filter::parse`].
    pub fn parse_in(text: &str, zone: &Zone) -> Result<Self, FilterError> {
        Ok(Self::of(parser::parse(text, zone)?))
    }

    fn of(expression: Expression) -> Self {
        let mut fields = Vec::new();
        expression.fields(&mut fields);
        Self { expression, fields }
    }

    /// What is left to ask of events about which something is known beforehand.
    ///
    /// # Errors
    /// Nothing is: whether it holds for all of them.
    pub fn narrowed(&self, known: &dyn Fn(&Field) -> Known) -> Result<Self, bool> {
        self.expression.narrowed(known).map(Self::of)
    }

    /// Both filters hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let mut fields = self.fields;
        fields.extend(other.fields.into_iter().filter(|field| !fields.contains(field)).collect::<Vec<_>>());
        Self { expression: Expression::And(Box::new([self.expression, other.expression])), fields }
    }

    /// The fields it asks for, each once.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Whether it holds for `facts`. A comparison with a field that is absent does not hold.
    pub fn matches(&self, facts: &dyn FieldValues) -> bool {
        self.expression.holds(facts)
    }
}
