//! Who leaves without a Close because the other side has violated the protocol.

use crate::findings::catalog::{Id, Severity};
use crate::findings::finding::Finding;
use crate::model::{Stamp, Timestamp, phrase};
use std::time::Duration;

/// A side that leaves this soon after the other one's violation does so because of it: that is a slow round trip, and what its
/// application takes.
const SOON_AFTER: Duration = Duration::from_secs(2);

/// Who still sends messages this long after a violation puts up with it: what comes earlier may have been on its way. Clocks that are so
/// little apart pass for one.
const ON_ITS_WAY: Duration = Duration::from_millis(100);

/// Whether a side that left at `end` may have done so because of what the other one did at `cause`. Clocks that are a little apart turn
/// the two around.
pub(crate) fn may_follow(cause: Stamp, end: Stamp) -> bool {
    cause <= end || cause.time.since(end.time) <= SOON_AFTER
}

/// A finding of the session's end, of which the other side is known to have `violated` the protocol here. Who fails the connection
/// for that may leave without a Close (RFC 6455 §7.1.7): that is a note then, and the reset of the same side nothing more.
/// `said` is when that side sent its last message. `is_timed` says whether times of the two sides can be compared.
pub(crate) fn excuse_victim(
    finding: Finding,
    violated: Option<Stamp>,
    said: Timestamp,
    is_timed: bool,
) -> Option<Finding> {
    let (Id::CloseMissing | Id::ConnectionReset, Some(violated)) = (finding.id, violated) else {
        return Some(finding);
    };
    let passed = finding.stamp.time.passed_since(violated.time).filter(|_| is_timed);
    let is_late = passed.is_some_and(|passed| passed > SOON_AFTER);
    let goes_on = is_timed && said.since(violated.time) > ON_ITS_WAY;
    let is_before = violated > finding.stamp && violated.time.since(finding.stamp.time) > ON_ITS_WAY;
    if is_late || goes_on || is_timed && is_before {
        return Some(finding);
    }
    let (Id::CloseMissing, Some(who)) = (finding.id, finding.from) else { return None };
    let before = phrase(" ", passed.filter(|passed| !passed.is_zero()), " before");
    let why = format!(
        "; the {} violated the protocol{before}, and who fails a connection for that may leave so (RFC 6455 §7.1.7)",
        !who
    );
    let summary = finding.summary.clone() + &why;
    Some(Finding { summary, ..finding }.severity(Severity::Note))
}
