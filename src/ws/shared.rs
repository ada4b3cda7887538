//! What the readers of both directions have in common.

/// What the readers of both directions share.
#[derive(Debug)]
pub(super) struct BothReaders {
    /// Frames so far: their numbers count over both directions.
    pub(super) frames: u64,
    /// Messages so far, counted in the same way.
    pub(super) messages: u64,
    /// Some other extension than permessage-deflate was negotiated: what the reserved bits mean is its matter.
    pub(super) foreign_extension: bool,
    /// Bytes of a data frame's payload to keep.
    pub(super) preview: u64,
    /// Bytes of a message to keep.
    pub(super) keep: u64,
    /// Bytes at which inflating a message stops.
    pub(super) inflate_cap: u64,
}

impl BothReaders {
    /// What was taken for the frame with this `number` is not a frame.
    pub(super) const fn give_back(&mut self, number: u64) {
        if self.frames == number {
            self.frames -= 1;
        }
    }
}
