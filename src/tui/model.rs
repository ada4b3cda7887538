//! Everything the screen shows besides the capture itself.

use super::action::Tab;
use super::clock::Clock;
use super::columns::Columns;
use super::compare::Compared;
use super::config::UserConfig;
use super::keymap::Keymap;
use super::keys::KeyContext;
use super::kinds::Findings;
use super::list::List;
use super::panes::Panes;
use super::payloads::Payloads;
use super::picks::Picks;
use super::plot::Plots;
use super::prompt::Prompt;
pub(super) use super::request::RowKind;
use super::request::{FilteredList, ReadProgress, SoFar};
use super::sessions::SessionList;
use super::sieve::Sieve;
use super::theme::Theme;
use super::tree::Folds;
use crate::capture::LastInput;
use crate::findings::Id;
use crate::index::Index;
use crate::replay::Needle;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// The state of the terminal UI. Only [`update`](super::update::update) changes it.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Model {
    pub(super) theme: Theme,
    pub(super) keymap: Keymap,
    pub(super) clock: Clock,
    /// Columns and rows of the terminal.
    pub(super) size: (u16, u16),
    /// The inputs, escaped.
    pub(super) capture: String,
    pub(super) tab: Tab,
    pub(super) sessions: SessionList,
    pub(super) findings: Findings,
    /// The session that is looked at; the lists lie beneath it.
    pub(super) open: Option<OpenSession>,
    /// A page of text above everything else.
    pub(super) page: Option<TextPage>,
    /// A question in the last line.
    pub(super) prompt: Option<Prompt>,
    /// What there is to say about the last key.
    pub(super) notice: Option<String>,
    pub(super) loading: Loading,
    /// Packets come as they happen, and nobody saves them.
    pub(super) is_unsaved: bool,
    /// What was listed of them when the user saved all of it.
    pub(super) saved: Option<SoFar>,
    /// The key log that opens TLS.
    pub(super) key_log: Option<PathBuf>,
    /// Payloads and addresses are not to be seen.
    pub(super) is_hidden: bool,
    /// The last row stays in view.
    pub(super) is_following: bool,
    /// New arrivals wait: nothing on the screen changes.
    pub(super) is_paused: bool,
    pub(super) payloads: Payloads,
    pub(super) hunt: Option<Hunt>,
    pub(super) marks: BTreeSet<Mark>,
    pub(super) plots: Plots,
    pub(super) picks: Picks,
    pub(super) panes: Panes,
    /// Some of its work is not done yet: it wants to go on at once.
    pub(super) is_busy: bool,
}

/// A marked row: a session, or one of its frames.
pub(super) type Mark = (usize, Option<u64>);

/// A session that is looked at.
#[derive(Clone, Debug)]
pub(super) struct OpenSession {
    /// Its place in [`Index::sessions`].
    pub(super) session: usize,
    pub(super) kind: RowKind,
    pub(super) is_ladder: bool,
    /// The first row is the session itself; frames or messages follow, with the ends of TCP where they were.
    pub(super) list: List,
    /// The rows that the filter lets through; all of them without a filter.
    pub(super) rows: Option<Sieve>,
    /// The ends that it lets through, by their places; all of them without a filter.
    pub(super) ends: Option<Vec<usize>>,
    pub(super) filter: String,
    /// The filter of the other kind of rows.
    pub(super) other_filter: String,
    /// A filter that was set aside to show a row that it hides.
    pub(super) set_aside: Option<String>,
    /// What will take the place of `rows`, once it has all of them.
    pub(super) making: Option<Sieve>,
    /// The first row that the filter lets through is to be selected, once there is one.
    pub(super) seeks_first: bool,
    pub(super) pane: Pane,
    pub(super) view: PayloadView,
    /// What of a tree is folded.
    pub(super) folds: Folds,
    /// What the detail was about when it was drawn last.
    pub(super) shown: Option<SessionItem>,
    /// The first line of the detail that is shown.
    pub(super) scroll: usize,
    /// What was searched for is to be brought into view, once the payload is there.
    pub(super) is_sought: bool,
}

/// Which pane has the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pane {
    Rows,
    Detail,
}

/// A way to show a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PayloadView {
    Text,
    Json,
    Hex,
    Masked,
}

impl PayloadView {
    pub(super) const ALL: [Self; 4] = [Self::Text, Self::Json, Self::Hex, Self::Masked];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "JSON",
            Self::Hex => "hex",
            Self::Masked => "masked",
        }
    }

    pub(super) fn turned(self, by: usize) -> Self {
        let at = Self::ALL.iter().position(|view| *view == self).unwrap_or(0);
        Self::ALL.into_iter().cycle().nth(at + by).unwrap_or(self)
    }
}

/// A row of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SessionItem {
    /// The session itself.
    Whole,
    /// A place in [`Index::frames`].
    Frame(usize),
    /// A place in [`Index::messages`].
    Message(usize),
    /// A place in [`Index::ends`].
    End(usize),
}

impl OpenSession {
    pub(super) fn new(session: usize) -> Self {
        Self {
            session,
            kind: RowKind::Frames,
            is_ladder: false,
            list: List::default(),
            rows: None,
            ends: None,
            filter: String::new(),
            other_filter: String::new(),
            set_aside: None,
            making: None,
            seeks_first: false,
            pane: Pane::Rows,
            view: PayloadView::Text,
            folds: Folds::default(),
            shown: None,
            scroll: 0,
            is_sought: false,
        }
    }

    /// The list that its filter is of.
    pub(super) const fn listing(&self) -> FilteredList {
        match self.kind {
            RowKind::Frames => FilteredList::Frames(self.session),
            RowKind::Messages => FilteredList::Messages(self.session),
        }
    }

    /// Shows all rows; the filter, if there is one, can be had back. Returns whether there is one.
    pub(super) fn set_filter_aside(&mut self) -> bool {
        self.show_all();
        let line = std::mem::take(&mut self.filter);
        if !line.is_empty() {
            self.set_aside = Some(line);
        }
        self.set_aside.is_some()
    }

    fn show_all(&mut self) {
        (self.rows, self.ends, self.making) = (None, None, None);
    }

    /// Lists messages in the place of frames, or frames in the place of messages. Each kind has a filter of its own, which
    /// is not applied yet.
    pub(super) fn turn(&mut self) {
        self.show_all();
        if let Some(line) = self.set_aside.take().filter(|_| self.filter.is_empty()) {
            self.filter = line;
        }
        std::mem::swap(&mut self.filter, &mut self.other_filter);
        self.kind = self.kind.other();
    }

    /// How many frames or messages are listed.
    pub(super) fn listed(&self, index: &Index) -> usize {
        let all = match self.kind {
            RowKind::Frames => index.frames(self.session).len(),
            RowKind::Messages => index.messages(self.session).len(),
        };
        self.rows.as_ref().map_or(all, Sieve::len)
    }

    /// How many rows there are.
    pub(super) fn len(&self, index: &Index) -> usize {
        1 + self.listed(index) + self.ends(index).count()
    }

    /// How many frames or messages are listed up to the selected row.
    pub(super) fn position(&self, index: &Index) -> usize {
        let is_passed =
            |(passed, (before, _)): &(usize, (usize, usize))| before + passed < self.list.selected;
        self.list.selected - self.ends(index).enumerate().filter(is_passed).count()
    }

    /// The ends that are listed: how many frames or messages are listed before each, and its place.
    fn ends(&self, index: &Index) -> impl Iterator<Item = (usize, usize)> {
        let is_listed = |at: &usize| self.ends.as_ref().is_none_or(|ends| ends.contains(at));
        index.ends(self.session).iter().enumerate().filter(move |(at, _)| is_listed(at)).map(|(at, end)| {
            let before = match self.kind {
                RowKind::Frames => end.frames_before(),
                RowKind::Messages => end.messages_before(),
            };
            (self.rows.as_ref().map_or(before, |rows| rows.before(before)), at)
        })
    }

    /// What stands in a row.
    pub(super) fn item(&self, row: usize, index: &Index) -> SessionItem {
        let Some(mut place) = row.checked_sub(1) else { return SessionItem::Whole };
        // What is passed no longer counts.
        for (before, at) in self.ends(index) {
            match place.cmp(&before) {
                Ordering::Less => break,
                Ordering::Equal => return SessionItem::End(at),
                Ordering::Greater => place -= 1,
            }
        }
        let place = self.rows.as_ref().map_or(Some(place), |rows| rows.place(place));
        match (self.kind, place) {
            (_, None) => SessionItem::Whole,
            (RowKind::Frames, Some(place)) => SessionItem::Frame(place),
            (RowKind::Messages, Some(place)) => SessionItem::Message(place),
        }
    }

    /// What is selected.
    pub(super) fn selected(&self, index: &Index) -> SessionItem {
        self.item(self.list.selected, index)
    }

    /// The row of an item, if it is listed. Frames and messages are those of the kind that is listed.
    pub(super) fn row_of(&self, item: SessionItem, index: &Index) -> Option<usize> {
        match item {
            SessionItem::Whole => Some(0),
            SessionItem::Frame(place) | SessionItem::Message(place) => {
                let listed = self.rows.as_ref().map_or(Some(place), |rows| rows.at(place))?;
                let ends = self.ends(index).take_while(|(before, _)| *before <= listed).count();
                Some(1 + listed + ends)
            }
            SessionItem::End(place) => {
                let (passed, (before, _)) = self.ends(index).enumerate().find(|(_, (_, at))| *at == place)?;
                Some(1 + before + passed)
            }
        }
    }
}

/// A page of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TextPage {
    pub(super) subject: PageSubject,
    pub(super) scroll: usize,
}

/// What a page is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageSubject {
    Help,
    Finding(Id),
    /// Two things beside each other.
    Compared(Compared),
    /// The choice of columns, with the cursor at this one.
    Columns(usize),
}

/// How far the capture is read.
#[derive(Clone, Debug, Default)]
pub struct Loading {
    /// All of it is, or as much as could be.
    pub is_over: bool,
    /// In thousandths; unknown for a pipe.
    pub done: Option<u16>,
    /// Bytes read.
    pub read: u64,
    /// How long the rest will take.
    pub remaining: Option<Duration>,
    /// Frames that were found and are not shown, because of a pause.
    pub held: u64,
    /// The pause has ended by itself: as much waited as may.
    pub has_resumed: bool,
    /// What could not be read, escaped.
    pub errors: Vec<String>,
    /// What else there is to say of the captures so far, escaped.
    pub remarks: Vec<String>,
    /// Packets dropped so far, where packets come as they happen.
    pub dropped: Option<u64>,
    /// How the capture ends.
    pub last: LastInput,
}

/// A search in payloads.
#[derive(Clone, Debug)]
pub(super) struct Hunt {
    /// As it was typed.
    pub(super) typed: String,
    /// The same to look for, unless it cannot be looked for.
    pub(super) needle: Option<Needle>,
    /// Sessions (places) and frames (numbers) in the order of the capture.
    pub(super) hits: Vec<(usize, u64)>,
    pub(super) progress: ReadProgress,
    /// Why hits may be missing, once it is over.
    pub(super) doubt: Option<String>,
    /// Which hit is shown.
    pub(super) at: Option<usize>,
}

impl Model {
    /// A model for a terminal of this size, with nothing loaded.
    pub fn new(user_config: UserConfig, size: (u16, u16), capture: String) -> Self {
        let UserConfig { theme, keymap, columns, clock } = user_config;
        let sessions = SessionList::new(columns);
        Self { theme, keymap, clock, size, capture, sessions, ..Self::default() }
    }

    /// Forgets the capture for another one; how it is looked at stays.
    pub(super) fn show_another(&mut self, capture: String, key_log: Option<PathBuf>) {
        let before = std::mem::take(self);
        let columns = before.sessions.columns.clone();
        let Self { theme, keymap, clock, size, panes, is_hidden, is_unsaved, .. } = before;
        let mut sessions = SessionList::new(columns);
        sessions.filter = before.sessions.filter;
        sessions.is_unfolded = before.sessions.is_unfolded;
        let findings = Findings { filter: before.findings.filter, ..Findings::default() };
        let tab = if before.tab == Tab::Plots { Tab::Plots } else { Tab::Sessions };
        let words = Some(format!("{capture} is shown now"));
        *self = Self {
            theme,
            keymap,
            clock,
            size,
            capture,
            tab,
            sessions,
            findings,
            notice: words,
            is_unsaved,
            key_log,
            is_hidden,
            panes,
            ..Self::default()
        };
    }

    /// The columns as they stand.
    pub const fn columns(&self) -> &Columns {
        &self.sessions.columns
    }

    /// Has the way out ask first: packets come as they happen, and nobody saves them.
    #[must_use]
    pub const fn unsaved(mut self, is_unsaved: bool) -> Self {
        self.is_unsaved = is_unsaved;
        self
    }

    /// Shows what this filter chooses, as if it had been typed in the lists of sessions and of findings.
    #[must_use]
    pub fn filtered(mut self, filter: String) -> Self {
        self.findings.filter.clone_from(&filter);
        self.sessions.filter = filter;
        self
    }

    /// Knows the key log that opens TLS, for commands of other programs.
    #[must_use]
    pub fn with_key_log(mut self, path: Option<PathBuf>) -> Self {
        self.key_log = path;
        self
    }

    /// Where the keys go.
    pub(super) fn place(&self) -> KeyContext {
        match (&self.page, &self.open, self.tab) {
            (Some(TextPage { subject: PageSubject::Columns(_), .. }), ..) => KeyContext::Columns,
            (Some(_), ..) => KeyContext::Page,
            (None, _, Tab::Plots) => KeyContext::Plots,
            (None, Some(_), _) => KeyContext::Session,
            (None, None, Tab::Sessions) => KeyContext::Sessions,
            (None, None, Tab::Findings) => KeyContext::Findings,
        }
    }
}
