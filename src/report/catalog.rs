//! The catalog of findings, for `wsight explain`.

use super::style::{FAINT, Look, STRONG, style_of};
use crate::findings::catalog::evidence_of;
use crate::findings::{CatalogEntry, Evidence, Id};
use std::fmt::{self, Write};

/// What a finding means, whose fault it is likely to be and what to do.
pub fn explain(entry: &CatalogEntry, look: Look) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_entry(&mut out, entry, look);
    out
}

fn write_entry(out: &mut String, entry: &CatalogEntry, look: Look) -> fmt::Result {
    let id = entry.id;
    let severity = id.severity();
    writeln!(
        out,
        "{} {}: {}",
        look.mark(severity),
        look.paint(style_of(severity), id),
        look.paint(STRONG, entry.title)
    )?;
    let rfc = if entry.rfc.is_empty() { String::new() } else { format!(", {}", entry.rfc) };
    writeln!(
        out,
        "  {}",
        look.paint(FAINT, format_args!("{}, {}{rfc}", severity.name(), id.class().name()))
    )?;
    writeln!(out, "\n  {}", look.wrap(entry.meaning, 2, 2))?;
    if let Some(Evidence { certain, tentative }) = evidence_of(id) {
        write_points(out, "Certain when", &[certain], look)?;
        write_points(out, "Tentative when", &[tentative], look)?;
    }
    write_points(out, "Likely causes", entry.causes, look)?;
    write_points(out, "What to do", entry.advice, look)?;
    if !entry.messages.is_empty() {
        writeln!(out, "\n{}", look.paint(STRONG, "What libraries say"))?;
        for (library, message) in entry.messages {
            let line = format!("{library}: {message}");
            writeln!(out, "  {}", look.wrap(&line, 2, 4))?;
        }
    }
    if !entry.fields.is_empty() {
        writeln!(out, "\n{}", look.paint(STRONG, "Fields in JSON"))?;
        let width = entry.fields.iter().map(|(field, _)| field.name().len()).max().unwrap_or(0);
        for (field, meaning) in entry.fields {
            writeln!(out, "  {:<width$}  {}", field.name(), look.wrap(meaning, width + 4, width + 4))?;
        }
    }
    Ok(())
}

fn write_points(out: &mut String, title: &str, points: &[&str], look: Look) -> fmt::Result {
    if points.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", look.paint(STRONG, title))?;
    points.iter().try_for_each(|point| writeln!(out, "  • {}", look.wrap(point, 4, 4)))
}

/// Every finding in a line: its name, whose matter it is, how bad it is and what it is.
pub fn list(look: Look) -> String {
    let mut out = String::new();
    for &id in Id::ALL {
        let (severity, title) = (id.severity(), id.entry().title);
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "{} {:<32} {:<8} {:<10} {title}",
            look.mark(severity),
            look.paint(style_of(severity), format_args!("{id:<32}")),
            severity.name(),
            id.class().name(),
        );
    }
    out
}
