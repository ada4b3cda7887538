//! What a live capture counts, for whoever watches it.

use std::sync::atomic::{AtomicU64, Ordering};

/// Figures of a live capture. All of them only grow, except the bytes that wait.
#[derive(Debug)]
pub struct Counters {
    interfaces: Vec<InterfaceCounters>,
    pub(super) waiting: AtomicU64,
}

/// Figures of one interface.
#[derive(Debug)]
pub struct InterfaceCounters {
    name: String,
    pub(super) taken: AtomicU64,
    pub(super) by_kernel: AtomicU64,
    pub(super) by_interface: AtomicU64,
    pub(super) by_queue: AtomicU64,
}

impl Counters {
    pub(super) fn new(names: impl Iterator<Item = String>) -> Self {
        let interface = |name| InterfaceCounters {
            name,
            taken: AtomicU64::default(),
            by_kernel: AtomicU64::default(),
            by_interface: AtomicU64::default(),
            by_queue: AtomicU64::default(),
        };
        Self { interfaces: names.map(interface).collect(), waiting: AtomicU64::default() }
    }

    /// The interfaces, in the order in which they were named.
    pub fn interfaces(&self) -> &[InterfaceCounters] {
        &self.interfaces
    }

    /// Bytes of packets that wait to be analyzed.
    pub fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Packets dropped so far, on whatever interface, by whomever.
    pub fn dropped(&self) -> u64 {
        self.interfaces.iter().map(InterfaceCounters::dropped).sum()
    }
}

impl InterfaceCounters {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Packets that came from the kernel.
    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Packets the kernel dropped because its buffer was full.
    pub fn by_kernel(&self) -> u64 {
        self.by_kernel.load(Ordering::Relaxed)
    }

    /// Packets the interface or its driver dropped.
    pub fn by_interface(&self) -> u64 {
        self.by_interface.load(Ordering::Relaxed)
    }

    /// Packets wsight dropped because too many waited to be analyzed.
    pub fn by_queue(&self) -> u64 {
        self.by_queue.load(Ordering::Relaxed)
    }

    /// Packets dropped by any of them.
    pub fn dropped(&self) -> u64 {
        self.by_kernel() + self.by_interface() + self.by_queue()
    }
}
