//! `wsight interfaces`: where packets can be captured.

use super::status::{ExitStatus, complain, or_complain};
use crate::live::{self, Interface};
use crate::model::escape;
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

const HEAD: [&str; 4] = ["interface", "state", "link type", "addresses"];

/// Prints a table of the interfaces.
///
/// # Errors
/// Standard output cannot be written.
pub(super) fn list() -> io::Result<ExitStatus> {
    let Some(interfaces) = or_complain(live::interfaces()) else { return Ok(ExitStatus::Unable) };
    let head = HEAD.map(str::to_owned);
    let rows: Vec<[String; 4]> = std::iter::once(head).chain(interfaces.iter().map(row)).collect();
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max();
    let [name, state, link] = [0, 1, 2].map(|column| width(column).unwrap_or_default());
    let mut out = io::stdout().lock();
    for [a, b, c, d] in &rows {
        writeln!(out, "{}", format!("{a:name$}  {b:state$}  {c:link$}  {d}").trim_end())?;
    }
    out.flush()?;
    if interfaces.iter().all(|interface| interface.link.is_none()) {
        complain("this user may not capture; use sudo to see the link types");
    }
    Ok(ExitStatus::Done)
}

fn row(interface: &Interface) -> [String; 4] {
    let state = match (interface.is_up, interface.is_running) {
        (true, true) => "up",
        (true, false) => "up, no link",
        (false, _) => "down",
    };
    let addresses: Vec<String> = interface.addresses.iter().map(ToString::to_string).collect();
    let addresses = if addresses.is_empty() {
        interface
            .description
            .as_ref()
            .map_or_else(String::new, |text| format!("({})", escape(text.as_bytes())))
    } else {
        addresses.join(", ")
    };
    let link = interface.link.as_ref().map_or_else(|| "?".to_owned(), |link| escape(link.as_bytes()));
    [escape(interface.name.as_bytes()), state.to_owned(), link, addresses]
}
