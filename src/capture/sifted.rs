//! Stored captures of which only some packets are read on.

use super::error::CaptureError;
use super::files::Files;
use super::source::{Progress, Source};
use crate::model::{Captured, Packet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Chooses packets. It may go on a thread of its own.
pub trait Sift: Send {
    /// Whether a packet is wanted.
    ///
    /// # Errors
    /// The filter cannot judge packets with these headers: why.
    fn wants(&mut self, packet: &Packet<'_>) -> Result<bool, String>;

    /// How many packets it did not want because an earlier input holds them as well.
    fn repeated(&self) -> u64 {
        0
    }
}

/// Inputs read in turn, without the packets that are not wanted. The others keep their numbers.
pub struct Sifted {
    files: Files,
    sift: Box<dyn Sift>,
    unmatched: u64,
}

impl Sifted {
    /// Reads the packets of `files` that `sift` wants.
    pub fn new(files: Files, sift: Box<dyn Sift>) -> Self {
        Self { files, sift, unmatched: 0 }
    }

    /// Waits for more where the last input ends, as [`Files::follow`] does.
    pub fn follow(&mut self, is_over: Arc<AtomicBool>) {
        self.files.follow(is_over);
    }
}

impl Source for Sifted {
    fn next(&mut self) -> Result<Option<Captured<'_>>, CaptureError> {
        let Self { files, sift, unmatched } = self;
        let mut wants = |packet: &Packet<'_>| {
            let is_wanted = sift.wants(packet)?;
            *unmatched += u64::from(!is_wanted);
            Ok(is_wanted)
        };
        let Some(waiting) = files.find_where(&mut wants)? else { return Ok(None) };
        Ok(files.show(waiting))
    }

    fn pause_after(&mut self, silence: Duration) {
        self.files.pause_after(silence);
    }

    fn progress(&self) -> Progress {
        let repeated = self.sift.repeated();
        Progress { unmatched: self.unmatched - repeated, repeated, ..self.files.progress() }
    }
}
