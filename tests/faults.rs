//! What the outside can do to wsight: disks that are full, pipes that close, files that change or fail half way. It says
//! what is wrong, ends with the status for that, and has printed what came before.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{capture, captures};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use tempfile::TempDir;
use wsight::analyzer::{Analyzer, Config};
use wsight::capture::{Reader, Source, secrets_in};
use wsight::model::{Captured, FileId};
use wsight::report::{Figures, InputNames, JsonLines, Look, Payload, Sink, Text, TextOptions};

fn wsight(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wsight"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(path: &Path) -> Output {
    wsight(&["-f", "json", path.to_str().unwrap()]).output().unwrap()
}

/// Status, lines on standard output, standard error.
fn told(output: &Output) -> (Option<i32>, usize, String) {
    let lines = String::from_utf8_lossy(&output.stdout).lines().count();
    (output.status.code(), lines, String::from_utf8(output.stderr.clone()).unwrap())
}

fn made(child: Child) -> (Option<i32>, usize, String) {
    told(&child.wait_with_output().unwrap())
}

fn fifo(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_in_every_format() {
    let path = capture("frame-202-of-199.pcap");
    for format in ["json", "text", "summary"] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let child =
            wsight(&["-f", format, path.to_str().unwrap()]).stdout(Stdio::from(full)).spawn().unwrap();
        let (status, _, error) = made(child);
        assert_eq!(status, Some(2), "{format}");
        assert!(
            error.starts_with("wsight: standard output: the output cannot be written there: "),
            "{format}: {error}"
        );
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let (status, _, error) = made(wsight(&["explain"]).stdout(Stdio::from(full)).spawn().unwrap());
    assert_eq!((status, error.lines().count()), (Some(2), 1), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_fills_up_keeps_what_was_printed() {
    let folder = TempDir::new().unwrap();
    let path = capture("bots-and-bad-clients.pcap");
    let (program, capture) = (env!("CARGO_BIN_EXE_wsight"), path.display());
    let script = format!(
        "cd '{}'; '{program}' -f json '{capture}' >out; echo $? >&2; cat out",
        folder.path().display()
    );
    // What the outer shell sees of the script's own `$?`.
    let script = script.replace("$?", "\\$?");
    let Some(line) = common::on_a_small_disk(folder.path(), &script) else { return };
    let (whole, output) = (run(&path).stdout, Command::new("sh").args(["-c", &line]).output().unwrap());
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        error,
        "wsight: standard output: the output cannot be written there: No space left on device (os error 28)\n2\n"
    );
    assert!(output.stdout.len() >= 8192 && whole.len() > output.stdout.len());
    assert!(whole.starts_with(&output.stdout), "what came before is there");
}

#[test]
fn a_closed_pipe_is_a_reader_that_has_seen_enough() {
    let path = capture("bots-and-bad-clients.pcap");
    for format in ["json", "text", "summary"] {
        let mut child = wsight(&["-f", format, path.to_str().unwrap()]).spawn().unwrap();
        drop(child.stdout.take());
        let (status, _, error) = made(child);
        assert_eq!((status, error), (Some(0), String::new()), "{format}");
    }
}

#[test]
fn what_is_no_file_is_told() {
    let folder = TempDir::new().unwrap();
    let (status, _, error) = told(&run(folder.path()));
    assert_eq!(status, Some(2));
    assert_eq!(error, format!("wsight: there is no capture in {}\n", folder.path().display()));
    let (status, _, error) = told(&run(&folder.path().join("missing")));
    assert_eq!(status, Some(2));
    assert!(error.contains("missing: it cannot be opened"), "{error}");
}

#[test]
fn a_file_that_may_not_be_read_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let folder = TempDir::new().unwrap();
    let (path, program) = (folder.path().join("secret"), folder.path().join("wsight"));
    fs::copy(capture("ipv6.pcap"), &path).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_wsight"), &program).unwrap();
    allow(&path, 0o000);
    allow(&program, 0o755);
    allow(folder.path(), 0o755);
    // Root may read everything, others may not become somebody else.
    let output = if File::open(&path).is_ok() {
        let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
        Command::new("setpriv").args(nobody).args([&program, &path]).output().unwrap()
    } else {
        Command::new(&program).arg(&path).output().unwrap()
    };
    let (status, _, error) = told(&output);
    assert_eq!(status, Some(2));
    assert!(error.ends_with("secret: it cannot be opened: Permission denied (os error 13)\n"), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_device_that_fails_is_told_and_the_next_input_is_read() {
    let next = capture("frame-202-of-199.pcap");
    let (_, alone, _) = told(&run(&next));
    // Nothing is mapped where its first byte would be.
    let arguments = ["-f", "json", "/proc/self/mem", next.to_str().unwrap()];
    let (status, lines, error) = made(wsight(&arguments).spawn().unwrap());
    assert_eq!((status, lines), (Some(2), alone));
    assert_eq!(
        error,
        "wsight: /proc/self/mem: reading stopped at byte 0: Input/output error (os error 5); \
         there is no packet before it\n"
    );
}

#[test]
fn a_fifo_is_waited_for_and_told_up_to_where_it_breaks_off() {
    let folder = TempDir::new().unwrap();
    let path = fifo(&folder);
    let bytes = fs::read(capture("frame-202-of-199.pcap")).unwrap();
    let child = wsight(&["-f", "json", path.to_str().unwrap()]).spawn().unwrap();
    let mut writer = OpenOptions::new().write(true).open(&path).unwrap();
    writer.write_all(&bytes[..bytes.len() - 10]).unwrap();
    drop(writer);
    let (status, lines, error) = made(child);
    assert_eq!(status, Some(2));
    assert!(error.contains("ends inside packet"), "{error}");
    assert!(lines > 3);
}

#[test]
fn a_fifo_that_never_delivers_can_be_given_up() {
    let folder = TempDir::new().unwrap();
    let path = fifo(&folder);
    let mut child = wsight(&["-f", "json", path.to_str().unwrap()]).spawn().unwrap();
    // Opening it waits for the program to do the same: from then on it waits for bytes.
    let writer = OpenOptions::new().write(true).open(&path).unwrap();
    assert!(child.try_wait().unwrap().is_none(), "it waits");
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let (status, lines, error) = made(child);
    assert_eq!(
        (status, lines, error),
        (Some(0), 1, String::new()),
        "the signal ends it, with the summary of nothing"
    );
    drop(writer);
}

/// Lines that come while a program runs.
fn lines_of(child: &mut Child) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel();
    let output = BufReader::new(child.stdout.take().unwrap());
    thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    lines
}

#[test]
fn a_key_log_that_fills_while_a_pipe_is_silent_opens_what_came_before() {
    const TOO_LONG: Duration = Duration::from_secs(60);
    let folder = TempDir::new().unwrap();
    let inside = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let original = capture("tls-1.3.pcapng");
    let (path, bare, keys) = (fifo(&folder), inside("bare.pcapng"), inside("keys"));
    let arguments = ["-f", "summary", "-w", &bare, "--no-secrets", original.to_str().unwrap()];
    assert!(wsight(&arguments).stderr(Stdio::null()).status().unwrap().success());
    fs::write(&keys, "").unwrap();
    let mut child = wsight(&["-f", "json", "--only", "message", "--keys", &keys, path.to_str().unwrap()])
        .spawn()
        .unwrap();
    let lines = lines_of(&mut child);
    let mut writer = OpenOptions::new().write(true).open(&path).unwrap();
    let bytes = fs::read(&bare).unwrap();
    // The connection is still open, and the pipe is silent in the middle of a packet.
    let (most, rest) = bytes.split_at(bytes.len() - 310);
    writer.write_all(most).unwrap();
    let mut log = Vec::new();
    secrets_in(&original, &mut |lines| log.extend_from_slice(lines)).unwrap();
    fs::write(&keys, log).unwrap();
    assert!(lines.recv_timeout(TOO_LONG).unwrap().contains(r#""type":"message""#));
    writer.write_all(rest).unwrap();
    drop(writer);
    let count = 1 + lines.iter().count();
    let status = child.wait().unwrap();
    let whole = wsight(&["-f", "json", "--only", "message", original.to_str().unwrap()]).output().unwrap();
    assert_eq!((status.code(), count), (Some(0), told(&whole).1));
}

/// Reads a file that changes after the first bytes were handed out.
struct Changing {
    file: File,
    path: PathBuf,
    change: Option<fn(&Path)>,
}

impl Read for Changing {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let size = into.len().min(200);
        let read = self.file.read(&mut into[..size])?;
        if let Some(change) = self.change.take() {
            change(&self.path);
        }
        Ok(read)
    }
}

/// Packets and the error that end reading `input`.
fn packets(input: impl Read) -> (u64, Option<String>) {
    let mut reader = Reader::new(input, FileId(0));
    let mut packets = 0;
    loop {
        match reader.next() {
            Ok(Some(Captured::Packet(_))) => packets += 1,
            Ok(Some(_)) => {}
            Ok(None) => return (packets, None),
            Err(error) => {
                assert!(reader.next().unwrap().is_none(), "after an error the input is done with");
                return (packets, Some(error.to_string()));
            }
        }
    }
}

#[test]
fn a_file_that_changes_is_read_as_it_is_found() {
    let original = fs::read(capture("frame-202-of-199.pcap")).unwrap();
    let (whole, _) = packets(original.as_slice());
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("changing.pcap");
    let read = |change: fn(&Path)| {
        fs::write(&path, &original).unwrap();
        packets(Changing { file: File::open(&path).unwrap(), path: path.clone(), change: Some(change) })
    };
    let grown = read(|path| {
        let bytes = fs::read(path).unwrap();
        OpenOptions::new().append(true).open(path).unwrap().write_all(&bytes[24..]).unwrap();
    });
    assert_eq!(grown, (2 * whole, None));
    let (count, error) =
        read(|path| OpenOptions::new().write(true).open(path).unwrap().set_len(700).unwrap());
    assert!(count < whole && error.unwrap().contains("ends inside packet"));
    let replaced = read(|path| {
        fs::remove_file(path).unwrap();
        fs::write(path, b"something else").unwrap();
    });
    assert_eq!(replaced, (whole, None), "who has it open goes on reading the old one");
}

/// Fails at one call.
struct Failing<R> {
    inner: R,
    calls_left: usize,
    kind: io::ErrorKind,
}

impl<R> Failing<R> {
    fn turn(&mut self) -> io::Result<()> {
        let fails = self.calls_left == 0;
        self.calls_left = self.calls_left.wrapping_sub(1);
        if fails { Err(self.kind.into()) } else { Ok(()) }
    }
}

impl<R: Read> Read for Failing<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.turn()?;
        let size = into.len().min(64);
        self.inner.read(&mut into[..size])
    }
}

impl Write for Failing<Vec<u8>> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.turn()?;
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.turn()
    }
}

#[test]
fn reading_may_fail_at_every_call() {
    for name in ["frame-202-of-199.pcap", "capture-drops.pcapng"] {
        let bytes = fs::read(capture(name)).unwrap();
        let (whole, _) = packets(bytes.as_slice());
        let mut before = 0;
        for calls in 0..bytes.len().div_ceil(64) {
            let failing = |kind| Failing { inner: Cursor::new(&bytes), calls_left: calls, kind };
            let (count, error) = packets(failing(io::ErrorKind::ConnectionReset));
            assert!((before..=whole).contains(&count), "{name}, call {calls}: {count} packets");
            let error = error.unwrap();
            assert!(error.contains("connection reset"), "{name}, call {calls}: {error}");
            before = count;
            // A signal is not an error.
            assert_eq!(packets(failing(io::ErrorKind::Interrupted)), (whole, None), "{name}, call {calls}");
        }
        assert!(before + 4 > whole);
    }
}

#[test]
fn what_is_no_capture_is_told_alike_however_it_comes() {
    let bytes = [[b'Z'; 600].as_slice(), &[0xff; 100]].concat();
    let slowly = Failing { inner: bytes.as_slice(), calls_left: usize::MAX, kind: io::ErrorKind::Other };
    let told = packets(slowly).1.unwrap();
    assert!(told.contains("plain text"), "{told}");
    assert_eq!(packets(bytes.as_slice()).1, Some(told));
}

#[test]
fn writing_may_fail_at_every_call() {
    /// What a format writes to an output that fails at one call: what was written, and whether the failure came through.
    fn write(bytes: &[u8], format: &str, calls_left: usize) -> (Vec<u8>, bool) {
        let mut out = Failing { inner: Vec::new(), calls_left, kind: io::ErrorKind::StorageFull };
        let config = Config { keep: 64, ..Config::default() };
        let mut sink: Box<dyn Sink + '_> = match format {
            "json" => Box::new(JsonLines::new(&mut out, Payload::Preview, InputNames::default())),
            "text" => Box::new(Text::new(&mut out, TextOptions::new(&config.limits))),
            _ => Box::new(Figures::new(&mut out, Look::default(), InputNames::default())),
        };
        let mut analyzer = Analyzer::new(config);
        let mut failed = false;
        let mut reader = Reader::new(bytes, FileId(0));
        while let Ok(Some(captured)) = reader.next() {
            if let Captured::Packet(packet) = captured {
                analyzer.push(&packet, &mut |output| failed = failed || sink.output(output).is_err());
            }
        }
        analyzer.finish(&mut |output| failed = failed || sink.output(output).is_err());
        failed = failed || sink.finish().is_err();
        drop(sink);
        (out.inner, failed)
    }
    let path = captures().into_iter().find(|path| path.ends_with("message-then-close.pcap")).unwrap();
    let bytes = fs::read(path).unwrap();
    for format in ["json", "text", "summary"] {
        let (whole, failed) = write(&bytes, format, usize::MAX);
        assert!(!failed && !whole.is_empty());
        for calls in 0.. {
            let (written, failed) = write(&bytes, format, calls);
            if !failed {
                assert_eq!(written, whole);
                assert!(calls > 0);
                break;
            }
            let same = written.iter().zip(&whole).take_while(|(a, b)| a == b).count();
            assert!(same > 0 || calls == 0, "{format}, call {calls}: what came before is there");
        }
    }
}
