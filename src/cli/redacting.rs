//! Packets in which `--redact` puts something else in the place of what was captured of anybody.

use super::inputs::count;
use super::status::complain;
use crate::capture::{Changed, Copying, Files, Input, Source as _};
use crate::model::{Captured, Limits, Packet, PacketPlace};
use crate::redact::{Learning, Omitted, Redaction, SharedNames};
use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

/// What packets are redacted with: the pseudonyms of the report, the caps, and the ports of servers.
#[derive(Clone)]
pub(super) struct Redacting {
    pub(super) names: SharedNames,
    pub(super) limits: Limits,
    pub(super) ports: Vec<u16>,
}

/// Packets on their way into a redacted capture.
pub(super) struct RedactedCopy(Rc<RefCell<Redaction>>);

impl Redacting {
    /// Reads the inputs for what takes the place of their payloads. What is wrong with them was reported.
    pub(super) fn learn(&self, inputs: &[Input]) -> RedactedCopy {
        let mut learning = Learning::new(&self.limits, &self.ports, self.names.clone());
        let mut files = Files::new(inputs.to_vec());
        loop {
            match files.next() {
                Ok(Some(Captured::Packet(packet))) => learning.push(&packet),
                Ok(Some(
                    Captured::Drops(_) | Captured::Clock(_) | Captured::Secrets(_) | Captured::Pause,
                ))
                | Err(_) => {}
                Ok(None) => break,
            }
        }
        let redaction = Redaction::new(learning.finish(), self.names.clone(), &self.limits);
        RedactedCopy(Rc::new(RefCell::new(redaction)))
    }

    /// Writes a redacted copy of all inputs, with the comments that `comments` gives for each packet.
    ///
    /// # Errors
    /// The copy cannot be written, or `comments` failed.
    pub(super) fn annotate(
        &self,
        inputs: &[Input],
        comments: impl Fn(PacketPlace) -> io::Result<Vec<String>> + 'static,
        out: impl Write,
    ) -> io::Result<()> {
        let copy = self.learn(inputs);
        let mut copying = copy.through(Copying::new(Files::new(inputs.to_vec()), out)?, comments);
        while copying.step(&mut |_| true)? {}
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
        let redaction = Rc::clone(&self.0);
        copying.changing(move |packet: &Packet<'_>| {
            let redacted = redaction.borrow_mut().packet(packet);
            Ok(Changed {
                link: redacted.link,
                wire_length: redacted.wire_length,
                bytes: redacted.bytes,
                comments: comments(packet.stamp.place())?,
            })
        })
    }

    /// Says what is missing in the copy, if something is.
    pub(super) fn say_what_is_left_out(&self) {
        for (what, packets) in self.0.borrow().left_out() {
            complain(format!("redacted: {} {}", count(*packets, "packet"), Omitted::name(*what)));
        }
    }
}
