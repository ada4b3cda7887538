//! Live capture pushes figures and sessions to a collector of OpenTelemetry, and goes on where there is none.
#![cfg(all(target_os = "linux", feature = "otlp"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, unreachable_pub)]

#[path = "live/collector.rs"]
mod collector;
#[path = "common/skipping.rs"]
mod skipping;
#[path = "live/stage.rs"]
mod stage;

use collector::{Attributes, Collector, attributes};
use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::Value;
use skipping::skip;
use stage::{Line, Peer, Raw, Wsight, free_port, may_capture, python};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_wsight");

/// wsight on the loopback interface, without anything that this environment says of OpenTelemetry.
fn command(port: u16, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OTEL_")) {
        command.env_remove(name);
    }
    command.args(["-i", "lo", "-f", "json", "--filter", &format!("tcp port {port}")]).args(arguments);
    command
}

fn is_end(line: &str) -> bool {
    line.starts_with("{\"type\":\"session\",")
}

fn talk(port: u16, count: u32) {
    let mut talking = python(None, &["talk", "127.0.0.1", &port.to_string(), &count.to_string()]);
    assert!(talking.status().unwrap().success());
}

/// The server closes a session whose ping it has answered with one byte less, and whose target had a secret in it.
fn bad_pong(port: u16) {
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let mut client = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    let request = "GET /chat/room?token=s3cret HTTP/1.1\r\nHost: chat.example\r\nCookie: s3cret\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    client.write_all(request.as_bytes()).unwrap();
    server.read_exact(&mut vec![0; request.len()]).unwrap();
    let answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    server.write_all(answer).unwrap();
    client.read_exact(&mut vec![0; answer.len()]).unwrap();
    // Ping 0d 90 0f 00 with the key 01 02 03 04; the pong lacks the last byte. Then a Close: 1001, "s3cret".
    client.write_all(b"\x89\x84\x01\x02\x03\x04\x0c\x92\x0c\x04").unwrap();
    server.read_exact(&mut [0; 10]).unwrap();
    server.write_all(b"\x8a\x03\x0d\x90\x0f\x88\x08\x03\xe9s3cret").unwrap();
    client.read_exact(&mut [0; 15]).unwrap();
    client.write_all(b"\x88\x82\x00\x00\x00\x00\x03\xe9").unwrap();
    server.read_exact(&mut [0; 8]).unwrap();
}

/// A server that refuses the upgrade.
fn refused(port: u16) {
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let mut client = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    let request = "GET /closed HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    client.write_all(request.as_bytes()).unwrap();
    server.read_exact(&mut vec![0; request.len()]).unwrap();
    server.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
    drop(server);
    client.read_to_end(&mut Vec::new()).unwrap();
}

fn has(attributes: &Attributes, expected: &[(&str, &str)]) {
    for (key, value) in expected {
        assert_eq!(attributes.get(*key).map(String::as_str), Some(*value), "{key} in {attributes:#?}");
    }
}

/// The JSON line of the session that ended as this one, from 0.
fn session(lines: &[Line], number: usize) -> Value {
    lines.iter().filter(|line| is_end(&line.text)).nth(number).unwrap().json()
}

fn nanos(time: &Value) -> u64 {
    let time: jiff::Timestamp = time.as_str().unwrap().parse().unwrap();
    u64::try_from(time.as_nanosecond()).unwrap()
}

/// A session without an error, as its JSON line has it.
fn good_session_is_told(good: &Span, lines: &[Line]) {
    let known = attributes(&good.attributes);
    let line = session(lines, 0);
    let [client, server] = ["client", "server"]
        .map(|side| line[side].as_str().unwrap().parse::<std::net::SocketAddr>().unwrap());
    assert_eq!((&*good.name, good.kind), ("WebSocket session", 1));
    assert_eq!(good.events.len(), usize::try_from(line["findings"].as_u64().unwrap()).unwrap(), "{good:?}");
    assert_eq!(good.status.as_ref().map_or(0, |status| status.code), 0);
    assert_eq!(good.start_time_unix_nano, nanos(&line["time"]));
    let took = Duration::from_nanos(good.end_time_unix_nano - good.start_time_unix_nano);
    assert!(
        (took.as_secs_f64() * 1e3 - line["duration_ms"].as_f64().unwrap()).abs() < 0.001,
        "{took:?} {line}"
    );
    assert_eq!((good.trace_id.len(), good.span_id.len(), &*good.parent_span_id), (16, 8, &[][..]));
    let messages = (line["messages"]["client"].to_string(), line["messages"]["server"].to_string());
    assert_eq!(messages, ("30".to_owned(), "30".to_owned()));
    has(
        &known,
        &[
            ("client.address", "127.0.0.1"),
            ("client.port", &client.port().to_string()),
            ("server.address", "127.0.0.1"),
            ("server.port", &server.port().to_string()),
            ("network.type", "ipv4"),
            ("network.transport", "tcp"),
            ("network.protocol.name", "websocket"),
            ("url.scheme", "ws"),
            ("url.path", "/talk"),
            ("http.request.header.host", &format!("[\"{server}\"]")),
            ("http.response.status_code", "101"),
            ("wsight.session", "1"),
            ("wsight.packet", &line["packet"].to_string()),
            ("wsight.last_packet", &line["last_packet"].to_string()),
            ("wsight.via", "http/1.1"),
            ("wsight.outcome", "accepted"),
            ("wsight.findings", &line["findings"].to_string()),
            ("wsight.messages.client", "30"),
            ("wsight.messages.server", "30"),
            ("wsight.bytes.client", &line["bytes"]["client"].to_string()),
            ("wsight.frames.server", &line["frames"]["server"].to_string()),
            ("wsight.retransmissions.client", "0"),
            ("wsight.close.by", "client"),
            ("wsight.close.code", "1000"),
            ("wsight.close.answered", "true"),
            ("wsight.end", "fin"),
            ("wsight.ended_by", line["ended_by"].as_str().unwrap()),
        ],
    );
    assert!(!known.contains_key("error.type"), "{known:#?}");
}

/// The session in which the server cut a pong.
fn bad_session_is_told(bad: &Span, lines: &[Line]) {
    assert_eq!(bad.status.as_ref().unwrap().code, 2);
    has(
        &attributes(&bad.attributes),
        &[
            ("url.path", "/chat/room"),
            ("http.request.header.host", "[\"chat.example\"]"),
            ("error.type", "pong-mismatch"),
            ("wsight.severity", "error"),
            ("wsight.pings.sent", "1"),
            ("wsight.close.by", "server"),
            ("wsight.close.code", "1001"),
        ],
    );
    let is_mismatch = |line: &&Line| line.text.contains(r#""id":"pong-mismatch""#);
    let mismatch = lines.iter().find(is_mismatch).unwrap().json();
    let event = bad.events.iter().find(|event| {
        attributes(&event.attributes).get("wsight.finding.id").is_some_and(|id| id == "pong-mismatch")
    });
    let event = event.unwrap();
    assert_eq!((&*event.name, event.time_unix_nano), ("wsight.finding", nanos(&mismatch["time"])));
    has(
        &attributes(&event.attributes),
        &[
            ("wsight.finding.severity", "error"),
            ("wsight.finding.certainty", "certain"),
            ("wsight.finding.from", "server"),
            ("wsight.finding.packet", &mismatch["packet"].to_string()),
        ],
    );
}

/// The figures of `--metrics`, once more at the end: by then all spans are sent.
fn figures_are_told(collector: &Collector, lines: &[Line]) {
    let figures = collector.figures();
    for (figure, value) in [
        ("wsight.frames{opcode=text}", 60),
        ("wsight.frames{opcode=ping}", 1),
        ("wsight.messages{}", 60),
        ("wsight.upgrades{outcome=accepted}", 2),
        ("wsight.upgrades{outcome=rejected}", 1),
        ("wsight.findings{id=pong-mismatch,severity=error}", 1),
        ("wsight.sessions_open{}", 0),
        ("wsight.dropped_packets{by=kernel,interface=lo}", 0),
        ("wsight.queue_bytes{}", 0),
        ("wsight.otlp_spans{state=sent}", 3),
        ("wsight.otlp_spans{state=dropped}", 0),
    ] {
        assert_eq!(figures.get(figure), Some(&value), "{figure} in {figures:#?}");
    }
    let summary = lines.iter().find(|line| line.text.starts_with("{\"type\":\"summary\",")).unwrap().json();
    assert_eq!(Some(figures["wsight.packets{interface=lo}"]), summary["packets"].as_i64());
    // At each interval, and at the end.
    assert!(collector.posted("/v1/metrics").len() > 1);
}

#[test]
fn a_collector_gets_figures_and_a_span_for_each_session() {
    if !may_capture() {
        return;
    }
    let (port, collector) = (free_port(), Collector::answering("200 OK"));
    let mut command = command(port, &["--otlp", &collector.url()]);
    command
        .env("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=fleet%207")
        .env("OTEL_SERVICE_NAME", "sniffer")
        .env("OTEL_RESOURCE_ATTRIBUTES", "host.name=web-3,deployment.environment.name=test")
        .env("OTEL_METRIC_EXPORT_INTERVAL", "300");
    let wsight = Wsight::spawn(command);
    let server = Peer::start(python(None, &["serve", "127.0.0.1", &port.to_string()]));
    talk(port, 30);
    let mut lines = wsight.until("end of the session", is_end);
    server.end();
    bad_pong(port);
    lines.extend(wsight.until("end of the session", is_end));
    refused(port);
    lines.extend(wsight.until("the refusal", |line| line.contains("\"outcome\":\"rejected\"")));
    collector.until_posted("/v1/metrics");
    let (status, rest, errors) = wsight.end();
    lines.extend(rest);
    assert_eq!((status.code(), &*errors), (Some(0), ""));

    let posted = collector.posted("/v1/traces");
    has(&posted[0].headers, &[("content-type", "application/x-protobuf"), ("x-tenant", "fleet 7")]);
    let spans = collector.spans();
    assert_eq!(spans.len(), 3);
    for (from, _) in &spans {
        has(
            from,
            &[
                ("service.name", "sniffer"),
                ("service.version", env!("CARGO_PKG_VERSION")),
                ("host.name", "web-3"),
                ("deployment.environment.name", "test"),
            ],
        );
        assert_eq!(from["service.instance.id"], spans[0].0["service.instance.id"]);
    }
    // One by one, in the order of their ends.
    good_session_is_told(&spans[0].1, &lines);
    bad_session_is_told(&spans[1].1, &lines);
    // What may be secret stays here: queries, headers, payloads, close reasons, and what sentences quote of them.
    for (_, span) in &spans {
        assert!(!format!("{span:?}").contains("s3cret"), "{span:?}");
    }
    let (_, refusal) = &spans[2];
    assert_eq!(&*refusal.name, "WebSocket upgrade");
    has(
        &attributes(&refusal.attributes),
        &[("url.path", "/closed"), ("http.response.status_code", "403"), ("wsight.outcome", "rejected")],
    );

    figures_are_told(&collector, &lines);
    // The page names every attribute.
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/LIVE.md")).unwrap();
    let events = spans.iter().flat_map(|(_, span)| &span.events).flat_map(|event| &event.attributes);
    for pair in spans.iter().flat_map(|(_, span)| &span.attributes).chain(events) {
        assert!(page.contains(&format!("`{}`", pair.key)), "{}", pair.key);
    }
}

#[test]
fn a_collector_that_is_not_there_is_told_once_and_changes_nothing_else() {
    if !may_capture() {
        return;
    }
    let (port, nobody) = (free_port(), free_port());
    let mut command = command(port, &["--otlp"]);
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://127.0.0.1:{nobody}"))
        .env("OTEL_METRIC_EXPORT_INTERVAL", "100");
    let wsight = Wsight::spawn(command);
    let server = Peer::start(python(None, &["serve", "127.0.0.1", &port.to_string()]));
    for _ in 0..2 {
        talk(port, 10);
        wsight.until("end of the session", is_end);
    }
    server.end();
    // Meanwhile the figures were not taken several times.
    std::thread::sleep(Duration::from_millis(500));
    let (status, rest, errors) = wsight.end();
    assert_eq!(status.code(), Some(2), "{errors}");
    assert!(rest.iter().any(|line| line.text.contains("\"messages\":40")), "the summary is there");
    let said: Vec<&str> = errors.lines().collect();
    assert_eq!(said.len(), 2, "{errors}");
    assert!(
        said[0].contains(&format!("http://127.0.0.1:{nobody}/v1/metrics: the collector does not answer: ")),
        "{errors}"
    );
    assert!(said[0].contains("Connection refused") && said[0].contains("the capture goes on"), "{errors}");
    assert!(
        said[1].contains(
            "0 of 2 spans were pushed; 0 were refused, 0 found no room to wait, and 2 still waited at the end"
        ),
        "{errors}"
    );
    assert!(said[1].ends_with("the last figures were not pushed"), "{errors}");
}

#[test]
fn what_a_busy_collector_does_not_take_waits_and_comes_once() {
    if !may_capture() {
        return;
    }
    let (port, collector) = (free_port(), Collector::answering("503 Service Unavailable\r\nRetry-After: 1"));
    let wsight = Wsight::spawn(command(port, &["--otlp", &collector.url()]));
    let server = Peer::start(python(None, &["serve", "127.0.0.1", &port.to_string()]));
    talk(port, 10);
    wsight.until("end of the session", is_end);
    server.end();
    collector.until_posted("/v1/traces");
    collector.answer("200 OK");
    let (status, _, errors) = wsight.end();
    // Everything has come in the end.
    assert_eq!(status.code(), Some(0), "{errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert!(
        errors.contains("/v1/traces: the collector answers 503 Service Unavailable; the capture goes on"),
        "{errors}"
    );
    let spans = collector.spans();
    assert!(spans.len() > 1, "it was tried again");
    for (_, span) in &spans {
        assert_eq!(span.span_id, spans[0].1.span_id, "it is the same span each time");
    }
    assert_eq!(collector.figures()["wsight.otlp_spans{state=sent}"], 1);
}

#[test]
fn what_a_collector_refuses_is_counted() {
    if !may_capture() {
        return;
    }
    let (port, collector) = (free_port(), Collector::answering("401 Unauthorized"));
    let wsight = Wsight::spawn(command(port, &["--otlp", &collector.url()]));
    let server = Peer::start(python(None, &["serve", "127.0.0.1", &port.to_string()]));
    talk(port, 10);
    wsight.until("end of the session", is_end);
    server.end();
    let (status, _, errors) = wsight.end();
    assert_eq!(status.code(), Some(2), "{errors}");
    let said: Vec<&str> = errors.lines().collect();
    assert_eq!(said.len(), 2, "{errors}");
    assert!(
        said[0].contains("the collector answers 401 Unauthorized")
            && said[0].contains("OTEL_EXPORTER_OTLP_HEADERS")
    );
    assert!(said[1].contains("0 of 1 spans were pushed; 1 were refused"), "{errors}");
}

/// A collector that takes connections and says nothing.
#[test]
fn a_collector_that_never_answers_delays_the_end_by_its_timeout_alone() {
    if !may_capture() {
        return;
    }
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let port = free_port();
    let mut command = command(port, &["--otlp", &url]);
    command.env("OTEL_EXPORTER_OTLP_TIMEOUT", "700");
    let wsight = Wsight::spawn(command);
    let raw = Raw::open(port);
    drop(raw);
    wsight.until("end of the session", is_end);
    let begun = Instant::now();
    let (status, _, errors) = wsight.end();
    assert_eq!(status.code(), Some(2), "{errors}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(
        errors.contains("0 of 1 spans were pushed") && errors.contains("1 still waited at the end"),
        "{errors}"
    );
}

#[test]
fn filters_and_pseudonyms_are_those_of_what_is_printed() {
    if !may_capture() {
        return;
    }
    let (port, collector) = (free_port(), Collector::answering("200 OK"));
    let arguments = [
        "--otlp",
        &collector.url(),
        "--redact",
        "--where",
        "session.target contains \"chat\"",
        "--port",
        "1",
    ];
    let mut child = command(port, &arguments)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut errors = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("capturing on") {
        line.clear();
        assert!(std::io::BufRead::read_line(&mut errors, &mut line).unwrap() > 0);
    }
    drop(Raw::open(port));
    bad_pong(port);
    collector.until_posted("/v1/traces");
    stage::run("kill", &["-s", "INT", &child.id().to_string()]);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let spans = collector.spans();
    assert_eq!(spans.len(), 1, "{spans:#?}");
    has(
        &attributes(&spans[0].1.attributes),
        &[
            // What the filter left out has its pseudonyms, too.
            ("client.address", "240.0.0.1"),
            ("url.path", "/path-2/path-3"),
            ("http.request.header.host", "[\"host-2\"]"),
        ],
    );
    // Figures count all that is captured, as they have nothing in them of anybody.
    assert_eq!(collector.figures()["wsight.upgrades{outcome=accepted}"], 2);
}

#[test]
fn a_collector_that_cannot_be_is_refused_at_the_start() {
    if !may_capture() {
        return;
    }
    for (url, said) in [
        ("https://127.0.0.1:4318", "wsight pushes without TLS"),
        ("tcp", "tcp is not the URL of a collector, such as http://127.0.0.1:4318"),
    ] {
        let output = command(1, &["--otlp", url]).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.starts_with("wsight: --otlp: ") && errors.contains(said), "{errors}");
        assert_eq!(errors.lines().count(), 1, "{errors}");
    }
}

/// Each thread has given up what it does not need: that which pushes may connect, to its port, and nothing else.
#[test]
fn the_thread_that_pushes_is_confined_as_well() {
    if !may_capture() {
        return;
    }
    let (port, collector) = (free_port(), Collector::answering("200 OK"));
    let mut command = command(port, &["--otlp", &collector.url()]);
    command.env("SUDO_UID", "65534").env("SUDO_GID", "65534");
    let wsight = Wsight::spawn(command);
    let mut names = Vec::new();
    for thread in std::fs::read_dir(format!("/proc/{}/task", wsight.id())).unwrap() {
        let status = std::fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(field("Uid:"), "65534 65534 65534 65534");
        for capabilities in ["CapInh:", "CapPrm:", "CapEff:", "CapAmb:"] {
            assert_eq!(field(capabilities), "0000000000000000", "{capabilities} of {}", field("Name:"));
        }
        assert_eq!((&*field("NoNewPrivs:"), &*field("Seccomp:")), ("1", "2"), "{}", field("Name:"));
        names.push(field("Name:"));
    }
    // The one that analyzes, one for the interface, and the one that pushes; a name comes a moment after its thread.
    assert!(names.len() > 2 && names.contains(&"otlp".to_owned()), "{names:?}");
    let (status, _, errors) = wsight.end();
    assert_eq!(status.code(), Some(0), "{errors}");
    collector.until_posted("/v1/metrics");
}
