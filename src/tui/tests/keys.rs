//! What keys lead to.

use super::*;
use crate::tui::request::{Request, Saved};

const SIZE: (u16, u16) = (80, 24);

#[test]
fn one_key_leads_from_the_capture_to_the_byte() {
    for keys in ["⏎", "n", "2⏎"] {
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
    assert!(desk.screen().contains("no session has these words"));
    desk.press("⎋");
    assert_eq!(desk.model.sessions.rows.len(), all);
    // Letters that are keys elsewhere are letters here.
    desk.press("fqQ⏎");
    assert_eq!(desk.model.sessions.filter, "qQ");
    assert!(desk.wanted.is_empty());
}

#[test]
fn a_search_goes_to_its_first_hit_and_on() {
    let mut desk = Desk::new("pong-nul-cut.pcap", SIZE);
    desk.press("/TWO⏎");
    while !desk.model.hunt.as_ref().unwrap().is_over {
        desk.happen(Happening::Resize(80, 24));
    }
    let screen = desk.screen();
    assert!(screen.contains("TWO: 1 of 2"), "{screen}");
    assert!(screen.contains("Frame 5: text of 3 bytes") || screen.contains("client  Frame"), "{screen}");
    desk.press("]");
    assert!(desk.screen().contains("TWO: 2 of 2"));
    desk.press("/0x0d900f⏎");
    while !desk.model.hunt.as_ref().unwrap().is_over {
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
    let request = Request::Save { what: Saved::Packets(0), path: path.clone(), replace: false };
    desk.worker.answer_all(vec![request]);
    let reply = desk.replies.lock().unwrap().pop().unwrap();
    desk.happen(Happening::Reply(reply));
    assert!(desk.screen().contains("replace it? y/n"), "{}", desk.screen());
    desk.press("n");
    assert!(desk.screen().contains("nothing was saved"));
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
    if matches!(after.last(), Some(crate::tui::sessions::Entry::Noise(_))) {
        let end = after.len() - 1;
        after[..end].reverse();
    } else {
        after.reverse();
    }
    assert_eq!(before, after);
    desk.press(">");
    assert_ne!(desk.model.sessions.sort, crate::tui::sessions::Column::Start);
    desk.press("<");
    assert_eq!(desk.model.sessions.sort, crate::tui::sessions::Column::Start);
}

#[test]
fn clicks_and_the_wheel_move_like_keys() {
    let mut desk = Desk::new("pong-nul-cut.pcap", SIZE);
    desk.happen(Happening::Click(20, 0));
    assert_eq!(desk.model.place(), crate::tui::keys::Place::Findings);
    desk.happen(Happening::Click(10, 0));
    assert_eq!(desk.model.place(), crate::tui::keys::Place::Sessions);
    desk.happen(Happening::Click(10, 2));
    assert_eq!(desk.model.place(), crate::tui::keys::Place::Session);
    let before = desk.model.open.as_ref().unwrap().list.selected;
    desk.happen(Happening::Wheel(crate::tui::Motion::Down, 5, 5));
    assert_eq!(desk.model.open.as_ref().unwrap().list.selected, before + 3);
    desk.happen(Happening::Wheel(crate::tui::Motion::Down, 5, 20));
    assert!(desk.model.open.as_ref().unwrap().scroll > 0);
}

#[test]
fn what_is_selected_stays_selected_and_in_place_while_rows_arrive() {
    use crate::analyzer::Analyzer;
    use crate::capture::{Captured, Files, Source};
    use crate::index::Index;
    use crate::tui::sessions::Column;

    let mut index = Index::default();
    let mut model = Model::new(Theme::default(), (80, 12), String::new());
    // Sorted so that new rows come before the selected one.
    model.sessions.sort = Column::Start;
    model.sessions.is_reversed = true;
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
