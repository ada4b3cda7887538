//! What a filter asks of outputs of one type: as little as possible, because every frame is asked.

use super::gather::{Paths, gather};
use super::kinds::Kind;
use crate::filter::{Field, Filter, Known, Value};
use serde::Serialize;

/// What a filter asks of outputs of one type.
#[derive(Debug)]
pub(super) enum Question {
    /// Nothing: all of them are chosen, or none is.
    Settled(bool),
    /// Their fields.
    Open(Box<OpenQuestion>),
}

/// A filter, as far as it depends on the output.
#[derive(Debug)]
pub(super) struct OpenQuestion {
    pub(super) filter: Filter,
    /// Fields that the output may have itself, and where the values of each stand.
    own: Vec<(Field, usize)>,
    /// What its line calls them, each once.
    names: Paths,
    /// The values of the output that was looked at last.
    values: Vec<Option<Value>>,
}

impl Question {
    /// What `filter` asks of outputs of this type.
    pub(super) fn new(filter: &Filter, kind: Kind) -> Self {
        let known = |field: &Field| match field.parts() {
            (None, "type") => Known::Value(Value::Word(kind.name())),
            (None, _) => Known::Open,
            // An event has the fields of its session and of its upgrade as well, and the name that TLS around it asks for.
            (Some(owner), _) if owner == kind.name() || is_shared(owner) || field.path() == "tls.sni" => {
                Known::Open
            }
            (Some(_), _) => Known::Absent,
        };
        match filter.narrowed(&known) {
            Err(holds) => Self::Settled(holds),
            Ok(filter) => Self::Open(Box::new(OpenQuestion::new(filter, kind))),
        }
    }
}

fn is_shared(owner: &str) -> bool {
    [Kind::Upgrade, Kind::Session].iter().any(|kind| kind.name() == owner)
}

impl OpenQuestion {
    fn new(filter: Filter, kind: Kind) -> Self {
        let (mut own, mut names) = (Vec::new(), Vec::<String>::new());
        for field in filter.fields() {
            let (owner, name) = field.parts();
            // The time is known without the line.
            if owner.is_some_and(|owner| owner != kind.name()) || field.path() == "time" {
                continue;
            }
            let at = names.iter().position(|known| known == name).unwrap_or_else(|| {
                names.push(name.to_owned());
                names.len() - 1
            });
            own.push((field.clone(), at));
        }
        Self { filter, own, names: Paths::new(names), values: Vec::new() }
    }

    /// Looks at an output by its line, which is made only if it is needed.
    pub(super) fn look_at<L: Serialize>(&mut self, line: impl FnOnce() -> L) {
        if !self.names.is_empty() {
            gather(&line(), &self.names, &mut self.values);
        }
    }

    /// The value that the output itself has in this field.
    pub(super) fn value(&self, field: &Field) -> Option<&Value> {
        let (_, at) = self.own.iter().find(|(own, _)| own.path() == field.path())?;
        self.values.get(*at)?.as_ref()
    }
}
