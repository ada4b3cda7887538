//! The key table: it dispatches, prints the help, the hints of the status line and the keys in docs/TUI.md.

use super::action::{Action, Motion, Tab};
use crossterm::event::{KeyCode, KeyModifiers};
use std::fmt::{self, Write};

/// A key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Which.
    pub code: KeyCode,
    /// Whether Ctrl is held; Shift is part of the character.
    pub ctrl: bool,
}

impl Key {
    const fn plain(code: KeyCode) -> Self {
        Self { code, ctrl: false }
    }

    const fn char(c: char) -> Self {
        Self::plain(KeyCode::Char(c))
    }

    const fn ctrl(c: char) -> Self {
        Self { code: KeyCode::Char(c), ctrl: true }
    }

    /// The key of a terminal event.
    pub const fn new(code: KeyCode, modifiers: KeyModifiers) -> Self {
        Self { code, ctrl: modifiers.contains(KeyModifiers::CONTROL) }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("Space"),
            KeyCode::Char(c) if self.ctrl => write!(f, "{}", c.to_ascii_uppercase()),
            KeyCode::Char(c) => f.write_char(c),
            KeyCode::Up => f.write_str("↑"),
            KeyCode::Down => f.write_str("↓"),
            KeyCode::Left => f.write_str("←"),
            KeyCode::Right => f.write_str("→"),
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::PageDown => f.write_str("PgDn"),
            KeyCode::Backspace => f.write_str("Backspace"),
            KeyCode::Enter => f.write_str("Enter"),
            KeyCode::Esc => f.write_str("Esc"),
            KeyCode::Tab => f.write_str("Tab"),
            KeyCode::Home => f.write_str("Home"),
            KeyCode::End => f.write_str("End"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// Where a key means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyContext {
    /// The list of sessions.
    Sessions,
    /// One session.
    Session,
    /// The list of findings.
    Findings,
    /// The plots.
    Plots,
    /// A page of text: the help, an explanation.
    Page,
}

impl KeyContext {
    /// All of them, as the help lists them.
    pub const ALL: [Self; 5] = [Self::Sessions, Self::Session, Self::Findings, Self::Plots, Self::Page];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Session => "session",
            Self::Findings => "findings",
            Self::Plots => "plots",
            Self::Page => "pages",
        }
    }
}

const SESSIONS: &[KeyContext] = &[KeyContext::Sessions];
const SESSION: &[KeyContext] = &[KeyContext::Session];
const ROWS: &[KeyContext] = &[KeyContext::Sessions, KeyContext::Session, KeyContext::Findings];
const JUDGED: &[KeyContext] = &[KeyContext::Session, KeyContext::Findings];
const SAVED: &[KeyContext] = &[KeyContext::Sessions, KeyContext::Session];
const SCREENS: &[KeyContext] =
    &[KeyContext::Sessions, KeyContext::Session, KeyContext::Findings, KeyContext::Plots];
const ALL: &[KeyContext] = &KeyContext::ALL;

/// One line of the table.
#[derive(Debug)]
pub struct Binding {
    /// Any of these.
    pub keys: &'static [Key],
    /// What they do.
    pub action: Action,
    /// Where.
    pub places: &'static [KeyContext],
    /// The same in words.
    pub does: &'static str,
    /// The word for the status line, where the key is worth one.
    pub hint: &'static str,
}

macro_rules! bindings {
    ($($keys:expr => $action:expr, $places:ident, $does:literal $(, $hint:literal)?;)*) => {
        /// Every key, the most useful ones of a place first: the status line shows as many as fit.
        pub const BINDINGS: &[Binding] = &[$(Binding {
            keys: &$keys,
            action: $action,
            places: $places,
            does: $does,
            hint: concat!($($hint)?),
        },)*];
    };
}

bindings! {
    [Key::plain(KeyCode::Enter), Key::plain(KeyCode::Right)] => Action::Open, ROWS,
        "open the session, go to the finding's bytes, enlarge the detail", "open";
    [Key::char('n')] => Action::NextFinding, SCREENS, "next finding anywhere, and its bytes", "next finding";
    [Key::char('N')] => Action::PreviousFinding, SCREENS, "previous finding";
    [Key::char('v')] => Action::NextView, SESSION,
        "payload as text, JSON, hex with ASCII, masked next to unmasked", "payload view";
    [Key::char('e')] => Action::Explain, JUDGED, "explain the finding: causes, what to do", "explain";
    [Key::char('?')] => Action::Help, SCREENS, "these keys", "help";
    [Key::plain(KeyCode::Esc), Key::plain(KeyCode::Left)] => Action::Back, ALL,
        "back: undoes the last thing (page, pane, search, filter, session); never ends wsight", "back";
    [Key::char('q')] => Action::Leave, ALL, "leave the screen; in the list of sessions quit";
    [Key::char('/')] => Action::Search, SCREENS,
        "search in all payloads: text, /regex/ or 0x hex", "search";
    [Key::char('f')] => Action::Filter, ROWS, "show only some rows: words (`!word`: without it), or an expression such as `from == server`", "filter";
    [Key::char('1')] => Action::Show(Tab::Sessions), SCREENS, "list of sessions";
    [Key::char('2')] => Action::Show(Tab::Findings), SCREENS, "list of findings, worst first", "findings";
    [Key::char('3')] => Action::Show(Tab::Plots), SCREENS, "plots of the session, or of the capture", "plots";
    [Key::plain(KeyCode::Tab)] => Action::Switch, SCREENS, "next list; within a session, the other pane";
    [Key::char('l')] => Action::Ladder, SESSION, "ladder: both sides and their frames over time", "ladder";
    [Key::char('m')] => Action::Messages, SESSION, "messages (put together, inflated) or frames", "messages";
    [Key::plain(KeyCode::Up), Key::char('k')] => Action::Move(Motion::Up), ALL, "up";
    [Key::plain(KeyCode::Down), Key::char('j')] => Action::Move(Motion::Down), ALL, "down";
    [Key::plain(KeyCode::PageUp), Key::ctrl('b')] => Action::Move(Motion::PageUp), ALL, "a page up";
    [Key::plain(KeyCode::PageDown), Key::ctrl('f')] => Action::Move(Motion::PageDown), ALL, "a page down";
    [Key::plain(KeyCode::Home), Key::char('g')] => Action::Move(Motion::First), ALL, "to the first row";
    [Key::plain(KeyCode::End), Key::char('G')] => Action::Move(Motion::Last), ALL, "to the last row";
    [Key::char('J')] => Action::Scroll(Motion::Down), SESSION, "scroll the detail down";
    [Key::char('K')] => Action::Scroll(Motion::Up), SESSION, "scroll the detail up";
    [Key::char('V')] => Action::PreviousView, SESSION, "previous view of the payload";
    [Key::char('<')] => Action::SortLeft, SESSIONS, "sort by the column to the left";
    [Key::char('>')] => Action::SortRight, SESSIONS, "sort by the column to the right", "sort";
    [Key::char('z')] => Action::Reverse, SESSIONS, "reverse the order";
    [Key::char('o')] => Action::Unfold, SESSIONS, "show or fold what never was a WebSocket";
    [Key::char(']')] => Action::NextHit, SCREENS, "next hit of the search";
    [Key::char('[')] => Action::PreviousHit, SCREENS, "previous hit";
    [Key::char(' ')] => Action::Mark, ROWS, "mark or unmark the row";
    [Key::char('\'')] => Action::NextMark, ROWS, "next marked row";
    [Key::char('y')] => Action::Copy, ROWS, "copy: payload, hex, JSON, tshark filter (OSC 52, also over ssh)", "copy";
    [Key::char('w')] => Action::Export, SAVED,
        "save packets as pcapng (this session's; in a list, the marked or shown ones), or the payload", "save";
    [Key::char('x')] => Action::Hide, SCREENS, "hide payloads and addresses, or show them again";
    [Key::char('A')] => Action::Follow, ROWS, "stay at the last row while rows arrive";
    [Key::char('p')] => Action::Pause, SCREENS, "pause: the screen stands still while packets arrive; p \
        continues";
    [Key::ctrl('z')] => Action::Suspend, ALL, "stop until `fg`";
    [Key::char('Q'), Key::ctrl('c')] => Action::Quit, ALL, "quit", "quit";
}

/// What `key` means in `place`.
pub fn action(place: KeyContext, key: Key) -> Option<Action> {
    BINDINGS
        .iter()
        .find(|binding| binding.places.contains(&place) && binding.keys.contains(&key))
        .map(|binding| binding.action)
}

/// The keys of a binding, as people write them.
pub fn names(binding: &Binding) -> String {
    binding.keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// The keys of `place`.
pub fn of(place: KeyContext) -> impl Iterator<Item = &'static Binding> {
    BINDINGS.iter().filter(move |binding| binding.places.contains(&place))
}

/// The keys as a table of Markdown.
pub fn markdown() -> String {
    let mut page = String::from("| key | does | where |\n|---|---|---|\n");
    for binding in BINDINGS {
        let keys: Vec<String> = binding.keys.iter().map(|key| format!("`{key}`")).collect();
        let places: Vec<&str> = binding.places.iter().map(|place| place.name()).collect();
        let places =
            if binding.places.len() == ALL.len() { "everywhere".to_owned() } else { places.join(", ") };
        // Writing to a String cannot fail.
        let _ = writeln!(page, "| {} | {} | {places} |", keys.join(" "), binding.does);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for place in KeyContext::ALL {
            let mut seen: Vec<Key> = Vec::new();
            for key in of(place).flat_map(|binding| binding.keys) {
                assert!(!seen.contains(key), "{key} in {}", place.name());
                seen.push(*key);
            }
        }
    }

    #[test]
    fn the_table_dispatches() {
        assert_eq!(action(KeyContext::Session, Key::char('n')), Some(Action::NextFinding));
        assert_eq!(action(KeyContext::Sessions, Key::char('v')), None);
        assert_eq!(
            action(KeyContext::Page, Key::new(KeyCode::Char('c'), KeyModifiers::CONTROL)),
            Some(Action::Quit)
        );
    }

    #[test]
    fn every_place_has_a_way_out() {
        for place in KeyContext::ALL {
            assert!(of(place).any(|binding| binding.action == Action::Back));
        }
    }
}
