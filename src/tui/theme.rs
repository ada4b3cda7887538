//! Colours by what they mean, for what the terminal can show. Nothing is told by colour alone.

use crate::findings::Severity;
use crate::model::Peer;
use ratatui::style::{Color, Modifier, Style};

/// How many colours there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// None: bold, reversed and underlined text only.
    None,
    /// The sixteen that the user chose for the terminal.
    #[default]
    Sixteen,
    /// The 256 of xterm.
    Indexed,
    /// All of them.
    True,
}

impl Depth {
    /// All of them.
    pub(super) const ALL: [Self; 4] = [Self::None, Self::Sixteen, Self::Indexed, Self::True];

    /// How the configuration calls it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Sixteen => "16",
            Self::Indexed => "256",
            Self::True => "true",
        }
    }
}

/// What the text stands on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Background {
    /// Light text on dark ground.
    #[default]
    Dark,
    /// Dark text on light ground.
    Light,
}

impl Background {
    /// All of them.
    pub(super) const ALL: [Self; 2] = [Self::Dark, Self::Light];

    /// How the configuration calls it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }
}

/// The colours in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Theme {
    /// How many.
    pub depth: Depth,
    /// On what ground.
    pub background: Background,
    /// Colours of the user's own.
    pub(super) own: OwnColors,
}

/// The roles that have a colour, by the names that the configuration has for them.
pub(super) const COLORED: [(&str, Role); 11] = [
    ("title", Role::Title),
    ("faint", Role::Faint),
    ("error", Role::Error),
    ("warning", Role::Warning),
    ("note", Role::Note),
    ("good", Role::Good),
    ("client", Role::Client),
    ("server", Role::Server),
    ("differs", Role::Differs),
    ("found", Role::Found),
    ("key", Role::Key),
];

/// Colours that take the place of those here, in the order of [`COLORED`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct OwnColors([Option<Color>; COLORED.len()]);

impl OwnColors {
    /// Gives a role this colour.
    pub(super) fn set(&mut self, role: Role, color: Color) {
        let at = COLORED.iter().position(|(_, colored)| *colored == role);
        if let Some(own) = at.and_then(|at| self.0.get_mut(at)) {
            *own = Some(color);
        }
    }

    fn of(self, role: Role) -> Option<Color> {
        let at = COLORED.iter().position(|(_, colored)| *colored == role)?;
        self.0.get(at).copied().flatten()
    }
}

/// What a piece of text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Plain,
    Title,
    Strong,
    Faint,
    Selected,
    Error,
    Warning,
    Note,
    Good,
    Client,
    Server,
    Differs,
    /// What was searched for.
    Found,
    Key,
}

impl Theme {
    /// What the environment says: `NO_COLOR`, `COLORTERM`, `TERM`, and `COLORFGBG` where a terminal sets it.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let term = variable("TERM").unwrap_or_default();
        let depth = if variable("NO_COLOR").is_some_and(|value| !value.is_empty()) || term == "dumb" {
            Depth::None
        } else if variable("COLORTERM").is_some_and(|value| value == "truecolor" || value == "24bit") {
            Depth::True
        } else if term.contains("256color") {
            Depth::Indexed
        } else {
            Depth::Sixteen
        };
        // `15;0`: the foreground, then the background; 7 and 15 are the light ones.
        let ground = variable("COLORFGBG").and_then(|value| value.rsplit(';').next().map(str::to_owned));
        let background = match ground.as_deref() {
            Some("7" | "15") => Background::Light,
            _ => Background::Dark,
        };
        Self { depth, background, own: OwnColors::default() }
    }

    /// How text of this meaning looks.
    pub(super) fn style(self, role: Role) -> Style {
        let style = Style::new();
        let style = match role {
            Role::Title | Role::Strong | Role::Key | Role::Error | Role::Warning => {
                style.add_modifier(Modifier::BOLD)
            }
            Role::Selected => return self.selected(),
            Role::Found => style.add_modifier(Modifier::REVERSED | Modifier::UNDERLINED),
            Role::Differs => style.add_modifier(Modifier::BOLD | Modifier::REVERSED),
            Role::Faint if self.depth == Depth::None => style.add_modifier(Modifier::DIM),
            Role::Plain | Role::Faint | Role::Note | Role::Good | Role::Client | Role::Server => style,
        };
        match self.color(role) {
            Some(color) => style.fg(color),
            None => style,
        }
    }

    /// The look of a row that is selected: calm where there are colours for it, so that its own ones stay.
    fn selected(self) -> Style {
        let is_light = self.background == Background::Light;
        let ground = match self.depth {
            Depth::None => return Style::new().add_modifier(Modifier::REVERSED),
            // All of the row alike: its colours would become grounds, one beside the other.
            Depth::Sixteen => return Style::new().fg(Color::Reset).add_modifier(Modifier::REVERSED),
            Depth::Indexed => Color::Indexed(if is_light { 254 } else { 238 }),
            Depth::True => Color::from_u32(if is_light { 0xdc_e4_ee } else { 0x33_41_55 }),
        };
        Style::new().bg(ground).add_modifier(Modifier::BOLD)
    }

    fn color(self, role: Role) -> Option<Color> {
        if let Some(own) = self.own.of(role).filter(|_| self.depth != Depth::None) {
            return Some(own);
        }
        let is_light = self.background == Background::Light;
        // By meaning: the terminal's own colour, xterm's number on dark and on light ground, and true colour likewise.
        let (plain, indexed, exact) = match role {
            Role::Plain | Role::Strong | Role::Selected => return None,
            Role::Title | Role::Client => (Color::Cyan, (80, 30), (0x6c_d0_d8, 0x00_6d_77)),
            Role::Faint => (Color::DarkGray, (245, 243), (0x8a_91_99, 0x6b_72_7a)),
            Role::Error | Role::Differs => (Color::Red, (203, 160), (0xff_6b_6b, 0xc0_1c_28)),
            Role::Warning | Role::Found => (Color::Yellow, (221, 130), (0xf5_c3_4c, 0x8f_59_00)),
            Role::Note | Role::Key => (Color::Blue, (111, 25), (0x82_aa_ff, 0x1a_5f_b4)),
            Role::Good => (Color::Green, (114, 28), (0x8b_d4_7a, 0x1e_7b_34)),
            Role::Server => (Color::Magenta, (176, 91), (0xd2_94_e0, 0x81_3d_9c)),
        };
        let of = |(dark, light)| if is_light { light } else { dark };
        match self.depth {
            Depth::None => None,
            Depth::Sixteen => Some(plain),
            Depth::Indexed => Some(Color::Indexed(if is_light { indexed.1 } else { indexed.0 })),
            Depth::True => Some(Color::from_u32(of(exact))),
        }
    }
}

/// The role of a finding of this severity.
pub(super) const fn of_severity(severity: Severity) -> Role {
    match severity {
        Severity::Error => Role::Error,
        Severity::Warning => Role::Warning,
        Severity::Note => Role::Note,
    }
}

/// The role of what a side sent.
pub(super) const fn of_peer(peer: Peer) -> Role {
    match peer {
        Peer::Client => Role::Client,
        Peer::Server => Role::Server,
    }
}

/// The sign in front of a finding.
pub(super) const fn mark(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "✗",
        Severity::Warning => "!",
        Severity::Note => "·",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn theme(variables: &[(&str, &str)]) -> Theme {
        Theme::from_environment(|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_chooses_the_colours() {
        assert_eq!(theme(&[]).depth, Depth::Sixteen);
        assert_eq!(theme(&[("TERM", "screen-256color")]).depth, Depth::Indexed);
        assert_eq!(theme(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]).depth, Depth::True);
        assert_eq!(theme(&[("COLORTERM", "truecolor"), ("NO_COLOR", "1")]).depth, Depth::None);
        assert_eq!(theme(&[("NO_COLOR", "")]).depth, Depth::Sixteen);
        assert_eq!(theme(&[("COLORFGBG", "0;15")]).background, Background::Light);
        assert_eq!(theme(&[("COLORFGBG", "15;0")]).background, Background::Dark);
    }

    #[test]
    fn without_colours_no_style_has_one() {
        let theme = Theme { depth: Depth::None, background: Background::Light, ..Theme::default() };
        for role in [Role::Error, Role::Faint, Role::Client, Role::Selected, Role::Differs] {
            assert_eq!((theme.style(role).fg, theme.style(role).bg), (None, None));
        }
    }
}
