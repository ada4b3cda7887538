//! The command line: what was asked for, and the exit status it ends with.
//!
//! `args` says what can be asked and `refused` what cannot, `inputs` tells files from a packet filter, `extract` saves packets, `values` reads single values, `analyze` does the work, `keys` gathers TLS secrets for it, `output` opens the sink that
//! the format wants, `progress` shows how far it is, `explain` prints the catalog, `tui` opens the
//! terminal UI.

mod analyze;
mod args;
mod choice;
#[cfg(feature = "tui")]
mod config;
mod destination;
mod examples;
mod explain;
mod extract;
mod fleet;
mod inputs;
#[cfg(feature = "live")]
mod interfaces;
mod keys;
#[cfg(feature = "live")]
mod live;
mod manual;
mod noting;
mod output;
mod progress;
mod redacting;
mod refused;
mod report;
mod signals;
mod split;
mod status;
#[cfg(feature = "tui")]
mod tui;
mod values;
#[cfg(feature = "live")]
mod watching;

#[cfg(test)]
mod tests;

use crate::model::{Escaped, is_visible};
use crate::report::PlacedError;
use args::{Cli, Command};
use clap::Parser;
use status::{ExitStatus, complain};
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

/// Does what the command line asks for.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            explain_refusal(&error);
            return if error.use_stderr() { ExitStatus::Unable.into() } else { ExitStatus::Done.into() };
        }
    };
    if let Some(refused) = refused::refused(&cli.analyze) {
        complain(refused);
        return ExitStatus::Unable.into();
    }
    let result = match &cli.command {
        Some(Command::Explain { text }) => explain::explain(&text.join(" "), cli.color),
        #[cfg(feature = "live")]
        Some(Command::Interfaces) => interfaces::list(),
        None if fleet::is_wanted(&cli.analyze) => fleet::analyze(&cli.analyze),
        #[cfg(feature = "tui")]
        None if tui::is_wanted(&cli.analyze) => tui::show(&cli.analyze, cli.color),
        Some(Command::Split(asked)) => Ok(split::split(asked)),
        Some(Command::Report(asked)) => report::report(asked),
        Some(Command::Completions { shell }) => manual::completions(*shell),
        Some(Command::Man) => manual::man(),
        None => analyze::analyze(&cli.analyze, cli.color),
    };
    result.unwrap_or_else(|error| unwritable(&error)).into()
}

/// Says what is wrong with the command line. A name that begins with a dash is taken for an option and printed as
/// given, so one that a terminal would obey is printed without colours. Help and version go to standard output with
/// status 0; a closed pipe there is nobody's concern.
fn explain_refusal(error: &clap::Error) {
    let is_harmless = |argument: OsString| argument.to_string_lossy().chars().all(is_visible);
    if std::env::args_os().all(is_harmless) {
        let _ = error.print();
        return;
    }
    for line in error.render().to_string().lines() {
        let _ = writeln!(io::stderr(), "{}", Escaped(line.as_bytes()));
    }
}

/// The output cannot be written. A reader that has seen enough (`| head`) is not a failure.
fn unwritable(error: &io::Error) -> ExitStatus {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return ExitStatus::Done;
    }
    match PlacedError::within(error) {
        Some(placed) => complain(placed),
        None => complain(format_args!("the output cannot be written: {error}")),
    }
    ExitStatus::Unable
}
