//! Pushes figures and spans by OTLP, on threads of their own that may do nothing else.

use super::collector::Collector;
use super::delivery::{Deliveries, SpanState, Trouble};
use super::figures::Figures;
use super::gather::SpanGatherer;
use super::post::{Post, Verdict};
use super::span_queue::SpanQueue;
use super::translate;
use crate::live::LiveError;
use crate::live::confine::{Confinement, confine};
use opentelemetry_otlp::{
    MetricExporter, Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, Temporality};
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};
use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// How long a span waits for others at most, and how long to wait before what a collector did not take is tried again.
const PAUSE: Duration = Duration::from_secs(5);

/// The thread that will push, confined already: it waits for figures.
#[derive(Debug)]
pub struct PreparedPusher {
    shared: Shared,
    begin: Sender<Arc<Figures>>,
    ended: Receiver<FiguresPushed>,
    collector: Collector,
}

/// Pushes while a capture goes on.
#[derive(Debug)]
pub struct Pusher {
    shared: Shared,
    ended: Receiver<FiguresPushed>,
    collector: Collector,
}

/// What the thread and its owner have in common.
#[derive(Clone, Debug, Default)]
struct Shared {
    queue: Arc<SpanQueue>,
    deliveries: Arc<Deliveries>,
}

/// Whether the collector has the figures as they were at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FiguresPushed {
    Yes,
    No,
}

/// What came of it all, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushResult {
    url: String,
    sent: u64,
    refused: u64,
    dropped: u64,
    /// Those that still waited.
    unsent: u64,
    figures: FiguresPushed,
}

impl PreparedPusher {
    /// Starts the thread, which may from then on do nothing but connect to the collector's ports. Call it before the
    /// process confines itself, since that takes from all threads that are started later what this one needs.
    ///
    /// # Errors
    /// The thread cannot be started, or not confined.
    pub fn new(collector: Collector) -> Result<Self, LiveError> {
        let shared = Shared::default();
        let (begin, waits) = mpsc::channel();
        let (ending, ended) = mpsc::channel();
        let (confined, is_confined) = mpsc::channel();
        let confinement =
            Confinement { ports: collector.ports().into_iter().collect(), ..Confinement::default() };
        let (own, to) = (shared.clone(), collector.clone());
        let run = move || {
            let result = confine(&confinement);
            let is_ready = result.is_ok();
            if confined.send(result).is_err() || !is_ready {
                return;
            }
            if let Ok(figures) = waits.recv() {
                // Whoever does not wait for it any more has said so.
                let _ = ending.send(push(&own, &to, &figures));
            }
        };
        thread::Builder::new().name("otlp".to_owned()).spawn(run).map_err(LiveError::Thread)?;
        is_confined.recv().unwrap_or_else(|_| Err(LiveError::Confine("the thread ended".to_owned())))?;
        Ok(Self { shared, begin, ended, collector })
    }

    /// Counts what becomes of spans, for the figures.
    pub fn deliveries(&self) -> Arc<Deliveries> {
        Arc::clone(&self.shared.deliveries)
    }

    /// Begins to push.
    pub fn begin(self, figures: Arc<Figures>) -> Pusher {
        // Were the thread gone, the end would tell.
        let _ = self.begin.send(figures);
        Pusher { shared: self.shared, ended: self.ended, collector: self.collector }
    }
}

impl Pusher {
    /// What gathers the spans to push.
    pub fn gatherer(&self) -> SpanGatherer {
        SpanGatherer::new(Arc::clone(&self.shared.queue), Arc::clone(&self.shared.deliveries))
    }

    /// The first thing that went wrong in this run, once.
    pub fn trouble(&self) -> Option<Trouble> {
        self.shared.deliveries.take_trouble()
    }

    /// Pushes what there is, for as long as one request may take. Returns what came of it.
    pub fn finish(&self) -> PushResult {
        self.shared.queue.end();
        let figures = self.ended.recv_timeout(self.collector.timeout).unwrap_or(FiguresPushed::No);
        let mut result = PushResult {
            url: self.collector.spans.url.clone(),
            sent: 0,
            refused: 0,
            dropped: 0,
            unsent: 0,
            figures,
        };
        let mut settled = 0;
        for (state, count) in self.shared.deliveries.by_state() {
            settled += count;
            *match state {
                SpanState::Sent => &mut result.sent,
                SpanState::Refused => &mut result.refused,
                SpanState::Dropped => &mut result.dropped,
            } = count;
        }
        result.unsent = self.shared.deliveries.all().saturating_sub(settled);
        result
    }
}

impl PushResult {
    /// Whether the collector has everything.
    pub fn is_whole(&self) -> bool {
        self.refused + self.dropped + self.unsent == 0 && self.figures == FiguresPushed::Yes
    }
}

impl fmt::Display for PushResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, sent, refused, dropped, unsent, figures } = self;
        let url = crate::model::Escaped(url.as_bytes());
        let all = sent + refused + dropped + unsent;
        write!(
            f,
            "{url}: {sent} of {all} spans were pushed; {refused} were refused, {dropped} found no room to wait, and \
             {unsent} still waited at the end"
        )?;
        match figures {
            FiguresPushed::Yes => Ok(()),
            FiguresPushed::No => f.write_str("; the last figures were not pushed"),
        }
    }
}

/// Pushes until no span follows, then the figures once more.
fn push(shared: &Shared, collector: &Collector, figures: &Arc<Figures>) -> FiguresPushed {
    let resource = translate::resource();
    let Some(metrics) = metrics(shared, collector, &resource) else { return FiguresPushed::No };
    translate::observe(&metrics, figures);
    let post = Post::new(collector.spans.clone(), collector.timeout, Arc::clone(&shared.deliveries));
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(post.clone())
        .with_endpoint(&collector.spans.url)
        .with_protocol(Protocol::HttpBinary)
        .with_retry_policy(RetryPolicy::disabled())
        .build();
    if let Ok(mut exporter) = exporter {
        exporter.set_resource(&resource);
        push_spans(shared, &exporter, &post);
    }
    match metrics.shutdown_with_timeout(collector.timeout) {
        Ok(()) => FiguresPushed::Yes,
        Err(_) => FiguresPushed::No,
    }
}

/// Pushes the figures at intervals (`OTEL_METRIC_EXPORT_INTERVAL`), on a thread of the SDK that is confined like this one.
fn metrics(shared: &Shared, collector: &Collector, resource: &Resource) -> Option<SdkMeterProvider> {
    let post = Post::new(collector.metrics.clone(), collector.timeout, Arc::clone(&shared.deliveries));
    let exporter = MetricExporter::builder()
        .with_http()
        .with_http_client(post)
        .with_endpoint(&collector.metrics.url)
        .with_protocol(Protocol::HttpBinary)
        .with_retry_policy(RetryPolicy::disabled())
        // What one push lacks, the next one has.
        .with_temporality(Temporality::Cumulative)
        .build();
    let reader = PeriodicReader::builder(exporter.ok()?).build();
    Some(SdkMeterProvider::builder().with_resource(resource.clone()).with_reader(reader).build())
}

/// Pushes spans in batches. One that the collector cannot take now is tried again, with the same ids, while others wait
/// behind it.
fn push_spans(shared: &Shared, exporter: &SpanExporter, post: &Post) {
    let Shared { queue, deliveries } = shared;
    let mut batch: Vec<SpanData> = Vec::new();
    let mut pause = PAUSE;
    loop {
        let is_over = queue.wait(Instant::now() + pause, batch.is_empty());
        if batch.is_empty() {
            batch = queue.take().iter().map(translate::span_data).collect();
        }
        if batch.is_empty() {
            if is_over {
                return;
            }
            continue;
        }
        let count = batch.len();
        let result = futures_executor::block_on(exporter.export(batch.clone()));
        pause = PAUSE;
        match (result, post.verdict()) {
            (Ok(()), verdict) => {
                let rejected = match verdict {
                    Verdict::Taken { rejected } => {
                        usize::try_from(rejected).map_or(count, |it| it.min(count))
                    }
                    Verdict::Later(_) | Verdict::Refused => 0,
                };
                deliveries.sent(count - rejected);
                deliveries.refused(rejected);
                batch.clear();
            }
            (Err(_), Verdict::Later(_)) if is_over => return,
            (Err(_), Verdict::Later(asked)) => pause = asked.unwrap_or(PAUSE),
            // What is not even sent would not be later either.
            (Err(_), Verdict::Refused | Verdict::Taken { .. }) => {
                deliveries.refused(count);
                batch.clear();
            }
        }
    }
}
