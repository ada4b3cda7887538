//! The configuration of the terminal UI: `~/.config/wsight/config.toml`. What is wrong with it is told by its line and key.

use super::action::Action;
use super::clock::{Clock, ZoneChoice};
use super::columns::{Columns, SessionColumn};
use super::keymap::Keymap;
use super::keys::BINDINGS;
use super::named::{BindingPlace, HasNames, Keys, Named, ThemeKey};
use super::theme::{Background, Depth, Theme};
use ratatui::style::Color;
use serde::Deserialize;
use serde_spanned::Spanned;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use toml_edit::{Array, DocumentMut, Item, Table, value};

/// How the terminal UI looks, and what its keys do.
#[derive(Clone, Debug, Default)]
pub struct UserConfig {
    /// The colours.
    pub theme: Theme,
    pub(super) keymap: Keymap,
    /// The columns of the list of sessions.
    pub columns: Columns,
    /// How times are shown.
    pub clock: Clock,
}

/// Why a configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The line that is wrong, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl ConfigError {
    fn at(text: &str, span: Option<Range<usize>>, message: &str) -> Self {
        let span = span.unwrap_or_default();
        // Of a list, the part that the message quotes.
        let quoted = message.split('`').nth(1).filter(|word| !word.is_empty());
        let inside = quoted.and_then(|word| text.get(span.clone())?.find(word)).unwrap_or(0);
        let before = text.get(..span.start + inside).unwrap_or_default();
        let line = before.matches('\n').count();
        let lines: Vec<&str> = text.lines().take(line + 1).collect();
        let key = lines.iter().rev().find_map(|line| line.split_once('=')).map_or("", |(key, _)| key.trim());
        let message = &*plainly(message.trim_end(), key);
        let is_named = key.is_empty() || message.contains(&format!("`{key}`"));
        let message = if is_named { message.to_owned() } else { format!("`{key}`: {message}") };
        Self { line: line + 1, message }
    }
}

impl UserConfig {
    /// Reads a configuration on top of this one.
    ///
    /// # Errors
    /// It is no TOML, or says something that means nothing.
    pub fn configured(mut self, text: &str) -> Result<Self, ConfigError> {
        let file: ConfigFile = toml_edit::de::from_str(text)
            .map_err(|error| ConfigError::at(text, error.span(), error.message()))?;
        let mut spans = Vec::new();
        for (Named(BindingPlace(at)), keys) in file.keys {
            let (span, Keys(keys)) = (keys.span(), keys.into_inner());
            let Some(binding) = BINDINGS.get(at) else { continue };
            // Nobody is to be locked in.
            if keys.is_empty() && binding.action == Action::Quit {
                return Err(ConfigError::at(text, Some(span), "it needs a key"));
            }
            spans.push((binding.name, span));
            self.keymap.bind(at, keys);
        }
        if let Some((key, names, place)) = self.keymap.conflict() {
            let at = spans.iter().find(|(name, _)| names.contains(name)).map(|(_, span)| span.clone());
            let [one, other] = names;
            let message = format!("{key} would mean both `{one}` and `{other}` in {}", place.name());
            return Err(ConfigError::at(text, at, &message));
        }
        if let Some(shown) = file.columns.show {
            let span = shown.span();
            let shown: Vec<SessionColumn> =
                shown.into_inner().into_iter().map(|Named(column)| column).collect();
            let is_twice =
                shown.iter().enumerate().any(|(at, column)| shown.iter().take(at).any(|it| it == column));
            if shown.is_empty() || is_twice {
                let message = if is_twice { "a column is there twice" } else { "no column is there" };
                return Err(ConfigError::at(text, Some(span), message));
            }
            self.columns.shown = shown;
        }
        if let Some(sort) = file.columns.sort {
            let (span, Named(column)) = (sort.span(), sort.into_inner());
            if !column.is_sortable() {
                return Err(ConfigError::at(text, Some(span), "rows cannot be sorted by this column"));
            }
            self.columns.sort = column;
        }
        self.columns.is_reversed = file.columns.reversed.unwrap_or(self.columns.is_reversed);
        for (Named(key), word) in file.theme {
            let (span, word) = (word.span(), word.into_inner());
            let set = match key {
                ThemeKey::Background => {
                    Background::named(&word).map(|background| self.theme.background = background)
                }
                ThemeKey::Colors => Depth::named(&word).map(|depth| self.theme.depth = depth),
                ThemeKey::Role(role) => color(&word).map(|color| self.theme.own.set(role, color)),
            };
            set.map_err(|words| ConfigError::at(text, Some(span), &words))?;
        }
        if let Some(zone) = file.time.zone {
            self.clock = Clock::of_system(zone.0);
        }
        Ok(self)
    }
}

/// What belongs in a place where something of another type stands, of which the library says "invalid type: A, expected B".
fn plainly<'a>(message: &'a str, key: &str) -> Cow<'a, str> {
    let types = message.strip_prefix("invalid type: ").and_then(|rest| rest.split_once(", expected "));
    let Some((found, wanted)) = types else { return message.into() };
    match wanted {
        "a map" | A_TABLE => format!("a table belongs here: what it says stands below a line [{key}]").into(),
        "a boolean" => format!("true or false belongs here, and not {found}").into(),
        "a sequence" => {
            format!("a list belongs here, such as [\"found\", \"target\"], and not {found}").into()
        }
        wanted => format!("{wanted} belongs here, and not {found}").into(),
    }
}

/// What is expected where a table is missing.
const A_TABLE: &str = "a table";

/// A colour as people write it.
fn color(word: &str) -> Result<Color, String> {
    let words = "is not a colour: write it as red, lightblue, 203 or #ff6b6b";
    word.parse().map_err(|_| format!("`{word}` {words}"))
}

impl UserConfig {
    /// The text of a configuration with these columns instead of those it has; all else stays as it is.
    ///
    /// # Errors
    /// It is no TOML.
    pub fn with_columns(text: &str, columns: &Columns) -> Result<String, ConfigError> {
        let mut document: DocumentMut = text
            .parse()
            .map_err(|error: toml_edit::TomlError| ConfigError::at(text, error.span(), error.message()))?;
        let table = document.entry("columns").or_insert(Item::Table(Table::new()));
        let shown: Array = columns.shown.iter().map(|column| column.name()).collect();
        if let Some(table) = table.as_table_like_mut() {
            let new = [
                ("show", value(shown)),
                ("sort", value(columns.sort.name())),
                ("reversed", value(columns.is_reversed)),
            ];
            for (key, item) in new {
                // In its place, so that the comment before it stays.
                match table.get_mut(key) {
                    Some(there) => *there = item,
                    None => drop(table.insert(key, item)),
                }
            }
        }
        Ok(document.to_string())
    }
}

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
struct ConfigFile {
    keys: BTreeMap<Named<BindingPlace>, Spanned<Keys>>,
    columns: ColumnsTable,
    theme: BTreeMap<Named<ThemeKey>, Spanned<String>>,
    time: TimeTable,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
struct ColumnsTable {
    show: Option<Spanned<Vec<Named<SessionColumn>>>>,
    sort: Option<Spanned<Named<SessionColumn>>>,
    reversed: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
struct TimeTable {
    zone: Option<Named<ZoneChoice>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::action::Action;
    use crate::tui::keys::KeyContext;
    use crate::tui::theme::Role;

    fn user_config(text: &str) -> UserConfig {
        UserConfig::default().configured(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn each_table_changes_what_it_is_about() {
        let user_config = user_config(
            "[keys]\nnext-finding = ['F8', 'n']\nprevious-finding = 'F7'\n\
             [columns]\nshow = ['found', 'target', 'host']\nsort = 'bytes'\nreversed = true\n\
             [theme]\nbackground = 'light'\ncolors = '256'\nerror = '#ff0000'\n[time]\nzone = 'local'\n",
        );
        let action = |key: &str| user_config.keymap.action(KeyContext::Session, key.parse().unwrap());
        assert_eq!((action("F8"), action("n")), (Some(Action::NextFinding), Some(Action::NextFinding)));
        assert_eq!((action("F7"), action("N")), (Some(Action::PreviousFinding), None));
        assert_eq!(
            user_config.columns.shown,
            [SessionColumn::Worst, SessionColumn::Target, SessionColumn::Host]
        );
        assert_eq!((user_config.columns.sort, user_config.columns.is_reversed), (SessionColumn::Bytes, true));
        assert_eq!(
            (user_config.theme.background, user_config.theme.depth),
            (Background::Light, Depth::Indexed)
        );
        assert_eq!(user_config.theme.style(Role::Error).fg, Some(Color::Rgb(255, 0, 0)));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_key() {
        for (text, line, words) in [
            ("[keys]\n\nnext = 'n'", 3, &["`next` is not something that a key does", "next-finding"][..]),
            ("[keys]\nview = 'nn'", 2, &["`view`: `nn` is not a key"]),
            ("[keys]\nview = 3", 2, &["view", "a key such as"]),
            ("[keys]\n# mine\nview = 'n'", 3, &["n would mean both `next-finding` and `view` in session"]),
            ("[keys]\nquit = []", 2, &["`quit`", "needs a key"]),
            ("[columns]\nshow = [\n  'found',\n  'colour',\n]", 4, &["`colour` is not a column", "rtt"]),
            ("[columns]\nshow = []", 2, &["`show`: no column"]),
            ("[columns]\nshow = ['rtt', 'rtt']", 2, &["`show`: a column is there twice"]),
            ("[columns]\nsort = 'activity'", 2, &["`sort`", "cannot be sorted"]),
            ("[columns]\nwidth = 3", 2, &["`width`", "show"]),
            ("[theme]\nerror = 'reddish'", 2, &["`error`: `reddish` is not a colour", "#ff6b6b"]),
            ("[theme]\nerr = 'red'", 2, &["`err` is not part of the theme", "error"]),
            ("[time]\nzone = 'mars'", 2, &["`mars` is not a way to show times", "utc, local"]),
            ("time = 'local'", 1, &["`time`: a table belongs here", "[time]"]),
            ("theme = 'x'", 1, &["`theme`: a table belongs here", "[theme]"]),
            ("[columns]\nreversed = 'yes'", 2, &["`reversed`: true or false belongs here"]),
            ("[columns]\nshow = 'found'", 2, &["`show`: a list belongs here"]),
            ("[colours]", 1, &["colours", "theme"]),
            ("[keys\n", 1, &["table"]),
        ] {
            let error = UserConfig::default().configured(text).unwrap_err();
            assert_eq!(error.line, line, "{text}: {error}");
            for word in words {
                assert!(error.message.contains(word), "{text}: {error} lacks {word}");
            }
            assert!(!error.message.contains('\n'), "{error}");
        }
    }

    #[test]
    fn columns_are_written_and_nothing_else_is_touched() {
        let columns =
            Columns { shown: vec![SessionColumn::Target, SessionColumn::Worst], ..Columns::default() };
        let text = "# mine\n[keys]\nview = 'F2' # as elsewhere\n\n[columns]\n# all\nsort = 'rtt'\n";
        let written = UserConfig::with_columns(text, &columns).unwrap();
        assert!(written.starts_with("# mine\n[keys]\nview = 'F2' # as elsewhere\n\n[columns]\n# all\n"));
        assert_eq!(user_config(&written).columns, columns);
        assert_eq!(user_config(&UserConfig::with_columns("", &columns).unwrap()).columns, columns);
    }
}
