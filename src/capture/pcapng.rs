//! The pcapng format: sections of blocks, each section in a byte order of its own.
//!
//! Blocks are framed here, so that a wrong length can be told from a file that ends; `pcap-parser` reads what is in
//! them. Specification: <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html>.

use super::error::Damage;
use super::interface::{InterfaceDescription, option};
use super::order::ByteOrder;
use super::record::{CaptureRecord, Fault, FilePart, PacketSpan};
use super::window::ReadWindow;
use crate::model::{PacketNumber, Timestamp};
use pcap_parser::pcapng::{Block, parse_block_be, parse_block_le};
use pcap_parser::{
    BOM_MAGIC, CB_MAGIC, DCB_MAGIC, EPB_MAGIC, IDB_MAGIC, ISB_MAGIC, OptionCode, SHB_MAGIC, SJE_MAGIC,
    SPB_MAGIC,
};
use std::io::Read;

/// The Packet Block that the Enhanced Packet Block replaced in 2009 (specification, appendix A).
pub(super) const OLD_PACKET: u32 = 2;

/// The `epb_dropcount` option: packets dropped since the interface's packet before.
const EPB_DROPCOUNT: OptionCode = OptionCode(4);

/// A Decryption Secrets Block, and the type of secrets that is a TLS key log (specification, section 4.7).
pub(super) const SECRETS: u32 = 10;
const TLS_KEY_LOG: u32 = 0x544c_534b;

/// Where the secrets begin in their block.
const SECRETS_DATA: usize = 16;

/// The smallest block is its type and its length twice; a section header has its byte order in the third word.
const SMALLEST: usize = 12;

/// The longest block believed.
const LIMIT: u32 = 64 << 20;

/// Where a packet's bytes begin in an enhanced packet block, and in an old one.
pub(super) const ENHANCED_DATA: usize = 28;

/// Where a packet's bytes begin in a simple packet block.
const SIMPLE_DATA: usize = 12;

/// What surrounds the data of a simple packet block.
const SIMPLE_FRAME: usize = SIMPLE_DATA + 4;

/// The state of the section being read.
#[derive(Debug, Default)]
pub(super) struct Pcapng {
    order: ByteOrder,
    interfaces: Vec<InterfaceDescription>,
    /// Which section it is, from 1.
    section: u32,
    /// The record that follows a report of dropped packets.
    held: Option<CaptureRecord>,
    /// What was dropped before the first packet, and on which interface: reported behind that packet, which has a number
    /// and a time.
    early: Option<(Option<String>, u64)>,
}

/// What a block says.
enum BlockContent {
    Nothing,
    /// No packet, but something that Wireshark shows in its packet list and gives a number.
    Numbered,
    Statistics {
        interface: Option<String>,
        dropped: u64,
        until: Timestamp,
    },
    Packet(PacketBlock),
    /// The text of a TLS key log.
    Secrets(Vec<u8>),
}

/// A packet of any of the three kinds, its place relative to the block.
struct PacketBlock {
    interface: u32,
    time: Option<(u32, u32)>,
    data: usize,
    captured: u32,
    wire_length: u32,
    dropped: u64,
}

impl PacketBlock {
    /// The packet, on `interface`, of a block that begins at `start` in the window and at `offset` in the file.
    fn found(&self, interface: &InterfaceDescription, start: usize, offset: u64) -> PacketSpan {
        PacketSpan {
            start: start + self.data,
            length: self.captured as usize,
            offset: offset + self.data as u64,
            time: self.time.map(|(high, low)| interface.time(high, low)),
            link: interface.link,
            wire_length: self.wire_length,
            interface: self.interface,
        }
    }
}

impl Pcapng {
    /// Whether a file that begins so is a pcapng file.
    pub(super) const fn detect(head: &[u8]) -> bool {
        matches!(head, [0x0a, 0x0d, 0x0d, 0x0a, ..])
    }

    /// Which section is being read, from 1.
    pub(super) const fn section(&self) -> u32 {
        self.section
    }

    /// What the section says about the interface with this number.
    pub(super) fn interface(&self, number: u32) -> Option<&InterfaceDescription> {
        self.interfaces.get(usize::try_from(number).ok()?)
    }

    /// The next packet, if it is in the window as a whole and comes as nearly all do: in an enhanced packet block without
    /// options.
    pub(super) fn at_hand<R: Read>(&self, window: &mut ReadWindow<R>) -> Option<PacketSpan> {
        if self.held.is_some() || self.early.is_some() {
            return None;
        }
        let bytes = window.at_hand();
        let [kind, leading, interface, high, low, captured, wire_length] = self.order.words(bytes)?;
        if kind != EPB_MAGIC || leading > LIMIT || captured > leading {
            return None;
        }
        let length = ENHANCED_DATA + (captured as usize).next_multiple_of(4) + 4;
        let [trailing] = self.order.words(bytes.get(length - 4..)?)?;
        if leading as usize != length || trailing != leading {
            return None;
        }
        let described = self.interfaces.get(interface as usize)?;
        let (start, offset) = window.take(0, length)?;
        let time = Some((high, low));
        let packet = PacketBlock { interface, time, data: ENHANCED_DATA, captured, wire_length, dropped: 0 };
        Some(packet.found(described, start, offset))
    }

    /// Whether a whole block can be read, which follows those that were taken so far; a packet would be packet `number`.
    pub(super) fn accepts(
        &mut self,
        kind: u32,
        block: &[u8],
        order: ByteOrder,
        number: PacketNumber,
    ) -> bool {
        self.order = order;
        match self.read(kind, block, number) {
            Ok(BlockContent::Packet(packet)) => self.interface(packet.interface).is_some(),
            Ok(
                BlockContent::Nothing
                | BlockContent::Numbered
                | BlockContent::Statistics { .. }
                | BlockContent::Secrets(_),
            ) => true,
            Err(_) => false,
        }
    }

    /// The next thing to tell; a packet becomes packet `number`.
    pub(super) fn next<R: Read>(
        &mut self,
        window: &mut ReadWindow<R>,
        number: PacketNumber,
    ) -> Result<Option<CaptureRecord>, Fault> {
        let record = match self.held.take() {
            Some(held) => Some(held),
            None => self.next_in(window, number)?,
        };
        // Nothing is held while a packet is given.
        if matches!(record, Some(CaptureRecord::Packet(_))) {
            self.held = self.early().map(|(interface, dropped)| CaptureRecord::Drops { interface, dropped });
        }
        Ok(record)
    }

    /// Keeps a report of dropped packets until there is a packet.
    pub(super) fn keep_for_first(&mut self, interface: Option<String>, dropped: u64) {
        self.early = Some(match self.early.take() {
            None => (interface, dropped),
            Some((other, before)) => {
                (interface.filter(|name| other.as_ref() == Some(name)), before.saturating_add(dropped))
            }
        });
    }

    /// Such a report, if there is one.
    pub(super) const fn early(&mut self) -> Option<(Option<String>, u64)> {
        self.early.take()
    }

    fn next_in<R: Read>(
        &mut self,
        window: &mut ReadWindow<R>,
        number: PacketNumber,
    ) -> Result<Option<CaptureRecord>, Fault> {
        loop {
            let offset = window.offset();
            let Some((kind, length)) = self.frame(window)? else { return Ok(None) };
            let start = window.position();
            let content = self.read(kind, window.slice(start, length), number);
            window.advance(length);
            match content.map_err(|damage| Fault::Damaged { offset, damage })? {
                BlockContent::Nothing => {}
                BlockContent::Numbered => return Ok(Some(CaptureRecord::Numbered)),
                BlockContent::Secrets(log) => return Ok(Some(CaptureRecord::Secrets(log))),
                BlockContent::Statistics { dropped: 0, until, .. } => {
                    return Ok(Some(CaptureRecord::Clock(until)));
                }
                BlockContent::Statistics { interface, dropped, until } => {
                    self.held = Some(CaptureRecord::Clock(until));
                    return Ok(Some(CaptureRecord::Drops { interface, dropped }));
                }
                BlockContent::Packet(packet) => {
                    return self
                        .packet(&packet, start, offset, number)
                        .map(Some)
                        .map_err(|damage| Fault::Damaged { offset, damage });
                }
            }
        }
    }

    /// Makes sure that a whole block is in the window, and gives its kind and length.
    fn frame<R: Read>(&mut self, window: &mut ReadWindow<R>) -> Result<Option<(u32, usize)>, Fault> {
        let offset = window.offset();
        let damaged = |damage| Fault::Damaged { offset, damage };
        let head = window.ahead(SMALLEST)?;
        if head.is_empty() {
            return Ok(None);
        }
        // The type of a section header reads the same in both orders, and every section sets its own.
        if let Some([SHB_MAGIC, _, found]) = ByteOrder::Little.words(head) {
            self.order = match found {
                BOM_MAGIC => ByteOrder::Little,
                _ if found == BOM_MAGIC.swap_bytes() => ByteOrder::Big,
                _ => return Err(damaged(Damage::ByteOrder { found: found.swap_bytes() })),
            };
        }
        let Some([kind, leading, _]) = self.order.words(head) else {
            let kind = self.order.words(head).map_or(0, |[kind]| kind);
            return Err(Fault::Ends(part(kind, offset)));
        };
        let length = leading as usize;
        if length < SMALLEST || leading > LIMIT || !leading.is_multiple_of(4) {
            return Err(damaged(Damage::BlockLength { length: leading }));
        }
        let Some(block) = window.ahead(length)?.get(..length) else {
            return Err(Fault::Ends(part(kind, offset)));
        };
        match block.get(length - 4..).and_then(|end| self.order.words(end)) {
            Some([trailing]) if trailing != leading => {
                Err(damaged(Damage::TrailingLength { leading, trailing }))
            }
            _ => Ok(Some((kind, length))),
        }
    }

    /// What the block says, where a packet would be packet `number`.
    fn read(&mut self, kind: u32, block: &[u8], number: PacketNumber) -> Result<BlockContent, Damage> {
        match kind {
            SHB_MAGIC | IDB_MAGIC | ISB_MAGIC | EPB_MAGIC | SPB_MAGIC => {}
            OLD_PACKET => return self.old_packet(block),
            SECRETS => return Ok(self.secrets(block).map_or(BlockContent::Nothing, BlockContent::Secrets)),
            CB_MAGIC | DCB_MAGIC | SJE_MAGIC => return Ok(BlockContent::Numbered),
            _ => return Ok(BlockContent::Nothing),
        }
        let parsed = match self.order {
            ByteOrder::Little => parse_block_le(block),
            ByteOrder::Big => parse_block_be(block),
        };
        match parsed {
            Err(_) => Err(Damage::Contents { block: name(kind) }),
            Ok((_, Block::SectionHeader(section))) => {
                if section.major_version != 1 {
                    let (major, minor) = (section.major_version, section.minor_version);
                    return Err(Damage::Version { major, minor });
                }
                self.interfaces.clear();
                self.section += 1;
                Ok(BlockContent::Nothing)
            }
            Ok((_, Block::InterfaceDescription(interface))) => {
                self.interfaces.push(InterfaceDescription::describe(&interface, self.order));
                Ok(BlockContent::Nothing)
            }
            Ok((_, Block::InterfaceStatistics(statistics))) => {
                let count = |code| {
                    option(&statistics.options, code).and_then(|value| self.order.long(value)).unwrap_or(0)
                };
                let total = count(OptionCode::IsbIfDrop).saturating_add(count(OptionCode::IsbOsDrop));
                // When it was written, which is when the capture ended or later: see `isb_endtime`.
                let until = option(&statistics.options, OptionCode::IsbEndTime)
                    .and_then(|value| self.order.words(value))
                    .map_or((statistics.ts_high, statistics.ts_low), |[high, low]| (high, low));
                Ok(self.statistics(statistics.if_id, total, until))
            }
            Ok((_, Block::EnhancedPacket(packet))) => {
                let dropped = option(&packet.options, EPB_DROPCOUNT).and_then(|value| self.order.long(value));
                Ok(BlockContent::Packet(PacketBlock {
                    interface: packet.if_id,
                    time: Some((packet.ts_high, packet.ts_low)),
                    data: ENHANCED_DATA,
                    captured: packet.caplen,
                    wire_length: packet.origlen,
                    dropped: dropped.unwrap_or(0),
                }))
            }
            Ok((_, Block::SimplePacket(packet))) => self
                .simple_packet(packet.origlen, block.len() - SIMPLE_FRAME, number)
                .map(BlockContent::Packet),
            Ok(_) => Ok(BlockContent::Nothing),
        }
    }

    /// Statistics of an interface that was never described help nobody, but do no harm either.
    fn statistics(&mut self, interface: u32, total: u64, (high, low): (u32, u32)) -> BlockContent {
        let interface = usize::try_from(interface).ok().and_then(|index| self.interfaces.get_mut(index));
        interface.map_or(BlockContent::Nothing, |interface| BlockContent::Statistics {
            dropped: interface.drop_total(total),
            until: interface.time(high, low),
            interface: interface.name(),
        })
    }

    /// The text of a TLS key log. What contradicts itself, and secrets of other kinds, are no reason not to read on.
    fn secrets(&self, block: &[u8]) -> Option<Vec<u8>> {
        let [_, _, kind, length] = self.order.words(block)?;
        let data = block.get(SECRETS_DATA..block.len().checked_sub(4)?)?.get(..length as usize)?;
        (kind == TLS_KEY_LOG).then(|| data.to_vec())
    }

    fn old_packet(&self, block: &[u8]) -> Result<BlockContent, Damage> {
        let contents = || Damage::Contents { block: name(OLD_PACKET) };
        let [_, _, halves, high, low, captured, wire_length] =
            self.order.words(block).ok_or_else(contents)?;
        let [interface, dropped] = self.order.halves(halves);
        if captured as usize > block.len().saturating_sub(ENHANCED_DATA + 4) {
            return Err(contents());
        }
        Ok(BlockContent::Packet(PacketBlock {
            interface,
            time: Some((high, low)),
            data: ENHANCED_DATA,
            captured,
            wire_length,
            // All ones: the writer does not know.
            dropped: if dropped == 0xffff { 0 } else { u64::from(dropped) },
        }))
    }

    /// A simple packet block does not say how much of the packet was captured: the first interface's snap length does.
    fn simple_packet(
        &self,
        wire_length: u32,
        room: usize,
        packet: PacketNumber,
    ) -> Result<PacketBlock, Damage> {
        let Some(interface) = self.interfaces.first() else {
            return Err(Damage::Interface { packet, interface: 0, described: 0 });
        };
        let snaplen = if interface.snaplen == 0 { u32::MAX } else { interface.snaplen };
        let captured = wire_length.min(snaplen);
        if captured as usize > room {
            return Err(Damage::Contents { block: name(SPB_MAGIC) });
        }
        Ok(PacketBlock { interface: 0, time: None, data: SIMPLE_DATA, captured, wire_length, dropped: 0 })
    }

    /// The packet of a block that begins at `start` in the window and at `offset` in the file or, before it, a report
    /// of the packets dropped before it.
    fn packet(
        &mut self,
        packet: &PacketBlock,
        start: usize,
        offset: u64,
        number: PacketNumber,
    ) -> Result<CaptureRecord, Damage> {
        let described = self.interfaces.len();
        let index = packet.interface as usize;
        let Some(interface) = self.interfaces.get_mut(index) else {
            return Err(Damage::Interface { packet: number, interface: packet.interface, described });
        };
        let found = packet.found(interface, start, offset);
        if packet.dropped == 0 {
            return Ok(CaptureRecord::Packet(found));
        }
        self.held = Some(CaptureRecord::Packet(found));
        Ok(CaptureRecord::Drops { interface: interface.name(), dropped: interface.drop_more(packet.dropped) })
    }
}

/// What to call a block that ends too early.
const fn part(kind: u32, offset: u64) -> FilePart {
    match kind {
        _ if offset == 0 => FilePart::Header,
        EPB_MAGIC | SPB_MAGIC | OLD_PACKET => FilePart::Packet,
        _ => FilePart::Block,
    }
}

/// The name of a block kind, for messages.
const fn name(kind: u32) -> &'static str {
    match kind {
        SHB_MAGIC => "a section header block",
        IDB_MAGIC => "an interface description block",
        ISB_MAGIC => "an interface statistics block",
        EPB_MAGIC => "an enhanced packet block",
        SPB_MAGIC => "a simple packet block",
        _ => "a packet block",
    }
}
