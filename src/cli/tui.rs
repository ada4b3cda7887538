//! The terminal UI: when it is the answer, and how it is started.

use super::args::{Analyze, Color, Format, HowMuch};
use super::{Ending, analyze, complain};
use std::fs::File;
use std::io::{self, IsTerminal};
use wsight::capture::Input;
use wsight::tui::{self, Background, Depth, Options, Theme};

/// Whether to show the terminal UI: where it was asked for, or where nothing else was and someone sits at a terminal.
pub(super) fn is_wanted(args: &Analyze) -> bool {
    if let Some(format) = args.format {
        return format == Format::Tui;
    }
    // These choose what is printed.
    let is_about_print = !args.only.is_empty() || args.payload != HowMuch::Preview;
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    !is_about_print && !is_dumb && !args.files.is_empty() && has_terminal()
}

/// A screen to draw on, and keys to read: where standard input is the capture, keys come from the terminal itself.
fn has_terminal() -> bool {
    io::stdout().is_terminal() && (io::stdin().is_terminal() || File::open("/dev/tty").is_ok())
}

/// Shows the files of the command line.
///
/// # Errors
/// The terminal cannot be written.
pub(super) fn show(args: &Analyze, color: Color) -> io::Result<Ending> {
    if !has_terminal() {
        complain("the terminal UI needs a terminal; `-f text` prints");
        return Ok(Ending::Unable);
    }
    if args.files.is_empty() {
        complain(analyze::hint(io::stdin().is_terminal()));
        return Ok(Ending::Unable);
    }
    let mut theme = Theme::from_environment(|name| std::env::var(name).ok());
    if color == Color::Never {
        theme.depth = Depth::None;
    } else if color == Color::Always && theme.depth == Depth::None {
        theme.depth = Depth::Sixteen;
    }
    if args.light {
        theme.background = Background::Light;
    }
    let inputs: Vec<Input> = args.files.iter().map(|file| Input::from_argument(file)).collect();
    let ended = tui::run(Options { inputs, config: analyze::config(args), theme })?;
    for error in &ended.errors {
        complain(error);
    }
    if let Some(signal) = ended.signal {
        tui::end_by(signal);
    }
    Ok(if !ended.errors.is_empty() {
        Ending::Unable
    } else if args.fail_on.is_some_and(|level| ended.worst >= Some(level)) {
        Ending::Matched
    } else {
        Ending::Done
    })
}
