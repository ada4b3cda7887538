//! Figures and captured bytes as they stand in the sentences of findings.

use crate::model::{Count, EndCause, escape};
use crate::upgrade::is_usual_reason;
use std::time::Duration;

/// How TCP ended, in words.
pub(super) const fn tcp_end(cause: EndCause) -> &'static str {
    match cause {
        EndCause::Fin => "FIN",
        EndCause::Rst | EndCause::RstByPeer => "reset",
        EndCause::Open | EndCause::Unseen => "end of the capture",
    }
}

/// Captured bytes in quotes, escaped, not too long. Quotes between the quotes
/// are curled, so that everybody can tell what was captured.
pub(crate) fn quoted(bytes: &[u8]) -> String {
    const SHOWN: usize = 80;
    let (start, more) = match bytes.get(..SHOWN) {
        Some(start) if bytes.len() > SHOWN => (start, "…"),
        _ => (bytes, ""),
    };
    format!("'{}{more}'", escape(start).replace('\'', "’"))
}

/// A reason phrase behind its status: in quotes, unless it says no more than the status does.
pub(super) fn reason_phrase(reason: &str) -> String {
    match reason {
        "" => String::new(),
        usual if is_usual_reason(usual) => format!(" {usual}"),
        own => format!(" {}", quoted(own.as_bytes())),
    }
}

/// Whole milliseconds.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// `0d 90 0f`.
pub(super) fn spaced_hex(bytes: &[u8]) -> String {
    const SHOWN: usize = 32;
    let mut text: Vec<String> = bytes.iter().take(SHOWN).map(|byte| format!("{byte:02x}")).collect();
    if bytes.len() > SHOWN {
        text.push("…".to_owned());
    }
    text.join(" ")
}

/// `once` or `1,204 times`.
pub(super) fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { Count(count, "time").to_string() }
}

/// `1 byte` or `1,204 bytes`.
pub(super) const fn bytes_of(count: u64) -> Count<'static> {
    Count(count, "byte")
}
