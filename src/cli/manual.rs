//! What shells and `man` want to know of the command line.

use super::args::Cli;
use super::status::ExitStatus;
use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;
use std::io::{self, Write};

/// Prints what `shell` completes words with.
///
/// # Errors
/// The output cannot be written.
pub(super) fn completions(shell: Shell) -> io::Result<ExitStatus> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "wsight", &mut script);
    io::stdout().write_all(&script)?;
    Ok(ExitStatus::Done)
}

/// Prints the manual page.
///
/// # Errors
/// The output cannot be written.
pub(super) fn man() -> io::Result<ExitStatus> {
    let mut page = Vec::new();
    Man::new(Cli::command()).render(&mut page)?;
    io::stdout().write_all(&page)?;
    Ok(ExitStatus::Done)
}
