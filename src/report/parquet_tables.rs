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
use std::mem::{replace, take};
use std::sync::Arc;

/// Memory for the rows of a table that wait until they are written as a row group. Readers skip row groups by their
/// statistics and read them side by side, so they should hold thousands of rows; a frame takes about 150 bytes.
const GROUP: usize = 4 << 20;

/// Memory for the rows that wait in all tables together. Beyond it the table with the most of them writes its own.
const MOST_WAITING: usize = 6 << 20;

/// Rows of a table that wait together: as many as the writer takes at once, or fewer if they take more memory than
/// [`BATCH`]. So nothing grows for long, and the next batch finds room where the last one was.
const BATCH_ROWS: usize = 1_024;
const BATCH: usize = 128 << 10;

/// Bytes of a page, and of a column's dictionary: what has more distinct values is written without one. Snappy compresses
/// pieces of this size, so larger pages would gain nothing.
const PAGE: usize = 64 << 10;

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
    /// The memory that is held for their full batches, in bytes.
    full: usize,
    /// The same of all.
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
        table.push(row)?;
        let waiting: usize = self.tables.iter().flatten().map(ParquetTable::waiting).sum();
        if waiting > MOST_WAITING
            && let Some(longest) = self.tables.iter_mut().flatten().max_by_key(|table| table.waiting())
        {
            longest.write_group()?;
        }
        Ok(())
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
            .set_data_page_size_limit(PAGE)
            .set_dictionary_page_size_limit(PAGE)
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
        let waiting = columns.iter().map(|column| Waiting::new(column.kind().stored())).collect();
        Ok(Self { waiting, full: 0, bytes: 0, out })
    }

    /// Adds a row, which has a value for each column.
    ///
    /// # Errors
    /// The rows that waited cannot be written.
    pub(super) fn push(&mut self, row: Vec<Option<Value>>) -> io::Result<()> {
        let (mut rows, mut held) = (0, 0);
        for (column, value) in self.waiting.iter_mut().zip(row) {
            column.last.push(value);
            rows = column.last.levels.len();
            held += column.last.held();
        }
        self.bytes = self.full + held;
        if rows == BATCH_ROWS || held > BATCH {
            self.full = self.bytes;
            self.waiting.iter_mut().for_each(Waiting::begin_batch);
        }
        if self.bytes < GROUP { Ok(()) } else { self.write_group() }
    }

    /// The memory that is held for rows that wait, in bytes.
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
        if take(&mut self.bytes) == 0 {
            return Ok(());
        }
        self.full = 0;
        let mut group = self.out.next_row_group()?;
        for column in &mut self.waiting {
            if let Some(mut out) = group.next_column()? {
                column.begin_batch();
                column.full.drain(..).try_for_each(|batch| batch.write(&mut out))?;
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
    stored: StorageType,
    full: Vec<Batch>,
    last: Batch,
}

/// What some rows have in one column.
struct Batch {
    values: ColumnValues,
    /// For each row 1 if it has a value, else 0: a definition level.
    levels: Vec<i16>,
}

enum ColumnValues {
    Integers(Vec<i64>),
    /// In microseconds since 1970.
    Timestamps(Vec<i64>),
    Booleans(Vec<bool>),
    Texts(Texts),
}

/// Texts, one behind the other.
struct Texts {
    bytes: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Waiting {
    const fn new(stored: StorageType) -> Self {
        Self { stored, full: Vec::new(), last: Batch::new(stored) }
    }

    /// More rows go into another batch.
    fn begin_batch(&mut self) {
        self.full.push(replace(&mut self.last, Batch::new(self.stored)));
    }
}

impl Batch {
    const fn new(stored: StorageType) -> Self {
        let values = match stored {
            StorageType::Integer => ColumnValues::Integers(Vec::new()),
            StorageType::Timestamp => ColumnValues::Timestamps(Vec::new()),
            StorageType::Boolean => ColumnValues::Booleans(Vec::new()),
            StorageType::Text => ColumnValues::Texts(Texts { bytes: Vec::new(), ends: Vec::new() }),
        };
        Self { values, levels: Vec::new() }
    }

    /// Adds what the next row has.
    fn push(&mut self, value: Option<Value>) {
        let taken = value.and_then(|value| self.values.push(value));
        self.levels.push(i16::from(taken.is_some()));
    }

    /// The memory it takes, in bytes.
    const fn held(&self) -> usize {
        self.levels.capacity() * size_of::<i16>() + self.values.held()
    }

    fn write(self, out: &mut SerializedColumnWriter<'_>) -> Result<()> {
        match self.values {
            ColumnValues::Integers(values) | ColumnValues::Timestamps(values) => {
                write::<Int64Type>(out, &values, &self.levels)
            }
            ColumnValues::Booleans(values) => write::<BoolType>(out, &values, &self.levels),
            ColumnValues::Texts(texts) => write::<ByteArrayType>(out, &texts.into_values(), &self.levels),
        }
    }
}

impl ColumnValues {
    /// Adds a value; `None` if a column of this type cannot hold it.
    fn push(&mut self, value: Value) -> Option<()> {
        match (self, value) {
            (Self::Integers(values), Value::Time(time)) => values.push(time.as_nanos()),
            // Only a frame can declare more, and may not (RFC 6455 §5.2).
            (Self::Integers(values), Value::Whole(number)) => {
                values.push(i64::try_from(number).unwrap_or(i64::MAX));
            }
            (Self::Timestamps(values), Value::Time(time)) => {
                values.push(time.as_nanos().div_euclid(1_000));
            }
            (Self::Booleans(values), Value::Flag(flag)) => values.push(flag),
            (Self::Texts(texts), Value::Word(word)) => texts.push(word),
            (Self::Texts(texts), Value::Text(text)) => texts.push(&text),
            (Self::Texts(texts), Value::List(list)) => texts.push(&list.join(", ")),
            (Self::Integers(_) | Self::Timestamps(_) | Self::Booleans(_) | Self::Texts(_), _) => return None,
        }
        Some(())
    }

    /// The memory it takes, in bytes.
    const fn held(&self) -> usize {
        match self {
            Self::Integers(values) | Self::Timestamps(values) => values.capacity() * size_of::<i64>(),
            Self::Booleans(values) => values.capacity(),
            Self::Texts(texts) => texts.bytes.capacity() + texts.ends.capacity() * size_of::<usize>(),
        }
    }
}

impl Texts {
    fn push(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
        self.ends.push(self.bytes.len());
    }

    /// Each in memory of its own: the writer keeps the least and the greatest of a row group to the end.
    fn into_values(self) -> Vec<ByteArray> {
        let mut start = 0;
        let value = |end| {
            let text = self.bytes.get(replace(&mut start, end)..end);
            ByteArray::from(text.unwrap_or_default())
        };
        self.ends.into_iter().map(value).collect()
    }
}

fn write<T: DataType>(out: &mut SerializedColumnWriter<'_>, values: &[T::T], levels: &[i16]) -> Result<()> {
    out.typed::<T>().write_batch(values, Some(levels), None)?;
    Ok(())
}
