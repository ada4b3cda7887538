//! Takes the values of some fields out of a JSON object that is never printed: the filter asks for fields by the names
//! that scripts know, so it reads the very objects they read.

use crate::filter::Value;
use serde::ser::{Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer, StdError};
use std::fmt;

/// Paths of fields (`close.code`), each once.
#[derive(Debug)]
pub(super) struct Paths {
    paths: Vec<String>,
    /// Whether one of them leads into another object.
    is_nested: bool,
}

impl Paths {
    pub(super) fn new(paths: Vec<String>) -> Self {
        let is_nested = paths.iter().any(|path| path.contains('.'));
        Self { paths, is_nested }
    }

    /// Where a path stands.
    pub(super) fn position(&self, path: &str) -> Option<usize> {
        self.paths.iter().position(|known| known == path)
    }

    /// Whether there is none.
    pub(super) const fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }
}

/// Puts the values of the fields of `object` with these paths into `values`, in the order of the paths.
pub(super) fn gather(object: &impl Serialize, paths: &Paths, values: &mut Vec<Option<Value>>) {
    values.clear();
    values.resize(paths.paths.len(), None);
    let mut found = Gathered { paths, values, left: paths.paths.len() };
    // It ends early with an error once everything is found, and fails for nothing that the objects hold.
    let _ = object.serialize(PathIn { found: &mut found, path: "" });
}

struct Gathered<'a> {
    paths: &'a Paths,
    values: &'a mut [Option<Value>],
    /// How many are still to be found.
    left: usize,
}

impl Gathered<'_> {
    fn put(&mut self, path: &str, value: Value) {
        if let Some(at) = self.paths.paths.iter().position(|wanted| wanted == path)
            && let Some(place) = self.values.get_mut(at)
        {
            *place = Some(value);
            self.left = self.left.saturating_sub(1);
        }
    }

    /// Whether something is wanted at `path` or below it.
    #[inline]
    fn wants(&self, path: &str) -> bool {
        let Paths { paths, is_nested } = self.paths;
        paths.iter().any(|wanted| wanted == path)
            || *is_nested && paths.iter().any(|wanted| is_below(wanted, path))
    }

    /// Looks at a field of what stands at `outer`.
    #[inline]
    fn field(&mut self, outer: &str, name: &str, value: &(impl Serialize + ?Sized)) -> Result<(), Nothing> {
        let path;
        let path = if outer.is_empty() {
            name
        } else {
            path = format!("{outer}.{name}");
            &path
        };
        if self.wants(path) {
            value.serialize(PathIn { found: self, path })?;
        }
        // What else the object has is of no interest.
        if self.left == 0 { Err(Nothing) } else { Ok(()) }
    }
}

fn is_below(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'))
}

/// What is at a path.
struct PathIn<'a, 'f> {
    found: &'a mut Gathered<'f>,
    path: &'a str,
}

/// Why gathering ended: there is nothing more to find.
#[derive(Debug)]
struct Nothing;

impl fmt::Display for Nothing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that no field has")
    }
}

impl StdError for Nothing {}

impl serde::ser::Error for Nothing {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

macro_rules! numbers {
    ($($method:ident($kind:ty) as $variant:ident($held:ty))*) => {
        $(fn $method(self, number: $kind) -> Result<(), Nothing> {
            #[expect(clippy::allow_attributes, reason = "not every type needs the next one")]
            #[allow(
                clippy::cast_precision_loss, clippy::cast_lossless, trivial_numeric_casts,
                reason = "no field has a sign"
            )]
            self.found.put(self.path, Value::$variant(number as $held));
            Ok(())
        })*
    };
}

impl<'a, 'f> Serializer for PathIn<'a, 'f> {
    type Ok = ();
    type Error = Nothing;
    type SerializeSeq = TextList<'a, 'f>;
    type SerializeTuple = Impossible<(), Nothing>;
    type SerializeTupleStruct = Impossible<(), Nothing>;
    type SerializeTupleVariant = Impossible<(), Nothing>;
    type SerializeMap = ObjectFields<'a, 'f>;
    type SerializeStruct = ObjectFields<'a, 'f>;
    type SerializeStructVariant = Impossible<(), Nothing>;

    numbers! {
        serialize_i8(i8) as Number(f64) serialize_i16(i16) as Number(f64)
        serialize_i32(i32) as Number(f64) serialize_i64(i64) as Number(f64)
        serialize_u8(u8) as Whole(u64) serialize_u16(u16) as Whole(u64)
        serialize_u32(u32) as Whole(u64) serialize_u64(u64) as Whole(u64)
        serialize_f32(f32) as Number(f64) serialize_f64(f64) as Number(f64)
    }

    fn serialize_bool(self, flag: bool) -> Result<(), Nothing> {
        self.found.put(self.path, Value::Flag(flag));
        Ok(())
    }

    fn serialize_char(self, c: char) -> Result<(), Nothing> {
        self.serialize_str(c.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<(), Nothing> {
        self.found.put(self.path, Value::Text(text.to_owned()));
        Ok(())
    }

    /// The objects use it for text that needs no escaping.
    fn serialize_bytes(self, text: &[u8]) -> Result<(), Nothing> {
        self.serialize_str(&String::from_utf8_lossy(text))
    }

    fn serialize_none(self) -> Result<(), Nothing> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Nothing> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Nothing> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Nothing> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Nothing> {
        self.found.put(self.path, Value::Word(variant));
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Nothing> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Nothing> {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<TextList<'a, 'f>, Nothing> {
        Ok(TextList { at: self, texts: Vec::new() })
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Nothing> {
        Err(Nothing)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Nothing> {
        Err(Nothing)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Nothing> {
        Err(Nothing)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<ObjectFields<'a, 'f>, Nothing> {
        Ok(ObjectFields { at: self, key: String::new() })
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<ObjectFields<'a, 'f>, Nothing> {
        Ok(ObjectFields { at: self, key: String::new() })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Nothing> {
        Err(Nothing)
    }
}

/// The fields of an object.
struct ObjectFields<'a, 'f> {
    at: PathIn<'a, 'f>,
    key: String,
}

impl SerializeStruct for ObjectFields<'_, '_> {
    type Ok = ();
    type Error = Nothing;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Nothing> {
        self.at.found.field(self.at.path, key, value)
    }

    fn end(self) -> Result<(), Nothing> {
        Ok(())
    }
}

impl SerializeMap for ObjectFields<'_, '_> {
    type Ok = ();
    type Error = Nothing;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Nothing> {
        self.key = text_of(key)?.unwrap_or_default();
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Nothing> {
        self.at.found.field(self.at.path, &self.key, value)
    }

    fn end(self) -> Result<(), Nothing> {
        Ok(())
    }
}

/// The elements of a list of texts.
struct TextList<'a, 'f> {
    at: PathIn<'a, 'f>,
    texts: Vec<String>,
}

impl SerializeSeq for TextList<'_, '_> {
    type Ok = ();
    type Error = Nothing;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), Nothing> {
        self.texts.extend(text_of(element)?);
        Ok(())
    }

    fn end(self) -> Result<(), Nothing> {
        self.at.found.put(self.at.path, Value::List(self.texts));
        Ok(())
    }
}

/// What `value` prints, if it is text.
fn text_of(value: &(impl Serialize + ?Sized)) -> Result<Option<String>, Nothing> {
    let (paths, mut values) = (Paths::new(vec![String::new()]), [None]);
    let mut found = Gathered { paths: &paths, values: &mut values, left: 1 };
    value.serialize(PathIn { found: &mut found, path: "" })?;
    let [value] = values;
    Ok(match value {
        Some(Value::Text(text)) => Some(text),
        Some(Value::Word(word)) => Some(word.to_owned()),
        _ => None,
    })
}
