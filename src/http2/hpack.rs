//! Decompressing heads (RFC 7541), as an observer has to: bytes may be missing, and then fields are unknown.

use super::huffman;
use super::static_table::FIELDS;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

/// What is known about a field's name or value: nothing where it stands for something that the capture lost. Shared, as a byte
/// may stand for a field of thousands.
type KnownText = Option<Arc<[u8]>>;

/// A field of a head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldLine {
    /// Its name, in lower case as HTTP/2 has it (RFC 9113 §8.2).
    pub name: Option<Arc<[u8]>>,
    /// Its value.
    pub value: Option<Arc<[u8]>>,
    /// It stands in the table from before bytes were lost: it may be another one.
    pub guessed: bool,
}

impl FieldLine {
    const UNKNOWN: Self = Self { name: None, value: None, guessed: false };

    /// What it counts for in a table, or in a list of fields (RFC 7541 §4.1).
    fn size(&self) -> usize {
        let length = |part: &KnownText| part.as_ref().map_or(0, |bytes| bytes.len());
        length(&self.name) + length(&self.value) + 32
    }
}

/// What is wrong with a compressed head: any of it ends the connection (RFC 9113 §4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HpackFault {
    /// It refers to a field that is not in the table.
    Index,
    /// A string is none in the Huffman code.
    Huffman,
    /// A number is too large, or a field is not whole.
    Number,
    /// The table is to grow beyond what the receiver allows.
    TableSize,
}

impl HpackFault {
    /// The fault in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Index => "a reference to a field that is not in the table",
            Self::Huffman => "a string that is none in the Huffman code",
            Self::Number => "a number that is too large, or a field that is not whole",
            Self::TableSize => "a table larger than its receiver allows",
        }
    }
}

/// The fields of a head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSection {
    /// In the order in which they were sent.
    pub list: Vec<FieldLine>,
    /// Fields that were too many to keep.
    pub left_out: u64,
    /// The first thing wrong with it.
    pub fault: Option<HpackFault>,
}

/// The strings that stand in a compressed head, and where: all of it that no table gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeadStrings {
    /// In the order in which they stand there.
    pub list: Vec<HeadString>,
    /// Bytes of the head up to which its fields were read: all, unless one of them is not whole.
    pub read: usize,
    /// Bytes of the head.
    pub length: usize,
}

/// A string in a compressed head (RFC 7541 §5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadString {
    /// What it is.
    pub role: StringRole,
    /// What it says; `None` if it is none in the Huffman code.
    pub text: Option<Arc<[u8]>>,
    /// How it is written.
    pub coding: StringCoding,
    /// Where its bytes stand in the head, without their number.
    pub place: Range<usize>,
}

/// What a string in a compressed head is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StringRole {
    /// The name of a field.
    Name,
    /// The value of the field with this name; `None` where that is not known.
    Value(Option<Arc<[u8]>>),
}

/// How a string in a compressed head is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StringCoding {
    /// As it is.
    Plain,
    /// In the Huffman code (RFC 7541 Appendix B).
    Huffman,
}

/// Decompresses the heads of one side.
#[derive(Debug)]
pub(super) struct Decoder {
    table: DynamicTable,
    /// The largest table that the receiver ever allowed.
    allowed: usize,
    /// Bytes of a table that are kept, whatever was allowed.
    table_cap: usize,
    /// Bytes of fields that are kept of a head.
    head_cap: usize,
}

/// The latest fields, as both sides remember them (RFC 7541 §2.3.2).
#[derive(Debug, Default)]
struct DynamicTable {
    /// The latest first.
    fields: VecDeque<FieldLine>,
    size: usize,
    /// What its sender lets it take.
    most: usize,
    /// There may be older fields, which are not known.
    has_unknown: bool,
    /// Fields that its sender still has were too many to keep.
    is_cut: bool,
}

/// A piece of a compressed head.
enum HpackStep {
    Field(FieldLine),
    /// The table may take more, or less.
    Resized,
}

impl Decoder {
    /// A decoder that keeps this many bytes of a table, and of the fields of a head.
    pub(super) fn new(table_cap: usize, head_cap: usize) -> Self {
        let table = DynamicTable { most: 4096, ..DynamicTable::default() };
        Self { table, allowed: 4096, table_cap, head_cap }
    }

    /// The receiver allows a table of this many bytes.
    pub(super) fn allow(&mut self, size: u32) {
        self.allowed = self.allowed.max(usize::try_from(size).unwrap_or(usize::MAX));
    }

    /// Whether fields that later heads may refer to were let go since this was last asked, as they were too many to keep.
    pub(super) const fn is_cut(&mut self) -> bool {
        std::mem::replace(&mut self.table.is_cut, false)
    }

    /// Bytes of memory it takes, roughly.
    pub(super) fn memory(&self) -> usize {
        self.table.size + self.table.fields.capacity() * size_of::<FieldLine>()
    }

    /// Forgets what it knows: later heads are read as far as they stand for themselves.
    pub(super) fn forget(&mut self) {
        self.table.fields = VecDeque::new();
        self.table.size = 0;
        self.table.has_unknown = true;
    }

    /// Heads may have been lost, and with them fields of the table: those it has are guesses from now on.
    pub(super) fn doubt(&mut self) {
        self.table.has_unknown = true;
        self.table.fields.iter_mut().for_each(|field| field.guessed = true);
    }

    /// Heads were lost: guesses are known to be wrong.
    pub(super) fn drop_guesses(&mut self) {
        let known = self.table.fields.iter().take_while(|field| !field.guessed).count();
        self.table.fields.truncate(known);
        self.table.size = self.table.fields.iter().map(FieldLine::size).sum();
        self.table.has_unknown = true;
    }

    /// Reads a head.
    pub(super) fn decode(&mut self, block: &[u8]) -> FieldSection {
        self.read(&mut BitReader { rest: block, length: block.len(), strings: None })
    }

    /// Reads a head, and tells which strings stand in it.
    pub(super) fn decode_with_strings(&mut self, block: &[u8]) -> (FieldSection, HeadStrings) {
        let mut reader = BitReader { rest: block, length: block.len(), strings: Some(Vec::new()) };
        let fields = self.read(&mut reader);
        let list = reader.strings.take().unwrap_or_default();
        (fields, HeadStrings { list, read: reader.at(), length: block.len() })
    }

    fn read(&mut self, reader: &mut BitReader<'_>) -> FieldSection {
        let mut fields = FieldSection::default();
        let mut size = 0;
        while let Some(first) = reader.rest.first() {
            match self.field(reader, *first, &mut fields.fault) {
                Some(HpackStep::Field(field)) => {
                    size += field.size();
                    if size <= self.head_cap {
                        fields.list.push(field);
                    } else {
                        fields.left_out += 1;
                    }
                }
                Some(HpackStep::Resized) => {}
                None => {
                    // What the rest of it would have added to the table is not known.
                    fields.fault.get_or_insert(HpackFault::Number);
                    self.forget();
                    break;
                }
            }
        }
        fields
    }

    /// Reads a field, or a change of the table's size; `None` if it is not whole.
    fn field(
        &mut self,
        reader: &mut BitReader<'_>,
        first: u8,
        fault: &mut Option<HpackFault>,
    ) -> Option<HpackStep> {
        Some(match first {
            0x80.. => {
                let index = reader.number(7)?;
                HpackStep::Field(self.at(index, fault))
            }
            0x40.. => {
                let field = self.literal(reader, 6, fault)?;
                self.insert(field.clone());
                HpackStep::Field(field)
            }
            0x20.. => {
                let size = reader.number(5)?;
                if size > self.allowed && !self.table.has_unknown {
                    fault.get_or_insert(HpackFault::TableSize);
                }
                self.table.most = size;
                // An empty table holds nothing that is not known.
                self.table.has_unknown &= size > 0;
                self.make_room(0);
                HpackStep::Resized
            }
            _ => HpackStep::Field(self.literal(reader, 4, fault)?),
        })
    }

    /// A field whose value, and perhaps name, stands here.
    fn literal(
        &self,
        reader: &mut BitReader<'_>,
        prefix: u32,
        fault: &mut Option<HpackFault>,
    ) -> Option<FieldLine> {
        let index = reader.number(prefix)?;
        let (name, guessed) = match index {
            0 => (reader.string(|| StringRole::Name, fault)?, false),
            index => {
                let field = self.at(index, fault);
                (field.name, field.guessed)
            }
        };
        let value = reader.string(|| StringRole::Value(name.clone()), fault)?;
        Some(FieldLine { name, value, guessed })
    }

    /// The field with this number (RFC 7541 §2.3.3).
    fn at(&self, index: usize, fault: &mut Option<HpackFault>) -> FieldLine {
        if let Some((name, value)) = index.checked_sub(1).and_then(|index| FIELDS.get(index)) {
            return FieldLine { name: Some((*name).into()), value: Some((*value).into()), guessed: false };
        }
        let known = index.checked_sub(FIELDS.len() + 1).and_then(|index| self.table.fields.get(index));
        if known.is_none() && (index == 0 || !self.table.has_unknown) {
            fault.get_or_insert(HpackFault::Index);
        }
        known.cloned().unwrap_or(FieldLine::UNKNOWN)
    }

    /// The field becomes the latest of the table (RFC 7541 §4.4).
    fn insert(&mut self, field: FieldLine) {
        let size = field.size();
        self.make_room(size);
        if size <= self.room() {
            self.table.size += size;
            self.table.fields.push_front(field);
        } else if size <= self.table.most {
            (self.table.has_unknown, self.table.is_cut) = (true, true);
        }
    }

    /// The oldest fields go until there is room for `size` bytes.
    fn make_room(&mut self, size: usize) {
        while self.table.size + size > self.room() {
            let Some(field) = self.table.fields.pop_back() else { break };
            self.table.size -= field.size();
            // The sender may still know it.
            let is_known_to_sender = self.table.most > self.table_cap;
            self.table.has_unknown |= is_known_to_sender;
            self.table.is_cut |= is_known_to_sender;
        }
    }

    fn room(&self) -> usize {
        self.table.most.min(self.table_cap)
    }
}

/// Reads the pieces of a compressed head.
struct BitReader<'b> {
    rest: &'b [u8],
    /// Bytes of the head.
    length: usize,
    /// The strings so far, where somebody wants to know.
    strings: Option<Vec<HeadString>>,
}

impl BitReader<'_> {
    /// Where in the head it is.
    const fn at(&self) -> usize {
        self.length - self.rest.len()
    }

    /// A number whose first byte has this many bits of it (RFC 7541 §5.1).
    fn number(&mut self, prefix: u32) -> Option<usize> {
        let (first, mut rest) = self.rest.split_first()?;
        let most = (1u32 << prefix) - 1;
        let mut number = u32::from(*first) & most;
        if number == most {
            for shift in [0, 7, 14, 21] {
                let (byte, behind) = rest.split_first()?;
                rest = behind;
                number += u32::from(byte & 0x7f) << shift;
                if byte & 0x80 == 0 {
                    self.rest = rest;
                    return usize::try_from(number).ok();
                }
            }
            return None;
        }
        self.rest = rest;
        usize::try_from(number).ok()
    }

    /// A string (RFC 7541 §5.2).
    fn string(
        &mut self,
        role: impl FnOnce() -> StringRole,
        fault: &mut Option<HpackFault>,
    ) -> Option<KnownText> {
        let is_coded = self.rest.first()? & 0x80 != 0;
        let coding = if is_coded { StringCoding::Huffman } else { StringCoding::Plain };
        let length = self.number(7)?;
        let (bytes, rest) = self.rest.split_at_checked(length)?;
        let start = self.at();
        self.rest = rest;
        let text: KnownText = match coding {
            StringCoding::Plain => Some(bytes.into()),
            StringCoding::Huffman => huffman::decode(bytes).map(Arc::from),
        };
        if text.is_none() {
            fault.get_or_insert(HpackFault::Huffman);
        }
        let place = start..self.at();
        if let Some(strings) = &mut self.strings {
            strings.push(HeadString { role: role(), text: text.clone(), coding, place });
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests;
