//! What tests of live capture need: wsight as a child, peers, network namespaces; and who may run them.
#![allow(dead_code, unreachable_pub, clippy::panic)]

use super::skip;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

/// How long anything may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What a test has to be allowed besides being root, which alone is not enough in a container: capabilities(7).
#[derive(Clone, Copy, Debug)]
pub enum Capability {
    /// `CAP_NET_ADMIN`: making interfaces.
    NetAdmin = 12,
    /// `CAP_NET_RAW`: capturing packets.
    NetRaw = 13,
    /// `CAP_SYS_ADMIN`: mounting file systems, entering network namespaces.
    SysAdmin = 21,
}

/// Whether packets can be captured here. In CI they must be.
pub fn may_capture() -> bool {
    may(&[Capability::NetRaw])
}

/// Whether this is root with all of `wanted`; if not, says what is missing. In CI nothing may be.
pub fn may(wanted: &[Capability]) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    let is_root = field("Uid:").split_whitespace().nth(1) == Some("0");
    let effective = u64::from_str_radix(field("CapEff:").trim(), 16).unwrap();
    let missing: Vec<_> = wanted.iter().filter(|wanted| effective & 1 << **wanted as u64 == 0).collect();
    if is_root && missing.is_empty() {
        return true;
    }
    let reason = if is_root { format!("root lacks {missing:?}") } else { "this is not root".to_owned() };
    skip(&reason);
    false
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Runs a program to its end, which has to be a good one.
#[track_caller]
pub fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap_or_else(|e| panic!("{program}: {e}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
}

/// A file beside the tests.
pub fn beside(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live").join(name).to_str().unwrap().to_owned()
}

/// python `websockets`, perhaps in a network namespace.
pub fn python(namespace: Option<&str>, arguments: &[&str]) -> Command {
    let mut command = inside(namespace, "/usr/bin/python3");
    command.arg(beside("peer.py")).args(arguments);
    command
}

/// node's `ws`, perhaps in a network namespace.
pub fn node(namespace: Option<&str>, arguments: &[&str]) -> Command {
    let mut command = inside(namespace, "node");
    command.env("NODE_PATH", "/usr/share/nodejs").arg(beside("peer.js")).args(arguments);
    command
}

/// A program in a network namespace.
pub fn inside(namespace: Option<&str>, program: &str) -> Command {
    let Some(namespace) = namespace else { return Command::new(program) };
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace, program]);
    command
}

/// A peer that goes on until it is let go.
pub struct Peer {
    child: Child,
    stdin: Option<ChildStdin>,
}

impl Peer {
    /// Starts it and waits until it says that it is ready.
    #[track_caller]
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "{command:?}");
        Self { stdin: child.stdin.take(), child }
    }

    /// Lets it go and waits until it has.
    pub fn end(mut self) {
        self.stdin = None;
        self.child.wait().unwrap();
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// wsight while it captures.
pub struct Wsight {
    child: Child,
    lines: Receiver<Line>,
    errors: JoinHandle<String>,
}

/// A line of its output, and when it came.
pub struct Line {
    pub text: String,
    pub at: SystemTime,
}

impl Line {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

impl Wsight {
    /// Starts it and waits until it captures.
    #[track_caller]
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wsight"));
        command.args(arguments);
        Self::spawn(command)
    }

    #[track_caller]
    pub fn spawn(mut command: Command) -> Self {
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (told, lines) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for text in stdout.lines() {
                let Ok(text) = text else { return };
                if told.send(Line { text, at: SystemTime::now() }).is_err() {
                    return;
                }
            }
        });
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut first = String::new();
        stderr.read_line(&mut first).unwrap();
        assert!(first.contains("capturing on"), "{command:?}: {first}");
        let errors = thread::spawn(move || {
            let mut rest = String::new();
            stderr.read_to_string(&mut rest).unwrap();
            rest
        });
        Self { child, lines, errors }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Reads lines up to the one that is looked for.
    #[track_caller]
    pub fn until(&self, what: &str, is_it: impl Fn(&str) -> bool) -> Vec<Line> {
        let until = Instant::now() + PATIENCE;
        let mut lines = Vec::new();
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    let found = is_it(&line.text);
                    lines.push(line);
                    if found {
                        return lines;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    let all: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
                    panic!("there was no {what} in\n{}", all.join("\n"));
                }
            }
        }
    }

    pub fn signal(&self, name: &str) {
        run("kill", &["-s", name, &self.child.id().to_string()]);
    }

    /// Waits for its end: how it ended, what it printed since, and on standard error.
    #[track_caller]
    pub fn wait(mut self) -> (ExitStatus, Vec<Line>, String) {
        let mut rest = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            rest.push(line);
        }
        let until = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > until {
                self.child.kill().unwrap();
                panic!("it does not end");
            }
            thread::yield_now();
        };
        (status, rest, self.errors.join().unwrap())
    }

    /// Ends it as Ctrl-C does.
    #[track_caller]
    pub fn end(self) -> (ExitStatus, Vec<Line>, String) {
        self.signal("INT");
        self.wait()
    }
}

/// Two network namespaces, joined by a cable of two interfaces; they go with it.
pub struct Cable {
    pub here: String,
    pub there: String,
    pub interface: String,
}

impl Cable {
    pub const HERE: &'static str = "10.99.7.1";
    pub const THERE: &'static str = "10.99.7.2";

    pub fn lay() -> Self {
        let id = std::process::id() % 100_000;
        let (here, there) = (format!("wsight-a{id}"), format!("wsight-b{id}"));
        let (near, far) = (format!("wsa{id}"), format!("wsb{id}"));
        run("ip", &["netns", "add", &here]);
        run("ip", &["netns", "add", &there]);
        run(
            "ip",
            &["link", "add", &near, "netns", &here, "type", "veth", "peer", "name", &far, "netns", &there],
        );
        for (space, interface, address) in [(&here, &near, Self::HERE), (&there, &far, Self::THERE)] {
            run("ip", &["-n", space, "addr", "add", &format!("{address}/24"), "dev", interface]);
            run("ip", &["-n", space, "link", "set", interface, "up"]);
            run("ip", &["-n", space, "link", "set", "lo", "up"]);
        }
        Self { here, there, interface: near }
    }

    /// Takes the cable away.
    pub fn cut(&self) {
        run("ip", &["-n", &self.here, "link", "del", &self.interface]);
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        for space in [&self.here, &self.there] {
            drop(Command::new("ip").args(["netns", "del", space]).output());
        }
    }
}

/// A client that upgrades, then sends nothing more unless it is told to; and what the server does.
pub struct Raw {
    pub client: std::net::TcpStream,
    pub server: std::net::TcpStream,
}

impl Raw {
    /// An accepted upgrade on a port of the loopback interface.
    pub fn open(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let mut client = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        client
            .write_all(
                b"GET /raw HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            )
            .unwrap();
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            server.read_exact(&mut byte).unwrap();
            head.extend(byte);
        }
        server
            .write_all(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
            )
            .unwrap();
        Self { client, server }
    }
}
