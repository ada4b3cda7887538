//! The closing block: the worst thing first, then all kinds of findings, then the figures.

use super::causes::Causes;
use super::no_websocket::{none_at_all, none_matches, quic, write_hints, write_left_out};
use super::sink::InputNames;
use super::style::{FAINT, GOOD, Look, STRONG, style_of};
use super::worst::{Clients, Located, TENTATIVE, WorstFinding};
use crate::analyzer::{Output, Place, SessionSummary, Summary};
use crate::findings::{Certainty, Class, Finding, FindingField, Id, Severity};
use crate::model::{Count, SessionId, Stamp, Thousands, in_words, phrase};
use crate::tls::Readable;
use crate::upgrade::{Outcome, Upgrade};
use crate::ws::{CloseCode, names_time};
use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::time::Duration;
use unicode_width::UnicodeWidthStr;

/// Answers that take longer are nothing to call well.
const SLOW: Duration = Duration::from_secs(1);

/// What was found, as far as the end needs it.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    kinds: BTreeMap<Id, KindTally>,
    worst: Option<WorstFinding>,
    /// The first thing that is no fault in itself, yet nothing that is well either.
    complaint: Option<WorstFinding>,
    /// The first failure that a side says was its own.
    admission: Option<WorstFinding>,
    /// Findings that may explain the worst thing.
    causes: Causes,
    clients: Clients,
}

/// A kind of finding that was made.
#[derive(Debug)]
struct KindTally {
    /// How often one by one, at each severity: note, warning, error.
    severities: [u64; 3],
    first: Stamp,
    session: Option<SessionId>,
}

/// What a verdict is about, as pages show it.
#[cfg(feature = "html")]
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) severity: Severity,
    /// The kind of finding, if it is one.
    pub(super) id: Option<Id>,
    /// What is the matter.
    pub(super) sentence: String,
    /// Its packet and session.
    pub(super) place: String,
    pub(super) session: Option<SessionId>,
}

impl Verdict {
    /// Takes what is reported, of which it needs findings, attempts and sessions. Frames and messages pass by here, and are most of it.
    #[inline]
    pub(super) fn output(&mut self, output: &Output<'_>) {
        match output {
            Output::Finding(finding) => self.finding(finding),
            Output::Upgrade(place, upgrade) => self.upgrade(place, upgrade),
            Output::Session(summary) => self.session(summary),
            Output::Frame(..)
            | Output::Message(..)
            | Output::Waiting(_)
            | Output::Counted(_)
            | Output::ServerName(..)
            | Output::Dark(..)
            | Output::Tls(..)
            | Output::Secrets(..)
            | Output::Data(..)
            | Output::Summary(_) => {}
        }
    }

    #[inline(never)]
    fn finding(&mut self, finding: &Finding) {
        let told = self.kinds.entry(finding.id).or_insert(KindTally {
            severities: [0; 3],
            first: finding.stamp,
            session: finding.session,
        });
        // It may have been told late.
        if finding.stamp < told.first {
            (told.first, told.session) = (finding.stamp, finding.session);
        }
        if let Some(count) = told.severities.get_mut(finding.severity as usize) {
            *count += 1;
        }
        // What is sure comes before what may be otherwise; of equals, what was told first is most likely the cause of the others.
        // Violations in several sessions do not follow from each other: there the first one counts, and it may have been told late.
        let rank = (finding.severity, finding.certainty == Certainty::Certain);
        let client = self.clients.at_fault(finding);
        let began_before = |worst: &WorstFinding| {
            let sessions = worst.session.zip(finding.session);
            let is_apart = sessions.is_some_and(|(one, two)| one != two);
            let are_violations = [worst.id, Some(finding.id)]
                .into_iter()
                .all(|id| id.is_some_and(|id| id.class() == Class::Violation));
            worst.rank == rank && is_apart && are_violations && finding.stamp < worst.stamp
        };
        match &mut self.worst {
            // What several sessions have in common says more than the first of them.
            Some(worst) if worst.is_of_several(finding) => {
                let (rank, client) = (worst.rank, worst.client);
                *worst = WorstFinding { client, ..WorstFinding::new(finding, rank, finding.summary.clone()) };
            }
            Some(worst) if worst.rank >= rank && !began_before(worst) => worst.count_again(finding, client),
            worst => {
                let client = client.map(|client| (client, 1));
                *worst = Some(WorstFinding {
                    client,
                    ..WorstFinding::new(finding, rank, finding.summary.clone())
                });
            }
        }
        self.causes.note(finding, rank);
        if admits_failure(finding) {
            let admission = || WorstFinding::new(finding, rank, finding.summary.clone());
            self.admission.get_or_insert_with(admission);
        } else if finding.id.is_complaint()
            && self.complaint.as_ref().is_none_or(|complaint| complaint.yields_to(finding))
        {
            let doubt = if rank.1 { "" } else { TENTATIVE };
            let summary = format!("no fault in what was captured, but {}{doubt}", finding.summary);
            self.complaint = Some(WorstFinding::new(finding, (finding.severity, true), summary));
        }
    }

    /// An upgrade may have been slow although nobody is to blame for it.
    #[inline(never)]
    fn upgrade(&mut self, place: &Place, upgrade: &Upgrade) {
        self.clients.asks(place);
        let (request, response) = (upgrade.request.whole(), upgrade.response.whole());
        let Some((request, response)) = request.zip(response) else { return };
        let took = response.head.last.time.since(request.head.first.time);
        if took > SLOW {
            let what =
                format!("the server's answer to an upgrade came {} after the first request", in_words(took));
            self.complain(&what, response.head.last, place.session);
        }
    }

    /// A session may have had something that is not well although no finding says so.
    #[inline(never)]
    fn session(&mut self, summary: &SessionSummary) {
        let (at, session) = (summary.last, summary.place.session);
        if let Some(leg) = &summary.leg_of {
            self.causes.are_legs(session, leg.session);
            if let Some(worst) = self.worst.as_mut().filter(|worst| worst.session == Some(session)) {
                worst.leg = Some(leg.session);
            }
        }
        let is_measured =
            |complaint: &WorstFinding| complaint.id.is_none() && complaint.session == Some(session);
        if summary.two_clocks {
            // A figure that was measured between them was none.
            if self.complaint.take_if(|complaint| is_measured(complaint)).is_some() {
                let what = "the packets of the two sides bear the times of different clocks: times between \
                            the client and the server mean nothing";
                self.complain(what, at, session);
            }
            return;
        }
        if let Some((who, late)) = summary.delivered {
            let what = format!(
                "something that the {who} sent took {} to arrive, after {}: packets got lost on the way",
                in_words(late.took),
                Count(late.times, "retransmission")
            );
            // It is why what was asked for then took long.
            let follows =
                |complaint: &mut WorstFinding| is_measured(complaint) && complaint.stamp >= late.stamp;
            self.complaint.take_if(follows);
            self.complain(&what, late.stamp, session);
        }
        if summary.pings_lost > 0 {
            let what = format!("{} got no pong on a path that was dead", Count(summary.pings_lost, "ping"));
            self.complain(&what, at, session);
        }
        if let Some(trips) = summary.round_trips.filter(|trips| trips.max > SLOW) {
            let took = in_words(trips.max);
            let what =
                format!("a pong came {took} after its ping: the network, or the side that sent it, is slow");
            self.complain(&what, at, session);
        }
        if let Some(what) = summary.close_story.told_trouble() {
            self.complain(&what, at, session);
        }
        if let Some((who, took)) = summary.close_story.answer_took().filter(|(_, took)| *took > SLOW) {
            let what = format!("the {who} answered the Close after {}", in_words(took));
            self.complain(&what, at, session);
        }
        if let Some(took) = summary.close_story.lingered().filter(|took| *took > SLOW) {
            let what = format!(
                "the server left TCP open for {} after both Close frames, until the client ended it",
                in_words(took)
            );
            self.complain(&what, at, session);
        }
    }

    /// What is no fault, yet nothing that is well either: what a side says of itself, or else what came first.
    fn complaint(&self) -> Option<&WorstFinding> {
        self.admission.as_ref().or(self.complaint.as_ref())
    }

    fn complain(&mut self, what: &str, stamp: Stamp, session: SessionId) {
        self.complaint.get_or_insert_with(|| WorstFinding {
            rank: (Severity::Note, true),
            id: None,
            summary: format!("no fault in what was captured, but {what}"),
            stamp,
            session: Some(session),
            leg: None,
            from: None,
            client: None,
        });
    }

    /// How many findings of each severity; those that were only counted have the worst severity of their kind.
    pub(super) fn counts(&self, summary: &Summary) -> [u64; 3] {
        let mut counts = [0; 3];
        for (id, told) in &self.kinds {
            let mut severities = told.severities;
            let one_by_one: u64 = severities.iter().sum();
            let all = summary.findings.get(id).copied().unwrap_or(one_by_one);
            if let Some(worst) = severities.get_mut(told.worst() as usize) {
                *worst += all.saturating_sub(one_by_one);
            }
            counts.iter_mut().zip(severities).for_each(|(sum, count)| *sum += count);
        }
        counts
    }

    /// Writes the closing block.
    pub(super) fn write(
        &self,
        out: &mut String,
        summary: &Summary,
        inputs: &InputNames,
        look: Look,
    ) -> fmt::Result {
        self.write_sentence(out, summary, inputs, look)?;
        write_caveats(out, summary, look)?;
        let [notes, warnings, errors] = self.counts(summary);
        let is_named = self.complaint().is_some()
            || self.worst.as_ref().is_some_and(|worst| worst.rank.0 > Severity::Note || seen_none(summary));
        if notes + warnings + errors > u64::from(is_named) {
            self.write_kinds(out, summary, inputs, look)?;
        }
        self.write_figures(out, summary, look)
    }

    /// Writes the verdict itself: a sentence, and lines of where and what else is known.
    pub(super) fn write_sentence(
        &self,
        out: &mut String,
        summary: &Summary,
        inputs: &InputNames,
        look: Look,
    ) -> fmt::Result {
        let left_out = summary.left_out.as_ref();
        let seen_none = seen_none(summary);
        match &self.worst {
            Some(worst) if worst.rank.0 > Severity::Note => {
                let worst_or_cause = self.causes.of(worst);
                worst_or_cause.write(worst.rank.0, out, (inputs, &self.clients), look)?;
            }
            _ if summary.packets == 0 => {
                let words = match summary.unmatched_packets {
                    0 => "No packet was read.".to_owned(),
                    1 => "1 packet was read, and it does not match the packet filter.".to_owned(),
                    count => {
                        format!("{} were read, and none matches the packet filter.", Count(count, "packet"))
                    }
                };
                writeln!(out, "{}", look.paint(STRONG, words))?;
            }
            // Why TLS could not be read says more than a note does.
            Some(note) if seen_none && summary.first_dark.is_none() => {
                writeln!(out, "{}", look.paint(STRONG, none_at_all(summary)))?;
                note.write(note.rank.0, out, (inputs, &self.clients), look)?;
            }
            _ if seen_none => write_hints(out, summary, look)?,
            None if chose_none(summary) => {
                let words = left_out.map(none_matches).unwrap_or_default();
                writeln!(out, "{}", look.paint(STRONG, words))?;
            }
            // What a peer gave up for is what brought the reader here, although the capture shows no fault.
            _ if self.complaint().is_some() => {
                self.complaint().into_iter().try_for_each(|complaint| {
                    complaint.write(complaint.rank.0, out, (inputs, &self.clients), look)
                })?;
            }
            note => write_nothing_wrong(out, summary, note.as_ref(), look)?,
        }
        Ok(())
    }

    /// Writes a line of figures: what was there, and what was found.
    fn write_figures(&self, out: &mut String, summary: &Summary, look: Look) -> fmt::Result {
        let left_out = summary.left_out.as_ref();
        let [notes, warnings, errors] = self.counts(summary);
        let failed: u64 = [Outcome::Rejected, Outcome::Failed]
            .iter()
            .filter_map(|outcome| summary.upgrades.get(outcome))
            .sum();
        let sessions = match left_out {
            Some(left_out) if left_out.sessions > 0 => part(summary.sessions, left_out.sessions, "session"),
            _ => Count(summary.sessions, "session").to_string(),
        };
        let packets = match summary.unmatched_packets {
            0 => Count(summary.packets, "packet").to_string(),
            unmatched => part(summary.packets, unmatched, "packet"),
        };
        let figures = format!(
            "{sessions}, {}, {packets}{};",
            Count(failed, "failed upgrade"),
            phrase(" in ", summary.told_duration(), ""),
        );
        let (mut plain, mut painted) = (String::new(), String::new());
        for (severity, count) in
            [(Severity::Error, errors), (Severity::Warning, warnings), (Severity::Note, notes)]
        {
            if count > 0 {
                let (count, separator) =
                    (Count(count, severity.name()), if plain.is_empty() { "" } else { ", " });
                write!(plain, "{separator}{count}")?;
                write!(painted, "{separator}{}", look.paint(style_of(severity), count))?;
            }
        }
        let none = if left_out.is_some_and(|left_out| !left_out.findings.is_empty()) {
            "none shown"
        } else {
            "none"
        };
        let findings = if painted.is_empty() { none } else { painted.as_str() };
        let needed = figures.width() + " findings: ".len() + plain.len().max(none.len());
        let gap = if look.width.is_some_and(|width| needed > width) { "\n" } else { " " };
        writeln!(out, "{figures}{gap}findings: {findings}")
    }

    /// A line for each kind of finding, the worst kinds first.
    fn write_kinds(
        &self,
        out: &mut String,
        summary: &Summary,
        inputs: &InputNames,
        look: Look,
    ) -> fmt::Result {
        const ROOM: usize = 32;
        let mut kinds: Vec<(&Id, &KindTally)> = self.kinds.iter().collect();
        kinds.sort_by_key(|(_, told)| (std::cmp::Reverse(told.worst()), told.first));
        let longest = kinds.iter().map(|(id, _)| id.name().len()).max().unwrap_or(ROOM);
        let room = if look.columns() < 80 { longest } else { ROOM };
        for (id, told) in kinds {
            let one_by_one = told.severities.iter().sum::<u64>();
            let count = summary.findings.get(id).copied().unwrap_or(one_by_one);
            write!(out, "  {} {:>5} × {id:<room$}", look.mark(told.worst()), Thousands(count))?;
            let place = Located { file: inputs.file(told.first), stamp: told.first, session: told.session };
            let first = if count == 1 { "in" } else { "first in" };
            writeln!(out, "{}", look.paint(FAINT, format_args!("{first} {place}")))?;
        }
        Ok(())
    }
}

/// What pages show of it.
#[cfg(feature = "html")]
impl Verdict {
    /// What the verdict is about; `None` where nothing is wrong.
    pub(super) fn subject(&self, inputs: &InputNames) -> Option<Subject> {
        let worst = self.worst.as_ref().filter(|worst| worst.rank.0 > Severity::Note);
        let worst = worst.map(|worst| (worst.rank.0, self.causes.of(worst)));
        let subject = worst.or(self.complaint().map(|complaint| (complaint.rank.0, complaint)));
        subject.map(|(severity, finding)| Subject {
            severity,
            id: finding.id,
            sentence: finding.sentence(),
            place: finding.located(inputs, &self.clients),
            session: finding.session,
        })
    }
}

impl KindTally {
    fn worst(&self) -> Severity {
        match self.severities {
            [_, 0, 0] => Severity::Note,
            [_, _, 0] => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

/// Whether it says that a side closed because something had failed where that is: then this is the matter. Some say so where only
/// time was up, as python websockets where a pong does not come.
fn admits_failure(finding: &Finding) -> bool {
    let code = finding.number(FindingField::Code).and_then(|code| u16::try_from(code).ok());
    let is_own = !finding.text(FindingField::Reason).is_some_and(|reason| names_time(reason.as_bytes()));
    finding.id == Id::CloseAbnormal && is_own && code.is_some_and(|code| CloseCode(code).admits_failure())
}

/// There is no session and no attempt to get one, or none that a filter chose.
fn chose_none(summary: &Summary) -> bool {
    summary.sessions == 0 && summary.upgrades.is_empty()
}

/// The capture shows neither.
fn seen_none(summary: &Summary) -> bool {
    chose_none(summary) && summary.left_out.as_ref().is_none_or(|left_out| left_out.upgrades == 0)
}

/// Says that so many inputs could not be read to their end.
pub fn unread(inputs: u64) -> String {
    format!("{} could not be read to the end: this is about what came before.", Count(inputs, "input"))
}

/// Writes what the verdict leaves open, if anything: a line for each such thing.
pub(super) fn write_caveats(out: &mut String, summary: &Summary, look: Look) -> fmt::Result {
    if let Some(left_out) = &summary.left_out {
        write_left_out(out, left_out, look)?;
    }
    if summary.unread_inputs > 0 && summary.packets > 0 {
        let caveat = unread(summary.unread_inputs);
        writeln!(out, "{} {}", look.mark(Severity::Warning), look.wrap(&caveat, 2, 2))?;
    }
    let quic = quic(summary).filter(|_| !seen_none(summary));
    for hint in captured_twice(summary).into_iter().chain(quic) {
        writeln!(out, "{} {}", look.mark(Severity::Note), look.wrap(&hint, 2, 2))?;
    }
    Ok(())
}

/// That packets stand in the capture twice, if they do.
pub(crate) fn captured_twice(summary: &Summary) -> Option<String> {
    /// Fewer may be retransmissions that look alike.
    const FEW: u64 = 3;
    /// As may be so small a part of the segments.
    const PART: u64 = 100;
    let copied = summary.copied_segments;
    (copied >= FEW && copied.saturating_mul(PART) >= summary.segments).then(|| {
        let segments = part(copied, summary.segments - copied.min(summary.segments), "TCP segment");
        format!(
            "At least {segments} stand in the capture twice, as where two places, two interfaces or one file twice were merged: \
             copies are not counted as retransmissions."
        )
    })
}

/// Some of a number of things: `1 of 3 sessions`.
fn part(shown: u64, left_out: u64, thing: &'static str) -> String {
    format!("{} of {}", Thousands(shown), Count(shown + left_out, thing))
}

/// Nothing is wrong as far as it could be read: how far that is.
fn write_nothing_wrong(
    out: &mut String,
    summary: &Summary,
    note: Option<&WorstFinding>,
    look: Look,
) -> fmt::Result {
    let left_out = summary.left_out.as_ref();
    let good =
        |sentence: &str| (look.paint(GOOD, "✓"), look.paint(STRONG, look.wrap(sentence, 2, 2)).to_string());
    let dark = summary.upgrades.get(&Outcome::Dark).copied().unwrap_or_default();
    let closed: u64 =
        summary.tls.iter().filter(|(readable, _)| **readable != Readable::All).map(|(_, count)| count).sum();
    let (mark, sentence) = if dark > 0 && dark >= summary.sessions {
        let sessions = Count(dark, "session");
        let below =
            note.map_or_else(|| "Nothing wrong was found below TLS.".to_owned(), WorstFinding::sentence);
        let sentence = format!("Nothing of {sessions} could be read: no secret opens TLS. {below}");
        (look.lock(), look.paint(STRONG, look.wrap(&sentence, 3, 3)).to_string())
    } else if left_out.is_some_and(|left_out| !left_out.findings.is_empty()) {
        good("Nothing wrong found in what the filter chose.")
    } else if closed > 0 {
        let sessions = Count(closed, "TLS session");
        good(&format!("Nothing wrong found in what could be read; {sessions} could not, or only in part."))
    } else {
        good("Nothing wrong found.")
    };
    writeln!(out, "{mark} {sentence}")
}
