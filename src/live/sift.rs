//! Packet filters for stored captures: libpcap compiles them for the headers that each capture's packets have.

use super::error::LiveError;
use super::filter;
use crate::capture::Sift;
use crate::model::{LinkType, Packet, escape};
use pcap::{BpfProgram, Capture, Linktype};

/// A filter in the syntax of tcpdump.
pub struct PacketFilter {
    text: String,
    /// One for each kind of headers so far, or why there is none.
    programs: Vec<(LinkType, Result<BpfProgram, String>)>,
}

impl PacketFilter {
    /// Reads a filter.
    ///
    /// # Errors
    /// libpcap does not understand it.
    pub fn parse(text: &str) -> Result<Self, LiveError> {
        let reason = |error: pcap::Error| LiveError::Filter {
            filter: escape(text.as_bytes()),
            column: 0,
            reason: escape(error.to_string().as_bytes()),
        };
        let dead = Capture::dead(Linktype::ETHERNET).map_err(reason)?;
        match dead.compile(text, true) {
            Ok(_) => Ok(Self { text: text.to_owned(), programs: Vec::new() }),
            Err(error) => {
                let compiles = |other: &str| dead.compile(other, true).is_ok();
                Err(filter::wrong(text, &error.to_string(), &compiles))
            }
        }
    }

    fn compile(&self, link: LinkType) -> Result<BpfProgram, String> {
        let words = |error: pcap::Error| {
            let error = error.to_string();
            escape(error.strip_prefix("libpcap error: ").unwrap_or(&error).as_bytes())
        };
        Capture::dead(number(link)).and_then(|dead| dead.compile(&self.text, true)).map_err(words)
    }
}

impl Sift for PacketFilter {
    fn wants(&mut self, packet: &Packet<'_>) -> Result<bool, String> {
        let known = self.programs.iter().position(|(link, _)| *link == packet.link);
        let at = known.unwrap_or_else(|| {
            self.programs.push((packet.link, self.compile(packet.link)));
            self.programs.len() - 1
        });
        match self.programs.get(at) {
            Some((_, Ok(program))) => Ok(program.filter(packet.bytes)),
            Some((_, Err(reason))) => Err(reason.clone()),
            None => Ok(false),
        }
    }
}

/// libpcap's number, which depends on the system, for the number in files.
fn number(link: LinkType) -> Linktype {
    const RAW: u32 = 101;
    // DLT_RAW is 14 on OpenBSD and 12 elsewhere.
    let raw = if cfg!(target_os = "openbsd") { 14 } else { 12 };
    Linktype(if link.0 == RAW { raw } else { i32::try_from(link.0).unwrap_or(i32::MAX) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Stamp;
    use etherparse::PacketBuilder;

    fn packet(link: LinkType, bytes: &[u8]) -> Packet<'_> {
        Packet { stamp: Stamp::default(), link, wire_length: 0, bytes }
    }

    #[test]
    fn it_wants_what_tcpdump_would_whatever_the_headers() {
        let (mut raw, mut ethernet) = (Vec::new(), Vec::new());
        let ip = PacketBuilder::ipv4([10, 0, 0, 7], [10, 0, 0, 2], 64).tcp(40_000, 443, 1, 2);
        ip.write(&mut raw, b"").unwrap();
        let ip = PacketBuilder::ethernet2([0; 6], [0; 6]).ipv4([10, 0, 0, 7], [10, 0, 0, 2], 64);
        ip.tcp(40_000, 443, 1, 2).write(&mut ethernet, b"").unwrap();
        for (text, expected) in [("host 10.0.0.7", true), ("tcp port 443", true), ("host 10.0.0.8", false)] {
            let mut filter = PacketFilter::parse(text).unwrap();
            for (link, bytes) in [(LinkType(101), &raw), (LinkType(1), &ethernet)] {
                assert_eq!(filter.wants(&packet(link, bytes)), Ok(expected), "{text} on {link:?}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_said_at_once_or_with_the_first_packet() {
        let error = PacketFilter::parse("tcp prot 8080").err().unwrap().to_string();
        assert!(error.contains("tcp prot 8080\n      ^"), "{error}");
        // Link type 147 is for private use: libpcap knows no addresses in it.
        let mut filter = PacketFilter::parse("host 10.0.0.7").unwrap();
        assert!(filter.wants(&packet(LinkType(147), b"")).is_err());
    }
}
