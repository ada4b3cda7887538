//! The rows of a part, which is a file of a table: read by columns, some thousands at a time.

use crate::report::{ColumnType, StorageType, Table, TableFormat, column_type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::schema::types::SchemaDescriptor;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;

/// Rows that are in memory at the same time.
const ROWS: usize = 8_192;

/// Why a part cannot be read, or not to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum PartError {
    /// The manifest has it, and the folder has not.
    #[error("it is missing")]
    Missing,
    /// It was broken off, or is another file.
    #[error("it has {found} bytes, and {listed} in the manifest")]
    Length {
        /// Its length in bytes.
        found: u64,
        /// The length in the manifest.
        listed: u64,
    },
    /// Another version of wsight has other columns.
    #[error("it has no column `{0}` as this version of wsight writes it, so another version made it")]
    Column(&'static str),
    /// It is damaged, or the system cannot read it.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// The same, of Parquet.
    #[error("it cannot be read: {0}")]
    Damaged(#[from] ParquetError),
    /// The same, of CSV.
    #[error("it cannot be read: {0}")]
    Garbled(#[from] csv::Error),
}

/// A part to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    pub(super) path: &'a Path,
    pub(super) table: Table,
    pub(super) format: TableFormat,
    /// The columns that are wanted.
    pub(super) columns: &'a [&'static str],
}

/// A row: a value for each column that is wanted, by its place among them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    cells: &'a [Cells],
    at: usize,
}

/// What rows have in one column.
#[derive(Debug)]
enum Cells {
    Whole(Vec<Option<i64>>),
    Text(Vec<Option<ByteArray>>),
}

impl Row<'_> {
    /// A whole number, or a time in nanoseconds since 1970.
    pub(super) fn whole(&self, column: usize) -> Option<i64> {
        match self.cells.get(column)? {
            Cells::Whole(values) => *values.get(self.at)?,
            Cells::Text(_) => None,
        }
    }

    /// The same where nothing is below zero.
    pub(super) fn count(&self, column: usize) -> Option<u64> {
        self.whole(column).and_then(|value| u64::try_from(value).ok())
    }

    /// Text, a word or an address.
    pub(super) fn text(&self, column: usize) -> Option<&str> {
        match self.cells.get(column)? {
            Cells::Whole(_) => None,
            Cells::Text(values) => values.get(self.at)?.as_ref()?.as_utf8().ok(),
        }
    }
}

impl Part<'_> {
    /// Hands over rows with their numbers, which count from 0. Rows may be left out, many at once, where `wants` says so of
    /// their numbers.
    ///
    /// # Errors
    /// The part cannot be read, or not to its end: some rows may have been handed over.
    pub(super) fn read(
        self,
        wants: &dyn Fn(Range<u64>) -> bool,
        row: &mut dyn FnMut(u64, &Row<'_>),
    ) -> Result<(), PartError> {
        match self.format {
            TableFormat::Parquet => self.read_parquet(wants, row),
            TableFormat::Csv => self.read_csv(row),
        }
    }

    fn read_parquet(
        self,
        wants: &dyn Fn(Range<u64>) -> bool,
        row: &mut dyn FnMut(u64, &Row<'_>),
    ) -> Result<(), PartError> {
        let file = SerializedFileReader::new(File::open(self.path)?)?;
        let places = self.places(file.metadata().file_metadata().schema_descr())?;
        let mut number = 0;
        for group in 0..file.num_row_groups() {
            let group = file.get_row_group(group)?;
            let mut left = usize::try_from(group.metadata().num_rows()).unwrap_or_default();
            if !wants(number..number + left as u64) {
                number += left as u64;
                continue;
            }
            let reader =
                |(place, kind): &(usize, StorageType)| Reader::new(group.get_column_reader(*place)?, *kind);
            let mut readers = places.iter().map(reader).collect::<Result<Vec<Reader>, _>>()?;
            while left > 0 {
                let rows = left.min(ROWS);
                let cells =
                    readers.iter_mut().map(|reader| reader.take(rows)).collect::<Result<Vec<Cells>, _>>()?;
                for at in 0..rows {
                    row(number, &Row { cells: &cells, at });
                    number += 1;
                }
                left -= rows;
            }
        }
        Ok(())
    }

    /// Where the columns are in a file of Parquet, and how they are stored.
    fn places(self, schema: &SchemaDescriptor) -> Result<Vec<(usize, StorageType)>, PartError> {
        let own = self.table.part_columns();
        let place = |name: &&'static str| {
            let missing = || PartError::Column(name);
            let kind = own.iter().find(|column| column.name() == *name).map(|column| column.kind().stored());
            let kind = kind.ok_or_else(missing)?;
            let (physical, logical) = column_type(kind);
            let is_it = |column: &parquet::schema::types::ColumnDescPtr| {
                column.path().parts() == [*name]
                    && column.physical_type() == physical
                    && column.logical_type_ref() == logical.as_ref()
                    && column.max_def_level() <= 1
                    && column.max_rep_level() == 0
            };
            let place = schema.columns().iter().position(is_it).ok_or_else(missing)?;
            Ok((place, kind))
        };
        self.columns.iter().map(place).collect()
    }

    fn read_csv(self, row: &mut dyn FnMut(u64, &Row<'_>)) -> Result<(), PartError> {
        let mut file = csv::Reader::from_path(self.path)?;
        let names = file.headers()?.clone();
        let own = self.table.part_columns();
        let place = |name: &&'static str| {
            let at = names.iter().position(|other| other == *name);
            let kind = own.iter().find(|column| column.name() == *name).map(crate::report::Column::kind);
            at.zip(kind).ok_or(PartError::Column(name))
        };
        let places = self.columns.iter().map(place).collect::<Result<Vec<_>, _>>()?;
        let (mut record, mut number) = (csv::StringRecord::new(), 0);
        while file.read_record(&mut record)? {
            let cell = |(at, kind): &(usize, ColumnType)| cell(*kind, record.get(*at).unwrap_or_default());
            let cells: Vec<Cells> = places.iter().map(cell).collect();
            row(number, &Row { cells: &cells, at: 0 });
            number += 1;
        }
        Ok(())
    }
}

/// What a cell of a CSV table says.
fn cell(kind: ColumnType, text: &str) -> Cells {
    match kind.stored() {
        StorageType::Integer => Cells::Whole(vec![text.parse().ok()]),
        StorageType::Timestamp => {
            let time =
                text.parse().ok().and_then(|time: jiff::Timestamp| i64::try_from(time.as_nanosecond()).ok());
            Cells::Whole(vec![time])
        }
        StorageType::Text | StorageType::Boolean => {
            let text = if kind == ColumnType::Text { crate::report::without_apostrophe(text) } else { text };
            Cells::Text(vec![(!text.is_empty()).then(|| ByteArray::from(text))])
        }
    }
}

/// Reads one column of a row group.
enum Reader {
    Whole(ColumnReaderImpl<Int64Type>),
    /// Microseconds, of which nanoseconds are made.
    Times(ColumnReaderImpl<Int64Type>),
    Text(ColumnReaderImpl<ByteArrayType>),
}

impl Reader {
    fn new(column: ColumnReader, kind: StorageType) -> Result<Self, PartError> {
        let reader = match kind {
            StorageType::Integer => Int64Type::get_column_reader(column).map(Self::Whole),
            StorageType::Timestamp => Int64Type::get_column_reader(column).map(Self::Times),
            StorageType::Text => ByteArrayType::get_column_reader(column).map(Self::Text),
            StorageType::Boolean => None,
        };
        reader.ok_or_else(|| {
            ParquetError::General("a column is of another type than its schema says".to_owned()).into()
        })
    }

    fn take(&mut self, rows: usize) -> Result<Cells, PartError> {
        Ok(match self {
            Self::Whole(reader) => Cells::Whole(take(reader, rows)?),
            Self::Times(reader) => {
                let nanos = |micros: Option<i64>| Some(micros?.saturating_mul(1_000));
                Cells::Whole(take(reader, rows)?.into_iter().map(nanos).collect())
            }
            Self::Text(reader) => Cells::Text(take(reader, rows)?),
        })
    }
}

/// The next values of a column, with `None` where a row has none.
fn take<T: DataType>(reader: &mut ColumnReaderImpl<T>, rows: usize) -> Result<Vec<Option<T::T>>, PartError> {
    let (mut levels, mut values) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
    reader.read_records(rows, Some(&mut levels), None, &mut values)?;
    // Where every row must have a value, nothing says which have.
    if levels.is_empty() {
        levels.resize(values.len(), 1);
    }
    if levels.len() != rows {
        return Err(
            ParquetError::EOF(format!("a column has {} rows in the place of {rows}", levels.len())).into()
        );
    }
    let mut values = values.into_iter();
    Ok(levels.into_iter().map(|level| if level > 0 { values.next() } else { None }).collect())
}
