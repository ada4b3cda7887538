//! Ctrl-C and SIGTERM, where they end what is waited for and not the program.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What such a signal sets: what was found so far is still reported. A second one ends the program.
#[cfg(all(unix, any(feature = "live", feature = "tui")))]
pub(super) fn interrupted() -> io::Result<Arc<AtomicBool>> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::flag;
    let is_over = Arc::<AtomicBool>::default();
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_default(signal, Arc::clone(&is_over))?;
        flag::register(signal, Arc::clone(&is_over))?;
    }
    Ok(is_over)
}

/// Signals end the program here.
#[cfg(not(all(unix, any(feature = "live", feature = "tui"))))]
pub(super) fn interrupted() -> io::Result<Arc<AtomicBool>> {
    Ok(Arc::default())
}
