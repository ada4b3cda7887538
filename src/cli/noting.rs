//! Notes what passes on its way to a sink.

use crate::analyzer::Output;
use crate::findings::Severity;
use crate::report::{Relay, Sink};
use std::cell::RefCell;
use std::io;
use std::rc::Rc;

/// Notes what passes.
pub(super) struct Noting<T> {
    pub(super) note: fn(&mut T, &Output<'_>),
    pub(super) notes: Rc<RefCell<T>>,
    pub(super) sink: Box<dyn Sink>,
}

impl<T> Relay for Noting<T> {
    fn behind(&mut self) -> &mut dyn Sink {
        &mut self.sink
    }

    fn relay(&mut self, output: &Output<'_>) -> io::Result<()> {
        (self.note)(&mut self.notes.borrow_mut(), output);
        self.sink.output(output)
    }
}

/// The worst severity of all findings that were chosen so far, those included that are only counted.
#[derive(Clone, Debug, Default)]
pub(super) struct WorstSeverity(Rc<RefCell<Option<Severity>>>);

impl WorstSeverity {
    /// The severity; `None` without a finding.
    pub(super) fn severity(&self) -> Option<Severity> {
        *self.0.borrow()
    }

    /// Has it noted of what `sink` receives.
    pub(super) fn noting(&self, sink: Box<dyn Sink>) -> Box<dyn Sink> {
        let note = |worst: &mut Option<Severity>, output: &Output<'_>| {
            if let Output::Finding(finding) | Output::Counted(finding) = output {
                *worst = (*worst).max(Some(finding.severity));
            }
        };
        Box::new(Noting { note, notes: Rc::clone(&self.0), sink })
    }
}
