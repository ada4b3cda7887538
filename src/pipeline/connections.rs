//! The packets of some connections, found by reading the captures again.

use crate::analyzer::{Output, Place};
use crate::capture::{Copying, Sift};
use crate::model::{Decoded, FileId, Limits, Packet, PacketNumber, PerPeer, Stamp};
use crate::net::Net;
use crate::tls::Random;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::net::SocketAddr;

/// A packet's place: its input, and its number there.
type At = (FileId, PacketNumber);

/// The two ends of connections, the smaller one first.
type Ends = [SocketAddr; 2];

const fn at(stamp: Stamp) -> At {
    (stamp.file, stamp.packet)
}

fn ends(a: SocketAddr, b: SocketAddr) -> Ends {
    if a <= b { [a, b] } else { [b, a] }
}

/// Which connections there are, and which of them are wanted.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    /// Where connections between the same ends begin: ports are used again.
    begin: BTreeMap<Ends, BTreeSet<At>>,
    wanted: BTreeSet<At>,
    randoms: BTreeMap<At, Random>,
}

impl Connections {
    /// Notes the connection that an output is about.
    pub fn note(&mut self, output: &Output<'_>) {
        let place = match output {
            Output::Upgrade(place, _) => place,
            Output::Tls(place, facts) => {
                if let Some(random) = facts.client_random {
                    self.randoms.insert(at(place.opened), random);
                }
                place
            }
            Output::Frame(..)
            | Output::Message(..)
            | Output::Finding(_)
            | Output::Waiting(_)
            | Output::Secrets(_)
            | Output::Session(_)
            | Output::Summary(_) => return,
        };
        self.note_place(place);
    }

    /// Notes a connection.
    pub fn note_place(&mut self, place: &Place) {
        let PerPeer { client, server } = place.addresses;
        self.begin.entry(ends(client, server)).or_default().insert(at(place.opened));
    }

    /// Wants the connection that an output is about.
    pub fn want(&mut self, output: &Output<'_>) {
        if let Output::Upgrade(place, _) | Output::Tls(place, _) = output {
            self.want_place(place);
        }
    }

    /// Wants a connection.
    pub fn want_place(&mut self, place: &Place) {
        self.wanted.insert(at(place.opened));
    }

    /// How many are wanted.
    pub fn wanted(&self) -> usize {
        self.wanted.len()
    }

    /// What names the wanted ones in a TLS key log.
    pub fn randoms(&self) -> impl Iterator<Item = &Random> {
        self.wanted.iter().filter_map(|opened| self.randoms.get(opened))
    }

    /// Whether a segment between these ends, in a packet at this place, is of one that is wanted.
    fn wants(&self, ends: &Ends, place: At) -> bool {
        let begun = self.begin.get(ends).and_then(|begin| begin.range(..=place).next_back());
        begun.is_some_and(|begun| self.wanted.contains(begun))
    }

    /// Copies the packets of those that are wanted. IP fragments that do not complete a segment are left out.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn copy<W: Write>(
        &self,
        mut copying: Copying<W>,
        mut sift: Option<Box<dyn Sift>>,
        limits: &Limits,
    ) -> io::Result<u64> {
        let mut net = Net::new(limits);
        let mut wants = |packet: &Packet<'_>| {
            let mut is_ours = false;
            net.push(packet, &mut |decoded| {
                if let Decoded::Segment(segment) = decoded {
                    let ends = ends(segment.header.source, segment.header.destination);
                    is_ours |= self.wants(&ends, at(packet.stamp));
                }
            });
            // What the filter could not judge was reported when it was read first.
            is_ours && sift.as_mut().is_none_or(|sift| sift.wants(packet).unwrap_or(false))
        };
        while copying.step(&mut wants)? {}
        copying.finish()
    }
}
