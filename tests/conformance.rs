//! What wsight says, held against tables written from RFC 6455, RFC 7692 and RFC 3629, not from its code.
//!
//! Every row of a table is a connection of its own; the rows of a test are analyzed as one capture.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod rules;
mod scenario;
