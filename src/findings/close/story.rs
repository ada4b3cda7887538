//! The end of a session in one sentence.

use super::super::carrier::{Carrier, EndedFirst};
use super::super::words::quoted;
use super::handshake::{ClosingHandshake, FirstClose, Legible};
use crate::model::{EndCause, Peer, PerPeer, Stamp, Thousands, in_words, phrase};
use std::fmt;
use std::time::Duration;

/// How one side ended what carries a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamEnd {
    /// The side, or the one in whose name it was done.
    pub from: Peer,
    /// What it did.
    pub kind: EndKind,
    /// The packet.
    pub stamp: Stamp,
}

/// What ends one direction of what carries a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndKind {
    /// A FIN (RFC 9293 §3.6).
    Fin,
    /// A reset (RFC 9293 §3.5.2).
    Rst,
    /// A reset that something in between sent in the name of this side.
    ForeignRst,
    /// `END_STREAM` (RFC 9113 §5.1).
    EndStream,
    /// `RST_STREAM` (RFC 9113 §6.4).
    RstStream,
}

impl EndKind {
    /// As people know it: `FIN`, `RST`, `END_STREAM`, `RST_STREAM`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fin => "FIN",
            Self::Rst | Self::ForeignRst => "RST",
            Self::EndStream => "END_STREAM",
            Self::RstStream => "RST_STREAM",
        }
    }
}

/// The end of a session in one sentence, put together where somebody prints it: who closed, with what, whether it was
/// answered, who ended TCP, how, and how long after. Escaped.
#[derive(Clone, Debug)]
pub struct CloseStory {
    ending: Box<ClosingHandshake>,
    /// Messages each side sent.
    messages: PerPeer<u64>,
    /// Bytes of each side's stream that the other acknowledged.
    acked: PerPeer<u64>,
}

impl CloseStory {
    pub(in crate::findings) const fn new(
        ending: Box<ClosingHandshake>,
        messages: PerPeer<u64>,
        acked: PerPeer<u64>,
    ) -> Self {
        Self { ending, messages, acked }
    }

    /// The side of which the capture holds no packet.
    pub fn unseen(&self) -> Option<Peer> {
        let is_unseen =
            |peer: &Peer| self.ending.ends.of(*peer).is_some_and(|end| end.cause == EndCause::Unseen);
        Peer::BOTH.into_iter().find(is_unseen)
    }

    /// The same story with other reasons in its Close frames.
    #[must_use]
    pub fn with_reasons(mut self, change: impl Fn(&[u8]) -> Vec<u8>) -> Self {
        for closed in Peer::BOTH {
            if let Some(closed) = self.ending.closed.of_mut(closed) {
                closed.reason = change(&closed.reason);
            }
        }
        self
    }

    /// Who answered the first Close, and how long after it.
    pub fn answer_took(&self) -> Option<(Peer, Duration)> {
        self.ending.answer_took()
    }

    /// How each side ended TCP, or the HTTP/2 stream, in the order of packets; nothing of a side that did not.
    pub fn ends(&self) -> Vec<StreamEnd> {
        let ending = &self.ending;
        let by_packet = |peer: Peer| {
            let end = (*ending.ends.of(peer))?;
            let kind = match (ending.carrier, end.cause) {
                (Carrier::Tcp, EndCause::Fin) => EndKind::Fin,
                (Carrier::Tcp, EndCause::Rst) if ending.cut_off => EndKind::ForeignRst,
                (Carrier::Tcp, EndCause::Rst) => EndKind::Rst,
                (Carrier::Stream, EndCause::Fin) => EndKind::EndStream,
                (Carrier::Stream, EndCause::Rst) => EndKind::RstStream,
                // The reset stands where it was sent.
                (_, EndCause::RstByPeer | EndCause::Open | EndCause::Unseen) => return None,
            };
            Some(StreamEnd { from: peer, kind, stamp: end.stamp })
        };
        let mut ends: Vec<StreamEnd> = Peer::BOTH.into_iter().filter_map(by_packet).collect();
        ends.sort_by_key(|end| end.stamp);
        ends
    }

    /// That a side closed with a code that says that all is well, and with a reason that says otherwise; or that a side left its
    /// direction of TCP open for long after the other one had ended its own. Escaped.
    pub fn told_trouble(&self) -> Option<String> {
        let closed =
            self.ending.told_trouble().map(|(from, closed)| format!("the {from} closed {}", With(closed)));
        closed.or_else(|| {
            let (who, other, lasted) = self.ending.left_half_open()?;
            Some(format!(
                "the {who} ended TCP (FIN), and the {other} still had not {} later",
                in_words(lasted)
            ))
        })
    }

    /// How long the server left TCP open after both Close frames, until the client ended it.
    pub fn lingered(&self) -> Option<Duration> {
        self.ending.lingered()
    }

    /// The first Close, the answer to it, and what was delivered before.
    fn close(&self, from: Peer, closed: &FirstClose, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let other = !from;
        let answer = self.ending.closed.of(other).as_ref();
        if let (Some(client), Some(server)) = (&self.ending.closed.client, &self.ending.closed.server)
            && self.ending.closes_crossed()
        {
            let (client, server) = (With(client).to_string(), With(server).to_string());
            f.write_str("the client and the server closed at the same time, ")?;
            return if client == server {
                write!(f, "both {client}")
            } else {
                write!(f, "the client {client}, the server {server}")
            };
        }
        write!(f, "the {from} closed {}", With(closed))?;
        match answer {
            Some(answer) => {
                let after = answer.stamp.time.told_since(closed.stamp.time);
                write!(f, ", the {other} answered{}", phrase(" ", after, " later"))?;
            }
            None if self.ending.left_before_close == Some(other) => {
                write!(f, ", which the {other} had not seen when it left")?;
            }
            None if self.unseen() == Some(other) => {
                write!(f, "; what the {other} sent is not in the capture")?;
            }
            None if *self.ending.unread.of(other) => {
                write!(f, ", whether the {other} answered is not known")?;
            }
            None if self.ending.left_no_time(from, closed) => {
                f.write_str(", which left no time for an answer")?;
            }
            None => write!(f, ", the {other} did not answer")?,
        }
        if *self.acked.of(from) < closed.extent_end {
            return Ok(());
        }
        match *self.messages.of(from) {
            0 => return Ok(()),
            1 => write!(f, "; the {from}'s message was")?,
            2 => write!(f, "; both messages of the {from} were")?,
            sent => write!(f, "; all {} messages of the {from} were", Thousands(sent))?,
        }
        f.write_str(" delivered and acknowledged before")
    }
}

/// With what a side closed.
struct With<'a>(&'a FirstClose);

impl fmt::Display for With<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(closed) = self;
        match closed.code {
            Some(code) => write!(f, "with {code} ({})", code.meaning())?,
            None if closed.lossy => f.write_str("with a code that is not in the capture")?,
            None => f.write_str("without a code (1005)")?,
        }
        if closed.reason.is_empty() { Ok(()) } else { write!(f, " {}", quoted(&closed.reason)) }
    }
}

impl fmt::Display for CloseStory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ending = &self.ending;
        let first = ending.first.and_then(|from| Some((from, ending.closed.of(from).as_ref()?)));
        match first {
            None if ending.legible == Legible::Nothing => f.write_str("what was said is encrypted")?,
            None if ending.legible == Legible::Later => {
                return f.write_str(
                    "what was said up to here is encrypted; then secrets came, and what they open is a session of its own",
                );
            }
            None if ending.ends.client.is_none() && ending.ends.server.is_none() => {
                // What follows an upgrade that failed is followed no further.
                return f.write_str("what followed is not a WebSocket");
            }
            // It may be among what came last.
            None if ending.hidden.client || ending.hidden.server => {
                f.write_str("no Close frame that could be read")?;
            }
            None => f.write_str("no Close frame")?,
            Some((from, closed)) => self.close(from, closed, f)?,
        }
        if ending.ended_first == EndedFirst::Both {
            let silence = ending.after_silence();
            return write!(f, "; the client and the server ended TCP (FIN) at the same time{silence}");
        }
        let end = ending.whose_end().and_then(|who| Some((who, (*ending.ends.of(who))?)));
        if ending.cut_off && end.is_none() {
            return write!(f, "; a reset from something in between ended TCP{}", ending.after_silence());
        }
        let Some((who, end)) = end.filter(|(_, end)| end.cause != EndCause::Open) else {
            return f.write_str(match ending.carrier {
                Carrier::Tcp => "; TCP was still open when the capture ended",
                Carrier::Stream => "; the HTTP/2 stream was still open when the capture ended",
            });
        };
        let notified = ending.notified_before(who, &end).filter(|_| first.is_none());
        let notified = notified.filter(|(peer, _)| *peer != who || end.cause != EndCause::Fin);
        if let Some((peer, how)) = notified {
            write!(f, "; the {peer} ended TLS ({})", how.name())?;
        }
        write!(f, "; the {who} {}{}", ending.ended_with(who).ended(end.cause), ending.after_silence())?;
        match first {
            Some(_) if ending.left_before_close.is_some() => Ok(()),
            Some((_, closed)) => match end.stamp.time.told_since(closed.stamp.time) {
                Some(after) if !after.is_zero() => write!(f, " {} later", in_words(after)),
                Some(_) if ending.first == Some(who) => f.write_str(" with its Close"),
                Some(_) => f.write_str(" at once"),
                None => f.write_str(" later"),
            },
            None => Ok(()),
        }
    }
}
