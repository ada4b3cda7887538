//! The capture once more, in steps: everything that the analyzer reports of it.

use crate::analyzer::{Analyzer, Config, Output};
use crate::capture::{Progress, Source};
use crate::model::Limit;
use crate::pipeline::{Fed, Whole, feed};

/// Another reading of what was loaded so far. Drop it to cancel it.
pub struct Rereading {
    source: Box<dyn Source + Send>,
    analyzer: Analyzer,
    is_over: bool,
}

impl Rereading {
    pub(super) fn new(source: Box<dyn Source + Send>, config: Config) -> Self {
        Self { source, analyzer: Analyzer::new(config), is_over: false }
    }

    /// Reads that many more packets. Returns whether there may be more.
    pub fn step(&mut self, packets: usize, out: &mut dyn FnMut(&Output<'_>)) -> bool {
        if self.is_over {
            return false;
        }
        let Self { source, analyzer, is_over } = self;
        for _ in 0..packets {
            match feed(source, &mut Whole { analyzer, out }) {
                // What is wrong with an input was reported when it was loaded.
                Fed::Packet(_) | Fed::Drops | Fed::Clock(_) | Fed::Secrets | Fed::Pause | Fed::Failed(_) => {}
                Fed::End => {
                    *is_over = true;
                    analyzer.finish(out);
                    break;
                }
            }
        }
        !*is_over
    }

    /// How much was read.
    pub fn progress(&self) -> Progress {
        self.source.progress()
    }

    /// The limits that were reached.
    pub(super) fn limits_reached(&self) -> impl Iterator<Item = Limit> {
        self.analyzer.limits_reached()
    }
}
