//! Panes that are resized and made full, and other captures.

use super::*;
use crate::tui::area::areas;
use crate::tui::model::Pane;
use crate::tui::opened::Wanted;

#[test]
fn the_pane_with_the_keys_grows_and_shrinks_within_limits() {
    for size in [(60, 15), (80, 24), (140, 40)] {
        for keys in ["⏎", "⏎l", "2"] {
            let mut desk = Desk::new("pong-nul-cut.pcap", size);
            desk.press(keys);
            let room = |desk: &Desk| {
                let parts = areas(&desk.model);
                (parts.rows.area(), parts.detail.area())
            };
            let before = room(&desk);
            desk.press("+");
            let larger = room(&desk);
            assert!(larger.0 > before.0 && larger.1 < before.1, "{keys} {size:?}: {before:?} {larger:?}");
            desk.press("--");
            assert!(room(&desk).0 < larger.0, "{keys} {size:?}");
            for key in ["+", "-"] {
                desk.press(&key.repeat(20));
                assert!(room(&desk).0 > 0 && room(&desk).1 > 0, "{keys} {size:?}");
            }
        }
    }
}

#[test]
fn a_pane_takes_the_screen_and_escape_gives_it_back() {
    let mut desk = Desk::new("pong-nul-cut.pcap", (140, 40));
    let before = desk.press("⏎").screen();
    let parts = areas(&desk.model);
    desk.press("F");
    assert_eq!((areas(&desk.model).rows.width, areas(&desk.model).detail.area()), (140, 0));
    desk.press("⇥");
    assert_eq!((areas(&desk.model).rows.area(), areas(&desk.model).detail.width), (0, 140));
    assert!(desk.screen().contains("Header, RFC 6455"), "{}", desk.screen());
    desk.press("⎋");
    assert_eq!(areas(&desk.model), parts);
    assert_eq!(desk.model.open.as_ref().unwrap().pane, Pane::Detail);
    assert_eq!(desk.press("⎋n").screen(), before);
}

#[test]
fn the_line_between_the_panes_can_be_dragged() {
    for (size, to) in [((140, 40), (70, 20)), ((80, 24), (10, 15))] {
        let mut desk = Desk::new("pong-nul-cut.pcap", size);
        let rule = areas(&desk.press("⏎").model).rule;
        desk.happen(Happening::Click(rule.x, rule.y));
        desk.happen(Happening::Drag(to.0, to.1));
        let moved = areas(&desk.model).rule;
        assert!(moved.x.abs_diff(to.0) <= 1 || moved.y.abs_diff(to.1) <= 1, "{moved:?} {to:?}");
        desk.happen(Happening::Click(1, 5));
        desk.happen(Happening::Drag(1, 1));
        assert_eq!(areas(&desk.model).rule, moved, "only the line itself");
    }
}

#[test]
fn another_capture_is_shown_as_the_one_before_was() {
    let mut desk = Desk::new("pong-nul-cut.pcap", (80, 24));
    desk.press("f127⏎Otraces/x.pcap⏎");
    assert_eq!(desk.wanted, [Effect::Open(Wanted::File("traces/x.pcap".into()))]);
    desk.wanted.clear();
    desk.press("⏎R");
    assert_eq!(desk.wanted, [Effect::Open(Wanted::Again)]);
    let other = Desk::new("bots-and-bad-clients.pcap", (80, 24));
    (desk.load, desk.worker, desk.replies) = (other.load, other.worker, other.replies);
    desk.happen(Happening::Opened("bots.pcap".to_owned(), None));
    desk.happen(Happening::Loaded(Loading { is_over: true, ..Loading::default() }));
    let screen = desk.screen();
    assert!(screen.contains("session 1/12") && screen.contains("filter: 127"), "{screen}");
    desk.happen(Happening::NotOpened("x: it cannot be opened".to_owned()));
    assert!(desk.screen().contains("x: it cannot be opened"));
}

#[test]
fn a_path_is_completed_while_it_is_typed() {
    let mut desk = Desk::new("pong-nul-cut.pcap", (80, 24));
    desk.press("Otra⇥");
    assert_eq!(desk.wanted, [Effect::Complete("tra".to_owned())]);
    desk.happen(Happening::Completed("trace.pcap".to_owned()));
    assert!(desk.screen().contains("open (Tab completes): trace.pcap"), "{}", desk.screen());
}

#[test]
fn what_has_no_room_in_the_last_line_stands_above_it_and_in_the_help() {
    let reason = "b.pcapng and a.pcapng both hold 113 TCP segments, with other headers or times: they are the same traffic, captured \
        at two places";
    let words = |screen: &str| screen.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut desk = Desk::new("afternoon.pcap", (60, 15));
    desk.happen(Happening::NotOpened(reason.to_owned()));
    assert!(words(&desk.screen()).contains(reason), "{}", desk.screen());
    let remarks = vec![reason.to_owned()];
    desk.happen(Happening::Loaded(Loading { is_over: true, remarks, ..Loading::default() }));
    assert!(words(&desk.screen()).contains(reason), "{}", desk.screen());
    desk.press("j");
    assert!(desk.screen().contains("! ?"), "{}", desk.screen());
    desk.press("?");
    assert!(words(&desk.screen()).contains(reason), "{}", desk.screen());
}

#[test]
fn a_capture_without_a_websocket_yet_says_how_much_was_seen() {
    let mut model = Model::new(UserConfig::default(), (80, 24), "lo".to_owned());
    let index = crate::index::Index::default();
    for (read, seen) in [(0, "nothing was captured so far"), (2524, "2524 bytes were read so far")] {
        let loading = Loading { read, dropped: Some(0), ..Loading::default() };
        update(&mut model, &index, Happening::Loaded(loading));
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        terminal.draw(|frame| draw(&model, &index, frame)).unwrap();
        let screen = terminal.backend().to_string();
        assert!(screen.contains(seen), "{screen}");
    }
}

#[test]
fn columns_cut_neither_the_client_nor_a_unit_and_name_findings_where_there_is_room() {
    for size in [(60, 15), (80, 24), (120, 40), (200, 50)] {
        let screen = Desk::new("afternoon.pcap", size).screen();
        for client in ["10.0.0.7:40001", "10.0.0.9:40002", "10.1.0.4:40003", "192.168.7.20:40004"] {
            assert!(screen.contains(&format!(" {client} → ")), "{client} at {size:?}:\n{screen}");
        }
        let (_, list) = screen.split_once('\n').unwrap();
        assert_eq!(list.contains("lasted"), list.contains(" 3 min 37 s"), "{screen}");
        if size.0 >= 120 {
            assert!(screen.contains(" 1 close-missing ") && screen.contains(" 1 pong-mismatch "), "{screen}");
            assert!(screen.contains("lasted"), "{screen}");
        }
        assert!(screen.contains("/chat"), "{screen}");
    }
}
