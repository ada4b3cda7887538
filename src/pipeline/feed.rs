//! From a source into an analysis, one record at a time, for all that analyze: what a source gave, that it failed, and what
//! of it the caller has to know.
//!
//! Those who only copy packets, or look for some, read a source themselves. [`Captured`] is closed, so a new kind of record
//! does not compile until each of them has said what it does with it.

use crate::analyzer::{Analyzer, Batch, Out, Transport};
use crate::capture::{CaptureError, Source};
use crate::model::{Captured, Stamp, Timestamp};

/// Takes what a source gives.
pub trait Stage {
    /// The next record.
    fn take(&mut self, captured: &Captured<'_>);

    /// An input could not be read, or not to its end: packets are missing.
    fn input_failed(&mut self);
}

/// What a source gave.
#[derive(Debug)]
pub enum Fed {
    /// A packet.
    Packet(Stamp),
    /// Word of packets that were dropped.
    Drops,
    /// The time.
    Clock(Timestamp),
    /// Keys.
    Secrets,
    /// Nothing so far.
    Pause,
    /// Nothing: an input cannot be read, or no further. There may be more inputs.
    Failed(CaptureError),
    /// Nothing, and nothing follows.
    End,
}

/// Has `stage` take the next record of `source`. Returns what it was.
#[inline]
pub fn feed(source: &mut (impl Source + ?Sized), stage: &mut impl Stage) -> Fed {
    let captured = match source.next() {
        Ok(Some(captured)) => captured,
        Ok(None) => return Fed::End,
        Err(error) => {
            if error.loses_packets() {
                stage.input_failed();
            }
            return Fed::Failed(error);
        }
    };
    stage.take(&captured);
    match captured {
        Captured::Packet(packet) => Fed::Packet(packet.stamp),
        Captured::Drops(_) => Fed::Drops,
        Captured::Clock(now) => Fed::Clock(now),
        Captured::Secrets(_) => Fed::Secrets,
        Captured::Pause => Fed::Pause,
    }
}

/// A whole analysis, and where it tells what it finds.
pub struct Whole<'a, 'o> {
    /// The analysis.
    pub analyzer: &'a mut Analyzer,
    /// Takes what it tells.
    pub out: &'a mut Out<'o>,
}

impl Stage for Whole<'_, '_> {
    fn take(&mut self, captured: &Captured<'_>) {
        self.analyzer.take(captured, self.out);
    }

    fn input_failed(&mut self) {
        self.analyzer.input_failed();
    }
}

/// The first half of one, and the batch that it fills.
pub(super) struct Half<'a> {
    pub(super) transport: &'a mut Transport,
    pub(super) batch: &'a mut Batch,
}

impl Stage for Half<'_> {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "every packet passes it, and nothing else calls it")]
    fn take(&mut self, captured: &Captured<'_>) {
        self.transport.take(captured, self.batch);
    }

    fn input_failed(&mut self) {
        self.transport.input_failed(self.batch);
    }
}
