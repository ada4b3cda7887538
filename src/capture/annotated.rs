//! A copy of captures in which packets have comments, and everything else is as it was.
//!
//! Blocks of pcapng are copied byte for byte; only the options of packets that get a comment change, and the length of
//! the section, which becomes unknown; and secrets stay behind where they are to be left out. A pcap, which has no room
//! for comments, becomes pcapng. A file that ends too early, or is damaged, is copied up to there: the copy is whole.

use super::input::Input;
use super::order::ByteOrder;
use super::pcapng::{ENHANCED_DATA, OLD_PACKET, Pcapng, SECRETS};
use super::reader::Reader;
use super::source::Source;
use super::unpack::Unpacked;
use super::writer::{COMMENT, Described, SavedSecrets, Writer};
use crate::model::{Captured, FileId, PacketNumber, PacketPlace};
use pcap_parser::{BOM_MAGIC, CB_MAGIC, DCB_MAGIC, EPB_MAGIC, SHB_MAGIC, SJE_MAGIC, SPB_MAGIC};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};

/// What every comment begins with, so that those of an earlier run are known, and replaced.
pub const OWN_COMMENT: &str = "wsight: ";

/// The longest block that is looked into.
const LONGEST: usize = 64 << 20;

/// Where the options of a section's header begin.
const SECTION_OPTIONS: usize = 24;

/// Bytes that are read at once.
const PIECE: usize = 64 << 10;

/// Copies `inputs` to `out`, which should be buffered, with the comments that `comments` gives for each packet, and with
/// `remark` on the first section. What cannot be read is left out; the analysis has reported it.
///
/// # Errors
/// The copy cannot be written, or `comments` failed.
pub fn annotate(
    inputs: &[Input],
    secrets: SavedSecrets,
    mut remark: Option<&str>,
    comments: &mut dyn FnMut(PacketPlace) -> io::Result<Vec<String>>,
    mut out: impl Write,
) -> io::Result<()> {
    for (number, input) in (0..).zip(inputs) {
        let Input::File(path) = input else { continue };
        let mut of_packet = |packet| comments((FileId(number), packet));
        let Ok(file) = File::open(path) else { continue };
        let mut plain = BufReader::with_capacity(PIECE, Plain(Unpacked::new(file)));
        if plain.fill_buf().is_ok_and(Pcapng::detect) {
            let (order, number) = (ByteOrder::default(), PacketNumber::default());
            Blocks { read: plain, order, number, secrets, known: Pcapng::default() }.copy(
                &mut remark,
                &mut of_packet,
                &mut out,
            )?;
        } else if let Ok(file) = File::open(path) {
            convert(Reader::new(file, FileId(number)), remark.take(), &mut of_packet, &mut out)?;
        }
    }
    out.flush()
}

/// The bytes of a file, decompressed, up to where they are damaged.
struct Plain<R: Read>(Unpacked<R>);

impl<R: Read> Read for Plain<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        Ok(self.0.pour(out).unwrap_or(0))
    }
}

/// Gives the comments of a packet.
type OfPacket<'a> = dyn FnMut(PacketNumber) -> io::Result<Vec<String>> + 'a;

/// Writes the packets of a pcap as pcapng, up to where it is damaged: whoever analyzed it has said so.
fn convert(
    mut reader: Reader<File>,
    remark: Option<&str>,
    comments: &mut OfPacket<'_>,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut writer = Writer::remarking(out, remark)?;
    let mut interface = None;
    while let Ok(Some(captured)) = reader.next() {
        let packet = match captured {
            Captured::Packet(packet) => packet,
            // A pcap file holds nothing else.
            Captured::Drops(_) | Captured::Clock(_) | Captured::Secrets(_) | Captured::Pause => continue,
        };
        let number = if let Some(number) = interface {
            number
        } else {
            let described = Described { name: None, link: packet.link, snaplen: 0, filter: None };
            *interface.insert(writer.interface(&described)?)
        };
        writer.commented_packet(number, &packet, &comments(packet.stamp.packet)?)?;
    }
    writer.flush()
}

/// The blocks of a pcapng file.
struct Blocks<R> {
    read: R,
    order: ByteOrder,
    /// The number last given to a packet, or to what Wireshark numbers like one.
    number: PacketNumber,
    secrets: SavedSecrets,
    /// What the blocks so far say about those that follow.
    known: Pcapng,
}

impl<R: Read> Blocks<R> {
    /// Copies what can be read, and takes `remark` for the first section.
    fn copy(
        mut self,
        remark: &mut Option<&str>,
        comments: &mut OfPacket<'_>,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let mut block = Vec::new();
        while let Some(kind) = self.next(&mut block)? {
            if !self.known.accepts(kind, &block, self.order, self.number) {
                break;
            }
            match kind {
                // The length of the section is no longer what it was.
                SHB_MAGIC => {
                    if let Some(length) = block.get_mut(16..24) {
                        length.fill(0xff);
                    }
                    if let Some(remark) = remark.take() {
                        block = with_comment(&block, SECTION_OPTIONS, self.order, remark).unwrap_or(block);
                    }
                }
                EPB_MAGIC | OLD_PACKET => {
                    self.number.0 += 1;
                    if let Some(changed) = commented(&block, self.order, &comments(self.number)?) {
                        block = changed;
                    }
                }
                SECRETS if self.secrets == SavedSecrets::LeftOut => continue,
                // A simple packet has no options; the others only count.
                SPB_MAGIC | CB_MAGIC | DCB_MAGIC | SJE_MAGIC => self.number.0 += 1,
                _ => {}
            }
            out.write_all(&block)?;
        }
        Ok(())
    }

    /// Reads the next block, and gives its kind; `None` where there is no whole one.
    fn next(&mut self, block: &mut Vec<u8>) -> io::Result<Option<u32>> {
        block.clear();
        self.read.by_ref().take(12).read_to_end(block)?;
        if let Some([SHB_MAGIC, _, found]) = ByteOrder::Little.words(block) {
            self.order = if found == BOM_MAGIC { ByteOrder::Little } else { ByteOrder::Big };
        }
        let Some([kind, length, _]) = self.order.words(block) else { return Ok(None) };
        let length = length as usize;
        if !(12..=LONGEST).contains(&length) || !length.is_multiple_of(4) {
            return Ok(None);
        }
        self.read.by_ref().take(length as u64 - 12).read_to_end(block)?;
        let end = block.get(length - 4..).and_then(|end| self.order.words(end));
        Ok(end.is_some_and(|[trailing]| trailing as usize == length).then_some(kind))
    }
}

/// A block, whose options begin at `options_at`, with one more comment; `None` where that does not fit.
fn with_comment(block: &[u8], options_at: usize, order: ByteOrder, comment: &str) -> Option<Vec<u8>> {
    let end = block.len().checked_sub(4)?;
    let (fixed, options) = block.get(..end)?.split_at_checked(options_at)?;
    let mut more = order.option(COMMENT, comment.as_bytes());
    more.extend(if options.is_empty() { &[0; 4][..] } else { options });
    let length = order.word(u32::try_from(options_at + more.len() + 4).ok()?);
    let (kind, rest) = (fixed.get(..4)?, fixed.get(8..)?);
    Some([kind, &length, rest, &more, &length].concat())
}

/// A packet's block with these comments, and without those of an earlier run; `None` where it is the same.
fn commented(block: &[u8], order: ByteOrder, comments: &[String]) -> Option<Vec<u8>> {
    let [.., captured, _] = order.words::<7>(block)?;
    let options_at = ENHANCED_DATA + (captured as usize).next_multiple_of(4);
    let end = block.len().checked_sub(4)?;
    let mut rest = block.get(options_at..end)?;
    let (mut kept, mut had_own) = (Vec::new(), false);
    while let Some((&[a, b, c, d], _)) = rest.split_first_chunk::<4>() {
        let (code, length) = (order.half([a, b]), order.half([c, d]));
        if code == 0 {
            break;
        }
        let size = 4 + usize::from(length).next_multiple_of(4);
        let (option, behind) = rest.split_at_checked(size)?;
        let value = option.get(4..4 + usize::from(length))?;
        if code == COMMENT && value.starts_with(OWN_COMMENT.as_bytes()) {
            had_own = true;
        } else {
            kept.extend_from_slice(option);
        }
        rest = behind;
    }
    if comments.is_empty() && !had_own {
        return None;
    }
    for comment in comments {
        kept.extend(order.option(COMMENT, comment.as_bytes()));
    }
    if !kept.is_empty() {
        kept.extend([0; 4]);
    }
    let length = order.word(u32::try_from(options_at + kept.len() + 4).ok()?);
    let kind = block.get(..4)?;
    Some([kind, &length, block.get(8..options_at)?, &kept, &length].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// What annotating a file gives, with this comment on its second packet.
    fn annotated(bytes: &[u8], comment: Option<&str>) -> Vec<u8> {
        copied(bytes, SavedSecrets::Kept, comment)
    }

    fn copied(bytes: &[u8], secrets: SavedSecrets, comment: Option<&str>) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, bytes).unwrap();
        let mut copy = Vec::new();
        let mut comments = |(_, packet): PacketPlace| {
            let comment = comment.filter(|_| packet == PacketNumber(2));
            Ok(comment.map(|words| format!("{OWN_COMMENT}{words}")).into_iter().collect())
        };
        annotate(&[Input::File(path)], secrets, None, &mut comments, &mut copy).unwrap();
        copy
    }

    /// Two packets of one interface, with whatever stands between.
    fn capture(order: ByteOrder, own: &[u8]) -> Vec<u8> {
        let block = |kind: u32, body: &[u8]| {
            let length = order.word(u32::try_from(body.len() + 12).unwrap());
            [&order.word(kind)[..], &length, body, &length].concat()
        };
        let half = |half: u16| match order {
            ByteOrder::Little => half.to_le_bytes(),
            ByteOrder::Big => half.to_be_bytes(),
        };
        let version = [half(1), half(0)].concat();
        let packet = |options: &[u8]| {
            let words = [0, 0, 7, 3, 3].map(|word| order.word(word)).concat();
            block(EPB_MAGIC, &[&words, &[1, 2, 3, 0][..], options].concat())
        };
        let others = [order.option(COMMENT, b"by hand"), vec![0; 4]].concat();
        [
            block(SHB_MAGIC, &[&order.word(BOM_MAGIC)[..], &version, &[0xff; 8]].concat()),
            block(1, &[half(101), half(0), half(0), half(1)].concat()),
            block(10, b"TLSKsecrets.........."[..20].as_ref()),
            packet(&[]),
            block(5, &[0; 12]),
            packet(&[own, &others[..]].concat()),
            packet(&[]),
        ]
        .concat()
    }

    #[test]
    fn comments_are_added_once_and_all_else_stays() {
        for order in [ByteOrder::Little, ByteOrder::Big] {
            let plain = capture(order, &[]);
            assert_eq!(annotated(&plain, None), plain);
            let once = annotated(&plain, Some("it is wrong"));
            assert_eq!(once.len() - plain.len(), 4 + "wsight: it is wrong".len() + 1);
            assert_eq!(annotated(&once, Some("it is wrong")), once);
            assert_eq!(annotated(&once, None), plain);
            let other = annotated(&plain, Some("something else"));
            assert_eq!(annotated(&once, Some("something else")), other);
        }
    }

    #[test]
    fn secrets_are_left_out_where_nobody_wants_them_saved() {
        let has_secrets = |bytes: &[u8]| bytes.windows(4).any(|four| four == b"TLSK");
        for order in [ByteOrder::Little, ByteOrder::Big] {
            let plain = capture(order, &[]);
            let without = copied(&plain, SavedSecrets::LeftOut, None);
            assert!(has_secrets(&plain) && !has_secrets(&without));
            assert_eq!(plain.len() - without.len(), 12 + 20, "nothing else is missing");
            // Of a block that is cut in the middle of its secrets nothing remains, either.
            let at = plain.windows(4).position(|four| four == b"TLSK").unwrap();
            assert!(!has_secrets(&copied(&plain[..at + 10], SavedSecrets::LeftOut, None)));
        }
    }

    #[test]
    fn a_copy_ends_with_the_last_whole_block() {
        for order in [ByteOrder::Little, ByteOrder::Big] {
            let plain = capture(order, &[]);
            let mut begins = vec![0];
            while let Some([_, length]) =
                plain.get(begins[begins.len() - 1]..).and_then(|rest| order.words(rest))
            {
                begins.push(begins[begins.len() - 1] + length as usize);
            }
            assert_eq!((begins.len(), begins.last()), (8, Some(&plain.len())), "seven blocks");
            for cut in 4..=plain.len() {
                let whole = begins.iter().rev().find(|begin| **begin <= cut).unwrap();
                assert_eq!(annotated(&plain[..cut], None), plain[..*whole], "{cut}");
            }
            // Two lengths that contradict each other, one that is none, and an interface that nobody described.
            for (at, value) in [(begins[4] - 4, 1000), (begins[3] + 4, 33), (begins[3] + 8, 7)] {
                let mut broken = plain.clone();
                broken[at..at + 4].copy_from_slice(&order.word(value));
                assert_eq!(annotated(&broken, None), plain[..begins[3]], "{at}");
            }
        }
    }

    #[test]
    fn a_remark_stands_on_the_first_section() {
        for order in [ByteOrder::Little, ByteOrder::Big] {
            let plain = capture(order, &[]);
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a");
            fs::write(&path, [&plain[..], &plain].concat()).unwrap();
            let mut copy = Vec::new();
            let remark = Some("it was cut off");
            annotate(&[Input::File(path)], SavedSecrets::Kept, remark, &mut |_| Ok(Vec::new()), &mut copy)
                .unwrap();
            let more = [order.option(COMMENT, b"it was cut off"), vec![0; 4]].concat();
            let [section] = order.words(&plain[4..]).unwrap();
            let length = order.word(section + u32::try_from(more.len()).unwrap());
            let (head, rest) = plain.split_at(section as usize);
            let expected = [&head[..4], &length, &head[8..24], &more, &length, rest, &plain].concat();
            assert_eq!(copy, expected);
            // Options that were there stay behind it.
            let again =
                with_comment(&expected[..section as usize + more.len()], 24, order, "once more").unwrap();
            assert_eq!(again.len(), section as usize + more.len() + 4 + 12);
            assert!(again.windows(14).any(|bytes| bytes == b"it was cut off"));
        }
    }
}
