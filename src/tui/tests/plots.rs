//! The plots: their cursor, zoom, and the way to frames.

use super::*;
use crate::tui::action::Tab;
use crate::tui::model::SessionItem;

#[test]
fn a_bar_leads_to_its_frames() {
    let mut desk = Desk::new("pong-nul-cut.pcap", (80, 24));
    for (keys, frame) in [("3g⏎", 1), ("3G⏎", 10), ("⏎3g⏎", 1)] {
        let screen = desk.press(keys).screen();
        assert_eq!(desk.model.tab, Tab::Sessions, "{keys}: {screen}");
        let index = desk.load.index.read().unwrap();
        let open = desk.model.open.as_ref().unwrap_or_else(|| panic!("{keys}: {screen}"));
        let SessionItem::Frame(place) = open.selected(&index) else { panic!("{keys}: {screen}") };
        // The last column may hold several frames: the first of them is gone to.
        let number = index.frames(0).get(place).unwrap().number();
        assert!(number == frame || keys == "3G⏎" && number > 8, "{keys}: frame {number}");
        drop(index);
        desk.press("⎋");
    }
    // Between the fifth message and the Close nothing was said.
    assert!(
        desk.press("3glllllllllllllllllll⏎").screen().contains("no frame began here"),
        "{}",
        desk.screen()
    );
}

#[test]
fn zooming_keeps_the_cursor_and_escape_shows_all_again() {
    let mut desk = Desk::new("pong-nul-cut.pcap", (80, 24));
    let whole = desk.press("3G").screen();
    let time = |screen: &str| screen.lines().nth(2).unwrap().split_whitespace().nth(1).unwrap().to_owned();
    let zoomed = desk.press("++").screen();
    assert!(zoomed.contains(" of 501.5 ms from left to right"), "{zoomed}");
    assert_eq!(time(&zoomed).get(..8), time(&whole).get(..8), "{zoomed}");
    // However far one looks, what the cursor was at stays in view.
    for _ in 0..10 {
        let screen = desk.press("+").screen();
        let at = screen.lines().nth(2).unwrap();
        assert!(at.contains("→ 1 frame, 2 B") || at.contains("← 1 frame, 2 B"), "{screen}");
    }
    assert!(desk.press(&"+".repeat(40)).model.plots.is_zoomed());
    desk.press("hhhhhll");
    assert_eq!(desk.press("⎋").screen().lines().nth(1), whole.lines().nth(1));
    assert_eq!(desk.model.tab, Tab::Plots);
    desk.press("+-");
    assert!(!desk.model.plots.is_zoomed());
    desk.press("+0⎋");
    assert_eq!(desk.model.tab, Tab::Sessions);
}

#[test]
fn a_click_moves_the_cursor() {
    let mut desk = Desk::new("pong-nul-cut.pcap", (80, 24));
    desk.press("3");
    desk.happen(Happening::Click(50, 8));
    let screen = desk.screen();
    let axis = screen.lines().find(|line| line.contains('▲')).unwrap();
    assert_eq!(axis.chars().position(|c| c == '▲'), Some(50), "{screen}");
}

#[test]
fn a_capture_without_frames_can_be_looked_at() {
    let mut desk = Desk::new("upgrade-rejected.pcap", (80, 24));
    for keys in ["3", "l", "+", "-", "0", "G", "⏎"] {
        desk.press(keys).screen();
    }
}
