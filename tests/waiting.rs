//! Somebody watches while a capture continues: what waits for long is reported while it waits, and nothing else
//! changes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;
mod scenario;

use scenario::{Scenario, cases};
use std::fs::File;
use std::time::Duration;
use wsight::analyzer::{Analyzer, Config, Output};
use wsight::capture::{Reader, Source};
use wsight::findings::Finding;
use wsight::model::{Captured, FileId, Timestamp};

/// What was told of one capture.
#[derive(Default)]
struct Told {
    /// While something waited: when, and what.
    waiting: Vec<String>,
    /// For good, in the order of packets.
    findings: Vec<String>,
}

impl Told {
    fn take(&mut self, now: Timestamp, output: &Output<'_>) {
        let line = |finding: &Finding| {
            let Finding { id, severity, certainty, summary, stamp, session, from, frame, fields, .. } =
                finding;
            format!(
                "{stamp:?} {id} {severity:?} {certainty:?} {session:?} {from:?} {frame:?} {summary} {fields:?}"
            )
        };
        match output {
            Output::Waiting(finding) => {
                let after = now.since(finding.stamp.time).as_millis();
                self.waiting.push(format!("{after} ms: {}: {}", finding.id, finding.summary));
            }
            Output::Finding(finding) => self.findings.push(line(finding)),
            _ => {}
        }
    }
}

/// Reads a capture and lets `silence` pass at its end. With `tick`, somebody watches and looks at the clock this
/// often.
fn read(mut source: impl Source, silence: Duration, tick: Option<Duration>) -> Told {
    let mut told = Told::default();
    let mut analyzer = Analyzer::new(Config::default());
    let mut now: Option<Timestamp> = None;
    let tick_to = |analyzer: &mut Analyzer, told: &mut Told, now: &mut Timestamp, until: Timestamp| {
        let Some(tick) = tick else { return };
        while now.plus(tick) < until {
            *now = now.plus(tick);
            analyzer.tick(*now, &mut |output| told.take(*now, output));
        }
    };
    while let Ok(Some(captured)) = source.next() {
        match captured {
            Captured::Packet(packet) => {
                let time = packet.stamp.time;
                let now = now.get_or_insert(time);
                tick_to(&mut analyzer, &mut told, now, time);
                *now = time.max(*now);
                analyzer.push(&packet, &mut |output| told.take(time, output));
            }
            Captured::Drops(drops) => {
                let mut take = |output: &Output<'_>| told.take(drops.stamp.time, output);
                analyzer.drops(&drops, &mut take);
            }
            Captured::Secrets(_) | Captured::Pause => {}
            Captured::Clock(time) => analyzer.advance_to(time, &mut |output| told.take(time, output)),
        }
    }
    let mut now = now.unwrap();
    let end = now.plus(silence);
    tick_to(&mut analyzer, &mut told, &mut now, end);
    analyzer.advance_to(end, &mut |output| told.take(end, output));
    analyzer.finish(&mut |output| told.take(end, output));
    told.findings.sort();
    told
}

/// What was reported about something that waits: the sentence, if it came within a quarter of a second after five.
fn told_in_time(told: &[String]) -> &str {
    let [told] = told else { panic!("{told:#?}") };
    let (after, sentence) = told.split_once(" ms: ").unwrap();
    assert!((5_001..=5_250).contains(&after.parse::<u32>().unwrap()), "{told}");
    sentence
}

/// What is reported while `steps` are played and seven seconds of silence follow.
fn looked_at(steps: &str) -> Vec<String> {
    let pcap = Scenario::parse(steps).to_pcapng();
    read(Reader::new(&pcap[..], FileId(0)), Duration::from_secs(7), Some(Duration::from_millis(1))).waiting
}

#[test]
fn a_frame_that_waits_for_its_rest_is_told_once_while_it_waits() {
    let told = looked_at("C> upgrade\nS< 101\nS< raw 81 05 \"hel\"");
    let sentence = told_in_time(&told);
    assert!(
        sentence.starts_with(
            "frame-stalled: frame 1 from the server: 3 of 5 payload bytes came, then nothing for 5."
        ),
        "{sentence}"
    );
    let again = looked_at("C> upgrade\nS< 101\nS< raw 81 05 \"hel\"\nwait 6s\nS< raw \"l\"");
    assert_eq!(again.len(), 2, "it went on, and stalled again: {again:#?}");
}

#[test]
fn a_ping_that_does_not_get_through_is_not_told_while_it_is_sent_again() {
    let sent_again = "C> upgrade\nS< 101\nS< vanish resend 4 200ms ping 01";
    assert_eq!(looked_at(sent_again), [""; 0], "nobody acknowledges it");
    let closed = "C> upgrade\nS< 101\nS< ping 01\nwindow client 0\nC> ack\nS< keepalive";
    assert_eq!(looked_at(closed), [""; 0], "what the server has to say does not get through");
    let arrives = "C> upgrade\nS< 101\nS< resend 1 200ms ping 01";
    assert!(told_in_time(&looked_at(arrives)).starts_with("ping-unanswered"));
}

#[test]
fn a_ping_without_a_pong_is_told_once_while_it_waits() {
    let told = looked_at("C> upgrade\nS< 101\nS< ping 01");
    let sentence = told_in_time(&told);
    assert!(
        sentence.starts_with("ping-unanswered: the server's ping `01` got no pong from the client in the 5."),
        "{sentence}"
    );
    assert_eq!(looked_at("C> upgrade\nS< 101\nS< ping 01\nC> pong 01"), [""; 0]);
    // A heartbeat, or a wrong answer: after this long it is the latter.
    let wrong = looked_at("C> upgrade\nS< 101\nS< ping 01\nC> pong 02");
    assert!(wrong.len() == 1 && wrong[0].contains("pong-mismatch"), "{wrong:#?}");
}

#[test]
fn an_upgrade_without_an_answer_is_told_once_while_it_waits() {
    let told = looked_at("C> upgrade /chat");
    let sentence = told_in_time(&told);
    assert!(
        sentence.starts_with("upgrade-unanswered: the server has not answered the upgrade request for 5."),
        "{sentence}"
    );
    assert_eq!(looked_at("C> upgrade /chat\nS< 101"), [""; 0]);
    assert_eq!(looked_at("C> http GET /"), [""; 0]);
}

#[test]
fn a_violation_is_told_once_though_nothing_follows_that_confirms_the_frame() {
    let others =
        "2: client 10.0.0.7\n2C> upgrade\n2S< 101\n".to_owned() + &"wait 1s\n2C> text \"a\"\n".repeat(30);
    let begun = "C> upgrade\nS< 101\nC> text rsv=2 \"a\"\n";
    for silent in [begun.to_owned(), format!("{begun}C> text \"b\"\n"), format!("{begun}drops 3\n")] {
        for then in ["", &others] {
            let told = looked_at(&(silent.clone() + then));
            let sentence = told_in_time(&told);
            assert!(sentence.starts_with("frame-reserved-bits: the client"), "{sentence}");
        }
    }
    let told = looked_at(&format!("tap server\nC> upgrade\nS< 101\nS< text mask=01020304 \"a\"\n{others}"));
    // One direction alone is read about a second later.
    assert!(told.len() == 1 && told[0].contains("ms: frame-masked: the server"), "{told:#?}");
    // What confirms the frame has the finding told for good.
    let confirmed = format!("{begun}C> text \"b\"\nC> text \"c\"\n{others}");
    assert_eq!(looked_at(&confirmed), [""; 0]);
    assert_eq!(looked_at(&format!("C> upgrade\nS< 101\nC> text \"a\"\n{others}")), [""; 0]);
}

#[test]
fn what_the_capture_dropped_is_not_waited_for() {
    assert_eq!(looked_at("C> upgrade\nS< 101\nS< ping 01\ndrops 3"), [""; 0]);
    assert_eq!(looked_at("C> upgrade\nS< 101\nS< raw 81 05 \"hel\"\ndrops 3"), [""; 0]);
    assert_eq!(looked_at("C> upgrade /chat\ndrops 3"), [""; 0]);
    // Nor is it missed in the end.
    let pcap = Scenario::parse("C> upgrade\nS< 101\nS< ping 01\ndrops 3").to_pcapng();
    let told = read(Reader::new(&pcap[..], FileId(0)), Duration::from_secs(60), None).findings;
    assert!(told.len() == 1 && told[0].contains("capture-drops"), "{told:#?}");
}

#[test]
fn nothing_but_the_telling_of_waits_depends_on_somebody_looking_on() {
    let compare = |name: &str, read: &dyn Fn(Option<Duration>) -> Told| {
        let (alone, watched) = (read(None), read(Some(Duration::from_millis(500))));
        assert_eq!(alone.waiting, [""; 0]);
        assert_eq!(alone.findings, watched.findings, "{name}");
    };
    let silence = Duration::from_secs(60);
    for case in cases::all() {
        let pcap = Scenario::parse(case.faulty).to_pcapng();
        compare(case.faulty, &|tick| read(Reader::new(&pcap[..], FileId(0)), silence, tick));
    }
    for path in common::captures() {
        compare(&path.display().to_string(), &|tick| {
            read(Reader::new(File::open(&path).unwrap(), FileId(0)), silence, tick)
        });
    }
}

#[test]
fn the_time_between_two_captures_was_not_watched() {
    let pcap = Scenario::parse("C> upgrade\nS< 101\nS< ping 01").to_pcapng();
    let later = Scenario::parse("isn 7777\nwait 60s\nC> upgrade\nS< 101\nC> text \"hi\"").to_pcapng();
    let mut told = Vec::new();
    let mut analyzer = Analyzer::new(Config::default());
    for (id, bytes) in [(0, &pcap), (1, &later)] {
        let mut reader = Reader::new(&bytes[..], FileId(id));
        while let Ok(Some(captured)) = reader.next() {
            if let Captured::Packet(packet) = captured {
                analyzer.push(&packet, &mut |_| {});
            }
        }
    }
    analyzer.finish(&mut |output| {
        if let Output::Finding(finding) = output {
            told.push(finding.id.name());
        }
    });
    assert_eq!(told, [""; 0]);
}
