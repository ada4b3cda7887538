//! Inflating messages (RFC 7692 §7.2.2).

use flate2::{Decompress, FlushDecompress, Status};

/// Why a message could not be inflated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The data is not valid DEFLATE.
    Invalid,
    /// It grew beyond the cap.
    TooLarge,
}

/// One direction's decompressor.
#[derive(Debug)]
pub(super) struct Inflater {
    stream: Decompress,
    /// Inflated bytes of the current message.
    produced: u64,
    /// The latest inflated bytes, up to `filled`: at least as many of them as later ones may refer to.
    buffer: Vec<u8>,
    filled: usize,
}

/// As far back as compressed data may refer.
const WINDOW: usize = 32 << 10;

/// The buffer's size, which it grows to as needed: a window and what is inflated in one step.
const BUFFER: usize = 2 * WINDOW;

/// What a decompressor takes besides the buffer: a window of its own, and tables.
const STATE: usize = 48 << 10;

/// What a sender removes from the end of each message, and a receiver appends (RFC 7692 §7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

impl Inflater {
    /// A decompressor behind the bytes of `history`. It takes any window the peers agreed on: the largest holds the
    /// smaller ones.
    pub(super) fn new(history: &[u8]) -> Self {
        let mut stream = Decompress::new(false);
        if !history.is_empty() {
            // Without a zlib header no dictionary is a wrong one.
            let _ = stream.set_dictionary(history);
        }
        Self { stream, produced: 0, buffer: history.to_vec(), filled: history.len() }
    }

    /// Bytes of memory it takes.
    pub(super) const fn memory(&self) -> usize {
        STATE + self.buffer.len()
    }

    /// What is to be remembered between two messages, to go on with a new decompressor; `None` where the last message
    /// ended inside a block, so that this one has to go on.
    pub(super) fn rest(mut self) -> Option<Box<[u8]>> {
        // Only between blocks is this an empty last one.
        const LAST: [u8; 5] = [0x01, 0x00, 0x00, 0xff, 0xff];
        let (taken, given) = (self.stream.total_in(), self.stream.total_out());
        let status = self.stream.decompress(&LAST, &mut [0; 1], FlushDecompress::Sync).ok()?;
        let is_between = status == Status::StreamEnd
            && self.stream.total_in() - taken == LAST.len() as u64
            && self.stream.total_out() == given;
        let history = self.buffer.get(self.filled.saturating_sub(WINDOW)..self.filled)?;
        is_between.then(|| history.into())
    }

    /// Makes room behind the latest bytes.
    fn make_room(&mut self) {
        /// The first size: most messages are short.
        const FIRST: usize = 4 << 10;
        if self.filled + FIRST / 2 <= self.buffer.len() {
            return;
        }
        if self.buffer.len() < BUFFER {
            self.buffer.resize((2 * self.buffer.len()).clamp(FIRST, BUFFER), 0);
        } else {
            self.buffer.copy_within(self.filled - WINDOW..self.filled, 0);
            self.filled = WINDOW;
        }
    }

    /// Inflates the next bytes of a message, giving the result to `out` in pieces, up to `cap` bytes a message.
    pub(super) fn push(
        &mut self,
        mut bytes: &[u8],
        cap: u64,
        out: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Fault> {
        loop {
            self.make_room();
            let (taken, given) = (self.stream.total_in(), self.stream.total_out());
            let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
            let size = room.len();
            let status = self.stream.decompress(bytes, room, FlushDecompress::Sync);
            let taken = usize::try_from(self.stream.total_in() - taken).unwrap_or(usize::MAX);
            let given = usize::try_from(self.stream.total_out() - given).unwrap_or(usize::MAX);
            bytes = bytes.get(taken..).unwrap_or_default();
            self.produced += given as u64;
            if self.produced > cap {
                return Err(Fault::TooLarge);
            }
            out(self.buffer.get(self.filled..self.filled + given).unwrap_or_default());
            self.filled += given;
            if status.map_err(|_| Fault::Invalid)? == Status::StreamEnd {
                // A block with BFINAL set ends a DEFLATE stream, not the message: another may follow (§7.2.3.5).
                self.stream.reset(false);
                self.filled = 0;
                if bytes.is_empty() {
                    return Ok(());
                }
            } else if given < size && (bytes.is_empty() || (taken == 0 && given == 0)) {
                return if bytes.is_empty() { Ok(()) } else { Err(Fault::Invalid) };
            }
        }
    }

    /// The message ends.
    pub(super) fn finish(&mut self, cap: u64, out: &mut dyn FnMut(&[u8])) -> Result<(), Fault> {
        let end = self.push(&TAIL, cap, out);
        self.produced = 0;
        end
    }

    /// Forgets the context: the next message stands for itself ("no context takeover", RFC 7692 §7.1.1).
    pub(super) fn forget(&mut self) {
        self.stream.reset(false);
        (self.produced, self.filled) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inflate(inflater: &mut Inflater, bytes: &[u8], cap: u64) -> Result<Vec<u8>, Fault> {
        let mut text = Vec::new();
        inflater.push(bytes, cap, &mut |piece| text.extend_from_slice(piece))?;
        inflater.finish(cap, &mut |piece| text.extend_from_slice(piece))?;
        Ok(text)
    }

    #[test]
    fn the_rfc_examples() {
        // RFC 7692 §7.2.3.1 to §7.2.3.6.
        let mut inflater = Inflater::new(&[]);
        let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        assert_eq!(inflate(&mut inflater, &hello, 100).unwrap(), b"Hello");
        assert_eq!(inflate(&mut inflater, &[0xf2, 0x00, 0x11, 0x00, 0x00], 100).unwrap(), b"Hello");
        let stored = [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00];
        assert_eq!(inflate(&mut inflater, &stored, 100).unwrap(), b"Hello");
        let with_bfinal = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
        assert_eq!(inflate(&mut inflater, &with_bfinal, 100).unwrap(), b"Hello");
        let two_blocks = [0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00];
        assert_eq!(inflate(&mut inflater, &two_blocks, 100).unwrap(), b"Hello");
        assert_eq!(inflate(&mut inflater, &[0x00], 100).unwrap(), b"");
    }

    #[test]
    fn a_bomb_stops_at_the_cap_and_rubbish_is_named() {
        let mut deflater = flate2::Compress::new(flate2::Compression::best(), false);
        let mut bomb = Vec::with_capacity(10_000);
        deflater.compress_vec(&vec![0; 1 << 20], &mut bomb, flate2::FlushCompress::Sync).unwrap();
        assert_eq!(inflate(&mut Inflater::new(&[]), &bomb, 1000), Err(Fault::TooLarge));
        assert_eq!(inflate(&mut Inflater::new(&[]), &bomb, 1 << 20).unwrap().len(), 1 << 20);
        assert_eq!(inflate(&mut Inflater::new(&[]), &[0xff; 20], 1000), Err(Fault::Invalid));
    }

    #[test]
    fn what_comes_before_damage_counts_however_it_is_cut() {
        let mut deflater = flate2::Compress::new(flate2::Compression::best(), false);
        let mut damaged = Vec::with_capacity(1_000);
        deflater.compress_vec(&[0; 2_000], &mut damaged, flate2::FlushCompress::Sync).unwrap();
        // No block begins like this.
        damaged.extend([0xff; 4]);
        for size in [1, damaged.len()] {
            let inflated = |cap| {
                let (mut inflater, mut text) = (Inflater::new(&[]), Vec::<u8>::new());
                let mut pieces = damaged.chunks(size);
                let fault =
                    pieces.find_map(|piece| inflater.push(piece, cap, &mut |bytes| text.extend(bytes)).err());
                (fault, text.len())
            };
            assert_eq!(inflated(1_000).0, Some(Fault::TooLarge), "in pieces of {size}");
            assert_eq!(inflated(2_000), (Some(Fault::Invalid), 2_000), "in pieces of {size}");
        }
    }

    #[test]
    fn a_context_survives_rest() {
        let mut deflater = flate2::Compress::new(flate2::Compression::best(), false);
        let mut message = |text: &[u8]| {
            let mut bytes = Vec::with_capacity(2 * text.len() + 100);
            deflater.compress_vec(text, &mut bytes, flate2::FlushCompress::Sync).unwrap();
            bytes.truncate(bytes.len() - TAIL.len());
            bytes
        };
        // No byte of it repeats, so the second message is nothing but references into the first.
        let text: Vec<u8> =
            (0..7_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let (first, again) = (message(&text), message(&text));
        assert!(again.len() < text.len() / 10);
        let mut inflater = Inflater::new(&[]);
        assert_eq!(inflate(&mut inflater, &first, 1 << 20).unwrap(), text);
        let history = inflater.rest().unwrap();
        assert_eq!(history.len(), text.len());
        assert_eq!(inflate(&mut Inflater::new(&history), &again, 1 << 20).unwrap(), text);
        assert_eq!(inflate(&mut Inflater::new(&[]), &again, 1 << 20), Err(Fault::Invalid));
    }

    #[test]
    fn inside_a_block_there_is_no_rest() {
        let mut inflater = Inflater::new(&[]);
        // A block with stored bytes, of which one is missing.
        inflater.push(&[0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c], 100, &mut |_| {}).unwrap();
        assert!(inflater.rest().is_none());
    }
}
