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
    buffer: Vec<u8>,
}

/// Bytes inflated in one step.
const STEP: usize = 32 << 10;

/// What a sender removes from the end of each message, and a receiver appends (RFC 7692 §7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

impl Inflater {
    /// A fresh decompressor. It takes any window the peers agreed on: the largest holds the smaller ones.
    pub(super) fn new() -> Self {
        Self { stream: Decompress::new(false), produced: 0, buffer: vec![0; STEP] }
    }

    /// Inflates the next bytes of a message, giving the result to `out` in pieces, up to `cap` bytes a message.
    pub(super) fn push(
        &mut self,
        mut bytes: &[u8],
        cap: u64,
        out: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Fault> {
        loop {
            let (taken, given) = (self.stream.total_in(), self.stream.total_out());
            let status = self
                .stream
                .decompress(bytes, &mut self.buffer, FlushDecompress::Sync)
                .map_err(|_| Fault::Invalid)?;
            let taken = usize::try_from(self.stream.total_in() - taken).unwrap_or(usize::MAX);
            let given = usize::try_from(self.stream.total_out() - given).unwrap_or(usize::MAX);
            bytes = bytes.get(taken..).unwrap_or_default();
            self.produced += given as u64;
            if self.produced > cap {
                return Err(Fault::TooLarge);
            }
            out(self.buffer.get(..given).unwrap_or_default());
            if status == Status::StreamEnd {
                // A block with BFINAL set ends a DEFLATE stream, not the message: another may follow (§7.2.3.5).
                self.stream.reset(false);
                if bytes.is_empty() {
                    return Ok(());
                }
            } else if given < self.buffer.len() && (bytes.is_empty() || (taken == 0 && given == 0)) {
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
        self.produced = 0;
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
        let mut inflater = Inflater::new();
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
        assert_eq!(inflate(&mut Inflater::new(), &bomb, 1000), Err(Fault::TooLarge));
        assert_eq!(inflate(&mut Inflater::new(), &bomb, 1 << 20).unwrap().len(), 1 << 20);
        assert_eq!(inflate(&mut Inflater::new(), &[0xff; 20], 1000), Err(Fault::Invalid));
    }
}
