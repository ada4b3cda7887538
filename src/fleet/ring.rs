//! Which files one capture wrote in turn: `tcpdump -C` and `-G`, `dumpcap -b` and `wsight -C` and `-G` all begin another file
//! when one is full, with another number or time in its name.

use super::found::FoundFile;
use super::host::{HostFrom, UnknownHost, home};
use crate::capture::Input;
use crate::model::escape;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What may stand behind the name of a capture, besides numbers.
const COMPRESSIONS: [&str; 4] = ["gz", "zst", "zstd", "lz4"];

/// What the names of captures end with.
const EXTENSIONS: [&str; 5] = ["pcapng", "pcap", "cap", "ntar", "dmp"];

/// What stands in front of a number or a part of a time.
const SEPARATORS: [char; 8] = ['-', '_', '.', ':', '+', '@', ' ', '~'];

/// Digits that are a number of a file although nothing stands between them and the name. Fewer belong to it: `eth0`, `web12`.
const SURELY_A_NUMBER: usize = 3;

/// Files that are one capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ring {
    /// The host that they are from, fit for a terminal.
    pub host: String,
    /// The folder that they are in.
    pub folder: PathBuf,
    /// What their names have in common, with `*` for the rest.
    pub name: String,
    /// They, in order of their first packets.
    pub files: Vec<FoundFile>,
}

impl Ring {
    /// A name for what is made of it: the same whenever the files are in the same folder, and another one for every other
    /// ring. Letters, digits and `-`.
    pub fn id(&self) -> String {
        const LONGEST: usize = 40;
        let mut readable = String::new();
        for letter in self.name.chars().take(LONGEST) {
            if letter.is_ascii_alphanumeric() {
                readable.push(letter);
            } else if !readable.is_empty() && !readable.ends_with('-') {
                readable.push('-');
            }
        }
        let mut hash = Sha256::new();
        for part in [self.host.as_bytes(), self.folder.as_os_str().as_encoded_bytes(), self.name.as_bytes()] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let hash = hex::encode(hash.finalize());
        let short = hash.get(..16).unwrap_or_default();
        format!("{}-{short}", readable.trim_end_matches('-')).trim_start_matches('-').to_owned()
    }

    /// Its files, to be read in this order.
    pub fn inputs(&self) -> Vec<Input> {
        self.files.iter().map(|file| Input::File(file.path.clone())).collect()
    }

    /// What people call it.
    pub fn shown(&self) -> String {
        match self.files.as_slice() {
            [only] => escape(only.path.as_os_str().as_encoded_bytes()),
            _ => escape(self.folder.join(&self.name).as_os_str().as_encoded_bytes()),
        }
    }
}

/// Puts files together that are from one host, in one folder, and have one name but for numbers and times.
///
/// # Errors
/// There is no host in the path of a file.
pub fn rings(files: Vec<FoundFile>, hosts: &HostFrom) -> Result<Vec<Ring>, UnknownHost> {
    let mut found: BTreeMap<(String, PathBuf, String), Vec<FoundFile>> = BTreeMap::new();
    for file in files {
        let name = file.path.file_name().unwrap_or_default().to_string_lossy();
        let key = (hosts.host(&file.path)?, home(&file.path), shape(&name));
        found.entry(key).or_default().push(file);
    }
    let ring = |((host, folder, name), mut files): (_, Vec<FoundFile>)| {
        files.sort_by_cached_key(in_order);
        Ring { host, folder, name, files }
    };
    Ok(found.into_iter().map(ring).collect())
}

/// All files of these rings, as one capture: in order of their first packets.
pub fn in_turn(rings: Vec<Ring>) -> Vec<Input> {
    let mut files: Vec<FoundFile> = rings.into_iter().flat_map(|ring| ring.files).collect();
    files.sort_by_cached_key(in_order);
    files.into_iter().map(|file| Input::File(file.path)).collect()
}

/// Files without packets come last; of those that begin at once, names decide, in which numbers count as such.
fn in_order(file: &FoundFile) -> (bool, i64, Vec<(String, u128)>, PathBuf) {
    let begins = file.begins.map_or(0, crate::model::Timestamp::as_nanos);
    (file.begins.is_none(), begins, natural(&file.path), file.path.clone())
}

/// A name as texts and the numbers between them.
fn natural(path: &Path) -> Vec<(String, u128)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut pieces = Vec::new();
    let mut rest = &*name;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (text, behind) = rest.split_at(digits);
        let end = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
        let (number, behind) = behind.split_at(end);
        pieces.push((text.to_owned(), number.parse().unwrap_or_default()));
        rest = behind;
    }
    pieces
}

/// What the name of a file has in common with those of its ring.
fn shape(name: &str) -> String {
    let name = without_compression(name);
    // `trace.pcap.3`: as logrotate has it.
    let whole = without_numbers(name);
    let name = if extension(whole).is_some() { whole } else { name };
    match extension(name) {
        Some((stem, extension)) => {
            let stem = without_numbers(stem);
            let digits = stem.len() - stem.trim_end_matches(|c: char| c.is_ascii_digit()).len();
            let kept = if digits >= SURELY_A_NUMBER { stem.len() - digits } else { stem.len() };
            format!("{}*.{extension}", stem.get(..kept).unwrap_or_default())
        }
        // `tcpdump -C -w trace` writes `trace`, `trace1`, `trace2`.
        None => format!("{}*", without_numbers(name).trim_end_matches(|c: char| c.is_ascii_digit())),
    }
}

fn without_compression(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((rest, last)) if COMPRESSIONS.iter().any(|known| last.eq_ignore_ascii_case(known)) => rest,
        Some(_) | None => name,
    }
}

/// A name and what it ends with, if that is what captures end with. `tcpdump -C` puts numbers behind it.
fn extension(name: &str) -> Option<(&str, &'static str)> {
    let (stem, last) = name.rsplit_once('.')?;
    let last = last.trim_end_matches(|c: char| c.is_ascii_digit());
    EXTENSIONS.into_iter().find(|known| last.eq_ignore_ascii_case(known)).map(|known| (stem, known))
}

/// Without the numbers at its end that something separates: `ring_00001_20260131120000`, `trace-2026-01-31T12:00:00Z`.
fn without_numbers(mut name: &str) -> &str {
    loop {
        let rest = name.strip_suffix('Z').unwrap_or(name);
        let rest = rest.trim_end_matches(|c: char| c.is_ascii_digit());
        if rest.len() == name.strip_suffix('Z').unwrap_or(name).len() {
            return name;
        }
        let is_digit = |c: char| c.is_ascii_digit();
        let between = || rest.strip_suffix('T').filter(|date| date.ends_with(is_digit));
        match rest.strip_suffix(SEPARATORS).or_else(between) {
            Some(shorter) => name = shorter,
            None if rest.is_empty() => return rest,
            None => return name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn names_of_one_ring_have_one_shape() {
        for (names, expected) in [
            // dumpcap -b
            (
                &["ring_00001_20260131120000.pcapng", "ring_00012_20260131130000.pcapng.gz"][..],
                "ring*.pcapng",
            ),
            // tcpdump -C, with and without an extension
            (&["trace.pcap", "trace.pcap1", "trace.pcap10", "trace.pcap2.gz"], "trace*.pcap"),
            (&["trace", "trace1", "trace10"], "trace*"),
            // tcpdump -G
            (&["eth0-2026-01-31_12:00:00.pcap", "eth0-2026-01-31T12:00:00Z.pcap"], "eth0*.pcap"),
            (&["trace-20260131.pcap", "trace-1769860800.pcap"], "trace*.pcap"),
            // wsight -C
            (&["trace.00001.pcapng", "trace.00002.pcapng"], "trace*.pcapng"),
            // logrotate
            (&["trace.pcap", "trace.pcap.1", "trace.pcap.2.gz"], "trace*.pcap"),
            (&["ring001.pcap", "ring002.pcap"], "ring*.pcap"),
            (&["00001.pcap", "2026-01-31.pcap"], "*.pcap"),
        ] {
            for name in names {
                assert_eq!(shape(name), expected, "{name}");
            }
        }
        for (one, other) in [
            ("eth0.pcap", "eth1.pcap"),
            ("web1.pcap", "web12.pcap"),
            ("PORT80.pcap", "PORT81.pcap"),
            ("a-1.pcap", "b-1.pcap"),
        ] {
            assert_ne!(shape(one), shape(other));
        }
    }

    #[test]
    fn files_are_in_order_of_their_packets_and_hosts_apart() {
        let file = |path: &str, begins: Option<i64>| FoundFile {
            path: PathBuf::from(path),
            begins: begins.map(Timestamp::from_nanos),
        };
        let files = vec![
            file("/c/web1/r-10.pcap", Some(2)),
            file("/c/web1/r-9.pcap", Some(2)),
            file("/c/web1/r-1.pcap", Some(3)),
            file("/c/web1/r-2.pcap", None),
            file("/c/web2/r-1.pcap", Some(1)),
            file("/c/web1/2026-01-31/r-3.pcap", Some(1)),
        ];
        let found = rings(files, &HostFrom::Folder).unwrap();
        let names = |ring: &Ring| -> Vec<String> {
            ring.files
                .iter()
                .map(|file| file.path.file_name().unwrap().to_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].host, "web1");
        assert_eq!(names(&found[0]), ["r-3.pcap", "r-9.pcap", "r-10.pcap", "r-1.pcap", "r-2.pcap"]);
        assert_eq!((found[1].host.as_str(), names(&found[1]).len()), ("web2", 1));
        assert_ne!(found[0].id(), found[1].id());
        assert!(found[0].id().starts_with("r-pcap-"), "{}", found[0].id());
    }
}
