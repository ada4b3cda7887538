//! WebSockets over HTTP/2 where the capture misses something, where peers disagree, and where one connection ends many sessions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod scenario;

use scenario::{OwnedPacket, Scenario};
use std::fmt::Write;
use wsight::analyzer::{Analyzer, Config, Output};
use wsight::findings::Finding;
use wsight::model::Peer;

/// A connection that may carry WebSockets.
const CONNECTED: &str = "C> preface   S< settings connect-protocol   C> settings ack   S< settings ack\n";

/// What the analysis of these packets tells.
#[derive(Default)]
struct Told {
    /// Attempts: stream, outcome, target, unknown and guessed fields.
    upgrades: Vec<String>,
    messages: Vec<String>,
    findings: Vec<Finding>,
}

impl Told {
    fn of(packets: &[&OwnedPacket], config: Config) -> Self {
        let mut told = Self::default();
        let mut take = |output: &Output<'_>| match output {
            Output::Upgrade(_, upgrade) => {
                let mut line = upgrade.outcome.name().to_owned();
                let target = upgrade.request.whole().and_then(wsight::upgrade::Request::known_target);
                write!(line, " {}", target.unwrap_or("-")).unwrap();
                match upgrade.via.http2() {
                    Some(over) => write!(line, " {} {}", over.unknown_fields, over.guessed_fields).unwrap(),
                    None => line.push_str(" http/1.1"),
                }
                told.upgrades.push(line);
            }
            Output::Message(_, message) if message.complete => {
                told.messages.push(String::from_utf8_lossy(message.payload).into_owned());
            }
            Output::Finding(finding) => told.findings.push((*finding).clone()),
            _ => {}
        };
        let mut analyzer = Analyzer::new(config);
        for (number, packet) in (1..).zip(packets) {
            analyzer.push(&packet.borrowed(number, 0), &mut take);
        }
        analyzer.finish(&mut take);
        told
    }

    fn all(text: &str) -> Self {
        let scenario = Scenario::parse(text);
        Self::of(&scenario.packets().iter().collect::<Vec<_>>(), Config { keep: 64, ..Config::default() })
    }

    /// The sentences of the findings with this id.
    fn sentences(&self, id: &str) -> Vec<&str> {
        let found = self.findings.iter().filter(|finding| finding.id.name() == id);
        found.map(|finding| &*finding.summary).collect()
    }

    fn sessions(&self, id: &str) -> Vec<u64> {
        let found = self.findings.iter().filter(|finding| finding.id.name() == id);
        found.filter_map(|finding| Some(finding.session?.0)).collect()
    }
}

/// Four WebSockets that talk in turn.
fn four_sessions() -> String {
    let mut text = CONNECTED.to_owned();
    for stream in [1, 3, 5, 7] {
        writeln!(text, "C> connect {stream} /chat{stream}   S< answer {stream} 200").unwrap();
    }
    for turn in 0..3 {
        for stream in [1, 3, 5, 7] {
            writeln!(text, "C> on {stream} text \"question {turn}\"   S< on {stream} text \"answer {turn}\"")
                .unwrap();
        }
    }
    for stream in [1, 3, 5, 7] {
        writeln!(text, "C> on {stream} end close 1000   S< on {stream} end close 1000").unwrap();
    }
    text
}

#[test]
fn no_late_start_with_a_loss_makes_frames_of_http1_out_of_http2() {
    let scenario = Scenario::parse(&four_sessions());
    let packets = scenario.packets();
    for start in 3..packets.len() - 12 {
        for lost in start..start + 12 {
            let kept: Vec<&OwnedPacket> =
                (start..packets.len()).filter(|at| *at != lost).map(|at| &packets[at]).collect();
            let told = Told::of(&kept, Config::default());
            let wrong: Vec<&str> = told
                .findings
                .iter()
                .filter(|finding| finding.severity.name() == "error")
                .map(|finding| &*finding.summary)
                .collect();
            assert!(wrong.is_empty(), "from packet {start}, without {lost}: {wrong:#?}");
            assert!(
                told.upgrades.iter().all(|line| !line.contains("http/1.1")),
                "{start} {lost}: {:?}",
                told.upgrades
            );
        }
    }
}

#[test]
fn a_lost_first_settings_frame_of_the_server_hides_nothing() {
    let told = Told::all(
        "S< lose settings connect-protocol   C> preface   S< settings ack   C> settings ack\n\
         C> connect 1 /chat   S< answer 1 200   C> on 1 text \"hello\"   S< on 1 text \"world\"",
    );
    assert_eq!(told.messages, ["hello", "world"]);
    assert!(told.sentences("probe").is_empty());
}

/// The client's HPACK table holds other paths than it seems once a request is lost.
#[test]
fn what_a_guess_names_is_not_told_as_known() {
    for answer in ["200", "403 end"] {
        let told = Told::all(&format!(
            "{CONNECTED}C> request 1 /index   S< answer 1 200 end   C> lose request 3 /chat   S< lose answer 3 200 end\n\
             C> connect 5 /chat   S< answer 5 {answer}"
        ));
        let line = told.upgrades.iter().find(|line| !line.starts_with("not-websocket"));
        let line = line.unwrap_or_else(|| panic!("{:?}", told.upgrades));
        assert!(!line.contains("/index"), "{line}");
        assert!(told.sentences("http2-connect-invalid").is_empty(), "{:?}", told.findings);
        assert!(!line.ends_with(" 0 0") || line.contains("/chat"), "{line}");
    }
}

#[test]
fn a_lost_request_does_not_make_the_next_one_incomplete() {
    let told = Told::all(&format!(
        "{CONNECTED}C> lose request 1 /index   S< answer 1 200 end\n\
         C> connect 3 /index   S< answer 3 200   C> on 3 text \"hello\""
    ));
    assert!(told.sentences("http2-connect-invalid").is_empty(), "{:?}", told.findings);
    assert!(told.sentences("upgrade-header-missing").is_empty(), "{:?}", told.findings);
}

#[test]
fn a_server_that_does_not_speak_http2_has_failed_the_request() {
    let asked = "C> preface   C> connect 1 /chat\n";
    for (end, says) in [
        ("S< raw \"HTTP/1.1 400 Bad Request\\r\\n\\r\\n\"   S< fin   C> fin", "does not speak HTTP/2"),
        ("S< raw \"HTTP/1.1 505 HTTP Version Not Supported\\r\\n\\r\\n\"", "does not speak HTTP/2"),
        ("S< fin   C> fin", "without a single byte"),
        ("S< rst", "without a single byte"),
    ] {
        let told = Told::all(&format!("{asked}{end}"));
        assert_eq!(told.upgrades, ["failed /chat 0 0"], "{end}");
        let sentences = told.sentences("upgrade-no-response");
        assert!(sentences.iter().any(|sentence| sentence.contains(says)), "{end}: {:?}", told.findings);
    }
    // Of a server whose packets the capture lacks nobody knows that.
    let told = Told::all(&format!("{asked}S< lose settings connect-protocol"));
    assert!(told.sentences("upgrade-no-response").is_empty(), "{:?}", told.findings);
}

#[test]
fn a_request_behind_a_lost_acknowledgment_is_read() {
    let told = Told::all(
        "C> preface   S< settings connect-protocol   C> lose settings ack   S< settings ack\n\
         C> connect 1 /chat   S< answer 1 200   S< on 1 text \"hello\"",
    );
    assert_eq!(
        (&*told.upgrades, &*told.messages),
        (&["accepted /chat 0 0".to_owned()][..], &["hello".to_owned()][..])
    );
    let told = Told::all(
        "C> preface   S< settings connect-protocol   C> lose settings ack   S< settings ack\n\
         C> connect 1 /chat   S< reset 1 7",
    );
    assert!(told.sentences("upgrade-unanswered").is_empty(), "{:?}", told.findings);
    assert_eq!(told.sentences("http2-stream-reset").len(), 1, "{:?}", told.findings);
}

/// A table of 1 MiB is the client's right, and more than wsight keeps.
#[test]
fn a_large_table_of_heads_is_told_as_a_limit() {
    let frame = |stream: usize, length: usize, block: &str| {
        format!("C> raw {length:06x} 01 05 {stream:08x} {block}   S< answer {stream} 200 end\n")
    };
    let mut text =
        "C> preface   S< settings connect-protocol table=1048576   C> settings ack   S< settings ack\n"
            .to_owned();
    // The table may take 1 MiB; `:authority: h` is the first field in it.
    text.push_str(&frame(1, 10, "3fe1ff3f 82 86 84 41 01 68"));
    for n in 1..=20 {
        // A field of 4,000 bytes that enters the table.
        text.push_str(&frame(2 * n + 1, 4_009, "82 86 84 40 01 61 7fa11e 4000*61"));
    }
    let literal = |name: &str, value: &str| {
        format!("00{:02x}{}{:02x}{}", name.len(), hex::encode(name), value.len(), hex::encode(value))
    };
    let fields = [
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":path", "/chat"),
        ("sec-websocket-version", "13"),
    ];
    let fields: String = fields.into_iter().map(|(name, value)| literal(name, value)).collect();
    // Field 82 is the oldest one, `:authority`.
    let block = format!("{fields} 86 d2");
    let length = fields.len() / 2 + 2;
    write!(text, "C> raw {length:06x} 01 04 00000065 {block}   S< answer 101 200").unwrap();
    let told = Told::all(&text);
    assert!(told.upgrades.iter().any(|line| line == "accepted /chat 1 0"), "{:?}", told.upgrades);
    assert!(
        told.sentences("http2-connect-invalid").is_empty(),
        "{:?}",
        told.sentences("http2-connect-invalid")
    );
    assert_eq!(told.sentences("limit-reached").len(), 1, "{:?}", told.findings);
}

#[test]
fn a_frame_as_large_as_its_receiver_allows_is_read() {
    let text = |length: usize| {
        format!(
            "C> preface   S< settings connect-protocol frame=16777215   C> settings ack   S< settings ack\n\
             C> connect 1 /chat   S< answer 1 200   S< window 1 9000000   S< window 0 9000000\n\
             C> on 1 size=8000000 binary {length}*00   C> on 1 text \"after\""
        )
    };
    let told = Told::all(&text(5 << 20));
    assert_eq!((told.messages.len(), told.findings.len()), (2, 0), "{:?}", told.findings);
}

/// Bytes that nobody acknowledged did not come as far as the side whose window they used up.
#[test]
fn a_dead_path_is_no_receiver_that_does_not_read() {
    let told = Told::all(
        "C> preface window=21   S< settings connect-protocol\nC> connect 1 /chat   S< answer 1 200\n\
         S< vanish resend 6 200ms on 1 text \"more than ten bytes\"\nwait 2s\nS< rst",
    );
    assert!(!told.sentences("data-unacknowledged").is_empty(), "{:?}", told.findings);
    assert!(told.sentences("receiver-stalled").is_empty(), "{:?}", told.findings);
}

#[test]
fn a_window_that_begins_closed_and_stays_so_is_told() {
    let told = |window: &str, wait: &str| {
        Told::all(&format!(
            "C> preface window={window}   S< settings connect-protocol\nC> connect 1 /chat   S< answer 1 200\n\
             C> on 1 text \"hello\"\nwait {wait}\nS< reset 1 8"
        ))
    };
    assert_eq!(told("0", "25s").sentences("receiver-stalled").len(), 1);
    assert!(told("0", "2s").sentences("receiver-stalled").is_empty());
    assert!(told("100", "25s").sentences("receiver-stalled").is_empty());
}

/// Two streams of one connection that ask alike are two WebSockets.
#[test]
fn streams_of_one_connection_are_no_legs_of_each_other() {
    let mut legs = 0;
    let scenario = Scenario::parse(
        "C> preface   S< settings connect-protocol   C> settings ack   S< settings ack\n\
         C> connect 1 /chat   C> connect 3 /chat   S< answer 3 200   S< answer 1 200\n\
         C> on 1 text mask=01020304 \"a\"   C> on 3 text mask=01020304 \"a\"",
    );
    let mut analyzer = Analyzer::new(Config::default());
    let mut take = |output: &Output<'_>| {
        if let Output::Session(summary) = output {
            legs += usize::from(summary.leg_of.is_some());
        }
    };
    for (number, packet) in (1..).zip(scenario.packets()) {
        analyzer.push(&packet.borrowed(number, 0), &mut take);
    }
    analyzer.finish(&mut take);
    assert_eq!(legs, 0);
}

#[test]
fn what_ends_a_connection_is_told_of_each_session_on_it() {
    let open = format!(
        "{CONNECTED}C> connect 1 /a   S< answer 1 200   C> connect 3 /b   S< answer 3 200   C> connect 5 /c   S< answer 5 200\n"
    );
    for goaway in ["S< goaway 5 2 \"oops\"", "S< goaway 5 0 \"reload\"", "S< goaway 1 2"] {
        let told = Told::all(&format!("{open}{goaway}   S< fin   C> fin"));
        let mut sessions = told.sessions("http2-goaway");
        sessions.sort_unstable();
        assert_eq!(sessions, [1, 2, 3], "{goaway}");
    }
}

#[test]
fn a_closed_window_of_the_connection_is_told_of_each_session_on_it() {
    let told = Told::all(
        "C> preface window=99999   S< settings connect-protocol\n\
         C> connect 1 /a   S< answer 1 200   C> connect 3 /b   S< answer 3 200\n\
         C> request 5 /file   S< answer 5 200   S< on 5 raw 65535*00\n\
         wait 4s\nC> window 0 99999   S< on 3 text \"hello\"   S< on 1 text \"hello\"",
    );
    let mut sessions = told.sessions("receiver-stalled");
    sessions.sort_unstable();
    assert_eq!(sessions, [1, 2]);
}

#[test]
fn more_settings_than_are_remembered_accuse_nobody_of_too_many_bytes() {
    let settings = "C> settings window=60000   ".repeat(16);
    let told = Told::all(&format!(
        "{CONNECTED}C> connect 1 /chat   S< answer 1 200\n{settings}C> settings window=10   S< on 1 text 6000*61"
    ));
    assert!(told.sentences("http2-window-exceeded").is_empty(), "{:?}", told.findings);
}

#[test]
fn other_protocols_than_websocket_are_no_tunnels_of_a_proxy() {
    let ask = |fields: &str| format!("{CONNECTED}C> connect 1 /wt {fields}   S< answer 1 501 end");
    let told = Told::all(&ask("=:protocol: webtransport"));
    assert!(told.sentences("tunnel-refused").is_empty(), "{:?}", told.findings);
}

#[test]
fn a_head_that_never_ends_is_told_even_if_its_frames_are_empty() {
    let empty = "C> times 30000 h2-frame 9 0 3\n";
    let told = Told::all(&format!(
        "{CONNECTED}C> connect 1 /chat   S< answer 1 200\nC> h2-frame 1 1 3 82\n{empty}S< goaway 1 11"
    ));
    assert!(!told.sentences("limit-reached").is_empty());
    let full = "C> times 40 h2-frame 9 0 3 16000*61\n";
    let told = Told::all(&format!(
        "{CONNECTED}C> connect 1 /chat   S< answer 1 200\nC> h2-frame 1 1 3 82\n{full}S< goaway 1 11"
    ));
    let found = told.findings.iter().find(|finding| finding.id.name() == "limit-reached").unwrap();
    assert!(found.summary.contains("the client") && found.summary.contains("stream 3"), "{}", found.summary);
    assert_eq!((found.from, found.connection.is_some()), (Some(wsight::model::Peer::Client), true));
}

#[test]
fn a_client_that_ends_the_connection_gave_up() {
    let told = Told::all(&format!(
        "{CONNECTED}C> connect 1 /chat\nwait 30s\nC> fin\nwait 60s\n2C> upgrade   2S< 101"
    ));
    let sentences = told.sentences("upgrade-unanswered");
    assert!(sentences.iter().any(|sentence| sentence.contains("when the client gave up")), "{sentences:?}");
}

/// What a server does after a Close that the capture lost is no haste.
#[test]
fn a_close_that_the_capture_lost_is_not_told_as_one_that_was_not_waited_for() {
    let session = |close: &str| {
        Told::all(&format!(
            "{CONNECTED}C> connect 1 /chat   S< answer 1 200   C> on 1 text \"a\"   S< on 1 text \"b\"\n\
             {close}   S< on 1 close 1000   S< reset 1 8   C> request 3 GET /   S< answer 3 200 end\nC> fin   S< fin"
        ))
    };
    let lost = session("C> lose on 1 close 1000");
    assert_eq!(lost.sentences("reset-after-close"), [] as [&str; 0]);
    assert_eq!(lost.sentences("close-unanswered"), [] as [&str; 0]);
    assert_eq!(lost.sentences("tcp-gap").len(), 1, "{:?}", lost.findings);
    let hasty = session("");
    assert_eq!(hasty.sentences("reset-after-close").len(), 1, "{:?}", hasty.findings);
}

/// The head of its stream comes in two frames, and the answer to it between them.
#[test]
fn a_reset_before_the_rest_of_a_head_is_the_answer() {
    let told = Told::all(&format!(
        "{CONNECTED}C> drop ack   C> connect 1 /chat pieces=2   S< reset 1 7\nC> fin   S< fin"
    ));
    assert_eq!(told.sentences("http2-stream-reset").len(), 1, "{:?}", told.findings);
}

#[test]
fn an_answer_that_opens_no_websocket_leaves_none_open() {
    let ended = |answer: &str, frames: &str| {
        let told = Told::all(&format!(
            "{CONNECTED}C> connect 1 /chat   S< answer 1 {answer}   {frames}   C> goaway 0 1\nC> fin   S< fin"
        ));
        told.sentences("http2-goaway").join("\n")
    };
    assert!(ended("101", "").contains("no WebSocket is open"), "{}", ended("101", ""));
    for open in [ended("101", "C> on 1 text \"a\""), ended("200", "")] {
        assert!(open.contains("one WebSocket is open"), "{open}");
    }
}

/// The answer may be in what is lost, and the reset is told all the same.
#[test]
fn a_reset_behind_lost_bytes_is_told() {
    let told = Told::all(&format!(
        "{CONNECTED}C> connect 1 /chat   S< lose window 0 100   S< reset 1 7\nC> fin   S< fin"
    ));
    let found: Vec<_> = told.findings.iter().filter(|f| f.id.name() == "http2-stream-reset").collect();
    assert!(matches!(&found[..], [one] if one.certainty.name() == "tentative"), "{:?}", told.findings);
    assert!(!found[0].summary.contains("before any answer"), "{}", found[0].summary);
}

/// A client and its proxy speak HTTP/2, the proxy and the server HTTP/1.1.
const PROXIED: &str = "2: client 10.0.0.2\n2: server 10.0.0.3:9000\n";

#[test]
fn a_leg_that_is_read_late_shows_no_loss_in_the_proxy() {
    let told = Told::all(&format!(
        "{PROXIED}C> lose preface   S< settings connect-protocol   C> settings ack   S< settings ack\n\
         C> connect 1 /chat   2C> upgrade /chat   2S< 101   S< answer 1 200\n\
         C> on 1 text mask=a1b2c3d4 \"one\"   2C> text mask=a1b2c3d4 \"one\"\n\
         C> on 1 text mask=a1b2c3d5 \"two\"   2C> text mask=a1b2c3d5 \"two\"\n\
         C> on 1 end close mask=01020304 1000   2C> close mask=01020304 1000\n\
         2S< close 1000   S< on 1 end close 1000   C> fin   S< fin   2S< fin   2C> fin"
    ));
    assert_eq!(told.messages.iter().filter(|message| *message == "one").count(), 2, "{:?}", told.messages);
    assert_eq!(told.sentences("hop-lost-message"), [""; 0]);
}

#[test]
fn who_left_a_proxy_first_is_not_known_where_a_close_may_be_missing() {
    let ended = |lost: &str| {
        Told::all(&format!(
            "{PROXIED}{CONNECTED}C> connect 1 /chat   2C> upgrade /chat   2S< 101   S< answer 1 200\n\
             C> on 1 text mask=a1b2c3d4 \"hello\"   2C> text mask=a1b2c3d4 \"hello\"\n\
             2S< text \"good day\"   S< on 1 text \"good day\"\n\
             C> {lost}on 1 end close mask=01020304 1000   2C> close mask=01020305 1000\n\
             S< on 1 end close 1000   2S< close 1000   2S< fin   2C> fin   S< fin   C> fin"
        ))
    };
    for lost in ["", "lose "] {
        assert_eq!(ended(lost).sentences("hop-closed"), [""; 0], "{lost}");
    }
}

/// Whatever is lost where a connection begins, and however much: its frames are not those of a WebSocket over HTTP/1.1.
#[test]
fn a_loss_at_the_beginning_makes_no_frames_of_http1_out_of_http2() {
    let scenario = Scenario::parse(&four_sessions());
    let packets = scenario.packets();
    for start in 0..20 {
        for count in 1..8 {
            let kept = packets.iter().enumerate().filter(|(at, _)| !(start..start + count).contains(at));
            let told = Told::of(&kept.map(|(_, packet)| packet).collect::<Vec<_>>(), Config::default());
            let wrong = told.findings.iter().filter(|finding| finding.severity.name() == "error");
            let wrong: Vec<&str> = wrong.map(|finding| &*finding.summary).collect();
            assert!(wrong.is_empty(), "without {count} from {start}: {wrong:#?}");
            let is_http1 = told.upgrades.iter().any(|line| line.contains("http/1.1"));
            assert!(!is_http1, "without {count} from {start}: {:?}", told.upgrades);
        }
    }
}

#[test]
fn a_lost_ping_leaves_no_pong_unasked_for() {
    let talk = |lost: &str| {
        Told::all(&format!(
            "{CONNECTED}C> connect 1 /chat   S< answer 1 200   C> on 1 text \"hello\"   S< on 1 text \"world\"\n\
             C> {lost}on 1 ping \"are you there?\"   S< on 1 pong \"are you there?\"   C> on 1 text \"good\""
        ))
    };
    for lost in ["", "lose "] {
        assert_eq!(talk(lost).sentences("pong-unsolicited"), [""; 0], "{lost}");
    }
}

#[test]
fn a_request_whose_answer_is_lost_opens_no_session_that_is_reset() {
    let told = Told::all(&format!(
        "{CONNECTED}C> connect 1 /no   S< lose answer 1 401 end   C> reset 1 8\n\
         C> connect 3 /chat   S< answer 3 200   C> on 3 text \"hello\"   S< on 3 text \"world\""
    ));
    let reset: Vec<_> = told.findings.iter().filter(|f| f.id.name() == "http2-stream-reset").collect();
    assert!(matches!(&reset[..], [one] if one.certainty.name() == "tentative"), "{reset:?}");
    assert!(!reset[0].summary.contains("while the session was open"), "{reset:?}");
    assert_eq!(told.upgrades, ["unseen /no 0 0", "accepted /chat 0 0"]);
}

/// What is missing of the server in front of an answer need not be that.
#[test]
fn an_answer_behind_a_loss_is_read() {
    let told = Told::all(&format!(
        "{CONNECTED}C> connect 1 /chat   S< lose h2-frame 6 0 0 0102030405060708   S< answer 1 200\n\
         C> on 1 text \"hello\"   S< on 1 text \"world\""
    ));
    assert_eq!(told.upgrades, ["accepted /chat 0 0"]);
    assert_eq!(told.messages, ["hello", "world"]);
}

#[test]
fn a_lost_switch_to_http2_hides_nothing() {
    let asked = "raw \"GET /first HTTP/1.1\\r\\nHost: example.org\\r\\nConnection: Upgrade, HTTP2-Settings\\r\\n\
                 Upgrade: h2c\\r\\nHTTP2-Settings: AAMAAABkAAQAAP__\\r\\n\\r\\n\"\n";
    let granted =
        "raw \"HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: h2c\\r\\n\\r\\n\"\n";
    for lost in [["", ""], ["", "lose "], ["lose ", ""], ["lose ", "lose "]] {
        let [request, answer] = lost;
        let told = Told::all(&format!(
            "C> {request}{asked}S< {answer}{granted}{CONNECTED}C> connect 3 /chat   S< answer 3 200\n\
             C> on 3 text \"hello\"   S< on 3 text \"world\""
        ));
        assert_eq!(told.messages, ["hello", "world"], "{lost:?}");
        assert_eq!(told.sentences("upgrade-no-response"), [""; 0], "{lost:?}");
        let count = lost.iter().filter(|lost| !lost.is_empty()).count();
        assert_eq!(told.sentences("tcp-gap").len(), count, "{lost:?}");
    }
}

#[test]
fn a_head_without_its_end_is_told_and_no_loss() {
    let told = Told::all(&format!(
        "{CONNECTED}C> connect 1 /chat   S< h2-frame 1 0 1 88   S< on 1 text \"good day\"   C> on 1 text \"hello\""
    ));
    assert_eq!(told.sentences("http2-head-broken").len(), 1, "{:?}", told.findings);
    assert_eq!(told.sentences("stream-resynchronized"), [""; 0]);
    assert_eq!(told.messages, ["good day", "hello"]);
}

#[test]
fn bytes_that_no_session_misses_are_told_all_the_same() {
    for (lost, side) in [("lose ", "server"), ("", "")] {
        let told = Told::all(&format!(
            "C> preface   S< {lost}settings connect-protocol   C> settings ack   S< settings ack\n\
             C> connect 1 /chat   S< answer 1 200   C> on 1 text \"hello\"   S< on 1 text \"world\""
        ));
        let gaps = told.sentences("tcp-gap");
        assert_eq!(gaps.len(), usize::from(!lost.is_empty()), "{gaps:?}");
        assert!(gaps.iter().all(|gap| gap.contains(side)), "{gaps:?}");
    }
}

/// Where a head is lost, later ones refer to fields that are not known.
#[test]
fn an_offer_in_fields_that_are_not_known_is_not_missed() {
    let mut text = format!("{CONNECTED}C> lose request 1 /icon +x-token: abcdefgh\n");
    for stream in [3, 5, 7] {
        write!(
            text,
            "C> connect {stream} /chat deflate +sec-websocket-protocol: chat +x-token: abcdefgh\n\
             S< answer {stream} 200 deflate +sec-websocket-protocol: chat\n"
        )
        .unwrap();
    }
    let told = Told::all(&(text + "C> fin   S< fin"));
    let is_partly_known = |line: &&String| line.starts_with("accepted") && !line.ends_with(" 0 0");
    assert!(told.upgrades.iter().any(|line| is_partly_known(&line)), "{:?}", told.upgrades);
    for id in ["upgrade-extension-unoffered", "upgrade-extension-invalid", "upgrade-subprotocol-unoffered"] {
        assert_eq!(told.sentences(id), [""; 0]);
    }
}

/// What a server answers says what is in force, whatever it was asked.
#[test]
fn what_is_compressed_is_read_although_the_request_is_lost() {
    let told = Told::all(&format!(
        "{CONNECTED}C> lose connect 1 /chat deflate   S< answer 1 200 deflate\n\
         C> on 1 text-deflate \"hello hello\"   S< on 1 text-deflate \"hello hello\"\n\
         C> on 1 text-deflate \"hello hello\"   S< on 1 text-deflate \"hello hello\"\n\
         C> on 1 end close 1000   S< on 1 end close 1000\nC> fin   S< fin"
    ));
    assert_eq!(told.messages, ["hello hello"; 4], "{:?}", told.findings);
    assert!(told.upgrades[0].starts_with("accepted"), "{:?}", told.upgrades);
}

/// The client's packets are stamped, and captured, later than they were sent.
#[test]
fn a_close_that_its_answer_acknowledges_came_before_it() {
    let told = Told::all(&format!(
        "skew client 1ms\n{CONNECTED}C> connect 1 /chat   S< answer 1 200\n\
         C> on 1 text \"a\"   S< on 1 text \"b\"\nC> on 1 close 1000   S< on 1 close 1000   S< reset 1 8\nC> fin   S< fin"
    ));
    assert_eq!(told.sentences("reset-after-close"), [""; 0]);
}

#[test]
fn a_client_that_has_closed_may_cancel_its_stream_whatever_was_captured_of_the_server() {
    let ended = |close: &str| {
        Told::all(&format!(
            "tap client\n{CONNECTED}C> connect 1 /chat   S< answer 1 200\nC> on 1 text \"a\"   S< on 1 text \"b\"\n\
             {close}\nwait 2s\nC> reset 1 8\nC> fin   S< fin"
        ))
    };
    let told = ended("C> on 1 close 4001   S< on 1 close 4001");
    assert_eq!(told.sentences("http2-stream-reset"), [""; 0]);
    assert_eq!(ended("").sentences("http2-stream-reset").len(), 1);
}

#[test]
fn data_on_a_stream_that_both_sides_have_ended_is_told() {
    let after = |last: &str| {
        let told = Told::all(&format!(
            "{CONNECTED}C> connect 1 /chat   S< answer 1 200   {last}   S< on 1 text \"late\"\nC> fin   S< fin"
        ));
        told.sentences("http2-frame-invalid").join("\n")
    };
    let told = after("C> on 1 close 1000   S< on 1 end close 1000   C> on 1 end raw \"\"");
    assert!(told.contains("which it had ended before"), "{told}");
    // The server may not have seen it yet.
    assert_eq!(after("C> reset 1 8"), "");
}

/// As a page opens several: whether they are answered soon, late, or with a refusal.
#[test]
fn requests_at_once_are_no_retries() {
    let of = |what: &str| [1, 3, 5, 7, 9].map(|stream| what.replace('N', &stream.to_string())).concat();
    let asked = of("C> connect N /chat\n");
    let refused = of("S< answer N 403\n");
    for end in ["", "wait 20s\nC> window 0 100", &refused] {
        let told = Told::all(&format!("{CONNECTED}{asked}{end}"));
        assert_eq!(told.sentences("upgrade-failures-repeated"), [""; 0]);
    }
    let one_by_one = of("C> connect N /chat\nS< answer N 403\n");
    let told = Told::all(&format!("{CONNECTED}{one_by_one}"));
    assert_eq!(told.sentences("upgrade-failures-repeated").len(), 1, "{:?}", told.findings);
}

/// Chromium ends its direction of the stream with its Close, and still hears.
#[test]
fn a_close_that_ends_its_stream_waits_for_an_answer() {
    let told = |last: &str| {
        let told = Told::all(&format!(
            "{CONNECTED}C> connect 1 /chat   S< answer 1 200\nC> connect 3 /other   S< answer 3 200
             C> on 1 end close 1000\nS< on 3 text \"hello\"\n{last}"
        ));
        told.sentences("close-unanswered").join("\n")
    };
    let end = "C> on 3 close 1000   S< on 3 close 1000   C> fin   S< fin";
    let silent = told(&format!("wait 6s\n{end}"));
    assert!(silent.contains("the client sent Close; it still had no answer 6.0 s later"), "{silent}");
    assert_eq!(told(&format!("S< on 1 end close 1000\nwait 6s\n{end}")), "");
    assert_eq!(told(end), "");
}

/// The stream was still open to the server, which used it, and then ended the whole connection.
#[test]
fn who_ends_the_connection_with_a_close_unanswered_did_not_answer() {
    let told = |answer: &str, end: &str| {
        let told = Told::all(&format!(
            "{CONNECTED}C> connect 1 /chat   S< answer 1 200
             C> on 1 end close 1000\nwait 150ms\nS< on 1 text \"late\"   {answer}\n{end}"
        ));
        let about = |finding: &&Finding| finding.id.name() == "close-unanswered";
        let found = told.findings.iter().find(about);
        found.map(|finding| (finding.from, finding.summary.clone()))
    };
    let Some((from, summary)) = told("", "S< fin   C> fin") else { panic!("nothing is told") };
    assert_eq!(from, Some(Peer::Server), "{summary}");
    assert!(summary.contains("the server ended TCP (FIN) 15"), "{summary}");
    assert!(summary.contains("instead of answering it"), "{summary}");
    // It had an answer, or the client ended the connection before the server had time for one.
    assert_eq!(told("S< on 1 end close 1000", "S< fin   C> fin"), None);
    assert_eq!(told("", "C> fin   S< fin"), None);
}

/// Node's `stream.close(code)` does so.
#[test]
fn who_ends_a_stream_and_resets_it_is_not_said_to_do_so_after_its_peer() {
    let told = Told::all(&format!(
        "{CONNECTED}C> connect 1 /chat   S< answer 1 200\nC> on 1 end raw \"\"   C> reset 1 1\nC> fin   S< fin"
    ));
    let reset = told.sentences("http2-stream-reset").join("\n");
    assert!(
        reset.contains("the client reset the stream with PROTOCOL_ERROR (1) after it had ended it itself"),
        "{reset}"
    );
}

#[test]
fn a_client_that_comes_back_on_streams_is_told_in_words_of_streams() {
    let again: String = [1, 3, 5, 7, 9, 11]
        .map(|stream| format!("C> connect {stream} /chat   S< answer {stream} 200   S< on {stream} end raw \"\"   C> on {stream} end raw \"\"\nwait 1s\n"))
        .concat();
    let told = Told::all(&format!("{CONNECTED}{again}C> fin   S< fin"));
    let looped = told.sentences("reconnect-loop").join("\n");
    assert!(looped.contains("of their 200, one every"), "{looped}");
    assert!(
        looped.contains("each time the server ended the HTTP/2 stream without a Close frame"),
        "{looped}"
    );
}

/// What the client answered is not in the capture, or it closed before.
#[test]
fn the_last_message_of_a_server_that_is_alone_in_the_capture_is_no_hasty_one() {
    let session = |tap: &str| {
        Told::all(&format!(
            "{tap}{CONNECTED}C> connect 1 /chat   S< answer 1 200   C> on 1 text \"a\"   S< on 1 text \"b\"\nstep 450us\n\
             S< on 1 text \"c\"   S< on 1 close 1000   S< on 1 end raw \"\"   S< reset 1 0\nC> fin   S< fin"
        ))
    };
    assert_eq!(session("").sentences("close-right-after-data").len(), 1);
    let told = session("tap server\n");
    assert_eq!(told.messages, ["b", "c"]);
    assert_eq!(told.sentences("close-right-after-data"), [""; 0]);
}

/// Replaces the last byte of an Ethernet frame with IPv4 and TCP, with the checksum that belongs to it (RFC 1624).
fn replace_last(packet: &mut [u8], byte: u8) {
    const TCP: usize = 14 + 20;
    let (at, sum) = (packet.len() - 1, TCP + 16);
    let weigh = |byte: u8| u32::from(byte) << if (at - TCP).is_multiple_of(2) { 8 } else { 0 };
    let old = u32::from(u16::from_be_bytes([packet[sum], packet[sum + 1]]));
    let mut new = (0xffff - old) + (0xffff - weigh(packet[at])) + weigh(byte);
    while new > 0xffff {
        new = (new & 0xffff) + (new >> 16);
    }
    packet[sum..sum + 2].copy_from_slice(&u16::try_from(0xffff - new).unwrap().to_be_bytes());
    packet[at] = byte;
}

/// Which of the two codes its peer received, nobody knows.
#[test]
fn a_reset_of_which_there_are_two_versions_accuses_nobody_for_certain() {
    for (reset, other) in [("S< reset 1 2", 7), ("C> reset 1 2", 8)] {
        let text = format!(
            "{CONNECTED}C> connect 1 /chat   S< answer 1 200   C> on 1 text \"a\"   S< on 1 text \"b\"\n\
             {reset}\nC> fin   S< fin"
        );
        let scenario = Scenario::parse(&text);
        let packets = scenario.packets();
        let is_reset =
            |packet: &OwnedPacket| packet.bytes.ends_with(&[0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 2]);
        let at = packets.iter().position(is_reset).expect("it has a packet of its own");
        let mut again = packets[at].clone();
        replace_last(&mut again.bytes, other);
        let certain = |place: usize| {
            let mut all: Vec<&OwnedPacket> = packets.iter().collect();
            all.insert(place, &again);
            let told = Told::of(&all, Config { keep: 64, ..Config::default() });
            let is_certain = |finding: &&Finding| {
                finding.certainty.name() == "certain" && finding.id.name() != "tcp-overlap-conflict"
            };
            let ids = |finding: &Finding| finding.id.name();
            told.findings.iter().filter(is_certain).map(ids).collect::<Vec<_>>()
        };
        assert_eq!(certain(at + 1), [""; 0], "{reset}");
        // Once it was acknowledged, another version says nothing.
        assert!(certain(packets.len()).contains(&"http2-stream-reset"), "{reset}");
    }
}

/// What refers to a lost head is not known, or is guessed: it may agree on what seems to be missing.
#[test]
fn nothing_is_missed_that_an_answer_may_say_in_fields_that_are_not_known() {
    let agreed = "deflate +sec-websocket-protocol: chat +server: caddy";
    let talk = |lost: &str, agreed: &str| {
        let mut text = format!(
            "{CONNECTED}C> request 1 /   S< answer 1 200 +x-first: 1 +x-second: 2\n\
             C> connect 3 /3 deflate +sec-websocket-protocol: chat   S< {lost}answer 3 200 {agreed}\n"
        );
        for stream in [5, 7] {
            write!(
                text,
                "C> connect {stream} /{stream} deflate +sec-websocket-protocol: chat   S< answer {stream} 200 {agreed}\n\
                 C> on {stream} text-deflate \"hello {stream}\"   S< on {stream} text-deflate \"world {stream}\"\n\
                 C> on {stream} text-deflate \"hello {stream}\"   S< on {stream} text-deflate \"world {stream}\"\n"
            )
            .unwrap();
        }
        Told::all(&(text + "C> fin   S< fin"))
    };
    let all: Vec<String> = [5, 7]
        .iter()
        .flat_map(|n| ["hello", "world"].repeat(2).into_iter().map(move |w| format!("{w} {n}")))
        .collect();
    let about = ["frame-reserved-bits", "subprotocol-unchosen", "message-compressed-unmarked"];
    for lost in ["", "lose "] {
        let told = talk(lost, agreed);
        assert_eq!(told.messages, all, "{lost}");
        let wrong: Vec<_> = about.iter().flat_map(|id| told.sentences(id)).collect();
        assert_eq!(wrong, [""; 0], "{lost}");
    }
    // Where nothing is lost, what an answer does not say it does not agree on.
    let told = talk("", "+server: caddy");
    assert_eq!(told.sentences("frame-reserved-bits").len(), 8, "{:?}", told.findings);
    assert_eq!(told.sentences("subprotocol-unchosen").len(), 3, "{:?}", told.findings);
}

/// A date that refers to a lost head changes nothing.
#[test]
fn an_answer_is_known_whose_status_and_extensions_are() {
    let talk = |lost: &str, status: &str| {
        Told::all(&format!(
            "{CONNECTED}C> request 1 /   S< {lost}answer 1 200 end +server: hypercorn +x-token: abcdefgh\n\
             C> connect 3 /chat deflate   S< answer 3 {status} deflate +server: hypercorn +x-token: abcdefgh\n\
             S< on 3 text-deflate \"hello\"   C> on 3 text-deflate \"world\"   S< on 3 text-deflate \"hello\"\n\
             C> on 3 end close 1000   S< on 3 end close 1000"
        ))
    };
    for lost in ["", "lose "] {
        let told = talk(lost, "200");
        let line = told.upgrades.iter().find(|line| line.contains("/chat")).unwrap();
        assert!(line.starts_with("accepted"), "{line}");
        assert_eq!(told.messages, ["hello", "world", "hello"], "{lost}");
        assert_eq!(told.sentences("stream-resynchronized"), [""; 0], "{lost}");
    }
    let refused = |lost: &str| {
        let told = Told::all(&format!(
            "{CONNECTED}C> request 1 /   S< {lost}answer 1 200 end +server: hypercorn +x-token: abcdefgh\n\
             C> connect 3 /chat   S< answer 3 404 end +server: hypercorn +x-token: abcdefgh"
        ));
        (told.sentences("http2-connect-refused").len(), told.upgrades.join("\n"))
    };
    assert!(matches!(refused(""), (1, upgrades) if upgrades.contains("rejected /chat 0 0")));
    assert!(matches!(refused("lose "), (1, upgrades) if upgrades.contains("rejected /chat 1 0")));
}

/// What follows an answer on its stream begins with a frame, whatever the answer says.
#[test]
fn frames_begin_behind_an_answer_that_cannot_be_read() {
    let told = Told::all(&format!(
        "{CONNECTED}C> request 1 /   S< lose answer 1 200 end\n\
         C> connect 3 /chat   S< h2-frame 1 4 3 be   S< on 3 text \"hello\"   C> on 3 text \"world\""
    ));
    assert!(told.upgrades.iter().any(|line| line.starts_with("unseen /chat 1 ")), "{:?}", told.upgrades);
    assert_eq!(told.messages, ["hello", "world"]);
    assert_eq!(told.sentences("stream-resynchronized"), [""; 0]);
}

/// A server that cannot be heard has answered all the same.
#[test]
fn a_client_alone_is_read_to_its_end() {
    let ask = |tap: &str, lost: &str| {
        Told::all(&format!(
            "{tap}{CONNECTED}C> connect 1 /a   S< answer 1 200   C> connect 3 /b   S< answer 3 200\n\
             C> on 1 text \"one\"   S< on 1 text \"answer\"   C> on 3 size=16000 binary 70000*61\n\
             C> on 1 text \"two\"   C> {lost}window 0 100   C> on 1 text \"three\"   C> on 3 text \"four\"\n\
             C> on 1 end close 1000   S< on 1 end close 1000"
        ))
    };
    for (tap, lost) in [("", ""), ("tap client\n", ""), ("tap client\n", "lose ")] {
        let mut told = ask(tap, lost);
        told.messages.retain(|message| message != "answer");
        let large = "a".repeat(64);
        assert_eq!(told.messages, ["one", &large, "two", "three", "four"], "{tap}{lost}");
        assert_eq!(told.sentences("limit-reached"), [""; 0], "{tap}{lost}");
    }
}

/// The answer is lost, and then something of the client: what stands between them is there.
#[test]
fn what_a_client_sent_before_a_loss_is_read_although_its_answer_is_lost() {
    let told = Told::all(&format!(
        "{CONNECTED}C> connect 1 /chat   S< lose answer 1 200   S< window 1 1000   C> on 1 text \"one\"\n\
         C> lose window 0 100   C> on 1 text \"two\"   S< on 1 text \"three\""
    ));
    assert_eq!(told.messages[..1], ["one"], "{:?}", told.messages);
}

/// Which sessions are open when a side says that it takes no more streams depends on what both of them said before.
#[test]
fn one_side_alone_does_not_show_which_sessions_a_goaway_leaves_open() {
    let goaway = |tap: &str, end: &str, code: &str| {
        let told = Told::all(&format!(
            "{tap}{CONNECTED}C> connect 1 /a   S< answer 1 200   C> on 1 text \"a\"   S< on 1 text \"b\"   {end}\n\
             C> on 1 text \"c\"   C> goaway 0 {code}   C> fin   S< fin"
        ));
        told.sentences("http2-goaway").join("\n")
    };
    // The server had ended it, or not.
    for end in ["S< on 1 end raw \"\"", ""] {
        assert_eq!(goaway("tap client\n", end, "0"), "", "{end}");
        let failed = goaway("tap client\n", end, "1");
        assert!(failed.contains("the client ends the connection with PROTOCOL_ERROR"), "{failed}");
        assert!(failed.contains("how many WebSockets are open on it is not known"), "{failed}");
    }
    assert!(goaway("", "", "0").contains("one WebSocket is open on it"));
    assert_eq!(goaway("", "S< on 1 end raw \"\"", "0"), "");
}

/// A capture that begins between the request and its answer holds all that the client says on the stream, as that follows the answer.
#[test]
fn an_answer_at_the_beginning_of_a_capture_is_followed_by_the_first_frame() {
    let before = format!("{CONNECTED}C> connect 1 /chat deflate   ");
    let text = format!(
        "{before}S< answer 1 200 deflate\nC> on 1 text \"hello\"   S< on 1 text \"world\"   C> on 1 text \"again\"\n\
         S< on 1 text \"more\"   S< reset 1 2\nC> fin   S< fin"
    );
    let scenario = Scenario::parse(&text);
    let start = Scenario::parse(&before).packets().len();
    let late = |missing: Option<usize>| {
        let packets = scenario.packets().iter().enumerate();
        let kept = packets.filter(|(index, _)| *index >= start && Some(*index) != missing);
        let kept: Vec<&OwnedPacket> = kept.map(|(_, packet)| packet).collect();
        let mut told = Told::of(&kept, Config { keep: 64, ..Config::default() });
        // What shows that the client's bytes are frames may come after words of the server.
        told.messages.sort();
        let reset = told.findings.iter().find(|finding| finding.id.name() == "http2-stream-reset").unwrap();
        (told.messages.clone(), told.sentences("stream-resynchronized").len(), reset.certainty.name())
    };
    let words = ["again", "hello", "more", "world"].map(str::to_owned);
    assert_eq!(late(None), (words.to_vec(), 0, "certain"));
    // The answer and its acknowledgment, then the first frame: of what is missing nobody knows whose it was.
    assert_eq!(
        late(Some(start + 2)),
        (["again", "more", "world"].map(str::to_owned).to_vec(), 1, "tentative")
    );
}

/// A capture that begins inside a frame of the client, and with an answer that came too early: what is not understood does not
/// acknowledge it, so it is not the beginning of what follows it.
#[test]
fn an_answer_inside_a_frame_of_the_client_is_followed_by_its_first_frame() {
    let before = format!("{CONNECTED}C> connect 1 /up   S< answer 1 200   C> connect 3 /chat deflate\n");
    let text = format!(
        "{before}C> on 1 size=3000 binary 2800*61   S< early 2 answer 3 200 deflate\n\
         C> on 3 text \"hello\"   S< on 3 text \"world\"   C> on 3 text \"again\"   S< on 3 text \"more\""
    );
    let scenario = Scenario::parse(&text);
    let behind = Scenario::parse(&before).packets().len();
    let is_server = |packet: &OwnedPacket| packet.bytes[26..30] == [10, 0, 0, 2] && packet.bytes.len() > 60;
    let answer = behind + scenario.packets()[behind..].iter().position(is_server).unwrap();
    let large = |packets: &[OwnedPacket]| packets.iter().filter(|packet| packet.bytes.len() > 1_000).count();
    assert_eq!([large(&scenario.packets()[behind..answer]), large(&scenario.packets()[answer..])], [1, 1]);
    let kept: Vec<&OwnedPacket> = scenario.packets()[answer..].iter().collect();
    let mut told = Told::of(&kept, Config { keep: 64, ..Config::default() });
    told.messages.sort();
    assert_eq!(told.messages, ["again", "hello", "more", "world"]);
    assert_eq!(told.sentences("stream-resynchronized"), [""; 0]);
    assert_eq!(told.sentences("tcp-gap"), [""; 0]);
}

/// Where the answer is lost, the bits of the frames say that compression was agreed on.
#[test]
fn what_is_compressed_is_read_although_the_answer_is_lost() {
    let messages = "C> {on} text-deflate \"one, two, three\"   S< {on} text-deflate \"alpha, beta\"\n\
                    C> {on} text-deflate \"one, two, three, four\"   S< {on} text-deflate \"alpha, beta, gamma\"\n";
    let all = ["one, two, three", "alpha, beta", "one, two, three, four", "alpha, beta, gamma"];
    for lost in ["", "lose "] {
        let streams = format!(
            "{CONNECTED}C> connect 1 /other   S< answer 1 200   C> connect 3 /chat deflate   S< {lost}answer 3 200 deflate\n{}",
            messages.replace("{on}", "on 3")
        );
        let alone = format!("C> upgrade deflate   S< {lost}101 deflate\n{}", messages.replace("{on} ", ""));
        for text in [streams, alone] {
            let told = Told::all(&text);
            assert_eq!(told.messages, all, "{text}");
            let findings: Vec<&str> = told.findings.iter().map(|finding| finding.id.name()).collect();
            let expected: &[&str] = if lost.is_empty() { &[] } else { &["tcp-gap", "stream-resynchronized"] };
            assert_eq!(findings.iter().filter(|id| !expected.contains(id)).count(), 0, "{findings:?}");
        }
    }
}

/// What needs a lost message stays unread, and accuses nobody; what comes behind it is read if it needs nothing of that.
#[test]
fn behind_a_lost_message_those_are_read_that_do_not_need_it() {
    let talk = |lost: &str| {
        Told::all(&format!(
            "C> upgrade deflate   S< 101 deflate\nS< {lost}text-deflate \"a weather report of the north\"\n\
             S< text-deflate \"a weather report of the north\"   S< text-deflate fresh \"a weather report of the south\"\n\
             S< text-deflate \"a weather report of the south\"\nC> close 1000   S< close 1000   S< fin   C> fin"
        ))
    };
    let (north, south) = ("a weather report of the north", "a weather report of the south");
    assert_eq!(talk("").messages, [north, north, south, south]);
    let told = talk("lose ");
    assert_eq!(told.messages, [south, south], "{:?}", told.findings);
    let failed: Vec<_> = told.findings.iter().filter(|f| f.id.name() == "message-inflate-failed").collect();
    assert!(
        matches!(&failed[..], [one] if one.severity.name() == "note" && one.certainty.name() == "tentative")
    );
}
