//! The `wsight` program.

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// Sessions hold small things beside inflaters of 48 KiB, and let go of them in any order. This allocator keeps sizes apart,
/// so that what is used no more is used again, or given back: over weeks the C library's takes more and more.
#[global_allocator]
static MEMORY: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    wsight::cli::run()
}
