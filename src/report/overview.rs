//! Figures of the captures of many hosts, as the page about them shows them.

use super::daily_tables::TableFormat;
use super::table::Table;
use crate::findings::{Class, Id, Severity};
use crate::model::{EndCause, Peer, Timestamp};

/// What the tables of many hosts tell in sum.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The folder of the tables, as it was named.
    pub folder: String,
    /// How they are written.
    pub format: TableFormat,
    /// Tables of which there is no part at all.
    pub absent: Vec<Table>,
    /// The times of the first row and the last one.
    pub span: Option<(Timestamp, Timestamp)>,
    /// The stretches of time that [`KindOverview::counts`] counts in.
    pub timeline: Timeline,
    /// The totals.
    pub totals: Totals,
    /// What could not be read of captures when the tables were made.
    pub faults: Capped<UnreadOverview>,
    /// What of the tables is not in the figures, or not all of it.
    pub left_out: Capped<UnreadOverview>,
    /// What else has to be known about the figures, such as caps that were reached, in sentences.
    pub remarks: Vec<String>,
    /// Kinds of findings.
    pub kinds: Vec<KindOverview>,
    /// Kinds that appeared when captures had been going on for a while.
    pub news: Vec<NewsOverview>,
    /// Hosts, those with the most faults first.
    pub hosts: Capped<HostOverview>,
    /// Why attempts failed, the most frequent cause first.
    pub causes: Capped<CauseOverview>,
    /// How sessions ended, the most frequent way first.
    pub ends: Capped<EndOverview>,
    /// How long answers to upgrades took: on all hosts, and then on those where it took longest.
    pub answers: Vec<AnswersOverview>,
    /// The attempt that took longest.
    pub slowest: Option<Example>,
    /// The clients with the most attempts that have a fault.
    pub clients: Capped<PartyOverview>,
    /// The servers with the most of them.
    pub servers: Capped<PartyOverview>,
}

/// The first of several things.
#[derive(Clone, Debug)]
pub struct Capped<T> {
    /// They.
    pub shown: Vec<T>,
    /// How many more there are.
    pub more: u64,
}

impl<T> Default for Capped<T> {
    fn default() -> Self {
        Self { shown: Vec::new(), more: 0 }
    }
}

impl<T> Capped<T> {
    /// The first `most` of `all`.
    pub fn first(mut all: Vec<T>, most: usize) -> Self {
        let more = all.len().saturating_sub(most) as u64;
        all.truncate(most);
        Self { shown: all, more }
    }
}

/// Stretches of time of the same length, one after another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// When the first one begins.
    pub begin: Timestamp,
    /// How many hours each is long.
    pub hours: u32,
    /// How many there are.
    pub count: usize,
}

/// Totals of all hosts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Hosts.
    pub hosts: u64,
    /// Captures; what one wrote in turn counts once.
    pub captures: u64,
    /// Their files.
    pub files: u64,
    /// The bytes of these files.
    pub file_bytes: u64,
    /// Attempts to get a WebSocket, successful or not, those included of which the capture shows nothing but the session.
    pub attempts: u64,
    /// Attempts that were rejected, or failed otherwise.
    pub failed: u64,
    /// Attempts, with their sessions, that have a [fault](KindOverview::is_fault).
    pub faulty: u64,
    /// Sessions.
    pub sessions: u64,
    /// Bytes of payload of all sessions, as on the wire.
    pub payload_bytes: u64,
    /// Findings of each severity: notes, warnings, errors.
    pub findings: [u64; 3],
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadOverview {
    /// Its host.
    pub host: String,
    /// A sentence that names the file.
    pub reason: String,
}

/// A kind of finding on all hosts.
#[derive(Clone, Debug)]
pub struct KindOverview {
    /// The kind.
    pub id: Id,
    /// The worst severity that findings of it have.
    pub severity: Severity,
    /// Findings.
    pub count: u64,
    /// Attempts and sessions they are about, and connections where they are about no session.
    pub affected: u64,
    /// There may be more of those: a cap was reached.
    pub at_least: bool,
    /// Hosts it was found on, those with the most findings first.
    pub hosts: Capped<HostShare>,
    /// When it was seen first and last.
    pub span: Option<(Timestamp, Timestamp)>,
    /// Findings in each stretch of the [`Timeline`].
    pub counts: Vec<u64>,
    /// Some of the findings, of several hosts where there are.
    pub examples: Vec<Example>,
}

impl KindOverview {
    /// Whether it is about the capture, and no peer's fault.
    pub fn is_of_capture(&self) -> bool {
        self.id.class() == Class::Capture
    }

    /// Whether a finding of this kind and severity says that something is wrong with a session or an attempt: not with the
    /// capture, and not with somebody who never was a WebSocket client.
    pub fn is_fault(id: Id, severity: Severity) -> bool {
        let concerns_sessions = match id.class() {
            Class::Violation | Class::Failure | Class::Anomaly => true,
            Class::Capture | Class::Noise => false,
        };
        concerns_sessions && severity >= Severity::Warning
    }
}

/// What of something is on one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostShare {
    /// The host.
    pub host: String,
    /// How much.
    pub count: u64,
    /// When it was seen there first.
    pub first: Option<Timestamp>,
}

/// A row that shows something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Its host.
    pub host: String,
    /// Its file, by the name it was given.
    pub file: String,
    /// Its packet in that file.
    pub packet: Option<u64>,
    /// Its time.
    pub time: Option<Timestamp>,
    /// What it says, as captured.
    pub words: String,
    /// The command that shows its session; `None` where it is about none, or where the files are too many to name.
    pub command: Option<String>,
}

/// A kind of finding that appeared when captures had been going on for a while.
#[derive(Clone, Debug)]
pub struct NewsOverview {
    /// The kind.
    pub id: Id,
    /// Its severity.
    pub severity: Severity,
    /// The hour of its first appearance.
    pub since: Timestamp,
    /// When it was seen last.
    pub last: Timestamp,
    /// Where nobody had it before.
    pub new_on: NewOn,
    /// The hosts, in the order in which it appeared there.
    pub hosts: Capped<HostShare>,
    /// Attempts on these hosts before that hour, none of which had it.
    pub before: u64,
    /// Attempts since.
    pub after: u64,
    /// How many attempts, sessions and connections have had it since.
    pub affected: u64,
}

/// Where something is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewOn {
    /// On all hosts.
    AllHosts,
    /// On these hosts; others had it before.
    TheseHosts,
}

/// A host.
#[derive(Clone, Debug)]
pub struct HostOverview {
    /// Its name.
    pub host: String,
    /// Its captures.
    pub captures: u64,
    /// Attempts to get a WebSocket.
    pub attempts: u64,
    /// Those that failed.
    pub failed: u64,
    /// Those with a fault.
    pub faulty: u64,
    /// Sessions.
    pub sessions: u64,
    /// Sessions whose TCP connection ended with FIN, ended with RST, and had not ended.
    pub ends: [u64; 3],
    /// Findings that say that the capture lost something.
    pub lost: u64,
    /// The kind that it has most findings of, among those that are faults.
    pub main: Option<Id>,
    /// The times of its first row and its last one.
    pub span: Option<(Timestamp, Timestamp)>,
}

/// Why attempts failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The server refused with this status.
    Status(u16),
    /// The worst finding about the attempt is of this kind.
    Finding(Id),
    /// Findings of this kind are about connections on which nothing was asked for.
    Connection(Id),
    /// No finding of the tables is about the attempt.
    Unknown,
}

/// Attempts that failed for one cause.
#[derive(Clone, Debug)]
pub struct CauseOverview {
    /// The cause.
    pub cause: Cause,
    /// How many.
    pub count: u64,
    /// Hosts, those with the most first.
    pub hosts: Capped<HostShare>,
    /// When it was seen first and last.
    pub span: Option<(Timestamp, Timestamp)>,
    /// One of them.
    pub example: Option<Example>,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionEnding {
    /// With a Close frame.
    Close {
        /// Who sent the first one.
        by: Peer,
        /// Its status code.
        code: Option<u16>,
    },
    /// Without one, as far as can be seen.
    Tcp {
        /// What ended TCP.
        end: EndCause,
        /// Who did.
        by: Option<Peer>,
        /// It is inside TLS that no secret opens, and may have had a Close frame.
        is_sealed: bool,
    },
    /// In a way that is not counted by itself: there were too many.
    Other,
}

/// Sessions that ended alike.
#[derive(Clone, Debug)]
pub struct EndOverview {
    /// How.
    pub ending: SessionEnding,
    /// How many.
    pub count: u64,
    /// How long half of them lasted at most, in microseconds.
    pub median_us: u64,
    /// One of them.
    pub example: Option<Example>,
}

/// How long answers to upgrades took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswersOverview {
    /// On which host; `None` for all of them.
    pub host: Option<String>,
    /// Answers.
    pub count: u64,
    /// For each of [`SHARES`](Self::SHARES), how long so many took at most, in microseconds.
    pub within_us: [u64; Self::SHARES.len()],
    /// The longest, in microseconds.
    pub longest_us: u64,
}

impl AnswersOverview {
    /// Shares of all answers, in thousandths: percentiles.
    pub const SHARES: [u64; 4] = [500, 900, 990, 999];
}

/// A client or a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartyOverview {
    /// The address of a client, or the address and port of a server.
    pub address: String,
    /// Its attempts.
    pub attempts: u64,
    /// Those that failed.
    pub failed: u64,
    /// Those with a fault.
    pub faulty: u64,
}
