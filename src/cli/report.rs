//! `wsight report`: a page about the tables of many hosts.

use super::args::Report;
use super::destination::{OtherFiles, OutputFile, Unfinished, WriteOption};
use super::progress::ProgressMeter;
use super::signals;
use super::status::{ExitStatus, complain, or_complain};
use crate::capture::{Progress, Replace};
use crate::fleet;
use crate::report::{Overview, write_overview};
use std::io::{self, BufWriter};
use std::path::Path;

/// Writes the page, and tells what of the tables is not in it.
///
/// # Errors
/// The page cannot be written.
pub(super) fn report(asked: &Report) -> io::Result<ExitStatus> {
    let replace = if asked.force { Replace::Always } else { Replace::Never };
    let open = |path: &Path| OutputFile::create(path, WriteOption::Output, replace, OtherFiles::default());
    let path = asked.output.as_deref().filter(|path| *path != Path::new("-"));
    let Some(file) = or_complain(path.map(open).transpose()) else { return Ok(ExitStatus::Unable) };
    let files = file.iter().filter_map(OutputFile::unfinished).collect();
    signals::remove_if_ended(Unfinished { files, folders: Vec::new() })?;
    let mut meter = ProgressMeter::with_end();
    let read = fleet::overview_of(&asked.tables, &mut |read| {
        meter.look(|| Progress { read: read.read, total: Some(read.total), ..Progress::default() });
    });
    meter.clear();
    let Some(overview) = or_complain(read) else { return Ok(ExitStatus::Unable) };
    match file {
        None => write_overview(&overview, &mut io::stdout().lock())?,
        Some(file) => {
            write_overview(&overview, &mut BufWriter::new(file.placed_writer()?))?;
            if or_complain(file.keep()).is_none() {
                return Ok(ExitStatus::Unable);
            }
        }
    }
    Ok(tell(&overview))
}

/// Tells what could not be read. Where captures are broken, the run that made the tables has told so.
fn tell(overview: &Overview) -> ExitStatus {
    let left_out = &overview.left_out;
    left_out.shown.iter().for_each(|unread| complain(&unread.reason));
    if left_out.more > 0 {
        complain(format_args!("{}: {} more parts could not be read", overview.folder, left_out.more));
    }
    if left_out.shown.is_empty() { ExitStatus::Done } else { ExitStatus::Unable }
}
