//! Inflating messages (RFC 7692 §7.2.2).

use super::event::DeflateFlaw;
use super::negotiated::DeflateSide;
use super::reach::farthest;
use flate2::{Decompress, FlushDecompress, Status};

/// Why a message could not be inflated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InflateFault {
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
    /// The last compressed bytes of the current message, the latest at the end, and how many it has.
    last: [u8; 4],
    taken: u64,
    /// It came to the end of a DEFLATE stream, and nothing after it.
    at_stream_end: bool,
    /// Each message stands for itself, as was agreed; what to do with one that does not.
    alone: Option<Box<Alone>>,
    /// The window that was agreed, as long as its sender keeps within it.
    window_bits: u8,
    /// The compressed bytes of the current message, where they may have to be looked at once more.
    sent: Sent,
    /// What was wrong with the current message so far.
    flaw: Option<DeflateFlaw>,
}

/// What it takes to inflate a message that refers to earlier ones although it must not.
#[derive(Debug, Default)]
struct Alone {
    /// The inflated bytes of earlier messages.
    context: Vec<u8>,
}

/// Compressed bytes of a message; not all of them once there are too many.
#[derive(Debug, Default)]
struct Sent {
    bytes: Vec<u8>,
    /// How many the message has.
    taken: usize,
}

impl Sent {
    /// Bytes kept of a message.
    const KEPT: usize = 64 << 10;

    fn push(&mut self, bytes: &[u8]) {
        self.taken += bytes.len();
        if self.taken <= Self::KEPT {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// All of them, if they are here.
    fn whole(&self) -> Option<&[u8]> {
        (self.taken == self.bytes.len()).then_some(&self.bytes)
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.taken = 0;
    }
}

/// What the beginning of DEFLATE data inflates to, as far as it goes: at most 256 bytes, and nothing where it is none.
pub fn inflate_beginning(bytes: &[u8]) -> Vec<u8> {
    let mut inflated = Vec::with_capacity(256);
    // Where it breaks off, what came before counts.
    let _ = Decompress::new(false).decompress_vec(bytes, &mut inflated, FlushDecompress::Sync);
    inflated
}

/// The largest window in bits, which applies if none was agreed on.
const WIDEST: u8 = 15;

/// As far back as compressed data may refer.
const WINDOW: usize = 32 << 10;

/// The buffer's size, which it grows to as needed: a window and what is inflated in one step.
const BUFFER: usize = 2 * WINDOW;

/// What a decompressor of `zlib-rs` takes besides the buffer: a window of its own, and tables. `tests/memory.rs` measures it.
const STATE: usize = 47_800;

/// What a sender removes from the end of each message, and a receiver appends (RFC 7692 §7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

impl Inflater {
    /// A decompressor that has seen the bytes of `history`, for a side that agreed on `side`. It takes any window:
    /// the largest one includes the smaller ones.
    pub(super) fn new(history: &[u8], side: DeflateSide) -> Self {
        let is_alone = !side.takeover && history.is_empty();
        Self {
            stream: behind(history),
            produced: 0,
            buffer: history.to_vec(),
            filled: history.len(),
            last: [0; 4],
            taken: 0,
            at_stream_end: false,
            alone: is_alone.then(Box::default),
            window_bits: side.window_bits,
            sent: Sent::default(),
            flaw: None,
        }
    }

    /// Bytes of memory it takes.
    pub(super) fn memory(&self) -> usize {
        let alone = self.alone.as_ref().map_or(0, |alone| alone.context.capacity());
        STATE + self.buffer.len() + alone + self.sent.bytes.capacity()
    }

    /// Whether each message stands for itself, so that there is nothing to remember.
    pub(super) const fn is_alone(&self) -> bool {
        self.alone.is_some()
    }

    /// What is to be remembered between two messages, to continue with a new decompressor; `None` where the last
    /// message ended inside a block, so that this one has to continue.
    pub(super) fn rest(mut self) -> Option<Box<[u8]>> {
        self.is_between_blocks().then(|| self.history().into())
    }

    /// Whether a block may begin here. The stream is of no use afterwards.
    fn is_between_blocks(&mut self) -> bool {
        // Only between blocks is this an empty last one.
        const LAST: [u8; 5] = [0x01, 0x00, 0x00, 0xff, 0xff];
        let (taken, given) = (self.stream.total_in(), self.stream.total_out());
        let status = self.stream.decompress(&LAST, &mut [0; 1], FlushDecompress::Sync);
        status.is_ok_and(|status| status == Status::StreamEnd)
            && self.stream.total_in() - taken == LAST.len() as u64
            && self.stream.total_out() == given
    }

    /// As many of the latest inflated bytes as may be referred to.
    fn history(&self) -> &[u8] {
        self.buffer.get(self.filled.saturating_sub(WINDOW)..self.filled).unwrap_or_default()
    }

    /// Makes room after the latest bytes.
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
        bytes: &[u8],
        cap: u64,
        out: &mut dyn FnMut(&[u8]),
    ) -> Result<(), InflateFault> {
        self.taken += bytes.len() as u64;
        if let Some(last) = bytes.last_chunk() {
            self.last = *last;
        } else {
            self.last.rotate_left(bytes.len());
            if let Some(place) = self.last.get_mut(4 - bytes.len()..) {
                place.copy_from_slice(bytes);
            }
        }
        self.take(bytes, cap, out)
    }

    /// Inflates compressed bytes, with earlier messages if that is what they need.
    fn take(&mut self, bytes: &[u8], cap: u64, out: &mut dyn FnMut(&[u8])) -> Result<(), InflateFault> {
        if self.alone.is_some() || self.window_bits < WIDEST {
            self.sent.push(bytes);
        }
        match self.inflate(bytes, cap, out) {
            Err(InflateFault::Invalid) => self.inflate_again(cap, out),
            inflated => inflated,
        }
    }

    /// The message does not stand for itself: perhaps its sender has kept what it had to forget. From here on it is
    /// taken to keep it, unless this message breaks all the same.
    fn inflate_again(&mut self, cap: u64, out: &mut dyn FnMut(&[u8])) -> Result<(), InflateFault> {
        let Some(alone) = self.alone.take() else { return Err(InflateFault::Invalid) };
        let Some(sent) = self.sent.whole().filter(|_| !alone.context.is_empty()) else {
            self.alone = Some(alone);
            return Err(InflateFault::Invalid);
        };
        let keeps = DeflateSide { takeover: true, window_bits: self.window_bits };
        let mut again = Self::new(&alone.context, keeps);
        let mut told = self.produced;
        let inflated = again.inflate(sent, cap, &mut |piece| {
            let before = usize::try_from(told).map_or(piece.len(), |told| told.min(piece.len()));
            told -= before as u64;
            let new = piece.get(before..).unwrap_or_default();
            if !new.is_empty() {
                out(new);
            }
        });
        if inflated.is_err() {
            self.alone = Some(alone);
            return inflated;
        }
        (again.last, again.taken, again.flaw) = (self.last, self.taken, Some(DeflateFlaw::Context));
        again.sent = std::mem::take(&mut self.sent);
        *self = again;
        Ok(())
    }

    fn inflate(
        &mut self,
        mut bytes: &[u8],
        cap: u64,
        out: &mut dyn FnMut(&[u8]),
    ) -> Result<(), InflateFault> {
        self.at_stream_end &= bytes.is_empty();
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
                return Err(InflateFault::TooLarge);
            }
            out(self.buffer.get(self.filled..self.filled + given).unwrap_or_default());
            self.filled += given;
            if status.map_err(|_| InflateFault::Invalid)? == Status::StreamEnd {
                // A block with BFINAL set ends a DEFLATE stream, not the message: another may follow (§7.2.3.5).
                self.stream.reset(false);
                self.filled = 0;
                if bytes.is_empty() {
                    self.at_stream_end = true;
                    return Ok(());
                }
            } else if given < size && (bytes.is_empty() || (taken == 0 && given == 0)) {
                return if bytes.is_empty() { Ok(()) } else { Err(InflateFault::Invalid) };
            }
        }
    }

    /// The message ends. What was wrong with it, if it could be inflated all the same.
    pub(super) fn finish(
        &mut self,
        cap: u64,
        out: &mut dyn FnMut(&[u8]),
    ) -> Result<Option<DeflateFlaw>, InflateFault> {
        let reaches_too_far = self.reaches_too_far();
        let flaw = self.finish_block(cap, out)?;
        let mut flaw = self.flaw.take().or(flaw);
        if reaches_too_far {
            // One finding is enough, and from here on it is known.
            self.window_bits = WIDEST;
            flaw.get_or_insert(DeflateFlaw::Window);
        }
        self.sent.clear();
        (self.produced, self.taken, self.last, self.at_stream_end) = (0, 0, [0; 4], false);
        Ok(flaw)
    }

    /// Whether the message refers further back than was agreed. What zlib calls a window of 8 bits has 9.
    fn reaches_too_far(&self) -> bool {
        let window = 1_u32 << self.window_bits.clamp(9, WIDEST);
        self.window_bits < WIDEST && self.sent.whole().is_some_and(|bytes| farthest(bytes) > window)
    }

    /// Puts back what the sender removed, and looks whether it was what is always removed: the end of an empty block
    /// (RFC 7692 §7.2.1).
    fn finish_block(
        &mut self,
        cap: u64,
        out: &mut dyn FnMut(&[u8]),
    ) -> Result<Option<DeflateFlaw>, InflateFault> {
        /// The three bits before the end of that block are zero, and so are those that fill up their byte. Few encoders
        /// would fill it up otherwise.
        const NOT_IN_LAST_BYTE: u8 = 0xe0;
        if self.taken == 0 {
            // Nothing was removed of nothing: an empty message has one byte (§7.2.3.6).
            return Ok(Some(DeflateFlaw::Empty));
        }
        if self.at_stream_end {
            return Ok(Some(DeflateFlaw::LastBlock));
        }
        if self.last == TAIL && self.goes_on_between_blocks() {
            return Ok(Some(DeflateFlaw::TailKept));
        }
        let before = self.produced;
        self.take(&TAIL, cap, out)?;
        let is_odd = self.last[3] & NOT_IN_LAST_BYTE != 0 || self.produced > before;
        Ok((is_odd && !self.goes_on_between_blocks()).then_some(DeflateFlaw::Unfinished))
    }

    /// Whether a block may begin here; if so, everything continues with a new stream.
    fn goes_on_between_blocks(&mut self) -> bool {
        let is_between = self.is_between_blocks();
        self.stream = behind(self.history());
        is_between
    }

    /// Forgets the context after a message that stands for itself ("no context takeover", RFC 7692 §7.1.1).
    pub(super) fn forget(&mut self) {
        let Some(mut alone) = self.alone.take() else { return };
        let spare = WINDOW.saturating_sub(self.filled);
        let surplus = alone.context.len().saturating_sub(spare);
        alone.context.drain(..surplus);
        alone.context.extend_from_slice(self.history());
        self.discard();
        self.alone = Some(alone);
    }

    /// Forgets the context, as a message is missing or could not be read.
    pub(super) fn discard(&mut self) {
        if self.flaw == Some(DeflateFlaw::Context) {
            self.alone = Some(Box::default());
        }
        self.stream.reset(false);
        (self.produced, self.filled) = (0, 0);
        (self.taken, self.last, self.at_stream_end, self.flaw) = (0, [0; 4], false, None);
        self.sent.clear();
        if let Some(alone) = &mut self.alone {
            alone.context.clear();
        }
    }
}

/// A stream that has seen the bytes of `history`.
fn behind(history: &[u8]) -> Decompress {
    let mut stream = Decompress::new(false);
    if !history.is_empty() {
        // Without a zlib header no dictionary is a wrong one.
        let _ = stream.set_dictionary(history);
    }
    stream
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: DeflateSide = DeflateSide { takeover: true, window_bits: 15 };

    fn inflate(inflater: &mut Inflater, bytes: &[u8], cap: u64) -> Result<Vec<u8>, InflateFault> {
        let mut text = Vec::new();
        inflater.push(bytes, cap, &mut |piece| text.extend_from_slice(piece))?;
        inflater.finish(cap, &mut |piece| text.extend_from_slice(piece))?;
        Ok(text)
    }

    #[test]
    fn the_rfc_examples() {
        // RFC 7692 §7.2.3.1 to §7.2.3.6.
        let mut inflater = Inflater::new(&[], WIDE);
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
        assert_eq!(inflate(&mut Inflater::new(&[], WIDE), &bomb, 1000), Err(InflateFault::TooLarge));
        assert_eq!(inflate(&mut Inflater::new(&[], WIDE), &bomb, 1 << 20).unwrap().len(), 1 << 20);
        assert_eq!(inflate(&mut Inflater::new(&[], WIDE), &[0xff; 20], 1000), Err(InflateFault::Invalid));
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
                let (mut inflater, mut text) = (Inflater::new(&[], WIDE), Vec::<u8>::new());
                let mut pieces = damaged.chunks(size);
                let fault =
                    pieces.find_map(|piece| inflater.push(piece, cap, &mut |bytes| text.extend(bytes)).err());
                (fault, text.len())
            };
            assert_eq!(inflated(1_000).0, Some(InflateFault::TooLarge), "in pieces of {size}");
            assert_eq!(inflated(2_000), (Some(InflateFault::Invalid), 2_000), "in pieces of {size}");
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
        let mut inflater = Inflater::new(&[], WIDE);
        assert_eq!(inflate(&mut inflater, &first, 1 << 20).unwrap(), text);
        let history = inflater.rest().unwrap();
        assert_eq!(history.len(), text.len());
        assert_eq!(inflate(&mut Inflater::new(&history, WIDE), &again, 1 << 20).unwrap(), text);
        assert_eq!(inflate(&mut Inflater::new(&[], WIDE), &again, 1 << 20), Err(InflateFault::Invalid));
    }

    #[test]
    fn inside_a_block_there_is_no_rest() {
        let mut inflater = Inflater::new(&[], WIDE);
        // A block with stored bytes, of which one is missing.
        inflater.push(&[0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c], 100, &mut |_| {}).unwrap();
        assert!(inflater.rest().is_none());
    }

    /// The message of `text`, and what is wrong with it.
    fn read(inflater: &mut Inflater, bytes: &[u8]) -> (Vec<u8>, Option<DeflateFlaw>) {
        let mut text = Vec::new();
        inflater.push(bytes, 1 << 20, &mut |piece| text.extend_from_slice(piece)).unwrap();
        let flaw = inflater.finish(1 << 20, &mut |piece| text.extend_from_slice(piece)).unwrap();
        (text, flaw)
    }

    /// Bytes of which no three repeat within many.
    fn noise(length: u32) -> Vec<u8> {
        (0..length / 4).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect()
    }

    fn compressed(texts: &[&[u8]], flush: flate2::FlushCompress) -> Vec<Vec<u8>> {
        let mut deflater = flate2::Compress::new(flate2::Compression::best(), false);
        let message = |text: &&[u8]| {
            let mut bytes = Vec::with_capacity(2 * text.len() + 100);
            deflater.compress_vec(text, &mut bytes, flush).unwrap();
            bytes
        };
        texts.iter().map(message).collect()
    }

    #[test]
    fn what_ends_wrong_is_that_message_and_not_the_next() {
        let whole = compressed(&[b"Hello", b"Hello Hello"], flate2::FlushCompress::Sync);
        let stripped: Vec<&[u8]> = whole.iter().map(|bytes| &bytes[..bytes.len() - TAIL.len()]).collect();
        let mut inflater = Inflater::new(&[], WIDE);
        assert_eq!(read(&mut inflater, &whole[0]), (b"Hello".to_vec(), Some(DeflateFlaw::TailKept)));
        assert_eq!(read(&mut inflater, &[]), (Vec::new(), Some(DeflateFlaw::Empty)));
        assert_eq!(read(&mut inflater, stripped[1]), (b"Hello Hello".to_vec(), None));
        let finished = compressed(&[b"Hello"], flate2::FlushCompress::Finish);
        let mut inflater = Inflater::new(&[], WIDE);
        assert_eq!(read(&mut inflater, &finished[0]), (b"Hello".to_vec(), Some(DeflateFlaw::LastBlock)));
        assert_eq!(read(&mut inflater, stripped[0]), (b"Hello".to_vec(), None));
    }

    #[test]
    fn a_window_larger_than_agreed_is_seen_however_it_is_cut() {
        let text = [noise(3000), noise(3000)].concat();
        let whole = compressed(&[&text], flate2::FlushCompress::Sync).remove(0);
        let message = &whole[..whole.len() - TAIL.len()];
        for size in [1, 100, message.len()] {
            let flaw = |window_bits| {
                let mut inflater = Inflater::new(&[], DeflateSide { takeover: true, window_bits });
                for piece in message.chunks(size) {
                    inflater.push(piece, 1 << 20, &mut |_| {}).unwrap();
                }
                inflater.finish(1 << 20, &mut |_| {}).unwrap()
            };
            assert_eq!(flaw(10), Some(DeflateFlaw::Window), "in pieces of {size}");
            assert_eq!((flaw(12), flaw(15)), (None, None), "in pieces of {size}");
        }
    }

    #[test]
    fn a_context_that_should_be_gone_is_recognized() {
        let text = noise(2000);
        let whole = compressed(&[&text, &text, &text], flate2::FlushCompress::Sync);
        let messages: Vec<&[u8]> = whole.iter().map(|bytes| &bytes[..bytes.len() - TAIL.len()]).collect();
        for size in [1, 1000] {
            let side = DeflateSide { takeover: false, window_bits: 15 };
            let mut inflater = Inflater::new(&[], side);
            let mut flaws = Vec::new();
            for message in &messages {
                let mut got = Vec::new();
                for piece in message.chunks(size) {
                    inflater.push(piece, 1 << 20, &mut |bytes| got.extend_from_slice(bytes)).unwrap();
                }
                flaws.push(inflater.finish(1 << 20, &mut |bytes| got.extend_from_slice(bytes)).unwrap());
                inflater.forget();
                assert_eq!(got, text);
            }
            assert_eq!(flaws, [None, Some(DeflateFlaw::Context), None], "in pieces of {size}");
        }
    }
}
