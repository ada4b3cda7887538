//! A session, or an attempt that failed, as far as it leaves this host.
//!
//! Of what peers wrote only the path, the host and the subprotocol are in here: escaped, and cut to a length that any
//! store takes. Queries, other headers, payloads, close reasons and the sentences of findings are not, as they can hold
//! secrets.

use crate::analyzer::{Place, RoundTrips, SealedTraffic, SessionSummary};
use crate::findings::{Certainty, Finding, Id, Severity};
use crate::model::{EndCause, PacketNumber, Peer, PerPeer, Stamp, Timestamp, escape};
use crate::upgrade::{Outcome, Upgrade};
use crate::ws::CloseCode;

/// The most characters of a text that a peer wrote.
const LONGEST: usize = 256;

/// The most findings about one session; the worst are no worse for being counted alone.
pub(super) const MOST_FINDINGS: usize = 32;

/// A session that is over, or an attempt that failed.
#[derive(Debug)]
pub(super) struct SessionSpan {
    pub(super) place: Place,
    /// The first packet of the upgrade.
    pub(super) first: Stamp,
    /// The last packet of the connection; of an attempt, the one at which its outcome was known.
    pub(super) last: Stamp,
    /// `None` where it was forgotten.
    pub(super) attempt: Option<AttemptFacts>,
    pub(super) asked: Asked,
    /// `None` after an attempt that failed.
    pub(super) traffic: Option<Traffic>,
    pub(super) findings: Findings,
}

/// What is kept of an attempt until its session is over.
#[derive(Clone, Copy, Debug)]
pub(super) struct AttemptFacts {
    pub(super) outcome: Outcome,
    /// Of the final response.
    pub(super) status: Option<u16>,
}

/// What the upgrade asked for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) path: Option<Box<str>>,
    pub(super) host: Option<Box<str>>,
    pub(super) subprotocol: Option<Box<str>>,
}

/// What a session carried, and how it ended.
#[derive(Debug)]
pub(super) struct Traffic {
    pub(super) frames: PerPeer<u64>,
    pub(super) messages: PerPeer<u64>,
    pub(super) bytes: PerPeer<u64>,
    /// Where nothing can be read: the three above are not known then.
    pub(super) sealed: Option<SealedTraffic>,
    pub(super) pings: Pings,
    pub(super) retransmissions: PerPeer<u64>,
    pub(super) close: Option<Close>,
    pub(super) end: EndCause,
    pub(super) ended_by: Option<Peer>,
}

/// Pings of both sides.
#[derive(Debug)]
pub(super) struct Pings {
    pub(super) sent: u64,
    pub(super) answered: u64,
    pub(super) lost: u64,
    pub(super) round_trips: Option<RoundTrips>,
}

/// The first Close frame.
#[derive(Debug)]
pub(super) struct Close {
    pub(super) by: Peer,
    pub(super) code: Option<CloseCode>,
    pub(super) answered: bool,
}

/// Findings about a session.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) kept: Vec<FindingEvent>,
    /// Those there was no room for.
    pub(super) left_out: u32,
    /// How many there are, and the worst of them with its severity.
    pub(super) count: u64,
    pub(super) worst: Option<(Severity, Id)>,
}

/// A finding as far as it leaves this host.
#[derive(Debug)]
pub(super) struct FindingEvent {
    pub(super) id: Id,
    pub(super) severity: Severity,
    pub(super) certainty: Certainty,
    pub(super) from: Option<Peer>,
    pub(super) frame: Option<u64>,
    pub(super) packet: PacketNumber,
    pub(super) time: Timestamp,
}

impl AttemptFacts {
    pub(super) fn of(upgrade: &Upgrade) -> Self {
        let status = upgrade.response.whole().map(|response| response.status);
        Self { outcome: upgrade.outcome, status }
    }
}

impl Findings {
    /// Counts a finding. Returns whether it was kept, which `has_room` allows.
    pub(super) fn add(&mut self, finding: &Finding, has_room: bool) -> bool {
        self.count += 1;
        // Of those that are equally bad the first one: what follows may be its consequence.
        if self.worst.is_none_or(|(severity, _)| severity < finding.severity) {
            self.worst = Some((finding.severity, finding.id));
        }
        let is_kept = has_room && self.kept.len() < MOST_FINDINGS;
        if is_kept {
            self.kept.push(FindingEvent {
                id: finding.id,
                severity: finding.severity,
                certainty: finding.certainty,
                from: finding.from,
                frame: finding.frame,
                packet: finding.stamp.packet,
                time: finding.stamp.time,
            });
        } else {
            self.left_out = self.left_out.saturating_add(1);
        }
        is_kept
    }
}

impl SessionSpan {
    /// An attempt that failed.
    pub(super) fn failed(place: &Place, upgrade: &Upgrade) -> Self {
        let request = upgrade.request.whole();
        let host = request.and_then(|request| request.host()).map(String::from_utf8_lossy);
        let asked = Asked {
            path: request.and_then(|request| request.known_target()).and_then(path_of).map(shown),
            host: host.as_deref().map(shown),
            subprotocol: None,
        };
        Self {
            place: *place,
            first: upgrade.first,
            last: upgrade.last,
            attempt: Some(AttemptFacts::of(upgrade)),
            asked,
            traffic: None,
            findings: Findings::default(),
        }
    }

    /// A session that is over.
    pub(super) fn ended(attempt: Option<AttemptFacts>, summary: &SessionSummary, findings: Findings) -> Self {
        let asked = summary.asked.as_deref().map(|asked| Asked {
            path: asked.target.as_deref().and_then(path_of).map(shown),
            host: asked.host.as_deref().map(shown),
            subprotocol: asked.subprotocol.as_deref().map(shown),
        });
        let close = summary.close.as_ref();
        let traffic = Traffic {
            frames: summary.frames,
            messages: summary.messages,
            bytes: summary.bytes,
            sealed: summary.sealed,
            pings: Pings {
                sent: summary.pings_sent,
                answered: summary.pings_answered,
                lost: summary.pings_lost,
                round_trips: summary.round_trips,
            },
            retransmissions: summary.sent_again,
            close: close.map(|close| Close { by: close.by, code: close.code, answered: close.answered }),
            end: summary.end,
            ended_by: summary.ended_by,
        };
        Self {
            place: summary.place,
            first: summary.first,
            last: summary.last,
            attempt,
            asked: asked.unwrap_or_default(),
            traffic: Some(traffic),
            findings,
        }
    }
}

/// The path of a request's target: without the query, and of a whole URL without what stands before it. There is none in
/// the other forms of a target (RFC 9112 §3.2).
fn path_of(target: &str) -> Option<&str> {
    let path = match target.split_once("://") {
        Some((scheme, rest)) if !scheme.contains(['/', '?', '#']) => {
            rest.get(rest.find(['/', '?', '#'])?..)?
        }
        Some(_) | None => target,
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path.starts_with('/').then_some(path)
}

/// Captured text, fit to be shown anywhere.
fn shown(text: &str) -> Box<str> {
    let text = escape(text.as_bytes());
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()).into(),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_what_stands_before_the_query() {
        for (target, path) in [
            ("/chat/room?token=s3cret", Some("/chat/room")),
            ("/?x", Some("/")),
            ("/a#b?c", Some("/a")),
            ("wss://me:s3cret@host/chat?x", Some("/chat")),
            ("wss://host", None),
            ("wss://host?token=s3cret", None),
            ("/to?url=http://a/b", Some("/to")),
            ("host:443", None),
            ("*", None),
            ("token=s3cret", None),
        ] {
            assert_eq!(path_of(target), path, "{target}");
        }
    }

    #[test]
    fn what_peers_wrote_is_short_and_visible() {
        assert_eq!(&*shown("/a\x1b[2J\u{202e}b"), "/a\\x1b[2J\\u{202e}b");
        let long = shown(&"ä".repeat(300));
        assert_eq!((long.chars().count(), long.ends_with('…')), (257, true));
        assert_eq!(&*shown(&"ä".repeat(256)), "ä".repeat(256));
    }
}
