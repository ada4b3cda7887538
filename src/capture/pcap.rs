//! The pcap format: one header, then packets, each with a header of its own.

use super::error::Damage;
use super::order::ByteOrder;
use super::record::{Fault, FilePart, PacketSpan};
use super::window::ReadWindow;
use crate::model::{LinkType, PacketNumber, Timestamp};
use pcap_parser::parse_pcap_header;
use std::io::Read;

/// Bytes of the file header.
pub(super) const HEADER: usize = 24;

/// The longest packet believed where the file's snap length allows less: tcpdump's largest snap length. Linux hands
/// over packets longer than any snap length a user would set when segmentation is offloaded.
const LONGEST: u32 = 256 << 10;

/// The longest packet believed at all.
const LIMIT: u32 = 64 << 20;

/// What a pcap file's header says about its packets.
#[derive(Debug)]
pub(super) struct Pcap {
    order: ByteOrder,
    record_header: usize,
    nanos_per_tick: i64,
    link: LinkType,
    longest: u32,
}

impl Pcap {
    /// Whether a file that begins so is a pcap file.
    pub(super) const fn detect(head: &[u8]) -> bool {
        matches!(
            head,
            [0xa1, 0xb2, 0xc3, 0xd4, ..]
                | [0xd4, 0xc3, 0xb2, 0xa1, ..]
                | [0xa1, 0xb2, 0x3c, 0x4d, ..]
                | [0x4d, 0x3c, 0xb2, 0xa1, ..]
                | [0x34, 0xcd, 0xb2, 0xa1, ..]
        )
    }

    /// Reads the file header.
    pub(super) fn open<R: Read>(window: &mut ReadWindow<R>) -> Result<Self, Fault> {
        let head = window.ahead(HEADER)?;
        let Ok((_, header)) = parse_pcap_header(head) else {
            return Err(Fault::Ends(FilePart::Header));
        };
        window.advance(HEADER);
        Ok(Self {
            order: if header.is_bigendian() { ByteOrder::Big } else { ByteOrder::Little },
            // The "modified" format of Linux 2.2 has 8 more bytes a packet.
            record_header: if header.is_modified_format() { 24 } else { 16 },
            nanos_per_tick: if header.is_nanosecond_precision() { 1 } else { 1_000 },
            // The upper bits tell the length of the frame check sequence, or nothing.
            link: LinkType(header.network.0.cast_unsigned() & 0xffff),
            longest: header.snaplen.clamp(LONGEST, LIMIT),
        })
    }

    /// The next packet, if the whole of it is in the window.
    #[inline]
    pub(super) fn at_hand<R: Read>(&self, window: &mut ReadWindow<R>) -> Option<PacketSpan> {
        let [seconds, fraction, captured, wire_length] = self.order.words(window.at_hand())?;
        if captured > self.longest {
            return None;
        }
        let length = captured as usize;
        let (start, offset) = window.take(self.record_header, length)?;
        let nanos = i64::from(seconds) * 1_000_000_000 + i64::from(fraction) * self.nanos_per_tick;
        let time = Some(Timestamp::from_nanos(nanos));
        Some(PacketSpan { start, length, offset, time, link: self.link, wire_length, interface: 0 })
    }

    /// The next packet, to become packet `number`, once all of it has come.
    pub(super) fn next<R: Read>(
        &self,
        window: &mut ReadWindow<R>,
        number: PacketNumber,
    ) -> Result<Option<PacketSpan>, Fault> {
        let head = window.ahead(self.record_header)?;
        if head.is_empty() {
            return Ok(None);
        }
        let Some([_, _, captured, _]) = self.order.words(head) else {
            return Err(Fault::Ends(FilePart::Packet));
        };
        if captured > self.longest {
            let damage = Damage::CapturedLength { packet: number, captured, longest: self.longest };
            return Err(Fault::Damaged { offset: window.offset(), damage });
        }
        window.ahead(self.record_header + captured as usize)?;
        self.at_hand(window).map(Some).ok_or(Fault::Ends(FilePart::Packet))
    }
}
