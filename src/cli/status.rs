//! How a run ended, and what there is to say to whoever started it.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

/// How a run ended, as its exit status tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExitStatus {
    /// The work is done, or nobody reads it any more (a closed pipe).
    Done,
    /// `--fail-on` found what it looks for.
    Matched,
    /// wsight could not do its work.
    Unable,
}

impl From<ExitStatus> for ExitCode {
    fn from(ending: ExitStatus) -> Self {
        Self::from(match ending {
            ExitStatus::Done => 0,
            ExitStatus::Matched => 1,
            ExitStatus::Unable => 2,
        })
    }
}

/// One line on standard error; where that is closed there is no one to tell.
pub(super) fn complain(message: impl Display) {
    let _ = writeln!(io::stderr(), "wsight: {message}");
}

/// What there is; where there is nothing, why is told.
pub(super) fn or_complain<T>(result: Result<T, impl Display>) -> Option<T> {
    result.map_err(complain).ok()
}
