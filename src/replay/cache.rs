//! The payloads read last, so that going back and forth in a session needs no reading.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// Values by key, as many as fit; the ones that came first go first.
#[derive(Debug)]
pub(super) struct Cache<K, V> {
    values: HashMap<K, (V, usize)>,
    order: VecDeque<K>,
    /// Bytes held, and how many may be.
    bytes: usize,
    room: usize,
}

impl<K: Copy + Eq + Hash, V: Clone> Cache<K, V> {
    pub(super) fn new(room: usize) -> Self {
        Self { values: HashMap::new(), order: VecDeque::new(), bytes: 0, room }
    }

    pub(super) fn get(&self, key: K) -> Option<V> {
        self.values.get(&key).map(|(value, _)| value.clone())
    }

    pub(super) fn contains(&self, key: K) -> bool {
        self.values.contains_key(&key)
    }

    /// Whether this many more bytes fit without anything being dropped.
    pub(super) const fn has_room(&self, bytes: usize) -> bool {
        self.bytes + bytes <= self.room
    }

    /// Remembers a value of this many bytes. One that is too large for the room stays until the next one comes.
    pub(super) fn insert(&mut self, key: K, value: V, bytes: usize) {
        match self.values.insert(key, (value, bytes)) {
            Some((_, before)) => self.bytes -= before,
            None => self.order.push_back(key),
        }
        self.bytes += bytes;
        while self.bytes > self.room && self.order.len() > 1 {
            let Some(oldest) = self.order.pop_front() else { break };
            if let Some((_, bytes)) = self.values.remove(&oldest) {
                self.bytes -= bytes;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_first_and_the_newest_always_stays() {
        let mut cache = Cache::new(10);
        cache.insert(1, 'a', 4);
        cache.insert(2, 'b', 4);
        cache.insert(1, 'c', 5);
        assert_eq!((cache.get(1), cache.get(2)), (Some('c'), Some('b')));
        cache.insert(3, 'd', 4);
        assert_eq!((cache.get(1), cache.get(2), cache.get(3)), (None, Some('b'), Some('d')));
        cache.insert(4, 'e', 100);
        assert_eq!((cache.contains(2), cache.contains(3), cache.contains(4)), (false, false, true));
    }
}
