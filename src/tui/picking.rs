//! Reads a capture once more for rows that a filter chooses by something that rows do not store.

use super::picks::key_of;
use super::request::{FilteredList, Pick};
use crate::analyzer::Output;
use crate::filter::Filter;
use crate::index::{Index, Positions};
use crate::model::{FileId, PacketNumber, SessionKey, Stamp};
use crate::replay::{Listed, Replay, ReplayError, Rereading, Sighting};
use crate::report::{Chosen, InputNames, SessionEnds, Sink, needs_the_end};
use std::collections::HashSet;
use std::io;

/// A reading that goes on.
pub(super) struct Picking {
    pub(super) pick: Pick,
    filter: Filter,
    inputs: InputNames,
    reading: Rereading,
    /// A filter that asks for the end of sessions needs a reading before, as on the command line.
    ends: Option<SessionEnds>,
    chosen: Option<Chosen<Collector>>,
    listing: Listing,
}

/// What of the chosen is listed.
#[derive(Default)]
struct Listing {
    positions: Positions,
    /// Rows of the list that is wanted which this reading saw otherwise, and which are not shown therefore.
    differing: u64,
}

/// A row that was chosen, in this session: the session itself, or what was seen of a frame or a message.
type ChosenRow = (SessionKey, Option<(u64, Sighting)>);

/// Notes of what is chosen what is a row of one list.
struct Collector {
    list: FilteredList,
    rows: Vec<ChosenRow>,
    findings: Vec<u64>,
    /// The packets that opened those whose TLS was chosen, which is told after their sessions.
    connections: HashSet<(FileId, PacketNumber)>,
}

impl Picking {
    /// Begins to read.
    ///
    /// # Errors
    /// It is no expression, or the capture cannot be read again; in words.
    pub(super) fn begin(pick: Pick, replay: &Replay, inputs: InputNames) -> Result<Self, String> {
        let filter =
            Filter::parse_in(&pick.expression, &pick.zone).map_err(|error| error.message().to_owned())?;
        let reading = replay.reread().map_err(|error| error.to_string())?;
        let ends = needs_the_end(&filter).then(|| SessionEnds::new(&filter, inputs.clone()));
        let chosen = ends.is_none().then(|| Chosen::new(&filter, inputs.clone(), Collector::of(pick.list)));
        Ok(Self { pick, filter, inputs, reading, ends, chosen, listing: Listing::default() })
    }

    /// Reads that many more packets. Returns whether there may be more.
    ///
    /// # Errors
    /// The capture cannot be read again.
    pub(super) fn step(&mut self, packets: usize, replay: &Replay) -> Result<bool, ReplayError> {
        if let Some(chosen) = &mut self.chosen {
            // To memory, which cannot fail.
            return Ok(self.reading.step(packets, &mut |output| drop(chosen.output(output))));
        }
        let Some(ends) = &mut self.ends else { return Ok(false) };
        if !self.reading.step(packets, &mut |output| ends.observe(output)) {
            self.reading = replay.reread()?;
            let chosen = Chosen::new(&self.filter, self.inputs.clone(), Collector::of(self.pick.list));
            self.chosen = self.ends.take().map(|ends| chosen.after(ends));
        }
        Ok(true)
    }

    /// Takes out what was found and is listed; what is not listed at the end is of no use.
    pub(super) fn rows(&mut self, index: &Index, is_more: bool) -> Vec<u64> {
        let Some(chosen) = &mut self.chosen else { return Vec::new() };
        let collector = chosen.inner_mut();
        let mut rows = std::mem::take(&mut collector.findings);
        rows.extend(self.listing.listed(collector, index));
        if !is_more {
            rows.extend(of_connections(collector, index));
            self.listing.give_up(collector);
        }
        rows
    }

    /// Why rows may be missing.
    pub(super) fn doubt(&self) -> Option<String> {
        let rows = match self.listing.differing {
            0 => None,
            1 => Some("1 chosen row differs from the list".to_owned()),
            more => Some(format!("{more} chosen rows differ from the list")),
        };
        let doubts: Vec<String> = rows.into_iter().chain(self.reading.doubt()).collect();
        (!doubts.is_empty()).then(|| doubts.join("; "))
    }

    /// How much was read, in thousandths.
    pub(super) fn done(&self) -> Option<u16> {
        let done = self.reading.progress().thousandths()?;
        Some(match (&self.ends, needs_the_end(&self.filter)) {
            (Some(_), _) => done / 2,
            (None, true) => 500 + done / 2,
            (None, false) => done,
        })
    }
}

impl Listing {
    /// Takes out those rows that are listed: the places of sessions, or the numbers of frames or messages of the one session.
    fn listed(&mut self, collector: &mut Collector, index: &Index) -> Vec<u64> {
        if collector.rows.is_empty() {
            return Vec::new();
        }
        self.positions.update(index);
        let list = collector.list;
        let mut listed = Vec::new();
        collector.rows.retain(|(key, seen)| {
            let Some(position) = self.positions.get(key) else { return true };
            match (list, seen) {
                (FilteredList::Frames(session) | FilteredList::Messages(session), Some((number, seen)))
                    if session == position =>
                {
                    match seen.look_up(index, position) {
                        Listed::Same => listed.push(*number),
                        Listed::Other => self.differing += 1,
                        // The list may be behind.
                        Listed::Absent => return true,
                    }
                }
                (FilteredList::Sessions, _) => listed.push(position as u64),
                // Of another session.
                (FilteredList::Frames(_) | FilteredList::Messages(_) | FilteredList::Findings, _) => {}
            }
            false
        });
        listed
    }
}

impl Listing {
    /// The list is whole, and does not have the rest of what is wanted.
    fn give_up(&mut self, collector: &mut Collector) {
        let missing = std::mem::take(&mut collector.rows);
        let is_wanted = |key: &SessionKey| match collector.list {
            FilteredList::Sessions => true,
            FilteredList::Frames(session) | FilteredList::Messages(session) => {
                self.positions.get(key) == Some(session)
            }
            FilteredList::Findings => false,
        };
        self.differing += missing.iter().filter(|(key, _)| is_wanted(key)).count() as u64;
    }
}

/// The sessions of connections whose TLS was chosen.
fn of_connections(collector: &Collector, index: &Index) -> Vec<u64> {
    if collector.connections.is_empty() {
        return Vec::new();
    }
    let of_one = (0..).zip(index.sessions().iter());
    let is_chosen = |opened: Stamp| collector.connections.contains(&(opened.file, opened.packet));
    of_one.filter(|(_, row)| is_chosen(row.place().opened)).map(|(at, _)| at).collect()
}

impl Collector {
    fn of(list: FilteredList) -> Self {
        Self { list, rows: Vec::new(), findings: Vec::new(), connections: HashSet::new() }
    }
}

impl Sink for Collector {
    fn output(&mut self, output: &Output<'_>) -> io::Result<()> {
        match (self.list, output) {
            // An event that is chosen brings its session.
            (FilteredList::Sessions, Output::Upgrade(place, _)) => self.rows.push((place.key(), None)),
            (FilteredList::Sessions, Output::Session(summary)) => self.rows.push((summary.place.key(), None)),
            (FilteredList::Sessions, Output::Tls(place, _) | Output::Dark(place, _)) => {
                self.connections.insert((place.opened.file, place.opened.packet));
            }
            (FilteredList::Findings, Output::Finding(finding) | Output::Waiting(finding)) => {
                self.findings.push(key_of(finding));
            }
            (FilteredList::Frames(_), Output::Frame(place, frame)) => {
                self.rows.push((place.key(), Some((frame.number, Sighting::frame(frame)))));
            }
            (FilteredList::Messages(_), Output::Message(place, message)) => {
                self.rows.push((place.key(), Some((message.number, Sighting::message(message, None)))));
            }
            // A row of another list, or of none.
            (
                FilteredList::Sessions
                | FilteredList::Findings
                | FilteredList::Frames(_)
                | FilteredList::Messages(_),
                Output::Upgrade(..)
                | Output::Tls(..)
                | Output::ServerName(..)
                | Output::Dark(..)
                | Output::Frame(..)
                | Output::Message(..)
                | Output::Finding(_)
                | Output::Waiting(_)
                | Output::Counted(_)
                | Output::Session(_)
                | Output::Summary(_)
                | Output::Secrets(..)
                | Output::Data(..),
            ) => {}
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
