//! Who leaves without a Close because the other side has violated the protocol.

use crate::findings::catalog::{Id, Severity};
use crate::findings::finding::Finding;
use crate::model::{Stamp, phrase};
use std::time::Duration;

/// A side that leaves this soon after the other one's violation does so because of it: that is a slow round trip, and what its
/// application takes.
const SOON_AFTER: Duration = Duration::from_secs(2);

/// Whether a side that left at `end` may have done so because of what the other one did at `cause`. Clocks that are a little apart turn
/// the two around.
pub(crate) fn may_follow(cause: Stamp, end: Stamp) -> bool {
    cause <= end || cause.time.since(end.time) <= SOON_AFTER
}

/// A finding of the session's end, of which the other side is known to have `violated` the protocol here. Who fails the connection
/// for that may leave without a Close (RFC 6455 §7.1.7): that is a note then, and the reset of the same side nothing more.
/// `is_timed` says whether times of the two sides can be compared.
pub(crate) fn excuse_victim(finding: Finding, violated: Option<Stamp>, is_timed: bool) -> Option<Finding> {
    let (Id::CloseMissing | Id::ConnectionReset, Some(violated)) = (finding.id, violated) else {
        return Some(finding);
    };
    let passed = finding.stamp.time.passed_since(violated.time).filter(|_| is_timed);
    let is_late = passed.is_some_and(|passed| passed > SOON_AFTER);
    if is_late || is_timed && !may_follow(violated, finding.stamp) {
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
