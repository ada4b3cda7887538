//! `wsight report`: the page about the tables of many hosts has the figures of their captures, tells what it could not read, and
//! nothing that was captured does anything in it.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;
mod scenario;

use common::files_below;
use scenario::Scenario;
use scenario::program::run;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Hours that each host captures, from 2023-11-14 22:13:20 on, with four attempts in each.
const HOURS: usize = 30;

/// From this hour on, the server of web2 cuts every other pong.
const DEPLOY: usize = 20;

/// The time of that hour.
const DEPLOYED: &str = "2023-11-15 18:00";

/// What happens in an attempt.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Talk {
    Clean,
    CutPong,
    Refused,
    NoAnswer,
}

impl Talk {
    fn text(self, connection: usize) -> String {
        let lines: &[&str] = match self {
            Self::Clean => {
                &["C> upgrade /chat", "S< 101", "C> close 1000", "S< close 1000", "S< fin", "C> fin"]
            }
            Self::CutPong => &[
                "C> upgrade /chat",
                "S< 101",
                "C> ping 01 02",
                "S< pong 01 03",
                "S< close 1001",
                "C> close 1001",
                "S< fin",
                "C> fin",
            ],
            Self::Refused => &[
                "C> upgrade /<script>alert(1)</script> +Origin: \"https://<img src=x onerror=alert(2)>\"",
                "S< http 403",
                "S< fin",
                "C> fin",
            ],
            Self::NoAnswer => &["C> upgrade /gone", "S< fin", "C> fin"],
        };
        lines.iter().fold(String::new(), |text, line| format!("{text}{connection}{line}\n"))
    }
}

/// What happens in the attempts of one hour.
fn talks(host: &str, hour: usize) -> [Talk; 4] {
    match host {
        "web2" if hour >= DEPLOY => [Talk::Clean, Talk::CutPong, Talk::CutPong, Talk::Clean],
        "web3" if hour.is_multiple_of(10) => [Talk::Clean, Talk::Refused, Talk::NoAnswer, Talk::Clean],
        _ => [Talk::Clean; 4],
    }
}

const HOSTS: [&str; 3] = ["web1", "web2", "web3"];

/// All attempts of a host.
fn all_of(host: &str) -> Vec<Talk> {
    (0..HOURS).flat_map(|hour| talks(host, hour)).collect()
}

fn count(hosts: &[&str], talk: Talk) -> usize {
    hosts.iter().flat_map(|host| all_of(host)).filter(|other| *other == talk).count()
}

fn captures() -> TempDir {
    let folder = TempDir::new().unwrap();
    for host in HOSTS {
        let mut text = String::new();
        for hour in 0..HOURS {
            for (at, talk) in talks(host, hour).into_iter().enumerate() {
                text += &talk.text(hour * 4 + at + 1);
            }
            text += "wait 3599s\n";
        }
        let place = folder.path().join("captures").join(host);
        fs::create_dir_all(&place).unwrap();
        let scenario = Scenario::parse(&text);
        let packets = scenario.packets();
        // A ring of ten files, but for web1.
        let files = if host == "web1" { 1 } else { 10 };
        for (number, packets) in packets.chunks(packets.len().div_ceil(files)).enumerate() {
            fs::write(place.join(format!("ring_{number:05}.pcap")), Scenario::pcap_of(packets)).unwrap();
        }
    }
    folder
}

fn tables(folder: &Path, format: &str) {
    let (status, _, told) = run(folder, &["-f", format, "-o", format, "captures"]);
    assert_eq!(status, 0, "{told}");
}

/// The page, about which there is nothing to complain.
fn page(folder: &Path, tables: &str) -> String {
    let (status, page, told) = run(folder, &["report", "--tables", tables]);
    assert_eq!((status, told.as_str()), (0, ""));
    page
}

/// What a page shows, without its markup: lines of words. Rows of tables are lines, with ` | ` between cells.
fn shown(page: &str) -> Vec<String> {
    let (_, body) = page.split_once("<body>").unwrap();
    let body = body.replace('\n', " ").replace("<td", " | <td");
    let mut text = String::new();
    let mut rest = body.as_str();
    while let Some((words, tag)) = rest.split_once('<') {
        text += words;
        let (tag, behind) = tag.split_once('>').unwrap();
        let breaks = ["/tr", "/p", "/li", "/div", "/summary", "/h2", "/h3", "/pre", "/figcaption", "/dd"];
        text += if breaks.contains(&tag) { "\n" } else { "" };
        rest = behind;
    }
    let entities = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    let text = entities.iter().fold(text, |text, (entity, letter)| text.replace(entity, letter));
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines().map(line).filter(|line| !line.is_empty()).collect()
}

/// The first line that has all of these words.
fn line<'a>(lines: &'a [String], words: &[&str]) -> &'a str {
    let has_all = |line: &&String| words.iter().all(|word| line.contains(word));
    lines.iter().find(has_all).unwrap_or_else(|| panic!("{words:?} is not in {lines:#?}"))
}

fn figure(page: &str, name: &str) -> String {
    let named = |name: &str| page.split_once(&format!("<dt>{name}</dt><dd>"));
    // There may be one of them.
    let (_, rest) = named(name).or_else(|| named(name.strip_suffix('s')?)).unwrap();
    rest.split('<').next().unwrap().to_owned()
}

#[test]
fn the_page_has_the_figures_of_the_captures() {
    let folder = captures();
    tables(folder.path(), "parquet");
    let page = page(folder.path(), "parquet");
    let lines = shown(&page);

    let attempts = HOSTS.len() * HOURS * 4;
    let cut = count(&HOSTS, Talk::CutPong);
    let (refused, gone) = (count(&HOSTS, Talk::Refused), count(&HOSTS, Talk::NoAnswer));
    let failed = refused + gone;
    let starts = |name: &str, count: usize| {
        let told = figure(&page, name);
        assert!(told == count.to_string() || told.starts_with(&format!("{count} (")), "{name}: {told}");
    };
    starts("hosts", 3);
    starts("captures", 3);
    starts("attempts", attempts);
    starts("failed", failed);
    starts("with a fault", failed + cut);
    starts("sessions", attempts - failed);
    let (errors, pings) = (cut + failed, 2 * cut);
    starts("errors", errors);
    // Each ping and pong has two bytes of payload, and so has each code.
    let payload = 2 * pings + 4 * (attempts - failed);
    assert_eq!(
        figure(&page, "bytes of payload"),
        if payload < 1_000 {
            format!("{payload} B")
        } else {
            format!("{}.{} kB", payload / 1_000, payload / 100 % 10)
        }
    );
    line(&lines, &["2023-11-14 22:13 to 2023-11-16 03:", "UTC"]);

    // By kind, with when it was seen, where, and by hours.
    line(&lines, &["pong-mismatch", &format!("{cut} on 1 host")]);
    line(
        &lines,
        &[&format!("{cut} findings on 1 host, about {cut} sessions"), "seen first 2023-11-15 18:13"],
    );
    line(&lines, &["Findings by time: at most 2 in an hour, from 2023-11-15 18:00."]);
    line(&lines, &["upgrade-rejected", &format!("{refused} on 1 host")]);

    // Since when: what is new on web2; failures of web3 are not, they were there from the beginning.
    let (before, after) = (3 * DEPLOY * 4, 3 * (HOURS - DEPLOY) * 4);
    let news = line(&lines, &["pong-mismatch", "nowhere before"]);
    assert!(news.contains(&format!("| {DEPLOYED} | ")), "{news}");
    assert!(
        news.contains(&format!("| 0 of {before} | {cut} of {after} | web2: {cut} since 2023-11-15 18:13")),
        "{news}"
    );
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.contains("nowhere before") || line.contains("not on these hosts"))
            .count(),
        1
    );

    // By host.
    for host in HOSTS {
        let talks = all_of(host);
        let of = |wanted: &[Talk]| talks.iter().filter(|talk| wanted.contains(talk)).count();
        let failed = of(&[Talk::Refused, Talk::NoAnswer]);
        let faulty = failed + of(&[Talk::CutPong]);
        let row = line(&lines, &[&format!("| {host} 2023-11-14 22:13 to ")]);
        let cells: Vec<&str> = row.split(" |").map(|cell| cell.split(" (").next().unwrap().trim()).collect();
        let sessions = talks.len() - failed;
        let expected = [talks.len(), failed, faulty, sessions].map(|count| count.to_string());
        assert_eq!(cells[1..5], expected, "{row}");
        assert_eq!(cells[5..7], [format!("{sessions} / 0 / 0").as_str(), "0"], "{row}");
    }

    // Causes, ends, answers, parties.
    line(&lines, &["refused with 403", &format!("| {refused} | web3: {refused} | 2023-11-14 22:13 | ")]);
    line(&lines, &["upgrade-no-response", "without answering", &format!("| {gone} | web3: {gone} |")]);
    let share = |count: usize| {
        let thousandths = count * 1_000 / (attempts - failed);
        format!("| {count} ({}.{} %)", thousandths / 10, thousandths % 10)
    };
    line(&lines, &["Close 1001 (going away) by the server", &share(cut)]);
    line(&lines, &["Close 1000 (normal closure) by the client", &share(attempts - failed - cut)]);
    let answered = attempts - gone;
    line(&lines, &[&format!("all hosts | {answered} |")]);
    line(&lines, &[&format!("10.0.0.1 | {} (", failed + cut), &format!("| {attempts}")]);
    line(&lines, &[&format!("10.0.0.2:8080 | {} (", failed + cut), &format!("| {attempts}")]);
}

#[test]
fn every_command_and_every_question_of_the_page_shows_its_rows() {
    let folder = captures();
    tables(folder.path(), "parquet");
    let page = page(folder.path(), "parquet");
    let lines = shown(&page);
    // A ring of ten files has a pattern.
    let row = line(&lines, &["web2, 2023-11-15 18:13, packet ", "captures/web2/ring_0000"]);
    let (_, command) = row.split_once("wsight ").unwrap();
    assert!(command.ends_with("/captures/web2/ring_0000*.pcap'"), "{command}");
    let arguments: Vec<&str> = command.split(' ').map(|word| word.trim_matches('\'')).collect();
    let (status, text, _) = run(folder.path(), &arguments);
    assert_eq!(status, 0);
    assert!(text.contains("pong-mismatch"), "{text}");
    assert!(row.contains("The server's pong does not echo the ping"), "{row}");

    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/witnesses/bin/python");
    if !python.exists() {
        common::skip(&format!("{} is not there; the README says how to install it", python.display()));
        return;
    }
    let mut questions = Vec::new();
    let mut rest = page.as_str();
    while let Some((_, behind)) = rest.split_once("<code>select ") {
        let (question, behind) = behind.split_once("</code>").unwrap();
        questions.push(format!(
            "select {}",
            question.replace("&#39;", "'").replace("&#34;", "\"").replace("&#60;", "<").replace("&#62;", ">")
        ));
        rest = behind;
    }
    assert!(questions.len() > 10, "{questions:#?}");
    let script = "import duckdb, json, sys\n\
        for question in json.load(sys.stdin):\n    print([tuple(str(v) for v in row) for row in duckdb.sql(question).fetchall()])";
    fs::write(folder.path().join("questions.json"), serde_json::to_string(&questions).unwrap()).unwrap();
    let input = fs::File::open(folder.path().join("questions.json")).unwrap();
    let output =
        Command::new(python).args(["-c", script]).current_dir(folder.path()).stdin(input).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers = String::from_utf8(output.stdout).unwrap();
    let answer = |words: &[&str]| {
        let at =
            questions.iter().position(|question| words.iter().all(|word| question.contains(word))).unwrap();
        answers.lines().nth(at).unwrap().to_owned()
    };
    let cut = count(&HOSTS, Talk::CutPong);
    let (refused, gone) = (count(&HOSTS, Talk::Refused), count(&HOSTS, Talk::NoAnswer));
    assert_eq!(answer(&["select time", "'pong-mismatch'"]).matches("'web2'").count(), cut);
    assert_eq!(answer(&["date_trunc", "'pong-mismatch'"]).matches("'web2', '2')").count(), HOURS - DEPLOY);
    assert_eq!(
        answer(&["count(distinct (ring, session)) as faulty"]),
        format!("[('web2', '{cut}'), ('web3', '{}')]", refused + gone)
    );
    assert!(answer(&["as failed"]).contains(&format!("('web3', '{}', '{}')", HOURS * 4, refused + gone)));
    assert!(answer(&["outcome = 'rejected'"]).contains("<script>"));
    assert_eq!(answer(&["list(distinct f.id)"]).matches("upgrade-no-response").count(), gone);
    let by_client = answer(&["u.client_ip"]);
    assert!(by_client.contains(&format!("'10.0.0.1', 'pong-mismatch', '{cut}'")), "{by_client}");
}

#[test]
fn nothing_captured_does_anything_in_the_page() {
    let folder = captures();
    tables(folder.path(), "parquet");
    let page = page(folder.path(), "parquet");
    let row = shown(&page);
    let row = line(&row, &["refused with 403"]);
    assert!(
        row.contains(
            "/<script>alert(1)</script>, Host: chat.test, Origin: https://<img src=x onerror=alert(2)>, 403"
        ),
        "{row}"
    );
    assert!(!page.contains("<script") && !page.contains("<img"), "markup of the capture");
    // And if there were any, it could not run or load anything.
    assert!(
        page.contains("content=\"default-src &#39;none&#39;; style-src &#39;sha256-")
            && !page.contains("script-src")
    );
    for outside in ["src=", "<link", "<iframe", "style=", "@import", "url("] {
        let page = page.replace("img src=x", "");
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn csv_tables_have_the_same_page() {
    let folder = captures();
    tables(folder.path(), "parquet");
    tables(folder.path(), "csv");
    let of_csv = page(folder.path(), "csv").replace("csv", "parquet");
    let of_parquet = page(folder.path(), "parquet");
    let differs = of_csv.lines().zip(of_parquet.lines()).find(|(csv, parquet)| csv != parquet);
    assert_eq!((differs, of_csv.len()), (None, of_parquet.len()));
}

fn manifest(tables: &Path, host: &str) -> (PathBuf, serde_json::Value) {
    let entries = files_below(&tables.join("manifest")).into_iter();
    let read = |path: PathBuf| {
        let entry = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        (path, entry)
    };
    entries.map(read).find(|(_, entry): &(_, serde_json::Value)| entry["host"] == host).unwrap()
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_counted() {
    let folder = captures();
    // A file that ends inside a packet: its ring has less, and says so.
    let broken = folder.path().join("captures/web3/ring_00009.pcap");
    let bytes = fs::read(&broken).unwrap();
    fs::write(&broken, &bytes[..bytes.len() - 7]).unwrap();
    assert_eq!(run(folder.path(), &["-f", "parquet", "-o", "parquet", "captures"]).0, 2);
    let out = folder.path().join("parquet");
    let whole = page(folder.path(), "parquet");
    let lines = shown(&whole);
    line(&lines, &["Captures that could not be read to their end"]);
    line(&lines, &["web3: captures/web3/ring_00009.pcap: the file ends inside packet"]);

    // A part that was not copied to its end, one that is gone, and one of another version.
    let part = |table: &str, host: &str| {
        let files = files_below(&out.join(table).join(format!("host={host}")));
        files.first().unwrap().clone()
    };
    let (cut, gone, foreign) = (part("sessions", "web1"), part("upgrades", "web2"), part("findings", "web3"));
    let bytes = fs::read(&cut).unwrap();
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    fs::remove_file(&gone).unwrap();
    fs::copy(part("sessions", "web3"), &foreign).unwrap();
    let (path, mut entry) = manifest(&out, "web3");
    for part in entry["parts"].as_array_mut().unwrap() {
        if foreign.ends_with(part["path"].as_str().unwrap()) {
            part["size"] = fs::metadata(&foreign).unwrap().len().into();
        }
    }
    fs::write(&path, entry.to_string()).unwrap();
    let (status, page, told) = run(folder.path(), &["report", "--tables", "parquet"]);
    assert_eq!(status, 2);
    let lines = shown(&page);
    for (path, why) in [
        (
            &cut,
            format!(
                "it has {} bytes, and {} in the manifest; none of its rows is counted",
                bytes.len() / 2,
                bytes.len()
            ),
        ),
        (&gone, "it is missing; none of its rows is counted".to_owned()),
        (
            &foreign,
            "it has no column `id` as this version of wsight writes it, so another version made it"
                .to_owned(),
        ),
    ] {
        let name = path.strip_prefix(folder.path()).unwrap().to_str().unwrap();
        assert!(told.contains(&format!("wsight: {name}: {why}")), "{told}");
        line(&lines, &[name, &why]);
        line(&lines, &[name, "Make it anew: wsight --force -f parquet -o TABLES CAPTURES"]);
    }
    assert_ne!(figure(&page, "sessions"), figure(&whole, "sessions"));
    assert_eq!(figure(&page, "captures"), "3");

    // A ring whose parts were being put in their places: none of it counts.
    let (path, mut entry) = manifest(&out, "web3");
    entry["progress"] = "placing".into();
    fs::write(&path, entry.to_string()).unwrap();
    let (path, entry) = manifest(&out, "web2");
    fs::write(&path, &entry.to_string()[..40]).unwrap();
    let (status, page, told) = run(folder.path(), &["report", "--tables", "parquet"]);
    assert_eq!(status, 2);
    assert!(told.contains("captures/web3/ring*.pcap: its parts were being put in their places"), "{told}");
    assert!(told.contains(path.strip_prefix(folder.path()).unwrap().to_str().unwrap()), "{told}");
    assert_eq!((figure(&page, "captures").as_str(), figure(&page, "attempts").as_str()), ("1", "120"));
    line(&shown(&page), &["The figures are not the whole truth"]);

    // Nothing can be read at all.
    for path in files_below(&out).iter().filter(|path| path.extension().is_some_and(|e| e == "parquet")) {
        fs::write(path, b"PAR1").unwrap();
    }
    let (status, page, told) = run(folder.path(), &["report", "--tables", "parquet", "-o", "page.html"]);
    assert_eq!((status, page.as_str()), (2, ""));
    assert!(told.starts_with("wsight: parquet: none of its tables can be read: "), "{told}");
    assert!(!folder.path().join("page.html").exists());
}

#[test]
fn where_captures_lost_packets_is_told_apart_from_what_was_found() {
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("captures/web1");
    fs::create_dir_all(&place).unwrap();
    let text = "C> upgrade /chat\nS< 101\nC> lose text \"lost\"\nC> text \"kept\"\nC> close 1000\nS< close 1000\nS< fin\nC> fin\n";
    fs::write(place.join("a.pcap"), Scenario::parse(text).to_pcap()).unwrap();
    tables(folder.path(), "parquet");
    let page = page(folder.path(), "parquet");
    let (missing, found) = page.split_once("<section id=\"findings\"").unwrap();
    assert!(missing.contains("id=\"k-tcp-gap\"") && !found.contains("id=\"k-tcp-gap\""));
    let lines = shown(&page);
    line(&lines, &["What captures lost"]);
    line(&lines, &["No fault was found in 1 attempt on 1 host."]);
    line(&lines, &["The figures are not the whole truth"]);
    let row = line(&lines, &["| web1 "]);
    assert!(row.ends_with("| 1 / 0 / 0 | 2 |"), "a gap, and frames found again behind it: {row}");
    // So nothing is well for sure.
    assert!(page.contains("class=\"verdict note\""));
}

#[test]
fn where_there_are_no_tables_it_says_what_to_do() {
    let folder = captures();
    let refused = |tables: &str, why: &str| {
        let (status, page, told) = run(folder.path(), &["report", "--tables", tables]);
        assert_eq!((status, page.as_str()), (2, ""), "{told}");
        assert!(told.starts_with(&format!("wsight: {tables}: ")) && told.contains(why), "{told}");
    };
    refused("nowhere", "there is no such folder");
    refused("captures", "there are no tables in it; make them from folders of captures");
    run(folder.path(), &["-f", "parquet", "-o", "single", "captures/web1/ring_00000.pcap"]);
    refused(
        "single",
        "it has the tables of one capture, whose page is made from the capture: wsight -o report.html CAPTURE",
    );
    tables(folder.path(), "parquet");
    fs::rename(folder.path().join("parquet/manifest"), folder.path().join("aside")).unwrap();
    refused("parquet", "it has tables, but no manifest");
    fs::create_dir(folder.path().join("parquet/manifest")).unwrap();
    refused("parquet", "its tables have no capture yet");
    run(folder.path(), &["-f", "parquet", "-o", "frames", "--only", "frame", "captures"]);
    refused(
        "frames",
        "it has none of the tables findings, upgrades and sessions; make them anew without --only",
    );

    // Some of the tables are enough for some of the page.
    run(folder.path(), &["-f", "parquet", "-o", "some", "--only", "finding,session", "captures"]);
    let some = page(folder.path(), "some");
    line(&shown(&some), &["There is no table of upgrades"]);
    assert!(some.contains("id=\"k-pong-mismatch\"") && !some.contains("id=\"answers\""));
    // A capture without WebSockets has tables without rows.
    let quiet = folder.path().join("quiet/web9");
    fs::create_dir_all(&quiet).unwrap();
    fs::write(quiet.join("a.pcap"), Scenario::parse("C> http /\nS< http 200\n").to_pcap()).unwrap();
    run(folder.path(), &["-f", "parquet", "-o", "empty", "quiet"]);
    let (status, page, told) = run(folder.path(), &["report", "--tables", "empty"]);
    assert_eq!(status, 0, "{told}");
    line(&shown(&page), &["There is no WebSocket in these tables."]);
}

#[test]
fn the_page_is_a_file_or_standard_output_and_replaces_nothing_unasked() {
    let folder = captures();
    tables(folder.path(), "parquet");
    let report =
        |arguments: &[&str]| run(folder.path(), &[&["report", "--tables", "parquet"], arguments].concat());
    let (_, printed, _) = report(&["-o", "-"]);
    assert_eq!(report(&[]).1, printed);
    assert!(printed.starts_with("<!doctype html>") && printed.ends_with("</html>\n"));
    assert_eq!(report(&["-o", "fleet.html"]), (0, String::new(), String::new()));
    let file = folder.path().join("fleet.html");
    assert_eq!(fs::read_to_string(&file).unwrap(), printed);
    fs::write(&file, "mine").unwrap();
    let (status, _, told) = report(&["-o", "fleet.html"]);
    assert_eq!((status, told.as_str()), (2, "wsight: fleet.html: it exists; --force replaces it\n"));
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    assert_eq!(report(&["-o", "fleet.html", "--force"]).0, 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), printed);
    let mut left = String::new();
    for entry in fs::read_dir(folder.path()).unwrap() {
        let _ = write!(left, "{} ", entry.unwrap().file_name().to_str().unwrap());
    }
    assert!(!left.contains(".wsight-"), "{left}");
}
