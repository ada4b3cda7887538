//! The thread of an interface: it empties the kernel's buffer, and does nothing else.

use super::batch::{Dropped, PacketBatch};
use super::counters::InterfaceCounters;
use super::device::{Device, GATHER};
use super::queue::{InterfaceNews, Queue};
use crate::model::Timestamp;
use pcap::{Active, Capture, Stat};
use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

/// Packets taken at once, between two looks at how much there is.
const PACKETS: usize = 64;

/// Bytes that are handed on together.
const STEP: u64 = 256 << 10;

/// How often dropped packets are looked for and reported: where many are dropped, more will be.
const LOOK: Duration = Duration::from_millis(200);

/// Time after which what was taken is handed on, however little it is.
const HASTE: Duration = Duration::from_millis(50);

/// How long after it was asked to end the thread still takes what the kernel has.
const REST: Duration = Duration::from_millis(200);

/// Captures on `device` into lane `lane` until the queue is stopped or the interface fails.
pub(super) struct Drain {
    queue: Arc<Queue>,
    lane: usize,
    capture: Capture<Active>,
    batch: PacketBatch,
    /// No packet of an earlier time follows.
    clock: Timestamp,
    last: Totals,
    looked: Instant,
    handed_on: Instant,
    /// What was dropped and not reported.
    dropped: Dropped,
    /// Whether the end was reported.
    is_over: bool,
}

/// What libpcap counts, which wraps at 32 bits.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    kernel: u32,
    interface: u32,
}

impl Drain {
    pub(super) fn new(queue: Arc<Queue>, lane: usize, device: Device) -> Self {
        let (last, looked) = (Totals::default(), Instant::now());
        Self {
            queue,
            lane,
            capture: device.capture,
            batch: PacketBatch::default(),
            clock: now(),
            last,
            looked,
            handed_on: looked,
            dropped: Dropped::default(),
            is_over: false,
        }
    }

    pub(super) fn run(mut self) {
        let mut until: Option<Instant> = None;
        let end = loop {
            let before = now();
            let taken = match self.take() {
                Ok(taken) => taken,
                Err(error) => break Err(error),
            };
            if taken == 0 {
                // What came before the look, less what the kernel may still gather, is here.
                self.clock = self.clock.max(before.minus(2 * GATHER));
            }
            if self.looked.elapsed() >= LOOK {
                self.look();
            }
            if taken == 0 || self.handed_on.elapsed() >= HASTE || self.batch.size() >= STEP {
                self.put(None);
            }
            if self.queue.is_stopped() {
                let until = *until.get_or_insert_with(|| Instant::now() + REST);
                if taken == 0 || Instant::now() >= until {
                    break Ok(());
                }
            } else if taken == 0 {
                wait(&self.capture);
            }
        };
        // What is dropped of the last packets is reported after them.
        self.put(None);
        self.look();
        self.put(Some(end));
        self.is_over = true;
    }

    /// Takes what the kernel has, a few packets at once.
    fn take(&mut self) -> Result<usize, String> {
        let Self { capture, batch, .. } = self;
        let took = capture.dispatch(Some(PACKETS), |packet| {
            batch.push(
                time(packet.header.ts.tv_sec, packet.header.ts.tv_usec),
                packet.header.len,
                packet.data,
            );
        });
        self.clock = self.clock.max(self.batch.last().unwrap_or_default());
        took.map_err(
            |error| {
                if let pcap::Error::PcapError(reason) = error { reason } else { error.to_string() }
            },
        )
    }

    /// Hands on what was taken.
    fn put(&mut self, end: Option<Result<(), String>>) {
        self.handed_on = Instant::now();
        let packets = self.batch.packets() as u64;
        let dropped = self.queue.put(self.lane, &mut self.batch, InterfaceNews { clock: self.clock, end });
        if let Some(counters) = self.counters() {
            counters.taken.fetch_add(packets, Ordering::Relaxed);
            counters.by_queue.fetch_add(dropped, Ordering::Relaxed);
        }
        self.dropped.by_system += dropped;
    }

    /// Looks at what the kernel and the interface have dropped, and has it told with what wsight dropped.
    fn look(&mut self) {
        self.looked = Instant::now();
        // What cannot be known now is reported the next time.
        if let Ok(Stat { dropped: kernel, if_dropped: interface, .. }) = self.capture.stats() {
            let by_kernel = u64::from(kernel.wrapping_sub(self.last.kernel));
            let by_interface = u64::from(interface.wrapping_sub(self.last.interface));
            self.last = Totals { kernel, interface };
            self.dropped.by_system += by_kernel;
            self.dropped.by_interface += by_interface;
            if let Some(counters) = self.counters() {
                counters.by_kernel.fetch_add(by_kernel, Ordering::Relaxed);
                counters.by_interface.fetch_add(by_interface, Ordering::Relaxed);
            }
        }
        self.batch.dropped = mem::take(&mut self.dropped);
    }

    fn counters(&self) -> Option<&InterfaceCounters> {
        self.queue.counters.interfaces().get(self.lane)
    }
}

/// However the thread ends, nobody waits for it any longer.
impl Drop for Drain {
    fn drop(&mut self) {
        if !self.is_over {
            self.put(Some(Err("its thread ended unexpectedly".to_owned())));
        }
    }
}

/// Waits until there are packets, or for as long as the kernel gathers them.
#[cfg(unix)]
fn wait(capture: &Capture<Active>) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use std::os::fd::AsFd;
    let patience = Timespec::try_from(GATHER).ok();
    let mut interfaces = [PollFd::from_borrowed_fd(capture.as_fd(), PollFlags::IN)];
    // A signal may end the wait early; then packets are looked for a little sooner.
    let _ = poll(&mut interfaces, patience.as_ref());
}

/// Waits for as long as the kernel gathers packets.
#[cfg(not(unix))]
fn wait(_capture: &Capture<Active>) {
    std::thread::sleep(GATHER);
}

/// A time as libpcap gives it, asked for nanoseconds.
fn time(seconds: impl Into<i64>, nanos: impl Into<i64>) -> Timestamp {
    Timestamp::from_nanos(seconds.into().saturating_mul(1_000_000_000).saturating_add(nanos.into()))
}

/// The clock by which the kernel stamps packets.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}
