//! The captures to alter: those of this repository, and both sides of every scenario case.

use super::verdict::{Told, accusations};
use super::wire::Layout;
use crate::common::{OwnedSegment, captures, segments_of};
use crate::scenario::cases;
use crate::scenario::{OwnedPacket, Scenario};
use std::net::SocketAddr;
use std::path::PathBuf;
use wsight::model::Peer;

/// A capture, and what is said about it as it is.
pub struct Original {
    /// Its file's name, or the case's.
    pub name: String,
    /// The scenario, where it is one.
    pub scenario: Option<&'static str>,
    /// Its packets.
    pub packets: Vec<OwnedPacket>,
    /// Of each packet that is a TCP segment.
    pub segments: Vec<Option<Sent>>,
    /// Whom it accuses.
    pub told: Vec<Told>,
}

/// What the alterations know of a TCP segment.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// Which side of its connection sent it; the client is who was first to send.
    pub from: Peer,
    /// The two ends of the connection, the lesser one first.
    pub ends: [SocketAddr; 2],
    /// Whether it is a SYN, or the answer to one.
    pub is_syn: bool,
}

impl Original {
    fn new(name: String, scenario: Option<&'static str>, packets: Vec<OwnedPacket>) -> Self {
        let segments = sent(&packets);
        let mut original = Self { name, scenario, packets, segments, told: Vec::new() };
        original.told = accusations(&original, &original.untouched());
        original
    }

    /// Its packets as they are, each with its index.
    pub fn untouched(&self) -> Vec<(usize, OwnedPacket)> {
        self.packets.iter().cloned().enumerate().collect()
    }

    /// The same with the TCP checksum of every packet right, as a capture without offloading has it. Where nearly all of a
    /// sender's are right, the others stay wrong: those packets are damaged.
    pub fn with_right_checksums(&self) -> Vec<(usize, OwnedPacket)> {
        const NEARLY_ALL: usize = 4;
        let is_right = |index: usize| {
            let packet = &self.packets[index];
            Layout::of(packet).map(|layout| layout.has_right_checksum(&packet.bytes))
        };
        let sender = |index: usize| self.segments[index].map(|sent| sent.from);
        let offloads = Peer::BOTH.map(|peer| {
            let count = |right: bool| {
                let sent = (0..self.packets.len()).filter(|&index| sender(index) == Some(peer));
                sent.filter(|&index| is_right(index) == Some(right)).count()
            };
            count(true) < NEARLY_ALL * count(false)
        });
        let mut packets = self.untouched();
        for (index, packet) in &mut packets {
            let offloaded = Peer::BOTH.iter().zip(offloads).find(|(peer, _)| sender(*index) == Some(**peer));
            if let Some(layout) =
                Layout::of(packet).filter(|_| offloaded.is_none_or(|(_, offloads)| offloads))
            {
                layout.mend_checksum(&mut packet.bytes);
            }
        }
        packets
    }

    /// The scenario on one line, where it is one.
    pub fn text(&self) -> Option<String> {
        self.scenario.map(|text| text.trim().replace('\n', " / "))
    }
}

/// All captures: of this repository, of every scenario case, and of the folder that `ACCUSE` names.
pub fn all() -> Vec<Original> {
    let mut files: Vec<PathBuf> = captures();
    if let Some(folder) = std::env::var_os("ACCUSE") {
        let listed = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.extend(listed.filter(|path| path.extension().is_some_and(|ext| ext == "pcap")));
    }
    files.sort();
    let stored = files.iter().map(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        Original::new(name, None, OwnedPacket::all_of(path))
    });
    let played = cases::all().enumerate().flat_map(|(number, case)| {
        [("", case.faulty), (" clean", case.clean)].map(|(twin, text)| {
            let packets = Scenario::parse(text).packets().to_vec();
            Original::new(format!("case {} {}{twin}", number + 1, case.id), Some(text), packets)
        })
    });
    stored.chain(played).collect()
}

fn sent(packets: &[OwnedPacket]) -> Vec<Option<Sent>> {
    let mut clients: Vec<([SocketAddr; 2], SocketAddr)> = Vec::new();
    let mut sent = vec![None; packets.len()];
    let borrowed = (1..).zip(packets).map(|(number, packet)| packet.borrowed(number, 0));
    for segment in segments_of(borrowed) {
        let OwnedSegment { source, destination, .. } = segment;
        let ends = [source.min(destination), source.max(destination)];
        let known = clients.iter().find(|(known, _)| *known == ends).map(|(_, client)| *client);
        let client = known.unwrap_or_else(|| {
            // A SYN-ACK tells the other side.
            let client = if segment.flags.syn() && segment.flags.ack() { destination } else { source };
            clients.push((ends, client));
            client
        });
        let from = if source == client { Peer::Client } else { Peer::Server };
        let index = usize::try_from(segment.stamp.packet.0).unwrap() - 1;
        sent[index] = Some(Sent { from, ends, is_syn: segment.flags.syn() });
    }
    sent
}
