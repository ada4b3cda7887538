//! Outputs of the analyzer as people and programs read them: one sink a format.
//!
//! Sinks write to whatever they are given and fail only when that does. They read no clock and know no terminal but
//! what their options say.

mod catalog;
mod causes;
mod chosen;
mod comments;
mod cookies;
mod csv_tables;
#[cfg(feature = "parquet")]
mod daily_tables;
mod dto;
mod ended;
mod fields;
mod gather;
mod har;
#[cfg(feature = "html")]
mod html;
mod json;
mod junit;
mod kinds;
mod left_out;
mod line;
mod no_websocket;
mod oneline;
#[cfg(all(feature = "html", feature = "parquet"))]
mod overview;
#[cfg(feature = "parquet")]
mod parquet_tables;
mod pings;
mod placed;
mod question;
mod redacted;
mod remark;
mod repeats;
mod row;
mod sink;
mod story;
mod style;
mod summary;
mod table;
mod text;
mod times;
mod tls;
mod upgrade;
mod verdict;
mod worst;

#[cfg(test)]
mod tests;

pub use catalog::{explain, list};
pub use chosen::{Chosen, SessionEnds, needs_the_end};
pub use comments::{Comments, KeptComments};
pub use csv_tables::{CsvTables, without_apostrophe};
#[cfg(feature = "parquet")]
pub use daily_tables::{DailyTables, TableFormat, TablePart};
pub use fields::fields;
pub use har::Har;
#[cfg(feature = "html")]
pub use html::Html;
#[cfg(all(feature = "html", feature = "parquet"))]
pub use html::write_overview;
pub use json::JsonLines;
pub use junit::JUnit;
pub use kinds::{Kind, Kinds, UnknownKind};
pub use no_websocket::no_websocket;
pub use oneline::OneLine;
#[cfg(all(feature = "html", feature = "parquet"))]
pub use overview::{
    AnswersOverview, Capped, Cause, CauseOverview, EndOverview, Example, HostOverview, HostShare,
    KindOverview, NewOn, NewsOverview, Overview, PartyOverview, SessionEnding, Timeline, Totals,
    UnreadOverview,
};
#[cfg(feature = "parquet")]
pub use parquet_tables::ParquetTables;
#[cfg(feature = "fleet")]
pub(crate) use parquet_tables::column_type;
pub use placed::{PlacedError, PlacedWriter};
pub use redacted::{Named, Redacted};
pub use sink::{InputNames, OnlyKinds, Payload, Relay, Sink};
pub use style::Look;
pub use summary::Figures;
pub use table::{Column, ColumnType, StorageType, Table, markdown as tables_markdown};
pub use text::{Text, TextOptions};
#[cfg(feature = "tui")]
pub(crate) use verdict::captured_twice;
pub use verdict::unread;
