//! The values that objects are made of.

use crate::model::{PerPeer, Stamp};
use crate::report::sink::{InputNames, Payload};
use crate::report::times::Times;
use base64::display::Base64Display;
use base64::prelude::BASE64_STANDARD;
use serde::ser::{Serialize, Serializer};
use std::fmt;
use std::time::Duration;

/// What holds for every line.
#[derive(Debug)]
pub(in crate::report) struct LineContext {
    pub(in crate::report) payload: Payload,
    pub(in crate::report) inputs: InputNames,
    pub(in crate::report) times: Times,
}

impl LineContext {
    pub(in crate::report) fn file(&self, stamp: Stamp) -> Option<&str> {
        self.inputs.file(stamp)
    }

    /// The name of the input that holds `last`, where it is not the one that holds `first`.
    pub(super) fn last_file(&self, first: Stamp, last: Stamp) -> Option<&str> {
        if first.file == last.file { None } else { self.file(last) }
    }
}

/// Anything by what it prints.
#[derive(Debug)]
pub(in crate::report) struct Displayed<T>(pub(in crate::report) T);

impl<T: fmt::Display> Serialize for Displayed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A word of our own, in which nothing needs escaping.
#[derive(Debug)]
pub(in crate::report) struct Word(pub(super) &'static str);

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit_variant("Word", 0, self.0)
    }
}

/// A duration in milliseconds, with at most three decimals.
#[derive(Debug)]
pub(in crate::report) struct Millis(pub(in crate::report) Duration);

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let micros = u64::try_from((self.0.as_nanos() + 500) / 1_000).unwrap_or(u64::MAX);
        if micros.is_multiple_of(1_000) {
            return serializer.serialize_u64(micros / 1_000);
        }
        // Exact up to 2^53 µs, which is 285 years.
        #[expect(clippy::cast_precision_loss)]
        serializer.serialize_f64(micros as f64 / 1_000.0)
    }
}

/// Bytes in hexadecimal.
#[derive(Debug)]
pub(in crate::report) struct Hex<'a>(pub(super) &'a [u8]);

impl Serialize for Hex<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(hex::encode(self.0).as_bytes())
    }
}

/// Bytes in base64.
#[derive(Debug)]
pub(in crate::report) struct Base64<'a>(pub(super) &'a [u8]);

impl Serialize for Base64<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(self.0, &BASE64_STANDARD))
    }
}

/// Names and their figures, in this order.
#[derive(Debug)]
pub(in crate::report) struct Counts<K>(pub(super) Vec<(K, u64)>);

impl<K> Counts<K> {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: fmt::Display> Serialize for Counts<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, figure)| (Displayed(name), figure)))
    }
}

/// One value for each side.
#[derive(Debug, serde::Serialize)]
pub(in crate::report) struct Sides {
    client: u64,
    server: u64,
}

impl From<PerPeer<u64>> for Sides {
    fn from(PerPeer { client, server }: PerPeer<u64>) -> Self {
        Self { client, server }
    }
}
