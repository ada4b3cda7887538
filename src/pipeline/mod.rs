//! Stored captures, analyzed on two threads: one reads packets and follows TCP, the other one takes what that gives.
//!
//! A few batches go around between them. Each comes back to the first thread with what the second one said to it, and
//! always after the same number of batches: the output does not depend on which thread is faster.

mod connections;
mod feed;
mod repeats;

pub use connections::{Connections, PacketRange};
pub use feed::{Fed, Stage, Whole, feed};
pub use repeats::{Overlap, Overlaps, Repeats, SharedPackets};

use crate::analyzer::{Batch, Config, Out, Sessions, Transport};
use crate::capture::{CaptureError, Progress, Source};
use crate::model::{FileId, Stamp};
use feed::Half;
use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

/// Batches that go around: one for each thread, and two in between for when one of them is held up.
const AROUND: usize = 4;

/// The second half of an analysis whose first half is at work on a thread of its own.
#[derive(Debug)]
pub struct Pipeline {
    sessions: Sessions,
    loads: Receiver<FilledBatch>,
    spent: Sender<Batch>,
}

/// What came with the packets that a step took.
#[derive(Debug)]
pub struct Step {
    /// The first packet of an input, if it was among them.
    pub begun: Option<Stamp>,
    /// After them an input could not be read any further.
    pub fault: Option<CaptureError>,
    /// How much of the inputs was read.
    pub progress: Progress,
}

/// A batch on its way to the second thread.
#[derive(Debug)]
struct FilledBatch {
    batch: Batch,
    step: Step,
}

impl Pipeline {
    /// Analyzes what `source` gives, at most `count` packets of it.
    ///
    /// # Errors
    /// No thread could be started.
    pub fn new(source: impl Source + Send + 'static, config: Config, count: Option<u64>) -> io::Result<Self> {
        let (sender, loads) = mpsc::channel();
        let (spent, batches) = mpsc::channel();
        let (transport, left) = (Transport::new(&config), count.unwrap_or(u64::MAX));
        let first = First { source, transport, left, file: None };
        thread::Builder::new().name("transport".to_owned()).spawn(move || first.run(&sender, &batches))?;
        Ok(Self { sessions: Sessions::new(config), loads, spent })
    }

    /// Reports what the next packets show, and returns what came with them; `None` when there are no more.
    pub fn step(&mut self, out: &mut Out<'_>) -> Option<Step> {
        let FilledBatch { mut batch, step } = self.loads.recv().ok()?;
        self.sessions.take(&mut batch, out);
        // The first thread may be through.
        let _ = self.spent.send(batch);
        Some(step)
    }

    /// There are no more packets: reports what only the whole capture shows.
    pub fn finish(&mut self, out: &mut Out<'_>) {
        self.sessions.finish(out);
    }
}

/// The first half, on its thread.
struct First<S> {
    source: S,
    transport: Transport,
    /// Packets still to be taken.
    left: u64,
    /// The input of the latest packet.
    file: Option<FileId>,
}

impl<S: Source> First<S> {
    /// Works until the source has no more, or nobody takes what there is.
    fn run(mut self, loads: &Sender<FilledBatch>, spent: &Receiver<Batch>) {
        let mut made = 0;
        let (mut reads, mut more) = (true, true);
        while more {
            let mut batch = if made < AROUND {
                made += 1;
                Batch::with_room()
            } else {
                match spent.recv() {
                    Ok(batch) => batch,
                    Err(_) => return,
                }
            };
            self.transport.begin(&mut batch);
            let (mut begun, mut fault) = (None, None);
            if reads {
                reads = self.fill(&mut batch, &mut begun, &mut fault);
            }
            self.transport.settle(&mut batch);
            more = reads || self.transport.finish(&mut batch);
            let step = Step { begun, fault, progress: self.source.progress() };
            if loads.send(FilledBatch { batch, step }).is_err() {
                return;
            }
        }
    }

    /// Fills a batch, up to a packet with which an input begins or one after which it fails. Returns whether the
    /// source may have more.
    fn fill(
        &mut self,
        batch: &mut Batch,
        begun: &mut Option<Stamp>,
        fault: &mut Option<CaptureError>,
    ) -> bool {
        let Self { source, transport, left, file } = self;
        while !batch.is_full() {
            if *left == 0 {
                return false;
            }
            match feed(source, &mut Half { transport, batch }) {
                Fed::Packet(stamp) => {
                    *left -= 1;
                    if file.replace(stamp.file) != Some(stamp.file) {
                        *begun = Some(stamp);
                        break;
                    }
                }
                Fed::Drops | Fed::Clock(_) | Fed::Secrets | Fed::Pause => {}
                Fed::Failed(error) => {
                    *fault = Some(error);
                    break;
                }
                Fed::End => return false,
            }
        }
        true
    }
}
