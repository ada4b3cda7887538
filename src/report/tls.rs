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
    if let Some(reason) = facts.reason {
        let dark =
            facts.turned_dark().map(|(peer, stamp)| format!("the {peer} from packet {}", stamp.packet));
        let dark: Vec<String> = dark.collect();
        let since = if dark.is_empty() {
            String::new()
        } else {
            format!("; nothing more was read of {} on", dark.join(" on, of "))
        };
        let what = format!("{}: {reason}{since}", reason.name());
        writeln!(out, "  {}", look.wrap(&what, 2, 2))?;
    }
    Ok(())
}
