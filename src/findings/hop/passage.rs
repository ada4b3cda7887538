//! What is told of messages on their way through a proxy.

use super::way::{Group, Stranded, Surplus};
use crate::findings::catalog::{Id, Severity};
use crate::findings::endings::SessionEnd;
use crate::findings::field::FindingField;
use crate::findings::finding::Finding;
use crate::findings::words::millis;
use crate::model::{Count, Peer, SessionId, in_words, phrase};
use std::time::Duration;

/// What comes less than this before a proxy ends both legs may still be under way through it.
const UNDER_WAY: Duration = Duration::from_secs(1);

/// Whether the proxy has other sessions beside a leg, which may have to do with the same WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Company {
    /// The capture shows none.
    Alone,
    /// It shows some, or too many to know.
    Others,
}

/// What a finding is about: messages of one side, and the sessions on whose legs they go into the proxy and come out.
pub(super) struct Passage {
    pub(super) from: Peer,
    pub(super) entry: SessionId,
    pub(super) exit: SessionId,
}

impl Passage {
    fn finding(&self, id: Id, group: &Group, summary: String) -> Finding {
        Finding::new(id, group.first.last(), summary)
            .with(FindingField::Count, group.count)
            .with(FindingField::Message, group.first.number())
            .with(FindingField::Entry, self.entry.0)
            .with(FindingField::Exit, self.exit.0)
            .tentative_if(group.is_doubtful)
    }

    /// `a message of the client`.
    fn messages(&self, count: u64) -> String {
        match count {
            1 => format!("a message of the {}", self.from),
            count => format!("{} of the {}", Count(count, "message"), self.from),
        }
    }

    /// Messages were lost. What had come only just before the proxy `let_go` of both legs was under way.
    pub(super) fn lost(&self, lost: &Group, let_go: Option<SessionEnd>) -> Finding {
        let Self { entry, exit, .. } = self;
        let (what, number) = (self.messages(lost.count), lost.first.number());
        let summary = if lost.count == 1 {
            format!(
                "{what} was lost in the proxy: message {number} of session {entry}, {}, is not in session {exit}",
                lost.first
            )
        } else {
            format!(
                "{what} were lost in the proxy: message {number} of session {entry}, {}, is the first that is not in session \
                 {exit}",
                lost.first
            )
        };
        let finding = self.finding(Id::HopLostMessage, lost, summary);
        let came = lost.first.last().time;
        let is_under_way = |end: &SessionEnd| lost.is_doubtful && end.at.time.since(came) < UNDER_WAY;
        let why = let_go.filter(is_under_way).map(|end| {
            let later = phrase(" ", end.at.time.told_since(came), " later");
            format!("the proxy ended both sessions{later}, see hop-closed")
        });
        finding.because(why)
    }

    pub(super) fn changed(&self, changed: &Group) -> Finding {
        let Self { entry, exit, .. } = self;
        let (what, number) = (self.messages(changed.count), changed.first.number());
        let which = if changed.count == 1 { "" } else { "the first is " };
        let became = match changed.became {
            Some(became) if became.shape() != changed.first.shape() => became.to_string(),
            _ => "other bytes of the same length".to_owned(),
        };
        let summary = format!(
            "the proxy changed {what}: {which}message {number} of session {entry}, {}, which comes out as {became} in session \
             {exit}",
            changed.first
        );
        self.finding(Id::HopChangedMessage, changed, summary)
    }

    pub(super) fn delayed(&self, delayed: &Group) -> Finding {
        let Self { entry, exit, .. } = self;
        let what = self.messages(delayed.count);
        let longest = in_words(delayed.longest);
        let summary = if delayed.count == 1 {
            format!(
                "{what} stayed in the proxy for {longest}: message {} of session {entry}, on its way to session {exit}",
                delayed.first.number()
            )
        } else {
            format!(
                "{what} stayed in the proxy for a second or more, the slowest for {longest}: the first is message \
                 {} of session {entry}, on its way to session {exit}",
                delayed.first.number()
            )
        };
        self.finding(Id::HopDelayedMessage, delayed, summary)
            .with(FindingField::LongestMs, millis(delayed.longest))
    }

    /// Messages that went in long after the end of the leg on which they should have come out.
    pub(super) fn stranded(&self, stranded: &Stranded) -> Finding {
        let Self { entry, exit, .. } = self;
        let (what, number) = (self.messages(stranded.count), stranded.first.number());
        let which = if stranded.count == 1 { "" } else { "the first is " };
        let summary = format!(
            "{what} went into the proxy, whose other leg was over, and came out nowhere in the capture: {which}message \
             {number} of session {entry}, {}, {} after the end of session {exit}",
            stranded.first,
            in_words(stranded.after)
        );
        Finding::new(Id::HopLostMessage, stranded.first.last(), summary)
            .with(FindingField::Count, stranded.count)
            .with(FindingField::Message, number)
            .with(FindingField::Entry, entry.0)
            .with(FindingField::Exit, exit.0)
            .tentative()
    }

    /// What came out and had not gone in, where the proxy speaks to nobody else or to others as well.
    pub(super) fn added(&self, surplus: &Surplus, company: Company) -> Finding {
        let Self { from, entry, exit } = self;
        let number = surplus.first.number();
        let (once, is_several) = (surplus.count == 1, company == Company::Others);
        let summary = match (&surplus.repeats, once) {
            (Some(went_in), true) => format!(
                "the proxy passed a message of the {from} on twice: message {} of session {entry}, {}, came out once more as \
                 message {number} of session {exit}",
                went_in.number(),
                surplus.first
            ),
            (Some(went_in), false) => format!(
                "the proxy passed messages of the {from} on more than once: {} too many came out, the first as message {number} of \
                 session {exit}, {}, which went in as message {} of session {entry}",
                surplus.count,
                surplus.first,
                went_in.number()
            ),
            (None, true) => format!(
                "a message came out of the proxy that the {from} had not sent into it: message {number} of session {exit}, {}, \
                 is not in session {entry}",
                surplus.first
            ),
            (None, false) => format!(
                "{} came out of the proxy that the {from} had not sent into it: the first is message {number} of session {exit}, {}, \
                 which is not in session {entry}",
                Count(surplus.count, "message"),
                surplus.first
            ),
        };
        let other = if is_several { ", and may come from another session of the proxy" } else { "" };
        let is_own = surplus.repeats.is_none() || is_several;
        Finding::new(Id::HopAddedMessage, surplus.first.last(), summary + other)
            .severity(if is_own { Severity::Note } else { Id::HopAddedMessage.severity() })
            .with(FindingField::Count, surplus.count)
            .with(FindingField::Message, number)
            .with(FindingField::Entry, entry.0)
            .with(FindingField::Exit, exit.0)
            .tentative_if(surplus.is_doubtful || is_several)
    }
}
