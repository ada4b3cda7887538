//! The terminal UI: when it is the answer, and how it is started.

use super::args::{Analyze, Color, Format, HowMuch};
use super::inputs::{CommandInputs, Words};
use super::keys::KeySources;
use super::status::{ExitStatus, complain, or_complain};
use super::{analyze, choice, config};
use crate::capture::{CaptureError, Files, Input, LastInput, Source};
use crate::replay::Load;
use crate::report::InputNames;
use crate::tui::{self, Exit, Opened, Options, Wanted};
use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
#[cfg(feature = "live")]
use {
    super::live::{self, Watched, Writable},
    super::output,
    crate::analyzer::Output,
    crate::live::Save,
    crate::report::{Figures, Sink as _},
    crate::tui::UserConfig,
    std::io::Write,
    std::sync::{Arc, Mutex, PoisonError},
};

/// Whether to show the terminal UI: where it was asked for, or where nothing else was and someone sits at a terminal.
pub(super) fn is_wanted(args: &Analyze) -> bool {
    if let Some(format) = args.format() {
        return format == Format::Tui;
    }
    // These choose what is printed.
    let is_about_print = !args.only.is_empty()
        || args.oneline
        || args.redact
        || !args.choice.is_empty()
        || args.payload() != HowMuch::Preview
        || is_cut_short(args);
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    !is_about_print && !is_dumb && has_input(args) && has_terminal()
}

/// Whether only some packets of files are asked for.
fn is_cut_short(args: &Analyze) -> bool {
    #[cfg(feature = "live")]
    if !args.live.interface.is_empty() {
        return false;
    }
    args.count.is_some() || args.write.is_some() || Words::of(args).is_ok_and(|words| words.filter.is_some())
}

/// Whether there is anything to show.
const fn has_input(args: &Analyze) -> bool {
    #[cfg(feature = "live")]
    if !args.live.interface.is_empty() {
        return true;
    }
    !args.files.is_empty() || !args.read.is_empty()
}

/// A screen to draw on, and keys to read: where standard input is the capture, keys come from the terminal itself.
fn has_terminal() -> bool {
    io::stdout().is_terminal() && (io::stdin().is_terminal() || File::open("/dev/tty").is_ok())
}

/// Shows the files of the command line.
///
/// # Errors
/// The terminal cannot be written.
pub(super) fn show(args: &Analyze, color: Color) -> io::Result<ExitStatus> {
    if args.output.is_some() {
        complain(
            "-o is for what is printed or reported (-f text, html, csv and others); in the terminal UI, press w to save",
        );
        return Ok(ExitStatus::Unable);
    }
    if !has_terminal() {
        complain("the terminal UI needs a terminal; use `-f text` to print");
        return Ok(ExitStatus::Unable);
    }
    if !has_input(args) {
        complain(analyze::hint(io::stdin().is_terminal()));
        return Ok(ExitStatus::Unable);
    }
    if args.redact {
        complain(
            "the terminal UI shows traffic as it was captured, and x hides it; --redact is for what is printed",
        );
        return Ok(ExitStatus::Unable);
    }
    let Some(filter) = or_complain(choice::expression(&args.choice, &args.times.zone())) else {
        return Ok(ExitStatus::Unable);
    };
    let Some(user_config) = or_complain(config::user_config(args, color)) else {
        return Ok(ExitStatus::Unable);
    };
    #[cfg(feature = "live")]
    if !args.live.interface.is_empty() {
        return show_live(args, filter, user_config, color);
    }
    if args.write.is_some() {
        complain("-w saves what is printed (-f text); in the terminal UI, press w");
        return Ok(ExitStatus::Unable);
    }
    let inputs = match CommandInputs::of(args) {
        Ok(CommandInputs { inputs, filter: None, remarks }) => {
            remarks.into_iter().for_each(complain);
            inputs
        }
        Ok(_) => {
            complain("a packet filter chooses what is printed (-f text); in the terminal UI, press f");
            return Ok(ExitStatus::Unable);
        }
        Err(error) => {
            complain(error);
            return Ok(ExitStatus::Unable);
        }
    };
    let Some(opened) = open(args, &inputs, &mut complain) else { return Ok(ExitStatus::Unable) };
    let mut inputs = inputs;
    let opening = move |wanted| {
        let wanted = match wanted {
            Wanted::Again if inputs.contains(&Input::Stdin) => {
                return Err("standard input cannot be read a second time".to_owned());
            }
            Wanted::Again => inputs.clone(),
            Wanted::File(path) => vec![Input::File(from_home(path))],
        };
        // What is shown stays until there is something to show.
        begin(&wanted, last(args))?;
        // What was said when the program began need not be said again.
        let mut said = String::new();
        let opened = open(args, &wanted, &mut |words| said = words).ok_or(said)?;
        inputs = wanted;
        Ok(opened)
    };
    let ended = tui::run(Options {
        opened,
        opening: Some(Box::new(opening)),
        last: last(args),
        dropped: None,
        is_unsaved: false,
        secrets: args.saved_secrets(),
        filter,
        user_config,
    })?;
    if let Some(signal) = ended.signal {
        tell(&ended);
        tui::end_by(signal);
    }
    Ok(ending(args, &ended))
}

/// Begins to load captures; `None` where a key log that was named cannot be read, which is said.
fn open(args: &Analyze, inputs: &[Input], say: &mut dyn FnMut(String)) -> Option<Opened> {
    let name = match inputs {
        [Input::File(path)] => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        [input] => input.to_string(),
        inputs => format!("{} files", inputs.len()),
    };
    let keys = KeySources::find(args, inputs, say)?;
    let config = analyze::config(args, &keys, inputs);
    let names = InputNames(inputs.iter().map(ToString::to_string).collect());
    let load =
        Load::start_by_way_of(inputs.to_vec(), last(args), config, |source| Box::new(keys.follow(source)));
    let (captures, overlaps) =
        (CommandInputs { inputs: inputs.to_vec(), ..CommandInputs::default() }, load.overlaps());
    let remarks = Box::new(move || {
        captures.repeated().into_iter().chain(captures.shared(&overlaps)).collect::<Vec<_>>()
    });
    Some(Opened { load, name, inputs: names, key_log: keys.path, remarks })
}

/// Reads the beginnings of captures. One that grows may have no packet yet.
///
/// # Errors
/// One of them cannot be opened, or is no capture: the sentence is for the user.
fn begin(inputs: &[Input], last: LastInput) -> Result<(), String> {
    for input in inputs.iter().filter(|input| **input != Input::Stdin && !input.is_pipe()) {
        let Err(error) = Files::new(vec![input.clone()]).next().map(drop) else { continue };
        let is_short = matches!(error, CaptureError::Empty { .. } | CaptureError::Truncated { .. });
        let may_grow = is_short && last == LastInput::Growing;
        if !error.is_note() && !may_grow {
            return Err(error.to_string());
        }
    }
    Ok(())
}

const fn last(args: &Analyze) -> LastInput {
    if args.follow { LastInput::Growing } else { LastInput::Complete }
}

/// A path that begins with `~/` is below the home folder, as in a shell.
fn from_home(path: PathBuf) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => path,
    }
}

/// Shows what is captured live, and ends with its figures: what was on the screen is gone.
#[cfg(feature = "live")]
fn show_live(
    args: &Analyze,
    filter: String,
    user_config: UserConfig,
    color: Color,
) -> io::Result<ExitStatus> {
    let Some(keys) = KeySources::find(args, &[], &mut complain) else { return Ok(ExitStatus::Unable) };
    let config = analyze::config(args, &keys, &[]);
    let copy = tempfile::tempfile()?;
    let save = Save::temporary(copy.try_clone()?, config.limits.spool_bytes)?;
    // What the keys save goes where wsight was started, and the columns into the configuration.
    let folders: Vec<_> = std::iter::once(std::env::current_dir()?).chain(config::folder()).collect();
    let output = || Ok(((), Writable { folders, scratch: None }));
    let begun = live::prepare(args, &keys, Some(save), output)
        .and_then(|(prepared, ())| prepared.start(args, &config.limits));
    let Some((source, watching)) = or_complain(begun) else { return Ok(ExitStatus::Unable) };
    let counters = source.counters();
    let count = watching.counting();
    #[cfg(feature = "otlp")]
    let mut spans = watching.gatherer();
    let page = SharedBuffer::default();
    let mut figures =
        Figures::new(page.clone(), output::look(color), InputNames::default()).in_zone(args.times.zone());
    let beside = Box::new(move |output: &Output<'_>| {
        count(output);
        #[cfg(feature = "otlp")]
        if let Some(spans) = &mut spans {
            spans.take(output);
        }
        // To memory, which cannot fail.
        let _ = figures.output(output);
    });
    let name = args.live.interface.join(", ");
    let load = Load::live(
        Box::new(keys.follow(Watched::new(source, args.live.duration))),
        &name,
        copy,
        config,
        beside,
    );
    let remarks = Box::new(Vec::new);
    let opened = Opened { load, name, inputs: InputNames::default(), key_log: keys.path.clone(), remarks };
    let ended = tui::run(Options {
        opened,
        opening: None,
        last: LastInput::Complete,
        dropped: Some(Box::new(move || counters.dropped())),
        secrets: args.saved_secrets(),
        is_unsaved: args.write.is_none(),
        filter,
        user_config,
    })?;
    // Where the terminal is gone, nobody reads it.
    let _ = io::stdout().write_all(&page.0.lock().unwrap_or_else(PoisonError::into_inner));
    watching.finish(Ok(ending(args, &ended)))
}

/// What is printed once the screen is given back.
#[cfg(feature = "live")]
#[derive(Clone, Default)]
struct SharedBuffer(Arc<Mutex<Vec<u8>>>);

#[cfg(feature = "live")]
impl Write for SharedBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Says what could not be read, and keeps what the user chose.
fn tell(ended: &Exit) {
    for error in &ended.errors {
        complain(error);
    }
    if let Some(columns) = &ended.columns
        && let Err(error) = config::keep(columns)
    {
        complain(error);
    }
}

fn ending(args: &Analyze, ended: &Exit) -> ExitStatus {
    tell(ended);
    if !ended.errors.is_empty() {
        ExitStatus::Unable
    } else if args.fail_on.is_some_and(|level| ended.worst >= Some(level)) {
        ExitStatus::Matched
    } else {
        ExitStatus::Done
    }
}
