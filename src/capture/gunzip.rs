//! Undoes gzip (RFC 1952), one member at a time and up to the last byte before what is wrong in it.

use super::tap::Tap;
use flate2::{Decompress, DecompressError, FlushDecompress, Status};
use std::io::{self, BufRead, Read};

/// Bits of the largest window that deflate has.
const WINDOW_BITS: u8 = 15;

/// A member. It reads no further than its end.
pub(super) struct Gunzip<R: Read> {
    tap: Tap<R>,
    state: Decompress,
    /// What is wrong after the bytes that were given last.
    damage: Option<io::Error>,
}

impl<R: Read> Gunzip<R> {
    pub(super) fn new(tap: Tap<R>) -> Self {
        Self { tap, state: Decompress::new_gzip(WINDOW_BITS), damage: None }
    }

    /// What comes after it.
    pub(super) fn into_inner(self) -> Tap<R> {
        self.tap
    }
}

impl<R: Read> Read for Gunzip<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if let Some(damage) = self.damage.take() {
            return Err(damage);
        }
        loop {
            let input = self.tap.fill_buf()?;
            let is_cut = input.is_empty();
            let (read, written) = (self.state.total_in(), self.state.total_out());
            let status = self.state.decompress(input, out, FlushDecompress::None);
            self.tap.consume(usize::try_from(self.state.total_in() - read).unwrap_or(usize::MAX));
            let written = usize::try_from(self.state.total_out() - written).unwrap_or(usize::MAX);
            match status.map_err(|error| io::Error::other(reason(&error))) {
                Ok(_) if written > 0 => return Ok(written),
                Ok(Status::StreamEnd) => return Ok(0),
                Ok(_) if is_cut => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(damage) if written > 0 => {
                    self.damage = Some(damage);
                    return Ok(written);
                }
                Err(damage) => return Err(damage),
            }
        }
    }
}

/// The decoder's own reasons depend on how much it was given at once, but for what it says about the checksum.
fn reason(error: &DecompressError) -> &'static str {
    match error.message() {
        Some("incorrect data check" | "incorrect length check") => "the checksum is wrong",
        _ => "the deflate data is invalid",
    }
}
