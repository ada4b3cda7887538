//! The file with the configuration of the terminal UI: where it is, and what the command line changes of it.

use super::args::{Analyze, Color};
use crate::tui::{Background, Clock, Columns, Depth, Theme, UserConfig, ZoneChoice};
use std::fs;
use std::io;
use std::path::PathBuf;

/// Where it is: `$XDG_CONFIG_HOME/wsight/config.toml`, or `~/.config/wsight/config.toml`.
fn path() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    let config = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")))?;
    Some(config.join("wsight/config.toml"))
}

/// The folder that it is in, if there is one.
#[cfg(feature = "live")]
pub(super) fn folder() -> Option<PathBuf> {
    path()?.parent().filter(|folder| folder.is_dir()).map(PathBuf::from)
}

/// The text of the file; none is like an empty one.
fn text(path: &PathBuf) -> Result<String, String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(format!("{}: {error}", path.display())),
        text => Ok(text.unwrap_or_default()),
    }
}

/// How the terminal UI looks: what the environment says, then the file, then the command line.
pub(super) fn user_config(args: &Analyze, color: Color) -> Result<UserConfig, String> {
    let mut user_config = UserConfig::default();
    user_config.theme = Theme::from_environment(|name| std::env::var(name).ok());
    if let Some(path) = path() {
        user_config =
            user_config.configured(&text(&path)?).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let theme = &mut user_config.theme;
    if color == Color::Never {
        theme.depth = Depth::None;
    } else if color == Color::Always && theme.depth == Depth::None {
        theme.depth = Depth::Sixteen;
    }
    if args.light {
        theme.background = Background::Light;
    }
    if args.times.local {
        user_config.clock = Clock::of_system(ZoneChoice::Local);
    } else if args.times.utc {
        user_config.clock = Clock::of_system(ZoneChoice::Utc);
    }
    Ok(user_config)
}

/// Writes the columns into the file, for the next time.
pub(super) fn keep(columns: &Columns) -> Result<(), String> {
    let Some(path) = path() else { return Ok(()) };
    let failed = |error: io::Error| format!("the columns were not kept: {}: {error}", path.display());
    let text = UserConfig::with_columns(&text(&path)?, columns)
        .map_err(|error| format!("the columns were not kept: {}: {error}", path.display()))?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    // Through a link, if it is one: many keep such files elsewhere.
    fs::write(&path, text).map_err(failed)
}
