//! What `y` copies.

use super::about::session_of;
use super::action::Tab;
use super::model::{Model, SessionItem};
use super::request::{JsonSubject, ReplayRequest};
use crate::index::{Index, SessionRow, SessionState};
use crate::model::{Escaped, Peer};
use crate::replay::Fact;
use std::fmt::Write;

/// The port on which tshark expects TLS, and HTTP in it.
const HTTPS: u16 = 443;

/// What is to be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copied {
    Payload,
    Hex,
    Json,
    Filter,
}

/// Where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TextSource {
    /// It is there, but for so many bytes of the payload.
    There(String, u64),
    /// The worker has to be asked for it.
    Asked(ReplayRequest),
}

/// The text, or why there is none.
pub(super) fn copied(model: &Model, index: &Index, what: Copied) -> Result<TextSource, String> {
    match what {
        Copied::Payload | Copied::Hex => {
            let (bytes, cut) = payload(model, index)?;
            let text = match (what, std::str::from_utf8(&bytes)) {
                // Where it is pasted, a terminal may obey it.
                (Copied::Payload, Ok(text)) if !text.chars().any(is_obeyed) => text.to_owned(),
                (Copied::Payload, _) => Escaped(&bytes).to_string(),
                (Copied::Hex | Copied::Json | Copied::Filter, _) => hex::encode(&bytes),
            };
            Ok(TextSource::There(text, cut))
        }
        Copied::Json => json(model, index).map(|told| TextSource::Asked(ReplayRequest::Line(told))),
        Copied::Filter => filter(model, index).map(|filter| TextSource::There(filter, 0)),
    }
}

/// Whether it does something to a terminal other than moving on in the text.
fn is_obeyed(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t')
}

/// The payload of what is selected, and how many bytes of it are not there.
fn payload(model: &Model, index: &Index) -> Result<(Vec<u8>, u64), String> {
    let open = model.open.as_ref().ok_or("open a session and choose a frame first")?;
    let waiting = "the payload is still being read";
    match open.selected(index) {
        SessionItem::Whole | SessionItem::End(_) => Err("choose a frame first".to_owned()),
        SessionItem::Frame(place) => {
            let row = index.frames(open.session).get(place).ok_or(waiting)?;
            let read = model.payloads.frame(open.session, row.number()).ok_or(waiting)?.clone()?;
            Ok((read.plain.clone(), read.cut))
        }
        SessionItem::Message(place) => {
            let row = index.messages(open.session).get(place).ok_or(waiting)?;
            let read = model.payloads.message(open.session, row.number).ok_or(waiting)?.clone()?;
            Ok((read.plain.clone(), read.cut))
        }
    }
}

fn selected_session(model: &Model, index: &Index) -> Option<usize> {
    if let Some(open) = &model.open {
        return Some(open.session);
    }
    match model.tab {
        Tab::Findings => session_of(index.findings().get(model.findings.selected()?)?),
        Tab::Sessions | Tab::Plots => model.sessions.selected(),
    }
}

/// What of the JSON output stands for what is selected.
fn json(model: &Model, index: &Index) -> Result<JsonSubject, String> {
    let nothing = "nothing is selected";
    if let Some(open) = &model.open {
        let gone = "the row is gone";
        return Ok(JsonSubject::Fact(
            open.session,
            match open.selected(index) {
                SessionItem::Whole => Fact::Upgrade,
                // Its line says how it ended.
                SessionItem::End(_) => Fact::Session,
                SessionItem::Frame(place) => {
                    Fact::Frame(index.frames(open.session).get(place).ok_or(gone)?.number())
                }
                SessionItem::Message(place) => {
                    Fact::Message(index.messages(open.session).get(place).ok_or(gone)?.number)
                }
            },
        ));
    }
    if model.tab == Tab::Findings {
        return Ok(JsonSubject::Finding(model.findings.selected().ok_or(nothing)?));
    }
    let session = model.sessions.selected().ok_or(nothing)?;
    match index.sessions().get(session).map(|row| row.state) {
        Some(SessionState::Open) => {
            Err("the session is still open: its line is printed when it ends".to_owned())
        }
        Some(SessionState::Failed) => Ok(JsonSubject::Fact(session, Fact::Upgrade)),
        Some(SessionState::Closed { .. } | SessionState::Ended { .. }) | None => {
            Ok(JsonSubject::Fact(session, Fact::Session))
        }
    }
}

/// A display filter of Wireshark: the packets of the frame, or of the session. Of one inside TLS, the options of tshark that
/// it needs besides to find a WebSocket there.
fn filter(model: &Model, index: &Index) -> Result<String, String> {
    let session = selected_session(model, index).ok_or("nothing is selected")?;
    let filter = display_filter(model, index, session)?;
    let row = index.sessions().get(session).filter(|row| row.label.is_secure);
    Ok(row.map_or_else(|| filter.clone(), |row| options(model, row, &filter)))
}

/// What tshark is to be started with.
fn options(model: &Model, row: &SessionRow, filter: &str) -> String {
    let mut options = String::new();
    if let Some(path) = &model.key_log {
        // In a shell nothing but the quote itself ends a quoted word.
        let path = path.to_string_lossy().replace('\'', "'\\''");
        let _ = write!(options, "-o 'tls.keylog_file:{path}' ");
    }
    let port = row.addresses().server.port();
    if port != HTTPS {
        let _ = write!(options, "-d tcp.port=={port},tls ");
    }
    let _ = write!(options, "-Y '{filter}'");
    options
}

fn display_filter(model: &Model, index: &Index, session: usize) -> Result<String, String> {
    if let Some(open) = &model.open
        && let SessionItem::End(place) = open.selected(index)
        && let Some(end) = index.ends(session).get(place)
    {
        return Ok(format!("frame.number == {}", end.stamp().packet));
    }
    if let Some(open) = &model.open
        && let SessionItem::Frame(place) = open.selected(index)
        && let Some(frame) = index.frames(session).get(place)
    {
        let (first, last) = (frame.first_packet(), frame.last_packet());
        return Ok(if first == last {
            format!("frame.number == {first}")
        } else {
            format!("frame.number >= {first} && frame.number <= {last} && websocket")
        });
    }
    let row = index.sessions().get(session).ok_or("nothing is selected")?;
    let (mut filter, addresses) = (String::new(), row.addresses());
    for peer in Peer::BOTH {
        let address = addresses.of(peer);
        let family = if address.is_ipv6() { "ipv6" } else { "ip" };
        let and = if filter.is_empty() { "" } else { " && " };
        // Writing to a String cannot fail.
        let _ = write!(filter, "{and}{family}.addr == {} && tcp.port == {}", address.ip(), address.port());
    }
    Ok(filter)
}
