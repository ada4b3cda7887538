//! `--metrics`: figures of a live capture for Prometheus, so that it can watch a server for weeks.
//!
//! The format is `OpenMetrics` text, which Prometheus reads. The HTTP server is as small as can be: one request a
//! connection, one connection at a time, each for two seconds at most, on a thread of its own. What comes in is
//! read by httparse and never shown.

use crate::analyzer::Output;
use crate::live::Counters;
use crate::ws::Opcode;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::Registry;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Bytes of a request's head.
const HEAD: usize = 8 << 10;

/// One label and its value.
type MetricLabel = [(&'static str, String); 1];

/// Two labels and their values.
type MetricLabels = [(&'static str, String); 2];

/// Counts what the analyzer tells.
pub(super) struct Metrics {
    /// Looked up once: there are many frames.
    frames: Vec<Counter>,
    messages: Counter,
    payload_bytes: Counter,
    upgrades: Family<MetricLabel, Counter>,
    findings: Family<MetricLabels, Counter>,
    waiting: Family<MetricLabel, Counter>,
    sessions: Gauge,
}

impl Metrics {
    /// Serves the figures on `listener`.
    ///
    /// # Errors
    /// No thread can be started.
    pub(super) fn serve(listener: TcpListener, counters: Arc<Counters>) -> io::Result<Self> {
        let mut registry = Registry::with_prefix("wsight");
        let frames = Family::<MetricLabel, Counter>::default();
        let metrics = Self {
            frames: (0..16)
                .map(|number| frames.get_or_create(&[("opcode", opcode(number))]).clone())
                .collect(),
            messages: Counter::default(),
            payload_bytes: Counter::default(),
            upgrades: Family::default(),
            findings: Family::default(),
            waiting: Family::default(),
            sessions: Gauge::default(),
        };
        registry.register("frames", "WebSocket frames", frames);
        registry.register("messages", "WebSocket messages", metrics.messages.clone());
        registry.register("payload_bytes", "Payload bytes of frames", metrics.payload_bytes.clone());
        registry.register(
            "upgrades",
            "Attempts to get a WebSocket, by how they ended",
            metrics.upgrades.clone(),
        );
        registry.register("findings", "Findings, by their id and severity", metrics.findings.clone());
        registry.register(
            "waits",
            "What has waited for long, by the finding it may become",
            metrics.waiting.clone(),
        );
        registry.register("sessions_open", "Open WebSocket sessions", metrics.sessions.clone());
        registry.register_collector(Box::new(Capturing(counters)));
        thread::Builder::new().name("metrics".to_owned()).spawn(move || {
            for stream in listener.incoming() {
                // If the client went away or was too slow, that is its own affair.
                let _ = stream.and_then(|stream| answer(&stream, &registry));
            }
        })?;
        Ok(metrics)
    }

    /// Counts what is reported.
    pub(super) fn take(&self, output: &Output<'_>) {
        match output {
            Output::Upgrade(_, upgrade) => {
                self.upgrades.get_or_create(&[("outcome", upgrade.outcome.name().to_owned())]).inc();
                if upgrade.is_switched() || upgrade.outcome.is_unread() {
                    self.sessions.inc();
                }
            }
            Output::Frame(_, frame) => {
                if let Some(counter) = self.frames.get(usize::from(frame.header.opcode.bits())) {
                    counter.inc();
                }
                self.payload_bytes.inc_by(frame.received);
            }
            Output::Message(..) => {
                self.messages.inc();
            }
            Output::Finding(finding) | Output::Counted(finding) => {
                let severity = finding.severity.name().to_owned();
                let labels = [("id", finding.id.name().to_owned()), ("severity", severity)];
                self.findings.get_or_create(&labels).inc();
            }
            Output::Waiting(finding) => {
                self.waiting.get_or_create(&[("id", finding.id.name().to_owned())]).inc();
            }
            Output::Session(_) => {
                self.sessions.dec();
            }
            // No figure is kept of TLS sessions and of what carries others, and the summary only adds up.
            Output::Secrets(..)
            | Output::Data(..)
            | Output::Dark(..)
            | Output::Tls(..)
            | Output::Summary(_) => {}
        }
    }
}

fn opcode(number: u8) -> String {
    Opcode::from_bits(number).name().to_owned()
}

/// What the capture counts itself.
#[derive(Debug)]
struct Capturing(Arc<Counters>);

impl Collector for Capturing {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let mut packets =
            encoder.encode_descriptor("packets", "Captured packets", None, MetricType::Counter)?;
        for interface in self.0.interfaces() {
            let labels = [("interface", interface.name())];
            ConstCounter::new(interface.taken()).encode(packets.encode_family(&labels)?)?;
        }
        let help = "Packets that were not captured, by who had no room for them";
        let mut dropped = encoder.encode_descriptor("dropped_packets", help, None, MetricType::Counter)?;
        for interface in self.0.interfaces() {
            let counts = [
                ("kernel", interface.by_kernel()),
                ("interface", interface.by_interface()),
                ("wsight", interface.by_queue()),
            ];
            for (by, count) in counts {
                let labels = [("interface", interface.name()), ("by", by)];
                ConstCounter::new(count).encode(dropped.encode_family(&labels)?)?;
            }
        }
        let help = "Bytes of packets waiting to be analyzed";
        let waiting = encoder.encode_descriptor("queue_bytes", help, None, MetricType::Gauge)?;
        ConstGauge::new(i64::try_from(self.0.waiting()).unwrap_or(i64::MAX)).encode(waiting)
    }
}

/// Answers one request.
fn answer(mut stream: &TcpStream, registry: &Registry) -> io::Result<()> {
    let until = Instant::now() + PATIENCE;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut head = [0; HEAD];
    let mut read = 0;
    let (method, path) = loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        let more = stream.read(head.get_mut(read..).unwrap_or_default())?;
        read += more;
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(head.get(..read).unwrap_or_default()) {
            Ok(httparse::Status::Complete(_)) => {
                break (
                    request.method.unwrap_or_default().to_owned(),
                    request.path.unwrap_or_default().to_owned(),
                );
            }
            Ok(httparse::Status::Partial) if more > 0 && read < HEAD => {}
            _ => return respond(stream, "400 Bad Request", "text/plain", "this is not an HTTP request\n"),
        }
    };
    let path = path.split('?').next().unwrap_or_default();
    match (method.as_str(), path) {
        ("GET", "/metrics" | "/") => {
            let mut page = String::new();
            text::encode(&mut page, registry).map_err(io::Error::other)?;
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            respond(stream, "200 OK", kind, &page)
        }
        ("GET", _) => respond(stream, "404 Not Found", "text/plain", "the figures are at /metrics\n"),
        _ => respond(stream, "405 Method Not Allowed\r\nAllow: GET", "text/plain", "only GET is answered\n"),
    }
}

fn respond(mut stream: &TcpStream, status: &str, kind: &str, body: &str) -> io::Result<()> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())
}
