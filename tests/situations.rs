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
            told.ends.push(summary.close_story.to_string());
            told.legs.extend(summary.leg_of.map(|leg| leg.role.name()));
        }
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
/// finding once), `accuse` (a certain error or warning about a violation or a failure) or the name of a finding, both also
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
