//! What the command line names.

use crate::model::Escaped;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where to read a capture from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Input {
    /// A file, or anything else with a path.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

/// What the end of the last input means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LastInput {
    /// There is no more.
    #[default]
    Complete,
    /// It is still being written: more is waited for.
    Growing,
}

impl Input {
    /// The input that a command line argument names: `-` is standard input.
    pub fn from_argument(argument: &OsStr) -> Self {
        if argument == "-" { Self::Stdin } else { Self::File(PathBuf::from(argument)) }
    }

    /// Whether its bytes come as they happen, and only once. What is not there, or a folder, is no pipe: it fails at once.
    pub fn is_pipe(&self) -> bool {
        let path = match self {
            Self::File(path) => path,
            Self::Stdin => Path::new("/dev/stdin"),
        };
        match std::fs::metadata(path) {
            Ok(data) => !data.is_file() && !data.is_dir(),
            Err(_) => *self == Self::Stdin,
        }
    }
}

/// The name as messages show it, safe for a terminal.
impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => Escaped(path.as_os_str().as_encoded_bytes()).fmt(f),
            Self::Stdin => f.write_str("standard input"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dash_is_standard_input_and_names_are_printed_escaped() {
        assert_eq!(Input::from_argument(OsStr::new("-")), Input::Stdin);
        assert_eq!(Input::Stdin.to_string(), "standard input");
        let file = Input::from_argument(OsStr::new("a\x1bb.pcap"));
        assert_eq!(file, Input::File(PathBuf::from("a\x1bb.pcap")));
        assert_eq!(file.to_string(), "a\\x1bb.pcap");
    }
}
