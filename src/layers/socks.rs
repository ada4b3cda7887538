//! SOCKS 4, 4a and 5 up to the reply that opens the tunnel (RFC 1928, RFC 1929; SOCKS 4 has no RFC).

use super::Out;
use super::event::Event;
use crate::model::{
    Footprint, GapCause, HeldChunk, LayerShortage, Peer, PerPeer, SocksRefusal, Stamp, StreamEvent,
};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

/// Bytes of one side looked at: a SOCKS handshake has some hundred.
const MOST: usize = 2 << 10;

/// A SOCKS handshake under way.
#[derive(Debug, Default)]
pub(super) struct Socks {
    /// The capture has no packet of the proxy: what the client says next shows what it answered.
    is_unheard: bool,
    bytes: PerPeer<Vec<u8>>,
    held: Vec<HeldChunk>,
    held_bytes: u64,
}

/// What a SOCKS handshake leads to, with the bytes that are not part of it in the order in which they came.
#[derive(Debug)]
pub(super) enum SocksEnd {
    /// A tunnel to this `host:port`.
    Tunnel(String, Vec<HeldChunk>),
    /// The proxy opens none, as the packet with this stamp says: the connection is of no more use (RFC 1928 §6).
    Refused(RefusedRequest, Stamp),
    /// It is no SOCKS handshake, or not all of it was captured.
    Nowhere(Vec<HeldChunk>),
}

impl Socks {
    /// Takes what comes next. Returns what follows; unless that is nothing, all of `event` was taken except an end or
    /// a gap. Until the tunnel opens no more than `most` bytes are held: a client may send its first bytes before.
    pub(super) fn push(
        &mut self,
        from: Peer,
        event: &StreamEvent<'_>,
        most: u64,
        out: &mut Out<'_>,
    ) -> Option<SocksEnd> {
        let chunk = match event {
            StreamEvent::Data(chunk) => chunk,
            StreamEvent::Gap(gap) if from == Peer::Server && gap.cause == GapCause::Unseen => {
                self.is_unheard = true;
                return None;
            }
            StreamEvent::Gap(_) | StreamEvent::End(_) => return Some(self.nowhere()),
        };
        self.held.push(chunk.hold(from));
        self.held_bytes += chunk.bytes.len() as u64;
        let bytes = self.bytes.of_mut(from);
        let room = MOST.saturating_sub(bytes.len());
        bytes.extend_from_slice(chunk.split_at(room).0.bytes);
        let mut client = SocksReader::new(&self.bytes.client);
        let mut server = SocksReader::new(&self.bytes.server);
        let read = if self.is_unheard { read_client(&mut client) } else { read(&mut client, &mut server) };
        match read {
            Ok(target) => {
                let used = PerPeer { client: client.used(), server: server.used() };
                Some(SocksEnd::Tunnel(target, self.behind(used)))
            }
            Err(Stop::More) if self.held_bytes <= most && self.bytes.of(from).len() < MOST => None,
            Err(Stop::Refused(refused)) => {
                let answer = self.held.iter().rfind(|held| held.from == Peer::Server);
                Some(SocksEnd::Refused(refused, answer.map_or(chunk.stamp, |held| held.chunk().stamp)))
            }
            Err(stop) => {
                if stop == Stop::More && self.held_bytes > most {
                    out(Event::LimitReached {
                        on: None,
                        shortage: LayerShortage::EarlyBytes,
                        stamp: chunk.stamp,
                    });
                }
                Some(self.nowhere())
            }
        }
    }

    fn nowhere(&mut self) -> SocksEnd {
        SocksEnd::Nowhere(std::mem::take(&mut self.held))
    }

    /// What follows the first bytes, this many, of each side.
    fn behind(&mut self, mut used: PerPeer<usize>) -> Vec<HeldChunk> {
        let rest = std::mem::take(&mut self.held).into_iter().filter_map(|held| {
            let chunk = held.chunk();
            let skip = used.of_mut(held.from);
            let taken = chunk.bytes.len().min(*skip);
            *skip -= taken;
            match taken {
                0 => Some(held),
                _ if taken == chunk.bytes.len() => None,
                _ => Some(chunk.advance(taken).hold(held.from)),
            }
        });
        rest.collect()
    }

    /// What it takes of memory.
    pub(super) fn footprint(&self) -> Footprint {
        let held: usize = self.held.iter().map(HeldChunk::memory).sum();
        let bytes = self.bytes.client.capacity() + self.bytes.server.capacity();
        Footprint::of::<Self>().and_held(held + bytes)
    }
}

/// A handshake that is over, for whoever redacts it.
#[cfg(feature = "report")]
#[derive(Debug)]
pub(crate) struct Handshake {
    /// Bytes of each side that were it.
    pub(crate) used: PerPeer<usize>,
    /// Where in them addresses, hosts, users and passwords stand.
    pub(crate) names: PerPeer<Vec<Range<usize>>>,
}

/// The handshake that both streams begin with, if there is one and the proxy opened the tunnel, or refused to. Of a reply
/// that refuses, what follows its code is not used.
#[cfg(feature = "report")]
pub(crate) fn handshake(client: &[u8], server: &[u8]) -> Option<Handshake> {
    if !matches!(client.first(), Some(4 | 5)) {
        return None;
    }
    let (mut client, mut server) = (SocksReader::new(client), SocksReader::new(server));
    match read(&mut client, &mut server) {
        Ok(_) | Err(Stop::Refused(_)) => Some(Handshake {
            used: PerPeer { client: client.used(), server: server.used() },
            names: PerPeer { client: client.names, server: server.names },
        }),
        Err(Stop::More | Stop::Never) => None,
    }
}

/// Why reading stops.
#[derive(Debug, PartialEq, Eq)]
enum Stop {
    /// More bytes are needed.
    More,
    /// The proxy opens no tunnel.
    Refused(RefusedRequest),
    /// This is not SOCKS, or a part of it that is not read: another command, another method.
    Never,
}

/// A tunnel that the proxy does not open.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RefusedRequest {
    /// To this `host:port`; `None` if it was refused before the client asked for one.
    pub(super) target: Option<String>,
    /// What the proxy answered.
    pub(super) refusal: SocksRefusal,
}

/// Refuses a tunnel to `target`.
const fn refuse(target: Option<String>, refusal: SocksRefusal) -> Stop {
    Stop::Refused(RefusedRequest { target, refusal })
}

/// What is left of one side's bytes.
#[derive(Debug)]
struct SocksReader<'b> {
    rest: &'b [u8],
    length: usize,
    /// Where what names somebody stood.
    names: Vec<Range<usize>>,
}

impl<'b> SocksReader<'b> {
    const fn new(bytes: &'b [u8]) -> Self {
        Self { rest: bytes, length: bytes.len(), names: Vec::new() }
    }

    fn take(&mut self, count: usize) -> Result<&'b [u8], Stop> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Stop::More)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Stop> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(Stop::More)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<u8, Stop> {
        self.array().map(|[byte]| byte)
    }

    fn expect(&mut self, expected: u8) -> Result<(), Stop> {
        if self.byte()? == expected { Ok(()) } else { Err(Stop::Never) }
    }

    /// Bytes, preceded by their length.
    fn string(&mut self) -> Result<&'b [u8], Stop> {
        let length = self.byte()?;
        self.take(length.into())
    }

    /// So many bytes that name somebody.
    fn name(&mut self, length: usize) -> Result<&'b [u8], Stop> {
        let start = self.used();
        let name = self.take(length)?;
        self.names.push(start..self.used());
        Ok(name)
    }

    /// A name, preceded by its length.
    fn name_string(&mut self) -> Result<&'b [u8], Stop> {
        let length = self.byte()?;
        self.name(length.into())
    }

    /// A name up to a zero.
    fn until_zero(&mut self) -> Result<&'b [u8], Stop> {
        let length = self.rest.iter().position(|byte| *byte == 0).ok_or(Stop::More)?;
        let name = self.name(length)?;
        self.take(1)?;
        Ok(name)
    }

    /// An address of so many bytes.
    fn address<const N: usize>(&mut self) -> Result<[u8; N], Stop> {
        let bytes = self.name(N)?;
        bytes.try_into().map_err(|_| Stop::Never)
    }

    const fn used(&self) -> usize {
        self.length - self.rest.len()
    }
}

/// Reads a handshake from its beginning: up to the tunnel to this `host:port`.
fn read(client: &mut SocksReader<'_>, server: &mut SocksReader<'_>) -> Result<String, Stop> {
    match client.byte()? {
        4 => read_4(client, server),
        _ => read_5(client, server),
    }
}

/// Reads what the client says from its beginning, up to the tunnel to this `host:port`: nobody says anything behind a request
/// unless that was granted.
fn read_client(client: &mut SocksReader<'_>) -> Result<String, Stop> {
    let target = if client.byte()? == 4 {
        request_4(client)?
    } else {
        client.string()?;
        // The version of the password, or that of the request.
        if client.rest.first() == Some(&1) {
            password(client)?;
        }
        request_5(client)?
    };
    if client.rest.is_empty() { Err(Stop::More) } else { Ok(target) }
}

/// SOCKS 4, and 4a where the address is 0.0.0.x: then a name follows.
fn read_4(client: &mut SocksReader<'_>, server: &mut SocksReader<'_>) -> Result<String, Stop> {
    let target = request_4(client)?;
    server.expect(0)?;
    match server.byte()? {
        90 => {}
        code @ 91..=93 => return Err(refuse(Some(target), SocksRefusal::Result(code))),
        _ => return Err(Stop::Never),
    }
    server.array::<2>()?;
    server.address::<4>()?;
    Ok(target)
}

fn request_4(client: &mut SocksReader<'_>) -> Result<String, Stop> {
    client.expect(1)?;
    let port = u16::from_be_bytes(client.array()?);
    let has_name = matches!(client.rest, [0, 0, 0, last, ..] if *last != 0);
    let address: [u8; 4] = if has_name { client.array()? } else { client.address()? };
    client.until_zero()?;
    let host = if has_name {
        String::from_utf8_lossy(client.until_zero()?).into_owned()
    } else {
        Ipv4Addr::from(address).to_string()
    };
    Ok(format!("{host}:{port}"))
}

/// SOCKS 5: the choice of a method, perhaps a password, the request to connect (RFC 1928 §3 to §6).
fn read_5(client: &mut SocksReader<'_>, server: &mut SocksReader<'_>) -> Result<String, Stop> {
    client.string()?;
    server.expect(5)?;
    match server.byte()? {
        0 => {}
        // RFC 1929 §2.
        2 => {
            password(client)?;
            server.expect(1)?;
            match server.byte()? {
                0 => {}
                status => return Err(refuse(None, SocksRefusal::Status(status))),
            }
        }
        0xff => return Err(refuse(None, SocksRefusal::NoMethod)),
        _ => return Err(Stop::Never),
    }
    let target = request_5(client)?;
    server.expect(5)?;
    match server.byte()? {
        0 => {}
        reply => return Err(refuse(Some(target), SocksRefusal::Reply(reply))),
    }
    server.byte()?;
    address(server)?;
    Ok(target)
}

/// A name and a password (RFC 1929 §2).
fn password(client: &mut SocksReader<'_>) -> Result<(), Stop> {
    client.expect(1)?;
    client.name_string()?;
    client.name_string()?;
    Ok(())
}

/// The request to connect (RFC 1928 §4).
fn request_5(client: &mut SocksReader<'_>) -> Result<String, Stop> {
    client.expect(5)?;
    client.expect(1)?;
    client.byte()?;
    address(client)
}

/// An address and a port (RFC 1928 §5).
fn address(reader: &mut SocksReader<'_>) -> Result<String, Stop> {
    let host = match reader.byte()? {
        1 => Ipv4Addr::from(reader.address::<4>()?).to_string(),
        3 => String::from_utf8_lossy(reader.name_string()?).into_owned(),
        4 => format!("[{}]", Ipv6Addr::from(reader.address::<16>()?)),
        _ => return Err(Stop::Never),
    };
    Ok(format!("{host}:{}", u16::from_be_bytes(reader.array()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(client: &[u8], server: &[u8]) -> Result<(String, usize, usize), Stop> {
        let (mut client, mut server) = (SocksReader::new(client), SocksReader::new(server));
        read(&mut client, &mut server).map(|target| (target, client.used(), server.used()))
    }

    #[test]
    fn each_version_opens_a_tunnel_with_its_last_byte() {
        let cases: [(&[u8], &[u8], &str); 4] = [
            (b"\x04\x01\x00\x50\x0a\0\0\x02me\0", b"\0\x5a\0\0\0\0\0\0", "10.0.0.2:80"),
            (b"\x04\x01\x00\x50\0\0\0\x01me\0h.test\0", b"\0\x5a\0\0\0\0\0\0", "h.test:80"),
            (b"\x05\x01\0\x05\x01\0\x03\x06h.test\x1f\x90", b"\x05\0\x05\0\0\x01\0\0\0\0\0\0", "h.test:8080"),
            (
                b"\x05\x02\0\x02\x01\x02me\x02pw\x05\x01\0\x01\x0a\0\0\x02\0\x50",
                b"\x05\x02\x01\0\x05\0\0\x01\0\0\0\0\0\0",
                "10.0.0.2:80",
            ),
        ];
        for (client, server, target) in cases {
            assert_eq!(granted(client, server), Ok((target.to_owned(), client.len(), server.len())));
            for end in 1..client.len() {
                assert_eq!(granted(&client[..end], server), Err(Stop::More), "{target}: {end}");
            }
            for end in 0..server.len() {
                assert_eq!(granted(client, &server[..end]), Err(Stop::More), "{target}: {end}");
            }
        }
    }

    #[test]
    fn a_refusal_says_why_and_to_where() {
        let connect = b"\x05\x01\0\x05\x01\0\x01\x0a\0\0\x02\0\x50";
        let target = || Some("10.0.0.2:80".to_owned());
        let cases: [(&[u8], &[u8], Stop); 6] = [
            (b"\x04\x01\0\x50\x0a\0\0\x02\0", b"\0\x5b", refuse(target(), SocksRefusal::Result(91))),
            (b"\x05\x01\0", b"\x05\xff", refuse(None, SocksRefusal::NoMethod)),
            (b"\x05\x01\x02\x01\x01u\x01p", b"\x05\x02\x01\x07", refuse(None, SocksRefusal::Status(7))),
            (connect, b"\x05\0\x05\x05", refuse(target(), SocksRefusal::Reply(5))),
            // No code of SOCKS 4, and no byte that its reply begins with.
            (b"\x04\x01\0\x50\x0a\0\0\x02\0", b"\0\x5e", Stop::Never),
            (b"\x04\x01\0\x50\x0a\0\0\x02\0", b"\x04\x5b", Stop::Never),
        ];
        for (client, server, stop) in cases {
            assert_eq!(granted(client, server), Err(stop), "{client:x?} {server:x?}");
        }
    }
}
