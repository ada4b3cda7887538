//! The clock of the capturing device is set while it captures: nobody knows how long anything took across that, and no
//! output says that it took no time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod scenario;

use scenario::{OwnedPacket, Scenario, cases};
use std::collections::BTreeSet;
use wsight::analyzer::{Analyzer, Config};
use wsight::findings::Severity;
use wsight::model::Limits;
use wsight::report::{
    Html, InputNames, JUnit, JsonLines, Kinds, Look, OneLine, Payload, Sink, Text, TextOptions,
};

/// Twenty years: a device that counts from the date of its firmware until it knows the time.
const SET: i64 = 20 * 365 * 24 * 60 * 60 * 1_000_000_000;

/// Packets after which the clock is set, at most, of each scenario.
const PLACES: usize = 6;

/// What each format says of these packets. Tables have the fields of JSON.
fn outputs(packets: &[OwnedPacket]) -> Vec<(&'static str, String)> {
    let options = || TextOptions::new(&Limits::default());
    let (mut text, mut line, mut json, mut html, mut junit) =
        <(Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>)>::default();
    {
        let names = || vec!["a.pcap".to_owned()];
        let mut sinks: [Box<dyn Sink + '_>; 5] = [
            Box::new(Text::new(&mut text, options())),
            Box::new(OneLine::new(&mut line, Look::default(), Payload::None, Kinds::ALL)),
            Box::new(JsonLines::new(&mut json, Payload::None, InputNames::default())),
            Box::new(Html::new(&mut html, names(), options()).unwrap()),
            Box::new(JUnit::new(&mut junit, Severity::Error, "a.pcap".to_owned(), options()).unwrap()),
        ];
        let mut analyzer = Analyzer::new(Config::default());
        let mut tell = |output: &wsight::analyzer::Output<'_>| {
            for sink in &mut sinks {
                sink.output(output).unwrap();
            }
        };
        for (number, packet) in (1..).zip(packets) {
            analyzer.push(&packet.borrowed(number, 0), &mut tell);
        }
        analyzer.finish(&mut tell);
        for sink in &mut sinks {
            sink.finish().unwrap();
        }
    }
    let named = [("text", text), ("oneline", line), ("json", json), ("html", html), ("junit", junit)];
    named.into_iter().map(|(name, bytes)| (name, String::from_utf8(bytes).unwrap())).collect()
}

/// Where something is said to have taken no time. A request stands where its session begins.
fn zeros(text: &str) -> Vec<&str> {
    const ZEROS: [&str; 4] = ["0 µs", "+0.000000", "_ms\":0", "time=\"0.000\""];
    let is_zero = |at: &usize| {
        text[..*at].chars().next_back().is_none_or(|before| !before.is_ascii_digit() && before != '.')
    };
    let mut found = Vec::new();
    for zero in ZEROS {
        found.extend(text.match_indices(zero).filter(|(at, _)| is_zero(at)).map(|(at, _)| {
            let start = text[..at].char_indices().rev().take(60).last().map_or(at, |(start, _)| start);
            let end = text[at..].char_indices().take(60).last().map_or(text.len(), |(end, _)| at + end);
            &text[start..end]
        }));
    }
    found.retain(|around| !(around.contains("+0.000000") && around.contains("HTTP/")));
    found
}

#[test]
fn no_output_says_that_something_took_no_time() {
    let texts: BTreeSet<&str> = cases::all().flat_map(|case| [case.faulty, case.clean]).collect();
    let (mut wrong, mut tried) = (BTreeSet::new(), 0);
    for text in texts {
        let packets = Scenario::parse(text).packets().to_vec();
        let as_it_was = outputs(&packets);
        let step = packets.len().div_ceil(PLACES).max(1);
        for (from, by) in (1..packets.len()).step_by(step).flat_map(|from| [(from, SET), (from, -SET)]) {
            let mut packets = packets.clone();
            packets[from..].iter_mut().for_each(|packet| packet.time_ns += by);
            tried += 1;
            for ((format, told), (_, before)) in outputs(&packets).iter().zip(&as_it_was) {
                let zeros = zeros(told);
                if zeros.len() > self::zeros(before).len() {
                    wrong.insert(format!("{format}: {:?}", zeros.last().unwrap()));
                }
            }
        }
    }
    assert!(tried > 1_000, "{tried} captures");
    assert!(wrong.is_empty(), "{} of {tried}: {wrong:#?}", wrong.len());
}
