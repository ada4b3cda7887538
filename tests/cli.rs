//! The program as scripts see it: exit statuses, what is on standard output and what on standard error.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

fn wsight(arguments: &[&str], stdin: &[u8]) -> Output {
    let mut child = command(arguments).stdin(Stdio::piped()).spawn().unwrap();
    // A program that does not read its input closes it: that is not a failure of the test.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    child.wait_with_output().unwrap()
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wsight"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A pcap with this many ARP packets.
fn pcap(packets: u32) -> Vec<u8> {
    pcap_from(0, packets)
}

/// The same, beginning some seconds later.
fn pcap_from(begin: u32, packets: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1] {
        bytes.extend(word.to_le_bytes());
    }
    let arp = [&[0xff; 12][..], &[0x08, 0x06], &[0; 28]].concat();
    for second in begin..begin + packets {
        for word in [1_700_000_000 + second, 0, 42, 42] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(&arp);
    }
    bytes
}

/// A pcapng without a packet whose interface dropped seven, which is a finding of severity warning.
fn pcapng_with_drops() -> Vec<u8> {
    fn block(kind: u32, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 12).unwrap().to_le_bytes();
        [&kind.to_le_bytes(), &length[..], body, &length].concat()
    }
    let section = [&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat();
    let interface = [1, 0, 0, 0, 0, 0, 4, 0];
    // Interface 0, no time, option 5 (isb_ifdrop) with 8 bytes, end of options.
    let statistics = [&[0; 12][..], &[5, 0, 8, 0], &7_u64.to_le_bytes(), &[0; 4]].concat();
    [block(0x0a0d_0d0a, &section), block(1, &interface), block(5, &statistics)].concat()
}

fn file(dir: &TempDir, name: &str, bytes: &[u8]) -> String {
    let path: PathBuf = dir.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_capture_is_analyzed_with_status_0() {
    let dir = TempDir::new().unwrap();
    let output = wsight(&["-f", "json", &file(&dir, "a.pcap", &pcap(3))], b"");
    assert_eq!((status(&output), text(&output.stderr)), (0, String::new()));
    let summary = text(&output.stdout);
    assert!(summary.starts_with(r#"{"type":"summary","packets":3,"#), "{summary}");
    assert_eq!(summary.lines().count(), 1);
}

#[test]
fn standard_input_is_a_dash() {
    let output = wsight(&["-", "-f", "json"], &pcap(2));
    assert_eq!(status(&output), 0);
    assert!(text(&output.stdout).contains(r#""packets":2,"#));
}

#[test]
fn without_a_file_it_says_what_to_do_and_reads_nothing() {
    let output = wsight(&[], &pcap(2));
    assert_eq!((status(&output), text(&output.stdout)), (2, String::new()));
    let hint = "wsight: no capture file given; to read standard input, use `wsight -`\n";
    assert_eq!(text(&output.stderr), hint);
}

#[test]
fn a_damaged_file_is_analyzed_up_to_the_damage_and_the_others_whole() {
    let dir = TempDir::new().unwrap();
    let whole = pcap(2);
    let cut = file(&dir, "cut.pcap", whole.get(..whole.len() - 1).unwrap());
    let missing = Path::new(&cut).with_file_name("missing.pcap");
    let good = file(&dir, "good.pcap", &pcap_from(9, 5));
    let output = wsight(&["-f", "json", &cut, missing.to_str().unwrap(), &good], b"");
    assert_eq!(status(&output), 2);
    assert!(text(&output.stdout).contains(r#""packets":6,"#), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains(r#""unread_inputs":2,"#), "{}", text(&output.stdout));
    let verdict = text(&wsight(&["-f", "summary", &cut, &good], b"").stdout);
    assert!(verdict.contains("! 1 input could not be read to the end"), "{verdict}");
    let errors = text(&output.stderr);
    let lines: Vec<&str> = errors.lines().collect();
    assert_eq!(lines.len(), 2, "{errors}");
    assert!(lines.iter().all(|line| line.starts_with("wsight: ")), "{errors}");
    assert!(lines[0].contains("cut.pcap: the file ends inside packet 2"), "{errors}");
    assert!(lines[1].contains("missing.pcap: it cannot be opened"), "{errors}");
}

#[test]
fn inputs_in_the_wrong_order_are_remarked_on_once() {
    let dir = TempDir::new().unwrap();
    let late = {
        let mut late = pcap(1);
        // The seconds of the first packet's time.
        late[24..28].copy_from_slice(&u32::MAX.to_le_bytes());
        late
    };
    let names = [file(&dir, "x1", &pcap(1)), file(&dir, "x10", &late), file(&dir, "x2", &pcap_from(1, 2))];
    let [x1, x10, x2] = &names;
    let output = wsight(&[x1, x2, x10], b"");
    assert_eq!((status(&output), text(&output.stderr)), (0, String::new()));
    let output = wsight(&[x1, x10, x2, x10, x1], b"");
    let told = text(&output.stderr);
    let hints: Vec<&str> = told.lines().filter(|line| line.contains("begins earlier")).collect();
    assert_eq!((status(&output), hints.len()), (0, 1), "{told}");
    assert!(hints[0].starts_with(&format!("wsight: {x2} begins earlier than {x10}, ")), "{told}");
}

#[test]
fn fail_on_asks_for_a_severity_or_worse() {
    let dir = TempDir::new().unwrap();
    let drops = file(&dir, "drops.pcapng", &pcapng_with_drops());
    for (arguments, expected) in [
        (&[][..], 0),
        (&["--fail-on", "error"], 0),
        (&["--fail-on", "warning"], 1),
        (&["--fail-on", "note"], 1),
        (&["--fail-on", "error", "--severity", "capture-drops=error"], 1),
        (&["--fail-on", "warning", "--severity", "capture-drops=note"], 0),
        (&["--fail-on", "note", "--ignore", "capture-drops"], 0),
        // What wsight could not do weighs more than what it found.
        (&["--fail-on", "note", "/nowhere/missing.pcap"], 2),
    ] {
        let output = wsight(&[&[drops.as_str()], arguments].concat(), b"");
        assert_eq!(status(&output), expected, "{arguments:?}: {}", text(&output.stdout));
    }
}

#[test]
fn bad_arguments_have_status_2_and_help_has_0() {
    for (arguments, part) in [
        (&["--ignore", "pong-mismtach", "x"][..], "pong-mismatch"),
        (&["--frobnicate"], "--frobnicate"),
        (&["--limit", "x=1", "x"], "no limit called 'x'"),
        (&["explain", "no such thing at all"], "no finding has this name or explains"),
    ] {
        let output = wsight(arguments, b"");
        assert_eq!((status(&output), text(&output.stdout)), (2, String::new()), "{arguments:?}");
        assert!(text(&output.stderr).contains(part), "{}", text(&output.stderr));
    }
    for arguments in [&["--help"][..], &["--version"], &["explain"], &["explain", "pong-mismatch"]] {
        let output = wsight(arguments, b"");
        assert_eq!((status(&output), text(&output.stderr)), (0, String::new()), "{arguments:?}");
        assert!(!output.stdout.is_empty());
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let dir = TempDir::new().unwrap();
    let capture = file(&dir, "a.pcap", &pcap(3));
    for arguments in [&["-f", "json", &capture][..], &[&capture], &["explain"], &["--help"]] {
        let mut child = command(arguments).stdin(Stdio::null()).spawn().unwrap();
        drop(child.stdout.take());
        let mut errors = String::new();
        child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        assert_eq!((child.wait().unwrap().code(), errors.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn colours_come_on_request_and_never_to_a_pipe_unasked() {
    let has_colours = |arguments: &[&str], name: &str| {
        let output = command(arguments).env(name, "1").stdin(Stdio::null()).output().unwrap();
        output.stdout.contains(&0x1b)
    };
    assert!(!has_colours(&["explain"], "IRRELEVANT"));
    assert!(has_colours(&["explain"], "CLICOLOR_FORCE"));
    assert!(!has_colours(&["explain"], "NO_COLOR"));
    assert!(has_colours(&["explain", "--color", "always"], "NO_COLOR"));
    assert!(!has_colours(&["--color", "never", "explain"], "CLICOLOR_FORCE"));
}

/// A capture of this repository.
fn recorded(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures").join(name).to_str().unwrap().to_owned()
}

#[test]
#[cfg(feature = "live")]
fn words_behind_a_file_choose_packets_as_with_tcpdump() {
    let capture = recorded("bots-and-bad-clients.pcap");
    let count = |words: &[&str]| {
        let output = wsight(&[&["-f", "json", "--only", "summary"], words].concat(), b"");
        assert_eq!(status(&output), 0);
        // The numbers of sessions are others then.
        let is_told = text(&output.stderr)
            .contains("sessions are numbered among the packets that the packet filter lets");
        assert_eq!(is_told, words.iter().any(|word| word.contains("port")), "{}", text(&output.stderr));
        let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        summary["packets"].as_u64().unwrap()
    };
    let all = count(&[&capture]);
    let some = count(&[&capture, "port", "42408"]);
    assert!(0 < some && some < all);
    assert_eq!(count(&["-r", &capture, "port 42408"]), some);
    assert_eq!(count(&["-r", &capture]), all);
    assert_eq!(count(&[&capture, "--filter", "not port 42408"]), all - some);
    let output = wsight(&["-f", "text", &capture, "tcp", "prot", "80"], b"");
    assert_eq!(status(&output), 2);
    assert!(text(&output.stderr).contains("  tcp prot 80\n      ^"));
}

#[test]
fn the_connections_of_chosen_sessions_are_saved_whole() {
    let dir = TempDir::new().unwrap();
    let capture = recorded("bots-and-bad-clients.pcap");
    let other = recorded("tls-1.3.pcapng");
    let saved = dir.path().join("saved.pcapng");
    let saved = saved.to_str().unwrap();
    let sessions = |inputs: &[&str]| -> Vec<serde_json::Value> {
        let output = wsight(&[&["-f", "json", "--only", "session"], inputs].concat(), b"");
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    // What can be told of a session does not depend on what else is in the capture, but for its numbers.
    let figures = |sessions: &[serde_json::Value]| -> Vec<serde_json::Value> {
        let names = ["client", "server", "time", "target", "duration_ms", "frames", "bytes", "close", "end"];
        sessions.iter().map(|session| names.iter().map(|name| session[*name].clone()).collect()).collect()
    };
    let before = sessions(&[&capture, &other]);
    let last = before.last().unwrap();
    let number = last["session"].to_string();
    let output = wsight(&["-f", "summary", "--session", &number, "-w", saved, &capture, &other], b"");
    assert_eq!(status(&output), 0);
    assert!(text(&output.stderr).contains("packets of 1 connection saved"), "{}", text(&output.stderr));
    // It is inside TLS: the saved capture has its secrets.
    assert_eq!(figures(&sessions(&[saved])), figures(std::slice::from_ref(last)));
    let output = wsight(&["-f", "summary", "--force", "-w", saved, &capture, &other], b"");
    assert_eq!(status(&output), 0);
    assert_eq!(figures(&sessions(&[saved])), figures(&before));
}

/// An IPv4 packet with this payload.
fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
    let header = [0x45, 0, length[0], length[1], 0, 0, 0, 0, 64, protocol, 0, 0, 10, 9, 9, 1, 10, 9, 9, 2];
    [&header[..], payload].concat()
}

/// An IPv4 packet without options in two fragments, the last one first; one that is too short as it is.
fn in_fragments(packet: &[u8], identification: u16) -> Vec<Vec<u8>> {
    let (header, payload) = packet.split_at(20);
    let Some((first, rest)) = payload.split_at_checked(24).filter(|(_, rest)| !rest.is_empty()) else {
        return vec![packet.to_vec()];
    };
    let part = |offset: u16, payload: &[u8]| {
        let mut header = header.to_vec();
        header[2..4].copy_from_slice(&u16::try_from(20 + payload.len()).unwrap().to_be_bytes());
        header[4..6].copy_from_slice(&identification.to_be_bytes());
        header[6..8].copy_from_slice(&offset.to_be_bytes());
        [&header[..], payload].concat()
    };
    vec![part(3, rest), part(0x2000, first)]
}

/// A recorded capture of Ethernet and IPv4 whose packets come as `carried` makes them from each IP packet and its number.
fn carried_as(name: &str, carried: impl Fn(&[u8], u16) -> Vec<Vec<u8>>) -> Vec<u8> {
    let pcap = std::fs::read(recorded(name)).unwrap();
    let (header, mut rest) = pcap.split_at(24);
    let mut made = header.to_vec();
    let mut number = 0;
    while let Some((record, packets)) = rest.split_at_checked(16) {
        let length = u32::from_le_bytes(record[8..12].try_into().unwrap()) as usize;
        let (packet, next) = packets.split_at(length);
        rest = next;
        number += 1;
        for packet in carried(&packet[14..], number) {
            let length = u32::try_from(packet.len()).unwrap().to_le_bytes();
            made.extend([&record[..8], &length, &length, &packet].concat());
        }
    }
    made
}

/// In Ethernet, behind a VLAN tag or not.
fn in_ethernet(tag: &[u8], packets: &[Vec<u8>]) -> Vec<Vec<u8>> {
    packets.iter().map(|packet| [&[0; 12], tag, &[0x08, 0x00], packet].concat()).collect()
}

#[test]
fn fragments_are_saved_with_the_connection_they_belong_to() {
    let dir = TempDir::new().unwrap();
    let saved = dir.path().join("saved.pcapng");
    let saved = saved.to_str().unwrap();
    let other = recorded("bots-and-bad-clients.pcap");
    let tunnel = |packet: &[u8], number: u16| in_fragments(&ipv4(4, packet), number);
    let captures = [
        carried_as("pong-nul-cut.pcap", |packet, number| in_ethernet(&[], &in_fragments(packet, number))),
        carried_as("pong-nul-cut.pcap", |packet, number| {
            in_ethernet(&[0x81, 0, 0, 7], &in_fragments(packet, number))
        }),
        carried_as("pong-nul-cut.pcap", |packet, number| in_ethernet(&[], &tunnel(packet, number))),
        carried_as("pong-nul-cut.pcap", |packet, number| {
            let inner = in_fragments(packet, number);
            let outer = inner.iter().zip([0, 0x8000]).flat_map(|(part, high)| tunnel(part, number | high));
            in_ethernet(&[], &outer.collect::<Vec<_>>())
        }),
    ];
    for capture in captures {
        let capture = file(&dir, "fragments.pcap", &capture);
        let original = wsight(&["-f", "json", &capture], b"");
        let summary: serde_json::Value =
            serde_json::from_str(text(&original.stdout).lines().last().unwrap()).unwrap();
        assert!(summary["skipped"]["ip-fragment"].as_u64() > Some(5), "{summary}");
        for inputs in [&[&*capture][..], &[&*capture, &*other]] {
            let output =
                wsight(&[&["-f", "summary", "--session", "1", "--force", "-w", saved], inputs].concat(), b"");
            assert_eq!(status(&output), 0, "{}", text(&output.stderr));
            let copy = wsight(&["-f", "json", saved], b"");
            assert_eq!(text(&copy.stdout), text(&original.stdout));
        }
    }
}

#[test]
fn what_is_read_is_not_written_over() {
    let dir = TempDir::new().unwrap();
    let capture = file(&dir, "a.pcap", &pcap(3));
    for (arguments, reason) in [
        (&["-f", "summary", "-w", &capture, &capture][..], "it is one of the captures to read"),
        (&["-f", "summary", "-w", "/no/such/folder/a.pcapng", &capture], "packets cannot be saved there"),
        (&["-f", "summary", "-w", "b.pcapng", "-"], "save it to a file first"),
        // Not even the part of it that a filter chooses.
        (&["-f", "summary", "--force", "-w", &capture, &capture], "it is one of the captures to read"),
    ] {
        let output = wsight(arguments, b"");
        assert_eq!(status(&output), 2);
        assert!(text(&output.stderr).contains(reason), "{}", text(&output.stderr));
    }
    assert_eq!(std::fs::read(&capture).unwrap(), pcap(3));
}

#[test]
fn no_file_of_a_command_line_is_written_over_by_another() {
    let dir = TempDir::new().unwrap();
    let trace = recorded("afternoon.pcap");
    let secret = b"CLIENT_RANDOM 00 00\n";
    let keys = file(&dir, "k.keys", secret);
    file(&dir, "there", b"dear to me");
    std::fs::create_dir(dir.path().join("deep")).unwrap();
    let files = || {
        let mut names: Vec<_> =
            std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = files();
    let refused = |arguments: &[&str], log: Option<&str>, reason: &str| {
        let mut program = command(arguments);
        if let Some(log) = log {
            program.env("SSLKEYLOGFILE", log);
        }
        let output = program.current_dir(dir.path()).arg(&trace).output().unwrap();
        let told = text(&output.stderr);
        assert_eq!(status(&output), 2, "{arguments:?}: {told}");
        assert!(told.contains(reason), "{arguments:?}: {told}");
        assert_eq!(files(), before, "{arguments:?}");
    };
    let both = "it is the file in which -w saves packets; name another file for -o";
    let absolute = dir.path().join("new").to_str().unwrap().to_owned();
    for (packets, output) in [("new", "new"), ("./new", "new"), ("new", &absolute), ("deep/../new", "new")] {
        refused(&["-w", packets, "-f", "json", "-o", output], None, both);
        refused(&["--force", "-w", packets, "-f", "json", "-o", output], None, both);
    }
    refused(&["--force", "-w", "there", "-f", "json", "-o", "./there"], None, both);
    refused(&["-w", "deep/frames.csv", "-f", "csv", "-o", "deep"], None, both);
    for option in ["-o", "-w"] {
        let reason = format!("k.keys: it is the key log to read; name another file for {option}");
        refused(&["-f", "json", "--force", "--keys", "k.keys", option, "k.keys"], None, &reason);
        refused(&["-f", "json", "--force", option, "k.keys"], Some(&keys), &reason);
    }
    assert_eq!(std::fs::read(&keys).unwrap(), secret);
}

#[test]
fn types_that_choose_nothing_are_refused() {
    let dir = TempDir::new().unwrap();
    let capture = recorded("frame-202-of-199.pcap");
    let folder = dir.path().join("tables").to_str().unwrap().to_owned();
    let run = |arguments: &[&str]| {
        let output = wsight(&[arguments, &[&capture]].concat(), b"");
        (status(&output), text(&output.stderr))
    };
    for format in ["html", "har", "pcapng", "summary"] {
        let (status, told) = run(&["-f", format, "--only", "finding"]);
        assert_eq!(status, 2, "{told}");
        let reason = format!("--only chooses lines and tables, and -f {format} has neither");
        assert!(told.contains(&reason), "{told}");
    }
    for format in ["csv", "parquet"] {
        let (status, told) = run(&["-f", format, "--only", "summary", "-o", &folder]);
        assert_eq!(status, 2, "{told}");
        assert!(told.contains(&format!("-f {format} has no table of what --only names")), "{told}");
        assert!(!dir.path().join("tables").exists());
        // With another one, that is written.
        assert_eq!(run(&["-f", format, "--only", "summary,finding", "-o", &folder]).0, 0);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn tables_of_two_captures_do_not_get_into_one_folder() {
    let dir = TempDir::new().unwrap();
    let folder = dir.path().join("tables").to_str().unwrap().to_owned();
    for format in ["csv", "parquet"] {
        let run = |options: &[&str], name: &str| {
            let capture = recorded(name);
            let output =
                wsight(&[&["-f", format, "-o", &folder, "--force"], options, &[&capture]].concat(), b"");
            (status(&output), text(&output.stderr))
        };
        let findings = dir.path().join("tables/findings").with_extension(format);
        assert_eq!(run(&[], "bots-and-bad-clients.pcap").0, 0);
        let before = std::fs::read(&findings).unwrap();
        let (status, told) = run(&["--only", "finding"], "frame-202-of-199.pcap");
        assert_eq!(status, 2, "{told}");
        let reason =
            "it would stay beside new tables that may be about another capture, as --only leaves it out";
        assert!(told.contains(reason) && told.contains(&format!("tables/upgrades.{format}")), "{told}");
        assert_eq!(std::fs::read(&findings).unwrap(), before);
        // All of them are replaced together, and so are those that the same types made.
        assert_eq!(run(&[], "frame-202-of-199.pcap").0, 0);
        assert_ne!(std::fs::read(&findings).unwrap(), before);
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(run(&["--only", "finding"], "bots-and-bad-clients.pcap").0, 0);
        assert_eq!(run(&["--only", "finding"], "frame-202-of-199.pcap").0, 0);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn a_pong_says_how_long_its_ping_waited_whatever_a_filter_leaves_out() {
    let capture = recorded("afternoon.pcap");
    for format in [&["--oneline", "--only", "frame"][..], &["-f", "text"]] {
        let pongs = |options: &[&str]| -> Vec<String> {
            let output = wsight(&[format, options, &[&capture]].concat(), b"");
            let printed = text(&output.stdout);
            let behind = |line: &str| Some(line[line.find(['→', '←'])?..].to_owned());
            printed.lines().filter(|line| line.contains(" pong  ")).filter_map(behind).collect()
        };
        let all = pongs(&[]);
        assert!(all.iter().filter(|line| line.contains("  after ")).count() > 2, "{all:?}");
        assert_eq!(pongs(&["--where", "opcode == pong"]), all);
    }
}

#[test]
fn saving_writes_over_nothing_unless_it_is_told_to() {
    let dir = TempDir::new().unwrap();
    let capture = recorded("afternoon.pcap");
    let saved = file(&dir, "saved.pcapng", b"dear to me");
    let save = |options: &[&str]| {
        let output = wsight(&[&["-f", "summary", "-w", &saved], options, &[&capture]].concat(), b"");
        (status(&output), text(&output.stderr))
    };
    let (status, told) = save(&["--session", "3"]);
    assert_eq!(status, 2, "{told}");
    assert!(told.contains("saved.pcapng: it exists; --force replaces it"), "{told}");
    // Where nothing is chosen there is nothing to replace it with.
    let (status, told) = save(&["--session", "99", "--force"]);
    assert_eq!(status, 0, "{told}");
    assert!(told.contains("saved.pcapng: not written, as no connection was chosen"), "{told}");
    assert_eq!(std::fs::read(&saved).unwrap(), b"dear to me");
    let (status, told) = save(&["--session", "3", "--force"]);
    assert_eq!(status, 0, "{told}");
    assert!(std::fs::read(&saved).unwrap().starts_with(b"\x0a\x0d\x0d\x0a"));
    // No empty file is left either, and nothing of how it was written.
    std::fs::remove_file(&saved).unwrap();
    save(&["--session", "99"]);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn secrets_that_are_not_to_be_saved_are_not_in_a_commented_copy_either() {
    let dir = TempDir::new().unwrap();
    let capture = recorded("tls-1.3.pcapng");
    let has_secrets = |name: &str, options: &[&str]| {
        let copy = dir.path().join(name).to_str().unwrap().to_owned();
        let output = wsight(&[options, &["-o", &copy, &capture]].concat(), b"");
        assert_eq!(status(&output), 0, "{}", text(&output.stderr));
        let bytes = std::fs::read(&copy).unwrap();
        bytes.windows(15).any(|bytes| bytes == b"TRAFFIC_SECRET_")
    };
    assert!(has_secrets("with.pcapng", &[]));
    assert!(!has_secrets("without.pcapng", &["--no-secrets"]));
}

#[cfg(unix)]
#[test]
fn saved_secrets_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().unwrap();
    let capture = recorded("tls-1.3.pcapng");
    let others_may = |name: &str, options: &[&str]| {
        let copy = dir.path().join(name).to_str().unwrap().to_owned();
        assert_eq!(status(&wsight(&[options, &["-f", "summary", "-w", &copy, &capture]].concat(), b"")), 0);
        std::fs::metadata(&copy).unwrap().permissions().mode() & 0o077
    };
    assert_eq!(others_may("with.pcapng", &[]), 0);
    // Without secrets the file has the mode that any new one has.
    std::fs::write(dir.path().join("new"), b"").unwrap();
    let usual = std::fs::metadata(dir.path().join("new")).unwrap().permissions().mode() & 0o077;
    assert_eq!(others_may("without.pcapng", &["--no-secrets"]), usual);
}

#[test]
fn secrets_at_the_end_of_a_pipe_open_connections_that_are_over() {
    let capture = recorded("tls-1.3-secrets-behind.pcapng");
    let bytes = std::fs::read(&capture).unwrap();
    let told = text(&wsight(&["-f", "json", "--only", "tls,finding", "-"], &bytes).stdout);
    assert!(told.contains(r#""readable":"all""#) && !told.contains("limit-reached"), "{told}");
    let (piped, read) = (wsight(&["-f", "text", "-"], &bytes), wsight(&["-f", "text", &capture], b""));
    assert_eq!(text(&piped.stdout), text(&read.stdout));
    // The limit costs something here, and that is told. The session is kept for the secrets, and not its records.
    let limit = ["--limit", "tls-held-bytes=600", "-f", "json", "--only", "tls,finding", "-"];
    let told = text(&wsight(&limit, &bytes).stdout);
    assert!(told.contains(r#""readable":"none""#), "{told}");
    assert!(told.contains(r#""limit":"tls-held-bytes""#), "{told}");
    assert!(told.contains(r#""reason":"secrets-too-late""#), "{told}");
}

#[test]
fn nobody_counts_frames_that_cannot_be_seen() {
    let capture = recorded("tls-no-secrets.pcapng");
    for format in ["text", "html", "junit"] {
        let told = text(&wsight(&["-f", format, "--port", "443", &capture], b"").stdout);
        assert!(told.contains("frames cannot be seen"), "{format}: {told}");
        assert!(!told.contains("sent 0 frames"), "{format}: {told}");
    }
    let told = text(&wsight(&["-f", "json", "--only", "session", "--port", "443", &capture], b"").stdout);
    assert!(told.contains(r#""sealed":{"records":{"client":"#) && !told.contains(r#""frames""#), "{told}");
    // What still goes on has no end yet.
    let told = text(&wsight(&["-f", "json", "--only", "tls", "--port", "443", &capture], b"").stdout);
    let running: Vec<&str> = told.lines().filter(|line| line.contains(r#""running":true"#)).collect();
    assert!(!running.is_empty() && running.iter().all(|line| !line.contains(r#""end":"#)), "{told}");
}

#[test]
fn a_key_log_without_secrets_is_told() {
    let dir = TempDir::new().unwrap();
    let capture = recorded("tls-1.3.pcapng");
    for (name, contents, reason) in [
        ("empty.log", "", "it holds no TLS secrets: it is empty"),
        ("comments.log", "# made by nobody\n\n", "it holds no TLS secrets: there are only comments in it"),
        (
            "README.md",
            "# wsight\n\nReads captures of packets, and tells who did what wrong.\n",
            "it is not a key log; its first line is `Reads captures of packets, and tells …`",
        ),
        ("secret.log", "SECRET 00112233445566778899aabbccddeeff 00\n", "its first line is `SECRET …`"),
        (
            "exporter.log",
            &format!("EXPORTER_SECRET {} {}\n", "ab".repeat(32), "cd".repeat(48)),
            "it holds no TLS secrets: its secrets open no records",
        ),
    ] {
        let log = file(&dir, name, contents.as_bytes());
        let output = wsight(&["-f", "summary", "--keys", &log, &capture], b"");
        let told = text(&output.stderr);
        assert!(told.contains(&log) && told.contains(reason), "{told}");
        assert_eq!((status(&output), told.lines().count()), (0, 1), "{told}");
    }
    // Secrets may still come into an empty one while a capture is followed.
    let log = file(&dir, "growing.log", b"");
    let output = wsight(&["--follow", "-c", "1", "-f", "summary", "--keys", &log, &capture], b"");
    assert!(!text(&output.stderr).contains("no TLS secrets"), "{}", text(&output.stderr));
}

#[test]
fn shells_complete_the_options_and_man_has_a_page() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = wsight(&["completions", shell], b"");
        assert_eq!(status(&output), 0);
        let script = text(&output.stdout);
        assert!(script.contains("wsight") && script.contains("fail-on"), "{shell}: {script}");
    }
    let output = wsight(&["man"], b"");
    let page = text(&output.stdout);
    assert_eq!(status(&output), 0);
    for words in [".TH wsight", "fail", "Exit status"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert_eq!(status(&wsight(&["completions", "tcsh"], b"")), 2);
}

#[test]
fn each_event_is_a_line_that_says_when_and_where() {
    let capture = recorded("pong-nul-cut.pcap");
    let told = text(&wsight(&["--oneline", &capture], b"").stdout);
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines.len() > 12, "{told}");
    for line in &lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert!(words[0].starts_with("2026-") && words[0].ends_with('Z'), "{line}");
        assert_eq!((words[1], words[2].starts_with('+')), ("1", true), "{line}");
        assert!(words[3].parse::<u64>().is_ok(), "{line}");
    }
    let packet = |line: &str| line.split_whitespace().nth(3).map(str::to_owned);
    let pong = lines.iter().find(|line| line.contains("← pong") && line.ends_with("0d 90 0f")).unwrap();
    let finding = lines.iter().find(|line| line.contains("✗ error pong-mismatch (frame 3): ")).unwrap();
    assert_eq!(packet(pong), packet(finding), "{told}");
    // A filter chooses lines, and `--only` types of them.
    let told = text(&wsight(&["--oneline", "--only", "message", "--from", "server", &capture], b"").stdout);
    assert!(!told.is_empty() && told.lines().all(|line| line.contains("← text")), "{told}");
}

#[test]
fn only_messages_are_told_as_text() {
    let capture = recorded("fragmented-with-ping.pcap");
    let told = text(&wsight(&["-f", "text", "--only", "message", &capture], b"").stdout);
    assert!(told.contains("Session 1") && told.contains("ends a message of 4 frames"), "{told}");
    assert!(!told.contains("ping") && !told.contains("cont."), "{told}");
}

#[test]
fn a_capture_that_is_named_twice_is_remarked_on() {
    let capture = recorded("pong-nul-cut.pcap");
    let other = recorded("close-missing.pcap");
    let output = wsight(&["-f", "summary", &capture, &other, &capture], b"");
    assert_eq!(status(&output), 0);
    assert!(text(&output.stderr).contains(&format!("{capture} is named twice")), "{}", text(&output.stderr));
    assert!(!text(&wsight(&["-f", "summary", &capture, &other], b"").stderr).contains("twice"));
}

#[test]
fn the_terminal_ui_refuses_a_file_for_its_output() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("out");
    let output = wsight(&["-f", "tui", "-o", path.to_str().unwrap(), "captures/afternoon.pcap"], b"");
    assert_eq!(status(&output), 2, "{output:?}");
    assert!(text(&output.stderr).contains("-o is for what is printed"), "{output:?}");
    assert!(!path.exists());
}

/// The names in a folder.
#[cfg(target_os = "linux")]
fn names(dir: &TempDir) -> Vec<String> {
    let entries = std::fs::read_dir(dir.path()).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_leaves_nothing_half_written() {
    use std::os::unix::process::ExitStatusExt;
    use std::time::{Duration, Instant};
    for (signal, number) in [("INT", 2), ("TERM", 15), ("HUP", 1)] {
        for (format, name) in [("html", "report.html"), ("csv", ""), ("csv", "new/folder")] {
            let dir = TempDir::new().unwrap();
            let path = dir.path().join(name);
            let mut child = command(&["-f", format, "-o", path.to_str().unwrap(), "-"])
                .stdin(Stdio::piped())
                .spawn()
                .unwrap();
            // Packets that never end: after the first signal, what still comes is read; the next one ends the program.
            let mut input = child.stdin.take().unwrap();
            let writer = std::thread::spawn(move || {
                let packets = pcap(1);
                let mut written = input.write_all(&packets);
                while written.is_ok() {
                    written = input.write_all(&packets[24..]);
                }
            });
            // Until it hears the signal.
            let hears = || {
                let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
                let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
                u64::from_str_radix(caught.trim(), 16).unwrap() & (1 << (number - 1)) != 0
            };
            let begun = Instant::now();
            while !hears() && begun.elapsed() < Duration::from_secs(20) {
                std::thread::sleep(Duration::from_millis(10));
            }
            assert!(!names(&dir).is_empty(), "it writes");
            let ended = loop {
                kill(&child, signal);
                if let Some(ended) = child.try_wait().unwrap() {
                    break ended;
                }
                std::thread::sleep(Duration::from_millis(10));
            };
            assert_eq!(ended.signal(), Some(number), "{signal}");
            assert!(names(&dir).is_empty(), "{signal}: {:?}", names(&dir));
            writer.join().unwrap();
        }
    }
}

#[cfg(unix)]
fn kill(child: &std::process::Child, signal: &str) {
    let sent = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

#[cfg(unix)]
#[test]
fn a_pipe_that_is_interrupted_is_summed_up() {
    let capture = std::fs::read("captures/frame-202-of-199.pcap").unwrap();
    let mut child = command(&["-f", "text", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&capture).unwrap();
    let mut output = child.stdout.take().unwrap();
    let mut first = [0];
    // The session is over, and told.
    output.read_exact(&mut first).unwrap();
    kill(&child, "INT");
    let mut told = Vec::new();
    output.read_to_end(&mut told).unwrap();
    let told = String::from_utf8_lossy(&told);
    assert!(told.contains("202 bytes, 199 came and 3 are missing"), "{told}");
    assert!(told.contains("1 session"), "{told}");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    drop(input);
}
