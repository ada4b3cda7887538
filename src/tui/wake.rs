//! What the loop waits for: the terminal, signals, answers.

use super::action::Motion;
use super::happening::Happening;
use super::key::Key;
use super::request::Reply;
use crossterm::event::{Event, KeyEventKind, MouseButton, MouseEventKind};
use std::io;
use std::sync::mpsc::Sender;
use std::thread;

/// Something that wakes the loop.
pub(super) enum Wake {
    /// Something for the model.
    Happening(Happening),
    /// An answer about the capture that was opened as this number.
    Reply(usize, Reply),
    /// The terminal cannot be read any more.
    Gone,
    /// A signal that ends the program.
    Signal(i32),
    /// A signal that stops it for a while.
    Stop,
}

/// Hands on what the terminal sends.
pub(super) fn listen(wake: Sender<Wake>) -> io::Result<()> {
    let read = move || {
        loop {
            let wakes = match crossterm::event::read() {
                Ok(event) => of_event(event).map(Wake::Happening),
                Err(_) => Some(Wake::Gone),
            };
            let is_over = matches!(wakes, Some(Wake::Gone));
            let is_heard = wakes.is_none_or(|wakes| wake.send(wakes).is_ok());
            if is_over || !is_heard {
                return;
            }
        }
    };
    thread::Builder::new().name("terminal".to_owned()).spawn(read).map(drop)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "nothing else that a terminal sends means anything")]
fn of_event(event: Event) -> Option<Happening> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => {
            Some(Happening::Key(Key::new(key.code, key.modifiers)))
        }
        Event::Paste(text) => Some(Happening::Paste(text)),
        Event::Resize(columns, rows) => Some(Happening::Resize(columns, rows)),
        Event::Mouse(mouse) => match mouse.kind {
            MouseEventKind::ScrollUp => Some(Happening::Wheel(Motion::Up, mouse.column, mouse.row)),
            MouseEventKind::ScrollDown => Some(Happening::Wheel(Motion::Down, mouse.column, mouse.row)),
            MouseEventKind::Drag(MouseButton::Left) => Some(Happening::Drag(mouse.column, mouse.row)),
            MouseEventKind::Down(MouseButton::Left) => Some(Happening::Click(mouse.column, mouse.row)),
            _ => None,
        },
        _ => None,
    }
}

/// Hands on the signals that end or stop a program.
#[cfg(unix)]
pub(super) fn signals(wake: Sender<Wake>) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP};
    let mut signals = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM, SIGTSTP])?;
    let wait = move || {
        let of = |signal| if signal == SIGTSTP { Wake::Stop } else { Wake::Signal(signal) };
        // Where nobody listens any more the loop has ended.
        let _ = signals.forever().try_for_each(|signal| wake.send(of(signal)));
    };
    thread::Builder::new().name("signals".to_owned()).spawn(wait).map(drop)
}

/// Nothing but the terminal's own keys ends a program here.
#[cfg(not(unix))]
pub(super) fn signals(_wake: Sender<Wake>) -> io::Result<()> {
    Ok(())
}

/// Stops the program, as Ctrl-Z does where no program takes the keys.
#[cfg(unix)]
pub(super) fn stop() {
    // It fails only for a signal that does not exist.
    let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP);
}

/// There is no such thing here.
#[cfg(not(unix))]
pub(super) fn stop() {}

/// Ends the program as the signal would have, so that whoever sent it sees that.
#[cfg(unix)]
pub fn end_by(signal: i32) {
    // It fails only for a signal that does not exist.
    let _ = signal_hook::low_level::emulate_default_handler(signal);
}

/// There is no such thing here.
#[cfg(not(unix))]
pub fn end_by(_signal: i32) {}
