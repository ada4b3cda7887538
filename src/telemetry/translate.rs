//! Says it in the words of OpenTelemetry: spans with the attributes of its semantic conventions, metrics that read the
//! figures, and the resource that all of it comes from.

use super::figures::{Figure, FigureKind, Figures};
use super::session_span::{FindingEvent, SessionSpan, Traffic};
use crate::findings::Severity;
use crate::model::{Peer, PerPeer, Timestamp};
use crate::upgrade::Outcome;
use opentelemetry::metrics::{Meter, MeterProvider as _};
use opentelemetry::trace::{Event, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceState};
use opentelemetry::{Array, InstrumentationScope, Key, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator, SpanData, SpanEvents, SpanLinks};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// What metrics and spans come from.
const SCOPE: &str = "wsight";

/// Where they come from: what the environment says (`OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`), and where it says
/// nothing, the program, this run of it, and the host.
pub(super) fn resource() -> Resource {
    let known = Resource::builder().build();
    let is_known = |key: &'static str| known.get(&Key::new(key)).is_some();
    let is_named = known
        .get(&Key::new("service.name"))
        .is_some_and(|name| !name.as_str().starts_with("unknown_service"));
    let mut resource = Resource::builder();
    if !is_named {
        resource = resource.with_service_name(SCOPE);
    }
    let instance = || RandomIdGenerator::default().new_trace_id().to_string();
    let ours: [(&str, &dyn Fn() -> Option<String>); 3] = [
        ("service.version", &|| Some(env!("CARGO_PKG_VERSION").to_owned())),
        ("service.instance.id", &|| Some(instance())),
        ("host.name", &host_name),
    ];
    for (key, value) in ours {
        if let Some(value) = (!is_known(key)).then(value).flatten() {
            resource = resource.with_attribute(KeyValue::new(key, value));
        }
    }
    resource.build()
}

#[cfg(unix)]
fn host_name() -> Option<String> {
    let name = rustix::system::uname();
    Some(name.nodename().to_string_lossy().into_owned()).filter(|name| !name.is_empty())
}

#[cfg(not(unix))]
fn host_name() -> Option<String> {
    std::env::var("COMPUTERNAME").ok()
}

/// Has the metrics of `provider` read `figures`.
pub(super) fn observe(provider: &SdkMeterProvider, figures: &Arc<Figures>) {
    let meter: Meter = provider.meter_with_scope(scope());
    for figure in figures.counted() {
        let figures = Arc::clone(figures);
        let read = move |observe: &dyn Fn(u64, &[KeyValue])| {
            figures.read(figure, &mut |labels, value| {
                let labels: Vec<_> =
                    labels.iter().map(|(name, value)| KeyValue::new(*name, (*value).to_owned())).collect();
                observe(value, &labels);
            });
        };
        match figure.kind() {
            FigureKind::Counter => drop(
                meter
                    .u64_observable_counter(name(figure))
                    .with_description(figure.meaning())
                    .with_unit(figure.unit())
                    .with_callback(move |observer| read(&|value, labels| observer.observe(value, labels)))
                    .build(),
            ),
            FigureKind::Gauge => drop(
                meter
                    .u64_observable_gauge(name(figure))
                    .with_description(figure.meaning())
                    .with_unit(figure.unit())
                    .with_callback(move |observer| read(&|value, labels| observer.observe(value, labels)))
                    .build(),
            ),
        }
    }
}

fn name(figure: Figure) -> String {
    format!("wsight.{}", figure.name())
}

fn scope() -> InstrumentationScope {
    InstrumentationScope::builder(SCOPE).with_version(env!("CARGO_PKG_VERSION")).build()
}

/// A session as a span, the only one of its trace.
pub(super) fn span_data(span: &SessionSpan) -> SpanData {
    let ids = RandomIdGenerator::default();
    let start = time(span.first.time);
    let mut events = SpanEvents::default();
    events.events = span.findings.kept.iter().map(event).collect();
    events.dropped_count = span.findings.left_out;
    SpanData {
        span_context: SpanContext::new(
            ids.new_trace_id(),
            ids.new_span_id(),
            TraceFlags::SAMPLED,
            false,
            TraceState::default(),
        ),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        // Neither end of it is here.
        span_kind: SpanKind::Internal,
        name: if span.traffic.is_some() { "WebSocket session" } else { "WebSocket upgrade" }.into(),
        start_time: start,
        end_time: time(span.last.time).max(start),
        attributes: attributes(span),
        dropped_attributes_count: 0,
        events,
        links: SpanLinks::default(),
        status: status(span),
        instrumentation_scope: scope(),
    }
}

/// An error if one was found, with what it is about.
fn status(span: &SessionSpan) -> Status {
    match span.findings.worst {
        Some((Severity::Error, id)) => Status::error(id.entry().title),
        Some((Severity::Warning | Severity::Note, _)) | None => Status::Unset,
    }
}

fn time(time: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos(u64::try_from(time.as_nanos()).unwrap_or(0))
}

/// Gathers attributes.
#[derive(Default)]
struct Attributes(Vec<KeyValue>);

impl Attributes {
    fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        self.0.push(KeyValue::new(key, value));
    }

    fn set_if(&mut self, key: &'static str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.set(key, value);
        }
    }

    fn count(&mut self, key: &'static str, count: u64) {
        self.set(key, i64::try_from(count).unwrap_or(i64::MAX));
    }

    fn counts(&mut self, keys: PerPeer<&'static str>, counts: PerPeer<u64>) {
        self.count(keys.client, counts.client);
        self.count(keys.server, counts.server);
    }
}

/// A pair of attributes, one for each side.
macro_rules! sides {
    ($name:literal) => {
        PerPeer { client: concat!($name, ".client"), server: concat!($name, ".server") }
    };
}

fn attributes(span: &SessionSpan) -> Vec<KeyValue> {
    let SessionSpan { place, first, last, attempt, asked, traffic, findings } = span;
    let PerPeer { client, server } = place.addresses;
    let mut all = Attributes::default();
    all.set("client.address", client.ip().to_string());
    all.set("client.port", i64::from(client.port()));
    all.set("server.address", server.ip().to_string());
    all.set("server.port", i64::from(server.port()));
    all.set("network.type", if server.is_ipv4() { "ipv4" } else { "ipv6" });
    all.set("network.transport", "tcp");
    all.set("network.protocol.name", "websocket");
    all.set("url.scheme", if place.is_secure { "wss" } else { "ws" });
    all.set_if("url.path", asked.path.as_deref().map(str::to_owned));
    let host = asked.host.as_deref().map(|host| Array::String(vec![host.to_owned().into()]));
    all.set_if("http.request.header.host", host.map(Value::Array));
    all.set_if("http.response.status_code", attempt.and_then(|attempt| attempt.status).map(i64::from));
    let error = findings.worst.filter(|(severity, _)| *severity == Severity::Error);
    all.set_if("error.type", error.map(|(_, id)| id.name()));

    all.count("wsight.session", place.session.0);
    all.count("wsight.packet", first.packet.0);
    all.count("wsight.last_packet", last.packet.0);
    let via = place.attempt.stream().map_or("http/1.1", |_| "http/2");
    let is_dark = attempt.is_some_and(|attempt| attempt.outcome == Outcome::Dark);
    all.set_if("wsight.via", (!is_dark).then_some(via));
    all.set_if("wsight.outcome", attempt.map(|attempt| attempt.outcome.name()));
    all.set_if("wsight.subprotocol", asked.subprotocol.as_deref().map(str::to_owned));
    all.count("wsight.findings", findings.count);
    all.set_if("wsight.severity", findings.worst.map(|(severity, _)| severity.name()));
    if let Some(traffic) = traffic {
        describe(traffic, &mut all);
    }
    all.0
}

fn describe(traffic: &Traffic, all: &mut Attributes) {
    match traffic.sealed {
        None => {
            all.counts(sides!("wsight.frames"), traffic.frames);
            all.counts(sides!("wsight.messages"), traffic.messages);
            all.counts(sides!("wsight.bytes"), traffic.bytes);
            all.count("wsight.pings.sent", traffic.pings.sent);
            all.count("wsight.pings.answered", traffic.pings.answered);
            all.count("wsight.pings.lost", traffic.pings.lost);
            let median = traffic.pings.round_trips.map(|trips| trips.median.as_secs_f64() * 1000.0);
            all.set_if("wsight.pings.rtt_ms", median);
        }
        Some(sealed) => {
            all.counts(sides!("wsight.sealed.records"), sealed.records);
            all.counts(sides!("wsight.sealed.bytes"), sealed.bytes);
        }
    }
    all.counts(sides!("wsight.retransmissions"), traffic.retransmissions);
    if let Some(close) = &traffic.close {
        all.set("wsight.close.by", close.by.name());
        all.set_if("wsight.close.code", close.code.map(|code| i64::from(code.0)));
        all.set("wsight.close.answered", close.answered);
    }
    all.set("wsight.end", traffic.end.name());
    all.set_if("wsight.ended_by", traffic.ended_by.map(Peer::name));
}

/// A finding as an event of its span.
fn event(finding: &FindingEvent) -> Event {
    let mut all = Attributes::default();
    all.set("wsight.finding.id", finding.id.name());
    all.set("wsight.finding.title", finding.id.entry().title);
    all.set("wsight.finding.severity", finding.severity.name());
    all.set("wsight.finding.certainty", finding.certainty.name());
    all.set_if("wsight.finding.from", finding.from.map(Peer::name));
    all.count("wsight.finding.packet", finding.packet.0);
    if let Some(frame) = finding.frame {
        all.count("wsight.finding.frame", frame);
    }
    Event::new("wsight.finding", time(finding.time), all.0, 0)
}
