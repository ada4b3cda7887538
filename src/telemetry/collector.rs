//! Where figures and spans are pushed: the collector that a URL or the environment names, found before the process may no
//! longer look.

use http::Uri;
use std::collections::BTreeSet;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

/// The environment's collector for all signals; `v1/…` of each is added to it.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// How long the collector may take for an answer, in milliseconds.
const TIMEOUT: &str = "OTEL_EXPORTER_OTLP_TIMEOUT";

/// The collector of this host, and how long it may take, where nobody says otherwise (OTLP specification).
const DEFAULT_ENDPOINT: &str = "http://localhost:4318";
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// A collector of OpenTelemetry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collector {
    pub(super) spans: Endpoint,
    pub(super) metrics: Endpoint,
    /// How long a request may take.
    pub(super) timeout: Duration,
}

/// What one kind of telemetry is posted to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) url: String,
    pub(super) addresses: Vec<SocketAddr>,
}

/// A kind of telemetry: what the environment calls its endpoint, and where it is below that of all kinds.
#[derive(Clone, Copy, Debug)]
struct Signal {
    variable: &'static str,
    path: &'static str,
}

const SPANS: Signal = Signal { variable: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", path: "v1/traces" };
const METRICS: Signal = Signal { variable: "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", path: "v1/metrics" };

/// Why there is no collector to push to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectorError {
    /// It is no URL of HTTP.
    #[error("{0} is not the URL of a collector, such as http://127.0.0.1:4318")]
    Url(String),
    /// It asks for TLS.
    #[error(
        "{0}: wsight pushes without TLS; have a collector on this host take it from http://127.0.0.1:4318 and pass it \
        on with TLS (docs/LIVE.md has one)"
    )]
    Tls(String),
    /// It has a user or a password in it.
    #[error(
        "the collector's URL has a user in it, which is not sent; OTEL_EXPORTER_OTLP_HEADERS has credentials"
    )]
    User,
    /// Its name has no address.
    #[error("{url}: the collector's name cannot be resolved: {error}")]
    Name {
        /// The URL.
        url: String,
        /// The system's reason.
        error: io::Error,
    },
}

impl Collector {
    /// The collector at `url`, or else the one that the environment names, or else the one of this host. Its name is
    /// resolved here, once.
    ///
    /// # Errors
    /// It is no URL that can be pushed to, or its name has no address.
    pub fn find(
        url: Option<&str>,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, CollectorError> {
        let set = |variable: &str| environment(variable).filter(|value| !value.is_empty());
        let endpoint = |signal: Signal| {
            let base = match (url, set(signal.variable), set(ENDPOINT)) {
                (Some(url), ..) => url.to_owned(),
                (None, Some(whole), _) => return Endpoint::find(&whole, ""),
                (None, None, base) => base.unwrap_or_else(|| DEFAULT_ENDPOINT.to_owned()),
            };
            Endpoint::find(&base, signal.path)
        };
        let timeout = set(TIMEOUT).and_then(|text| text.parse().ok()).map(Duration::from_millis);
        Ok(Self {
            spans: endpoint(SPANS)?,
            metrics: endpoint(METRICS)?,
            timeout: timeout.filter(|timeout| !timeout.is_zero()).unwrap_or(DEFAULT_TIMEOUT),
        })
    }

    /// The ports that have to be connected to.
    pub fn ports(&self) -> BTreeSet<u16> {
        let addresses = self.spans.addresses.iter().chain(&self.metrics.addresses);
        addresses.map(SocketAddr::port).collect()
    }
}

impl Endpoint {
    /// The one at `path` below `base`, which is all of it where there is no path.
    fn find(base: &str, path: &str) -> Result<Self, CollectorError> {
        let url =
            if path.is_empty() { base.to_owned() } else { format!("{}/{path}", base.trim_end_matches('/')) };
        let shown = || crate::model::escape(base.as_bytes());
        let parsed: Uri = url.parse().map_err(|_| CollectorError::Url(shown()))?;
        let (Some(scheme), Some(authority)) = (parsed.scheme_str(), parsed.authority()) else {
            return Err(CollectorError::Url(shown()));
        };
        if authority.as_str().contains('@') {
            return Err(CollectorError::User);
        }
        match scheme {
            "http" => {}
            "https" => return Err(CollectorError::Tls(shown())),
            _ => return Err(CollectorError::Url(shown())),
        }
        // A resolver wants IPv6 addresses without their brackets.
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let addresses = (host, authority.port_u16().unwrap_or(80)).to_socket_addrs();
        let addresses: Vec<_> =
            addresses.map_err(|error| CollectorError::Name { url: shown(), error })?.collect();
        Ok(Self { url, addresses })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(url: Option<&str>, environment: &[(&str, &str)]) -> Result<Collector, String> {
        let value = |name: &str| {
            let known = environment.iter().find(|(known, _)| *known == name);
            known.map(|(_, value)| (*value).to_owned())
        };
        Collector::find(url, &value).map_err(|error| error.to_string())
    }

    fn urls(collector: &Collector) -> [&str; 2] {
        [&collector.spans.url, &collector.metrics.url]
    }

    #[test]
    fn the_url_comes_before_the_environment_and_that_before_this_host() {
        let base = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1/base/");
        let own = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:2/own");
        let given = found(Some("http://127.0.0.1:3"), &[base, own]).unwrap();
        assert_eq!(urls(&given), ["http://127.0.0.1:3/v1/traces", "http://127.0.0.1:3/v1/metrics"]);
        let named = found(None, &[base, own]).unwrap();
        assert_eq!(urls(&named), ["http://127.0.0.1:2/own", "http://127.0.0.1:1/base/v1/metrics"]);
        assert_eq!(named.ports().into_iter().collect::<Vec<_>>(), [1, 2]);
        let usual = found(None, &[("OTEL_EXPORTER_OTLP_ENDPOINT", "")]).unwrap();
        assert_eq!(urls(&usual), ["http://localhost:4318/v1/traces", "http://localhost:4318/v1/metrics"]);
        assert_eq!(usual.timeout, Duration::from_secs(10));
        let patient = found(None, &[("OTEL_EXPORTER_OTLP_TIMEOUT", "2500")]).unwrap();
        assert_eq!(patient.timeout, Duration::from_millis(2500));
    }

    #[test]
    fn addresses_may_be_of_either_version() {
        let six = found(Some("http://[::1]:4318/"), &[]).unwrap();
        assert_eq!(six.spans.addresses, ["[::1]:4318".parse().unwrap()]);
        assert_eq!(six.spans.url, "http://[::1]:4318/v1/traces");
        assert_eq!(
            found(Some("http://10.0.0.7"), &[]).unwrap().ports().into_iter().collect::<Vec<_>>(),
            [80]
        );
    }

    #[test]
    fn what_cannot_be_pushed_to_is_refused_with_a_way_out() {
        let said = |url: &str| found(Some(url), &[]).unwrap_err();
        for url in ["tcp", "localhost:4318", "grpc://localhost:4317", "http://", "/v1", "http://a b"] {
            assert!(said(url).contains("is not the URL of a collector, such as http://"), "{}", said(url));
        }
        let tls = said("https://collector.example");
        assert!(tls.contains("without TLS") && tls.contains("a collector on this host"), "{tls}");
        let user = said("http://me:s3cret@127.0.0.1");
        assert!(user.contains("OTEL_EXPORTER_OTLP_HEADERS") && !user.contains("s3cret"), "{user}");
    }
}
