//! Figures of a live capture: what is counted, by what it is divided, and the counts.

#[cfg(feature = "otlp")]
use super::delivery::Deliveries;
use crate::analyzer::Output;
use crate::findings::{Id, Severity};
use crate::live::Counters;
use crate::upgrade::Outcome;
use crate::ws::Opcode;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Figure {
    /// Frames, by `opcode`.
    Frames,
    /// Messages.
    Messages,
    /// Payload bytes of frames.
    PayloadBytes,
    /// Attempts to get a WebSocket, by `outcome`.
    Upgrades,
    /// Findings, by `id` and `severity`.
    Findings,
    /// What has waited for long, by the `id` of the finding it may become.
    Waits,
    /// Sessions that are open.
    SessionsOpen,
    /// Captured packets, by `interface`.
    Packets,
    /// Packets that were dropped, by `interface` and by whom.
    DroppedPackets,
    /// Bytes of packets that wait to be analyzed.
    QueueBytes,
    /// Spans, by what became of them (`state`).
    #[cfg(feature = "otlp")]
    OtlpSpans,
}

/// How a figure moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FigureKind {
    /// It only grows.
    Counter,
    /// It grows and shrinks.
    Gauge,
}

impl Figure {
    /// All of them, in the order in which they are shown.
    pub const ALL: &[Self] = &[
        Self::Frames,
        Self::Messages,
        Self::PayloadBytes,
        Self::Upgrades,
        Self::Findings,
        Self::Waits,
        Self::SessionsOpen,
        Self::Packets,
        Self::DroppedPackets,
        Self::QueueBytes,
        #[cfg(feature = "otlp")]
        Self::OtlpSpans,
    ];

    /// Its name, without the `wsight` that stands before it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Frames => "frames",
            Self::Messages => "messages",
            Self::PayloadBytes => "payload_bytes",
            Self::Upgrades => "upgrades",
            Self::Findings => "findings",
            Self::Waits => "waits",
            Self::SessionsOpen => "sessions_open",
            Self::Packets => "packets",
            Self::DroppedPackets => "dropped_packets",
            Self::QueueBytes => "queue_bytes",
            #[cfg(feature = "otlp")]
            Self::OtlpSpans => "otlp_spans",
        }
    }

    /// What it counts, for people.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Frames => "WebSocket frames",
            Self::Messages => "WebSocket messages",
            Self::PayloadBytes => "Payload bytes of frames",
            Self::Upgrades => "Attempts to get a WebSocket, by how they ended",
            Self::Findings => "Findings, by their id and severity",
            Self::Waits => "What has waited for long, by the finding it may become",
            Self::SessionsOpen => "Open WebSocket sessions",
            Self::Packets => "Captured packets",
            Self::DroppedPackets => "Packets that were not captured, by who had no room for them",
            Self::QueueBytes => "Bytes of packets waiting to be analyzed",
            #[cfg(feature = "otlp")]
            Self::OtlpSpans => "Spans, by what became of them",
        }
    }

    /// Its unit in the notation of UCUM, with what is counted in braces.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Frames => "{frame}",
            Self::Messages => "{message}",
            Self::PayloadBytes | Self::QueueBytes => "By",
            Self::Upgrades => "{attempt}",
            Self::Findings => "{finding}",
            Self::Waits => "{wait}",
            Self::SessionsOpen => "{session}",
            Self::Packets | Self::DroppedPackets => "{packet}",
            #[cfg(feature = "otlp")]
            Self::OtlpSpans => "{span}",
        }
    }

    /// How it moves.
    pub const fn kind(self) -> FigureKind {
        match self {
            Self::SessionsOpen | Self::QueueBytes => FigureKind::Gauge,
            Self::Frames
            | Self::Messages
            | Self::PayloadBytes
            | Self::Upgrades
            | Self::Findings
            | Self::Waits
            | Self::Packets
            | Self::DroppedPackets => FigureKind::Counter,
            #[cfg(feature = "otlp")]
            Self::OtlpSpans => FigureKind::Counter,
        }
    }
}

/// Takes the values of a figure: the labels that tell one from another, each with its value, and the count.
pub type FigureReader<'a> = dyn FnMut(&[(&'static str, &str)], u64) + 'a;

/// The counts. Whoever reads them never keeps the one who counts waiting for long.
#[derive(Debug)]
pub struct Figures {
    frames: [AtomicU64; 16],
    messages: AtomicU64,
    payload_bytes: AtomicU64,
    upgrades: Mutex<BTreeMap<Outcome, u64>>,
    findings: Mutex<BTreeMap<(Id, Severity), u64>>,
    waits: Mutex<BTreeMap<Id, u64>>,
    sessions_open: AtomicI64,
    captured: Arc<Counters>,
    #[cfg(feature = "otlp")]
    spans: Option<Arc<Deliveries>>,
}

impl Figures {
    /// Nothing is counted yet but what `captured` has.
    pub fn new(captured: Arc<Counters>) -> Self {
        Self {
            frames: Default::default(),
            messages: AtomicU64::default(),
            payload_bytes: AtomicU64::default(),
            upgrades: Mutex::default(),
            findings: Mutex::default(),
            waits: Mutex::default(),
            sessions_open: AtomicI64::default(),
            captured,
            #[cfg(feature = "otlp")]
            spans: None,
        }
    }

    /// The same, with what becomes of spans.
    #[cfg(feature = "otlp")]
    #[must_use]
    pub fn with_spans(mut self, spans: Arc<Deliveries>) -> Self {
        self.spans = Some(spans);
        self
    }

    /// Counts what the analyzer tells.
    pub fn take(&self, output: &Output<'_>) {
        match output {
            Output::Upgrade(_, upgrade) => {
                add(&self.upgrades, upgrade.outcome);
                if upgrade.goes_on() {
                    self.sessions_open.fetch_add(1, Ordering::Relaxed);
                }
            }
            Output::Frame(_, frame) => {
                if let Some(count) = self.frames.get(usize::from(frame.header.opcode.bits())) {
                    count.fetch_add(1, Ordering::Relaxed);
                }
                self.payload_bytes.fetch_add(frame.received, Ordering::Relaxed);
            }
            Output::Message(..) => {
                self.messages.fetch_add(1, Ordering::Relaxed);
            }
            Output::Finding(finding) | Output::Counted(finding) => {
                add(&self.findings, (finding.id, finding.severity));
            }
            Output::Waiting(finding) => add(&self.waits, finding.id),
            Output::Session(_) => {
                self.sessions_open.fetch_sub(1, Ordering::Relaxed);
            }
            // No figure is kept of TLS sessions and of what carries others, and the summary only adds up.
            Output::Secrets(..)
            | Output::Data(..)
            | Output::ServerName(..)
            | Output::Dark(..)
            | Output::Tls(..)
            | Output::Summary(_) => {}
        }
    }

    /// Those that are counted here: spans only where some are pushed.
    pub fn counted(&self) -> impl Iterator<Item = Figure> {
        Figure::ALL.iter().copied().filter(|figure| match figure {
            #[cfg(feature = "otlp")]
            Figure::OtlpSpans => self.spans.is_some(),
            Figure::Frames
            | Figure::Messages
            | Figure::PayloadBytes
            | Figure::Upgrades
            | Figure::Findings
            | Figure::Waits
            | Figure::SessionsOpen
            | Figure::Packets
            | Figure::DroppedPackets
            | Figure::QueueBytes => true,
        })
    }

    /// Reads the values of `figure`.
    pub fn read(&self, figure: Figure, out: &mut FigureReader<'_>) {
        let value = |count: &AtomicU64| count.load(Ordering::Relaxed);
        match figure {
            Figure::Frames => {
                for (number, count) in (0..).zip(&self.frames) {
                    out(&[("opcode", Opcode::from_bits(number).name())], value(count));
                }
            }
            Figure::Messages => out(&[], value(&self.messages)),
            Figure::PayloadBytes => out(&[], value(&self.payload_bytes)),
            Figure::Upgrades => {
                for (outcome, count) in copy(&self.upgrades) {
                    out(&[("outcome", outcome.name())], count);
                }
            }
            Figure::Findings => {
                for ((id, severity), count) in copy(&self.findings) {
                    out(&[("id", id.name()), ("severity", severity.name())], count);
                }
            }
            Figure::Waits => {
                for (id, count) in copy(&self.waits) {
                    out(&[("id", id.name())], count);
                }
            }
            Figure::SessionsOpen => {
                out(&[], u64::try_from(self.sessions_open.load(Ordering::Relaxed)).unwrap_or(0));
            }
            Figure::Packets => {
                for interface in self.captured.interfaces() {
                    out(&[("interface", interface.name())], interface.taken());
                }
            }
            Figure::DroppedPackets => {
                for interface in self.captured.interfaces() {
                    let counts = [
                        ("kernel", interface.by_kernel()),
                        ("interface", interface.by_interface()),
                        ("wsight", interface.by_queue()),
                    ];
                    for (by, count) in counts {
                        out(&[("interface", interface.name()), ("by", by)], count);
                    }
                }
            }
            Figure::QueueBytes => out(&[], self.captured.waiting()),
            #[cfg(feature = "otlp")]
            Figure::OtlpSpans => {
                let spans = self.spans.as_deref();
                for (state, count) in spans.map(Deliveries::by_state).into_iter().flatten() {
                    out(&[("state", state.name())], count);
                }
            }
        }
    }
}

fn locked<K>(counts: &Mutex<BTreeMap<K, u64>>) -> MutexGuard<'_, BTreeMap<K, u64>> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

fn add<K: Ord>(counts: &Mutex<BTreeMap<K, u64>>, key: K) {
    *locked(counts).entry(key).or_default() += 1;
}

/// The counts as they are, so that nobody waits while they are shown.
fn copy<K: Clone>(counts: &Mutex<BTreeMap<K, u64>>) -> BTreeMap<K, u64> {
    locked(counts).clone()
}
