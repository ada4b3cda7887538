//! Values of fields, as those who have them hand them over.

use super::Field;

/// The value of a field.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A number; durations in milliseconds.
    Number(f64),
    /// Text, a word, an address as `ip:port`, or a time as RFC 3339 in UTC.
    Text(String),
    /// Whether something holds.
    Flag(bool),
    /// Several texts; a comparison holds if it does for one of them.
    List(Vec<String>),
}

/// Something that has fields.
pub trait Facts {
    /// The value of `field`; `None` where it is absent.
    fn value(&self, field: &Field) -> Option<Value>;
}
