//! Things beside each other, and saving parts of a session.

use super::*;
use crate::tui::prompt::Prompt;
use crate::tui::request::{Existing, ReplayRequest, Saved};
use std::fs;

#[test]
fn frames_messages_and_sessions_are_compared() {
    let mut desk = Desk::new("pong-nul-cut.pcap", (100, 30));
    // A ping and its pong; the marked one and the selected one will do.
    let screen = desk.press("⏎ kkc").screen();
    for words in [
        "≠ from",
        "session 1, frame 1",
        "session 1, frame 3",
        "Payloads differ from byte 3 on",
        "0d 90 0f 00",
    ] {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    assert!(!screen.contains("≠ FIN"), "{screen}");
    assert!(desk.press("⎋").screen().contains('>'), "{}", desk.screen());
    let mut desk = Desk::new("deflate-node-ws.pcap", (120, 40));
    let screen = desk.press("⏎gj jc").screen();
    assert!(screen.contains("session 1, message 1") && screen.contains("Payloads"), "{screen}");
    assert!(!screen.contains("reading"), "both are there: {screen}");
    let mut desk = Desk::new("bots-and-bad-clients.pcap", (120, 40));
    let screen = desk.press(" j c").screen();
    assert!(screen.contains("session 1 ") && screen.contains("≠ upgrade"), "{screen}");
    assert!(desk.press("⎋'c").screen().contains("session 1 "));
}

#[test]
fn without_two_of_one_kind_there_is_nothing_to_compare() {
    let mut desk = Desk::new("pong-nul-cut.pcap", (100, 30));
    assert!(desk.press("c").screen().contains("mark two rows"), "{}", desk.screen());
    assert!(
        desk.press(" ⏎ c").screen().contains("mark two rows"),
        "a session and a frame: {}",
        desk.screen()
    );
}

/// What is saved when these keys are pressed.
fn saved(desk: &mut Desk, keys: &str) -> Vec<u8> {
    desk.press(keys);
    let Some(Prompt::Path(what, _)) = desk.model.prompt.take() else { panic!("{}", desk.screen()) };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("saved");
    desk.worker.answer_all(vec![ReplayRequest::Save { what, path: path.clone(), existing: Existing::Stays }]);
    fs::read(path).unwrap()
}

#[test]
fn a_range_of_a_session_is_saved_with_its_packets_only() {
    let mut desk = Desk::new("pong-nul-cut.pcap", (100, 30));
    desk.press("⏎");
    assert!(desk.press("wr").screen().contains("mark a frame with Space first"), "{}", desk.screen());
    // From the ping, in packet 8, to its pong, in packet 10.
    let range = saved(&mut desk, "kk jjwr");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("range.pcapng");
    fs::write(&path, range).unwrap();
    let again = Desk::of(&path, (100, 30));
    assert_eq!(again.load.index.read().unwrap().summary().unwrap().packets, 3);
}

#[test]
fn all_messages_of_a_side_are_saved_as_lines_of_json() {
    let mut desk = Desk::new("deflate-node-ws.pcap", (100, 30));
    desk.press("⏎");
    let mut all = 0;
    for (key, side) in [("c", "client"), ("v", "server")] {
        let text = String::from_utf8(saved(&mut desk, &format!("w{key}"))).unwrap();
        assert!(text.lines().count() > 1, "{text}");
        for line in text.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!((&line["type"], &line["from"]), (&"message".into(), &side.into()), "{text}");
            assert!(line["text"].is_string() || line["data_base64"].is_string(), "inflated: {text}");
        }
        all += text.lines().count();
    }
    assert_eq!(all, desk.load.index.read().unwrap().messages(0).len());
    assert!(matches!(
        desk.press("wc").model.prompt,
        Some(Prompt::Path(Saved::Messages(_, crate::model::Peer::Client), _))
    ));
}

#[test]
fn messages_of_the_listed_sessions_are_saved_as_lines_of_json() {
    let sessions = |desk: &mut Desk, keys: &str, side: &str| {
        let text = String::from_utf8(saved(desk, keys)).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        let lines: Vec<serde_json::Value> = lines.collect();
        assert!(lines.iter().all(|line| line["type"] == "message" && line["from"] == side), "{text}");
        lines.iter().map(|line| line["session"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let mut desk = Desk::new("afternoon.pcap", (100, 30));
    assert!(desk.press("w").screen().contains("save of 5 sessions: s packets"), "{}", desk.screen());
    // In the order in which they were sent: session 4 goes on after session 5 began.
    let of_server = sessions(&mut desk, "⎋wv", "server");
    let mut sorted = of_server.clone();
    sorted.sort_unstable();
    let index = desk.load.index.read().unwrap();
    let listed = (0..5).flat_map(|session| {
        let rows = index.messages(session);
        let of_side = (0..rows.len()).filter_map(move |at| rows.get(at));
        of_side.filter(|row| row.from == crate::model::Peer::Server).map(move |_| session as u64 + 1)
    });
    let listed: Vec<u64> = listed.collect();
    drop(index);
    assert_eq!((sorted, of_server.len()), (listed, 7));
    // The marked ones, and those that a filter leaves.
    assert_eq!(sessions(&mut desk, "jj wv", "server"), [3]);
    desk.press(" ");
    let of_one = sessions(&mut desk, "f10.0.0.7⏎wc", "client");
    assert!(of_one.iter().all(|session| [1, 5].contains(session)) && !of_one.is_empty(), "{of_one:?}");
}

#[test]
fn all_of_a_live_capture_is_saved() {
    let mut desk = Desk::new("afternoon.pcap", (60, 15));
    assert!(!desk.press("w").screen().contains("a all"), "it is a file: {}", desk.screen());
    desk.press("⎋").model.is_unsaved = true;
    assert!(desk.press("w").screen().contains("v server · a all"), "{}", desk.screen());
    let folder = tempfile::tempdir().unwrap();
    for (keys, name) in [("⎋wa", "one.pcapng"), ("⎋fnothing⏎wa", "two.pcapng"), ("⎋⎋qw", "three.pcapng")]
    {
        desk.model.saved = None;
        let path = folder.path().join(name);
        fs::write(&path, saved(&mut desk, keys)).unwrap();
        let again = Desk::of(&path, (60, 15));
        assert_eq!(again.load.index.read().unwrap().summary().unwrap().packets, 113, "{keys}");
        // What the worker said is heard with the next key.
        assert!(desk.press("j").model.saved.is_some());
    }
    desk.press("q");
    assert_eq!(desk.wanted.last(), Some(&crate::tui::Effect::Quit), "all of it is saved");
    // More came since.
    desk.wanted.clear();
    if let Some(saved) = &mut desk.model.saved {
        saved.frames -= 1;
    }
    assert!(desk.press("q").screen().contains("what came since is not saved: w saves"), "{}", desk.screen());
    assert!(desk.wanted.is_empty());
}

#[test]
fn messages_show_their_text_inflated() {
    let mut desk = Desk::new("deflate-node-ws.pcap", (80, 24));
    let screen = desk.press("⏎").screen();
    assert!(screen.matches("the same words again").count() > 1, "{screen}");
}
