//! The stage itself: follows a packet's headers down to TCP.

use super::anatomy::{Anatomy, HeaderNotes};
use super::fragments::Fragments;
use super::next::{Fragment, NextHeader};
use super::parties::Parties;
use super::view::View;
use super::{common, ether, icmp, ip, link, ppp, segment, tunnel, wireless};
use crate::model::{Decoded, Limits, Notice, Packet, Segment, SegmentHeader, SkipReason, Stamp};
use etherparse::IpNumber;
use std::net::IpAddr;

/// Turns packets into TCP segments, looking through tunnels and putting IP fragments together.
#[derive(Debug)]
pub struct Net {
    fragments: Fragments,
}

/// Where the headers of a packet ended.
enum Innermost<'a> {
    Segment(SegmentHeader, &'a [u8]),
    Notice(Notice),
    Fragment(Fragment<'a>),
}

/// How sure it is that the bytes at hand are what they are read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Confidence {
    /// Only the link layer has been read.
    Link,
    /// There was an IP header.
    Ip,
    /// A UDP port suggested a tunnel, and anybody may use any port.
    Port,
}

/// The way down through one packet's headers.
struct Descent {
    stamp: Stamp,
    ground: Confidence,
    headers_left: u8,
}

impl Net {
    /// A stage that has seen nothing.
    pub fn new(limits: &Limits) -> Self {
        Self { fragments: Fragments::new(limits) }
    }

    /// One packet in, exactly one [`Decoded`] out, borrowed from the packet or from the datagram it completes.
    ///
    /// A packet that makes wsight let go of an older unfinished datagram counts as
    /// [`SkipReason::IpFragmentDropped`], one for each datagram, although its own bytes are kept.
    pub fn push(&mut self, packet: &Packet<'_>, out: &mut dyn FnMut(&Decoded<'_>)) {
        self.fragments.begin_packet();
        match Self::ipv4_at_once(packet).or_else(|| Self::ipv6_at_once(packet)) {
            Some((header, payload)) => out(&Decoded::Segment(Segment { header: &header, payload })),
            None => self.push_uncommon(packet, out),
        }
    }

    /// The segment, header and payload, of a packet of the shape that most have. `None` says nothing of the packet but that
    /// [`ipv6_at_once`](Self::ipv6_at_once) may know it.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the header is then written where it stays, not copied there")]
    pub(crate) fn ipv4_at_once<'a>(packet: &Packet<'a>) -> Option<(SegmentHeader, &'a [u8])> {
        common::segment_in_v4(packet)
    }

    /// The same for IPv6. `None` says nothing of the packet but that [`push_uncommon`](Self::push_uncommon) should take it.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "see `ipv4_at_once`")]
    pub(crate) fn ipv6_at_once<'a>(packet: &Packet<'a>) -> Option<(SegmentHeader, &'a [u8])> {
        common::segment_in_v6(packet)
    }

    /// [`push`](Self::push) for a packet of any shape, header by header.
    pub(crate) fn push_uncommon(&mut self, packet: &Packet<'_>, out: &mut dyn FnMut(&Decoded<'_>)) {
        let wire = usize::try_from(packet.wire_length).unwrap_or(usize::MAX);
        let descent = Descent::new(packet.stamp);
        self.decode(descent, NextHeader::Link(packet.link), View::new(packet.bytes, wire), out);
    }

    /// Where the headers of a packet stand that is a segment, or an ICMP message about one, by itself.
    pub fn anatomy(packet: &Packet<'_>) -> Option<Anatomy> {
        let wire = usize::try_from(packet.wire_length).unwrap_or(usize::MAX);
        let mut noting = HeaderNotes::new(packet.bytes, packet.link);
        let (next, view) = (NextHeader::Link(packet.link), View::new(packet.bytes, wire));
        match Descent::new(packet.stamp).follow(next, view, &mut |next, view| noting.note(next, view)) {
            Ok(Innermost::Segment(..) | Innermost::Notice(_)) => noting.found(),
            Ok(Innermost::Fragment(_)) | Err(_) => None,
        }
    }

    /// From where to where a packet goes by its innermost IP header, whatever that carries; `None` where there is none.
    pub fn addresses(packet: &Packet<'_>) -> Option<(IpAddr, IpAddr)> {
        let wire = usize::try_from(packet.wire_length).unwrap_or(usize::MAX);
        let mut parties = Parties::default();
        let (next, view) = (NextHeader::Link(packet.link), View::new(packet.bytes, wire));
        // How far the headers could be read does not matter.
        let _ = Descent::new(packet.stamp).follow(next, view, &mut |next, view| parties.note(next, view));
        parties.found()
    }

    /// The fragmented datagrams that the packet [`push`](Self::push)ed last is a part of, by numbers that are given once. Where
    /// there are several, each is inside the one before it. It completes all of them but the last, and also that one if it
    /// gave a segment.
    pub fn datagrams(&self) -> &[u64] {
        self.fragments.latest()
    }

    /// How many unfinished datagrams [`Limits::fragment_datagrams`] has cost so far.
    pub const fn datagrams_over_limit(&self) -> u64 {
        self.fragments.over_limit()
    }

    fn decode(
        &mut self,
        mut descent: Descent,
        next: NextHeader<'_>,
        view: View<'_>,
        out: &mut dyn FnMut(&Decoded<'_>),
    ) {
        match descent.follow(next, view, &mut |_, _| {}) {
            Ok(Innermost::Segment(header, payload)) => {
                out(&Decoded::Segment(Segment { header: &header, payload }));
            }
            Ok(Innermost::Notice(notice)) => out(&Decoded::Notice(notice)),
            Ok(Innermost::Fragment(fragment)) => self.put_together(descent, &fragment, out),
            Err(reason) => out(&Decoded::Skipped(descent.judge(reason))),
        }
    }

    /// Goes on inside the datagram that `fragment` completes. A datagram may hold a fragment of another one, but no
    /// more deeply than `descent` has headers left.
    fn put_together(&mut self, descent: Descent, fragment: &Fragment<'_>, out: &mut dyn FnMut(&Decoded<'_>)) {
        match self.fragments.push(fragment, descent.stamp.time) {
            Ok(datagram) => {
                let view = View::new(&datagram.bytes, datagram.bytes.len());
                self.decode(descent, NextHeader::Protocol(datagram.ip), view, out);
            }
            Err(reason) => out(&Decoded::Skipped(descent.judge(reason))),
        }
    }
}

impl Descent {
    /// Headers read of one packet: every tag, label and extension counts, and so does each announcement of the next
    /// layer. Enough for eight tunnels inside each other, and an end to packets made of nothing but tags.
    const HEADERS: u8 = 48;

    const fn new(stamp: Stamp) -> Self {
        Self { stamp, ground: Confidence::Link, headers_left: Self::HEADERS }
    }

    fn follow<'a>(
        &mut self,
        mut next: NextHeader<'a>,
        mut view: View<'a>,
        note: &mut impl FnMut(&NextHeader<'_>, &View<'_>),
    ) -> Result<Innermost<'a>, SkipReason> {
        loop {
            self.headers_left = self.headers_left.checked_sub(1).ok_or(SkipReason::NotIp)?;
            note(&next, &view);
            next = match next {
                NextHeader::Link(link) => link::decode(link, &mut view)?,
                NextHeader::Ethernet => ether::frame(&mut view)?,
                NextHeader::EtherType(ether_type) => ether::payload(ether_type, &mut view)?,
                NextHeader::Llc => ether::llc(&mut view)?,
                NextHeader::Wireless(pad) => wireless::frame(&mut view, pad)?,
                NextHeader::Ppp => ppp::decode(&mut view)?,
                NextHeader::Ipv4 => {
                    self.reach(Confidence::Ip);
                    ip::v4(&mut view)?
                }
                NextHeader::Ipv6 => {
                    self.reach(Confidence::Ip);
                    ip::v6(&mut view)?
                }
                NextHeader::Protocol(ip) => match ip.protocol {
                    IpNumber::TCP => {
                        let (header, payload) = segment::decode(&ip, view, self.stamp)?;
                        return Ok(Innermost::Segment(header, payload));
                    }
                    IpNumber::UDP => {
                        self.reach(Confidence::Port);
                        tunnel::udp(&mut view)?
                    }
                    IpNumber::ICMP | IpNumber::IPV6_ICMP => {
                        return Ok(Innermost::Notice(icmp::decode(&ip, &view, self.stamp)?));
                    }
                    IpNumber::GRE => tunnel::gre(&mut view)?,
                    _ => ip::protocol(ip, &mut view)?,
                },
                NextHeader::Fragment(fragment) => return Ok(Innermost::Fragment(fragment)),
            };
        }
    }

    /// Once on less certain ground, nothing that follows is certain.
    fn reach(&mut self, ground: Confidence) {
        if self.ground != Confidence::Port {
            self.ground = ground;
        }
    }

    /// A reason as it looks from outside: whatever a tunnel carries, the packet was IP; and what a port number
    /// suggested in vain was no fault of the sender.
    const fn judge(&self, reason: SkipReason) -> SkipReason {
        match (self.ground, reason) {
            (Confidence::Ip | Confidence::Port, SkipReason::NotIp)
            | (Confidence::Port, SkipReason::Malformed) => SkipReason::NotTcp,
            (Confidence::Link, _)
            | (
                Confidence::Ip | Confidence::Port,
                SkipReason::LinkUnsupported
                | SkipReason::LinkEncrypted
                | SkipReason::NotTcp
                | SkipReason::Quic
                | SkipReason::IpFragment
                | SkipReason::IpFragmentDropped
                | SkipReason::HeadersCut
                | SkipReason::Malformed,
            ) => reason,
        }
    }
}
