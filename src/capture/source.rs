//! What every origin of packets has in common.

use super::CaptureError;
use crate::model::{Captured, Timestamp};
use std::time::Duration;

/// Where packets come from.
pub trait Source {
    /// The next packet, in file order; `Ok(None)` at the end.
    ///
    /// After an error, nothing more comes from the input that it names. A source of several inputs
    /// ([`Files`](super::Files)) continues with the next input when it is asked again; any other then says
    /// `Ok(None)`.
    fn next(&mut self) -> Result<Option<Captured<'_>>, CaptureError>;

    /// How much of the inputs was read.
    fn progress(&self) -> Progress;

    /// Has [`Captured::Pause`] given whenever nothing comes for this long. A source that does not wait, or tells the time
    /// while it does, has no use for it.
    fn pause_after(&mut self, _silence: Duration) {}

    /// Secrets open what it has given, as these lines of a key log: where packets are saved, they are saved as well. The
    /// connection that they open was `opened` then.
    fn keep_secrets(&mut self, _lines: &[u8], _opened: Timestamp) {}
}

impl<S: Source + ?Sized> Source for Box<S> {
    fn next(&mut self) -> Result<Option<Captured<'_>>, CaptureError> {
        (**self).next()
    }

    fn progress(&self) -> Progress {
        (**self).progress()
    }

    fn pause_after(&mut self, silence: Duration) {
        (**self).pause_after(silence);
    }

    fn keep_secrets(&mut self, lines: &[u8], opened: Timestamp) {
        (**self).keep_secrets(lines, opened);
    }
}

/// How much of the inputs was read: bytes as they are stored, compressed ones too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read so far.
    pub read: u64,
    /// Bytes of all inputs together; unknown when one of them is a pipe.
    pub total: Option<u64>,
    /// Packets that were read and not handed on, because a packet filter does not want them.
    pub unmatched: u64,
    /// Packets that were read and not handed on, because an earlier input holds them as well.
    pub repeated: u64,
}

impl Progress {
    /// How much of the inputs was read, in thousandths; unknown for a pipe.
    pub fn thousandths(self) -> Option<u16> {
        let total = self.total?;
        let done = u128::from(self.read) * 1000 / u128::from(total.max(1));
        u16::try_from(done.min(1000)).ok()
    }
}
