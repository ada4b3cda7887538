//! Text that can be searched line by line: each event is one line, with when and where it happened in front.

use super::kinds::{Kind, Kinds};
use super::no_websocket::write_missed;
use super::pings::OpenPings;
use super::remark::Remark;
use super::row::Row;
use super::sink::{Payload, Sink};
use super::style::{FAINT, Look, STRONG, sentence};
use super::upgrade;
use crate::analyzer::{Output, Place, SessionSummary, Summary};
use crate::model::{PerPeer, SessionId, Stamp, Timestamp, Zone, escape, phrase};
use crate::tls::Facts;
use crate::ws::Message;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::io::{self, Write};
use std::time::Duration;

/// Sessions whose beginnings are remembered at once: most are forgotten with their end.
const REMEMBERED: usize = 100_000;

/// Writes a line for each event: when it was, the session, the time since its beginning, the packet, and what
/// happened.
#[derive(Debug)]
pub struct OneLine<W> {
    out: W,
    look: Look,
    payload: Payload,
    kinds: Kinds,
    zone: Zone,
    open: BTreeMap<SessionId, StartedSession>,
    /// The frame that ended last: the message that it completes says more than it does.
    frame: Option<(SessionId, Row)>,
    /// How long the ping waited that the next frame answers, where a filter may have left it out.
    waited: Option<Duration>,
    line: String,
}

/// What lines say of an open session.
#[derive(Debug)]
struct StartedSession {
    begun: Timestamp,
    pings: OpenPings,
    /// The newest data frame of each side: its message comes next, if that frame was chosen.
    newest: PerPeer<u64>,
}

impl<W: Write> OneLine<W> {
    /// Writes what `kinds` has to `out`, which should be buffered.
    pub fn new(out: W, look: Look, payload: Payload, kinds: Kinds) -> Self {
        // However narrow the terminal is, a line stays one, and whole.
        let look = Look { width: Some(usize::MAX / 2), ..look };
        let (open, frame, waited, line) = (BTreeMap::new(), None, None, String::new());
        Self { out, look, payload, kinds, zone: Zone::UTC, open, frame, waited, line }
    }

    /// The same with times in this zone.
    #[must_use]
    pub fn in_zone(self, zone: Zone) -> Self {
        Self { zone, ..self }
    }

    /// Writes what stands in front. Returns how many columns that takes.
    fn front(&mut self, session: Option<SessionId>, stamp: Stamp) -> Result<usize, fmt::Error> {
        let time = self.zone.rfc3339_millis(stamp.time);
        let open = session.and_then(|session| self.open.get(&session));
        let since = match open.and_then(|open| stamp.time.offset_from(open.begun)) {
            Some((apart, is_before)) => {
                format!("{}{:.6}", if is_before { '-' } else { '+' }, apart.as_secs_f64())
            }
            None => "-".to_owned(),
        };
        let session = session.map_or_else(|| "-".to_owned(), |session| session.to_string());
        let front = format!("{time} {session:>3} {since:>11} {:>6}  ", stamp.packet);
        write!(self.line, "{}", self.look.paint(FAINT, &front))?;
        Ok(front.len())
    }

    fn begins(&mut self, session: SessionId, at: Timestamp) {
        if self.open.len() >= REMEMBERED {
            self.open.pop_first();
        }
        let (pings, newest) = (OpenPings::default(), PerPeer::default());
        self.open.entry(session).or_insert(StartedSession { begun: at, pings, newest });
    }

    fn row(&mut self, session: SessionId, row: &Row) -> fmt::Result {
        let margin = self.front(Some(session), row.stamp())?;
        row.write_behind(&mut self.line, margin, self.look, self.payload)
    }

    /// Writes the frame that waits for its message.
    fn frame(&mut self) -> fmt::Result {
        let Some((session, row)) = self.frame.take() else { return Ok(()) };
        self.row(session, &row)
    }

    /// A message: it says more of the frame that waits for it. It has a line of its own where its last frame has none.
    fn message(&mut self, place: &Place, message: &Message<'_>) -> fmt::Result {
        let open = self.open.get(&place.session);
        let has_frame = self.kinds.contains(Kind::Frame)
            && open.is_none_or(|open| *open.newest.of(message.from) == message.last_frame);
        if !has_frame {
            self.frame()?;
            return self.row(place.session, &Row::of_message(0, message, self.payload));
        }
        if let Some((session, row)) = &mut self.frame
            && (*session, row.number) == (place.session, message.last_frame)
        {
            row.complete(message, self.payload);
        }
        self.frame()
    }

    /// A session is over: who spoke with whom about what, for how long, and how it ended.
    fn session(&mut self, session: &SessionSummary) -> fmt::Result {
        let look = self.look;
        self.front(Some(session.place.session), session.last)?;
        let PerPeer { client, server } = session.place.addresses;
        write!(self.line, "{} {client} → {server}", look.session_mark(session.worst))?;
        if let Some(target) = session.asked.as_ref().and_then(|asked| asked.target.as_deref()) {
            write!(self.line, "  {}", look.paint(STRONG, escape(target.as_bytes())))?;
        }
        let took = phrase("  ", session.duration(), "");
        writeln!(self.line, "{took}  {}", sentence(&session.close_story.to_string()))
    }

    /// A TLS session is over, or is reported as a dark session while it goes on.
    fn tls(&mut self, place: &Place, session: Option<SessionId>, facts: &Facts) -> fmt::Result {
        self.front(session, facts.stamp)?;
        let PerPeer { client, server } = place.addresses;
        write!(self.line, "connection {}  {client} → {server}  {}", place.connection, facts.in_words())?;
        match facts.reason {
            Some(reason) => writeln!(self.line, "; {reason}"),
            None => writeln!(self.line),
        }
    }

    fn write(&mut self, output: &Output<'_>) -> fmt::Result {
        if !matches!(output, Output::Message(..)) {
            self.frame()?;
        }
        if let Output::Upgrade(place, upgrade) = output {
            self.begins(place.session, upgrade.first.time);
        }
        // Whatever is asked for: it may be among what was missed.
        if let Output::Summary(Summary { left_out: Some(left_out), .. }) = output {
            write_missed(&mut self.line, left_out, self.look)?;
        }
        if !Kind::of(output).is_some_and(|kind| self.kinds.contains(kind)) {
            return Ok(());
        }
        let look = self.look;
        match output {
            Output::Upgrade(place, upgrade) => {
                for line in upgrade::lines(upgrade, self.payload)? {
                    let margin = self.front(Some(place.session), line.stamp())?;
                    line.write_behind(&mut self.line, margin, look)?;
                }
                if let Some(failure) = upgrade::failure(upgrade) {
                    self.front(Some(place.session), upgrade.last)?;
                    writeln!(self.line, "– {failure}")?;
                }
            }
            Output::Frame(place, frame) => {
                let mut row = Row::new(0, frame, self.payload);
                let mut open = self.open.get_mut(&place.session);
                if let Some(open) = open.as_mut().filter(|_| !frame.header.opcode.is_control()) {
                    *open.newest.of_mut(frame.from) = frame.number;
                }
                row.round_trip = open.and_then(|open| open.pings.round_trip(frame)).or(self.waited.take());
                self.frame = Some((place.session, row));
            }
            Output::Message(place, message) => self.message(place, message)?,
            Output::Finding(finding) | Output::Waiting(finding) => {
                self.front(finding.session, finding.stamp)?;
                Remark::new(finding, 0).write(&mut self.line, finding.frame, look)?;
            }
            Output::Session(session) => self.session(session)?,
            Output::Dark(place, facts) => self.tls(place, Some(place.session), facts)?,
            Output::Tls(place, facts) => self.tls(place, None, facts)?,
            // A verdict has many lines, and searching needs none.
            Output::Summary(_)
            | Output::Counted(_)
            | Output::ServerName(..)
            | Output::Secrets(..)
            | Output::Data(..) => {}
        }
        Ok(())
    }
}

impl<W: Write> Sink for OneLine<W> {
    fn output(&mut self, output: &Output<'_>) -> io::Result<()> {
        self.line.clear();
        self.write(output).map_err(io::Error::other)?;
        if let Output::Session(session) = output {
            self.open.remove(&session.place.session);
        }
        self.out.write_all(self.line.as_bytes())
    }

    fn answer_took(&mut self, time: Duration) {
        self.waited = Some(time);
    }

    fn finish(&mut self) -> io::Result<()> {
        self.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.line.clear();
        self.frame().map_err(io::Error::other)?;
        self.out.write_all(self.line.as_bytes())?;
        self.out.flush()
    }
}
