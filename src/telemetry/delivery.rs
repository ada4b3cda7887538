//! What became of what was pushed, for the figures and for whoever started wsight.

use super::partial::PartialSuccess;
use crate::findings::quoted;
use crate::model::Count;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What became of spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanState {
    /// The collector took them.
    Sent,
    /// The collector refused them for good.
    Refused,
    /// There was no room for them to wait.
    Dropped,
}

impl SpanState {
    /// The name that figures have.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Dropped => "dropped",
        }
    }
}

/// Counts what became of spans, and keeps the first trouble until it is told.
#[derive(Debug, Default)]
pub struct Deliveries {
    sent: AtomicU64,
    refused: AtomicU64,
    dropped: AtomicU64,
    /// Spans that were handed over, those without room included.
    all: AtomicU64,
    /// The first trouble, until it is told.
    trouble: Mutex<Option<Trouble>>,
    has_trouble: AtomicBool,
    had_trouble: AtomicBool,
}

/// Why something could not be pushed.
#[derive(Debug)]
pub struct Trouble {
    pub(super) url: String,
    pub(super) reason: TroubleReason,
}

/// What went wrong.
#[derive(Debug)]
pub(super) enum TroubleReason {
    /// There was no answer.
    Unreachable(io::Error),
    /// The answer was not HTTP.
    NotHttp,
    /// The collector says that it cannot take it now.
    Busy(http::StatusCode),
    /// The collector does not take it.
    Refused(http::StatusCode),
    /// The collector takes it, but for so much, or with something to say.
    Partial(PartialSuccess),
}

/// One sentence: what, where, what follows, what to do.
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const GOES_ON: &str = "the capture goes on, and what there is room for is kept and tried again";
        const URL: &str = "check the URL: OTLP over HTTP usually has port 4318, and 4317 is for gRPC";
        let Self { url, reason } = self;
        let url = crate::model::Escaped(url.as_bytes());
        match reason {
            TroubleReason::Unreachable(error) => {
                write!(
                    f,
                    "{url}: the collector does not answer: {error}; {GOES_ON}; start the collector, or {URL}"
                )
            }
            TroubleReason::NotHttp => {
                write!(f, "{url}: what answers there does not speak HTTP/1.1; {GOES_ON}; {URL}")
            }
            TroubleReason::Busy(status) => write!(f, "{url}: the collector answers {status}; {GOES_ON}"),
            TroubleReason::Refused(status) => write!(
                f,
                "{url}: the collector answers {status}; the capture goes on, and what it refuses is lost; {URL}; \
                 OTEL_EXPORTER_OTLP_HEADERS has credentials"
            ),
            TroubleReason::Partial(PartialSuccess { rejected: 0, message }) => {
                write!(f, "{url}: the collector took what was pushed, and says {}", quoted(message))
            }
            TroubleReason::Partial(PartialSuccess { rejected, message }) => write!(
                f,
                "{url}: the collector rejected {} of a push, and says {}; the capture goes on, and what it rejects is lost",
                Count(*rejected, "item"),
                quoted(message)
            ),
        }
    }
}

impl Deliveries {
    /// How many spans came to which end so far.
    pub fn by_state(&self) -> [(SpanState, u64); 3] {
        [
            (SpanState::Sent, &self.sent),
            (SpanState::Refused, &self.refused),
            (SpanState::Dropped, &self.dropped),
        ]
        .map(|(state, count)| (state, count.load(Ordering::Relaxed)))
    }

    /// Spans that were handed over so far.
    pub(super) fn all(&self) -> u64 {
        self.all.load(Ordering::Relaxed)
    }

    /// A span is handed over, and `has_room` says whether it may wait.
    pub(super) fn hand_over(&self, has_room: bool) {
        self.all.fetch_add(1, Ordering::Relaxed);
        if !has_room {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn sent(&self, spans: usize) {
        self.sent.fetch_add(spans as u64, Ordering::Relaxed);
    }

    pub(super) fn refused(&self, spans: usize) {
        self.refused.fetch_add(spans as u64, Ordering::Relaxed);
    }

    /// Keeps the first trouble of the run.
    pub(super) fn note(&self, trouble: Trouble) {
        if !self.had_trouble.swap(true, Ordering::Relaxed) {
            *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(trouble);
            self.has_trouble.store(true, Ordering::Release);
        }
    }

    /// The first trouble of the run, once.
    pub(super) fn take_trouble(&self) -> Option<Trouble> {
        if !self.has_trouble.swap(false, Ordering::Acquire) {
            return None;
        }
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
