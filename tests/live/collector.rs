//! A collector of OpenTelemetry for tests: it keeps what is posted to it, and answers as it is told.
#![allow(dead_code, unreachable_pub, clippy::panic)]

use super::stage::PATIENCE;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::metrics::v1::{metric::Data, number_data_point};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Instant;

/// One request.
#[derive(Clone, Debug)]
pub struct Posted {
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

/// Attributes by their keys, as text.
pub type Attributes = BTreeMap<String, String>;

pub fn attributes(list: &[KeyValue]) -> Attributes {
    fn text(value: &Value) -> String {
        match value {
            Value::StringValue(text) => text.clone(),
            Value::BoolValue(value) => value.to_string(),
            Value::IntValue(value) => value.to_string(),
            Value::DoubleValue(value) => value.to_string(),
            Value::ArrayValue(array) => {
                let values = array.values.iter().filter_map(|value| value.value.as_ref());
                format!("{:?}", values.map(text).collect::<Vec<_>>())
            }
            other => panic!("{other:?}"),
        }
    }
    list.iter()
        .map(|pair| (pair.key.clone(), text(pair.value.as_ref().unwrap().value.as_ref().unwrap())))
        .collect()
}

/// What it was sent, and how it answers.
#[derive(Default)]
struct Shared {
    posted: Mutex<Vec<Posted>>,
    changed: Condvar,
    answer: Mutex<String>,
}

/// A collector on the loopback address.
pub struct Collector {
    pub port: u16,
    shared: Arc<Shared>,
}

impl Collector {
    /// One that answers with this status line.
    pub fn answering(status: &str) -> Self {
        Self::at(TcpListener::bind("127.0.0.1:0").unwrap(), status)
    }

    pub fn at(listener: TcpListener, status: &str) -> Self {
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared { answer: Mutex::new(status.to_owned()), ..Shared::default() });
        let own = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = BufReader::new(stream.unwrap());
                let mut lines = Vec::new();
                loop {
                    let mut line = String::new();
                    stream.read_line(&mut line).unwrap();
                    if line.trim_end().is_empty() {
                        break;
                    }
                    lines.push(line.trim_end().to_owned());
                }
                let headers: BTreeMap<String, String> = lines[1..]
                    .iter()
                    .map(|line| line.split_once(": ").unwrap())
                    .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                    .collect();
                let mut body = vec![0; headers["content-length"].parse().unwrap()];
                stream.read_exact(&mut body).unwrap();
                let path =
                    lines[0].strip_prefix("POST ").unwrap().strip_suffix(" HTTP/1.1").unwrap().to_owned();
                let answer = own.answer.lock().unwrap().clone();
                own.posted.lock().unwrap().push(Posted { path, headers, body });
                own.changed.notify_all();
                write!(stream.get_mut(), "HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n").unwrap();
            }
        });
        Self { port, shared }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Answers with another status line from now on.
    pub fn answer(&self, status: &str) {
        status.clone_into(&mut self.shared.answer.lock().unwrap());
    }

    /// Everything that was posted to `path` so far.
    pub fn posted(&self, path: &str) -> Vec<Posted> {
        self.shared.posted.lock().unwrap().iter().filter(|posted| posted.path == path).cloned().collect()
    }

    /// Waits until something is posted to `path`.
    #[track_caller]
    pub fn until_posted(&self, path: &str) {
        let until = Instant::now() + PATIENCE;
        let mut posted = self.shared.posted.lock().unwrap();
        while !posted.iter().any(|posted| posted.path == path) {
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "nothing was posted to {path}");
            posted = self.shared.changed.wait_timeout(posted, left).unwrap().0;
        }
    }

    /// All spans, those that came twice included, each with the attributes of its resource.
    pub fn spans(&self) -> Vec<(Attributes, Span)> {
        let mut spans = Vec::new();
        for posted in self.posted("/v1/traces") {
            for resource in ExportTraceServiceRequest::decode(&*posted.body).unwrap().resource_spans {
                let from = attributes(&resource.resource.unwrap().attributes);
                let all = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
                spans.extend(all.map(|span| (from.clone(), span)));
            }
        }
        spans
    }

    /// The figures that came last: names with labels, as `name{key=value}`.
    pub fn figures(&self) -> BTreeMap<String, i64> {
        let last = self.posted("/v1/metrics").pop().expect("figures came");
        let request = ExportMetricsServiceRequest::decode(&*last.body).unwrap();
        let scopes = request.resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
        let mut figures = BTreeMap::new();
        for metric in scopes.flat_map(|scope| scope.metrics) {
            let points = match metric.data.unwrap() {
                Data::Sum(sum) => {
                    // Cumulative.
                    assert_eq!((sum.aggregation_temporality, sum.is_monotonic), (2, true));
                    sum.data_points
                }
                Data::Gauge(gauge) => gauge.data_points,
                other => panic!("{other:?}"),
            };
            for point in points {
                let labels = attributes(&point.attributes);
                let labels: Vec<_> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
                let Some(number_data_point::Value::AsInt(value)) = point.value else { panic!("{point:?}") };
                figures.insert(format!("{}{{{}}}", metric.name, labels.join(",")), value);
            }
        }
        figures
    }
}
