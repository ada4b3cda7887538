//! Those who watch a live capture from elsewhere: Prometheus, and a collector of OpenTelemetry.

use super::args::LiveArgs;
use super::status::ExitStatus;
use crate::analyzer::Output;
use crate::live::Counters;
use crate::telemetry::{self, Figures};
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
#[cfg(feature = "otlp")]
use {
    super::status::complain,
    crate::report::{Relay, Sink},
    crate::telemetry::{Collector, PreparedPusher, Pusher, SpanGatherer},
};

/// Where figures are served, if they are. Root may be needed for the port.
///
/// # Errors
/// It cannot be listened on: the sentence is for the user.
pub(super) fn listen(args: &LiveArgs) -> Result<Option<TcpListener>, String> {
    let listen = |address| {
        TcpListener::bind(address)
            .map_err(|error| format!("--metrics {address}: cannot listen on it: {error}"))
    };
    args.metrics.map(listen).transpose()
}

/// What pushes to the collector, if there is one. Its name is resolved here, and the thread that pushes confines itself: call
/// it without root, and before the process may no longer do that.
///
/// # Errors
/// There is no such collector, or the thread cannot be started: the sentence is for the user.
#[cfg(feature = "otlp")]
pub(super) fn pusher(args: &LiveArgs) -> Result<Option<PreparedPusher>, String> {
    let Some(url) = &args.otlp else { return Ok(None) };
    let environment = |name: &str| std::env::var(name).ok();
    let collector =
        Collector::find(url.as_deref(), &environment).map_err(|error| format!("--otlp: {error}"))?;
    PreparedPusher::new(collector).map(Some).map_err(|error| error.to_string())
}

/// What waits until packets come.
pub(super) struct PreparedWatching {
    pub(super) listener: Option<TcpListener>,
    #[cfg(feature = "otlp")]
    pub(super) pusher: Option<PreparedPusher>,
}

impl PreparedWatching {
    /// Begins to serve and to push.
    ///
    /// # Errors
    /// A thread cannot be started.
    pub(super) fn begin(self, counters: Arc<Counters>) -> io::Result<Watching> {
        let figures = Figures::new(counters);
        #[cfg(feature = "otlp")]
        let figures = match &self.pusher {
            Some(pusher) => figures.with_spans(pusher.deliveries()),
            None => figures,
        };
        let figures = Arc::new(figures);
        let is_wanted = self.listener.is_some();
        #[cfg(feature = "otlp")]
        let is_wanted = is_wanted || self.pusher.is_some();
        if let Some(listener) = self.listener {
            telemetry::serve(listener, Arc::clone(&figures))?;
        }
        #[cfg(feature = "otlp")]
        let pusher = self.pusher.map(|pusher| pusher.begin(Arc::clone(&figures)));
        Ok(Watching {
            figures: is_wanted.then_some(figures),
            #[cfg(feature = "otlp")]
            pusher,
        })
    }
}

/// What others see of the capture while it goes on.
pub(super) struct Watching {
    figures: Option<Arc<Figures>>,
    #[cfg(feature = "otlp")]
    pusher: Option<Pusher>,
}

impl Watching {
    /// Counts what is told, if anybody wants to know.
    pub(super) fn counting(&self) -> impl Fn(&Output<'_>) + Send + use<> {
        let figures = self.figures.clone();
        move |output| {
            if let Some(figures) = &figures {
                figures.take(output);
            }
        }
    }

    /// What gathers the spans to push, if any are.
    #[cfg(feature = "otlp")]
    pub(super) fn gatherer(&self) -> Option<SpanGatherer> {
        self.pusher.as_ref().map(Pusher::gatherer)
    }

    /// Says on standard error what went wrong with the collector, the first time that something does.
    #[cfg_attr(not(feature = "otlp"), expect(clippy::unused_self, reason = "nothing is pushed"))]
    pub(super) fn tell_trouble(&self) {
        #[cfg(feature = "otlp")]
        if let Some(trouble) = self.pusher.as_ref().and_then(Pusher::trouble) {
            complain(trouble);
        }
    }

    /// Pushes what is still to be pushed, after the capture and how that ended. What could not be pushed is said, and the
    /// work is not done then.
    #[cfg_attr(not(feature = "otlp"), expect(clippy::unused_self, reason = "nothing is pushed"))]
    pub(super) fn finish(self, ending: io::Result<ExitStatus>) -> io::Result<ExitStatus> {
        #[cfg(feature = "otlp")]
        if let Some(pusher) = &self.pusher {
            let result = pusher.finish();
            self.tell_trouble();
            if !result.is_whole() {
                complain(result);
                return ending.map(|_| ExitStatus::Unable);
            }
        }
        ending
    }
}

/// Gathers spans from what passes on its way to a sink.
#[cfg(feature = "otlp")]
pub(super) struct Gathering {
    pub(super) spans: SpanGatherer,
    pub(super) sink: Box<dyn Sink>,
}

#[cfg(feature = "otlp")]
impl Relay for Gathering {
    fn behind(&mut self) -> &mut dyn Sink {
        &mut self.sink
    }

    fn relay(&mut self, output: &Output<'_>) -> io::Result<()> {
        self.spans.take(output);
        self.sink.output(output)
    }

    fn flush_own(&mut self) {
        self.spans.flush();
    }
}
