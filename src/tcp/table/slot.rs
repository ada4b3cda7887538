//! Where a connection stands.

/// Where a connection stands in the [`ConnectionTable`](super::ConnectionTable) while it is followed. A consumer can keep its own state at the same index
/// of a list. Afterwards the slot is used again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u32);

impl Slot {
    /// As an index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}
