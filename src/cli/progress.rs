//! How far the work is, on the standard error of a person who has been waiting for a second.

use crate::capture::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

/// Packets between two looks at the clock.
const PACKETS: u32 = 4096;

/// Work that is done faster shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// Time between two states of the bar.
const STEP: Duration = Duration::from_millis(100);

/// A progress bar that may never be seen.
pub(super) struct ProgressMeter {
    bar: ProgressBar,
    /// When to look again; `None` where no one watches.
    next: Option<Instant>,
    is_shown: bool,
    packets: u32,
}

impl ProgressMeter {
    /// A bar for standard error, if that is a terminal, for work that comes to an end.
    pub(super) fn with_end() -> Self {
        Self::new(io::stderr().is_terminal().then(|| Instant::now() + PATIENCE))
    }

    /// None, for work whose end nobody knows.
    #[cfg(feature = "live")]
    pub(super) fn hidden() -> Self {
        Self::new(None)
    }

    fn new(next: Option<Instant>) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        Self { bar, next, is_shown: false, packets: 0 }
    }

    /// The bar, for those who write to the same screen.
    pub(super) const fn bar(&self) -> &ProgressBar {
        &self.bar
    }

    /// One more packet was read.
    pub(super) fn step(&mut self, progress: impl FnOnce() -> Progress) {
        self.packets += 1;
        if self.packets < PACKETS {
            return;
        }
        self.packets = 0;
        self.look(progress);
    }

    /// Many more were read.
    pub(super) fn look(&mut self, progress: impl FnOnce() -> Progress) {
        let Some(next) = self.next else { return };
        let now = Instant::now();
        if now < next {
            return;
        }
        self.next = Some(now + STEP);
        let progress = progress();
        if !self.is_shown {
            self.show(progress.total);
        }
        let read = progress.total.map_or(progress.read, |total| progress.read.min(total));
        self.bar.set_position(read);
    }

    fn show(&mut self, total: Option<u64>) {
        self.is_shown = true;
        let template = match total {
            Some(_) => "{bar:30} {percent:>3} % of {binary_total_bytes}, {eta} left",
            None => "{spinner} {binary_bytes} read, {elapsed}",
        };
        if let Some(total) = total {
            self.bar.set_length(total);
        }
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
        self.bar.set_draw_target(ProgressDrawTarget::stderr());
    }

    /// Takes the bar off the screen.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
