//! `wsight split`: the packets of captures, distributed over several.

use super::args::{Split, SplitBy};
use super::destination::{OtherFiles, OutputFile, WriteOption};
use super::inputs::{CommandInputs, Words, count};
use super::progress::ProgressMeter;
use super::status::{ExitStatus, complain, or_complain};
use crate::capture::{Deal, Dealing, DealtRecord, Files, Replace, SavedSecrets};
use crate::fleet;
use crate::model::{Escaped, Limits, Packet};
use crate::pipeline::Overlaps;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;

/// Distributes packets, and tells what there is to tell.
pub(super) fn split(asked: &Split) -> ExitStatus {
    let Some(captures) = or_complain(captures(asked)) else { return ExitStatus::Unable };
    captures.remarks.iter().for_each(complain);
    let Some(parts) = or_complain(parts(asked, &captures)) else { return ExitStatus::Unable };
    let folder = Escaped(asked.output.as_os_str().as_encoded_bytes());
    let done = distribute(asked, &captures, &parts)
        .map_err(|error| format!("{folder}: the parts cannot be written there: {error}"));
    let Some((ending, told)) = or_complain(done) else { return ExitStatus::Unable };
    for part in parts {
        if or_complain(part.keep()).is_none() {
            return ExitStatus::Unable;
        }
    }
    complain(format_args!("{folder}: {told}"));
    ending
}

fn captures(asked: &Split) -> Result<CommandInputs, String> {
    let words = Words { captures: asked.files.iter().map(OsString::as_os_str).collect(), filter: None };
    let hosts = asked.host_from.as_ref();
    if words.are_several(hosts) {
        CommandInputs::of_one_host(&words.captures, hosts, Some(&asked.output))
    } else {
        Ok(CommandInputs::named(&words.captures, None))
    }
}

/// The files of the parts, which come into being once all are whole.
fn parts(asked: &Split, captures: &CommandInputs) -> Result<Vec<OutputFile>, String> {
    let folder = Escaped(asked.output.as_os_str().as_encoded_bytes());
    fs::create_dir_all(&asked.output)
        .map_err(|error| format!("{folder}: the parts cannot be written there: {error}"))?;
    let replace = if asked.force { Replace::Always } else { Replace::Never };
    let others = OtherFiles { captures: &captures.inputs, ..OtherFiles::default() };
    let part = |number: u16| {
        let name = format!("part-{number:03}-of-{:03}.pcapng", asked.into);
        OutputFile::create(&asked.output.join(name), WriteOption::Output, replace, others)
    };
    (0..asked.into).map(part).collect()
}

/// Reads the captures once. Returns how that ended and what was done.
fn distribute(
    asked: &Split,
    captures: &CommandInputs,
    parts: &[OutputFile],
) -> io::Result<(ExitStatus, String)> {
    let (limits, overlaps) = (Limits::default(), Overlaps::default());
    let mut split = match asked.by {
        SplitBy::Connection => fleet::Splitter::new(parts.len(), &limits),
    };
    let secrets = if asked.no_secrets { SavedSecrets::LeftOut } else { SavedSecrets::Kept };
    let outs = parts.iter().map(OutputFile::writer).collect::<io::Result<Vec<File>>>()?;
    let mut dealing = Dealing::new(Files::new(captures.inputs.clone()), outs, secrets)?;
    // A packet that two of the captures hold would be sent twice in one.
    let mut sift = captures.sift(&limits, &overlaps).map_err(io::Error::other)?;
    let mut meter = ProgressMeter::with_end();
    let mut ending = ExitStatus::Done;
    loop {
        let mut deal = |packet: &Packet<'_>| {
            // There is no filter that could not judge it.
            let is_wanted = sift.as_mut().is_none_or(|sift| sift.wants(packet).unwrap_or(true));
            if is_wanted { split.deal(packet) } else { Deal::LeaveOut }
        };
        match dealing.step(&mut deal)? {
            DealtRecord::Dealt => {}
            DealtRecord::Failed(error) => {
                ending = ExitStatus::Unable;
                meter.bar().suspend(|| complain(error));
            }
            DealtRecord::End => break,
        }
        while let Some((number, part)) = split.given_up() {
            dealing.give_up(number, part)?;
        }
        meter.step(|| dealing.progress());
    }
    while let Some((number, part)) = split.incomplete() {
        dealing.give_up(number, part)?;
    }
    meter.clear();
    captures.shared(&overlaps).into_iter().for_each(complain);
    let packets = dealing.finish()?;
    if let Some(([one, other], bytes, total)) = split.too_heavy() {
        let percent = u128::from(bytes) * 100 / u128::from(total.max(1));
        complain(format_args!(
            "the connection between {one} and {other} has {percent} % of the bytes of all connections: it cannot be divided, so \
             its part is larger than the others"
        ));
    }
    let (least, most) = (packets.iter().min().unwrap_or(&0), packets.iter().max().unwrap_or(&0));
    let told = format!(
        "{} in {}, {least} to {most} in each",
        count(packets.iter().sum(), "packet"),
        count(packets.len() as u64, "part")
    );
    Ok((ending, told))
}
