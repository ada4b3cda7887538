//! Judgement: which facts are worth telling, how bad they are and how sure. One file a subject.

mod catalog;
mod finding;

pub use catalog::{Certainty, Class, Id, Severity};
pub use finding::{Finding, Value};
