//! `wsight explain`: the catalog of findings, by name or by the error text of a library, and the fields of filters.

use super::args::Color;
use super::status::{ExitStatus, complain};
use super::{output, values};
use crate::findings::catalog::{Found, Likeness, search};
use crate::model::escape;
use crate::report;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Explanations printed in full before the rest is only named.
const IN_FULL: usize = 3;

/// Asks for what filters can ask.
const FIELDS: &str = "fields";

/// Prints what `text` names; everything in short where it is empty.
///
/// # Errors
/// Standard output cannot be written.
pub(super) fn explain(text: &str, color: Color) -> io::Result<ExitStatus> {
    let look = output::look(color);
    let mut out = anstream::AutoStream::new(
        io::stdout(),
        if look.color { anstream::ColorChoice::Always } else { anstream::ColorChoice::Never },
    );
    if text.trim().is_empty() {
        out.write_all(report::list(look).as_bytes())?;
        out.flush()?;
        return Ok(ExitStatus::Done);
    }
    let Found { by, entries } = search(text);
    // A name with a dot is no finding's.
    let is_field = text.contains('.') || entries.is_empty();
    let fields = match text.trim() {
        FIELDS => report::fields("", look),
        name if is_field => report::fields(name, look),
        _ => String::new(),
    };
    if !fields.is_empty() {
        out.write_all(fields.as_bytes())?;
        out.flush()?;
        return Ok(ExitStatus::Done);
    }
    let near: Vec<&str> = values::near(text).iter().map(|id| id.name()).collect();
    // One word with a hyphen is meant to be a finding's name, or a part of one, not a text that shares words with one.
    let is_part = near.iter().any(|name| name.contains(text.trim()));
    let is_mistyped = by == Likeness::Words && is_hyphenated(text) && !near.is_empty() && !is_part;
    if entries.is_empty() || is_mistyped {
        let mut message =
            format!("no finding has this name or explains the message '{}'", escape(text.as_bytes()));
        if !near.is_empty() {
            // Writing to a String cannot fail.
            let _ = write!(message, "; did you mean {}?", near.join(", "));
        }
        complain(message + " (`wsight explain` lists them all)");
        return Ok(ExitStatus::Unable);
    }
    if by == Likeness::Words && !is_part {
        writeln!(out, "No message of a library that is known here fits. Nearest by their words:\n")?;
    }
    let (full, rest) = entries.split_at(entries.len().min(IN_FULL));
    let mut page: Vec<String> = full.iter().map(|entry| report::explain(entry, look)).collect();
    if !rest.is_empty() {
        let names: Vec<&str> = rest.iter().map(|entry| entry.id.name()).collect();
        page.push(format!("See also: {}\n", names.join(", ")));
    }
    out.write_all(page.join("\n").as_bytes())?;
    out.flush()?;
    Ok(ExitStatus::Done)
}

fn is_hyphenated(text: &str) -> bool {
    let text = text.trim();
    text.contains('-') && !text.contains(char::is_whitespace)
}
