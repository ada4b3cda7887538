//! Ctrl-C, SIGTERM and SIGHUP: they end what is waited for, or the program, of which nothing half written is left.

use super::destination::Unfinished;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What such a signal sets: what was found so far is still reported. A second one ends the program, and removes what is `unfinished`.
pub(super) fn interrupted(unfinished: Unfinished) -> io::Result<Arc<AtomicBool>> {
    let is_over = Arc::<AtomicBool>::default();
    listen(unfinished, Some(Arc::clone(&is_over)))?;
    Ok(is_over)
}

/// Has what is `unfinished` removed where such a signal ends the program.
pub(super) fn remove_if_ended(unfinished: Unfinished) -> io::Result<()> {
    if unfinished.files.is_empty() { Ok(()) } else { listen(unfinished, None) }
}

/// Removes what is `unfinished` and ends the program on a signal, unless that only sets `is_over`.
#[cfg(unix)]
fn listen(unfinished: Unfinished, is_over: Option<Arc<AtomicBool>>) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;
    use std::sync::atomic::Ordering;
    let heard = [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| !is_ignored(*signal));
    let mut signals = Signals::new(heard)?;
    let wait = move || {
        for signal in signals.forever() {
            if is_over.as_ref().is_some_and(|is_over| !is_over.swap(true, Ordering::Relaxed)) {
                continue;
            }
            for file in &unfinished.files {
                // It is gone if it got its name meanwhile.
                let _ = std::fs::remove_file(file);
            }
            for folder in &unfinished.folders {
                // It stays where something is in it.
                let _ = std::fs::remove_dir(folder);
            }
            // It fails only for a signal that does not exist.
            let _ = emulate_default_handler(signal);
        }
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait).map(drop)
}

/// Signals end the program here.
#[cfg(not(unix))]
fn listen(_unfinished: Unfinished, _is_over: Option<Arc<AtomicBool>>) -> io::Result<()> {
    Ok(())
}

/// Whether the program was started to ignore this signal, as `nohup` and shells do. Where the system does not say so,
/// SIGHUP may be.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    match mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()) {
        Some(mask) => mask & (1 << (signal - 1)) != 0,
        None => signal == signal_hook::consts::SIGHUP,
    }
}
