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
