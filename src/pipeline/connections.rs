//! The packets of some connections, found by reading the captures again.

use crate::analyzer::{Output, Place};
use crate::capture::{Copying, Files, Sift, Source as _};
use crate::model::{Captured, Decoded, Endpoints, Limits, Packet, PacketPlace, PerPeer, SkipReason};
use crate::net::Net;
use crate::tls::LineOwner;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// From a packet to another one, both of them included.
pub type PacketRange = (PacketPlace, PacketPlace);

/// Which connections there are, and which of them are wanted.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    /// Where connections between the same ends begin: ports are used again.
    begin: BTreeMap<Endpoints, BTreeSet<PacketPlace>>,
    wanted: BTreeSet<PacketPlace>,
    /// What key logs call the secrets of each: a connection may have had several handshakes.
    names: BTreeMap<PacketPlace, BTreeSet<LineOwner>>,
    /// No packet is an IP fragment, as far as is known.
    is_whole: bool,
    /// Only packets from here to there are copied.
    stretch: Option<PacketRange>,
}

/// Packets that are looked at one by one: what is in them, and whether anybody wants to know.
struct Looking<'a> {
    net: Net,
    sift: Option<&'a mut (dyn Sift + 'static)>,
}

impl Connections {
    /// Notes the connection that an output is about.
    pub fn note(&mut self, output: &Output<'_>) {
        let place = match output {
            Output::Upgrade(place, _) => place,
            Output::Tls(place, facts) | Output::Dark(place, facts) => {
                self.name(place, facts.client_random.map(LineOwner::Connection));
                place
            }
            Output::Secrets(place, lines) => {
                self.name(place, lines.bytes().split(|byte| *byte == b'\n').filter_map(LineOwner::of));
                return;
            }
            Output::Frame(..)
            | Output::Message(..)
            | Output::Data(..)
            | Output::ServerName(..)
            | Output::Finding(_)
            | Output::Waiting(_)
            | Output::Counted(_)
            | Output::Session(_) => return,
            Output::Summary(summary) => {
                let is_fragment = |reason| summary.skipped.contains_key(&reason);
                self.is_whole =
                    ![SkipReason::IpFragment, SkipReason::IpFragmentDropped].into_iter().any(is_fragment);
                return;
            }
        };
        self.note_place(place);
    }

    /// Notes what names the secrets of a connection.
    fn name(&mut self, place: &Place, names: impl IntoIterator<Item = LineOwner>) {
        self.names.entry(place.opened.place()).or_default().extend(names);
    }

    /// Notes a connection.
    pub fn note_place(&mut self, place: &Place) {
        let PerPeer { client, server } = place.addresses;
        self.begin.entry(Endpoints::between(client, server)).or_default().insert(place.opened.place());
    }

    /// Wants the connection that an output is about.
    pub fn want(&mut self, output: &Output<'_>) {
        if let Output::Upgrade(place, _) | Output::Tls(place, _) = output {
            self.want_place(place);
        }
    }

    /// Wants a connection.
    pub fn want_place(&mut self, place: &Place) {
        self.wanted.insert(place.opened.place());
    }

    /// Wants only packets of this stretch.
    pub const fn within(&mut self, stretch: Option<PacketRange>) {
        self.stretch = stretch;
    }

    /// How many are wanted.
    pub fn wanted(&self) -> usize {
        self.wanted.len()
    }

    /// What names the secrets of the wanted ones in a TLS key log.
    pub fn names(&self) -> impl Iterator<Item = &LineOwner> {
        self.wanted.iter().filter_map(|opened| self.names.get(opened)).flatten()
    }

    /// Whether a segment between these ends, in a packet at this place, is of one that is wanted.
    fn wants(&self, ends: &Endpoints, place: PacketPlace) -> bool {
        let begun = self.begin.get(ends).and_then(|begin| begin.range(..=place).next_back());
        begun.is_some_and(|begun| self.wanted.contains(begun))
    }

    /// Copies the packets of those that are wanted, with all fragments of their IP datagrams. `again` opens the captures once
    /// more: which datagram a fragment belongs to may be known only from a later one. `sift` makes what else has to want
    /// them, for each reading.
    ///
    /// # Errors
    /// They cannot be written, or not be opened again.
    pub fn copy<W: Write>(
        &self,
        mut copying: Copying<W>,
        again: impl FnOnce() -> io::Result<Files>,
        sift: impl Fn() -> io::Result<Option<Box<dyn Sift>>>,
        limits: &Limits,
    ) -> io::Result<u64> {
        let fragments = if self.is_whole {
            BTreeSet::new()
        } else {
            let mut sift = sift()?;
            let looking = Looking { net: Net::new(limits), sift: sift.as_deref_mut() };
            self.fragments(&mut again()?, looking, limits)
        };
        let mut sift = sift()?;
        let mut looking = Looking { net: Net::new(limits), sift: sift.as_deref_mut() };
        let mut wants = |packet: &Packet<'_>| {
            let place = packet.stamp.place();
            self.stretch.is_none_or(|(first, last)| first <= place && place <= last)
                && (looking.has_segment(packet, self) == Some(true) || fragments.contains(&place))
        };
        while copying.step(&mut wants)? {}
        copying.finish()
    }

    /// The packets that hold a part of a segment of those that are wanted, without those that complete one.
    fn fragments(
        &self,
        files: &mut Files,
        mut looking: Looking<'_>,
        limits: &Limits,
    ) -> BTreeSet<PacketPlace> {
        /// Fragments of a datagram are at least eight bytes long (RFC 791 §3.2), and some may be captured twice.
        const MOST: usize = 2 * 65_536 / 8;
        let mut found = BTreeSet::new();
        // The packets of each unfinished datagram.
        let mut unfinished: BTreeMap<u64, Vec<PacketPlace>> = BTreeMap::new();
        loop {
            let packet = match files.next() {
                Ok(Some(Captured::Packet(packet))) => packet,
                // The analysis has reported what cannot be read.
                Ok(Some(
                    Captured::Drops(_) | Captured::Clock(_) | Captured::Secrets(_) | Captured::Pause,
                ))
                | Err(_) => continue,
                Ok(None) => return found,
            };
            let Some(is_ours) = looking.has_segment(&packet, self) else { continue };
            let datagrams = looking.net.datagrams();
            let Some(last) = datagrams.last() else { continue };
            let mut parts: Vec<PacketPlace> =
                datagrams.iter().filter_map(|number| unfinished.remove(number)).flatten().collect();
            if is_ours {
                found.extend(parts);
                continue;
            }
            if parts.len() < MOST {
                parts.push(packet.stamp.place());
            }
            unfinished.insert(*last, parts);
            if unfinished.len() as u64 > limits.fragment_datagrams {
                unfinished.pop_first();
            }
        }
    }
}

impl Looking<'_> {
    /// Whether a packet gives a segment of a connection that is wanted; `None` where the filter does not want the packet.
    fn has_segment(&mut self, packet: &Packet<'_>, connections: &Connections) -> Option<bool> {
        // What the filter could not judge was reported when it was read first.
        if self.sift.as_mut().is_some_and(|sift| !sift.wants(packet).unwrap_or(false)) {
            return None;
        }
        let mut is_ours = false;
        self.net.push(packet, &mut |decoded| {
            if let Decoded::Segment(segment) = decoded {
                let ends = Endpoints::between(segment.header.source, segment.header.destination);
                is_ours |= connections.wants(&ends, packet.stamp.place());
            }
        });
        Some(is_ours)
    }
}
