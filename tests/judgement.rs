//! Legal traffic, and losses of the capture, that look like faults: nobody is accused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod scenario;

use scenario::Scenario;
use std::fmt::Write;
use std::time::Duration;
use wsight::analyzer::{Analyzer, Config, Output};
use wsight::model::{EndCause, Peer};

/// Findings, a line each, of a session that `steps` begin and an orderly close ends.
fn told(steps: &str) -> String {
    findings(&format!("{steps}\nC> close 1000\nS< close 1000\nS< fin\nC> fin"))
}

/// Gives `tell` what the analysis of a scenario reports.
fn play(text: &str, tell: &mut dyn FnMut(&Output<'_>)) {
    let mut analyzer = Analyzer::new(Config { keep: 64, ..Config::default() });
    for (number, packet) in (1..).zip(Scenario::parse(text).packets()) {
        analyzer.push(&packet.borrowed(number, 0), tell);
    }
    analyzer.finish(tell);
}

/// Findings that are more than notes (id, class, side), messages and upgrades, a line each.
fn findings(text: &str) -> String {
    let mut lines = String::new();
    play(text, &mut |output| match output {
        Output::Upgrade(_, upgrade) => writeln!(lines, "upgrade {}", upgrade.outcome.name()).unwrap(),
        Output::Message(_, message) if message.complete => {
            writeln!(lines, "{} {}", message.from, String::from_utf8_lossy(message.payload)).unwrap();
        }
        Output::Finding(finding) if finding.severity.name() != "note" => {
            let from = finding.from.map_or("", wsight::model::Peer::name);
            writeln!(lines, "{} {} {from}", finding.id, finding.class.name()).unwrap();
        }
        _ => {}
    });
    lines
}

#[test]
fn a_message_need_not_be_finished_once_the_other_side_ends_the_session() {
    for end in ["S< close 1000\nC> close 1000\nS< fin\nC> fin", "S< rst", "S< fin\nC> fin"] {
        let lines = findings(&format!("C> upgrade\nS< 101\nC> text-part \"a\"\n{end}"));
        assert!(!lines.contains("message-unfinished"), "{end}: {lines}");
    }
    for end in ["C> close 1000\nS< close 1000\nS< fin\nC> fin", "C> rst", "C> fin\nS< fin"] {
        let lines = findings(&format!("C> upgrade\nS< 101\nC> text-part \"a\"\n{end}"));
        assert!(lines.contains("message-unfinished failure client"), "{end}: {lines}");
    }
}

/// Whatever other connections do before the client has acknowledged the answer.
#[test]
fn an_attempt_that_failed_is_told_together_with_what_was_found_in_it() {
    let lines = findings(
        "C> upgrade\n2C> upgrade\nS< http 403\n2S< 101\n2C> text \"one\"\n2S< text \"two\"\nC> fin\nS< fin",
    );
    assert!(lines.contains("upgrade rejected\nupgrade-rejected "), "{lines}");
}

/// A length that counts the header too makes the next frame begin inside this one.
#[test]
fn a_length_that_is_a_little_too_large_is_told_as_one_cause() {
    let mut told = String::new();
    let frames = "S< raw 81 05 61 62 63   S< raw 81 05 64 65 66   S< raw 81 05 67 68 69";
    let script = format!("C> upgrade\nS< 101\n{frames}\nC> close 1002\nC> fin\nS< fin");
    play(&script, &mut |output| {
        if let Output::Finding(finding) = output {
            writeln!(told, "{}", finding.summary).unwrap();
        }
    });
    assert!(told.contains("frame 1 from the server declares 5 bytes, 2 too many"), "{told}");
}

#[test]
fn a_heartbeat_behind_a_lost_pong_is_no_mismatch() {
    let session = |pong: &str| {
        findings(&format!(
            "C> upgrade\nS< 101\nS< ping 01 02 03\nC> lose pong 01 02 03\nC> {pong}\nC> text \"a\"\nS< text \"b\"\n\
             S< close 1000\nC> close 1000\nS< fin\nC> fin"
        ))
    };
    let heartbeat = session("pong \"hb\"");
    assert!(!heartbeat.contains("pong-mismatch"), "{heartbeat}");
    // An echo that lost its end is none.
    let cut = session("pong 01 02");
    assert!(cut.contains("pong-mismatch"), "{cut}");
}

#[test]
fn one_cause_is_told_without_what_follows_from_it() {
    let opened = "C> upgrade\nS< 101";
    let refused = format!("{opened}\nC> binary len=2000000 20000*ab\nS< close 1009\nS< fin\nC> rst");
    assert_eq!(findings(&refused), "upgrade accepted\nclose-abnormal anomaly server\n");
    // An orderly end lets the other side finish, which it did not.
    let ended = format!("{opened}\nC> binary len=2000000 20000*ab\nS< close 1000\nS< fin\nC> rst");
    assert!(findings(&ended).contains("frame-incomplete"), "{}", findings(&ended));
    // A line end after each frame is one mistake, and the frames are read.
    let lines = format!("{opened}\nS< times 3 [ text \"a\" | raw \"\\n\" ]\nC> close 1000\nS< fin\nC> fin");
    let told = findings(&lines);
    assert_eq!(told.matches("stream-not-websocket").count(), 1, "{told}");
    assert_eq!(told.matches("server a").count(), 3, "{told}");
    assert!(!told.contains("frame-incomplete"), "{told}");
    // So is a carriage return behind the request, whatever follows it: no frame of its side has a fault.
    for next in ["close 1000", "close", "ping 61", "text \"a\"", "[ text \"a\" | text \"b\" ]"] {
        let told =
            findings(&format!("C> [ upgrade | raw 0d ]\nS< 101\nC> {next}\nS< close 1002\nS< fin\nC> fin"));
        assert!(told.contains("stream-not-websocket violation client"), "{next}: {told}");
        assert!(
            !told.contains("frame-reserved-opcode") && !told.contains("control-fragmented"),
            "{next}: {told}"
        );
    }
    // The opcode 13 in a frame is no carriage return.
    let reserved = findings(&format!(
        "{opened}\nC> frame opcode=13 fin=0 \"hello, you\"\nC> text \"a\"\nS< close 1002\nS< fin\nC> fin"
    ));
    assert!(reserved.contains("frame-reserved-opcode"), "{reserved}");
    let late = "C> upgrade\nwait 10s\nC> fin\nwait 500ms\nS< 101\nC> rst";
    assert_eq!(findings(late), "upgrade failed\nupgrade-unanswered failure server\n");
}

#[test]
fn a_tunnel_that_is_opened_after_all_was_not_refused() {
    let connect = r#"raw "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n""#;
    let refused = format!("C> {connect}\nS< http 407 \"no\"");
    assert!(findings(&refused).contains("tunnel-refused failure server"), "{}", findings(&refused));
    let opened =
        format!("{refused}\nC> {connect}\nS< raw \"HTTP/1.1 200 OK\\r\\n\\r\\n\"\nC> upgrade\nS< 101");
    let told = findings(&opened);
    assert!(told.contains("upgrade accepted") && !told.contains("tunnel-refused"), "{told}");
}

#[test]
fn a_session_ends_as_whoever_ended_it_first_did() {
    let end_of = |steps: &str| {
        let mut end = None;
        play(&format!("C> upgrade\nS< 101\n{steps}"), &mut |output| {
            if let Output::Session(summary) = output {
                end = Some((summary.end, summary.ended_by));
            }
        });
        end.unwrap()
    };
    assert_eq!(end_of("C> fin\nS< rst"), (EndCause::Fin, Some(Peer::Client)));
    assert_eq!(end_of("S< rst"), (EndCause::Rst, Some(Peer::Server)));
    assert_eq!(end_of("C> fin\nS< fin"), (EndCause::Fin, Some(Peer::Client)));
    assert_eq!(end_of("C> text \"a\""), (EndCause::Open, None));
}

#[test]
fn a_close_frame_that_the_snap_length_cut_was_sent() {
    let lines =
        findings("C> upgrade\nS< 101\nS< cut 56 close 1000 \"bye\"\nC> cut 60 close 1000\nS< fin\nC> fin");
    assert!(!lines.contains("close-"), "{lines}");
    assert!(lines.contains("frame-incomplete capture server"), "{lines}");
}

#[test]
fn a_head_that_the_capture_lost_may_have_been_followed_by_a_close_frame() {
    let closed = "C> lose upgrade\nS< 101\nC> lose close 1000\nS< fin\nC> fin";
    // Whether the client had to refuse this answer cannot be known without its request.
    let refused = "C> lose upgrade\nS< 101 +Sec-WebSocket-Protocol: unoffered\nC> fin\nS< fin";
    for text in [closed, refused] {
        let lines = findings(text);
        assert!(lines.contains("upgrade accepted") && !lines.contains("close-missing"), "{text}: {lines}");
    }
    let lines = findings("C> upgrade\nS< 101\nC> fin\nS< fin");
    assert!(lines.contains("close-missing failure client"), "{lines}");
}

#[test]
fn a_pong_for_a_ping_that_is_not_captured_acknowledges_those_before_it() {
    let pinged = "C> upgrade\nS< 101\nC> ping 01";
    let closed = "wait 1s\nC> lose close 1000\nS< close 1000\nS< fin\nC> fin";
    let lines = findings(&format!("{pinged}\nC> lose ping 02\nS< pong 02\n{closed}"));
    assert!(!lines.contains("ping-unanswered"), "{lines}");
    let lines = findings(&format!("{pinged}\nC> ping 02\nS< pong 01\n{closed}"));
    assert!(lines.contains("ping-unanswered failure server"), "{lines}");
}

#[test]
fn a_ping_need_not_be_answered_across_a_close() {
    assert_eq!(told("C> upgrade\nS< 101\nC> ping \"a\""), "upgrade accepted\n");
    let crossed = findings("C> upgrade\nS< 101\nC> ping \"a\"\nS< close 1001\nC> close 1001\nS< fin\nC> fin");
    assert_eq!(crossed, "upgrade accepted\n");
    let late = told("C> upgrade\nS< 101\nC> ping \"a\"\nwait 2s");
    assert_eq!(late, "upgrade accepted\nping-unanswered failure server\n");
}

#[test]
fn a_heartbeat_beside_an_outstanding_ping_is_no_wrong_answer() {
    assert_eq!(told("C> upgrade\nS< 101\nS< ping \"a\"\nC> pong\nC> pong \"a\""), "upgrade accepted\n");
    let wrong = "upgrade accepted\npong-mismatch violation client\n";
    assert_eq!(told("C> upgrade\nS< 101\nS< ping \"a\"\nC> pong"), wrong);
    // The pong for a later ping acknowledges the earlier one, so that the empty one may have been a heartbeat …
    let later =
        told("C> upgrade\nS< 101\nS< ping \"a\"\nC> pong\nS< ping \"b\"\nC> pong \"b\"\nC> text \"x\"");
    assert_eq!(later, "upgrade accepted\nclient x\n");
    // … but not one that has a part of the ping's payload.
    let cut = told(
        "C> upgrade\nS< 101\nS< ping \"ab\"\nC> pong \"a\"\nS< ping \"b\"\nC> pong \"b\"\nC> text \"x\"",
    );
    // It is told once nobody can send its bytes again in another version.
    assert_eq!(cut, "upgrade accepted\nclient x\npong-mismatch violation client\n");
}

#[test]
fn what_an_unknown_extension_changed_is_not_judged() {
    const OFFER: &str = "+Sec-WebSocket-Extensions: x-webkit-deflate-frame";
    let open = format!("C> upgrade {OFFER}\nS< 101 {OFFER}\n");
    assert_eq!(told(&format!("{open}S< text rsv=4 f248cdc9c90700")), "upgrade accepted\n");
    let fragments = "S< text-part \"a\"   S< continuation rsv=4 f248cdc9c90700";
    assert_eq!(told(&format!("{open}{fragments}")), "upgrade accepted\n");
    let plain = told(&format!("{open}S< text ff"));
    assert_eq!(plain, "upgrade accepted\nserver \u{fffd}\nmessage-invalid-utf8 violation server\n");
}

#[test]
fn a_proxy_header_may_come_in_any_pieces() {
    const V1: &str = "\"PROXY TCP4 192.0.2.1 192.0.2.2 1000 80\\r\\n\"";
    const V2: &str = "0d0a0d0a000d0a515549540a 21 11 000c 7f000001 7f000001 1000 0050";
    for header in [V1, V2] {
        for size in [1, 3, 10, 13, 100] {
            let lines = told(&format!("C> split {size} raw {header}\nC> upgrade\nS< 101"));
            assert_eq!(lines, "upgrade accepted\n", "{header} in pieces of {size}");
        }
    }
    assert_eq!(told("C> split 1 upgrade\nS< 101"), "upgrade accepted\n");
    assert_eq!(findings("C> split 1 http POST /x \"body\"\nS< http 200"), "");
}

#[test]
fn an_answer_that_comes_before_the_request_is_its_answer() {
    let rejected = "upgrade rejected\nupgrade-rejected failure server\n";
    assert_eq!(findings("S< http 408 \"slow\"\nC> upgrade\nS< fin\nC> fin"), rejected);
    let head = "GET / HTTP/1.1\\r\\nUpgrade: websocket\\r\\nX: 8888";
    assert_eq!(findings(&format!("C> raw \"{head}\"\nS< http 431\nS< fin\nC> rst")), rejected);
    // Nobody asked for anything.
    assert_eq!(findings("S< http 408 \"slow\"\nS< fin\nC> fin"), "");
    assert_eq!(findings("S< http 408 \"slow\"\nC> http GET /\nS< fin\nC> fin"), "");
}

/// SOCKS 5 without and with a password, 4 and 4a, up to the tunnel.
const SOCKS: [&str; 4] = [
    "C> raw 050100\nS< raw 0500\nC> raw 05010003 06 \"h.test\" 0050\nS< raw 05000001 00000000 0000\n",
    "C> raw 05020002\nS< raw 0502\nC> raw 0102 \"me\" 02 \"pw\"\nS< raw 0100\n\
     C> raw 05010001 0a000002 0050\nS< raw 05000001 00000000 0000\n",
    "C> raw 04010050 0a000002 \"me\" 00\nS< raw 005a 0000 00000000\n",
    "C> raw 04010050 00000001 00 \"h.test\" 00\nS< raw 005a 0000 00000000\n",
];

#[test]
fn what_a_socks_proxy_carries_is_read() {
    for socks in SOCKS {
        let lines = told(&format!("{socks}C> upgrade\nS< 101\nC> text \"in it\""));
        assert_eq!(lines, "upgrade accepted\nclient in it\n", "{socks}");
        let split = socks.replace("raw", "split 1 raw");
        let lines = told(&format!("{split}C> split 1 upgrade\nS< 101\nC> text \"in it\""));
        assert_eq!(lines, "upgrade accepted\nclient in it\n", "{split}");
        // Through one proxy to another, and to a third that speaks HTTP.
        let connect = "C> raw \"CONNECT x:80 HTTP/1.1\\r\\nHost: x:80\\r\\n\\r\\n\"\nS< raw \"HTTP/1.1 200 OK\\r\\n\\r\\n\"\n";
        let lines = told(&format!("{socks}{}{connect}C> upgrade\nS< 101\nC> text \"in it\"", SOCKS[0]));
        assert_eq!(lines, "upgrade accepted\nclient in it\n", "{socks}");
    }
    // The client need not wait for the last reply.
    let early = SOCKS[2].replace("\nS<", "\nC> upgrade\nS<");
    assert_eq!(told(&format!("{early}S< 101\nC> text \"in it\"")), "upgrade accepted\nclient in it\n");
}

#[test]
fn a_socks_proxy_that_refuses_is_told_unless_it_opens_the_tunnel_after_all() {
    // No method will do, so that no target was named; then with a password.
    let refused = "C> raw 050100\nS< raw 05ff\nS< fin\nC> fin\n";
    assert_eq!(findings(refused), "tunnel-refused failure server\n");
    let again = SOCKS[1].replace("C>", "2C>").replace("S<", "2S<");
    assert_eq!(findings(&format!("{refused}{again}2C> upgrade\n2S< 101")), "upgrade accepted\n");
    // To another target one was opened, to this one none.
    let elsewhere = "C> raw 04010051 0a000002 00\nS< raw 005c\nS< fin\nC> fin\n";
    let told = findings(&format!("{elsewhere}{again}2C> upgrade\n2S< 101"));
    assert_eq!(told, "upgrade accepted\ntunnel-refused failure server\n");
    // No answer of SOCKS, and none at all.
    for other in ["S< raw 005e\n", "S< raw 055b\n", ""] {
        assert_eq!(findings(&format!("C> raw 04010051 0a000002 00\n{other}S< fin\nC> fin")), "", "{other}");
    }
}

#[test]
fn an_upgrade_sent_before_the_proxy_grants_the_tunnel_is_read() {
    let connect = "C> raw \"CONNECT x:80 HTTP/1.1\\r\\nHost: x:80\\r\\n\\r\\n\"";
    let granted = "S< raw \"HTTP/1.1 200 OK\\r\\n\\r\\n\"";
    let lines = told(&format!("{connect}\nC> upgrade =Host: y\n{granted}\nS< 101\nC> text \"in it\""));
    assert_eq!(lines, "upgrade accepted\nclient in it\n");
}

/// A chain of proxies passes the key of its client on, however much of the answers is captured, and in which order.
#[test]
fn a_key_that_proxies_pass_on_is_used_once() {
    let asked = |paths: [&str; 3]| {
        let ask = |(number, path)| {
            format!("{number}C> upgrade {path} =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n")
        };
        [("", paths[0]), ("2", paths[1]), ("3", paths[2])].map(ask).concat()
    };
    let refused = "S< http 403\n2S< http 403\n3S< http 403";
    for answers in ["", refused] {
        let passed_on = findings(&format!("2: server 9000\n3: server 9001\n{}{answers}", asked(["/"; 3])));
        assert!(!passed_on.contains("key-reused"), "{answers}: {passed_on}");
    }
    // At one server they are no legs of each other.
    let found = findings(&format!("{}{refused}", asked(["/a", "/b", "/c"])));
    assert!(found.contains("key-reused"), "{found}");
}

/// That the tunnel was granted shows in what comes next.
#[test]
fn a_tunnel_whose_grant_is_lost_is_read() {
    let connect = "C> raw \"CONNECT x:80 HTTP/1.1\\r\\nHost: x:80\\r\\n\\r\\n\"";
    let granted = "S< lose raw \"HTTP/1.1 200 OK\\r\\n\\r\\n\"";
    let lines = told(&format!("{connect}\n{granted}\nC> upgrade =Host: y\nS< 101\nC> text \"in it\""));
    assert!(lines.ends_with("client in it\n") && lines.contains("upgrade accepted\n"), "{lines}");
    // Of the server nothing was captured.
    let lines = told(&format!(
        "tap client\n{connect}\n{granted}\nC> upgrade =Host: y\nS< 101\nC> text \"in it\"\nS< text \"it\""
    ));
    assert!(lines.contains("client in it\n"), "{lines}");
}

#[test]
fn an_answer_to_an_earlier_request_leaves_the_upgrade_waiting() {
    let lines = told("C> http GET /x\nC> upgrade\nC> text \"early\"\nS< http 200 \"hi\"\nS< 101");
    // Nobody acknowledges the 101 on which the finding rests: it is told at the end.
    assert!(lines.starts_with("upgrade accepted\nclient early\n"), "{lines}");
    assert!(lines.contains("\nupgrade-data-early anomaly client\n"), "{lines}");
}

#[test]
fn the_outcome_of_an_upgrade_is_what_the_client_made_of_it() {
    let answered = |then: &str| {
        let text = findings(&format!("C> upgrade\nS< 101 =Sec-WebSocket-Accept: wrong\n{then}"));
        text.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(answered("C> text \"a\"\nS< text \"b\""), "upgrade accepted");
    // A side that only listens continues, too, until it closes for no fault.
    assert_eq!(answered("S< text \"b\"\nC> close 1000\nS< close 1000"), "upgrade accepted");
    assert_eq!(answered("C> close 1002\nS< close 1002"), "upgrade failed");
    assert_eq!(answered("C> fin\nS< fin"), "upgrade failed");
    assert_eq!(answered("S< text \"b\"\nC> rst"), "upgrade failed");
}

#[test]
fn a_session_is_reported_when_its_http2_stream_ends_not_when_its_connection_does() {
    let text = "C> preface   S< settings connect-protocol   C> settings ack   S< settings ack\n\
                C> connect 1 /a   S< answer 1 200   C> connect 3 /b   S< answer 3 200\n\
                C> on 1 end close 1000   S< on 1 end close 1000   C> on 3 text \"goes on\"";
    let mut seen = Vec::new();
    play(text, &mut |output| match output {
        Output::Session(session) => seen.push(format!("session {}", session.place.session.0)),
        Output::Message(_, message) => seen.push(String::from_utf8_lossy(message.payload).into_owned()),
        _ => {}
    });
    assert_eq!(seen, ["session 1", "goes on", "session 2"]);
}

/// Packets need not be captured in the order of their times.
#[test]
fn no_session_lasts_longer_than_the_capture() {
    let text = "C> upgrade   S< 101\nC> text \"a\"\nwait 3s\nS< text \"b\"\nwait 2s\nC> close 1000   S< close 1000\nwait -4s\nS< fin   C> fin";
    let (mut longest, mut capture) = (Duration::ZERO, Duration::ZERO);
    play(text, &mut |output| match output {
        Output::Session(session) => longest = longest.max(session.duration().unwrap()),
        Output::Summary(summary) => capture = summary.duration().unwrap(),
        _ => {}
    });
    assert!(capture >= Duration::from_secs(5) && longest <= capture, "{longest:?} of {capture:?}");
}

/// Who leaves because the other side broke the protocol is not the one to change.
#[test]
fn of_a_loop_the_side_that_was_wronged_is_not_blamed() {
    let a_loop = |what: &str| {
        let session = |number: usize| {
            let steps = format!("C> upgrade   S< 101   {what}   C> fin   S< fin\nwait 500ms");
            let steps = steps.replace("C>", &format!("{number}C>")).replace("S<", &format!("{number}S<"));
            steps.replace("1C>", "C>").replace("1S<", "S<")
        };
        findings(&(1..=5).map(session).collect::<Vec<_>>().join("\n"))
    };
    let own = a_loop("S< text \"a\"");
    assert!(own.contains("reconnect-loop failure client"), "{own}");
    let provoked = a_loop("S< text mask=01020304 \"a\"");
    assert!(provoked.contains("frame-masked violation server"), "{provoked}");
    assert!(provoked.contains("reconnect-loop failure \n"), "{provoked}");
}
