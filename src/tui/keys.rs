//! The table of keys: it dispatches, prints the help, the hints of the status line and the keys in docs/TUI.md.

use super::action::{Action, Motion, Tab, Towards};
use super::key::Key;
use crossterm::event::KeyCode;
use std::fmt::Write;

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
    /// The choice of columns.
    Columns,
    /// A page of text: the help, an explanation.
    Page,
}

impl KeyContext {
    /// All of them, as the help lists them.
    pub const ALL: [Self; 6] =
        [Self::Sessions, Self::Session, Self::Findings, Self::Plots, Self::Columns, Self::Page];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Session => "session",
            Self::Findings => "findings",
            Self::Plots => "plots",
            Self::Columns => "columns",
            Self::Page => "pages",
        }
    }
}

const SESSIONS: &[KeyContext] = &[KeyContext::Sessions];
const SESSION: &[KeyContext] = &[KeyContext::Session];
const COLUMNS: &[KeyContext] = &[KeyContext::Columns];
const ROWS: &[KeyContext] = &[KeyContext::Sessions, KeyContext::Session, KeyContext::Findings];
const FOLDED: &[KeyContext] = &[KeyContext::Sessions, KeyContext::Findings];
const JUDGED: &[KeyContext] = &[KeyContext::Session, KeyContext::Findings];
const PLOTS: &[KeyContext] = &[KeyContext::Plots];
const BUT_PLOTS: &[KeyContext] =
    &[KeyContext::Sessions, KeyContext::Session, KeyContext::Findings, KeyContext::Columns, KeyContext::Page];
const PANES: &[KeyContext] = &[KeyContext::Session, KeyContext::Findings];
const SAVED: &[KeyContext] = &[KeyContext::Sessions, KeyContext::Session];
const SCREENS: &[KeyContext] =
    &[KeyContext::Sessions, KeyContext::Session, KeyContext::Findings, KeyContext::Plots];
const ALL: &[KeyContext] = &KeyContext::ALL;

/// One line of the table.
#[derive(Debug)]
pub struct Binding {
    /// How the configuration calls it.
    pub name: &'static str,
    /// Any of these, unless the configuration says otherwise.
    pub keys: &'static [Key],
    /// What they do.
    pub action: Action,
    /// Where on the screen they do it.
    pub places: &'static [KeyContext],
    /// The same in words.
    pub does: &'static str,
    /// The word for the status line, where the key is worth one.
    pub hint: &'static str,
}

macro_rules! bindings {
    ($($name:literal: $keys:expr => $action:expr, $places:ident, $does:literal $(, $hint:literal)?;)*) => {
        /// Every key, the most useful ones of a place first: the status line shows as many as fit.
        pub const BINDINGS: &[Binding] = &[$(Binding {
            name: $name,
            keys: &$keys,
            action: $action,
            places: $places,
            does: $does,
            hint: concat!($($hint)?),
        },)*];
    };
}

bindings! {
    "open": [Key::plain(KeyCode::Enter), Key::plain(KeyCode::Right)] => Action::Open, ROWS,
        "open the session, go to the finding's bytes, unfold findings of a kind, enlarge the detail", "open";
    "open-moment": [Key::plain(KeyCode::Enter)] => Action::Open, PLOTS, "go to the first frame at the cursor", "frames";
    "earlier": [Key::plain(KeyCode::Left), Key::char('h')] => Action::Cursor(Towards::Left), PLOTS,
        "move the cursor to the left", "left";
    "later": [Key::plain(KeyCode::Right), Key::char('l')] => Action::Cursor(Towards::Right), PLOTS,
        "move the cursor to the right", "right";
    "zoom-in": [Key::char('+')] => Action::ZoomIn, PLOTS, "zoom in around the cursor", "zoom";
    "zoom-out": [Key::char('-')] => Action::ZoomOut, PLOTS, "zoom out", "out";
    "zoom-whole": [Key::char('0')] => Action::ZoomWhole, PLOTS, "show the whole time";
    "next-finding": [Key::char('n')] => Action::NextFinding, ALL, "next finding anywhere, and its bytes",
        "next finding";
    "previous-finding": [Key::char('N')] => Action::PreviousFinding, ALL, "previous finding";
    "view": [Key::char('v')] => Action::NextView, SESSION,
        "payload as text, JSON (or MessagePack, CBOR, protobuf as a tree), hex with ASCII, masked next to unmasked", "payload view";
    "explain": [Key::char('e')] => Action::Explain, JUDGED, "explain the finding: causes, what to do", "explain";
    "show-column": [Key::char(' ')] => Action::ShowColumn, COLUMNS, "show or hide the column", "show or hide";
    "column-left": [Key::char('<'), Key::char('K')] => Action::MoveColumn(Towards::Left), COLUMNS,
        "move the column to the left", "left";
    "column-right": [Key::char('>'), Key::char('J')] => Action::MoveColumn(Towards::Right), COLUMNS,
        "move the column to the right", "right";
    "sort-by-column": [Key::plain(KeyCode::Enter)] => Action::SortBy, COLUMNS,
        "sort by the column; again: the other way around", "sort";
    "help": [Key::char('?')] => Action::Help, SCREENS, "show the keys", "help";
    "back": [Key::plain(KeyCode::Esc)] => Action::Back, ALL,
        "back: undoes the last thing (page, pane, zoom, search, filter, session); never ends wsight", "back";
    "back-left": [Key::plain(KeyCode::Left)] => Action::Back, BUT_PLOTS, "the same";
    "leave": [Key::char('q')] => Action::Leave, ALL, "leave this screen; quit from the list of sessions";
    "search": [Key::char('/')] => Action::Search, SCREENS,
        "search in all payloads: text, /regex/ or 0x hex", "search";
    "filter": [Key::char('f')] => Action::Filter, ROWS, "show only some rows: words (`!word`: without it), or an expression such as `from == server`", "filter";
    "sessions": [Key::char('1')] => Action::Show(Tab::Sessions), SCREENS, "list of sessions";
    "findings": [Key::char('2')] => Action::Show(Tab::Findings), SCREENS, "list of findings, worst first", "findings";
    "plots": [Key::char('3')] => Action::Show(Tab::Plots), SCREENS, "plots of the session, or of the capture", "plots";
    "go-to": [Key::char(':')] => Action::GoTo, SCREENS, "go to a session by its number, or to a frame of it: `23`, `23/5`";
    "switch": [Key::plain(KeyCode::Tab)] => Action::Switch, SCREENS, "next list; within a session, the other pane";
    "ladder": [Key::char('l')] => Action::Ladder, SESSION, "ladder: both sides and their frames over time", "ladder";
    "messages": [Key::char('m')] => Action::Messages, SESSION, "messages (put together, inflated) or frames", "messages";
    "up": [Key::plain(KeyCode::Up), Key::char('k')] => Action::Move(Motion::Up), ALL, "up";
    "down": [Key::plain(KeyCode::Down), Key::char('j')] => Action::Move(Motion::Down), ALL, "down";
    "page-up": [Key::plain(KeyCode::PageUp), Key::ctrl('b')] => Action::Move(Motion::PageUp), ALL, "a page up";
    "page-down": [Key::plain(KeyCode::PageDown), Key::ctrl('f')] => Action::Move(Motion::PageDown), ALL, "a page down";
    "first": [Key::plain(KeyCode::Home), Key::char('g')] => Action::Move(Motion::First), ALL, "to the first row";
    "last": [Key::plain(KeyCode::End), Key::char('G')] => Action::Move(Motion::Last), ALL, "to the last row";
    "scroll-down": [Key::char('J')] => Action::Scroll(Motion::Down), SESSION, "scroll the detail down";
    "scroll-up": [Key::char('K')] => Action::Scroll(Motion::Up), SESSION, "scroll the detail up";
    "fold-level": [Key::char('(')] => Action::FoldLevel, SESSION, "fold the JSON or the tree by a level";
    "unfold-level": [Key::char(')')] => Action::UnfoldLevel, SESSION, "unfold it by a level";
    "fold-node": [Key::char('o')] => Action::FoldNode, SESSION,
        "go to the JSON or the tree; there, fold or unfold the node at the cursor, as Enter does";
    "previous-view": [Key::char('V')] => Action::PreviousView, SESSION, "previous view of the payload";
    "sort-left": [Key::char('<')] => Action::SortLeft, SESSIONS, "sort by the column to the left";
    "sort-right": [Key::char('>')] => Action::SortRight, SESSIONS, "sort by the column to the right", "sort";
    "reverse": [Key::char('z')] => Action::Reverse, SESSIONS, "reverse the order";
    "columns": [Key::char('C')] => Action::Columns, SESSIONS, "choose the columns, and their order";
    "unfold": [Key::char('o')] => Action::Unfold, FOLDED,
        "unfold or fold: what never was a WebSocket; findings of a kind";
    "next-hit": [Key::char(']')] => Action::NextHit, SCREENS, "next hit of the search";
    "previous-hit": [Key::char('[')] => Action::PreviousHit, SCREENS, "previous hit";
    "larger": [Key::char('+')] => Action::Grow, PANES, "enlarge the focused pane";
    "smaller": [Key::char('-')] => Action::Shrink, PANES, "shrink it";
    "full": [Key::char('F')] => Action::Full, PANES, "toggle full screen", "full";
    "mark": [Key::char(' ')] => Action::Mark, ROWS, "mark or unmark the row";
    "compare": [Key::char('c')] => Action::Compare, SAVED,
        "compare two marked rows, or the marked one with this one: sessions, frames or messages";
    "next-mark": [Key::char('\'')] => Action::NextMark, ROWS, "next marked row";
    "copy": [Key::char('y')] => Action::Copy, ROWS, "copy: payload, hex, JSON, tshark filter (OSC 52, also over ssh)", "copy";
    "save": [Key::char('w')] => Action::Export, SAVED,
        "save: packets as pcapng (this session's, or between two marks; in the list, the marked or shown sessions', or all of a live capture), a payload, or all messages of a side", "save";
    "open-file": [Key::char('O')] => Action::OpenFile, SCREENS, "show another capture";
    "reload": [Key::char('R')] => Action::Reload, SCREENS, "reload the capture";
    "hide": [Key::char('x')] => Action::Hide, SCREENS, "hide payloads and addresses, or show them again";
    "time-zone": [Key::char('t')] => Action::TimeZone, SCREENS, "times in UTC, or in the local time zone";
    "follow": [Key::char('A')] => Action::Follow, ROWS, "stay at the last row while rows arrive";
    "pause": [Key::char('p')] => Action::Pause, SCREENS, "pause: the screen stands still while packets arrive; p \
        continues";
    "suspend": [Key::ctrl('z')] => Action::Suspend, ALL, "suspend (resume with `fg`)";
    "quit": [Key::char('Q'), Key::ctrl('c')] => Action::Quit, ALL, "quit", "quit";
}

/// The keys as a table of Markdown.
pub fn markdown() -> String {
    let mut page = String::from("| key | does | where | name |\n|---|---|---|---|\n");
    for binding in BINDINGS {
        let keys: Vec<String> = binding.keys.iter().map(|key| format!("`{key}`")).collect();
        let places: Vec<&str> = binding.places.iter().map(|place| place.name()).collect();
        let places =
            if binding.places.len() == ALL.len() { "everywhere".to_owned() } else { places.join(", ") };
        // Writing to a String cannot fail.
        let _ = writeln!(page, "| {} | {} | {places} | `{}` |", keys.join(" "), binding.does, binding.name);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_binding_has_a_name_of_its_own() {
        let mut names: Vec<&str> = BINDINGS.iter().map(|binding| binding.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), BINDINGS.len());
        assert!(names.iter().all(|name| name.bytes().all(|c| c.is_ascii_lowercase() || c == b'-')));
    }

    #[test]
    fn every_place_has_a_way_out() {
        for place in KeyContext::ALL {
            let of_place = || BINDINGS.iter().filter(|binding| binding.places.contains(&place));
            assert!(of_place().any(|binding| binding.action == Action::Back));
            assert!(of_place().any(|binding| binding.action == Action::Quit));
        }
    }
}
