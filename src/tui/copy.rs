//! What `y` copies.

use super::model::{Item, Model};
use crate::index::Index;
use crate::model::{Escaped, Peer};
use serde_json::json;
use std::fmt::Write;

/// What is to be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copied {
    Payload,
    Hex,
    Json,
    Filter,
}

/// The text, or why there is none.
pub(super) fn text(model: &Model, index: &Index, what: Copied) -> Result<String, String> {
    match what {
        Copied::Payload | Copied::Hex => {
            let bytes = payload(model, index)?;
            Ok(match (what, std::str::from_utf8(&bytes)) {
                (Copied::Payload, Ok(text)) => text.to_owned(),
                (Copied::Payload, Err(_)) => Escaped(&bytes).to_string(),
                _ => hex::encode(&bytes),
            })
        }
        Copied::Json => json_of(model, index),
        Copied::Filter => filter(model, index),
    }
}

fn payload(model: &Model, index: &Index) -> Result<Vec<u8>, String> {
    let open = model.open.as_ref().ok_or("open a session and choose a frame first")?;
    let waiting = "the payload is still being read";
    match open.selected() {
        Item::Whole => Err("choose a frame first".to_owned()),
        Item::Frame(place) => {
            let row = index.frames(open.session).get(place).ok_or(waiting)?;
            Ok(model.payloads.frame(open.session, row.number()).ok_or(waiting)?.clone()?.plain.clone())
        }
        Item::Message(place) => {
            let row = index.messages(open.session).get(place).ok_or(waiting)?;
            Ok(model.payloads.message(open.session, row.number).ok_or(waiting)?.clone()?.to_vec())
        }
    }
}

fn selected_session(model: &Model, index: &Index) -> Option<usize> {
    if let Some(open) = &model.open {
        return Some(open.session);
    }
    match model.tab {
        super::action::Tab::Findings => {
            let finding = model.findings.rows.get(model.findings.list.selected)?;
            super::jump::session_of(index.findings().get(*finding)?)
        }
        _ => model.sessions.selected(),
    }
}

fn json_of(model: &Model, index: &Index) -> Result<String, String> {
    let session = selected_session(model, index).ok_or("nothing is selected")?;
    let row = index.sessions().get(session).ok_or("nothing is selected")?;
    let addresses = &row.place.addresses;
    let mut value = json!({
        "type": "session", "session": row.place.session.0, "connection": row.place.connection.0,
        "client": addresses.client.to_string(), "server": addresses.server.to_string(),
    });
    if let Some(open) = &model.open
        && let Item::Frame(place) = open.selected()
        && let Some(frame) = index.frames(session).get(place)
    {
        let header = frame.header();
        value = json!({
            "type": "frame", "session": row.place.session.0, "frame": frame.number(), "from": frame.from().name(),
            "time": frame.time().to_string(), "packet": frame.first_packet().0, "last_packet": frame.last_packet().0,
            "opcode": header.opcode.to_string(), "fin": header.fin, "rsv": header.rsv,
            "masked": header.mask.is_some(), "length": header.length, "received": frame.received(),
        });
        if let (Ok(bytes), Some(object)) = (payload(model, index), value.as_object_mut()) {
            object.insert("payload_hex".to_owned(), hex::encode(bytes).into());
        }
    }
    Ok(value.to_string())
}

/// A display filter of Wireshark: the packets of the frame, or of the session.
fn filter(model: &Model, index: &Index) -> Result<String, String> {
    let session = selected_session(model, index).ok_or("nothing is selected")?;
    if let Some(open) = &model.open
        && let Item::Frame(place) = open.selected()
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
    let mut filter = String::new();
    for peer in Peer::BOTH {
        let address = row.place.addresses.of(peer);
        let family = if address.is_ipv6() { "ipv6" } else { "ip" };
        let and = if filter.is_empty() { "" } else { " && " };
        // Writing to a String cannot fail.
        let _ = write!(filter, "{and}{family}.addr == {} && tcp.port == {}", address.ip(), address.port());
    }
    Ok(filter)
}
