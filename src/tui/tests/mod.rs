//! Keys pressed on captures that are loaded, and the screens they lead to.

mod comparing;
mod ends;
mod filters;
mod keys;
mod made;
mod panes;
mod plots;
mod robust;
mod screens;

use super::config::UserConfig;
use super::happening::{Effect, Happening};
use super::model::{Loading, Model};
use super::request::Reply;
use super::update::update;
use super::worker::Worker;
use super::{draw, key::Key};
use crate::analyzer::Config;
use crate::capture::{Input, SavedSecrets};
use crate::replay::Load;
use crate::report::InputNames;
use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

/// A capture of this repository.
fn capture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures").join(name)
}

/// The program without a terminal: a loaded capture, a model, and a worker that answers at once.
struct Desk {
    load: Arc<Load>,
    model: Model,
    worker: Worker<Box<dyn Fn(Reply)>>,
    replies: Arc<Mutex<Vec<Reply>>>,
    /// What the keys wanted, besides payloads.
    wanted: Vec<Effect>,
}

impl Desk {
    fn new(name: &str, size: (u16, u16)) -> Self {
        Self::of(&capture(name), size)
    }

    fn of(path: &Path, size: (u16, u16)) -> Self {
        Self::with(path, size, Config::default())
    }

    fn with(path: &Path, size: (u16, u16), config: Config) -> Self {
        let load = Arc::new(Load::start(vec![Input::File(path.to_owned())], config));
        while !load.is_done() {
            thread::yield_now();
        }
        let replies: Arc<Mutex<Vec<Reply>>> = Arc::default();
        let out = Arc::clone(&replies);
        let answer: Box<dyn Fn(Reply)> = Box::new(move |reply| out.lock().unwrap().push(reply));
        let worker = Worker::new(
            Arc::clone(&load),
            InputNames(vec![path.to_string_lossy().into_owned()]),
            SavedSecrets::Kept,
            answer,
        );
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let model = Model::new(UserConfig::default(), size, name);
        let mut desk = Self { load, model, worker, replies, wanted: Vec::new() };
        let errors = desk.load.errors();
        desk.happen(Happening::Loaded(Loading { is_over: true, errors, ..Loading::default() }));
        desk
    }

    /// Takes what happens, and has the worker answer what that asks for.
    fn happen(&mut self, happening: Happening) {
        let mut happenings = vec![happening];
        while let Some(happening) = happenings.pop() {
            let effects = update(&mut self.model, &self.load.index.read().unwrap(), happening);
            let mut requests = Vec::new();
            for effect in effects {
                match effect {
                    Effect::Ask(request) => requests.push(request),
                    effect => self.wanted.push(effect),
                }
            }
            self.worker.answer_all(requests);
            self.worker.search_on();
            while self.worker.pick_on() {}
            happenings.extend(self.replies.lock().unwrap().drain(..).map(Happening::Reply).rev());
        }
    }

    /// Presses keys: characters as they are, and `⏎ ⎋ ⇥ ↑ ↓ ⌫ ⇟ ⇞`.
    fn press(&mut self, keys: &str) -> &mut Self {
        for c in keys.chars() {
            let code = match c {
                '⏎' => KeyCode::Enter,
                '⎋' => KeyCode::Esc,
                '⇥' => KeyCode::Tab,
                '↑' => KeyCode::Up,
                '↓' => KeyCode::Down,
                '⌫' => KeyCode::Backspace,
                '⇟' => KeyCode::PageDown,
                '⇞' => KeyCode::PageUp,
                c => KeyCode::Char(c),
            };
            self.happen(Happening::Key(Key::new(code, KeyModifiers::NONE)));
        }
        self
    }

    /// The cells of the screen.
    fn drawn(&self) -> Buffer {
        let (width, height) = self.model.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let index = self.load.index.read().unwrap();
        terminal.draw(|frame| draw(&self.model, &index, frame)).unwrap();
        terminal.backend().buffer().clone()
    }

    /// What is on the screen, without blanks at the ends of lines.
    fn screen(&self) -> String {
        let (width, height) = self.model.size;
        let buffer = self.drawn();
        let mut screen = String::new();
        for y in 0..height {
            let mut line = String::new();
            let mut x = 0;
            while x < width {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                // A wide character covers the cell after it.
                x += u16::try_from(super::text::columns(symbol).max(1)).unwrap();
            }
            screen.push_str(line.trim_end());
            screen.push('\n');
        }
        screen
    }
}
