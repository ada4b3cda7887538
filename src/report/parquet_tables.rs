//! Tables as Apache Parquet: a file for each, with typed columns that are compressed and have statistics.

use super::kinds::Kinds;
use super::sink::{InputNames, Payload, Sink};
use super::table::{Column, StorageType, Table, TableRows};
use super::verdict::unread;
use crate::analyzer::Output;
use crate::filter::Value;
use parquet::basic::{Compression, Encoding, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int64Type};
use parquet::errors::Result;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{ColumnPath, Type};
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

/// Bytes of a table that wait in memory until they are written as a row group. Readers skip row groups by their
/// statistics and read them side by side, so they should hold tens of thousands of rows; a frame takes about 150 bytes.
const GROUP: usize = 4 << 20;

/// What the files say of inputs that could not be read to their end.
const UNREAD: &str = "wsight.unread_inputs";

/// Writes tables. A row group is written whenever enough rows wait; the file can be read once all is written.
pub struct ParquetTables<W: Write + Send> {
    rows: TableRows,
    /// By [`Table::ALL`]; `None` for one that nobody wants.
    tables: Vec<Option<ParquetTable<W>>>,
}

/// A file with a table.
pub(super) struct ParquetTable<W: Write + Send> {
    waiting: Vec<Waiting>,
    /// What the waiting rows take, in bytes.
    bytes: usize,
    out: SerializedFileWriter<W>,
}

impl<W: Write + Send> ParquetTables<W> {
    /// Writes the tables of these types of output to what `open` gives for each.
    ///
    /// # Errors
    /// `open` failed, or nothing can be written to what it gave.
    pub fn new(
        payload: Payload,
        inputs: InputNames,
        kinds: Kinds,
        mut open: impl FnMut(Table) -> io::Result<W>,
    ) -> io::Result<Self> {
        let begin = |table: Table| ParquetTable::begin(table, &table.columns(), open(table)?);
        let tables = Table::begun(kinds, begin)?;
        Ok(Self { rows: TableRows::new(payload, inputs), tables })
    }
}

impl<W: Write + Send> Sink for ParquetTables<W> {
    fn output(&mut self, output: &Output<'_>) -> io::Result<()> {
        if let Output::Summary(summary) = output
            && summary.unread_inputs > 0
        {
            self.tables.iter_mut().flatten().for_each(|table| table.tell_unread(summary.unread_inputs));
        }
        let Some((table, row)) = self.rows.row(output) else { return Ok(()) };
        let Some(Some(table)) = self.tables.get_mut(table as usize) else { return Ok(()) };
        table.push(row)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.tables.iter_mut().flatten().try_for_each(ParquetTable::finish)
    }

    /// Nobody can read a file that is not whole.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write + Send> fmt::Debug for ParquetTables<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetTables").field("rows", &self.rows).finish_non_exhaustive()
    }
}

impl<W: Write + Send> ParquetTable<W> {
    /// Begins the file of a table with these columns.
    ///
    /// # Errors
    /// Nothing can be written to `out`.
    pub(super) fn begin(table: Table, columns: &[Column], out: W) -> io::Result<Self> {
        let mut properties = WriterProperties::builder()
            .set_created_by(concat!("wsight ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(Compression::SNAPPY)
            // Those of pages would be kept in memory to the end.
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true);
        // Times are hardly ever the same twice, and not far from each other.
        for time in columns.iter().filter(|column| column.is_time()) {
            let path = ColumnPath::from(time.name());
            properties = properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
        }
        let fields = columns.iter().map(schema).collect::<Result<_>>()?;
        let schema = Type::group_type_builder(table.name()).with_fields(fields).build()?;
        let out = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties.build()))?;
        Ok(Self { waiting: columns.iter().map(Waiting::new).collect(), bytes: 0, out })
    }

    /// Adds a row, which has a value for each column.
    ///
    /// # Errors
    /// The rows that waited cannot be written.
    pub(super) fn push(&mut self, row: Vec<Option<Value>>) -> io::Result<()> {
        for (column, value) in self.waiting.iter_mut().zip(row) {
            self.bytes += column.push(value);
        }
        if self.bytes < GROUP { Ok(()) } else { self.write_group() }
    }

    /// Bytes of rows that wait in memory.
    pub(super) const fn waiting(&self) -> usize {
        self.bytes
    }

    /// Bytes of the file so far.
    pub(super) fn written(&self) -> usize {
        self.out.bytes_written()
    }

    /// Says in the file that so many inputs could not be read to their end.
    pub(super) fn tell_unread(&mut self, inputs: u64) {
        self.out.append_key_value_metadata(KeyValue::new(UNREAD.to_owned(), unread(inputs)));
    }

    /// Writes the rows that wait.
    ///
    /// # Errors
    /// They cannot be written.
    pub(super) fn write_group(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.bytes, 0) == 0 {
            return Ok(());
        }
        let mut group = self.out.next_row_group()?;
        for column in &mut self.waiting {
            if let Some(mut out) = group.next_column()? {
                column.write(&mut out)?;
                out.close()?;
            }
        }
        group.close()?;
        Ok(())
    }

    /// No row follows.
    ///
    /// # Errors
    /// The rest cannot be written.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.write_group()?;
        self.out.finish()?;
        Ok(())
    }
}

/// What columns that are stored so have as types in Parquet.
pub(crate) fn column_type(stored: StorageType) -> (Physical, Option<LogicalType>) {
    match stored {
        StorageType::Integer => (Physical::INT64, None),
        // Spark refuses nanoseconds, DuckDB has few functions for them.
        StorageType::Timestamp => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
        StorageType::Boolean => (Physical::BOOLEAN, None),
        StorageType::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
    }
}

fn schema(column: &Column) -> Result<Arc<Type>> {
    let (physical, logical) = column_type(column.kind().stored());
    let field = Type::primitive_type_builder(column.name(), physical)
        .with_logical_type(logical)
        .with_repetition(Repetition::OPTIONAL)
        .build()?;
    Ok(Arc::new(field))
}

/// What rows that wait have in one column.
struct Waiting {
    values: ColumnValues,
    /// For each row 1 if it has a value, else 0: a definition level.
    levels: Vec<i16>,
}

enum ColumnValues {
    Integers(Vec<i64>),
    /// In microseconds since 1970.
    Timestamps(Vec<i64>),
    Booleans(Vec<bool>),
    Texts(Vec<ByteArray>),
}

impl Waiting {
    fn new(column: &Column) -> Self {
        let values = match column.kind().stored() {
            StorageType::Integer => ColumnValues::Integers(Vec::new()),
            StorageType::Timestamp => ColumnValues::Timestamps(Vec::new()),
            StorageType::Boolean => ColumnValues::Booleans(Vec::new()),
            StorageType::Text => ColumnValues::Texts(Vec::new()),
        };
        Self { values, levels: Vec::new() }
    }

    /// Adds what the next row has. Returns the bytes that takes.
    fn push(&mut self, value: Option<Value>) -> usize {
        let taken = value.and_then(|value| self.values.push(value));
        self.levels.push(i16::from(taken.is_some()));
        size_of::<i16>() + taken.unwrap_or_default()
    }

    /// Writes all, and has nothing afterwards.
    fn write(&mut self, out: &mut SerializedColumnWriter<'_>) -> Result<()> {
        match &mut self.values {
            ColumnValues::Integers(values) | ColumnValues::Timestamps(values) => {
                write::<Int64Type>(out, values, &self.levels)
            }
            ColumnValues::Booleans(values) => write::<BoolType>(out, values, &self.levels),
            ColumnValues::Texts(values) => write::<ByteArrayType>(out, values, &self.levels),
        }?;
        self.levels.clear();
        Ok(())
    }
}

impl ColumnValues {
    /// Adds a value, and returns the bytes it takes; `None` if a column of this type cannot hold it.
    fn push(&mut self, value: Value) -> Option<usize> {
        match (self, value) {
            (Self::Integers(values), value) => {
                values.push(match value {
                    Value::Time(time) => time.as_nanos(),
                    // Only a frame can declare more, and may not (RFC 6455 §5.2).
                    Value::Whole(number) => i64::try_from(number).unwrap_or(i64::MAX),
                    Value::Number(_) | Value::Word(_) | Value::Text(_) | Value::Flag(_) | Value::List(_) => {
                        return None;
                    }
                });
                Some(size_of::<i64>())
            }
            (Self::Timestamps(values), Value::Time(time)) => {
                values.push(time.as_nanos().div_euclid(1_000));
                Some(size_of::<i64>())
            }
            (Self::Booleans(values), Value::Flag(flag)) => {
                values.push(flag);
                Some(size_of::<bool>())
            }
            (Self::Texts(values), Value::Word(word)) => {
                values.push(ByteArray::from(word));
                Some(size_of::<ByteArray>() + word.len())
            }
            (Self::Texts(values), Value::Text(text)) => {
                let bytes = size_of::<ByteArray>() + text.len();
                values.push(text.into_bytes().into());
                Some(bytes)
            }
            (Self::Texts(values), Value::List(list)) => {
                let text = list.join(", ");
                let bytes = size_of::<ByteArray>() + text.len();
                values.push(text.into_bytes().into());
                Some(bytes)
            }
            (Self::Timestamps(_) | Self::Booleans(_) | Self::Texts(_), _) => None,
        }
    }
}

fn write<T: DataType>(
    out: &mut SerializedColumnWriter<'_>,
    values: &mut Vec<T::T>,
    levels: &[i16],
) -> Result<()> {
    out.typed::<T>().write_batch(values, Some(levels), None)?;
    values.clear();
    Ok(())
}
