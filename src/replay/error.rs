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
    #[error("the capture does not hold all of it")]
    Absent,
    /// Another reading of the capture does not find what is listed.
    #[error(
        "a second reading of the capture found something else here, so nothing is shown: most often the \
         first one reached a limit (see limit-reached), and a higher limit helps"
    )]
    Differs,
    /// Someone gave up waiting.
    #[error("stopped before it was found")]
    Cancelled,
}
