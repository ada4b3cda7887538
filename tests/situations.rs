//! Situations that people reported are told as they were.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod reported;
mod scenario;

use reported::Situation;
use scenario::{OwnedPacket, Scenario};
use wsight::analyzer::{Analyzer, Config, Output};
use wsight::findings::{Certainty, Class, Finding, Severity};
use wsight::model::Peer;

/// What was reported.
#[derive(Default)]
struct Told {
    findings: Vec<Finding>,
    outcomes: Vec<&'static str>,
    /// How sessions ended, in sentences.
    ends: Vec<String>,
    /// What sessions are to another one that carries the same WebSocket.
    legs: Vec<&'static str>,
    frames: usize,
    sessions: usize,
    /// Packets in which something was sent again, and packets that were captured once more.
    sent_again: u64,
    copied: u64,
}

fn tell(text: &str) -> Told {
    tell_packets(Scenario::parse(text).packets())
}

fn tell_packets(packets: &[OwnedPacket]) -> Told {
    let mut told = Told::default();
    let mut take = |output: &Output<'_>| match output {
        Output::Finding(finding) => told.findings.push((*finding).clone()),
        Output::Upgrade(_, upgrade) => told.outcomes.push(upgrade.outcome.name()),
        Output::Frame(..) => told.frames += 1,
        Output::Session(summary) => {
            told.sessions += 1;
            told.sent_again += summary.sent_again.client + summary.sent_again.server;
            told.ends.push(summary.close_story.to_string());
            told.legs.extend(summary.leg_of.map(|leg| leg.role.name()));
        }
        Output::Summary(summary) => told.copied = summary.copied_segments,
        _ => {}
    };
    let mut analyzer = Analyzer::new(Config::default());
    for (number, packet) in (1..).zip(packets) {
        analyzer.push(&packet.borrowed(number, 0), &mut take);
    }
    analyzer.finish(&mut take);
    told
}

/// Whether a term holds: `clean` (no finding but notes), `frames>=N`, `sessions=N`, `outcome=NAME`, `leg=ROLE` (of a
/// session), `says=WORDS` (a finding does), `ends=WORDS` (the sentence about how a session ended does), `once=ID` (that
/// finding once), `certain=ID` (that finding, certain), `accuse` (a certain error or warning about a violation or a failure) or the name of a finding, both also
/// with `@client` or `@server`.
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
    if let Some(role) = value("leg") {
        return told.legs.contains(&role);
    }
    if let Some(words) = value("says") {
        return told.findings.iter().any(|finding| finding.summary.contains(words));
    }
    if let Some(words) = value("ends") {
        return told.ends.iter().any(|sentence| sentence.contains(words));
    }
    if let Some(name) = value("certain") {
        let mut certain = told.findings.iter().filter(|finding| finding.certainty == Certainty::Certain);
        return certain.any(|finding| finding.id.name() == name);
    }
    if let Some(name) = value("once") {
        return told.findings.iter().filter(|finding| finding.id.name() == name).count() == 1;
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
    for Situation { what, scenario, must, must_not } in reported::all() {
        let told = tell(scenario);
        let either = |terms: &str| terms.split('|').any(|term| holds(&told, term));
        let lacks: Vec<&&str> = must.iter().filter(|terms| !either(terms)).collect();
        let has: Vec<&&str> = must_not.iter().filter(|term| holds(&told, term)).collect();
        let fault = format!("lacks {lacks:?}, has {has:?}");
        if lacks.is_empty() && has.is_empty() {
            continue;
        }
        let said: Vec<String> = told
            .findings
            .iter()
            .map(|finding| format!("{} {}: {}", finding.id, finding.certainty.name(), finding.summary))
            .collect();
        let outcomes = told.outcomes.join(", ");
        wrong.push(format!("{what}: {fault}; upgrades {outcomes}; told {said:#?}\n{scenario}"));
    }
    assert!(wrong.is_empty(), "{} situations:\n\n{}", wrong.len(), wrong.join("\n\n"));
}

/// The packets of a scenario, of which these two, counted from the end, change places; the times stay.
fn swapped(scenario: &str, [one, other]: [usize; 2]) -> Vec<OwnedPacket> {
    let mut packets = Scenario::parse(scenario).packets().to_vec();
    let [one, other] = [packets.len() - one, packets.len() - other];
    packets.swap(one, other);
    let time = packets[one].time_ns;
    packets[one].time_ns = std::mem::replace(&mut packets[other].time_ns, time);
    packets
}

#[test]
fn a_reset_that_answers_late_bytes_is_no_answer_to_a_reset() {
    let steps =
        "C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\nS< noack text \"late\"   S< rst   C> rst-bare";
    let told = tell_packets(&swapped(steps, [2, 3]));
    assert!(
        !holds(&told, "reset-foreign") && holds(&told, "connection-reset@server"),
        "{:#?}",
        told.findings
    );
    let forged = tell("C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\nS< rst   C> rst");
    assert!(holds(&forged, "says=in the client's name as well"), "{:#?}", forged.findings);
    // Who has reset the connection sends nothing again.
    let steps = "C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\nS< vanish resend 1 200ms text \"c\"   S< rst   C> rst-bare";
    let forged = tell_packets(&swapped(steps, [2, 3]));
    assert!(holds(&forged, "says=went on sending"), "{:#?}", forged.findings);
}

#[test]
fn who_is_captured_once_more_does_not_go_on() {
    let steps = "C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\nS< noack dup text \"last\"   S< rst";
    let told = tell_packets(&swapped(steps, [1, 2]));
    assert!(
        !holds(&told, "reset-foreign") && holds(&told, "connection-reset@server"),
        "{:#?}",
        told.findings
    );
    let forged = tell("C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\nS< rst   S< noack text \"more\"");
    assert!(holds(&forged, "says=went on sending"), "{:#?}", forged.findings);
}

#[test]
fn what_the_receiver_waits_for_is_sent_again_and_not_captured_twice() {
    let lossy = |hops: &str| {
        format!(
            "ipv6\n{hops}C> upgrade   S< 101\n\
             S< vanish-part 0..1404 sack split-at 1404,2808 order 1 2 3 1 binary 4000*61\n\
             C> close   S< close   S< fin   C> fin"
        )
    };
    let told = tell(&lossy(""));
    assert_eq!((told.sent_again, told.copied), (1, 0), "{:#?}", told.findings);
    // Where nothing is missing, the same bytes so soon after each other are one packet.
    let merged =
        tell("ipv6\nC> upgrade   S< 101\nS< dup binary 1000*61\nC> close   S< close   S< fin   C> fin");
    assert_eq!((merged.sent_again, merged.copied), (0, 1), "{:#?}", merged.findings);
}

/// A text of the client with a ping in it, which comes after this many bytes of it, masked with keys that follow from `seed`.
fn interleaved_ping(seed: u32, at: usize) -> String {
    let key =
        |seed: u32| seed.wrapping_mul(2_654_435_761).wrapping_add(0x9e37_79b9).rotate_left(7).to_be_bytes();
    let masked = |first: u8, text: &[u8], key: [u8; 4]| {
        let length = u16::try_from(text.len()).unwrap();
        let mut frame = vec![first];
        match u8::try_from(length) {
            Ok(short @ 0..=125) => frame.push(0x80 | short),
            _ => frame.extend([&[0xfe][..], &length.to_be_bytes()].concat()),
        }
        frame.extend(key);
        frame.extend(text.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
        frame
    };
    let text = format!("payload of the big frame {seed:06} ").repeat(21);
    let mut bytes = masked(0x81, text.as_bytes(), key(2 * seed));
    let ping = masked(0x89, b"hb", key(2 * seed + 1));
    bytes.splice(8 + at..8 + at, ping);
    hex::encode(bytes)
}

#[test]
fn a_ping_inside_a_text_is_found_at_its_place_whatever_the_keys() {
    let (mut wrong, mut unseen) = (Vec::new(), 0);
    for seed in 0..300 {
        let frame = interleaved_ping(seed, 192);
        let told = tell(&format!(
            "C> upgrade   S< 101\nC> raw {frame}\nC> text \"next\"   C> text \"next two\"\n\
             C> close 1000   S< close 1000   S< fin   C> fin"
        ));
        let told_apart: Vec<(&str, &str)> =
            told.findings.iter().map(|finding| (finding.id.name(), finding.summary.as_str())).collect();
        let is_right = matches!(
            told_apart[..],
            [("frame-interleaved", summary)] if summary.contains("at byte 192 of frame 1 from the client")
        );
        // By chance all eight bytes of the ping are UTF-8 in the text.
        let is_hidden = matches!(
            told_apart[..],
            [("stream-not-websocket", summary)] if summary.contains("8 too few") && summary.contains("two writers")
        );
        unseen += u32::from(is_hidden);
        if !(is_right || is_hidden) || told.frames != 5 {
            wrong.push(format!("{seed}: {} frames, {told_apart:?}", told.frames));
        }
    }
    assert!(wrong.is_empty(), "{} of 300:\n{}", wrong.len(), wrong.join("\n"));
    assert!(unseen <= 12, "{unseen}");
}

/// Whether the ping in such a text, after this many bytes of it, is UTF-8 by chance: then nothing shows it but what follows.
fn is_hidden(seed: u32, at: usize) -> bool {
    let bytes = hex::decode(interleaved_ping(seed, at)).unwrap();
    let (header, masked) = bytes.split_at(8);
    let declared = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let key = header[4..].iter().cycle();
    let text = masked[..declared].iter().zip(key).map(|(byte, key)| byte ^ key);
    String::from_utf8(text.collect()).is_ok()
}

#[test]
fn what_a_hidden_ping_leaves_over_is_no_header_for_certain() {
    let mut wrong = Vec::new();
    let hidden = (0..12_000).filter(|seed| is_hidden(*seed, 192));
    let mut tried = 0;
    for seed in hidden {
        tried += 1;
        // With keys of which every byte has the same upper half the next frames say little for themselves.
        let told = tell(&format!(
            "C> upgrade   S< 101\nC> raw {}\nC> text mask=41424344 \"next\"   C> text mask=51525354 \"next two\"\n\
             C> close 1000   S< close 1000   S< fin   C> fin",
            interleaved_ping(seed, 192)
        ));
        let consequences: Vec<&Finding> =
            told.findings.iter().filter(|finding| accuses(finding) && !is_lost_framing(finding)).collect();
        if told.findings.iter().any(is_lost_framing) && !consequences.is_empty() {
            wrong.push(format!("{seed}: {consequences:?}"));
        }
    }
    assert!(tried > 100, "{tried}");
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
}

fn is_lost_framing(finding: &Finding) -> bool {
    matches!(finding.id.name(), "frame-interleaved" | "stream-not-websocket")
}

/// Bytes that follow from `seed`.
fn noise(seed: u32, count: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..count).map(|_| next()).collect()
}

/// A binary frame with a payload of this many bytes, both of which follow from `seed`.
fn binary_frame(from: Peer, seed: u32, length: usize) -> Vec<u8> {
    let mask = if from == Peer::Client { 0x80 } else { 0 };
    let mut frame = match u8::try_from(length) {
        Ok(short @ 0..=125) => vec![0x82, mask | short],
        _ => [&[0x82, mask | 0x7e][..], &u16::try_from(length).unwrap().to_be_bytes()].concat(),
    };
    // What is masked with noise is noise.
    frame.extend(noise(seed, if from == Peer::Client { 4 + length } else { length }));
    frame
}

#[test]
fn a_binary_frame_that_is_torn_or_has_another_one_in_it_is_the_only_fault_told() {
    const CAUSES: [&str; 3] = ["stream-not-websocket", "frame-interleaved", "frame-incomplete"];
    let (mut told_more, mut unseen, mut innocent) = (Vec::new(), 0, Vec::new());
    let mut runs = 0;
    for (from, arrow) in [(Peer::Client, "C>"), (Peer::Server, "S<")] {
        for (seed, length, is_torn) in (0..150)
            .flat_map(|seed| [(seed, 60, false), (seed, 100, true), (seed, 900, false), (seed, 900, true)])
        {
            runs += 1;
            let outer = binary_frame(from, 9 * seed, length);
            let cut = outer.len() / 3 + seed as usize % (length / 3);
            let (begun, rest) = outer.split_at(cut);
            let size = |number: u32| 20 + (seed * 7 + number * 37) as usize % 100;
            let others = (1..12).map(|number| binary_frame(from, 9 * seed + number, size(number)));
            let mut sent: Vec<Vec<u8>> = std::iter::once(begun.to_vec()).chain(others).collect();
            if !is_torn {
                sent.insert(2, rest.to_vec());
            }
            let sent: Vec<String> =
                sent.iter().map(|bytes| format!("{arrow} raw {}", hex::encode(bytes))).collect();
            let told = tell(&format!(
                "C> upgrade   S< 101\nC> text \"hello\"   S< text \"hello\"\n{}\n\
                 C> close 1000   S< close 1000   S< fin   C> fin",
                sent.join("\n")
            ));
            let cause =
                |finding: &&Finding| finding.from == Some(from) && CAUSES.contains(&finding.id.name());
            unseen += u32::from(!told.findings.iter().any(|finding| cause(&finding)));
            let accusations = told.findings.iter().filter(|finding| accuses(finding) && !cause(finding));
            let said: Vec<&str> = accusations.clone().map(|finding| finding.id.name()).collect();
            let story = format!("{from} {seed} {length} {is_torn}: {said:?}");
            if accusations.clone().any(|finding| finding.from == Some(!from)) {
                innocent.push(story);
            } else if !said.is_empty() {
                told_more.push(story);
            }
        }
    }
    println!(
        "of {runs}: {} told more, {unseen} without the cause, {} of the other side",
        told_more.len(),
        innocent.len()
    );
    assert!(innocent.is_empty(), "{}", innocent.join("\n"));
    assert!(told_more.len() <= 5, "{} of {runs}:\n{}", told_more.len(), told_more.join("\n"));
    assert!(unseen <= 10, "{unseen} of {runs}");
}

/// A frame of `from` that declares `by` bytes more than it has, masked with a key that follows from `seed`.
fn miscounted_frame(from: Peer, seed: u32, first: u8, payload: &[u8], by: i32) -> Vec<u8> {
    let declared = u16::try_from(i32::try_from(payload.len()).unwrap() + by).unwrap();
    let mask = if from == Peer::Client { 0x80 } else { 0 };
    let mut frame = match u8::try_from(declared) {
        Ok(short @ 0..=125) => vec![first, mask | short],
        _ => [&[first, mask | 0x7e][..], &declared.to_be_bytes()].concat(),
    };
    match from {
        Peer::Client => {
            let key = noise(seed, 4);
            frame.extend(&key);
            frame.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
        }
        Peer::Server => frame.extend(payload),
    }
    frame
}

/// Six messages of `from` that are answered. The one of this number, from 0, and all behind it if `always`, declare `by` bytes
/// too many.
fn miscounted(from: Peer, seed: u32, content: usize, by: i32, wrong: u32, always: bool) -> Told {
    let (arrow, back) = if from == Peer::Client { ("C>", "S<") } else { ("S<", "C>") };
    let sent = (0..6).map(|number| {
        let payload = match content {
            0 => format!("plain text message {} of many", seed * 7 + number).into_bytes(),
            1 => format!(r#"{{"type":"state","id":{},"ok":true}}"#, seed + number).into_bytes(),
            2 => format!(r#"{{"id":{number},"blob":"{}"}}"#, "x".repeat(200 + seed as usize)).into_bytes(),
            _ => noise(seed * 31 + number, 20 + (seed + 7 * number) as usize % 60),
        };
        let first = if content == 3 { 0x82 } else { 0x81 };
        let by = if number == wrong || always && number > wrong { by } else { 0 };
        let frame = miscounted_frame(from, 1000 + seed * 101 + number, first, &payload, by);
        format!("{arrow} raw {}   {back} text \"ack\"\n", hex::encode(frame))
    });
    let sent: String = sent.collect();
    let ending = if by == 0 {
        "C> close 1000   S< close 1000   S< fin   C> fin".to_owned()
    } else {
        format!("{back} close 1002   {back} fin   {arrow} fin")
    };
    tell(&format!("C> upgrade   S< 101\nC> text \"hello\"   S< text \"hello\"\n{sent}{ending}"))
}

#[test]
fn lengths_that_are_wrong_are_told_once_with_their_frame_and_figure() {
    let (mut runs, mut other, mut innocent) = (0, Vec::new(), Vec::new());
    for (from, content, always, seed) in Peer::BOTH.into_iter().flat_map(|from| {
        (0..4).flat_map(move |content| {
            [false, true]
                .into_iter()
                .flat_map(move |always| (0..12).map(move |seed| (from, content, always, seed)))
        })
    }) {
        for by in [-3, -2, -1, 1, 2, 4, 8] {
            runs += 1;
            let (wrong, frame) = if always { (0, 3) } else { (2, 7) };
            let told = miscounted(from, seed, content, by, wrong, always);
            let figure = if by < 0 { format!("{} too few", -by) } else { format!("{by} too many") };
            let errors = told.findings.iter().filter(|finding| finding.severity == Severity::Error);
            let said: Vec<&str> = errors.map(|finding| finding.summary.as_str()).collect();
            let story = format!("{from} {content} {always} {seed} {by}: {said:#?}");
            let is_right = matches!(said[..], [one] if one.starts_with(&format!("frame {frame} from the {from} "))
                && one.contains(&figure));
            if told.findings.iter().any(|finding| accuses(finding) && finding.from == Some(!from)) {
                innocent.push(story);
            } else if !is_right {
                other.push(story);
            }
        }
        let clean = miscounted(from, seed, content, 0, 0, always);
        assert!(
            holds(&clean, "clean") && clean.frames == 16,
            "{from} {content} {seed}: {:?}",
            clean.findings
        );
    }
    println!("of {runs}: {} told otherwise, {} of the other side", other.len(), innocent.len());
    assert!(innocent.is_empty(), "{}", innocent.join("\n"));
    assert!(other.len() * 50 <= runs, "{} of {runs}:\n{}", other.len(), other.join("\n"));
}

/// A text of the client that is Latin-1 and not UTF-8, masked with a key that follows from `seed`.
fn latin_text(seed: u32) -> String {
    let key = seed.wrapping_mul(2_654_435_761).wrapping_add(0x9e37_79b9).rotate_left(7).to_be_bytes();
    let text = [
        &b"a word that ends with caf"[..],
        &[0xe9],
        b" and then goes on, word by word, for quite a while, as texts do, and says no more",
    ]
    .concat();
    let masked = text.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key);
    let frame = [0x81, 0x80 | u8::try_from(text.len()).unwrap()].into_iter().chain(key).chain(masked);
    hex::encode(frame.collect::<Vec<u8>>())
}

#[test]
fn a_text_that_is_not_utf_8_has_no_frame_in_it_whatever_the_key() {
    let mut wrong = Vec::new();
    for seed in 0..300 {
        for then in [
            "C> text \"next\"   C> text \"next two\"\nC> close 1000   S< close 1000",
            "C> close 1000   S< close 1000",
            "",
        ] {
            let told =
                tell(&format!("C> upgrade   S< 101\nC> raw {}\n{then}\nS< fin   C> fin", latin_text(seed)));
            let found: Vec<&str> = told.findings.iter().map(|finding| finding.id.name()).collect();
            let invented = ["stream-not-websocket", "frame-interleaved"].iter().any(|id| found.contains(id));
            if invented || !found.contains(&"message-invalid-utf8") {
                wrong.push(format!("{seed} {then:?}: {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of 900:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn whole_seconds_show_no_shorter_time() {
    for ending in [
        "C> close 1000   C> rst",
        "S< text \"b\"   C> noack close 1000   C> rst",
        "C> close 1000   S< close 1000   S< fin   C> fin",
    ] {
        let scenario = format!("C> upgrade /chat   S< 101\nC> text \"a\"   {ending}");
        let mut packets = Scenario::parse(&scenario).packets().to_vec();
        for packet in &mut packets {
            packet.time_ns = 1_700_000_000_000_000_000;
        }
        let told = tell_packets(&packets);
        let said = told.findings.iter().map(|finding| finding.summary.as_str());
        let zero: Vec<&str> =
            said.chain(told.ends.iter().map(String::as_str)).filter(|said| said.contains("0 µs")).collect();
        assert!(zero.is_empty(), "{ending}: {zero:?}");
    }
}

#[test]
fn what_has_no_time_has_no_duration() {
    let scenario = Scenario::parse(
        "C> upgrade /chat   S< 101\nC> text \"a\"   S< text \"b\"\nC> vanish resend 5 300ms ping 61   C> rst",
    );
    let mut packets = scenario.packets().to_vec();
    for packet in &mut packets {
        packet.time_ns = 0;
    }
    let told = tell_packets(&packets);
    assert!(holds(&told, "data-unacknowledged") && told.sessions == 1);
    for Finding { id, summary, certainty, .. } in told.findings {
        assert!(!summary.contains("0 µs"), "{summary}");
        assert_eq!(certainty, Certainty::Tentative, "{id}: {summary}");
    }
}

/// Times of whole seconds do not show that so much can have been sent: the first packet behind the gap may be an older
/// connection's, until the other side answers it.
#[test]
fn a_gap_of_both_sides_is_one_where_times_are_coarse_too() {
    let mut packets = Scenario::parse(reported::GAP_OF_BOTH).packets().to_vec();
    let second = packets[0].time_ns / 1_000_000_000 * 1_000_000_000;
    for packet in &mut packets {
        packet.time_ns = second;
    }
    let told = tell_packets(&packets);
    assert!(holds(&told, "tcp-gap") && !holds(&told, "accuse"), "{:?}", told.findings);
    assert!(told.sessions == 1 && told.frames >= 7, "{} of 8 frames", told.frames);
}

#[test]
fn no_duration_is_told_across_a_clock_that_was_set() {
    let scenario = Scenario::parse(
        "C> upgrade /chat   S< 101\nC> text \"a\"   S< text \"b\"\nC> ping 61\nwait 2s\nS< pong 61\n\
         S< close 1000   C> close 1000   S< fin   C> fin",
    );
    let packets = scenario.packets();
    for first_dated in 1..packets.len() {
        let mut packets = packets.to_vec();
        for packet in packets.iter_mut().take(first_dated) {
            packet.time_ns = 0;
        }
        let told = tell_packets(&packets);
        assert_eq!(told.sessions, 1, "{first_dated}");
        for Finding { id, summary, .. } in told.findings {
            assert!(!summary.contains(" h "), "{first_dated}: {id}: {summary}");
        }
    }
}

/// The client's text is captured at `delays` of so many ticks after one another, and never arrives. Meanwhile small texts of the
/// server come every few milliseconds and are acknowledged, over IPv6, whose packets have no identification.
fn lost_beside_a_stream(delays: &[usize]) -> Told {
    let begun = "ipv6\nisn 5000000\nC> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\n";
    let lost = "C> noack vanish text mask=01020304 \"order\"\n";
    let sent = Scenario::parse(&format!("{begun}{lost}"));
    // Behind the headers of Ethernet and IPv6 and the ports.
    let sequence = &sent.packets().last().unwrap().bytes[14 + 40 + 4..][..4];
    let before = u32::from_be_bytes(sequence.try_into().unwrap()) - 1;
    // Each copy is the first packet of what looks like a connection of its own, between the same ends.
    let copies = (2..).zip(delays).map(|(copy, ticks)| {
        format!(
            "{copy}: client 40001\n{copy}: isn {before}\n{copy}: no-handshake\nS< times {ticks} text \"tick\"\n{copy}{lost}"
        )
    });
    let (ticks, copies) = ("S< times 40 text \"tick\"", copies.collect::<String>());
    tell(&format!("{begun}{ticks}\n{lost}{copies}{ticks}"))
}

#[test]
fn a_dead_direction_shows_whatever_comes_the_other_way() {
    let told = lost_beside_a_stream(&[100, 200, 400, 800, 1600]);
    assert!(holds(&told, "data-unacknowledged") && !holds(&told, "accuse"), "{:?}", told.findings);
}

#[test]
fn a_packet_that_is_captured_often_is_not_sent_again() {
    let told = lost_beside_a_stream(&[1, 1, 1, 1, 1]);
    assert!(!holds(&told, "data-unacknowledged"), "{:?}", told.findings);
}

/// What is told of a scenario whose packets have no times.
fn tell_timeless(text: &str) -> Told {
    let mut packets = Scenario::parse(text).packets().to_vec();
    for packet in &mut packets {
        packet.time_ns = 0;
    }
    tell_packets(&packets)
}

#[test]
fn without_times_an_answered_probe_is_answered_and_another_is_not() {
    let begun = "C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\n";
    let full = "window client 0\nS< binary len=3000 1000*61\n";
    for answered in [
        format!("{begun}{full}{}", "S< keepalive   C> ack\n".repeat(7)),
        format!("{begun}{}", "S< keepalive   C> ack\n".repeat(7)),
    ] {
        let told = tell_timeless(&answered);
        assert!(!holds(&told, "data-unacknowledged"), "{answered}: {:?}", told.findings);
    }
    let told = tell_timeless(&format!("{begun}{}", "S< keepalive\n".repeat(7)));
    assert!(holds(&told, "says=nothing more came from the client"), "{:?}", told.findings);
    let told = tell_timeless(&format!("{begun}C> vanish resend 5 300ms text 100*61\nS< ping 61\nS< ping 62"));
    assert!(holds(&told, "says=packets from the server still came"), "{:?}", told.findings);
}

#[test]
fn without_times_what_comes_a_third_time_is_sent_again() {
    let dead = tell_timeless(
        "ipv6\nC> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\nC> vanish resend 7 300ms text \"there?\"",
    );
    assert!(holds(&dead, "data-unacknowledged"), "{:?}", dead.findings);
    let merged = tell_timeless(
        "ipv6\nC> dup upgrade   S< dup 101\nC> dup text \"a\"   S< dup text \"b\"   C> dup text \"c\"",
    );
    assert_eq!((merged.sent_again, merged.copied), (0, 5), "{:?}", merged.findings);
}

#[test]
fn without_times_the_order_of_packets_tells_connections_from_legs() {
    let key = "=Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    let answer = "raw \"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\
                  Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\\r\\n\\r\\n\"";
    let asked = |n: usize| format!("{n}C> upgrade {key}\n");
    let answered = |n: usize| format!("{n}S< {answer}\n{n}C> text \"a\"   {n}S< text \"b\"\n");
    let one_by_one: String = (1..=3).flat_map(|n| [asked(n), answered(n)]).collect();
    let told = tell_timeless(&one_by_one);
    assert!(holds(&told, "key-reused@client"), "{:?}", told.findings);
    let legs = (1..=3).map(asked).chain((1..=3).rev().map(answered)).collect::<String>();
    let told = tell_timeless(&legs);
    assert!(!holds(&told, "key-reused"), "{:?}", told.findings);
}

#[test]
fn without_times_a_reset_behind_a_close_may_overtake_it() {
    let begun = "C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\n";
    let told = tell_timeless(&format!("{begun}C> noack close 1001   S< noack text \"more\"   C> rst"));
    assert!(holds(&told, "reset-after-close@client") && !holds(&told, "accuse"), "{:?}", told.findings);
    // Nothing was unread, and the Close arrived.
    let told = tell_timeless(&format!("{begun}C> close 1001   C> rst"));
    assert!(!holds(&told, "reset-after-close"), "{:?}", told.findings);
}

/// Sessions one after the other, each with these steps.
fn one_by_one(count: usize, steps: impl Fn(usize) -> String) -> Told {
    let session = |number: usize| {
        let steps = format!("C> upgrade   S< 101\n{}\n", steps(number));
        steps.replace("C>", &format!("{number}C>")).replace("S<", &format!("{number}S<"))
    };
    tell(&(1..=count).map(session).collect::<String>())
}

#[test]
fn what_a_reset_in_between_answers_does_not_end_the_silence_before() {
    let forgotten = one_by_one(4, |_| {
        "C> text \"a\"   S< text \"b\"\nwait 350s\nS< noack text \"late\"   C> ttl 255 rst".to_owned()
    });
    assert!(holds(&forgotten, "idle-timeout") && !holds(&forgotten, "lifetime-limit"));
    // The longest silence of each lies further back.
    let old = one_by_one(4, |_| {
        "wait 200s\nC> text \"a\"   S< text \"b\"\nwait 150s\nS< noack text \"late\"   C> ttl 255 rst"
            .to_owned()
    });
    assert!(holds(&old, "lifetime-limit") && !holds(&old, "idle-timeout"));
}

#[test]
fn of_an_age_and_a_silence_the_one_that_is_more_alike_is_told() {
    let tick = "C> text \"tick\"   S< text \"tock\"\n";
    let ends = "S< close 1001   C> close 1001   S< fin   C> fin";
    let busy = |n: usize, rest: usize| {
        let begun = format!("{tick}wait 7s\n").repeat(7);
        format!("{begun}{tick}wait 2.{n}s\n{tick}wait 8.{rest}s\n{ends}")
    };
    let aged = one_by_one(4, |n| busy(n, 9 - n));
    assert!(holds(&aged, "lifetime-limit") && !holds(&aged, "idle-timeout"));
    let idle = one_by_one(4, |n| busy(n, 5));
    assert!(holds(&idle, "idle-timeout") && !holds(&idle, "lifetime-limit"));
}
