//! Which host a capture is from, by its path.

use jiff::civil::Date;
use regex::Regex;
use std::path::{Component, Path, PathBuf};

/// How the host is known.
#[derive(Clone, Debug)]
pub enum HostFrom {
    /// By the folder that the file is in; folders that are a date do not count.
    Folder,
    /// By the group of a regular expression over the absolute path.
    Path(Box<Regex>),
}

/// The expression does not find a host in a path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: --host-from finds no host in this path")]
pub struct UnknownHost {
    /// The path, fit for a terminal.
    pub path: String,
}

impl HostFrom {
    /// By the group of this expression.
    ///
    /// # Errors
    /// It is no regular expression with one group: the sentence is for the user.
    pub fn parse(expression: &str) -> Result<Self, String> {
        let regex = Regex::new(expression).map_err(|error| error.to_string())?;
        match regex.captures_len() {
            2 => Ok(Self::Path(Box::new(regex))),
            groups => Err(format!(
                "it has {} groups, and needs one that is the host, as in '/captures/([^/]+)/'",
                groups - 1
            )),
        }
    }

    /// The host of the capture at `path`.
    ///
    /// # Errors
    /// There is none in its path.
    pub fn host(&self, path: &Path) -> Result<String, UnknownHost> {
        let escaped = |path: &Path| crate::model::escape(path.as_os_str().as_encoded_bytes());
        match self {
            Self::Folder => {
                let home = home(path);
                // The root has no name.
                Ok(escaped(home.file_name().map_or(&home, Path::new)))
            }
            Self::Path(regex) => {
                let text = plain(path).to_string_lossy().into_owned();
                let group = regex.captures(&text).and_then(|found| found.get(1));
                let host = group.map(|group| crate::model::escape(group.as_str().as_bytes()));
                let unknown = || UnknownHost { path: escaped(path) };
                host.filter(|host| !host.is_empty()).ok_or_else(unknown)
            }
        }
    }
}

/// The folder of a capture: the one that the file is in, or the next one above it that is not a date (`2026-01-31`, `20260131`).
pub(super) fn home(path: &Path) -> PathBuf {
    let path = plain(path);
    let is_date = |folder: &&Path| {
        let name = folder.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.parse::<Date>().is_ok() && name.len() <= "2026-01-31".len())
    };
    path.ancestors().skip(1).find(|folder| !is_date(folder)).unwrap_or(Path::new("/")).to_owned()
}

/// The absolute path, without dots in it. Links stay: their names may be those of hosts.
pub fn plain(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut plain = PathBuf::new();
    for component in absolute.components() {
        match component {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => plain.push(component),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(from: &HostFrom, path: &str) -> Option<String> {
        from.host(Path::new(path)).ok()
    }

    #[test]
    fn the_folder_is_the_host_unless_it_is_a_date() {
        for (path, expected) in [
            ("/captures/web1/ring_00001.pcapng", "web1"),
            ("/captures/web1/2026-11-27/a.pcap", "web1"),
            ("/captures/web1/20261127/a.pcap", "web1"),
            ("/captures/web2/../web1/./a.pcap", "web1"),
            ("/captures/10.0.0.7/a.pcap", "10.0.0.7"),
            ("/captures/1001/a.pcap", "1001"),
            ("/a.pcap", "/"),
        ] {
            assert_eq!(host(&HostFrom::Folder, path).as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn an_expression_finds_the_host_in_the_path() {
        let from = HostFrom::parse("/captures/(?:dc[0-9]/)?([^/]+)/").unwrap();
        assert_eq!(host(&from, "/captures/dc1/web1/eth0/a.pcap").as_deref(), Some("web1"));
        assert_eq!(host(&from, "/elsewhere/web1/a.pcap"), None);
        assert!(HostFrom::parse("web").unwrap_err().contains("0 groups"));
        assert!(HostFrom::parse("(a)(b)").unwrap_err().contains("2 groups"));
        assert!(HostFrom::parse("(").is_err());
    }
}
