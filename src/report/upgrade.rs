//! The lines of a story that tell of the upgrade.

use super::row::{MARGIN, ShownTime, write_margin};
use super::sink::Payload;
use super::style::{Look, cut};
use crate::model::{Escaped, Peer, Stamp, escape, phrase};
use crate::upgrade::{HeadPart, Outcome, OverHttp2, Request, Upgrade, Via};
use std::fmt::{self, Write};

/// What became of the attempt, for the header of its story; `None` where the session began.
pub(super) fn failure(upgrade: &Upgrade) -> Option<String> {
    match upgrade.outcome {
        Outcome::Accepted | Outcome::Unseen | Outcome::Dark => None,
        Outcome::Rejected => Some(match upgrade.response.whole() {
            Some(response) => format!("upgrade rejected with {}", response.status),
            None => "upgrade rejected".to_owned(),
        }),
        Outcome::Failed => Some("upgrade failed".to_owned()),
        Outcome::NotWebSocket => Some("no upgrade asked for".to_owned()),
    }
}

/// What was asked for, for the header.
pub(super) fn target(upgrade: &Upgrade) -> Option<String> {
    let target = upgrade.request.whole().and_then(Request::known_target)?;
    Some(cut(&Escaped(target.as_bytes()).to_string(), 60).into_owned())
}

/// What was asked, or answered, and when: one line, kept until the story is told.
#[derive(Debug)]
pub(super) struct UpgradeLine {
    stamp: Stamp,
    from: Peer,
    /// Escaped.
    text: Box<str>,
}

impl UpgradeLine {
    fn new(stamp: Stamp, from: Peer, text: &str) -> Self {
        Self { stamp, from, text: escape(text.as_bytes()).into() }
    }

    /// Its packet.
    pub(super) const fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Writes it.
    pub(super) fn write(&self, out: &mut String, clock: ShownTime, look: Look) -> fmt::Result {
        write_margin(out, self.stamp, clock, look)?;
        self.write_behind(out, MARGIN, look)
    }

    /// Writes what stands behind packet and time, which take `margin` columns.
    pub(super) fn write_behind(&self, out: &mut String, margin: usize, look: Look) -> fmt::Result {
        let room = look.columns().saturating_sub(margin + 2);
        writeln!(out, "{} {}", look.arrow(self.from), cut(&self.text, room))
    }
}

/// What pages show of it.
#[cfg(feature = "html")]
impl UpgradeLine {
    /// Who said it.
    pub(super) const fn from(&self) -> Peer {
        self.from
    }

    /// What was said, escaped.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

/// What was asked and answered; nothing where the capture holds neither. A body is payload.
pub(super) fn lines(upgrade: &Upgrade, payload: Payload) -> Result<Vec<UpgradeLine>, fmt::Error> {
    let is_unseen = |absent: bool, lost: bool| upgrade.outcome.is_unread() && (absent || lost);
    let mut lines = Vec::with_capacity(2);
    let (request, response) = (&upgrade.request, &upgrade.response);
    if !is_unseen(*request == HeadPart::Absent, *request == HeadPart::Lost) {
        lines.push(UpgradeLine::new(upgrade.first, Peer::Client, &asked(upgrade)?));
    }
    if !is_unseen(*response == HeadPart::Absent, *response == HeadPart::Lost) {
        let stamp = response.whole().map_or(upgrade.last, |response| response.head.first);
        lines.push(UpgradeLine::new(stamp, Peer::Server, &answered(upgrade)?));
        if let Some(body) = upgrade.body_text().filter(|_| payload != Payload::None) {
            let words: Vec<&str> = body.split_ascii_whitespace().collect();
            lines.push(UpgradeLine::new(stamp, Peer::Server, &format!("body: {}", words.join(" "))));
        }
    }
    Ok(lines)
}

fn asked(upgrade: &Upgrade) -> Result<String, fmt::Error> {
    let mut line = String::new();
    match &upgrade.request {
        HeadPart::Whole(request) => {
            let head = &request.head;
            let target = request.known_target().unwrap_or("(path not known)");
            write!(line, "{} {target} ", request.known_method().unwrap_or("(no method)"))?;
            match &upgrade.via {
                Via::Http1 => write!(line, "{}", head.version)?,
                Via::Http2(over) => write!(line, "HTTP/2 stream {}", over.stream)?,
            }
            for (value, title) in [(request.host(), "Host"), (head.value("origin"), "Origin")] {
                if let Some(value) = value {
                    write!(line, "  {title}: {}", Escaped(value))?;
                }
            }
            if let Some(uncertainty) = upgrade.via.http2().and_then(OverHttp2::uncertainty) {
                write!(line, "  ({uncertainty})")?;
            }
        }
        part @ (HeadPart::Absent
        | HeadPart::Partial { .. }
        | HeadPart::Malformed { .. }
        | HeadPart::TooLarge { .. }
        | HeadPart::Lost) => describe(&mut line, part, "request")?,
    }
    Ok(line)
}

fn answered(upgrade: &Upgrade) -> Result<String, fmt::Error> {
    let mut line = String::new();
    match &upgrade.response {
        HeadPart::Whole(response) => {
            write!(line, "{}", response.status)?;
            if !response.reason.is_empty() {
                write!(line, " {}", response.reason)?;
            }
            if upgrade.request.whole().is_some() {
                let took = response.head.last.time.told_since(upgrade.requested.time);
                line.push_str(&phrase("  after ", took, ""));
            }
            if let Some(subprotocol) = response.head.value("sec-websocket-protocol") {
                write!(line, "  subprotocol {}", Escaped(subprotocol))?;
            }
            for extension in upgrade.accepted() {
                write!(line, "  {extension}")?;
            }
            for name in ["location", "server"] {
                if let Some(value) = response.head.value(name).filter(|_| !upgrade.is_switched()) {
                    write!(line, "  {name}: {}", Escaped(value))?;
                }
            }
        }
        HeadPart::Partial { .. } if upgrade.outcome == Outcome::Accepted => {
            write!(line, "101  (a part of its head is not in the capture)")?;
        }
        part @ (HeadPart::Absent
        | HeadPart::Partial { .. }
        | HeadPart::Malformed { .. }
        | HeadPart::TooLarge { .. }
        | HeadPart::Lost) => describe(&mut line, part, "response")?,
    }
    Ok(line)
}

fn describe<T>(line: &mut String, part: &HeadPart<T>, what: &str) -> fmt::Result {
    match part {
        HeadPart::Absent => write!(line, "(no {what})"),
        HeadPart::Lost => write!(line, "(the {what} is not in the capture, or not all of it)"),
        HeadPart::Partial { received, .. } => write!(line, "({what} cut off after {received} bytes)"),
        HeadPart::Malformed { preview, fault, .. } => {
            write!(line, "(not an HTTP {what}: {fault}) {}", Escaped(preview))
        }
        HeadPart::TooLarge { what: unit, limit, found, .. } => {
            write!(line, "({what} too large: {found} {unit}, at most {limit} are read)")
        }
        HeadPart::Whole(_) => Ok(()),
    }
}
