//! The command line's words.

use super::values;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
#[cfg(feature = "live")]
use std::{net::SocketAddr, path::PathBuf, time::Duration};
use wsight::findings::{Id, Severity};
#[cfg(feature = "live")]
use wsight::live::Options;
use wsight::report::{Kind, Payload};

/// Reads packet captures and tells which side of a WebSocket did what wrong, in which packet, at which byte.
#[derive(Debug, Parser)]
#[command(name = "wsight", version, args_conflicts_with_subcommands = true, override_usage = USAGE,
    after_help = SHORT_EXAMPLES, after_long_help = EXAMPLES)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,

    #[command(flatten)]
    pub(super) analyze: Analyze,

    /// When to use colours; `auto` looks at the terminal, `NO_COLOR` and `CLICOLOR_FORCE`
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    pub(super) color: Color,
}

/// What else there is to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the interfaces to capture on, with their state, link type and addresses
    ///
    /// The link types only who may capture can see. A file that is called `interfaces` is read as `./interfaces`.
    #[cfg(feature = "live")]
    Interfaces,
    /// Tell what a finding means, its RFC clause, likely causes and what to do
    ///
    /// Without an argument: list all findings. A file that is called `explain` is read as `./explain`.
    Explain {
        /// A finding's id (`pong-mismatch`), or the error text a library printed
        #[arg(value_name = "FINDING-ID or ERROR TEXT")]
        text: Vec<String>,
    },
}

/// How to analyze what.
#[derive(Debug, Args)]
pub(super) struct Analyze {
    /// Captures to analyze: pcap or pcapng, plain or compressed (gzip, zstd, lz4); `-` is standard input
    ///
    /// The contents say what a file is, not its name. Several files are analyzed one after another as one capture.
    ///
    /// With -i: a capture filter in place of files, as tcpdump takes it, such as `tcp port 8080`.
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<OsString>,

    /// Stop after so many packets; a file is then printed, unless -f says otherwise
    #[arg(short, long, value_name = "N")]
    pub(super) count: Option<u64>,

    /// How to show what was found [default: tui on a terminal, text elsewhere]
    #[arg(short, long, value_enum)]
    pub(super) format: Option<Format>,

    /// Colours for a light background (tui), where the terminal does not say that it has one
    #[cfg(feature = "tui")]
    #[arg(long)]
    pub(super) light: bool,

    /// Print just these types: upgrade, frame, message, finding, session, summary (text and json)
    #[arg(long, value_name = "TYPES", value_delimiter = ',', value_parser = values::kind)]
    pub(super) only: Vec<Kind>,

    /// How much payload to print; a preview is 64 bytes of a message
    #[arg(long, value_enum, value_name = "HOW MUCH", default_value_t = HowMuch::Preview)]
    pub(super) payload: HowMuch,

    /// End with status 1 when there is a finding of this severity or a worse one
    #[arg(long, value_name = "SEVERITY", value_parser = values::severity)]
    pub(super) fail_on: Option<Severity>,

    /// Do not make findings of this kind (repeatable, or a comma list)
    #[arg(long, value_name = "ID", value_delimiter = ',', value_parser = values::id)]
    pub(super) ignore: Vec<Id>,

    /// Give findings of this kind another severity: error, warning or note (repeatable)
    #[arg(long, value_name = "ID=SEVERITY", value_delimiter = ',', value_parser = values::regrade)]
    pub(super) severity: Vec<(Id, Severity)>,

    /// Take this for a WebSocket server's port where the capture begins too late to show it (repeatable)
    #[arg(long, value_name = "N", value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) port: Vec<u16>,

    /// Change a cap on memory or patience (repeatable); --help lists them
    #[arg(long, value_name = "NAME=VALUE", value_parser = values::limit, long_help = values::limits_help())]
    pub(super) limit: Vec<(String, u64)>,

    // Last: its heading holds for everything behind it.
    #[cfg(feature = "live")]
    #[command(flatten)]
    pub(super) live: Live,
}

/// What to capture, and how.
#[cfg(feature = "live")]
#[derive(Debug, Args)]
#[command(next_help_heading = "Live capture")]
pub(super) struct Live {
    /// Capture on this interface; `any` is all of them (repeatable; `wsight interfaces` lists them)
    #[arg(short, long, value_name = "IFACE")]
    pub(super) interface: Vec<String>,

    /// Capture only what this filter lets through, as the words behind the options do
    #[arg(long, value_name = "BPF", requires = "interface")]
    pub(super) filter: Option<String>,

    /// Stop after this time: seconds, or with a unit as in 90s, 15m, 2h
    #[arg(long, value_name = "TIME", value_parser = values::duration, requires = "interface")]
    pub(super) duration: Option<Duration>,

    /// Also save the packets, as pcapng
    #[arg(short, long, value_name = "FILE", requires = "interface")]
    pub(super) write: Option<PathBuf>,

    /// With -w: begin a new file after so many million bytes (trace.00001.pcapng, trace.00002.pcapng, …)
    #[arg(short = 'C', long, value_name = "MB", requires = "write", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) file_size: Option<u64>,

    /// With -w: begin a new file after this time
    #[arg(short = 'G', long, value_name = "TIME", requires = "write", value_parser = values::duration)]
    pub(super) rotate: Option<Duration>,

    /// With -C or -G: keep so many files, the newest
    #[arg(short = 'W', long, value_name = "FILES", requires = "write", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) files_kept: Option<u64>,

    /// The most bytes to capture of a packet
    #[arg(short, long, value_name = "BYTES", default_value_t = Options::SNAPLEN, requires = "interface",
        value_parser = clap::value_parser!(u32).range(64..=262_144))]
    pub(super) snapshot_length: u32,

    /// The kernel's buffer for each interface, in KiB
    #[arg(short = 'B', long, value_name = "KIB", default_value_t = Options::BUFFER >> 10, requires = "interface",
        value_parser = clap::value_parser!(u32).range(64..=1_048_576))]
    pub(super) buffer_size: u32,

    /// Leave out what is for other machines
    #[arg(short = 'p', long, requires = "interface")]
    pub(super) no_promiscuous_mode: bool,

    /// Take every packet at once: less delay, more work
    #[arg(long, requires = "interface")]
    pub(super) immediate_mode: bool,

    /// Once the interfaces are open, go on as this user instead of root [default: who called sudo]
    #[arg(long, value_name = "USER", requires = "interface")]
    pub(super) user: Option<String>,

    /// Serve figures for Prometheus over HTTP: a port on the loopback address, or ADDRESS:PORT
    #[arg(long, value_name = "ADDR", value_parser = values::address, requires = "interface")]
    pub(super) metrics: Option<SocketAddr>,
}

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A terminal UI to look around in
    #[cfg(feature = "tui")]
    Tui,
    /// Each session as a short story, then the verdict
    Text,
    /// One JSON object a line, as they happen
    Json,
    /// The capture in figures, then the verdict
    Summary,
}

/// How much payload to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum HowMuch {
    /// Nothing of it
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

#[cfg(feature = "live")]
const USAGE: &str = "\
wsight [OPTIONS] [FILE]...
       wsight -i IFACE [OPTIONS] [BPF]...
       wsight interfaces
       wsight explain [FINDING-ID or ERROR TEXT]";

#[cfg(not(feature = "live"))]
const USAGE: &str = "\
wsight [OPTIONS] [FILE]...
       wsight explain [FINDING-ID or ERROR TEXT]";

const SHORT_EXAMPLES: &str = "\
Examples:
  wsight trace.pcapng                  look around in it; as text where there is no terminal
  wsight -f text trace.pcapng          what happened, and what is wrong
  wsight -i eth0 tcp port 8080         look on while it happens
  wsight explain pong-mismatch         what a finding means and what to do
  wsight --help                        more examples, and all options in full";

const EXAMPLES: &str = "\
Examples:
  Open a capture in the terminal UI (? shows its keys), or tell every session's story:
      wsight trace.pcapng
      wsight -f text trace.pcapng

  Only what is wrong, or only the verdict:
      wsight --only finding,summary trace.pcapng
      wsight -f summary trace.pcapng

  Look on while it happens (needs root or the capability to capture), and save the packets:
      wsight -i any tcp port 8080
      wsight -i eth0 -i lo -f json -w trace.pcapng tcp port 8080

  The same where only tcpdump may capture (-U hands on every packet at once):
      ssh server tcpdump -i any -U -w - 'tcp port 8080' | wsight -

  Fail a CI job when a peer broke the protocol, but not for a heartbeat:
      wsight --fail-on error --ignore pong-unsolicited trace.pcapng

  All messages of one session as text, with jq:
      wsight -f json --only message --payload full trace.pcapng | jq -r 'select(.session == 1).text // empty'

  The capture began when the connections were already open:
      wsight --port 9001 late.pcap

  What does a finding mean, or the error my library prints?
      wsight explain pong-mismatch
      wsight explain 'no close frame received or sent'

Exit status:
  0  done, whatever was found
  1  --fail-on: there is a finding of that severity or a worse one
  2  wsight could not do its work (a file that is damaged or missing, wrong options);
     the reason is on standard error, and what could be read was analyzed";
