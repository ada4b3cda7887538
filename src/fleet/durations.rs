//! Durations by their size: percentiles without keeping all of them.

/// Stretches for each doubling: what is told of a duration is at most a sixteenth too long.
const STRETCHES: u64 = 16;

/// Counted durations, in microseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Durations {
    counts: Vec<u64>,
    count: u64,
    longest: u64,
}

impl Durations {
    pub(super) fn add(&mut self, micros: u64) {
        let at = place(micros);
        if at >= self.counts.len() {
            self.counts.resize(at + 1, 0);
        }
        if let Some(count) = self.counts.get_mut(at) {
            *count += 1;
        }
        self.count += 1;
        self.longest = self.longest.max(micros);
    }

    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    pub(super) const fn longest(&self) -> u64 {
        self.longest
    }

    /// How long this share of all, in thousandths, took at most.
    pub(super) fn within(&self, share: u64) -> u64 {
        let wanted = u128::from(self.count) * u128::from(share);
        let mut so_far = 0_u128;
        for (at, count) in self.counts.iter().enumerate() {
            so_far += u128::from(*count) * 1_000;
            if so_far >= wanted && *count > 0 {
                return last(at).min(self.longest);
            }
        }
        self.longest
    }
}

/// Which stretch a duration is in. Those below the number of stretches have one each.
fn place(micros: u64) -> usize {
    let doublings = (micros / STRETCHES).checked_ilog2().map_or(0, |log| u64::from(log) + 1);
    let place = match doublings {
        0 => micros,
        _ => STRETCHES * (doublings - 1) + (micros >> (doublings - 1)),
    };
    usize::try_from(place).unwrap_or(usize::MAX)
}

/// The longest duration of a stretch.
fn last(place: usize) -> u64 {
    let place = place as u64;
    match (place / STRETCHES).saturating_sub(1) {
        0 => place,
        doublings => ((place - STRETCHES * doublings + 1) << doublings).wrapping_sub(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_is_in_its_stretch_and_hardly_shorter_than_told() {
        for micros in (0..5_000).chain((0..64).flat_map(|bit| [(1 << bit) - 1, 1 << bit, (1 << bit) + 1])) {
            let told = last(place(micros));
            assert!(told >= micros && told - micros <= micros / STRETCHES, "{micros}: {told}");
        }
        let mut before = 0;
        for place in (0..5_000).map(place) {
            assert!(place == before || place == before + 1, "no stretch is left out");
            before = place;
        }
        assert_eq!(last(place(u64::MAX)), u64::MAX);
    }

    #[test]
    fn percentiles_are_those_of_the_sorted_list() {
        let mut durations = Durations::default();
        assert_eq!((durations.within(500), durations.longest()), (0, 0));
        for micros in (1..=1_000).rev() {
            durations.add(micros * 1_000);
        }
        for (share, exact) in [(500, 500_000), (990, 990_000), (999, 999_000), (1_000, 1_000_000)] {
            let told = durations.within(share);
            assert!(told >= exact && told - exact <= exact / STRETCHES, "{share}: {told}");
        }
        assert_eq!((durations.count(), durations.longest()), (1_000, 1_000_000));
    }
}
