//! Serves the figures to Prometheus.
//!
//! The format is `OpenMetrics` text, which Prometheus reads. The HTTP server is as small as can be: one request a
//! connection, one connection at a time, each for two seconds at most, on a thread of its own. What comes in is
//! read by httparse and never shown.

use super::figures::{FigureKind, Figures};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
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

/// Serves the figures on `listener`, until the process ends.
///
/// # Errors
/// No thread can be started.
pub fn serve(listener: TcpListener, figures: Arc<Figures>) -> io::Result<()> {
    let mut registry = Registry::with_prefix("wsight");
    registry.register_collector(Box::new(FigureTable(figures)));
    thread::Builder::new().name("metrics".to_owned()).spawn(move || {
        for stream in listener.incoming() {
            // If the client went away or was too slow, that is its own affair.
            let _ = stream.and_then(|stream| answer(&stream, &registry));
        }
    })?;
    Ok(())
}

/// The figures as Prometheus reads them.
#[derive(Debug)]
struct FigureTable(Arc<Figures>);

impl Collector for FigureTable {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for figure in self.0.counted() {
            let kind = match figure.kind() {
                FigureKind::Counter => MetricType::Counter,
                FigureKind::Gauge => MetricType::Gauge,
            };
            let mut rows = encoder.encode_descriptor(figure.name(), figure.meaning(), None, kind)?;
            let mut result = Ok(());
            self.0.read(figure, &mut |labels, value| {
                let row = rows.encode_family(&labels).and_then(|row| match figure.kind() {
                    FigureKind::Counter => ConstCounter::new(value).encode(row),
                    FigureKind::Gauge => {
                        ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)).encode(row)
                    }
                });
                result = result.and(row);
            });
            result?;
        }
        Ok(())
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
