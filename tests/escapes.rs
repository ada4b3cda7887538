//! Captured bytes that a terminal would obey, hide or turn around, through everything that is captured and printed: none of
//! them reaches the output as it is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod flood;

use flood::{Flood, Packets, Talk, frame};
use std::collections::BTreeSet;
use std::process::Command;
use wsight::analyzer::{Analyzer, Config, Output};
use wsight::model::{Drops, Packet, Peer, Stamp, is_visible};
use wsight::report::{Figures, Html, InputNames, JsonLines, Look, Payload, Sink, Text, TextOptions};

/// Everything that has to be escaped: controls (C0, DEL, C1), directions, joiners, zero widths, separators, each as
/// UTF-8; bytes that are not UTF-8; sequences that do something; and markup.
fn hostile() -> Vec<Vec<u8>> {
    let characters = ('\0'..='\u{ffff}').chain('\u{e0000}'..='\u{e007f}').filter(|c| !is_visible(*c));
    let mut all: Vec<Vec<u8>> = characters.map(|c| c.to_string().into_bytes()).collect();
    assert!(all.len() > 150 && all.contains(&b"\x1b".to_vec()) && all.contains(&"\u{202e}".into()));
    all.extend((0x80..=0xff).map(|byte| vec![byte]));
    all.extend(
        [
            "\x1b[2J",
            "\x1b]0;title\x07",
            "\x1b]52;c;eA==\x1b\\",
            "\u{9b}31m",
            "\x1bP+q\x1b\\",
            "\x1bc",
            "\r\n",
            "</script><script>alert(1)</script>",
            "\"'><img src=x onerror=alert(1)>",
            "<!--",
            "</title></style><base href=//evil.example>",
            "`<b>`",
        ]
        .map(|text| text.as_bytes().to_vec()),
    );
    all
}

/// Sessions and attempts in which `evil` stands wherever a peer may put something.
fn attack(flood: &mut Packets<'_>, client: u32, evil: &[u8]) {
    let with = |before: &str, after: &str| [before.as_bytes(), evil, after.as_bytes()].concat();
    let join = |parts: &[Vec<u8>]| parts.concat();
    let request = |extra: Vec<u8>| {
        join(&[
            with("GET /a", "b HTTP/1.1\r\n"),
            with("Host: h", "\r\n"),
            with("Origin: o", "\r\n"),
            b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n".to_vec(),
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n".to_vec(),
            with("Sec-WebSocket-Protocol: p", "\r\n"),
            extra,
            b"\r\n".to_vec(),
        ])
    };
    // A session that says it in messages, controls and the Close.
    let mut talk = Talk::new(4 * client);
    flood.upgrade(&mut talk, "");
    for from in Peer::BOTH {
        for first in [0x81, 0x82, 0x89, 0x8a] {
            flood.send(&mut talk, from, &frame(from, first, &with("x", "y")));
        }
        flood.send(&mut talk, from, &frame(from, 0x88, &with("\x03", "z")));
    }
    flood.close(&mut talk);
    // An upgrade that says it in its heads, and is accepted wrongly.
    let mut talk = Talk::new(4 * client + 1);
    flood.open(&talk);
    let extensions = with("Sec-WebSocket-Extensions: x", "; a=b\r\n");
    flood.send(&mut talk, Peer::Client, &request(extensions.clone()));
    flood.send(
        &mut talk,
        Peer::Server,
        &join(&[
            with("HTTP/1.1 101 S", "\r\n"),
            with("Upgrade: w", "\r\n"),
            with("Sec-WebSocket-Accept: a", "\r\n"),
            with("Sec-WebSocket-Protocol: q", "\r\n"),
            extensions,
            with("Server: s", "\r\n\r\n"),
        ]),
    );
    flood.close(&mut talk);
    // One that is refused in such words.
    let mut talk = Talk::new(4 * client + 2);
    flood.open(&talk);
    flood.send(&mut talk, Peer::Client, &request(with("A", "B: c\r\n")));
    flood.send(
        &mut talk,
        Peer::Server,
        &join(&[with("HTTP/1.1 403 N", "\r\n"), with("Location: ", "\r\n\r\n")]),
    );
    flood.close(&mut talk);
    // And what is not HTTP at all.
    let mut talk = Talk::new(4 * client + 3);
    flood.open(&talk);
    flood.send(&mut talk, Peer::Client, &request(Vec::new()));
    flood.send(&mut talk, Peer::Server, &[evil, &with("SSH-", "-2.0\r\n"), evil].concat());
    flood.close(&mut talk);
}

/// `text` without the sequences that set a colour.
fn without_colours(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let mut plain = parts.next().unwrap().to_owned();
    for part in parts {
        let (colour, rest) = part.split_once('m').expect("a colour ends");
        assert!(colour.chars().all(|c| c.is_ascii_digit() || c == ';'), "a colour: {colour:?}");
        plain.push_str(rest);
    }
    plain
}

/// The elements of a page and the attributes that do more than name something, each once.
fn tags(page: &str) -> BTreeSet<String> {
    let (before, rest) = page.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();
    let (middle, rest) = rest.split_once("<script>").unwrap();
    let (_, after) = rest.split_once("</script>").unwrap();
    let mut tags = BTreeSet::new();
    for part in [before, middle, after] {
        for tag in part.split('<').skip(1) {
            let name = tag.split(['>', ' ', '\n']).next().unwrap();
            tags.insert(name.trim_start_matches('/').to_owned());
            let inside = tag.split('>').next().unwrap();
            tags.extend(
                inside
                    .split(' ')
                    .filter(|word| word.starts_with("on") && word.contains('='))
                    .map(str::to_owned),
            );
        }
    }
    tags
}

/// A page that has every element there is.
fn page_of_one_session() -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/captures/");
    let names = ["pong-nul-cut", "bots-and-bad-clients", "tls-dark-logging-began-later"];
    let paths = names.map(|name| {
        let path = format!("{folder}{name}.pcap");
        if std::fs::exists(&path).unwrap() { path } else { path + "ng" }
    });
    let output =
        Command::new(env!("CARGO_BIN_EXE_wsight")).args(["-f", "html"]).args(paths).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn nothing_captured_is_obeyed() {
    let hostile = hostile();
    for (color, payload) in [(false, Payload::Full), (true, Payload::Preview)] {
        let config = Config { keep: 1 << 20, ..Config::default() };
        let look = Look { color, width: Some(80) };
        let (mut json_out, mut text_out, mut figures_out) = (Vec::new(), Vec::new(), Vec::new());
        let mut html_out = Vec::new();
        let mut json = JsonLines::new(&mut json_out, payload, InputNames::default());
        let options =
            TextOptions { look, payload, quiet_stories: u64::MAX, ..TextOptions::new(&config.limits) };
        let mut html = Html::new(&mut html_out, vec!["a".to_owned()], options.clone()).unwrap();
        let mut text = Text::new(&mut text_out, options);
        let mut figures = Figures::new(&mut figures_out, look, InputNames::default());
        let mut take = |output: &Output<'_>| {
            json.output(output).unwrap();
            text.output(output).unwrap();
            html.output(output).unwrap();
            figures.output(output).unwrap();
        };
        let mut analyzer = Analyzer::new(config);
        let mut push = |packet: &Packet<'_>| analyzer.push(packet, &mut take);
        let mut flood: Packets<'_> = Flood::new(&mut push);
        for (client, evil) in (1..).zip(&hostile) {
            attack(&mut flood, client, evil);
        }
        for evil in &hostile {
            let interface = Some(String::from_utf8_lossy(evil).into_owned());
            analyzer.drops(&Drops { interface, dropped: 1, stamp: Stamp::default() }, &mut take);
        }
        analyzer.finish(&mut take);
        text.finish().unwrap();
        figures.finish().unwrap();
        html.finish().unwrap();
        for (name, out) in [("json", &json_out), ("text", &text_out), ("summary", &figures_out)] {
            let printed = std::str::from_utf8(out).expect("UTF-8");
            let plain = if color { without_colours(printed) } else { printed.to_owned() };
            for line in plain.lines() {
                assert!(line.chars().all(is_visible), "{name}: {line:?}");
            }
        }
        let html = String::from_utf8(html_out).unwrap();
        assert!(html.lines().all(|line| line.chars().all(is_visible)));
        assert_eq!(tags(&html), tags(&page_of_one_session()), "nothing captured is markup");
        let text = String::from_utf8(text_out).unwrap();
        assert!(text.lines().count() > 10 * hostile.len(), "all of it is told");
    }
}

/// Names of files come from others as well, and so may what one asks to be explained: everything hostile, in names that
/// are short enough, through what is printed of a name.
#[cfg(unix)]
#[test]
fn names_and_questions_are_not_obeyed() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let capture = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/captures/pong-nul-cut.pcap")).unwrap();
    let mut evil = hostile();
    evil.retain(|evil| !evil.iter().any(|byte| [0, b'/'].contains(byte)));
    let mut told = String::new();
    for evil in evil.chunks(40).map(<[_]>::concat) {
        let folder = tempfile::tempdir().unwrap();
        let make = |start: &str, bytes: &[u8]| {
            let path = folder.path().join(OsStr::from_bytes(&[start.as_bytes(), &evil].concat()));
            std::fs::write(&path, bytes).unwrap();
            path.into_os_string()
        };
        let (whole, cut, none) =
            (make("a", &capture), make("b", &capture[..capture.len() - 9]), make("c", b"none"));
        let missing = folder.path().join(OsStr::from_bytes(&evil)).into_os_string();
        let as_folder = [folder.path().as_os_str().as_bytes(), b"/d", &evil].concat();
        std::fs::create_dir(OsStr::from_bytes(&as_folder)).unwrap();
        // Names that begin like options, as `*` may give them.
        let [short, long] = ["-", "--"].map(|dash| [dash.as_bytes(), &evil].concat());
        let (short, long, question) =
            (OsStr::from_bytes(&short), OsStr::from_bytes(&long), OsStr::from_bytes(&evil));
        let as_folder = OsStr::from_bytes(&as_folder);
        for format in ["json", "text", "summary", "html"] {
            for arguments in [
                &[&*whole, &whole][..],
                &[&cut],
                &[&none],
                &[&missing],
                &[as_folder],
                &[short],
                &[long],
                &[OsStr::new("explain"), question],
            ] {
                let mut command = Command::new(env!("CARGO_BIN_EXE_wsight"));
                let output = command.args(["-f", format]).args(arguments).output().unwrap();
                for out in [output.stdout, output.stderr] {
                    let printed = String::from_utf8(out).unwrap();
                    assert!(
                        printed.chars().all(|c| c == '\n' || is_visible(c)),
                        "{arguments:?}: {printed:?}"
                    );
                    told.push_str(&printed);
                }
            }
        }
    }
    for evil in [r"\x1b", r"\u{9b}", r"\u{202e}", r"\u{200b}"] {
        assert!(told.contains(evil), "{evil} is told");
    }
}
