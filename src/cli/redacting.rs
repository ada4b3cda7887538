//! Packets in which `--redact` puts something else in the place of what was captured of anybody.

use super::inputs::count;
use super::noting::Noting;
use super::progress::ProgressMeter;
use super::status::complain;
use crate::analyzer::Output;
use crate::capture::{Changed, Copying, Files, Input, Source as _};
use crate::findings::Id;
use crate::model::{Captured, Limits, Packet, PacketPlace};
use crate::redact::{Learning, Omitted, Redaction, SharedNames, Unlike};
use crate::report::{KeptComments, Sink};
use crate::tls::Secrets;
use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;

/// What packets are redacted with: the pseudonyms of the report, the caps, the ports of servers, and what opens TLS.
#[derive(Clone)]
pub(super) struct Redacting {
    pub(super) names: SharedNames,
    pub(super) limits: Limits,
    pub(super) ports: Vec<u16>,
    /// What opens TLS.
    pub(super) secrets: Arc<Secrets>,
    pub(super) changed: ChangedMessages,
}

/// Messages that a proxy changed or added: in redacted packets they may be alike.
#[derive(Clone, Debug, Default)]
pub(super) struct ChangedMessages(Rc<RefCell<u64>>);

/// Packets on their way into a redacted capture.
pub(super) struct RedactedCopy {
    redaction: Rc<RefCell<Redaction>>,
    changed: ChangedMessages,
}

impl ChangedMessages {
    /// Counts the findings about them of what `sink` receives.
    pub(super) fn noting(&self, sink: Box<dyn Sink>) -> Box<dyn Sink> {
        let note = |changed: &mut u64, output: &Output<'_>| {
            if let Output::Finding(finding) | Output::Counted(finding) = output {
                *changed += u64::from(matches!(finding.id, Id::HopChangedMessage | Id::HopAddedMessage));
            }
        };
        Box::new(Noting { note, notes: Rc::clone(&self.0), sink })
    }
}

impl Redacting {
    /// Reads the inputs for what takes the place of their payloads. What is wrong with them was reported.
    pub(super) fn learn(&self, inputs: &[Input]) -> RedactedCopy {
        let mut learning =
            Learning::new(&self.limits, &self.ports, self.names.clone(), Arc::clone(&self.secrets));
        let mut files = Files::new(inputs.to_vec());
        let mut meter = ProgressMeter::with_end();
        loop {
            meter.step(|| files.progress());
            match files.next() {
                Ok(Some(Captured::Packet(packet))) => learning.push(&packet),
                Ok(Some(
                    Captured::Drops(_) | Captured::Clock(_) | Captured::Secrets(_) | Captured::Pause,
                ))
                | Err(_) => {}
                Ok(None) => break,
            }
        }
        meter.clear();
        let redaction = Redaction::new(learning.finish(), self.names.clone(), &self.limits);
        RedactedCopy { redaction: Rc::new(RefCell::new(redaction)), changed: self.changed.clone() }
    }

    /// Writes a redacted copy of all inputs, with these comments.
    ///
    /// # Errors
    /// The copy cannot be written, or the comments not be read.
    pub(super) fn annotate(
        &self,
        inputs: &[Input],
        comments: KeptComments,
        out: impl Write,
    ) -> io::Result<()> {
        let copy = self.learn(inputs);
        let files = Files::new(inputs.to_vec());
        let copying = Copying::remarking(files, out, comments.remark())?.with_all_numbers();
        let mut copying = copy.through(copying, move |place| comments.of(place));
        let mut meter = ProgressMeter::with_end();
        while copying.step(&mut |_| true)? {
            meter.step(|| copying.progress());
        }
        meter.clear();
        copying.finish()?;
        copy.say_what_is_left_out();
        Ok(())
    }
}

impl RedactedCopy {
    /// Has every packet redacted that `copying` copies.
    pub(super) fn through<W: Write>(
        &self,
        copying: Copying<W>,
        comments: impl Fn(PacketPlace) -> io::Result<Vec<String>> + 'static,
    ) -> Copying<W> {
        let redaction = Rc::clone(&self.redaction);
        copying.changing(move |packet: &Packet<'_>| {
            let redacted = redaction.borrow_mut().packet(packet);
            Ok(Changed {
                link: redacted.link,
                wire_length: redacted.wire_length,
                bytes: redacted.bytes,
                comments: comments(packet.stamp.place())?,
                key_lines: redacted.key_lines,
            })
        })
    }

    /// Says what is missing in the copy, and in what something else may be found, if there is any.
    pub(super) fn say_what_is_left_out(&self) {
        let redaction = self.redaction.borrow();
        for (what, packets) in redaction.left_out() {
            complain(format!("redacted: {} {}", count(*packets, "packet"), Omitted::name(*what)));
        }
        for (why, connections) in redaction.unlike() {
            complain(format!("redacted: {} {}", count(*connections, "connection"), Unlike::name(*why)));
        }
        let changed = *self.changed.0.borrow();
        if changed > 0 {
            complain(format!(
                "redacted: {} about changed or added messages (hop-changed-message, hop-added-message) may not be found in the \
                 packets, in which texts of the same length are alike",
                count(changed, "finding")
            ));
        }
    }
}
