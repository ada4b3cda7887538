//! The tables by subject.

mod batch;
mod close;
mod deflate;
mod fragments;
mod frames;
mod negotiation;
mod upgrade;
mod utf8;

use batch::{Batch, OPEN, OPEN_DEFLATE, SIDES};
