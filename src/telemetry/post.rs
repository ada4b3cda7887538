//! Posts what the exporters have encoded: the smallest HTTP/1.1 client that does it. One request a connection, without TLS,
//! to addresses that were resolved before.

use super::collector::Endpoint;
use super::delivery::{Deliveries, Trouble, TroubleReason};
use super::partial::PartialSuccess;
use async_trait::async_trait;
use http::header::{CONTENT_LENGTH, RETRY_AFTER};
use http::{Request, Response, StatusCode};
use opentelemetry_http::{Bytes, HttpClient, HttpError};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Bytes of an answer's head.
const HEAD: usize = 16 << 10;

/// Bytes of an answer's body: the specification has room for a sentence in it.
const BODY: usize = 64 << 10;

/// The longest that a collector may ask to wait.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// What the collector made of the last request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It took it, but for so many spans or points of metrics.
    Taken {
        /// What it will never take.
        rejected: u64,
    },
    /// It may take it later, not before this much time has passed if it said so.
    Later(Option<Duration>),
    /// It will never take it.
    Refused,
}

impl Default for Verdict {
    fn default() -> Self {
        Self::Taken { rejected: 0 }
    }
}

/// The client for one kind of telemetry.
#[derive(Clone, Debug)]
pub(super) struct Post {
    endpoint: Endpoint,
    timeout: Duration,
    deliveries: Arc<Deliveries>,
    last: Arc<Mutex<Verdict>>,
}

impl Post {
    pub(super) fn new(endpoint: Endpoint, timeout: Duration, deliveries: Arc<Deliveries>) -> Self {
        Self { endpoint, timeout, deliveries, last: Arc::default() }
    }

    /// What the collector made of the last request.
    pub(super) fn verdict(&self) -> Verdict {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn judge(&self, result: &Result<Response<Bytes>, PostError>) {
        let (verdict, reason) = match result {
            Ok(answer) if answer.status().is_success() => {
                let told = PartialSuccess::read(answer.body());
                let rejected = told.as_ref().map_or(0, |told| told.rejected);
                (Verdict::Taken { rejected }, told.map(TroubleReason::Partial))
            }
            Ok(answer) => judge_status(answer),
            Err(PostError::Io(error)) => {
                // The error is handed on; what is told of it is its kind and its number.
                let told =
                    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error);
                (Verdict::Later(None), Some(TroubleReason::Unreachable(told)))
            }
            Err(PostError::NotHttp) => (Verdict::Later(None), Some(TroubleReason::NotHttp)),
        };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = verdict;
        if let Some(reason) = reason {
            self.deliveries.note(Trouble { url: self.endpoint.url.clone(), reason });
        }
    }

    /// Sends a request and reads its answer.
    fn exchange(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, PostError> {
        let until = Instant::now() + self.timeout;
        let mut stream = self.connect(until)?;
        stream.set_write_timeout(Some(left(until)?))?;
        stream.write_all(&head_of(request))?;
        stream.write_all(request.body())?;
        read_answer(&mut stream, until)
    }

    /// Connects to the first address that answers.
    fn connect(&self, until: Instant) -> io::Result<TcpStream> {
        let mut failed = io::ErrorKind::AddrNotAvailable.into();
        for address in &self.endpoint.addresses {
            match TcpStream::connect_timeout(address, left(until)?) {
                Ok(stream) => return Ok(stream),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }
}

#[async_trait]
impl HttpClient for Post {
    /// Waits on this thread, which has nothing else to do.
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let result = self.exchange(&request);
        self.judge(&result);
        Ok(result?)
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum PostError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the answer is not HTTP/1.1")]
    NotHttp,
}

/// What a status means for a request that was not taken: the specification of OTLP names those that pass.
fn judge_status(answer: &Response<Bytes>) -> (Verdict, Option<TroubleReason>) {
    let status = answer.status();
    let passes = [
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::BAD_GATEWAY,
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::GATEWAY_TIMEOUT,
    ];
    if !passes.contains(&status) {
        return (Verdict::Refused, Some(TroubleReason::Refused(status)));
    }
    let seconds = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let pause = seconds.map(|seconds| Duration::from_secs(seconds).min(LONGEST_PAUSE));
    (Verdict::Later(pause), Some(TroubleReason::Busy(status)))
}

/// How much time there is; an error where there is none.
fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// The request as it is sent, up to its body. Names and values of headers hold no line ends: their types refuse them.
fn head_of(request: &Request<Bytes>) -> Vec<u8> {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let host = request.uri().authority().map_or("", |authority| authority.as_str());
    let length = request.body().len();
    let mut head = format!(
        "{} {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\nConnection: close\r\n",
        request.method()
    )
    .into_bytes();
    for (name, value) in request.headers() {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            head.extend_from_slice(part);
        }
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// Reads an answer. Of its body this is what came in time: it was taken or not, whatever the body says.
fn read_answer(stream: &mut TcpStream, until: Instant) -> Result<Response<Bytes>, PostError> {
    let mut head = vec![0; HEAD];
    let mut read = 0;
    loop {
        stream.set_read_timeout(Some(left(until)?))?;
        let more = stream.read(head.get_mut(read..).unwrap_or_default())?;
        if more == 0 {
            let is_cut = read == 0;
            return Err(if is_cut {
                io::Error::from(io::ErrorKind::UnexpectedEof).into()
            } else {
                PostError::NotHttp
            });
        }
        read += more;
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut answer = httparse::Response::new(&mut headers);
        match answer.parse(head.get(..read).unwrap_or_default()) {
            Ok(httparse::Status::Complete(end)) => {
                let mut body = head.get(end..read).unwrap_or_default().to_vec();
                let header = |name: http::HeaderName| {
                    answer.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name.as_str()))
                };
                let length = header(CONTENT_LENGTH)
                    .and_then(|length| std::str::from_utf8(length.value).ok()?.trim().parse().ok())
                    .map_or(0, |length: usize| length.min(BODY));
                let mut built = Response::builder().status(answer.code.unwrap_or_default());
                if let Some(retry) = header(RETRY_AFTER) {
                    built = built.header(RETRY_AFTER, retry.value);
                }
                while body.len() < length
                    && let Ok(left) = left(until)
                    && stream.set_read_timeout(Some(left)).is_ok()
                {
                    let mut more = [0; 1 << 10];
                    match stream.read(&mut more) {
                        Ok(0) | Err(_) => break,
                        Ok(read) => body.extend_from_slice(more.get(..read).unwrap_or_default()),
                    }
                }
                body.truncate(length);
                return built.body(body.into()).map_err(|_| PostError::NotHttp);
            }
            Ok(httparse::Status::Partial) => {}
            Err(_) => return Err(PostError::NotHttp),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    /// What a client makes of a collector that answers `answer`, and what it has sent.
    fn asked(answer: &'static str) -> (Verdict, Option<String>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let collector = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut sent = Vec::new();
            while !sent.ends_with(b"\r\n\r\nbody") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                sent.extend(byte);
            }
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8(sent).unwrap()
        });
        let url = format!("http://{address}/v1/traces");
        let deliveries = Arc::new(Deliveries::default());
        let endpoint = Endpoint { url: url.clone(), addresses: vec![address] };
        let post = Post::new(endpoint, Duration::from_secs(20), Arc::clone(&deliveries));
        let request = Request::post(&url).header("x-key", "v").body(Bytes::from("body")).unwrap();
        drop(futures_executor::block_on(post.send_bytes(request)));
        let told = deliveries.take_trouble().map(|trouble| trouble.to_string().replace(&url, "URL"));
        (post.verdict(), told, collector.join().unwrap().replace(&address.to_string(), "HOST"))
    }

    #[test]
    fn a_request_is_whole_and_its_answer_decides() {
        let (verdict, told, sent) = asked("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        assert_eq!((verdict, told), (Verdict::default(), None));
        assert_eq!(
            sent,
            "POST /v1/traces HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4\r\nConnection: close\r\nx-key: v\r\n\r\nbody"
        );
    }

    #[test]
    fn what_a_collector_rejects_of_a_push_is_told_with_its_reason() {
        let (verdict, told, _) =
            asked("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n\n\x0b\x08\x03\x12\x07too old and more");
        assert_eq!(verdict, Verdict::Taken { rejected: 3 });
        let told = told.unwrap();
        assert!(
            told.starts_with("URL: the collector rejected 3 items of a push, and says 'too old'"),
            "{told}"
        );
        let (verdict, told, _) = asked("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n\n\x06\x12\x04\x1b[2J");
        assert_eq!(verdict, Verdict::default());
        let told = told.unwrap();
        assert!(told.contains("took what was pushed, and says '\\x1b[2J'"), "{told}");
    }

    #[test]
    fn what_passes_is_told_apart_from_what_does_not() {
        for (answer, expected, said) in [
            ("HTTP/1.1 503 x\r\n\r\n", Verdict::Later(None), "answers 503 Service Unavailable"),
            (
                "HTTP/1.1 429 x\r\nretry-after: 7\r\n\r\n",
                Verdict::Later(Some(Duration::from_secs(7))),
                "answers 429 Too Many Requests",
            ),
            (
                "HTTP/1.1 503 x\r\nRetry-After: 86400\r\n\r\n",
                Verdict::Later(Some(Duration::from_secs(300))),
                "answers 503",
            ),
            ("HTTP/1.1 404 x\r\n\r\n", Verdict::Refused, "answers 404 Not Found"),
            ("HTTP/1.1 404 \x1b[2J\r\n\r\n", Verdict::Later(None), "does not speak HTTP/1.1"),
            ("HTTP/1.1 307 x\r\nLocation: http://x/\r\n\r\n", Verdict::Refused, "answers 307"),
            ("\0\0\x12\x04\0\0\0\0\0", Verdict::Later(None), "does not speak HTTP/1.1"),
            ("HTTP/1.1 2", Verdict::Later(None), "does not speak HTTP/1.1"),
            ("", Verdict::Later(None), "does not answer"),
        ] {
            let (verdict, told, _) = asked(answer);
            assert_eq!(verdict, expected, "{answer:?}");
            let told = told.unwrap();
            assert!(told.starts_with("URL: ") && told.contains(said), "{answer:?}: {told}");
            assert!(told.chars().all(crate::model::is_visible), "{told}");
        }
    }
}
