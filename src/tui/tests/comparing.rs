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
        Some(Prompt::Path(Saved::Messages(0, crate::model::Peer::Client), _))
    ));
}

#[test]
fn messages_show_their_text_inflated() {
    let mut desk = Desk::new("deflate-node-ws.pcap", (80, 24));
    let screen = desk.press("⏎").screen();
    assert!(screen.matches("the same words again").count() > 1, "{screen}");
}
