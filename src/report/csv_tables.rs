//! Tables as CSV (RFC 4180): a file for each, with a line of names first.

use super::kinds::Kinds;
use super::sink::{InputNames, Payload, Sink};
use super::table::{Column, ColumnType, Table, TableRows};
use crate::analyzer::Output;
use crate::filter::Value;
use csv::{QuoteStyle, WriterBuilder};
use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};

/// Writes tables.
pub struct CsvTables<W: Write> {
    rows: TableRows,
    /// By [`Table::ALL`]; `None` for one that nobody wants.
    tables: Vec<Option<CsvTable<W>>>,
}

/// A file with a table.
pub(super) struct CsvTable<W: Write> {
    columns: Vec<Column>,
    out: csv::Writer<W>,
}

impl<W: Write> CsvTables<W> {
    /// Writes the tables of these types of output to what `open` gives for each.
    ///
    /// # Errors
    /// `open` failed, or the line of names cannot be written.
    pub fn new(
        payload: Payload,
        inputs: InputNames,
        kinds: Kinds,
        mut open: impl FnMut(Table) -> io::Result<W>,
    ) -> io::Result<Self> {
        let tables = Table::begun(kinds, |table| CsvTable::begin(table.columns(), open(table)?))?;
        Ok(Self { rows: TableRows::new(payload, inputs), tables })
    }
}

impl<W: Write> CsvTable<W> {
    /// Begins the file of a table with these columns.
    ///
    /// # Errors
    /// The line of names cannot be written.
    pub(super) fn begin(columns: Vec<Column>, out: W) -> io::Result<Self> {
        // Spreadsheets may take other signs than the comma for separators, too, but not in quotes.
        let mut out = WriterBuilder::new().quote_style(QuoteStyle::NonNumeric).from_writer(out);
        let named = columns.iter().filter(|column| column.kind().is_in_text());
        out.write_record(named.map(Column::name))?;
        Ok(Self { columns, out })
    }

    /// Adds a row, which has a value for each column.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn push(&mut self, row: &[Option<Value>]) -> io::Result<()> {
        let cells = self.columns.iter().zip(row);
        for (column, value) in cells.filter(|(column, _)| column.kind().is_in_text()) {
            self.out.write_field(cell(column.kind(), value.as_ref()).as_ref())?;
        }
        self.out.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// What it is written to.
    #[cfg(feature = "parquet")]
    pub(super) fn out(&self) -> &W {
        self.out.get_ref()
    }

    /// Writes what waits.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<W: Write> Sink for CsvTables<W> {
    fn output(&mut self, output: &Output<'_>) -> io::Result<()> {
        let Some((table, row)) = self.rows.row(output) else { return Ok(()) };
        let Some(Some(table)) = self.tables.get_mut(table as usize) else { return Ok(()) };
        table.push(&row)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tables.iter_mut().flatten().try_for_each(CsvTable::flush)
    }
}

impl<W: Write> fmt::Debug for CsvTables<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsvTables").field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// What stands in a cell: nothing where there is no value.
fn cell(kind: ColumnType, value: Option<&Value>) -> Cow<'_, str> {
    match value {
        None => Cow::Borrowed(""),
        Some(Value::Number(number)) => Cow::Owned(number.to_string()),
        Some(Value::Whole(number)) => Cow::Owned(number.to_string()),
        Some(Value::Flag(flag)) => Cow::Borrowed(if *flag { "true" } else { "false" }),
        Some(Value::Word(word)) => Cow::Borrowed(word),
        Some(Value::Time(time)) => Cow::Owned(time.to_string()),
        Some(Value::List(list)) => harmless(list.join(", ").into()),
        Some(Value::Text(text)) if kind == ColumnType::Text => harmless(text.into()),
        Some(Value::Text(text)) => Cow::Borrowed(text),
    }
}

/// Captured text that a spreadsheet would take for a formula gets an apostrophe in front, as OWASP advises. Those of East Asia
/// take wide signs for it too.
fn harmless(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.starts_with(FORMULA) { Cow::Owned(format!("'{text}")) } else { text }
}

/// What a formula may begin with.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Captured text of a cell as it was before it got an apostrophe in front, if it has one for that reason.
pub fn without_apostrophe(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| rest.starts_with(FORMULA)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_captured_text_is_a_formula_and_numbers_stay_numbers() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"] {
            let value = Value::Text(text.to_owned());
            assert_eq!(cell(ColumnType::Text, Some(&value)), format!("'{text}"));
            assert_eq!(without_apostrophe(&format!("'{text}")), text);
            let list = Value::List(vec![text.to_owned(), "chat".to_owned()]);
            assert_eq!(cell(ColumnType::Text, Some(&list)), format!("'{text}, chat"));
        }
        assert_eq!(cell(ColumnType::Text, Some(&Value::Text("a=1".to_owned()))), "a=1");
        assert_eq!(cell(ColumnType::Number, Some(&Value::Whole(u64::MAX))), "18446744073709551615");
    }
}
