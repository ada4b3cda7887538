//! What cannot be asked for together, though each of it can.

use super::args::{Analyze, Format, STDOUT};
use crate::model::Escaped;
use crate::report::{Kind, Table};
use clap::ValueEnum;
use std::path::Path;

/// Why this cannot be done, if that follows from the options alone: the sentence is for the user.
pub(super) fn refused(args: &Analyze) -> Option<String> {
    if let Some(refused) = packets_refused(args) {
        return Some(refused.to_owned());
    }
    let format = args.format()?;
    let value = format.to_possible_value()?;
    let name = value.get_name();
    more_than_a_line(args, format, name)
        .or_else(|| without_folder(args, format))
        .or_else(|| only_in_vain(args, format, name))
}

/// Why packets cannot be saved so.
fn packets_refused(args: &Analyze) -> Option<&'static str> {
    #[cfg(feature = "live")]
    if args.write.is_some() && !args.live.interface.is_empty() {
        if args.redact {
            // What takes their place is known only when all are there.
            return Some(
                "-w saves live packets as they are captured; save them first, and then redact the file: \
                 wsight --redact -w OUT.pcapng FILE",
            );
        }
        if args.writes_packets_to_stdout() {
            return Some("-w - is for files: live packets are saved to a file; name one");
        }
    }
    let is_stdout = args.output.as_deref() == Some(Path::new(STDOUT));
    (args.writes_packets_to_stdout() && is_stdout)
        .then_some("-w - and -o - would write packets and text to one place; name a file for -o")
}

/// Why there are no tables without a folder for them.
fn without_folder(args: &Analyze, format: Format) -> Option<String> {
    let name = format.of_tables()?;
    match args.output.as_deref() {
        None => Some(format!("-f {name} writes a file for each table; name their folder with -o")),
        Some(path) if path == Path::new(STDOUT) => Some(format!(
            "-f {name} writes a file for each table, which standard output cannot hold; name their folder with -o"
        )),
        Some(_) => None,
    }
}

/// Why `--only` chooses nothing in `format`, which has this name, if that is so.
fn only_in_vain(args: &Analyze, format: Format, name: &str) -> Option<String> {
    let has_table = |kind: &Kind| Table::ALL.iter().any(|table| table.kind() == *kind);
    match format {
        _ if args.only.is_empty() => None,
        Format::Text | Format::Json | Format::Junit => None,
        Format::Csv | Format::Parquet => (!args.only.iter().any(has_table))
            .then(|| format!("-f {name} has no table of what --only names, so nothing would be written")),
        Format::Summary | Format::Html | Format::Pcapng | Format::Har => Some(format!(
            "--only chooses lines and tables, and -f {name} has neither: leave it out, or choose with --where"
        )),
        #[cfg(feature = "tui")]
        Format::Tui => Some("--only chooses what is printed, and the terminal UI prints nothing".to_owned()),
    }
}

/// Why `--oneline` cannot have this format, if it was asked for.
fn more_than_a_line(args: &Analyze, format: Format, name: &str) -> Option<String> {
    if !args.oneline || format == Format::Text {
        return None;
    }
    Some(match (args.format, args.output.as_deref()) {
        (None, Some(path)) => {
            let path = Escaped(path.as_os_str().as_encoded_bytes());
            format!(
                "--oneline prints text, and the name {path} asks for {name}: add -f text, or leave out --oneline"
            )
        }
        (Some(_), _) | (None, None) => {
            format!("--oneline prints text: leave out --oneline, or -f {name}")
        }
    })
}
