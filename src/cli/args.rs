//! The command line's words.

use super::values;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use wsight::findings::{Id, Severity};
use wsight::report::{Kind, Payload};

/// Reads packet captures and tells which side of a WebSocket did what wrong, in which packet, at which byte.
#[derive(Debug, Parser)]
#[command(name = "wsight", version, args_conflicts_with_subcommands = true, after_help = SHORT_EXAMPLES,
    after_long_help = EXAMPLES)]
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
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<OsString>,

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

const SHORT_EXAMPLES: &str = "\
Examples:
  wsight trace.pcapng                  look around in it; as text where there is no terminal
  wsight -f text trace.pcapng          what happened, and what is wrong
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

  Capture with tcpdump and read along (-U hands on every packet at once):
      tcpdump -i any -U -w - 'tcp port 8080' | wsight -

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
