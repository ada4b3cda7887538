//! The words about the transport, before an action.

use crate::scenario::Result;
use crate::scenario::step::{Acks, Copies, Loss, Order, Sending, Split, Transport, With};
use crate::scenario::words::{Words, duration, number};
use std::ops::Range;

/// Reads all words that say what happens to a step's packets.
pub fn transport(words: &mut Words) -> Result<Transport> {
    let mut transport = Transport::default();
    loop {
        match words.peek() {
            Some("times") => {
                words.next("times")?;
                transport.times = words.number("a count")?;
                continue;
            }
            Some("split") => {
                words.next("split")?;
                transport.split = Split::Every(words.number("a count of bytes")?);
                continue;
            }
            Some("split-at") => {
                words.next("split-at")?;
                let places = words.next("places such as 2,5")?;
                transport.split = Split::At(places.split(',').map(number).collect::<Result<_>>()?);
                continue;
            }
            Some("order") => {
                words.next("order")?;
                let mut order = Vec::new();
                while let Some(sending) = words.next_if(sending) {
                    order.push(sending);
                }
                transport.order = Order::Given(order);
                continue;
            }
            Some("overlap-conflict") => {
                words.next("overlap-conflict")?;
                transport.again = Some(words.number("a count of bytes")?);
                continue;
            }
            Some("resend") => {
                words.next("resend")?;
                let times = words.number("a count")?;
                transport.resend = Some((times, duration(&words.next("a time")?)?));
                continue;
            }
            Some("ttl") => {
                words.next("ttl")?;
                transport.hops = Some(words.number("a hop count")?);
                continue;
            }
            Some("lose-part") => {
                words.next("lose-part")?;
                transport.loss = Loss::CapturePart(range(words)?);
                continue;
            }
            Some("vanish-part") => {
                words.next("vanish-part")?;
                transport.loss = Loss::BehindPart(range(words)?);
                continue;
            }
            Some("cut") => {
                words.next("cut")?;
                transport.snap = Some(words.number("a length")?);
                continue;
            }
            Some("early") => {
                words.next("early")?;
                transport.early = words.number("a count of packets")?;
                continue;
            }
            Some("swap") => transport.order = Order::Swapped,
            Some("retransmit") => transport.again = Some(0),
            Some("lose") => transport.loss = Loss::Capture,
            Some("drop") => transport.loss = Loss::Network,
            Some("vanish") => transport.loss = Loss::Behind,
            Some("dup") => transport.copies = Copies::Two,
            Some("damage") => transport.copies = Copies::Damaged,
            Some("on-syn") => transport.with = With::Syn,
            Some("lose-ack") => transport.acks = Acks::Lost,
            Some("sack") => transport.acks = Acks::Selective,
            Some("noack") => transport.acks = Acks::Withheld,
            Some("late") => transport.acks = Acks::Early,
            _ => return Ok(transport),
        }
        words.next("a word")?;
    }
}

/// `10..20`.
fn range(words: &mut Words) -> Result<Range<usize>> {
    let range = words.next("a range such as 10..20")?;
    let (from, to) = range.split_once("..").ok_or("a range is written 10..20")?;
    Ok(number(from)?..number(to)?)
}

/// `2`, or `2~3` for segment 2 with its last 3 bytes inverted.
fn sending(word: &str) -> Option<Sending> {
    let (segment, inverted) = word.split_once('~').unwrap_or((word, "0"));
    Some(Sending {
        segment: segment.parse::<usize>().ok()?.checked_sub(1)?,
        inverted: inverted.parse().ok()?,
    })
}
