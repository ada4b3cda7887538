//! What the words of the command line name: captures, and the packet filter after them.

use super::args::Analyze;
use crate::analyzer::Config;
use crate::capture::{CaptureError, Files, Input, Progress, Sift, Sifted, Source};
use crate::filter::Filter;
use crate::fleet::{self, HostFrom};
use crate::model::{Captured, FileId, Limits};
use crate::pipeline::{Overlaps, Pipeline, Repeats, SharedPackets};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Files that one analysis can number.
const MOST_INPUTS: usize = u16::MAX as usize;

/// Names that are shown of many.
const SHOWN: usize = 3;

/// Words that a packet filter begins with, in tcpdump's syntax.
const BEGINNINGS: [&str; 31] = [
    "host",
    "net",
    "port",
    "portrange",
    "src",
    "dst",
    "ether",
    "ip",
    "ip6",
    "arp",
    "tcp",
    "udp",
    "icmp",
    "icmp6",
    "sctp",
    "proto",
    "gateway",
    "broadcast",
    "multicast",
    "less",
    "greater",
    "vlan",
    "mpls",
    "pppoes",
    "pppoed",
    "geneve",
    "vxlan",
    "not",
    "inbound",
    "outbound",
    "len",
];

/// The captures and the filter of a command line.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct CommandInputs {
    pub(super) inputs: Vec<Input>,
    /// What of their packets to read.
    pub(super) filter: Option<String>,
    /// What there is to say about how the inputs were found.
    pub(super) remarks: Vec<String>,
}

/// The words of a command line that name captures, and the filter after them.
#[derive(Debug)]
pub(super) struct Words<'a> {
    pub(super) captures: Vec<&'a OsStr>,
    pub(super) filter: Option<String>,
}

impl<'a> Words<'a> {
    /// Tells the files from the filter: it begins after `-r FILE`, or with the first word that begins one and is not
    /// a file.
    ///
    /// # Errors
    /// What is wrong, for the user.
    pub(super) fn of(args: &'a Analyze) -> Result<Self, String> {
        let mut captures: Vec<&OsStr> = args.read.iter().map(OsString::as_os_str).collect();
        let mut words = args.files.iter().map(OsString::as_os_str).peekable();
        while let Some(word) = words.next_if(|word| args.read.is_empty() && !begins_filter(word)) {
            let rest = std::iter::once(word).chain(words.clone());
            if let Some(hint) = misplaced(&rest.filter_map(OsStr::to_str).collect::<Vec<_>>()) {
                return Err(hint);
            }
            captures.push(word);
        }
        let words: Option<Vec<&str>> = words.map(OsStr::to_str).collect();
        let words = words.ok_or("the packet filter is not UTF-8")?.join(" ");
        let option = filter_option(args);
        if !words.is_empty() && option.is_some() {
            return Err("the packet filter was given twice: with --filter and after the files".to_owned());
        }
        let filter = option.map(str::to_owned).or((!words.is_empty()).then_some(words));
        if let (true, Some(filter)) = (captures.is_empty(), &filter) {
            return Err(format!(
                "`{}` is a packet filter, but there is no capture: name one before it (`wsight trace.pcapng {0}`)",
                crate::model::escape(filter.as_bytes())
            ));
        }
        Ok(Self { captures, filter })
    }

    /// Whether they may stand for captures of several hosts.
    pub(super) fn are_several(&self, hosts: Option<&HostFrom>) -> bool {
        hosts.is_some() || self.captures.iter().any(|word| fleet::is_several(word))
    }
}

impl CommandInputs {
    /// The captures of a command line, as one capture, and the filter.
    ///
    /// # Errors
    /// What is wrong, for the user.
    pub(super) fn of(args: &Analyze) -> Result<Self, String> {
        let words = Words::of(args)?;
        if !words.are_several(args.host_from.as_ref()) {
            return Ok(Self::named(&words.captures, words.filter));
        }
        let found = Self::of_one_host(&words.captures, args.host_from.as_ref(), args.output.as_deref())?;
        Ok(Self { filter: words.filter, ..found })
    }

    /// Files in the order in which they are named.
    pub(super) fn named(words: &[&OsStr], filter: Option<String>) -> Self {
        let inputs = words.iter().copied().map(Input::from_argument).collect();
        Self { inputs, filter, remarks: Vec::new() }
    }

    /// What folders and patterns stand for, which has to be from one host: what several hosts have captured is no one
    /// capture. `out` is left alone.
    ///
    /// # Errors
    /// What is wrong, for the user.
    pub(super) fn of_one_host(
        words: &[&OsStr],
        hosts: Option<&HostFrom>,
        out: Option<&Path>,
    ) -> Result<Self, String> {
        let found = fleet::find(words, out)?;
        if let Some(unlisted) = found.unlisted.into_iter().next() {
            return Err(unlisted);
        }
        let mut remarks = Vec::new();
        if !found.passed_over.is_empty() {
            remarks.push(found.passed_over.to_string());
        }
        let rings = fleet::rings(found.files, hosts.unwrap_or(&HostFrom::Folder))
            .map_err(|error| error.to_string())?;
        let names: BTreeSet<&str> = rings.iter().map(|ring| ring.host.as_str()).collect();
        let several = in_short(&names);
        match names.len() {
            0 => return Err(nothing_in(words)),
            1 => {}
            hosts => {
                return Err(format!(
                    "these are captures of {hosts} hosts ({several}), which may have the same addresses: `-f parquet -o tables` \
                     makes tables of all of them; for anything else, name the captures of one host, or say with --host-from \
                     which part of a path is the host"
                ));
            }
        }
        if rings.len() > 1 {
            remarks.push(format!(
                "{} different captures are read as one, in order of their first packets",
                rings.len()
            ));
        }
        let inputs = fleet::in_turn(rings);
        if inputs.len() > MOST_INPUTS {
            return Err(format!(
                "more than {MOST_INPUTS} files cannot be read as one capture; name fewer of them"
            ));
        }
        Ok(Self { inputs, filter: None, remarks })
    }

    /// What to say about a capture that is named twice.
    pub(super) fn repeated(&self) -> Option<String> {
        let path = |input: &Input| if let Input::File(path) = input { Some(path.clone()) } else { None };
        let paths: Vec<_> = self.inputs.iter().filter_map(path).collect();
        let (again, first) = paths.iter().enumerate().find_map(|(at, path)| {
            paths.get(..at)?.iter().find(|earlier| is_same(earlier, path)).map(|earlier| (path, earlier))
        })?;
        let name = |path: &Path| crate::model::escape(path.as_os_str().as_encoded_bytes());
        Some(if again == first {
            format!("{} is named twice: its packets are counted once", name(again))
        } else {
            format!("{} and {} are the same file: its packets are counted once", name(first), name(again))
        })
    }

    /// What to say about the numbers of sessions: those that a packet filter leaves out have none.
    pub(super) fn numbering(&self) -> Option<&'static str> {
        self.filter.as_ref().map(|_| {
            "sessions are numbered among the packets that the packet filter lets through; without it they may have other numbers"
        })
    }

    /// What to say about inputs that hold the same packets, or the same traffic.
    pub(super) fn shared(&self, overlaps: &Overlaps) -> Vec<String> {
        let mut told = Vec::new();
        let SharedPackets { pairs, is_cut } = overlaps.found();
        if is_cut {
            told.push(
                "the captures overlap by more packets than can be compared (--limit compared-packets)"
                    .to_owned(),
            );
        }
        for ((one, other), overlap) in pairs {
            let input = |file: FileId| self.inputs.get(usize::from(file.0));
            let (Some(one), Some(other)) = (input(one), input(other)) else { continue };
            let is_named_twice =
                matches!((one, other), (Input::File(one), Input::File(other)) if is_same(one, other));
            if overlap.repeated > 0 && !is_named_twice {
                let packets = count(overlap.repeated, "packet");
                told.push(format!("{other} repeats {packets} of {one}, counted once"));
            }
            if overlap.elsewhere() > 0 {
                let segments = count(overlap.elsewhere(), "TCP segment");
                told.push(format!(
                    "{other} and {one} both hold {segments}, with other headers or times: they are the same traffic, captured \
                     at two places, and together it looks as if everything was sent twice; analyze them one by one"
                ));
            }
        }
        told
    }

    /// What of the packets to read: those that the filter wants and no earlier input holds.
    ///
    /// # Errors
    /// The filter is not understood, or there is nothing that would understand one.
    pub(super) fn sift(&self, limits: &Limits, overlaps: &Overlaps) -> Result<Option<Box<dyn Sift>>, String> {
        let filter = self.compiled()?;
        if self.inputs.len() < 2 {
            return Ok(filter);
        }
        Ok(Some(Box::new(Repeats::new(&self.inputs, limits, overlaps.clone(), filter))))
    }

    /// The filter, compiled.
    ///
    /// # Errors
    /// It is not understood, or there is nothing that would understand one.
    #[cfg(feature = "live")]
    fn compiled(&self) -> Result<Option<Box<dyn Sift>>, String> {
        let Some(filter) = &self.filter else { return Ok(None) };
        let filter = crate::live::PacketFilter::parse(filter).map_err(|error| error.to_string())?;
        Ok(Some(Box::new(filter)))
    }

    /// Without libpcap there are none.
    #[cfg(not(feature = "live"))]
    fn compiled(&self) -> Result<Option<Box<dyn Sift>>, String> {
        match &self.filter {
            None => Ok(None),
            Some(filter) => Err(format!(
                "`{}` is a packet filter, which this wsight was built without (the feature `live`); --host and --where choose \
                 sessions",
                crate::model::escape(filter.as_bytes())
            )),
        }
    }

    /// The packets of the captures that the filter wants.
    ///
    /// # Errors
    /// There is no such filter.
    pub(super) fn open(&self, limits: &Limits, overlaps: &Overlaps) -> Result<StoredCaptures, String> {
        let files = Files::new(self.inputs.clone());
        Ok(match self.sift(limits, overlaps)? {
            None => StoredCaptures::All(files),
            Some(sift) => StoredCaptures::Some(Sifted::new(files, sift)),
        })
    }
}

/// Captures to read. Two kinds, because what reads all packets is quicker when it need not ask.
pub(super) enum StoredCaptures {
    All(Files),
    Some(Sifted),
}

impl StoredCaptures {
    /// Waits for more where the last file ends, until `is_over` is set.
    pub(super) fn follow(&mut self, is_over: Arc<AtomicBool>) {
        match self {
            Self::All(files) => files.follow(is_over),
            Self::Some(sifted) => sifted.follow(is_over),
        }
    }

    /// An analysis of them, of at most `count` packets.
    ///
    /// # Errors
    /// No thread could be started.
    pub(super) fn pipeline(self, config: Config, count: Option<u64>) -> io::Result<Pipeline> {
        match self {
            Self::All(files) => Pipeline::new(files, config, count),
            Self::Some(sifted) => Pipeline::new(sifted, config, count),
        }
    }

    /// Where the packets come from.
    fn source(&mut self) -> &mut dyn Source {
        match self {
            Self::All(files) => files,
            Self::Some(sifted) => sifted,
        }
    }
}

impl Source for StoredCaptures {
    fn next(&mut self) -> Result<Option<Captured<'_>>, CaptureError> {
        self.source().next()
    }

    fn pause_after(&mut self, silence: Duration) {
        self.source().pause_after(silence);
    }

    fn progress(&self) -> Progress {
        match self {
            Self::All(files) => files.progress(),
            Self::Some(sifted) => sifted.progress(),
        }
    }
}

/// Whether a path leads to one of the captures to read.
pub(super) fn is_read(path: &Path, inputs: &[Input]) -> bool {
    inputs.iter().any(|input| matches!(input, Input::File(read) if is_same(path, read)))
}

/// Whether two paths lead to one file.
pub(super) fn is_same(path: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let of = |path: &Path| fs::metadata(path).ok().map(|data| (data.dev(), data.ino()));
        of(path).is_some_and(|file| of(other) == Some(file))
    }
    #[cfg(not(unix))]
    fs::canonicalize(path).is_ok_and(|path| fs::canonicalize(other).is_ok_and(|other| path == other))
}

/// The error if folders have no capture in them.
pub(super) fn nothing_in(words: &[&OsStr]) -> String {
    let names: Vec<String> = words.iter().map(|word| crate::model::escape(word.as_encoded_bytes())).collect();
    format!("there is no capture in {}", in_short(&names.iter().map(String::as_str).collect()))
}

/// The first few of many names.
pub(super) fn in_short(names: &BTreeSet<&str>) -> String {
    let shown: Vec<&str> = names.iter().take(SHOWN).copied().collect();
    format!("{}{}", shown.join(", "), if names.len() > SHOWN { ", …" } else { "" })
}

/// So many of something, in words.
pub(super) fn count(number: u64, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

const fn filter_option(args: &Analyze) -> Option<&str> {
    #[cfg(feature = "live")]
    if let Some(filter) = &args.live.filter {
        return Some(filter.as_str());
    }
    let _ = args;
    None
}

fn begins_filter(word: &OsStr) -> bool {
    let Some(text) = word.to_str() else { return false };
    let first = text.trim_start_matches(['(', '!', ' ']);
    let first = first.split([' ', '[']).next().unwrap_or_default();
    BEGINNINGS.contains(&first) && !Path::new(word).exists() && !fleet::is_matched(word)
}

/// What to say of words that stand where files do, and are no files: an address, or a filter of events. `words` are the
/// first of them and all that follow.
fn misplaced(words: &[&str]) -> Option<String> {
    let first = words.first().filter(|word| !Path::new(word).exists())?;
    let shown = |text: &str| crate::model::escape(text.as_bytes());
    let address = first.split_once('/').map_or(*first, |(address, _)| address);
    if address.parse::<std::net::IpAddr>().is_ok() || first.parse::<std::net::SocketAddr>().is_ok() {
        let address = shown(first);
        return Some(format!(
            "`{address}` is no file: `--host {address}` chooses the sessions of a host, `host {address}` its packets"
        ));
    }
    // Alone, or with all that follows; the shell takes quotes away.
    let all = words.join(" ");
    let expression = [all.as_str(), first].into_iter().find(|text| Filter::parse(text).is_ok());
    if let Some(expression) = expression.map(shown) {
        return Some(format!(
            "`{expression}` is no file: a filter of events is written as --where '{expression}'"
        ));
    }
    // What is meant as one, and wrong: as other programs write it.
    let is_operator = |word: &str| {
        ["==", "!=", "<", ">", "<=", ">=", "~", "&&", "||", "contains", "matches", "in", "eq", "ne"]
            .contains(&word)
    };
    let meant = if first.contains("==") || first.contains("!=") || first.split(' ').any(is_operator) {
        first
    } else {
        words.get(1).is_some_and(|word| is_operator(word)).then_some(all.as_str())?
    };
    let error = Filter::parse(meant).err()?;
    Some(format!(
        "`{}` is no file, and no filter of events (--where): {}",
        shown(meant),
        shown(error.message())
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Cli;
    use clap::Parser;

    fn named(line: &[&str]) -> Result<(Vec<String>, Option<String>), String> {
        let cli = Cli::try_parse_from(std::iter::once("wsight").chain(line.iter().copied())).unwrap();
        let named = CommandInputs::of(&cli.analyze)?;
        Ok((named.inputs.iter().map(ToString::to_string).collect(), named.filter))
    }

    #[test]
    fn words_behind_the_files_are_a_filter() {
        let of = |files: &[&str], filter: Option<&str>| {
            Ok((files.iter().map(ToString::to_string).collect(), filter.map(str::to_owned)))
        };
        assert_eq!(named(&["a.pcap", "b.pcap"]), of(&["a.pcap", "b.pcap"], None));
        assert_eq!(named(&["a.pcap", "host", "10.0.0.7"]), of(&["a.pcap"], Some("host 10.0.0.7")));
        assert_eq!(named(&["a.pcap", "--", "tcp port 80"]), of(&["a.pcap"], Some("tcp port 80")));
        assert_eq!(named(&["a.pcap", "(tcp", "or", "udp)"]), of(&["a.pcap"], Some("(tcp or udp)")));
        assert_eq!(
            named(&["-r", "a.pcap", "-r", "-", "10.0.0.7"]),
            of(&["a.pcap", "standard input"], Some("10.0.0.7"))
        );
        for (words, hint) in [
            (&["10.0.0.7"][..], "`10.0.0.7` is no file: `--host 10.0.0.7` chooses"),
            (&["10.0.0.0/8"], "`host 10.0.0.0/8` its packets"),
            (&["frame.opcode == ping"], "--where 'frame.opcode == ping'"),
            (&["frame.opcode", "==", "ping"], "--where 'frame.opcode == ping'"),
            (&["session.duration", ">", "5s"], "--where 'session.duration > 5s'"),
            (&["ip.addr == 10.0.0.7"], "there is no field `ip.addr`; here it is `client` or `server`"),
            (
                &["websocket.opcode", "==", "9"],
                "there is no field `websocket.opcode`; here it is `frame.opcode`",
            ),
        ] {
            let error = named(&[&["a.pcap"], words].concat()).unwrap_err();
            assert!(error.contains(hint), "{error}");
        }
        assert_eq!(named(&["a.pcap", "hosts.pcap"]), of(&["a.pcap", "hosts.pcap"], None));
        assert!(named(&["host", "10.0.0.7"]).unwrap_err().contains("`wsight trace.pcapng host 10.0.0.7`"));
    }
}
