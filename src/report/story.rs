//! One session's story, kept until its end: the first frames, the last ones and every one that has findings.

use super::kinds::{Kind, Kinds};
use super::pings::OpenPings;
use super::repeats::FoldedAttempt;
use super::row::{MARGIN, Row, ShownTime, write_margin};
use super::sink::{InputNames, Payload};
use super::style::{FAINT, Look, STRONG, is_or_are, sentence, style_of};
use super::upgrade;
use crate::analyzer::{Place, SealedTraffic, SessionSummary};
use crate::findings::{Certainty, Finding, Id, Severity};
use crate::http1::{Outcome, Upgrade};
use crate::model::{Count, Peer, PerPeer, Stamp, Timestamp, Zone, in_words};
use crate::ws::{Frame, Message};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

/// Up to this many frames in a row with exactly the same findings are all shown; of more, the first two and the last.
const ALIKE: usize = 4;

/// A session, or a failed attempt, as far as it is known.
#[derive(Debug, Default)]
pub(super) struct Story {
    opening: Vec<upgrade::UpgradeLine>,
    unread: Option<&'static str>,
    is_dark: bool,
    failure: Option<Box<str>>,
    target: Option<Box<str>>,
    /// Its two ends.
    addresses: Option<PerPeer<SocketAddr>>,
    first: Option<Stamp>,
    last: Option<Timestamp>,
    head: Vec<Row>,
    /// Boxed, as is what was found: most of the sessions that are open at once have none of it.
    later: Option<Box<LaterRows>>,
    /// How many frames there were.
    frames: u64,
    /// How many rows there were, kept or not: frames, or messages where those are told without their frames.
    listed: u64,
    found: Option<Box<StoryFindings>>,
    pings: OpenPings,
}

/// The rows that come after the first ones.
#[derive(Debug, Default)]
struct LaterRows {
    /// Those with findings.
    pinned: Vec<Row>,
    /// The last ones.
    tail: VecDeque<Row>,
}

/// What was found about a session.
#[derive(Debug, Default)]
struct StoryFindings {
    remarks: Vec<Remark>,
    /// Findings that are only counted.
    untold: u64,
    /// Frames that findings are about, in order.
    flagged: Vec<u64>,
}

/// What a story tells next.
#[derive(Clone, Copy, Debug)]
pub(super) enum StoryPart<'a> {
    /// What was asked, or answered.
    Opening(&'a upgrade::UpgradeLine),
    /// A frame.
    Row(&'a Row),
    /// A finding about the frame above.
    Beneath(NotedRemark<'a>),
    /// A finding without a frame to stand beneath.
    Alone(NotedRemark<'a>),
    /// So many rows are not shown.
    Folded(u64, FoldedRows),
    /// So many rows would say the same again.
    Alike(u64),
}

/// What is known of rows that are not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FoldedRows {
    /// No finding is about them.
    Quiet,
    /// A finding may be about them that came when they had been let go.
    Any,
}

/// A finding of a story, and how many of those that the story keeps came before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct NotedRemark<'a> {
    #[cfg_attr(not(feature = "html"), expect(dead_code, reason = "pages alone ask for it"))]
    pub(super) at: usize,
    pub(super) remark: &'a Remark,
}

/// The parts of a story in the making.
#[derive(Debug)]
struct Parts<'a> {
    list: Vec<StoryPart<'a>>,
    /// The first row that is neither told nor folded.
    next: u64,
    /// Frames that are told before their place, as they began before those that ended earlier.
    late: BTreeSet<u64>,
    /// A finding came so late that its frame had been let go.
    folds_findings: bool,
}

impl Parts<'_> {
    /// The rows up to `to` are not shown.
    fn fold(&mut self, to: u64) {
        if to > self.next {
            let told = self.late.range(self.next..to).count() as u64;
            if to - self.next > told {
                let what = if self.folds_findings { FoldedRows::Any } else { FoldedRows::Quiet };
                self.list.push(StoryPart::Folded(to - self.next - told, what));
            }
            self.next = to;
        }
    }
}

/// How stories are told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Telling {
    pub(super) look: Look,
    pub(super) payload: Payload,
    pub(super) kinds: Kinds,
    /// Frames of a session to keep.
    pub(super) frames: usize,
}

/// A finding, kept for its place in a story.
#[derive(Debug)]
pub(super) struct Remark {
    id: Id,
    severity: Severity,
    certainty: Certainty,
    summary: Box<str>,
    stamp: Stamp,
    frame: Option<u64>,
    /// How many rows of its session there were when it was made.
    after: u64,
}

impl Remark {
    pub(super) fn new(finding: &Finding, after: u64) -> Self {
        Self {
            id: finding.id,
            severity: finding.severity,
            certainty: finding.certainty,
            summary: finding.summary.as_str().into(),
            stamp: finding.stamp,
            frame: finding.frame,
            after,
        }
    }

    /// Writes its mark, name and sentence; the line already has [`MARGIN`] columns. The frame it is about is named
    /// where that is not shown above it.
    pub(super) fn write(&self, out: &mut String, frame: Option<u64>, look: Look) -> fmt::Result {
        let doubt = if self.certainty == Certainty::Tentative { " (tentative)" } else { "" };
        let frame = frame.map(|number| format!(" (frame {number})")).unwrap_or_default();
        let name = format!("{} {}{doubt}{frame}:", self.severity.name(), self.id);
        let text = format!("{} {}", look.paint(style_of(self.severity), &name), self.summary);
        // The style takes no columns, so the text is wrapped without it and its name painted afterwards.
        if look.width.is_some() {
            let plain = format!("{name} {}", self.summary);
            let wrapped = look.wrap(&plain, MARGIN + 2, MARGIN + 2);
            let sentence = wrapped.strip_prefix(&name).unwrap_or(&wrapped);
            return writeln!(
                out,
                "{} {}{sentence}",
                look.mark(self.severity),
                look.paint(
                    style_of(self.severity),
                    name.get(..wrapped.len() - sentence.len()).unwrap_or_default()
                )
            );
        }
        writeln!(out, "{} {text}", look.mark(self.severity))
    }

    pub(super) const fn id(&self) -> Id {
        self.id
    }

    pub(super) const fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// The frame it is about.
    pub(super) const fn frame(&self) -> Option<u64> {
        self.frame
    }
}

/// What pages show of it.
#[cfg(feature = "html")]
impl Remark {
    /// How bad it is.
    pub(super) const fn severity(&self) -> Severity {
        self.severity
    }

    /// Its sentence.
    pub(super) fn summary(&self) -> &str {
        &self.summary
    }
}

impl Story {
    pub(super) fn upgrade(&mut self, place: &Place, upgrade: &Upgrade, telling: Telling) {
        self.addresses = Some(place.addresses);
        self.first = Some(upgrade.first);
        self.last = Some(upgrade.last.time);
        self.failure = upgrade::failure(upgrade).map(String::into_boxed_str);
        self.target = upgrade::target(upgrade).map(String::into_boxed_str);
        self.is_dark = upgrade.outcome == Outcome::Dark;
        self.unread = match upgrade.outcome {
            Outcome::Unseen => {
                Some("The capture does not hold the whole upgrade; what follows is read without it.")
            }
            Outcome::Dark if upgrade.doubtful => Some(
                "No secret opens this TLS session; its records look like those of a WebSocket, which is a guess.",
            ),
            Outcome::Dark => Some("No secret opens this TLS session; only what carries it is judged."),
            Outcome::Accepted | Outcome::Rejected | Outcome::Failed | Outcome::NotWebSocket => None,
        };
        if telling.kinds.contains(Kind::Upgrade) {
            // Writing to a String cannot fail.
            self.opening = upgrade::lines(upgrade).unwrap_or_default();
        }
    }

    /// Takes a frame. Returns how long the ping waited that it answers; `waited` says it where the ping was left out.
    pub(super) fn frame(
        &mut self,
        place: &Place,
        frame: &Frame<'_>,
        waited: Option<Duration>,
        telling: Telling,
    ) -> Option<Duration> {
        self.addresses = Some(place.addresses);
        self.first.get_or_insert(frame.first);
        self.last = Some(frame.last.time);
        self.frames += 1;
        if !telling.kinds.contains(Kind::Frame) {
            return None;
        }
        let mut row = Row::new(self.listed, frame, telling.payload);
        row.round_trip = self.pings.round_trip(frame).or(waited);
        let round_trip = row.round_trip;
        self.keep(row, telling);
        round_trip
    }

    /// Keeps a row, if there is room for it or a finding about it.
    fn keep(&mut self, row: Row, telling: Telling) {
        self.listed += 1;
        // Once a later frame is among the last ones the beginning is over, even if there is more room by now.
        if self.later.is_none() && self.head.len() < telling.frames.div_ceil(2) {
            // To the row: with many open sessions, room that is not used adds up.
            self.head.reserve_exact(1);
            self.head.push(row);
            return;
        }
        let flagged = self.found.as_ref().map_or(&[][..], |found| &found.flagged);
        let LaterRows { pinned, tail } = &mut **self.later.get_or_insert_default();
        // Lets go of a row, unless it has findings.
        let mut pin = |row: Row| {
            if flagged.binary_search(&row.number).is_ok() {
                pinned.push(row);
            }
        };
        while tail.len() >= (telling.frames / 2).max(1) {
            tail.pop_front().into_iter().for_each(&mut pin);
        }
        if telling.frames < 2 {
            pin(row);
            return;
        }
        tail.reserve_exact(1);
        tail.push_back(row);
    }

    /// Frames it keeps.
    pub(super) fn rows(&self) -> u64 {
        let later = self.later.as_ref().map_or(0, |later| later.pinned.len() + later.tail.len());
        (self.head.len() + later) as u64
    }

    pub(super) fn message(&mut self, message: &Message<'_>, telling: Telling) {
        if !telling.kinds.contains(Kind::Frame) {
            if telling.kinds.contains(Kind::Message) {
                self.keep(Row::of_message(self.listed, message, telling.payload), telling);
            }
            return;
        }
        let is_last = |row: &&mut Row| row.number == message.last_frame;
        let newest = self.later.as_mut().and_then(|later| later.tail.iter_mut().rev().find(is_last));
        if let Some(row) = newest.or_else(|| self.head.iter_mut().rev().find(is_last)) {
            row.complete(message, telling.payload);
        }
    }

    /// Counts a finding without keeping it.
    pub(super) fn leave_out_finding(&mut self) {
        self.found.get_or_insert_default().untold += 1;
    }

    /// Keeps a finding.
    pub(super) fn finding(&mut self, finding: &Finding) {
        let found = self.found.get_or_insert_default();
        self.first.get_or_insert(finding.stamp);
        self.last = self.last.max(Some(finding.stamp.time));
        if let Some(frame) = finding.frame
            && let Err(at) = found.flagged.binary_search(&frame)
        {
            found.flagged.insert(at, frame);
        }
        if found.remarks.is_empty() {
            found.remarks.reserve_exact(1);
        }
        found.remarks.push(Remark::new(finding, self.listed));
    }

    fn remarks(&self) -> &[Remark] {
        self.found.as_ref().map_or(&[], |found| &found.remarks)
    }

    /// Findings it keeps.
    pub(super) fn findings(&self) -> u64 {
        self.remarks().len() as u64
    }

    fn worst(&self) -> Option<Severity> {
        self.remarks().iter().map(|remark| remark.severity).max()
    }

    /// What it has in common with others that fail like it; nothing for a session that began.
    pub(super) fn attempt(&self) -> Option<FoldedAttempt> {
        let addresses = self.addresses.filter(|_| self.frames == 0)?;
        Some(FoldedAttempt {
            client: addresses.client.ip(),
            server: addresses.server,
            target: self.target.as_deref().map(str::to_owned),
            failure: self.failure.as_deref()?.to_owned(),
            findings: self.remarks().iter().map(|remark| remark.id).collect(),
        })
    }

    /// Whether anything of it is among `kinds`.
    pub(super) fn is_worth_telling(&self, summary: Option<&SessionSummary>, kinds: Kinds) -> bool {
        kinds.contains(Kind::Upgrade) && !self.opening.is_empty()
            || self.listed > 0
            || kinds.contains(Kind::Finding) && !self.remarks().is_empty()
            || kinds.contains(Kind::Session) && summary.is_some()
    }

    /// Tells it: with its number, and what is known of the TLS that it was inside of.
    pub(super) fn tell(
        &self,
        out: &mut String,
        (number, secured): (u64, Option<&str>),
        summary: Option<&SessionSummary>,
        telling: Telling,
        (inputs, zone): (&InputNames, &Zone),
    ) -> fmt::Result {
        let (look, kinds) = (telling.look, telling.kinds);
        let start = self.start(summary);
        self.write_header(out, (number, summary), (inputs, zone), look)?;
        let clock = ShownTime::new(start, self.last.unwrap_or(start));
        if let Some(words) = secured {
            writeln!(out, "  {}", look.paint(FAINT, look.wrap(words, 2, 2)))?;
        }
        if let Some(why) = self.unread.filter(|_| kinds.contains(Kind::Upgrade)) {
            writeln!(out, "  {why}")?;
        }
        let untold = self.found.as_ref().map_or(0, |found| found.untold);
        let unit = if kinds.contains(Kind::Frame) { "frame" } else { "message" };
        let mut page = StoryLines { out, clock, look, packet: None, unit };
        for part in self.parts(kinds, telling.payload) {
            page.write(&part, telling.payload)?;
        }
        if untold > 0 && kinds.contains(Kind::Finding) {
            let more = format!("⋮ {}, only counted", Count(untold, "more finding"));
            writeln!(out, "{:MARGIN$}{}", "", look.paint(FAINT, more))?;
        }
        if let Some(summary) = summary.filter(|_| kinds.contains(Kind::Session)) {
            write_end(out, summary, look)?;
        }
        if let Some(count) = summary.map(|summary| summary.left_out).filter(|count| *count > 0) {
            let words =
                format!("{} about it {} hidden by the filter", Count(count, "finding"), is_or_are(count));
            writeln!(out, "  {}", look.paint(FAINT, words))?;
        }
        out.push('\n');
        Ok(())
    }

    /// What there is to tell, in order.
    pub(super) fn parts(&self, kinds: Kinds, payload: Payload) -> Vec<StoryPart<'_>> {
        let remarks = if kinds.contains(Kind::Finding) { self.remarks() } else { &[] };
        let remarks = remarks.iter().enumerate().map(|(at, remark)| NotedRemark { at, remark });
        let later = self.later.iter().flat_map(|later| later.pinned.iter().chain(&later.tail));
        let mut rows: Vec<&Row> = self.head.iter().chain(later).collect();
        let late = put_in_order(&mut rows);
        let shown: BTreeSet<u64> = rows.iter().map(|row| row.number).collect();
        let (under, mut alone): (Vec<NotedRemark<'_>>, Vec<NotedRemark<'_>>) =
            remarks.partition(|noted| noted.remark.frame.is_some_and(|frame| shown.contains(&frame)));
        let folds_findings =
            alone.iter().any(|noted| noted.remark.frame.is_some_and(|frame| frame <= self.frames));
        let alike =
            if payload == Payload::Full { BTreeMap::new() } else { frames_alike(&rows, &under, &alone) };
        alone.sort_by_key(|noted| noted.remark.stamp);
        // The last comes first, to be popped.
        alone.reverse();
        let mut parts = Parts { list: Vec::with_capacity(rows.len()), next: 0, late, folds_findings };
        for line in &self.opening {
            // What is wrong with the request stands beneath it, not beneath the answer.
            while let Some(noted) = alone.pop_if(|noted| noted.remark.stamp < line.stamp()) {
                parts.list.push(StoryPart::Alone(noted));
            }
            parts.list.push(StoryPart::Opening(line));
        }
        for row in rows {
            let is_late = parts.late.contains(&row.index);
            while let Some(noted) = alone.pop_if(|noted| {
                noted.remark.stamp < row.stamp() || noted.remark.after <= row.index && !is_late
            }) {
                if !is_late {
                    parts.fold(noted.remark.after.min(row.index));
                }
                parts.list.push(StoryPart::Alone(noted));
            }
            if !is_late {
                parts.fold(row.index);
                parts.next = row.index + 1;
            }
            if let Some((first, last)) = alike.range(..=row.index).next_back()
                && row.index <= *last
            {
                if row.index == *first {
                    parts.list.push(StoryPart::Alike(last - first + 1));
                }
                continue;
            }
            parts.list.push(StoryPart::Row(row));
            let beneath = under.iter().filter(|noted| noted.remark.frame == Some(row.number));
            parts.list.extend(beneath.map(|noted| StoryPart::Beneath(*noted)));
        }
        while let Some(noted) = alone.pop() {
            parts.fold(noted.remark.after);
            parts.list.push(StoryPart::Alone(noted));
        }
        parts.list
    }

    /// When it began.
    pub(super) fn start(&self, summary: Option<&SessionSummary>) -> Timestamp {
        summary.map(|summary| summary.first).or(self.first).unwrap_or_default().time
    }

    fn write_header(
        &self,
        out: &mut String,
        (number, summary): (u64, Option<&SessionSummary>),
        (inputs, zone): (&InputNames, &Zone),
        look: Look,
    ) -> fmt::Result {
        let start = self.start(summary);
        let worst = self.worst().max(summary.and_then(|summary| summary.worst));
        let worst = if self.failure.is_some() && worst.is_none() { Some(Severity::Note) } else { worst };
        let mark = if self.is_dark && worst.is_none() { look.lock() } else { look.session_mark(worst) };
        write!(out, "{mark} {}", look.paint(STRONG, format_args!("Session {number}")))?;
        if let Some(addresses) = self.addresses.or(summary.map(|summary| summary.place.addresses)) {
            write!(out, "  {} → {}", addresses.client, addresses.server)?;
        }
        if let Some(target) = &self.target {
            write!(out, "  {}", look.paint(STRONG, target))?;
        }
        if let Some(failure) = &self.failure {
            write!(out, "  {}", look.paint(STRONG, failure))?;
        }
        write!(out, "  {}", look.paint(FAINT, zone.spoken(start)))?;
        if let Some(summary) = summary {
            let took = in_words(summary.last.time.since(summary.first.time));
            write!(out, "{}", look.paint(FAINT, format_args!(", {took}")))?;
        }
        if let Some(file) = self.first.and_then(|first| inputs.file(first)) {
            write!(out, "  {file}")?;
        }
        out.push('\n');
        Ok(())
    }
}

/// What pages show of it.
#[cfg(feature = "html")]
impl Story {
    /// What became of an attempt that failed.
    pub(super) fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// What it asked for.
    pub(super) fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    /// Why it could not be read from its beginning.
    pub(super) const fn unread(&self) -> Option<&'static str> {
        self.unread
    }

    /// Nothing of it can be read.
    pub(super) const fn is_dark(&self) -> bool {
        self.is_dark
    }

    /// Its two ends.
    pub(super) const fn addresses(&self) -> Option<PerPeer<SocketAddr>> {
        self.addresses
    }

    /// Its first packet.
    pub(super) const fn first(&self) -> Option<Stamp> {
        self.first
    }

    /// The frame of this number, if it is kept.
    pub(super) fn row(&self, number: u64) -> Option<&Row> {
        let later = self.later.iter().flat_map(|later| later.pinned.iter().chain(&later.tail));
        self.head.iter().chain(later).find(|row| row.number == number)
    }
}

/// Puts rows in the order in which their frames began. Returns the places of those that ended after frames that began
/// later, as a frame of many packets does.
fn put_in_order(rows: &mut [&Row]) -> BTreeSet<u64> {
    let mut highest = 0;
    let mut late = BTreeSet::new();
    for row in rows.iter() {
        if row.number < highest {
            late.insert(row.index);
        }
        highest = highest.max(row.number);
    }
    rows.sort_by_key(|row| row.number);
    late
}

/// The frames not to tell because those around them say the same: the first of each such run, and its last, by index.
fn frames_alike(rows: &[&Row], under: &[NotedRemark<'_>], alone: &[NotedRemark<'_>]) -> BTreeMap<u64, u64> {
    let said = |row: &Row| -> Vec<(Id, &str)> {
        let here = under.iter().map(|noted| noted.remark).filter(|remark| remark.frame == Some(row.number));
        here.map(|remark| (remark.id, &*remark.summary)).collect()
    };
    let runs = rows.chunk_by(|row, next| {
        let same = row.from == next.from && row.index + 1 == next.index;
        let parted = || alone.iter().any(|noted| noted.remark.after == next.index);
        same && !parted() && !said(row).is_empty() && said(row) == said(next)
    });
    runs.filter(|run| run.len() > ALIKE)
        .filter_map(|run| match run {
            [_, _, first, .., before_last, _] => Some((first.index, before_last.index)),
            _ => None,
        })
        .collect()
}

/// The lines of a story as they are being written.
struct StoryLines<'a> {
    out: &'a mut String,
    clock: ShownTime,
    look: Look,
    /// What the last line was about.
    packet: Option<Stamp>,
    /// What the rows are.
    unit: &'static str,
}

impl StoryLines<'_> {
    fn write(&mut self, part: &StoryPart<'_>, payload: Payload) -> fmt::Result {
        match part {
            StoryPart::Opening(line) => {
                line.write(self.out, self.clock, self.look)?;
                self.packet = Some(line.stamp());
                Ok(())
            }
            StoryPart::Row(row) => {
                row.write(self.out, self.clock, self.look, payload)?;
                self.packet = Some(row.stamp());
                Ok(())
            }
            StoryPart::Beneath(noted) => self.write_beneath(noted.remark, None),
            StoryPart::Alone(noted) => self.write_alone(noted.remark),
            StoryPart::Folded(count, what) => {
                let quiet = if *what == FoldedRows::Quiet { " without findings" } else { "" };
                self.write_faint(&format!("⋮ {}{quiet}", Count(*count, self.unit)))
            }
            StoryPart::Alike(count) => {
                self.write_faint(&format!("⋮ the same of {count} more {}s", self.unit))
            }
        }
    }

    fn write_faint(&mut self, words: &str) -> fmt::Result {
        writeln!(self.out, "{:MARGIN$}{}", "", self.look.paint(FAINT, words))
    }

    fn write_beneath(&mut self, remark: &Remark, frame: Option<u64>) -> fmt::Result {
        write!(self.out, "{:MARGIN$}", "")?;
        remark.write(self.out, frame, self.look)
    }

    /// A finding without a frame to stand beneath.
    fn write_alone(&mut self, remark: &Remark) -> fmt::Result {
        if self.packet.replace(remark.stamp) == Some(remark.stamp) {
            return self.write_beneath(remark, remark.frame);
        }
        write_margin(self.out, remark.stamp, self.clock, self.look)?;
        remark.write(self.out, remark.frame, self.look)
    }
}

/// How it ended, and its figures.
fn write_end(out: &mut String, summary: &SessionSummary, look: Look) -> fmt::Result {
    for words in ending(summary) {
        writeln!(out, "  {}", look.wrap(&words, 2, 2))?;
    }
    writeln!(out, "  {}", look.paint(FAINT, look.wrap(&figures(summary)?, 2, 2)))
}

/// How a session ended, and which other one carries the same WebSocket.
pub(super) fn ending(summary: &SessionSummary) -> impl Iterator<Item = String> {
    let leg_of = summary.leg_of.map(|leg_of| sentence(&leg_of.to_string()));
    [sentence(&summary.close_story.to_string())].into_iter().chain(leg_of)
}

/// The figures of a session, in a row.
pub(super) fn figures(summary: &SessionSummary) -> Result<String, fmt::Error> {
    let unseen = summary.close_story.unseen();
    let mut figures = String::new();
    for peer in Peer::BOTH {
        let separator = if figures.is_empty() { "" } else { "; " };
        if unseen == Some(peer) {
            write!(figures, "{separator}no packet of the {peer} is in the capture")?;
            continue;
        }
        let (things, bytes) = match &summary.sealed {
            Some(SealedTraffic { records, bytes }) => (Count(*records.of(peer), "record"), *bytes.of(peer)),
            None => (Count(*summary.frames.of(peer), "frame"), *summary.bytes.of(peer)),
        };
        write!(figures, "{separator}the {peer} sent {things}, {}", Count(bytes, "byte"))?;
    }
    if summary.sealed.is_some() {
        figures.push_str("; frames cannot be seen in them");
    }
    if summary.pings_sent > 0 && unseen.is_none() {
        write!(figures, "; {} of {} answered", summary.pings_answered, Count(summary.pings_sent, "ping"))?;
        if let Some(trips) = summary.round_trips {
            write!(figures, " in {}", in_words(trips.median))?;
            if trips.min != trips.max {
                write!(figures, " (median), {} (longest)", in_words(trips.max))?;
            }
        }
    }
    for peer in Peer::BOTH.into_iter().filter(|peer| *summary.sent_again.of(*peer) > 0) {
        write!(figures, "; the {peer} retransmitted {}", Count(*summary.sent_again.of(peer), "packet"))?;
    }
    Ok(figures)
}
