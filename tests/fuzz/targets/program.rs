//! The whole program, from the bytes of a file to JSON, text and figures: it ends, the JSON is JSON, nothing that a
//! terminal would obey is printed, and no packet, frame or message is lost on the way.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wsight::analyzer::{Analyzer, Config, Output};
use wsight::capture::{Reader, Source};
use wsight::findings::Id;
use wsight::model::{Captured, FileId, Limits, is_visible};
use wsight::report::{Figures, InputNames, JsonLines, Look, Payload, Sink, Text, TextOptions};
use wsight_fuzz::Input;

/// Caps so low that a small capture reaches them.
fn low() -> Limits {
    Limits {
        connections: 3,
        idle_seconds: 5,
        reorder_bytes: 2_000,
        reorder_total_bytes: 3_000,
        reorder_packets: 4,
        fragment_datagrams: 2,
        head_lines: 12,
        head_line_bytes: 200,
        message_bytes: 3_000,
        outstanding_pings: 2,
        findings_per_session: 2,
        story_frames: 6,
        story_total_frames: 20,
        ordinary_exchanges: 2,
        remembered_peers: 3,
        ..Limits::default()
    }
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let limits = if input.byte() & 1 == 0 { Limits::default() } else { low() };
    let (mut json_out, mut text_out, mut figures_out) = (Vec::new(), Vec::new(), Vec::new());
    let mut json = JsonLines::new(&mut json_out, Payload::Full, InputNames::default());
    let look = Look { color: false, width: Some(80) };
    let mut text = Text::new(&mut text_out, TextOptions { look, ..TextOptions::new(&limits) });
    let mut figures = Figures::new(&mut figures_out, look, InputNames::default());
    let (mut frames, mut messages, mut findings, mut ends) = (0, 0, 0, 0);
    let mut packets = 0;
    let mut take = |output: &Output<'_>| {
        match output {
            Output::Frame(..) => frames += 1,
            Output::Message(..) => messages += 1,
            Output::Finding(_) => findings += 1,
            Output::Summary(summary) => {
                ends += 1;
                assert_eq!(summary.packets, summary.segments + summary.skipped.values().sum::<u64>());
                assert_eq!(summary.frames.values().sum::<u64>(), frames);
                assert_eq!(summary.messages, messages);
                let counted = summary.findings.values().sum::<u64>();
                let folded = summary.findings.contains_key(&Id::LimitReached);
                assert!(counted == findings || (folded && counted > findings));
            }
            _ => {}
        }
        json.output(output).unwrap();
        text.output(output).unwrap();
        figures.output(output).unwrap();
    };
    let mut analyzer = Analyzer::new(Config { keep: limits.message_bytes, limits, ..Config::default() });
    let mut reader = Reader::new(input.0, FileId(0));
    loop {
        match reader.next() {
            Ok(Some(captured)) => {
                analyzer.take(&captured, &mut take);
                if let Captured::Packet(packet) = captured {
                    packets += 1;
                    if packets % 16 == 0 {
                        analyzer.tick(packet.stamp.time, &mut take);
                    }
                }
            }
            Ok(None) => break,
            Err(_) => analyzer.input_failed(),
        }
    }
    analyzer.finish(&mut take);
    assert_eq!(ends, 1);
    json.finish().unwrap();
    text.finish().unwrap();
    figures.finish().unwrap();
    for out in [&json_out, &text_out, &figures_out] {
        let printed = std::str::from_utf8(out).expect("UTF-8");
        assert!(printed.chars().all(|c| c == '\n' || is_visible(c)), "{printed:?}");
    }
    for line in json_out.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let value: serde_json::Value = serde_json::from_slice(line).expect("JSON");
        assert!(value.is_object());
    }
});
