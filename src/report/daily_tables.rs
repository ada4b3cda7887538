//! Tables in parts, one for each day: those of one analysis among many whose tables are read together.

use super::csv_tables::CsvTable;
use super::kinds::Kinds;
use super::parquet_tables::ParquetTable;
use super::sink::{InputNames, Payload, Sink};
use super::table::{Table, TableRows};
use crate::analyzer::Output;
use crate::filter::Value;
use crate::model::Day;
use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};

/// When a part is written, and when another one is begun.
#[derive(Clone, Copy, Debug)]
struct Caps {
    /// Bytes after which a part is full.
    full: u64,
    /// Memory for the rows that wait in all parts together. Beyond it the part with the most of them writes its own.
    waiting: usize,
    /// Parts that are written at the same time. Beyond it the one that was left alone longest is closed, and more rows of its
    /// day go into another part.
    open: usize,
}

/// Databases read parts side by side, and want some hundred megabytes in each.
const FULL: u64 = 256 << 20;

/// Enough for row groups of megabytes.
const MOST_WAITING: usize = 32 << 20;

/// The parts of 40 days. What is known of each so far takes some ten kilobytes.
const MOST_OPEN: usize = 240;

/// How the files of tables are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// Text (RFC 4180).
    Csv,
    /// Apache Parquet.
    Parquet,
}

impl TableFormat {
    /// Its name, which files have behind the dot.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }
}

/// Which part of the tables a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TablePart {
    /// Its table.
    pub table: Table,
    /// The day of its rows.
    pub day: Day,
    /// Its number among the parts of that day, from 0.
    pub number: u32,
}

/// Opens the file of a part.
type Open<'a, W> = Box<dyn FnMut(TablePart) -> io::Result<W> + 'a>;

/// Writes tables in parts. A row goes into a part of the day (UTC) of its time, and the parts of a day are numbered in the
/// order in which they are begun. Rows say which analysis (`ring`) and always which input (`file`) they are from.
pub struct DailyTables<'a, W: Write + Send> {
    rows: TableRows,
    ring: String,
    /// The only input, which rows do not name by themselves.
    file: Option<String>,
    kinds: Kinds,
    format: TableFormat,
    open: Open<'a, W>,
    parts: HashMap<(Table, Day), Part<W>>,
    /// Parts of each day that were closed.
    closed: HashMap<(Table, Day), u32>,
    /// Rows so far.
    clock: u64,
    /// The memory that is held for rows that wait, in bytes.
    waiting: usize,
    caps: Caps,
}

struct Part<W: Write + Send> {
    file: PartFile<W>,
    /// When its last row came.
    used: u64,
}

enum PartFile<W: Write + Send> {
    Csv(CsvTable<Counting<W>>),
    Parquet(ParquetTable<W>),
}

impl<'a, W: Write + Send> DailyTables<'a, W> {
    /// Writes the parts of the analysis called `ring`, with tables of these types of output, to what `open` gives for each.
    pub fn new(
        (ring, format): (&str, TableFormat),
        payload: Payload,
        inputs: InputNames,
        kinds: Kinds,
        open: impl FnMut(TablePart) -> io::Result<W> + 'a,
    ) -> Self {
        let file = inputs.0.first().filter(|_| inputs.0.len() == 1).cloned();
        Self {
            rows: TableRows::new(payload, inputs),
            ring: ring.to_owned(),
            file,
            kinds,
            format,
            open: Box::new(open),
            parts: HashMap::new(),
            closed: HashMap::new(),
            clock: 0,
            waiting: 0,
            caps: Caps { full: FULL, waiting: MOST_WAITING, open: MOST_OPEN },
        }
    }

    fn push(&mut self, table: Table, mut row: Vec<Option<Value>>) -> io::Result<()> {
        let Some(Some(Value::Time(time))) = row.first() else { return Ok(()) };
        let key = (table, time.day());
        row.push(Some(Value::Text(self.ring.clone())));
        if let (Some(file), Some(cell @ None)) = (&self.file, row.get_mut(Table::FILE)) {
            *cell = Some(Value::Text(file.clone()));
        }
        self.clock += 1;
        let used = self.clock;
        if !self.parts.contains_key(&key) {
            self.begin(key)?;
        }
        let Some(part) = self.parts.get_mut(&key) else { return Ok(()) };
        part.used = used;
        let before = part.file.waiting();
        part.file.push(row)?;
        let (after, is_full) = (part.file.waiting(), part.file.written() >= self.caps.full);
        self.waiting = (self.waiting + after).saturating_sub(before);
        if is_full {
            self.close(key)?;
        }
        if self.waiting > self.caps.waiting
            && let Some(part) = self.parts.values_mut().max_by_key(|part| (part.file.waiting(), part.used))
        {
            self.waiting = self.waiting.saturating_sub(part.file.waiting());
            part.file.write_group()?;
        }
        Ok(())
    }

    /// Begins another part, for which one may have to make room.
    fn begin(&mut self, key: (Table, Day)) -> io::Result<()> {
        if self.parts.len() >= self.caps.open
            && let Some(idle) = self.parts.iter().min_by_key(|(_, part)| part.used).map(|(key, _)| *key)
        {
            self.close(idle)?;
        }
        let (table, day) = key;
        let number = self.closed.get(&key).copied().unwrap_or_default();
        let out = (self.open)(TablePart { table, day, number })?;
        let columns = table.part_columns();
        let file = match self.format {
            TableFormat::Csv => PartFile::Csv(CsvTable::begin(columns, Counting { out, written: 0 })?),
            TableFormat::Parquet => PartFile::Parquet(ParquetTable::begin(table, &columns, out)?),
        };
        self.parts.insert(key, Part { file, used: self.clock });
        Ok(())
    }

    fn close(&mut self, key: (Table, Day)) -> io::Result<()> {
        let Some(mut part) = self.parts.remove(&key) else { return Ok(()) };
        self.waiting = self.waiting.saturating_sub(part.file.waiting());
        *self.closed.entry(key).or_default() += 1;
        part.file.finish()
    }
}

impl<W: Write + Send> Sink for DailyTables<'_, W> {
    fn output(&mut self, output: &Output<'_>) -> io::Result<()> {
        if let Output::Summary(summary) = output
            && summary.unread_inputs > 0
        {
            self.parts.values_mut().for_each(|part| part.file.tell_unread(summary.unread_inputs));
        }
        match self.rows.row(output) {
            Some((table, row)) if self.kinds.contains(table.kind()) => self.push(table, row),
            Some(_) | None => Ok(()),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        self.parts.drain().try_for_each(|(_, mut part)| part.file.finish())
    }

    /// Nobody reads a part before all are there.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write + Send> fmt::Debug for DailyTables<'_, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DailyTables").field("ring", &self.ring).finish_non_exhaustive()
    }
}

impl<W: Write + Send> PartFile<W> {
    fn push(&mut self, row: Vec<Option<Value>>) -> io::Result<()> {
        match self {
            Self::Csv(table) => table.push(&row),
            Self::Parquet(table) => table.push(row),
        }
    }

    /// The memory that is held for rows that wait, in bytes.
    const fn waiting(&self) -> usize {
        match self {
            Self::Csv(_) => 0,
            Self::Parquet(table) => table.waiting(),
        }
    }

    fn written(&self) -> u64 {
        match self {
            Self::Csv(table) => table.out().written,
            Self::Parquet(table) => table.written() as u64,
        }
    }

    /// Says in it that so many inputs could not be read to their end, where there is a place for it.
    fn tell_unread(&mut self, inputs: u64) {
        match self {
            Self::Csv(_) => {}
            Self::Parquet(table) => table.tell_unread(inputs),
        }
    }

    fn write_group(&mut self) -> io::Result<()> {
        match self {
            Self::Csv(_) => Ok(()),
            Self::Parquet(table) => table.write_group(),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Csv(table) => table.flush(),
            Self::Parquet(table) => table.finish(),
        }
    }
}

/// Counts what is written.
struct Counting<W> {
    out: W,
    written: u64,
}

impl<W: Write> Write for Counting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use std::cell::RefCell;
    use std::collections::BTreeMap;
    use std::fs::{self, File};

    const NOON: i64 = 43_200_000_000_000;

    /// Writes a row for each of these days since 1970, and returns the sessions in each part.
    fn written(caps: Caps, days: &[i64]) -> BTreeMap<(String, u32), Vec<u64>> {
        let folder = tempfile::tempdir().unwrap();
        let parts = RefCell::new(Vec::new());
        let open = |part: TablePart| {
            let path = folder.path().join(parts.borrow().len().to_string());
            parts.borrow_mut().push((part, path.clone()));
            File::create(path)
        };
        let inputs = InputNames(vec!["a.pcap".to_owned()]);
        let mut tables =
            DailyTables::new(("ring", TableFormat::Parquet), Payload::None, inputs, Kinds::ALL, open);
        tables.caps = caps;
        let columns = Table::Frames.columns();
        for (session, day) in (0..).zip(days) {
            let mut row: Vec<Option<Value>> = columns.iter().map(|_| None).collect();
            row[0] = Some(Value::Time(Timestamp::from_nanos(day * 2 * NOON + NOON)));
            row[5] = Some(Value::Whole(session));
            tables.push(Table::Frames, row).unwrap();
            assert!(tables.waiting <= caps.waiting && tables.parts.len() <= caps.open);
            let waiting: usize = tables.parts.values().map(|part| part.file.waiting()).sum();
            assert_eq!(tables.waiting, waiting);
        }
        tables.finish().unwrap();
        drop(tables);
        let mut found: BTreeMap<(String, u32), Vec<u64>> = BTreeMap::new();
        for (part, path) in parts.into_inner() {
            let reader = SerializedFileReader::new(bytes(&path)).unwrap();
            for row in reader.get_row_iter(None).unwrap() {
                let row: BTreeMap<String, String> = row
                    .unwrap()
                    .get_column_iter()
                    .map(|(name, cell)| (name.clone(), cell.to_string()))
                    .collect();
                assert_eq!((row["file"].as_str(), row["ring"].as_str()), ("\"a.pcap\"", "\"ring\""));
                let sessions = found.entry((part.day.to_string(), part.number)).or_default();
                sessions.push(row["session"].parse().unwrap());
            }
        }
        found
    }

    fn bytes(path: &std::path::Path) -> File {
        assert!(fs::metadata(path).unwrap().len() > 0);
        File::open(path).unwrap()
    }

    #[test]
    fn every_row_is_in_a_part_of_its_day_whatever_the_caps() {
        let caps = Caps { full: 1 << 30, waiting: 1 << 20, open: 9 };
        let days = [0, 1, 0, 2, 0, 1];
        let day = |day: u32, number| (format!("1970-01-0{day}"), number);
        let whole = written(caps, &days);
        let expected = [(day(1, 0), vec![0, 2, 4]), (day(2, 0), vec![1, 5]), (day(3, 0), vec![3])];
        assert_eq!(whole, BTreeMap::from(expected));
        // Each row is a group of its own.
        assert_eq!(written(Caps { waiting: 0, ..caps }, &days), whole);
        // The third day takes the place of the second, which then takes that of the third.
        let expected =
            [(day(1, 0), vec![0, 2, 4]), (day(2, 0), vec![1]), (day(2, 1), vec![5]), (day(3, 0), vec![3])];
        assert_eq!(written(Caps { open: 2, ..caps }, &days), BTreeMap::from(expected));
        // A part is full with the four bytes that every file begins with.
        assert_eq!(written(Caps { full: 4, ..caps }, &days).len(), days.len());
    }
}
