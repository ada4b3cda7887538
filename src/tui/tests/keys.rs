//! What keys lead to.

use super::made::session_of;
use super::*;
use crate::analyzer::Analyzer;
use crate::capture::{Files, Source};
use crate::model::{Captured, Limits};
use crate::report::{JsonLines, Payload, Sink};
use crate::tui::action::Tab;
use crate::tui::clock::{Clock, ZoneChoice};
use crate::tui::prompt::Prompt;
use crate::tui::request::{Existing, ReplayRequest, Saved};
use jiff::tz::TimeZone;
use ratatui::buffer::Cell;
use ratatui::style::Modifier;
use std::io::Write;

const SIZE: (u16, u16) = (80, 24);

#[test]
fn one_key_leads_from_the_capture_to_the_byte() {
    for keys in ["⏎", "n", "2⏎", "3n", "?n", "Cn", "⏎en", "⏎lgn"] {
        let mut desk = Desk::new("pong-nul-cut.pcap", SIZE);
        let screen = desk.press(keys).screen();
        assert!(screen.contains("^^ byte 3: expected 00, found nothing"), "{keys}:\n{screen}");
    }
}

#[test]
fn q_goes_back_and_ends_at_the_list() {
    let mut desk = Desk::new("pong-nul-cut.pcap", SIZE);
    desk.press("⏎⏎qq");
    assert!(desk.model.open.is_none() && desk.wanted.is_empty());
    desk.press("q");
    assert_eq!(desk.wanted, [Effect::Quit]);
    desk.press("⏎Q");
    assert_eq!(desk.wanted, [Effect::Quit, Effect::Quit]);
}

#[test]
fn a_filter_follows_what_is_typed_and_escape_takes_it_away() {
    let mut desk = Desk::new("bots-and-bad-clients.pcap", SIZE);
    let all = desk.model.sessions.rows.len();
    desk.press("fno-such-word");
    assert!(desk.model.sessions.rows.is_empty());
    assert!(desk.screen().contains("no session matches this filter"));
    desk.press("⎋");
    assert_eq!(desk.model.sessions.rows.len(), all);
    // Letters that are keys elsewhere are letters here.
    desk.press("fqQ⏎");
    assert_eq!(desk.model.sessions.filter, "qQ");
    assert!(desk.wanted.is_empty());
}

#[test]
fn escape_undoes_the_last_layer_and_never_ends() {
    let mut desk = Desk::new("pong-nul-cut.pcap", SIZE);
    desk.press("fchat⎋");
    assert_eq!(desk.model.sessions.filter, "", "a filter that was not entered is gone");
    desk.press("f127⏎");
    desk.press("⏎fping⏎/0x0d⏎");
    while !desk.model.hunt.as_ref().unwrap().progress.is_over() {
        desk.happen(Happening::Resize(80, 24));
    }
    desk.press("⏎");
    let open = |desk: &Desk| desk.model.open.clone().unwrap();
    desk.press("⎋");
    assert_eq!(open(&desk).pane, crate::tui::model::Pane::Rows);
    desk.press("⎋");
    assert!(desk.model.hunt.is_none());
    desk.press("⎋");
    assert_eq!(open(&desk).filter, "");
    desk.press("⎋");
    assert!(desk.model.open.is_none() && desk.model.sessions.filter == "127");
    desk.press("⎋");
    assert_eq!(desk.model.sessions.filter, "");
    desk.press("⎋");
    assert!(desk.screen().contains("q quits"), "{}", desk.screen());
    assert!(desk.wanted.is_empty());
}

#[test]
fn the_filter_language_chooses_rows_of_every_list() {
    let mut desk = Desk::new("bots-and-bad-clients.pcap", (120, 40));
    for (keys, shown) in [
        ("fsession == 1⏎", "session 1/1 of "),
        ("⎋fupgrade.outcome == accepted and client in 127.0.0.0/8⏎", "session 1/"),
        ("⎋ffinding.id == limit-reached⏎", "0 sessions of "),
        ("⎋2ffinding.severity == note⏎", "finding 1/"),
        ("⎋1fsession == 1⏎⏎ffrom == server and opcode == text⏎", "/1 of 4  filter: from == server"),
    ] {
        let screen = desk.press(keys).screen();
        let status = screen.lines().last().unwrap().to_owned();
        assert!(status.contains(shown), "{keys}: {status}\n{screen}");
    }
}

#[test]
fn a_filter_takes_times_as_they_are_shown() {
    let listed = |desk: &Desk| match (&desk.model.open, desk.model.tab) {
        (Some(open), _) => open.listed(&desk.load.index.read().unwrap()),
        (None, Tab::Findings) => desk.model.findings.all.len(),
        (None, _) => desk.model.sessions.rows.len(),
    };
    for list in ["1", "2", "1⏎"] {
        let mut desk = Desk::new("pong-nul-cut.pcap", SIZE);
        desk.model.clock = Clock::new(ZoneChoice::Utc, TimeZone::fixed(jiff::tz::offset(2)));
        let time = desk.load.index.read().unwrap().sessions().get(0).unwrap().first().time;
        let minute = |desk: &Desk| desk.model.clock.show(time)[..16].to_owned();
        let utc = minute(&desk);
        desk.press(list).press(&format!("ftime == {utc}⏎"));
        assert!(listed(&desk) > 0, "{list}: {utc}");
        desk.press("t");
        assert_eq!(listed(&desk), 0, "{list}: what was {utc} is another minute now");
        let local = minute(&desk);
        desk.press(&format!("⎋ftime == {local}⏎"));
        assert!(listed(&desk) > 0, "{list}: {local}");
        desk.press("t");
        assert_eq!(listed(&desk), 0, "{list}: {local}");
    }
}

#[test]
fn what_is_wrong_with_an_expression_stands_above_it_and_tab_completes_names() {
    let mut desk = Desk::new("pong-nul-cut.pcap", SIZE);
    desk.press("fsession.durration > 5s⏎");
    let screen = desk.screen();
    let lines: Vec<&str> = screen.lines().collect();
    let words = " there is no field `session.durration`; did you mean `session.duration`?";
    assert_eq!(lines[21].trim_end(), words, "{screen}");
    assert!(lines[22].starts_with("         ▾▾▾▾▾▾▾▾▾▾▾▾▾▾▾▾▾"), "{screen}");
    assert!(lines[23].contains("filter: session.durration"), "Enter leaves it there: {screen}");
    desk.press("⎋fsession.du⇥");
    assert!(desk.screen().lines().last().unwrap().contains("session.duration_ms"), "{}", desk.screen());
}

#[test]
fn the_way_out_of_an_unsaved_live_capture_asks_first() {
    let mut desk = Desk::new("pong-nul-cut.pcap", SIZE);
    desk.model.is_unsaved = true;
    desk.press("q");
    assert!(desk.wanted.is_empty() && desk.screen().contains("is not saved"), "{}", desk.screen());
    desk.press("⎋qy");
    assert!(desk.wanted.is_empty());
    desk.press("q");
    assert_eq!(desk.wanted, [Effect::Quit]);
}

#[test]
fn the_heading_shows_the_whole_target_where_it_can() {
    for size in [(60, 15), (80, 24), (120, 40), (200, 50)] {
        let mut desk = Desk::new("afternoon.pcap", size);
        let screen = desk.press("f1006⏎⏎").screen();
        assert!(screen.lines().nth(1).unwrap().contains("/alerts?level=high"), "{screen}");
    }
}

#[test]
fn a_click_on_the_name_of_a_view_shows_it() {
    for (filter, size) in [("", (80, 24)), ("", (60, 15)), ("opcode:pong", (80, 24))] {
        let mut desk = Desk::new("pong-nul-cut.pcap", size);
        desk.press("⏎").press("f").press(filter).press("⏎n");
        for name in ["hex", "masked", "JSON", "text"] {
            let screen = desk.screen();
            let found = screen.lines().enumerate().find(|(_, line)| line.contains(" v: "));
            let (row, line) = found.unwrap_or_else(|| panic!("{screen}"));
            let views = line.find(" v: ").unwrap();
            let at = views + line[views..].find(name).unwrap();
            let column = crate::tui::text::columns(&line[..at]);
            desk.happen(Happening::Click(u16::try_from(column).unwrap(), u16::try_from(row).unwrap()));
            assert!(desk.screen().contains(&format!("[{name}]")), "{name}: {}", desk.screen());
            assert!(!desk.model.panes.is_dragged);
        }
    }
}

#[test]
fn marked_or_listed_sessions_are_saved_into_one_file() {
    let folder = tempfile::tempdir().unwrap();
    for (keys, name, sessions) in [("", "all", 8), (" ", "one", 1)] {
        let path = folder.path().join(name);
        let mut desk = Desk::new("bots-and-bad-clients.pcap", SIZE);
        desk.press(keys).press("ws");
        let Some(Prompt::Path(what, _)) = desk.model.prompt.take() else { panic!("no question") };
        desk.happen(Happening::Reply(Reply::Skipped(ReplayRequest::Cancel)));
        desk.worker.answer_all(vec![ReplayRequest::Save {
            what,
            path: path.clone(),
            existing: Existing::Stays,
        }]);
        let again = Desk::of(&path, SIZE);
        let rows = again.load.index.read().unwrap().sessions().len();
        assert!(rows >= sessions && (name != "one" || rows == 1), "{name}: {rows}");
    }
}

#[test]
fn a_payload_that_is_not_all_there_says_so() {
    let limits = Limits { message_bytes: 100, ..Limits::default() };
    let config = Config { limits, ..Config::default() };
    let mut desk = Desk::with(&capture("clean-python-newest.pcap"), (160, 50), config);
    desk.press("⏎gjjjjj");
    assert!(
        desk.screen().contains("156 bytes more; the limit message-bytes keeps no more"),
        "{}",
        desk.screen()
    );
    desk.press("/nothing like it⏎");
    assert!(desk.screen().contains("not everything was searched: limit message-bytes"), "{}", desk.screen());
}

#[test]
fn the_clients_port_never_vanishes() {
    for width in 60..200 {
        let desk = Desk::new("pong-nul-cut.pcap", (width, 15));
        assert!(desk.screen().contains(":42536"), "{width}\n{}", desk.screen());
    }
}

#[test]
fn what_cannot_be_read_is_said_before_any_list() {
    let dir = tempfile::tempdir().unwrap();
    let text = dir.path().join("notes.pcap");
    std::fs::write(&text, "these are notes, not packets").unwrap();
    for (path, words) in [
        (Path::new("no/such/file.pcap"), "it cannot be opened"),
        (dir.path(), "it is a directory; name the capture files in it"),
        (text.as_path(), "it is not a packet capture but"),
    ] {
        let screen = Desk::of(path, (60, 15)).screen();
        let flat = screen.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(words), "{screen}");
    }
}

#[test]
fn a_search_goes_to_its_first_hit_and_on() {
    let mut desk = Desk::new("pong-nul-cut.pcap", SIZE);
    desk.press("/TWO⏎");
    while !desk.model.hunt.as_ref().unwrap().progress.is_over() {
        desk.happen(Happening::Resize(80, 24));
    }
    let screen = desk.screen();
    assert!(screen.contains("TWO: 1 of 2"), "{screen}");
    assert!(screen.contains("Frame 5: text of 3 bytes") || screen.contains("client  Frame"), "{screen}");
    desk.press("]");
    assert!(desk.screen().contains("TWO: 2 of 2"));
    desk.press("/0x0d900f⏎");
    while !desk.model.hunt.as_ref().unwrap().progress.is_over() {
        desk.happen(Happening::Resize(80, 24));
    }
    assert!(desk.screen().contains("0x0d900f: 1 of 2"), "{}", desk.screen());
    desk.press("//a(/⏎");
    assert!(desk.screen().contains("not a regular expression"), "{}", desk.screen());
}

#[test]
fn what_is_copied_is_what_was_sent() {
    let mut desk = Desk::new("pong-nul-cut.pcap", SIZE);
    desk.press("⏎yhyt");
    let packet = "frame.number == 10".to_owned();
    assert_eq!(desk.wanted, [Effect::Copy("0d900f".to_owned()), Effect::Copy(packet)]);
    desk.wanted.clear();
    desk.press("qyt");
    let both = "ip.addr == 127.0.0.1 && tcp.port == 42536 && ip.addr == 127.0.0.1 && tcp.port == 9765";
    assert_eq!(desk.wanted, [Effect::Copy(both.to_owned())]);
}

#[test]
fn inside_tls_the_options_of_tshark_are_copied_with_the_filter() {
    let mut desk = Desk::new("tls-1.3.pcapng", (120, 40));
    // Nothing is wrong with the session: it opens at its messages, and the first frame is two keys away.
    desk.press("⏎mjyt");
    desk.model = desk.model.with_key_log(Some("/tmp/it's keys.log".into()));
    desk.press("yt");
    let filter = "-Y 'frame.number == 16'";
    let with_keys = format!("-o 'tls.keylog_file:/tmp/it'\\''s keys.log' {filter}");
    assert_eq!(desk.wanted, [Effect::Copy(filter.to_owned()), Effect::Copy(with_keys)]);
    assert!(desk.screen().contains("TLS record"), "{}", desk.screen());
}

/// The lines that the program prints of a capture as JSON.
fn printed(name: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut json = JsonLines::new(&mut out, Payload::Preview, InputNames::default());
    let mut files = Files::new(vec![Input::File(capture(name))]);
    let config = Config { keep: Payload::PREVIEW as u64, ..Config::default() };
    let mut analyzer = Analyzer::new(config);
    while let Some(captured) = files.next().unwrap() {
        if let Captured::Packet(packet) = captured {
            analyzer.push(&packet, &mut |output| json.output(output).unwrap());
        }
    }
    analyzer.finish(&mut |output| json.output(output).unwrap());
    String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn json_is_copied_as_it_is_printed() {
    let lines = printed("pong-nul-cut.pcap");
    for (keys, kind) in [
        ("yj", r#"{"type":"session","session":1"#),
        ("⏎yj", r#"{"type":"frame","session":1,"frame":3"#),
        ("⏎gyj", r#"{"type":"upgrade","session":1"#),
        ("⏎mgjyj", r#"{"type":"message","session":1,"message":1"#),
        ("2yj", r#"{"type":"finding","#),
    ] {
        let mut desk = Desk::new("pong-nul-cut.pcap", SIZE);
        desk.press(keys);
        let [Effect::Copy(copied)] = desk.wanted.as_slice() else { panic!("{keys}: {:?}", desk.wanted) };
        assert!(lines.contains(copied), "{keys}: {copied}\n{}", lines.join("\n"));
        assert!(copied.starts_with(kind), "{keys}: {copied}");
    }
}

/// What of the screen looks like something that was searched for.
fn found(desk: &Desk) -> String {
    let sought = Modifier::REVERSED | Modifier::UNDERLINED;
    desk.drawn().content.iter().filter(|cell| cell.modifier.contains(sought)).map(Cell::symbol).collect()
}

#[test]
fn what_was_searched_for_stands_out_in_every_view() {
    let mut desk = Desk::new("pong-nul-cut.pcap", SIZE);
    desk.press("/WO⏎");
    for expected in ["wo", "wo", "776fwo", "776fwo"] {
        assert_eq!(found(&desk), expected, "{}", desk.screen());
        desk.press("v");
    }
    desk.press("x");
    assert_eq!(found(&desk), "");
}

#[test]
fn a_hit_is_brought_into_view_in_the_message_that_holds_it() {
    // The message is in four frames, and the words begin in one and end in the next.
    let mut desk = Desk::new("fragmented-with-ping.pcap", SIZE);
    desk.press("/middle, an⏎");
    assert_eq!(found(&desk), "middle, an", "{}", desk.screen());
    assert!(desk.screen().contains("Message 1: text of 29 bytes"), "{}", desk.screen());
    // One that only the inflated message holds.
    let mut desk = Desk::new("deflate-node-ws.pcap", SIZE);
    desk.press("/words again⏎");
    assert!(found(&desk).starts_with("words again"), "{}", desk.screen());
    // One far down in a long payload.
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let text = ["word ".repeat(1000).as_bytes(), b"needle"].concat();
    file.write_all(&session_of(&text)).unwrap();
    for view in ["", "vv"] {
        let mut desk = Desk::of(file.path(), SIZE);
        desk.press("⏎").press(view).press("/needle⏎");
        assert!(found(&desk).contains("needle"), "{}", desk.screen());
    }
}

#[test]
fn a_pause_says_how_much_came_meanwhile() {
    let mut desk = Desk::new("pong-nul-cut.pcap", SIZE);
    desk.press("p");
    assert!(desk.wanted.is_empty() && desk.screen().contains("nothing to pause"), "{}", desk.screen());
    desk.happen(Happening::Loaded(Loading::default()));
    desk.press("p");
    assert_eq!(desk.wanted, [Effect::Pause]);
    assert!(desk.screen().contains(" paused: p continues "), "{}", desk.screen());
    desk.happen(Happening::Loaded(Loading { held: 1234, ..Loading::default() }));
    assert!(desk.screen().contains(" paused: 1,234 frames arrived since; p continues "), "{}", desk.screen());
    desk.press("p");
    assert_eq!(desk.wanted, [Effect::Pause, Effect::Resume]);
    assert!(!desk.screen().contains("paused"));
}

#[test]
fn saving_asks_before_it_replaces_and_writes_what_wireshark_reads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.pcapng");
    let mut desk = Desk::new("pong-nul-cut.pcap", SIZE);
    desk.press("⏎ws");
    for _ in 0.."session-1.pcapng".len() {
        desk.press("⌫");
    }
    desk.happen(Happening::Paste(path.to_str().unwrap().to_owned()));
    desk.press("⏎");
    assert!(desk.screen().contains("saved as"), "{}", desk.screen());
    let again = Desk::of(&path, SIZE);
    assert!(again.screen().contains("✗ 1"), "{}", again.screen());
    let request =
        ReplayRequest::Save { what: Saved::Packets(vec![0]), path: path.clone(), existing: Existing::Stays };
    desk.worker.answer_all(vec![request]);
    let reply = desk.replies.lock().unwrap().pop().unwrap();
    desk.happen(Happening::Reply(reply));
    assert!(desk.screen().contains("replace it? y/n"), "{}", desk.screen());
    desk.press("n");
    assert!(desk.screen().contains("nothing was saved"));
}

#[test]
fn json_and_trees_fold_by_levels() {
    for (payload, all, folded) in [
        (&br#"{"a":{"b":[1,2]},"c":3}"#[..], "\"b\": [", "\"a\": { …"),
        (
            b"\x82\xa1a\x92\x01\x02\xa1b\x03",
            "no JSON, but it can be read as MessagePack",
            "\"a\": array of 2 …2",
        ),
    ] {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&session_of(payload)).unwrap();
        let mut desk = Desk::of(file.path(), (100, 40));
        desk.press("⏎gjj)");
        let screen = desk.screen();
        assert!(screen.contains(all), "{screen}");
        let screen = desk.press("(((").screen();
        assert!(screen.contains(folded), "{screen}");
        assert!(desk.press(")))").screen().contains(all));
    }
}

#[test]
fn any_node_of_a_tree_folds_at_the_cursor() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&session_of(br#"{"a":{"b":[1,2]},"c":[3,4]}"#)).unwrap();
    for fold in ["o", "⏎"] {
        let mut desk = Desk::of(file.path(), (100, 40));
        // The cursor begins at the whole, and goes down to `"c"`.
        desk.press("⏎gjjo↓↓↓↓↓↓↓");
        let screen = desk.screen();
        assert!(screen.contains(">▾  \"c\": ["), "{screen}");
        let screen = desk.press(fold).screen();
        assert!(screen.contains(">▸  \"c\": [ …2 ]"), "{screen}");
        assert!(screen.contains(" ▾  \"a\": {"), "{screen}");
        assert!(desk.press(fold).screen().contains(">▾  \"c\": ["));
        // Another payload is another tree.
        desk.press(fold).press("⎋jk");
        assert!(!desk.screen().contains('▸'), "{}", desk.screen());
    }
}

#[test]
fn a_click_folds_and_unfolds_a_node() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&session_of(br#"{"a":{"b":[1,2]},"c":[3,4]}"#)).unwrap();
    for size in [(100, 40), (200, 50), (80, 24)] {
        let mut desk = Desk::of(file.path(), size);
        desk.press("⏎gjj)");
        let click = |desk: &mut Desk, words: &str| {
            let screen = desk.screen();
            let row = screen.lines().position(|line| line.contains(words)).expect(words);
            let column = screen.lines().nth(row).and_then(|line| line.find(words)).unwrap();
            let before = screen.lines().nth(row).unwrap()[..column].chars().count();
            desk.happen(Happening::Click(u16::try_from(before).unwrap(), u16::try_from(row).unwrap()));
            desk.screen()
        };
        let screen = click(&mut desk, "\"a\": {");
        assert!(screen.contains(">▸  \"a\": { …") && screen.contains(" ▾  \"c\": ["), "{screen}");
        // What has nothing below it is only chosen.
        let screen = click(&mut desk, "3,");
        assert!(screen.contains("    3,") && screen.contains(" ▸  \"a\": { …"), "{screen}");
        let screen = click(&mut desk, "\"a\": {");
        assert!(screen.contains(">▾  \"a\": {"), "{screen}");
    }
}

#[test]
fn in_a_long_tree_the_cursor_stays_in_view() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let long = format!("[{}]", vec!["7"; 20].join(","));
    file.write_all(&session_of(long.as_bytes())).unwrap();
    let mut desk = Desk::of(file.path(), (80, 24));
    desk.press("⏎gjjo");
    for keys in ["↓", "↓", "⇟", "⇟", "G", "⇞", "g"] {
        desk.press(keys);
        let screen = desk.screen();
        let cursors = screen.lines().filter(|line| line.starts_with(['>']) && line.contains(['7', '[', ']']));
        assert!(cursors.count() >= 1, "{keys}: {screen}");
    }
}

#[test]
fn marks_are_remembered_and_found() {
    let mut desk = Desk::new("pong-nul-cut.pcap", SIZE);
    desk.press("⏎ ");
    let marked = desk.model.open.as_ref().unwrap().list.selected;
    desk.press("gg'");
    assert_eq!(desk.model.open.as_ref().unwrap().list.selected, marked);
    desk.press(" ");
    assert!(desk.model.marks.is_empty());
}

#[test]
fn nothing_of_payloads_and_addresses_is_seen_while_they_are_hidden() {
    let mut desk = Desk::new("pong-nul-cut.pcap", (140, 40));
    desk.press("x");
    for keys in ["", "⏎", "gj", "v", "v", "v", "l", "qq2", "1⏎m", "G"] {
        let screen = desk.press(keys).screen();
        for secret in ["127.0.0.1", "0d 90", "\"one\"", "three"] {
            assert!(!screen.contains(secret), "{keys}: {secret}\n{screen}");
        }
    }
}

#[test]
fn the_order_of_rows_turns_around() {
    let mut desk = Desk::new("bots-and-bad-clients.pcap", SIZE);
    let before = desk.model.sessions.rows.clone();
    desk.press("z");
    let mut after = desk.model.sessions.rows.clone();
    // What never was a WebSocket stays last.
    if matches!(after.last(), Some(crate::tui::sessions::ListRow::Noise(_))) {
        let end = after.len() - 1;
        after[..end].reverse();
    } else {
        after.reverse();
    }
    assert_eq!(before, after);
    desk.press(">");
    assert_ne!(desk.model.sessions.columns.sort, crate::tui::SessionColumn::Start);
    desk.press("<");
    assert_eq!(desk.model.sessions.columns.sort, crate::tui::SessionColumn::Start);
}

#[test]
fn clicks_and_the_wheel_move_like_keys() {
    let mut desk = Desk::new("pong-nul-cut.pcap", SIZE);
    desk.happen(Happening::Click(20, 0));
    assert_eq!(desk.model.place(), crate::tui::keys::KeyContext::Findings);
    desk.happen(Happening::Click(10, 0));
    assert_eq!(desk.model.place(), crate::tui::keys::KeyContext::Sessions);
    desk.happen(Happening::Click(10, 2));
    assert_eq!(desk.model.place(), crate::tui::keys::KeyContext::Session);
    let before = desk.model.open.as_ref().unwrap().list.selected;
    desk.happen(Happening::Wheel(crate::tui::Motion::Down, 5, 5));
    assert_eq!(desk.model.open.as_ref().unwrap().list.selected, before + 3);
    desk.happen(Happening::Wheel(crate::tui::Motion::Down, 5, 20));
    assert!(desk.model.open.as_ref().unwrap().scroll > 0);
}

#[test]
fn what_is_selected_stays_selected_and_in_place_while_rows_arrive() {
    use crate::index::Index;
    use crate::tui::SessionColumn;

    let mut index = Index::default();
    let mut model = Model::new(UserConfig::default(), (80, 12), String::new());
    // Sorted so that new rows come before the selected one.
    model.sessions.columns.sort = SessionColumn::Start;
    model.sessions.columns.is_reversed = true;
    let mut analyzer = Analyzer::new(Config::default());
    let mut files = Files::new(vec![Input::File(capture("bots-and-bad-clients.pcap"))]);
    let mut seen = None;
    while let Some(Captured::Packet(packet)) = files.next().unwrap() {
        analyzer.push(&packet, &mut |output| index.add(output));
        update(&mut model, &index, Happening::Loaded(Loading::default()));
        let now = |model: &Model| {
            let list = &model.sessions.list;
            (model.sessions.selected(), list.selected - list.top)
        };
        if seen.is_none() && model.sessions.rows.len() == 3 {
            update(&mut model, &index, Happening::Key(Key::new(KeyCode::Up, KeyModifiers::NONE)));
            seen = Some(now(&model));
        } else if let Some(seen) = seen {
            assert_eq!(now(&model), seen);
        }
    }
    assert!(model.sessions.rows.len() > 8);
}
