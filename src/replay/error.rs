//! Why a payload cannot be shown.

use crate::capture::SpoolError;

/// Why a payload cannot be shown, in a sentence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The input cannot be read again.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// There is no such session.
    #[error("there is no session {0}")]
    NoSession(u64),
    /// What was asked for is not there, or not whole.
    #[error("the capture does not hold it whole")]
    Absent,
    /// Another reading of the capture does not find what is listed.
    #[error(
        "read again, the capture shows something else here, so nothing is shown: most often a limit was reached \
         when it was read first (see limit-reached), and a higher one helps"
    )]
    Differs,
    /// Someone gave up waiting.
    #[error("stopped before it was found")]
    Cancelled,
}
