//! Values of fields, as those who have them hand them over.

use super::Field;
use crate::model::Timestamp;
use std::borrow::Cow;

/// The value of a field.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A number; durations in milliseconds.
    Number(f64),
    /// A number without a fraction, exactly.
    Whole(u64),
    /// A moment.
    Time(Timestamp),
    /// One of the words that a field is limited to.
    Word(&'static str),
    /// Text, or an address as `ip:port`.
    Text(String),
    /// Whether something holds.
    Flag(bool),
    /// Several texts; a comparison holds if it does for one of them.
    List(Vec<String>),
}

/// Something that has fields.
pub trait FieldValues {
    /// The value of `field`; `None` where it is absent.
    fn value(&self, field: &Field) -> Option<Cow<'_, Value>>;
}
