//! Captures of several hosts into tables that are read as one: what belongs together stays together, nothing is there
//! twice, and whatever breaks a run off, the next one goes on.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;
mod scenario;

use common::{Dice, files_below};
use parquet::file::reader::{FileReader, SerializedFileReader};
use scenario::program::{command, run};
use scenario::{OwnedPacket, Scenario};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Two sessions, the first of which goes on past midnight: the capture begins at 22:13:20.
const NIGHT: &str = "\
wait 6398s
C> upgrade /night
S< 101
C> text \"one\"
S< text \"two\"
2C> upgrade /short
2S< 101
2S< times 3 text \"three\"
2S< close 1000
2C> close 1000
2S< fin
2C> fin
C> ping 01
S< pong 01
wait 4s
C> text \"after midnight\"
S< times 4 text \"four\"
C> close 1000
S< close 1000
S< fin
C> fin
";

/// The same addresses and ports, another host.
const OTHER: &str = "\
C> upgrade /other
S< 101
C> text \"elsewhere\"
C> ping 01 02
S< pong 01 03
C> close 1000
S< close 1000
S< fin
C> fin
3C> upgrade /refused
3S< http 403
";

fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Writes packets as the files of a ring, about as many in each.
fn ring(folder: &Path, names: &[&str], packets: &[OwnedPacket]) {
    let length = packets.len().div_ceil(names.len());
    assert!(names.len() > 1 && length > 1);
    for (name, packets) in names.iter().zip(packets.chunks(length)) {
        write(&folder.join(name), &Scenario::pcap_of(packets));
    }
}

/// Two hosts: one with a ring as dumpcap writes it, whose names are in another order than its packets, and one as tcpdump does.
fn captures() -> TempDir {
    let folder = TempDir::new().unwrap();
    let night = Scenario::parse(NIGHT);
    let names = ["ring_00009_20231114.pcap", "ring_00010_20231114.pcap", "ring_00001_20231115.pcap"];
    ring(&folder.path().join("captures/web1"), &names, night.packets());
    let other = Scenario::parse(OTHER);
    ring(&folder.path().join("captures/web2"), &["trace.pcap", "trace.pcap1"], other.packets());
    write(&folder.path().join("captures/README.md"), b"what is in here");
    folder
}

/// A row: what its columns hold, by name.
type Row = Vec<(String, String)>;

fn rows_of(path: &Path) -> Vec<Row> {
    let file = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
    let rows = file.get_row_iter(None).unwrap().map(Result::unwrap);
    rows.map(|row| row.get_column_iter().map(|(name, cell)| (name.clone(), cell.to_string())).collect())
        .collect()
}

/// All rows of a folder of tables, each with its table, host and day; rows of plain tables have neither.
fn rows(out: &Path) -> Vec<(String, Row)> {
    let parquet =
        files_below(out).into_iter().filter(|path| path.extension().is_some_and(|e| e == "parquet"));
    let mut rows: Vec<(String, Row)> = Vec::new();
    for path in parquet {
        let place = path.strip_prefix(out).unwrap().parent().unwrap().to_str().unwrap().to_owned();
        let place =
            if place.is_empty() { path.file_stem().unwrap().to_str().unwrap().to_owned() } else { place };
        rows.extend(rows_of(&path).into_iter().map(|row| (place.clone(), row)));
    }
    rows.sort();
    rows
}

/// Rows by table, without the column that only parts have, and with the `Host` header under its usual name.
fn by_table(rows: &[(String, Row)]) -> BTreeMap<String, Vec<Row>> {
    let mut tables: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for (place, row) in rows {
        let table = place.split('/').next().unwrap().to_owned();
        let mut row: Row = row.iter().filter(|(name, _)| name != "ring").cloned().collect();
        for (name, _) in row.iter_mut().filter(|(name, _)| name == "host_header") {
            "host".clone_into(name);
        }
        tables.entry(table).or_default().push(row);
    }
    for rows in tables.values_mut() {
        rows.sort();
    }
    tables
}

/// Every file with its bytes, by its path.
fn contents(out: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = files_below(out).into_iter();
    files.map(|path| (path.strip_prefix(out).unwrap().to_owned(), fs::read(&path).unwrap())).collect()
}

/// The values of a column in the rows of a table, sorted.
fn column(rows: &[(String, Row)], table: &str, column: &str) -> Vec<String> {
    let of_table = rows.iter().filter(|(place, _)| place.starts_with(&format!("{table}/")));
    let mut values: Vec<String> = of_table
        .map(|(_, row)| row.iter().find(|(name, _)| name == column).unwrap().1.trim_matches('"').to_owned())
        .collect();
    values.sort();
    values
}

#[test]
fn the_tables_of_all_are_those_of_each_ring() {
    let folder = captures();
    let (status, _, told) = run(folder.path(), &["-f", "parquet", "-o", "out", "captures"]);
    let expected = "wsight: passed over in folders: 1 file that is no capture\nwsight: 2 captures of 2 hosts: 2 analyzed\n";
    assert_eq!((status, told.as_str()), (0, expected));
    let all = rows(&folder.path().join("out"));
    let mut single = Vec::new();
    for (out, files) in [
        (
            "web1",
            &[
                "captures/web1/ring_00009_20231114.pcap",
                "captures/web1/ring_00010_20231114.pcap",
                "captures/web1/ring_00001_20231115.pcap",
            ][..],
        ),
        ("web2", &["captures/web2/trace.pcap", "captures/web2/trace.pcap1"]),
    ] {
        assert_eq!(run(folder.path(), &[&["-f", "parquet", "-o", out], files].concat()).0, 0);
        single.extend(rows(&folder.path().join(out)));
    }
    assert_eq!(by_table(&all), by_table(&single));

    // Sessions over borders of files are whole, and hosts with the same addresses apart.
    let place = |host: &str, day: &str| format!("sessions/host={host}/day={day}");
    let places: Vec<&str> =
        all.iter().map(|(place, _)| place.as_str()).filter(|place| place.starts_with("sessions/")).collect();
    let (night, other) = (place("web1", "2023-11-14"), place("web2", "2023-11-14"));
    assert_eq!(places, [night.as_str(), &night, &other]);
    assert_eq!(column(&all, "upgrades", "target"), ["/night", "/other", "/refused", "/short"]);
    assert_eq!(column(&all, "sessions", "client"), ["10.0.0.1:40001", "10.0.0.1:40001", "10.0.0.1:40002"]);
    assert_eq!(column(&all, "findings", "id").iter().filter(|id| *id == "pong-mismatch").count(), 1);
    // The day is that of the row, and a file says which ring it is of.
    let after =
        all.iter().find(|(_, row)| row.iter().any(|(_, cell)| cell.contains("after midnight"))).unwrap();
    assert_eq!(after.0, "messages/host=web1/day=2023-11-15");
    let rings: std::collections::BTreeSet<String> = column(&all, "frames", "ring").into_iter().collect();
    assert_eq!(rings.len(), 2);
    for path in files_below(&folder.path().join("out/frames")) {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        assert!(rings.contains(stem), "{stem}");
    }
    assert!(!folder.path().join("out/.staging").exists());
}

#[test]
fn csv_has_the_same_rows() {
    let folder = captures();
    for format in ["csv", "parquet"] {
        assert_eq!(run(folder.path(), &["-f", format, "-o", format, "captures"]).0, 0);
    }
    let parquet = rows(&folder.path().join("parquet"));
    let mut counted = 0;
    for path in
        files_below(&folder.path().join("csv")).iter().filter(|path| path.extension().unwrap() == "csv")
    {
        let mut reader = csv::Reader::from_path(path).unwrap();
        assert_eq!(reader.headers().unwrap().iter().next_back(), Some("ring"));
        counted += reader.records().map(Result::unwrap).count();
    }
    assert_eq!(counted, parquet.len());
}

#[test]
fn output_does_not_depend_on_how_many_work() {
    let folder = captures();
    for (out, jobs) in [("one", "1"), ("three", "3")] {
        assert_eq!(run(folder.path(), &["-f", "parquet", "-o", out, "--jobs", jobs, "captures"]).0, 0);
    }
    assert_eq!(contents(&folder.path().join("one")), contents(&folder.path().join("three")));
}

#[test]
fn what_is_unchanged_is_not_done_again_and_nothing_is_there_twice() {
    let folder = captures();
    let out = folder.path().join("out");
    let analyze = |arguments: &[&str]| {
        run(folder.path(), &[&["-f", "parquet", "-o", "out", "captures"], arguments].concat())
    };
    analyze(&[]);
    let first = rows(&out);
    let inodes =
        || -> Vec<u64> { files_below(&out).iter().map(|path| path.metadata().unwrap().ino()).collect() };
    let before = inodes();
    let (status, _, told) = analyze(&[]);
    assert!(
        told.ends_with("2 captures of 2 hosts: 0 analyzed, 2 unchanged since an earlier run\n"),
        "{told}"
    );
    assert_eq!((status, rows(&out) == first, inodes() == before), (0, true, true));

    // Another file of a ring: its parts are replaced, the others stay.
    let more = Scenario::parse("wait 90000s\n4C> upgrade /later\n4S< 101\n4C> text \"late\"\n");
    write(&folder.path().join("captures/web2/trace.pcap2"), &more.to_pcap());
    let (status, _, told) = analyze(&[]);
    assert!(told.ends_with("1 analyzed, 1 unchanged since an earlier run\n"), "{told}");
    let second = rows(&out);
    assert_eq!(status, 0);
    assert_eq!(column(&second, "upgrades", "target"), ["/later", "/night", "/other", "/refused", "/short"]);

    // Other options: everything is.
    let (_, _, told) = analyze(&["--only", "session,upgrade"]);
    assert!(told.ends_with(": 2 analyzed\n"), "{told}");
    assert!(!out.join("frames").exists() && out.join("sessions").exists());
    analyze(&[]);
    assert_eq!(rows(&out), second);

    // A file that is gone does not take its rows with it unasked.
    fs::remove_file(folder.path().join("captures/web2/trace.pcap2")).unwrap();
    let (status, _, told) = analyze(&[]);
    assert!(told.contains("web2/trace*.pcap: 1 file in its tables no longer exists"), "{told}");
    assert_eq!((status, rows(&out) == second), (2, true));
    let (status, _, told) = analyze(&["--force"]);
    assert_eq!((status, rows(&out) == first), (0, true), "{told}");
}

#[test]
fn a_run_that_was_killed_goes_on() {
    let folder = captures();
    let night = Scenario::parse(NIGHT);
    for host in 3..9 {
        let names = ["ring_00001.pcap", "ring_00002.pcap"];
        ring(&folder.path().join(format!("captures/web{host}")), &names, night.packets());
    }
    assert_eq!(run(folder.path(), &["-f", "parquet", "-o", "whole", "captures"]).0, 0);
    let whole = contents(&folder.path().join("whole"));
    let mut dice = Dice(7);
    for round in 0..4 {
        let out = format!("out{round}");
        for _ in 0..4 {
            let mut child =
                command(folder.path(), &["-f", "parquet", "-o", &out, "captures"]).spawn().unwrap();
            thread::sleep(Duration::from_millis(dice.roll(60) as u64));
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let (status, _, told) = run(folder.path(), &["-f", "parquet", "-o", &out, "captures"]);
        assert_eq!(status, 0, "{told}");
        assert_eq!(contents(&folder.path().join(&out)), whole, "{told}");
    }
}

#[test]
fn a_ring_that_was_broken_off_is_done_anew_and_the_others_are_not() {
    let folder = captures();
    let (captures, out) = (folder.path().join("captures"), folder.path().join("out"));
    // A named pipe gives half a capture, and then nothing.
    let pipe = captures.join("web3/ring.pcap");
    fs::create_dir_all(pipe.parent().unwrap()).unwrap();
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let scenario = Scenario::parse(OTHER);
    let whole = scenario.to_pcap();
    let arguments = ["-f", "parquet", "-o", "out", "--jobs", "1", "captures", "captures/web3/ring.pcap"];
    let mut child = command(folder.path(), &arguments).spawn().unwrap();
    let mut writer = fs::File::options().write(true).open(&pipe).unwrap();
    std::io::Write::write_all(&mut writer, &whole[..whole.len() / 2]).unwrap();
    let since = Instant::now();
    while fs::read_dir(out.join("manifest")).map_or(0, Iterator::count) < 2 {
        assert!(since.elapsed() < Duration::from_secs(60), "the other rings are never done");
        thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    drop(writer);
    assert!(!out.join("sessions/host=web3").exists());
    fs::remove_file(&pipe).unwrap();
    fs::write(&pipe, &whole).unwrap();
    let (status, _, told) = run(folder.path(), &arguments);
    assert_eq!(status, 0, "{told}");
    assert!(
        told.ends_with("3 captures of 3 hosts: 1 analyzed, 2 unchanged since an earlier run\n"),
        "{told}"
    );
    assert_eq!(run(folder.path(), &["-f", "parquet", "-o", "whole", "captures"]).0, 0);
    assert_eq!(contents(&out), contents(&folder.path().join("whole")));
}

#[test]
fn parts_that_were_being_placed_are_replaced() {
    let folder = captures();
    let out = folder.path().join("out");
    run(folder.path(), &["-f", "parquet", "-o", "out", "captures"]);
    let whole = contents(&out);
    // As if it had been killed between two of its renames, with a part of an earlier day still there.
    let manifest = files_below(&out.join("manifest"));
    let entry = manifest.iter().find(|path| path.to_str().unwrap().contains("ring-pcap")).unwrap();
    let mut value: Value = serde_json::from_slice(&fs::read(entry).unwrap()).unwrap();
    let parts = value["parts"].as_array_mut().unwrap();
    let first = parts[0]["path"].as_str().unwrap().to_owned();
    let stale = first.replace("2023-11-14", "2023-11-13");
    assert_ne!(first, stale);
    parts.push(serde_json::json!({ "path": stale, "size": 1 }));
    value["progress"] = "placing".into();
    fs::write(entry, value.to_string()).unwrap();
    write(&out.join(&stale), b"a part that is no longer made");
    fs::remove_file(out.join(&first)).unwrap();
    let (status, _, told) = run(folder.path(), &["-f", "parquet", "-o", "out", "captures"]);
    assert!(told.ends_with("1 analyzed, 1 unchanged since an earlier run\n"), "{told}");
    assert_eq!((status, contents(&out) == whole), (0, true));
}

#[test]
fn a_broken_file_costs_itself_only() {
    let folder = captures();
    let broken = folder.path().join("captures/web1/ring_00010_20231114.pcap");
    let bytes = fs::read(&broken).unwrap();
    fs::write(&broken, &bytes[..bytes.len() - 7]).unwrap();
    for expected in ["2 analyzed", "0 analyzed, 2 unchanged since an earlier run"] {
        let (status, _, told) = run(folder.path(), &["-f", "parquet", "-o", "out", "captures"]);
        assert_eq!(status, 2);
        let last = Scenario::parse(NIGHT).packets().len().div_ceil(3);
        let place = format!(
            "ring_00010_20231114.pcap: the file ends inside packet {last} at byte {}",
            bytes.len() - 7
        );
        assert!(told.contains(&place), "{told}");
        assert!(told.ends_with(&format!("2 captures of 2 hosts: {expected}\n")), "{told}");
    }
    let all = rows(&folder.path().join("out"));
    assert_eq!(column(&all, "upgrades", "target"), ["/night", "/other", "/refused", "/short"]);
    for part in files_below(&folder.path().join("out/sessions")) {
        let file = SerializedFileReader::new(fs::File::open(&part).unwrap()).unwrap();
        let said = file.metadata().file_metadata().key_value_metadata().cloned().unwrap_or_default();
        let is_broken = said.iter().any(|pair| pair.key == "wsight.unread_inputs");
        assert_eq!(is_broken, part.to_str().unwrap().contains("host=web1"), "{}", part.display());
    }
    let manifest = files_below(&folder.path().join("out/manifest"));
    let entries: Vec<Value> =
        manifest.iter().map(|path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap()).collect();
    let faults: Vec<&Value> = entries.iter().flat_map(|entry| entry["faults"].as_array().unwrap()).collect();
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0]["offset"], bytes.len() - 7);
    assert!(faults[0]["file"].as_str().unwrap().ends_with("ring_00010_20231114.pcap"));
}

#[test]
fn one_host_is_one_capture_for_other_formats() {
    let folder = captures();
    let json = |arguments: &[&str]| {
        let output = command(folder.path(), &[&["-f", "json"], arguments].concat()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), text, String::from_utf8(output.stderr).unwrap())
    };
    let named = json(&["captures/web2/trace.pcap", "captures/web2/trace.pcap1"]);
    assert_eq!(named.0, 0);
    for word in ["captures/web2", "captures/web2/trace*", "captures/*2", "**/trace.pcap*"] {
        assert_eq!(json(&[word]), named, "{word}");
    }
    // Two captures of one host, by the path.
    let (status, text, told) = json(&["--host-from", "/(captures)/", "captures/*/*.pcap*"]);
    assert_eq!(status, 0);
    assert!(told.contains("2 different captures are read as one"), "{told}");
    assert!(text.contains("/short") && text.contains("/other"));

    let (status, text, told) = json(&["captures"]);
    assert_eq!((status, text.as_str()), (2, ""));
    assert!(told.contains("captures of 2 hosts (web1, web2)") && told.contains("-f parquet -o"), "{told}");
    for (arguments, why) in [
        (&["captures/web9*"][..], "`captures/web9*` matches no file"),
        (&["--host-from", "/nowhere/(.*)/", "captures"], "--host-from finds no host in this path"),
        (&["captures/web1", "-"], "standard input cannot be read beside folders"),
    ] {
        let (status, _, told) = json(arguments);
        assert_eq!(status, 2);
        assert!(told.contains(why), "{told}");
    }
    fs::create_dir(folder.path().join("empty")).unwrap();
    assert!(json(&["empty"]).2.contains("there is no capture in empty"));
    // A pattern that a file has for a name is that file.
    fs::copy(folder.path().join("captures/web2/trace.pcap"), folder.path().join("a[1].pcap")).unwrap();
    assert_eq!(json(&["a[1].pcap"]).0, 0);
}

#[test]
fn folders_are_searched_once_and_what_is_no_capture_is_counted() {
    let folder = captures();
    let web2 = folder.path().join("captures/web2");
    // A copy that is not complete yet, links that lead in a circle or to what is there, and what is no capture.
    fs::copy(web2.join("trace.pcap"), web2.join(".trace.pcap.x7Yt")).unwrap();
    std::os::unix::fs::symlink("..", web2.join("up")).unwrap();
    std::os::unix::fs::symlink("trace.pcap", web2.join("again.pcap")).unwrap();
    write(&web2.join("new.pcap"), b"");
    write(&web2.join("old.pcap.xz"), b"\xfd7zXZ\0and more");
    let arguments =
        ["-f", "parquet", "-o", "captures/tables", "captures", "captures/web1", "captures/*/trace*"];
    for expected in ["2 analyzed", "0 analyzed, 2 unchanged since an earlier run"] {
        let (status, _, told) = run(folder.path(), &arguments);
        assert_eq!(status, 0, "{told}");
        assert_eq!(
            told,
            format!(
                "wsight: passed over in folders: 1 file that is no capture, 1 empty file, 1 file compressed in a way that \
                 wsight does not read\nwsight: 2 captures of 2 hosts: {expected}\n"
            )
        );
    }
}

#[test]
fn hosts_come_from_the_path_if_so() {
    let folder = captures();
    fs::rename(folder.path().join("captures/web1"), folder.path().join("captures/one")).unwrap();
    fs::create_dir_all(folder.path().join("captures/web1")).unwrap();
    fs::rename(folder.path().join("captures/one"), folder.path().join("captures/web1/eth0")).unwrap();
    fs::create_dir_all(folder.path().join("captures/web2/eth0")).unwrap();
    for name in ["trace.pcap", "trace.pcap1"] {
        let from = folder.path().join("captures/web2").join(name);
        fs::rename(&from, folder.path().join("captures/web2/eth0").join(name)).unwrap();
    }
    let (_, _, told) = run(folder.path(), &["-f", "parquet", "-o", "mixed", "captures"]);
    assert!(told.contains("2 folders are called eth0"), "{told}");
    assert!(told.ends_with("2 captures of 1 host: 2 analyzed\n"), "{told}");
    let arguments = ["-f", "parquet", "-o", "out", "--host-from", "/captures/([^/]+)/", "captures"];
    let (status, _, told) = run(folder.path(), &arguments);
    assert_eq!(status, 0);
    assert!(told.ends_with("2 captures of 2 hosts: 2 analyzed\n"), "{told}");
    // Other hosts in the same tables would be the same rows once more.
    let before = contents(&folder.path().join("mixed"));
    let (status, _, told) =
        run(folder.path(), &arguments.map(|word| if word == "out" { "mixed" } else { word }));
    assert!(status == 2 && told.contains("these tables already hold it under host eth0"), "{told}");
    assert_eq!(contents(&folder.path().join("mixed")), before);
    assert!(folder.path().join("out/sessions/host=web1").exists());
    assert!(folder.path().join("out/sessions/host=web2").exists());
    let (status, _, told) =
        run(folder.path(), &["-f", "parquet", "-o", "x", "--host-from", "web", "captures"]);
    assert!(status == 2 && told.contains("it has 0 groups"), "{told}");
}

#[test]
fn filters_choose_rows_and_what_has_no_meaning_is_refused() {
    let folder = captures();
    let tables = |out: &str, arguments: &[&str]| {
        let told = run(folder.path(), &[&["-f", "parquet", "-o", out, "captures"], arguments].concat());
        assert_eq!(told.0, 0, "{}", told.2);
        rows(&folder.path().join(out))
    };
    let late = tables("late", &["--where", "session.duration > 2s"]);
    assert_eq!(column(&late, "sessions", "session"), column(&late, "upgrades", "session"));
    assert_eq!(column(&late, "upgrades", "target"), ["/night"]);
    for option in
        [&["--redact"][..], &["-w", "x.pcapng"], &["--follow"], &["-c", "5"], &["--fail-on", "error"]]
    {
        let (status, _, told) =
            run(folder.path(), &[&["-f", "parquet", "-o", "refused", "captures"], option].concat());
        assert!(status == 2 && told.contains("does not work with the tables of folders"), "{told}");
    }
    assert!(!folder.path().join("refused").exists());
}

/// `DuckDB`, where `tests/witnesses/requirements.txt` is installed.
#[test]
fn a_database_takes_hosts_and_days_from_the_folders() {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/witnesses/bin/python");
    if !python.exists() {
        common::skip(&format!("{} is not there; the README says how to install it", python.display()));
        return;
    }
    let folder = captures();
    assert_eq!(run(folder.path(), &["-f", "parquet", "-o", "tables", "captures"]).0, 0);
    let script = "import duckdb\n\
        print(duckdb.sql(\"select host, day::text, id, count(*) from 'tables/findings/*/*/*.parquet' \
        where severity = 'error' group by all order by all\").fetchall())\n\
        print(duckdb.sql(\"select distinct host, host_header from 'tables/sessions/*/*/*.parquet' order by all\").fetchall())";
    let output = Command::new(python).args(["-c", script]).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let expected = "[('web2', '2023-11-14', 'pong-mismatch', 1), ('web2', '2023-11-14', 'upgrade-rejected', 1)]\n\
        [('web1', 'chat.test'), ('web2', 'chat.test')]\n";
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}
