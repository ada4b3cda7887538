//! The lines of a story that tell of the upgrade.

use super::row::write_margin;
use super::style::{Look, Took, cut};
use crate::model::{Escaped, Peer};
use crate::ws::{HeadPart, Outcome, Upgrade};
use std::fmt::{self, Write};

/// What became of the attempt, for the header of its story; `None` where the session began.
pub(super) fn failure(upgrade: &Upgrade) -> Option<String> {
    match upgrade.outcome {
        Outcome::Accepted | Outcome::Unseen => None,
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
    upgrade
        .request
        .whole()
        .map(|request| cut(&Escaped(request.target.as_bytes()).to_string(), 60).into_owned())
}

/// Writes what was asked and answered.
pub(super) fn write(out: &mut String, upgrade: &Upgrade, look: Look) -> fmt::Result {
    if upgrade.outcome == Outcome::Unseen {
        out.push_str("  The capture does not hold the upgrade; what follows is read without it.\n");
        if matches!(upgrade.request, HeadPart::Absent | HeadPart::Lost) {
            return Ok(());
        }
    }
    let start = upgrade.first.time;
    write_margin(out, upgrade.first, start, look)?;
    let mut line = String::new();
    match &upgrade.request {
        HeadPart::Whole(request) => {
            let head = &request.head;
            write!(line, "{} {} HTTP/1.{}", request.method, request.target, head.minor_version)?;
            for (name, title) in [("host", "Host"), ("origin", "Origin")] {
                if let Some(value) = head.value(name) {
                    write!(line, "  {title}: {}", Escaped(value))?;
                }
            }
        }
        part => describe(&mut line, part, "request")?,
    }
    write_line(out, Peer::Client, &line, look)?;

    let stamp = upgrade.response.whole().map_or(upgrade.last, |response| response.head.first);
    write_margin(out, stamp, start, look)?;
    line.clear();
    match &upgrade.response {
        HeadPart::Whole(response) => {
            write!(line, "{} {}", response.status, response.reason)?;
            if upgrade.request.whole().is_some() {
                write!(line, "  after {}", Took(response.head.last.time.since(upgrade.requested.time)))?;
            }
            if let Some(subprotocol) = response.head.value("sec-websocket-protocol") {
                write!(line, "  subprotocol {}", Escaped(subprotocol))?;
            }
            for extension in upgrade.accepted() {
                write!(line, "  {extension}")?;
            }
            for name in ["location", "server"] {
                if let Some(value) = response.head.value(name).filter(|_| response.status != 101) {
                    write!(line, "  {name}: {}", Escaped(value))?;
                }
            }
        }
        part => describe(&mut line, part, "response")?,
    }
    write_line(out, Peer::Server, &line, look)
}

fn write_line(out: &mut String, from: Peer, line: &str, look: Look) -> fmt::Result {
    let escaped = Escaped(line.as_bytes()).to_string();
    let room = look.columns().saturating_sub(super::row::MARGIN + 2);
    writeln!(out, "{} {}", look.arrow(from), cut(&escaped, room))
}

fn describe<T>(line: &mut String, part: &HeadPart<T>, what: &str) -> fmt::Result {
    match part {
        HeadPart::Absent => write!(line, "(no {what})"),
        HeadPart::Lost => write!(line, "(the {what} is not in the capture)"),
        HeadPart::Partial { received, .. } => write!(line, "({what} cut off after {received} bytes)"),
        HeadPart::Malformed { preview, fault, .. } => {
            write!(line, "(no HTTP {what}: {fault}) {}", Escaped(preview))
        }
        HeadPart::TooLarge { what: unit, limit, found, .. } => {
            write!(line, "({what} too large: {found} {unit}, at most {limit} are read)")
        }
        HeadPart::Whole(_) => Ok(()),
    }
}
