//! What several test files need: captures as segments that can be moved about, and their analysis.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc
)]

mod skipping;

use etherparse::PacketBuilder;
pub use skipping::skip;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use wsight::analyzer::{Analyzer, Config, Output};
use wsight::capture::{Reader, Source, secrets_in};
use wsight::findings::{Certainty, Class, Finding, Severity};
use wsight::model::{
    Captured, Decoded, FileId, Flags, Limits, LinkType, Packet, SecretsBlock, Segment, Stamp,
};
use wsight::net::Net;
use wsight::tls::{KeyLog, Origin, Secrets};

/// The captures of this repository, sorted.
pub fn captures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "pcap" || ext == "pcapng"))
        .collect();
    paths.sort();
    assert!(paths.len() > 50, "the captures are there");
    paths
}

/// All files in a folder and below it, in order.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

/// The capture of this repository that is called so.
pub fn capture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures").join(name)
}

/// A line for a shell that runs `script` while `folder` has room for 8 KiB; nothing where no file system may be mounted.
pub fn on_a_small_disk(folder: &Path, script: &str) -> Option<String> {
    let line = |script: &str| {
        let folder = folder.display();
        format!(
            "unshare --user --map-root-user --mount \
             sh -c \"mount -t tmpfs -o size=8k none '{folder}' || exit; {script}\""
        )
    };
    let tried = Command::new("sh").args(["-c", &line("true")]).output().unwrap();
    if !tried.status.success() {
        skip(String::from_utf8_lossy(&tried.stderr).trim_end());
        return None;
    }
    Some(line(script))
}

/// A TCP segment that owns its bytes.
#[derive(Clone, Debug)]
pub struct OwnedSegment {
    pub stamp: Stamp,
    pub source: SocketAddr,
    pub destination: SocketAddr,
    pub sequence: u32,
    pub acknowledgment: u32,
    pub flags: Flags,
    pub payload: Vec<u8>,
    pub cut: u32,
}

impl OwnedSegment {
    fn of(segment: &Segment<'_>) -> Self {
        Self {
            stamp: segment.header.stamp,
            source: segment.header.source,
            destination: segment.header.destination,
            sequence: segment.header.sequence,
            acknowledgment: segment.header.acknowledgment,
            flags: segment.header.flags,
            payload: segment.payload.to_vec(),
            cut: segment.header.cut,
        }
    }

    /// The segment as a raw IP packet.
    pub fn to_ip(&self) -> Vec<u8> {
        let builder = match (self.source, self.destination) {
            (SocketAddr::V4(a), SocketAddr::V4(b)) => {
                PacketBuilder::ipv4(a.ip().octets(), b.ip().octets(), 64)
            }
            (SocketAddr::V6(a), SocketAddr::V6(b)) => {
                PacketBuilder::ipv6(a.ip().octets(), b.ip().octets(), 64)
            }
            _ => panic!("both ends have addresses of one kind"),
        };
        let mut tcp = builder.tcp(self.source.port(), self.destination.port(), self.sequence, 65535);
        if self.flags.ack() {
            tcp = tcp.ack(self.acknowledgment);
        }
        if self.flags.syn() {
            tcp = tcp.syn();
        }
        if self.flags.fin() {
            tcp = tcp.fin();
        }
        if self.flags.rst() {
            tcp = tcp.rst();
        }
        // The cut bytes are part of the lengths in the headers, but not of the packet.
        let mut payload = self.payload.clone();
        payload.resize(payload.len() + self.cut as usize, 0);
        let mut bytes = Vec::new();
        tcp.write(&mut bytes, &payload).unwrap();
        bytes.truncate(bytes.len() - self.cut as usize);
        bytes
    }

    /// The segment in pieces of at most `size` bytes, all with its stamp.
    pub fn split(&self, size: usize) -> Vec<Self> {
        if self.payload.len() <= size || self.flags.syn() {
            return vec![self.clone()];
        }
        let count = self.payload.len().div_ceil(size);
        self.payload
            .chunks(size)
            .enumerate()
            .map(|(index, chunk)| {
                let last = index + 1 == count;
                Self {
                    sequence: self.sequence.wrapping_add(u32::try_from(index * size).unwrap()),
                    flags: if last { self.flags } else { Flags::ACK.when(self.flags.ack()) },
                    payload: chunk.to_vec(),
                    cut: if last { self.cut } else { 0 },
                    ..*self
                }
            })
            .collect()
    }
}

/// All segments of a capture.
pub fn segments(path: &Path) -> Vec<OwnedSegment> {
    let mut reader = Reader::new(std::fs::File::open(path).unwrap(), FileId(0));
    let mut net = Net::new(&Limits::default());
    let mut segments = Vec::new();
    while let Some(captured) = reader.next().unwrap() {
        if let Captured::Packet(packet) = captured {
            add_segment(&mut net, &packet, &mut segments);
        }
    }
    segments
}

/// The segments of packets.
pub fn segments_of<'a>(packets: impl Iterator<Item = Packet<'a>>) -> Vec<OwnedSegment> {
    let mut net = Net::new(&Limits::default());
    let mut segments = Vec::new();
    packets.for_each(|packet| add_segment(&mut net, &packet, &mut segments));
    segments
}

fn add_segment(net: &mut Net, packet: &Packet<'_>, segments: &mut Vec<OwnedSegment>) {
    net.push(packet, &mut |decoded| {
        if let Decoded::Segment(segment) = decoded {
            segments.push(OwnedSegment::of(segment));
        }
    });
}

/// Neighbours swapped here and there, as captures on several queues have them.
///
/// The first packet of each side of a connection stays where it is: in front of a SYN a connection is one that the capture
/// began inside of, and what lies in front of a late start's first byte is what the capture missed.
pub fn mixed(straight: &[OwnedSegment], dice: &mut Dice) -> Vec<OwnedSegment> {
    let mut mixed = straight.to_vec();
    let mut seen = HashSet::new();
    let is_first: Vec<bool> =
        straight.iter().map(|segment| seen.insert((segment.source, segment.destination))).collect();
    let mut index = 0;
    while index + 1 < mixed.len() {
        let (a, b) = (&mixed[index], &mixed[index + 1]);
        let stays = is_first[index] || is_first[index + 1] || a.flags.syn() || b.flags.syn();
        let is_close = b.stamp.time.since(a.stamp.time).as_millis() < 50;
        if !stays && is_close && dice.roll(3) == 0 {
            mixed.swap(index, index + 1);
            index += 1;
        }
        index += 1;
    }
    mixed
}

/// What the analysis of segments says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// Every output but findings, session figures and the summary, a line each, without the numbers that depend on the
    /// order in which the two sides' packets were captured.
    pub facts: Vec<String>,
    /// Every finding, a line each, likewise.
    pub findings: Vec<String>,
    /// Findings that accuse a peer for certain.
    pub accusations: Vec<String>,
    /// Payloads of complete messages.
    pub messages: Vec<Vec<u8>>,
}

impl Story {
    /// With the lines sorted: two sides that talk at the same time may be reported in any order.
    pub fn sorted(mut self) -> Self {
        self.facts.sort();
        self.findings.sort();
        self.accusations.sort();
        self.messages.sort();
        self
    }

    fn add(&mut self, output: &Output<'_>) {
        match output {
            Output::Upgrade(place, upgrade) => {
                let outcome = upgrade.outcome.name();
                self.facts
                    .push(format!("upgrade {:?} {outcome} {:?}", place.addresses, upgrade.first.packet));
            }
            Output::Frame(place, frame) => self.facts.push(format!(
                "frame {:?} {} {:?} {:?} {:?} {} {:?} {:?}",
                place.addresses,
                frame.from,
                frame.header,
                frame.first.packet,
                frame.last.packet,
                frame.received,
                frame.end,
                frame.payload
            )),
            Output::Message(place, message) => {
                self.facts.push(format!(
                    "message {:?} {} {:?} {:?} {} {} {:?}",
                    place.addresses,
                    message.from,
                    message.first.packet,
                    message.last.packet,
                    message.length,
                    message.complete,
                    message.payload
                ));
                if message.complete {
                    self.messages.push(message.payload.to_vec());
                }
            }
            Output::Finding(finding) => {
                self.findings.push(finding_line(finding));
                let accuses = matches!(finding.class, Class::Violation | Class::Failure)
                    && finding.severity > Severity::Note;
                if accuses && finding.certainty == Certainty::Certain {
                    self.accusations.push(format!("{}: {}", finding.id, finding.summary));
                }
            }
            Output::Tls(place, facts) => self.facts.push(format!(
                "tls {:?} {:?} {} {:?}",
                place.addresses,
                facts.version,
                facts.readable.name(),
                facts.reason
            )),
            // Ends and figures, which follow from the rest, and what is only for a while.
            _ => {}
        }
    }
}

fn finding_line(finding: &Finding) -> String {
    format!("{} {} {:?} {:?}", finding.id, finding.certainty.name(), finding.from, finding.stamp.packet)
}

/// Analyzes segments in the given order.
pub fn analyze(segments: &[OwnedSegment]) -> Story {
    analyze_under(&Limits::default(), segments)
}

/// Analyzes segments in the given order, under these limits.
pub fn analyze_under(limits: &Limits, segments: &[OwnedSegment]) -> Story {
    analyze_as(Config { keep: limits.message_bytes, limits: limits.clone(), ..Config::default() }, segments)
}

/// The key logs that a capture holds.
pub fn key_logs(path: &Path) -> Vec<Vec<u8>> {
    let mut logs = Vec::new();
    secrets_in(path, &mut |log| logs.push(log.to_vec())).unwrap();
    logs
}

/// The TLS secrets that a capture holds.
pub fn secrets(path: &Path) -> Arc<Secrets> {
    let mut secrets = Secrets::default();
    secrets_in(path, &mut |bytes| {
        let mut log = KeyLog::new(Origin::Capture);
        log.push(bytes, &mut secrets);
        log.finish(&mut secrets);
    })
    .unwrap();
    Arc::new(secrets)
}

/// Analyzes segments in the given order, with what opens TLS.
pub fn analyze_with(segments: &[OwnedSegment], secrets: &Arc<Secrets>) -> Story {
    let (keep, secrets) = (Limits::default().message_bytes, Arc::clone(secrets));
    analyze_as(Config { keep, secrets, ..Config::default() }, segments)
}

/// The same, with anything else that an analysis can be asked for.
pub fn analyze_as(config: Config, segments: &[OwnedSegment]) -> Story {
    analyze_before(config, segments, &[])
}

/// The same, where these key logs come after the last segment.
pub fn analyze_before(config: Config, segments: &[OwnedSegment], logs: &[Vec<u8>]) -> Story {
    let mut analyzer = Analyzer::new(config);
    let mut story = Story::default();
    for segment in segments {
        let bytes = segment.to_ip();
        let wire_length = u32::try_from(bytes.len()).unwrap() + segment.cut;
        let packet = Packet { stamp: segment.stamp, link: LinkType(101), wire_length, bytes: &bytes };
        analyzer.push(&packet, &mut |output| story.add(output));
    }
    for log in logs {
        let secrets = SecretsBlock { log: log.clone(), stamp: Stamp::default() };
        analyzer.take(&Captured::Secrets(Box::new(secrets)), &mut |output| story.add(output));
    }
    analyzer.finish(&mut |output| story.add(output));
    story
}

/// A small generator of numbers that are the same in every run (`SplitMix64`).
pub struct Dice(pub u64);

impl Dice {
    /// The next number below `bound`.
    pub fn roll(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % bound as u64).unwrap()
    }
}
