//! From text to steps: lines and settings here, the parts of a step in rooms of their own.

mod http2;
mod item;
mod transport;

use super::Result;
use super::step::{Action, Entry, Item, Setting, Step};
use super::words::{Words, duration};
use item::item;
use std::net::{IpAddr, SocketAddr};
use transport::transport;
use wsight::model::Peer;

/// Everything one line says.
pub fn line(text: &str) -> Result<Vec<Entry>> {
    let mut words = Words::of(text)?;
    let mut entries = Vec::new();
    while !words.done() {
        if let Some((connection, peer)) = words.next_if(marker) {
            entries.push(Entry::Step(step(&mut words, connection, peer)?));
        } else if let Some(connection) = words.next_if(|word| word.strip_suffix(':')?.parse().ok()) {
            entries.push(Entry::ConnectionSetting(connection, setting(&mut words)?));
        } else if entries.is_empty() {
            entries.push(Entry::Setting(setting(&mut words)?));
        } else {
            return Err(format!("what is {:?} doing here", words.peek().unwrap_or("a quoted string")));
        }
    }
    Ok(entries)
}

/// `C>`, `S<`, `2C>`: which connection and side.
fn marker(word: &str) -> Option<(u32, Peer)> {
    let (number, peer) = match word.strip_suffix("C>") {
        Some(number) => (number, Peer::Client),
        None => (word.strip_suffix("S<")?, Peer::Server),
    };
    Some((if number.is_empty() { 1 } else { number.parse().ok()? }, peer))
}

fn setting(words: &mut Words) -> Result<Setting> {
    let name = words.next("a setting")?;
    Ok(match name.as_str() {
        "wait" => {
            let time = words.next("a time")?;
            match time.strip_prefix('-') {
                Some(back) => Setting::Back(duration(back)?),
                None => Setting::Wait(duration(&time)?),
            }
        }
        "step" => Setting::Pace(duration(&words.next("a time")?)?),
        "client" => endpoint(Peer::Client, &words.next("an address or port")?)?,
        "server" | "port" => endpoint(Peer::Server, &words.next("an address or port")?)?,
        "no-handshake" => Setting::NoHandshake,
        "isn" => Setting::FirstSequence(words.number("a sequence number")?),
        "vlan" => {
            let mut tags = vec![words.number("a VLAN number")?];
            tags.extend(words.next_if(|word| word.parse::<u16>().ok()));
            Setting::Vlan(tags)
        }
        "ipv6" => Setting::Ipv6,
        "tap" => Setting::Tap(match words.next("a side")?.as_str() {
            "client" => Peer::Client,
            "server" => Peer::Server,
            other => return Err(format!("{other:?} is no side")),
        }),
        "snaplen" => Setting::Snaplen(words.number("a length")?),
        "packet" => Setting::Packet(words.payload()),
        "ttl" => {
            let peer = side(words)?;
            Setting::Hops(peer, words.number("a hop count")?)
        }
        "window" => {
            let peer = side(words)?;
            Setting::Window(peer, words.number("a window")?)
        }
        "skew" => {
            let peer = side(words)?;
            Setting::Skew(peer, duration(&words.next("a time")?)?)
        }
        "syn-options" => Setting::SynOptions(words.payload()),
        "drops" => Setting::Drops(words.number("a count")?),
        _ => return Err(format!("there is no setting {name:?}")),
    })
}

/// `client` or `server`.
fn side(words: &mut Words) -> Result<Peer> {
    match words.next("client or server")?.as_str() {
        "client" => Ok(Peer::Client),
        "server" => Ok(Peer::Server),
        other => Err(format!("{other} is neither client nor server")),
    }
}

fn endpoint(peer: Peer, text: &str) -> Result<Setting> {
    if let Ok(port) = text.parse() {
        return Ok(Setting::Endpoint(peer, None, Some(port)));
    }
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(Setting::Endpoint(peer, Some(address), None));
    }
    let both: SocketAddr = text.parse().map_err(|_| format!("{text} is no address, port or address:port"))?;
    Ok(Setting::Endpoint(peer, Some(both.ip()), Some(both.port())))
}

fn step(words: &mut Words, connection: u32, peer: Peer) -> Result<Step> {
    let transport = transport(words)?;
    let action = match words.peek() {
        Some("syn") => Action::Syn,
        Some("synack") => Action::SynAck,
        Some("ack") => Action::Ack,
        Some("keepalive") => Action::KeepAlive,
        Some("rst") => Action::Rst,
        Some("rst-bare") => Action::BareRst,
        Some("[") => {
            words.next("[")?;
            let mut items = vec![item(words)?];
            while !words.take("]") {
                match words.next("| or || or ]")?.as_str() {
                    "|" => {}
                    "||" => items.push(Item::Border),
                    other => return Err(format!("expected | or || or ], found {other:?}")),
                }
                items.push(item(words)?);
            }
            return Ok(Step { connection, peer, transport, action: Action::Data(items) });
        }
        _ => {
            let action = Action::Data(vec![item(words)?]);
            return Ok(Step { connection, peer, transport, action });
        }
    };
    words.next("an action")?;
    Ok(Step { connection, peer, transport, action })
}
