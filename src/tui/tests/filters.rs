//! Filters choose the same rows as on the command line, whatever field they ask for.

use super::made::{session_of, session_with};
use super::*;
use crate::analyzer::{Analyzer, Output};
use crate::capture::{Files, Source};
use crate::filter::{FIELDS, Filter};
use crate::index::Index;
use crate::model::ConnectionId;
use crate::report::{Chosen, SessionEnds, Sink, needs_the_end};
use crate::tui::action::Tab;
use crate::tui::model::{OpenSession, RowKind, SessionItem};
use crate::tui::picks::key_of;
use crate::tui::prompt::Prompt;
use crate::tui::request::ReadProgress;
use crate::tui::request::Saved;
use crate::tui::sessions::ListRow;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// What the command line chooses, by number, or key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct ChosenRows {
    sessions: BTreeSet<u64>,
    connections: BTreeSet<ConnectionId>,
    /// Of the first session.
    frames: BTreeSet<u64>,
    messages: BTreeSet<u64>,
    findings: BTreeSet<u64>,
}

impl Sink for ChosenRows {
    fn output(&mut self, output: &Output<'_>) -> io::Result<()> {
        match output {
            Output::Upgrade(place, _) => drop(self.sessions.insert(place.session.0)),
            Output::Session(session) => drop(self.sessions.insert(session.place.session.0)),
            Output::Tls(place, _) => drop(self.connections.insert(place.connection)),
            Output::Frame(place, frame) if place.session.0 == 1 => drop(self.frames.insert(frame.number)),
            Output::Message(place, message) if place.session.0 == 1 => {
                self.messages.insert(message.number);
            }
            Output::Finding(finding) | Output::Waiting(finding) => {
                self.findings.insert(key_of(finding));
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads the capture as the command line does.
fn read(path: &Path, out: &mut dyn FnMut(&Output<'_>)) {
    let mut files = Files::new(vec![Input::File(path.to_owned())]);
    let mut analyzer = Analyzer::new(Config { keep: 1 << 20, ..Config::default() });
    while let Some(captured) = files.next().unwrap() {
        analyzer.take(&captured, out);
    }
    analyzer.finish(out);
}

fn chosen(path: &Path, expression: &str, index: &Index) -> ChosenRows {
    let filter = Filter::parse(expression).unwrap();
    let mut chosen = Chosen::new(&filter, InputNames::default(), ChosenRows::default());
    if needs_the_end(&filter) {
        let mut ends = SessionEnds::new(&filter, InputNames::default());
        read(path, &mut |output| ends.observe(output));
        chosen = chosen.after(ends);
    }
    read(path, &mut |output| chosen.output(output).unwrap());
    let mut rows = std::mem::take(chosen.inner_mut());
    // The terminal UI has no list of TLS sessions: what is inside them is listed.
    let of_tls = index.sessions().iter().filter(|row| rows.connections.contains(&row.connection));
    rows.sessions.extend(of_tls.map(|row| row.session.0));
    rows.connections.clear();
    rows
}

/// What the lists show with a filter.
fn listed(desk: &mut Desk, expression: &str) -> ChosenRows {
    let filter = |desk: &mut Desk| {
        desk.press("f").happen(Happening::Paste(expression.to_owned()));
        desk.press("⏎");
    };
    let mut rows = ChosenRows::default();
    desk.model.open = None;
    desk.model.tab = Tab::Sessions;
    desk.model.sessions.is_unfolded = true;
    filter(desk);
    let index = desk.load.index.read().unwrap();
    let sessions = index.sessions();
    rows.sessions.extend(desk.model.sessions.rows.iter().filter_map(|row| match row {
        ListRow::Session(place) => Some(sessions.get(*place)?.session.0),
        ListRow::Noise(_) => None,
    }));
    drop(index);
    filter(desk.press("⎋2"));
    let index = desk.load.index.read().unwrap();
    rows.findings.extend(desk.model.findings.all.iter().map(|place| key_of(&index.findings()[*place])));
    drop(index);
    desk.press("⎋1");
    for kind in [RowKind::Frames, RowKind::Messages] {
        desk.model.open = Some(OpenSession { kind, ..OpenSession::new(0) });
        filter(desk);
        let index = desk.load.index.read().unwrap();
        let open = desk.model.open.as_ref().unwrap();
        for row in 0..open.len(&index) {
            match open.item(row, &index) {
                SessionItem::Frame(place) => {
                    rows.frames.insert(index.frames(0).get(place).unwrap().number());
                }
                SessionItem::Message(place) => {
                    rows.messages.insert(index.messages(0).get(place).unwrap().number);
                }
                SessionItem::Whole | SessionItem::End(_) => {}
            }
        }
        drop(index);
        desk.press("⎋⎋");
    }
    rows
}

#[test]
fn every_field_chooses_the_same_rows_as_on_the_command_line() {
    let mut differing = Vec::new();
    for name in ["bots-and-bad-clients.pcap", "deflate-node-ws.pcap", "tls-1.3.pcapng"] {
        let path = capture(name);
        let mut desk = Desk::of(&path, (120, 40));
        for (field, ..) in FIELDS {
            // Whether it is there; where it is a flag, whether it holds.
            let expression = format!("({field})");
            let index = Arc::clone(&desk.load.index);
            let expected = chosen(&path, &expression, &index.read().unwrap());
            let shown = listed(&mut desk, &expression);
            if shown != expected {
                differing.push(format!("{name} {expression}:\n shown {shown:?}\n not   {expected:?}"));
            }
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn values_of_fields_choose_the_same_rows_as_on_the_command_line() {
    let path = capture("afternoon.pcap");
    let mut desk = Desk::of(&path, (120, 40));
    for expression in [
        "message.from == server and message.text contains \"error\"",
        "message.text ~ \"(?i)HELLO\"",
        "session.duration > 5s and frame.opcode == ping",
        "frame.opcode == ping",
        "frame.opcode in {ping, pong} and session.target == \"/chat\"",
        "not (frame.opcode == text)",
        "upgrade.status == 101",
        "upgrade.origin contains chat",
        "session.pings.answered >= 1",
        "session.end == fin",
        "finding.id == pong-mismatch",
        "client in 10.0.0.0/16",
        "type == message",
        "from == server",
        "time >= 14:04:30",
        "time >= 14:02 and time < 14:05",
        "packet == 52",
        // A field by itself.
        "session.close.by",
        "not session.close.by",
        "!session.close.by",
        "frame.fin",
    ] {
        let index = Arc::clone(&desk.load.index);
        let expected = chosen(&path, expression, &index.read().unwrap());
        let mut shown = listed(&mut desk, expression);
        if expression.starts_with("finding.id") {
            // A session is shown for its findings here; there, findings are what is chosen.
            shown.sessions.clone_from(&expected.sessions);
        }
        assert_eq!(shown, expected, "{expression}");
    }
}

#[test]
fn words_are_looked_for_in_what_messages_say() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&session_of(b"Hello, (World)")).unwrap();
    let mut desk = Desk::of(file.path(), (120, 40));
    desk.press("⏎m");
    let all = |desk: &Desk| desk.model.open.as_ref().unwrap().listed(&desk.load.index.read().unwrap());
    let messages = all(&desk);
    assert!(messages > 2);
    desk.press("fhello⏎");
    let texts = all(&desk);
    assert!(0 < texts && texts < messages, "{texts} of {messages} are texts that say it\n{}", desk.screen());
    desk.press("⎋fworld) from:server⏎");
    assert!(all(&desk) < texts, "{}", desk.screen());
    desk.press("⎋f!hello⏎");
    assert_eq!(all(&desk), messages - texts);
    desk.press("⎋fno-such-word⏎");
    assert_eq!(all(&desk), 0);
}

/// A row is its place and its figures: where another reading sees something else under its number, it is not shown for that.
#[test]
fn a_row_that_another_reading_sees_otherwise_is_not_chosen() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&session_with(b"\x81\x04aaaa\x81\x04bbbb")).unwrap();
    let modified = file.as_file().metadata().unwrap().modified().unwrap();
    let mut desk = Desk::of(file.path(), (120, 40));
    desk.model.open = Some(OpenSession { kind: RowKind::Messages, ..OpenSession::new(0) });
    std::fs::write(file.path(), session_with(b"\x81\x02bb\x81\x06aaaaaa")).unwrap();
    // Some file systems keep times so roughly that it seems to be the same file.
    file.as_file().set_modified(modified).unwrap();
    desk.press("f").happen(Happening::Paste("message.text contains \"bb\"".to_owned()));
    desk.press("⏎");
    let index = desk.load.index.read().unwrap();
    assert_eq!(desk.model.open.as_ref().unwrap().listed(&index), 0, "{}", desk.screen());
    drop(index);
    assert!(desk.screen().contains("1 chosen row differs from the list"), "{}", desk.screen());
}

#[test]
fn a_filter_of_the_list_goes_along_into_the_session() {
    let mut desk = Desk::new("afternoon.pcap", (80, 24));
    desk.press("ffrom == server and text contains error⏎⏎");
    let open = |desk: &Desk| desk.model.open.clone().unwrap();
    let index = Arc::clone(&desk.load.index);
    let index = index.read().unwrap();
    assert_eq!((open(&desk).kind, open(&desk).listed(&index)), (RowKind::Messages, 1));
    assert!(matches!(open(&desk).selected(&index), SessionItem::Message(_)), "{}", desk.screen());
    assert!(desk.screen().contains("error: nobody else is here"), "{}", desk.screen());
    assert!(desk.screen().contains("message 1/1 of 4"), "{}", desk.screen());
    desk.press("⎋");
    assert_eq!((open(&desk).filter.as_str(), open(&desk).listed(&index)), ("", 4));
    // Of sessions, or of words, nothing is to be found inside.
    for (filter, kind) in [("session.duration > 5s", RowKind::Messages), ("chat", RowKind::Messages)] {
        let mut desk = Desk::new("afternoon.pcap", (80, 24));
        desk.press("f").happen(Happening::Paste(filter.to_owned()));
        desk.press("⏎⏎");
        assert_eq!((open(&desk).kind, open(&desk).filter.as_str()), (kind, ""));
    }
    let mut desk = Desk::new("afternoon.pcap", (80, 24));
    desk.press("fopcode == ping⏎⏎");
    assert_eq!(open(&desk).kind, RowKind::Frames);
    // Whatever it was that happened then.
    let mut desk = Desk::new("afternoon.pcap", (80, 24));
    desk.press("ftime >= 14:04:30⏎⏎");
    assert_eq!(open(&desk).session, 0, "{}", desk.screen());
    let (shown, all) = (open(&desk).listed(&index), OpenSession::new(0).listed(&index));
    assert!(0 < shown && shown < all, "{shown} of {all}: {}", desk.screen());
}

#[test]
fn frames_and_messages_keep_filters_of_their_own() {
    let mut desk = Desk::new("afternoon.pcap", (80, 24));
    let filters = |desk: &Desk| {
        let open = desk.model.open.clone().unwrap();
        let listed = open.listed(&desk.load.index.read().unwrap());
        (open.kind, open.filter, listed)
    };
    let welcome = (RowKind::Messages, "welcome".to_owned(), 1);
    desk.press("⏎fwelcome⏎");
    assert_eq!(filters(&desk), welcome);
    desk.press("m");
    assert_eq!(filters(&desk), (RowKind::Frames, String::new(), 8));
    assert!(desk.screen().contains("the filter of the messages stays there"), "{}", desk.screen());
    for keys in ["m", "m⎋", "mfping⏎m"] {
        desk.press(keys);
        if keys == "m" {
            assert_eq!(filters(&desk), welcome);
        }
    }
    assert_eq!(filters(&desk), welcome);
    // Esc takes back what m did, then the filters, then the session.
    desk.press("⎋");
    assert_eq!(filters(&desk).1, "");
    desk.press("⎋");
    assert_eq!(filters(&desk), (RowKind::Frames, "ping".to_owned(), 1));
    desk.press("⎋⎋");
    assert!(desk.model.open.is_none());
}

#[test]
fn a_filter_that_hides_a_hit_is_set_aside_and_comes_back() {
    let mut desk = Desk::new("afternoon.pcap", (80, 24));
    let filter = |desk: &Desk| desk.model.open.clone().unwrap().filter;
    desk.press("⏎mfping⏎/nobody⏎");
    while desk.model.hunt.as_ref().unwrap().progress != ReadProgress::Over {
        desk.happen(Happening::Resize(80, 24));
    }
    assert_eq!(filter(&desk), "");
    assert!(desk.screen().contains("set aside"), "{}", desk.screen());
    desk.press("⎋");
    assert!(desk.model.hunt.is_none() && filter(&desk).is_empty());
    desk.press("⎋");
    assert_eq!(filter(&desk), "ping", "{}", desk.screen());
    desk.press("⎋");
    assert_eq!(filter(&desk), "");
}

#[test]
fn the_name_of_a_finding_finds_its_session_and_its_frame() {
    for filter in ["pong-mismatch", "finding:pong-mismatch", "mismatch"] {
        let mut desk = Desk::new("afternoon.pcap", (120, 40));
        desk.press("f").happen(Happening::Paste(filter.to_owned()));
        desk.press("⏎");
        assert_eq!(desk.model.sessions.rows, [ListRow::Session(2)], "{filter}: {}", desk.screen());
        desk.press("⏎");
        desk.model.open = Some(OpenSession { kind: RowKind::Frames, ..OpenSession::new(2) });
        desk.press("f").happen(Happening::Paste(filter.to_owned()));
        desk.press("⏎");
        let open = desk.model.open.clone().unwrap();
        assert_eq!(open.listed(&desk.load.index.read().unwrap()), 1, "{filter}: {}", desk.screen());
    }
}

#[test]
fn networks_addresses_and_times_are_taken_as_the_command_line_takes_them() {
    for (filter, sessions) in [
        ("10.0.0.0/16", "client in 10.0.0.0/16"),
        ("10.0.0.7,10.0.0.9", "client in 10.0.0.7 or client in 10.0.0.9"),
        ("host 10.0.0.7", "client in 10.0.0.7"),
        ("14:02:30", "time == 14:02:30"),
    ] {
        let mut desk = Desk::new("afternoon.pcap", (120, 40));
        let listed = |desk: &mut Desk, line: &str| {
            desk.press("f").happen(Happening::Paste(line.to_owned()));
            let rows = desk.press("⏎").model.sessions.rows.clone();
            desk.press("⎋");
            rows
        };
        let found = listed(&mut desk, filter);
        assert!(!found.is_empty(), "{filter}");
        assert_eq!(found, listed(&mut desk, sessions), "{filter}");
    }
}

#[test]
fn codes_that_are_never_sent_find_the_sessions_that_got_them() {
    let mut desk = Desk::new("afternoon.pcap", (80, 24));
    desk.press("f1006⏎");
    assert_eq!(desk.model.sessions.rows.len(), 1);
    assert!(desk.screen().contains("/alerts"), "{}", desk.screen());
    desk.press("/1006⏎");
    while desk.model.hunt.as_ref().unwrap().progress != ReadProgress::Over {
        desk.happen(Happening::Resize(80, 24));
    }
    assert!(desk.screen().contains("1006 is never sent"), "{}", desk.screen());
    // On the command line the same question is `finding.id == close-missing`.
    let mut folder: Vec<_> =
        std::fs::read_dir(capture("")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folder.retain(|path| path.extension().is_some_and(|extension| extension == "pcap"));
    folder.sort();
    for path in folder.iter().filter(|path| {
        path.file_name().is_some_and(|name| {
            name.to_string_lossy().starts_with("clo")
                || name == "key-reused.pcap"
                || name == "subprotocol-unoffered.pcap"
        })
    }) {
        let rows = |filter: &str| {
            Desk::of(path, (80, 24)).press("f").press(filter).press("⏎").model.sessions.rows.clone()
        };
        assert_eq!(rows("1006"), rows("finding.id == close-missing"), "{}", path.display());
    }
}

#[test]
fn a_filter_of_the_command_line_is_there_from_the_beginning() {
    let mut desk = Desk::new("afternoon.pcap", (120, 40));
    let name = "afternoon.pcap".to_owned();
    desk.model = Model::new(UserConfig::default(), (120, 40), name).filtered("session in {1, 3}".to_owned());
    desk.happen(Happening::Loaded(Loading { is_over: true, ..Loading::default() }));
    let screen = desk.screen();
    assert!(screen.contains("session 1/2 of 5  filter: session in {1, 3}"), "{screen}");
    let screen = desk.press("2").screen();
    assert!(screen.contains("finding 1/1 of 2  filter: session in {1, 3}"), "{screen}");
    assert!(desk.press("1⎋").screen().contains("session 1/5"), "{}", desk.screen());
}

#[test]
fn the_beginning_of_an_expression_does_not_empty_the_list() {
    for typed in ["session.", "session.dur", "10.0.0.7 session.d", "!frame.o"] {
        let mut desk = Desk::new("afternoon.pcap", (80, 24));
        desk.press("f").press(typed);
        assert!(!desk.model.sessions.rows.is_empty(), "{typed}: {}", desk.screen());
    }
}

#[test]
fn what_a_filter_hides_is_not_saved_and_its_marks_are_counted() {
    let mut desk = Desk::new("afternoon.pcap", (80, 24));
    desk.press("jj gf10.0.0.7⏎");
    for size in [(60, 15), (80, 24), (120, 40), (200, 50)] {
        desk.happen(Happening::Resize(size.0, size.1));
        let screen = desk.screen();
        assert!(screen.contains("1/2 of 5, 1* hidden  filter: 10.") && screen.contains("Q quit"), "{screen}");
    }
    let saved = |desk: &mut Desk| match desk.press("ws").model.prompt.take() {
        Some(Prompt::Path(Saved::Packets(sessions), _)) => sessions,
        other => panic!("{other:?}"),
    };
    assert_eq!(saved(&mut desk), [0, 4]);
    desk.press("j ");
    assert!(desk.screen().contains(", 2*, 1 hidden"), "{}", desk.screen());
    assert_eq!(saved(&mut desk), [4]);
    desk.press("⎋j");
    assert!(desk.screen().contains("/5, 2 marked"), "{}", desk.screen());
    assert_eq!(saved(&mut desk), [2, 4]);
}

/// Every name can be reached with Tab, and so can the values of a field.
#[test]
fn tab_goes_through_names_and_values() {
    let mut desk = Desk::new("afternoon.pcap", (80, 24));
    let line = |desk: &Desk| match &desk.model.prompt {
        Some(Prompt::Filter { line, .. }) => line.clone(),
        other => panic!("{other:?}"),
    };
    desk.press("fsession.");
    assert!(desk.screen().contains("duration_ms frames. messages. bytes."), "{}", desk.screen());
    let mut seen = BTreeSet::new();
    while seen.insert(line(desk.press("⇥"))) {}
    for name in ["session.target", "session.close.", "session.duration_ms"] {
        assert!(seen.contains(name), "{seen:?}");
    }
    assert_eq!(line(&desk), "session.duration_ms", "it goes round");
    desk.press("⎋ffrom == ");
    assert!(desk.screen().contains("Tab: client server"), "{}", desk.screen());
    desk.press("⇥⇥⏎");
    assert_eq!(desk.model.sessions.filter, "from == server");
    desk.press("⎋fframe.opcode in {pi⇥");
    assert_eq!(line(&desk), "frame.opcode in {ping");
    desk.press("⎋fsession.duration > ");
    assert!(desk.screen().contains("duration: 5s, 200ms or 3m"), "{}", desk.screen());
    desk.press("5");
    assert!(desk.screen().contains("`5` has no unit"), "{}", desk.screen());
}
