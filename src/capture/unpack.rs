//! Undoes compression while reading. Compressed files may hold several frames one after another: `cat a.gz b.gz`,
//! parallel compressors and log rotation all make such files.

use super::compression::{Compression, FRAME_HEAD, Foreign, FrameFormat};
use super::gunzip::Gunzip;
use super::record::ReadFault;
use super::tap::{Tap, TapMeter};
use lz4_flex::frame::FrameDecoder as Lz4Decoder;
use ruzstd::decoding::errors::FrameDecoderError as ZstdError;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder as ZstdState, StreamingDecoder as ZstdDecoder};
use std::io::Read;
use std::mem;
use std::sync::Arc;

/// The bytes of a capture, decompressed where they need it.
pub(super) struct Unpacked<R: Read> {
    layer: Unpacking<R>,
    compression: Option<Compression>,
    meter: Arc<TapMeter>,
    /// Why a zstd frame stopped, to be reported once its window is drained.
    stopped: Option<ReadFault>,
}

/// A last block without data, and a checksum that is never compared.
const ZSTD_END: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];

enum Unpacking<R: Read> {
    /// Nothing was looked at yet.
    Unopened(Tap<R>),
    /// Not compressed.
    Plain(Tap<R>),
    /// A frame may begin here.
    Between(Tap<R>, Compression),
    Gzip(Box<Gunzip<R>>),
    Zstd(Box<ZstdDecoder<Tap<R>, ZstdState>>),
    Lz4(Box<Lz4Decoder<Tap<R>>>, Lz4End),
    /// The end, or an error.
    Done,
}

/// How an lz4 frame shows its end.
#[derive(Clone, Copy)]
enum Lz4End {
    Mark,
    EndOfFile,
}

impl<R: Read> Unpacked<R> {
    pub(super) fn new(inner: R) -> Self {
        let tap = Tap::new(inner);
        let meter = Arc::clone(tap.meter());
        Self { layer: Unpacking::Unopened(tap), compression: None, meter, stopped: None }
    }

    /// What can be known about the input while others own this.
    pub(super) const fn meter(&self) -> &Arc<TapMeter> {
        &self.meter
    }

    /// What the input is compressed with, known once something was read.
    pub(super) const fn compression(&self) -> Option<Compression> {
        self.compression
    }

    /// The next decompressed bytes, into `out`; 0 at the end.
    pub(super) fn pour(&mut self, out: &mut [u8]) -> Result<usize, ReadFault> {
        loop {
            let poured = match &mut self.layer {
                Unpacking::Plain(tap) => return tap.pour(out),
                Unpacking::Done => return Ok(0),
                Unpacking::Unopened(_) | Unpacking::Between(..) => {
                    self.open_frame()?;
                    continue;
                }
                Unpacking::Gzip(decoder) => decoder.read(out),
                Unpacking::Zstd(decoder) => decoder.read(out),
                Unpacking::Lz4(decoder, _) => decoder.read(out),
            };
            match poured {
                Ok(0) => self.close_frame()?,
                Ok(n) => return Ok(n),
                Err(error) => self.stop(&error.to_string())?,
            }
        }
    }

    /// A decoder failed. The one for zstd still holds back a window of good data, up to megabytes of packets, which it
    /// gives out only at the end of a frame. So it is fed the end of a frame.
    fn stop(&mut self, reason: &str) -> Result<(), ReadFault> {
        let fault = self.explain(reason);
        let Unpacking::Zstd(zstd) = &mut self.layer else { return Err(fault) };
        let ended = zstd.decoder.decode_blocks(&ZSTD_END[..], BlockDecodingStrategy::UptoBlocks(1));
        if self.stopped.is_some() || ended.is_err() {
            return Err(fault);
        }
        self.stopped = Some(fault);
        Ok(())
    }

    /// Finds out what the next frame is.
    fn open_frame(&mut self) -> Result<(), ReadFault> {
        let (mut tap, before) = match mem::replace(&mut self.layer, Unpacking::Done) {
            Unpacking::Unopened(tap) => (tap, None),
            Unpacking::Between(tap, compression) => (tap, Some(compression)),
            open @ (Unpacking::Plain(_)
            | Unpacking::Gzip(_)
            | Unpacking::Zstd(_)
            | Unpacking::Lz4(..)
            | Unpacking::Done) => {
                self.layer = open;
                return Ok(());
            }
        };
        let head = tap.peek(FRAME_HEAD)?;
        let frame = FrameFormat::detect(head);
        if let (None, Some(compression)) = (frame, before) {
            return after_last_frame(tap, compression);
        }
        self.compression = frame.map(FrameFormat::compression);
        self.layer = match frame {
            None => Unpacking::Plain(tap),
            Some(FrameFormat::Gzip) => Unpacking::Gzip(Box::new(Gunzip::new(tap))),
            Some(FrameFormat::Lz4) => Unpacking::Lz4(Box::new(Lz4Decoder::new(tap)), Lz4End::Mark),
            Some(FrameFormat::Lz4Legacy) => Unpacking::Lz4(Box::new(Lz4Decoder::new(tap)), Lz4End::EndOfFile),
            Some(FrameFormat::Zstd) => {
                let decoder = ZstdDecoder::new(tap).map_err(|error| {
                    if matches!(error, ZstdError::WindowSizeTooBig { .. }) {
                        ReadFault::Foreign(Foreign::ZstdLong)
                    } else {
                        self.explain(&error.to_string())
                    }
                })?;
                Unpacking::Zstd(Box::new(decoder))
            }
            Some(FrameFormat::Skippable(length)) => {
                self.skip(&mut tap, length)?;
                Unpacking::Between(tap, Compression::Zstd)
            }
        };
        Ok(())
    }

    /// Checks that the frame ended where it says it does.
    fn close_frame(&mut self) -> Result<(), ReadFault> {
        if let Some(fault) = self.stopped.take() {
            return Err(fault);
        }
        self.layer = match mem::replace(&mut self.layer, Unpacking::Done) {
            Unpacking::Gzip(decoder) => Unpacking::Between(decoder.into_inner(), Compression::Gzip),
            Unpacking::Zstd(decoder) => {
                let (tap, state) = decoder.into_parts();
                if let (Some(told), Some(found)) =
                    (state.get_checksum_from_data(), state.get_calculated_checksum())
                    && told != found
                {
                    return Err(ReadFault::Corrupt(Compression::Zstd, "the checksum is wrong".to_owned()));
                }
                Unpacking::Between(tap, Compression::Zstd)
            }
            // The decoder takes the end of the file for the end of the frame.
            Unpacking::Lz4(_, Lz4End::Mark) if self.meter.starved() => {
                return Err(ReadFault::CutOff(Compression::Lz4));
            }
            Unpacking::Lz4(decoder, _) => Unpacking::Between(decoder.into_inner(), Compression::Lz4),
            other @ (Unpacking::Unopened(_)
            | Unpacking::Plain(_)
            | Unpacking::Between(..)
            | Unpacking::Done) => other,
        };
        Ok(())
    }

    fn skip(&self, tap: &mut Tap<R>, mut length: u64) -> Result<(), ReadFault> {
        let mut rest = [0; 4096];
        while length > 0 {
            let step = usize::try_from(length).map_or(rest.len(), |length| length.min(rest.len()));
            match tap.pour(rest.get_mut(..step).unwrap_or_default())? {
                0 => return Err(self.explain("")),
                n => length = length.saturating_sub(n as u64),
            }
        }
        Ok(())
    }

    /// Why a decoder failed: because of the input, of its end, or of its bytes.
    fn explain(&self, reason: &str) -> ReadFault {
        let compression = self.compression.unwrap_or(Compression::Gzip);
        match self.meter.take_failure() {
            Some(error) => ReadFault::Os(error),
            None if self.meter.starved() => ReadFault::CutOff(compression),
            None => ReadFault::Corrupt(compression, reason.to_owned()),
        }
    }
}

/// Nothing may follow the last frame but zeros, with which tapes and some tools fill up blocks.
fn after_last_frame<R: Read>(mut tap: Tap<R>, compression: Compression) -> Result<(), ReadFault> {
    let mut rest = [0; 4096];
    loop {
        match tap.pour(&mut rest)? {
            0 => return Ok(()),
            n if rest.iter().take(n).all(|&byte| byte == 0) => {}
            _ => {
                let reason = format!("something that is not {compression} follows its end");
                return Err(ReadFault::Corrupt(compression, reason));
            }
        }
    }
}
