//! The terminal: taken over, and given back on every way out.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::style::Print;
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use std::io::{self, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the terminal is ours at the moment.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether a thread panicked.
static BROKEN: AtomicBool = AtomicBool::new(false);

/// Text stays in the cells where it is put, where a terminal would else reorder right-to-left text (ECMA-48 BDSM).
const EXPLICIT: &str = "\x1b[8l";
const IMPLICIT: &str = "\x1b[8h";

/// The terminal while it is ours. It is given back when this goes.
pub(super) struct Screen {
    pub(super) terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Screen {
    /// Takes the terminal over, and sees to it that a panic gives it back.
    ///
    /// # Errors
    /// It cannot be set up.
    pub(super) fn new() -> io::Result<Self> {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            give_back();
            BROKEN.store(true, Ordering::Relaxed);
            previous(info);
        }));
        take()?;
        let terminal = Terminal::new(CrosstermBackend::new(io::stdout())).inspect_err(|_| give_back())?;
        Ok(Self { terminal })
    }

    /// Gives the terminal back for a while: `meanwhile` stops the program.
    ///
    /// # Errors
    /// It cannot be set up again.
    pub(super) fn leave(&mut self, meanwhile: impl FnOnce()) -> io::Result<()> {
        give_back();
        meanwhile();
        take()?;
        // `Terminal::clear` would ask the terminal where its cursor is, and the answer would go to the thread that reads
        // keys. A new one knows that nothing is on the screen.
        execute!(io::stdout(), Clear(ClearType::All))?;
        self.terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Whether a panic on any thread gave the terminal back.
pub(super) fn is_broken() -> bool {
    BROKEN.load(Ordering::Relaxed)
}

fn take() -> io::Result<()> {
    TAKEN.store(true, Ordering::Relaxed);
    enable_raw_mode()?;
    let taken = execute!(
        io::stdout(),
        EnterAlternateScreen,
        EnableMouseCapture,
        EnableBracketedPaste,
        Print(EXPLICIT),
        cursor::Hide
    );
    taken.inspect_err(|_| give_back())
}

/// Gives the terminal back, if it is ours. One that is gone needs nothing.
fn give_back() {
    if !TAKEN.swap(false, Ordering::Relaxed) {
        return;
    }
    let _ = execute!(
        io::stdout(),
        Print(IMPLICIT),
        DisableBracketedPaste,
        DisableMouseCapture,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = disable_raw_mode();
}

/// Gives a text to the terminal's clipboard (OSC 52), which works over ssh as well.
///
/// # Errors
/// The terminal is gone.
pub(super) fn copy(text: &str) -> io::Result<()> {
    let mut out = io::stdout();
    write!(out, "{}", sequence(text))?;
    out.flush()
}

/// In base64, so no part of the text reaches the terminal unescaped.
fn sequence(text: &str) -> String {
    format!("\x1b]52;c;{}\x07", BASE64_STANDARD.encode(text))
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_copied_reaches_the_terminal_in_base64() {
        assert_eq!(super::sequence("\x1b]0;x\x07"), "\x1b]52;c;G10wO3gH\x07");
    }
}
