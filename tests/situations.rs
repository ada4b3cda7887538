//! Situations that people reported, each with what has to be told of it and what must not: who left first, packets from
//! elsewhere, HTTP as peers accept it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod scenario;

use scenario::Scenario;
use wsight::analyzer::{Analyzer, Config, Output};
use wsight::findings::{Certainty, Class, Finding, Severity};
use wsight::model::Peer;

/// One situation.
struct Situation {
    /// In words.
    what: &'static str,
    /// Whether it is reported so today.
    state: State,
    /// As a scenario.
    scenario: &'static str,
    /// Terms that all hold; of those with `|` between them one.
    must: &'static [&'static str],
    /// Terms of which none holds.
    must_not: &'static [&'static str],
}

/// Whether a situation is reported as it was.
enum State {
    /// It is.
    Mended,
    /// Not yet, and why.
    Open(&'static str),
}

/// Steps that open and close a session without a fault.
macro_rules! session {
    ($($middle:literal),*) => {
        concat!("C> upgrade\nS< 101\n", $($middle, "\n",)* "C> text \"a\"   S< text \"b\"\n\
                 C> close 1000   S< close 1000   S< fin   C> fin")
    };
}

/// An answer with these lines in it, to the first key of a scenario, without its last empty line.
macro_rules! answer {
    ($($line:literal),*) => {
        concat!(
            "S< raw \"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\" ",
            "\"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\\r\\n\" ", $($line, " ",)*
        )
    };
}

const SITUATIONS: &[Situation] = &[
    Situation {
        what: "the client leaves inside the server's frame, and the server's FIN answers its FIN",
        state: State::Open("TCP is told by the order of the packets in the capture"),
        scenario: "C> upgrade   S< 101\nS< text len=202 199*61\nC> fin   S< fin",
        must: &["frame-incomplete"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "the client gives up on an answer without an empty line",
        state: State::Open("TCP is told by the order of the packets in the capture"),
        scenario: concat!("C> upgrade\n", answer!(), "\nwait 30s\nC> fin   S< fin"),
        must: &["upgrade-response-truncated|upgrade-unanswered|upgrade-response-malformed"],
        must_not: &["says=the server closed"],
    },
    Situation {
        what: "the client's FIN is not captured; the server's FIN acknowledges it",
        state: State::Open("TCP is told by the order of the packets in the capture"),
        scenario: "C> upgrade\nwait 1s\nC> lose fin   S< fin",
        must: &[],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "the server's FIN is not captured; the client's FIN acknowledges it",
        state: State::Open("TCP is told by the order of the packets in the capture"),
        scenario: "C> upgrade   S< 101\nS< text \"a\"   S< lose fin   C> fin",
        must: &[],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "a message is captured after its acknowledgment, and then the server leaves",
        state: State::Mended,
        scenario: "C> upgrade   S< 101\nS< late text \"a\"   S< fin   C> fin",
        must: &["close-missing@server"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "the client ends its direction without a Close, and the server says goodbye",
        state: State::Open("TCP is told by the order of the packets in the capture"),
        scenario: "C> upgrade   S< 101\nC> text \"a\"   C> fin   S< close 1006   S< fin",
        must: &["close-missing@client"],
        must_not: &["close-missing@server"],
    },
    Situation {
        what: "the client leaves without a Close and resets when the server's comes",
        state: State::Open("TCP is told by the order of the packets in the capture"),
        scenario: "C> upgrade   S< 101\nC> text \"a\"   C> fin   S< noack close 1001   C> rst",
        must: &["close-missing@client"],
        must_not: &["close-missing@server"],
    },
    Situation {
        what: "a stray packet of an earlier connection on the same ports comes first",
        state: State::Open("TCP is told by the order of the packets in the capture"),
        scenario: concat!("2: client 40001\n2: isn 9000000\n2: no-handshake\n2S< ack\n", session!()),
        must: &["clean", "outcome=accepted"],
        must_not: &[],
    },
    Situation {
        what: "a SYN outside the window and the challenge that answers it",
        state: State::Open("TCP is told by the order of the packets in the capture"),
        scenario: session!("2: client 40001\n2: isn 9000000\nC> text \"x\"   2C> syn   S< ack"),
        must: &["sessions=1"],
        must_not: &["accuse"],
    },
    Situation {
        what: "two versions of just the byte that would break a rule",
        state: State::Mended,
        scenario: session!("S< order 2 2~1 1 split-at 5 text \"hello\""),
        must: &["tcp-overlap-conflict"],
        must_not: &["accuse"],
    },
    Situation {
        what: "the client's Close is not captured, but the server acknowledges it",
        state: State::Mended,
        scenario: "C> upgrade   S< 101\nC> text \"a\"   C> lose close 1000   S< fin   C> fin",
        must: &[],
        must_not: &["accuse"],
    },
    Situation {
        what: "an answer whose lines end in a bare LF, and a client that refuses it",
        state: State::Mended,
        scenario: "C> upgrade\nS< raw \"HTTP/1.1 101 Switching Protocols\\nUpgrade: websocket\\nConnection: Upgrade\\n\" \
                   \"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\\n\\n\"\nC> fin   S< fin",
        must: &["upgrade-response-malformed@server"],
        must_not: &["close-missing@client"],
    },
    Situation {
        what: "a folded line in an answer, and a client that goes on",
        state: State::Mended,
        scenario: concat!(
            "C> upgrade\n",
            answer!("\"X-Note: one\\r\\n two\\r\\n\\r\\n\""),
            "\nC> text \"a\"   S< text \"b\""
        ),
        must: &["frames>=2", "outcome=accepted"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "a line of 8500 bytes in an answer, and a client that goes on",
        state: State::Mended,
        scenario: concat!(
            "C> upgrade\n",
            answer!("\"X-Policy: \" 8500*61 \"\\r\\n\\r\\n\""),
            "\nC> text \"a\"   S< text \"b\""
        ),
        must: &["frames>=2", "outcome=accepted"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "a request that says HTTP/1.2, which is at least 1.1",
        state: State::Mended,
        scenario: "C> upgrade HTTP/1.2\nS< 101\nC> text \"a\"   S< text \"b\"",
        must: &["frames>=2"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "a 101 that nobody asked for",
        state: State::Mended,
        scenario: "C> http GET /\nS< 101",
        must: &["upgrade-header-invalid@server|upgrade-header-missing@server"],
        must_not: &[],
    },
    Situation {
        what: "100 Continue, and then the end",
        state: State::Mended,
        scenario: "C> upgrade\nS< raw \"HTTP/1.1 100 Continue\\r\\n\\r\\n\"   S< fin   C> fin",
        must: &["accuse@server"],
        must_not: &["says=without a single byte"],
    },
    Situation {
        what: "Not Modified names no other place",
        state: State::Mended,
        scenario: "C> upgrade\nS< raw \"HTTP/1.1 304 Not Modified\\r\\n\\r\\n\"   S< fin   C> fin",
        must: &["upgrade-rejected@server"],
        must_not: &["says=redirects to ''"],
    },
    Situation {
        what: "an answer with Transfer-Encoding (RFC 9112 §6.1)",
        state: State::Mended,
        scenario: "C> upgrade\nS< 101 +Transfer-Encoding: chunked\nC> text \"a\"   S< text \"b\"",
        must: &["upgrade-header-invalid@server"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "two hours of silence, a keep-alive, and frames",
        state: State::Mended,
        scenario: "C> upgrade   S< 101\nS< text \"a\"\nwait 7200s\nC> keepalive   S< ack\nwait 3600s\nS< text \"b\"",
        must: &["sessions=1", "outcome=accepted"],
        must_not: &["outcome=unseen"],
    },
    Situation {
        what: "packets without times",
        state: State::Mended,
        scenario: "step 0us\nC> upgrade   S< 101\nS< text \"a\"   S< close 1000   C> close 1000",
        must: &[],
        must_not: &["close-right-after-data"],
    },
    Situation {
        what: "the preface of HTTP/2 is not in the capture, the server's settings are",
        state: State::Mended,
        scenario: "C> lose preface   S< settings connect-protocol   C> settings ack   S< settings ack\n\
                   C> connect 1 /chat   S< answer 1 200\nC> on 1 text \"a\"   S< on 1 text \"b\"\n\
                   C> on 1 end close 1000   S< on 1 end close 1000",
        must: &["sessions=1", "outcome=accepted"],
        must_not: &["accuse"],
    },
    Situation {
        what: "neither the preface of HTTP/2 nor the server's settings are in the capture",
        state: State::Mended,
        scenario: "C> lose preface   S< lose settings connect-protocol   C> settings ack   S< settings ack\n\
                   C> connect 1 /chat   S< answer 1 200\nC> on 1 text \"a\"   S< on 1 text \"b\"\n\
                   C> on 1 end close 1000   S< on 1 end close 1000",
        must: &["sessions=1", "frames>=4"],
        must_not: &["accuse"],
    },
    Situation {
        what: "the capture begins with a request over HTTP/2, and shows late that it is one",
        state: State::Mended,
        scenario: "no-handshake\nC> connect 3 /chat   S< answer 3 200\nC> on 3 text \"a\"   S< on 3 text \"b\"\n\
                   C> on 3 end close 1000   S< on 3 end close 1000",
        must: &["sessions=1", "outcome=accepted"],
        must_not: &["accuse", "upgrade-data-early"],
    },
    Situation {
        what: "later requests over HTTP/2 refer to the head of one that is not in the capture",
        state: State::Mended,
        scenario: "C> preface   S< settings connect-protocol\nC> lose connect 1 /first +x-token: abcdefgh\n\
                   S< answer 1 200\nC> connect 3 /other +x-token: abcdefgh +sec-websocket-protocol: chat\n\
                   S< answer 3 200 +sec-websocket-protocol: chat\n\
                   C> on 3 text \"a\"   S< on 3 text \"b\"\nC> on 3 end close 1000   S< on 3 end close 1000",
        must: &["sessions=1", "frames>=4"],
        must_not: &["accuse", "http2-connect-invalid", "upgrade-rejected", "outcome=not-websocket"],
    },
    Situation {
        what: "a server of HTTP/2 announces that it will go away",
        state: State::Mended,
        scenario: "C> preface   S< settings connect-protocol\nC> connect 1 /chat   S< answer 1 200\n\
                   S< goaway 2147483647 0\nC> on 1 end close 1000   S< on 1 end close 1000",
        must: &["sessions=1", "says=is about to take no more streams"],
        must_not: &["accuse", "says=2147483647"],
    },
    Situation {
        what: "pongs in the reverse order of the pings",
        state: State::Mended,
        scenario: session!("C> ping 01   C> ping 02   S< pong 02   S< pong 01"),
        must: &[],
        must_not: &["accuse", "pong-unsolicited"],
    },
];

/// What was reported.
#[derive(Default)]
struct Told {
    findings: Vec<Finding>,
    outcomes: Vec<&'static str>,
    frames: usize,
    sessions: usize,
}

fn tell(text: &str) -> Told {
    let mut told = Told::default();
    let mut take = |output: &Output<'_>| match output {
        Output::Finding(finding) => told.findings.push((*finding).clone()),
        Output::Upgrade(_, upgrade) => told.outcomes.push(upgrade.outcome.name()),
        Output::Frame(..) => told.frames += 1,
        Output::Session(_) => told.sessions += 1,
        _ => {}
    };
    let mut analyzer = Analyzer::new(Config::default());
    for (number, packet) in (1..).zip(Scenario::parse(text).packets()) {
        analyzer.push(&packet.borrowed(number, 0), &mut take);
    }
    analyzer.finish(&mut take);
    told
}

/// Whether a term holds: `clean` (no finding but notes), `frames>=N`, `sessions=N`, `outcome=NAME`, `says=WORDS` (a
/// finding does), `accuse` (a certain error or warning about a violation or a failure) or the name of a finding, both
/// also with `@client` or `@server`.
fn holds(told: &Told, term: &str) -> bool {
    if let Some(least) = term.strip_prefix("frames>=") {
        return told.frames >= least.parse().unwrap();
    }
    let value = |key: &str| term.strip_prefix(key)?.strip_prefix('=');
    if let Some(count) = value("sessions") {
        return told.sessions == count.parse::<usize>().unwrap();
    }
    if let Some(name) = value("outcome") {
        return told.outcomes.contains(&name);
    }
    if let Some(words) = value("says") {
        return told.findings.iter().any(|finding| finding.summary.contains(words));
    }
    if term == "clean" {
        return told.findings.iter().all(|finding| finding.severity == Severity::Note);
    }
    let (name, side) = term.split_once('@').unwrap_or((term, ""));
    told.findings.iter().any(|finding| {
        let fits = if name == "accuse" { accuses(finding) } else { finding.id.name() == name };
        fits && (side.is_empty() || finding.from.map(Peer::name) == Some(side))
    })
}

fn accuses(finding: &Finding) -> bool {
    finding.certainty == Certainty::Certain
        && finding.severity > Severity::Note
        && matches!(finding.class, Class::Violation | Class::Failure)
}

#[test]
fn situations_are_told_as_they_were() {
    let mut wrong = Vec::new();
    for Situation { what, state, scenario, must, must_not } in SITUATIONS {
        let told = tell(scenario);
        let either = |terms: &str| terms.split('|').any(|term| holds(&told, term));
        let lacks: Vec<&&str> = must.iter().filter(|terms| !either(terms)).collect();
        let has: Vec<&&str> = must_not.iter().filter(|term| holds(&told, term)).collect();
        let fault = format!("lacks {lacks:?}, has {has:?}");
        match (state, lacks.is_empty() && has.is_empty()) {
            (State::Mended, true) => {}
            (State::Open(_), true) => println!("mended, so say so here: {what}"),
            (State::Open(why), false) => println!("open, as {why}: {what}: {fault}"),
            (State::Mended, false) => {
                let said: Vec<String> = told
                    .findings
                    .iter()
                    .map(|finding| {
                        format!("{} {}: {}", finding.id, finding.certainty.name(), finding.summary)
                    })
                    .collect();
                let outcomes = told.outcomes.join(", ");
                wrong.push(format!("{what}: {fault}; upgrades {outcomes}; told {said:#?}\n{scenario}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} situations:\n\n{}", wrong.len(), wrong.join("\n\n"));
}
