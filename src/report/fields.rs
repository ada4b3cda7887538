//! What filters can ask, for `wsight explain fields`.

use super::style::{FAINT, Look, STRONG};
use crate::filter::{FIELDS, FieldType, Words};
use std::fmt::{self, Write};

/// The fields that begin with `name`, with their types, meanings and values; all of them for an empty one. Empty if there
/// are none.
pub fn fields(name: &str, look: Look) -> String {
    let is_asked = |path: &str| {
        name.is_empty()
            || path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let asked: Vec<_> = FIELDS.iter().filter(|(path, ..)| is_asked(path)).collect();
    let width = asked.iter().map(|(path, ..)| path.len()).max().unwrap_or(0);
    let mut out = String::new();
    for (path, kind, meaning) in &asked {
        // Writing to a String cannot fail.
        let _ = write_field(&mut out, (path, *kind, meaning), width, look);
    }
    if name.is_empty() {
        let _ = write_forms(&mut out, look);
    }
    out
}

fn write_field(
    out: &mut String,
    (path, kind, meaning): (&str, FieldType, &str),
    width: usize,
    look: Look,
) -> fmt::Result {
    let indent = width + 12;
    let mut words = meaning.replace('`', "");
    if let FieldType::Word(values) = kind {
        let listed = match values {
            Words::FindingIds => "wsight explain lists them".to_owned(),
            Words::Listed(_) | Words::Ranked(_) => values.all().join(", "),
        };
        // Where the meaning does not list them.
        if !values.all().iter().all(|value| words.contains(value)) {
            words = format!("{words}: {listed}");
        }
    }
    writeln!(
        out,
        "{} {} {}",
        look.paint(STRONG, format_args!("{path:<width$}")),
        look.paint(FAINT, format_args!("{:<9}", kind.name())),
        look.wrap(&words, indent, indent)
    )
}

/// How fields are compared.
fn write_forms(out: &mut String, look: Look) -> fmt::Result {
    writeln!(out, "\n{}", look.paint(STRONG, "How they are compared"))?;
    let types = [
        FieldType::Number,
        FieldType::Duration,
        FieldType::Time,
        FieldType::Address,
        FieldType::Text,
        FieldType::Flag,
    ];
    for kind in types {
        let operators = kind.operators().iter().filter(|word| !matches!(**word, "and" | "or"));
        let operators: Vec<&str> = operators.copied().collect();
        writeln!(out, "  {:<9} {:<24} {}", kind.name(), operators.join(" "), kind.examples())?;
    }
    let notes = [
        "A word is compared as text is, or by in {a, b}; severities have an order as well.",
        "The name of a field alone asks whether it is there, and of a flag whether it holds. and, or, not and ( ) join \
         conditions.",
        "A name may leave out _ms, and its first part where only one type has the rest. Each finding has the figures of \
         its kind as well, which wsight explain ID lists: finding.missing.",
    ];
    notes.iter().try_for_each(|note| writeln!(out, "  {}", look.wrap(note, 2, 2)))
}
