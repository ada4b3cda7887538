//! What every format has in common.

use super::kinds::{Kind, Kinds};
use crate::analyzer::Output;
use crate::model::Stamp;
use std::io;
use std::time::Duration;

/// Takes outputs in capture order.
pub trait Sink {
    /// Takes the next one.
    fn output(&mut self, output: &Output<'_>) -> io::Result<()>;

    /// Takes how long the ping waited that the pong answers which comes next: a filter may have left out the ping.
    fn answer_took(&mut self, _: Duration) {}

    /// Nothing follows: writes what is left.
    fn finish(&mut self) -> io::Result<()>;

    /// Hands on what is written so far, for input that comes slowly.
    fn flush(&mut self) -> io::Result<()>;
}

/// Stands in front of a sink and has a say in the outputs for it. All else goes through.
pub trait Relay {
    /// The sink behind it.
    fn behind(&mut self) -> &mut dyn Sink;

    /// Takes the next output, and hands on what there is to hand on.
    fn relay(&mut self, output: &Output<'_>) -> io::Result<()>;

    /// Hands on what it has kept for itself, before the sink behind it does.
    fn flush_own(&mut self) {}
}

impl<R: Relay> Sink for R {
    fn output(&mut self, output: &Output<'_>) -> io::Result<()> {
        self.relay(output)
    }

    fn answer_took(&mut self, time: Duration) {
        self.behind().answer_took(time);
    }

    fn finish(&mut self) -> io::Result<()> {
        self.behind().finish()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flush_own();
        self.behind().flush()
    }
}

impl Relay for Box<dyn Sink + '_> {
    fn behind(&mut self) -> &mut dyn Sink {
        &mut **self
    }

    fn relay(&mut self, output: &Output<'_>) -> io::Result<()> {
        (**self).output(output)
    }
}

/// The names of the inputs, as the command line has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputNames(pub Vec<String>);

impl InputNames {
    /// The name of the input that holds a packet, where there are several.
    pub(super) fn file(&self, stamp: Stamp) -> Option<&str> {
        let several = self.0.len() > 1;
        self.0.get(usize::from(stamp.file.0)).filter(|_| several).map(String::as_str)
    }
}

/// How much payload an output carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Payload {
    /// None, not that of control frames either; findings still quote what they are about.
    None,
    /// The first 64 bytes of a message, control frames whole.
    #[default]
    Preview,
    /// Everything, up to the limit `message-bytes`.
    Full,
}

impl Payload {
    /// How long a preview is, in bytes.
    pub const PREVIEW: usize = 64;

    /// Bytes of a message to show.
    pub(super) const fn bytes(self) -> usize {
        match self {
            Self::None => 0,
            Self::Preview => Self::PREVIEW,
            Self::Full => usize::MAX,
        }
    }
}

/// Lets only some types of output through.
#[derive(Debug)]
pub struct OnlyKinds<S> {
    kinds: Kinds,
    inner: S,
}

impl<S: Sink> OnlyKinds<S> {
    /// Hands the outputs of `kinds` to `inner`.
    pub const fn new(kinds: Kinds, inner: S) -> Self {
        Self { kinds, inner }
    }
}

impl<S: Sink> Relay for OnlyKinds<S> {
    fn behind(&mut self) -> &mut dyn Sink {
        &mut self.inner
    }

    fn relay(&mut self, output: &Output<'_>) -> io::Result<()> {
        let is_wanted = Kind::of(output).is_some_and(|kind| self.kinds.contains(kind));
        if is_wanted { self.inner.output(output) } else { Ok(()) }
    }
}
