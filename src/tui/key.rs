//! A key, as the terminal sends it and as people write it.

use crossterm::event::{KeyCode, KeyModifiers};
use std::fmt::{self, Write};
use std::str::FromStr;

/// A key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key itself.
    pub code: KeyCode,
    /// Whether Ctrl is held; Shift is part of the character.
    pub ctrl: bool,
}

/// Keys that are no character, by their names: the first one is shown, all of them are understood.
const NAMES: [(KeyCode, &[&str]); 17] = [
    (KeyCode::Up, &["↑", "Up"]),
    (KeyCode::Down, &["↓", "Down"]),
    (KeyCode::Left, &["←", "Left"]),
    (KeyCode::Right, &["→", "Right"]),
    (KeyCode::PageUp, &["PgUp", "PageUp"]),
    (KeyCode::PageDown, &["PgDn", "PageDown"]),
    (KeyCode::Home, &["Home"]),
    (KeyCode::End, &["End"]),
    (KeyCode::Enter, &["Enter", "Return"]),
    (KeyCode::Esc, &["Esc", "Escape"]),
    (KeyCode::Tab, &["Tab"]),
    (KeyCode::BackTab, &["Shift-Tab", "BackTab"]),
    (KeyCode::Backspace, &["Backspace"]),
    (KeyCode::Delete, &["Delete", "Del"]),
    (KeyCode::Insert, &["Insert", "Ins"]),
    (KeyCode::Char(' '), &["Space"]),
    (KeyCode::Char('-'), &["-", "Minus"]),
];

impl Key {
    pub(super) const fn plain(code: KeyCode) -> Self {
        Self { code, ctrl: false }
    }

    pub(super) const fn char(c: char) -> Self {
        Self::plain(KeyCode::Char(c))
    }

    pub(super) const fn ctrl(c: char) -> Self {
        Self { code: KeyCode::Char(c), ctrl: true }
    }

    /// The key of a terminal event.
    pub const fn new(code: KeyCode, modifiers: KeyModifiers) -> Self {
        Self { code, ctrl: modifiers.contains(KeyModifiers::CONTROL) }
    }
}

impl fmt::Display for Key {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the other keys have no name of their own")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        if let Some((_, names)) = NAMES.iter().find(|(code, _)| *code == self.code) {
            return f.write_str(names.first().copied().unwrap_or_default());
        }
        match self.code {
            KeyCode::Char(c) if self.ctrl => write!(f, "{}", c.to_ascii_uppercase()),
            KeyCode::Char(c) => f.write_char(c),
            KeyCode::F(number) => write!(f, "F{number}"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// What is written is no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyError(String);

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a key: write it as n, N, Ctrl-N, F5, Enter, Space, PgDn or Left", self.0)
    }
}

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (ctrl, name) = text.strip_prefix("Ctrl-").map_or((false, text), |name| (true, name));
        let error = || KeyError(text.to_owned());
        let is_named = |names: &&[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        let mut chars = name.chars();
        let code = if let Some((code, _)) = NAMES.iter().find(|(_, names)| is_named(names)) {
            *code
        } else {
            match (chars.next(), chars.as_str()) {
                // Terminals send the same for both.
                (Some(c), "") if ctrl => KeyCode::Char(c.to_ascii_lowercase()),
                (Some(c), "") => KeyCode::Char(c),
                (Some('F' | 'f'), digits) => {
                    let number = digits.parse().ok().filter(|number| (1..=24).contains(number));
                    KeyCode::F(number.ok_or_else(error)?)
                }
                _ => return Err(error()),
            }
        };
        Ok(Self { code, ctrl })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_understood() {
        for key in [Key::char('n'), Key::char('N'), Key::char(' '), Key::char('-'), Key::ctrl('f')] {
            assert_eq!(key.to_string().parse(), Ok(key), "{key}");
        }
        for (code, names) in NAMES {
            for name in names {
                assert_eq!(name.parse(), Ok(Key::plain(code)), "{name}");
            }
        }
        assert_eq!("F12".parse(), Ok(Key::plain(KeyCode::F(12))));
        assert_eq!("Ctrl-N".parse(), Ok(Key::ctrl('n')));
        for wrong in ["", "nn", "F0", "F99", "Hyper-x"] {
            assert!(wrong.parse::<Key>().unwrap_err().to_string().contains(wrong));
        }
    }
}
