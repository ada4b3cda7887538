//! The command line's words.

use super::examples::{EXAMPLES, SHORT_EXAMPLES, USAGE};
use super::values::{self, SessionRange};
use crate::capture::{Replace, SavedSecrets};
use crate::findings::{Id, Severity};
use crate::fleet::HostFrom;
#[cfg(feature = "live")]
use crate::live::Options;
use crate::model::{Limit, Zone};
use crate::report::{Kind, Payload};
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use jiff::tz::TimeZone;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
#[cfg(feature = "live")]
use std::{net::SocketAddr, time::Duration};

/// Stands for standard output in the place of a file's name.
pub(super) const STDOUT: &str = "-";

/// Reads packet captures and tells which side of a WebSocket did what wrong, in which packet, at which byte.
#[derive(Debug, Parser)]
#[command(name = "wsight", version, args_conflicts_with_subcommands = true, override_usage = USAGE,
    after_help = SHORT_EXAMPLES, after_long_help = EXAMPLES)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,

    #[command(flatten)]
    pub(super) analyze: Analyze,

    /// When to use colours; `auto` goes by the terminal, `NO_COLOR` and `CLICOLOR_FORCE`
    // Not under the heading of the options before it.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto, help_heading = None::<&'static str>)]
    pub(super) color: Color,
}

/// The other things wsight can do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the interfaces that can be captured, with their state, link type and addresses
    ///
    /// Link types are shown only to users who may capture. To read a file called `interfaces`, write `./interfaces`.
    #[cfg(feature = "live")]
    Interfaces,
    /// Explain a finding: what it means, its RFC clause, likely causes and what to do; or list the fields of filters
    ///
    /// Without an argument it lists all findings, with `fields` all fields that a filter (--where) can ask for. To read a file called `explain`, write `./explain`.
    Explain {
        /// A finding's id (`pong-mismatch`), the error message that a library or browser printed, `fields`, or a field
        /// (`session.close`)
        #[arg(value_name = "FINDING-ID or ERROR TEXT")]
        text: Vec<String>,
    },
    /// Split captures into several files by connection, so that what is too large for one analysis can be analyzed in parts
    ///
    /// Each connection is whole in one part, which follows from its addresses and ports alone: parts of several runs can be put
    /// together. To read a file called `split`, write `./split`.
    Split(Split),
    /// Make a page of the tables of many hosts: what was found where, since when, and what to ask next
    ///
    /// The tables are those that `wsight -f parquet -o DIR FOLDER...` or Spark wrote (docs/FLEET.md). To read a file called
    /// `report`, write `./report`.
    Report(Report),
    /// Print a completion script for a shell
    ///
    /// For bash: `wsight completions bash > ~/.local/share/bash-completion/completions/wsight`. To read a file called
    /// `completions`, write `./completions`.
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page: `wsight man | man -l -`
    Man,
}

/// Which tables to make a page of.
#[derive(Debug, Args)]
pub(super) struct Report {
    /// The folder of the tables, with its manifest
    #[arg(long, value_name = "DIR")]
    pub(super) tables: PathBuf,

    /// Write the page to PATH; `-` is standard output, the default
    #[arg(short, long, value_name = "PATH")]
    pub(super) output: Option<PathBuf>,

    /// Replace the file that -o names
    #[arg(long, requires = "output")]
    pub(super) force: bool,
}

/// How to distribute packets.
#[derive(Debug, Args)]
pub(super) struct Split {
    /// Captures to split, as for an analysis: files, folders and patterns
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<OsString>,

    /// What stays together
    #[arg(long, value_enum, default_value_t = SplitBy::Connection)]
    pub(super) by: SplitBy,

    /// How many parts to make
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub(super) into: u16,

    /// The folder to write them to
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: PathBuf,

    /// Overwrite existing parts
    #[arg(long)]
    pub(super) force: bool,

    /// Leave out the TLS secrets that the captures hold
    #[arg(long)]
    pub(super) no_secrets: bool,

    /// In folders and patterns: the host is what the group of this regular expression matches in a capture's absolute path
    /// [default: the folder]; all captures must belong to one host
    #[arg(long, value_name = "REGEX", value_parser = values::host_from)]
    pub(super) host_from: Option<HostFrom>,
}

/// What stays together when packets are distributed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SplitBy {
    /// The packets of a TCP connection, both ways; others by their two addresses
    Connection,
}

/// What to analyze, and how.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("written").args(["output", "write"]).multiple(true)))]
#[cfg_attr(feature = "tui", expect(clippy::struct_excessive_bools, reason = "each is an option of its own"))]
pub(super) struct Analyze {
    /// Captures to analyze: pcap or pcapng, plain or compressed (gzip, zstd, lz4); `-` is standard input
    ///
    /// The format is recognized from the contents, not from the name. Several files are analyzed in the order given, as one capture.
    ///
    /// A folder stands for all captures in it and below, a pattern in quotes ('ring-*.pcap.gz') for the files that match. They are
    /// read in order of their first packets. With -f csv or parquet, each host and each ring of files is analyzed by itself, and the
    /// tables have a part for each host and day (docs/FLEET.md).
    ///
    /// Words after them are a packet filter in tcpdump's syntax, such as `host 10.0.0.7`; with -i, all words are the
    /// filter.
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<OsString>,

    /// Analyze this capture; all words after the options are then a packet filter, as with tcpdump (repeatable)
    #[arg(short, long, value_name = "FILE")]
    #[cfg_attr(feature = "live", arg(conflicts_with = "interface"))]
    pub(super) read: Vec<OsString>,

    /// Keep reading the last file while it is being written, like tail -F
    #[arg(long, conflicts_with = "write")]
    #[cfg_attr(feature = "live", arg(conflicts_with = "interface"))]
    pub(super) follow: bool,

    /// Stop after N packets; prints text unless -f says otherwise
    #[arg(short, long, value_name = "N")]
    pub(super) count: Option<u64>,

    /// Output format [default: by the name after -o; else tui on a terminal, and text elsewhere or with a filter]
    #[arg(short, long, value_enum)]
    pub(super) format: Option<Format>,

    /// Write the output to PATH: a file; for csv and parquet a folder, with a file for each table
    ///
    /// Without -f, the file extension selects the format: .html, .json, .pcapng, .har, .xml (junit), anything else text. The file appears
    /// only once it is complete.
    #[arg(short, long, value_name = "PATH")]
    pub(super) output: Option<PathBuf>,

    /// Replace the files that -o and -w name
    #[arg(long, requires = "written")]
    pub(super) force: bool,

    /// Captures of many hosts: the host is what the group of this regular expression matches in a capture's absolute path
    /// [default: the folder]
    #[arg(long, value_name = "REGEX", value_parser = values::host_from)]
    pub(super) host_from: Option<HostFrom>,

    /// With -f csv or parquet, folders and patterns: how many captures to analyze at once [default: one for each core]
    #[arg(long, value_name = "N")]
    pub(super) jobs: Option<NonZeroUsize>,

    /// Replace addresses, names, header values and payloads, so that the output can be shown to others
    ///
    /// Addresses and names become numbered pseudonyms, the same ones each time; payloads keep their length and shape. Times,
    /// ports, lengths and codes stay as they are; docs/OUTPUT.md has the whole list. With -w or -f pcapng, this applies to the
    /// packets themselves, and TLS in them is sealed again with secrets of wsight's own.
    #[arg(long)]
    pub(super) redact: bool,

    /// Use colours for a light background in the terminal UI, where the terminal does not report one
    #[cfg(feature = "tui")]
    #[arg(long)]
    pub(super) light: bool,

    /// Print only these types: upgrade, tls, frame, message, finding, session, summary (text, json, junit, csv and parquet)
    #[arg(long, value_name = "TYPES", value_delimiter = ',', value_parser = values::kind)]
    pub(super) only: Vec<Kind>,

    /// Print text with one line for each event: time of day, session, time since the session began, packet, what happened
    ///
    /// No other format can be asked for with it. A finding is printed once it is certain, which may be after later events.
    #[arg(long)]
    pub(super) oneline: bool,

    #[command(flatten)]
    pub(super) times: TimeArgs,

    /// Save packets to FILE, as pcapng: from files, the whole connections of the chosen sessions with their TLS
    /// secrets; live, all packets
    ///
    /// An existing file is kept unless --force is given; where no session is chosen, none is written. With files, `-` is
    /// standard output, which then gets nothing but the packets.
    #[arg(short, long, value_name = "FILE")]
    pub(super) write: Option<PathBuf>,

    /// How much payload to print; a preview is the first 64 bytes of a message [default: preview; full for har]
    #[arg(long, value_enum, value_name = "HOW MUCH")]
    pub(super) payload: Option<HowMuch>,

    /// Exit with status 1 if there is a finding of this severity or worse
    ///
    /// With a filter (--where, --host, …), only the findings that it chooses count. What --ignore suppresses never counts.
    #[arg(long, value_name = "SEVERITY", value_parser = values::severity)]
    pub(super) fail_on: Option<Severity>,

    /// Suppress findings with this id (repeatable, or a comma-separated list)
    #[arg(long, value_name = "ID", value_delimiter = ',', value_parser = values::id)]
    pub(super) ignore: Vec<Id>,

    /// Change the severity of findings with this id: error, warning or note (repeatable)
    #[arg(long, value_name = "ID=SEVERITY", value_delimiter = ',', value_parser = values::regrade)]
    pub(super) severity: Vec<(Id, Severity)>,

    /// Treat this server port as WebSocket when the capture starts after the upgrade (repeatable)
    #[arg(long, value_name = "N", value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) port: Vec<u16>,

    /// Decrypt TLS with the secrets in this key log (SSLKEYLOGFILE format; repeatable)
    ///
    /// While packets come from an interface or a pipe, lines added to the file later are used too. Secrets inside
    /// pcapng files are always used.
    #[arg(long, value_name = "FILE")]
    pub(super) keys: Vec<PathBuf>,

    /// Do not save TLS secrets with packets, neither with -w nor from the terminal UI
    #[arg(long)]
    pub(super) no_secrets: bool,

    /// Change a limit on memory or waiting time (repeatable); --help lists them
    #[arg(long, value_name = "NAME=VALUE", value_parser = values::limit, long_help = values::limits_help())]
    pub(super) limit: Vec<(Limit, u64)>,

    // These are last, because a heading applies to every option after it.
    #[command(flatten)]
    pub(super) choice: Choice,

    #[cfg(feature = "live")]
    #[command(flatten)]
    pub(super) live: LiveArgs,
}

impl Analyze {
    /// The format that was asked for, in so many words or by the name of the file.
    pub(super) fn format(&self) -> Option<Format> {
        self.format.or_else(|| Some(Format::of_file(self.output.as_deref()?)))
    }

    /// Whether standard output gets packets, and nothing else therefore.
    pub(super) fn writes_packets_to_stdout(&self) -> bool {
        self.write.as_deref() == Some(Path::new(STDOUT))
    }

    /// How much payload to print.
    pub(super) fn payload(&self) -> HowMuch {
        let usual = if self.format() == Some(Format::Har) { HowMuch::Full } else { HowMuch::Preview };
        self.payload.unwrap_or(usual)
    }

    /// Whether files that are there may be written over.
    pub(super) const fn replace(&self) -> Replace {
        if self.force { Replace::Always } else { Replace::Never }
    }

    /// What of the secrets is saved.
    pub(super) const fn saved_secrets(&self) -> SavedSecrets {
        if self.no_secrets { SavedSecrets::LeftOut } else { SavedSecrets::Kept }
    }
}

/// In which zone times are.
#[derive(Debug, Args)]
pub(super) struct TimeArgs {
    /// Print times in UTC, the default; times in filters are read as UTC, too
    #[arg(long, overrides_with = "local")]
    pub(super) utc: bool,

    /// Print times in this machine's time zone (`TZ` names another one), and read the times in filters as such; JSON always has UTC
    #[arg(long, overrides_with = "utc")]
    pub(super) local: bool,
}

impl TimeArgs {
    /// The zone of times, printed and read.
    pub(super) fn zone(&self) -> Zone {
        if self.local { Zone::local(TimeZone::system()) } else { Zone::UTC }
    }
}

/// Which events to print. They are printed with the upgrade and the session they belong to.
#[derive(Debug, Args)]
#[command(next_help_heading = "Filter")]
pub(super) struct Choice {
    /// Print only events for which this holds, such as `message.from == server and message.text contains "error"`
    ///
    /// `wsight explain fields` lists the fields and how to compare them. Several filters must all hold. A file is read twice where a
    /// filter asks for a session's duration, close or totals, which are known only at its end.
    #[arg(long = "where", value_name = "EXPR")]
    pub(super) expressions: Vec<String>,

    /// Only sessions of this client or server: an address, a network (10.0.0.0/8), or the name in the Host header
    /// (repeatable, or a comma-separated list)
    #[arg(long, value_name = "ADDR|NAME", value_delimiter = ',')]
    pub(super) host: Vec<String>,

    /// Only these sessions, by number: 3, or 3,5, or 3-7
    #[arg(long, value_name = "N", value_delimiter = ',', value_parser = values::sessions)]
    pub(super) session: Vec<SessionRange>,

    /// Only what this side sent, and findings about it
    #[arg(long, value_name = "SIDE", value_enum)]
    pub(super) from: Option<PeerArg>,

    /// Only text messages that match this regular expression; `(?i)` in front of it ignores case
    #[arg(long, value_name = "REGEX")]
    pub(super) grep: Option<String>,

    /// Only events at or after this time: 14:02, 14:02:05.5, 2026-01-31 or 2026-01-31T14:02 (UTC, or as --local says)
    #[arg(long, value_name = "TIME")]
    pub(super) since: Option<String>,

    /// Only events before this time
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<String>,
}

#[cfg(feature = "tui")]
impl Choice {
    /// Whether everything is printed.
    pub(super) fn is_empty(&self) -> bool {
        let Self { expressions, host, session, from, grep, since, until } = self;
        let has_value = from.is_some() || grep.is_some() || since.is_some() || until.is_some();
        expressions.is_empty() && host.is_empty() && session.is_empty() && !has_value
    }
}

/// A side of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PeerArg {
    /// The client, which requested the WebSocket
    Client,
    /// The server, which was asked for it
    Server,
}

/// What to capture, and how.
#[cfg(feature = "live")]
#[derive(Debug, Args)]
#[command(next_help_heading = "Live capture")]
pub(super) struct LiveArgs {
    /// Capture on this interface, or on all with `any` (repeatable; `wsight interfaces` lists them)
    #[arg(short, long, value_name = "IFACE")]
    pub(super) interface: Vec<String>,

    /// Take only packets that match this filter, from files too; the same as words after the files or the options
    #[arg(long, value_name = "BPF")]
    pub(super) filter: Option<String>,

    /// Stop after this long: seconds, or a number with a unit such as 90s, 15m or 2h
    #[arg(long, value_name = "TIME", value_parser = values::duration, requires = "interface")]
    pub(super) duration: Option<Duration>,

    /// With -w: start a new file after MB million bytes (trace.00001.pcapng, trace.00002.pcapng, …)
    #[arg(short = 'C', long, value_name = "MB", requires_all = ["write", "interface"], value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) file_size: Option<u64>,

    /// With -w: start a new file after this long
    #[arg(short = 'G', long, value_name = "TIME", requires_all = ["write", "interface"], value_parser = values::duration)]
    pub(super) rotate: Option<Duration>,

    /// With -C or -G: keep only the newest FILES files
    #[arg(short = 'W', long, value_name = "FILES", requires_all = ["write", "interface"], value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) files_kept: Option<u64>,

    /// Capture at most this many bytes of each packet
    #[arg(short, long, value_name = "BYTES", default_value_t = Options::SNAPLEN, requires = "interface",
        value_parser = clap::value_parser!(u32).range(64..=262_144))]
    pub(super) snapshot_length: u32,

    /// Size of the kernel's buffer for each interface, in KiB
    #[arg(short = 'B', long, value_name = "KIB", default_value_t = Options::BUFFER >> 10, requires = "interface",
        value_parser = clap::value_parser!(u32).range(64..=1_048_576))]
    pub(super) buffer_size: u32,

    /// Do not capture traffic addressed to other machines
    #[arg(short = 'p', long, requires = "interface")]
    pub(super) no_promiscuous_mode: bool,

    /// Deliver each packet at once: less delay, more CPU
    #[arg(long, requires = "interface")]
    pub(super) immediate_mode: bool,

    /// Once the interfaces are open, drop root and continue as this user [default: the user who ran sudo]
    #[arg(long, value_name = "USER", requires = "interface")]
    pub(super) user: Option<String>,

    /// Serve metrics for Prometheus over HTTP: a port on the loopback address, or ADDRESS:PORT
    #[arg(long, value_name = "ADDR", value_parser = values::address, requires = "interface")]
    pub(super) metrics: Option<SocketAddr>,

    /// Push metrics, and each session as a span, to an OpenTelemetry collector by OTLP over HTTP
    ///
    /// Without URL, `OTEL_EXPORTER_OTLP_ENDPOINT` names the collector, and otherwise it is port 4318 of this host; before a
    /// capture filter, give the URL. Spans have addresses, hosts and paths, but no queries and no payload. Filters (--where,
    /// --host, …) and --redact apply to them. If something could not be pushed, the exit status is 2.
    #[cfg(feature = "otlp")]
    #[arg(long, value_name = "URL", requires = "interface")]
    #[expect(clippy::option_option, reason = "the option may be given without a value")]
    pub(super) otlp: Option<Option<String>>,
}

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// An interactive terminal UI
    #[cfg(feature = "tui")]
    Tui,
    /// What happened in each session, then the verdict
    Text,
    /// One JSON object per line, as events happen
    Json,
    /// Totals for the capture, then the verdict
    Summary,
    /// A test report for CI: one test case per session, with its findings as failures
    Junit,
    /// A report in one page of HTML: verdict, findings explained, sessions drawn as ladders, plots
    Html,
    /// The capture itself, with each finding as a comment on its packet, for Wireshark
    Pcapng,
    /// An HTTP archive with messages, which opens in Chrome's developer tools
    Har,
    /// Tables for spreadsheets and databases, in the folder that -o names
    Csv,
    /// The same tables with types (Apache Parquet), for databases and data frames
    Parquet,
}

impl Format {
    /// What the files of its tables are called behind the dot; `None` if it has no tables.
    pub(super) const fn of_tables(self) -> Option<&'static str> {
        match self {
            Self::Csv => Some("csv"),
            Self::Parquet => Some("parquet"),
            #[cfg(feature = "tui")]
            Self::Tui => None,
            Self::Text | Self::Json | Self::Summary | Self::Junit | Self::Har | Self::Html | Self::Pcapng => {
                None
            }
        }
    }

    /// Whether it keeps parts of it in a file aside until it knows what stands in front of them.
    #[cfg(feature = "live")]
    pub(super) const fn keeps_aside(self) -> bool {
        match self {
            Self::Junit | Self::Har | Self::Html | Self::Pcapng => true,
            #[cfg(feature = "tui")]
            Self::Tui => false,
            Self::Text | Self::Json | Self::Summary | Self::Csv | Self::Parquet => false,
        }
    }

    /// The format that a file's name tells.
    fn of_file(path: &Path) -> Self {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("json" | "jsonl" | "ndjson") => Self::Json,
            Some("har") => Self::Har,
            Some("html" | "htm") => Self::Html,
            Some("pcapng") => Self::Pcapng,
            Some("xml") => Self::Junit,
            Some(_) | None => Self::Text,
        }
    }
}

/// How much payload to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum HowMuch {
    /// No payload
    None,
    /// The first 64 bytes of a message
    Preview,
    /// All of it in JSON, up to the limit message-bytes; the first 4096 bytes in text
    Full,
}

impl From<HowMuch> for Payload {
    fn from(how_much: HowMuch) -> Self {
        match how_much {
            HowMuch::None => Self::None,
            HowMuch::Preview => Self::Preview,
            HowMuch::Full => Self::Full,
        }
    }
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
