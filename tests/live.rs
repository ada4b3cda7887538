//! Live capture with real peers: on the loopback interface, and between two network namespaces. They run as root.
#![cfg(all(target_os = "linux", feature = "live"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, unreachable_pub)]

#[path = "common/skipping.rs"]
mod skipping;
#[path = "live/stage.rs"]
mod stage;

use serde_json::Value;
use skipping::skip;
use stage::{
    Cable, Capability, Line, Peer, Raw, Wsight, free_port, inside, may, may_capture, node, python, run,
};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

const PROGRAM: &str = env!("CARGO_BIN_EXE_wsight");

fn wsight(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}

fn is(line: &str, kind: &str) -> bool {
    line.starts_with(&format!("{{\"type\":\"{kind}\","))
}

fn ended(line: &str) -> bool {
    is(line, "session")
}

fn summary(lines: &[Line]) -> Value {
    let summary = lines.iter().find(|line| is(&line.text, "summary")).map(Line::json);
    summary.expect("there is a summary")
}

fn talk(port: u16, count: u32) {
    assert!(
        python(None, &["talk", "127.0.0.1", &port.to_string(), &count.to_string()])
            .status()
            .unwrap()
            .success()
    );
}

#[test]
fn every_message_on_the_loopback_interface_is_told_and_ctrl_c_ends_with_the_summary() {
    if !may_capture() {
        return;
    }
    let port = free_port();
    let server = Peer::start(python(None, &["serve", "127.0.0.1", &port.to_string()]));
    for (signal, interface) in [("INT", "lo"), ("TERM", "any"), ("HUP", "lo")] {
        let wsight = Wsight::start(&["-i", interface, "-f", "json", "tcp", "port", &port.to_string()]);
        talk(port, 500);
        let mut lines = wsight.until("end of the session", ended);
        wsight.signal(signal);
        let (status, rest, errors) = wsight.wait();
        lines.extend(rest);
        assert_eq!(status.code(), Some(0), "{errors}");
        assert_eq!(errors, "");
        let texts = |from: &str| {
            let messages = lines.iter().filter(|line| is(&line.text, "message")).map(Line::json);
            messages
                .filter(|message| message["from"] == from)
                .map(|message| message["text"].to_string())
                .collect()
        };
        let expected: Vec<String> = (0..500).map(|number| format!("\"message {number}\"")).collect();
        let (client, server): (Vec<String>, Vec<String>) = (texts("client"), texts("server"));
        assert_eq!((&client, &server), (&expected, &expected));
        assert_eq!(summary(&lines)["messages"], 1000);
    }
    server.end();
}

#[test]
fn between_two_namespaces_every_message_is_told_until_the_interface_is_gone() {
    if !may(&[Capability::NetRaw, Capability::NetAdmin, Capability::SysAdmin]) {
        return;
    }
    let cable = Cable::lay();
    let server = Peer::start(python(Some(&cable.here), &["serve", Cable::HERE, "8080"]));
    let mut command = inside(Some(&cable.here), PROGRAM);
    command.args(["-i", &cable.interface, "-i", "lo", "-f", "json", "tcp port 8080"]);
    let wsight = Wsight::spawn(command);
    let client = node(Some(&cable.there), &[Cable::HERE, "8080", "300"]).status().unwrap();
    assert!(client.success());
    let mut lines = wsight.until("end of the session", ended);
    assert_eq!(lines.iter().filter(|line| is(&line.text, "message")).count(), 600);
    assert_eq!(
        lines.last().unwrap().json()["client"].as_str().unwrap().split(':').next(),
        Some(Cable::THERE)
    );
    // The other interface continues.
    cable.cut();
    run("ip", &["-n", &cable.here, "addr", "add", "10.99.7.1/32", "dev", "lo"]);
    assert!(python(Some(&cable.here), &["talk", Cable::HERE, "8080", "5"]).status().unwrap().success());
    lines.extend(wsight.until("end of the session", ended));
    let (status, rest, errors) = wsight.end();
    lines.extend(rest);
    assert_eq!(status.code(), Some(2), "{errors}");
    assert!(errors.contains(&format!("{}: capturing stopped: ", cable.interface)), "{errors}");
    assert_eq!(summary(&lines)["messages"], 610);
    assert_eq!(summary(&lines)["unread_inputs"], 1);
    server.end();
}

#[test]
fn a_key_log_that_grows_opens_what_is_captured_and_what_is_saved() {
    if !may_capture() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let readable = |lines: &[Line]| {
        lines.iter().find(|line| is(&line.text, "tls")).map(|line| line.json()["readable"].clone())
    };
    for (option, saved, in_file) in
        [(None, "with.pcapng", "all"), (Some("--no-secrets"), "without.pcapng", "none")]
    {
        let (port, keys) = (free_port(), path(&format!("{saved}.keys")));
        std::fs::write(&keys, "").unwrap();
        let (saved, filter) = (path(saved), format!("tcp port {port}"));
        let mut arguments =
            vec!["-i", "lo", "-f", "json", "--keys", &keys, "-w", &saved, "--filter", &filter];
        arguments.extend(option);
        let wsight = Wsight::start(&arguments);
        let peers = python(None, &["secretly", "127.0.0.1", &port.to_string(), &keys]).status().unwrap();
        assert!(peers.success());
        let told = wsight.until("end of the TLS session", |line| is(line, "tls"));
        assert_eq!(told.iter().filter(|line| is(&line.text, "message")).count(), 2);
        assert_eq!(readable(&told), Some("all".into()));
        let (status, _, errors) = wsight.end();
        assert_eq!(status.code(), Some(0), "{errors}");
        assert_eq!(readable_part_of(&saved), in_file, "{option:?}");
    }
}

#[test]
fn secrets_that_come_a_second_late_still_stand_in_front_of_their_packets() {
    if !may_capture() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (port, own, keys, saved) = (free_port(), path("own.keys"), path("keys"), path("saved.pcapng"));
    for log in [&own, &keys] {
        std::fs::write(log, "").unwrap();
    }
    let filter = format!("tcp port {port}");
    let wsight =
        Wsight::start(&["-i", "lo", "-f", "json", "--keys", &keys, "-w", &saved, "--filter", &filter]);
    assert!(python(None, &["secretly", "127.0.0.1", &port.to_string(), &own]).status().unwrap().success());
    std::thread::sleep(std::time::Duration::from_secs(1));
    // The connection is over by now, and waits.
    std::fs::write(&keys, std::fs::read(&own).unwrap()).unwrap();
    let told = wsight.until("end of the TLS session", |line| is(line, "tls"));
    assert_eq!(told.iter().filter(|line| is(&line.text, "message")).count(), 2);
    let (status, _, errors) = wsight.end();
    assert_eq!((status.code(), &*errors), (Some(0), ""));
    let bytes = std::fs::read(&saved).unwrap();
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let next = |at: &usize| Some(at + word(at + 4) as usize).filter(|next| *next < bytes.len());
    let kinds: Vec<u32> = std::iter::successors(Some(0), next).map(word).collect();
    // Decryption Secrets Block, Enhanced Packet Block.
    let first = |kind: u32| kinds.iter().position(|found| *found == kind).unwrap();
    assert!(first(10) < first(6), "{kinds:?}");
}

/// How much of the TLS session in a file can be read.
fn readable_part_of(file: &str) -> String {
    let output = wsight(&["-f", "json", "--only", "tls", file]);
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    line["readable"].as_str().unwrap().to_owned()
}

#[test]
fn what_is_wrong_is_told_while_the_session_is_open() {
    if !may_capture() {
        return;
    }
    let port = free_port();
    let wsight = Wsight::start(&["-i", "lo", "-f", "json", "--filter", &format!("tcp port {port}")]);
    let mut raw = Raw::open(port);
    // Ping 0d 90 0f 00, masked with zeroes' neighbour 01 02 03 04; pong 0d 90 0f. Then 202 bytes of which 199 come.
    raw.client.write_all(b"\x89\x84\x01\x02\x03\x04\x0c\x92\x0c\x04").unwrap();
    raw.server.read_exact(&mut [0; 10]).unwrap();
    raw.server.write_all(b"\x8a\x03\x0d\x90\x0f").unwrap();
    raw.server.write_all(&[&b"\x81\x7e\x00\xca"[..], &[b'x'; 199]].concat()).unwrap();
    // The right pong may still come, so the wrong one and the frame that waits are reported one soon after the other.
    let mut told = wsight.until("pong-mismatch", |line| line.contains(r#""id":"pong-mismatch""#));
    let mismatch = told.last().unwrap().json();
    assert_eq!(
        (mismatch["expected_hex"].as_str(), mismatch["found_hex"].as_str()),
        (Some("0d900f00"), Some("0d900f"))
    );
    let is_stalled = |line: &str| line.contains(r#""id":"frame-stalled""#);
    if !told.iter().any(|line| is_stalled(&line.text)) {
        told = wsight.until("frame-stalled", is_stalled);
    }
    let stalled = told.iter().find(|line| is_stalled(&line.text)).unwrap().json();
    assert_eq!(
        (&stalled["declared"], &stalled["received"], &stalled["waiting"]),
        (&202.into(), &199.into(), &true.into())
    );
    assert!(stalled["waited_ms"].as_f64().unwrap() >= 5000.0, "{stalled}");
    // The rest comes after all: the frame is whole, and nothing more is said about it.
    raw.server.write_all(b"xxx").unwrap();
    let told = wsight.until("frame", |line| is(line, "frame"));
    assert_eq!(told.last().unwrap().json()["complete"], true);
    drop(raw);
    let (_, rest, _) = wsight.end();
    assert!(!rest.iter().any(|line| line.text.contains("frame-incomplete")));
}

#[test]
fn a_packet_is_told_within_a_fifth_of_a_second() {
    if !may_capture() {
        return;
    }
    let port = free_port();
    let server = Peer::start(python(None, &["serve", "127.0.0.1", &port.to_string()]));
    let wsight = Wsight::start(&["-i", "lo", "-f", "json", "tcp", "port", &port.to_string()]);
    talk(port, 100);
    let lines = wsight.until("end of the session", ended);
    let messages = lines.iter().filter(|line| is(&line.text, "message"));
    let mut delays: Vec<Duration> = messages
        .map(|line| {
            let time: jiff::Timestamp = line.json()["time"].as_str().unwrap().parse().unwrap();
            line.at.duration_since(SystemTime::from(time)).unwrap()
        })
        .collect();
    assert_eq!(delays.len(), 200);
    delays.sort_unstable();
    // The machine may be busy with other tests now and then: most are to be in time.
    assert!(delays[delays.len() / 2] < Duration::from_millis(200), "{delays:?}");
    wsight.end();
    server.end();
}

/// What the saved file shows: the same as was reported live, except for what was reported while it waited.
#[test]
fn the_saved_file_tells_what_the_live_run_told() {
    if !may_capture() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("saved.pcapng");
    let path = path.to_str().unwrap();
    let port = free_port();
    let server = Peer::start(python(None, &["serve", "127.0.0.1", &port.to_string()]));
    let filter = format!("tcp port {port}");
    let wsight = Wsight::start(&["-i", "lo", "-f", "json", "-w", path, &filter]);
    talk(port, 50);
    let mut live = wsight.until("end of the session", ended);
    // Readable while it is being written.
    let early = self::wsight(&["-f", "json", path]);
    assert!(String::from_utf8(early.stdout).unwrap().contains("\"messages\":100"));
    let raw = Peer::start(python(None, &["ping", "127.0.0.1", &port.to_string(), "0d900f00"]));
    live.extend(wsight.until("pong", |line| line.contains(r#""opcode":"pong""#)));
    raw.end();
    let (status, rest, errors) = wsight.end();
    assert_eq!(status.code(), Some(0), "{errors}");
    live.extend(rest);
    let live: Vec<&str> = live
        .iter()
        .map(|line| line.text.as_str())
        .filter(|line| !line.contains(r#""waiting":true"#))
        .collect();
    let saved = self::wsight(&["-f", "json", path]);
    assert_eq!(saved.status.code(), Some(0));
    assert_eq!(String::from_utf8(saved.stdout).unwrap().lines().collect::<Vec<_>>(), live);
    server.end();
}

/// Also the reports that are put together at the end, and tables; and by the user for whom root was given up.
#[test]
fn every_report_of_a_live_capture_can_go_into_a_file() {
    if !may_capture() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    run("chmod", &["777", folder.path().to_str().unwrap()]);
    let names = |folder: &Path| {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        entries.map(|name| name.into_string().unwrap()).collect::<BTreeSet<_>>()
    };
    for (name, begins) in [("a.json", "{"), ("a.xml", "<?xml"), ("a.html", "<!doctype html>"), ("a.har", "{")]
    {
        let path = folder.path().join(name);
        let mut command = Command::new(PROGRAM);
        command.args(["-i", "lo", "--duration", "1", "-o"]).arg(&path).arg("port 1");
        command.env("SUDO_UID", "65534").env("SUDO_GID", "65534");
        let output = command.output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{name}: {told}");
        let report = std::fs::read_to_string(path).unwrap();
        assert!(report.to_ascii_lowercase().starts_with(begins), "{name}: {report}");
    }
    let tables = folder.path().join("tables");
    let output =
        self::wsight(&["-i", "lo", "--duration", "1", "-f", "csv", "-o", tables.to_str().unwrap(), "port 1"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8(output.stderr).unwrap());
    assert!(names(&tables).contains("frames.csv"));
    // Nothing is left besides.
    assert_eq!(names(folder.path()).len(), 5, "{:?}", names(folder.path()));
}

#[test]
fn a_capture_that_is_there_is_not_written_over() {
    if !may_capture() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let names = ["kept.pcapng", "kept.00007.pcapng"].map(|name| folder.path().join(name));
    for name in &names {
        std::fs::write(name, "dear to me").unwrap();
    }
    let path = names[0].to_str().unwrap();
    let capture = |options: &[&str]| {
        let common = ["-i", "lo", "-f", "json", "--duration", "1", "-w", path];
        let output = self::wsight(&[&common, options, &["port", "1"]].concat());
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for (options, name) in [(&[][..], "kept.pcapng"), (&["-C", "1"], "kept.00007.pcapng")] {
        let (status, told) = capture(options);
        assert_eq!(status, Some(2), "{told}");
        assert!(told.contains(&format!("{name}: it exists; --force replaces it")), "{told}");
    }
    for name in &names {
        assert_eq!(std::fs::read(name).unwrap(), b"dear to me");
    }
    // The files of a ring come and go.
    assert_eq!(capture(&["-C", "1", "-W", "2"]).0, Some(0));
    let (status, told) = capture(&["--force"]);
    assert_eq!(status, Some(0), "{told}");
    assert!(std::fs::read(&names[0]).unwrap().starts_with(b"\x0a\x0d\x0d\x0a"));
}

#[test]
fn saved_files_take_turns() {
    if !may_capture() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ring.pcapng");
    let port = free_port();
    let server = Peer::start(python(None, &["serve", "127.0.0.1", &port.to_string()]));
    let (path, filter) = (path.to_str().unwrap(), format!("tcp port {port}"));
    let wsight = Wsight::start(&["-i", "lo", "-f", "json", "-w", path, "-C", "1", "-W", "2", &filter]);
    // An echo takes three packets or more of over 100 bytes as they are saved: this begins a third file.
    talk(port, 9_000);
    let mut lines = wsight.until("end of the session", ended);
    let (status, rest, errors) = wsight.end();
    assert_eq!(status.code(), Some(0), "{errors}");
    lines.extend(rest);
    let mut names: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 2, "{names:?}");
    let number =
        |name: &str| name.trim_start_matches("ring.").trim_end_matches(".pcapng").parse::<u32>().unwrap();
    assert_eq!(number(&names[1]), number(&names[0]) + 1);
    assert!(number(&names[0]) > 1, "{names:?}");
    let paths: Vec<String> =
        names.iter().map(|name| folder.path().join(name).to_str().unwrap().to_owned()).collect();
    assert!(std::fs::metadata(&paths[0]).unwrap().len() >= 1_000_000);
    let again = self::wsight(&["-f", "json", "--only", "summary", &paths[0], &paths[1]]);
    assert_eq!(again.status.code(), Some(0));
    let packets = |text: &str| serde_json::from_str::<Value>(text).unwrap()["packets"].as_u64().unwrap();
    let kept = packets(std::str::from_utf8(&again.stdout).unwrap());
    assert!(kept > 5_000 && kept < summary(&lines)["packets"].as_u64().unwrap());
    server.end();
}

#[test]
fn a_full_disk_ends_the_saving_and_not_the_analysis() {
    if !may(&[Capability::NetRaw, Capability::SysAdmin]) {
        return;
    }
    let port = free_port();
    let server = Peer::start(python(None, &["serve", "127.0.0.1", &port.to_string()]));
    let folder = tempfile::tempdir().unwrap();
    run("mount", &["-t", "tmpfs", "-o", "size=64k", "none", folder.path().to_str().unwrap()]);
    let path = folder.path().join("full.pcapng");
    let wsight = Wsight::start(&[
        "-i",
        "lo",
        "-f",
        "json",
        "-w",
        path.to_str().unwrap(),
        "tcp",
        "port",
        &port.to_string(),
    ]);
    talk(port, 1000);
    let mut lines = wsight.until("end of the session", ended);
    let (status, rest, errors) = wsight.end();
    lines.extend(rest);
    run("umount", &[folder.path().to_str().unwrap()]);
    assert_eq!(status.code(), Some(2));
    assert!(
        errors.contains("full.pcapng: no more packets can be saved: No space left on device"),
        "{errors}"
    );
    assert_eq!(summary(&lines)["messages"], 2000);
    server.end();
}

#[test]
fn dropped_packets_are_counted_and_nobody_is_blamed() {
    if !may_capture() {
        return;
    }
    let port = free_port();
    let server = Peer::start(python(None, &["serve", "127.0.0.1", &port.to_string()]));
    let filter = format!("tcp port {port}");
    // There is no room for a single packet.
    let wsight = Wsight::start(&["-i", "lo", "-f", "json", "--limit", "queue-bytes=1", &filter]);
    talk(port, 20);
    let mut lines = wsight.until("capture-drops", |line| line.contains(r#""id":"capture-drops""#));
    let (status, rest, errors) = wsight.end();
    lines.extend(rest);
    assert_eq!(status.code(), Some(0));
    assert!(errors.contains("lo: ") && errors.contains(" by wsight (--limit queue-bytes)"), "{errors}");
    let findings: Vec<Value> =
        lines.iter().filter(|line| is(&line.text, "finding")).map(Line::json).collect();
    assert!(findings.iter().all(|finding| finding["id"] == "capture-drops"), "{findings:?}");
    let dropped: u64 = findings.iter().map(|finding| finding["dropped"].as_u64().unwrap()).sum();
    assert!(dropped > 40, "{dropped}");
    assert_eq!(summary(&lines)["packets"], 0);
    server.end();
}

#[test]
fn it_ends_after_so_many_packets_or_so_long() {
    if !may_capture() {
        return;
    }
    let port = free_port();
    let server = Peer::start(python(None, &["serve", "127.0.0.1", &port.to_string()]));
    let filter = format!("tcp port {port}");
    let wsight = Wsight::start(&["-i", "lo", "-f", "json", "-c", "7", &filter]);
    talk(port, 20);
    let (status, lines, _) = wsight.wait();
    assert_eq!((status.code(), &summary(&lines)["packets"]), (Some(0), &7.into()));
    let wsight = Wsight::start(&["-i", "lo", "-f", "json", "--duration", "0.2s", &filter]);
    let (status, lines, _) = wsight.wait();
    assert_eq!((status.code(), &summary(&lines)["packets"]), (Some(0), &0.into()));
    server.end();
}

#[test]
fn figures_are_served_while_it_captures() {
    if !may_capture() {
        return;
    }
    let (port, metrics) = (free_port(), free_port());
    let server = Peer::start(python(None, &["serve", "127.0.0.1", &port.to_string()]));
    let address = metrics.to_string();
    let wsight =
        Wsight::start(&["-i", "lo", "-f", "json", "--metrics", &address, "tcp", "port", &port.to_string()]);
    let ask = |request: &str| {
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", metrics)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    talk(port, 30);
    wsight.until("end of the session", ended);
    let page = ask("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
    for line in [
        "HTTP/1.1 200 OK",
        "wsight_frames_total{opcode=\"text\"} 60",
        "wsight_messages_total 60",
        "wsight_upgrades_total{outcome=\"accepted\"} 1",
        "wsight_sessions_open 0",
        "wsight_dropped_packets_total{interface=\"lo\",by=\"kernel\"} 0",
        "wsight_queue_bytes 0",
        "# EOF",
    ] {
        assert!(page.lines().any(|other| other == line), "{line} is not in\n{page}");
    }
    assert!(ask("GET /else HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
    assert!(ask("POST /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405 "));
    assert!(ask("\x16\x03\x01\r\n\r\n").starts_with("HTTP/1.1 400 "));
    wsight.end();
    server.end();
}

#[test]
fn what_cannot_be_captured_is_said_with_a_way_out() {
    let output = wsight(&["interfaces"]);
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.lines().any(|line| line.starts_with("lo ") && line.contains("127.0.0.1")), "{table}");
    let said = |arguments: &[&str]| {
        let output = wsight(arguments);
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(output.stdout, b"");
        String::from_utf8(output.stderr).unwrap()
    };
    let unknown = said(&["-i", "nowhere0", "-f", "text"]);
    assert!(unknown.starts_with("wsight: nowhere0: there is no such interface; there are "), "{unknown}");
    assert!(unknown.contains("lo"), "{unknown}");
    if !may_capture() {
        return;
    }
    let filter = said(&["-i", "lo", "-f", "text", "tcp", "prot", "80"]);
    assert!(filter.ends_with("\n  tcp prot 80\n      ^\n"), "{filter}");
    let twice = said(&["-i", "lo", "-f", "text", "--filter", "tcp", "udp"]);
    assert!(twice.contains("the capture filter was given twice"), "{twice}");
    let nobody = Command::new(PROGRAM).args(["-i", "lo", "-f", "text"]).uid(65_534).output();
    // Where the build lies in a folder that nobody else may enter, nobody else can run it.
    if let Ok(nobody) = nobody {
        let said = String::from_utf8(nobody.stderr).unwrap();
        assert_eq!(nobody.status.code(), Some(2));
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains("CAP_NET_RAW") && said.contains("sudo setcap cap_net_raw+ep "), "{said}");
    }
}

#[test]
fn an_interface_that_is_down_is_said_to_be() {
    if !may(&[Capability::NetRaw, Capability::NetAdmin]) {
        return;
    }
    run("ip", &["link", "add", "wsight-down", "type", "veth"]);
    let down = wsight(&["-i", "wsight-down", "-f", "text"]);
    run("ip", &["link", "del", "wsight-down"]);
    assert_eq!((down.status.code(), down.stdout.as_slice()), (Some(2), &b""[..]));
    let said = String::from_utf8(down.stderr).unwrap();
    assert!(said.contains("`ip link set wsight-down up` brings it up"), "{said}");
}

#[test]
fn root_is_given_up_and_saved_files_belong_to_the_user() {
    if !may_capture() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    run("chmod", &["777", folder.path().to_str().unwrap()]);
    let path = folder.path().join("mine.pcapng");
    let path = path.to_str().unwrap();
    let sudo = |command: &mut Command| {
        command.env("SUDO_UID", "65534").env("SUDO_GID", "65534");
    };
    let mut command = Command::new(PROGRAM);
    command.args(["-i", "lo", "-f", "json", "-w", path, "port 1"]);
    sudo(&mut command);
    let wsight = Wsight::spawn(command);
    let status = std::fs::read_to_string(format!("/proc/{}/status", wsight.id())).unwrap();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(field("Uid:"), "65534 65534 65534 65534");
    assert_eq!(field("Gid:"), "65534 65534 65534 65534");
    for capabilities in ["CapInh:", "CapPrm:", "CapEff:", "CapAmb:"] {
        assert_eq!(field(capabilities), "0000000000000000", "{capabilities}");
    }
    assert_eq!(field("NoNewPrivs:"), "1");
    assert_eq!(field("Seccomp:"), "2");
    wsight.end();
    let owner = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(path).unwrap());
    assert_eq!(owner, 65_534);
    let mut command = Command::new(PROGRAM);
    command.args(["-i", "lo", "-f", "json", "--user", "no-such-user"]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("no-such-user") && said.contains("there is no such user"), "{said}");
}
