//! A TLS session in lines of the text report.

use super::style::{GOOD, Look};
use crate::analyzer::Place;
use crate::tls::{Facts, Readable};
use std::fmt::{self, Write};

/// The line of a TLS session, with why it stayed dark under it.
pub(super) fn write_tls(out: &mut String, place: &Place, facts: &Facts, look: Look) -> fmt::Result {
    let sign = if facts.readable == Readable::All { look.paint(GOOD, "🔓") } else { look.lock() };
    let addresses = format!("{} → {}", place.addresses.client, place.addresses.server);
    writeln!(out, "{sign} connection {}  {addresses}  {}", place.connection, facts.in_words())?;
    if let Some((reason, darkness)) = facts.reason.zip(facts.darkness_in_words()) {
        let what = format!("{}: {darkness}", reason.name());
        writeln!(out, "  {}", look.wrap(&what, 2, 2))?;
    }
    Ok(())
}
