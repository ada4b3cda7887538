//! What a live capture shows to those who watch many hosts: figures, and sessions as spans.
//!
//! [`Figures`] counts, and [`Figure`] is the one place that says what. [`serve`] shows the figures to Prometheus, and a
//! [`Pusher`] sends them to a collector of OpenTelemetry, with the sessions that a [`SpanGatherer`] has gathered. Neither
//! keeps packets waiting: what there is no room for is counted.

#[cfg(feature = "otlp")]
mod collector;
#[cfg(feature = "otlp")]
mod delivery;
mod figures;
#[cfg(feature = "otlp")]
mod gather;
#[cfg(feature = "otlp")]
mod partial;
#[cfg(feature = "otlp")]
mod post;
mod prometheus;
#[cfg(feature = "otlp")]
mod pusher;
#[cfg(feature = "otlp")]
mod session_span;
#[cfg(feature = "otlp")]
mod span_queue;
#[cfg(feature = "otlp")]
mod translate;

#[cfg(feature = "otlp")]
pub use collector::{Collector, CollectorError};
#[cfg(feature = "otlp")]
pub use delivery::{Deliveries, SpanState, Trouble};
pub use figures::{Figure, FigureKind, FigureReader, Figures};
#[cfg(feature = "otlp")]
pub use gather::SpanGatherer;
pub use prometheus::serve;
#[cfg(feature = "otlp")]
pub use pusher::{PreparedPusher, PushResult, Pusher};
