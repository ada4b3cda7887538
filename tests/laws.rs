//! Laws that hold for every capture of this repository, whatever is in it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{Dice, OwnedSegment, Story, analyze, analyze_under, captures, mixed, segments};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use wsight::analyzer::{Analyzer, Config, Output};
use wsight::capture::{Reader, Source};
use wsight::findings::Id;
use wsight::model::{Captured, FileId, Limit, Limits};

fn name(path: &Path) -> &str {
    path.file_stem().unwrap().to_str().unwrap()
}

/// Whether some of the capture's frames had to be found by guessing: there, where segments begin is evidence, so other
/// segments may well tell more or less.
fn is_guess(path: &Path) -> bool {
    [
        "late-start",
        "snaplen-96",
        "tcp-gap",
        "stream-resynchronized",
        "capture-drops",
        "tls-1.3-client-hello-lost",
        "tls-1.3-server-only",
        "tls-dark-client-hello-lost",
        "tls-dark-handshake-not-captured",
        "tls-dark-packets-cut",
    ]
    .contains(&name(path))
}

/// Whether somebody forged segments in it: which of two contents is the first depends on order, and each copy of the
/// forged one is a conflict of its own.
fn is_forged(path: &Path) -> bool {
    name(path) == "tcp-overlap-conflict"
}

/// As low as a limit has to be for captures to reach it, if what it cuts off is a matter of what was sent.
///
/// What the others cut off depends on packets, on their order, or on when one looks for what is idle; or a beginning has to
/// be guessed after it, by where segments begin. `tests/caps.rs` has what holds all the same. Or they are no matter of the
/// analysis.
fn low(limit: Limit) -> Option<u64> {
    match limit {
        Limit::HeadLines => Some(4),
        Limit::HeadLineBytes => Some(40),
        Limit::HeadBytes => Some(60),
        Limit::MessageBytes => Some(10),
        Limit::PipelinedRequests | Limit::OrdinaryExchanges => Some(0),
        Limit::Http2Streams
        | Limit::OutstandingPings
        | Limit::FindingsPerSession
        | Limit::InvitedBytes
        | Limit::RememberedPeers
        | Limit::LegMessages => Some(1),
        Limit::Connections
        | Limit::IdleSeconds
        | Limit::EarlyBytes
        | Limit::Http2HeadBytes
        | Limit::Http2TableBytes
        | Limit::MemoryBytes
        | Limit::ReorderBytes
        | Limit::ReorderTotalBytes
        | Limit::ReorderPackets
        | Limit::ReorderMs
        | Limit::SkewMs
        | Limit::CopiesBytes
        | Limit::TlsHeldBytes
        | Limit::FragmentDatagrams
        | Limit::ComparedPackets
        | Limit::StoryFrames
        | Limit::StoryTotalFrames
        | Limit::QuietStories
        | Limit::IndexRows
        | Limit::PausedRows
        | Limit::Pseudonyms
        | Limit::RedactBytes
        | Limit::QueueBytes
        | Limit::SpoolBytes => None,
        other => panic!("what does {} cut off?", other.name()),
    }
}

/// A capture, and the limits under which the laws are to hold for it.
struct Case {
    path: PathBuf,
    segments: Vec<OwnedSegment>,
    /// The default ones, and some of those that it reaches.
    limits: Vec<(String, Limits)>,
}

/// As many captures are tried that reach a limit.
const CAPTURES: usize = 25;

/// Every capture but those with forged segments. Which of them a limit is tried with is chosen by dice.
static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let mut cases: Vec<Case> = captures()
        .into_iter()
        .filter(|path| !is_forged(path))
        .map(|path| {
            let limits = vec![("default limits".to_owned(), Limits::default())];
            Case { segments: segments(&path), path, limits }
        })
        .collect();
    let stories: Vec<Story> = cases.iter().map(|case| analyze(&case.segments)).collect();
    for (seed, &limit) in (0..).zip(Limit::ALL) {
        let Some(value) = low(limit) else { continue };
        let mut limits = Limits::default();
        *limits.of_mut(limit) = value;
        let is_reached = |at: &usize| analyze_under(&limits, &cases[*at].segments) != stories[*at];
        let mut reached: Vec<usize> = (0..cases.len()).filter(is_reached).collect();
        assert!(!reached.is_empty(), "no capture reaches {limit} = {value}");
        let mut dice = Dice(seed);
        while reached.len() > CAPTURES {
            reached.swap_remove(dice.roll(reached.len()));
        }
        for at in reached {
            cases[at].limits.push((format!("{limit} = {value}"), limits.clone()));
        }
    }
    cases
});

/// What only one of two stories tells; nothing where they are the same.
fn difference(told: &Story, expected: &Story) -> Option<String> {
    let lines =
        |story: &Story| -> Vec<String> { story.facts.iter().chain(&story.findings).cloned().collect() };
    let (new, old) = (lines(told), lines(expected));
    let only = |of: &[String], beside: &[String]| -> Vec<String> {
        of.iter().filter(|line| !beside.contains(line)).take(3).cloned().collect()
    };
    (told != expected).then(|| format!("new {:#?}, missing {:#?}", only(&new, &old), only(&old, &new)))
}

/// With its findings in no order: one that rests on bytes which nobody has acknowledged is told after others.
fn findings_sorted(mut story: Story) -> Story {
    story.findings.sort();
    story.accusations.sort();
    story
}

/// The same bytes in smaller segments say the same, whatever limit is reached.
#[test]
fn segmentation_changes_nothing() {
    let mut faults = Vec::new();
    for Case { path, segments: whole, limits } in CASES.iter().filter(|case| !is_guess(&case.path)) {
        for (under, limits) in limits {
            let expected = findings_sorted(analyze_under(limits, whole));
            let sizes: &[usize] = if *limits == Limits::default() { &[1, 2, 3, 7, 100] } else { &[3] };
            for &size in sizes {
                let split: Vec<OwnedSegment> = whole.iter().flat_map(|segment| segment.split(size)).collect();
                if let Some(difference) =
                    difference(&findings_sorted(analyze_under(limits, &split)), &expected)
                {
                    faults.push(format!("{} in pieces of {size}, {under}: {difference}", name(path)));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} faults: {}", faults.len(), faults.join("\n"));
}

/// Where a capture starts late, segments that begin with a frame are evidence. Smaller segments may tell less then, but
/// no message that is not there, and nobody is accused. Of segments below the size of a frame header there is no evidence.
#[test]
fn segmentation_of_a_late_start_invents_nothing() {
    for Case { path, segments: whole, limits } in CASES.iter() {
        let story = analyze(whole);
        if !story.accusations.is_empty() {
            continue;
        }
        for (seed, (under, limits)) in (0..14.max(limits.len() as u64)).zip(limits.iter().cycle()) {
            let mut dice = Dice(seed);
            let late = &whole[dice.roll(whole.len())..];
            for size in [20, 100] {
                let split: Vec<OwnedSegment> = late.iter().flat_map(|segment| segment.split(size)).collect();
                let mut told = analyze_under(limits, &split);
                let place = format!("{}, seed {seed}, in pieces of {size}, {under}", name(path));
                // What is too much for common peers is what the limit says.
                told.accusations.retain(|accusation| !accusation.starts_with("upgrade-head-too-large"));
                assert!(told.accusations.is_empty(), "{place}: {:#?}", told.accusations);
                for message in &told.messages {
                    // Of a message beyond a limit the beginning is kept.
                    let was_sent = story.messages.iter().any(|sent| sent.starts_with(message));
                    assert!(was_sent, "{place}: invented {message:?}");
                }
            }
        }
    }
}

/// Without what is found by comparing sessions, the two legs of a WebSocket or two requests with one key: how much of them is
/// compared, and which is the later one, depends on when a late start is recognized. So does which connection is the first
/// to reach a limit, which is told once.
fn each_alone(mut story: Story) -> Story {
    let is_alone = |line: &String| !line.starts_with("hop-") && !line.starts_with("key-reused");
    for line in story.findings.iter_mut().filter(|line| line.starts_with("limit-reached")) {
        line.truncate("limit-reached".len());
    }
    story.findings.retain(is_alone);
    story.accusations.retain(is_alone);
    story.sorted()
}

/// Every packet captured twice says the same, also where the capture starts late or a limit is reached.
#[test]
fn duplicates_change_nothing() {
    let mut faults = Vec::new();
    let mut same = |place: &str, limits: &Limits, once: &[OwnedSegment]| {
        let twice: Vec<OwnedSegment> = once.iter().flat_map(|s| [s.clone(), s.clone()]).collect();
        // Of what is held until a late start is recognized, packets are counted, so one session may be told before another.
        let (told, expected) = (analyze_under(limits, &twice), analyze_under(limits, once));
        if let Some(difference) = difference(&each_alone(told), &each_alone(expected)) {
            faults.push(format!("{place}: {difference}"));
        }
    };
    for Case { path, segments: whole, limits } in CASES.iter() {
        for (under, limits) in limits {
            same(&format!("{}, {under}", name(path)), limits, whole);
        }
        for (seed, (under, limits)) in (0..14.max(limits.len() as u64)).zip(limits.iter().cycle()) {
            let late = Dice(seed).roll(whole.len());
            let place = format!("{} from its segment {late} on, {under}", name(path));
            same(&place, limits, &whole[late..]);
        }
    }
    assert!(faults.is_empty(), "{} faults: {}", faults.len(), faults.join("\n"));
}

/// Packets out of order say the same, also where the capture starts late or a limit is reached.
#[test]
fn order_inside_the_window_changes_nothing() {
    // Where only one side is captured nothing acknowledges, so what comes late cannot be told from what is lost.
    let is_one_sided = |path: &Path| name(path) == "direction-missing";
    let mut faults = Vec::new();
    let mut same = |place: &str, limits: &Limits, straight: &[OwnedSegment], dice: &mut Dice| {
        let told = each_alone(analyze_under(limits, &mixed(straight, dice)));
        if let Some(difference) = difference(&told, &each_alone(analyze_under(limits, straight))) {
            faults.push(format!("{place}: {difference}"));
        }
    };
    let is_certain = |case: &&Case| !is_guess(&case.path) && !is_one_sided(&case.path);
    for Case { path, segments: whole, limits } in CASES.iter().filter(is_certain) {
        for seed in 0..15 {
            let mut dice = Dice(seed);
            same(&format!("{}, seed {seed}", name(path)), &Limits::default(), whole, &mut dice);
            let late = dice.roll(whole.len());
            let place = format!("{} from its segment {late} on, seed {seed}", name(path));
            same(&place, &Limits::default(), &whole[late..], &mut dice);
        }
        for (seed, (under, limits)) in (0..).zip(limits) {
            let mut dice = Dice(seed);
            same(&format!("{}, {under}", name(path)), limits, whole, &mut dice);
            let late = dice.roll(whole.len());
            let place = format!("{} from its segment {late} on, {under}", name(path));
            same(&place, limits, &whole[late..], &mut dice);
        }
    }
    assert!(faults.is_empty(), "{} faults: {}", faults.len(), faults.join("\n"));
}

/// Every packet is a segment or a counted skip, every frame and message is in the summary.
#[test]
fn counts_conserve() {
    for path in captures() {
        let mut reader = Reader::new(std::fs::File::open(&path).unwrap(), FileId(0));
        let mut analyzer = Analyzer::new(Config::default());
        let (mut packets, mut frames, mut messages, mut findings, mut checked) = (0, 0, 0, 0, false);
        let mut count = |output: &Output<'_>| match output {
            Output::Frame(..) => frames += 1,
            Output::Message(..) => messages += 1,
            Output::Finding(_) => findings += 1,
            Output::Summary(summary) => {
                checked = true;
                let skipped: u64 = summary.skipped.values().sum();
                assert_eq!(summary.packets, summary.segments + skipped, "{}", name(&path));
                assert_eq!(summary.frames.values().sum::<u64>(), frames);
                assert_eq!(summary.messages, messages);
                // Of very many of one kind the last are only counted, which is reported as well.
                let counted = summary.findings.values().sum::<u64>();
                let is_folded = summary.findings.contains_key(&Id::LimitReached);
                assert!(counted == findings || (is_folded && counted > findings), "{}", name(&path));
            }
            _ => {}
        };
        while let Some(captured) = reader.next().unwrap() {
            if let Captured::Packet(packet) = captured {
                packets += 1;
                analyzer.push(&packet, &mut count);
            }
        }
        analyzer.finish(&mut count);
        assert!(checked && packets > 0);
    }
}

/// Captures without a fault: nothing in them accuses anybody.
fn clean_captures() -> Vec<(String, Vec<OwnedSegment>, Story)> {
    let clean: Vec<_> = captures()
        .into_iter()
        .filter(|path| !is_forged(path))
        .map(|path| {
            let segments = segments(&path);
            let story = analyze(&segments);
            (name(&path).to_owned(), segments, story)
        })
        .filter(|(_, _, story)| story.accusations.is_empty())
        .collect();
    assert!(clean.len() >= 15, "only {} captures are clean", clean.len());
    clean
}

/// Whatever a capture loses, and however late it starts, no peer is accused for certain.
#[test]
fn what_the_capture_loses_is_nobodys_fault() {
    for (name, segments, whole) in clean_captures() {
        // A refusal that the client took up is a note. Where the capture ends before the client asks again, only the
        // refusal is left to report.
        let taken_up = whole.findings.iter().any(|line| line.contains("upgrade-rejected"));
        for seed in 0..300 {
            let mut dice = Dice(seed);
            let mut rest = segments.clone();
            match seed % 5 {
                0 => rest.retain(|_| dice.roll(50) != 0),
                1 => rest.retain(|_| dice.roll(8) != 0),
                2 => {
                    rest.drain(..dice.roll(rest.len()));
                }
                3 => {
                    let from = dice.roll(rest.len());
                    let to = (from + dice.roll(8)).min(rest.len());
                    rest.drain(from..to);
                }
                _ => {
                    let snap = 20 + dice.roll(100);
                    for segment in &mut rest {
                        let kept = segment.payload.len().min(snap);
                        segment.cut += u32::try_from(segment.payload.len() - kept).unwrap();
                        segment.payload.truncate(kept);
                    }
                }
            }
            rest.truncate(rest.len() - dice.roll(3).min(rest.len()));
            for index in 1..rest.len() {
                match dice.roll(20) {
                    0 => rest.swap(index - 1, index),
                    1 => {
                        let twin = rest[index].clone();
                        rest[index - 1] = twin;
                    }
                    _ => {}
                }
            }
            let mut accusations = analyze(&rest).accusations;
            accusations.retain(|accusation| !(taken_up && accusation.starts_with("upgrade-rejected: ")));
            assert!(accusations.is_empty(), "{name}, seed {seed}: {accusations:#?}");
        }
    }
}

/// With one packet in fifty lost, at least 85 of 100 messages survive, and none is invented.
#[test]
fn most_messages_survive_a_lossy_capture() {
    let (mut had, mut kept) = (0, 0);
    for (name, segments, story) in clean_captures() {
        for seed in 0..50 {
            let mut dice = Dice(seed);
            let mut rest = segments.clone();
            rest.retain(|_| dice.roll(50) != 0);
            let lossy = analyze(&rest);
            let mut originals = story.messages.clone();
            for message in &lossy.messages {
                let at = originals.iter().position(|original| original == message);
                let at = at.unwrap_or_else(|| panic!("{name}, seed {seed}: invented {message:?}"));
                originals.swap_remove(at);
            }
            had += story.messages.len();
            kept += lossy.messages.len();
        }
    }
    assert!(kept * 100 >= had * 85, "{kept} of {had} messages survive");
}
