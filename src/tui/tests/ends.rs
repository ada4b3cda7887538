//! The end of TCP is a row among the others, and findings about it stand there.

use super::*;
use crate::tui::model::{OpenSession, RowKind, SessionItem};
use std::io::Write;

/// The selected row of the session.
fn selected(desk: &Desk) -> SessionItem {
    desk.model.open.as_ref().unwrap().selected(&desk.load.index.read().unwrap())
}

/// The line with the cursor.
fn cursor(screen: &str) -> &str {
    screen.lines().find(|line| line.starts_with('>')).unwrap_or_else(|| panic!("no cursor:\n{screen}"))
}

#[test]
fn a_finding_about_the_end_leads_to_the_end() {
    for (capture, flag, words, id) in [
        ("close-missing.pcap", "FIN", "ended TCP", "close-missing"),
        ("server-reset.pcap", "RST", "the server reset TCP", "connection-reset"),
        ("reset-foreign.pcap", "RST", "something in between reset TCP", "reset-foreign"),
        ("nginx-idle-timeout.pcap", "FIN", "of silence", "close-missing"),
    ] {
        let mut desk = Desk::new(capture, (200, 50));
        let mut seen = Vec::new();
        let findings = desk.load.index.read().unwrap().findings().len();
        for _ in 0..findings {
            desk.press("n");
            let at = desk.model.findings.current.unwrap();
            let found = desk.load.index.read().unwrap().findings()[at].id.name();
            seen.push(found);
            if found != id {
                continue;
            }
            let screen = desk.screen();
            assert!(matches!(selected(&desk), SessionItem::End(_)), "{capture}:\n{screen}");
            let row = cursor(&screen);
            assert!(row.contains(flag) && row.contains(words), "{capture}: {row}");
            assert!(screen.contains(&format!(" {id}: ")), "{capture}:\n{screen}");
            let packet = desk.load.index.read().unwrap().findings()[at].stamp.packet.to_string();
            assert!(row.split_whitespace().any(|word| word == packet), "{capture}: {row}");
        }
        assert!(seen.contains(&id), "{capture}: {seen:?}");
    }
}

#[test]
fn the_ladder_accuses_the_side_that_ended() {
    let mut desk = Desk::new("close-missing.pcap", (100, 24));
    let screen = desk.press("nlF").screen();
    let accused: Vec<&str> = screen.lines().skip(1).filter(|line| line.contains("close-missing")).collect();
    assert_eq!(accused.len(), 1, "{screen}");
    assert!(accused[0].contains(" FIN "), "{screen}");
    let upgrade = screen.lines().find(|line| line.contains(" upgrade ")).unwrap();
    assert!(!upgrade.contains('!'), "{screen}");
}

#[test]
fn the_next_finding_about_the_same_row_comes_first() {
    for size in [(60, 15), (80, 24)] {
        let mut desk = Desk::new("reset-foreign.pcap", size);
        let mut screens = Vec::new();
        for _ in 0..2 {
            desk.press("n");
            let at = desk.model.findings.current.unwrap();
            let finding = desk.load.index.read().unwrap().findings()[at].clone();
            let screen = desk.screen();
            let flat = screen.split_whitespace().collect::<Vec<_>>().join(" ");
            let sentence = finding.summary.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(flat.contains(&sentence), "{}: all of it is in view\n{screen}", finding.id);
            assert!(matches!(selected(&desk), SessionItem::End(_)), "{screen}");
            screens.push(screen);
        }
        assert_ne!(screens[0], screens[1]);
        // `e` explains the one that is shown first.
        let id = desk.load.index.read().unwrap().findings()[desk.model.findings.current.unwrap()].id.name();
        assert!(desk.press("e").screen().contains(id));
    }
}

#[test]
fn rows_and_what_stands_in_them_find_each_other() {
    for capture in
        ["close-missing.pcap", "nginx-idle-timeout.pcap", "fragmented-with-ping.pcap", "http2-node.pcap"]
    {
        let mut desk = Desk::new(capture, (80, 24));
        let sessions = desk.load.index.read().unwrap().sessions().len();
        let mut ends = 0;
        for session in 0..sessions {
            for (kind, filter) in [
                (RowKind::Frames, ""),
                (RowKind::Messages, ""),
                (RowKind::Frames, "text"),
                (RowKind::Frames, "end:fin"),
                (RowKind::Messages, "from == server"),
            ] {
                desk.model.open = Some(OpenSession { kind, ..OpenSession::new(session) });
                desk.press("f").press(filter).press("⏎");
                let index = desk.load.index.read().unwrap();
                let open = desk.model.open.as_ref().unwrap();
                for row in 0..open.len(&index) {
                    let item = open.item(row, &index);
                    assert_eq!(open.row_of(item, &index), Some(row), "{capture}, {filter}: {item:?}");
                    ends += usize::from(matches!(item, SessionItem::End(_)));
                }
            }
        }
        assert!(ends > 0, "{capture}");
    }
}

#[test]
fn what_a_side_sends_after_the_other_has_ended_stands_behind_that_end() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&made::half_closed()).unwrap();
    let mut desk = Desk::of(file.path(), (100, 24));
    let screen = desk.press("⏎").screen();
    let place = |words: &str| {
        screen.lines().position(|line| line.contains(words)).unwrap_or_else(|| panic!("{words}:\n{screen}"))
    };
    assert!(place("the client ended TCP") < place("afterwards"), "{screen}");
    assert!(place("afterwards") < place("the server ended TCP"), "{screen}");
    let messages = desk.press("m").screen();
    let place = |words: &str| {
        messages
            .lines()
            .position(|line| line.contains(words))
            .unwrap_or_else(|| panic!("{words}:\n{messages}"))
    };
    assert!(place("the client ended TCP") < place("afterwards"), "{messages}");
}
