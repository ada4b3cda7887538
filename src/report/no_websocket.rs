//! What to say of a capture in which there is no WebSocket, or none that the filter chose, and what would help.

use super::style::{Look, STRONG, is_or_are};
use crate::analyzer::{LeftOut, Summary};
use crate::findings::Severity;
use crate::model::{Count, SkipReason, Thousands};
use crate::tls::Readable;
use std::fmt::{self, Write};

/// What was seen in a capture that shows no WebSocket, and what to try: some lines.
pub fn no_websocket(summary: &Summary) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_hints(&mut out, summary, Look::default());
    out
}

/// What to do about traffic that would be a WebSocket's only over HTTP/3.
pub(super) fn quic(summary: &Summary) -> Option<String> {
    let count = summary.skipped.get(&SkipReason::Quic)?;
    let packets = Count(*count, "packet");
    Some(format!(
        "QUIC, which carries HTTP/3, was captured ({packets} with a long header). wsight does not read HTTP/3: if a \
         WebSocket is missing here, switch HTTP/3 off in the browser (Chromium: --disable-quic) or block UDP port 443, \
         and capture again."
    ))
}

/// There are sessions or attempts, and a filter chose nothing of them.
pub(super) fn none_matches(left_out: &LeftOut) -> String {
    let there = match left_out.sessions {
        0 => Count(left_out.upgrades, "upgrade"),
        sessions => Count(sessions, "session"),
    };
    format!("{there}, but none matches the filter.")
}

/// Says how many findings a filter hides: what is well by what it shows may be anything but well.
pub(super) fn write_left_out(out: &mut String, left_out: &LeftOut, look: Look) -> fmt::Result {
    let Some((worst, _)) = left_out.findings.last_key_value() else { return Ok(()) };
    let all: u64 = left_out.findings.values().sum();
    let severities: Vec<String> = left_out
        .findings
        .iter()
        .rev()
        .map(|(severity, count)| Count(*count, severity.name()).to_string())
        .collect();
    let words = format!(
        "{} {} hidden by the filter: {}.",
        Count(all, "finding"),
        is_or_are(all),
        severities.join(", ")
    );
    writeln!(out, "{} {}", look.mark(*worst), look.wrap(&words, 2, 2))?;
    write_missed(out, left_out, look)
}

/// Says which limits kept something from being found.
pub(super) fn write_missed(out: &mut String, left_out: &LeftOut, look: Look) -> fmt::Result {
    left_out.limits.iter().try_for_each(|limit| {
        let words = format!("Something may have been missed: {limit}.");
        writeln!(out, "{} {}", look.mark(Severity::Warning), look.wrap(&words, 2, 2))
    })
}

/// That a capture shows none.
pub(super) const fn none_at_all(summary: &Summary) -> &'static str {
    if summary.dark > 0 {
        "No WebSocket in this capture that could be read."
    } else {
        "No WebSocket in this capture."
    }
}

/// What may be the matter with a capture that shows no WebSocket.
pub(super) fn write_hints(out: &mut String, summary: &Summary, look: Look) -> fmt::Result {
    writeln!(out, "{}", look.paint(STRONG, none_at_all(summary)))?;
    let which = if summary.dark > 0 { "none that could be read" } else { "none of them" };
    let (segments, connections) = (Thousands(summary.segments), Count(summary.connections, "connection"));
    let packets = Count(summary.packets, "packet");
    writeln!(
        out,
        "  TCP: {segments} of {packets}, in {connections}; {which} asked for a WebSocket (`Upgrade: websocket` in HTTP/1.1, \
         `:protocol` in HTTP/2)."
    )?;
    if summary.unmatched_packets > 0 {
        writeln!(out, "  {} left out by the packet filter", Count(summary.unmatched_packets, "more packet"))?;
    }
    for (reason, count) in &summary.skipped {
        writeln!(out, "  {}: {}", reason.name(), Count(*count, "packet"))?;
        for (link, count) in summary.unread_links.iter().filter(|_| *reason == SkipReason::LinkUnsupported) {
            writeln!(out, "    {link}: {}", Count(*count, "packet"))?;
        }
    }
    if summary.skipped.contains_key(&SkipReason::LinkEncrypted) {
        let hint = "802.11 frames are encrypted: capture on a machine in that network, or have Wireshark decrypt them and \
                    export the packets.";
        writeln!(out, "  • {}", look.wrap(hint, 4, 4))?;
    }
    if let Some(hint) = quic(summary) {
        writeln!(out, "  • {}", look.wrap(&hint, 4, 4))?;
    }
    let headless = summary.skipped.get(&SkipReason::HeadersCut).copied().unwrap_or_default();
    let cut = summary.cut_packets + headless;
    if cut > 0 {
        let was = if cut == 1 { "was" } else { "were" };
        let packets = Count(cut, "packet");
        let hint = format!("{packets} {was} cut short: capture with a larger snap length (tcpdump -s 0).");
        writeln!(out, "  • {}", look.wrap(&hint, 4, 4))?;
    }
    if let Some((stamp, reason)) = summary.first_dark {
        let sessions = Count(summary.dark, "TLS session");
        let hint = format!("{sessions} could not be read, the first in packet {}: {reason}.", stamp.packet);
        return writeln!(out, "  • {}", look.wrap(&hint, 4, 4));
    }
    // Whatever was said in TLS was read.
    let is_read = !summary.tls.is_empty() && summary.tls.keys().all(|readable| *readable == Readable::All);
    let interface = "Was the right interface captured? `tcpdump -i any -w FILE tcp` takes all of them.";
    let port = "If the connections were open before the capture began, name the server's port: --port 8080.";
    let keys = "If the URL begins with wss://, have the client log its TLS secrets: SSLKEYLOGFILE=keys.log, and pass them \
                with --keys keys.log.";
    let hints: &[&str] = match () {
        () if summary.segments == 0 && headless > 0 => &[],
        () if summary.segments == 0 => &[interface],
        () if is_read => &[port],
        () => &[port, keys],
    };
    hints.iter().try_for_each(|hint| writeln!(out, "  • {}", look.wrap(hint, 4, 4)))
}
