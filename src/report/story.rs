//! One session's story, kept until its end: the first frames, the last ones and every one that has findings.

mod lines;
mod parts;

#[cfg(feature = "html")]
pub(super) use lines::{ending, figures};
#[cfg(feature = "html")]
pub(super) use parts::FoldedRows;
pub(super) use parts::StoryPart;

use self::lines::{StoryLines, write_end};
use self::parts::{KeptStory, in_order};
use super::kinds::{Kind, Kinds};
use super::pings::OpenPings;
use super::remark::Remark;
use super::repeats::FoldedAttempt;
use super::row::{MARGIN, Row, ShownTime};
use super::sink::{InputNames, Payload};
use super::style::{FAINT, Look, STRONG, is_or_are};
use super::upgrade;
use crate::analyzer::{Place, SessionSummary};
use crate::findings::{Finding, Severity};
use crate::model::{Count, PerPeer, Stamp, Timestamp, Zone, phrase};
use crate::upgrade::{Outcome, Upgrade};
use crate::ws::{Frame, Message};
use std::collections::VecDeque;
use std::fmt::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

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
    /// The newest data frame of each side: its message comes next, if that frame was chosen.
    newest: PerPeer<u64>,
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

/// How stories are told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Telling {
    pub(super) look: Look,
    pub(super) payload: Payload,
    pub(super) kinds: Kinds,
    /// Frames of a session to keep.
    pub(super) frames: usize,
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
            self.opening = upgrade::lines(upgrade, telling.payload).unwrap_or_default();
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
        if !frame.header.opcode.is_control() {
            *self.newest.of_mut(frame.from) = frame.number;
        }
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

    /// Takes a message. It completes the row of its last frame, and has one of its own where that frame is not told: there
    /// are no frames to tell, or the filter did not choose it.
    pub(super) fn message(&mut self, message: &Message<'_>, telling: Telling) {
        let has_frames = telling.kinds.contains(Kind::Frame);
        if has_frames {
            let is_last = |row: &&mut Row| row.number == message.last_frame;
            let newest = self.later.as_mut().and_then(|later| later.tail.iter_mut().rev().find(is_last));
            if let Some(row) = newest.or_else(|| self.head.iter_mut().rev().find(is_last)) {
                return row.complete(message, telling.payload);
            }
        }
        let was_told = has_frames && *self.newest.of(message.from) == message.last_frame;
        if !was_told && telling.kinds.contains(Kind::Message) {
            self.last = self.last.max(Some(message.last.time));
            self.keep(Row::of_message(self.listed, message, telling.payload), telling);
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
        self.remarks().iter().map(Remark::severity).max()
    }

    /// What it has in common with others that fail like it; nothing for a session that began.
    pub(super) fn attempt(&self) -> Option<FoldedAttempt> {
        let addresses = self.addresses.filter(|_| self.frames == 0)?;
        Some(FoldedAttempt {
            client: addresses.client.ip(),
            server: addresses.server,
            target: self.target.as_deref().map(str::to_owned),
            failure: self.failure.as_deref()?.to_owned(),
            findings: self.remarks().iter().map(Remark::id).collect(),
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
        let unit = match (kinds.contains(Kind::Frame), self.frames) {
            (true, frames) if frames == self.listed => "frame",
            (false, _) | (true, 0) => "message",
            (true, _) => "row",
        };
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
        let rows = self.kept_rows().collect();
        in_order(KeptStory { opening: &self.opening, rows, remarks, frames: self.frames }, payload)
    }

    /// The rows it keeps.
    fn kept_rows(&self) -> impl Iterator<Item = &Row> {
        self.head.iter().chain(self.later.iter().flat_map(|later| later.pinned.iter().chain(&later.tail)))
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
        let when =
            if start.is_unknown() { "(its packets have no times)".to_owned() } else { zone.spoken(start) };
        write!(out, "  {}", look.paint(FAINT, when))?;
        if let Some(summary) = summary {
            write!(out, "{}", look.paint(FAINT, phrase(", ", summary.told_duration(), "")))?;
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
        self.kept_rows().find(|row| row.number == number && !row.is_message)
    }
}
