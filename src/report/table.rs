//! What is reported as tables: one for each type of output, with typed columns that keep their names and their order.
//!
//! The columns are the fields of the JSON output, by the list that the filter language has of them.

use super::dto::{FindingLine, FrameLine, LineContext, MessageLine, SessionLine, TlsLine, UpgradeLine};
use super::gather::{Paths, gather};
use super::kinds::{Kind, Kinds};
use super::sink::{InputNames, Payload};
use super::times::Times;
use crate::analyzer::Output;
use crate::filter::{FIELDS, FieldType, Value};
use crate::model::Stamp;
use serde::Serialize;
use std::fmt::Write as _;
use std::io;

/// A table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Table {
    /// A row for each attempt to upgrade.
    Upgrades,
    /// A row for each TLS session.
    Tls,
    /// A row for each frame.
    Frames,
    /// A row for each message.
    Messages,
    /// A row for each finding.
    Findings,
    /// A row for each session.
    Sessions,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 6] =
        [Self::Upgrades, Self::Tls, Self::Frames, Self::Messages, Self::Findings, Self::Sessions];

    /// Which of its columns names the input; the first one is the time.
    #[cfg(feature = "parquet")]
    pub(super) const FILE: usize = 2;

    /// What `begin` makes of each table of these types of output, by [`ALL`](Self::ALL); `None` for one that nobody wants.
    pub(super) fn begun<T>(
        kinds: Kinds,
        mut begin: impl FnMut(Self) -> io::Result<T>,
    ) -> io::Result<Vec<Option<T>>> {
        let wanted = |table: &Self| kinds.contains(table.kind());
        Self::ALL.into_iter().map(|table| Some(table).filter(wanted).map(&mut begin).transpose()).collect()
    }

    /// Its name, which its file has.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upgrades => "upgrades",
            Self::Tls => "tls",
            Self::Frames => "frames",
            Self::Messages => "messages",
            Self::Findings => "findings",
            Self::Sessions => "sessions",
        }
    }

    /// What it has rows of.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Upgrades => Kind::Upgrade,
            Self::Tls => Kind::Tls,
            Self::Frames => Kind::Frame,
            Self::Messages => Kind::Message,
            Self::Findings => Kind::Finding,
            Self::Sessions => Kind::Session,
        }
    }

    /// The fields besides those of its type, in front of them.
    const fn common(self) -> &'static [(&'static str, ColumnType)] {
        use ColumnType::{Address, Number, Text, Time};
        match self {
            Self::Upgrades | Self::Tls | Self::Sessions => &[
                ("time", Time),
                ("file", Text),
                ("packet", Number),
                ("last_packet", Number),
                ("session", Number),
                ("connection", Number),
                ("client", Address),
                ("server", Address),
            ],
            Self::Frames | Self::Messages => &[
                ("time", Time),
                ("file", Text),
                ("packet", Number),
                ("last_packet", Number),
                ("session", Number),
            ],
            Self::Findings => &[
                ("time", Time),
                ("file", Text),
                ("packet", Number),
                ("session", Number),
                ("connection", Number),
            ],
        }
    }

    /// The columns of a part of it, in order. The folders of parts are called after the host that captured and the day, so
    /// the `Host` header has another name there; and a part says which analysis (`ring`) its rows are from.
    pub fn part_columns(self) -> Vec<Column> {
        let mut columns = self.columns();
        for column in columns.iter_mut().filter(|column| column.name == "host") {
            "host_header".clone_into(&mut column.name);
        }
        columns.push(Column {
            name: "ring".to_owned(),
            path: String::new(),
            part: FieldPart::Ring,
            kind: ColumnType::Text,
        });
        columns
    }

    /// Its columns, in order.
    pub fn columns(self) -> Vec<Column> {
        let common = self.common().iter().map(|(path, kind)| ((*path).to_owned(), *kind));
        let owner = self.kind().name();
        let own = FIELDS.iter().filter_map(|(path, kind, _)| {
            let path = path.strip_prefix(owner)?.strip_prefix('.')?;
            Some((path.to_owned(), ColumnType::of(*kind)))
        });
        let payload = (self == Self::Messages)
            .then_some([("data_base64", ColumnType::Text), ("truncated", ColumnType::Flag)])
            .into_iter()
            .flatten()
            .map(|(path, kind)| (path.to_owned(), kind));
        let columns = common.chain(own).chain(payload).flat_map(|(path, kind)| Column::of(&path, kind));
        let figures = (self == Self::Findings).then(|| Column {
            name: "figures".to_owned(),
            path: String::new(),
            part: FieldPart::Figures,
            kind: ColumnType::Json,
        });
        columns.chain(figures).collect()
    }
}

/// What a column holds. Any of it may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnType {
    /// A whole number.
    Number,
    /// A duration in whole microseconds.
    Microseconds,
    /// A moment in UTC: as text with nanoseconds, as a type in whole microseconds, as all databases have them.
    Time,
    /// The same moment in nanoseconds since 1970, where the time itself has microseconds.
    Nanoseconds,
    /// `ip:port`.
    Address,
    /// Text as captured, with what is not UTF-8 replaced.
    Text,
    /// One of a few words that wsight has.
    Word,
    /// True or false.
    Flag,
    /// A JSON object.
    Json,
}

impl ColumnType {
    const fn of(kind: FieldType) -> Self {
        match kind {
            FieldType::Number => Self::Number,
            FieldType::Duration => Self::Microseconds,
            FieldType::Time => Self::Time,
            FieldType::Address => Self::Address,
            FieldType::Text | FieldType::Any => Self::Text,
            FieldType::Word(_) => Self::Word,
            FieldType::Flag => Self::Flag,
        }
    }

    /// How a file with types stores it.
    pub const fn stored(self) -> StorageType {
        match self {
            Self::Number | Self::Microseconds | Self::Nanoseconds => StorageType::Integer,
            Self::Time => StorageType::Timestamp,
            Self::Address | Self::Text | Self::Word | Self::Json => StorageType::Text,
            Self::Flag => StorageType::Boolean,
        }
    }

    /// Whether a table as text has such columns. Times have their nanoseconds there.
    pub fn is_in_text(self) -> bool {
        self != Self::Nanoseconds
    }

    /// The name that the documentation has.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Number => "whole number",
            Self::Microseconds => "microseconds",
            Self::Time => "time",
            Self::Nanoseconds => "nanoseconds since 1970",
            Self::Address => "address",
            Self::Text => "text",
            Self::Word => "word",
            Self::Flag => "true or false",
            Self::Json => "JSON object",
        }
    }
}

/// How a file with types stores a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StorageType {
    /// A whole number of 64 bits, with a sign.
    Integer,
    /// Microseconds since 1970 in UTC, in 64 bits.
    Timestamp,
    /// UTF-8.
    Text,
    /// A bit.
    Boolean,
}

impl StorageType {
    /// Its name in Parquet.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Integer => "INT64",
            Self::Timestamp => "TIMESTAMP",
            Self::Text => "STRING",
            Self::Boolean => "BOOLEAN",
        }
    }
}

/// What of a field a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FieldPart {
    All,
    Ip,
    Port,
    /// The figures of a finding, each under its name.
    Figures,
    /// None: it says which analysis a row is from. Sessions and connections are numbered anew in each.
    Ring,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    name: String,
    path: String,
    part: FieldPart,
    kind: ColumnType,
}

impl Column {
    /// The columns of one field: an address also has its parts, and a time its nanoseconds.
    fn of(path: &str, kind: ColumnType) -> Vec<Self> {
        let column = |suffix: &str, part, kind| Self {
            name: format!("{}{suffix}", path.replace('.', "_").replace("_ms", "_us")),
            path: path.to_owned(),
            part,
            kind,
        };
        let parts = match kind {
            ColumnType::Address => vec![
                column("_ip", FieldPart::Ip, ColumnType::Text),
                column("_port", FieldPart::Port, ColumnType::Number),
            ],
            ColumnType::Time => vec![column("_ns", FieldPart::All, ColumnType::Nanoseconds)],
            ColumnType::Number
            | ColumnType::Microseconds
            | ColumnType::Nanoseconds
            | ColumnType::Text
            | ColumnType::Word
            | ColumnType::Flag
            | ColumnType::Json => Vec::new(),
        };
        std::iter::once(column("", FieldPart::All, kind)).chain(parts).collect()
    }

    /// Its name: that of the JSON field, with `_` where a field of an object has a dot, and `_us` for `_ms`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The path of the JSON field that it holds, or a part of; empty for the figures of a finding, which are several, and for
    /// the ring, which is none.
    pub fn field(&self) -> &str {
        &self.path
    }

    /// What it holds.
    pub const fn kind(&self) -> ColumnType {
        self.kind
    }

    /// Whether its value is that of a field; time is known as more than text, and figures are many fields.
    fn is_gathered(&self) -> bool {
        !matches!(self.part, FieldPart::Figures | FieldPart::Ring) && !self.is_time()
    }

    /// Whether it holds when something began.
    pub(super) const fn is_time(&self) -> bool {
        matches!(self.kind, ColumnType::Time | ColumnType::Nanoseconds)
    }

    /// What it holds of the values of a row.
    fn cell(&self, value: Option<&Value>) -> Option<Value> {
        match (self.part, value?) {
            (FieldPart::Ip, Value::Text(address)) => {
                let (ip, _) = address.rsplit_once(':')?;
                Some(Value::Text(ip.trim_start_matches('[').trim_end_matches(']').to_owned()))
            }
            (FieldPart::Port, Value::Text(address)) => {
                let (_, port) = address.rsplit_once(':')?;
                port.parse().ok().map(Value::Whole)
            }
            (FieldPart::All, Value::Number(milliseconds)) if self.kind == ColumnType::Microseconds => {
                // A figure of JSON has three decimals, and is below 2^53.
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                Some(Value::Whole((milliseconds * 1e3).round() as u64))
            }
            (FieldPart::All, Value::Whole(milliseconds)) if self.kind == ColumnType::Microseconds => {
                Some(Value::Whole(milliseconds.saturating_mul(1_000)))
            }
            (
                FieldPart::All | FieldPart::Figures | FieldPart::Ring | FieldPart::Ip | FieldPart::Port,
                value,
            ) => Some(value.clone()),
        }
    }
}

/// Makes rows of outputs.
#[derive(Debug)]
pub(super) struct TableRows {
    context: LineContext,
    tables: [(Vec<Column>, Paths); Table::ALL.len()],
    values: Vec<Option<Value>>,
}

impl TableRows {
    pub(super) fn new(payload: Payload, inputs: InputNames) -> Self {
        let tables = Table::ALL.map(|table| {
            let columns = table.columns();
            // A field that has several columns is gathered once.
            let mut paths: Vec<String> = Vec::new();
            for column in columns.iter().filter(|column| column.is_gathered()) {
                if !paths.contains(&column.path) {
                    paths.push(column.path.clone());
                }
            }
            (columns, Paths::new(paths))
        });
        Self { context: LineContext { payload, inputs, times: Times::default() }, tables, values: Vec::new() }
    }

    /// The row that `output` makes, and its table; `None` if it makes none.
    pub(super) fn row(&mut self, output: &Output<'_>) -> Option<(Table, Vec<Option<Value>>)> {
        let Self { context, tables, values } = self;
        match output {
            Output::Upgrade(place, upgrade) => {
                let line = UpgradeLine::new(place, upgrade, context);
                cells(tables, values, Table::Upgrades, upgrade.first, &line)
            }
            Output::Tls(place, facts) => {
                let line = TlsLine::new(place, facts, context);
                cells(tables, values, Table::Tls, facts.stamp, &line)
            }
            Output::Dark(place, facts) => {
                let line = TlsLine::of_dark(place, facts, context);
                cells(tables, values, Table::Tls, facts.stamp, &line)
            }
            Output::Frame(place, frame) => {
                let line = FrameLine::new(place, frame, context);
                cells(tables, values, Table::Frames, frame.first, &line)
            }
            Output::Message(place, message) => {
                let line = MessageLine::new(place, message, context);
                cells(tables, values, Table::Messages, message.first, &line)
            }
            Output::Finding(finding) => {
                let line = FindingLine::new(finding, context);
                let (table, mut row) = cells(tables, values, Table::Findings, finding.stamp, &line)?;
                if let Some(last) = row.last_mut() {
                    *last = serde_json::to_value(line.figures())
                        .ok()
                        .map(|figures| Value::Text(figures.to_string()));
                }
                Some((table, row))
            }
            Output::Session(session) => {
                let line = SessionLine::new(session, context);
                cells(tables, values, Table::Sessions, session.first, &line)
            }
            Output::Waiting(_)
            | Output::Counted(_)
            | Output::Summary(_)
            | Output::Data(..)
            | Output::ServerName(..)
            | Output::Secrets(..) => None,
        }
    }
}

/// What the columns of a table hold of an object that begins at `first`.
fn cells(
    tables: &[(Vec<Column>, Paths); Table::ALL.len()],
    values: &mut Vec<Option<Value>>,
    table: Table,
    first: Stamp,
    object: &impl Serialize,
) -> Option<(Table, Vec<Option<Value>>)> {
    let (columns, paths) = tables.get(table as usize)?;
    gather(object, paths, values);
    let cell = |column: &Column| {
        if column.is_time() {
            return Some(Value::Time(first.time));
        }
        let at = paths.position(&column.path)?;
        column.cell(values.get(at)?.as_ref())
    };
    Some((table, columns.iter().map(cell).collect()))
}

/// The columns of each table for the documentation.
#[doc(hidden)]
pub fn markdown() -> String {
    let mut page = String::new();
    for table in Table::ALL {
        // Writing to a String cannot fail.
        let _ = writeln!(page, "**{}**\n\n| column | type | in Parquet |\n|---|---|---|", table.name());
        for column in table.columns() {
            let kind = column.kind();
            let _ = writeln!(page, "| `{}` | {} | {} |", column.name(), kind.name(), kind.stored().name());
        }
        page.push('\n');
    }
    page
}
