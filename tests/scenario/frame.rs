//! The bytes of WebSocket frames.

use super::Result;
use super::step::{Deflate, Form, Frame, Mask};
use flate2::{Compress, Compression, FlushCompress};
use wsight::model::Peer;

/// What ends every flushed piece of deflate data and is left out of a message (RFC 7692 §7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// The `count`-th automatic key, from 1. No two keys of a scenario are alike and none is zero:
/// an odd factor permutes the 32-bit numbers.
pub fn mask_key(count: u32) -> [u8; 4] {
    count.wrapping_mul(0x9e37_79b9).to_be_bytes()
}

/// One side's compressor, which remembers what it has compressed.
pub struct Deflater(Option<Compress>);

impl Deflater {
    /// One that remembers nothing.
    pub const fn new() -> Self {
        Self(None)
    }

    fn compress(&mut self, frame: &Frame) -> Result<Vec<u8>> {
        if frame.deflate == Deflate::Fresh {
            self.0 = None;
        }
        let compress = self.0.get_or_insert_with(|| Compress::new(Compression::default(), false));
        let mut bytes = Vec::with_capacity(frame.payload.len() + 64);
        let mut input = frame.payload.as_slice();
        loop {
            let before = compress.total_in();
            compress
                .compress_vec(input, &mut bytes, FlushCompress::Sync)
                .map_err(|error| error.to_string())?;
            let taken = usize::try_from(compress.total_in() - before).map_err(|error| error.to_string())?;
            input = &input[taken..];
            if input.is_empty() && bytes.len() < bytes.capacity() {
                break;
            }
            bytes.reserve(bytes.len() + 64);
        }
        if !bytes.ends_with(&TAIL) {
            // Nothing new to flush: an empty stored block stands for it (RFC 7692 §7.2.3.6).
            bytes.push(0);
            bytes.extend(TAIL);
        }
        if frame.fin {
            bytes.truncate(bytes.len() - TAIL.len());
        }
        Ok(bytes)
    }
}

/// The bytes of `frame` as `peer` sends it; `masks` counts the automatic keys.
pub fn bytes(frame: &Frame, peer: Peer, deflater: &mut Deflater, masks: &mut u32) -> Result<Vec<u8>> {
    let mut payload = match frame.deflate {
        Deflate::Off => frame.payload.clone(),
        Deflate::Continued | Deflate::Fresh => deflater.compress(frame)?,
    };
    let mut auto = || {
        *masks += 1;
        mask_key(*masks)
    };
    let key = match (frame.mask, peer) {
        (Mask::Key(key), _) => Some(key),
        (Mask::Absent, _) | (Mask::BySide, Peer::Server) => None,
        (Mask::Auto, _) | (Mask::BySide, Peer::Client) => Some(auto()),
    };
    let length = frame.declared.unwrap_or(payload.len() as u64);
    let form = frame.form.unwrap_or(match length {
        0..=125 => Form::Short,
        126..=0xffff => Form::Bits16,
        _ => Form::Bits64,
    });
    let mut bytes = vec![u8::from(frame.fin) << 7 | frame.rsv << 4 | frame.opcode];
    let masked = u8::from(key.is_some()) << 7;
    match form {
        Form::Short => {
            let length = u8::try_from(length).ok().filter(|&length| length < 126);
            bytes.push(masked | length.ok_or("this length does not fit in 7 bits")?);
        }
        Form::Bits16 => {
            bytes.push(masked | 0x7e);
            let length = u16::try_from(length).map_err(|_| "this length does not fit in 16 bits")?;
            bytes.extend(length.to_be_bytes());
        }
        Form::Bits64 => {
            bytes.push(masked | 0x7f);
            bytes.extend(length.to_be_bytes());
        }
    }
    if let Some(key) = key {
        bytes.extend(key);
        for (byte, mask) in payload.iter_mut().zip(key.into_iter().cycle()) {
            *byte ^= mask;
        }
    }
    bytes.extend(payload);
    Ok(bytes)
}
