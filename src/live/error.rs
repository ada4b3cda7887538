//! What can go wrong before a live capture begins: what, and what to do.

use std::io;

/// Why packets cannot be captured. Names are fit for a terminal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LiveError {
    /// The process may not capture.
    #[error(
        "{interface}: capturing needs {capability}, which this process does not have; use sudo, or allow it once: \
        sudo setcap {}+ep {program}", .capability.to_lowercase()
    )]
    Permission {
        /// The interface.
        interface: String,
        /// The capability that is missing.
        capability: &'static str,
        /// This program's path, as a shell takes it.
        program: String,
    },
    /// There is no interface of this name.
    #[error("{interface}: there is no such interface; there are {known} (`wsight interfaces` shows more)")]
    Unknown {
        /// The name.
        interface: String,
        /// The interfaces there are.
        known: String,
    },
    /// The interface is down.
    #[error("{interface}: the interface is down; `ip link set {interface} up` brings it up")]
    Down {
        /// The interface.
        interface: String,
    },
    /// The interface cannot be opened for another reason.
    #[error("{interface}: it cannot be opened: {reason}")]
    Open {
        /// The interface.
        interface: String,
        /// libpcap's reason.
        reason: String,
    },
    /// libpcap does not understand the filter.
    #[error("the capture filter is not understood: {reason}\n  {filter}\n  {:>at$}", "^", at = .column + 1)]
    Filter {
        /// The filter.
        filter: String,
        /// Where, in columns from 0.
        column: usize,
        /// libpcap's reason.
        reason: String,
    },
    /// The interfaces cannot be listed.
    #[error("the interfaces cannot be listed: {0}")]
    List(String),
    /// Root cannot be given up.
    #[error("cannot drop root and continue as {user}: {reason}; `--user` names another user")]
    User {
        /// The user.
        user: String,
        /// The system's reason.
        reason: String,
    },
    /// The process cannot confine itself.
    #[error("the process cannot confine itself: {0}")]
    Confine(String),
    /// A file to save to is there already.
    #[error("{path}: it exists; --force replaces it")]
    Exists {
        /// Its name.
        path: String,
    },
    /// A file to save to cannot be written.
    #[error("{path}: packets cannot be saved there: {error}")]
    Save {
        /// Its name.
        path: String,
        /// The system's reason.
        error: io::Error,
    },
    /// No thread can be started.
    #[error("capturing cannot begin: {0}")]
    Thread(io::Error),
}
