//! Writes seeds for the fuzz targets: what the captures hold, in the form that each target takes. `tests/fuzz/run` runs it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use wsight::capture::{Reader, Source};
use wsight::http2::PREFACE;
use wsight::model::{Captured, ConnectionId, Decoded, FileId, Limits, Peer, PerPeer, StreamEvent};
use wsight::net::Net;
use wsight::tcp::{ConnectionEvent, ConnectionTable};
use wsight::ws::FrameHeader;

/// No seed is longer.
const LONGEST: usize = 16_000;

/// Connections of a capture that become seeds.
const CONNECTIONS: usize = 4;

/// What one connection carried.
#[derive(Default)]
struct Talk {
    chunks: Vec<(Peer, Vec<u8>)>,
    streams: PerPeer<Vec<u8>>,
    /// Segments as the target `reassembly` reads them.
    segments: Vec<u8>,
    isn: PerPeer<Option<u32>>,
}

fn main() {
    let folder = std::env::args().nth(1).expect("a folder for the seeds");
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    for entry in fs::read_dir(captures).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "pcap" || ending == "pcapng") {
            let name = path.file_stem().unwrap().to_str().unwrap();
            seed(&fs::read(&path).unwrap(), &mut |target, part, bytes| {
                let folder = Path::new(&folder).join(target);
                fs::create_dir_all(&folder).unwrap();
                let bytes = &bytes[..bytes.len().min(LONGEST)];
                fs::write(folder.join(format!("{name}-{part}")), bytes).unwrap();
            });
        }
    }
}

/// Gives the seeds of a capture: for which target, which of several, and the bytes.
fn seed(file: &[u8], out: &mut dyn FnMut(&str, usize, &[u8])) {
    out("reader", 0, &[&[0x3f], file].concat());
    out("program", 0, &[&[0], file].concat());
    out("program", 1, &[&[1], file].concat());
    let (mut packets, mut log) = (Vec::new(), Vec::new());
    let mut talks: BTreeMap<ConnectionId, Talk> = BTreeMap::new();
    let mut net = Net::new(&Limits::default());
    let mut table = ConnectionTable::new(&Limits::default(), &[]);
    let mut reader = Reader::new(file, FileId(0));
    while let Ok(Some(captured)) = reader.next() {
        let packet = match captured {
            Captured::Packet(packet) => packet,
            Captured::Secrets(secrets) => {
                log.extend(&secrets.log);
                continue;
            }
            _ => continue,
        };
        if packets.is_empty() {
            packets.extend(u16::try_from(packet.link.0).unwrap().to_le_bytes());
        }
        packets.extend(u16::try_from(packet.bytes.len().min(0x3fff)).unwrap().to_le_bytes());
        packets.extend(&packet.bytes[..packet.bytes.len().min(0x3fff)]);
        net.push(&packet, &mut |decoded| {
            let Decoded::Segment(segment) = decoded else { return };
            let mut whose = None;
            table.push(segment, &mut |_, connection, event| {
                whose = Some((connection.id, connection.addresses.client == segment.header.source));
                if let ConnectionEvent::Stream { from, event: StreamEvent::Data(chunk) } = event {
                    let talk = talks.entry(connection.id).or_default();
                    talk.chunks.push((from, chunk.bytes.to_vec()));
                    talk.streams.of_mut(from).extend(chunk.bytes);
                }
            });
            let Some((id, is_client)) = whose else { return };
            let from = if is_client { Peer::Client } else { Peer::Server };
            let talk = talks.entry(id).or_default();
            let first = segment.header.sequence.wrapping_sub(u32::from(!segment.header.flags.syn()));
            let isn = *talk.isn.of_mut(from).get_or_insert(first);
            let other = talk.isn.of(!from).unwrap_or(segment.header.acknowledgment.wrapping_sub(1));
            let place = |sequence: u32, isn: u32| {
                u16::try_from(sequence.wrapping_sub(isn).wrapping_sub(1) & 0xffff).unwrap()
            };
            let mut kind = u8::from(!is_client);
            kind |= u8::from(segment.header.flags.syn()) << 1 | u8::from(!segment.header.flags.ack()) << 4;
            kind |=
                u8::from(segment.header.flags.fin()) << 5 | if segment.header.flags.rst() { 0xc0 } else { 0 };
            talk.segments.push(kind);
            talk.segments.extend(place(segment.header.sequence, isn).to_le_bytes());
            talk.segments.push(u8::try_from(segment.payload.len().min(255)).unwrap());
            talk.segments.extend(place(segment.header.acknowledgment, other).to_le_bytes());
        });
    }
    out("packets", 0, &packets);
    for (part, talk) in talks.values().filter(|talk| !talk.chunks.is_empty()).take(CONNECTIONS).enumerate() {
        talk.seed(part, &log, out);
    }
}

/// Adds frames of HTTP/2 as the target of that name reads them.
fn http2_frames(from: Peer, mut bytes: &[u8], frames: &mut Vec<u8>) {
    while let Some((&[a, b, c, kind, flags, _, _, _, stream], rest)) = bytes.split_first_chunk() {
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        let payload = &rest[..length.min(rest.len())];
        let record = u16::try_from(payload.len() + 3).unwrap() | u16::from(from == Peer::Server) << 15;
        frames.extend(record.to_le_bytes());
        frames.extend([kind, flags, stream]);
        frames.extend(payload);
        bytes = &rest[payload.len()..];
    }
}

impl Talk {
    fn seed(&self, part: usize, log: &[u8], out: &mut dyn FnMut(&str, usize, &[u8])) {
        let mut records = vec![0x10];
        for (from, bytes) in &self.chunks {
            for bytes in bytes.chunks(0x7fff) {
                let length = u16::try_from(bytes.len()).unwrap();
                records.extend((length | u16::from(*from == Peer::Server) << 15).to_le_bytes());
                records.extend(bytes);
            }
        }
        out("upgrade", part, &records);
        if let Some(client) = self.streams.client.strip_prefix(PREFACE) {
            let mut frames = vec![0x10];
            for (from, bytes) in [(Peer::Client, client), (Peer::Server, &self.streams.server)] {
                http2_frames(from, bytes, &mut frames);
            }
            out("http2", part, &frames);
        }
        if !log.is_empty() {
            let length = u16::try_from(log.len()).unwrap().to_le_bytes();
            out("tls", part, &[&[0x10, 1], &length[..], log, &records[1..]].concat());
        }
        let lengths = PerPeer::from_fn(|peer| u16::try_from(self.streams.of(peer).len()).unwrap_or(u16::MAX));
        let mut segments = vec![0, 0, 0, 0, 0];
        segments.extend([lengths.client.to_le_bytes(), lengths.server.to_le_bytes()].concat());
        segments.extend(&self.segments);
        out("reassembly", part, &segments);
        let mut messages = vec![0, 0];
        for peer in Peer::BOTH {
            let stream = self.streams.of(peer);
            let Some(head) = stream.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
            let frames = &stream[head + 4..];
            out("frames", 2 * part + usize::from(peer == Peer::Server), &[&[peer as u8, 0], frames].concat());
            compressed(frames, &mut messages);
        }
        if messages.len() > 2 {
            out("deflate", part, &messages);
        }
    }
}

/// Adds the compressed messages among `frames`, each preceded by its length.
fn compressed(mut frames: &[u8], messages: &mut Vec<u8>) {
    let mut message: Option<Vec<u8>> = None;
    while let Some(header) = FrameHeader::parse(frames) {
        let rest = &frames[header.size()..];
        let Some(payload) = usize::try_from(header.length).ok().and_then(|length| rest.get(..length)) else {
            return;
        };
        frames = &rest[payload.len()..];
        if header.opcode.is_control() {
            continue;
        }
        if header.rsv & FrameHeader::RSV1 != 0 {
            message = Some(Vec::new());
        }
        if let Some(message) = &mut message {
            let key = header.mask.unwrap_or_default();
            message.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
        }
        if header.fin
            && let Some(message) = message.take().filter(|message| message.len() <= 0xffff)
        {
            messages.extend(u16::try_from(message.len()).unwrap().to_le_bytes());
            messages.extend(message);
        }
    }
}
