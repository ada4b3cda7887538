//! What something takes of memory.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

/// What something takes of memory, in bytes, roughly: asked of every layer in the same way, and summed up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// What it takes even when it holds nothing.
    pub least: u64,
    /// What it holds on top of that, and can free at the cost of detail in the report.
    pub held: u64,
    /// The part of `held` that it can free at the cost of time alone.
    pub idle: u64,
}

impl Footprint {
    /// What the allocator adds to an allocation.
    pub(crate) const ALLOCATION: usize = 16;

    /// Bytes of memory that an allocation of so many takes; one of none is none.
    pub(crate) const fn allocation(bytes: usize) -> usize {
        if bytes == 0 { 0 } else { bytes + Self::ALLOCATION }
    }

    /// A `T` in an allocation of its own, holding nothing.
    pub const fn of<T>() -> Self {
        Self { least: (size_of::<T>() + Self::ALLOCATION) as u64, held: 0, idle: 0 }
    }

    /// A `T` in a `BTreeMap` by `K`, holding nothing. A node has room for 11. Where keys come in order, as numbers of
    /// streams do, a full node is divided so that 6 stay in it, and no key comes to join them.
    pub(crate) const fn of_entry<K, T>() -> Self {
        Self { least: (Self::entry::<K, T>()) as u64, held: 0, idle: 0 }
    }

    /// Bytes of memory that a `T` in a `BTreeMap` by `K` takes, as for [`of_entry`](Self::of_entry).
    pub(crate) const fn entry<K, T>() -> usize {
        (size_of::<K>() + size_of::<T>()) * 11 / 6
    }

    /// This, and this many bytes more that it cannot give back.
    #[must_use]
    pub const fn and_least(self, bytes: usize) -> Self {
        Self { least: self.least + bytes as u64, ..self }
    }

    /// This, and this many bytes more that it holds.
    #[must_use]
    pub const fn and_held(self, bytes: usize) -> Self {
        Self { held: self.held + bytes as u64, ..self }
    }

    /// This many things of this kind.
    #[must_use]
    pub const fn times(self, count: usize) -> Self {
        let count = count as u64;
        Self { least: self.least * count, held: self.held * count, idle: self.idle * count }
    }

    /// All of it.
    pub const fn total(self) -> u64 {
        self.least + self.held
    }
}

impl Add for Footprint {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { least: self.least + other.least, held: self.held + other.held, idle: self.idle + other.idle }
    }
}

impl AddAssign for Footprint {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// What is left of a sum without one of its parts.
impl Sub for Footprint {
    type Output = Self;

    fn sub(self, part: Self) -> Self {
        Self { least: self.least - part.least, held: self.held - part.held, idle: self.idle - part.idle }
    }
}

impl Sum for Footprint {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), Self::add)
    }
}
