//! Failed attempts: each counts as over once the next output comes.

use crate::analyzer::Output;
use crate::model::SessionId;

/// The attempt that failed last, as long as findings about it may come.
#[derive(Debug, Default)]
pub(super) struct EndedAttempt(Option<SessionId>);

impl EndedAttempt {
    /// Takes note of the next output. Returns the attempt that is over with it, before it, if one is.
    #[inline]
    pub(super) fn before(&mut self, output: &Output<'_>) -> Option<SessionId> {
        let session = match output {
            Output::Upgrade(place, _)
            | Output::Dark(place, _)
            | Output::Frame(place, _)
            | Output::Message(place, _) => Some(place.session),
            Output::Finding(finding) => finding.session,
            Output::Session(summary) => Some(summary.place.session),
            Output::Counted(_) | Output::ServerName(..) | Output::Secrets(..) | Output::Data(..) => {
                return None;
            }
            Output::Summary(_) | Output::Waiting(_) | Output::Tls(..) => None,
        };
        let ended = self.0.take_if(|ended| session != Some(*ended));
        if let Output::Upgrade(_, upgrade) = output
            && !upgrade.goes_on()
        {
            self.0 = session;
        } else if let Output::Session(_) = output {
            self.0 = None;
        }
        ended
    }
}
