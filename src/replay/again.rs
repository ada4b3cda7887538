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

    /// Why payload may have gone unread, in a few words; `None` if none did.
    pub fn doubt(&self) -> Option<String> {
        let limits = self.analyzer.limits_reached().filter(|limit| hides_payload(*limit));
        let limits: Vec<&str> = limits.map(Limit::name).collect();
        (!limits.is_empty())
            .then(|| format!("not everything was searched: limit {} reached", limits.join(", ")))
    }
}

/// Whether payload goes unread where this limit is reached.
const fn hides_payload(limit: Limit) -> bool {
    match limit {
        Limit::Connections
        | Limit::MemoryBytes
        | Limit::MessageBytes
        | Limit::ReorderBytes
        | Limit::ReorderTotalBytes
        | Limit::TlsHeldBytes
        | Limit::FragmentDatagrams
        | Limit::HeadBytes
        | Limit::PipelinedRequests
        | Limit::EarlyBytes
        | Limit::Http2Streams
        | Limit::Http2HeadBytes
        | Limit::Http2TableBytes => true,
        // Patience that ends shows in what is listed as well; the others are about what is reported.
        Limit::IdleSeconds
        | Limit::ReorderPackets
        | Limit::ReorderMs
        | Limit::SkewMs
        | Limit::ComparedPackets
        | Limit::CopiesBytes
        | Limit::HeadLines
        | Limit::HeadLineBytes
        | Limit::OutstandingPings
        | Limit::FindingsPerSession
        | Limit::StoryFrames
        | Limit::StoryTotalFrames
        | Limit::QuietStories
        | Limit::Pseudonyms
        | Limit::RedactBytes
        | Limit::OrdinaryExchanges
        | Limit::InvitedBytes
        | Limit::RememberedPeers
        | Limit::LegMessages
        | Limit::IndexRows
        | Limit::PausedRows
        | Limit::QueueBytes
        | Limit::SpoolBytes => false,
    }
}
