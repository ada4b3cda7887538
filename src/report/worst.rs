//! What a verdict is about: the worst thing that was found, where it is, and whose matter it is.

use super::sink::InputNames;
use super::style::{Look, STRONG, sentence};
use crate::analyzer::Place;
use crate::findings::{Finding, Id, Severity};
use crate::model::{Peer, SessionId, Stamp, Thousands};
use std::fmt::{self, Write};
use std::net::IpAddr;

/// What stands behind a sentence that may be wrong.
pub(super) const TENTATIVE: &str = " (tentative)";

/// Who asks for WebSockets: of several clients the one has to be named that a verdict is about.
#[derive(Debug, Default)]
pub(super) struct Clients {
    /// The latest attempt, and whose it is.
    latest: Option<(SessionId, IpAddr)>,
    are_several: bool,
}

impl Clients {
    /// An attempt to get a WebSocket.
    pub(super) fn asks(&mut self, place: &Place) {
        let client = place.addresses.client.ip();
        self.are_several |= self.latest.is_some_and(|(_, before)| before != client);
        self.latest = Some((place.session, client));
    }

    /// Whose fault this is, if it is that of the client that asked last.
    pub(super) fn at_fault(&self, finding: &Finding) -> Option<IpAddr> {
        let (session, client) = self.latest?;
        (finding.from == Some(Peer::Client) && finding.session == Some(session)).then_some(client)
    }
}

/// The worst thing that was found, or what explains it.
#[derive(Debug)]
pub(super) struct WorstFinding {
    /// Its severity, and whether it is certain.
    pub(super) rank: (Severity, bool),
    pub(super) id: Option<Id>,
    pub(super) summary: String,
    pub(super) stamp: Stamp,
    pub(super) session: Option<SessionId>,
    /// The other leg of that session, if it goes through a proxy.
    pub(super) leg: Option<SessionId>,
    /// The side that it is about.
    pub(super) from: Option<Peer>,
    /// Whose request it is about, and of how many of that client the same was found.
    pub(super) client: Option<(IpAddr, u64)>,
}

impl WorstFinding {
    pub(super) const fn new(finding: &Finding, rank: (Severity, bool), summary: String) -> Self {
        let (stamp, session, from) = (finding.stamp, finding.session, finding.from);
        Self { rank, id: Some(finding.id), summary, stamp, session, leg: None, from, client: None }
    }

    /// Whether it may be wrong.
    pub(super) const fn is_doubtful(&self) -> bool {
        !self.rank.1
    }

    /// Whether another finding is the same of several sessions, of which this one is the first.
    pub(super) fn is_of_several(&self, finding: &Finding) -> bool {
        let is_same = self.id == Some(finding.id) && self.stamp == finding.stamp;
        is_same && self.session.is_some() && finding.session.is_none()
    }

    /// Whether, as a complaint, it says less than this finding: it is a figure, or what that explains.
    pub(super) fn yields_to(&self, finding: &Finding) -> bool {
        self.id.is_none_or(|id| finding.id.explains(id).is_some() && self.stamp == finding.stamp)
    }

    /// Another finding, of this client's request or of none: it may be the same of the same client.
    pub(super) fn count_again(&mut self, finding: &Finding, client: Option<IpAddr>) {
        if let Some((known, times)) = &mut self.client
            && self.id == Some(finding.id)
            && client == Some(*known)
        {
            *times += 1;
        }
    }

    pub(super) fn sentence(&self) -> String {
        let doubt = if self.rank.1 { "" } else { TENTATIVE };
        sentence(&format!("{}{doubt}", self.summary))
    }

    /// Where it is, and of several clients whose.
    pub(super) fn located(&self, inputs: &InputNames, clients: &Clients) -> String {
        let place = Located { file: inputs.file(self.stamp), stamp: self.stamp, session: self.session };
        match self.client.filter(|_| clients.are_several) {
            None => place.to_string(),
            Some((client, 1)) => format!("{place}, client {client}"),
            Some((client, times)) => format!("{place}, client {client} ({} times)", Thousands(times)),
        }
    }

    /// Writes it with the mark of this severity.
    pub(super) fn write(
        &self,
        severity: Severity,
        out: &mut String,
        (inputs, clients): (&InputNames, &Clients),
        look: Look,
    ) -> fmt::Result {
        let sentence = self.sentence();
        writeln!(out, "{} {}", look.mark(severity), look.paint(STRONG, look.wrap(&sentence, 2, 2)))?;
        let place = self.located(inputs, clients);
        let hint = match self.id {
            Some(id) => format!("{place}: {id}; `wsight explain {id}` says what it means and what to do"),
            None => place,
        };
        writeln!(out, "  {}", look.wrap(&hint, 2, 2))
    }
}

/// Where a finding is.
pub(super) struct Located<'a> {
    pub(super) file: Option<&'a str>,
    pub(super) stamp: Stamp,
    pub(super) session: Option<SessionId>,
}

impl fmt::Display for Located<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "packet {}", self.stamp.packet)?;
        if let Some(file) = self.file {
            write!(f, " of {file}")?;
        }
        self.session.map_or(Ok(()), |session| write!(f, ", session {session}"))
    }
}
