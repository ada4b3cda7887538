//! What can be done to a capture without any peer having done anything else.

use super::original::Original;
use super::wire::Layout;
use crate::common::Dice;
use crate::scenario::OwnedPacket;
use std::fmt;
use wsight::model::Peer;

/// How far a packet is moved.
const FAR: usize = 20;

/// A capture of at least this many packets is altered by chance, not in every way there is.
const LONG: usize = 60;

/// As many alterations of a kind are tried on a long capture.
const SAMPLE: usize = 200;

/// By how many microseconds one side's clock is ahead.
const SKEWS: [i64; 18] = [
    -5_000_000, -2_000_000, -1_000_000, -500_000, -100_000, -20_000, -5_000, -1_500, -400, 400, 1_500, 5_000,
    20_000, 100_000, 500_000, 1_000_000, 2_000_000, 5_000_000,
];

/// The same, for captures that begin late as well.
const COMPOSED_SKEWS: [i64; 14] = [
    -5_000_000, -2_000_000, -500_000, -100_000, -20_000, -5_000, -1_000, 1_000, 5_000, 20_000, 100_000,
    500_000, 2_000_000, 5_000_000,
];

/// By up to so many packets.
const LATE: usize = 12;

/// One alteration. Packets are indices into the original.
#[derive(Clone, Debug)]
pub enum Alteration {
    /// These packets are not captured.
    Dropped(Vec<usize>),
    /// A packet is captured at another place.
    Moved {
        /// Which.
        packet: usize,
        /// The index it has then.
        to: usize,
        /// What time it has there.
        time: Time,
    },
    /// The packets of one side, of every connection, are not captured.
    DirectionRemoved(Peer),
    /// The server's packets come from a tap whose clock is ahead, and the two captures are merged by time.
    Skewed {
        /// How far it is ahead.
        microseconds: i64,
    },
    /// The same, and packets of the beginning are not captured.
    Composed {
        /// Which: the first ones, or one of a handshake.
        dropped: Vec<usize>,
        /// How far the clock of the server's packets is ahead.
        microseconds: i64,
    },
    /// Every packet is captured twice, the second time this many packets later.
    Doubled {
        /// How many packets lie between.
        behind: usize,
        /// Where the copy was taken.
        copy: Copy,
    },
    /// Before a packet a damaged copy of it is captured, which its receiver discards.
    Damaged {
        /// Which.
        packet: usize,
        /// What is wrong with it.
        damage: Damage,
        /// What the checksums of all other packets are.
        checksums: Checksums,
        /// How much later everything else comes, from the good packet on: at once, or when its sender's patience is over.
        microseconds: i64,
    },
}

/// The time of a packet that is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// That of its new place: it was captured late or early.
    Place,
    /// Its own: the file is not in the order of time.
    Own,
}

/// Where the second copy of a packet was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copy {
    /// Behind a router.
    Routed,
    /// On another interface of the same host.
    Bridged,
}

/// What is wrong with a damaged packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// This byte of its payload is inverted.
    Byte(usize),
    /// Its checksum.
    Checksum,
}

/// The checksums of the packets that are not damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksums {
    /// All right.
    Right,
    /// As captured.
    AsCaptured,
}

/// What alterations have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// One packet not captured.
    OneDropped,
    /// Two packets not captured.
    TwoDropped,
    /// One packet moved.
    Moved,
    /// One direction not captured.
    DirectionRemoved,
    /// Two clocks.
    Skewed,
    /// Two clocks, and a part of the beginning not captured.
    Composed,
    /// Every packet twice.
    Doubled,
    /// A damaged copy before a good one.
    Damaged,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::OneDropped,
        Self::TwoDropped,
        Self::Moved,
        Self::DirectionRemoved,
        Self::Skewed,
        Self::Composed,
        Self::Doubled,
        Self::Damaged,
    ];
}

impl Alteration {
    /// Of which kind it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Dropped(packets) if packets.len() == 1 => Kind::OneDropped,
            Self::Dropped(_) => Kind::TwoDropped,
            Self::Moved { .. } => Kind::Moved,
            Self::DirectionRemoved(_) => Kind::DirectionRemoved,
            Self::Skewed { .. } => Kind::Skewed,
            Self::Composed { .. } => Kind::Composed,
            Self::Doubled { .. } => Kind::Doubled,
            Self::Damaged { .. } => Kind::Damaged,
        }
    }

    /// The altered capture: packets with their indices in the original.
    pub fn apply(&self, original: &Original) -> Vec<(usize, OwnedPacket)> {
        let mut packets = match self {
            Self::Damaged { checksums: Checksums::Right, .. } => original.with_right_checksums(),
            _ => original.untouched(),
        };
        let from = |index: usize| original.segments[index].map(|sent| sent.from);
        match self {
            Self::Dropped(dropped) => packets.retain(|(index, _)| !dropped.contains(index)),
            Self::Moved { packet, to, time } => {
                let moved = packets.remove(*packet);
                packets.insert(*to, moved);
                if *time == Time::Place {
                    for ((_, packet), place) in packets.iter_mut().zip(&original.packets) {
                        packet.time_ns = place.time_ns;
                    }
                }
            }
            Self::DirectionRemoved(peer) => packets.retain(|(index, _)| from(*index) != Some(*peer)),
            Self::Skewed { microseconds } => skew(&mut packets, original, *microseconds),
            Self::Composed { dropped, microseconds } => {
                packets.retain(|(index, _)| !dropped.contains(index));
                skew(&mut packets, original, *microseconds);
            }
            Self::Doubled { behind, copy } => packets = doubled(&packets, *behind, *copy),
            Self::Damaged { packet, damage, microseconds, .. } => {
                let (index, mut damaged) = packets[*packet].clone();
                let layout = Layout::of(&damaged).unwrap();
                match damage {
                    Damage::Byte(byte) => damaged.bytes[layout.payload.start + byte] ^= 0xff,
                    Damage::Checksum => layout.break_checksum(&mut damaged.bytes),
                }
                for (_, later) in &mut packets[*packet..] {
                    later.time_ns += microseconds * 1000;
                }
                packets.insert(*packet, (index, damaged));
            }
        }
        packets
    }

    /// Alterations of `original` of this kind: all there are of a short capture, a sample of a long one, chosen by `seed`.
    pub fn all(kind: Kind, original: &Original, seed: u64) -> Vec<Self> {
        let count = original.packets.len();
        let one_of_each = |peer: &Peer| original.segments.iter().flatten().any(|sent| sent.from == *peer);
        let both = Peer::BOTH.iter().all(one_of_each);
        let mut all = match kind {
            Kind::OneDropped => (0..count).map(|packet| Self::Dropped(vec![packet])).collect(),
            Kind::TwoDropped if count >= LONG => {
                let mut dice = Dice(seed.wrapping_add(count as u64));
                let pairs = (0..SAMPLE).map(|_| [dice.roll(count), dice.roll(count)]);
                pairs.filter(|[a, b]| a != b).map(|pair| Self::Dropped(pair.to_vec())).collect()
            }
            Kind::TwoDropped => {
                let pairs = (0..count).flat_map(|a| (a + 1..count).map(move |b| vec![a, b]));
                pairs.map(Self::Dropped).collect()
            }
            Kind::Moved => (0..count)
                .flat_map(|packet| {
                    let places = packet.saturating_sub(FAR)..(packet + FAR + 1).min(count);
                    let places = places.filter(move |to| *to != packet);
                    places.flat_map(move |to| {
                        [Time::Place, Time::Own].map(|time| Self::Moved { packet, to, time })
                    })
                })
                .collect(),
            Kind::DirectionRemoved if both => Peer::BOTH.map(Self::DirectionRemoved).to_vec(),
            Kind::Skewed if both => SKEWS.map(|microseconds| Self::Skewed { microseconds }).to_vec(),
            Kind::Composed if both => {
                let late = (1..=LATE.min(count.saturating_sub(1))).map(|first| (0..first).collect());
                let is_syn = |index: &usize| original.segments[*index].is_some_and(|sent| sent.is_syn);
                let handshake = (0..count).filter(is_syn).map(|syn| vec![syn]);
                let dropped: Vec<Vec<usize>> = late.chain(handshake).collect();
                let with_skew = |dropped: Vec<usize>| {
                    COMPOSED_SKEWS
                        .map(|microseconds| Self::Composed { dropped: dropped.clone(), microseconds })
                };
                dropped.into_iter().flat_map(with_skew).collect()
            }
            Kind::DirectionRemoved | Kind::Skewed | Kind::Composed => Vec::new(),
            Kind::Doubled => [0, 1, 3]
                .into_iter()
                .flat_map(|behind| [Copy::Routed, Copy::Bridged].map(|copy| Self::Doubled { behind, copy }))
                .collect(),
            Kind::Damaged => (0..count).flat_map(|packet| damages(original, packet)).collect(),
        };
        if count >= LONG {
            thin_out(&mut all, SAMPLE, seed.wrapping_add(count as u64));
        }
        all
    }
}

/// The packets of the server come from a tap whose clock is so far ahead, and all are merged by time.
fn skew(packets: &mut [(usize, OwnedPacket)], original: &Original, microseconds: i64) {
    for (index, packet) in packets.iter_mut() {
        if original.segments[*index].is_some_and(|sent| sent.from == Peer::Server) {
            packet.time_ns += microseconds * 1000;
        }
    }
    packets.sort_by_key(|(_, packet)| packet.time_ns);
}

/// Keeps `most` of them, chosen by chance.
pub fn thin_out(alterations: &mut Vec<Alteration>, most: usize, seed: u64) {
    let mut dice = Dice(seed);
    while alterations.len() > most {
        let unlucky = dice.roll(alterations.len());
        alterations.swap_remove(unlucky);
    }
}

/// How long a sender waits for an acknowledgment before it sends again, in microseconds: Linux does not wait less than 200 ms.
const PATIENCE: i64 = 210_000;

fn damages(original: &Original, packet: usize) -> Vec<Alteration> {
    let whole = Layout::of(&original.packets[packet]).map_or(0, |layout| layout.payload.len());
    let mut bytes = vec![0, 1, whole / 2, whole.saturating_sub(1)];
    bytes.retain(|byte| *byte < whole);
    bytes.dedup();
    // Where the network card computes checksums, or drops what is damaged, a capture holds no damaged packet.
    let of_packet = Layout::of(&original.packets[packet]);
    let is_right = of_packet.is_some_and(|layout| layout.has_right_checksum(&original.packets[packet].bytes));
    let captured = is_right.then_some(Checksums::AsCaptured);
    let checksums: Vec<Checksums> = captured.into_iter().chain([Checksums::Right]).collect();
    let damages = bytes.into_iter().map(Damage::Byte);
    let damages = damages.chain(Some(Damage::Checksum).filter(|_| whole > 0));
    let all = damages.flat_map(|damage| {
        checksums.iter().flat_map(move |&checksums| {
            let later = move |microseconds| Alteration::Damaged { packet, damage, checksums, microseconds };
            [0, PATIENCE].map(later)
        })
    });
    all.collect()
}

fn doubled(packets: &[(usize, OwnedPacket)], behind: usize, copy: Copy) -> Vec<(usize, OwnedPacket)> {
    let mut doubled = Vec::new();
    for (at, (_, original)) in packets.iter().enumerate() {
        doubled.push((2 * at, packets[at].clone()));
        let mut twin = packets[at].clone();
        if let Some(layout) = Layout::of(original) {
            match copy {
                Copy::Routed => layout.route(&mut twin.1.bytes),
                Copy::Bridged => layout.bridge(&mut twin.1.bytes),
            }
        }
        let place = (at + behind).min(packets.len() - 1);
        // Captured right after the packet that it follows.
        twin.1.time_ns = twin.1.time_ns.max(packets[place].1.time_ns);
        doubled.push((2 * place + 1, twin));
    }
    doubled.sort_by_key(|(place, _)| *place);
    doubled.into_iter().map(|(_, packet)| packet).collect()
}

/// Packets are counted from 1, as people count them.
impl fmt::Display for Alteration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dropped(packets) => {
                let numbers: Vec<String> = packets.iter().map(|packet| (packet + 1).to_string()).collect();
                write!(f, "without packet {}", numbers.join(" and "))
            }
            Self::Moved { packet, to, time } => {
                let time = if *time == Time::Own { " with its time" } else { "" };
                let (packet, to) = (packet + 1, to + 1);
                write!(f, "packet {packet} moved{time} to be packet {to}")
            }
            Self::DirectionRemoved(peer) => write!(f, "without the {peer}'s packets"),
            Self::Skewed { microseconds } => {
                write!(f, "the server's clock ahead by {microseconds} µs")
            }
            Self::Composed { dropped, microseconds } => {
                let dropped = Self::Dropped(dropped.clone());
                write!(f, "{dropped}, the server's clock ahead by {microseconds} µs")
            }
            Self::Doubled { behind, copy } => {
                let copy = if *copy == Copy::Routed { "routed" } else { "bridged" };
                write!(f, "every packet again ({copy}), {behind} packets later")
            }
            Self::Damaged { packet, damage, checksums, microseconds } => {
                let what = match damage {
                    Damage::Byte(byte) => format!("byte {byte}"),
                    Damage::Checksum => "the checksum".to_owned(),
                };
                let others = if *checksums == Checksums::Right { ", checksums right" } else { "" };
                let packet = packet + 1;
                write!(f, "{what} of packet {packet} damaged {microseconds} µs before it comes whole{others}")
            }
        }
    }
}
